"""The core: a recipe and a photo in, a result out. ``python main.py`` hands over to the command line in ``cli/``.

    select(photo, mask, read)        -> Selection   find the subject
    run(recipe, photo, read)         -> Results     carry out a recipe; its tasks are in ``tasks.py``
    replay(data, name, photo, read)  -> Result      carry out the recipe inside a result's file again
    inputs(recipe)                   -> Iterator    what a recipe reads by digest

Nothing here knows of files, pages or jobs: inputs are read by digest through ``read``, results are values.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from PIL import Image

import masks
import models
import tasks
from errors import BadInput
from imaging import save
from imaging.geometry import Size
from imaging.photo import Array, Photo, digest_of, load
from masks import Selection
from recipe import GeneratedBackdrop, ImageBackdrop, MaskRecipe, Recipe
from tasks import OnProgress, OnResult, Progress, Read, Result, versions

__all__ = [
    "OnProgress",
    "OnResult",
    "Progress",
    "Read",
    "Result",
    "heat_map",
    "inputs",
    "overlay",
    "replay",
    "run",
    "select",
    "selection_of",
    "versions",
]

OVERLAY_COLOUR = (237, 28, 36)


def select(photo: Photo, mask: MaskRecipe, read: Read) -> Selection:
    """Find the subject of a photo as the mask recipe says; see :func:`masks.select`."""
    return masks.select(photo, mask, read)


def overlay(photo: Photo, selection: Selection) -> Image.Image:
    """The photo with red over everything that will be repainted; mode "RGB", the photo's size, sRGB."""
    from imaging.colour import to_srgb

    rgb = to_srgb(photo.rgb8, photo.icc)
    red = Image.new("RGB", photo.size, OVERLAY_COLOUR)
    strength = masks.to_repaint(selection).to_image().point(lambda value: value * 6 // 10)
    return Image.composite(red, Image.fromarray(rgb), strength)


def heat_map(photo: Photo, selection: Selection) -> Array:
    """How sure the networks were, ``(H, W)`` uint8 at the photo's size; black where no network was asked."""
    if selection.probability is None:
        return np.zeros(photo.pixels.shape[:2], np.uint8)
    scaled = cv2.resize(selection.probability, photo.size, interpolation=cv2.INTER_LINEAR)
    return np.clip(scaled * 255 + 0.5, 0, 255).astype(np.uint8)


def run(
    recipe: Recipe,
    photo: Photo | None,
    read: Read,
    on_progress: OnProgress | None = None,
    selection: Selection | None = None,
    on_result: OnResult | None = None,
) -> tuple[Result, ...]:
    """Carry out a recipe.

    Args:
        recipe: what to do.
        photo: the photo whose digest the recipe names; ``None`` where it names none.
        read: gives the bytes of the other inputs the recipe names.
        on_progress: called before every step that takes time; it may raise :class:`Cancelled` to stop there.
        selection: what :func:`select` gave for the recipe's mask before, so that it is not looked for again.
        on_result: called with each picture as soon as it is finished, before the next one is begun.

    Returns:
        One result per picture asked for, each with the recipe that makes it alone.

    Raises:
        StudioError: something a person can mend; what ``on_result`` was given before is finished.
    """
    started = time.perf_counter()
    tell = on_progress or _tell_nobody
    _can_paint(recipe)
    if recipe.task == "create":
        return tasks.create(recipe, tell, started, on_result)
    photo = _same_photo(recipe, photo)
    if selection is None:
        tell(Progress("Finding the subject"))
        selection = select(photo, recipe.mask, read)
    return tasks.background(recipe, photo, selection, read, tell, started, on_result)


def inputs(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What a recipe reads by digest, the photo first: (what it is, its digest)."""
    if recipe.photo:
        yield "photo", recipe.photo
    if recipe.mask.strokes:
        yield "touch-up", recipe.mask.strokes
    for layer in recipe.mask.layers:
        _, options = masks.options_of(layer.source)
        for name, field in type(options).model_fields.items():
            extra = field.json_schema_extra
            if isinstance(extra, dict) and "input" in extra:
                yield str(extra["input"]), getattr(options, name)
    if isinstance(recipe.backdrop, ImageBackdrop):
        yield "backdrop picture", recipe.backdrop.digest


def replay(
    data: bytes,
    name: str,
    photo: Photo | None,
    read: Read,
    on_progress: OnProgress | None = None,
    given: Mapping[str, bytes] | None = None,
) -> Result:
    """Carry out the recipe inside a result's file again; the same pixels on the same machine.

    Args:
        data: the result file's bytes.
        name: what to call it in messages.
        photo: the photo, handed in again; ``None`` takes it from ``given`` or ``read``, where the recipe has one.
        read: gives inputs by digest; those that are handed in or that the file carries itself are not asked for.
        on_progress: as in :func:`run`.
        given: inputs handed in again: file contents by what to call them in messages.

    Raises:
        BadInput: the file carries no recipe, an input is not to be had, or a file handed in is none of the inputs.
    """
    started = time.perf_counter()
    tell = on_progress or _tell_nobody
    made = save.read_made(data, name)
    recipe = Recipe.from_json(made.recipe)
    _can_paint(recipe)
    if recipe.photo is None:
        _handed_in(recipe, name, None, given or {})
        return _said_of_model(tasks.create(recipe, tell, started)[0], made)
    if photo is None:
        again = {digest_of(content): content for content in (given or {}).values()}
        try:
            photo = load(again.get(recipe.photo) or read(recipe.photo), "the photo")
        except BadInput as error:
            raise BadInput(f"The photo of {name} is not in the store; hand it in with --photo.") from error
    photo = _same_photo(recipe, photo)
    held = {**made.inputs, **_handed_in(recipe, name, photo, given or {})}
    _fetch_missing(recipe, made, name, held, read)
    if made.selection is None:
        selection = select(photo, recipe.mask, held.__getitem__)
    elif made.selection.shape != photo.pixels.shape[:2]:
        raise BadInput(f"The selection in {name} does not fit its photo; the file was changed.")
    else:
        selection = selection_of(made)
    return _said_of_model(tasks.background(recipe, photo, selection, held.__getitem__, tell, started)[0], made)


def selection_of(made: save.Made) -> Selection:
    """The selection that a result's file carries, and which networks found it."""
    assert made.selection is not None
    found_by = [id for id in made.with_.get("models", {}) if isinstance(id, str)]
    return Selection(made.selection, tuple(id for id in found_by if id in models.MODELS))


def _handed_in(recipe: Recipe, name: str, photo: Photo | None, given: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files that were handed in, by the digests under which the recipe names them; refuse one that it does not."""
    if not given:
        return {}
    wanted = {digest: what for what, digest in inputs(recipe)}
    found: dict[str, bytes] = {}
    for file, content in given.items():
        copies = ((digest_of(copy), copy) for copy in _copies(recipe, photo, content))
        match = next((pair for pair in copies if pair[0] in wanted), None)
        if match is None:
            listed = _listed([f"the {what} {digest[:12]}" for digest, what in wanted.items()] or ["no file"])
            raise BadInput(f"{file} is not what {name} was made with; that takes {listed}.")
        found[match[0]] = match[1]
    return found


def _copies(recipe: Recipe, photo: Photo | None, content: bytes) -> Iterator[bytes]:
    """A file as it is, then as a backdrop picture is taken in: cut to the frame at once, or once more later."""
    yield content
    if not isinstance(recipe.backdrop, ImageBackdrop) or photo is None:
        return
    try:
        picture = load(content)
    except BadInput:
        return
    frame, fit = Size(*photo.size), recipe.backdrop.fit
    yield save.clean_copy(picture, frame, fit)
    whole = save.clean_copy(picture)
    yield whole
    yield save.clean_copy(load(whole), frame, fit)


def _fetch_missing(recipe: Recipe, made: save.Made, name: str, held: dict[str, bytes], read: Read) -> None:
    """Put into ``held`` what the work still takes; refuse before it begins, naming all that is not to be had."""
    if made.selection is not None:  # then nothing is asked about the mask
        recipe = recipe.model_copy(update={"mask": MaskRecipe()})
    lost = []
    for what, digest in inputs(recipe):
        if digest in held or digest == recipe.photo:
            continue
        try:
            held[digest] = read(digest)
        except BadInput:
            lost.append(f"the {what} {digest[:12]}")
    if lost:
        them = "it" if len(lost) == 1 else "them"
        raise BadInput(f"The store lacks {_listed(lost)} of {name}; hand {them} in with --input.")


def _listed(things: list[str]) -> str:
    *most, last = things
    return f"{', '.join(most)} and {last}" if most else last


def _tell_nobody(progress: Progress) -> None:
    pass


def _can_paint(recipe: Recipe) -> None:
    """Refuse before any work is done where the model that is to paint is not here or not made for it."""
    if isinstance(recipe.backdrop, GeneratedBackdrop):
        models.require(recipe.backdrop.model, recipe.task)


def _same_photo(recipe: Recipe, photo: Photo | None) -> Photo:
    if photo is None or recipe.photo != photo.digest:
        raise BadInput(
            f"This is not the photo of the recipe, which begins with {(recipe.photo or '')[:12]}; hand in that one."
        )
    return photo


def _said_of_model(again: Result, made: save.Made) -> Result:
    """Note where the painting model is not the one of the first time: then the pixels differ, too."""
    if isinstance(again.recipe.backdrop, GeneratedBackdrop):
        id = again.recipe.backdrop.model
        before, now = made.with_.get("models", {}).get(id), again.report["models"][id]
        if before not in (None, now):
            again.report["notes"].append(f"It was made with revision {before} of {id}; here is {now}.")
    return again


if __name__ == "__main__":
    from cli import run as run_cli

    run_cli()
