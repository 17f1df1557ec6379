"""Small copies for the screen: JPEG bytes in sRGB, so that the page stays light whatever the photo's size."""

from __future__ import annotations

import importlib
import io
from typing import Any

import cv2
import numpy as np
import streamlit as st
from PIL import Image

import main
from imaging import pose
from imaging.colour import to_srgb
from imaging.geometry import Size
from imaging.photo import Photo, prepare_decoders
from masks import Selection
from masks import overlay as overlays
from recipe import Recipe
from ui import state

STAGE = 1280  # the longer side, in pixels, of what is shown large
PREVIEW = 900  # and of the instant preview, which is drawn anew at every change
TILE = 360  # and of thumbnails
MOST_PART = 2400  # and of a part at full size

Part = tuple[float, float, float, float]
"""Left, top, right and bottom in fractions of a picture."""


def reduced(photo: Photo, side: int) -> Photo:
    """A photo at most ``side`` pixels long, with the same digest; the photo itself where it is smaller."""
    size = _inside(photo.size, side)
    if size == photo.size:
        return photo
    pixels = cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(photo.alpha, size, interpolation=cv2.INTER_AREA) if photo.alpha is not None else None
    return Photo(pixels, alpha, photo.icc, None, photo.digest, photo.notes)


def reduced_selection(selection: Selection, side: int) -> Selection:
    """A selection at the size of its photo reduced to ``side``."""
    height, width = selection.values.shape
    size = _inside((width, height), side)
    if size == (width, height):
        return selection
    small = cv2.resize(selection.values, size, interpolation=cv2.INTER_AREA)
    return Selection(np.asarray(small, np.uint8), selection.models)


def _inside(size: tuple[int, int], side: int) -> Size:
    have = Size(*size)
    return have if max(have) <= side else have.inside(Size(side, side))


def show(picture: bytes, alt: str) -> None:
    """Draw a step's picture: in the middle, and whole on the screen (style.css)."""
    with st.container(key="picture", horizontal_alignment="center"):
        st.image(picture, alt=alt)


def stage(photo: Photo) -> bytes:
    """The photo for the stage, made once."""
    return state.remember("shown", photo.digest, lambda: shown(photo))


def jpeg(rgb: Any, quality: int = 88) -> bytes:
    """``(H, W, 3)`` uint8 sRGB as JPEG."""
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "JPEG", quality=quality)
    return out.getvalue()


def large(rgb: Any) -> bytes:
    """A picture for the stage as JPEG; a smaller one is enlarged, so that the page does not jump."""
    height, width = rgb.shape[:2]
    if max(height, width) < STAGE:
        size = Size(width, height).inside(Size(STAGE, STAGE))
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC)
    return jpeg(np.ascontiguousarray(rgb))


def enlarged(small: bytes, shape: Size | None = None) -> bytes:
    """A small JPEG at the stage's size, in exactly that shape: models paint in multiples of 8 pixels."""
    picture = Image.open(io.BytesIO(small)).convert("RGB")
    if shape:
        picture = picture.resize(shape.inside(Size(STAGE, STAGE)), Image.Resampling.BICUBIC)
    return large(np.asarray(picture))


def shown(photo: Photo, side: int = STAGE) -> bytes:
    """The photo for the screen. What is transparent is shown on a chequerboard."""
    small = reduced(photo, side)
    rgb = to_srgb(small.rgb8, small.icc)
    if small.alpha is not None:
        rgb = on_chequers(np.dstack([rgb, small.alpha]))
    return large(rgb) if side >= STAGE else jpeg(rgb)


def part(photo: Photo, part: Part, wide: int) -> tuple[Part, bytes]:
    """A part of a photo for the screen, whose whole would be ``wide`` pixels wide; no more pixels than it has.

    Args:
        photo: of any size.
        part: left, top, right and bottom in fractions of it.
        wide: in pixels.

    Returns:
        which part it is, to the photo's pixels, and a JPEG of it.
    """
    width, height = photo.size
    left, right = (round(part[0] * width), round(part[2] * width))
    top, bottom = (round(part[1] * height), round(part[3] * height))
    left, top = min(left, width - 1), min(top, height - 1)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    cut = np.s_[top:bottom, left:right]
    scale = min(1.0, wide / width, MOST_PART / max(right - left, bottom - top))
    pixels, alpha = photo.pixels[cut], None if photo.alpha is None else photo.alpha[cut]
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    alpha = None if alpha is None else cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    small = Photo(pixels, alpha, photo.icc, None, photo.digest)
    rgb = to_srgb(small.rgb8, small.icc)
    if small.alpha is not None:
        stage = max(photo.size) * scale / STAGE  # how much larger it is than the stage's, squares and all
        rgb = on_chequers(np.dstack([rgb, small.alpha]), 12 * stage, (left * scale, top * scale))
    return (left / width, top / height, right / width, bottom / height), jpeg(rgb, 92)


