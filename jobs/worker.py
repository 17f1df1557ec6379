"""The one process that makes pictures: ``python -m jobs.worker``, started by :func:`jobs.supervisor.ensure_worker`.

It takes jobs one at a time, oldest first, and it alone loads diffusion weights. A job is a DBOS workflow of two steps,
make the pictures and put them in order in the history; a step that was done is never done again, so a worker that takes
up the job of one that died begins with the first step that was not finished. Each picture is in the store and in the
history as soon as it is finished, whatever becomes of the ones after it.
"""

from __future__ import annotations

import faulthandler
import io
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jobs import database, places, retention, supervisor

if TYPE_CHECKING:
    from main import Progress

log = logging.getLogger("backdrop.worker")

PREVIEW = 256  # pixels, the longer side
_NICENESS = 5  # the page goes first: its reruns stay quick while both cores paint


class Reporter:
    """Notes a job's progress where the page reads it, and stops the job once it is cancelled."""

    def __init__(self, job: str) -> None:
        self._job = job
        self._note({"stage": "", "step": 0, "steps": 0, "seconds_left": None, "preview": None})  # of an earlier attempt
        self._since: tuple[float, int] | None = None

    def __call__(self, progress: Progress) -> None:
        """What ``main.run`` calls before every step; raise :class:`errors.Cancelled` where the job is to stop."""
        from errors import Cancelled
        from jobs import queue

        if queue.is_cancelled(self._job):
            log.info("job %s: cancelled at step %d of %d", self._job, progress.step, progress.steps)
            raise Cancelled("This was cancelled.")
        values = {
            "stage": progress.stage,
            "step": progress.step,
            "steps": progress.steps,
            "picture": progress.picture,
            "pictures": progress.pictures,
            "seconds_left": self._seconds_left(progress),
        }
        if progress.preview is not None:
            values["preview"] = _jpeg(progress.preview)
        self._note(values)

    def keep(self, number: int, digest: str) -> None:
        """Note a finished picture, from 1, as one of the job's, whatever becomes of the others."""
        with database.records(write=True) as table:
            table.execute("INSERT OR REPLACE INTO finished VALUES (?, ?, ?)", (self._job, number, digest))

    def stop_if_gone(self, visitor: str, digest: str) -> None:
        """Undo what was just kept and stop, where the visitor deleted everything of theirs meanwhile."""
        from errors import Cancelled
        from jobs import queue, removal

        if queue.is_gone(self._job):
            removal.remove(visitor, digest)
            with database.records(write=True) as table:
                queue.take_out(table, [self._job])
            raise Cancelled("This was deleted.")

    def finished(self) -> None:
        """Drop what is of use only while the job runs."""
        self._note({"preview": None})

    def _note(self, values: dict[str, Any]) -> None:
        with database.records(write=True) as table:
            names = ", ".join(f"{name} = ?" for name in values)
            table.execute(f"UPDATE job SET {names} WHERE id = ?", (*values.values(), self._job))

    def _seconds_left(self, progress: Progress) -> float | None:
        """Steps to come at the pace so far. The first step is not counted: it loads and warms up."""
        if not progress.steps:
            return None
        done = (progress.picture - 1) * progress.steps + progress.step
        now = time.monotonic()
        if self._since is None:
            if progress.step >= 1:
                self._since = (now, done)
            return None
        began, first = self._since
        if done <= first:
            return None
        return (now - began) / (done - first) * (progress.pictures * progress.steps - done)


def make(job: str, recipe_json: str, visitor: str) -> dict[str, Any]:
    """Make a job's pictures; each is put into the store and the visitor's history as soon as it is finished.

    Returns:
        ``{"pictures": [[digest, recipe as JSON], ...]}``, or ``{"error": sentence}`` where it went wrong.

    Raises:
        Cancelled: the job was cancelled meanwhile; what was finished before is kept.
    """
    from errors import Cancelled, StudioError
    from jobs import queue

    reporter = Reporter(job)
    try:
        return {"pictures": _run(recipe_json, visitor, reporter)}
    except Cancelled:
        raise
    except StudioError as error:
        return {"error": error.message}
    except Exception:
        log.exception("job %s", job)
        return {"error": queue.OUR_FAULT}
    finally:
        reporter.finished()


