"""The backdrop that a sentence describes and a rendered scene draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

import cv2
from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from backdrops.base import BackdropKind, Background, OnProgress, Progress, ReadInput
from errors import BadInput
from fields import Control, Setting, setting
from imaging import scenes, sentences
from imaging.colour import into_profile
from imaging.geometry import Size
from imaging.sentences import Reading
from imaging.subject import Stand, Subject
from recipe import MAX_PICTURES, MAX_PROMPT, Name, Part, Side, Task, explain, freeze

WHOLE = Size(2048, 1536)  # of a picture without a photo
TAKES: Mapping[Task, frozenset[str]] = {
    "background": frozenset({"negative_prompt", "num_images_per_prompt", "defocus"}),
    "create": frozenset({"negative_prompt", "num_images_per_prompt", "width", "height"}),
}
"""The settings besides the prompt, by task."""

Word = Annotated[str, StringConstraints(min_length=1, max_length=MAX_PROMPT)]


class SceneReading(Part):
    """What the sentence was read as: a scene, the values of its options that the sentence sets, the words left over."""

    name: Name
    values: Annotated[Mapping[str, bool | int | float | str], AfterValidator(freeze)] = Field(
        default_factory=dict, validate_default=True
    )
    unused_words: tuple[Word, ...] = ()


class DescribedBackdrop(BackdropKind):
    """A sentence drawn as a rendered scene.

    The readings are settled when the recipe is made (:meth:`of`), so that the same recipe draws the
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
        Control(step=0.5, slider=(0, 20), advanced=True, metavar="N"),
    ] = 0

    @classmethod
    def resolve(cls, values: Mapping[str, Any]) -> Self:
        """A backdrop of these values; without readings, the prompt is read."""
        given = {name: value for name, value in values.items() if value is not None}
        if "readings" not in given:
            given["readings"] = _readings(given)
        return cls.model_validate(given)

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

    @classmethod
    def of(cls, task: Task, prompt: str, reading: Reading | None = None, **given: Any) -> Self:
        """Read a sentence and fix what its pictures show.

        Args:
            task: of the recipe.
            prompt: the sentence.
            reading: what it is taken for, where somebody changed the reader's answer.
            **given: further fields; ``None`` stands for the default.

        Raises:
            BadInput: it names no place that a scene draws, or a setting is not one of a scene's or out of range.
        """
        wanted = {name: value for name, value in given.items() if value is not None}
        unknown = next((name for name in wanted if name not in TAKES[task]), None)
        if unknown is not None:
            raise BadInput(
                f"The rendered scenes take no {unknown.replace('_', ' ')}; leave it out, or take a diffusion model.",
                "`python main.py models` lists those for --model.",
            )
        try:
            return cls(prompt=prompt, readings=_readings({**wanted, "prompt": prompt}, reading), **wanted)
        except ValidationError as error:
            raise BadInput(f"The settings do not fit: {explain(error)}.") from error

    def not_drawn(self, has_subject: bool) -> tuple[str, ...]:
        """The words that the first picture does not show.

        Args:
            has_subject: whether a photo shows what the sentence says is photographed; else that is not drawn, either.
        """
        unused = self.reading.unused_words
        if has_subject:
            return unused
        return tuple(dict.fromkeys(sentences.subjects(self.prompt, self.reading.name) + unused))

    def facts(self, has_subject: bool) -> tuple[dict[str, Any], str]:
        """What the first picture shows, for a report (JSON values), and the same as a sentence for people.

        Args:
            has_subject: as of :meth:`not_drawn`.
        """
        reading, missing = self.reading, self.not_drawn(has_subject)
        _, options = scenes.options_of(reading.name, reading.values)
        facts = {
            "model": sentences.MODEL,
            "scene": reading.name,
            "values": options.model_dump(mode="json"),
            "unused_words": list(missing),
        }
        return facts, sentences.describe(Reading(reading.name, reading.values, unused_words=missing))

    def images(self, subject: Subject, read: ReadInput, seed: int, report_progress: OnProgress) -> Iterator[Background]:
        photo = subject.photo
        for image in self._drawn(subject.size, subject.stand, seed, True, report_progress):
            assert image.pixels is not None
            yield replace(image, pixels=into_profile(image.pixels, photo.icc, photo.pixels.dtype))

    def whole_images(self, seed: int, report_progress: OnProgress) -> Iterator[Background]:
        size = Size(self.width or WHOLE.width, self.height or WHOLE.height)
        yield from self._drawn(size, Stand(), seed, False, report_progress)

    def _drawn(
        self, size: Size, stand: Stand, seed: int, has_subject: bool, report_progress: OnProgress
    ) -> Iterator[Background]:
        """Its pictures in sRGB, each as far out of focus as it asks."""
        stage = "Drawing the background" if has_subject else "Drawing the picture"
        for index in range(self.pictures):
            report_progress(Progress(stage, picture=index + 1, pictures=self.pictures))
            alone = self.for_image(index)
            drawn = scenes.draw(alone.reading.name, alone.reading.values, size, stand, seed + index)
            sigma = self.defocus / 1000 * max(size)
            if sigma > 0:
                drawn = cv2.GaussianBlur(drawn, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
            facts, sentence = alone.facts(has_subject)
            light = scenes.key_light(alone.reading.name, alone.reading.values, seed + index)
            ground = scenes.ground(alone.reading.name, alone.reading.values, stand)
            yield Background(drawn, (sentence,), facts=facts, light=light, ground=ground)


def _readings(given: Mapping[str, Any], first: Reading | None = None) -> tuple[SceneReading, ...]:
    """A reading for each of the pictures that are asked for, as far as the sentence leaves room for several."""
    first = first or sentences.read(given["prompt"], given.get("negative_prompt", ""))
    number = min(int(given.get("num_images_per_prompt", 1)), 1 + len(first.alternatives), MAX_PICTURES)
    return tuple(_settled(first.picture(index)) for index in range(number))


def _settled(reading: Reading) -> SceneReading:
    values = reading.values
    return SceneReading(
        name=reading.scene,
        values={option: values[option] for option in reading.options},
        unused_words=reading.unused_words,
    )
