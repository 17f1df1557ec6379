"""Where the subject stands in the picture and how large, the picture's own shape, and presets of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import Field

from fields import Control
from recipe.values import Part

RATIOS: Mapping[str, float] = MappingProxyType({"1:1": 1, "4:5": 4 / 5, "16:9": 16 / 9, "9:16": 9 / 16})
"""Width over height of the shapes that have one of their own."""


class Placement(Part):
    """Where the subject stands, how large, and the picture's shape; by default as photographed, pixel for pixel.

    The picture's frame is made first, then the subject is turned and scaled, and the box around it put into the frame.
    """

    shape: Annotated[
        Literal["photo", "1:1", "4:5", "16:9", "9:16", "own"],
        Field(title="Shape", description="Of the picture: the photo's, a ratio around the photo, or your own size."),
        Control(words={"photo": "As the photo", "own": "Own size"}),
    ] = "photo"
    output_width: Annotated[
        int | None,
        Field(title="Picture width", description="In pixels; left out, it follows from the photo.", ge=16, le=20_000),
        Control(step=10, unit="px", metavar="N"),
    ] = None
    output_height: Annotated[
        int | None,
        Field(title="Picture height", description="In pixels; left out, it follows from the photo.", ge=16, le=20_000),
        Control(step=10, unit="px", metavar="N"),
    ] = None
    margin: Annotated[
        float | None,
        Field(
            title="Margin",
            description="Scale the subject until this much is left around it, in per cent of the picture's shorter "
            "side; left out, it keeps the photo's scale.",
            ge=0,
            le=45,
        ),
        Control(step=0.5, unit="%", metavar="N"),
    ] = None
    align: Annotated[
        Literal["photo", "centre", "top", "bottom", "left", "right"],
        Field(title="Alignment", description="Where the subject stands: as in the photo, or at a side of the picture."),
        Control(words={"photo": "As in the photo"}),
    ] = "photo"
    scale: Annotated[
        float,
        Field(title="Scale", description="Of the subject, its foot staying in place.", ge=0.05, le=10),
        Control(step=0.01, slider=(0.2, 2), unit="×", metavar="F"),
    ] = 1
    rotate: Annotated[
        float,
        Field(title="Rotation", description="Of the subject, in degrees clockwise.", ge=-180, le=180),
        Control(step=1, unit="°", metavar="N"),
    ] = 0
    flip: Annotated[bool, Field(title="Flip", description="Mirror the subject, left to right.")] = False
    move_x: Annotated[
        float,
        Field(title="Move right", description="In per cent of the picture's width.", ge=-200, le=200),
        Control(step=0.5, slider=(-50, 50), unit="%", metavar="N", advanced=True),
    ] = 0
    move_y: Annotated[
        float,
        Field(title="Move down", description="In per cent of the picture's height.", ge=-200, le=200),
        Control(step=0.5, slider=(-50, 50), unit="%", metavar="N", advanced=True),
    ] = 0


@dataclass(frozen=True)
class Preset:
    """A picture as some place wants it.

    Attributes:
        title, help: for people.
        placement: values of :class:`Placement`'s fields.
        colour: of the background that goes with it, ``#rrggbb``; ``None`` where any does.
        formats: the file types that the place takes.
    """

    title: str
    help: str
    placement: Mapping[str, Any]
    colour: str | None = None
    formats: tuple[str, ...] = field(default=("PNG", "JPEG", "WEBP"))


def _own(width: int, height: int, margin: float, align: str) -> Mapping[str, Any]:
    sides = {"shape": "own", "output_width": width, "output_height": height}
    return MappingProxyType({**sides, "margin": margin, "align": align})


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "marketplace": Preset(
            "Marketplace",
            "2,000 px square, pure white, the product 85 % of the frame.",
            _own(2000, 2000, 7.5, "centre"),
            "#ffffff",
            ("PNG", "JPEG"),
        ),
        "shop": Preset("Shop", "2,048 px square, the product 70 % of the frame.", _own(2048, 2048, 15, "centre")),
        "post": Preset("Post", "1,080 px square.", _own(1080, 1080, 12, "bottom")),
        "portrait": Preset("Portrait post", "1,080 x 1,350 px (4:5).", _own(1080, 1350, 12, "bottom")),
        "story": Preset("Story", "1,080 x 1,920 px (9:16).", _own(1080, 1920, 12, "centre")),
        "wide": Preset("Wide", "1,920 x 1,080 px (16:9).", _own(1920, 1080, 12, "bottom")),
    }
)
