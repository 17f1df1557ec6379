"""What is kept of a photo, and where it stands."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
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


_estimates = ThreadPoolExecutor(2, thread_name_prefix="edge")


@dataclass(frozen=True, eq=False)
class Subject:
    """What is kept of a photo.

    Attributes:
        photo: the photo.
        alpha: ``(H, W)`` uint8 at its size, the selection: 255 = the subject, 0 = not, between = its soft edge.
        estimated: its edge, or what will be it.
    """

    photo: Photo
    alpha: npt.NDArray[np.uint8]
    estimated: Edge | Future[Edge]

    @staticmethod
    def of(photo: Photo, alpha: npt.NDArray[np.uint8]) -> Subject:
        """The subject of a photo; its edge's colours are estimated beside what comes next."""
        return Subject(photo, alpha, _estimates.submit(foreground.estimate, photo.pixels, alpha))

    @property
    def edge(self) -> Edge:
        """The soft edge's own colours (:mod:`imaging.foreground`)."""
        return self.estimated.result() if isinstance(self.estimated, Future) else self.estimated

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
