"""Fallen and falling leaves, of oval or lobed shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imaging.scenes.base import Picture, Plane, Stage
from imaging.scenes.growth import FOCAL, Field, Points, bands, lay, over, painted

LEAF = np.array(  # half of a leaf's outline: how far along, how far out
    [[0.0, 0.02], [0.18, 0.55], [0.40, 0.95], [0.62, 0.80], [0.84, 0.38], [1.0, 0.0]], np.float32
)
PEBBLE = np.array(  # the same of a stone
    [[0.0, 0.10], [0.07, 0.55], [0.28, 0.94], [0.68, 0.98], [0.93, 0.58], [1.0, 0.10]], np.float32
)
OVAL = ((0.0, 1.0),)
MAPLE = ((1.95, 0.45), (-1.95, 0.45), (0.92, 0.80), (-0.92, 0.80), (0.0, 1.0))
"""Lobes of a leaf: the angle of each to the middle one, and its length."""


def strew(
    stage: Stage,
    picture: Picture,
    ground: Field,
    key: str,
    size: float,
    dense: float,
    palette: Sequence[Any],
    blur: float,
    light: Plane | None = None,
    slim: float = 0.42,
    lobes: Sequence[tuple[float, float]] = OVAL,
    where: Plane | None = None,
    stones: bool = False,
) -> None:
    """Strew leaves on the ground, far to near: two halves each, one lit and one not, and a shadow beneath.

    Args:
        size: of a leaf, in camera heights.
        dense: how many times over they cover the ground.
        slim: width to length, of a lobe.
        where: plane of the ground, 1 where they lie and 0 where not.
        stones: pebbles instead of leaves, round and without a fold.
    """
    horizon, width = ground.horizon, stage.size.width
    for band in bands(stage, horizon, blur, 0.10, 1.2):
        rng = stage.rng(f"{key}{band.index}")
        long = size * band.scale
        flat = float(np.clip(band.scale / stage.size.height * 1.6 + 0.16, 0.16, 0.75))  # foreshortening
        rows = (band.high - band.low) * stage.size.height
        plain = lobes if long > 12 and band.radius < 0.25 * long else OVAL  # whose lobes are not seen
        broad = slim if plain is lobes else 0.8
        count = int(min(2000, dense * width * rows / max(2.0, 0.5 * long * long * max(broad, 0.3) * flat)))
        if count < 1:
            continue
        y = np.sort(rng.uniform(band.low, band.high, count))
        x = rng.uniform(-0.03, 1.03, count) * width
        if where is not None:
            keep = ground.at(where, stage, x, y) > rng.uniform(0.4, 0.9, count)
            x, y = x[keep], y[keep]
            count = len(x)
            if count < 1:
                continue
        scale = size * (y - horizon) / FOCAL * stage.size.height
        outline, fold = (PEBBLE, 0.45) if stones else (LEAF, 1.0)
        shapes = _leaves(rng, x, y * stage.size.height, scale, np.full(count, flat), broad, plain, outline)
        shade = None if light is None else ground.at(light, stage, x, y)
        lay(stage, picture, band, shapes.reshape(-1, 6, 2), _toned(rng, palette, count, len(plain), shade, fold))


def whirl(
    stage: Stage,
    picture: Picture,
    amount: float,
    size: float,
    palette: Sequence[Any],
    slim: float,
    lobes: Sequence[tuple[float, float]],
) -> None:
    """Leaves in the air, at three distances behind the subject and before it, all out of focus."""
    height = stage.size.height
    for index, (scale, count, blur) in enumerate(((0.16, 34, 0.004), (0.30, 14, 0.009), (0.60, 3, 0.022))):
        rng = stage.rng(f"whirl{index}")
        many = round(count * amount * stage.aspect)
        if many < 1:
            continue
        x, y = rng.uniform(0, 1, many) * stage.size.width, rng.uniform(-0.05, 0.8, many) * height
        long = np.full(many, size * scale * height)
        shapes = _leaves(rng, x, y, long, rng.uniform(0.3, 1.0, many), slim, lobes)[:, len(lobes) :]
        colours = _toned(rng, palette, many, len(lobes), None).reshape(many, -1, 3)[:, len(lobes) :]
        over(picture, painted(stage, 0, height, shapes.reshape(-1, 6, 2), colours.reshape(-1, 3), blur * height))


def _toned(
    rng: np.random.Generator,
    palette: Sequence[Any],
    count: int,
    lobes: int,
    shade: Points | None,
    folded: float = 1.0,
) -> Points:
    """Colours of every leaf's shadows and halves, ``(n * 3 * lobes, 3)``."""
    colours = np.stack(palette).astype(np.float32)
    own: Points = colours[rng.integers(0, len(colours), count)] * np.exp(rng.normal(0, 0.30, (count, 1)))
    own = own * np.exp(rng.normal(0, 0.07, (count, 3)))
    if shade is not None:
        own = own * shade[:, None]
    fold = folded * rng.uniform(0.05, 0.30, (count, 1)) * rng.choice([-1, 1], (count, 1))
    tones = [own * 0.16] * lobes + [own * (1 + fold), own * (1 - fold)] * lobes
    return np.stack(tones, axis=1).reshape(-1, 3).astype(np.float32)


def _leaves(
    rng: np.random.Generator,
    x: Points,
    y: Points,
    long: Points,
    flat: Points,
    slim: float,
    lobes: Sequence[tuple[float, float]],
    outline: Points = LEAF,
) -> Points:
    """The shadow of every lobe, then its two halves, ``(n, 3 * lobes, 6, 2)`` pixels."""
    count = len(x)
    long = long * rng.uniform(0.55, 1.25, count)
    turn = rng.uniform(0, 2 * np.pi, count)
    curl = rng.uniform(-0.25, 0.25, count)
    lift = rng.uniform(0.0, 0.30, count) * long * flat
    begin = 0.5 if len(lobes) == 1 else 0.30
    shift = np.stack([0.05 * long, 0.09 * long * flat + 0.5 * lift], -1)[:, None]

    def placed(along: Points, out: Points, angle: float) -> Points:
        """Corners at ``along`` a lobe and ``out`` from its middle line, turned and laid on the ground."""
        c, s = np.cos(turn + angle)[:, None], np.sin(turn + angle)[:, None]
        u, v = (along * c - out * s) * long[:, None], (along * s + out * c) * long[:, None]
        raised = lift[:, None] * np.square(along + 0.5)
        return np.stack([x[:, None] + u, y[:, None] + v * flat[:, None] - raised], -1)

    shadows, halves = [], []
    for angle, reach in lobes:
        along = np.broadcast_to((outline[:, 0] - (begin if angle == 0 else 0.0)) * reach, (count, len(outline)))
        bow = curl[:, None] * (1 - np.square(2 * outline[:, 0] - 1))[None] * reach
        half = outline[:, 1][None] * slim / 2 * reach
        middle, one, other = (placed(along, bow + side * half, angle) for side in (0, 1, -1))
        for edge in (one, other):
            halves.append(np.concatenate([middle[:, :1], edge[:, 1:-1], middle[:, -1:]], axis=1))
        around = np.concatenate([middle[:, :1], one[:, 2:4], middle[:, -1:], other[:, 3:1:-1]], axis=1)
        shadows.append(around + shift)
    return np.stack(shadows + halves, axis=1).astype(np.float32)
