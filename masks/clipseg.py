"""What a phrase names, by CLIPSeg; SAM then finds its outline."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from pydantic import Field, field_validator

import models
from errors import MissingWeights, NothingFound
from fields import Control
from imaging.photo import Array, Photo
from masks import loaded, ops, preprocess
from masks.base import Context, Options, Prediction, Selection
from masks.preprocess import Float

if TYPE_CHECKING:
    import torch

CLIPSEG = "clipseg-rd64-refined"
EDGE_UNCERTAINTY = 0.02  # of the photo: CLIPSeg's grid is 22 x 22 patches, decoded to 352 pixels
MIN_AREA = 0.0005  # of the photo
MIN_COMPONENT_PERCENT = 2.0  # per cent of the largest piece
MIN_IOU = 0.3  # IoU of SAM's outline and the phrase's probability; less, and SAM took something else

Known = tuple[str, dict[str, list[str]]]
"""A source, and the option values that make it find a thing."""

_CATEGORY_WORDS = {
    "person": [
        "person",
        "people",
        "man",
        "men",
        "woman",
        "women",
        "child",
        "children",
        "boy",
        "girl",
        "human",
        "lady",
        "guy",
        "kid",
        "baby",
    ],
    "cat": ["cat", "cats", "kitten"],
    "dog": ["dog", "dogs", "puppy"],
    "pottedplant": ["potted plant", "plant", "plants", "houseplant", "flowerpot"],
    "sofa": ["sofa", "couch", "settee"],
    "chair": ["chair", "chairs", "armchair"],
    "diningtable": ["table", "dining table", "diningtable"],
    "tvmonitor": ["tv", "television", "monitor", "screen", "tv monitor"],
    "aeroplane": ["aeroplane", "airplane", "plane", "aircraft"],
    "bicycle": ["bicycle", "bike", "bicycles"],
    "motorbike": ["motorbike", "motorcycle", "moped"],
    "bird": ["bird", "birds"],
    "boat": ["boat", "boats", "ship"],
    "bottle": ["bottle", "bottles"],
    "bus": ["bus", "coach"],
    "car": ["car", "cars"],
    "cow": ["cow", "cows", "cattle"],
    "horse": ["horse", "horses", "pony"],
    "sheep": ["sheep", "lamb"],
    "train": ["train", "trains"],
    "background": ["background"],
}
_PART_WORDS = {
    "hair": ["hair", "hairs", "hairstyle"],
    "clothes": ["clothes", "clothing", "dress", "shirt", "jacket", "coat", "trousers", "outfit"],
    "face": ["face", "faces"],
    "skin": ["skin"],
    "body": ["body", "arms", "hands", "legs"],
    "accessories": ["accessories", "jewellery", "jewelry", "glasses", "hat"],
}
KNOWN_PHRASES: dict[str, Known] = {
    **{word: ("deeplab", {"categories": [c]}) for c, words in _CATEGORY_WORDS.items() for word in words},
    **{word: ("hair", {"parts": [part]}) for part, words in _PART_WORDS.items() for word in words},
}
"""What other sources find by name, for machines that have no CLIPSeg."""
_ARTICLES = re.compile(r"^(the|a|an|his|her|their|my|its|this|that)\s+", re.IGNORECASE)


class TextOptions(Options):
    positional: ClassVar = "phrases"
    phrases: Annotated[
        tuple[str, ...],
        Field(
            min_length=1,
            max_length=16,
            title="What to select",
            description="What to select, in a few words; several phrases are added up.",
        ),
        Control(placeholder="the backpack, a red scarf"),
    ]
    excluded: tuple[str, ...] = Field(
        (), max_length=16, alias="not", title="What not to select", description="What not to select, in a few words."
    )
    threshold: float = Field(
        0.4,
        ge=0.01,
        le=0.99,
        title="How sure it must be (threshold)",
        description="How sure it must be; lower selects more.",
    )
    outline: bool = Field(
        True, title="Follow its outline (SAM)", description="Let SAM find the outline of what the phrase means."
    )

    @field_validator("phrases", "excluded", mode="before")
    @classmethod
    def _several(cls, value: Any) -> Any:
        items = [value] if isinstance(value, str) else list(value)
        stripped = [str(item).strip().strip("\"'").strip() for item in items]
        if not all(stripped):
            raise ValueError('a phrase is missing; write for example text:"the backpack"')
        return stripped


class Text:
    """What a phrase names."""

    name: ClassVar = "text"
    title: ClassVar = "By description (CLIPSeg)"
    example: ClassVar = "text:the backpack[;not=PHRASE]"
    order: ClassVar = 50
    help: ClassVar = "Selects what a few words describe, such as the backpack."
    Options: ClassVar = TextOptions
    needed_weights: ClassVar[tuple[str, ...]] = (CLIPSEG,)
    optional_weights: ClassVar[tuple[str, ...]] = (CLIPSEG, "mobile-sam")

    def find(self, photo: Photo, options: TextOptions, context: Context) -> Selection | Prediction:
        try:
            models.fetch(CLIPSEG)
        except MissingWeights as missing:
            return _find_by_category(photo, options, context, missing)
        probabilities = _predict(preprocess.downscaled_rgb(photo), options.phrases + options.excluded)
        count = len(options.phrases)
        probability = probabilities[:count].max(axis=0)
        if options.excluded:
            probability = np.minimum(probability, 1 - probabilities[count:].max(axis=0))
        wanted = " or ".join(options.phrases)
        if float((probability >= options.threshold).mean()) < MIN_AREA:
            raise NothingFound(
                f"Nothing in this photo looks like {wanted} (at most {float(probability.max()):.0%} sure, "
                f"{options.threshold:.0%} needed); say it otherwise, lower the threshold, or click on it."
            )
        used: tuple[str, ...] = (CLIPSEG,)
        # The threshold becomes one half, so that refinement and soft edges work about it.
        found = preprocess.sigmoid(preprocess.logit(probability) - preprocess.logit(np.array(options.threshold)))
        if options.outline and models.is_installed("mobile-sam"):
            outlined = _sam_outline(photo, found, context)
            if outlined is not None:
                found, used = outlined, (*used, "mobile-sam")
        return Prediction(
            found,
            EDGE_UNCERTAINTY if len(used) == 1 else EDGE_UNCERTAINTY / 4,
            used,
            specks=MIN_COMPONENT_PERCENT,
            display_probability=probability,
        )


def _find_by_category(photo: Photo, options: TextOptions, context: Context, missing: MissingWeights) -> Selection:
    """Answer phrases that other sources know by name; say so."""
    known = {phrase: find_known(phrase) for phrase in options.phrases + options.excluded}
    unknown = [phrase for phrase, match in known.items() if match is None]
    if unknown:
        raise MissingWeights(
            f"Finding {unknown[0]!r} by words needs CLIPSeg (603 MB), which is not on this machine and could not be "
            "fetched: click on it instead, or name a person, an animal, a vehicle, furniture, hair or clothes.",
            f"Run `python main.py models pull {CLIPSEG}` where there is a network, or click with --mask sam:x,y.",
        ) from missing
    selected: Selection | None = None
    sources: list[str] = []
    for phrase in options.phrases + options.excluded:
        match = known[phrase]
        assert match is not None
        try:
            found = context.select(match[0], photo, **match[1])
        except NothingFound:
            if phrase in options.excluded:
                continue
            raise
        sources.append(f"{phrase!r} by the source {match[0]}")
        if selected is None:
            selected = found
            continue
        combine = ops.subtract if phrase in options.excluded else ops.union
        models = tuple(dict.fromkeys(selected.models + found.models))
        selected = Selection(combine(selected.values, found.values), models, selected.notes + found.notes)
    assert selected is not None  # there is at least one phrase
    note = f"CLIPSeg's weights are not here, so {', '.join(sources)} was found."
    return Selection(selected.values, selected.models, (*selected.notes, note), selected.probability, selected.found)


def find_known(phrase: str) -> Known | None:
    """How another source finds what the phrase names, if one does: ``"the dog"`` is DeepLab's dog."""
    return KNOWN_PHRASES.get(_ARTICLES.sub("", phrase.strip()).lower().rstrip(".!?"))


