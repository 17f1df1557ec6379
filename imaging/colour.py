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
