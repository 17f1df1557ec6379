"""``records.sqlite``, which page and worker share, and how it came to be as it is: its version and migrations.

A database says in ``PRAGMA user_version`` how many of :data:`MIGRATIONS` it has seen. The first use by a newer Backdrop
carries out the others, in order, in one transaction; never change one that was released, append another.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from errors import StudioError
from jobs import places
from jobs.owner import owner_id

_BUSY_SECONDS = 30.0  # how long a writer waits for another, on a slow disk under load

_DIGEST = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")

Step = str | Callable[[sqlite3.Connection], None]

_FIRST: tuple[Step, ...] = (
    """CREATE TABLE IF NOT EXISTS job (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        stage TEXT NOT NULL DEFAULT '',
        step INTEGER NOT NULL DEFAULT 0,
        steps INTEGER NOT NULL DEFAULT 0,
        picture INTEGER NOT NULL DEFAULT 1,
        pictures INTEGER NOT NULL DEFAULT 1,
        seconds_left REAL,
        preview BLOB
    )""",
    """CREATE TABLE IF NOT EXISTS finished (
        job TEXT NOT NULL,
        picture INTEGER NOT NULL,
        digest TEXT NOT NULL,
        PRIMARY KEY (job, picture)
    )""",
    """CREATE TABLE IF NOT EXISTS history (
        id TEXT PRIMARY KEY,
        visitor TEXT NOT NULL,
        created REAL NOT NULL,
        recipe TEXT NOT NULL,
        digest TEXT NOT NULL,
        thumbnail BLOB NOT NULL,
        UNIQUE (visitor, digest)
    )""",
    "CREATE INDEX IF NOT EXISTS history_by_visitor ON history (visitor, created)",
)
"""What there was before databases had a version."""


def _take_over_workspaces(connection: sqlite3.Connection) -> None:
    """A workspace's file is named by the digest of its visitor's token, as an owner id is."""
    for path in (places.data() / "desks").glob("*.json"):
        try:
            content = json.loads(path.read_bytes())
        except ValueError:
            continue  # damaged: nothing could be read from it before, either
        if isinstance(content, dict) and _DIGEST.fullmatch(path.stem):
            owner, results = f"owner:{path.stem}", content.get("results", [])
            values = owner, "file", 1, json.dumps(content), path.stat().st_mtime
            connection.execute("INSERT OR IGNORE INTO draft VALUES (?, ?, ?, ?, ?)", values)
            connection.execute("INSERT OR IGNORE INTO shared VALUES (?, ?)", (owner, json.dumps({"results": results})))


_OWNERS: tuple[Step, ...] = (
    "ALTER TABLE history RENAME COLUMN visitor TO owner",
    "UPDATE history SET owner = owner_id(owner)",
)
"""Tokens are written down as digests only."""

_DESKS: tuple[Step, ...] = (
    """CREATE TABLE draft (
        owner TEXT NOT NULL,
        tab TEXT NOT NULL,
        revision INTEGER NOT NULL,
        content TEXT NOT NULL,
        seen REAL NOT NULL,
        PRIMARY KEY (owner, tab)
    )""",
    "CREATE INDEX draft_by_time ON draft (owner, seen)",
    "CREATE TABLE shared (owner TEXT PRIMARY KEY, content TEXT NOT NULL)",
    _take_over_workspaces,
)
"""Workspaces were files, ``desks/DIGEST.json``, which two tabs wrote over each other."""

_DELETED: tuple[Step, ...] = (
    """CREATE TABLE deleted (
        owner TEXT NOT NULL,
        digest TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (owner, digest)
    )""",
)
"""Files that a visitor deleted: what was made from one before still names it, but holds it no longer."""

_ADDRESSES: tuple[Step, ...] = ("ALTER TABLE job ADD COLUMN address TEXT",)
"""The network address a job came from, as a keyed digest."""

_DOWNLOADS: tuple[Step, ...] = (
    """CREATE TABLE download (
        model TEXT PRIMARY KEY,
        job TEXT NOT NULL,
        done INTEGER NOT NULL,
        total INTEGER NOT NULL
    )""",
)
"""Models that the worker fetches, each by its last job."""

_NAMED_BEFORE: tuple[Step, ...] = (
    """CREATE TABLE named_before (
        owner TEXT NOT NULL,
        digest TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (owner, digest)
    )""",
)
"""Files that a visitor's workspaces name no longer, such as the photo before this one: theirs to delete as well."""

