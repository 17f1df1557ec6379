"""Masks shown over their photo, for people."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging.colour import to_srgb
from imaging.photo import Photo
from masks.base import Selection, to_repaint

OVERLAY_COLOUR = (237, 28, 36)
OPACITY = 0.6


def overlay(photo: Photo, selection: Selection) -> Image.Image:
    """The photo with red over everything that will be repainted; mode "RGB", the photo's size, sRGB."""
    rgb = to_srgb(photo.rgb8, photo.icc)
    colour = Image.new("RGB", photo.size, OVERLAY_COLOUR)
    strength = to_repaint(selection).to_image().point(lambda value: int(value * OPACITY))
    return Image.composite(colour, Image.fromarray(rgb), strength)


def probability_map(photo: Photo, selection: Selection) -> npt.NDArray[np.uint8]:
    """How sure the networks were, ``(H, W)`` at the photo's size, 255 = sure; black where no network was asked."""
    if selection.probability is None:
        return np.zeros(photo.pixels.shape[:2], np.uint8)
    scaled = cv2.resize(selection.probability, photo.size, interpolation=cv2.INTER_LINEAR)
    return np.clip(scaled * 255 + 0.5, 0, 255).astype(np.uint8)
