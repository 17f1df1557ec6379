"""What a field of a pydantic model says to people, once: its control on the page, its flag, its row in the documents.

A field's title, help and limits are pydantic's own (``Field(title=..., description=..., ge=..., le=...)``); what
pydantic has no word for stands beside them in a :class:`Control`::

    strength: Annotated[float, Field(title="Strength", description="...", gt=0, le=1), Control(step=0.05)] = 1

:func:`settings` reads a model's fields back as :class:`Setting` values, which front ends draw without knowing it.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal, Union

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

Kind = Literal[
    "toggle",
    "integer",
    "number",
    "choice",
    "choices",
    "colour",
    "colours",
    "text",
    "texts",
    "length",
    "points",
    "box",
    "file",
    "part",
]
"""How a field is shown: ``choices`` are several of a fixed set, ``texts`` several free ones, ``length`` a number with
its unit (``recipe.Length``), ``points`` and ``box`` places in the photo, ``file`` the digest of a file handed in,
``part`` what no single control can show, such as a model of its own."""


@dataclass(frozen=True)
class Shown:
    """Marks a type as shown by a control of its own: ``Colour = Annotated[str, Shown("colour")]``."""

    kind: Kind


@dataclass(frozen=True, kw_only=True)
class Control:
    """What a field says besides its title, help and limits.

    Attributes:
        step: of a number's slider; left out, a hundredth of its range.
        slider: the ends of a number's slider, where the field takes more than most people need; a value beyond them
            widens it.
        unit: after a number, as people write it: ``px``, ``%``, ``°``.
        advanced: shown under "More settings" only.
        words: for what may be chosen, by value; a text with words is a choice among these.
        metavar: for the value in ``--help``: ``N|N%``.
        flag: the flag's name where it is not the field's: ``--negative-prompt``.
        input: the field holds the digest of a file handed in, and this is what it is called: ``mask picture``. On the
            command line it is written as a path.
        mark: the field holds places in the photo, which people click on; this is what a click there means.
        lines: rows of a text's box.
        placeholder: an example within an empty text's box.
    """

    step: float | None = None
    slider: tuple[float, float] | None = None
    unit: str = ""
    advanced: bool = False
    words: Mapping[Any, str] = field(default_factory=dict)
    metavar: str = ""
    flag: str = ""
    input: str = ""
    mark: Literal["", "add", "remove", "box"] = ""
    lines: int = 1
    placeholder: str = ""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A field as front ends show it.

    Attributes:
        name: the field's, by which its value is read and written.
        alias: how JSON and the command line spell it.
        default: ``None`` where there is none; ``required`` distinguishes that from a default of ``None``.
        optional: whether it may be ``None``.
        low, high: limits of a number; with ``low_excluded`` and ``high_excluded`` the limit itself is out.
        choices: what may be chosen, in order.
        longest: most characters of a text, or most items of several.
        control: everything else, as the field says it.
    """

    name: str
    alias: str
    kind: Kind
    title: str
    help: str
    default: Any
    required: bool
    optional: bool
    low: float | None
    high: float | None
    low_excluded: bool
    high_excluded: bool
    choices: tuple[Any, ...]
    longest: int | None
    control: Control

    @property
    def step(self) -> float:
        """Of a slider: whole for whole numbers, else a hundredth of the range rounded to a decimal's 1, 2 or 5."""
        if self.control.step is not None:
            return self.control.step
        if self.low is None or self.high is None:
            return 1.0
        hundredth = (self.high - self.low) / 100
        if self.kind == "integer":
            return max(1.0, float(round(hundredth)))
        return hundredth

    @property
    def flag(self) -> str:
        """On the command line: ``--num-inference-steps``."""
        return self.control.flag or "--" + self.alias.replace("_", "-")

    def option_label(self, value: Any) -> str:
        """A value that may be chosen, in words."""
        if value is None:
            return "Automatic"
        text = str(value).replace("_", " ")
        return self.control.words.get(value) or text[:1].upper() + text[1:]

    @property
    def takes(self) -> str:
        """What may be given, as people write it: ``0..1``, ``left|right``, ``yes|no``."""
        match self.kind:
            case "choice" | "choices":
                return "|".join(map(str, self.choices))
            case "toggle":
                return "yes|no"
            case "colour" | "colours":
                return "NAME|#rrggbb"
            case "integer" | "number" if self.low is not None and self.high is not None:
                return f"{self.low:g}..{self.high:g}"
        return self.control.metavar or self.kind.upper()


@cache
def settings(model: type[BaseModel]) -> tuple[Setting, ...]:
    """A model's fields in their order, without those that hold a fixed value (``kind: Literal["colour"]``)."""
    return tuple(
        setting
        for name, info in model.model_fields.items()
        if len((setting := _setting(name, info)).choices) != 1 or setting.kind != "choice"
    )


