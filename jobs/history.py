"""What each visitor made: a list that survives reloads and restarts, with a small picture of each entry.

A visitor is an opaque token that only their browser knows; nobody reads the history of another without it. It is
written down as an owner id (:mod:`jobs.owner`).
"""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from PIL import Image

from errors import BadInput
from imaging.photo import Array, opened, to_8_bit
from jobs import database, store
from jobs.owner import owner_id
from recipe import Recipe

THUMBNAIL = 256  # pixels, the longer side


@dataclass(frozen=True)
class Entry:
    """One picture that a visitor made.

    Attributes:
        created: when, UTC.
        recipe: what makes exactly this picture again; ``None`` where this Backdrop cannot read it.
        digest: the picture's file in the store.
        thumbnail: a WebP of at most 256 pixels a side with the picture's transparency, some kilobytes.
        problem: why there is no recipe, in one sentence. Such an entry can be looked at and removed.
    """

    id: str
    created: datetime
    recipe: Recipe | None
    digest: str
    thumbnail: bytes
    problem: str = ""


def record(visitor: str, recipe: Recipe, digest: str, small: bytes | None = None) -> str:
    """Keep a picture in the visitor's history and return the entry's id.

    A picture the visitor has there already moves to the top instead of standing there twice.

    Args:
        small: the picture's :func:`thumbnail`; left out, it is made from the file in the store.

    Raises:
        BadInput: the picture is not in the store.
    """
    owner, now = owner_id(visitor), time.time()
    with database.records(write=True) as table:
        again = "UPDATE history SET created = ? WHERE owner = ? AND digest = ? RETURNING id"
        known = table.execute(again, (now, owner, digest)).fetchone()
    if known:
        return str(known["id"])
    if small is None:
        with opened(store.default().get(digest), "the picture") as image:
            small = _thumbnail(image)
    with database.records(write=True) as table:
        (id,) = table.execute(
            "INSERT INTO history (id, owner, created, recipe, digest, thumbnail) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (owner, digest) DO UPDATE SET created = excluded.created RETURNING id",
            (str(uuid4()), owner, now, recipe.to_json(), digest, small),
        ).fetchone()
    return str(id)


def thumbnail(pixels: Array, icc: bytes | None) -> bytes:
    """The small picture of an entry, from a picture's own pixels: ``(H, W, 3)`` or ``(H, W, 4)``, uint8 or uint16."""
    image = Image.fromarray(to_8_bit(pixels))
    if icc:
        image.info["icc_profile"] = icc
    return _thumbnail(image)


def entries(visitor: str, limit: int = 50) -> list[Entry]:
    """The visitor's pictures, newest first, at most ``limit``. Makes nothing where nothing was ever written down."""
    if not database.has_records():
        return []
    with database.records() as table:
        rows = table.execute(
            "SELECT * FROM history WHERE owner = ? ORDER BY created DESC, rowid DESC LIMIT ?",
            (owner_id(visitor), limit),
        ).fetchall()
    return [_entry(row) for row in rows]


def _entry(row: Mapping[str, Any]) -> Entry:
    recipe, problem = readable(row["recipe"])
    created = datetime.fromtimestamp(row["created"], UTC)
    return Entry(row["id"], created, recipe, row["digest"], row["thumbnail"], problem)


def readable(text: str | bytes) -> tuple[Recipe | None, str]:
    """The recipe that was written down, or ``None`` and why this Backdrop cannot read it."""
    try:
        return Recipe.from_json(text), ""
    except BadInput as error:
        return None, f"Its settings were made by another Backdrop, or are damaged. {error}"


def _thumbnail(image: Image.Image) -> bytes:
    small = image.convert("RGBA" if "A" in image.getbands() else "RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()
