"""What the scenes are to draw or a diffusion model is to paint, as flags say it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from cli.flags import usage

if TYPE_CHECKING:
    from recipe import Backdrop, Task


@dataclass(frozen=True)
class PaintingFlags:
    """The flags of a painted picture besides its prompt and seed, as they were given; ``None`` where they were not."""

    model: Annotated[
        Optional[str],
        typer.Option(
            "--model",
            metavar="ID|FOLDER",
            help="scenes (rendered here), one that `models` lists, or a local diffusers folder.",
        ),
    ] = None
    negative_prompt: Annotated[
        Optional[str], typer.Option(metavar="TEXT", help="What should not be in the picture.")
    ] = None
    num_images_per_prompt: Annotated[
        Optional[int], typer.Option(min=1, max=8, metavar="N", help="Pictures to choose from: OUT-1, OUT-2 ...")
    ] = None
    num_inference_steps: Annotated[
        Optional[int], typer.Option(min=1, max=150, metavar="N", help="More take longer and show finer detail.")
    ] = None
    guidance_scale: Annotated[
        Optional[float], typer.Option(min=0, max=30, metavar="F", help="How closely to follow the prompt.")
    ] = None
    strength: Annotated[
        Optional[float], typer.Option(min=0, max=1, metavar="F", help="Below 1 keeps something of the old background.")
    ] = None
    scheduler: Annotated[Optional[str], typer.Option(metavar="S", help="The sampling method.")] = None
    width: Annotated[
        Optional[int],
        typer.Option(min=64, max=2048, metavar="N", help="Working width, a multiple of 8; best left out."),
    ] = None
    height: Annotated[
        Optional[int],
        typer.Option(min=64, max=2048, metavar="N", help="Working height, a multiple of 8; best left out."),
    ] = None
    mask_grow: Annotated[
        Optional[str],
        typer.Option(metavar="N|N%", help="Let the model paint this far into the subject's edge; negative keeps off."),
    ] = None
    mask_feather: Annotated[
        Optional[float], typer.Option(min=0, max=1000, metavar="N", help="Round off the painted area over N pixels.")
    ] = None
    defocus: Annotated[
        Optional[float],
        typer.Option(min=0, max=50, metavar="N", help="Soften what is painted, in thousandths of the longer side."),
    ] = None

    @property
    def pictures(self) -> int:
        """How many are asked for."""
        return self.num_images_per_prompt or 1

    def given(self) -> dict[str, Any]:
        """The flags that were given, by the names of a recipe's fields, in the order of the fields."""
        from recipe import Length

        values = {field.name: getattr(self, field.name) for field in fields(self)}
        grow = self.mask_grow
        values["mask_grow"] = usage("--mask-grow", lambda: Length.parse(grow)) if grow else None
        return {name: value for name, value in values.items() if value is not None}


OF_A_PHOTO = ("strength", "mask_grow", "mask_feather", "defocus")
"""What has a meaning only where a photo's background is painted over."""


def generated(task: Task, prompt: str, given: dict[str, Any]) -> Backdrop:
    """What the flags ask of a model; the rendered scenes where no diffusion model is installed.

    A model that is neither these nor in the table is a folder.
    """
    import models
    from backdrops import DescribedBackdrop, GeneratedBackdrop
    from imaging import sentences

    settings = dict(given)
    model = settings.pop("model", None) or models.installed_denoiser(task) or sentences.MODEL
    if model == sentences.MODEL:
        return DescribedBackdrop.of(task, prompt, **settings)
    if model not in models.denoisers():
        model = models.add_folder(Path(model))
    return GeneratedBackdrop.of(model, prompt=prompt, **settings)


def settled_seed(seed: int | None, generated: Backdrop | None) -> int:
    """The seed that was given; for a painted picture without one a new one, said so that it can be asked for again."""
    import secrets

    if seed is not None or generated is None:
        return seed or 0
    seed = secrets.randbelow(2**31)
    typer.echo(f"seed {seed}", err=True)
    return seed
