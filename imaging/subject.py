"""What is kept of a photo, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imaging import foreground
from imaging.foreground import Edge
from imaging.geometry import Box, Size
from imaging.photo import Photo


class Stand(NamedTuple):
    """Where the subject stands, in fractions of the frame: its left and right end, and the ground it touches."""

    left: float = 0.32
    right: float = 0.68
    ground: float = 0.84


@dataclass(frozen=True, eq=False)
class Subject:
    """What is kept of a photo.

    Attributes:
        photo: the photo.
        alpha: ``(H, W)`` uint8 at its size, the selection: 255 = the subject, 0 = not, between = its soft edge.
        edge: the soft edge's own colours.
    """

    photo: Photo
    alpha: npt.NDArray[np.uint8]
    edge: Edge

    @staticmethod
    def of(photo: Photo, alpha: npt.NDArray[np.uint8]) -> Subject:
        """The subject of a photo, its edge's colours estimated (:mod:`imaging.foreground`)."""
        return Subject(photo, alpha, foreground.estimate(photo.pixels, alpha))

    @property
    def size(self) -> Size:
        """The photo's (width, height) in pixels."""
        return Size(*self.photo.size)

    @property
    def stand(self) -> Stand:
        """Where it stands."""
        return standing(self.alpha)


def standing(alpha: npt.NDArray[np.uint8]) -> Stand:
    """Where the subject of a selection ``(H, W)`` stands; the usual place where nothing is selected."""
    height, width = alpha.shape
    box = Box.around(alpha)
    return Stand(box.left / width, box.right / width, box.bottom / height) if box else Stand()
