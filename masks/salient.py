"""The most salient object, by rembg's models."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, ClassVar, Literal

import cv2
import numpy as np
from PIL import Image
from pydantic import Field

import weights
from errors import NothingFound
from imaging.colour import to_srgb
from imaging.photo import Array, Photo
from masks import matting, ops
from masks.base import Context, Mask, Options, Selection

if TYPE_CHECKING:
    from rembg.sessions.base import BaseSession

Model = Literal[
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
NATIVE_SIDE = 320  # u2net's input; the others' edges are finer, and refining them over the same radius does no harm
MODEL_SIDE = 1024  # the largest input any of the models takes; a larger photo is reduced to it first
LOW, HIGH = 26, 230  # of 255: what u2netp calls 10 % and 90 % is outside and inside
SPECKS = 1.0  # per cent of the largest piece
SMALLEST = 0.0005  # of the photo: less is noise, not a subject


class RembgOptions(Options):
    positional: ClassVar = "model"
    model: Model = Field("u2netp", description="Which network looks for the subject; u2netp comes with set-up.")


class Rembg:
    """The most salient object."""

    name: ClassVar = "rembg"
    title: ClassVar = "Main subject (rembg)"
    help: ClassVar = "Finds the one thing the photo is about, whatever it is."
    Options: ClassVar = RembgOptions

    def find(self, photo: Photo, options: RembgOptions, context: Context) -> Selection:
        rgb = to_srgb(photo.rgb8, photo.icc)
        coarse = _predict(options.model, rgb)
        radius = 2 * max(photo.size) / NATIVE_SIDE
        refined = matting.refine(rgb, coarse, radius)
        likely = refined[refined >= 128]
        # A network that hesitates over the whole subject still means it: half of what it calls likely becomes certain.
        high = min(HIGH, int(np.median(likely))) if likely.size else HIGH
        values = ops.remove_specks(ops.solidify(refined, LOW, high), SPECKS)
        if likely.size < SMALLEST * refined.size:
            raise NothingFound(
                f"{options.model} found no subject in this photo; try another model, or bring a mask file."
            )
        return Selection(values, (options.model,))


def _predict(model: Model, rgb: Array) -> Mask:
    """The network's own answer at the photo's size."""
    height, width = rgb.shape[:2]
    scale = min(1.0, MODEL_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
    session, lock = _session(model)
    with lock, np.errstate(invalid="ignore", divide="ignore"):
        mask = session.predict(Image.fromarray(small), cloth_category="attire")[0]
    return cv2.resize(np.asarray(mask), (width, height), interpolation=cv2.INTER_LINEAR)


@cache
def _session(model: Model) -> tuple[BaseSession, threading.Lock]:
    """rembg's session over our resolver's file, loaded once per process, and the lock that serialises its calls."""
    (path,) = weights.resolve(model)
    import onnxruntime
    from rembg.sessions import sessions

    class Resolved(sessions[model]):  # type: ignore[misc]
        @classmethod
        def download_models(cls, *args: object, **kwargs: object) -> str:
            return str(path)

    return Resolved(model, onnxruntime.SessionOptions()), threading.Lock()
