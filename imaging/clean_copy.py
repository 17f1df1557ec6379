"""A backdrop picture as an input of a recipe: no larger than what is seen of it, without metadata."""

from __future__ import annotations

import cv2
import numpy as np

from imaging.encode import encode
from imaging.geometry import Box, Size
from imaging.photo import Array, Photo


def clean_copy(picture: Photo, frame: Size | None = None, fit: str = "cover") -> bytes:
    """A backdrop picture as an input of a recipe: upright, with its profile, without metadata.

    Results carry a copy of it, so with a ``frame`` it is cut to what is seen behind a photo of that size (``fit`` as in
    the recipe) and no larger than needed. It is a PNG only where it is small, deep or transparent, else a JPEG.
    """
    have = Size(*picture.size)
    frame = frame or have
    seen = Box.centred(frame.inside(have), have) if fit == "cover" else Box(0, 0, *have)
    wanted = frame if fit == "cover" else have.covering(frame)  # contained, its own blur fills the sides
    pixels: Array = picture.pixels
    if picture.alpha is not None:
        depth = np.iinfo(pixels.dtype).max // 255
        pixels = np.dstack([pixels, picture.alpha.astype(pixels.dtype) * depth])
    pixels = pixels[seen.slices]
    if wanted.width < pixels.shape[1]:
        pixels = cv2.resize(pixels, wanted, interpolation=cv2.INTER_AREA)
    pixels = np.ascontiguousarray(pixels)
    small = pixels.shape[0] * pixels.shape[1] <= 1_000_000
    kind = "PNG" if small or picture.alpha is not None or pixels.dtype == np.uint16 else "JPEG"
    return encode(pixels, kind, picture.icc)
