"""A backdrop as a person writes it: ``kind:argument,argument``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from pydantic import ValidationError

from cli.files import expanded, keep_apart
from cli.flags import usage
from errors import BadInput
from fields import settings
from recipe import Backdrop, explain, kind_of, kinds

if TYPE_CHECKING:
    from jobs.store import Store

BACKDROP_HELP = " | ".join(kind.example for kind in kinds().values() if kind.example)


def read_backdrop(text: str, store: Store, frame: tuple[int, int], outputs: Sequence[Path]) -> Backdrop:
    """Read a backdrop as a person writes it; pictures that it names go into the store, cut to the frame.

    Args:
        text: ``kind:argument,argument``.
        store: where input files go.
        frame: the picture's size.
        outputs: where results go; no input may be one of them.
    """
    from imaging.clean_copy import clean_copy
    from imaging.geometry import Size
    from imaging.photo import load, read_bytes

    name, colon, argument = text.partition(":")
    try:
        kind = kind_of(name)
        if not kind.example:
            raise BadInput(f"{name} takes a --prompt")
        if colon and not argument:
            raise BadInput(f"something is missing after {name}:")
        values = kind.parse(argument)
    except BadInput as error:
        raise _wrong(str(error)) from error
    for setting in settings(kind):
        if setting.kind == "file" and setting.name in values:
            path = expanded(values[setting.name])
            keep_apart(path, *outputs)
            picture = load(read_bytes(path), path.name)
            values[setting.name] = store.put(clean_copy(picture, Size(*frame), values.get("fit", "cover")))
    try:
        return usage("--backdrop", lambda: kind.resolve(values))
    except ValidationError as error:
        raise _wrong(explain(error)) from error


def _wrong(what: str) -> typer.BadParameter:
    return typer.BadParameter(f"{what.rstrip('.')}; write {BACKDROP_HELP}", param_hint="--backdrop")
