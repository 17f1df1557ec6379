"""Rendered scenes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from backdrops.base import BackdropKind, Background, ReadInput
from errors import BadInput
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

    @classmethod
    def parse(cls, argument: str) -> dict[str, Any]:
        name, *pairs = (item.strip() for item in argument.split(","))
        if not name:
            raise BadInput(f"scene: needs a name, one of {', '.join(scenes.SCENES)}")
        given: dict[str, Any] = {}
        for pair in pairs:
            key, equals, value = (part.strip() for part in pair.partition("="))
            if not equals or key in given:
                raise BadInput(f"{pair!r} is not an OPTION=VALUE of its own")
            given[key] = value
        seed = given.pop("seed", None)
        options = scenes.options_of(name, given)[1]
        return {"name": name, "values": options.model_dump(mode="json", exclude_unset=True), "seed": seed}

    def draw(self, subject: Subject, read: ReadInput, seed: int) -> Background:
        chosen = seed if self.seed is None else self.seed
        drawn = scenes.draw(self.name, self.values, subject.size, subject.stand, chosen)
        pixels = into_profile(drawn, subject.photo.icc, subject.photo.pixels.dtype)
        ground = scenes.ground(self.name, self.values, subject.stand)
        return Background(pixels, light=scenes.key_light(self.name, self.values, chosen), ground=ground)
