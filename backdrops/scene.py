"""Rendered scenes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from backdrops.base import BackdropKind, Background, ReadInput
from imaging import scenes
from imaging.colour import into_profile
from imaging.subject import Subject
from recipe import MAX_SEED, Name, freeze


class SceneBackdrop(BackdropKind):
    """A rendered scene: its name and option values, which the scene's own table validates (``imaging.scenes``)."""

    title: ClassVar = "Scene"
    help: ClassVar = "A rendered scene: studio sets, tables, lights, land and sea, drawn in a second or two."
    icon: ClassVar = "landscape"
    order: ClassVar = 60
    positional: ClassVar = "name"
    example: ClassVar = "scene:NAME[,OPTION=VALUE...][,seed=N] (see `scenes`)"

    kind: Literal["scene"] = "scene"
    name: Annotated[Name, Field(title="Scene", description="Which scene is drawn.")] = "paper"
    values: Annotated[Mapping[str, bool | int | float | str], AfterValidator(freeze)] = Field(
        default_factory=dict, validate_default=True
    )
    seed: Annotated[
        int | None,
        Field(
            title="Arrangement",
            description="Which of the many scenes of this kind (seed); left out: the recipe's seed.",
            ge=0,
            le=MAX_SEED,
        ),
    ] = None

    def draw(self, subject: Subject, read: ReadInput, seed: int) -> Background:
        chosen = seed if self.seed is None else self.seed
        drawn = scenes.draw(self.name, self.values, subject.size, subject.stand, chosen)
        return Background(into_profile(drawn, subject.photo.icc, subject.photo.pixels.dtype))
