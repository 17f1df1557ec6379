"""What commands share in their flags: some that several take, and groups of flags that a command takes as one value."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Optional, TypeVar, get_type_hints

import typer

from errors import BadInput
from fields import Setting, settings
from masks import SOURCES
from recipe import Length, Part, TaskKind, explain

T = TypeVar("T")
P = TypeVar("P", bound=Part)

PhotoArgument = Annotated[Path, typer.Argument(metavar="PHOTO", help="PNG, JPEG, WebP, TIFF, AVIF or HEIC.")]
SOURCE_HELP = f"How the subject is found: {', '.join(source.example for source in SOURCES.values())}."
MaybeSeed = Annotated[
    Optional[int],
    typer.Option(
        min=0, max=2**32 - 1, help="Of the first picture; the same seed, the same pixels. Left out: a new one."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print a report as JSON.")]


FLAG = inspect.Parameter.KEYWORD_ONLY

Given = dict[str, Any]
"""The flags of a group that were given, by the names of their fields, in the order of the fields."""


@dataclass(frozen=True)
class FieldFlags:
    """Marks a parameter ``Annotated[Given, FieldFlags(settings)]`` as a group of flags, made from fields.

    A flag's name, limits, help and placeholder are the field's own (:mod:`fields`). Lengths are parsed; of a file the
    path is given.
    """

    settings: tuple[Setting, ...]

    def parameters(self) -> list[inspect.Parameter]:
        """A keyword parameter for each flag."""
        return [_parameter(setting) for setting in self.settings]

    def take(self, given: dict[str, Any]) -> Given:
        """Take the group's flags out of all that were given."""
        values = {setting.name: _parsed(setting, given.pop(setting.name)) for setting in self.settings}
        return {name: value for name, value in values.items() if value is not None and value is not False}


@dataclass(frozen=True)
class DataclassFlags:
    """A parameter whose type is a dataclass, as a group of the flags that its fields are."""

    kind: Any

    def parameters(self) -> list[inspect.Parameter]:
        """A keyword parameter for each field."""
        kinds = get_type_hints(self.kind, include_extras=True)
        return [
            inspect.Parameter(each.name, FLAG, default=each.default, annotation=kinds[each.name])
            for each in dataclasses.fields(self.kind)
        ]

    def take(self, given: dict[str, Any]) -> Any:
        """Take the group's flags out of all that were given."""
        return self.kind(**{each.name: given.pop(each.name) for each in dataclasses.fields(self.kind)})


def for_task(command: Callable[..., None], task: type[TaskKind]) -> Callable[..., None]:
    """A command with ``task`` filled in, the task's own options as the flags of ``options``, and the task's help."""

    @wraps(command)
    def of_this_task(**given: Any) -> None:
        command(task=task, **given)

    of_this_task.__signature__ = _without(inspect.signature(command), "task")  # type: ignore[attr-defined]
    of_this_task.__annotations__ = get_type_hints(command, include_extras=True) | {
        "options": Annotated[Given, FieldFlags(settings(task.Options))]
    }
    of_this_task.__doc__ = task.help
    return grouped(of_this_task)


def _without(signature: inspect.Signature, name: str) -> inspect.Signature:
    return signature.replace(parameters=[each for each in signature.parameters.values() if each.name != name])


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take groups of flags: Typer sees every flag, the command gets the group filled in."""
    kinds = get_type_hints(command, include_extras=True)
    groups = {name: group for name, kind in kinds.items() if (group := _group(kind))}
    flags: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        own = parameter.replace(kind=FLAG, annotation=kinds[name])
        flags += groups[name].parameters() if name in groups else [own]

    @wraps(command)
    def filled_in(**given: Any) -> None:
        command(**{name: group.take(given) for name, group in groups.items()}, **given)

    filled_in.__signature__ = inspect.Signature(flags)  # type: ignore[attr-defined]
    return filled_in


def _group(kind: Any) -> FieldFlags | DataclassFlags | None:
    if dataclasses.is_dataclass(kind):
        return DataclassFlags(kind)
    return next((note for note in getattr(kind, "__metadata__", ()) if isinstance(note, FieldFlags)), None)


def _parameter(setting: Setting) -> inspect.Parameter:
    control, limits = setting.control, {}
    kind: Any = {"toggle": bool, "integer": int, "number": float, "file": Path}.get(setting.kind, str)
    if setting.kind in ("integer", "number"):
        limits = {"min": kind(setting.low), "max": kind(setting.high)} if setting.low is not None else {}
    metavar = None if setting.kind == "toggle" else control.metavar or setting.takes
    option = typer.Option(setting.flag, metavar=metavar, help=setting.help, **limits)
    default = False if setting.kind == "toggle" else None
    wide: Any = kind if default is False else Optional[kind]
    return inspect.Parameter(setting.name, FLAG, default=default, annotation=Annotated[wide, option])


def _parsed(setting: Setting, value: Any) -> Any:
    if setting.kind == "length" and value is not None:
        return usage(setting.flag, lambda: Length.parse(value))
    return value


def usage(hint: str, read: Callable[[], T]) -> T:
    """What ``read`` reads of a flag; where it cannot, that is wrong usage."""
    try:
        return read()
    except BadInput as error:
        raise typer.BadParameter(str(error), param_hint=hint) from error


def made(kind: type[P], **values: Any) -> P:
    """A recipe, or a part of one, of these values; raise :class:`BadInput` where they do not go together."""
    from pydantic import ValidationError

    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise BadInput(f"This cannot be done: {explain(error)}.") from error
