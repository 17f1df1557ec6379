"""Jobs with real worker processes, the real DBOS on real SQLite, and the real core at work.

Waiting is always for a condition, with a limit that a loaded machine does not reach.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from errors import BadInput, StudioError
from jobs import history, places, presence, queue, store
from jobs.queue import Job
from recipe import GradientBackdrop, ImageBackdrop, Layer, MaskRecipe, Recipe, Source

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 240.0  # seconds


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of the test's own; no worker outlives the test."""
    monkeypatch.setenv("BACKDROP_DATA", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield tmp_path
    presence.leave()
    if at_work := presence.worker():
        os.kill(at_work.pid, signal.SIGKILL)
        gone(at_work.pid)
    if client := queue._clients.pop(places.folder(), None):
        client.destroy()


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


# Handing in


def test_the_queue_is_light_to_import() -> None:
    heavy = "torch", "diffusers", "transformers", "streamlit", "dbos", "sqlalchemy", "rembg", "onnxruntime"
    code = f"import sys, jobs.queue, jobs.history; print([name for name in {heavy!r} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_handing_in_and_asking_load_no_model_library(data: Path) -> None:
    code = """
        import sys
        from jobs import queue
        from recipe import Recipe
        print(queue.status(queue.submit(Recipe.from_json(sys.argv[1]), "ann")).state)
        print([name for name in ("torch", "diffusers", "transformers", "streamlit", "rembg") if name in sys.modules])
    """
    said, _ = python(code, quick().to_json()).communicate(timeout=LIMIT)
    assert said.split("\n")[:2] == ["queued", "[]"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"photo": "0" * 64}, "photo"),
        ({"backdrop": ImageBackdrop(digest="0" * 64)}, "backdrop picture"),
        ({"mask": MaskRecipe(strokes="0" * 64)}, "touch-up"),
        ({"mask": MaskRecipe(layers=(Layer(source=Source(name="file", values={"mask": "0" * 64})),))}, "mask picture"),
    ],
)
def test_what_a_recipe_needs_must_be_in_the_store(data: Path, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(BadInput, match=named) as refused:
        queue.submit(quick().model_copy(update=changes), "ann")
    print(refused.value)
    assert queue.jobs_of("ann") == []


def test_a_mask_source_that_does_not_exist_is_refused_at_once(data: Path) -> None:
    mask = MaskRecipe(layers=(Layer(source=Source(name="magic")),))
    with pytest.raises(BadInput, match="magic"):
        queue.submit(quick().model_copy(update={"mask": mask}), "ann")


def test_a_visitor_has_so_many_jobs_waiting_and_no_more(data: Path) -> None:
    def try_it(seed: int) -> str | None:
        try:
            return queue.submit(quick(seed), "ann")
        except BadInput as refused:
            print(refused)
            return None

    with ThreadPoolExecutor(8) as pool:
        ids = list(filter(None, pool.map(try_it, range(queue.MAX_WAITING * 2))))
    assert len(ids) == queue.MAX_WAITING
    assert queue.status(queue.submit(quick(), "bob")).position == queue.MAX_WAITING + 1
    queue.cancel(ids[0])
    queue.submit(quick(99), "ann")


def test_an_unknown_job_is_a_clear_sentence(data: Path) -> None:
    with pytest.raises(BadInput, match="no such job"):
        queue.status("nothing")


# In the queue


def test_positions_follow_the_order_of_arrival(data: Path) -> None:
    ids = [queue.submit(quick(seed), visitor) for seed, visitor in enumerate(["ann", "bob", "ann", "cy"])]
    assert [queue.status(id).position for id in ids] == [1, 2, 3, 4]
    assert [(job.id, job.position) for job in queue.jobs_of("ann")] == [(ids[2], 3), (ids[0], 1)]
    queue.cancel(ids[1])
    assert [queue.status(id).position for id in ids] == [1, 0, 2, 3]


def test_a_waiting_job_is_cancelled_at_once_and_never_runs(data: Path) -> None:
    first, second = queue.submit(quick(1), "ann"), queue.submit(quick(2), "ann")
    queue.cancel(first)
    assert queue.status(first).state == "cancelled"
    assert queue.status(first).error
    queue.ensure_worker()
    assert finish(second).state == "done"
    job = queue.status(first)
    assert (job.state, job.attempts, job.results) == ("cancelled", 0, ())
    assert [entry.recipe.seed for entry in history.entries("ann")] == [2]


def test_jobs_are_done_in_order_one_at_a_time_and_recorded(data: Path) -> None:
    ids = [queue.submit(quick(seed), "ann") for seed in range(3)]
    queue.ensure_worker()
    jobs = [finish(id) for id in ids]
    assert [(job.state, job.attempts, job.position, job.preview, job.error) for job in jobs] == [
        ("done", 1, 0, None, None)
    ] * 3
    assert [entry.recipe.seed for entry in history.entries("ann")] == [2, 1, 0]
    assert [entry.digest for entry in history.entries("ann")] == [job.results[0] for job in reversed(jobs)]
    with Image.open(io.BytesIO(store.default().get(jobs[0].results[0]))) as picture:
        assert picture.size == (64, 64)
    queue.cancel(ids[0])
    assert queue.status(ids[0]).state == "done"


def test_visitors_do_not_see_each_other(data: Path) -> None:
    anns, bobs = queue.submit(quick(1), "ann"), queue.submit(quick(2), "bob")
    queue.ensure_worker()
    assert {finish(anns).visitor, finish(bobs).visitor} == {"ann", "bob"}
    assert [job.id for job in queue.jobs_of("ann")] == [anns]
    assert [job.id for job in queue.jobs_of("bob")] == [bobs]
    (entry,) = history.entries("ann")
    assert entry.recipe.seed == 1
    history.forget("bob", entry.id)
    assert history.entries("ann") == [entry]
    history.forget("ann", entry.id)
    assert history.entries("ann") == []
    assert len(history.entries("bob")) == 1


def test_a_running_job_is_cancelled_and_the_next_begins(data: Path) -> None:
    running, waiting = queue.submit(slow(), "ann"), queue.submit(quick(7), "ann")
    queue.ensure_worker()
    reach(running, "Drawing the background")
    queue.cancel(running)
    cancelled = queue.status(running)
    assert cancelled.state == "cancelled"
    assert finish(waiting).state == "done"
    after = queue.status(running)
    assert (after.state, after.results, after.stage) == ("cancelled", (), cancelled.stage)
    assert [entry.recipe.seed for entry in history.entries("ann")] == [7]


def test_a_mistake_that_can_be_mended_is_the_jobs_sentence(data: Path) -> None:
    opaque = io.BytesIO()
    Image.new("RGB", (64, 64)).save(opaque, "PNG")
    failed = queue.submit(recipe(store.default().put(opaque.getvalue())), "ann")
    fine = queue.submit(quick(), "ann")
    queue.ensure_worker()
    assert finish(fine).state == "done"
    job = queue.status(failed)
    print(job.error)
    assert job.state == "failed"
    assert job.error
    assert "transparen" in job.error
    assert job.attempts == 1


def test_a_defect_of_ours_keeps_its_traceback_in_the_log(data: Path) -> None:
    broken = quick()
    assert broken.photo
    id = queue.submit(broken, "ann")
    path = store.default()._path(broken.photo)
    path.unlink()
    path.mkdir()  # reading it is an error that nobody foresaw
    queue.ensure_worker()
    job = finish(id)
    print(job.error)
    assert (job.state, job.error) == ("failed", queue.OUR_FAULT)
    said = places.log().read_text(encoding="utf-8")
    assert "IsADirectoryError" in said
    assert id in said


# The worker's life


def test_two_processes_at_once_start_one_worker(data: Path) -> None:
    code = """
        import sys
        from jobs import presence
        sys.stdin.readline()
        presence.ensure_worker()
        print(presence.worker().pid, flush=True)
        sys.stdin.readline()
    """
    apps = [python(code) for _ in range(3)]
    for app in apps:
        assert app.stdin
        app.stdin.write("go\n")
        app.stdin.flush()
    seen = {int(app.stdout.readline()) for app in apps if app.stdout}
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: queue.ensure_worker(), range(4)))
    at_work = presence.worker()
    assert at_work
    assert seen == {at_work.pid}
    assert workers(data) == [at_work.pid]
    for app in apps:
        app.communicate("done\n")
    assert workers(data) == [at_work.pid]  # this process still uses it