def _sam_outline(photo: Photo, found: Float, context: Context) -> Float | None:
    """SAM's mask for the most probable point and its bounding box; ``None`` where it does not overlap enough."""
    small = preprocess.downscaled(photo)
    probability = preprocess.resize(found, small.size)
    inside = probability >= 0.5
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    peak = np.unravel_index(int(probability.argmax()), probability.shape)
    box = (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
    try:
        sam = context.predict("sam", small, clicks=[[float(peak[1]), float(peak[0])]], box=list(box)).probability
    except NothingFound:
        return None
    outline = preprocess.resize(sam, small.size)
    overlap = float(np.minimum(outline, probability).sum() / np.maximum(outline, probability).sum())
    if overlap < MIN_IOU:
        return None
    return preprocess.sigmoid(0.3 * preprocess.logit(probability) + 0.7 * preprocess.logit(outline))


def _predict(rgb: Array, phrases: tuple[str, ...]) -> Float:
    """``(phrases, h, w)`` probabilities over the whole picture, which CLIPSeg sees stretched to a square."""
    import torch

    model = loaded.network(CLIPSEG, lambda paths: _load(paths[0]))
    network, tokens = model.run
    side = int(network.config.vision_config.image_size)
    pixels = preprocess.resize(rgb, (352, 352) if side == 224 else (side, side)).astype(np.float32) / 255
    pixels = (pixels - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
    images = torch.from_numpy(pixels.transpose(2, 0, 1)).float().expand(len(phrases), -1, -1, -1)
    words = tokens(list(phrases), padding=True, truncation=True, return_tensors="pt")
    with model.lock, torch.inference_mode():
        logits = network(
            pixel_values=images,
            input_ids=words["input_ids"],
            attention_mask=words["attention_mask"],
            interpolate_pos_encoding=True,
        ).logits
    logits = logits.reshape(len(phrases), *logits.shape[-2:])
    return np.stack([preprocess.resize(preprocess.sigmoid(one), rgb.shape[1::-1]) for one in logits.float().numpy()])


def _load(folder: Path) -> tuple[torch.nn.Module, Any]:
    from transformers import AutoTokenizer, CLIPSegForImageSegmentation
    from transformers.utils import logging

    logging.disable_progress_bar()
    return CLIPSegForImageSegmentation.from_pretrained(
        folder, use_safetensors=True
    ).eval(), AutoTokenizer.from_pretrained(folder)


SOURCES = (Text(),)
