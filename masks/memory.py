"""The last answers, kept so that asking again costs nothing; models are kept by ``loaded.py``."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

from cachetools import LRUCache

Answer = TypeVar("Answer")


class Memory(Generic[Answer]):
    """The last answers, as many as fit; least recently used first out. For any number of threads.

    Args:
        limit: how large all answers together may be, in whatever unit :meth:`put` is given; one always stays.
    """

    def __init__(self, limit: int) -> None:
        self._kept: LRUCache[Hashable, tuple[int, Answer]] = LRUCache(limit, lambda kept: min(kept[0], limit))
        self._guard = threading.Lock()
        _all.append(self)

    def get(self, key: Hashable) -> Answer | None:
        with self._guard:
            kept = self._kept.get(key)
        return kept[1] if kept else None

    def put(self, key: Hashable, answer: Answer, size: int = 1) -> None:
        with self._guard:
            self._kept[key] = size, answer

    def clear(self) -> None:
        with self._guard:
            self._kept.clear()


_all: list[Memory[Any]] = []


def forget() -> None:
    """Clear every memory, so that the next question is worked out anew."""
    for memory in _all:
        memory.clear()
