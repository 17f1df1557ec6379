"""What painters share: noise, mixing, blur, discs of light, and the way from light to bytes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

import cv2
import numpy as np

from imaging.geometry import Size
from imaging.scenes.base import Picture, Plane, Stage, as_floats
from imaging.scenes.colours import linear
from imaging.tiles import on_cores

ROWS = 16  # of a large picture that are finished together
BAND = 64  # rows of noise that are made together: they stay in a processor's cache
TILE, CELL = 512, 8  # texels of the noise tile and of one of its cells
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def by_bands(work: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of single pixels work on a few rows at a time and on all cores, where its picture is large.

    Its arguments broadcast against each other as numpy's do, but for a colour, ``(3,)``, which is of a whole picture.
    """

    @wraps(work)
    def banded(*values: Any) -> Any:
        height = max((len(each) for each in values if np.ndim(each) >= 2), default=0)
        if height <= 2 * BAND:
            return work(*values)

        def rows(top: int) -> Any:
            return work(
                *(each[top : top + BAND] if np.ndim(each) >= 2 and len(each) == height else each for each in values)
            )

        first = rows(0)
        whole = np.empty((height, *first.shape[1:]), first.dtype)
        whole[:BAND] = first

        def add(top: int) -> None:
            whole[top : top + BAND] = rows(top)

        on_cores(add, range(BAND, height, BAND))
        return whole

    return banded


