"""The shadow of a subject on the ground: darkest at each contact, under the body, and away from the key light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.geometry import Box
from imaging.shadows import ground_visible, lowest_rows

Mask = npt.NDArray[np.uint8]
Values = npt.NDArray[np.floating[Any]]
WORK_SIDE = 448  # the longer side, in pixels, at which the soft parts are drawn
REACH = 0.30  # of the subject's height: how much higher than the nearest contact a far one may touch
FORESHORTENING = 0.33  # a length on the ground away from the camera over the same length across the picture
SKY = tuple((azimuth, elevation) for elevation in (25, 50, 75) for azimuth in range(-160, 200, 40))
"""Directions, in degrees, from which the ambient light comes."""


@dataclass(frozen=True)
class KeyLight:
    """Where the key light stands; the terms are those of ``imaging.scenes.base.Light``."""

    azimuth: float = 0
    elevation: float = 65
    softness: float = 0.7
    strength: float = 0.4


@dataclass(frozen=True)
class Ground:
    """What a subject stands on.

    Attributes:
        ends: the row, as a share of the frame's height, above which there is no ground: the foot of a wall, a table's
            far edge, the horizon; 0 where that is not known.
        gloss: 0..1, how clearly it mirrors what stands on it.
    """

    ends: float = 0.0
    gloss: float = 0.0


def contact_columns(lowest: Values, tall: float) -> npt.NDArray[np.intp]:
    """The columns at which a subject touches the ground: feet, hooves, wheels, legs.

    Args:
        lowest: ``(w,)``, the row of each column's lowest subject pixel, below 0 where it has none.
        tall: the subject's height in pixels.

    Returns:
        Sorted columns, at least one: local minima of the lower outline (largest rows) within ``REACH`` of the lowest
        point, since in perspective what is farther away touches higher in the picture. Of a flat base both ends.
    """
    window = max(3, round(tall / 12)) | 1
    around = cv2.dilate(lowest[None].astype(np.float32), np.ones((1, window), np.uint8))[0]
    touching = (lowest >= around - 0.5) & (lowest >= lowest.max() - REACH * tall) & (lowest >= 0)
    columns = np.flatnonzero(touching)
    gaps = np.flatnonzero(np.diff(columns) > 1)
    starts, ends = columns[np.r_[0, gaps + 1]], columns[np.r_[gaps, len(columns) - 1]]
    return np.unique(np.concatenate([starts, ends]))


def cast(alpha: Mask, light: KeyLight, ground: Ground = Ground(), strength: float = 1.0) -> Mask:
    """The shadow's opacity, ``(H, W)`` uint8, 255 = black; all 0 where no ground can be seen beneath the subject.

    The subject is taken for a body as deep as it is thick in the picture, which stands on its contacts. Light from many
    directions is stopped by it: from the whole sky for the ambient occlusion, from around the key light for the cast
    shadow, whose edge so gets softer away from the contact.

    Args:
        alpha: ``(H, W)`` uint8, the selection.
        light: the key light.
        ground: what it falls on; no shadow climbs what stands behind it.
        strength: how dark it is; 1 as the light makes it, 0 none, 2 as two of them on top of each other.
    """
    height, width = alpha.shape
    box = Box.around(alpha)
    if box is None or not ground_visible(alpha):
        return np.zeros_like(alpha)
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    solid = (small >= 128).astype(np.uint8)
    if not solid.any():
        return np.zeros_like(alpha)
    body = _Body(solid)
    ambient = _blurred(np.mean([body.stopped(*direction) for direction in SKY], axis=0), 0.02 * body.tall)
    key = body.penumbra(np.mean([body.stopped(*direction) for direction in _around(light)], axis=0), light.softness)
    clear = (1 - 0.75 * ambient) * (1 - light.strength * key) * (1 - 0.5 * body.contacts())
    opacity = 1 - np.clip(clear, 0, 1) ** strength
    rows = np.arange(size[1], dtype=np.float32)[:, None] + 0.5
    opacity *= np.clip((rows - ground.ends * size[1]) / (0.02 * size[1]), 0, 1)
    large = cv2.resize(_blurred(opacity, 0.8), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.convertScaleAbs(np.maximum(large, 0), alpha=255), np.uint8)


def _around(light: KeyLight) -> list[tuple[float, float]]:
    """Directions (azimuth, elevation) over the lamp's or the sun's disc, in degrees."""
    spread = 6 + 30 * light.softness
    turns, rises = np.linspace(-1, 1, 9), np.linspace(-0.5, 0.5, 3)
    return [
        (light.azimuth + turn * spread, float(np.clip(light.elevation + (rise + 0.12 * turn) * spread, 12, 85)))
        for turn in turns
        for rise in rises
    ]


def _blurred(values: Values, sigma: float) -> Values:
    return np.asarray(cv2.GaussianBlur(values.astype(np.float32), (0, 0), max(0.8, sigma)), np.float32)


class _Body:
    """A subject, ``(h, w)`` uint8 0 or 1, as a body on the ground; ``tall`` is its height in pixels."""

    def __init__(self, solid: Mask) -> None:
        self._solid = solid
        rows, self._columns = np.nonzero(solid)
        self._lowest = lowest_rows(solid)
        self.tall = float(rows.max() - rows.min() + 1)
        touching = contact_columns(self._lowest, self.tall)
        self._touching = touching
        every = np.arange(solid.shape[1])
        self._ground = np.interp(every, touching, self._lowest[touching])
        # Half as deep as it is thick: the distance to the outline, spread over its surroundings, as of a round body.
        inside = cv2.distanceTransform(solid, cv2.DIST_L2, 3)
        thick = cv2.dilate(inside, np.ones((9, 9), np.uint8))[rows, self._columns]
        self._half = np.minimum(thick, 0.2 * self.tall) * FORESHORTENING
        self._above = np.maximum(self._ground[self._columns] - rows, 0)

    def stopped(self, azimuth: float, elevation: float) -> Values:
        """Where on the ground light from a direction, in degrees, does not arrive: ``(h, w)`` 0..1."""
        turn, length = np.deg2rad(azimuth), 1 / np.tan(np.deg2rad(elevation))
        across = -np.sin(turn) * length * self._above
        away = FORESHORTENING * np.cos(turn) * length * self._above
        dark = np.zeros_like(self._solid)
        height, width = dark.shape
        x = np.rint(self._columns + across).astype(np.intp)
        ground = self._ground[self._columns]
        for layer in (-1.0, -0.5, 0.0, 0.5, 1.0):
            y = np.rint(ground - self._half * (1 + layer) - away + 1).astype(np.intp)
            seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            dark[y[seen], x[seen]] = 1
        closed = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        return closed.astype(np.float32)

    def penumbra(self, dark: Values, softness: float) -> Values:
        """A shadow ``(h, w)`` made softer the farther it lies from what casts it."""
        reach = np.clip(cv2.distanceTransform(1 - self._solid, cv2.DIST_L2, 3) / (0.8 * self.tall), 0, 1)
        near, far = _blurred(dark, 0.006 * self.tall), _blurred(dark, (0.02 + 0.06 * softness) * self.tall)
        return near + (far - near) * reach

    def contacts(self) -> Values:
        """A narrow dark line right under what touches the ground: ``(h, w)`` 0..1."""
        line = np.zeros(self._solid.shape, np.float32)
        near = np.exp(-(((self._ground - self._lowest) / (0.02 * self.tall)) ** 2))
        for x in np.flatnonzero(near > 0.05):
            y = int(self._lowest[x])
            line[max(0, y - 1) : y + 2, x] = near[x]
        sigma = max(0.8, 0.008 * self.tall)
        return np.asarray(np.minimum(cv2.GaussianBlur(line, (0, 0), 2 * sigma, sigmaY=sigma) * 1.6, 1), np.float32)
