"""What each task does: a background behind a photo's subject, drawn or painted by a model, or a picture from nothing.

:mod:`main` decides which one runs; the values that go in and come out are here.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

import numpy as np
from PIL import Image

import masks
import weights
from diffusion import engine
from errors import BadInput
from imaging import backdrops, checks, composite, plates, save, scenes, sentences, shadows
from imaging.geometry import Size
from imaging.photo import Array, Photo
from masks import Selection, matting, ops
from recipe import DescribedBackdrop, GeneratedBackdrop, ImageBackdrop, Recipe, TransparentBackdrop

Read = Callable[[str], bytes]
"""The bytes of an input by digest; raises :class:`BadInput` where they are not to be had."""

NEUTRAL_FROM = 0.95  # strength from which the old background has no say, so the model is not shown it either
DRAWN = Size(2048, 1536)  # of a scene without a photo
STRETCH = 1.1  # how far a working size's aspect may be from the photo's before it is worth a note


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a run has come.

    Attributes:
        stage: what is happening, for people: "Painting the background".
        step: steps done of ``steps``; 0 of 0 where a stage has none.
        picture: which picture of ``pictures`` is being made, from 1.
        preview: a small RGB picture of the work so far, where there is one.
    """

    stage: str
    step: int = 0
    steps: int = 0
    picture: int = 1
    pictures: int = 1
    preview: Image.Image | None = None


OnProgress = Callable[[Progress], None]
"""Called before every step that takes time; may raise :class:`Cancelled` to stop there."""


@dataclass(frozen=True, eq=False)
class Result:
    """What a recipe gave.

    Attributes:
        pixels: ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA in the photo's type and colour space; sRGB without a photo.
        selection: the final selection; ``None`` where the task has no subject.
        recipe: what was asked; it makes this one picture again.
        report: size, seconds, device, models, seed, checks, notes; JSON values only.
    """

    pixels: Array
    selection: Selection | None
    recipe: Recipe
    report: Mapping[str, Any]
    icc: bytes | None = None
    exif: bytes | None = None
    inputs: Mapping[str, bytes] = field(default_factory=dict)

    def encode(self, kind: str = "PNG") -> bytes:
        """The result as a file's bytes: ``PNG`` (exact, replayable), ``JPEG`` or ``WEBP``."""
        with_ = {key: self.report[key] for key in ("models", "seed", "size", "versions")}
        selection = self.selection.values if self.selection else None
        made = save.Made(self.recipe.to_json(), with_, selection, self.inputs)
        return save.encode(self.pixels, kind, self.icc, self.exif, made)


OnResult = Callable[[Result], None]
"""Called with each picture as soon as it is finished, so that it is not lost where a later one is not."""


@dataclass(frozen=True, eq=False)
class Subject:
    """What is kept of a photo: its selection, its edge's own colours, its shadow's opacity if it casts one."""

    photo: Photo
    selection: Selection
    edge: composite.Edge
    shadow: Array | None
    share: float
    notes: tuple[str, ...]


def background(
    recipe: Recipe,
    photo: Photo,
    selection: Selection,
    read: Read,
    on_progress: OnProgress,
    started: float,
    on_result: OnResult | None = None,
) -> tuple[Result, ...]:
    """The same subject in a new place; several places where the recipe asks for several pictures.

    Args:
        recipe: of task ``background``.
        photo: its photo.
        selection: the final selection.
        read: gives the bytes of the inputs that the backdrop names.
        on_progress: called before every step that takes time.
        started: ``time.perf_counter()`` when the work began.
        on_result: called with each picture as soon as it is finished.

    Raises:
        BadInput: the selection protects nothing or leaves nothing to paint.
        MissingWeights: the backdrop's model is not here.
    """
    subject = _subject(recipe, photo, selection)
    if isinstance(recipe.backdrop, GeneratedBackdrop):
        return _handed_on(_painted(recipe, recipe.backdrop, subject, on_progress, started), on_result)
    if isinstance(recipe.backdrop, TransparentBackdrop):
        on_progress(Progress("Drawing the background"))
        pixels = composite.cut_out(photo.pixels, selection.values, subject.edge, subject.shadow)
        return _handed_on((_result(recipe, subject, pixels, _report(started)),), on_result)
    return _handed_on(_drawn(recipe, subject, read, on_progress, started), on_result)


def create(
    recipe: Recipe, on_progress: OnProgress, started: float, on_result: OnResult | None = None
) -> tuple[Result, ...]:
    """Pictures from a prompt alone, 8-bit sRGB. Arguments as those of :func:`background`.

    Raises:
        MissingWeights: the model is not here.
    """
    backdrop = recipe.backdrop
    if isinstance(backdrop, DescribedBackdrop):
        return _handed_on(_described(recipe, backdrop, on_progress, started), on_result)
    assert isinstance(backdrop, GeneratedBackdrop)  # a Recipe of this task has no other
    return _handed_on(_created(recipe, backdrop, on_progress, started), on_result)


