"""What a recipe does; it names a task, whose class is looked up when it is read."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator

from recipe.by_name import ByName
from recipe.values import Part


class NoOptions(Part):
    """The options of a task that has none of its own."""


class TaskKind:
    """Base of every task's class.

    Attributes:
        name: its name in recipes and on the command line.
        title, help, icon: for people; the icon is one of Material Symbols.
        has_subject: it takes a photo and keeps its subject; otherwise it makes a whole picture, of a backdrop that can
            be one.
        has_backdrop: something comes behind the subject; otherwise the recipe's backdrop and shadow mean nothing.
        Options: the settings of its own, besides the parts that every recipe has.
    """

    name: ClassVar[str]
    title: ClassVar[str] = ""
    help: ClassVar[str] = ""
    icon: ClassVar[str] = "image"
    has_subject: ClassVar[bool] = True
    has_backdrop: ClassVar[bool] = True
    Options: ClassVar[type[Part]] = NoOptions

    def __init_subclass__(cls) -> None:
        if "name" in vars(cls):
            _tasks.add(cls.name, cls)


_tasks = ByName[TaskKind]("tasks")


def tasks() -> dict[str, type[TaskKind]]:
    """The class of every task by its name."""
    return _tasks.all()


def task_of(name: str) -> type[TaskKind]:
    """The class of a task; raise ``ValueError`` where there is no such task."""
    found = _tasks.get(name)
    if found is None:
        raise ValueError(f"there is no task {name!r}; choose one of {', '.join(sorted(tasks()))}")
    return found


def _known(name: str) -> str:
    task_of(name)
    return name


Task = Annotated[str, AfterValidator(_known)]
"""The name of a task, as a field of a recipe."""
