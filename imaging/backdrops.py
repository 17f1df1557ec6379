"""Instant backgrounds that need no model: colour, gradient, studio sweep, blur, picture, rendered scene.

Every drawer returns a plate: ``(H, W, 3)`` at the photo's size, in its colour space and type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

import recipe
from imaging import photo as photos
from imaging import scenes
from imaging.colour import into_profile, to_srgb
from imaging.geometry import Box, Size
from imaging.photo import Array, Photo

Float = npt.NDArray[Any]
Bytes = npt.NDArray[Any]


def draw(
    backdrop: recipe.Backdrop, photo: Photo, alpha: Bytes, read: Callable[[str], bytes], seed: int
) -> tuple[Array, tuple[str, ...]]:
    """Draw a backdrop for a photo.

    Args:
        backdrop: any kind but transparent, which has no plate.
        photo: the photo it must fit.
        alpha: ``(H, W)`` uint8, where the subject is: sweep, blur and scenes look at it.
        read: the bytes of a picture by digest.
        seed: of the dither that keeps smooth runs from banding, and of a scene that names none of its own.

    Returns:
        The plate, and sentences a person should read.
    """
    size = Size(*photo.size)
    match backdrop:
        case recipe.ColourBackdrop():
            drawn = np.empty((size.height, size.width, 3), np.uint8)
            drawn[:] = into_profile(np.array([[_rgb(backdrop.colour)]], np.uint8), photo.icc)
            return drawn if photo.pixels.dtype == np.uint8 else into_profile(drawn, None, np.uint16), ()
        case recipe.GradientBackdrop():
            drawn = _gradient(backdrop, size, seed)
        case recipe.SweepBackdrop():
            drawn = _sweep(backdrop.colour, size, alpha, seed)
        case recipe.SceneBackdrop():
            chosen = seed if backdrop.seed is None else backdrop.seed
            drawn = scenes.draw(backdrop.name, backdrop.values, size, standing(alpha), chosen)
        case recipe.DescribedBackdrop():
            drawn = described(backdrop, size, standing(alpha), seed)
        case recipe.BlurBackdrop():
            return _blur(photo.pixels, alpha, backdrop.radius, seed), ()
        case recipe.ImageBackdrop():
            drawn, notes = _picture(read(backdrop.digest), size, backdrop.fit)
            return into_profile(drawn, photo.icc, photo.pixels.dtype), notes
        case _:
            raise TypeError(f"no plate for a {backdrop.kind} backdrop")
    return into_profile(drawn, photo.icc, photo.pixels.dtype), ()


def described(backdrop: recipe.DescribedBackdrop, size: Size, stand: scenes.Stand, seed: int) -> Bytes:
    """The first reading of a sentence, ``(H, W, 3)`` uint8 sRGB, as far out of focus as the backdrop asks."""
    drawn: Bytes = scenes.draw(backdrop.reading.name, backdrop.reading.values, size, stand, seed)
    sigma = backdrop.defocus / 1000 * max(size)
    return cv2.GaussianBlur(drawn, (0, 0), sigma, borderType=cv2.BORDER_REFLECT) if sigma > 0 else drawn


def standing(alpha: Bytes) -> scenes.Stand:
    """Where the subject of a selection ``(H, W)`` uint8 stands; the usual place where nothing is selected."""
    height, width = alpha.shape
    box = Box.around(alpha)
    return scenes.Stand(box.left / width, box.right / width, box.bottom / height) if box else scenes.Stand()


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _gradient(backdrop: recipe.GradientBackdrop, size: Size, seed: int) -> Bytes:
    xs = (np.arange(size.width, dtype=np.float32) + 0.5) / size.width - 0.5
    ys = (np.arange(size.height, dtype=np.float32) + 0.5) / size.height - 0.5
    if backdrop.shape == "radial":
        along = np.hypot(xs[None], ys[:, None]) / np.hypot(0.5, 0.5)
    else:
        angle = np.deg2rad(backdrop.angle)
        down, right = float(np.cos(angle)), float(-np.sin(angle))
        # The corners, wherever the angle puts them, get the first and the last colour.
        along = (xs[None] * right + ys[:, None] * down) / (abs(right) + abs(down)) + 0.5
    stops = np.array([_rgb(colour) for colour in backdrop.colours], np.float32)
    return _paint(along.astype(np.float32), stops, seed)


def _paint(along: Float, stops: Float, seed: int) -> Bytes:
    """Colours ``stops`` ``(n, 3)`` at equal steps over ``along`` 0..1, dithered against banding."""
    steps = 4096
    positions = np.linspace(0, 1, len(stops))
    ramp = np.linspace(0, 1, steps)
    table = np.stack([np.interp(ramp, positions, stops[:, c]) * 256 for c in range(3)], axis=1).astype(np.uint16)

    def levels(rows: slice) -> Array:
        index = np.clip(along[rows] * (steps - 1) + 0.5, 0, steps - 1).astype(np.uint16)
        return table.take(index, axis=0)

    return _dithered(levels, Size(along.shape[1], along.shape[0]), seed)


def _dithered(levels: Callable[[slice], Array], size: Size, seed: int) -> Bytes:
    """From 8.8 fixed point to bytes: the fraction becomes the chance of the next level.

    ``levels`` gives some rows as ``(h, W, 3)`` uint16, at most 255 * 256; a band at a time keeps memory small.
    """
    tile = np.random.default_rng(seed).integers(0, 256, (257, 263, 1), np.uint16)  # primes: no visible repeat
    noise = np.tile(tile, (1, -(-size.width // 263), 1))[:, : size.width]
    drawn = np.empty((size.height, size.width, 3), np.uint8)
    for top in range(0, size.height, len(noise)):
        band = levels(slice(top, top + len(noise)))
        band += noise[: len(band)]
        np.right_shift(band, 8, out=drawn[top : top + len(band)], casting="unsafe")
    return drawn


def _sweep(colour: str, size: Size, alpha: Bytes, seed: int) -> Bytes:
    """Seamless paper lit from above: a bright floor, a soft shade where it bends up, a wall that falls off upwards.

    The bend lies a little behind where the subject stands. Light is computed linearly on a small grid and enlarged.
    """
    box = Box.around(alpha)
    stands = box.bottom / size.height if box and box.bottom < size.height else 0.88
    bend = float(np.clip(stands - 0.16, 0.3, 0.8))
    grid_y = ((np.arange(192) + 0.5) / 192)[:, None]
    grid_x = ((np.arange(192) + 0.5) / 192)[None]
    floor = 1.0 - 0.10 * np.exp(-(((grid_y - bend) / 0.10) ** 2))
    wall_height = np.clip((bend - grid_y) / bend, 0, 1)
    light = floor * (1 - 0.26 * wall_height**1.5) * (1 - 0.05 * np.clip((grid_y - bend) / (1 - bend), 0, 1) ** 2)
    pool = np.exp(-(((grid_x - 0.5) / 0.55) ** 2) - ((grid_y - bend + 0.05) / 0.6) ** 2)
    light = light * (0.90 + 0.14 * pool)
    full = cv2.resize(light.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    linear = _to_linear(np.array(_rgb(colour), np.float32) / 255)
    ramp = np.linspace(0, 1.1, 64, dtype=np.float32)[:, None] * linear
    return _paint(full / 1.1, _to_encoded(np.minimum(ramp, 1)) * 255, seed)


def _to_linear(encoded: Float) -> Float:
    """sRGB transfer curve, IEC 61966-2-1."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _to_encoded(linear: Float) -> Float:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)


