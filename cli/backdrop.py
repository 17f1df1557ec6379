"""A backdrop as a person writes it: ``kind:argument,argument``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from cli.files import expanded, keep_apart

if TYPE_CHECKING:
    from jobs.store import Store
    from recipe import Backdrop

BACKDROP_HELP = (
    "colour:#ffffff | gradient:#eef,#99c[,radial|,angle=45] | sweep:#ddd | blur:20 | "
    "image:FILE[,cover|contain] | scene:NAME[,OPTION=VALUE...][,seed=N] (see `scenes`) | transparent"
)


def read_backdrop(text: str, store: Store, frame: tuple[int, int], outputs: Sequence[Path]) -> Backdrop:
    """Read a backdrop as a person writes it: ``kind:argument,argument``."""
    from pydantic import ValidationError

    from imaging.clean_copy import clean_copy
    from imaging.geometry import Size
    from imaging.photo import load, read_bytes
    from recipe import explain, kind_of

    kind, _, argument = text.partition(":")
    items = [item.strip() for item in argument.split(",")] if argument else []
    values: dict[str, Any] = {"kind": kind}
    match kind:
        case "colour" | "sweep" if items:
            values["colour"] = argument
        case "gradient":
            colours = [item for item in items if _is_colour(item)]
            if len(colours) < 2:
                _wrong("a gradient runs through two colours or more")
            values["colours"] = colours
            values["shape"] = next((item for item in items if item in ("linear", "radial")), "linear")
            values["angle"] = next((item[6:] for item in items if item.startswith("angle=")), 0)
            rest = [item for item in items if item not in colours and item not in ("linear", "radial")]
            odd = [item for item in rest if not item.startswith("angle=")]
            if odd:
                _wrong(f"{odd[0]!r} is neither a colour (#rrggbb) nor linear, radial or angle=N")
            if rest and values["shape"] == "radial":
                _wrong("a radial gradient has no angle")
        case "blur" if items:
            values["radius"] = argument
        case "image":
            name, comma, fit = argument.rpartition(",")
            if comma and fit in ("cover", "contain"):
                argument, values["fit"] = name, fit
            if not argument:
                _wrong("image: needs a file, as in image:beach.jpg")
            path = expanded(argument)
            keep_apart(path, *outputs)
            picture = load(read_bytes(path), path.name)
            values["digest"] = store.put(clean_copy(picture, Size(*frame), values.get("fit", "cover")))
        case "scene":
            values |= _scene(items)
        case "colour" | "sweep" | "blur":
            if text.endswith(":"):
                _wrong(f"something is missing after {kind}:")
        case "transparent":
            if argument:
                _wrong("transparent takes nothing after a colon")
        case _:
            _wrong(f"there is no backdrop {kind!r}")
    try:
        return kind_of(kind).resolve(values)
    except ValidationError as error:
        _wrong(explain(error))


def _is_colour(text: str) -> bool:
    return re.fullmatch(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text) is not None


def _scene(items: list[str]) -> dict[str, Any]:
    """The name, values and seed of ``NAME,key=value,...``; the values as the scene itself spells them."""
    from imaging import scenes

    if not items:
        _wrong(f"scene: needs a name, one of {', '.join(scenes.SCENES)}")
    name, *pairs = items
    given: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or key in given:
            _wrong(f"{pair!r} is not an OPTION=VALUE of its own")
        given[key] = value
    seed = given.pop("seed", None)
    options = scenes.options_of(name, given)[1]
    return {"name": name, "values": options.model_dump(mode="json", exclude_unset=True), "seed": seed}


def _wrong(what: str) -> NoReturn:
    raise typer.BadParameter(f"{what}; write {BACKDROP_HELP}", param_hint="--backdrop")
