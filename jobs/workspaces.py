"""What each visitor works on, kept so that a reload, a restart or a second tab loses nothing.

    load(visitor, tab)                          -> Workspace    the tab's own, or what the visitor worked on last
    save(visitor, workspace, draft=..., shared=...)  -> Workspace    the next revision
    touch(visitor, workspace)                                   it is still open

A workspace has two parts, both plain JSON that this module does not look into:

- the **draft**, which belongs to one tab: its settings. Every tab has a row of its own with a revision, so no tab
  writes over what another set. A tab that was duplicated has the row of the first: the second to save is refused with
  :class:`WorkspaceChanged` and continues with a row of its own (:func:`fork`).
- what is **shared** by all tabs of the visitor: lists by name, such as the results. A save adds what this tab added and
  takes out what it took out, whatever other tabs did to the list meanwhile.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from errors import StudioError
from jobs import database
from jobs.owner import owner_id

MOST_DRAFTS = 8  # of one visitor; beyond that the one not seen for longest goes
MOST_SHARED = 200  # items of one shared list
TOUCH_EVERY = 600.0  # seconds between two notes that a workspace is open

Json = Mapping[str, JsonValue]
Shared = Mapping[str, list[JsonValue]]


class WorkspaceChanged(StudioError):
    """The draft was saved by another tab of the same name since it was loaded."""


@dataclass(frozen=True)
class Workspace:
    """A workspace as one tab last loaded or saved it.

    Attributes:
        tab: whose draft it is; an opaque name that a tab keeps over a reload.
        revision: how often the draft was saved; 0 = never, then it exists only here.
        draft: the tab's own settings.
        shared: the lists that all tabs of the visitor share, as this tab knows them.
        seen: when the tab was last noted as open, in seconds since 1970.
    """

    tab: str
    revision: int = 0
    draft: Json = field(default_factory=dict)
    shared: Shared = field(default_factory=dict)
    seen: float = 0.0


def new_tab() -> str:
    """A name for a tab that has none yet."""
    return secrets.token_hex(8)


def fork(workspace: Workspace) -> Workspace:
    """The same workspace as one of its own, after :class:`WorkspaceChanged`."""
    return replace(workspace, tab=new_tab(), revision=0)


def load(visitor: str, tab: str = "") -> Workspace:
    """The workspace of a visitor's tab; for a tab that has none, a new one that begins as the one last worked on.

    A draft that is no JSON counts as none. Makes nothing where nothing was ever saved.
    """
    if not database.has_records():
        return Workspace(tab or new_tab())
    owner = owner_id(visitor)
    with database.records() as table:
        shared = _shared(table, owner)
        rows = table.execute("SELECT * FROM draft WHERE owner = ? ORDER BY tab = ? DESC, seen DESC", (owner, tab))
        for row in rows:
            draft = _object(row["content"])
            if draft is None:
                continue
            if row["tab"] == tab:
                return Workspace(tab, row["revision"], draft, shared, row["seen"])
            return Workspace(new_tab(), 0, draft, shared)
    return Workspace(new_tab(), 0, {}, shared)


def save(visitor: str, workspace: Workspace, draft: Json, shared: Shared) -> Workspace:
    """Write a tab's draft down as the revision after ``workspace``'s, and merge what it shares.

    Args:
        visitor: whose workspace.
        workspace: as this tab last loaded or saved it.
        draft: the settings now.
        shared: the shared lists now, as far as this tab knows them. What another tab added stays.

    Raises:
        WorkspaceChanged: the draft is at another revision; nothing was written. Save :func:`fork` of it instead.
    """
    owner, now = owner_id(visitor), time.time()
    content = json.dumps(draft)
    with database.records(write=True) as table:
        found = table.execute(
            "SELECT revision, content FROM draft WHERE owner = ? AND tab = ?", (owner, workspace.tab)
        ).fetchone()
        if (found["revision"] if found else 0) != workspace.revision:
            raise WorkspaceChanged("This page is open in another tab, which changed it meanwhile.")
        values = owner, workspace.tab, workspace.revision + 1, content, now
        table.execute("INSERT OR REPLACE INTO draft VALUES (?, ?, ?, ?, ?)", values)
        stored = _shared(table, owner)
        merged = {
            name: merge(workspace.shared.get(name, []), shared.get(name, []), stored.get(name, []))[:MOST_SHARED]
            for name in {**stored, **shared}
        }
        table.execute("INSERT OR REPLACE INTO shared VALUES (?, ?)", (owner, json.dumps(merged)))
        gone = table.execute(
            "DELETE FROM draft WHERE owner = ?1 AND tab NOT IN "
            "(SELECT tab FROM draft WHERE owner = ?1 ORDER BY seen DESC, rowid DESC LIMIT ?2) RETURNING content",
            (owner, MOST_DRAFTS),
        ).fetchall()
        before = [row["content"] for row in (*gone, *([found] if found else []))]
        dropped = database.digests_in(" ".join(before)) - database.digests_in(content)
        table.executemany(
            "INSERT OR REPLACE INTO named_before VALUES (?, ?, ?)", [(owner, digest, now) for digest in dropped]
        )
    return Workspace(
        workspace.tab,
        workspace.revision + 1,
        json.loads(content),
        {name: [*items] for name, items in shared.items()},
        now,
    )


def touch(visitor: str, workspace: Workspace) -> Workspace:
    """Note that a workspace is open, so that what it needs is kept; costs nothing when that was noted a moment ago."""
    now = time.time()
    if workspace.revision == 0 or now - workspace.seen < TOUCH_EVERY:
        return workspace
    with database.records(write=True) as table:
        table.execute("UPDATE draft SET seen = ? WHERE owner = ? AND tab = ?", (now, owner_id(visitor), workspace.tab))
    return replace(workspace, seen=now)


def merge(base: list[JsonValue], mine: list[JsonValue], theirs: list[JsonValue]) -> list[JsonValue]:
    """Both sides' changes to a list: mine first, then what they added; what one side took out stays out."""
    kept = [item for item in mine if item in theirs or item not in base]
    return kept + [item for item in theirs if item not in mine and item not in base]


def _shared(table: sqlite3.Connection, owner: str) -> dict[str, list[JsonValue]]:
    row = table.execute("SELECT content FROM shared WHERE owner = ?", (owner,)).fetchone()
    found = _object(row["content"]) if row else None
    return {name: items for name, items in (found or {}).items() if isinstance(items, list)}


def _object(text: str) -> dict[str, JsonValue] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
