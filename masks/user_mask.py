"""Masks that a person brings: a mask file, the photo's own transparency, or strokes drawn by hand."""

from __future__ import annotations

from typing import Annotated, ClassVar

import cv2
import numpy as np
from pydantic import Field

from errors import BadInput, NothingFound
from fields import Control
from imaging import photo as photos
from imaging.photo import Photo
from masks import ops, strokes
from masks.base import Context, Mask, NoOptions, Options, Selection
from recipe import Digest


class Alpha:
    """The photo's own transparency."""

    name: ClassVar = "alpha"
    title: ClassVar = "The photo's own transparency"
    example: ClassVar = "alpha"
    order: ClassVar = 70
    help: ClassVar = "For cut-outs: what is opaque is the subject."
    Options: ClassVar = NoOptions
    optional_weights: ClassVar[tuple[str, ...]] = ()

    def find(self, photo: Photo, options: NoOptions, context: Context) -> Selection:
        if photo.alpha is None:
            raise BadInput("This photo has no transparency of its own; choose another way to find the subject.")
        if not photo.alpha.any():
            raise NothingFound("This picture is fully transparent, so there is no subject in it; choose another photo.")
        return Selection(ops.solidify(photo.alpha))


class FileOptions(Options):
    positional: ClassVar = "mask"
    mask: Annotated[
        Digest,
        Field(
            title="Mask picture",
            description="A picture, white where the subject is (or opaque, where it has transparency).",
        ),
        Control(input="mask picture"),
    ]


class File:
    """A mask that was made elsewhere."""

    name: ClassVar = "file"
    title: ClassVar = "A mask file"
    example: ClassVar = "file:MASK.png"
    order: ClassVar = 80
    help: ClassVar = "Your own mask: white where the subject is, black elsewhere, grey at soft edges."
    Options: ClassVar = FileOptions
    optional_weights: ClassVar[tuple[str, ...]] = ()

    def find(self, photo: Photo, options: FileOptions, context: Context) -> Selection:
        mask = photos.load(context.read(options.mask), "the mask file", managed=False)
        grey = mask.alpha if mask.alpha is not None else cv2.cvtColor(mask.rgb8, cv2.COLOR_RGB2GRAY)
        values = np.asarray(grey, np.uint8)
        notes: tuple[str, ...] = ()
        if mask.size != photo.size:
            values = self._fit(values, mask.size, photo.size)
            notes = (
                f"The mask file was scaled from {mask.size[0]} x {mask.size[1]} to the photo's "
                f"{photo.size[0]} x {photo.size[1]} pixels.",
            )
        if not values.any():
            raise NothingFound("The mask file is black throughout and selects nothing; paint the subject white.")
        return Selection(ops.solidify(np.ascontiguousarray(values)), notes=notes)

    @staticmethod
    def _fit(values: Mask, have: tuple[int, int], want: tuple[int, int]) -> Mask:
        """Scale a mask of the same shape; refuse one that would have to be distorted by more than 2 %."""
        if abs(have[0] * want[1] / (have[1] * want[0]) - 1) > 0.02:
            raise BadInput(
                f"The mask file is {have[0]} x {have[1]} pixels and the photo {want[0]} x {want[1]}: their shapes "
                "differ; save the mask at the photo's size."
            )
        shrinks = have[0] > want[0]
        interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(values, want, interpolation=interpolation), np.uint8)


class DrawnOptions(Options):
    positional: ClassVar = "strokes"
    strokes: Annotated[Digest, Field(description="Strokes as the canvas saves them."), Control(input="strokes file")]


class Drawn:
    """A mask drawn by hand from nothing."""

    name: ClassVar = "strokes"
    title: ClassVar = "Drawn by hand"
    example: ClassVar = "strokes:FILE.json"
    order: ClassVar = 90
    help: ClassVar = "Brush, polygons and rectangles that you draw on the photo."
    Options: ClassVar = DrawnOptions
    optional_weights: ClassVar[tuple[str, ...]] = ()

    def find(self, photo: Photo, options: DrawnOptions, context: Context) -> Selection:
        drawn = strokes.Strokes.from_json(context.read(options.strokes))
        values = strokes.paint(np.zeros(photo.pixels.shape[:2], np.uint8), drawn)
        if not values.any():
            raise NothingFound("Nothing is drawn yet; paint over the subject.")
        return Selection(values)


SOURCES = (Alpha(), File(), Drawn())