@by_bands
def smooth(low: Any, high: Any, value: Any) -> Any:
    """0 below ``low``, 1 above ``high``, a smooth step between; the other way round where ``low`` > ``high``."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


@by_bands
def bump(value: Any, width: Any) -> Any:
    """A Gaussian hump around 0 of that width."""
    return np.exp(-np.square(value / width))


@by_bands
def thrice(plane: Any) -> Picture:
    """A plane as a picture of three equal channels: numpy multiplies pictures five times as fast as ``(h, w, 1)``."""
    return as_floats(cv2.merge([np.ascontiguousarray(plane)] * 3))


@by_bands
def coloured(colour: Any, plane: Plane) -> Picture:
    """The light of a plane in a colour."""
    return as_floats(cv2.merge([np.asarray(plane * each, np.float32) for each in colour]))


@by_bands
def mix(one: Any, other: Any, share: Any) -> Any:
    """From one colour or picture to the other; ``share`` is a plane or a number."""
    if isinstance(share, np.ndarray) and share.ndim == 2:
        share = thrice(share)
        # Colours as whole rows of it, for the same reason.
        one, other = (np.tile(each, (share.shape[1], 1)) if np.ndim(each) == 1 else each for each in (one, other))
    return np.asarray(one + (other - one) * share, np.float32)


@by_bands
def covered(picture: Picture, layer: Picture) -> Picture:
    """The picture under a layer ``(h, w, 4)`` of colour times cover, and cover."""
    return picture * (1 - thrice(np.clip(layer[..., 3], 0, 1))) + np.maximum(layer[..., :3], 0)


@by_bands
def times(picture: Any, plane: Plane) -> Picture:
    """A picture, or a colour, times a plane of light."""
    return picture * thrice(plane)


def between(one: Any, other: Any, share: Any) -> Any:
    """The same for planes and numbers."""
    return one + (other - one) * share


def full(stage: Stage, colour: Any) -> Picture:
    """A picture of one colour."""
    return np.broadcast_to(colour, (stage.size.height, stage.size.width, 3)).astype(np.float32)


def grid(stage: Stage) -> tuple[Plane, Plane]:
    """x and y of every pixel."""
    shape = stage.size.height, stage.size.width
    return np.broadcast_to(stage.x, shape), np.broadcast_to(stage.y, shape)


@lru_cache(maxsize=4)
def _tile(seed: int) -> Plane:
    """Smooth noise that repeats, ``(512, 512)``, standard deviation 1, one hump to about 8 texels."""
    white = np.random.default_rng([seed, 77]).standard_normal((TILE, TILE)).astype(np.float32)
    frequency = np.hypot(np.fft.fftfreq(TILE)[:, None], np.fft.rfftfreq(TILE)[None]) * CELL
    shaped = np.fft.rfft2(white) * np.exp(-np.square(frequency / 0.62) * 1.5) * smooth(0, 0.25, frequency)
    soft = np.fft.irfft2(shaped, s=(TILE, TILE)).astype(np.float32)
    return soft / soft.std()


def noise(
    stage: Stage, key: str, u: Plane, v: Plane, octaves: int = 5, gain: float = 0.5, foot: Plane | None = None
) -> Plane:
    """Fractal noise at the coordinates ``(u, v)``, mean 0, standard deviation about 1; a hump is about 1 wide.

    Args:
        foot: how far a pixel reaches in these coordinates; octaves too fine to be seen there fade out.
    """
    tile = _tile(stage.seed)
    offsets = stage.rng(key).uniform(0, TILE, (octaves, 2))
    u, v = np.broadcast_arrays(np.asarray(u, np.float32), np.asarray(v, np.float32))
    foot = None if foot is None else np.broadcast_to(foot, u.shape)
    weights = float(gain) ** np.arange(octaves)
    weights /= np.sqrt(np.sum(weights**2))
    total = np.zeros(u.shape, np.float32)

    def add(top: int) -> None:
        rows = slice(top, top + BAND)
        for octave, weight in enumerate(weights):
            scale = CELL * 2.03**octave
            at_u, at_v = _wrapped(u[rows], scale, offsets[octave, 0]), _wrapped(v[rows], scale, offsets[octave, 1])
            layer: Any = cv2.remap(tile, at_u, at_v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
            if foot is not None:
                layer = layer / (1 + np.square(foot[rows] * (2.03**octave * 1.6)) ** 2)
            layer *= np.float32(weight)
            total[rows] += layer

    on_cores(add, range(0, len(total), BAND))
    return total


def _wrapped(along: Plane, scale: float, offset: float) -> Plane:
    """Texels of the tile; thrice as fast as ``np.mod``."""
    texel = along * np.float32(scale) + np.float32(offset)
    turns = texel * np.float32(1 / TILE)
    np.floor(turns, out=turns)
    turns *= np.float32(TILE)
    texel -= turns
    return texel


def blurred(picture: Picture | Plane, radius: float) -> Picture | Plane:
    """Out of focus: every point becomes a disc of ``radius`` pixels. Wide discs are computed small."""
    if radius < 0.5:
        return picture
    height, width = picture.shape[:2]
    factor = min(1.0, 6 / radius)
    small = picture
    if factor < 1:
        size = max(1, round(width * factor)), max(1, round(height * factor))
        small = as_floats(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
    reach = radius * factor
    side = int(np.ceil(reach)) + 1
    y, x = np.mgrid[-side : side + 1, -side : side + 1]
    disc = np.clip(reach + 0.5 - np.hypot(x, y), 0, 1).astype(np.float32)
    small = as_floats(cv2.filter2D(small, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT))
    return as_floats(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)) if factor < 1 else small


def softened(values: Plane, sigma: float, sigma_y: float | None = None) -> Plane:
    """A Gaussian blur, sigma in pixels; wide ones are computed small."""
    height, width = values.shape[:2]
    narrow = min(sigma, sigma if sigma_y is None else sigma_y)
    factor = min(1.0, 4 / max(narrow, 1e-6))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    small = as_floats(cv2.resize(values, size, interpolation=cv2.INTER_AREA)) if factor < 1 else values
    down = (sigma if sigma_y is None else sigma_y) * factor
    small = as_floats(
        cv2.GaussianBlur(small, (0, 0), max(0.3, sigma * factor), sigmaY=max(0.3, down), borderType=cv2.BORDER_REFLECT)
    )
    return as_floats(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)) if factor < 1 else small


def defocused(picture: Picture, radius: Plane) -> Picture:
    """Depth of field: each pixel out of focus by its own ``radius`` in pixels, ``(h, w)`` or ``(h, 1)``."""
    deepest = float(np.max(radius))
    if deepest < 0.5:
        return picture
    result, at = picture, 1.0
    before = 0.0
    while before < deepest:
        share = np.clip((radius - before) / (at - before), 0, 1).astype(np.float32)
        result = mix(result, blurred(picture, at), np.broadcast_to(share, picture.shape[:2]))
        before, at = at, at * 2
    return result


def add_disc(
    picture: Picture, x: float, y: float, radius: float, light: Any, rim: float = 0.25, squeeze: float = 0.0
) -> None:
    """Add a disc of light, as a lens makes of a lamp out of focus. Pixels; ``squeeze`` 0..1 cuts it to a cat's eye."""
    height, width = picture.shape[:2]
    left, right = max(0, int(x - radius - 2)), min(width, int(x + radius + 3))
    top, bottom = max(0, int(y - radius - 2)), min(height, int(y + radius + 3))
    if left >= right or top >= bottom:
        return
    dx = np.arange(left, right, dtype=np.float32)[None] - np.float32(x)
    dy = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(y)
    distance = np.sqrt(dx * dx + dy * dy)
    edge = max(1.0, radius * 0.035)
    inside = np.clip((radius - distance) / edge + 0.5, 0, 1)
    if squeeze > 0:  # the lens barrel cuts discs off towards the middle of the frame
        middle_x, middle_y = width / 2 - x, height / 2 - y
        reach = max(1.0, float(np.hypot(middle_x, middle_y)))
        shift = radius * 0.55 * squeeze
        cut = np.hypot(dx - shift * middle_x / reach, dy - shift * middle_y / reach)
        inside = inside * np.clip((radius * 1.02 - cut) / edge + 0.5, 0, 1)
    shape = inside * (1 - rim + rim * np.square(distance / radius) * 1.6)
    picture[top:bottom, left:right] += shape[..., None].astype(np.float32) * np.asarray(light, np.float32)


