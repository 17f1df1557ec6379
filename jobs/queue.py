"""Jobs as the front ends see them: hand in a recipe, watch it, cancel it.

    submit(recipe, visitor) -> id     status(id) -> Job     cancel(id)     jobs_of(visitor) -> [Job, ...]

A job is durable from the moment :func:`submit` returns: it outlives the page, the server and the worker. Jobs are done
one at a time, in the order they came, by the process in :mod:`jobs.worker`; :func:`ensure_worker` sees to it that there
is one. Importing this loads neither torch nor DBOS; the first call loads DBOS.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from errors import BadInput, StudioError
from jobs import database, places, settings, store
from jobs.history import readable
from jobs.owner import address_id, owner_id
from jobs.supervisor import ensure_worker
from recipe import Recipe

if TYPE_CHECKING:
    from dbos import DBOSClient, WorkflowStatus

__all__ = ["Job", "cancel", "ensure_worker", "jobs_of", "prepare", "status", "submit"]

MAX_ATTEMPTS = 5
"""How often a job is begun. One that takes the worker down each time must not do so for ever."""

# What web and worker must agree on. The version is pinned: another release takes up the jobs of this one, for what
# a job is, is in its recipe, and recipes have their own version.
QUEUE, WORKFLOW, VERSION = "pictures", "make", "1"
SEARCH = "search"  # the workflow of jobs.searches

_UNFINISHED = "ENQUEUED", "PENDING"  # in DBOS's words
_MANY = 500  # values in one statement; SQLite's own limit was 999 once
_UNNOTED: Mapping[str, Any] = {
    "stage": "",
    "step": 0,
    "steps": 0,
    "picture": 1,
    "pictures": 1,
    "seconds_left": None,
    "preview": None,
}
"""The progress of a job whose row in our records is missing."""

State = Literal["queued", "running", "done", "failed", "cancelled"]
_STATES: dict[str, State] = {"ENQUEUED": "queued", "PENDING": "running", "CANCELLED": "cancelled", "SUCCESS": "done"}
OUR_FAULT = "Something went wrong inside Backdrop; the worker's log says what, and `python main.py doctor` names it."
_GAVE_UP = (
    f"The worker stopped {MAX_ATTEMPTS} times while making this, most often for lack of memory: ask for a smaller size "
    "or fewer pictures."
)


@dataclass(frozen=True)
class Job:
    """A job as it stands.

    Attributes:
        position: 1 = next, 0 = running or finished.
        stage: what is happening, for people; "Waiting" while queued.
        step: steps done of ``steps`` in this picture; 0 of 0 where a stage has none.
        picture: which of ``pictures`` is being made, from 1.
        seconds_left: estimate for all that is still to do, or ``None`` while there is nothing to go by.
        preview: the work so far as a JPEG of at most 256 pixels a side, some kilobytes, while running.
        results: digests of the finished PNGs in the store, in the order of their seeds; of a job that was cancelled or
            failed those that were finished before.
        error: one sentence for people where the job failed or was cancelled.
        attempts: how often it was begun; more than 1 where a worker died over it.
        recipe: what is made; ``None`` where this Backdrop cannot read it, and ``problem`` says so in one sentence.
        owner: whose it is, as :func:`jobs.owner.owner_id` gives it.
        created: when it was handed in, UTC.
        running_left: of a queued job: seconds left of the job that runs before it; 0 where none runs, ``None`` where
            there is nothing to go by.
    """

    id: str
    state: State
    position: int
    stage: str
    step: int
    steps: int
    picture: int
    pictures: int
    seconds_left: float | None
    preview: bytes | None
    results: tuple[str, ...]
    error: str | None
    attempts: int
    recipe: Recipe | None
    owner: str
    created: datetime
    problem: str = ""
    running_left: float | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state not in ("queued", "running")


def prepare() -> None:
    """Start the worker and load DBOS in a thread, once a data folder, so that the first job need not wait for them.

    What fails here is said by :func:`submit`, which tries again.
    """
    folder = places.folder()
    if folder in _prepared:
        return
    _prepared.add(folder)

    def start() -> None:
        with contextlib.suppress(StudioError):
            ensure_worker()
        client()

    threading.Thread(target=start, name="prepare the queue", daemon=True).start()


_prepared: set[Path] = set()


def submit(
    recipe: Recipe, visitor: str, address: str | None = None, queue: str = QUEUE, workflow: str = WORKFLOW
) -> str:
    """Hand in a recipe and return the job's id, an unguessable token.

    Args:
        recipe: what to do; everything it names by digest must be in the store.
        visitor: the opaque token of the visitor whose job and history this is.
        address: the network address it comes from, where that is known; on a host, jobs are counted by it, too.
        queue, workflow: where it waits, and what becomes of it.

    Raises:
        BadInput: an input is missing, a mask source does not exist, or too many jobs are waiting.
    """
    import main

    owner, origin = owner_id(visitor), address_id(address) if address else None
    kept = store.default()
    dbos, id = client(), str(uuid4())
    with database.records(write=True) as table:  # the write lock makes looking, counting and handing in one step
        for what, digest in main.inputs(recipe):
            if not kept.has(digest):
                raise BadInput(f"The {what} of this recipe is not on this machine any more; upload it again.")
        _check_limits(table, owner, origin, queue)
        # DBOS orders by its clock's milliseconds, of which two jobs may share one; our numbers differ.
        number = table.execute("INSERT INTO job (id, address) VALUES (?, ?)", (id, origin)).lastrowid
        assert number is not None
        dbos.enqueue(
            {
                "queue_name": queue,
                "workflow_name": workflow,
                "workflow_id": id,
                "app_version": VERSION,
                "authenticated_user": owner,
                "priority": number,
            },
            recipe.to_json(),
        )
    return id


def _check_limits(table: sqlite3.Connection, owner: str, origin: str | None, queue: str) -> None:
    """Refuse one job more where too many wait: of this visitor, from this address, or in all."""
    limits = settings.limits()
    waiting = client().list_workflows(status="ENQUEUED", queue_name=queue, load_input=False, load_output=False)
    mine = sum(workflow.authenticated_user == owner for workflow in waiting)
    if mine >= limits.visitor:
        raise BadInput(f"{mine} of your pictures are waiting already; let one finish, or cancel one.")
    if len(waiting) >= limits.everybody:
        raise BadInput(
            f"{len(waiting)} pictures are waiting here, which is all this host takes; try again in some minutes. "
            "Instant backgrounds work meanwhile."
        )
    if limits.address is not None and origin is not None:
        near = {row["id"] for row in table.execute("SELECT id FROM job WHERE address = ?", (origin,))}
        if sum(workflow.workflow_id in near for workflow in waiting) >= limits.address:
            raise BadInput(
                f"{limits.address} pictures from your network are waiting already; try again when one is finished."
            )


def status(id: str) -> Job:
    """How a job stands; raise :class:`BadInput` where there is none of that id."""
    found = _jobs(client().list_workflows(workflow_ids=[id], name=[WORKFLOW, SEARCH]))
    if not found:
        raise BadInput("There is no such job; hand the picture in again.")
    return found[0]


def jobs_of(visitor: str, limit: int = 50, unfinished_only: bool = False, workflow: str = WORKFLOW) -> list[Job]:
    """The visitor's jobs, newest first: every one that is not finished, and the last ``limit`` of all.

    Every job that :func:`submit` counts is in this list, whatever became of the page that handed it in, and every one
    can be cancelled. Makes nothing where nothing was ever handed in.
    """
    if not database.has_queue():
        return []
    dbos, owner = client(), owner_id(visitor)
    found = dbos.list_workflows(user=owner, name=workflow, status=list(_UNFINISHED), sort_desc=True)
    if not unfinished_only:
        known = {job.workflow_id for job in found}
        latest = dbos.list_workflows(user=owner, name=workflow, limit=limit, sort_desc=True)
        found += [job for job in latest if job.workflow_id not in known]
        found.sort(key=lambda job: (job.created_at or 0, job.priority or 0), reverse=True)
    return _jobs(found)


def cancel(id: str) -> None:
    """Cancel a job: at once while it waits, within one step while it runs. A finished one stays as it is."""
    if not status(id).finished:
        client().cancel_workflow(id)


def is_cancelled(id: str) -> bool:
    """Whether somebody cancelled the job or removed it; the worker asks at every step."""
    found = client().list_workflows(workflow_ids=[id], load_input=False, load_output=False)
    return not found or found[0].status == "CANCELLED"


def is_gone(id: str) -> bool:
    """Whether the job was taken out of the queue, with everything of its visitor's."""
    return not client().list_workflows(workflow_ids=[id], load_input=False, load_output=False)


