"""Ground seen at a low angle, and what stands on it, painted band by band, each out of focus by its distance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.scenes.base import Picture, Plane, Stage, as_floats
from imaging.scenes.outdoors import FOCAL as FOCAL
from imaging.scenes.tools import blurred, covered, noise, smooth

Points = npt.NDArray[np.floating[Any]]
"""Floats, one to a blade, leaf or corner."""
SHIFT = 4  # fractional bits of the corners that OpenCV is given
TOGETHER = 256  # colours that are lists at a time: many thousands keep Python's garbage collector busy


@dataclass(frozen=True)
class Field:
    """Level ground that ends at the row ``horizon``; lengths on it are in camera heights.

    Attributes:
        top: the first row of pixels with ground; the planes begin there.
        y: ``(h, 1)``, rows in frame heights.
        depth, across: ``(h, w)``, how far away and how far to the right a pixel's ground is.
        foot: ``(h, w)``, how much ground a pixel covers across.
    """

    horizon: float
    top: int
    y: Plane
    depth: Plane
    across: Plane
    foot: Plane

    @staticmethod
    def of(stage: Stage, horizon: float) -> Field:
        top = int(np.clip(horizon * stage.size.height, 0, stage.size.height - 2))
        y = stage.y[top:]
        depth = np.broadcast_to(FOCAL / np.maximum(y - horizon, 0.004), (len(y), stage.size.width))
        return Field(horizon, top, y, depth, stage.x / FOCAL * depth, depth * np.float32(stage.pixel / FOCAL))

    def at(self, plane: Plane, stage: Stage, x: Points, y: Points) -> Points:
        """Values of a plane of the ground at columns ``x`` in pixels and rows ``y`` in frame heights."""
        row = np.clip((y * stage.size.height).astype(int) - self.top, 0, len(plane) - 1)
        return plane[row, np.clip(x.astype(int), 0, plane.shape[1] - 1)]


def focus_radius(stage: Stage, horizon: float, row: Any, blur: float, least: float = 0.0) -> Any:
    """How far out of focus, in frame heights, is what stands on the ground at ``row``: nothing around the subject."""
    near = np.maximum(row - horizon, 0.004)
    off = 1 - (stage.stand.ground - horizon) / near  # above 0 before the subject, below 0 behind it
    off = np.where(off < 0, 1 - near / max(0.03, stage.stand.ground - horizon), -0.8 * off)
    return np.maximum(smooth(0.10, 1.05, np.abs(off)) * (0.004 + 0.030 * blur), least)


def painted(stage: Stage, top: int, bottom: int, shapes: Points, colours: Points, radius: float) -> Picture:
    """Convex shapes one over the other between two rows of pixels: ``(bottom - top, w, 4)``, colour, then cover.

    Args:
        shapes: ``(n, corners, 2)``, corners in pixels of the whole picture.
        colours: ``(n, 3)``, linear light.
        radius: how far out of focus they are, in pixels. What is sharp is drawn finer and made smaller, so that edges
            are smooth; what is not is drawn coarser.
    """
    times = 2 if radius < 1.5 else 1 if radius < 3.5 else 0.5 if radius < 9 else 0.25
    height, width = max(1, round((bottom - top) * times)), max(1, round(stage.size.width * times))
    layer = np.zeros((height, width, 4), np.float32)
    corners = shapes - np.array([0, top], np.float32)
    fixed = np.round((corners * times + (times - 1) / 2) * (1 << SHIFT)).astype(np.int32)
    paint = np.concatenate([colours, np.ones((len(colours), 1))], axis=1).astype(float)
    for at in range(0, len(fixed), TOGETHER):
        for shape, colour in zip(fixed[at : at + TOGETHER], paint[at : at + TOGETHER].tolist(), strict=True):
            cv2.fillConvexPoly(layer, shape, colour, cv2.LINE_8, SHIFT)
    layer = blurred(layer, radius * times)
    if times == 1:
        return layer
    method = cv2.INTER_AREA if times > 1 else cv2.INTER_LINEAR
    return as_floats(cv2.resize(layer, (stage.size.width, bottom - top), interpolation=method))


def over(picture: Picture, layer: Picture, top: int = 0) -> None:
    """Lay a layer of colour times cover and cover over the picture, from row ``top`` on."""
    first, last = max(0, top), min(picture.shape[0], top + layer.shape[0])
    if first < last:
        part = layer[first - top : last - top]
        picture[first:last] = covered(picture[first:last], part)


@dataclass(frozen=True)
class Grass:
    """How blades look: height and width in camera heights, colours of roots and tips, and how many there are."""

    tall: float
    wide: float
    root: Any
    tip: Any
    dry: Any
    dense: float = 1.0
    bend: float = 0.5
    vary: float = 0.22


@dataclass(frozen=True)
class Band:
    """A strip of the ground, between two rows in frame heights, all of it ``radius`` pixels out of focus.

    ``scale`` is how many pixels a camera height is there.
    """

    index: int
    low: float
    high: float
    radius: float
    scale: float


def bands(stage: Stage, horizon: float, blur: float, first: float = 0.06, last: float = 1.25) -> list[Band]:
    """Strips of the ground, far to near; ``first`` and ``last`` are shares of the way from the horizon to the foot."""
    height = stage.size.height
    found = []
    for index, (low, high) in enumerate(pairwise(horizon + (1 - horizon) * np.geomspace(first, last, 14))):
        middle = (low + high) / 2
        radius = float(focus_radius(stage, horizon, middle, blur)) * height
        found.append(Band(index, low, high, radius, (middle - horizon) / FOCAL * height))
    return found


def lay(stage: Stage, picture: Picture, band: Band, shapes: Points, colours: Points) -> None:
    """Paint shapes that stand in a band over the picture, as far out of focus as the band."""
    margin = int(band.radius) + 3
    top = max(-2 * margin, int(shapes[..., 1].min()) - margin)
    bottom = min(int(stage.size.height * 1.2) + margin, int(shapes[..., 1].max()) + margin)
    if bottom > top:
        over(picture, painted(stage, top, bottom, shapes, colours.astype(np.float32), band.radius), top)


def grow(
    stage: Stage,
    picture: Picture,
    ground: Field,
    key: str,
    grass: Grass,
    blur: float,
    light: Plane | None = None,
    first: float = 0.06,
    among: Callable[[Band], None] | None = None,
    where: Plane | None = None,
) -> None:
    """Grow grass on the ground, far to near, each band out of focus by its distance.

    Args:
        light: plane of the ground by which the blades' colours are multiplied where they stand.
        first: where it begins, a share of the way from the horizon to the foot of the picture.
        among: called after each band, for what stands among the grass.
        where: plane of the ground, 1 where it grows and 0 where not.
    """
    width = stage.size.width
    wind = stage.rng(key + "wind").uniform(-0.4, 0.4)
    for band in bands(stage, ground.horizon, blur, first):
        rng = stage.rng(f"{key}{band.index}")
        step = max(grass.wide * band.scale, 0.9)
        rows = (band.high - band.low) * stage.size.height
        count = int(min(4800, grass.dense * 2.4 * width * rows / (step * max(3.0, 0.42 * grass.tall * band.scale))))
        if count:
            y = np.sort(rng.uniform(band.low, band.high, count))
            x = rng.uniform(-0.03, 1.03, count) * width
            if where is not None:
                keep = ground.at(where, stage, x, y) > rng.uniform(0.25, 0.75, count)
                x, y = x[keep], y[keep]
            parts = 4 if band.radius < 1.5 and grass.tall * band.scale > 18 else 2
            scale = (y - ground.horizon) / FOCAL * stage.size.height
            shapes, shares = _blades(rng, x, y * stage.size.height, scale, grass, wind, parts)
            if len(x):
                lay(stage, picture, band, shapes, _tinted(stage, rng, key, ground, x, y, grass, shares, light))
        if among is not None:
            among(band)


def _blades(
    rng: np.random.Generator, x: Points, y: Points, scale: Points, grass: Grass, wind: float, parts: int
) -> tuple[Points, Points]:
    """Bent blades as quadrilaterals, ``(n * parts, 4, 2)`` pixels, and how far up their blade each is."""
    count = len(x)
    tall = grass.tall * scale * np.minimum(rng.lognormal(0, 0.30, count), 1.7)
    wide = np.maximum(grass.wide * scale * rng.uniform(0.6, 1.3, count), 0.7)
    lean = (wind * 0.5 + rng.normal(0, 0.30, count)) * grass.bend
    curl = (wind + rng.normal(0, 0.7, count)) * grass.bend
    rises = np.array([0, 0.3, 0.58, 0.82, 1.0] if parts == 4 else [0, 0.5, 1.0])[None]
    along_x = x[:, None] + tall[:, None] * (lean[:, None] * rises + curl[:, None] * rises**2.4)
    along_y = y[:, None] - tall[:, None] * rises * (1 - 0.28 * np.abs(curl[:, None]) * rises)
    half = 0.5 * wide[:, None] * np.array([0.8, 1.0, 0.85, 0.55, 0.08] if parts == 4 else [0.9, 1.0, 0.2])[None]
    left, right = np.stack([along_x - half, along_y], -1), np.stack([along_x + half, along_y], -1)
    quads = np.stack([left[:, :-1], right[:, :-1], right[:, 1:], left[:, 1:]], axis=2)
    shares = np.broadcast_to(np.array([0.1, 0.42, 0.72, 1.0] if parts == 4 else [0.3, 0.9])[None], (count, parts))
    return quads.reshape(-1, 4, 2).astype(np.float32), shares.reshape(-1)


def _tinted(
    stage: Stage,
    rng: np.random.Generator,
    key: str,
    ground: Field,
    x: Points,
    y: Points,
    grass: Grass,
    shares: Points,
    light: Plane | None,
) -> Points:
    """The blades' colours from root to tip, some drier than others, in patches."""
    depth = FOCAL / np.maximum(y - ground.horizon, 0.004)
    away = (x / stage.size.width - 0.5) * stage.aspect / FOCAL * depth
    patch = noise(stage, key + "patch", away[None] * 0.7, depth[None] * 0.5, 3)[0]
    dry = np.clip(0.22 + 0.16 * patch + rng.normal(0, 0.16, len(x)), 0, 1)[:, None]
    tone = np.exp(rng.normal(0, grass.vary, len(x)) + 0.10 * patch)[:, None]
    tip = (grass.tip * (1 - dry) + grass.dry * dry) * tone
    if light is not None:
        tip = tip * ground.at(light, stage, x, y)[:, None]
    tip = np.repeat(tip, len(shares) // len(x), axis=0)
    root = np.broadcast_to(grass.root, tip.shape)
    share = shares[:, None]
    return (root * (1 - share) + tip * share).astype(np.float32)
