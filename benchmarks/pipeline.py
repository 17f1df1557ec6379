"""Seconds of every stage of a `background` edit on a 12-megapixel photo, outside the denoiser.

    python -m benchmarks.pipeline [--runs N] [--json]

The model's picture is stood in for by noise at 512 pixels' area: what comes before and after does not depend on it.
Medians, after one run that is not counted. Networks are loaded before; the search itself is done anew each time. After
the total, where MobileSAM is installed: a photo's first click, which encodes the photo, and another one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import main
import masks
from benchmarks.instant import found_anew, median, no_inputs
from imaging import checks, composite, inpaint_io, shadows
from imaging.encode import encode
from imaging.geometry import Size
from imaging.photo import Photo, load
from imaging.subject import Subject
from masks import to_repaint
from models import is_installed
from recipe import MaskRecipe
from recipe.mask import Layer, Source

ROOT = Path(__file__).parents[1]
NATIVE_SIDE = 512


def measure(runs: int) -> dict[str, float]:
    """Median seconds by stage, in the order of an edit; ``total`` is their sum."""
    picture = cv2.resize(cv2.imread(str(ROOT / "samples" / "mug.jpg")), (4000, 3000))
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes()
    photo = load(data, "photo.jpg")
    selection = main.select(photo, MaskRecipe(), no_inputs)
    alpha, repaint = selection.values, to_repaint(selection).values
    subject = Subject.of(photo, alpha)
    size = Size(*photo.size).working(NATIVE_SIDE)
    _, mask = inpaint_io.prepare_inputs(photo, alpha, subject.edge, repaint, size, True)
    noise = np.random.default_rng(0).integers(0, 256, (size.height, size.width, 3), np.uint8)
    painted = Image.fromarray(cv2.GaussianBlur(noise, (0, 0), 4))
    background = inpaint_io.to_background(painted, mask, photo)
    shadow = shadows.contact(alpha)
    shaded = composite.shade(background, shadow)
    result = composite.over(photo.pixels, alpha, subject.edge, shaded)
    stages: dict[str, Callable[[], object]] = {
        "read JPEG": lambda: load(data, "photo.jpg"),
        "find subject (auto)": lambda: found_anew(photo),
        "edge colours": lambda: Subject.of(photo, alpha).edge,
        "inputs of the model": lambda: inpaint_io.prepare_inputs(photo, alpha, subject.edge, repaint, size, True),
        "enlarge its picture": lambda: inpaint_io.to_background(painted, mask, photo),
        "contact shadow": lambda: shadows.contact(alpha),
        "shadow onto the background": lambda: composite.shade(background, shadow),
        "composite": lambda: composite.over(photo.pixels, alpha, subject.edge, shaded),
        "check the subject": lambda: checks.changed_subject_pixels(photo.pixels, result, alpha),
        "write PNG": lambda: encode(result, "PNG"),
    }
    seconds = {name: median(runs, stage) / 1000 for name, stage in stages.items()}
    seconds["total"] = sum(seconds.values())
    if is_installed("mobile-sam"):
        clicks = iter([(2000.0 + number, 1600.0) for number in range(3 * runs + 3)])
        seconds["(first click, MobileSAM)"] = median(runs, lambda: click(photo, next(clicks), new_photo=True)) / 1000
        seconds["(another click)"] = median(runs, lambda: click(photo, next(clicks), new_photo=False)) / 1000
    return {name: round(value, 3) for name, value in seconds.items()}


def click(photo: Photo, point: tuple[float, float], new_photo: bool) -> None:
    """What SAM finds at a point, x and y in pixels, where no click was before."""
    if new_photo:
        masks.forget()
    source = Source(name="sam", options={"clicks": [f"{point[0]},{point[1]}"]})
    main.select(photo, MaskRecipe(layers=(Layer(source=source),)), no_inputs)


def run() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = measure(given.runs)
    if given.json:
        print(json.dumps(found, indent=2))
        return
    for name, seconds in found.items():
        print(f"{name:28} {seconds:7.3f} s")


if __name__ == "__main__":
    run()
