"""Flags of generated backgrounds and pictures: by a diffusion model, or by the scene that a sentence describes."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated, Optional

import typer

import models
from backdrops import DescribedBackdrop, GeneratedBackdrop
from cli.flags import FieldFlags, Given
from fields import settings
from imaging import sentences
from recipe import MAX_PICTURES, Backdrop, Task

GENERATED = tuple(each for each in settings(GeneratedBackdrop) if each.name != "prompt")
"""What may be set of a generated picture besides its prompt and seed; the rendered scenes take some of them."""

OF_A_PHOTO = ("strength", "mask_grow", "mask_feather", "defocus")
"""What has a meaning only where a photo's background is replaced."""

BackgroundFlags = Annotated[Given, FieldFlags(GENERATED)]
CreateFlags = Annotated[Given, FieldFlags(tuple(each for each in GENERATED if each.name not in OF_A_PHOTO))]


BestOfFlag = Annotated[
    Optional[int],
    typer.Option(
        min=1,
        max=MAX_PICTURES,
        metavar="N",
        help="Make N pictures and number them by how little the subject grew in them, the best first.",
    ),
]


def generated_backdrop(task: Task, prompt: str, given: Given) -> Backdrop:
    """What the flags ask of a model; the rendered scenes where no diffusion model is installed.

    A model that is neither these nor in the table is a folder.
    """
    wanted = dict(given)
    model = wanted.pop("model", None) or models.installed_denoiser(task) or sentences.MODEL
    if model == sentences.MODEL:
        return DescribedBackdrop.of(task, prompt, **wanted)
    if model not in models.denoisers():
        model = models.add_folder(Path(model))
    return GeneratedBackdrop.of(model, prompt=prompt, **wanted)


def resolve_seed(seed: int | None, generated: Backdrop | None) -> int:
    """The seed that was given; for a generated picture without one a new one, printed, so that it can be repeated."""
    if seed is not None or generated is None:
        return seed or 0
    seed = secrets.randbelow(2**31)
    typer.echo(f"seed {seed}", err=True)
    return seed
