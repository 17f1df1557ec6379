"""Models in memory: each is loaded once per process, within a budget; what was used longest ago makes room."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cachetools import LRUCache

import models

BUDGET_MB = 2000  # a two-core machine with 4 GB keeps half for photos and everything else
COST = 2.5  # resident bytes per byte of weights file, an estimate


@dataclass(eq=False)
class Model:
    """A loaded model. ``lock`` serialises its calls: TFLite interpreters are not safe to share between threads."""

    run: Any
    bytes: int
    lock: threading.Lock = field(default_factory=threading.Lock)


def empty() -> LRUCache[str, Model]:
    """No models; they make room by :func:`budget`, whatever that is by then."""
    return LRUCache(math.inf, lambda model: model.bytes)


_models = empty()
_loading: dict[str, threading.Lock] = {}
_guard = threading.Lock()


def budget() -> int:
    """Bytes that models may take: ``BACKDROP_MODEL_MEMORY`` in megabytes, or 2000."""
    try:
        megabytes = float(os.environ.get("BACKDROP_MODEL_MEMORY", BUDGET_MB))
    except ValueError:
        megabytes = BUDGET_MB
    return int(megabytes * 1_000_000)


def get(id: str, size: int, load: Callable[[], Any]) -> Model:
    """The model of that id, loaded by ``load`` if it is not in memory yet. Others are answered meanwhile.

    Args:
        id: of the weights.
        size: bytes of its files.
        load: makes what :attr:`Model.run` holds.
    """
    with _guard:
        loading = _loading.setdefault(id, threading.Lock())
    with loading:
        with _guard:
            model = _models.get(id)
            if model is not None:
                return model
            need = int(size * COST)
            while _models and _models.currsize + need > budget():
                _models.popitem()
        model = Model(load(), need)
        with _guard:
            _models[id] = model
        return model


def network(id: str, read: Callable[[tuple[Path, ...]], Any]) -> Model:
    """A model by its id, fetched and loaded where it is not in memory yet; damaged files are fetched once more.

    Args:
        id: of the table of models.
        read: makes what :attr:`Model.run` holds, from the files in the table's order; a folder as one.

    Raises:
        MissingWeights: it is not here and cannot be fetched, or its files cannot be read.
    """
    paths = models.fetch(id)
    return get(id, sum(models.bytes_of(path) for path in paths), lambda: models.load(id, read))


def report() -> str:
    """One line for ``doctor``."""
    with _guard:
        names = ", ".join(sorted(_models)) or "none loaded"
        return f"{_models.currsize / 1e6:.0f} of {budget() / 1e6:.0f} MB ({names}); BACKDROP_MODEL_MEMORY sets it"
