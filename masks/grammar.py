"""How a mask source is written: ``name``, or ``name:item;item;key=value``. Read here and nowhere else.

    auto    rembg    rembg:isnet-general-use    deeplab:person,dog    hair:clothes    text:the backpack;not=the strap
    sam:120,80;not=300,90    sam:box=10,20,300,400    alpha    file:MASK.png    strokes:FILE.json

Plain items fill the source's positional option, ``key=value`` the option of that name. Options that hold a file's
digest are written as a path; the caller takes the file in and gives the digest.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import fields
import masks
from errors import BadInput
from masks.base import Options
from recipe import Source


def parse(text: str, take_in: Callable[[Path], str]) -> Source:
    """Read a source as a person writes it.

    Args:
        text: for example ``rembg:u2net``.
        take_in: puts the file at a path into the store and returns its digest.

    Raises:
        BadInput: no such source, or options it does not have.
    """
    name, colon, argument = text.strip().partition(":")
    found = masks.SOURCES.get(name)
    if found is None:
        raise BadInput(f"There is no mask source {name!r}; choose one of {', '.join(masks.SOURCES)}.")
    values: dict[str, Any] = {}
    if colon:
        # A path may hold any character, so a source with an input file takes its argument whole.
        items = [argument] if _is_input(found.Options, found.Options.positional) else argument.split(";")
        for item in filter(None, (item.strip() for item in items)):
            _take(found.Options, name, item, values)
    for key in values:
        if _is_input(found.Options, key):
            values[key] = take_in(Path(values[key]))
    source = Source(name=name, options=values)
    masks.options_of(source)
    return source


def _take(options: type[Options], name: str, item: str, values: dict[str, Any]) -> None:
    """Put one item where it belongs; several of the same option become a list."""
    key, equals, value = item.partition("=")
    if not (equals and key in {field.alias or name for name, field in options.model_fields.items()}):
        key, value = options.positional or "", item
    if not key:
        raise BadInput(f"The mask source {name} takes nothing after the colon; write just {name}.")
    if key not in values:
        values[key] = value
    else:
        before = values[key]
        values[key] = [*before, value] if isinstance(before, list) else [before, value]


def _is_input(options: type[Options], key: str | None) -> bool:
    return any(setting.name == key and setting.kind == "file" for setting in fields.settings(options))
