"""The core: a recipe and a photo in, a result out. ``python main.py`` hands over to the command line in ``cli.py``.

    select(photo, mask, read)        -> Selection   find the subject
    run(recipe, photo, read)         -> Results     carry out a recipe
    replay(data, name, photo, read)  -> Result      carry out the recipe inside a result's file again

Nothing here knows of files, pages or jobs: inputs are read by digest through ``read``, results are values.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from PIL import Image

import masks
import weights
from errors import BadInput
from imaging import backdrops, checks, composite, save, shadows
from imaging.photo import Array, Photo
from masks import Selection, matting
from recipe import ImageBackdrop, MaskRecipe, Recipe, TransparentBackdrop

Read = Callable[[str], bytes]
"""The bytes of an input by digest; raises :class:`BadInput` where they are not to be had."""

OVERLAY_COLOUR = (237, 28, 36)


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


@dataclass(frozen=True, eq=False)
class Result:
    """What a recipe gave.

    Attributes:
        pixels: ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA in the photo's type and colour space.
        selection: the final selection.
        recipe: what was asked.
        report: size, seconds, device, models, seed, checks, notes; JSON values only.
    """

    pixels: Array
    selection: Selection
    recipe: Recipe
    report: Mapping[str, Any]
    icc: bytes | None = None
    exif: bytes | None = None
    inputs: Mapping[str, bytes] = field(default_factory=dict)

    def encode(self, kind: str = "PNG") -> bytes:
        """The result as a file's bytes: ``PNG`` (exact, replayable), ``JPEG`` or ``WEBP``."""
        with_ = {key: self.report[key] for key in ("models", "seed", "size", "versions")}
        made = save.Made(self.recipe.to_json(), with_, self.selection.values, self.inputs)
        return save.encode(self.pixels, kind, self.icc, self.exif, made)


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


def run(recipe: Recipe, photo: Photo, read: Read, on_progress: OnProgress | None = None) -> tuple[Result, ...]:
    """Carry out a recipe on its photo.

    Args:
        recipe: what to do.
        photo: the photo whose digest the recipe names.
        read: gives the bytes of the other inputs the recipe names.
        on_progress: called before every step that takes time; it may raise :class:`Cancelled` to stop there.

    Returns:
        One result per picture asked for, each with the recipe that makes it alone.

    Raises:
        StudioError: something a person can mend; nothing was written.
    """
    started = time.perf_counter()
    _same_photo(recipe, photo)
    if on_progress:
        on_progress(Progress("Finding the subject"))
    selection = select(photo, recipe.mask, read)
    if on_progress:
        on_progress(Progress("Drawing the background"))
    return (_background(recipe, photo, selection, read, started),)


def replay(data: bytes, name: str, photo: Photo | None, read: Read) -> Result:
    """Carry out the recipe inside a result's file again; the same pixels on the same machine.

    Args:
        data: the result file's bytes.
        name: what to call it in messages.
        photo: the photo, handed in again; ``None`` takes it from ``read``.
        read: gives inputs by digest; those the file carries itself are not asked for.
    """
    from imaging.photo import load

    started = time.perf_counter()
    made = save.read_made(data, name)
    recipe = Recipe.from_json(made.recipe)

    def read_made_first(digest: str) -> bytes:
        return made.inputs[digest] if digest in made.inputs else read(digest)

    if photo is None:
        try:
            photo = load(read(recipe.photo), "the photo")
        except BadInput as error:
            raise BadInput(f"The photo of {name} is not in the store; hand it in with --photo.") from error
    _same_photo(recipe, photo)
    if made.selection is None:
        return _background(recipe, photo, select(photo, recipe.mask, read_made_first), read_made_first, started)
    if made.selection.shape != photo.pixels.shape[:2]:
        raise BadInput(f"The selection in {name} does not fit its photo; the file was changed.")
    models = tuple(id for id in made.with_.get("models", {}) if isinstance(id, str) and id in weights.WEIGHTS)
    return _background(recipe, photo, Selection(made.selection, models), read_made_first, started)


def _same_photo(recipe: Recipe, photo: Photo) -> None:
    if recipe.photo != photo.digest:
        raise BadInput(f"This is not the photo of the recipe, which begins with {recipe.photo[:12]}; hand in that one.")


def _background(recipe: Recipe, photo: Photo, selection: Selection, read: Read, started: float) -> Result:
    """The same subject in a new place."""
    alpha = selection.values
    share = checks.protected_share(alpha)
    if share == 0:
        raise BadInput("The mask protects no pixel of the subject fully; feather it less or choose another mask.")
    edge = matting.foreground(photo.pixels, alpha)
    notes = [*photo.notes, *selection.notes]
    shadow = None
    if recipe.shadow == "contact":
        shadow = shadows.contact(alpha)
        if not shadows.ground_visible(alpha):
            notes.append("The subject reaches the lower edge of the photo, so there is no ground for a shadow.")
    if isinstance(recipe.backdrop, TransparentBackdrop):
        pixels = composite.cut_out(photo.pixels, alpha, edge, shadow)
    else:
        plate, said = backdrops.draw(recipe.backdrop, photo, alpha, read, recipe.seed)
        notes += said
        if shadow is not None:
            plate = composite.shade(plate, shadow)
        pixels = composite.over(photo.pixels, alpha, edge, plate)
    changed = checks.changed_subject_pixels(photo.pixels, pixels, alpha)
    if changed:
        raise AssertionError(f"{changed} pixels of the subject were changed")
    inputs = (
        {recipe.backdrop.digest: read(recipe.backdrop.digest)} if isinstance(recipe.backdrop, ImageBackdrop) else {}
    )
    report = {
        "size": list(photo.size),
        "seconds": round(time.perf_counter() - started, 3),
        "device": "cpu",
        "models": {id: weights.revision(id) for id in selection.models},
        "seed": recipe.seed,
        "checks": {"protected_share": round(share, 4), "changed_subject_pixels": changed},
        "versions": versions(),
        "notes": notes,
    }
    return Result(pixels, selection, recipe, report, photo.icc, photo.exif, inputs)


def versions() -> dict[str, str]:
    """Versions of what has a say in the pixels."""
    names = ("numpy", "opencv-python-headless", "pillow", "rembg", "onnxruntime")
    return {"python": platform.python_version()} | {name: metadata.version(name) for name in names}


if __name__ == "__main__":
    from cli import run as run_cli

    run_cli()
