"""Models fetched by the worker, so that no page waits for gigabytes: begin, watch, cancel.

    begin(model, visitor)     hand it to the worker, unless it is being fetched
    download_of(model)        how far it is; None where it was never asked for here
    cancel(model)             stop it; what has arrived is kept for another try

There is one download per model, whoever asked for it; they are done one after the other, beside the pictures.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from errors import Cancelled, StudioError
from jobs import database, queue
from jobs.owner import owner_id
from jobs.queue import State

log = logging.getLogger("backdrop.downloads")

QUEUE, WORKFLOW = "downloads", "fetch"
OFTEN = 0.5  # seconds between two notes of how far it is, and two looks whether it was cancelled


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
    _check(model)
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
    state = "failed" if problem else queue.state_of(found[0])
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


def fetch(job: str, model: str) -> dict[str, Any]:
    """Fetch a model, in the worker; what :func:`download_of` says comes from here.

    Returns:
        ``{}``, or ``{"error": sentence}`` where it went wrong.

    Raises:
        Cancelled: somebody cancelled it.
    """
    last = float("-inf")

    def on_bytes(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last < OFTEN and done < total:
            return
        last = time.monotonic()
        if queue.is_cancelled(job):
            raise Cancelled("The download was cancelled; it can be taken up where it stopped.")
        with database.records(write=True) as table:
            table.execute("UPDATE download SET done = ?, total = ? WHERE job = ?", (done, total, job))

    try:
        _fetch(model, on_bytes)
    except Cancelled:
        raise
    except StudioError as error:
        return {"error": str(error)}
    except Exception:
        log.exception("fetching %s", model)
        return {"error": queue.OUR_FAULT}
    return {}


def _check(model: str) -> None:
    import weights
    from diffusion import catalogue

    if model not in catalogue.MODELS:
        weights.entry(model)


def _fetch(model: str, on_bytes: Any) -> None:
    import weights
    from diffusion import catalogue

    if model in catalogue.MODELS:
        catalogue.fetch(model, on_bytes)
    else:
        weights.resolve(model, on_bytes)
