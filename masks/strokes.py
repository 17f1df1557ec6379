"""Hand-drawn touch-ups: vectors in relative coordinates, drawn at the photo's full size.

A canvas may show the photo at any size; what is drawn on it is kept as fractions of the photo, so a 12-megapixel photo
is edited at 12 megapixels. Strokes are JSON::

    {"strokes": [{"op": "add", "shape": "brush", "points": [[0.1, 0.2], [0.15, 0.22]], "width": 0.03},
                 {"op": "remove", "shape": "polygon", "points": [[0.5, 0.5], [0.6, 0.5], [0.6, 0.7]]}]}
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import cv2
import numpy as np
from pydantic import Field, ValidationError, model_validator

from errors import BadInput
from masks.base import Mask
from recipe import Part, explain

MAX_STROKES = 5_000
MAX_BYTES = 20_000_000
_FRACTION_BITS = 4  # cv2 draws at sixteenths of a pixel

Fraction = Annotated[float, Field(ge=-1, le=2)]  # a stroke may run off the picture and come back


class Stroke(Part):
    """One mark.

    Attributes:
        op: whether what it covers joins the selection or leaves it.
        shape: a ``brush`` line through all points, a closed ``polygon``, or the ``rectangle`` between two corners.
        points: (x, y) as fractions of the photo's width and height.
        width: of the brush, as a fraction of the photo's longer side.
    """

    op: Literal["add", "remove"] = "add"
    shape: Literal["brush", "polygon", "rectangle"] = "brush"
    points: tuple[tuple[Fraction, Fraction], ...] = Field(min_length=1, max_length=100_000)
    width: float = Field(0.02, gt=0, le=1)

    @model_validator(mode="after")
    def _enough_points(self) -> Self:
        least = {"brush": 1, "polygon": 3, "rectangle": 2}[self.shape]
        if len(self.points) < least:
            raise ValueError(f"a {self.shape} needs {least} points")
        return self


class Strokes(Part):
    """All marks in the order in which they were drawn; later ones lie over earlier ones."""

    strokes: tuple[Stroke, ...] = Field((), max_length=MAX_STROKES)

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Read strokes; raise :class:`BadInput` with what is wrong in one sentence."""
        if len(data) > MAX_BYTES:
            raise BadInput(f"The strokes file is larger than {MAX_BYTES // 1_000_000} MB; draw less on one mask.")
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise BadInput(f"The strokes file cannot be used: {explain(error)}.") from error

    def to_json(self) -> bytes:
        return self.model_dump_json().encode()


def paint(mask: Mask, strokes: Strokes) -> Mask:
    """Draw strokes onto an ``(H, W)`` mask, anti-aliased, and return a new one."""
    result = mask.copy()
    for stroke in strokes.strokes:
        cover = np.zeros_like(mask)
        _draw(cover, stroke)
        result = np.maximum(result, cover) if stroke.op == "add" else np.minimum(result, 255 - cover)
    return result


def _draw(cover: Mask, stroke: Stroke) -> None:
    """Cover the stroke's place with 255, edges anti-aliased."""
    height, width = cover.shape
    points = np.array(stroke.points, np.float64) * (width, height) - 0.5  # cv2's (0, 0) is a pixel's centre
    fixed = np.round(points * 2**_FRACTION_BITS).astype(np.int32)
    if stroke.shape == "brush":
        thickness = min(max(1, round(stroke.width * max(width, height))), 32_767)  # OpenCV's limit
        cv2.polylines(cover, [fixed], False, (255,), thickness, cv2.LINE_AA, _FRACTION_BITS)
        for end in (fixed[0], fixed[-1]):  # round caps; a click without a drag is a dot
            radius = round(thickness / 2 * 2**_FRACTION_BITS)
            cv2.circle(cover, (int(end[0]), int(end[1])), radius, (255,), -1, cv2.LINE_AA, _FRACTION_BITS)
    elif stroke.shape == "polygon":
        cv2.fillPoly(cover, [fixed], (255,), cv2.LINE_AA, _FRACTION_BITS)
    else:
        (x0, y0), (x1, y1) = points.min(axis=0) + 0.5, points.max(axis=0) + 0.5
        cover[max(0, round(y0)) : max(0, round(y1)), max(0, round(x0)) : max(0, round(x1))] = 255
