"""The same subject in a new place; several places where the recipe asks for several pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

import backdrops
import masks
import models
from backdrops import Background, Progress
from errors import BadInput
from imaging import (
    cast_shadow,
    checks,
    composite,
    contacts,
    guess_light,
    match_light,
    match_texture,
    placement,
    reflection,
    rim_light,
    shadows,
)
from imaging.cast_shadow import Ground
from imaging.colour import to_srgb
from imaging.openraster import Layers
from imaging.photo import Array, Photo, to_8_bit
from imaging.placement import Placed
from imaging.subject import Subject
from masks import Selection, expansion
from recipe import Look, Placement, Recipe
from recipe.look import Shadow
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
            lit, shadow = _lit_with_shadow(prepared, background)
            each = recipe.for_image(index)
            made = _composite(lit, background, shadow, each.seed)
            photo, measure = lit.subject.photo, partial(_report, each, lit, background, made, watch.lap())
            layers = partial(_layers, lit, made)
            yield Result(made.pixels, selection, each, measure, photo.icc, photo.exif, background.inputs, layers)


@dataclass(frozen=True, eq=False)
class _Prepared:
    """The subject with all that does not depend on the background."""

    placed: Placed
    selection: Selection
    shadow: Shadow
    look: Look
    share: float
    notes: tuple[str, ...]

    @property
    def subject(self) -> Subject:
        """In its place in the frame."""
        return self.placed.subject


@dataclass(frozen=True, eq=False)
class _Composite:
    """A composite and what it is made of.

    Attributes:
        pixels: ``(H, W, 3)``; the subject alone, ``(H, W, 4)``, where there is no background.
        background: ``(H, W, 3)`` without the shadow.
        shadow: its opacity, ``(H, W)`` uint8.
    """

    pixels: Array
    background: Array | None
    shadow: npt.NDArray[np.uint8] | None


def _photo_of(recipe: Recipe, photo: Photo | None) -> Photo:
    if photo is None or recipe.photo != photo.digest:
        raise BadInput(
            f"This is not the photo of the recipe, which begins with {(recipe.photo or '')[:12]}; hand in that one."
        )
    return photo


def _prepare(recipe: Recipe, photo: Photo, selection: Selection) -> _Prepared:
    placed = placement.place(Subject.of(photo, selection.values), recipe.placement)
    alpha = placed.subject.alpha
    share = checks.protected_share(alpha)
    if share == 0:
        raise BadInput("The mask protects no pixel of the subject fully; feather it less or choose another mask.")
    notes = [*photo.notes, *selection.notes, *placed.notes]
    if recipe.shadow in ("contact", "cast") and not contacts.ground_visible(alpha):
        notes.append("The subject reaches the lower edge of the picture, so there is no ground for a shadow.")
    return _Prepared(placed, selection, recipe.shadow, recipe.look, share, tuple(notes))


def _lit_with_shadow(prepared: _Prepared, background: Background) -> tuple[_Prepared, npt.NDArray[np.uint8] | None]:
    """The subject in the background's light, and its shadow, worked out side by side where neither needs the other."""
    if background.light is None:  # the subject says where the light comes from
        lit = _in_its_light(prepared, background)
        return lit, _shadow(lit, background)
    with ThreadPoolExecutor(1) as beside:
        shadow = beside.submit(_shadow, prepared, background)
        return _in_its_light(prepared, background), shadow.result()


def _in_its_light(prepared: _Prepared, background: Background) -> _Prepared:
    """The subject in the background's light, where that is asked for; what is checked later is this subject."""
    if not prepared.look.match_light or background.pixels is None:
        return prepared
    change = match_light.measure(prepared.subject, background.pixels)
    red, green, blue = change.gains
    rim = prepared.look.rim_light
    added = f", and {rim:g}% of the place's rim and bounce light was added" if rim else ""
    brighter = (red + green + blue) / 3 - 1
    note = (
        f"Match the light changed the subject: {abs(brighter):.0%} {'brighter' if brighter >= 0 else 'darker'} (linear "
        f"light times {red:.2f} red, {green:.2f} green, {blue:.2f} blue; contrast times {change.contrast:.2f}){added}. "
        "Without it the subject has the photo's own light."
    )
    matched = match_light.apply(prepared.subject, change)
    subject = rim_light.add(matched, background.pixels, background.light, rim / 100)
    return replace(prepared, placed=replace(prepared.placed, subject=subject), notes=(*prepared.notes, note))