@dataclass(frozen=True)
class HandedIn:
    """A job as far as it names files: the digests in what was handed in, also where that cannot be read."""

    id: str
    owner: str
    digests: frozenset[str]


def unfinished() -> list[HandedIn]:
    """Every visitor's jobs that wait or run. Makes nothing where nothing was ever handed in."""
    if not database.has_queue():
        return []
    found = client().list_workflows(name=[WORKFLOW, SEARCH], status=list(_UNFINISHED), load_output=False)
    return [_handed_in(workflow) for workflow in found]


def handed_in_by(visitor: str) -> list[HandedIn]:
    """Every job of a visitor's, finished ones too. Makes nothing where nothing was ever handed in."""
    if not database.has_queue():
        return []
    found = client().list_workflows(name=[WORKFLOW, SEARCH], user=owner_id(visitor))
    return [_handed_in(workflow) for workflow in found]


def _handed_in(workflow: WorkflowStatus) -> HandedIn:
    digests = database.digests_in(f"{workflow.input} {workflow.output}")
    return HandedIn(workflow.workflow_id, workflow.authenticated_user or "", frozenset(digests))


def finished_before(time: float) -> list[str]:
    """The jobs that were handed in before a time, in seconds since 1970, and are finished."""
    if not database.has_queue():
        return []
    until = datetime.fromtimestamp(time, UTC).isoformat()
    found = client().list_workflows(end_time=until, load_input=False, load_output=False)
    return [workflow.workflow_id for workflow in found if workflow.status not in _UNFINISHED]


