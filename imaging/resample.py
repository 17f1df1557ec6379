"""The pixels of a subject moved, turned and scaled: as they are where that is possible, else resampled.

Resampling happens in linear light and premultiplied by alpha, as light itself adds up, so that no fringe of another
colour comes up along the edge. What gets larger is interpolated by Lanczos' kernel, its soft edge by a cubic one, which
rings less; what gets smaller is averaged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging.colour import to_encoded, to_linear
from imaging.geometry import Box, Size
from imaging.photo import Array
from imaging.pose import Pose
from imaging.tiles import Window, on_tiles

Mask = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.floating[Any]]
LEAST = 1 / 1024  # alpha by which a pixel's light is divided; all that is seen has more


def moved(colours: Array, alpha: Mask, pose: Pose) -> tuple[Array, Mask]:
    """The subject in its frame where pixels only change places (``pose.exact``): every value is one of before.

    Args:
        colours: ``(H, W, 3)``, the subject's own colours.
        alpha: ``(H, W)`` uint8, the selection.
        pose: where it goes.

    Returns:
        Colours ``(h, w, 3)``, black outside the subject, and alpha ``(h, w)``, of the frame's size.
    """
    crop = _crop(alpha, pose, 0)
    parts = [_oriented(_cut(plane, crop), pose) for plane in (colours, alpha)]
    height, width = parts[1].shape
    left, top = round(pose.centre[0] - width / 2), round(pose.centre[1] - height / 2)
    there = Box(max(0, left), max(0, top), min(pose.frame.width, left + width), min(pose.frame.height, top + height))
    placed = [np.zeros((pose.frame.height, pose.frame.width, *part.shape[2:]), part.dtype) for part in parts]
    if there.width > 0 and there.height > 0:
        here = Box(there.left - left, there.top - top, there.right - left, there.bottom - top)
        for whole, part in zip(placed, parts, strict=True):
            whole[there.slices] = part[here.slices]
    return placed[0], placed[1]


def resampled(colours: Array, alpha: Mask, pose: Pose) -> tuple[Array, Mask]:
    """The subject in its frame at another scale or angle. Arguments and result as of :func:`moved`.

    The colours are taken for sRGB-encoded whatever the photo's profile, whose curve is near enough for interpolation.
    """
    crop = _crop(alpha, pose, 2 + math.ceil(1 / pose.scale))
    cut = _oriented(_cut(alpha, crop), pose)
    share = cut.astype(np.float32) / 255
    light = _linear(_oriented(_cut(colours, crop), pose))
    planes = [light[..., channel] * share for channel in range(3)] + [share]
    window = _window(pose, share.shape)
    result = np.zeros((pose.frame.height, pose.frame.width, 3), colours.dtype)
    opacity = np.zeros((pose.frame.height, pose.frame.width), np.uint8)
    if window.width <= 0 or window.height <= 0:
        return result, opacity
    smooth = _sampled(planes, pose, window, sharpened=False)
    sharp = smooth if pose.scale < 1 else _sampled(planes, pose, window, sharpened=True)
    here = np.rint(smooth[3].clip(0, 1) * 255).astype(np.uint8)
    full, there = float(np.iinfo(colours.dtype).max), result[window.slices]
    opacity[window.slices] = here

    def encode(tile: Window) -> None:
        inside, seen = here[tile] == 255, here[tile] > 0
        for channel in range(3):
            light = np.where(inside, sharp[channel][tile], smooth[channel][tile])
            light /= np.maximum(np.where(inside, sharp[3][tile], smooth[3][tile]), LEAST)
            value = np.rint(to_encoded(light.clip(0, 1)) * full)
            there[(*tile, channel)] = np.where(seen, value, 0).astype(colours.dtype)

    on_tiles(here > 0, encode)
    return result, opacity


def _crop(alpha: Mask, pose: Pose, more: int) -> Box:
    """The subject's box with its whole soft edge and ``more`` pixels, grown alike on all sides."""
    every, box = Box.around(alpha, 1), pose.source
    assert every is not None  # there is a source box
    grown = more + max(
        box.left - every.left, box.top - every.top, every.right - box.right, every.bottom - box.bottom, 0
    )
    return Box(box.left - grown, box.top - grown, box.right + grown, box.bottom + grown)


