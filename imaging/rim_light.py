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
from imaging.geometry import Box
from imaging.photo import Array
from imaging.shadows import ground_visible
from imaging.subject import Subject
from imaging.tiles import Window, on_tiles, scaled, upsample

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
    field = strength * _light(subject.alpha, background, light or KeyLight())
    pixels, alpha, soft = subject.photo.pixels, subject.alpha, subject.edge.soft
    full, lit, edge = float(np.iinfo(pixels.dtype).max), pixels.copy(), np.zeros_like(pixels)
    edge[soft] = subject.edge.colours
    reached = cv2.resize((field.max(axis=2) > UNSEEN).astype(np.uint8), alpha.shape[::-1]) > 0

    def screen(window: Window) -> None:
        here = upsample(field, alpha.shape, *window)
        inside = (alpha[window] > 0)[..., None]
        for colours in (lit, edge) if soft[window].any() else (lit,):
            own = colours[window].astype(np.float32) / full
            screened = (own + here[..., :3] * (1 - own) + here[..., 3:] * own * (1 - own)) * full + 0.5
            colours[window] = np.where(inside, screened, colours[window]).astype(pixels.dtype)

    on_tiles(reached & (alpha > 0), screen)
    return replace(
        subject, photo=replace(subject.photo, pixels=lit), estimated=subject.edge._replace(colours=edge[soft])
    )


def _light(alpha: npt.NDArray[np.uint8], background: Array, light: KeyLight) -> Values:
    """``(h, w, 6)`` float32, 0..1: the rim's light and the ground's, in encoded colours, drawn small."""
    size = scaled(alpha.shape, min(1.0, SIDE / max(alpha.shape)))
    share = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.uint8)
    place = cv2.resize(background, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    place /= float(np.iinfo(background.dtype).max)
    box = Box.around(share)
    if box is None:
        return np.zeros((size[1], size[0], 6), np.float32)
    tall = float(box.height)
    around = cv2.GaussianBlur(place, (0, 0), max(1.0, BLUR * size[1]))
    rim = RIM * _rim(share, light, 1 + WIDE * tall)[..., None] * around
    ground = np.zeros((size[1], size[0], 3), np.float32)
    if ground_visible(alpha):
        beneath = place[box.bottom : box.bottom + max(1, round(tall / 6)), box.left : box.right]
        height = np.maximum(box.bottom - 1 - np.arange(size[1], dtype=np.float32), 0)[:, None, None] / tall
        if beneath.size:
            ground = BOUNCE * np.exp(-height / HIGH) * beneath.mean(axis=(0, 1)) * np.ones_like(ground)
    return np.asarray(np.dstack([rim, ground]), np.float32)


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
