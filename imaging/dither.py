"""Smooth runs of colour without banding."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from imaging.geometry import Size
from imaging.tiles import on_cores


def dithered(levels: Callable[[slice], npt.NDArray[np.uint16]], size: Size, seed: int) -> npt.NDArray[np.uint8]:
    """From 8.8 fixed point to bytes: the fraction becomes the chance of the next level.

    ``levels`` gives some rows as ``(h, W, 3)`` uint16, at most 255 * 256; bands keep memory small and are
    drawn on all cores.
    """
    tile = np.random.default_rng(seed).integers(0, 256, (257, 263, 1), np.uint16)  # primes: no visible repeat
    noise = np.tile(tile, (1, -(-size.width // 263), 3))[:, : size.width]
    drawn = np.empty((size.height, size.width, 3), np.uint8)

    def draw(top: int) -> None:
        band = levels(slice(top, top + len(noise)))
        band += noise[: len(band)]
        np.right_shift(band, 8, out=drawn[top : top + len(band)], casting="unsafe")

    on_cores(draw, range(0, size.height, len(noise)))
    return drawn
