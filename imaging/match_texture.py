"""The place given the photo's grain and sharpness, so that both look taken by one camera; the subject stays.

Grain: the standard deviation of what a Laplacian leaves of smooth blocks (Immerkaer: Fast noise variance estimation,
1996), at full and at half size, since a developed photo's grain is coarser than one pixel. Sharpness: the blur of the
steepest edges, from how much they lose by being blurred again (Zhuo, Sim: Defocus map estimation from a single image,
2011).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from imaging.photo import Array
from imaging.tiles import Window, on_cores, windows

Mask = npt.NDArray[np.uint8]
Values = npt.NDArray[np.floating[Any]]
SAMPLES = 24  # windows in which a picture is measured
BLOCK = 16  # pixels, the side of the blocks in which noise is measured
SMOOTHEST = 0.1  # the quantile of all blocks that counts as grain without texture
MIDDLE = 0.3  # the quantile that grain, which is everywhere, hardly exceeds
UNEVEN = 1.35  # that quantile over the smoothest: where it is more, fur or leaves are taken for grain
SHARPEST = 0.4  # the quantile of all steep edges that counts as the lens's blur
OF_ALL = 0.91  # of white noise: that quantile of its blocks over the standard deviation of all
LEAST_GRAIN, MOST_GRAIN = 0.9, 9.0  # of 255, the standard deviation: less cannot be seen, nor told from texture
LEAST_BLUR, MOST_BLUR = 0.6, 3.0  # pixels, the standard deviation: less cannot be seen, more is not the lens
COARSEST = 1.0  # grain at half size over that at full size: what is coarser is the texture of things
AGAIN = 1.0  # pixels, the standard deviation of the second blur
STEEP = 0.04  # of white per pixel: what counts as an edge
TILE = (509, 521)  # rows and columns of grain: primes, so that no repeat is seen
LAPLACIAN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6


class Texture(NamedTuple):
    """A picture's texture.

    Attributes:
        fine: standard deviation of its grain at full size, 0..255.
        coarse: the same at half its size.
        blur: of its sharpest edges, the standard deviation in pixels; ``None`` where it has no edge to tell by.
        even: whether what was measured as grain is much the same all over the picture, as grain is.
    """

    fine: float
    coarse: float
    blur: float | None
    even: bool = True


def measure(pixels: Array, where: Mask | None = None) -> Texture:
    """The texture of a picture.

    Args:
        pixels: ``(H, W, 3)`` uint8 or uint16.
        where: ``(H, W)`` uint8; only windows with some of it at 128 or more are looked at.
    """
    fine, coarse, blurs = [], [], []
    for window in _samples(pixels.shape, where):
        grey = _grey(pixels[window])
        fine.append(_residues(grey))
        coarse.append(_residues(_halved(grey) if min(grey.shape) > 1 else grey))
        blurs.append(_blurs(grey, float(np.median(fine[-1])) if len(fine[-1]) else 0.0))
    every = np.concatenate([np.zeros(0, np.float32), *blurs])
    blur = float(np.quantile(every, SHARPEST)) if len(every) >= 50 else None
    noise = _smoothest(fine)
    return Texture(noise, min(_smoothest(coarse), COARSEST * noise), blur, _even(fine))


def match(background: Array, photo: Texture, seed: int, grain: float = 1.0, sharpness: bool = True) -> Array:
    """A background as soft and as grainy as the photo; sharper or cleaner than it is it does not get.

    Args:
        background: ``(H, W, 3)`` uint8 or uint16.
        photo: the photo's texture.
        seed: of the grain.
        grain: 0..2, the grain's share of the photo's.
        sharpness: whether it is made as soft as the photo.
    """
    own = measure(background)
    if sharpness and photo.blur is not None and own.blur is not None:
        more = min(photo.blur, MOST_BLUR) ** 2 - own.blur**2
        if more > LEAST_BLUR**2:
            background = cv2.GaussianBlur(background, (0, 0), more**0.5)
            own = measure(background)
    if grain <= 0 or not photo.even:
        return background
    wanted = min(grain * photo.fine, MOST_GRAIN)
    if wanted < max(LEAST_GRAIN, own.fine):
        return background
    fine = (wanted**2 - own.fine**2) ** 0.5
    tile = _tile(fine, fine * photo.coarse / photo.fine, seed)
    return background if tile is None else _grained(background, tile)


def _tile(fine: float, coarse: float, seed: int) -> npt.NDArray[np.int16] | None:
    """Grey grain of these two standard deviations, ``(h, w)`` in 1/256 of a level of 255; ``None`` for none.

    It is the sum of white noise at full and at half size, whose shares follow from what each leaves at both sizes.
    """
    rng = np.random.default_rng(seed)
    white = rng.standard_normal(TILE, np.float32)
    half = rng.standard_normal((TILE[0] // 2 + 1, TILE[1] // 2 + 1), np.float32)
    blotchy = np.asarray(cv2.resize(half, TILE[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    left = [[_left(each) ** 2 for each in (white, blotchy)], [_left(_halved(each)) ** 2 for each in (white, blotchy)]]
    shares = np.linalg.solve(np.array(left), np.array([fine**2, coarse**2]))
    if shares[1] <= 0:  # finer than white noise: as fine as that can be
        shares = np.array([fine**2 / left[0][0], 0.0])
    elif shares[0] <= 0:  # coarser than half size: as strong as it is there
        shares = np.array([0.0, coarse**2 / left[1][1]])
    grain = np.sqrt(shares[0]) * white + np.sqrt(shares[1]) * blotchy
    if float(grain.std()) < 0.25:
        return None
    return np.rint(np.clip(grain, -60, 60) * 256).astype(np.int16)


def _halved(values: Values) -> Values:
    return np.asarray(cv2.resize(values, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def _left(values: Values) -> float:
    """The standard deviation of what the Laplacian leaves."""
    return float(cv2.filter2D(values, -1, LAPLACIAN).std())


def _grained(background: Array, tile: npt.NDArray[np.int16]) -> Array:
    """A background with a tile of grain added all over it, on all cores."""
    deep = background.dtype != np.uint8
    levels = tile.astype(np.float32) * (257 / 256 if deep else 1 / 256)
    wide = np.tile(np.rint(levels).astype(np.int16), (1, -(-background.shape[1] // TILE[1])))
    grain = cv2.merge([wide[:, : background.shape[1]]] * 3).reshape(TILE[0], background.shape[1], 3)
    result = np.empty_like(background)
    depth = cv2.CV_16U if deep else cv2.CV_8U

    def add(top: int) -> None:
        rows = background[top : top + TILE[0]]
        result[top : top + TILE[0]] = cv2.add(rows, grain[: len(rows)], dtype=depth).reshape(rows.shape)

    on_cores(add, range(0, len(background), TILE[0]))
    return result


def _samples(shape: tuple[int, ...], where: Mask | None) -> Iterator[Window]:
    """Windows spread evenly over those that count."""
    found = [each for each in windows(shape) if where is None or (where[each][::8, ::8] >= 128).any()]
    step = max(1.0, len(found) / SAMPLES)
    return (found[int(at * step)] for at in range(min(len(found), SAMPLES)))


def _grey(pixels: Array) -> Values:
    """``(h, w)`` float32, 0..255."""
    grey = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2GRAY).astype(np.float32)
    return grey if pixels.dtype == np.uint8 else grey / 257


def _residues(grey: Values) -> Values:
    """The standard deviation of the noise in every block that is neither nearly black nor nearly white."""
    rows, columns = (length // BLOCK * BLOCK for length in grey.shape)
    if not rows or not columns:
        return np.zeros(0, np.float32)
    left = np.asarray(cv2.filter2D(grey, -1, LAPLACIAN)[:rows, :columns] ** 2, np.float32)

    def means(values: Values) -> Values:
        return values.reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK).mean(axis=(1, 3))

    light = means(grey[:rows, :columns])
    return np.sqrt(means(left)[(light > 16) & (light < 240)])


def _smoothest(residues: list[Values]) -> float:
    every = np.concatenate([np.zeros(0, np.float32), *residues])
    return float(np.quantile(every, SMOOTHEST)) / OF_ALL if len(every) else 0.0


def _even(residues: list[Values]) -> bool:
    every = np.concatenate([np.zeros(0, np.float32), *residues])
    if not len(every):
        return True
    low, middle = np.quantile(every, (SMOOTHEST, MIDDLE))
    return bool(middle <= UNEVEN * low)


def _blurs(grey: Values, noise: float) -> Values:
    """The blur of each edge of a window that is steeper than noise of this standard deviation, in pixels."""
    shown = np.asarray(grey / 255, np.float32)
    again = np.asarray(cv2.GaussianBlur(shown, (0, 0), AGAIN), np.float32)
    steepness = _steepness(shown)
    steep = max(STEEP, 3 * noise / 255)
    ratio = steepness / np.maximum(_steepness(again), 1e-6)
    crests = (steepness >= cv2.dilate(steepness, np.ones((3, 3), np.uint8))) & (steepness > steep) & (ratio > 1.02)
    return np.asarray(AGAIN / np.sqrt(ratio[crests] ** 2 - 1), np.float32)


def _steepness(values: Values) -> Values:
    across, down = cv2.Sobel(values, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(values, cv2.CV_32F, 0, 1) / 8
    return np.asarray(cv2.magnitude(across, down), np.float32)
