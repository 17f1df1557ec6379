"""Write ``docs/reference.md`` from the program itself: ``python -m docs.make_reference``; a test holds it to that."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from pydantic import BaseModel

import fields
from cli import app
from masks import SOURCES
from models import MODELS
from recipe import Look, MaskRecipe, Placement, kinds

TARGET = Path(__file__).parent / "reference.md"


def text() -> str:
    """The whole document."""
    parts = [
        "# Reference",
        "Written by `python -m docs.make_reference` from the program itself: what fields, commands and tables say.",
        *_commands(typer.main.get_command(app), "python main.py"),
        "## Backdrops",
        "For `--backdrop`; those without an example are made by `--prompt`. Scenes are in [scenes.md](scenes.md).",
        *_settings_of((f"{kind.title} (`{name}`)", kind.help, kind.example, kind) for name, kind in kinds().items()),
        "## Mask sources",
        "For `--mask`, `--add`, `--remove` and `--intersect`.",
        *_settings_of(
            (f"{source.title} (`{name}`)", source.help, source.example, source.Options)
            for name, source in SOURCES.items()
        ),
        "## The mask's shape",
        _table(MaskRecipe),
        "## Shadow and light",
        "Defaults are those of recipes that say nothing of it; new edits have what `background` says above.",
        _table(Look),
        "## Place and size",
        _table(Placement),
        "## Models",
        "`python main.py models` says which are here; `models pull ID` fetches one.",
        _models(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _commands(group: Any, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{path} {name}")
            continue
        yield f"## `{path} {name}`"
        yield " ".join((command.help or "").split())
        rows = [_flag(parameter) for parameter in command.params if parameter.name != "help"]
        yield "\n".join(["| argument | is |", "|---|---|", *rows])


def _flag(parameter: Any) -> str:
    flag = getattr(parameter, "is_flag", False)
    metavar = parameter.metavar or ("" if flag else parameter.bare_type.__name__.upper())
    names = ", ".join(f"`{name}`" for name in parameter.opts) if parameter.param_type_name == "option" else ""
    value = f"`{metavar}`" if metavar else ""
    return (
        f"| {' '.join(part for part in (names, value) if part).replace('|', chr(92) + '|')} | {_cell(parameter.help)} |"
    )


def _settings_of(things: Iterator[tuple[str, str, str, type[BaseModel]]]) -> Iterator[str]:
    for title, help, example, model in things:
        yield f"### {title}"
        yield help + (f" Written `{example}`." if example else "")
        yield _table(model)


def _table(model: type[BaseModel]) -> str:
    shown = [setting for setting in fields.settings(model) if setting.kind != "part" or setting.control.metavar]
    if not shown:
        return ""
    rows = [
        f"| `{each.alias}` | {_cell(each.help or each.title)} | {_cell(f'`{each.takes}`')} | {_default(each)} |"
        for each in shown
    ]
    return "\n".join(["| field | is | takes | default |", "|---|---|---|---|", *rows])


def _default(setting: fields.Setting) -> str:
    if setting.required:
        return "must be given"
    value = setting.default
    if isinstance(value, BaseModel):
        value = " ".join(str(part) for part in value.model_dump().values())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`" if value not in (None, "") else ""


def _models() -> str:
    rows = []
    for id, model in MODELS.items():
        licence = model.licence + ("" if model.commercial else ", not for commercial use")
        rows.append(f"| `{id}` | {model.used_for} | {_cell(model.help)} | {model.size / 1e6:.0f} MB | {licence} |")
    return "\n".join(["| model | for | is | download | licence |", "|---|---|---|---|---|", *rows])


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(text())
