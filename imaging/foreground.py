"""The colours of a soft edge without the old background in them."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from imaging.photo import Array
from imaging.tiles import WORK_SIDE, Float, Window, on_tiles, scaled, upsample, within

Mask = npt.NDArray[np.uint8]
"""``(H, W)``."""


class Edge(NamedTuple):
    """The soft edge of a subject.

    Attributes:
        soft: ``(H, W)`` bool, where the alpha is neither 0 nor 255; n pixels.
        colours: ``(n, 3)``, the foreground's colours there in row-major order, in the photo's type.
    """

    soft: npt.NDArray[np.bool_]
    colours: Array


def estimate(pixels: Array, alpha: Mask) -> Edge:
    """The subject's own colour where its edge is soft: the old background taken out, so that no halo remains.

    Two rounds of blur fusion (Forte, Pitié: Approximate Fast Foreground Colour Estimation, ICIP 2021, equations 5 to
    7): a wide one at ``WORK_SIDE`` and a narrow one at full size, only where the edge is soft.

    Args:
        pixels: ``(H, W, 3)`` uint8 or uint16, the photo.
        alpha: ``(H, W)`` uint8, the selection.

    """
    soft = (alpha > 0) & (alpha < 255)
    full = float(np.iinfo(pixels.dtype).max)
    scale = min(1.0, WORK_SIDE / max(alpha.shape))
    size = scaled(alpha.shape, scale)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / full
    small_alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    wide = _blur_fusion_means(small, small, small_alpha, 45)
    narrow = 3
    found = np.zeros_like(pixels)

    def refine_colours(window: Window, inner: Window) -> None:
        rows, columns = window
        image = pixels[rows, columns].astype(np.float32) / full
        share = alpha[rows, columns].astype(np.float32) / 255
        fore, back = (upsample(means, alpha.shape, rows, columns) for means in wide)
        residue = image - _mix(fore, back, share)
        fore = np.clip(fore + share[..., None] * residue, 0, 1)
        back = np.clip(back + (1 - share[..., None]) * residue, 0, 1)
        fore_mean, back_mean = _blur_fusion_means(fore, back, share, narrow)
        fore = fore_mean + share[..., None] * (image - _mix(fore_mean, back_mean, share))
        values = np.clip(fore * full + 0.5, 0, full).astype(pixels.dtype)
        found[inner] = values[within(inner[0], rows), within(inner[1], columns)]

    on_tiles(soft, 2 * narrow, refine_colours)
    return Edge(soft, found[soft])


def _mix(fore: Float, back: Float, alpha: Float) -> Float:
    return alpha[..., None] * fore + (1 - alpha[..., None]) * back


def _blur_fusion_means(fore: Float, back: Float, alpha: Float, radius: int) -> tuple[Float, Float]:
    """Local means of foreground and background colour, weighted by alpha and by its inverse."""
    size = (2 * radius + 1, 2 * radius + 1)

    def weighted(colour: Float, weight: Float) -> Float:
        total = cv2.blur(weight, size, borderType=cv2.BORDER_REFLECT)
        return cv2.blur(colour * weight[..., None], size, borderType=cv2.BORDER_REFLECT) / (total[..., None] + 1e-5)

    return weighted(fore, alpha), weighted(back, 1 - alpha)