def overlay(photo: Photo, selection: Selection, side: int = STAGE) -> bytes:
    """The photo, coloured over where it will be repainted, for the screen."""
    return large(np.asarray(overlays.overlay(reduced(photo, side), reduced_selection(selection, side))))


def hatching(photo: Photo, selection: Selection, side: int = STAGE) -> bytes:
    """The photo, hatched where it will be repainted, for the screen."""
    return large(np.asarray(overlays.hatching(reduced(photo, side), reduced_selection(selection, side))))


def cut_out(photo: Photo, selection: Selection, side: int = STAGE) -> bytes:
    """The subject alone on a chequerboard, for the screen."""
    small = reduced(photo, side)
    alpha = reduced_selection(selection, side).values
    return large(on_chequers(np.dstack([to_srgb(small.rgb8, small.icc), alpha])))


def mask(photo: Photo, selection: Selection, side: int = STAGE) -> bytes:
    """The selection itself, white on black, for the screen."""
    return large(cv2.cvtColor(reduced_selection(selection, side).values, cv2.COLOR_GRAY2RGB))


def heat(photo: Photo, seen: Any, side: int = STAGE) -> bytes:
    """How sure the networks were, ``(h, w)`` 0..1, from dark to bright over the photo in grey; for the screen."""
    small = reduced(photo, side)
    grey = cv2.cvtColor(to_srgb(small.rgb8, small.icc), cv2.COLOR_RGB2GRAY)
    sure = np.clip(seen.astype(np.float32) * 255, 0, 255).astype(np.uint8)
    full = cv2.resize(sure, grey.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    coloured = cv2.cvtColor(cv2.applyColorMap(full, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    return large((coloured * np.float32(0.75) + grey[..., None] * np.float32(0.25)).astype(np.uint8))


def preview(recipe: Recipe, photo: Photo, selection: Selection, read: main.ReadInput, side: int = PREVIEW) -> bytes:
    """What an instant recipe will look like, drawn at reduced size from a selection found before."""
    small, chosen = reduced(photo, side), reduced_selection(selection, side)
    recipe = recipe.model_copy(update={"placement": pose.reduced(recipe.placement, small.size, side)})
    (result,) = main.run(recipe, small, read, selection=chosen)
    return screen(result.pixels, photo.icc)


def screen(pixels: Any, icc: bytes | None, side: int = STAGE) -> bytes:
    """A result's pixels, ``(H, W, 3)`` or ``(H, W, 4)``, as a JPEG for the screen."""
    alpha = np.ascontiguousarray(pixels[..., 3]) if pixels.shape[2] == 4 else None
    photo = Photo(np.ascontiguousarray(pixels[..., :3]), _bytes(alpha), icc, None, "0" * 64)
    return shown(photo, side)


def _bytes(alpha: Any) -> Any:
    return (alpha // 257).astype(np.uint8) if alpha is not None and alpha.dtype == np.uint16 else alpha


def on_chequers(rgba: Any, square: float = 12, start: tuple[float, float] = (0, 0)) -> Any:
    """``(H, W, 4)`` uint8 laid over the grey squares that people know as transparency.

    Args:
        rgba: the picture.
        square: a square's side in pixels.
        start: where the picture begins in the pattern, (x, y).
    """
    height, width = rgba.shape[:2]
    across, along = ((np.arange(n) + at) // square for n, at in ((width, start[0]), (height, start[1])))
    dark = (np.add.outer(along, across) % 2).astype(bool)
    board = np.where(dark[..., None], np.uint8(204), np.uint8(238))
    share = rgba[..., 3:].astype(np.uint16)
    return ((rgba[..., :3] * share + board * (255 - share) + 127) // 255).astype(np.uint8)


def warm_up() -> None:
    """Load what the first photo, view and result need: decoders, OpenCV's tables of CIELAB, and pandas, which Streamlit
    imports when a component is given pictures."""
    prepare_decoders()
    cv2.cvtColor(np.zeros((1, 1, 3), np.float32), cv2.COLOR_RGB2LAB)
    importlib.import_module("pandas")


def tile(photo: Photo, side: int = TILE) -> bytes:
    """A small square with the whole photo's middle in it."""
    height, width = photo.pixels.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    cut = np.s_[top : top + edge, left : left + edge]
    alpha = np.ascontiguousarray(photo.alpha[cut]) if photo.alpha is not None else None
    square = Photo(np.ascontiguousarray(photo.pixels[cut]), alpha, photo.icc, None, photo.digest)
    return shown(square, side)