def take_out(table: sqlite3.Connection, ids: Sequence[str]) -> None:
    """Delete jobs and all that is noted of them; one that runs stops at its next step.

    Args:
        table: a transaction on the records with the write lock.
        ids: which.
    """
    for some in (ids[at : at + _MANY] for at in range(0, len(ids), _MANY)):
        client().delete_workflows(list(some))
        marks = ",".join("?" * len(some))
        table.execute(f"DELETE FROM finished WHERE job IN ({marks})", some)
        table.execute(f"DELETE FROM job WHERE id IN ({marks})", some)


_clients: dict[Path, DBOSClient] = {}
_clients_guard = threading.Lock()


def client() -> DBOSClient:
    """DBOS's client for the data folder in use; the database is made where it is missing."""
    folder = places.folder()
    with _clients_guard:
        if folder not in _clients:
            from dbos import DBOSClient

            _clients[folder] = DBOSClient(system_database_url=database.queue_url())
        return _clients[folder]


def _jobs(found: Sequence[WorkflowStatus]) -> list[Job]:
    ids = [workflow.workflow_id for workflow in found]
    with database.records() as table:
        marks = ",".join("?" * len(ids))
        rows = {row["id"]: row for row in table.execute(f"SELECT * FROM job WHERE id IN ({marks})", ids)}
        finished: dict[str, list[str]] = {id: [] for id in ids}
        for row in table.execute(f"SELECT * FROM finished WHERE job IN ({marks}) ORDER BY picture", ids):
            finished[row["job"]].append(row["digest"])
    before: dict[str | None, tuple[list[int], float | None]] = {}
    for queue in {workflow.queue_name for workflow in found if workflow.status == "ENQUEUED"}:
        waiting = client().list_workflows(status="ENQUEUED", queue_name=queue, load_input=False, load_output=False)
        before[queue] = [workflow.priority or 0 for workflow in waiting], _running_left(queue)
    return [
        _job(
            workflow,
            rows.get(workflow.workflow_id, _UNNOTED),
            *before.get(workflow.queue_name, ([], None)),
            finished[workflow.workflow_id],
        )
        for workflow in found
    ]


def _running_left(queue: str | None) -> float | None:
    """Seconds left of what runs in a queue; 0 where nothing does, ``None`` where there is nothing to go by."""
    running = client().list_workflows(status="PENDING", queue_name=queue, load_input=False, load_output=False)
    if not running:
        return 0.0
    with database.records() as table:
        row = table.execute("SELECT seconds_left FROM job WHERE id = ?", (running[0].workflow_id,)).fetchone()
    return row["seconds_left"] if row else None


def _job(
    workflow: WorkflowStatus,
    row: Mapping[str, Any],
    waiting: list[int],
    running_left: float | None,
    finished: list[str],
) -> Job:
    """Put together what DBOS knows of a job and what the worker noted: its progress and the pictures it finished."""
    state = state_of(workflow)
    output = workflow.output if isinstance(workflow.output, Mapping) else {}
    recipe, problem = _recipe_of(workflow)
    error = output.get("error")
    if error:
        state = "failed"
    elif state == "cancelled":
        error = "This was cancelled." if finished else "This was cancelled, and no picture was made."
    elif state == "failed":
        error = _GAVE_UP if workflow.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED" else OUR_FAULT
    if error and finished:
        error = f"{error} {_kept(len(finished))}"
    assert workflow.created_at is not None
    queued = state == "queued"
    return Job(
        id=workflow.workflow_id,
        state=state,
        position=1 + sum(number < (workflow.priority or 0) for number in waiting) if queued else 0,
        stage="Waiting" if queued else row["stage"] or "Starting",
        step=row["step"],
        steps=row["steps"],
        picture=row["picture"],
        pictures=row["pictures"],
        seconds_left=row["seconds_left"] if state == "running" else None,
        preview=row["preview"],
        results=tuple(output.get("digests", () if state in ("queued", "running") else finished)),
        error=error,
        attempts=min(workflow.recovery_attempts or 0, MAX_ATTEMPTS),
        recipe=recipe,
        owner=workflow.authenticated_user or "",
        created=datetime.fromtimestamp(workflow.created_at / 1000, UTC),
        problem=problem,
        running_left=running_left if queued else None,
    )


def state_of(workflow: WorkflowStatus) -> State:
    """A job's state by what DBOS says of it."""
    return _STATES.get(workflow.status, "failed")


def _recipe_of(workflow: WorkflowStatus) -> tuple[Recipe | None, str]:
    """What a job was handed in with, or why that cannot be read. DBOS gives the bare text of what it cannot read."""
    handed_in: Any = workflow.input
    arguments = handed_in.get("args") if isinstance(handed_in, Mapping) else None
    text = arguments[0] if arguments else None
    return readable(text if isinstance(text, str) else "")


def _kept(number: int) -> str:
    """That what was finished of a job is not lost."""
    if number == 1:
        return "The picture that was finished before is kept."
    return f"The {number} pictures that were finished before are kept."
