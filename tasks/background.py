"""The same subject in a new place; several places where the recipe asks for several pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import backdrops
import masks
import models
from backdrops import Background, Progress
from errors import BadInput
from imaging import cast_shadow, checks, composite, shadows
from imaging.photo import Array, Photo
from imaging.subject import Subject
from masks import Selection
from recipe import Recipe
from tasks.base import Result, Run, Stopwatch, report_on


def run(task: Run) -> Iterator[Result]:
    """Prepare the subject, ask the backdrop for its images, composite, check, report.

    Raises:
        BadInput: not the recipe's photo, or a selection that protects nothing or leaves nothing to repaint.
        NothingFound: there is no subject in the photo.
        MissingWeights: the backdrop's model is not here.
    """
    watch, recipe = Stopwatch(), task.recipe
    photo = _photo_of(recipe, task.photo)
    selection = task.selection
    if selection is None:
        task.report_progress(Progress("Finding the subject"))
        selection = masks.select(photo, recipe.mask, task.read)
    prepared = _prepare(recipe, photo, selection)
    images = backdrops.kind_of(recipe.backdrop).images(prepared.subject, task.read, recipe.seed, task.report_progress)
    for index, background in enumerate(images):
        pixels = _composite(prepared, background)
        yield _result(recipe.for_image(index), prepared, background, pixels, watch.lap())


@dataclass(frozen=True, eq=False)
class _Prepared:
    """The subject with all that does not depend on the background."""

    subject: Subject
    selection: Selection
    shadow: Array | None
    casts: bool
    share: float
    notes: tuple[str, ...]


def _photo_of(recipe: Recipe, photo: Photo | None) -> Photo:
    if photo is None or recipe.photo != photo.digest:
        raise BadInput(
            f"This is not the photo of the recipe, which begins with {(recipe.photo or '')[:12]}; hand in that one."
        )
    return photo


def _prepare(recipe: Recipe, photo: Photo, selection: Selection) -> _Prepared:
    alpha = selection.values
    share = checks.protected_share(alpha)
    if share == 0:
        raise BadInput("The mask protects no pixel of the subject fully; feather it less or choose another mask.")
    notes = [*photo.notes, *selection.notes]
    shadow = None
    if recipe.shadow != "none":
        shadow = shadows.contact(alpha) if recipe.shadow == "contact" else None
        if not shadows.ground_visible(alpha):
            notes.append("The subject reaches the lower edge of the photo, so there is no ground for a shadow.")
    return _Prepared(Subject.of(photo, alpha), selection, shadow, recipe.shadow == "cast", share, tuple(notes))


def _composite(prepared: _Prepared, background: Background) -> Array:
    """The subject over the background, ``(H, W, 3)``; alone, ``(H, W, 4)``, where there is none."""
    subject, shadow = prepared.subject, prepared.shadow
    if prepared.casts:  # along the light of this background
        shadow = cast_shadow.cast(subject.alpha, background.light)
    if background.pixels is None:
        return composite.cut_out(subject.photo.pixels, subject.alpha, subject.edge, shadow)
    shaded = background.pixels if shadow is None else composite.shade(background.pixels, shadow)
    return composite.over(subject.photo.pixels, subject.alpha, subject.edge, shaded)


def _result(recipe: Recipe, prepared: _Prepared, background: Background, pixels: Array, seconds: float) -> Result:
    """Check that the subject is as it was, and report."""
    photo, selection = prepared.subject.photo, prepared.selection
    changed = checks.changed_subject_pixels(photo.pixels, pixels, selection.values)
    if changed:
        raise AssertionError(f"{changed} pixels of the subject were changed")
    report = report_on(recipe, background, seconds, photo.size)
    used = {id: models.revision(id) for id in selection.models} | report["models"]
    report |= {
        "model": report["model"] or next(reversed(used), None),  # what generated it, else what found the subject
        "models": used,
        "checks": {"protected_share": round(prepared.share, 4), "changed_subject_pixels": changed},
        "doubt": round(selection.doubt.value, 3) if selection.doubt else None,
        "notes": [*prepared.notes, *report["notes"]],
    }
    return Result(pixels, selection, recipe, report, photo.icc, photo.exif, background.inputs)
