"""The shadow of a subject on the ground: darkest at each contact, under the body, and away from the key light."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, degrees, sqrt
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging import contacts
from imaging.contacts import Standing

Mask = npt.NDArray[np.uint8]
Values = npt.NDArray[np.floating[Any]]
WORK_SIDE = 448  # the longer side, in pixels, at which the soft parts are drawn
FORESHORTENING = 0.33  # a length on the ground away from the camera over the same length across the picture
SKY = tuple((137.5 * at % 360 - 180, degrees(asin(sqrt(1 - 0.85 * (at + 0.5) / 30)))) for at in range(30))
"""Directions, in degrees, from which the ambient light comes: as dense as light from all over the sky counts on level
ground, turned by the golden angle so that no two cast the same edge."""


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
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    solid = (small >= 128).astype(np.uint8)
    parts = contacts.standing(solid)
    if not parts:
        return np.zeros_like(alpha)
    body = _Body(solid, parts)
    ambient = body.softened(np.mean([body.stopped(*direction) for direction in SKY], axis=0), 0.15, 0.35)
    key = np.mean([body.stopped(*direction) for direction in _around(light)], axis=0)
    key = body.softened(key, 0.02 + 0.06 * light.softness, 0.8)
    clear = (1 - 0.85 * ambient) * (1 - light.strength * key) * (1 - 0.5 * body.contacts())
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
    """A subject, ``(h, w)`` uint8 0 or 1, as a body on the ground; ``tall`` is its tallest part's height in pixels."""

    def __init__(self, solid: Mask, parts: tuple[Standing, ...]) -> None:
        self._solid, self._parts = solid, parts
        self.tall = max(part.tall for part in parts)
        # Half as deep as it is thick: the distance to the outline, spread over its surroundings, as of a round body.
        inside = cv2.distanceTransform(solid, cv2.DIST_L2, 3)
        thick = cv2.dilate(inside, np.ones((9, 9), np.uint8))
        columns, grounds, halves, heights = [], [], [], []
        for part in parts:
            rows, here = np.nonzero(part.part)
            low = part.touches[here] - rows < contacts.FOOT * part.tall
            ground = np.where(low, part.touches[here], part.line[here])
            columns.append(here.astype(np.float32))
            grounds.append(ground)
            halves.append(np.minimum(thick[rows, here], 0.2 * part.tall) * FORESHORTENING)
            heights.append(np.maximum(ground - rows, 0).astype(np.float32))
        self._columns, self._ground = np.concatenate(columns), np.concatenate(grounds)
        self._half, self._above = np.concatenate(halves), np.concatenate(heights)
        height, width = solid.shape
        self._framed = np.empty((height + 2, width + 2), np.uint8)  # what falls beside the picture lands in its border

    def stopped(self, azimuth: float, elevation: float) -> Values:
        """Where on the ground light from a direction, in degrees, does not arrive: ``(h, w)`` 0..1."""
        turn, length = np.deg2rad(azimuth), 1 / np.tan(np.deg2rad(elevation))
        across = -np.sin(turn) * length * self._above
        away = FORESHORTENING * np.cos(turn) * length * self._above
        height, width = self._solid.shape
        self._framed.fill(0)
        reached = self._framed.reshape(-1)
        x = np.clip(np.rint(self._columns + across), -1, width) + 1
        for layer in (-1.0, -0.5, 0.0, 0.5, 1.0):
            y = np.clip(np.rint(self._ground - self._half * (1 + layer) - away + 1), -1, height) + 1
            reached[(y * (width + 2) + x).astype(np.intp)] = 1
        dark = np.ascontiguousarray(self._framed[1:-1, 1:-1])
        closed = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        return closed.astype(np.float32)

    def softened(self, dark: Values, far: float, within: float) -> Values:
        """A shadow ``(h, w)`` softer the farther it lies from what casts it.

        Args:
            dark: the shadow.
            far: the standard deviation of the blur at its end, in heights of the subject.
            within: from which distance on, in the same, it is as soft as that.
        """
        reach = np.clip(cv2.distanceTransform(1 - self._solid, cv2.DIST_L2, 3) / (within * self.tall), 0, 1)
        sharp, soft = _blurred(dark, 0.006 * self.tall), _blurred(dark, far * self.tall)
        return np.asarray(sharp + (soft - sharp) * reach, np.float32)

    def contacts(self) -> Values:
        """A narrow dark line right under what touches the ground: ``(h, w)`` 0..1."""
        line = np.zeros(self._solid.shape, np.float32)
        for part in self._parts:
            near = np.exp(-(((part.touches - part.lowest) / (0.02 * part.tall)) ** 2))
            for x in np.flatnonzero(near > 0.05):
                y = int(part.lowest[x])
                line[max(0, y - 1) : y + 2, x] = near[x]
        sigma = max(0.8, 0.008 * self.tall)
        return np.asarray(np.minimum(cv2.GaussianBlur(line, (0, 0), 2 * sigma, sigmaY=sigma) * 1.6, 1), np.float32)
