"""What a place adds to a subject's light: a thin rim on the side of the place's light, and light from the ground.

Both are screened over the subject in its encoded colours, as retouchers do, so that nothing gets darker or burns out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.cast_shadow import KeyLight
from imaging.contacts import ground_visible
from imaging.foreground import Edge
from imaging.geometry import Box
from imaging.photo import Array
from imaging.subject import Subject
from imaging.tiles import Window, averaged, on_tiles, scaled, upsample

Values = npt.NDArray[np.floating[Any]]
SIDE = 512  # the longer side, in pixels, at which the light is worked out
RIM, BOUNCE = 0.45, 0.40  # share of the backdrop's light, at its most
WIDE = 0.014  # of the subject's height: how wide the rim is
HIGH = 0.10  # of the subject's height: how high above the ground a third of its light is left
BLUR = 0.06  # of the picture's height: how far out of focus the backdrop is that shines
UNSEEN = 1 / 512


def add(subject: Subject, background: Array, light: KeyLight | None, strength: float) -> Subject:
    """The subject, and the colours of its edge, with the light of a background ``(H, W, 3)`` of its size and type.

    Args:
        subject: in its place.
        background: without the subject's shadow.
        light: the place's key light; ``None``: from above.
        strength: 0..1.
    """
    if strength <= 0:
        return subject
    alpha = subject.alpha
    size = scaled(alpha.shape, min(1.0, SIDE / max(alpha.shape)))
    share = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.uint8)
    place = averaged(background, size).astype(np.float32)
    full = float(np.iinfo(background.dtype).max)
    rim = strength * _rim_light(share, place / full, light or KeyLight())
    ground = strength * _ground_light(alpha, share, place / full)
    lit = subject.photo.pixels.copy()
    subject.edge.paint(lit)
    reached = (rim.max(axis=2) > UNSEEN) | (cv2.resize(ground.max(axis=2), (1, size[1])) > 4 * UNSEEN)

    def screen(window: Window) -> None:
        own = lit[window].astype(np.float32)
        shine = upsample(rim, alpha.shape, *window)
        shine += cv2.repeat(ground[window[0]] / full, 1, own.shape[1]) * own
        shine *= full - own
        own += shine
        own += 0.5
        cv2.copyTo(own.astype(lit.dtype), (alpha[window] > 0).astype(np.uint8), lit[window])

    on_tiles((cv2.resize(reached.astype(np.uint8), alpha.shape[::-1]) > 0) & (alpha > 0), screen)
    at = subject.edge.at
    edge = Edge(at, lit.reshape(-1, 3)[at])
    return replace(subject, photo=replace(subject.photo, pixels=lit), estimated=edge)


def _rim_light(share: npt.NDArray[np.uint8], place: Values, light: KeyLight) -> Values:
    """What is to be screened over the subject's rim, ``(h, w, 3)`` float32, 0..1."""
    rows = np.flatnonzero(share.any(axis=1))
    around = cv2.GaussianBlur(place, (0, 0), max(1.0, BLUR * len(place)))
    return np.asarray(RIM * _rim(share, light, 1 + WIDE * len(rows))[..., None] * around, np.float32)


def _ground_light(alpha: npt.NDArray[np.uint8], share: npt.NDArray[np.uint8], place: Values) -> Values:
    """The ground's light in each row of the frame, ``(H, 1, 3)`` float32, 0..1; none where no ground can be seen."""
    box, small = Box.around(alpha), Box.around(share)
    if box is None or small is None or not ground_visible(alpha) or small.bottom >= len(place):
        return np.zeros((len(alpha), 1, 3), np.float32)
    beneath = place[small.bottom : small.bottom + max(1, small.height // 6), small.left : small.right]
    height = np.maximum(box.bottom - 1 - np.arange(len(alpha), dtype=np.float32), 0)[:, None, None] / box.height
    return np.asarray(BOUNCE * np.exp(-height / HIGH) * beneath.mean(axis=(0, 1)), np.float32)


def _rim(share: npt.NDArray[np.uint8], light: KeyLight, wide: float) -> Values:
    """How much of the rim's light reaches each pixel of the subject, ``(h, w)`` 0..1: only from the light's side."""
    depth = cv2.distanceTransform((share >= 128).astype(np.uint8), cv2.DIST_L2, 5)
    soft = cv2.GaussianBlur(share.astype(np.float32), (0, 0), max(1.5, wide))
    across, down = -cv2.Sobel(soft, cv2.CV_32F, 1, 0), -cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    length = np.maximum(cv2.magnitude(across, down), 1e-3)
    turn, rise = np.deg2rad(light.azimuth), np.deg2rad(light.elevation)
    right, up = np.sin(turn) * np.cos(rise), np.sin(rise)
    facing = (across * right - down * up) / (length * max(float(np.hypot(right, up)), 1e-3))
    behind = max(0.0, -float(np.cos(turn)))  # light from behind shines around every side
    return np.asarray(np.exp(-((depth / wide) ** 2)) * np.clip(facing + behind, 0, 1), np.float32)
