"""Hair, and the other parts of a person that MediaPipe's networks know."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

import models
from errors import MissingWeights, NothingFound
from imaging.photo import Array, Photo
from masks import loaded, view
from masks.base import Context, Options, Seen, listed
from masks.view import Float

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
PARTS, HAIR = "selfie-multiclass", "hair-segmenter"
ROOM = 1.3  # the hair network sees the photo in a grey square this much wider: whole heads, as it was trained
TRUST = 1.5  # weight of the multiclass network's margin beside the hair network's logit; their scales differ so much
COARSE = 0.01  # of the photo: grids of 512 and 256
SMALLEST = 0.0005  # of the photo


class HairOptions(Options):
    positional: ClassVar = "parts"
    parts: tuple[Part, ...] = Field(
        ("hair",),
        min_length=1,
        title="What to select (parts)",
        description="What to select of a person.",
        json_schema_extra={
            "words": {
                "hair": "Hair",
                "skin": "All skin",
                "body": "Skin but the face (body)",
                "face": "Face",
                "clothes": "Clothes",
                "accessories": "Accessories",
            }
        },
    )

    @field_validator("parts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return listed(value)


class Hair:
    """Hair, skin, clothes and what a person wears."""

    name: ClassVar = "hair"
    title: ClassVar = "Hair and clothes"
    help: ClassVar = "Selects a person's hair, skin, face, clothes or accessories."
    Options: ClassVar = HairOptions

    def find(self, photo: Photo, options: HairOptions, context: Context) -> Seen:
        rgb = view.small(photo)
        heat, models, notes = _heat(options.parts, rgb)
        if float((heat >= 0.5).mean()) < SMALLEST:
            raise NothingFound(
                f"There is no {' or '.join(options.parts)} to be found in this photo; click on it instead, or try "
                "another photo."
            )
        return Seen(heat, COARSE, models, notes)


def _heat(parts: tuple[Part, ...], rgb: Array) -> tuple[Float, tuple[str, ...], tuple[str, ...]]:
    """How likely each pixel is one of the parts; which networks said so, and what a person should know.

    Hair has two networks. Where both are at hand their votes are added: on ``groundtruth/hair`` that is worth more than
    either alone, because one sees strands and the other whole heads.
    """
    channels = sorted({channel for part in parts for channel in OUTPUTS[part]})
    try:
        margins = _margins(rgb, channels)
    except MissingWeights:
        if parts != ("hair",):
            raise
        note = f"The weights {PARTS} are missing, so hair was found by the hair network alone."
        return view.sigmoid(_hair(rgb)), (HAIR,), (note,)
    if "hair" not in parts:
        return view.sigmoid(2 * margins), (PARTS,), ()
    try:
        strands = _hair(rgb)
    except MissingWeights:
        note = f"The weights {HAIR} are missing, so hair was found by the multiclass network alone."
        return view.sigmoid(2 * margins), (PARTS,), (note,)
    votes = view.sigmoid(strands + TRUST * _margins(rgb, [1]))
    if parts != ("hair",):
        others = [channel for channel in channels if channel != 1]
        votes = np.maximum(votes, view.sigmoid(2 * _margins(rgb, others)))
    return votes, (HAIR, PARTS), ()


def _hair(rgb: Array) -> Float:
    """Logit of hair at every pixel, by the hair network."""
    canvas, inside = view.square(rgb, ROOM)
    given = np.zeros((1, 512, 512, 4), np.float32)  # the fourth channel is a video's previous mask
    given[0, ..., :3] = view.resize(canvas, (512, 512)) / np.float32(255)
    answer = _ask(HAIR, given)
    return view.resize(answer[..., 1] - answer[..., 0], canvas.shape[1::-1])[inside]


def _margins(rgb: Array, channels: list[int]) -> Float:
    """By how much the best of these channels beats the best of the others, at every pixel."""
    canvas, inside = view.square(rgb)
    given = (view.resize(canvas, (256, 256)) / np.float32(255))[None]
    answer = _ask(PARTS, given)
    others = [channel for channel in range(answer.shape[-1]) if channel not in channels]
    margin = answer[..., channels].max(axis=-1) - answer[..., others].max(axis=-1)
    return view.resize(margin, canvas.shape[1::-1])[inside]


def _ask(id: str, given: Float) -> Float:
    """One TFLite network's answer to one picture."""
    (path,) = models.fetch(id)
    model = loaded.get(id, path.stat().st_size, lambda: _load(str(path)))
    with model.lock:
        interpreter = model.run
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], given)
        interpreter.invoke()
        return np.array(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0])


def _load(path: str) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(path, num_threads=2)
    interpreter.allocate_tensors()
    return interpreter
