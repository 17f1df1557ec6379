"""What commands share in their flags: some that several take, and groups of flags that a command takes as one value."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from dataclasses import fields, is_dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeVar, get_type_hints

import typer

from errors import BadInput

if TYPE_CHECKING:
    from recipe import Part

T = TypeVar("T")
P = TypeVar("P", bound="Part")

PhotoArgument = Annotated[Path, typer.Argument(metavar="PHOTO", help="PNG, JPEG, WebP, TIFF, AVIF or HEIC.")]
SOURCE_HELP = (
    "How the subject is found: auto, rembg[:MODEL], deeplab[:person,dog], hair[:clothes], "
    "text:the backpack[;not=PHRASE], sam:x,y[;x,y][;not=x,y][;box=x0,y0,x1,y1], alpha (the photo's own transparency), "
    "file:MASK.png, strokes:FILE.json."
)
MaybeSeed = Annotated[
    Optional[int],
    typer.Option(
        min=0, max=2**32 - 1, help="Of the first picture; the same seed, the same pixels. Left out: a new one."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print a report as JSON.")]


def grouped(*, without: Collection[str] = ()) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Let a command take groups of flags: a parameter whose type is a dataclass becomes the flags that its fields are.

    Typer sees every flag where the parameter stands, in the order of the fields; the command gets the group filled in.

    Args:
        without: fields that are no flags of this command; they keep their defaults.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        kinds = get_type_hints(command, include_extras=True)
        groups = {name: _flags_of(kind, without) for name, kind in kinds.items() if is_dataclass(kind)}
        flags: list[inspect.Parameter] = []
        for name, parameter in inspect.signature(command).parameters.items():
            own = parameter.replace(kind=parameter.KEYWORD_ONLY, annotation=kinds[name])
            flags += groups.get(name, [own])

        @wraps(command)
        def filled_in(**given: Any) -> None:
            for name, members in groups.items():
                given[name] = kinds[name](**{member.name: given.pop(member.name) for member in members})
            command(**given)

        filled_in.__signature__ = inspect.Signature(flags)  # type: ignore[attr-defined]
        return filled_in

    return decorate


def _flags_of(group: Any, without: Collection[str]) -> list[inspect.Parameter]:
    kinds = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=kinds[field.name]
        )
        for field in fields(group)
        if field.name not in without
    ]


def usage(hint: str, read: Callable[[], T]) -> T:
    """What ``read`` reads of a flag; where it cannot, that is wrong usage."""
    try:
        return read()
    except BadInput as error:
        raise typer.BadParameter(str(error), param_hint=hint) from error


def made(kind: type[P], **values: Any) -> P:
    """A recipe, or a part of one, of these values; raise :class:`BadInput` where they do not go together."""
    from pydantic import ValidationError

    from recipe import explain

    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise BadInput(f"This cannot be done: {explain(error)}.") from error