def _cut(pixels: Array, box: Box) -> Array:
    """A box of ``(H, W, ...)``, zero where it lies outside."""
    height, width = pixels.shape[:2]
    inside = Box(max(0, box.left), max(0, box.top), min(width, box.right), min(height, box.bottom))
    cut: Array = np.zeros((box.height, box.width, *pixels.shape[2:]), pixels.dtype)
    here = Box(*(a - b for a, b in zip(inside, (box.left, box.top) * 2, strict=True)))
    cut[here.slices] = pixels[inside.slices]
    return cut


def _oriented(pixels: Array, pose: Pose) -> Array:
    """Mirrored, and turned by as many quarters as the pose's angle is nearest to."""
    if pose.flip:
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(np.rot90(pixels, -_quarters(pose)))


def _quarters(pose: Pose) -> int:
    return round(pose.rotate / 90)


def _linear(colours: Array) -> Plane:
    levels = np.arange(np.iinfo(colours.dtype).max + 1, dtype=np.float32) / np.iinfo(colours.dtype).max
    return to_linear(levels).astype(np.float32)[colours]


def _window(pose: Pose, shape: tuple[int, ...]) -> Box:
    """Where in the frame anything of the cut can lie."""
    turn = math.radians(pose.rotate - 90 * _quarters(pose))
    wide = pose.scale * (shape[1] * abs(math.cos(turn)) + shape[0] * abs(math.sin(turn)))
    tall = pose.scale * (shape[0] * abs(math.cos(turn)) + shape[1] * abs(math.sin(turn)))
    x, y = pose.centre
    return Box(
        max(0, math.floor(x - wide / 2 + pose.scale)),  # the outermost pixels of the cut are empty
        max(0, math.floor(y - tall / 2 + pose.scale)),
        min(pose.frame.width, math.ceil(x + wide / 2 - pose.scale)),
        min(pose.frame.height, math.ceil(y + tall / 2 - pose.scale)),
    )


def _sampled(planes: Sequence[Plane], pose: Pose, window: Box, sharpened: bool) -> list[Plane]:
    """Planes of the oriented cut, float32, within the window of the frame."""
    turned = pose.rotate != 90 * _quarters(pose)

    def sample(plane: Plane) -> Plane:
        return _turned(plane, pose, window, sharpened) if turned else _scaled(plane, pose, window, sharpened)

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(sample, planes))


def _scaled(plane: Plane, pose: Pose, window: Box, sharpened: bool) -> Plane:
    height, width = plane.shape
    left, top = pose.centre[0] - width * pose.scale / 2, pose.centre[1] - height * pose.scale / 2
    at = [(edge - origin) / pose.scale for edge, origin in zip(window, (left, top) * 2, strict=True)]
    box = max(0.0, at[0]), max(0.0, at[1]), min(float(width), at[2]), min(float(height), at[3])
    return _resize(plane, Size(window.width, window.height), pose.scale, sharpened, box)


def _resize(
    plane: Plane, size: Size, scale: float, sharpened: bool, box: tuple[float, float, float, float] | None = None
) -> Plane:
    """Pillow's resampling: of a box with fractional sides, and averaging over all that a smaller pixel covers."""
    enlarging = Image.Resampling.LANCZOS if sharpened else Image.Resampling.BICUBIC
    kernel = enlarging if scale >= 1 else Image.Resampling.HAMMING  # the last one is nowhere negative
    return np.asarray(Image.fromarray(plane).resize(size, kernel, box=box), np.float32)


def _turned(plane: Plane, pose: Pose, window: Box, sharpened: bool) -> Plane:
    height, width = plane.shape
    if pose.scale < 1:  # averaged first: a kernel that only turns leaves pixels out
        smaller = Size(max(1, round(width * pose.scale)), max(1, round(height * pose.scale)))
        plane = _resize(plane, smaller, pose.scale, sharpened)
    across, down = pose.scale * width / plane.shape[1], pose.scale * height / plane.shape[0]
    turn = math.radians(pose.rotate - 90 * _quarters(pose))
    matrix = np.array(
        [[across * math.cos(turn), -down * math.sin(turn)], [across * math.sin(turn), down * math.cos(turn)]]
    )
    middle = np.array([plane.shape[1] / 2, plane.shape[0] / 2])
    origin = np.array([pose.centre[0] - window.left, pose.centre[1] - window.top])
    offset = origin - 0.5 + matrix @ (0.5 - middle)  # OpenCV counts from the middle of the first pixel
    kernel = cv2.INTER_LANCZOS4 if sharpened else cv2.INTER_CUBIC
    size = window.width, window.height
    return np.asarray(cv2.warpAffine(plane, np.column_stack([matrix, offset]), size, flags=kernel), np.float32)
