"""What a network sees of a photo: a small sRGB copy, whole or a part of it, and the way back to the photo's size."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.colour import to_srgb
from imaging.photo import Array, Photo, to_8_bit
from masks import colour_edge, matting, ops
from masks.base import Mask, Prediction, Selection
from masks.memory import Memory

Float = npt.NDArray[np.floating[Any]]
"""``(h, w)`` float32 probabilities, 0..1."""

CACHED_GUIDES = 2  # photos as guides in memory, up to 50 MB each
NOTHING, ALL = 64, 191  # of 255: a network as unsure as a quarter or three quarters means 0 or 1
SIDE = 1024  # pixels: the longer side of the largest copy a network takes


def downscaled_rgb(photo: Photo, side: int = SIDE) -> Array:
    """``(h, w, 3)`` uint8 sRGB with its longer side at most ``side``."""
    width, height = fit_size(photo.size, side)
    pixels = photo.pixels
    if (width, height) != photo.size:
        pixels = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return to_srgb(to_8_bit(pixels), photo.icc)


def fit_size(size: tuple[int, int], side: int) -> tuple[int, int]:
    """(width, height) reduced so that the longer is at most ``side``; never enlarged, never below one pixel."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def resize(values: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    """``values`` at (width, height): averaged where it shrinks, bilinear where it grows."""
    shrinks = values.shape[1] > size[0] and values.shape[0] > size[1]
    return cv2.resize(values, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def pad_to_square(rgb: Array, margin: float = 1.0) -> tuple[Array, tuple[slice, slice]]:
    """The picture in the middle of a grey square, ``margin`` times as wide as its longer side.

    Returns:
        the square, and where in it the picture lies.
    """
    height, width = rgb.shape[:2]
    side = max(1, round(max(height, width) * margin))
    top, left = (side - height) // 2, (side - width) // 2
    canvas = np.full((side, side, 3), 127, np.uint8)
    inside = slice(top, top + height), slice(left, left + width)
    canvas[inside] = rgb
    return canvas, inside


def sigmoid(logits: npt.NDArray[Any]) -> Float:
    """Logits to probabilities, without overflow."""
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))


def logit(values: Float, floor: float = 0.005) -> Float:
    """Probabilities to logits; nothing counts as surer than ``floor``."""
    clipped = np.clip(values, floor, 1 - floor)
    return np.log(clipped / (1 - clipped))


def finish(photo: Photo, values: Float, edge_uncertainty: float) -> Mask:
    """A network's probabilities as a mask at the photo's size, its edges brought to the photo's own.

    Args:
        photo: the photo.
        values: ``(h, w)`` probabilities over the whole photo, of any size.
        edge_uncertainty: how far the edge may be off, as a share of the photo's longer side.

    Returns:
        ``(H, W)`` uint8; the confident interior is 255, the confident outside 0.
    """
    probability = resolve_components(np.clip(values, 0, 1).astype(np.float32))
    return ops.solidify(fitted(photo, probability, edge_uncertainty), NOTHING, ALL)


def fitted(photo: Photo, probability: Float, edge_uncertainty: float) -> Mask:
    """Probabilities or alpha, ``(h, w)`` float32, at the photo's size, their edges brought to the photo's own."""
    radius = edge_uncertainty * max(photo.size)
    if radius < 1:
        return matting.at_size(probability, photo.size)
    return matting.refine(photo.rgb8, probability, _guide(photo, radius))


def _guide(photo: Photo, radius: float) -> matting.Guide:
    """The photo as a guide; the last ones stay in memory, so that the next click or source is quicker."""
    key = photo.digest, radius
    guide = _guides.get(key)
    if guide is None:
        guide = matting.Guide.of(photo.rgb8, radius)
        _guides.put(key, guide)
    return guide


_guides: Memory[matting.Guide] = Memory(CACHED_GUIDES)


def select(photo: Photo, prediction: Prediction) -> Selection:
    """The mask of what networks saw."""
    values = ops.remove_specks(finish(photo, prediction.probability, prediction.edge_uncertainty), prediction.specks)
    if prediction.settles_by_colour:
        values = ops.remove_specks(colour_edge.settle(photo.rgb8, values), prediction.specks)
    probability = prediction.probability if prediction.display_probability is None else prediction.display_probability
    return Selection(
        values,
        prediction.models,
        prediction.notes,
        probability,
        prediction.found,
        settled=prediction.settles_by_colour,
    )


def resolve_components(probability: Float) -> Float:
    """No half-transparent things: each separate piece is taken for what most of it says, solid or not there at all.

    A piece that reaches one half nowhere goes. Where half of what is likely in a piece (at least one half) is still
    unsure, the network hesitates over all of it but means it: its values are stretched until that half is sure.
    """
    low, high = NOTHING / 255, ALL / 255
    count, labels, pieces, _ = cv2.connectedComponentsWithStats((probability > low).astype(np.uint8))
    result = probability.copy()
    for piece in range(1, count):
        left, top, width, height = pieces[piece, :4]
        box = slice(top, top + height), slice(left, left + width)
        inside = labels[box] == piece
        values = probability[box]
        likely = values[inside & (values >= 0.5)]
        if not likely.size:
            result[box][inside] = 0
            continue
        middle = float(np.median(likely))
        if middle < high:
            stretched = low + (values - low) * ((high - low) / (middle - low))
            result[box] = np.where(inside, np.clip(stretched, 0, 1), result[box])
    return result


def downscaled(photo: Photo, side: int = SIDE) -> Photo:
    """The photo at most ``side`` pixels wide and high, in sRGB, for questions that need no more."""
    if max(photo.size) <= side and photo.icc is None and photo.pixels.dtype == np.uint8 and photo.alpha is None:
        return photo
    return Photo(downscaled_rgb(photo, side), None, None, None, f"{photo.digest}@{side}")
