"""Soft edges: bring a coarse mask to the photo's own edges, and take the old background out of the edge's colour."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.photo import Array
from masks.base import Mask

Float = npt.NDArray[Any]
WORK_SIDE = 1024  # the longer side, in pixels, at which statistics over large windows are taken
TILE = 256


@dataclass(frozen=True)
class Guide:
    """What a guided filter has to know of a photo, whatever the mask: worked out once, for many masks.

    Attributes:
        radius: window radius in pixels of the photo.
        window: (width, height) of a window at ``WORK_SIDE``.
        channels: ``(h, w)`` each, red, green and blue of the photo at ``WORK_SIDE``, 0..1; ``means`` their local means.
        inverse: the six different entries of each window's inverse colour covariance, ``(h, w)`` each, in the order
            rr, gg, bb, rg, rb, gb.
    """

    radius: float
    window: tuple[int, int]
    channels: tuple[Float, ...]
    means: tuple[Float, ...]
    inverse: tuple[Float, ...]

    @staticmethod
    def of(rgb: npt.NDArray[Any], radius: float, eps: float = 1e-4) -> Guide:
        """Of a photo.

        Args:
            rgb: ``(H, W, 3)`` uint8.
            radius: window radius in pixels of the photo; about the width of the uncertain edge.
            eps: variance, for values 0..1, below which the photo counts as flat and the mask is only smoothed.
        """
        scale = min(1.0, WORK_SIDE / max(rgb.shape[:2]))
        small = cv2.resize(rgb, _scaled(rgb.shape, scale), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        side = 2 * max(1, round(radius * scale)) + 1
        window = side, side
        channels = red, green, blue = tuple(cv2.split(small))
        means = tuple(_local_mean(channel, window) for channel in channels)

        def variance(i: int, j: int, one: Float, other: Float) -> Float:
            return _local_mean(one * other, window) - means[i] * means[j] + np.float32(eps * (i == j))

        rr, gg, bb = variance(0, 0, red, red), variance(1, 1, green, green), variance(2, 2, blue, blue)
        rg, rb, gb = variance(0, 1, red, green), variance(0, 2, red, blue), variance(1, 2, green, blue)
        # Cramer's rule for the symmetric 3 x 3: a general solver takes most of the time over a million tiny systems.
        to_rr, to_gg, to_bb = gg * bb - gb * gb, rr * bb - rb * rb, rr * gg - rg * rg
        to_rg, to_rb, to_gb = rb * gb - rg * bb, rg * gb - rb * gg, rg * rb - rr * gb
        determinant = rr * to_rr + rg * to_rg + rb * to_rb
        entries = tuple(each / determinant for each in (to_rr, to_gg, to_bb, to_rg, to_rb, to_gb))
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


def _local_mean(values: npt.NDArray[Any], window: tuple[int, int]) -> Float:
    return cv2.blur(values, window, borderType=cv2.BORDER_REFLECT)


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
    coefficients = guide.coefficients(cv2.resize(coarse, guide.channels[0].shape[::-1], interpolation=cv2.INTER_AREA))
    reach = int(np.ceil(guide.radius))
    kernel = 2 * reach + 1
    near = (cv2.dilate(mask, np.ones((1, kernel))) > 8) & (cv2.erode(mask, np.ones((1, kernel))) < 247)
    near |= (cv2.dilate(mask, np.ones((kernel, 1))) > 8) & (cv2.erode(mask, np.ones((kernel, 1))) < 247)
    result = mask.copy()

    def apply(window: Window, _: Window) -> None:
        rows, columns = window
        here = _upsample(coefficients, mask.shape, rows, columns)
        alpha = np.einsum("ijk,ijk->ij", here[..., :3], rgb[rows, columns].astype(np.float32))
        alpha += 255 * here[..., 3]
        values = np.clip(alpha + 0.5, 0, 255).astype(np.uint8)
        result[rows, columns] = np.where(near[rows, columns], values, mask[rows, columns])

    _on_tiles(near, 0, apply)
    return result


def at_size(coarse: Float, size: tuple[int, int]) -> Mask:
    """Probabilities ``(h, w)`` float32 0..1 as a mask of (width, height)."""
    shrinks = coarse.shape[1] > size[0] and coarse.shape[0] > size[1]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(cv2.convertScaleAbs(coarse, alpha=255), size, interpolation=interpolation)


MATTING_MEGAPIXELS = 1.0  # closed-form matting's time and memory grow faster than the picture


def solve(rgb: npt.NDArray[Any], mask: Mask) -> tuple[Mask, tuple[str, ...]]:
    """Work out the soft edge anew from the photo's colours.

    Closed-form matting (Levin, Lischinski, Weiss: A Closed-Form Solution to Natural Image Matting, PAMI 2008) in the
    box of the mask, between what is surely inside and surely outside, at most ``MATTING_MEGAPIXELS``; a larger one's
    result is brought to full size by its own edges.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        mask: ``(H, W)`` uint8.

    Returns:
        the mask, and a sentence where the cap was used.
    """
    rows, columns = np.flatnonzero((mask > 0).any(axis=1)), np.flatnonzero((mask > 0).any(axis=0))
    if not rows.size:
        return mask, ()
    reach = max(2, round(0.01 * float(mask.sum(dtype=np.int64) / 255) ** 0.5))  # 1 % of the subject's side
    top, left = max(0, rows[0] - 3 * reach), max(0, columns[0] - 3 * reach)
    inside = slice(top, rows[-1] + 3 * reach + 1), slice(left, columns[-1] + 3 * reach + 1)
    image, part = rgb[inside], mask[inside]
    scale = min(1.0, (MATTING_MEGAPIXELS * 1e6 / part.size) ** 0.5)
    size = _scaled(part.shape, scale)
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    around = 2 * max(1, round(reach * scale)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (around, around))
    trimap = np.full(small.shape, 0.5)
    trimap[cv2.erode(small, kernel) >= 250] = 1
    trimap[cv2.dilate(small, kernel) <= 5] = 0
    if not ((trimap == 1).any() and (trimap == 0).any() and (trimap == 0.5).any()):
        return mask, ("Alpha matting was left out: too little is surely inside or outside of the mask.",)
    from pymatting import estimate_alpha_cf

    colours = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.float64) / 255
    alpha = (np.clip(estimate_alpha_cf(colours, trimap), 0, 1) * 255 + 0.5).astype(np.uint8)
    notes: tuple[str, ...] = ()
    if scale < 1:
        alpha = refine(image, alpha.astype(np.float32) / 255, Guide.of(image, 1.5 / scale))
        notes = (
            f"Alpha matting ran at {MATTING_MEGAPIXELS:g} of {part.size / 1e6:.1f} megapixels; the photo's own edges "
            "brought it to full size.",
        )
    result = mask.copy()
    result[inside] = np.where(alpha >= 250, np.uint8(255), np.where(alpha <= 5, np.uint8(0), alpha))
    return result, notes


def foreground(pixels: Array, mask: Mask) -> tuple[npt.NDArray[Any], Array]:
    """The subject's own colour where the edge is soft: the old background taken out, so that no halo remains.

    Two rounds of blur fusion (Forte, Pitié: Approximate Fast Foreground Colour Estimation, ICIP 2021, equations 5 to
    7): a wide one at ``WORK_SIDE`` and a narrow one at full size, only where the edge is soft.

    Args:
        pixels: ``(H, W, 3)`` uint8 or uint16, the photo.
        mask: ``(H, W)`` uint8, its alpha.

    Returns:
        Where the mask is soft, ``(H, W)`` bool with n pixels set, and the foreground colours there, ``(n, 3)`` in the
        photo's type, in row-major order.
    """
    soft = (mask > 0) & (mask < 255)
    full = float(np.iinfo(pixels.dtype).max)
    scale = min(1.0, WORK_SIDE / max(mask.shape))
    size = _scaled(mask.shape, scale)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / full
    small_alpha = cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    wide = _blur_fusion_means(small, small, small_alpha, 45)
    narrow = 3
    estimate = np.zeros_like(pixels)

    def refine_colours(window: Window, inner: Window) -> None:
        rows, columns = window
        image = pixels[rows, columns].astype(np.float32) / full
        alpha = mask[rows, columns].astype(np.float32) / 255
        fore, back = (_upsample(means, mask.shape, rows, columns) for means in wide)
        residue = image - _mix(fore, back, alpha)
        fore = np.clip(fore + alpha[..., None] * residue, 0, 1)
        back = np.clip(back + (1 - alpha[..., None]) * residue, 0, 1)
        fore_mean, back_mean = _blur_fusion_means(fore, back, alpha, narrow)
        fore = fore_mean + alpha[..., None] * (image - _mix(fore_mean, back_mean, alpha))
        values = np.clip(fore * full + 0.5, 0, full).astype(pixels.dtype)
        estimate[inner] = values[_within(inner[0], rows), _within(inner[1], columns)]

    _on_tiles(soft, 2 * narrow, refine_colours)
    return soft, estimate[soft]


def _mix(fore: Float, back: Float, alpha: Float) -> Float:
    return alpha[..., None] * fore + (1 - alpha[..., None]) * back


def _blur_fusion_means(fore: Float, back: Float, alpha: Float, radius: int) -> tuple[Float, Float]:
    """Local means of foreground and background colour, weighted by alpha and by its inverse."""
    size = (2 * radius + 1, 2 * radius + 1)

    def weighted(colour: Float, weight: Float) -> Float:
        total = cv2.blur(weight, size, borderType=cv2.BORDER_REFLECT)
        return cv2.blur(colour * weight[..., None], size, borderType=cv2.BORDER_REFLECT) / (total[..., None] + 1e-5)

    return weighted(fore, alpha), weighted(back, 1 - alpha)


def _scaled(shape: tuple[int, ...], scale: float) -> tuple[int, int]:
    """``(H, W)`` times ``scale`` as OpenCV's (width, height), at least one pixel each."""
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))


