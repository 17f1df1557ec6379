"""Which files of the store are named by what, so that a file goes when nothing names it any more, and not before.

Files are shared by digest: two visitors who hand in the same photo have one file. What names a file: entries of the
history, drafts of workspaces and what tabs share, and jobs that are not finished.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass, field
from typing import Any

from jobs import database, queue
from jobs.database import brief, digests_in

WORKSPACE_OPEN = 3 * 3600.0  # seconds since a tab was last seen for which its workspace counts as open


@dataclass
class References:
    """Every digest that is named.

    Attributes:
        used: when what names it was last used, in seconds since 1970, the latest of all.
        needed: those that a job which is not finished or an open workspace names.
        owners: whose the things are that name it.
    """

    used: dict[str, float] = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)
    owners: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, digests: Set[str], owner: str, used: float, needed: bool = False) -> None:
        """Note that something of an owner's names these digests."""
        for digest in digests:
            self.used[digest] = max(used, self.used.get(digest, 0.0))
            self.owners[digest].add(owner)
        if needed:
            self.needed |= digests


def references(table: sqlite3.Connection, now: float, since: float = float("-inf")) -> References:
    """What is named now.

    Args:
        table: a transaction on the records; with the write lock, nothing is handed in or saved meanwhile.
        now: in seconds since 1970.
        since: leave out entries and workspaces that were not used since then.
    """
    found = References()
    deleted = {(row["owner"], row["digest"]): row["at"] for row in table.execute("SELECT * FROM deleted")}
    for row in table.execute("SELECT owner, created, digest, recipe FROM history WHERE created >= ?", (since,)):
        named = {row["digest"], *digests_in(_text(row["recipe"]))}
        held = {digest for digest in named if deleted.get((row["owner"], digest), 0.0) < row["created"]}
        found.add(held, row["owner"], row["created"])
    seen: dict[str, float] = {}
    for row in table.execute("SELECT owner, seen, content FROM draft WHERE seen >= ?", (since,)):
        seen[row["owner"]] = max(row["seen"], seen.get(row["owner"], 0.0))
        found.add(digests_in(_text(row["content"])), row["owner"], row["seen"], row["seen"] >= now - WORKSPACE_OPEN)
    for row in table.execute("SELECT owner, content FROM shared"):
        if row["owner"] in seen:
            found.add(digests_in(_text(row["content"])), row["owner"], seen[row["owner"]])
    for job in queue.unfinished():
        pictures = table.execute("SELECT digest FROM finished WHERE job = ?", (job.id,))
        found.add(job.digests | {row["digest"] for row in pictures}, job.owner, now, needed=True)
    return found


def named_by(table: sqlite3.Connection, owner: str) -> set[str]:
    """Every digest that something of an owner's names or named before, jobs that are finished among it."""
    rows = table.execute("SELECT digest FROM named_before WHERE owner = ?", (owner,))
    named = {row["digest"] for row in rows}
    for row in table.execute("SELECT digest, recipe FROM history WHERE owner = ?", (owner,)):
        named |= {row["digest"], *digests_in(_text(row["recipe"]))}
    for kind in ("draft", "shared"):
        for row in table.execute(f"SELECT content FROM {kind} WHERE owner = ?", (owner,)):
            named |= digests_in(_text(row["content"]))
    for job in queue.handed_in_by(owner):
        pictures = table.execute("SELECT digest FROM finished WHERE job = ?", (job.id,))
        named |= job.digests | {row["digest"] for row in pictures}
    return named


def without(content: str, digest: str) -> str:
    """A workspace's JSON with a digest taken out of its lists, null in its place elsewhere, and without what is kept
    under its beginning; other text as it is.
    """

    def cleared(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: cleared(item) for key, item in value.items() if key != brief(digest)}
        if isinstance(value, list):
            return [cleared(item) for item in value if item != digest]
        return None if value == digest else value

    try:
        return json.dumps(cleared(json.loads(content)))
    except ValueError:
        return content


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode(errors="replace")


def has_any() -> bool:
    """Whether there is anything that could name a file. Makes nothing."""
    return database.has_records() or database.has_queue()
