"""Where the jobs keep what they need under ``BACKDROP_DATA``, and the small database that web and worker share.

jobs/queue.sqlite     DBOS's own tables: which jobs there are and what became of them
jobs/records.sqlite   ours: how far each job has come, and the history
jobs/worker.log       what the worker had to say, tracebacks among it
jobs/gate.lock, jobs/worker.lock, jobs/heartbeat, jobs/apps/   see :mod:`jobs.presence`
store/                photos, masks and results by digest, see :mod:`jobs.store`
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock

import models
from errors import BadInput

_BUSY_SECONDS = 30.0  # how long a writer waits for another, on a slow disk under load
_TABLES = """
CREATE TABLE IF NOT EXISTS job (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    stage TEXT NOT NULL DEFAULT '',
    step INTEGER NOT NULL DEFAULT 0,
    steps INTEGER NOT NULL DEFAULT 0,
    picture INTEGER NOT NULL DEFAULT 1,
    pictures INTEGER NOT NULL DEFAULT 1,
    seconds_left REAL,
    preview BLOB
);
CREATE TABLE IF NOT EXISTS finished (
    job TEXT NOT NULL,
    picture INTEGER NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (job, picture)
);
CREATE TABLE IF NOT EXISTS history (
    id TEXT PRIMARY KEY,
    visitor TEXT NOT NULL,
    created REAL NOT NULL,
    recipe TEXT NOT NULL,
    digest TEXT NOT NULL,
    thumbnail BLOB NOT NULL,
    UNIQUE (visitor, digest)
);
CREATE INDEX IF NOT EXISTS history_by_visitor ON history (visitor, created);
"""


def folder() -> Path:
    """``BACKDROP_DATA/jobs``, made where it is missing; raise :class:`BadInput` where it cannot be."""
    found = models.data_folder().resolve() / "jobs"
    try:
        (found / "apps").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{found} cannot be written: {error.strerror}; set BACKDROP_DATA.") from error
    return found


def log() -> Path:
    """The worker's log, whether or not it exists yet."""
    return models.data_folder().resolve() / "jobs" / "worker.log"


def queue_url() -> str:
    """The address of DBOS's database, which is made where it is missing."""
    database = folder() / "queue.sqlite"
    _prepare(database, "")
    return f"sqlite:///{database}"


@contextmanager
def records(write: bool = False) -> Iterator[sqlite3.Connection]:
    """One transaction on ``records.sqlite``; rows by column name.

    Args:
        write: take the write lock at once, so that what is read before writing still holds.
    """
    database = folder() / "records.sqlite"
    _prepare(database, _TABLES)
    connection = sqlite3.connect(database, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        # A power cut may lose the last progress, never the file.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    finally:
        connection.close()


_prepared: set[Path] = set()


def _prepare(database: Path, tables: str) -> None:
    """Make a database with its tables, once, in write-ahead mode: who reads never waits for who writes."""
    if database in _prepared and database.exists():
        return
    with FileLock(database.with_suffix(".lock")), closing(sqlite3.connect(database, timeout=_BUSY_SECONDS)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.executescript(tables)
    _prepared.add(database)
