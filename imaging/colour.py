"""Bring drawn and generated sRGB pixels into the photo's own colour space. The subject's pixels never come here."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

from imaging.photo import Array


def into_profile(rgb: npt.NDArray[Any], icc: bytes | None, dtype: np.dtype | type = np.uint8) -> Array:
    """Convert sRGB pixels ``(H, W, 3)`` uint8 into the space of ``icc`` (``None`` = sRGB) and the given depth.

    Relative colorimetric with black point compensation, as browsers and editors do, so white stays white.
    """
    if icc is not None:
        transform = ImageCms.buildTransform(
            ImageCms.createProfile("sRGB"),
            ImageCms.ImageCmsProfile(io.BytesIO(icc)),
            "RGB",
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        rgb = np.asarray(ImageCms.applyTransform(Image.fromarray(rgb), transform))
    if np.dtype(dtype) == np.uint16:
        return rgb.astype(np.uint16) * 257
    return rgb


def to_srgb(rgb: npt.NDArray[Any], icc: bytes | None) -> npt.NDArray[Any]:
    """Convert 8-bit pixels of a photo with profile ``icc`` to sRGB, for models, previews and the page."""
    if icc is None:
        return rgb
    converted = ImageCms.profileToProfile(
        Image.fromarray(rgb),
        ImageCms.ImageCmsProfile(io.BytesIO(icc)),
        ImageCms.createProfile("sRGB"),
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
    )
    return np.asarray(converted)


def to_linear(encoded: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """Encoded sRGB levels 0..1 as linear light 0..1, by the curve of IEC 61966-2-1."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def to_encoded(linear: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.floating[Any]]:
    """Linear light 0..1 as encoded sRGB levels 0..1; the inverse of :func:`to_linear`."""
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)