MIGRATIONS: tuple[tuple[Step, ...], ...] = (
    _FIRST,
    _OWNERS,
    _DESKS,
    _DELETED,
    _ADDRESSES,
    _DOWNLOADS,
    _NAMED_BEFORE,
)


@contextmanager
def records(write: bool = False) -> Iterator[sqlite3.Connection]:
    """One transaction on ``records.sqlite``; rows by column name.

    Args:
        write: take the write lock at once, so that what is read before writing still holds.

    Raises:
        StudioError: the database is of a newer Backdrop.
    """
    database = places.folder() / "records.sqlite"
    _prepare(database, migrate)
    with closing(_connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        # A power cut may lose the last progress, never the file.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")  # what a visitor deletes is overwritten, too
        with _transaction(connection, write):
            yield connection


def queue_url() -> str:
    """The address of DBOS's database, which is made where it is missing; what it holds of visitors are owner ids."""
    database = places.folder() / "queue.sqlite"
    _prepare(database, _migrate_queue)
    return f"sqlite:///{database}"


def has_queue() -> bool:
    """Whether anything was ever handed in. Makes nothing."""
    return (places.log().parent / "queue.sqlite").exists()


def has_records() -> bool:
    """Whether anything was ever written down. Makes nothing."""
    folder = places.log().parent
    return (folder / "records.sqlite").exists() or (folder.parent / "desks").exists()


def migrate(database: Path) -> None:
    """Bring a database to this Backdrop's version.

    Raises:
        StudioError: it is of a newer Backdrop.
    """
    with closing(_connect(database)) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise StudioError(
                f"{database} was written by a newer Backdrop; start that one, or set BACKDROP_DATA to another folder."
            )
        if version == len(MIGRATIONS):
            return
        connection.create_function("owner_id", 1, owner_id, deterministic=True)
        with _transaction(connection, write=True):
            for number, steps in enumerate(MIGRATIONS[version:], version + 1):
                for step in steps:
                    if isinstance(step, str):
                        connection.execute(step)
                    else:
                        step(connection)
                connection.execute(f"PRAGMA user_version = {number}")
        _forget_deleted(connection)
    shutil.rmtree(places.data() / "desks", ignore_errors=True)  # they were taken over


def _migrate_queue(database: Path) -> None:
    """DBOS brings its tables up to date itself; the tokens that an older Backdrop wrote into them become owner ids."""
    from dbos import DBOS

    DBOS.migrate(f"sqlite:///{database}")
    with closing(_connect(database)) as connection:
        connection.create_function("owner_id", 1, owner_id, deterministic=True)
        changed = connection.execute(
            "UPDATE workflow_status SET authenticated_user = owner_id(authenticated_user) "
            "WHERE authenticated_user > '' AND authenticated_user NOT LIKE 'owner:%'"
        ).rowcount
        if changed:
            _forget_deleted(connection)


def forget_deleted() -> None:
    """Leave nothing of what was deleted in the journal of the records."""
    with closing(_connect(places.folder() / "records.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # where others are reading, the next one does it


def _forget_deleted(connection: sqlite3.Connection) -> None:
    """Write the file anew, so that nothing of what was overwritten is left in its free pages or its journal."""
    connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _connect(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(database, timeout=_BUSY_SECONDS, isolation_level=None)


@contextmanager
def _transaction(connection: sqlite3.Connection, write: bool) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


_prepared: set[Path] = set()


def _prepare(database: Path, migrate: Callable[[Path], None]) -> None:
    """Make a database once, in write-ahead mode (who reads never waits for who writes), and bring it up to date."""
    if database in _prepared and database.exists():
        return
    with FileLock(database.with_suffix(".lock"), mode=places.PRIVATE_FILE):
        places.make_private_file(database)
        for suffix in ("-wal", "-shm"):
            with suppress(FileNotFoundError, PermissionError):  # they come and go with other connections
                database.with_name(database.name + suffix).chmod(places.PRIVATE_FILE)
        with closing(_connect(database)) as made:
            made.execute("PRAGMA journal_mode = WAL")
        migrate(database)
    _prepared.add(database)


def brief(digest: str) -> str:
    """The beginning of a digest: what stands for a file in a workspace without keeping it from being cleaned away."""
    return digest[:16]


def digests_in(text: str) -> set[str]:
    """Every digest that a text names, whatever the text is: a recipe, a workspace, also one that cannot be read."""
    return set(_DIGEST.findall(text))
