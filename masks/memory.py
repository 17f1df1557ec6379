"""The last answers, kept so that asking again costs nothing; models are kept by ``loaded.py``."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")


class Memory(Generic[Answer]):
    """The last answers, as many as fit.

    Args:
        limit: how large all answers together may be, in whatever unit :meth:`put` is given; one always stays.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, tuple[int, Answer]] = OrderedDict()
        self._guard = threading.Lock()
        _all.append(self)

    def get(self, key: Hashable) -> Answer | None:
        with self._guard:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][1]

    def put(self, key: Hashable, answer: Answer, size: int = 1) -> None:
        with self._guard:
            self._kept[key] = size, answer
            while len(self._kept) > 1 and sum(size for size, _ in self._kept.values()) > self._limit:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._guard:
            self._kept.clear()


_all: list[Memory[Any]] = []


def forget() -> None:
    """Clear every memory, so that the next question is worked out anew."""
    for memory in _all:
        memory.clear()
