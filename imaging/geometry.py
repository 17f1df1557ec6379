"""Sizes and places as small immutable values. ``Size`` and ``Box`` are in pixels, x to the right and y down."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Size(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    def covering(self, frame: Size) -> Size:
        """The smallest size of this aspect ratio that covers ``frame`` wholly."""
        return self._scaled(max(frame.width / self.width, frame.height / self.height), at_least=frame)

    def inside(self, frame: Size) -> Size:
        """The largest size of this aspect ratio that fits into ``frame``."""
        return self._scaled(min(frame.width / self.width, frame.height / self.height), at_most=frame)

    def working(self, native_side: int, width: int | None = None, height: int | None = None) -> Size:
        """The size at which a model works on a picture of this size.

        Args:
            native_side: side in pixels of the square pictures the model was trained on; their area is aimed at.
            width: taken as it is where given, and the height follows from the aspect ratio; likewise ``height``.

        Returns:
            Multiples of 8, which is what the latents need; no side below 64 or above 2048, whatever the shape.
        """
        aspect = self.width / self.height
        if width is None and height is None:
            across = native_side * aspect**0.5
            return Size(_to_8(across), _to_8(across / aspect))
        return Size(width or _to_8((height or 0) * aspect), height or _to_8((width or 0) / aspect))

    def _scaled(self, factor: float, at_least: Size | None = None, at_most: Size | None = None) -> Size:
        width, height = max(1, round(self.width * factor)), max(1, round(self.height * factor))
        if at_least:
            width, height = max(width, at_least.width), max(height, at_least.height)
        if at_most:
            width, height = min(width, at_most.width), min(height, at_most.height)
        return Size(width, height)


def _to_8(length: float) -> int:
    return min(2048, max(64, round(length / 8) * 8))


class Box(NamedTuple):
    """A rectangle: left and top are inside it, right and bottom just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """To cut the box out of an ``(H, W, ...)`` array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @staticmethod
    def centred(size: Size, frame: Size) -> Box:
        """A box of ``size`` in the middle of ``frame``; its corner is negative where it is the larger one."""
        left, top = (frame.width - size.width) // 2, (frame.height - size.height) // 2
        return Box(left, top, left + size.width, top + size.height)

    @staticmethod
    def around(mask: npt.NDArray[Any], threshold: int = 128) -> Box | None:
        """The smallest box around all pixels of an ``(H, W)`` mask at or above ``threshold``; ``None`` without any."""
        wanted = mask >= threshold
        rows, columns = np.flatnonzero(wanted.any(axis=1)), np.flatnonzero(wanted.any(axis=0))
        if not len(rows):
            return None
        return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
