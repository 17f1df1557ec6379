"""Flags of where the subject stands, how large, and of the picture's shape."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from cli.flags import FieldFlags, Given, made
from fields import settings
from recipe import PRESETS, Placement, Preset

PlacementFlags = Annotated[Given, FieldFlags(settings(Placement))]
_PRESETS = "; ".join(f"{name}: {preset.help.rstrip('.')}" for name, preset in PRESETS.items())
PresetFlag = Annotated[
    Optional[str],
    typer.Option(metavar="|".join(PRESETS), help=f"A ready size and place, which other flags change. {_PRESETS}."),
]


def preset_of(name: str | None, kind: str) -> Preset | None:
    """The preset of that name.

    Args:
        name: ``None`` for none.
        kind: the file type that is written.
    """
    if name is None:
        return None
    if name not in PRESETS:
        raise typer.BadParameter(f"there is no {name!r}; choose one of {', '.join(PRESETS)}", param_hint="--preset")
    if kind not in PRESETS[name].formats:
        formats = " or ".join(PRESETS[name].formats)
        raise typer.BadParameter(f"{name} takes {formats}; name the output so", param_hint="--output")
    return PRESETS[name]


def read_placement(preset: Preset | None, given: Given) -> Placement:
    """The placement that flags describe, over what a preset says."""
    values = {**(preset.placement if preset else {}), **given}
    if "shape" not in values and {"output_width", "output_height"} <= set(values):
        values["shape"] = "own"
    return made(Placement, **values)
