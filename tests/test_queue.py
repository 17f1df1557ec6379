"""The queue, the history and the store, with the real DBOS on real SQLite and the real core."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from job_helpers import LIMIT, ROOT, finish, photo, python, quick, reach, recipe, seeds, slow
from PIL import Image

from backdrops import ImageBackdrop
from errors import BadInput
from jobs import history, places, queue, removal, settings, store
from jobs.owner import owner_id
from recipe import Layer, MaskRecipe, Source

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
        ({"mask": MaskRecipe(layers=(Layer(source=Source(name="file", options={"mask": "0" * 64})),))}, "mask picture"),
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
        ids = list(filter(None, pool.map(try_it, range(8))))
    assert len(ids) == settings.limits().visitor == 4
    assert queue.status(queue.submit(quick(), "bob")).position == 5
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
    assert seeds("ann") == [2]


def test_jobs_are_done_in_order_one_at_a_time_and_recorded(data: Path) -> None:
    ids = [queue.submit(quick(seed), "ann") for seed in range(3)]
    queue.ensure_worker()
    jobs = [finish(id) for id in ids]
    assert [(job.state, job.attempts, job.position, job.preview, job.error) for job in jobs] == [
        ("done", 1, 0, None, None)
    ] * 3
    assert seeds("ann") == [2, 1, 0]
    assert [entry.digest for entry in history.entries("ann")] == [job.results[0] for job in reversed(jobs)]
    with Image.open(io.BytesIO(store.default().get(jobs[0].results[0]))) as picture:
        assert picture.size == (64, 64)
    queue.cancel(ids[0])
    assert queue.status(ids[0]).state == "done"


def test_visitors_do_not_see_each_other(data: Path) -> None:
    anns, bobs = queue.submit(quick(1), "ann"), queue.submit(quick(2), "bob")
    queue.ensure_worker()
    assert {finish(anns).owner, finish(bobs).owner} == {owner_id("ann"), owner_id("bob")}
    assert [job.id for job in queue.jobs_of("ann")] == [anns]
    assert [job.id for job in queue.jobs_of("bob")] == [bobs]
    (entry,) = history.entries("ann")
    assert seeds("ann") == [1]
    removal.remove("bob", entry.digest)
    assert history.entries("ann") == [entry]
    removal.remove("ann", entry.digest)
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
    assert seeds("ann") == [7]


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


def test_a_picture_beyond_pillows_own_limit_gets_its_small_picture(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which pictures are too large is ours to say: a host may set a limit above Pillow's."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    digest = photo(100)
    history.record("ann", recipe(digest), digest)
    assert history.entries("ann")[0].thumbnail


def test_many_writers_of_one_file_do_not_disturb_each_other(data: Path) -> None:
    kept, content = store.default(), os.urandom(2_000_000)
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(lambda _: kept.put(content), range(32)))
    assert kept.get(digests.pop()) == content
    assert kept.size() == len(content)
