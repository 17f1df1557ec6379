"""The subject in its place's light: exposure, colour and contrast brought part of the way to the backdrop's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from imaging.colour import to_encoded, to_linear
from imaging.photo import Array
from imaging.subject import Subject
from imaging.tiles import averaged, scaled

SIDE = 256  # the longer side, in pixels, at which light is measured
SHARE = 0.35  # of the way, in stops, that exposure and colour go; contrast goes half as far
EXPOSURE, COLOUR, CONTRAST = (0.55, 1.4), (0.8, 1.25), (0.9, 1.1)  # least and most
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


class Change(NamedTuple):
    """What is done to a subject's linear light: times ``gains`` (red, green, blue), contrast about ``middle``."""

    gains: npt.NDArray[np.floating[Any]]
    contrast: float
    middle: float


def measure(subject: Subject, background: Array) -> Change:
    """What would bring the subject towards the light of a background ``(H, W, 3)`` of its size and type.

    The colour of the light is taken to be the backdrop's mean colour: what is lit there counts as grey. All profiles
    are taken to have sRGB's curve.
    """
    pixels = subject.photo.pixels
    size = scaled(pixels.shape, min(1.0, SIDE / max(pixels.shape)))
    full = float(np.iinfo(pixels.dtype).max)

    def small(large: Array) -> npt.NDArray[np.floating[Any]]:
        return to_linear(averaged(large, size).astype(np.float32) / full)

    with ThreadPoolExecutor(2) as pool:
        own, place = pool.map(small, (pixels, background))
    weight = averaged(subject.alpha, size).astype(np.float32)
    there = own.reshape(-1, 3)[weight.ravel() >= weight.max() * 0.9]
    around = place.reshape(-1, 3).mean(axis=0) + 1e-3
    light, middle = float(around @ LUMA), float((there @ LUMA).mean()) + 1e-3
    exposure = float(np.clip((light / middle) ** SHARE, *EXPOSURE))
    colour = np.clip((around / light) ** SHARE, *COLOUR)
    spread_here, spread_there = (float(np.log(each @ LUMA + 0.01).std()) + 0.1 for each in (there, place))
    contrast = float(np.clip((spread_there / spread_here) ** (SHARE / 2), *CONTRAST))
    return Change(exposure * colour / float(colour @ LUMA), contrast, middle)


def apply(subject: Subject, change: Change) -> Subject:
    """The subject with its colours, and those of its edge, changed; its outline stays."""
    pixels = subject.photo.pixels
    full = int(np.iinfo(pixels.dtype).max)
    linear = to_linear(np.arange(full + 1, dtype=np.float32) / full)
    bent = change.middle * (linear / change.middle) ** change.contrast
    lit = to_encoded(np.clip(bent[:, None] * change.gains, 0, 1))
    table = np.rint(lit * full).astype(pixels.dtype)  # (levels, 3)
    changed = pixels.copy()
    left, top, width, height = cv2.boundingRect(subject.alpha)
    around = changed[top : top + height, left : left + width]
    inside = subject.alpha[top : top + height, left : left + width] > 0
    if pixels.dtype == np.uint8:
        cv2.copyTo(cv2.LUT(around, table[None]), inside.astype(np.uint8), around)
    else:
        around[inside] = _looked_up(around[inside], table)
    edge = subject.edge._replace(colours=_looked_up(subject.edge.colours, table))
    return replace(subject, photo=replace(subject.photo, pixels=changed), estimated=edge)


def _looked_up(colours: Array, table: Array) -> Array:
    return np.stack([table[colours[:, channel], channel] for channel in range(3)], axis=1)
