"""How the subject looks in its place, as flags say it."""

from __future__ import annotations

from typing import Annotated, Any

from cli.flags import FieldFlags, Given, made, usage
from errors import BadInput
from fields import setting, settings
from recipe import NEW_LOOK, NEW_SHADOW, Look, Recipe

SHADOW = setting(Recipe, "shadow")
LookFlags = Annotated[Given, FieldFlags((SHADOW, *settings(Look)))]


def read_look(given: Given) -> dict[str, Any]:
    """The recipe's fields ``shadow`` and ``look``; what was not given is as a new edit has it."""
    values = dict(given)
    shadow = values.pop("shadow", NEW_SHADOW)
    usage(SHADOW.flag, lambda: _known(shadow))
    return {"shadow": shadow, "look": made(Look, **{**dict(NEW_LOOK), **values})}


def _known(shadow: str) -> None:
    if shadow not in SHADOW.choices:
        *most, last = SHADOW.choices
        raise BadInput(f"{shadow!r} is not a shadow; choose {', '.join(most)} or {last}")