def _composite(
    prepared: _Prepared, background: Background, shadow: npt.NDArray[np.uint8] | None, seed: int
) -> _Composite:
    """The subject over the background, and what it is made of."""
    subject, pixels = prepared.subject, background.pixels
    if pixels is None:
        alone = composite.cut_out(subject.photo.pixels, subject.alpha, subject.edge, shadow)
        return _Composite(alone, None, shadow)
    floor = background.ground or Ground()
    gloss = floor.gloss if prepared.look.reflection is None else prepared.look.reflection / 100
    pixels = reflection.reflect(pixels, subject.photo.pixels, subject.alpha, floor, gloss)
    pixels = _textured(prepared, background, pixels, seed)
    shaded = pixels if shadow is None else composite.shade(pixels, shadow)
    wrap = prepared.look.light_wrap / 100
    over = composite.over(subject.photo.pixels, subject.alpha, subject.edge, shaded, wrap)
    return _Composite(over, pixels, shadow)


def _textured(prepared: _Prepared, background: Background, pixels: Array, seed: int) -> Array:
    """The background's pixels with the grain and sharpness of the photo, as far as that is asked for."""
    look = prepared.look
    grain = (0 if background.plain else 100) if look.grain is None else look.grain
    soft = look.match_sharpness and not background.plain
    if not (grain or soft):
        return pixels
    subject = prepared.subject
    return match_texture.match(
        pixels, match_texture.measure(subject.photo.pixels, subject.alpha), seed, grain / 100, soft
    )


def _shadow(prepared: _Prepared, background: Background) -> npt.NDArray[np.uint8] | None:
    """The shadow's opacity, ``(H, W)`` uint8; one that is cast falls along the light of this background."""
    look, subject, kind = prepared.look, prepared.subject, prepared.shadow
    if kind == "auto":
        kind = "cast" if background.ground and contacts.ground_visible(subject.alpha) else "none"
    strength = look.shadow_strength / 100
    if kind == "none":
        return None
    if kind == "contact":
        return shadows.contact(subject.alpha, strength)
    light = background.light or guess_light.from_subject(subject.photo.rgb8, subject.alpha)
    if look.shadow_direction is not None:
        light = replace(light, azimuth=look.shadow_direction)
    if look.shadow_length is not None:
        light = replace(light, elevation=math.degrees(math.atan2(100, look.shadow_length)))
    if look.shadow_softness is not None:
        light = replace(light, softness=look.shadow_softness / 100)
    return cast_shadow.cast(subject.alpha, light, background.ground or Ground(), strength)


def _layers(prepared: _Prepared, made: _Composite) -> Layers:
    """What the composite is made of, each by itself."""
    subject = prepared.subject
    cut_out = composite.cut_out(subject.photo.pixels, subject.alpha, subject.edge, None)
    return Layers(cut_out, made.shadow, made.background, subject.alpha, made.pixels, subject.photo.icc)


def _measured(recipe: Recipe, prepared: _Prepared, background: Background, made: _Composite) -> dict[str, float | None]:
    """What the report says of a composite under ``checks``."""
    alpha, photo, pixels = prepared.subject.alpha, prepared.subject.photo, made.pixels
    measured: dict[str, float | None] = {
        "protected_share": round(prepared.share, 4),
        "changed_subject_pixels": checks.changed_subject_pixels(photo.pixels, pixels, alpha),
        "subject_share": round(float(alpha.sum(dtype=np.int64)) / 255 / alpha.size, 4),
    }
    if made.background is not None:
        off = checks.edge_delta_e(pixels, made.background, made.shadow, alpha, photo.icc)
        measured["edge_delta_e"] = None if off is None else round(off, 2)
        if background.models:
            grown = expansion.measure(to_srgb(to_8_bit(pixels), photo.icc), alpha)
            measured["expansion"] = None if grown is None else round(grown, 4)
    if recipe.look.match_light and made.background is not None:
        measured["light_matched"] = True
    if recipe.placement != Placement():
        measured["resampled"] = prepared.placed.resampled
        measured["cut_off_share"] = round(prepared.placed.cut_off, 4)
    if recipe.backdrop == WHITE:
        measured["pure_white_share"] = checks.pure_white_share(pixels, alpha)
    return measured


def _report(
    recipe: Recipe, prepared: _Prepared, background: Background, made: _Composite, seconds: float
) -> dict[str, Any]:
    """Check that the subject is as it was, and report."""
    selection = prepared.selection
    measured = _measured(recipe, prepared, background, made)
    if measured["changed_subject_pixels"]:
        raise AssertionError(f"{measured['changed_subject_pixels']} pixels of the subject were changed")
    report = report_on(recipe, background, seconds, prepared.subject.photo.size)
    used = {id: models.revision(id) for id in selection.models} | report["models"]
    return report | {
        "model": report["model"] or next(reversed(used), None),  # what generated it, else what found the subject
        "models": used,
        "checks": measured,
        "doubt": round(selection.doubt.value, 3) if selection.doubt else None,
        "notes": [*prepared.notes, *report["notes"]],
    }
