"""Things by category, by DeepLab v3: people, cats, dogs, potted plants and the other Pascal VOC classes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

import numpy as np
from pydantic import Field, field_validator

import weights
from errors import NothingFound
from imaging.photo import Array, Photo
from masks import loaded, ops, view
from masks.base import Context, Options, Selection, listed
from masks.view import Float

if TYPE_CHECKING:
    import torch

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
ModelName = Literal["deeplab-mobilenet-v2", "deeplab-mobilevit-small"]
INPUT = {"deeplab-mobilenet-v2": 513, "deeplab-mobilevit-small": 512}
COARSE = 0.02  # of the photo: the grid is 65 x 65; measured best of 0.01 .. 0.05 against the photo's edges
KEPT = 3  # photos whose answer stays in memory, 22 MB each
SMALLEST = 0.001  # of the photo
WORTH_SAYING = 0.005  # of the photo
SPECKS = 1.0  # per cent of the largest piece


class DeepLabOptions(Options):
    positional: ClassVar = "categories"
    categories: tuple[Category, ...] = Field(
        (), description="What to select, several at once; none named means all but the background."
    )
    model: ModelName = Field("deeplab-mobilenet-v2", description="Which network; mobilenet-v2 comes with set-up.")

    @field_validator("categories", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        # "potted plant" and "tv monitor" are written in one word by Pascal VOC
        return [item.replace(" ", "").replace("-", "").lower() for item in listed(value)]


class DeepLab:
    """Things by category."""

    name: ClassVar = "deeplab"
    title: ClassVar = "By category (DeepLab)"
    help: ClassVar = "Selects people, cats, dogs, potted plants and other everyday things by what they are."
    Options: ClassVar = DeepLabOptions

    def find(self, photo: Photo, options: DeepLabOptions, context: Context) -> Selection:
        shares = _probabilities(options.model, photo)
        wanted: tuple[str, ...] = options.categories or tuple(c for c in CATEGORIES if c != "background")
        heat = shares[..., [CATEGORIES.index(category) for category in wanted]].sum(axis=-1)
        found = _found(shares)
        if float((heat >= 0.5).mean()) < SMALLEST:
            there = ", ".join(f"{name} {share:.0%}" for name, share in found) or "none of the things it knows"
            what = " or ".join(options.categories) or "thing that DeepLab knows"
            raise NothingFound(f"There is no {what} in this photo; found: {there}.")
        values = ops.remove_specks(view.finish(photo, heat, COARSE), SPECKS)
        return Selection(values, (options.model,), heat=heat, found=found)


def _found(shares: Float) -> tuple[tuple[str, float], ...]:
    """The categories in the photo but the background, the largest first, each with its share of the photo."""
    best = np.bincount(shares.argmax(axis=-1).ravel(), minlength=len(CATEGORIES)) / shares[..., 0].size
    order = np.argsort(-best)
    return tuple((CATEGORIES[k], round(float(best[k]), 4)) for k in order if k and best[k] >= WORTH_SAYING)


def _probabilities(model: ModelName, photo: Photo) -> Float:
    """``(h, w, 21)``: how likely each pixel belongs to each category, at the network's scale.

    The last photos' answers stay in memory: another category of the same photo costs nothing.
    """
    key = (model, photo.digest)
    with _guard:
        if key in _answers:
            return _answers[key]
    made = _look(model, view.small(photo))
    with _guard:
        _answers[key] = made
        while len(_answers) > KEPT:
            _answers.popitem(last=False)
    return made


_answers: OrderedDict[tuple[str, str], Float] = OrderedDict()
_guard = threading.Lock()


def _look(model: ModelName, rgb: Array) -> Float:
    """One look at the whole picture, none of it cropped."""
    import torch
    from torch.nn import functional

    paths = weights.resolve(model)
    size = sum(path.stat().st_size for path in paths)
    network = loaded.get(model, size, lambda: _load(model, paths[0]))
    side = INPUT[model]
    scale = side / max(rgb.shape)
    width, height = max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale))
    pixels = view.resize(rgb, (width, height)).astype(np.float32)
    given = np.zeros((1, 3, side, side), np.float32)
    if model == "deeplab-mobilenet-v2":
        given[0, :, :height, :width] = (pixels / 127.5 - 1).transpose(2, 0, 1)  # 0 = grey = padding
    else:
        given[0, :, :height, :width] = (pixels[..., ::-1] / 255).transpose(2, 0, 1)  # MobileViT reads BGR
    with network.lock, torch.inference_mode():
        logits = network.run(torch.from_numpy(given)).logits
        # align_corners as TensorFlow resized when the network was trained: worth 0.016 mean IoU on people
        large = functional.interpolate(logits, (side, side), mode="bilinear", align_corners=True)
        likely = large[0, :, :height, :width].softmax(dim=0).permute(1, 2, 0).contiguous().numpy()
    return np.ascontiguousarray(likely)


def _load(model: ModelName, path: Path) -> torch.nn.Module:
    from transformers import AutoModelForSemanticSegmentation, MobileNetV2Config
    from transformers.utils import logging

    logging.disable_progress_bar()
    if model == "deeplab-mobilevit-small":
        return AutoModelForSemanticSegmentation.from_pretrained(path, use_safetensors=True).eval()
    from safetensors.torch import load_file
    from transformers import MobileNetV2ForSemanticSegmentation

    # Output stride 8 and no rounding of the first channels: as google/deeplabv3_mobilenet_v2_1.0_513.
    config = MobileNetV2Config(
        image_size=513,
        output_stride=8,
        layer_norm_eps=0.001,
        id2label=dict(enumerate(CATEGORIES)),
        semantic_loss_ignore_index=255,
    )
    network: torch.nn.Module = MobileNetV2ForSemanticSegmentation(config)
    network.load_state_dict(load_file(path))
    return network.eval()
