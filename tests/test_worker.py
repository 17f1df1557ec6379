"""The worker's life: real processes that start, share, kill and replace it."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from job_helpers import LIMIT, finish, gone, python, quick, reach, seeds, slow, until, workers

from errors import StudioError
from jobs import history, places, queue, supervisor
from jobs.queue import prepare


def test_the_worker_is_started_before_the_first_job_where_that_is_asked_for(data: Path) -> None:
    prepare()
    running = until(supervisor.worker, "a worker is alive")
    prepare()
    assert workers(data) == [running.pid]


def test_two_processes_at_once_start_one_worker(data: Path) -> None:
    code = """
        import sys
        from jobs import supervisor
        sys.stdin.readline()
        supervisor.ensure_worker()
        print(supervisor.worker().pid, flush=True)
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
    running = supervisor.worker()
    assert running
    assert seen == {running.pid}
    assert workers(data) == [running.pid]
    for app in apps:
        app.communicate("done\n")
    assert workers(data) == [running.pid]  # this process still uses it


def test_the_worker_ends_with_the_last_app(data: Path) -> None:
    code = """
        import sys
        from jobs import supervisor
        supervisor.ensure_worker()
        print(supervisor.worker().pid, flush=True)
        sys.stdin.readline()
    """
    apps = [python(code) for _ in range(2)]
    (pid,) = {int(app.stdout.readline()) for app in apps if app.stdout}
    apps[0].kill()
    apps[0].communicate()
    silent_before = (places.folder() / "heartbeat").stat().st_mtime
    until(
        lambda: (places.folder() / "heartbeat").stat().st_mtime > silent_before + 2 * supervisor.BEAT, "two more beats"
    )
    assert workers(data) == [pid]
    apps[1].kill()  # it cannot say goodbye
    apps[1].communicate()
    gone(pid)
    until(lambda: supervisor.worker() is None, "the worker's lock is free")
    assert workers(data) == []


def test_a_stuck_worker_is_replaced(data: Path) -> None:
    queue.ensure_worker()
    first = supervisor.worker()
    assert first
    os.kill(first.pid, signal.SIGSTOP)
    until(lambda: (found := supervisor.worker()) and found.silent > 2, "silence")
    queue.ensure_worker()  # two seconds of silence are nothing
    assert workers(data) == [first.pid]
    queue.ensure_worker(patience=2)
    second = supervisor.worker()
    assert second
    assert second.pid != first.pid
    assert workers(data) == [second.pid]


def test_looking_for_a_worker_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKDROP_DATA", str(tmp_path / "nothing here"))
    assert supervisor.worker() is None
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
        supervisor._retry_at = 0.0


def test_a_killed_workers_job_is_taken_up_and_finished_once(data: Path) -> None:
    id = queue.submit(slow(5), "ann")
    queue.ensure_worker()
    running = supervisor.worker()
    assert running
    seen = reach(id, "Drawing the background")
    assert seen.attempts == 1
    os.kill(running.pid, signal.SIGKILL)
    # The last thread to die holds the lock a moment longer than the process shows; a page just asks again.
    until(lambda: supervisor.worker() is None, "the worker's lock is free")
    between = queue.status(id)
    assert not between.finished
    queue.ensure_worker()
    job = finish(id)
    assert (job.state, job.attempts, len(job.results)) == ("done", 2, 1)
    assert [entry.digest for entry in history.entries("ann")] == list(job.results)
    assert seeds("ann") == [5]


def test_a_job_that_takes_the_worker_down_each_time_is_given_up(data: Path) -> None:
    id = queue.submit(slow(), "ann")
    for attempt in range(1, queue.MAX_ATTEMPTS + 1):
        queue.ensure_worker()
        running = supervisor.worker()
        assert running
        until(lambda n=attempt: (job := queue.status(id)).attempts == n and job.state == "running", f"try {attempt}")
        os.kill(running.pid, signal.SIGKILL)
        until(lambda: supervisor.worker() is None, "the worker's lock is free")
    fine = queue.submit(quick(7), "ann")
    queue.ensure_worker()
    assert finish(fine).state == "done"
    job = queue.status(id)
    print(job.error)
    assert (job.state, job.attempts, job.results) == ("failed", queue.MAX_ATTEMPTS, ())
    assert job.error
    assert "memory" in job.error
    assert seeds("ann") == [7]


def test_the_same_visitor_finds_the_history_after_everything_ended(data: Path) -> None:
    id = queue.submit(quick(3), "ann")
    code = """
        import sys, time
        from jobs import queue
        queue.ensure_worker()
        while not queue.status(sys.argv[1]).finished:
            time.sleep(0.05)
        from jobs import supervisor
        print(supervisor.worker().pid)
    """
    said, _ = python(code, id).communicate(timeout=LIMIT)
    gone(int(said))
    (entry,) = history.entries("ann")
    assert entry.digest == queue.status(id).results[0]
    assert seeds("ann") == [3]
