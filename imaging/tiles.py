"""Work on a large picture window by window, on all cores, with what was worked out at a smaller size."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.floating[Any]]

WORK_SIDE = 1024  # the longer side, in pixels, at which statistics over large windows are taken
TILE = 256
MOST_SAMPLED = 2**14  # pixels; OpenCV remaps less than twice as many in a row

Window = tuple[slice, slice]
"""Rows and columns."""
Part = TypeVar("Part")


def scaled(shape: tuple[int, ...], scale: float) -> tuple[int, int]:
    """``(H, W)`` times ``scale`` as OpenCV's (width, height), at least one pixel each."""
    return max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))


def averaged(pixels: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """A picture ``(H, W)`` or ``(H, W, channels)`` averaged down to a size (width, height), in its type.

    First by a whole number of pixels that divides both sides, about half of the way: OpenCV takes a tenth to a third of
    the time for that, and only the rest of the way is off the pixels' grid.
    """
    height, width = pixels.shape[:2]
    half = max(1, round(min(width / size[0], height / size[1]) / 2))
    common = math.gcd(width, height)
    times = next(times for times in range(half, 0, -1) if common % times == 0)
    if times > 1:
        pixels = cv2.resize(pixels, (width // times, height // times), interpolation=cv2.INTER_AREA)
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def on_tiles(wanted: npt.NDArray[np.bool_], work: Callable[[Window], None]) -> None:
    """Call ``work`` on square windows that together cover the wanted pixels, on all cores."""
    on_cores(work, _tiles(wanted))


def on_cores(work: Callable[[Part], object], parts: Iterable[Part]) -> None:
    """Call ``work`` on each of ``parts``, on all cores, this thread's among them."""
    left = iter(list(parts))  # threads may share a list's iterator

    def take() -> None:
        for part in left:
            work(part)

    others = (os.cpu_count() or 1) - 1
    with ThreadPoolExecutor(max(1, others)) as pool:
        waiting = [pool.submit(take) for _ in range(others)]
        take()
        for each in waiting:
            each.result()  # an error in a part comes out here


def _tiles(wanted: npt.NDArray[np.bool_]) -> Iterator[Window]:
    return (window for window in windows(wanted.shape) if wanted[window].any())


def windows(shape: tuple[int, ...]) -> Iterator[Window]:
    """Square windows that together cover ``(H, W)``."""
    height, width = shape[:2]
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            yield slice(top, min(height, top + TILE)), slice(left, min(width, left + TILE))


def widened(window: Window, by: int) -> tuple[Window, Window]:
    """A window with ``by`` more pixels around it, as far as the picture goes; and where in it the window lies.

    The end may lie beyond the picture, as a slice's may.
    """
    starts = tuple(max(0, along.start - by) for along in window)
    rows, columns = (slice(start, along.stop + by) for start, along in zip(starts, window, strict=True))
    inner_rows, inner_columns = (
        slice(along.start - start, along.stop - start) for start, along in zip(starts, window, strict=True)
    )
    return (rows, columns), (inner_rows, inner_columns)


def upsample(small: Float, shape: tuple[int, ...], rows: slice, columns: slice) -> Float:
    """One window of ``small`` bilinearly enlarged to ``shape``, without enlarging the rest."""
    across, down = np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop)
    return _bilinear(small, *np.meshgrid(_within(small, shape, 1, across), _within(small, shape, 0, down)))


def sampled(small: Float, shape: tuple[int, ...], at: npt.NDArray[np.intp]) -> Float:
    """Some pixels of ``small`` bilinearly enlarged to ``shape``: ``(n, channels)``, without enlarging the rest.

    Args:
        at: those n pixels, ``MOST_SAMPLED`` at most, counted row by row.
    """
    rows, columns = np.divmod(at, shape[1])
    return _bilinear(small, _within(small, shape, 1, columns)[None], _within(small, shape, 0, rows)[None])[0]


def _within(small: Float, shape: tuple[int, ...], axis: int, pixels: npt.NDArray[np.intp]) -> Float:
    """Where the middles of pixels of a picture of ``shape`` lie along an axis of ``small``."""
    return (pixels.astype(np.float32) + 0.5) * (small.shape[axis] / shape[axis]) - 0.5


def _bilinear(small: Float, xs: Float, ys: Float) -> Float:
    return np.asarray(cv2.remap(small, xs, ys, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
