"""Jobs that paint, with a tiny model of the real classes: progress, cancelling, being killed between two steps."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny
from job_helpers import finish, quick, seeds, until
from PIL import Image

from backdrops import GeneratedBackdrop
from jobs import history, places, queue, supervisor
from jobs.queue import Job
from recipe import Recipe


@pytest.fixture
def painted(
    data: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """``painted(seed=, num_inference_steps=, ...)``: a recipe that paints from a prompt with the tiny model."""
    folder = tmp_path_factory.mktemp("weights")
    tiny.save_text(folder / "diffusers" / "sd15")
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(folder))

    def make(seed: int = 0, **given: Any) -> Recipe:
        backdrop = GeneratedBackdrop.of("sd15", prompt="a beach at dusk", width=256, height=256, **given)
        return Recipe.model_validate({"task": "create", "backdrop": backdrop, "seed": seed})

    return make


def midway(id: str, after: int = 2) -> Job:
    """Wait for a step strictly between the first and the last."""

    def there() -> Job | None:
        job = queue.status(id)
        assert not job.finished, job
        return job if after <= job.step < job.steps else None

    return until(there, "a step between the first and the last")


def test_painting_tells_steps_seconds_and_shows_the_work(painted: Callable[..., Any]) -> None:
    id = queue.submit(painted(seed=3, num_images_per_prompt=2, num_inference_steps=30), "ann")
    queue.ensure_worker()
    job = midway(id, after=4)
    print(f"step {job.step} of {job.steps}, {job.seconds_left:.2f} s left, preview {len(job.preview or b'')} bytes")
    assert (job.state, job.steps, job.pictures) == ("running", 30, 2)
    assert job.seconds_left is not None
    assert job.seconds_left > 0
    assert job.preview
    assert len(job.preview) < 30_000
    with Image.open(io.BytesIO(job.preview)) as preview:
        assert preview.format == "JPEG"
        assert max(preview.size) <= 256
    job = finish(id)
    assert (job.state, job.preview, job.seconds_left, len(job.results)) == ("done", None, None, 2)
    assert seeds("ann") == [3, 4]
    assert [entry.digest for entry in history.entries("ann")] == list(job.results)


def test_painting_stops_within_one_step_of_cancelling(painted: Callable[..., Any]) -> None:
    id, next_one = queue.submit(painted(num_inference_steps=50), "ann"), queue.submit(quick(7), "ann")
    queue.ensure_worker()
    before = midway(id)
    queue.cancel(id)
    assert finish(next_one).state == "done"
    job = queue.status(id)
    (line,) = [line for line in places.log().read_text().splitlines() if f"job {id}: cancelled" in line]
    executed = int(line.split("step ")[1].split(" of")[0])
    print(f"seen at step {before.step}, cancelled at step {job.step}, executed {executed} of 50; limit {job.step + 1}")
    assert before.step <= job.step < executed <= job.step + 1 < 50
    assert (job.state, job.results, job.preview) == ("cancelled", (), None)
    assert seeds("ann") == [7]


def test_painting_that_was_killed_between_two_steps_is_done_once(painted: Callable[..., Any]) -> None:
    id = queue.submit(painted(seed=9, num_inference_steps=50), "ann")
    queue.ensure_worker()
    at_work = supervisor.worker()
    assert at_work
    seen = midway(id)
    os.kill(at_work.pid, signal.SIGKILL)
    until(lambda: supervisor.worker() is None, "the worker's lock is free")
    between = queue.status(id)
    print(f"killed at step {between.step} of {between.steps}")
    assert not between.finished
    assert seen.step <= between.step < between.steps
    queue.ensure_worker()
    job = finish(id)
    assert (job.state, job.attempts, len(job.results)) == ("done", 2, 1)
    assert [entry.digest for entry in history.entries("ann")] == list(job.results)
    # The same pixels as without the kill, so the same file.
    again = finish(queue.submit(painted(seed=9, num_inference_steps=50), "bob"))
    assert again.results == job.results
