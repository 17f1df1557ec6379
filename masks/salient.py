"""The most salient object, by rembg's models."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import cv2
import numpy as np
from PIL import Image
from pydantic import Field

import weights
from errors import NothingFound
from imaging.photo import Array, Photo
from masks import loaded, ops, view
from masks.base import Context, Options, Selection
from masks.view import Float

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
LOOKS_AGAIN = {"u2netp", "u2net", "silueta", "u2net_human_seg"}
"""Models that see 320 x 320 pixels: mirrored and closer looks cost little and mend both the choice and the edge."""
CLOSER = 0.25  # of the subject's box, kept around it when looking closer
COARSE = 1 / 320  # of the photo: the networks' own grid
TIE = 0.99  # what only one of two looks sees, however surely, stays below one half
SPECKS = 1.0  # per cent of the largest piece
SMALLEST = 0.0005  # of the photo: less is noise, not a subject


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
    help: ClassVar = "Finds the one thing the photo is about, whatever it is."
    Options: ClassVar = RembgOptions

    def find(self, photo: Photo, options: RembgOptions, context: Context) -> Selection:
        heat = _heat(options.model, view.small(photo))
        if float((heat >= 0.5).mean()) < SMALLEST:
            raise NothingFound(
                f"{options.model} found no subject in this photo; try another model, click on the subject, or bring a "
                "mask file."
            )
        values = ops.remove_specks(view.finish(photo, heat, COARSE), SPECKS)
        return Selection(values, (options.model,), heat=heat)


def _heat(model: ModelName, rgb: Array) -> Float:
    """How salient each pixel is, ``(h, w)`` 0..1.

    A 320-pixel network's answer depends on where the subject lies and how large it is, so it looks three times: at the
    photo, at its mirror image, and closer at what these two agree on. On ``groundtruth/salient`` this lifts u2netp's
    mean IoU from 0.74 to 0.83 and halves the error of the edge; see ``docs/masks.md``.
    """
    straight = _predict(model, rgb)
    if model not in LOOKS_AGAIN:
        return straight
    mirrored = _predict(model, np.ascontiguousarray(rgb[:, ::-1]))[:, ::-1]
    both = (straight + mirrored) / 2
    box = _box(both >= 0.5)
    if box is None:
        return both
    rows, columns = box
    close = np.zeros_like(both)
    close[rows, columns] = _predict(model, np.ascontiguousarray(rgb[rows, columns]))
    return TIE * (both + close) / 2


def _box(found: Any) -> tuple[slice, slice] | None:
    """The rows and columns around what was found, with room to see what was missed."""
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    if not rows.size:
        return None

    def around(along: Any, length: int) -> slice:
        room = int((along[-1] + 1 - along[0]) * CLOSER) + 4
        return slice(max(0, along[0] - room), min(length, along[-1] + 1 + room))

    return around(rows, found.shape[0]), around(columns, found.shape[1])


def _predict(model: ModelName, rgb: Array) -> Float:
    """The network's own answer for one view, at that view's size."""
    (path,) = weights.resolve(model)
    session = loaded.get(model, path.stat().st_size, lambda: _load(model, str(path)))
    side = 320 if model in LOOKS_AGAIN else max(rgb.shape)
    image = Image.fromarray(rgb)
    # The session scales its answer back to the size of what it was given: for a large view that is wasted.
    given = image if side >= max(image.size) else image.resize((side, side), Image.Resampling.LANCZOS)
    with session.lock, np.errstate(invalid="ignore", divide="ignore"):
        mask = session.run.predict(given, cloth_category="attire")[0]
    values = np.asarray(mask.convert("L"), np.float32) / 255
    if values.shape == rgb.shape[:2]:
        return values
    return np.clip(cv2.resize(values, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_CUBIC), 0, 1)


_importing = threading.Lock()


def sessions() -> dict[str, type[BaseSession]]:
    """rembg's sessions by name, without the rest of rembg.

    The package itself imports a matting library that compiles at import: more than a second each time, half a minute
    the first. Its sessions need none of that, so they are imported under a bare package of its name, which goes again.
    """
    with _importing:
        here = "rembg" in sys.modules or "rembg.sessions" in sys.modules
        spec = None if here else importlib.util.find_spec("rembg")
        if spec and spec.submodule_search_locations:
            bare = ModuleType("rembg")
            bare.__path__ = list(spec.submodule_search_locations)
            sys.modules["rembg"] = bare
        try:
            return dict(importlib.import_module("rembg.sessions").sessions)
        finally:
            if spec:
                sys.modules.pop("rembg", None)


def _load(model: ModelName, path: str) -> BaseSession:
    """rembg's session over our resolver's file."""
    import onnxruntime

    class Resolved(sessions()[model]):  # type: ignore[misc]
        @classmethod
        def download_models(cls, *args: object, **kwargs: object) -> str:
            return path

    return Resolved(model, onnxruntime.SessionOptions())
