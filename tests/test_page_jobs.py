"""Pictures being made: what the page says of a job, and what is kept when one does not finish."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from job_helpers import seeds
from pages import ROOT, Page, cut_out, job_of

from backdrops import GeneratedBackdrop
from errors import BadInput
from imaging import inpaint_io
from jobs import history, queue, store, supervisor, worker
from recipe import Layer, MaskRecipe, Recipe, Source
from ui import working

pytestmark = pytest.mark.usefixtures("no_searches_by_the_worker")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({}, "**Painting the background** · picture 2 of 4 · step 12 of 25 · about 20 s left"),
        ({"seconds_left": 200.0}, "about 3 min left"),
        ({"state": "queued", "position": 3}, "**Waiting in line**, place 3."),
        ({"state": "queued", "position": 3, "running_left": 75.0}, "takes about 75 s more"),
        ({"state": "queued", "position": 1}, "**Next in line.** It begins when the one before is done."),
        ({"state": "queued", "position": 1, "running_left": 120.0}, "**Next in line.** It begins in about 2 min."),
        ({"state": "queued", "position": 1, "running_left": 0.0}, "**Starting**"),
    ],
)
def test_how_a_job_stands_is_said_in_words(changes: dict[str, object], what: str) -> None:
    said = working.sentence(job_of(Recipe(photo="0" * 64), **changes))
    assert what in said.replace("\N{NO-BREAK SPACE}", " ")


def test_a_job_is_seen_from_every_panel(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    studio.open("Background").set("background.mode", "Generated").set("background.generated.prompt", "a beach")
    studio.click("generate")
    for step in ("Background", "Result", "Subject", "Result", "Photo"):
        studio.open(step)
        assert "cancel.job-1" in studio.buttons(), step


def test_a_failed_job_says_why_and_the_message_can_be_put_away(
    studio: Page, models_here: list[tuple[Recipe, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.open("Background").set("background.mode", "Generated").set("background.generated.prompt", "a beach")
    studio.click("generate")
    failed = job_of(models_here[0][0], state="failed", error="There is not enough memory; ask for a smaller size.")
    monkeypatch.setattr(queue, "status", lambda id: failed)
    studio.run()
    assert "There is not enough memory; ask for a smaller size." in studio.said
    studio.click("dismiss.job-1")
    assert "There is not enough memory" not in studio.said


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_a_job_that_is_not_finished_shows_what_was(
    studio: Page, models_here: list[tuple[Recipe, str]], monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    studio.open("Background").click("make")
    made = studio.app.session_state["workspace"].results[0]
    studio.open("Background").set("background.mode", "Generated").set("background.generated.prompt", "a beach")
    studio.click("generate")
    sentence = "It stopped. The picture that was finished before is kept."
    over = job_of(models_here[0][0], state=state, results=(made,), error=sentence)
    monkeypatch.setattr(queue, "status", lambda id: over)
    studio.run()
    assert sentence in studio.said
    assert studio.app.session_state["workspace"].results == [made]
    assert "The subject is untouched" in studio.said


def test_a_finished_job_shows_all_its_pictures(
    studio: Page, models_here: list[tuple[Recipe, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.open("Background").click("make")
    made = studio.app.session_state["workspace"].results[0]
    studio.open("Background").set("background.kind", "sweep").click("make")
    results = (made, studio.app.session_state["workspace"].results[0])
    studio.open("Background").set("background.mode", "Generated").set("background.generated.prompt", "a beach")
    studio.click("generate")
    done = job_of(models_here[0][0], state="done", results=results)
    monkeypatch.setattr(queue, "status", lambda id: done)
    studio.run()
    assert "2 pictures to choose from" in studio.said
    studio.click("choose.1")
    assert studio.app.session_state["workspace"].chosen == 1


@pytest.mark.xdist_group("browser")
def test_a_second_visitor_sees_the_place_in_line_and_goes_on_working(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real queue, the real worker and a tiny model that paints for a while."""
    subprocess.run([sys.executable, "-m", "tests.tiny", str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    first, second = (Page().upload(cut_out(640, 480, 160), "disc.png") for _ in range(2))
    for visitor in (first, second):
        visitor.open("Background").set("background.mode", "Generated")
        visitor.set("background.generated.prompt", "a beach").set("background.generated.num_images_per_prompt", 8)
        visitor.set("background.generated.num_inference_steps", 100).click("generate")
    running, waiting = (page.app.session_state["workspace"].job for page in (first, second))
    try:
        end = time.monotonic() + 180
        while queue.status(running).step < 2:
            assert time.monotonic() < end
            time.sleep(0.2)
        assert "**Next in line.**" in second.run().said
        second.open("Background").set("background.mode", "Instant")
        seconds = []
        for kind in ("gradient", "sweep", "colour", "gradient", "sweep", "colour"):
            started = time.perf_counter()
            second.set("background.kind", kind)
            seconds.append(time.perf_counter() - started)
        print(f"reruns beside a running job: {sorted(round(1000 * value) for value in seconds)} ms, at most 300 ms")
        assert min(seconds) < 0.3
        assert queue.status(running).state == "running"
        second.click(f"cancel.{waiting}").run()
        assert "This was cancelled" in second.said
    finally:
        for id in (running, waiting):
            queue.cancel(id)
        supervisor.leave()  # the worker ends with the last app


@pytest.mark.xdist_group("browser")
def test_pictures_finished_before_a_job_is_cancelled_are_kept(here: Path) -> None:
    """With the real queue, the real worker and a tiny model."""
    page = Page().upload(cut_out(640, 480, 160), "disc.png").open("Background").set("background.mode", "Generated")
    page.set("background.generated.prompt", "a beach").set("background.generated.num_images_per_prompt", 8)
    page.set("background.seed", 40).set("background.seed_locked", True)
    page.set("background.generated.num_inference_steps", 40).click("generate")
    id = page.app.session_state["workspace"].job
    try:
        end = time.monotonic() + 240
        while not (kept := history.entries(page.visitor)):
            assert time.monotonic() < end
            assert not queue.status(id).finished
            time.sleep(0.05)
        assert queue.status(id).results == (), "not before it is over"
        page.click(f"cancel.{id}").run()
        said = page.said
        while supervisor.worker() and queue.status(id).preview:  # the worker stops within one step
            assert time.monotonic() < end
            time.sleep(0.05)
        job, kept = queue.status(id), history.entries(page.visitor)
        assert job.state == "cancelled"
        assert 1 <= len(kept) < 8
        assert [entry.recipe.seed for entry in reversed(kept) if entry.recipe] == list(range(40, 40 + len(kept)))
        assert job.results == tuple(entry.digest for entry in reversed(kept))
        assert "This was cancelled." in said
        assert "finished before" in said
        shown = page.app.session_state["workspace"].results
        assert shown == list(job.results)[: len(shown)]
        assert shown
        assert page.step == "Result"
        assert "The subject is untouched" in page.said
    finally:
        queue.cancel(id)
        supervisor.leave()  # the worker ends with the last app


def test_pictures_finished_before_a_later_one_fails_are_kept(
    studio: Page, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backdrop = GeneratedBackdrop.of("sd15-inpaint", prompt="a beach", num_images_per_prompt=3, num_inference_steps=2)
    mask = MaskRecipe(layers=(Layer(source=Source(name="alpha")),))
    wanted = Recipe(photo=studio.app.session_state["workspace"].photo, mask=mask, backdrop=backdrop, seed=7)
    id = queue.submit(wanted, "ann")
    begun: list[int] = []

    def paint(picture: object, *arguments: object) -> object:
        begun.append(len(history.entries("ann")))
        if len(begun) == 3:
            raise BadInput("There is not enough memory; ask for a smaller size.")
        return from_model(picture, *arguments)  # type: ignore[arg-type]

    from_model = inpaint_io.to_background
    monkeypatch.setattr(inpaint_io, "to_background", paint)
    assert worker.make(id, wanted.to_json(), "ann") == {
        "error": "There is not enough memory; ask for a smaller size.",
    }
    assert begun == [0, 1, 2], "each picture stands in the history before the next is finished"
    assert seeds("ann") == [8, 7]
    assert all(store.default().has(entry.digest) for entry in history.entries("ann"))