def _run(recipe_json: str, visitor: str, reporter: Reporter) -> list[list[str]]:
    import main
    from imaging.photo import load
    from jobs import history, store
    from recipe import Recipe

    kept = store.default()
    recipe = Recipe.from_json(recipe_json)
    photo = load(kept.get(recipe.photo), "the photo") if recipe.photo else None
    asked_for = recipe.backdrop.pictures
    pictures: list[list[str]] = []

    def keep(result: main.Result) -> None:
        number = len(pictures) + 1
        reporter(main.Progress("Saving", picture=number, pictures=asked_for))
        digest = kept.put(result.encode("PNG"))
        pictures.append([digest, result.recipe.to_json()])
        history.record(visitor, result.recipe, digest, history.thumbnail(result.pixels, result.icc))
        reporter.keep(number, pictures[-1][0])
        reporter.stop_if_gone(visitor, pictures[-1][0])

    main.run(recipe, photo, kept.get, reporter, on_result=keep)
    return pictures


def remember(visitor: str, pictures: list[list[str]]) -> None:
    """Record pictures in the visitor's history, the first on top; those that stand there already are put in order.

    A picture that was deleted meanwhile is left out.
    """
    from jobs import history, store
    from recipe import Recipe

    for digest, recipe_json in reversed(pictures):
        if store.default().has(digest):
            history.record(visitor, Recipe.from_json(recipe_json), digest)


def serve() -> None:
    """Take up what a worker before this one left unfinished, then what comes."""
    from dbos import DBOS, error

    from errors import Cancelled
    from jobs import downloads, queue, searches

    DBOS(
        config={
            "name": "backdrop",
            "system_database_url": database.queue_url(),
            "application_version": queue.VERSION,
            "executor_id": "worker",  # the same for every worker, so that each finds its predecessor's jobs
            "log_level": "WARNING",
        }
    )

    def run_step(name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Do the work as a step of the workflow; where it was cancelled, so is the workflow."""

        def or_stop() -> dict[str, Any]:
            try:
                return work()
            except Cancelled as stopped:
                raise error.DBOSWorkflowCancelledError(str(stopped)) from None

        return DBOS.run_step({"name": name}, or_stop)

    @DBOS.workflow(name=queue.WORKFLOW, max_recovery_attempts=queue.MAX_ATTEMPTS - 1)
    def workflow(recipe_json: str) -> dict[str, Any]:
        job, visitor = DBOS.workflow_id, DBOS.authenticated_user
        assert job is not None
        assert visitor is not None
        made = run_step("make", lambda: make(job, recipe_json, visitor))
        if "error" in made:
            return made
        if not queue.is_gone(job):
            DBOS.run_step({"name": "remember"}, remember, visitor, made["pictures"])
        return {"digests": [digest for digest, _ in made["pictures"]]}

    @DBOS.workflow(name=downloads.WORKFLOW, max_recovery_attempts=queue.MAX_ATTEMPTS - 1)
    def fetch(model: str) -> dict[str, Any]:
        job = DBOS.workflow_id
        assert job is not None
        return run_step("fetch", lambda: downloads.fetch(job, model))

    @DBOS.workflow(name=searches.WORKFLOW, max_recovery_attempts=queue.MAX_ATTEMPTS - 1)
    def search(recipe_json: str) -> dict[str, Any]:
        job = DBOS.workflow_id
        assert job is not None
        return run_step("search", lambda: searches.search(job, recipe_json, Reporter(job)))

    DBOS.launch()
    DBOS.register_queue(queue.QUEUE, worker_concurrency=1, polling_interval_sec=0.3)
    DBOS.register_queue(searches.QUEUE, worker_concurrency=1, polling_interval_sec=0.3)
    DBOS.register_queue(downloads.QUEUE, worker_concurrency=1, polling_interval_sec=0.5)


def _jpeg(preview: Any) -> bytes:
    small = preview.convert("RGB")
    small.thumbnail((PREVIEW, PREVIEW))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=75)
    return out.getvalue()


def main() -> None:
    """Be the worker until no app is left; leave at once where there is one already."""
    os.umask(0o077)  # whatever is written here is the user's own
    folder = places.folder()
    held = supervisor.become_worker(folder)
    if held is None:
        print("another worker is running; nothing to do", file=sys.stderr)
        return
    faulthandler.enable()
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s", level=logging.INFO)
    log.info("worker %d begins", os.getpid())
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    try:
        serve()
    except Exception:
        log.exception("the worker cannot begin")
        os._exit(1)  # DBOS's threads would keep it half alive
    retention.keep_cleaning()
    while True:
        supervisor.beat(folder)
        supervisor.end_if_alone(folder)
        time.sleep(supervisor.BEAT)


if __name__ == "__main__":
    main()
