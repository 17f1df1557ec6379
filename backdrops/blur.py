"""The photo's own surroundings, out of focus."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import Field

from backdrops.base import BackdropKind, Background, ReadInput
from fields import Control
from imaging.dither import dithered
from imaging.fill import push_pull
from imaging.geometry import Size
from imaging.photo import Array
from imaging.subject import Subject

Bytes = npt.NDArray[np.uint8]


class BlurBackdrop(BackdropKind):
    """The photo's own surroundings, out of focus; the subject is taken out first, so it leaves no ghost."""

    title: ClassVar = "Blur"
    help: ClassVar = "The photo's own surroundings, out of focus. The subject leaves no ghost in them."
    icon: ClassVar = "blur_on"
    order: ClassVar = 40
    positional: ClassVar = "radius"
    example: ClassVar = "blur:20"

    kind: Literal["blur"] = "blur"
    radius: Annotated[
        float,
        Field(title="Blur radius", description="Thousandths of the photo's longer side.", gt=0, le=200),
        Control(step=1),
    ] = 20

    def draw(self, subject: Subject, read: ReadInput, seed: int) -> Background:
        return Background(_blur(subject.photo.pixels, subject.alpha, self.radius, seed))


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

    return dithered(levels, Size(width, height), seed)
