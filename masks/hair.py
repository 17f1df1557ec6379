"""Hair, and the other parts of a person that MediaPipe's networks know."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from errors import MissingWeights, NothingFound
from fields import Control
from imaging.photo import Array, Photo
from masks import loaded, preprocess
from masks.base import Context, Options, Prediction, split_list
from masks.preprocess import Float

Part = Literal["hair", "skin", "body", "face", "clothes", "accessories"]
OUTPUTS: dict[str, tuple[int, ...]] = {
    "hair": (1,),
    "skin": (2, 3),
    "body": (2,),
    "face": (3,),
    "clothes": (4,),
    "accessories": (5,),
}
"""Channels of the multiclass network; channel 0 is the background."""
MULTICLASS, HAIR = "selfie-multiclass", "hair-segmenter"
MARGIN = 1.3  # the hair network sees the photo in a grey square this much wider: whole heads, as it was trained
MULTICLASS_WEIGHT = (
    1.5  # weight of the multiclass network's margin beside the hair network's logit; their scales differ so much
)
EDGE_UNCERTAINTY = 0.01  # of the photo: grids of 512 and 256
MIN_AREA = 0.0005  # of the photo


class HairOptions(Options):
    positional: ClassVar = "parts"
    parts: Annotated[
        tuple[Part, ...],
        Field(min_length=1, title="What to select (parts)", description="What to select of a person."),
        Control(
            words={
                "hair": "Hair",
                "skin": "All skin",
                "body": "Skin but the face (body)",
                "face": "Face",
                "clothes": "Clothes",
                "accessories": "Accessories",
            }
        ),
    ] = ("hair",)

    @field_validator("parts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return split_list(value)


class Hair:
    """Hair, skin, clothes and what a person wears."""

    name: ClassVar = "hair"
    title: ClassVar = "Hair and clothes"
    example: ClassVar = "hair[:clothes]"
    order: ClassVar = 40
    help: ClassVar = "Selects a person's hair, skin, face, clothes or accessories."
    Options: ClassVar = HairOptions
    needed_weights: ClassVar[tuple[str, ...]] = (MULTICLASS, HAIR)
    optional_weights: ClassVar[tuple[str, ...]] = (MULTICLASS, HAIR)

    def find(self, photo: Photo, options: HairOptions, context: Context) -> Prediction:
        rgb = preprocess.downscaled_rgb(photo)
        probability, models, notes = _predict(options.parts, rgb)
        if float((probability >= 0.5).mean()) < MIN_AREA:
            raise NothingFound(
                f"There is no {' or '.join(options.parts)} to be found in this photo; click on it instead, or try "
                "another photo."
            )
        return Prediction(probability, EDGE_UNCERTAINTY, models, notes)


def _predict(parts: tuple[Part, ...], rgb: Array) -> tuple[Float, tuple[str, ...], tuple[str, ...]]:
    """The probability that each pixel is one of the parts; the ids of the networks used; notes for people.

    Hair has two networks. Where both are installed their logits are added: on ``groundtruth/hair`` that is better than
    either alone, because one resolves strands and the other whole heads.
    """
    channels = sorted({channel for part in parts for channel in OUTPUTS[part]})
    try:
        margins = _margins(rgb, channels)
    except MissingWeights:
        if parts != ("hair",):
            raise
        note = f"The weights {MULTICLASS} are missing, so hair was found by the hair network alone."
        return preprocess.sigmoid(_hair_logits(rgb)), (HAIR,), (note,)
    if "hair" not in parts:
        return preprocess.sigmoid(2 * margins), (MULTICLASS,), ()
    try:
        strands = _hair_logits(rgb)
    except MissingWeights:
        note = f"The weights {HAIR} are missing, so hair was found by the multiclass network alone."
        return preprocess.sigmoid(2 * margins), (MULTICLASS,), (note,)
    combined = preprocess.sigmoid(strands + MULTICLASS_WEIGHT * _margins(rgb, [1]))
    if parts != ("hair",):
        others = [channel for channel in channels if channel != 1]
        combined = np.maximum(combined, preprocess.sigmoid(2 * _margins(rgb, others)))
    return combined, (HAIR, MULTICLASS), ()


def _hair_logits(rgb: Array) -> Float:
    """Logit of hair at every pixel, by the hair network."""
    canvas, inside = preprocess.pad_to_square(rgb, MARGIN)
    batch = np.zeros((1, 512, 512, 4), np.float32)  # the fourth channel is a video's previous mask
    batch[0, ..., :3] = preprocess.resize(canvas, (512, 512)) / np.float32(255)
    answer = _run(HAIR, batch)
    return preprocess.resize(answer[..., 1] - answer[..., 0], canvas.shape[1::-1])[inside]


def _margins(rgb: Array, channels: list[int]) -> Float:
    """By how much the best of these channels beats the best of the others, at every pixel."""
    canvas, inside = preprocess.pad_to_square(rgb)
    batch = (preprocess.resize(canvas, (256, 256)) / np.float32(255))[None]
    answer = _run(MULTICLASS, batch)
    others = [channel for channel in range(answer.shape[-1]) if channel not in channels]
    margin = answer[..., channels].max(axis=-1) - answer[..., others].max(axis=-1)
    return preprocess.resize(margin, canvas.shape[1::-1])[inside]


def _run(id: str, batch: Float) -> Float:
    """One TFLite network's answer to one picture."""
    model = loaded.network(id, lambda paths: _load(str(paths[0])))
    with model.lock:
        interpreter = model.run
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
        interpreter.invoke()
        return np.array(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0])


def _load(path: str) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(path, num_threads=2)
    interpreter.allocate_tensors()
    return interpreter


SOURCES = (Hair(),)