def glow(stage: Stage, x: float, y: float, wide: float, tall: float | None = None) -> Plane:
    """A soft pool of light around a place, 1 in its middle."""
    return bump(stage.x - x, wide) * bump(stage.y - y, wide if tall is None else tall)


def vignette(stage: Stage, strength: float) -> Plane:
    """Light falls off into the corners."""
    across = np.square(stage.x / (stage.aspect / 2))

    @by_bands
    def left(down: Plane) -> Plane:
        return (1 - strength * 0.5 * smooth(0.15, 2.1, across + down)).astype(np.float32)

    return as_floats(left(np.square((stage.y - 0.5) * 2)))


def through_lens(stage: Stage, picture: Picture, radius: Plane, falloff: float) -> Picture:
    """The picture as a lens draws it: out of focus by ``radius`` in pixels, and darker into the corners."""
    return times(defocused(picture, radius), vignette(stage, falloff))


def to_bytes(picture: Picture, size: Size, grain: float, seed: int) -> Any:
    """Light to sRGB bytes at full size: highlights roll off, then the picture is enlarged, grained and dithered.

    The grain is drawn at full size, so an enlarged picture is not smooth; a few rows at a time stay in
    the processor's cache.
    """
    encoded = _encode(picture)
    shrinks = size.width < picture.shape[1]
    large: Any = cv2.resize(encoded, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    rng = np.random.default_rng([seed, 5])
    tile = rng.standard_normal((509, 521)).astype(np.float32)
    tile = tile * 0.75 + cv2.GaussianBlur(tile, (0, 0), 0.8) * 0.9
    tile = tile * (grain * 5.0) + rng.uniform(0, 1, tile.shape).astype(np.float32)  # the last is dither against banding
    drawn = np.empty((size.height, size.width, 3), np.uint8)
    repeats = -(-(len(tile) + ROWS) // len(tile)), -(-size.width // tile.shape[1])
    noise = np.tile(tile, repeats)[: len(tile) + ROWS, : size.width, None]

    def finish(top: int) -> None:
        band = large[top : top + ROWS]
        first = top % len(tile)
        band += noise[first : first + len(band)]
        np.clip(band, 0, 255, out=band)
        drawn[top : top + len(band)] = band

    on_cores(finish, range(0, size.height, ROWS))
    return drawn


@lru_cache(maxsize=1)
def _curve() -> Any:
    """Square root of light, 0..2 in 8192 steps, to an encoded level 0..255; light above 0.8 rolls off towards white."""
    light = np.square(np.linspace(0, 2, 8192, dtype=np.float64))
    rolled = np.where(light < 0.8, light, 0.8 + 0.2 * (1 - np.exp(-(light - 0.8) / 0.2)))
    bent = np.where(rolled <= 0.0031308, rolled * 12.92, 1.055 * rolled ** (1 / 2.4) - 0.055)
    return (bent * 255).astype(np.float32)


@by_bands
def _encode(picture: Picture) -> Picture:
    root = np.sqrt(np.clip(picture, 0, 3.99, dtype=np.float32))
    return _curve().take((root * np.float32(8191 / 2)).astype(np.uint16))


def tint(colour: str, light: float = 1.0) -> Any:
    """A colour as linear light, ``(3,)``."""
    return linear(colour) * np.float32(light)
