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

Mask = npt.NDArray[np.uint8]
"""``(H, W)`` uint8."""


@dataclass(frozen=True)
class Doubt:
    """How likely it is that a mask is wrong (IoU below 0.8 with what a person would cut out), and why."""

    value: float  # 0..1, calibrated on pictures with true masks
    sentence: str  # what is doubtful, for people; empty where the value is small


@dataclass(frozen=True, eq=False)
class Selection:
    """Where the subject is.

    Attributes:
        values: ``(H, W)`` uint8 at the photo's size; 255 = the subject, 0 = not, between = the soft edge's alpha.
        models: ids of the weights that it was predicted with, in order.
        notes: sentences for people ("hair was found by ...").
        probability: ``(h, w)`` 0..1, the networks' output before thresholding, over the whole photo at the networks'
            resolution; ``None`` where no network was used. For the heat map. Of several layers combined, the first
            one's.
        found: what else was recognised in the photo: (name, share of the photo 0..1).
        doubt: how likely the mask is wrong; ``None`` where that was not measured (one's own mask, clicks, several
            layers).
        settled: whether colours decided its edge (``colour_edge``): where that is crisp then, it is firm.
    """

    values: Mask
    models: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    probability: npt.NDArray[np.floating[Any]] | None = None
    found: tuple[tuple[str, float], ...] = ()
    doubt: Doubt | None = None
    settled: bool = False

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
class Prediction:
    """Output of networks: probabilities that are not refined to the photo's edges yet (``preprocess.select``).

    Attributes:
        probability: ``(h, w)`` float 0..1 over the whole photo, at the networks' resolution; the edge lies at 0.5.
        edge_uncertainty: how far the edge may be off, as a share of the photo's longer side (0..1).
        models, notes, found: as a :class:`Selection`'s.
        specks: connected components smaller than this, in per cent of the largest, are dropped.
        display_probability: the heat map's probability, where it is not ``probability``.
        disagreement: the largest ``masks.doubt.disagreement`` between the answers that it was made of, 0..1; ``None``
            where it was made of one answer.
        settles_by_colour: whether the colours on both sides of the edge decide where it lies (``colour_edge``).
    """

    probability: npt.NDArray[np.floating[Any]]
    edge_uncertainty: float
    models: tuple[str, ...]
    notes: tuple[str, ...] = ()
    found: tuple[tuple[str, float], ...] = ()
    specks: float = 1.0
    display_probability: npt.NDArray[np.floating[Any]] | None = None
    disagreement: float | None = None
    settles_by_colour: bool = False


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
    """A source's settings. Its fields define the page's controls and the command line's ``name:argument``.

    ``positional`` names the field that plain items of ``name:item;item;key=value`` fill. A field whose value is a
    file's digest is marked with ``Control(input="...")``: on the command line it is written as a path. One marked with
    ``Control(mark="add" | "remove" | "box")`` holds points or a box in the photo, set by clicking;
    ``Control(words=...)`` labels its choices, unless these are ids of models, which have labels of their own.
    See :mod:`fields`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_by_name=True, defer_build=True)
    positional: ClassVar[str | None] = None


class NoOptions(Options):
    """For sources that have nothing to set."""


def split_list(value: Any) -> list[Any]:
    """Split comma-separated items: ``"person, dog"`` and ``["person", "dog"]`` are the same."""
    items = [value] if isinstance(value, str) else list(value)
    return [part.strip() for item in items for part in str(item).split(",") if part.strip()]


Result_co = TypeVar("Result_co", covariant=True)


class AskSource(Protocol[Result_co]):
    """A call of another source by name, with its options as keywords."""

    def __call__(self, name: str, photo: Photo, /, **values: Any) -> Result_co: ...


@dataclass(frozen=True)
class Context:
    """What a source may use besides the photo.

    Attributes:
        read: returns an input's bytes by digest; raises ``BadInput`` where it is missing.
        select: runs another source: ``select("rembg", photo, model="u2netp")``. Sources never import each other; this
            is how one builds on another.
        predict: the same, without refining the edges, which takes most of the time on large photos.
    """

    read: Callable[[str], bytes]
    select: AskSource[Selection]
    predict: AskSource[Prediction]


class MaskSource(Protocol):
    """One way to find the subject. A new one is a file in this folder that lists it in ``SOURCES``.

    One that always takes certain weights, whatever its options, names them in a class variable
    ``needed_weights``: they are fetched when it is used.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    example: ClassVar[str]  # how it is written on the command line
    order: ClassVar[int]  # its place among the others, for people
    help: ClassVar[str]
    Options: ClassVar[Any]  # the class of its options, an :class:`Options`
    optional_weights: ClassVar[tuple[str, ...]]  # ids of weights that it uses where they are installed

    def find(self, photo: Photo, options: Any, context: Context) -> Selection | Prediction:
        """Find the subject in ``photo``: a mask, or a prediction that the caller refines to one.

        Raises:
            NothingFound: there is none; the message says what was found instead, if anything.
            MissingWeights: the model's files are neither installed nor could be downloaded.
            BadInput: the options do not fit this photo.
        """
        ...
