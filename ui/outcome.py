"""What a result is: its pictures for the screen and the comparison with its photo, read from its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from errors import BadInput
from imaging import checks, provenance
from imaging.photo import Array, Photo, load
from imaging.placement import place
from imaging.subject import Subject
from jobs import store
from masks.expansion import rank
from recipe import Placement, Recipe
from ui import pictures, places, state

LONGEST_NOTE, MOST_NOTES = 500, 20  # characters, sentences


@dataclass(frozen=True, eq=False)
class Before:
    """The photo that a picture was made from: a JPEG for the screen, and its own size in pixels."""

    jpeg: bytes
    size: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Outcome:
    """A finished picture, read back from its own file.

    Attributes:
        before: the photo; ``None`` where it is gone, or the picture was made from words alone.
        after: a JPEG for the screen.
        share: of the subject that is kept exactly, 0..1; ``None`` without a subject.
        kept: pixels that had to stay as they were.
        changed: how many of them did not.
        expansion: how much the subject grew in a generated background, over its area; ``None`` where not measured.
        resampled: the subject is compared with the photo's scaled or turned one.
        notes: what was to be said when it was made, in sentences.
    """

    digest: str
    recipe: Recipe
    size: tuple[int, int]
    before: Before | None
    after: bytes
    share: float | None
    kept: int
    changed: int
    resampled: bool
    expansion: float | None
    has_selection: bool
    notes: tuple[str, ...]


def outcome(digest: str) -> Outcome:
    """What the picture of that digest is; raises :class:`BadInput` where it is gone."""
    return state.remember("outcome", digest, lambda: _opened(digest))


def _opened(digest: str) -> Outcome:
    with places.spinner("Opening the picture at full size …"):  # a large one takes seconds
        return _read(digest)


def _read(digest: str) -> Outcome:
    data = store.default().get(digest)
    picture, made = load(data, "the result"), provenance.read(data, "the result")
    recipe = Recipe.from_json(made.recipe)
    before, share, kept, changed = None, None, 0, 0
    photo = _photo_of(recipe)
    placed, alpha, resampled = _placed(photo, recipe, made.selection)
    if photo is not None and placed is not None and alpha is not None and placed.size == picture.size:
        share, kept = checks.protected_share(alpha), int(np.count_nonzero(alpha == 255))
        changed = checks.changed_subject_pixels(placed.pixels, with_alpha(picture), alpha)
        before = Before(pictures.stage(photo), photo.size)
    return Outcome(
        digest=digest,
        recipe=recipe,
        size=picture.size,
        before=before,
        after=pictures.shown(picture),
        share=share,
        kept=kept,
        changed=changed,
        resampled=resampled,
        expansion=_expansion(made),
        has_selection=made.selection is not None,
        notes=_notes(made),
    )


def _placed(photo: Photo | None, recipe: Recipe, alpha: Array | None) -> tuple[Photo | None, Array | None, bool]:
    """The photo and the selection as they stand in the picture, and whether they are resampled for it."""
    if photo is None or alpha is None or recipe.placement == Placement():
        return photo, alpha, False
    placed = place(Subject.of(photo, alpha), recipe.placement)
    return placed.subject.photo, placed.subject.alpha, placed.resampled


def full_before(found: Outcome) -> Photo:
    """The photo at full size; raises :class:`BadInput` where it is gone."""
    photo = _photo_of(found.recipe)
    if photo is None:
        raise BadInput("The photo is no longer on this machine.")
    return photo


def full_after(found: Outcome) -> Photo:
    """The picture at full size; raises :class:`BadInput` where it is gone."""
    return state.remember("full", found.digest, lambda: load(store.default().get(found.digest), "the result"))


def best_first(digests: Sequence[str]) -> list[str]:
    """The pictures of one request, those first in which the subject grew least."""

    def grown(digest: str) -> float:
        try:
            return rank(_expansion(provenance.read(store.default().get(digest), "the result")))
        except BadInput:
            return rank(None)

    return sorted(digests, key=grown) if len(digests) > 1 else list(digests)


def _expansion(made: provenance.Provenance) -> float | None:
    found = made.environment.get("expansion")
    return float(found) if isinstance(found, (int, float)) else None


def _notes(made: provenance.Provenance) -> tuple[str, ...]:
    found = made.environment.get("notes")  # from a file that may have been made anywhere
    return tuple(str(note)[:LONGEST_NOTE] for note in found[:MOST_NOTES]) if isinstance(found, list) else ()


def with_alpha(picture: Photo) -> Array:
    """``(H, W, 3)``, or ``(H, W, 4)`` where the picture is transparent, in the picture's type."""
    if picture.alpha is None:
        return picture.pixels
    depth = np.iinfo(picture.pixels.dtype).max // 255
    return np.dstack([picture.pixels, picture.alpha.astype(picture.pixels.dtype) * depth])


def _photo_of(recipe: Recipe) -> Photo | None:
    """The photo of a recipe: the one on the workspace, or from the store; ``None`` where it is gone."""
    if recipe.photo is None:
        return None
    if recipe.photo == state.workspace().photo:
        return state.photo()
    try:
        return load(store.default().get(recipe.photo), "the photo")
    except BadInput:
        return None
