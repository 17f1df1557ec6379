"""Colour, gradient and studio sweep: drawn by formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import Field

from backdrops.base import BackdropKind, Background, ReadInput
from errors import BadInput
from fields import Control, Setting, settings
from imaging.cast_shadow import Ground
from imaging.colour import into_profile, to_encoded, to_linear
from imaging.dither import dithered
from imaging.geometry import Box, Size
from imaging.photo import Array
from imaging.subject import Subject
from recipe import Colour

Float = npt.NDArray[np.floating[Any]]
Bytes = npt.NDArray[np.uint8]


class ColourBackdrop(BackdropKind):
    """One plain colour."""

    title: ClassVar = "Colour"
    help: ClassVar = "One plain colour. White is what marketplaces ask for."
    icon: ClassVar = "format_color_fill"
    order: ClassVar = 10
    positional: ClassVar = "colour"
    example: ClassVar = "colour:#ffffff"

    kind: Literal["colour"] = "colour"
    colour: Annotated[Colour, Field(title="Colour", description="Any colour, as #rrggbb.")] = "#ffffff"

    def draw(self, subject: Subject, read: ReadInput, seed: int) -> Background:
        drawn = np.empty((*subject.alpha.shape, 3), np.uint8)
        drawn[:] = into_profile(np.array([[_rgb(self.colour)]], np.uint8), subject.photo.icc)
        deep = subject.photo.pixels.dtype != np.uint8
        return Background(into_profile(drawn, None, np.uint16) if deep else drawn, plain=True)


class GradientBackdrop(BackdropKind):
    """A smooth run through two or more colours, from top to bottom (angle 0), or from the middle outwards (radial)."""

    title: ClassVar = "Gradient"
    help: ClassVar = "A smooth run from one colour to another."
    icon: ClassVar = "gradient"
    order: ClassVar = 20
    positional: ClassVar = "colours"
    example: ClassVar = "gradient:#eef,#99c[,radial|,angle=45]"

    kind: Literal["gradient"] = "gradient"
    colours: Annotated[
        tuple[Colour, ...],
        Field(title="Colours", description="The colours that it runs through.", min_length=2, max_length=8),
    ] = ("#f6f7f9", "#b9c2cf")
    shape: Annotated[
        Literal["linear", "radial"],
        Field(title="Shape", description="Straight across the picture, or in rings from the middle outwards."),
        Control(words={"linear": "Linear", "radial": "Radial"}),
    ] = "linear"
    angle: Annotated[
        float,
        Field(
            title="Angle",
            description="Degrees clockwise from top-to-bottom; of a linear gradient only.",
            ge=-360,
            le=360,
        ),
        Control(step=5, slider=(-180, 180), unit="°"),
    ] = 0

    @classmethod
    def parse(cls, argument: str) -> dict[str, Any]:
        values = super().parse(argument)
        if len(values.get("colours", ("", ""))) < 2:
            raise BadInput("a gradient runs through two colours or more")
        if "angle" in values and values.get("shape") == "radial":
            raise BadInput("a radial gradient has no angle")
        return values

    @classmethod
    def settings_for(cls, values: Mapping[str, Any]) -> tuple[Setting, ...]:
        radial = values.get("shape") == "radial"
        return tuple(setting for setting in settings(cls) if not (radial and setting.name == "angle"))

    def draw(self, subject: Subject, read: ReadInput, seed: int) -> Background:
        return _for_photo(self._drawn(subject.size, seed), subject)

    def _drawn(self, size: Size, seed: int) -> Bytes:
        xs = (np.arange(size.width, dtype=np.float32) + 0.5) / size.width - 0.5
        ys = (np.arange(size.height, dtype=np.float32) + 0.5) / size.height - 0.5
        if self.shape == "radial":
            along = np.hypot(xs[None], ys[:, None]) / np.hypot(0.5, 0.5)
        else:
            angle = np.deg2rad(self.angle)
            down, right = float(np.cos(angle)), float(-np.sin(angle))
            # The corners, wherever the angle puts them, get the first and the last colour.
            along = (xs[None] * right + ys[:, None] * down) / (abs(right) + abs(down)) + 0.5
        stops = np.array([_rgb(colour) for colour in self.colours], np.float32)
        return _ramp(along.astype(np.float32), stops, seed)


class SweepBackdrop(BackdropKind):
    """A studio sweep: seamless paper that curves from the floor into the wall, lit from above."""

    title: ClassVar = "Studio sweep"
    help: ClassVar = "Seamless paper that curves from the floor into the wall, lit from above."
    icon: ClassVar = "filter_hdr"
    order: ClassVar = 30
    positional: ClassVar = "colour"
    example: ClassVar = "sweep:#ddd"

    kind: Literal["sweep"] = "sweep"
    colour: Annotated[Colour, Field(title="Colour", description="The paper's colour, as #rrggbb.")] = "#dddddd"

    def draw(self, subject: Subject, read: ReadInput, seed: int) -> Background:
        drawn = _for_photo(_sweep(self.colour, subject.size, subject.alpha, seed), subject)
        return replace(drawn, ground=Ground())


def _for_photo(drawn: Bytes, subject: Subject) -> Background:
    """An sRGB picture in the photo's colour space and type."""
    return Background(into_profile(drawn, subject.photo.icc, subject.photo.pixels.dtype), plain=True)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _ramp(along: Float, stops: Float, seed: int) -> Bytes:
    """Colours ``stops`` ``(n, 3)`` at equal steps over ``along`` 0..1, dithered against banding."""
    steps = 4096
    positions = np.linspace(0, 1, len(stops))
    ramp = np.linspace(0, 1, steps)
    table = np.stack([np.interp(ramp, positions, stops[:, c]) * 256 for c in range(3)], axis=1).astype(np.uint16)

    def levels(rows: slice) -> Array:
        index = np.clip(along[rows] * (steps - 1) + 0.5, 0, steps - 1).astype(np.uint16)
        return table.take(index, axis=0)

    return dithered(levels, Size(along.shape[1], along.shape[0]), seed)


def _sweep(colour: str, size: Size, alpha: Bytes, seed: int) -> Bytes:
    """Seamless paper lit from above: a bright floor, a soft shade where it bends up, a wall that falls off upwards.

    The bend lies a little behind where the subject stands. Light is computed linearly on a small grid and enlarged.
    """
    box = Box.around(alpha)
    stands = box.bottom / size.height if box and box.bottom < size.height else 0.88
    bend = float(np.clip(stands - 0.16, 0.3, 0.8))
    grid_y = ((np.arange(192) + 0.5) / 192)[:, None]
    grid_x = ((np.arange(192) + 0.5) / 192)[None]
    floor = 1.0 - 0.10 * np.exp(-(((grid_y - bend) / 0.10) ** 2))
    wall_height = np.clip((bend - grid_y) / bend, 0, 1)
    light = floor * (1 - 0.26 * wall_height**1.5) * (1 - 0.05 * np.clip((grid_y - bend) / (1 - bend), 0, 1) ** 2)
    pool = np.exp(-(((grid_x - 0.5) / 0.55) ** 2) - ((grid_y - bend + 0.05) / 0.6) ** 2)
    light = light * (0.90 + 0.14 * pool)
    full = cv2.resize((light / 1.1).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
    linear = to_linear(np.array(_rgb(colour), np.float32) / 255)
    ramp = np.linspace(0, 1.1, 64, dtype=np.float32)[:, None] * linear
    return _ramp(np.asarray(full, np.float32), to_encoded(np.minimum(ramp, 1)) * 255, seed)
