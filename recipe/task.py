"""What a recipe does; it names a task, whose class is looked up when it is read."""

from __future__ import annotations

import importlib
from typing import Annotated, ClassVar

from pydantic import AfterValidator

_classes: dict[str, type[TaskKind]] = {}


class TaskKind:
    """Base of every task's class.

    Attributes:
        name: its name in recipes.
        has_subject: it takes a photo and keeps its subject; otherwise it makes a whole picture, of a backdrop that can
            be one.
    """

    name: ClassVar[str]
    has_subject: ClassVar[bool] = True

    def __init_subclass__(cls) -> None:
        if "name" in vars(cls):
            _classes[cls.name] = cls


def tasks() -> dict[str, type[TaskKind]]:
    """The class of every task by its name."""
    importlib.import_module("tasks")
    return dict(_classes)


def task_of(name: str) -> type[TaskKind]:
    """The class of a task; raise ``ValueError`` where there is no such task."""
    known = tasks() if name not in _classes else _classes
    if name not in known:
        raise ValueError(f"there is no task {name!r}; choose one of {', '.join(sorted(tasks()))}")
    return known[name]


def _known(name: str) -> str:
    task_of(name)
    return name


Task = Annotated[str, AfterValidator(_known)]
"""The name of a task, as a field of a recipe."""
