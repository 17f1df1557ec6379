"""Things by category, by DeepLab v3: people, cats, dogs, potted plants and the other Pascal VOC classes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args

import numpy as np
from pydantic import Field, field_validator

from errors import NothingFound
from fields import Control
from imaging.photo import Array, Photo
from masks import inference, loaded, mobilenet, preprocess
from masks.base import Context, Options, Prediction, split_list
from masks.memory import Memory
from masks.preprocess import Float

Category = Literal[
    "background",
    "aeroplane",
    "bicycle",
    "bird",
    "boat",
    "bottle",
    "bus",
    "car",
    "cat",
    "chair",
    "cow",
    "diningtable",
    "dog",
    "horse",
    "motorbike",
    "person",
    "pottedplant",
    "sheep",
    "sofa",
    "train",
    "tvmonitor",
]
CATEGORIES: tuple[str, ...] = get_args(Category)  # in the order of the network's outputs
LABELS = {name: name for name in CATEGORIES} | {
    "diningtable": "dining table",
    "pottedplant": "potted plant",
    "tvmonitor": "TV monitor",
}
"""The categories as people write them; Pascal VOC writes each in one word."""
ModelName = Literal["deeplab-mobilenet-v2", "deeplab-mobilevit-small"]
EDGE_UNCERTAINTY = 0.02  # of the photo: the grid is 65 x 65; measured best of 0.01 .. 0.05 against the photo's edges
CACHED_PHOTOS = 3  # photos whose answer stays in memory, 22 MB each
MIN_AREA = 0.001  # of the photo
MIN_REPORTED = 0.005  # of the photo


class DeepLabOptions(Options):
    positional: ClassVar = "categories"
    categories: Annotated[
        tuple[Category, ...],
        Field(
            title="What to select (categories)",
            description="What to select, several at once; none named means all but the background.",
        ),
        Control(words={name: words[0].upper() + words[1:] for name, words in LABELS.items()}),
    ] = ()
    model: ModelName = Field(
        "deeplab-mobilenet-v2",
        title="Network (model)",
        description="Which network; mobilenet-v2 comes with set-up.",
    )

    @field_validator("categories", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return [item.replace(" ", "").replace("-", "").lower() for item in split_list(value)]


class DeepLab:
    """Things by category."""

    name: ClassVar = "deeplab"
    title: ClassVar = "By category (DeepLab)"
    example: ClassVar = "deeplab[:person,dog]"
    order: ClassVar = 30
    help: ClassVar = "Selects people, cats, dogs, potted plants and other everyday things by what they are."
    Options: ClassVar = DeepLabOptions
    optional_weights: ClassVar[tuple[str, ...]] = ()

    def find(self, photo: Photo, options: DeepLabOptions, context: Context) -> Prediction:
        probabilities = _probabilities(options.model, photo)
        wanted: tuple[str, ...] = options.categories or tuple(c for c in CATEGORIES if c != "background")
        probability = probabilities[..., [CATEGORIES.index(category) for category in wanted]].sum(axis=-1)
        found = _category_shares(probabilities)
        if float((probability >= 0.5).mean()) < MIN_AREA:
            there = ", ".join(f"{name} {share:.0%}" for name, share in found) or "none of the things it knows"
            what = " or ".join(LABELS[category] for category in options.categories) or "thing that DeepLab knows"
            raise NothingFound(f"There is no {what} in this photo; found: {there}.")
        return Prediction(probability, EDGE_UNCERTAINTY, (options.model,), found=found)


def _category_shares(probabilities: Float) -> tuple[tuple[str, float], ...]:
    """The categories in the photo but the background, the largest first, each with its share of the photo."""
    best = np.bincount(probabilities.argmax(axis=-1).ravel(), minlength=len(CATEGORIES)) / probabilities[..., 0].size
    order = np.argsort(-best)
    return tuple((LABELS[CATEGORIES[k]], round(float(best[k]), 4)) for k in order if k and best[k] >= MIN_REPORTED)


def _probabilities(model: ModelName, photo: Photo) -> Float:
    """``(h, w, 21)``: the probability that each pixel belongs to each category, at the network's scale.

    The last photos' answers stay in memory: another category of the same photo costs nothing.
    """
    key = (model, photo.digest)
    probabilities = _answers.get(key)
    if probabilities is None:
        probabilities = _predict(model, preprocess.downscaled_rgb(photo))
        _answers.put(key, probabilities)
    return probabilities


_answers: Memory[Float] = Memory(CACHED_PHOTOS)


def _predict(model: ModelName, rgb: Array) -> Float:
    """One look at the whole picture, none of it cropped."""
    network = loaded.network(model, lambda paths: NETWORKS[model](paths[0]))
    side = network.run.side
    scale = side / max(rgb.shape)
    width, height = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    with network.lock:
        probabilities = network.run.probabilities(preprocess.resize(rgb, (width, height)))
    return np.ascontiguousarray(probabilities[:, :height, :width].transpose(1, 2, 0))


class _MobileNet:
    """DeepLab over MobileNetV2, without torch."""

    side = mobilenet.SIDE

    def __init__(self, path: Path) -> None:
        from safetensors.numpy import load_file

        self._run = inference.load("deeplab-mobilenet-v2", mobilenet.build(load_file(path)))

    def probabilities(self, rgb: Array) -> Float:
        """``(21, side, side)`` probabilities; the picture lies in the upper left corner."""
        batch = np.zeros((1, 3, self.side, self.side), np.float32)  # 0 = grey = padding
        batch[0, :, : rgb.shape[0], : rgb.shape[1]] = (rgb.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)
        return self._run(batch)[0]


class _MobileVit:
    """DeepLab over MobileViT, through transformers."""

    side = 512

    def __init__(self, folder: Path) -> None:
        from transformers import AutoModelForSemanticSegmentation
        from transformers.utils import logging

        logging.disable_progress_bar()
        self._network = AutoModelForSemanticSegmentation.from_pretrained(folder, use_safetensors=True).eval()

    def probabilities(self, rgb: Array) -> Float:
        """``(21, side, side)`` probabilities; the picture lies in the upper left corner."""
        import torch
        from torch.nn import functional

        batch = np.zeros((1, 3, self.side, self.side), np.float32)
        batch[0, :, : rgb.shape[0], : rgb.shape[1]] = (rgb[..., ::-1].astype(np.float32) / 255).transpose(
            2, 0, 1
        )  # BGR
        with torch.inference_mode():
            logits = self._network(torch.from_numpy(batch)).logits
            large = functional.interpolate(logits, batch.shape[2:], mode="bilinear", align_corners=True)
            return large[0].softmax(dim=0).numpy()


NETWORKS: dict[ModelName, type[_MobileNet | _MobileVit]] = {
    "deeplab-mobilenet-v2": _MobileNet,
    "deeplab-mobilevit-small": _MobileVit,
}


SOURCES = (DeepLab(),)