def test_the_worker_ends_with_the_last_app(data: Path) -> None:
    code = """
        import sys
        from jobs import presence
        presence.ensure_worker()
        print(presence.worker().pid, flush=True)
        sys.stdin.readline()
    """
    apps = [python(code) for _ in range(2)]
    (pid,) = {int(app.stdout.readline()) for app in apps if app.stdout}
    apps[0].kill()
    apps[0].communicate()
    silent_before = (places.folder() / "heartbeat").stat().st_mtime
    until(lambda: (places.folder() / "heartbeat").stat().st_mtime > silent_before + 2 * presence.BEAT, "two more beats")
    assert workers(data) == [pid]
    apps[1].kill()  # it cannot say goodbye
    apps[1].communicate()
    gone(pid)
    until(lambda: presence.worker() is None, "the worker's lock is free")
    assert workers(data) == []


def test_a_stuck_worker_is_replaced(data: Path) -> None:
    queue.ensure_worker()
    first = presence.worker()
    assert first
    os.kill(first.pid, signal.SIGSTOP)
    until(lambda: (found := presence.worker()) and found.silent > 2, "silence")
    queue.ensure_worker()  # two seconds of silence are nothing
    assert workers(data) == [first.pid]
    queue.ensure_worker(patience=2)
    second = presence.worker()
    assert second
    assert second.pid != first.pid
    assert workers(data) == [second.pid]


