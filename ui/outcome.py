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


@dataclass(frozen=True, eq=False)
class Outcome:
    """A finished picture, read back from its own file.

    Attributes:
        photo: what it was made from; ``None`` where it was made from words alone, or the photo is gone.
        before, after: JPEGs for the screen.
        share: of the subject that is kept exactly, 0..1; ``None`` without a subject.
        kept: pixels that had to stay as they were.
        changed: how many of them did not.
        expansion: how much the subject grew in a generated background, over its area; ``None`` where not measured.
        resampled: the subject is compared with the photo's scaled or turned one.
    """

    digest: str
    recipe: Recipe
    size: tuple[int, int]
    before: bytes | None
    after: bytes
    share: float | None
    kept: int
    changed: int
    resampled: bool
    expansion: float | None
    has_selection: bool


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
    photo, alpha, resampled = _placed(recipe, made.selection)
    if photo is not None and alpha is not None and photo.size == picture.size:
        share, kept = checks.protected_share(alpha), int(np.count_nonzero(alpha == 255))
        changed = checks.changed_subject_pixels(photo.pixels, with_alpha(picture), alpha)
        before = pictures.stage(photo) if recipe.placement == Placement() else pictures.shown(photo)
    after = pictures.shown(picture)
    has_selection = made.selection is not None
    return Outcome(
        digest, recipe, picture.size, before, after, share, kept, changed, resampled, _expansion(made), has_selection
    )


def _placed(recipe: Recipe, alpha: Array | None) -> tuple[Photo | None, Array | None, bool]:
    """The photo and the selection as they stand in the picture, and whether they are resampled for it."""
    photo = _photo_of(recipe)
    if photo is None or alpha is None or recipe.placement == Placement():
        return photo, alpha, False
    placed = place(Subject.of(photo, alpha), recipe.placement)
    return placed.subject.photo, placed.subject.alpha, placed.resampled


def full_before(found: Outcome) -> Photo:
    """The photo at full size as it stands in the picture; raises :class:`BadInput` where it is gone."""

    def make() -> Photo:
        made = provenance.read(store.default().get(found.digest), "the result")
        photo, _, _ = _placed(found.recipe, made.selection)
        if photo is None:
            raise BadInput("The photo is no longer on this machine.")
        return photo

    plain = found.recipe.placement == Placement()
    return make() if plain else state.remember("full before", found.digest, make)


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
