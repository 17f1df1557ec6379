"""Another picture behind the subject."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import Field

from backdrops.base import BackdropKind, Background, ReadInput
from fields import Control
from imaging import guess_light
from imaging import photo as photos
from imaging.cast_shadow import Ground
from imaging.colour import into_profile, to_srgb
from imaging.geometry import Box, Size
from imaging.subject import Subject
from recipe import Digest

Bytes = npt.NDArray[Any]  # uint8; OpenCV promises no type


class ImageBackdrop(BackdropKind):
    """Another picture, by digest, filling the frame (cover) or wholly visible (contain)."""

    title: ClassVar = "Picture"
    help: ClassVar = "Another picture of yours behind the subject."
    icon: ClassVar = "image"
    order: ClassVar = 50
    positional: ClassVar = "digest"
    example: ClassVar = "image:FILE[,cover|contain]"

    kind: Literal["image"] = "image"
    digest: Annotated[
        Digest,
        Field(title="Picture", description="PNG, JPEG, WebP, TIFF, AVIF or HEIC. It is cut to the photo's shape."),
        Control(input="backdrop picture"),
    ]
    fit: Annotated[
        Literal["cover", "contain"],
        Field(title="Fit", description="Fill the frame and cut what sticks out, or show the whole picture."),
        Control(words={"cover": "Fill the frame", "contain": "Show all of it"}),
    ] = "cover"

    @classmethod
    def parse(cls, argument: str) -> dict[str, Any]:
        name, comma, fit = argument.rpartition(",")  # a file's name may have commas
        if comma and fit in ("cover", "contain"):
            return {"digest": name, "fit": fit}
        return {"digest": argument}

    def draw(self, subject: Subject, read: ReadInput, seed: int) -> Background:
        data = read(self.digest)
        drawn, notes = _picture(data, subject.size, self.fit)
        pixels = into_profile(drawn, subject.photo.icc, subject.photo.pixels.dtype)
        light = guess_light.from_picture(drawn)
        return Background(pixels, notes, inputs={self.digest: data}, light=light, ground=Ground())


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
    background = _resized(np.ascontiguousarray(rgb[Box.centred(seen, have).slices]), frame)
    if fit == "contain":
        inside = have.inside(frame)
        background = _out_of_focus(background)
        background[Box.centred(inside, frame).slices] = _resized(rgb, inside)
    return background, notes


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
