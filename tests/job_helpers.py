"""What the tests of jobs share: quick and slow jobs, other processes, and waiting for a condition.

Waiting has a limit that a loaded machine does not reach.
"""

from __future__ import annotations

import io
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from backdrops import GradientBackdrop
from jobs import history, places, queue, store
from jobs.queue import Job
from recipe import Layer, MaskRecipe, Recipe, Source

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 240.0  # seconds


def until(what: Callable[[], Any], meaning: str) -> Any:
    """Wait for ``what`` to be true and return it."""
    deadline = time.monotonic() + LIMIT
    while not (found := what()):
        if time.monotonic() > deadline:
            log = places.log()
            said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else "nothing"
            pytest.fail(f"in {LIMIT:g} s not: {meaning}; the worker said:\n{said}")
        time.sleep(0.02)
    return found


def gone(pid: int) -> None:
    """Wait until a process ended."""

    def ended() -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    until(ended, f"process {pid} ended")


def photo(side: int) -> str:
    """Put a photo into the store whose own transparency is its subject; return its digest."""
    pixels = np.random.default_rng(side).integers(0, 255, (side, side, 4), dtype=np.uint8)
    pixels[..., 3] = 0
    pixels[side // 4 : side * 3 // 4, side // 4 : side * 3 // 4, 3] = 255
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return store.default().put(out.getvalue())


def recipe(digest: str, seed: int = 0) -> Recipe:
    mask = MaskRecipe(layers=(Layer(source=Source(name="alpha")),))
    return Recipe(photo=digest, mask=mask, backdrop=GradientBackdrop(), seed=seed)


def quick(seed: int = 0) -> Recipe:
    """A job of some hundredths of a second."""
    return recipe(photo(64), seed)


def slow(seed: int = 0) -> Recipe:
    """A job of some seconds, so that there is time to interfere."""
    return recipe(photo(3000), seed)


def seeds(visitor: str) -> list[int | None]:
    """The seeds of the pictures in a visitor's history, the last one first."""
    return [entry.recipe.seed if entry.recipe else None for entry in history.entries(visitor)]


def finish(id: str) -> Job:
    def finished() -> Job | None:
        job = queue.status(id)
        return job if job.finished else None

    return until(finished, f"job {id} finished")


def reach(id: str, stage: str) -> Job:
    """Wait until a job is at a stage."""

    def there() -> Job | None:
        job = queue.status(id)
        assert not job.finished, f"the job was {job.state} before it was seen {stage!r}: {job.error}"
        return job if job.stage == stage else None

    return until(there, f"job {id} at {stage!r}")


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Another process on the same data folder."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def workers(data: Path) -> list[int]:
    """Process ids of all workers on a data folder, whatever our own bookkeeping says."""
    found = []
    for process in psutil.process_iter():
        try:
            if "jobs.worker" in process.cmdline() and process.environ().get("BACKDROP_DATA") == str(data):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found
