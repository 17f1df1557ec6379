"""The core: a recipe and a photo in, a result out. ``python main.py`` hands over to the command line in ``cli.py``.

    select(photo, mask, read)        -> Selection   find the subject
    run(recipe, photo, read)         -> Results     carry out a recipe; its tasks are in ``tasks.py``
    replay(data, name, photo, read)  -> Result      carry out the recipe inside a result's file again

Nothing here knows of files, pages or jobs: inputs are read by digest through ``read``, results are values.
"""

from __future__ import annotations

import time

import cv2
import numpy as np
from PIL import Image

import masks
import tasks
import weights
from diffusion import catalogue
from errors import BadInput
from imaging import save
from imaging.photo import Array, Photo
from masks import Selection
from recipe import GeneratedBackdrop, MaskRecipe, Recipe
from tasks import OnProgress, OnResult, Progress, Read, Result, versions

__all__ = [
    "OnProgress",
    "OnResult",
    "Progress",
    "Read",
    "Result",
    "heat_map",
    "overlay",
    "replay",
    "run",
    "select",
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
    if selection.heat is None:
        return np.zeros(photo.pixels.shape[:2], np.uint8)
    scaled = cv2.resize(selection.heat, photo.size, interpolation=cv2.INTER_LINEAR)
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


def replay(data: bytes, name: str, photo: Photo | None, read: Read, on_progress: OnProgress | None = None) -> Result:
    """Carry out the recipe inside a result's file again; the same pixels on the same machine.

    Args:
        data: the result file's bytes.
        name: what to call it in messages.
        photo: the photo, handed in again; ``None`` takes it from ``read``, where the recipe has one.
        read: gives inputs by digest; those the file carries itself are not asked for.
        on_progress: as in :func:`run`.
    """
    from imaging.photo import load

    started = time.perf_counter()
    tell = on_progress or _tell_nobody
    made = save.read_made(data, name)
    recipe = Recipe.from_json(made.recipe)
    _can_paint(recipe)
    found_by = [id for id in made.with_.get("models", {}) if isinstance(id, str)]

    def read_made_first(digest: str) -> bytes:
        return made.inputs[digest] if digest in made.inputs else read(digest)

    if recipe.photo is None:
        return _said_of_model(tasks.create(recipe, tell, started)[0], made)
    if photo is None:
        try:
            photo = load(read(recipe.photo), "the photo")
        except BadInput as error:
            raise BadInput(f"The photo of {name} is not in the store; hand it in with --photo.") from error
    photo = _same_photo(recipe, photo)
    if made.selection is None:
        selection = select(photo, recipe.mask, read_made_first)
    elif made.selection.shape != photo.pixels.shape[:2]:
        raise BadInput(f"The selection in {name} does not fit its photo; the file was changed.")
    else:
        selection = Selection(made.selection, tuple(id for id in found_by if id in weights.WEIGHTS))
    return _said_of_model(tasks.background(recipe, photo, selection, read_made_first, tell, started)[0], made)


def _tell_nobody(progress: Progress) -> None:
    pass


def _can_paint(recipe: Recipe) -> None:
    """Refuse before any work is done where the model that is to paint is not here or not made for it."""
    if isinstance(recipe.backdrop, GeneratedBackdrop):
        catalogue.require(recipe.backdrop.model, recipe.task)


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