Window = tuple[slice, slice]


def _on_tiles(wanted: npt.NDArray[Any], padding: int, work: Callable[[Window, Window], None]) -> None:
    """Call ``work`` on square windows that together cover the wanted pixels, on all cores: each window with ``padding``
    around it, and without."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda both: work(*both), _tiles(wanted, padding)):
            pass  # an error in a window comes out here


def _tiles(wanted: npt.NDArray[Any], padding: int) -> Iterator[tuple[Window, Window]]:
    height, width = wanted.shape
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            bottom, right = min(height, top + TILE), min(width, left + TILE)
            if wanted[top:bottom, left:right].any():
                rows = slice(max(0, top - padding), min(height, bottom + padding))
                columns = slice(max(0, left - padding), min(width, right + padding))
                yield (rows, columns), (slice(top, bottom), slice(left, right))


def _within(inner: slice, outer: slice) -> slice:
    """``inner`` counted from the start of ``outer``."""
    return slice(inner.start - outer.start, inner.stop - outer.start)


def _upsample(small: Float, shape: tuple[int, ...], rows: slice, columns: slice) -> Float:
    """One window of ``small`` bilinearly enlarged to ``shape``, without enlarging the rest."""
    height, width = small.shape[:2]
    ys = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) * (height / shape[0]) - 0.5
    xs = (np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5) * (width / shape[1]) - 0.5
    map_x, map_y = np.meshgrid(xs, ys)
    return cv2.remap(small, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
