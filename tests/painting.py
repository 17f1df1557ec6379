"""Photos, masks and files for the tests that paint."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
from PIL import Image
from typer.testing import CliRunner

import cli
from imaging.photo import Photo, load
from jobs import store
from recipe import Layer, MaskRecipe, Source


def subject_of(width: int, height: int) -> np.ndarray:
    """``(H, W)`` uint8: an ellipse in the middle with an edge some 5 pixels soft."""
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 2, height // 2), (width // 4, height // 3), 0, 0, 360, 255, -1)
    return cv2.GaussianBlur(mask, (0, 0), 1.5)


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def stored_photo(width: int, height: int) -> Photo:
    """A photo of noise, put into the store; its subject is that of :func:`subject_of`."""
    pixels = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    data = png(cv2.GaussianBlur(pixels, (0, 0), 2))
    store.default().put(data)
    return load(data, "photo.png")


def mask_of(width: int, height: int) -> MaskRecipe:
    digest = store.default().put(png(subject_of(width, height)))
    return MaskRecipe(layers=(Layer(source=Source(name="file", options={"mask": digest})),))


def invoke(*arguments: object) -> Any:
    """The command line within this process; what it prints is shown where a test fails."""
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    print(done.output, done.exception)
    return done