def setting(model: type[BaseModel], name: str) -> Setting:
    """One field of a model; ``KeyError`` where it has none of that name."""
    return next((each for each in settings(model) if each.name == name), None) or _setting(
        name, model.model_fields[name]
    )


def validated(model: type[BaseModel], name: str, value: Any) -> Any:
    """A value as the field of that name takes it.

    Raises:
        pydantic.ValidationError: it does not fit.
    """
    return _adapter(model, name).validate_python(value)


def dumped(model: type[BaseModel], name: str, value: Any) -> Any:
    """A value as JSON has it, once it is checked; see :func:`validated`."""
    return _adapter(model, name).dump_python(validated(model, name, value), mode="json")


@cache
def _adapter(model: type[BaseModel], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    annotation: Any = info.annotation
    for note in info.metadata:
        annotation = typing.Annotated[annotation, note]
    return TypeAdapter(annotation)


def _setting(name: str, info: FieldInfo) -> Setting:
    annotation, notes, optional = _plain(info.annotation, info.metadata)
    control = next((note for note in notes if isinstance(note, Control)), Control())
    low, low_excluded = _limit(notes, Ge, Gt)
    high, high_excluded = _limit(notes, Le, Lt)
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    return Setting(
        name=name,
        alias=info.alias or name,
        kind=_kind(annotation, notes, control),
        title=info.title or name.replace("_", " ").capitalize(),
        help=info.description or "",
        default=None if default is PydanticUndefined else default,
        required=info.is_required(),
        optional=optional,
        low=low,
        high=high,
        low_excluded=low_excluded,
        high_excluded=high_excluded,
        choices=_choices(annotation, control),
        longest=next((note.max_length for note in notes if isinstance(note, MaxLen)), None)
        or next((note.max_length for note in notes if getattr(note, "max_length", None)), None),
        control=control,
    )


def _plain(annotation: Any, notes: list[Any]) -> tuple[Any, list[Any], bool]:
    """The type without ``None`` and ``Annotated``, what is noted of it, and whether it may be ``None``."""
    notes, optional = list(notes), False
    while True:
        if typing.get_origin(annotation) in (Union, types.UnionType):
            rest = [item for item in typing.get_args(annotation) if item is not type(None)]
            optional = optional or len(rest) < len(typing.get_args(annotation))
            if len(rest) > 1:
                return annotation, notes, optional
            annotation = rest[0]
        elif typing.get_origin(annotation) is typing.Annotated:
            annotation, *inner = typing.get_args(annotation)
            notes += [part for note in inner for part in (note.metadata if isinstance(note, FieldInfo) else [note])]
        else:
            return annotation, notes, optional


def _limit(notes: list[Any], closed: type, opened: type) -> tuple[float | None, bool]:
    for note in notes:
        if isinstance(note, (closed, opened)):
            value = next(getattr(note, name) for name in ("ge", "gt", "le", "lt") if hasattr(note, name))
            return float(value), isinstance(note, opened)
    return None, False


def _kind(annotation: Any, notes: list[Any], control: Control) -> Kind:
    if control.input:
        return "file"
    if control.mark:
        return "box" if control.mark == "box" else "points"
    shown = next((note for note in notes if isinstance(note, Shown)), None)
    if shown:
        return shown.kind
    if typing.get_origin(annotation) is Literal:
        return "choice"
    if annotation is bool:
        return "toggle"
    if annotation is int:
        return "integer"
    if annotation is float:
        return "number"
    if annotation is str:
        return "choice" if control.words else "text"
    if typing.get_origin(annotation) in (tuple, list, set, frozenset):
        item, item_notes, _ = _plain(typing.get_args(annotation)[0], [])
        of = _kind(item, item_notes, Control())
        return {"choice": "choices", "colour": "colours", "text": "texts"}.get(of, "part")  # type: ignore[return-value]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return getattr(annotation, "shown_as", "part")
    return "part"


def with_unit(number: str, unit: str) -> str:
    """A number with its unit, as people write it: ``22%``, ``90°``, ``12 px``."""
    return f"{number}{unit}" if unit.startswith(("%", "°", "×")) else f"{number} {unit}".rstrip()


def _choices(annotation: Any, control: Control) -> tuple[Any, ...]:
    if typing.get_origin(annotation) is Literal:
        return typing.get_args(annotation)
    if annotation is str:
        return tuple(control.words)
    if typing.get_origin(annotation) in (tuple, list, set, frozenset):
        item = _plain(typing.get_args(annotation)[0], [])[0]
        return typing.get_args(item) if typing.get_origin(item) is Literal else ()
    return ()
