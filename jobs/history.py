"""What each visitor made: a list that survives reloads and restarts, with a small picture of each entry.

A visitor is an opaque token that only their browser knows; nobody reads the history of another without it.
"""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from PIL import Image

from jobs import places, store
from recipe import Recipe

THUMBNAIL = 256  # pixels, the longer side


@dataclass(frozen=True)
class Entry:
    """One picture that a visitor made.

    Attributes:
        created: when, UTC.
        recipe: what makes exactly this picture again.
        digest: the picture's file in the store.
        thumbnail: a WebP of at most 256 pixels a side with the picture's transparency, some kilobytes.
    """

    id: str
    created: datetime
    recipe: Recipe
    digest: str
    thumbnail: bytes


def record(visitor: str, recipe: Recipe, digest: str) -> str:
    """Keep a picture in the visitor's history and return the entry's id.

    A picture the visitor has there already moves to the top instead of standing there twice.

    Raises:
        BadInput: the picture is not in the store.
    """
    thumbnail = _thumbnail(store.default().get(digest))
    with places.records(write=True) as table:
        (id,) = table.execute(
            "INSERT INTO history (id, visitor, created, recipe, digest, thumbnail) VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (visitor, digest) DO UPDATE SET created = excluded.created RETURNING id",
            (str(uuid4()), visitor, time.time(), recipe.to_json(), digest, thumbnail),
        ).fetchone()
    return str(id)


def entries(visitor: str, limit: int = 50) -> list[Entry]:
    """The visitor's pictures, newest first, at most ``limit``."""
    with places.records() as table:
        rows = table.execute(
            "SELECT * FROM history WHERE visitor = ? ORDER BY created DESC, rowid DESC LIMIT ?", (visitor, limit)
        ).fetchall()
    return [
        Entry(
            id=row["id"],
            created=datetime.fromtimestamp(row["created"], UTC),
            recipe=Recipe.from_json(row["recipe"]),
            digest=row["digest"],
            thumbnail=row["thumbnail"],
        )
        for row in rows
    ]


def forget(visitor: str, id: str) -> None:
    """Take an entry of the visitor's out of the history. The file stays in the store, which others may share."""
    with places.records(write=True) as table:
        table.execute("DELETE FROM history WHERE visitor = ? AND id = ?", (visitor, id))


def _thumbnail(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        small = image.convert("RGBA" if "A" in image.getbands() else "RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()
