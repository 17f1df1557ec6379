"""Carry out the recipe inside a result's file again: the same pixels on the same machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import main
import models
from backdrops import ImageBackdrop, OnProgress, ReadInput, kind_of
from errors import BadInput
from imaging import provenance
from imaging.clean_copy import clean_copy
from imaging.photo import Photo, digest_of, load
from imaging.pose import frame_of
from imaging.provenance import Provenance
from masks import Selection
from recipe import MaskRecipe, Recipe
from tasks import Result


def replay(
    data: bytes,
    name: str,
    photo: Photo | None,
    read: ReadInput,
    on_progress: OnProgress | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Result:
    """Carry out the recipe inside a result's file again.

    Args:
        data: the result file's bytes.
        name: what to call it in messages.
        photo: the photo, handed in again; ``None`` takes it from ``files`` or ``read``, where the recipe has one.
        read: gives inputs by digest; those that are handed in or that the file carries itself are not asked for.
        on_progress: as in :func:`main.run`.
        files: inputs handed in again: file contents by what to call them in messages.

    Raises:
        BadInput: the file carries no recipe, an input is missing, or a file handed in is none of the inputs.
    """
    made = provenance.read(data, name)
    recipe = Recipe.from_json(made.recipe)
    kind_of(recipe.backdrop).require(recipe.task)
    if recipe.photo is not None and photo is None:
        photo = _find_photo(recipe.photo, name, read, files or {})
    held = {**made.inputs, **_match_inputs(recipe, name, photo, files or {})}
    selection = None
    if recipe.photo is not None:
        _read_missing(recipe, made, name, held, read)
        if made.selection is not None:
            selection = selection_of(made, name, photo)
    (again,) = main.run(recipe, photo, held.__getitem__, on_progress, selection)
    return _note_revision_changes(again, made)


def selection_of(made: Provenance, name: str, photo: Photo | None) -> Selection:
    """The selection that a result's file carries, and which networks found it.

    Raises:
        BadInput: it is not of the photo's size.
    """
    assert made.selection is not None
    if photo is not None and made.selection.shape != photo.pixels.shape[:2]:
        raise BadInput(f"The selection in {name} does not fit its photo; the file was changed.")
    found_by = [id for id in made.environment.get("models", {}) if isinstance(id, str)]
    return Selection(made.selection, tuple(id for id in found_by if id in models.MODELS))


def _find_photo(digest: str, name: str, read: ReadInput, files: Mapping[str, bytes]) -> Photo:
    handed_in = {digest_of(content): content for content in files.values()}
    try:
        return load(handed_in.get(digest) or read(digest), "the photo")
    except BadInput as error:
        raise BadInput(f"The photo of {name} is not in the store; hand it in with --photo.") from error


def _match_inputs(recipe: Recipe, name: str, photo: Photo | None, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that were handed in, by the digests under which the recipe names them; refuse one that it does not."""
    if not files:
        return {}
    wanted = {digest: what for what, digest in main.inputs(recipe)}
    found: dict[str, bytes] = {}
    for file, content in files.items():
        copies = ((digest_of(copy), copy) for copy in _copies(recipe, photo, content))
        match = next((pair for pair in copies if pair[0] in wanted), None)
        if match is None:
            listed = _listed([f"the {what} {digest[:12]}" for digest, what in wanted.items()] or ["no file"])
            raise BadInput(f"{file} is not what {name} was made with; that takes {listed}.")
        found[match[0]] = match[1]
    return found


def _copies(recipe: Recipe, photo: Photo | None, content: bytes) -> Iterator[bytes]:
    """A file as it is, then as a backdrop picture is stored: cut to the frame at once, or once more later."""
    yield content
    if not isinstance(recipe.backdrop, ImageBackdrop) or photo is None:
        return
    try:
        picture = load(content)
    except BadInput:
        return
    frame, fit = frame_of(photo.size, recipe.placement), recipe.backdrop.fit
    yield clean_copy(picture, frame, fit)
    whole = clean_copy(picture)
    yield whole
    yield clean_copy(load(whole), frame, fit)


def _read_missing(recipe: Recipe, made: Provenance, name: str, held: dict[str, bytes], read: ReadInput) -> None:
    """Put into ``held`` what the work still takes; refuse before it begins, naming all that is missing."""
    if made.selection is not None:  # then nothing is asked about the mask
        recipe = recipe.model_copy(update={"mask": MaskRecipe()})
    missing = []
    for what, digest in main.inputs(recipe):
        if digest in held or digest == recipe.photo:
            continue
        try:
            held[digest] = read(digest)
        except BadInput:
            missing.append(f"the {what} {digest[:12]}")
    if missing:
        them = "it" if len(missing) == 1 else "them"
        raise BadInput(f"The store lacks {_listed(missing)} of {name}; hand {them} in with --input.")


def _listed(things: list[str]) -> str:
    *most, last = things
    return f"{', '.join(most)} and {last}" if most else last


def _note_revision_changes(again: Result, made: Provenance) -> Result:
    """Note where a generating model is not the one of the first time: then the pixels differ, too."""
    before = made.environment.get("models", {})
    for id, now in again.report["models"].items():
        if id in models.denoisers() and before.get(id) not in (None, now):
            again.report["notes"].append(f"It was made with revision {before[id]} of {id}; here is {now}.")
    return again
