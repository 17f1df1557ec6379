"""The same subject in a new place; several places where the recipe asks for several pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import backdrops
import masks
import models
from backdrops import Background, Progress
from errors import BadInput
from imaging import cast_shadow, checks, composite, shadows
from imaging.openraster import Layers
from imaging.photo import Array, Photo
from imaging.subject import Subject
from masks import Selection
from recipe import Recipe
from tasks.base import Result, Run, Stopwatch, Task, report_on

WHITE = backdrops.ColourBackdrop(colour="#ffffff")  # its background is checked for pure white


class NewBackground(Task):
    """The same subject in a new place."""

    name = "background"
    title = "New background"
    help = (
        "Put the subject of PHOTO, untouched, before a new background: an instant --backdrop, or one from a --prompt."
    )
    icon = "wallpaper"

    @staticmethod
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
        backdrop = backdrops.kind_of(recipe.backdrop)
        images = backdrop.images(prepared.subject, task.read, recipe.seed, task.report_progress)
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
    subject, shadow = prepared.subject, _shadow(prepared, background)
    if background.pixels is None:
        return composite.cut_out(subject.photo.pixels, subject.alpha, subject.edge, shadow)
    shaded = background.pixels if shadow is None else composite.shade(background.pixels, shadow)
    return composite.over(subject.photo.pixels, subject.alpha, subject.edge, shaded)


def _shadow(prepared: _Prepared, background: Background) -> Array | None:
    """The shadow's opacity, ``(H, W)`` uint8; one that is cast falls along the light of this background."""
    if prepared.casts:
        return cast_shadow.cast(prepared.subject.alpha, background.light)
    return prepared.shadow


def _layers(prepared: _Prepared, background: Background, pixels: Array) -> Layers:
    """What the composite is made of."""
    subject = prepared.subject
    cut_out = composite.cut_out(subject.photo.pixels, subject.alpha, subject.edge, None)
    shadow = _shadow(prepared, background)
    return Layers(cut_out, shadow, background.pixels, subject.alpha, pixels, subject.photo.icc)


def _measured(recipe: Recipe, prepared: _Prepared, pixels: Array) -> dict[str, float | int]:
    """What the report says of a composite under ``checks``."""
    alpha = prepared.selection.values
    measured: dict[str, float | int] = {
        "protected_share": round(prepared.share, 4),
        "changed_subject_pixels": checks.changed_subject_pixels(prepared.subject.photo.pixels, pixels, alpha),
        "subject_share": round(prepared.selection.area / alpha.size, 4),
    }
    if recipe.backdrop == WHITE:
        measured["pure_white_share"] = checks.pure_white_share(pixels, alpha)
    return measured


def _result(recipe: Recipe, prepared: _Prepared, background: Background, pixels: Array, seconds: float) -> Result:
    """Check that the subject is as it was, and report."""
    photo, selection = prepared.subject.photo, prepared.selection
    measured = _measured(recipe, prepared, pixels)
    if measured["changed_subject_pixels"]:
        raise AssertionError(f"{measured['changed_subject_pixels']} pixels of the subject were changed")
    report = report_on(recipe, background, seconds, photo.size)
    used = {id: models.revision(id) for id in selection.models} | report["models"]
    report |= {
        "model": report["model"] or next(reversed(used), None),  # what generated it, else what found the subject
        "models": used,
        "checks": measured,
        "doubt": round(selection.doubt.value, 3) if selection.doubt else None,
        "notes": [*prepared.notes, *report["notes"]],
    }
    layers = partial(_layers, prepared, background, pixels)
    return Result(pixels, selection, recipe, report, photo.icc, photo.exif, background.inputs, layers)
