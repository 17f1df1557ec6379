"""The most salient object, by rembg's models."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import cv2
import numpy as np
from PIL import Image
from pydantic import Field

import models
from errors import NothingFound
from imaging.photo import Array, Photo
from masks import loaded, preprocess
from masks.base import Context, Options, Prediction
from masks.doubt import overlap
from masks.preprocess import Float

if TYPE_CHECKING:
    from rembg.sessions.base import BaseSession

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
"""Models that see 320 x 320 pixels: more views cost little and mend both the choice and the edge."""
CROP_MARGIN = 0.25  # of the subject's box, kept around it when looking closer
EDGE_UNCERTAINTY = 1 / 320  # of the photo: the networks' own grid
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
        return Prediction(probability, EDGE_UNCERTAINTY, (options.model,), disagreement=disagreement)


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
        ``(h, w)`` float 0..1; and 1 - the smaller soft IoU of the views, ``None`` for one view.
    """
    straight = _predict(model, rgb)
    if model not in TTA_MODELS or views == 1:
        return straight, None
    mirrored = _predict(model, np.ascontiguousarray(rgb[:, ::-1]))[:, ::-1]
    both = np.asarray((straight + mirrored) / 2)
    agreement = overlap(straight, mirrored)
    box = _box(both >= 0.5)
    if box is None or views == 2:
        return both, 1 - agreement
    rows, columns = box
    close = np.zeros_like(both)
    close[rows, columns] = _predict(model, np.ascontiguousarray(rgb[rows, columns]))
    return np.asarray((both + close) / 2), 1 - min(agreement, overlap(both, close))


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
    (path,) = models.fetch(model)
    session = loaded.get(model, path.stat().st_size, lambda: _load(model, str(path)))
    side = 320 if model in TTA_MODELS else max(rgb.shape)
    image = Image.fromarray(rgb)
    # The session scales its answer back to the size of what it was resized: for a large view that is wasted.
    resized = image if side >= max(image.size) else image.resize((side, side), Image.Resampling.LANCZOS)
    with session.lock, np.errstate(invalid="ignore", divide="ignore"):
        mask = session.run.predict(resized, cloth_category="attire")[0]
    values = np.asarray(mask.convert("L"), np.float32) / 255
    if values.shape == rgb.shape[:2]:
        return values
    return np.clip(cv2.resize(values, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_CUBIC), 0, 1)


_importing = threading.Lock()


def session_class(model: ModelName) -> type[BaseSession]:
    """rembg's session for a model, without the rest of rembg.

    The package itself imports a matting library that compiles at import: more than a second each time, half a minute
    the first. Its folder of sessions imports scipy for one of them. Nothing of that is needed, so a session's module is
    imported under bare packages of those names, which go again.
    """
    with _importing:
        # The sessions of larger models are built on one another through their package.
        wanted = ["rembg", "rembg.sessions"] if model in TTA_MODELS else ["rembg"]
        bare = [] if "rembg" in sys.modules else [name for name in wanted if name not in sys.modules]
        try:
            for name in bare:
                spec = importlib.util.find_spec(name)
                assert spec is not None  # rembg is required
                sys.modules[name] = importlib.util.module_from_spec(spec)
            if model in TTA_MODELS:
                module = importlib.import_module(f"rembg.sessions.{model}")
                own = (kind for kind in vars(module).values() if getattr(kind, "__module__", "") == module.__name__)
                return next(kind for kind in own if hasattr(kind, "download_models"))
            return importlib.import_module("rembg.sessions").sessions[model]
        finally:
            for name in bare:
                sys.modules.pop(name, None)


def _load(model: ModelName, path: str) -> BaseSession:
    """rembg's session over our resolver's file."""
    import onnxruntime

    class Resolved(session_class(model)):  # type: ignore[misc]
        @classmethod
        def download_models(cls, *args: object, **kwargs: object) -> str:
            return path

    return Resolved(model, onnxruntime.SessionOptions())


SOURCES = (Rembg(),)
