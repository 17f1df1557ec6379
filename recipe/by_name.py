"""Classes that recipes name; the folder that defines them is imported when one is first looked up."""

from __future__ import annotations

import importlib
from typing import Generic, TypeVar

T = TypeVar("T")


class ByName(Generic[T]):
    """Classes by the name that recipes have for them.

    Args:
        folder: the package whose import adds them all.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._classes: dict[str, type[T]] = {}

    def add(self, name: str, kind: type[T]) -> None:
        """Let recipes name this class; a later one of the same name replaces it."""
        self._classes[name] = kind

    def all(self) -> dict[str, type[T]]:
        """Every class by its name, in the order in which they were added."""
        importlib.import_module(self._folder)
        return dict(self._classes)

    def get(self, name: object) -> type[T] | None:
        """The class of that name, or ``None``."""
        if not isinstance(name, str):
            return None
        return self._classes.get(name) or self.all().get(name)
