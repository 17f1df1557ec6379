"""Photos, selections and previews that the page keeps: all visitors' within one budget, least recently used first out.

What is not here any more is made again from the store, so a small budget costs time and nothing else. The networks' own
memory is :mod:`masks.loaded`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
from cachetools import TTLCache
from PIL import Image

from jobs import settings

T = TypeVar("T")

LONGEST = 3600.0  # seconds that anything is kept, so that what a closed page left does not stay

_NOTHING = object()

Key = tuple[str, str, str]
"""(session, kind, what it was made from)."""


class Memory:
    """Values by key, as many as fit.

    Args:
        budget: bytes that all of them together may take. A value larger than that is not kept.
    """

    def __init__(self, budget: float) -> None:
        self._kept: TTLCache[Key, Any] = TTLCache(budget, LONGEST, getsizeof=size_of)
        self._guard = threading.Lock()

    def get(self, key: Key, make: Callable[[], T]) -> T:
        """What is kept under a key, or what ``make`` gives, kept from now on. Others are not held up meanwhile."""
        with self._guard:
            found = self._kept.get(key, _NOTHING)
        if found is not _NOTHING:
            kept: T = found
            return kept
        made = make()
        self.put(key, made)
        return made

    def put(self, key: Key, value: Any) -> None:
        """Keep a value; the least recently used make room."""
        with self._guard:
            if size_of(value) <= self._kept.maxsize:
                self._kept[key] = value

    def __contains__(self, key: Key) -> bool:
        with self._guard:
            return key in self._kept

    def forget(self, session: str, kind: str | None = None) -> None:
        """Drop what is kept for a session, or what it keeps of one kind."""
        with self._guard:
            for key in [key for key in self._kept if key[0] == session and kind in (None, key[1])]:
                self._kept.pop(key, None)  # it may just have become too old

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        with self._guard:
            return int(self._kept.currsize)


def size_of(value: Any) -> int:
    """Bytes that a value takes: its arrays, pictures and byte strings, each counted once, and little for the rest."""
    seen: set[int] = set()

    def size(value: Any) -> int:
        while isinstance(value, np.ndarray) and isinstance(value.base, np.ndarray):
            value = value.base  # a view keeps the whole
        if id(value) in seen:
            return 0
        seen.add(id(value))
        if isinstance(value, np.ndarray):
            return value.nbytes
        if isinstance(value, Image.Image):
            return value.width * value.height * len(value.getbands())
        own = sys.getsizeof(value)
        if is_dataclass(value) and not isinstance(value, type):
            return own + sum(size(getattr(value, field.name)) for field in fields(value))
        if isinstance(value, Mapping):
            return own + sum(size(item) for item in value.values())
        if isinstance(value, (list, tuple)):
            return own + sum(map(size, value))
        return own

    return size(value)


_shared: Memory | None = None
_guard = threading.Lock()


def shared() -> Memory:
    """The one memory of this process; as large as ``BACKDROP_PAGE_MEMORY`` says when it is first used."""
    global _shared
    with _guard:
        if _shared is None:
            _shared = Memory(settings.page_memory())
        return _shared