def _blur(pixels: Array, alpha: Bytes, radius: float, seed: int) -> Array:
    """The photo out of focus, without the subject.

    The subject's place, a little wider, is filled from its surroundings by push-pull (Gortler et al.: The Lumigraph,
    SIGGRAPH 1996), then all is blurred at a scale at which the blur is still several pixels wide.
    """
    height, width = alpha.shape
    sigma = radius / 1000 * max(height, width)
    scale = min(1.0, max(4 / sigma, 96 / max(height, width)))
    small_size = max(1, round(width * scale)), max(1, round(height * scale))
    full = float(np.iinfo(pixels.dtype).max)
    small = cv2.resize(pixels, small_size, interpolation=cv2.INTER_AREA).astype(np.float32) / full
    covered = cv2.resize(alpha, small_size, interpolation=cv2.INTER_AREA)
    margin = max(2, round(0.01 * max(small_size)))
    covered = cv2.dilate((covered > 4).astype(np.uint8), np.ones((2 * margin + 1, 2 * margin + 1)))
    filled = push_pull(small, 1 - covered.astype(np.float32))
    blurred = cv2.GaussianBlur(filled, (0, 0), sigma * scale, borderType=cv2.BORDER_REFLECT)
    large = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_CUBIC)
    if pixels.dtype == np.uint16:
        return np.clip(large * 65_535 + 0.5, 0, 65_535).astype(np.uint16)

    def levels(rows: slice) -> Array:
        return np.clip(large[rows] * (255 * 256), 0, 255 * 256).astype(np.uint16)

    return _dithered(levels, Size(width, height), seed)


