"""The core: a recipe and a photo in, results out. ``python main.py`` hands over to the command line in ``cli/``.

    select(photo, mask, read)        find the subject (masks/)
    run(recipe, photo, read)         carry out a recipe (tasks/), on whatever backdrop it names (backdrops/)
    inputs(recipe)                   what a recipe reads by digest

Nothing here knows of files, pages or jobs: inputs are read by digest through ``read``, results are values. A result's
file is carried out again by :mod:`replay`.
"""

from __future__ import annotations

import runpy
from collections.abc import Iterator

import backdrops
import masks
from backdrops import OnProgress, Progress, ReadInput
from imaging.photo import Photo
from masks import Selection
from recipe import MaskRecipe, Recipe
from tasks import OnResult, Result, Run, task_of, versions

__all__ = ["OnProgress", "OnResult", "Progress", "ReadInput", "Result", "inputs", "run", "select", "versions"]


def select(photo: Photo, mask: MaskRecipe, read: ReadInput) -> Selection:
    """Find the subject of a photo as the mask recipe says; see :func:`masks.select`."""
    return masks.select(photo, mask, read)


def run(
    recipe: Recipe,
    photo: Photo | None,
    read: ReadInput,
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
    backdrops.kind_of(recipe.backdrop).require(recipe.task)
    finished = []
    for result in task_of(recipe.task).run(Run(recipe, photo, read, on_progress or _ignore_progress, selection)):
        if on_result is not None:
            on_result(result)
        finished.append(result)
    return tuple(finished)


def inputs(recipe: Recipe) -> Iterator[tuple[str, str]]:
    """What a recipe reads by digest, the photo first: (what it is, its digest)."""
    if recipe.photo:
        yield "photo", recipe.photo
    yield from masks.inputs(recipe.mask)
    yield from backdrops.kind_of(recipe.backdrop).inputs()


def _ignore_progress(progress: Progress) -> None:
    pass


if __name__ == "__main__":
    runpy.run_module("cli", run_name="__main__")
