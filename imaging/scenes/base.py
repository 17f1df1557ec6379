"""What a scene is: a name, typed options, a painter and an exact caption; and the stage on which it paints."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, cast

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from imaging.geometry import Size
from imaging.scenes.colours import NAMED
from imaging.subject import Stand as Stand
from recipe import Colour

Plane = npt.NDArray[np.floating[Any]]
"""``(h, w)`` float32, or something that broadcasts to it."""
Picture = npt.NDArray[np.floating[Any]]
"""``(h, w, 3)`` float32, linear light, 1 = paper white."""


def as_floats(values: object) -> Plane:
    """What OpenCV made of an array of floats, which are floats again; its own annotations promise less."""
    return cast("Plane", values)


def _named(value: object) -> object:
    """A colour's name becomes its ``#rrggbb``."""
    return NAMED.get(value.strip().lower().replace("_", " "), value) if isinstance(value, str) else value


Tint = Annotated[Colour, BeforeValidator(_named)]
"""A colour, by name or as ``#rrggbb``."""

Time = Literal["day", "golden", "sunset", "dusk", "night"]
Side = Literal["left", "right"]


class Options(BaseModel):
    """A scene's settings. Fields draw the widgets, the command line's ``key=value`` and the table in the docs."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class Grainy(Options):
    """What every scene has."""

    grain: float = Field(0.25, ge=0, le=1, description="Fine film grain.")


TABLE_END = (0.15, 0.86, 0.4)
"""Where a table before a room ends, as :meth:`Stage.behind` takes it."""
WALL_FOOT = (0.17, 0.84, 0.35)
"""Where a floor before a wall ends."""


@dataclass(frozen=True)
class Stage:
    """What a painter is given. Lengths are in frame heights: x is 0 in the middle, y is 0 at the top and 1 at the foot.

    Attributes:
        size: the size at which to paint.
        stand: where the subject will stand.
        seed: of everything random.
    """

    size: Size
    stand: Stand
    seed: int

    @property
    def aspect(self) -> float:
        return self.size.width / self.size.height

    @cached_property
    def x(self) -> Plane:
        """``(1, w)``."""
        return (((np.arange(self.size.width, dtype=np.float32) + 0.5) / self.size.width - 0.5) * self.aspect)[None]

    @cached_property
    def y(self) -> Plane:
        """``(h, 1)``."""
        return ((np.arange(self.size.height, dtype=np.float32) + 0.5) / self.size.height)[:, None]

    @property
    def centre(self) -> float:
        """The x of the subject's middle."""
        return ((self.stand.left + self.stand.right) / 2 - 0.5) * self.aspect

    @property
    def pixel(self) -> float:
        """The side of a pixel."""
        return 1 / self.size.height

    def behind(self, distance: float, lowest: float = 0.75, highest: float = 0.2) -> float:
        """The row that lies ``distance`` above where the subject stands, kept well within the frame."""
        return float(np.clip(self.stand.ground - distance, highest, lowest))

    def rng(self, key: str) -> np.random.Generator:
        """Chance of one's own for every purpose, so that one option does not reshuffle what another drew."""
        return np.random.default_rng([self.seed, zlib.crc32(key.encode())])

    def smaller(self, side: int) -> Stage:
        """The same stage painted coarser: for what is soft anyway."""
        factor = min(1.0, side / max(self.size))
        width, height = (max(2, round(length * factor)) for length in self.size)
        return Stage(Size(width, height), self.stand, self.seed)


@dataclass(frozen=True)
class Light:
    """The key light of a scene, for cast shadows and colour matching.

    Attributes:
        azimuth: degrees, where the light comes from as seen from above: 0 = from behind the camera, 90 = from the
            right, 180 = from behind the subject, -90 = from the left.
        elevation: degrees above the ground, 0..90.
        colour: ``#rrggbb`` of the key light.
        ambient: ``#rrggbb`` of the fill light.
        softness: 0 = the hard shadow of the sun, 1 = overcast, no distinct cast shadow.
        strength: 0..1, opacity of the cast shadow.
    """

    azimuth: float
    elevation: float
    colour: str = "#ffffff"
    ambient: str = "#ffffff"
    softness: float = 0.5
    strength: float = 0.5


def from_side(side: str, azimuth: float) -> float:
    """The azimuth of a light from ``"left"`` or ``"right"``, given that of the right one."""
    return azimuth if side == "right" else -azimuth


@dataclass(frozen=True)
class Scene:
    """One kind of scene.

    Attributes:
        name: as recipes and the command line write it.
        title: as people read it.
        help: one line.
        Options: the class of its options.
        paint: draws it.
        caption: says what was drawn, exactly, as a sentence fragment in lower case.
        light: its key light, from the options and the seed.
        ground: is there ground on which a subject stands?
        side: the longer side at which it is painted before it is enlarged; soft scenes need less.
        ends: where the ground ends before a wall, a room or water, as :meth:`Stage.behind` takes it.
        gloss: how clearly the ground mirrors the subject, 0..1.
    """

    name: str
    title: str
    help: str
    Options: type[Grainy]
    paint: Callable[[Stage, Any], Picture]
    caption: Callable[[Any], str]
    light: Callable[[Any, int], Light]
    ground: Callable[[Any], bool]
    side: int = 1600
    ends: tuple[float, float, float] | None = None
    gloss: Callable[[Any], float] = lambda options: 0.0