def _handed_on(results: Iterable[Result], on_result: OnResult | None) -> tuple[Result, ...]:
    """All results; each is handed on before the next one is begun."""
    finished = []
    for result in results:
        if on_result is not None:
            on_result(result)
        finished.append(result)
    return tuple(finished)


def _created(recipe: Recipe, backdrop: GeneratedBackdrop, on_progress: OnProgress, started: float) -> Iterator[Result]:
    """One result per picture that a model paints from nothing."""
    painter = _painter(backdrop, on_progress)
    size = Size(1, 1).working(painter.native_side, backdrop.width, backdrop.height)
    for picture, steps, alone in _pictures(recipe, backdrop, painter, size, None, None, on_progress):
        report = _report(started, painter, backdrop, size, steps, _unread(painter, backdrop))
        report |= {"size": list(size), "seed": alone.seed, "checks": {}}
        yield Result(np.asarray(picture), None, alone, report)
        started = time.perf_counter()


def _described(
    recipe: Recipe, backdrop: DescribedBackdrop, on_progress: OnProgress, started: float
) -> Iterator[Result]:
    """One result per picture that a scene draws without a photo."""
    size = Size(backdrop.width or DRAWN.width, backdrop.height or DRAWN.height)
    for index in range(backdrop.pictures):
        on_progress(Progress("Drawing the picture", picture=index + 1, pictures=backdrop.pictures))
        alone = recipe.for_image(index)
        this = backdrop.for_image(index)
        facts, sentence = sentences.report(this)
        pixels = backdrops.described(this, size, scenes.Stand(), alone.seed)
        report = _report(started, notes=[sentence]) | facts | {"size": list(size), "seed": alone.seed, "checks": {}}
        yield Result(pixels, None, alone, report)
        started = time.perf_counter()


def _drawn(recipe: Recipe, subject: Subject, read: Read, on_progress: OnProgress, started: float) -> Iterator[Result]:
    """One result per picture that is drawn behind the subject without a model."""
    for index in range(recipe.backdrop.pictures):
        on_progress(Progress("Drawing the background", picture=index + 1, pictures=recipe.backdrop.pictures))
        alone = recipe.for_image(index)
        plate, notes = backdrops.draw(alone.backdrop, subject.photo, subject.selection.values, read, alone.seed)
        report = _report(started, notes=notes)
        if isinstance(alone.backdrop, DescribedBackdrop):
            facts, sentence = sentences.report(alone.backdrop)
            report |= facts | {"notes": [*notes, sentence]}
        inputs = (
            {alone.backdrop.digest: read(alone.backdrop.digest)} if isinstance(alone.backdrop, ImageBackdrop) else {}
        )
        yield _result(alone, subject, _before(plate, subject), report, inputs)
        started = time.perf_counter()


def _subject(recipe: Recipe, photo: Photo, selection: Selection) -> Subject:
    alpha = selection.values
    share = checks.protected_share(alpha)
    if share == 0:
        raise BadInput("The mask protects no pixel of the subject fully; feather it less or choose another mask.")
    notes = [*photo.notes, *selection.notes]
    shadow = None
    if recipe.shadow == "contact":
        shadow = shadows.contact(alpha)
        if not shadows.ground_visible(alpha):
            notes.append("The subject reaches the lower edge of the photo, so there is no ground for a shadow.")
    return Subject(photo, selection, matting.foreground(photo.pixels, alpha), shadow, share, tuple(notes))


def _before(plate: Array, subject: Subject) -> Array:
    """The subject before a plate, ``(H, W, 3)``."""
    if subject.shadow is not None:
        plate = composite.shade(plate, subject.shadow)
    return composite.over(subject.photo.pixels, subject.selection.values, subject.edge, plate)


def denoise_mask(selection: Selection, backdrop: GeneratedBackdrop) -> masks.RepaintMask:
    """What the model paints, at the photo's size; what is put back on top is the selection itself, another mask.

    Without growth and feather it is exactly what is not the subject: the usual ones of some 4 and 30 pixels eat into
    it, and the model then paints another outline. Feathering rounds the outline off, since the model is told of every
    pixel only whether to paint it.
    """
    repaint = masks.to_repaint(selection).values
    repaint = ops.grow(repaint, backdrop.mask_grow.pixels(selection.area))
    return masks.RepaintMask(ops.feather(repaint, backdrop.mask_feather))


