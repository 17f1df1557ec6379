"""The most salient object, by rembg's models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import cv2
import numpy as np
from PIL import Image
from pydantic import Field

import models
from errors import NothingFound
from imaging.photo import Array, Photo
from masks import doubt, inference, loaded, preprocess
from masks.base import Context, Options, Prediction
from masks.preprocess import Float

ModelName = Literal[
    "u2netp",
    "u2net",
    "silueta",
    "isnet-general-use",
    "isnet-anime",
    "u2net_human_seg",
    "u2net_cloth_seg",
    "birefnet-general",
    "birefnet-general-lite",
    "birefnet-portrait",
]
TTA_MODELS = {"u2netp", "u2net", "silueta", "u2net_human_seg"}
"""U²-Net's family, which sees 320 x 320 pixels: more views cost little and mend both the choice and the edge."""
SIDE = 320  # pixels
INPUT_SIDES: Mapping[str, int] = {**dict.fromkeys(TTA_MODELS, SIDE), "isnet-general-use": 1024}
"""What the networks that are run here see, in pixels; rembg runs all others."""
IMAGENET: tuple[Array, Array] = np.array((0.485, 0.456, 0.406)), np.array((0.229, 0.224, 0.225))
"""Mean and standard deviation of the colours that U²-Net's family was trained with."""
ISNET: tuple[Array, Array] = np.full(3, 0.5), np.ones(3)
"""The same of IS-Net."""
CROP_MARGIN = 0.25  # of the subject's box, kept around it when looking closer
EDGE_UNCERTAINTY = 1 / SIDE  # of the photo: the networks' own grid
MIN_AREA = 0.0005  # of the photo: less is noise, not a subject


class RembgOptions(Options):
    positional: ClassVar = "model"
    model: ModelName = Field(
        "u2netp",
        title="Network (model)",
        description="Which network looks for the subject; u2netp comes with set-up.",
    )


class Rembg:
    """The most salient object."""

    name: ClassVar = "rembg"
    title: ClassVar = "Main subject (rembg)"
    example: ClassVar = "rembg[:MODEL]"
    order: ClassVar = 20
    help: ClassVar = "Finds the one thing the photo is about, whatever it is."
    Options: ClassVar = RembgOptions
    optional_weights: ClassVar[tuple[str, ...]] = ()

    def find(self, photo: Photo, options: RembgOptions, context: Context) -> Prediction:
        probability, disagreement = predict(options.model, preprocess.downscaled_rgb(photo))
        if float((probability >= 0.5).mean()) < MIN_AREA:
            raise NothingFound(
                f"{options.model} found no subject in this photo; try another model, click on the subject, or bring a "
                "mask file."
            )
        return Prediction(
            probability, EDGE_UNCERTAINTY, (options.model,), disagreement=disagreement, settles_by_colour=True
        )


def predict(model: ModelName, rgb: Array, views: int = 3) -> tuple[Float, float | None]:
    """How salient each pixel is, and how far the views differ.

    A 320-pixel network's answer depends on where the subject lies and how large it is, so it sees three views
    (test-time augmentation): the photo, its mirror image, and a crop of what these two agree on, which counts as much
    as both.

    Args:
        model: the network; only those in ``TTA_MODELS`` get more than one view.
        rgb: ``(h, w, 3)`` uint8 sRGB.
        views: how many of the three.

    Returns:
        ``(h, w)`` float 0..1; and the larger disagreement of the views (``masks.doubt``), ``None`` for one view.
    """
    straight = _predict(model, rgb)
    if model not in TTA_MODELS or views == 1:
        return straight, None
    mirrored = _predict(model, np.ascontiguousarray(rgb[:, ::-1]))[:, ::-1]
    both = np.asarray((straight + mirrored) / 2)
    differ = doubt.disagreement(straight, mirrored)
    box = _box(both >= 0.5)
    if box is None or views == 2:
        return both, differ
    rows, columns = box
    close = np.zeros_like(both)
    close[rows, columns] = _predict(model, np.ascontiguousarray(rgb[rows, columns]))
    return np.asarray((both + close) / 2), max(differ, doubt.disagreement(both, close))


def _box(found: Any) -> tuple[slice, slice] | None:
    """The rows and columns around what was found, with room to see what was missed."""
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    if not rows.size:
        return None

    def around(along: Any, length: int) -> slice:
        room = int((along[-1] + 1 - along[0]) * CROP_MARGIN) + 4
        return slice(max(0, along[0] - room), min(length, along[-1] + 1 + room))

    return around(rows, found.shape[0]), around(columns, found.shape[1])


def _predict(model: ModelName, rgb: Array) -> Float:
    """The network's own answer for one view, at that view's size."""
    network = _network(model)
    side = SIDE if model in TTA_MODELS else max(rgb.shape)
    image = Image.fromarray(rgb)
    # The answer is scaled back to the size of what was asked about: for a large view that is wasted.
    resized = image if side >= max(image.size) else image.resize((side, side), Image.Resampling.LANCZOS)
    with network.lock, np.errstate(invalid="ignore", divide="ignore"):
        mask = network.run.predict(resized)
    values = np.asarray(mask, np.float32) / 255
    if values.shape == rgb.shape[:2]:
        return values
    return np.clip(cv2.resize(values, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_CUBIC), 0, 1)


def _network(model: ModelName) -> loaded.Model:
    run = _WithoutRembg if model in INPUT_SIDES else _ByRembg
    return loaded.network(model, lambda paths: run(model, paths[0]))


class _WithoutRembg:
    """What rembg's sessions of U²-Net and IS-Net do, value for value where onnxruntime runs them, without rembg.

    Importing rembg imports a matting library that compiles: over a second in each new process, half a minute the first
    time. The network that comes with set-up answers in a tenth of that, and the one that is offered next takes half its
    time where OpenVINO runs it; every other network takes seconds itself and is run by rembg.
    """

    def __init__(self, model: ModelName, path: Path) -> None:
        self._side = INPUT_SIDES[model]
        self._mean, self._std = IMAGENET if model in TTA_MODELS else ISNET
        self._run = inference.load(model, path)

    def predict(self, image: Image.Image) -> Image.Image:
        """The mask of an RGB picture, mode "L", at its size."""
        small = np.array(image.resize((self._side, self._side), Image.Resampling.LANCZOS))
        values = (small / max(float(small.max()), 1e-6) - self._mean) / self._std
        answer = self._run(values.transpose(2, 0, 1)[None].astype(np.float32, order="C"))[0, 0]
        scaled = (answer - answer.min()) / (answer.max() - answer.min())
        return Image.fromarray((scaled * 255).astype(np.uint8)).resize(image.size, Image.Resampling.LANCZOS)


class _ByRembg:
    """A network run by rembg's own session over our resolver's file."""

    def __init__(self, model: ModelName, path: Path) -> None:
        import onnxruntime
        from rembg.sessions import sessions

        class Resolved(sessions[model]):  # type: ignore[misc]
            @classmethod
            def download_models(cls, *args: object, **kwargs: object) -> str:
                return str(path)

        self._session = Resolved(model, onnxruntime.SessionOptions())

    def predict(self, image: Image.Image) -> Image.Image:
        """The mask of an RGB picture, mode "L", at its size."""
        mask: Image.Image = self._session.predict(image, cloth_category="attire")[0]
        return mask.convert("L")


def warm_up() -> None:
    """Load what the first search needs: where it is here, the network that comes with set-up, and what runs it."""
    if models.is_installed("u2netp"):
        _network("u2netp")


SOURCES = (Rembg(),)
