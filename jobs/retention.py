"""How long things are kept: the worker carries this out while it works, and ``python main.py clean`` at once.

    clean()    -> Cleaned   delete what is too old or too much
    used()     -> Used      how much there is
    policy()   -> str       the rules in force, for people

Two rules, whichever bites first:

- **age**: what nobody used for ``BACKDROP_KEEP_DAYS``: entries of the history, workspaces, finished jobs, and files of
  the store that nothing names any more and nobody handed in again.
- **size**: beyond ``BACKDROP_KEEP_GB`` files go, those that nothing names first, then the least recently used.

Never taken: what a waiting or running job needs, what an open workspace needs, and what was handed in a moment ago.
Models are not counted.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace

from jobs import database, places, queue, settings, store
from jobs.references import References, has_any, references
from jobs.store import Kept

log = logging.getLogger("backdrop.retention")

EVERY = 600.0  # seconds between two rounds of the worker's
JUST_NOW = 600.0  # seconds for which a file is left alone that was handed in, whether or not anything names it yet
_BATCH = 200  # files that are deleted behind one lock; whoever hands something in waits no longer than that


@dataclass(frozen=True)
class Used:
    """How much is kept, in bytes."""

    store: int = 0
    records: int = 0

    @property
    def total(self) -> int:
        return self.store + self.records


@dataclass(frozen=True)
class Cleaned:
    """What was deleted, or would be.

    Attributes:
        entries: of the history.
        workspaces: of tabs.
        jobs: finished ones, with all that was noted of them.
        files: of the store, of ``size`` bytes together.
        left: bytes that are kept.
    """

    entries: int = 0
    workspaces: int = 0
    jobs: int = 0
    files: int = 0
    size: int = 0
    left: int = 0

    def __str__(self) -> str:
        return (
            f"files: {self.files} of {self.size / 1e6:.1f} MB, entries of the history: {self.entries}, "
            f"workspaces: {self.workspaces}, finished jobs: {self.jobs}; {self.left / 1e6:.1f} MB are left"
        )


def policy() -> str:
    """The rules in force in one sentence."""
    days, size = settings.keep_seconds() / 86_400, settings.keep_bytes() / 1e9
    age = "however old it is" if days == float("inf") else f"for {days:g} days after its last use"
    most = "without a limit" if size == float("inf") else f"up to {size:g} GB in all"
    return f"kept {age}, {most}"


def used() -> Used:
    """How much is kept now. Makes nothing."""
    records = 0
    for path in places.log().parent.glob("*.sqlite*"):
        with suppress(FileNotFoundError):
            records += path.stat().st_size
    return Used(store.default().size(), records)


def clean(dry_run: bool = False, now: float | None = None) -> Cleaned:
    """Delete what is kept no longer.

    Args:
        dry_run: only say what would be deleted.
        now: in seconds since 1970, for tests.

    Raises:
        BadInput: a setting is none.
    """
    now = time.time() if now is None else now
    since = now - settings.keep_seconds()
    rows = _forget(since, dry_run) if has_any() else Cleaned()
    return _delete_files(rows, now, since, dry_run)


def _forget(since: float, dry_run: bool) -> Cleaned:
    """The rows that nobody used since then."""
    jobs = queue.finished_before(since)
    with database.records(write=not dry_run) as table:
        entries = table.execute("SELECT count(*) FROM history WHERE created < ?", (since,)).fetchone()[0]
        workspaces = table.execute("SELECT count(*) FROM draft WHERE seen < ?", (since,)).fetchone()[0]
        if not dry_run:
            table.execute("DELETE FROM history WHERE created < ?", (since,))
            table.execute("DELETE FROM draft WHERE seen < ?", (since,))
            table.execute("DELETE FROM deleted WHERE at < ?", (since,))
            table.execute("DELETE FROM named_before WHERE at < ?", (since,))
            table.execute("DELETE FROM shared WHERE owner NOT IN (SELECT owner FROM draft)")
            queue.take_out(table, jobs)
            running = [job.id for job in queue.unfinished()]
            marks = ",".join("?" * len(running))
            table.execute(f"UPDATE job SET preview = NULL WHERE preview NOTNULL AND id NOT IN ({marks})", running)
    return Cleaned(entries=entries, workspaces=workspaces, jobs=len(jobs))


def _delete_files(cleaned: Cleaned, now: float, since: float, dry_run: bool) -> Cleaned:
    files, total, kept = list(store.default().files()), used().total, store.default()
    while True:
        if dry_run or not has_any():
            chosen = _choose(files, _named(now, since), total, now, since)
            gone = chosen if dry_run else [file for file in chosen if kept.remove_unless_renewed(file)]
        else:
            with database.records(write=True) as table:  # nothing is handed in or saved meanwhile
                chosen = _choose(files, references(table, now, since), total, now, since)[:_BATCH]
                gone = [file for file in chosen if kept.remove_unless_renewed(file)]
        size = sum(file.size for file in gone)
        total -= size
        cleaned = replace(cleaned, files=cleaned.files + len(gone), size=cleaned.size + size, left=total)
        if dry_run or len(chosen) < _BATCH:
            return cleaned
        tried = set(chosen)
        files = [file for file in files if file not in tried]


def _named(now: float, since: float) -> References:
    if not has_any():
        return References()
    with database.records() as table:
        return references(table, now, since)


def _choose(files: list[Kept], named: References, total: int, now: float, since: float) -> list[Kept]:
    """The files to delete, in order."""
    free = [file for file in files if file.digest not in named.needed and file.put < now - JUST_NOW]
    old = [file for file in free if not file.digest or (file.digest not in named.used and file.put < since)]
    too_much = total - sum(file.size for file in old) - settings.keep_bytes()
    if too_much <= 0:
        return old
    taken = set(old)

    def last_use(file: Kept) -> tuple[bool, float]:
        return file.digest in named.used, max(file.put, named.used.get(file.digest, 0.0))

    for file in sorted((file for file in free if file not in taken), key=last_use):
        if too_much <= 0:
            break
        old.append(file)
        too_much -= file.size
    return old


def keep_cleaning(every: float = EVERY) -> threading.Thread:
    """Clean now and then as long as this process lives, in a thread of its own; what goes wrong is logged."""

    def rounds() -> None:
        while True:
            try:
                cleaned = clean()
                if cleaned.files or cleaned.entries or cleaned.workspaces or cleaned.jobs:
                    log.info("deleted %s", cleaned)
            except Exception:
                log.exception("cleaning")
            time.sleep(every)

    thread = threading.Thread(target=rounds, name="retention", daemon=True)
    thread.start()
    return thread
