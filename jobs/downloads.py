"""Models fetched by the worker, so that no page waits for gigabytes: begin, watch, cancel.

    begin(model, visitor)     hand it to the worker, unless it is being fetched
    download_of(model)        how far it is; None where it was never asked for here
    cancel(model)             stop it; what has arrived is kept for another try

There is one download per model, whoever asked for it; they are done one after the other, beside the pictures.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import models
from errors import Cancelled, StudioError
from jobs import database, queue
from jobs.owner import owner_id
from jobs.queue import State

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "jobs.downloads"]
QUEUE, WORKFLOW = "downloads", "fetch"
OFTEN = 0.5  # seconds between two notes of how far it is, and between two looks whether it was cancelled


@dataclass(frozen=True)
class Download:
    """How a model's download stands.

    Attributes:
        state: as of a picture's job.
        done: bytes so far.
        total: bytes in all; 0 = not known yet.
        problem: one sentence where it failed.
    """

    model: str
    state: State
    done: int
    total: int
    problem: str = ""

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state not in ("queued", "running")


def begin(model: str, visitor: str) -> None:
    """Have the worker fetch a model, unless that is going on already; see to it that there is a worker.

    Raises:
        BadInput: there is no such model.
    """
    models.entry(model)
    client, id = queue.client(), str(uuid4())
    with database.records(write=True) as table:  # the write lock makes looking and handing in one step
        running = download_of(model)
        if running is not None and not running.finished:
            return
        client.enqueue(
            {
                "queue_name": QUEUE,
                "workflow_name": WORKFLOW,
                "workflow_id": id,
                "app_version": queue.VERSION,
                "authenticated_user": owner_id(visitor),
            },
            model,
        )
        table.execute("INSERT OR REPLACE INTO download VALUES (?, ?, 0, 0)", (model, id))


def download_of(model: str) -> Download | None:
    """How the download of a model stands, or ``None`` where it was never asked for. Makes nothing."""
    if not (database.has_queue() and database.has_records()):
        return None
    with database.records() as table:
        row = table.execute("SELECT * FROM download WHERE model = ?", (model,)).fetchone()
    found = queue.client().list_workflows(workflow_ids=[row["job"]], load_input=False) if row else []
    if not found:
        return None
    output = found[0].output if isinstance(found[0].output, dict) else {}
    problem = str(output.get("error", ""))
    state: State = "failed" if problem else queue.state_of(found[0])
    if state == "failed":
        problem = problem or queue.OUR_FAULT
    return Download(model, state, row["done"], row["total"], problem)


def cancel(model: str) -> None:
    """Stop a model's download: at once while it waits, within a second while it runs."""
    if not (database.has_queue() and database.has_records()):
        return
    with database.records() as table:
        row = table.execute("SELECT job FROM download WHERE model = ?", (model,)).fetchone()
    if row:
        queue.client().cancel_workflow(row["job"])


def fetch(job: str, model: str, note: Callable[[str, dict[str, Any]], None] | None = None) -> dict[str, Any]:
    """Fetch a model, in the worker; what :func:`download_of` says comes from here, or else goes to ``note``.

    It is done by a process of its own, which can be ended at any moment, whatever the network does.

    Returns:
        ``{}``, or ``{"error": sentence}`` where it went wrong.

    Raises:
        Cancelled: somebody cancelled it.
    """
    child = subprocess.Popen([*COMMAND, model], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    reported: dict[str, Any] = {}
    note = note or _note
    reader = threading.Thread(target=_read, args=(child, reported), daemon=True)
    reader.start()
    try:
        while child.poll() is None:
            if queue.is_cancelled(job):
                raise Cancelled("The download was cancelled; it can be taken up where it stopped.")
            note(job, reported)
            time.sleep(OFTEN)
    finally:
        child.kill()
        child.wait()
        reader.join(10)
    note(job, reported)
    if child.returncode == 0:
        return {}
    return {"error": reported.get("error", queue.OUR_FAULT)}


def _read(child: subprocess.Popen[bytes], reported: dict[str, Any]) -> None:
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            with suppress(ValueError):  # a library may print something of its own
                message = json.loads(line)
                reported.update(message if isinstance(message, dict) else {})


def _note(job: str, reported: dict[str, Any]) -> None:
    with database.records(write=True) as table:
        values = reported.get("done", 0), reported.get("total", 0), job
        table.execute("UPDATE download SET done = ?, total = ? WHERE job = ?", values)


def main() -> None:
    """The process that fetches: ``python -m jobs.downloads MODEL``. Says how far it is, a line of JSON at a time."""
    parent, last = os.getppid(), float("-inf")

    def on_bytes(done: int, total: int) -> None:
        nonlocal last
        if os.getppid() != parent:
            os._exit(1)  # the worker is gone, and the next one begins where this stopped
        if time.monotonic() - last >= OFTEN or done >= total:
            last = time.monotonic()
            print(json.dumps({"done": done, "total": total}), flush=True)

    try:
        models.fetch(sys.argv[1], on_bytes)
    except StudioError as error:
        print(json.dumps({"error": error.message}), flush=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