def _painted(
    recipe: Recipe, backdrop: GeneratedBackdrop, subject: Subject, on_progress: OnProgress, started: float
) -> Iterator[Result]:
    """One result per picture that a model paints behind the subject."""
    painter = _painter(backdrop, on_progress)
    photo, alpha = subject.photo, subject.selection.values
    size = Size(*photo.size).working(painter.native_side, backdrop.width, backdrop.height)
    repaint = denoise_mask(subject.selection, backdrop).values
    neutral = backdrop.strength >= NEUTRAL_FROM
    seen, mask = plates.for_model(photo, alpha, subject.edge, repaint, size, neutral)
    if not np.asarray(mask).any():
        raise BadInput("The mask covers the whole photo, so there is no background to paint; shrink it.")
    notes = [*_unread(painter, backdrop), *_stretched(Size(*photo.size), size)]
    for picture, steps, alone in _pictures(recipe, backdrop, painter, size, seen, mask, on_progress):
        pixels = _before(plates.from_model(picture, mask, photo, backdrop.defocus), subject)
        yield _result(alone, subject, pixels, _report(started, painter, backdrop, size, steps, notes))
        started = time.perf_counter()


def _painter(backdrop: GeneratedBackdrop, on_progress: OnProgress) -> engine.Engine:
    on_progress(Progress("Loading the model", pictures=backdrop.num_images_per_prompt))
    return engine.load(backdrop.model)


def _pictures(
    recipe: Recipe,
    backdrop: GeneratedBackdrop,
    painter: engine.Engine,
    size: Size,
    image: Image.Image | None,
    mask: Image.Image | None,
    on_progress: OnProgress,
) -> Iterator[tuple[Image.Image, int, Recipe]]:
    """The model's pictures with the steps done and the recipe of each alone, one after the other.

    One after the other rather than as a batch: in a batch the pictures share the photo's noise, so none but the first
    would equal the picture made alone.
    """
    pictures = backdrop.num_images_per_prompt
    stage = "Painting the background" if image else "Painting the picture"
    for index in range(pictures):
        alone = recipe.for_image(index)
        done = 0

        def after_step(step: int, steps: int, preview: Image.Image, picture: int = index + 1) -> None:
            nonlocal done
            done = step
            on_progress(Progress(stage, step, steps, picture, pictures, preview))

        on_progress(Progress(stage, picture=index + 1, pictures=pictures))
        request = engine.Request(
            prompt=backdrop.prompt,
            negative_prompt=backdrop.negative_prompt,
            num_inference_steps=backdrop.num_inference_steps,
            guidance_scale=backdrop.guidance_scale,
            strength=backdrop.strength,
            scheduler=backdrop.scheduler,
            size=size,
            seed=alone.seed,
            image=image,
            mask=mask,
        )
        yield painter.generate(request, after_step), done, alone


def _unread(painter: engine.Engine, backdrop: GeneratedBackdrop) -> list[str]:
    notes = []
    for name, text in (("prompt", backdrop.prompt), ("negative prompt", backdrop.negative_prompt)):
        over = painter.unread(text)
        if over:
            notes.append(f"The {name} is longer than the model reads; it did not see “{over}”.")
    return notes


def _stretched(photo: Size, size: Size) -> list[str]:
    ratio = photo.width * size.height / (photo.height * size.width)
    if max(ratio, 1 / ratio) <= STRETCH:
        return []
    return [f"{size.width} x {size.height} is not of the photo's shape, so the model saw the photo stretched."]


def _result(
    recipe: Recipe, subject: Subject, pixels: Array, report: dict[str, Any], inputs: Mapping[str, bytes] | None = None
) -> Result:
    """Check that the subject is as it was, and report."""
    photo, selection = subject.photo, subject.selection
    changed = checks.changed_subject_pixels(photo.pixels, pixels, selection.values)
    if changed:
        raise AssertionError(f"{changed} pixels of the subject were changed")
    found_by = {id: weights.revision(id) for id in selection.models}
    models = found_by | report["models"]
    report |= {
        "size": list(photo.size),
        "seed": recipe.seed,
        "model": report["model"] or next(reversed(models), None),  # what painted, else what found the subject
        "models": models,
        "checks": {"protected_share": round(subject.share, 4), "changed_subject_pixels": changed},
        "notes": [*subject.notes, *report["notes"]],
    }
    return Result(pixels, selection, recipe, report, photo.icc, photo.exif, inputs or {})


def _report(
    started: float,
    painter: engine.Engine | None = None,
    backdrop: GeneratedBackdrop | None = None,
    size: Size | None = None,
    steps: int = 0,
    notes: list[str] | tuple[str, ...] = (),
) -> dict[str, Any]:
    """What is known without the photo; JSON values only."""
    report: dict[str, Any] = {
        "seconds": round(time.perf_counter() - started, 3),
        "device": "cpu",
        "model": None,
        "models": {},
        "versions": versions(),
        "notes": list(notes),
    }
    if painter and backdrop and size:
        report |= {
            "device": str(painter.device),
            "device_reason": painter.device.reason,
            "model": backdrop.model,
            "models": {backdrop.model: painter.revision},
            "working_size": list(size),
            "steps": steps,
            "versions": versions("torch", "diffusers", "transformers"),
        }
    return report


def versions(*more: str) -> dict[str, str]:
    """Versions of what has a say in the pixels."""
    names = ("numpy", "opencv-python-headless", "pillow", "rembg", "onnxruntime", *more)
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in names}
