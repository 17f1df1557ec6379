"""What tasks have in common: what they are given, what they yield, and the report on it."""

from __future__ import annotations

import platform
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import metadata
from typing import Any

import recipe
from backdrops import Background, OnProgress, ReadInput
from imaging import provenance
from imaging.encode import encode
from imaging.openraster import Layers
from imaging.photo import Array, Photo
from masks import Selection
from recipe import Recipe, TaskKind

CPU = "cpu"


@dataclass(frozen=True, eq=False)
class Run:
    """What a task is given.

    Attributes:
        recipe: what to do.
        photo: the recipe's photo; ``None`` where it names none.
        read: gives the bytes of the inputs that the recipe names by digest.
        report_progress: called before every step that takes time; it may raise :class:`errors.Cancelled`.
        selection: the subject, where it was found before; ``None`` to find it.
    """

    recipe: Recipe
    photo: Photo | None
    read: ReadInput
    report_progress: OnProgress
    selection: Selection | None = None


@dataclass(frozen=True, eq=False)
class Result:
    """What a recipe gave.

    Attributes:
        pixels: ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA in the photo's type and colour space; sRGB without a photo.
        selection: the final selection; ``None`` where the task has no subject.
        recipe: what was asked; it makes this one picture again.
        measure: makes the report.
        icc, exif: the photo's profile and cleaned EXIF.
        inputs: bytes of the inputs that went into it, by digest.
        layers: makes the layers of a composite; ``None`` where the task makes none.
    """

    pixels: Array
    selection: Selection | None
    recipe: Recipe
    measure: Callable[[], dict[str, Any]]
    icc: bytes | None = None
    exif: bytes | None = None
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    layers: Callable[[], Layers] | None = None

    @cached_property
    def report(self) -> dict[str, Any]:
        """Size, seconds, device, models, seed, checks, doubt, notes; JSON values only.

        It is worked out when it is first asked for, which :meth:`encode` does: a picture that is only looked at is not
        measured.
        """
        return self.measure()

    def encode(self, kind: str = "PNG") -> bytes:
        """The result as a file's bytes: ``PNG`` (exact, replayable), ``JPEG`` or ``WEBP``."""
        environment = {key: self.report[key] for key in ("models", "seed", "size", "versions", "notes")}
        if "expansion" in self.report["checks"]:
            environment["expansion"] = self.report["checks"]["expansion"]
        selection = self.selection.values if self.selection else None
        made = provenance.Provenance(self.recipe.to_json(), environment, selection, self.inputs)
        return encode(self.pixels, kind, self.icc, self.exif, made)


class Task(TaskKind, ABC):
    """Something that can be done: what it does to a recipe. Its command and its panel on the page follow from it."""

    @staticmethod
    @abstractmethod
    def run(task: Run) -> Iterator[Result]:
        """One result per picture that the recipe asks for, each as soon as it is finished.

        The task's own options are ``Options.model_validate(task.recipe.options)``.
        """


def task_of(name: str) -> type[Task]:
    """The class of a task that a recipe names."""
    kind = recipe.task_of(name)
    assert issubclass(kind, Task)  # all in tasks/ are
    return kind


OnResult = Callable[[Result], None]
"""Called with each picture as soon as it is finished, so that it is not lost where a later one is not."""


class Stopwatch:
    """Seconds since it was made, or since it was last read."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def lap(self) -> float:
        """Seconds to three decimals; the next lap begins."""
        now = time.perf_counter()
        seconds, self._started = now - self._started, now
        return round(seconds, 3)


def report_on(recipe: Recipe, background: Background, seconds: float, size: tuple[int, int]) -> dict[str, Any]:
    """What is known of a result without its subject; JSON values only."""
    generated = bool(background.models)
    return {
        "seconds": seconds,
        "device": CPU,
        "model": None,
        "models": dict(background.models),
        "versions": versions(*(("torch", "diffusers", "transformers") if generated else ())),
        "notes": list(background.notes),
        "size": list(size),
        "seed": recipe.seed,
        "checks": {},
        **background.facts,
    }


def versions(*more: str) -> dict[str, str]:
    """Versions of the libraries that pixels depend on."""
    names = ("numpy", "opencv-python-headless", "pillow", "rembg", "onnxruntime", *more)
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in names}
