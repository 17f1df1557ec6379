"""From a sentence to a backdrop of a recipe, and what to report of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ValidationError

import recipe
from errors import BadInput
from imaging.scenes import options_of
from imaging.sentences.reading import Reading, describe

MODEL = "scenes"
"""What the reader and the rendered scenes together are called where a model is named."""

TAKES: Mapping[str, frozenset[str]] = {
    "background": frozenset({"negative_prompt", "num_images_per_prompt", "defocus"}),
    "create": frozenset({"negative_prompt", "num_images_per_prompt", "width", "height"}),
}
"""The settings besides the prompt, by task."""


def settle(
    task: Literal["background", "create"], prompt: str, reading: Reading | None = None, **given: Any
) -> recipe.DescribedBackdrop:
    """Read a sentence and settle what its pictures show.

    Args:
        task: of the recipe.
        prompt: the sentence.
        reading: what it is taken for, where somebody changed the reader's answer.
        **given: further fields of :class:`recipe.DescribedBackdrop`; ``None`` stands for the default.

    Raises:
        BadInput: it names no place that a scene draws, or a setting is not one of a scene's or out of range.
    """
    from imaging.sentences import read

    wanted = {name: value for name, value in given.items() if value is not None}
    odd = next((name for name in wanted if name not in TAKES[task]), None)
    if odd is not None:
        raise BadInput(
            f"The rendered scenes take no {odd.replace('_', ' ')}; leave it out, or take a diffusion model with "
            "--model (`python main.py models` lists them)."
        )
    first = reading or read(prompt, wanted.get("negative_prompt", ""))
    number = min(int(wanted.get("num_images_per_prompt", 1)), 1 + len(first.alternatives), recipe.MAX_PICTURES)
    readings = tuple(_settled(first.picture(index)) for index in range(number))
    try:
        return recipe.DescribedBackdrop(prompt=prompt, readings=readings, **wanted)
    except ValidationError as error:
        raise BadInput(f"The settings do not fit: {recipe.explain(error)}.") from error


def _settled(reading: Reading) -> recipe.SceneReading:
    values = reading.values
    return recipe.SceneReading(
        name=reading.scene,
        values={option: values[option] for option in reading.options},
        unused_words=reading.unused_words,
    )


def report(backdrop: recipe.DescribedBackdrop) -> tuple[dict[str, Any], str]:
    """What the first picture shows, for a report (JSON values), and the same as a sentence for people."""
    reading = backdrop.reading
    _, options = options_of(reading.name, reading.values)
    facts = {
        "model": MODEL,
        "scene": reading.name,
        "values": options.model_dump(mode="json"),
        "unused_words": list(reading.unused_words),
    }
    return facts, describe(Reading(reading.name, reading.values, unused_words=reading.unused_words))