def push_pull(colour: Float, weight: Float) -> Float:
    """Fill where ``weight`` is 0 from what is around it, smoothly. ``(h, w, 3)`` and ``(h, w)``."""
    height, width = weight.shape
    if min(height, width) <= 1 or weight.min() > 0:
        known = weight.sum()
        mean = (colour * weight[..., None]).sum((0, 1)) / known if known else colour.mean((0, 1))
        return np.where(weight[..., None] > 0, colour, mean).astype(np.float32)
    half = (width + 1) // 2, (height + 1) // 2
    coarse_weight = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(colour * weight[..., None], half, interpolation=cv2.INTER_AREA)
    coarse = coarse / np.maximum(coarse_weight, 1e-6)[..., None]
    below = cv2.resize(push_pull(coarse, np.minimum(coarse_weight * 4, 1)), (width, height))
    return colour * weight[..., None] + below * (1 - weight[..., None])


def _picture(data: bytes, frame: Size, fit: str) -> tuple[Bytes, tuple[str, ...]]:
    """Another picture at the photo's size. Beside a contained one, its own colours go on out of focus."""
    picture = photos.load(data, "the backdrop picture")
    rgb = to_srgb(picture.rgb8, picture.icc)
    if picture.alpha is not None:  # transparent parts are shown on white
        share = cv2.merge([picture.alpha] * 3)
        rgb = cv2.add(cv2.multiply(rgb, share, scale=1 / 255), 255 - share)
    have = Size(*picture.size)
    notes: tuple[str, ...] = ()
    seen = frame.inside(have)  # cut before it is enlarged: a strip would grow without bound
    if frame.width > 2 * seen.width:
        notes = (
            f"The backdrop picture is only {have.width} x {have.height} pixels for a photo of "
            f"{frame.width} x {frame.height}; it will look soft.",
        )
    plate = _resized(np.ascontiguousarray(rgb[Box.centred(seen, have).slices]), frame)
    if fit == "contain":
        inside = have.inside(frame)
        plate = _out_of_focus(plate)
        plate[Box.centred(inside, frame).slices] = _resized(rgb, inside)
    return plate, notes


def _resized(rgb: Bytes, size: Size) -> Bytes:
    method = cv2.INTER_AREA if size.width < rgb.shape[1] else cv2.INTER_CUBIC
    return cv2.resize(rgb, size, interpolation=method)


def _out_of_focus(rgb: Bytes) -> Bytes:
    """A strong blur, a sixteenth of the longer side, computed small."""
    height, width = rgb.shape[:2]
    scale = min(1.0, 256 / max(height, width))
    small = cv2.resize(rgb, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(small.shape[:2]) / 16, borderType=cv2.BORDER_REFLECT)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
