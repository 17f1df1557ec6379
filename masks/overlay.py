"""Masks shown over their photo, for people."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging.colour import to_srgb
from imaging.photo import Photo
from masks.base import Selection, to_repaint

OVERLAY_COLOURS = ((237, 28, 36), (0, 163, 255), (0, 190, 80), (255, 0, 220), (255, 210, 0))
"""Red, blue, green, magenta, yellow: the first that is unlike the subject is laid over the rest of the photo."""
UNLIKE = 50  # CIELAB distance to the overlay's colour below which a part of the subject would be taken for it
ALIKE_AT_MOST = 2  # percent of the subject that may be nearer: a bicycle is black, but its forks may be red
OPACITY = 0.6
_SAMPLES = 20_000  # pixels of the subject that are looked at


def overlay_colour(rgb: npt.NDArray[np.uint8], selection: Selection) -> tuple[int, int, int]:
    """The overlay's colour for a photo: the first of :data:`OVERLAY_COLOURS` that at most :data:`ALIKE_AT_MOST` percent
    of the subject's pixels are nearer to than :data:`UNLIKE`, else the one that is farthest.

    Args:
        rgb: the photo, ``(H, W, 3)`` sRGB.
        selection: the subject, of the same size.
    """
    subject = rgb[selection.values >= 128]
    if not len(subject):
        return OVERLAY_COLOURS[0]
    lab = _lab(subject[:: max(1, len(subject) // _SAMPLES)])
    candidates = _lab(np.array(OVERLAY_COLOURS, np.uint8))
    away = [float(np.percentile(np.linalg.norm(lab - each, axis=1), ALIKE_AT_MOST)) for each in candidates]
    unlike = (colour for colour, distance in zip(OVERLAY_COLOURS, away, strict=True) if distance >= UNLIKE)
    return next(unlike, OVERLAY_COLOURS[int(np.argmax(away))])


def _lab(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    """``(N, 3)`` uint8 sRGB as CIELAB."""
    return np.asarray(cv2.cvtColor(rgb[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0], np.float32)


def overlay(photo: Photo, selection: Selection) -> Image.Image:
    """The photo, coloured over where it will be repainted, unlike the subject; mode "RGB", the photo's size, sRGB."""
    rgb = to_srgb(photo.rgb8, photo.icc)
    colour = Image.new("RGB", photo.size, overlay_colour(rgb, selection))
    strength = to_repaint(selection).to_image().point(lambda value: int(value * OPACITY))
    return Image.composite(colour, Image.fromarray(rgb), strength)


def hatching(photo: Photo, selection: Selection) -> Image.Image:
    """The photo, hatched where it will be repainted in white and black, which are seen on every colour; mode "RGB",
    the photo's size, sRGB."""
    rgb = to_srgb(photo.rgb8, photo.icc)
    height, width = rgb.shape[:2]
    period = max(8, max(height, width) // 40)
    along = (np.arange(height)[:, None] + np.arange(width)) % period
    lines = rgb // 4 * 3  # a little darker between them
    lines[along < period // 2] = 0
    lines[along < period // 4] = 255
    return Image.composite(Image.fromarray(lines), Image.fromarray(rgb), to_repaint(selection).to_image())


def probability_map(photo: Photo, selection: Selection) -> npt.NDArray[np.uint8]:
    """How sure the networks were, ``(H, W)`` at the photo's size, 255 = sure; black where no network was asked."""
    if selection.probability is None:
        return np.zeros(photo.pixels.shape[:2], np.uint8)
    scaled = cv2.resize(selection.probability, photo.size, interpolation=cv2.INTER_LINEAR)
    return np.clip(scaled * 255 + 0.5, 0, 255).astype(np.uint8)
