"""Soft edges: bring a coarse mask to the photo's own edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.tiles import WORK_SIDE, Window, on_cores, scaled, upsample, widened, windows
from masks.base import Mask

Float = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Guide:
    """What a guided filter has to know of a photo, whatever the mask: worked out once, for many masks.

    Attributes:
        radius: window radius in pixels of the photo.
        window: (width, height) of a window at the size that it was worked out at, usually ``WORK_SIDE``.
        channels: ``(h, w)`` each, red, green and blue of the photo at that size, 0..1; ``means`` their local means.
        inverse: the six different entries of each window's inverse colour covariance, ``(h, w)`` each, in the order
            rr, gg, bb, rg, rb, gb.
    """

    radius: float
    window: tuple[int, int]
    channels: tuple[Float, ...]
    means: tuple[Float, ...]
    inverse: tuple[Float, ...]

    @staticmethod
    def of(rgb: npt.NDArray[Any], radius: float, eps: float = 1e-4, side: int = WORK_SIDE) -> Guide:
        """Of a photo.

        Args:
            rgb: ``(H, W, 3)`` uint8.
            radius: window radius in pixels of the photo; about the width of the uncertain edge.
            eps: variance, for values 0..1, below which the photo counts as flat and the mask is only smoothed.
            side: pixels, the longer side at which it is worked out.
        """
        scale = min(1.0, side / max(rgb.shape[:2]))
        small = cv2.resize(rgb, scaled(rgb.shape, scale), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        across = 2 * max(1, round(radius * scale)) + 1
        window = across, across
        channels = red, green, blue = tuple(np.asarray(channel, np.float32) for channel in cv2.split(small))
        means = tuple(_local_mean(channel, window) for channel in channels)

        def variance(i: int, j: int, one: Float, other: Float) -> Float:
            return _local_mean(one * other, window) - means[i] * means[j] + np.float32(eps * (i == j))

        rr, gg, bb = variance(0, 0, red, red), variance(1, 1, green, green), variance(2, 2, blue, blue)
        rg, rb, gb = variance(0, 1, red, green), variance(0, 2, red, blue), variance(1, 2, green, blue)
        cofactors, determinant = adjugate((rr, gg, bb, rg, rb, gb))
        entries = tuple(each / determinant for each in cofactors)
        return Guide(radius, window, channels, means, entries)

    def coefficients(self, target: Float) -> Float:
        """Gain and offset ``(h, w, 4)`` of the local linear model target = gain . photo + offset."""
        mean_target = _local_mean(target, self.window)
        rr, gg, bb, rg, rb, gb = self.inverse
        r, g, b = (
            _local_mean(channel * target, self.window) - mean * mean_target
            for channel, mean in zip(self.channels, self.means, strict=True)
        )
        gain = rr * r + rg * g + rb * b, rg * r + gg * g + gb * b, rb * r + gb * g + bb * b
        offset = mean_target - sum(one * mean for one, mean in zip(gain, self.means, strict=True))
        return _local_mean(cv2.merge([*gain, offset]), self.window)


def adjugate(entries: Sequence[Float]) -> tuple[tuple[Float, ...], Float]:
    """The adjugates of symmetric 3 x 3 matrices and their determinants, whose quotients are the inverses.

    By Cramer's rule: a general solver takes most of the time over a million tiny systems.

    Args:
        entries: rr, gg, bb, rg, rb, gb, of any one shape; the adjugates come in the same order.
    """
    rr, gg, bb, rg, rb, gb = entries
    to_rr, to_gg, to_bb = gg * bb - gb * gb, rr * bb - rb * rb, rr * gg - rg * rg
    to_rg, to_rb, to_gb = rb * gb - rg * bb, rg * gb - rb * gg, rg * rb - rr * gb
    return (to_rr, to_gg, to_bb, to_rg, to_rb, to_gb), rr * to_rr + rg * to_rg + rb * to_rb


def _local_mean(values: npt.NDArray[Any], window: tuple[int, int]) -> Float:
    return np.asarray(cv2.blur(values, window, borderType=cv2.BORDER_REFLECT), values.dtype)


def refine(rgb: npt.NDArray[Any], coarse: Float, guide: Guide) -> Mask:
    """Bring a coarse mask to the photo's size and its soft edge to the edges of the photo.

    A guided filter with the colour photo as guide (He, Sun, Tang: Guided Image Filtering, PAMI 2013), its linear
    coefficients computed at ``WORK_SIDE`` and applied at full size (He, Sun: Fast Guided Filter, arXiv 1505.00996),
    so a 12-megapixel photo gets a 12-megapixel edge.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        coarse: ``(h, w)`` float32 0..1 over the whole photo, of any size.
        guide: of the same photo.

    Returns:
        ``(H, W)`` uint8.
    """
    mask = at_size(coarse, rgb.shape[1::-1])
    small = cv2.resize(coarse, guide.channels[0].shape[::-1], interpolation=cv2.INTER_AREA)
    coefficients = guide.coefficients(np.asarray(small, coarse.dtype))
    reach = int(np.ceil(guide.radius))
    result = mask.copy()

    def apply(window: Window) -> None:
        near = _near_edge(mask, window, reach)
        if near is None:
            return
        rows, columns = window
        here = upsample(coefficients, mask.shape, rows, columns)
        alpha = np.einsum("ijk,ijk->ij", here[..., :3], rgb[rows, columns].astype(np.float32))
        alpha += 255 * here[..., 3]
        values = np.clip(alpha + 0.5, 0, 255).astype(np.uint8)
        result[rows, columns] = np.where(near, values, mask[rows, columns])

    on_cores(apply, windows(mask.shape))
    return result


def _near_edge(mask: Mask, window: Window, reach: int) -> npt.NDArray[np.bool_] | None:
    """What of a window lies within ``reach`` pixels, across or down, of the mask's edge; ``None``: nothing does."""
    wide, inner = widened(window, reach)
    around = mask[wide]
    if around.max() <= 8 or around.min() >= 247:
        return None
    near = np.zeros(around[inner].shape, np.bool_)
    for shape in ((1, 2 * reach + 1), (2 * reach + 1, 1)):
        kernel = np.ones(shape)
        near |= ((cv2.dilate(around, kernel) > 8) & (cv2.erode(around, kernel) < 247))[inner]
    return near


def at_size(coarse: Float, size: tuple[int, int]) -> Mask:
    """Probabilities ``(h, w)`` float32 0..1 as a mask of (width, height)."""
    shrinks = coarse.shape[1] > size[0] and coarse.shape[0] > size[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    large = cv2.resize(cv2.convertScaleAbs(coarse, alpha=255), size, interpolation=interpolation)
    return np.asarray(large, np.uint8)
