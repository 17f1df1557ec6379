"""What a visitor deletes is gone at once: a photo, a result, or everything of theirs.

A file of the store is shared by whoever handed in the same bytes, so it goes with the last visitor who has it.
"""

from __future__ import annotations

import sqlite3
import time

from errors import BadInput
from jobs import database, queue, store
from jobs.owner import owner_id
from jobs.references import has_any, named_by, references, without


def remove(visitor: str, digest: str) -> bool:
    """Delete a photo or a result of a visitor's.

    Its entry in the history goes, too, and their workspaces name it no longer. Results that were made from a photo stay
    when the photo goes.

    Returns:
        Whether the file is gone; another visitor may have the same.

    Raises:
        BadInput: a picture is being made from it.
    """
    if not has_any():
        return store.default().remove(digest) > 0
    owner = owner_id(visitor)
    with database.records(write=True) as table:  # nothing is handed in or saved meanwhile
        if any(job.owner == owner and digest in job.digests for job in queue.unfinished()):
            raise BadInput("A picture is being made from this; let it finish or cancel it, then delete this.")
        table.execute("DELETE FROM history WHERE owner = ? AND digest = ?", (owner, digest))
        for kind in ("draft", "shared"):
            for row in table.execute(f"SELECT rowid, content FROM {kind} WHERE owner = ?", (owner,)).fetchall():
                content = without(row["content"], digest)
                table.execute(f"UPDATE {kind} SET content = ? WHERE rowid = ?", (content, row["rowid"]))
        table.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?, ?)", (owner, digest, time.time()))
        gone = _delete(table, owner, {digest})
    return digest in gone


def remove_everything(visitor: str) -> int:
    """Delete all that is kept of a visitor: jobs, history, workspaces and files; return how many files are gone."""
    if not has_any():
        return 0
    owner = owner_id(visitor)
    with database.records(write=True) as table:
        named = named_by(table, owner)
        queue.take_out(table, [job.id for job in queue.handed_in_by(owner)])
        for kind in ("history", "draft", "shared", "deleted", "named_before"):
            table.execute(f"DELETE FROM {kind} WHERE owner = ?", (owner,))
        gone = _delete(table, owner, named)
    database.forget_deleted()
    return len(gone)


def _delete(table: sqlite3.Connection, owner: str, digests: set[str]) -> set[str]:
    """Delete those files that no other owner's things name."""
    named = references(table, time.time())
    gone = {digest for digest in digests if not named.owners.get(digest, set()) - {owner}}
    for digest in gone:
        store.default().remove(digest)
    return gone
