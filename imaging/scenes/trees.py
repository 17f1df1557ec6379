"""Trees around a place: foliage out of focus, trunks, beams of light between them and the spots these make."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from imaging.scenes.base import Picture, Plane, Stage, as_floats
from imaging.scenes.growth import Field, Points
from imaging.scenes.tools import add_disc, blurred, full, grid, mix, noise, smooth, softened, tint


def foliage(
    stage: Stage,
    key: str,
    dark: Any,
    middle: Any,
    bright: Any,
    gaps: Any,
    radius: float,
    amount: float = 1.0,
    share: Plane | float = 1.0,
) -> Picture:
    """Leaves far out of focus: clumps of light and shade, and discs where the sky or a wet leaf shines through.

    Args:
        radius: of the discs, in frame heights.
        amount: how many discs.
        share: ``(h, w)`` of 0..1, where the discs are.
    """
    small = stage.smaller(520)
    x, y = grid(small)
    warp = noise(small, key + "warp", x * 2, y * 2, 3)
    clump = noise(small, key + "clump", x * 2.6 + 0.35 * warp, y * 2.6, 4, 0.6)
    leaf = noise(small, key + "leaf", x * 11, y * 11, 3, 0.7)
    picture = mix(full(small, dark), middle, smooth(-1.1, 0.9, clump + 0.35 * leaf))
    picture = mix(picture, bright, smooth(0.4, 2.2, clump + 0.75 * leaf))
    picture = blurred(picture, 0.6 * radius * small.size.height)
    rng = stage.rng(key + "discs")
    height, width = small.size.height, small.size.width
    count = int(520 * amount * stage.aspect * (0.02 / radius) ** 0.8)
    at = rng.uniform(-0.03, 1.03, (2, count))
    where = np.broadcast_to(share, (stage.size.height, stage.size.width))
    light = rng.lognormal(-1.6, 0.95, count) * _looked_up(where, at) * smooth(-0.9, 1.1, _looked_up(clump, at))
    through = np.clip(light * 1.2 + rng.uniform(-0.3, 0.3, count), 0, 1)[:, None]
    colours = (np.asarray(bright) * (1 - through) + np.asarray(gaps) * through) * np.minimum(light, 0.9)[:, None]
    sizes = radius * height * rng.uniform(0.75, 1.15, count)
    off = np.minimum(np.hypot(*(at - 0.5)), 0.8)
    lights = np.zeros_like(picture)
    for index in np.flatnonzero(light > 0.015):
        at_x, at_y = at[0, index] * width, at[1, index] * height
        add_disc(lights, at_x, at_y, sizes[index], colours[index], 0.25, float(off[index]))
    return as_floats(cv2.resize(picture + lights, stage.size, interpolation=cv2.INTER_CUBIC))


def _looked_up(plane: Plane, at: Points) -> Points:
    """Values of a plane at places ``(2, n)`` given as shares of its width and height."""
    height, width = plane.shape
    column, row = (np.clip(at[axis] * n, 0, n - 1).astype(int) for axis, n in ((0, width), (1, height)))
    return plane[row, column]


def trunks(
    stage: Stage,
    key: str,
    count: int,
    wide: float,
    floor: float,
    gap: float = 0.0,
    lean: float = 0.03,
) -> tuple[Plane, Plane, Plane]:
    """Trunks of trees from above the picture to row ``floor``: cover, where across a trunk (-1..1), and which of them.

    Args:
        wide: in frame heights.
        gap: none stands nearer to the subject's middle.
    """
    rng = stage.rng(key)
    height, width = stage.size.height, stage.size.width
    cover, side, which = (np.zeros((height, width), np.float32) for _ in range(3))
    y = stage.y
    for index in range(count):
        middle = (rng.uniform(0, 1) * 0.9 + index) / count * 1.16 - 0.58
        at = middle * stage.aspect
        half = wide * rng.uniform(0.55, 1.3) / 2
        tilt, bow = rng.normal(0, lean), rng.normal(0, 0.02)
        foot = floor + rng.uniform(-0.008, 0.014)
        if abs(at - stage.centre) < gap:
            continue
        up = foot - y
        line = at + tilt * up + bow * up * up + 0.10 * half * noise(stage, key + "wave", y * 3 + index * 7.7, y * 0, 3)
        flare = half * (1 + 0.9 * np.exp(-np.maximum(up, 0) / (1.1 * half + 0.01)) - 0.22 * np.clip(up, 0, 1))
        left = max(0, int(((line - flare * 2).min() / stage.aspect + 0.5) * width))
        right = min(width, int(((line + flare * 2).max() / stage.aspect + 0.5) * width) + 2)
        if left >= right:
            continue
        across = (stage.x[:, left:right] - line) / flare
        inside = np.clip((1 - np.abs(across)) * flare / stage.pixel + 0.5, 0, 1) * np.clip(up / stage.pixel + 0.5, 0, 1)
        part = np.s_[:, left:right]
        cover[part] = np.maximum(cover[part], inside)
        side[part] = np.where(inside > 0.3, across, side[part])
        which[part] = np.where(inside > 0.3, index + 1, which[part])
    return cover, np.clip(side, -1, 1), which


def rays(stage: Stage, key: str, x: float, y: float, spread: float = 1.0) -> Plane:
    """Beams of light through leaves from a place above, ``(h, w)``, mean about 0.3; computed small."""
    small = stage.smaller(420)
    dx, dy = grid(small)[0] - x, grid(small)[1] - y
    angle = np.arctan2(dx, np.maximum(dy, 0.02))
    distance = np.hypot(dx, dy)
    beams = noise(small, key, angle * 4.2, distance * 0.12, 4, 0.62)
    thin = noise(small, key + "thin", angle * 13, distance * 0.2, 2)
    lit = smooth(-0.2, 1.8, beams + 0.3 * thin) * smooth(0.02, 0.35, distance) * np.exp(-distance / (0.85 * spread))
    lit = softened(lit.astype(np.float32), 1.6)
    return as_floats(cv2.resize(lit, stage.size, interpolation=cv2.INTER_CUBIC))


def dapple(stage: Stage, ground: Field, key: str, amount: float) -> Plane:
    """Sun that falls through leaves onto the ground, ``(h, w)``: 1 lit, 0 in the shade."""
    spots = noise(stage, key, ground.across * 1.5, ground.depth * 1.5, 4, 0.55, ground.foot * 1.5)
    start = 1.3 - 2.2 * amount
    return smooth(start, start + 0.55, spots).astype(np.float32)


def enlarged(picture: Picture, stage: Stage) -> Picture:
    """A picture that was painted on a smaller stage, at the size of this one."""
    if (picture.shape[1], picture.shape[0]) == tuple(stage.size):
        return picture
    return as_floats(cv2.resize(picture, stage.size, interpolation=cv2.INTER_LINEAR))


def shaded(colour: str, light: Any) -> Any:
    """A colour under a light, ``(3,)``."""
    return tint(colour) * np.asarray(light, np.float32)