def test_looking_for_a_worker_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKDROP_DATA", str(tmp_path / "nothing here"))
    assert presence.worker() is None
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_cannot_begin_says_where_to_look(data: Path) -> None:
    (places.folder() / "queue.sqlite").write_bytes(b"this is no database" * 1000)

    def refused() -> str | None:
        try:
            queue.ensure_worker()
        except StudioError as error:
            return str(error)
        return None

    try:
        sentence = until(refused, "a sentence")
        print(sentence)
        assert str(places.log()) in sentence
        assert "not a database" in places.log().read_text(encoding="utf-8")
    finally:
        presence._retry_at = 0.0


def test_a_killed_workers_job_is_taken_up_and_finished_once(data: Path) -> None:
    id = queue.submit(slow(5), "ann")
    queue.ensure_worker()
    at_work = presence.worker()
    assert at_work
    seen = reach(id, "Drawing the background")
    assert seen.attempts == 1
    os.kill(at_work.pid, signal.SIGKILL)
    # The last thread to die holds the lock a moment longer than the process shows; a page just asks again.
    until(lambda: presence.worker() is None, "the worker's lock is free")
    between = queue.status(id)
    assert not between.finished
    queue.ensure_worker()
    job = finish(id)
    assert (job.state, job.attempts, len(job.results)) == ("done", 2, 1)
    assert [entry.digest for entry in history.entries("ann")] == list(job.results)
    assert [entry.recipe.seed for entry in history.entries("ann")] == [5]


def test_a_job_that_takes_the_worker_down_each_time_is_given_up(data: Path) -> None:
    id = queue.submit(slow(), "ann")
    for attempt in range(1, queue.MAX_ATTEMPTS + 1):
        queue.ensure_worker()
        at_work = presence.worker()
        assert at_work
        until(lambda n=attempt: (job := queue.status(id)).attempts == n and job.state == "running", f"try {attempt}")
        os.kill(at_work.pid, signal.SIGKILL)
        until(lambda: presence.worker() is None, "the worker's lock is free")
    fine = queue.submit(quick(7), "ann")
    queue.ensure_worker()
    assert finish(fine).state == "done"
    job = queue.status(id)
    print(job.error)
    assert (job.state, job.attempts, job.results) == ("failed", queue.MAX_ATTEMPTS, ())
    assert job.error
    assert "memory" in job.error
    assert [entry.recipe.seed for entry in history.entries("ann")] == [7]


def test_the_same_visitor_finds_the_history_after_everything_ended(data: Path) -> None:
    id = queue.submit(quick(3), "ann")
    code = """
        import sys, time
        from jobs import queue
        queue.ensure_worker()
        while not queue.status(sys.argv[1]).finished:
            time.sleep(0.05)
        from jobs import presence
        print(presence.worker().pid)
    """
    said, _ = python(code, id).communicate(timeout=LIMIT)
    gone(int(said))
    (entry,) = history.entries("ann")
    assert entry.digest == queue.status(id).results[0]
    assert entry.recipe.seed == 3


# Painting, with a tiny model of the real classes


@pytest.fixture
def painted(
    data: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """``painted(seed=, num_inference_steps=, ...)``: a recipe that paints from a prompt with the tiny model."""
    catalogue = pytest.importorskip("diffusion.catalogue")
    tiny = pytest.importorskip("tests.tiny")
    folder = tmp_path_factory.mktemp("weights")
    tiny.save_text(folder / "diffusers" / "sd15")
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(folder))

    def make(seed: int = 0, **given: Any) -> Recipe:
        backdrop = catalogue.settle("sd15", prompt="a beach at dusk", width=256, height=256, **given)
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
    assert [entry.recipe.seed for entry in history.entries("ann")] == [3, 4]
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
    assert [entry.recipe.seed for entry in history.entries("ann")] == [7]


def test_painting_that_was_killed_between_two_steps_is_done_once(painted: Callable[..., Any]) -> None:
    id = queue.submit(painted(seed=9, num_inference_steps=50), "ann")
    queue.ensure_worker()
    at_work = presence.worker()
    assert at_work
    seen = midway(id)
    os.kill(at_work.pid, signal.SIGKILL)
    until(lambda: presence.worker() is None, "the worker's lock is free")
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


# The history and the store


def test_a_picture_stands_in_the_history_once_with_a_small_picture(data: Path) -> None:
    digest = photo(1000)
    other = photo(100)
    first = history.record("ann", recipe(digest), digest)
    history.record("ann", recipe(other), other)
    assert history.record("ann", recipe(digest), digest) == first
    entries = history.entries("ann")
    assert [entry.digest for entry in entries] == [digest, other]
    assert history.entries("ann", limit=1) == entries[:1]
    with Image.open(io.BytesIO(entries[0].thumbnail)) as small:
        assert small.size == (history.THUMBNAIL, history.THUMBNAIL)
        assert small.mode == "RGBA"
    began = time.perf_counter()
    history.entries("ann")
    print(f"reading the history took {1000 * (time.perf_counter() - began):.1f} ms, limit 1000")
    assert time.perf_counter() - began < 1


def test_many_writers_of_one_file_do_not_disturb_each_other(data: Path) -> None:
    kept, content = store.default(), os.urandom(2_000_000)
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda _: kept.put(content), range(32)))
    assert kept.get(digests.pop()) == content
    assert kept.size() == len(content)
