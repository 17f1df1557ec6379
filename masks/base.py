"""What a mask is, and what a mask source must offer.

Polarity has a type: a :class:`Selection` marks the subject, a :class:`RepaintMask` marks what a model may paint.
:func:`to_repaint` is the only place where one becomes the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydantic import BaseModel, ConfigDict

from imaging.photo import Photo

Mask = npt.NDArray[Any]
"""``(H, W)`` uint8."""


@dataclass(frozen=True, eq=False)
class Selection:
    """Where the subject is.

    Attributes:
        values: ``(H, W)`` uint8 at the photo's size; 255 = the subject, 0 = not, between = the soft edge's alpha.
        models: ids of the weights that had a part in it, in order.
        notes: sentences a person should read ("hair was found by ...").
        heat: what the networks themselves said before any threshold: ``(h, w)`` 0..1 over the whole photo, at a size of
            their own; ``None`` where no network was asked. For the heat-map view, and for weighing answers. Of
            several layers combined, the first one's.
        found: what else was seen, by name, with its share of the photo.
    """

    values: Mask
    models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    heat: npt.NDArray[Any] | None = None
    found: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        if self.values.dtype != np.uint8 or self.values.ndim != 2:
            raise TypeError(f"a Selection is (H, W) uint8, not {self.values.shape} {self.values.dtype}")

    @property
    def area(self) -> float:
        """The subject's area in pixels; soft pixels count in part."""
        return float(self.values.sum(dtype=np.int64)) / 255

    def to_image(self) -> Image.Image:
        """Mode "L", 255 = the subject."""
        return Image.fromarray(self.values)


@dataclass(frozen=True, eq=False)
class Seen:
    """What networks saw: probabilities that are still to be brought to the photo's own edges (``view.select``).

    Attributes:
        heat: ``(h, w)`` float 0..1 over the whole photo, at a size of the networks' own; one half is the edge.
        coarse: how far the edge may be off, as a share of the photo's longer side.
        models, notes, found: as a :class:`Selection`'s.
        specks: pieces smaller than this, in per cent of the largest, are dropped.
        shown: the heat to show people, where it is not ``heat``.
    """

    heat: npt.NDArray[Any]
    coarse: float
    models: tuple[str, ...]
    notes: tuple[str, ...] = ()
    found: tuple[tuple[str, float], ...] = ()
    specks: float = 1.0
    shown: npt.NDArray[Any] | None = None


@dataclass(frozen=True, eq=False)
class RepaintMask:
    """What may be painted: ``(H, W)`` uint8, 255 = repaint, 0 = keep (diffusers' ``mask_image``)."""

    values: Mask

    def to_image(self) -> Image.Image:
        """Mode "L", 255 = repaint."""
        return Image.fromarray(self.values)


def to_repaint(selection: Selection) -> RepaintMask:
    """The single inversion point: everything that is not the subject may be repainted."""
    return RepaintMask(255 - selection.values)


class Options(BaseModel):
    """A source's settings. Fields draw the widgets, the docs row and the command line's ``name:argument``.

    ``positional`` names the field that plain items of ``name:item;item;key=value`` fill. A field whose value is a
    file's digest is marked with ``json_schema_extra={"input": "..."}``: on the command line it is written as a path.
    One marked with ``json_schema_extra={"mark": "add" | "remove" | "box"}`` holds places in the photo, which the page
    lets people click on. ``title`` names the field for people; what may be chosen in it is put into words by
    ``json_schema_extra={"words": {value: words}}``, unless it is the id of some weights, which have words of their own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_by_name=True)
    positional: ClassVar[str | None] = None


class NoOptions(Options):
    """For sources that have nothing to set."""


def listed(value: Any) -> list[Any]:
    """The items of an option as a person writes them: ``"person, dog"`` and ``["person", "dog"]`` are the same."""
    items = [value] if isinstance(value, str) else list(value)
    return [part.strip() for item in items for part in str(item).split(",") if part.strip()]


Found_co = TypeVar("Found_co", covariant=True)


class Ask(Protocol[Found_co]):
    """A question to another source, with its options by name."""

    def __call__(self, name: str, photo: Photo, /, **values: Any) -> Found_co: ...


@dataclass(frozen=True)
class Context:
    """What a source may ask for besides the photo.

    Attributes:
        read: the bytes of an input by digest; raises ``BadInput`` where it is not to be had.
        ask: what another source finds in a photo: ``ask("rembg", photo, model="u2netp")``. Sources never import each
            other; this is how one builds on another.
        see: the same, but only what its networks saw, without the time that the edges take.
    """

    read: Callable[[str], bytes]
    ask: Ask[Selection]
    see: Ask[Seen]


class MaskSource(Protocol):
    """One way to find the subject. A new one is a file in this folder and a line in ``masks.SOURCES``."""

    name: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    Options: ClassVar[Any]  # the class of its options, an :class:`Options`

    def find(self, photo: Photo, options: Any, context: Context) -> Selection | Seen:
        """Find the subject in ``photo``: a mask, or what networks saw, of which the caller makes one.

        Raises:
            NothingFound: there is none; the message says what was found instead, where anything was.
            MissingWeights: the model's files are not to be had.
            BadInput: the options do not fit this photo.
        """
        ...
