"""What the scenes are to draw or a diffusion model is to paint, as flags say it."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

import typer

import models
from backdrops import DescribedBackdrop, GeneratedBackdrop
from cli.flags import FieldFlags, Given
from fields import settings
from imaging import sentences
from recipe import Backdrop, Task

PAINTING = tuple(each for each in settings(GeneratedBackdrop) if each.name != "prompt")
"""What may be set of a generated picture besides its prompt and seed; the rendered scenes take some of them."""

OF_A_PHOTO = ("strength", "mask_grow", "mask_feather", "defocus")
"""What has a meaning only where a photo's background is painted over."""

BackgroundFlags = Annotated[Given, FieldFlags(PAINTING)]
CreateFlags = Annotated[Given, FieldFlags(tuple(each for each in PAINTING if each.name not in OF_A_PHOTO))]


def generated(task: Task, prompt: str, given: Given) -> Backdrop:
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


def settled_seed(seed: int | None, generated: Backdrop | None) -> int:
    """The seed that was given; for a painted picture without one a new one, said so that it can be asked for again."""
    if seed is not None or generated is None:
        return seed or 0
    seed = secrets.randbelow(2**31)
    typer.echo(f"seed {seed}", err=True)
    return seed
