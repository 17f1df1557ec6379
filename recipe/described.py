"""The backdrop that a sentence describes and a rendered scene draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints

from fields import Control, Setting, setting
from recipe.backdrop import Backdrop
from recipe.values import MAX_PICTURES, MAX_PROMPT, Name, Part, Side, freeze

Word = Annotated[str, StringConstraints(min_length=1, max_length=MAX_PROMPT)]


class SceneReading(Part):
    """What the sentence was read as: a scene, the values of its options that the sentence sets, the words left over."""

    name: Name
    values: Annotated[Mapping[str, bool | int | float | str], AfterValidator(freeze)] = Field(
        default_factory=dict, validate_default=True
    )
    unused_words: tuple[Word, ...] = ()


class DescribedBackdrop(Backdrop):
    """A sentence drawn as a rendered scene.

    The readings are settled when the recipe is made (``imaging.sentences.settle``), so that the same recipe draws the
    same picture whatever a later reader would make of the sentence. Picture ``i`` of several takes reading ``i``, in
    turn, and the recipe's seed plus ``i``.
    """

    title: ClassVar = "Described"
    help: ClassVar = "A rendered scene, drawn from your words in about two seconds, without a model."
    icon: ClassVar = "landscape"
    order: ClassVar = 75
    creates: ClassVar = True

    kind: Literal["described"] = "described"
    prompt: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_PROMPT),
        Field(title="Prompt", description="The place, the light and the weather, in plain words."),
        Control(lines=3, metavar="TEXT", placeholder="on a wooden table by a window, soft light"),
    ]
    negative_prompt: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=MAX_PROMPT),
        Field(title="Negative prompt", description="What should not be in the picture."),
        Control(lines=2, metavar="TEXT", advanced=True),
    ] = ""
    num_images_per_prompt: Annotated[
        int,
        Field(title="Pictures", description="How many to choose from.", ge=1, le=MAX_PICTURES),
        Control(metavar="N"),
    ] = 1
    readings: Annotated[
        tuple[SceneReading, ...],
        Field(title="Readings", description="What the sentence was read as.", min_length=1, max_length=MAX_PICTURES),
    ]
    width: Annotated[
        Side | None,
        Field(title="Width", description="In pixels, of a picture without a photo."),
        Control(step=8, unit="px", advanced=True, metavar="N"),
    ] = None
    height: Annotated[
        Side | None,
        Field(title="Height", description="In pixels, of a picture without a photo."),
        Control(step=8, unit="px", advanced=True, metavar="N"),
    ] = None
    defocus: Annotated[
        float,
        Field(
            title="Defocus",
            description="Soften the scene as depth of field does: thousandths of the picture's longer side.",
            ge=0,
            le=50,
        ),
        Control(step=0.5, unit="‰", advanced=True, metavar="N"),
    ] = 0

    @classmethod
    def asked(cls) -> tuple[Setting, ...]:
        return (setting(cls, "prompt"),)

    @property
    def pictures(self) -> int:
        return self.num_images_per_prompt

    @property
    def reading(self) -> SceneReading:
        """The reading of the first picture."""
        return self.readings[0]

    def for_image(self, index: int) -> Self:
        reading = self.readings[index % len(self.readings)]
        return self.model_copy(update={"num_images_per_prompt": 1, "readings": (reading,)})
