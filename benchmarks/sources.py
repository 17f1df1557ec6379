"""Seconds that each way to find a subject takes of a new photo, the models loaded, at about 2 and at 12 megapixels.

    python -m benchmarks.sources [--runs N]

The photo is the bundled mug, enlarged. One plain u2netp pass is timed beside them, so that figures of two machines
can be told apart. A source whose weights are not here is left out, and said so.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import masks
import models
from errors import NothingFound
from imaging.encode import encode
from imaging.photo import Photo, load
from masks import preprocess
from recipe import Source

SIZES = ((1800, 1200), (4000, 3000))
WAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "rembg": ("rembg (three views)", ("u2netp",)),
    "deeplab": ("deeplab", ("deeplab-mobilenet-v2",)),
    "hair": ("hair", ("hair-segmenter", "selfie-multiclass")),
    "auto": ("auto", ("u2netp",)),
}
Seconds = list[float]


def photo(size: tuple[int, int]) -> Photo:
    """The bundled mug at that size."""
    with Image.open(Path(__file__).parents[1] / "samples" / "mug.jpg") as image:
        large = image.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    return load(encode(np.asarray(large), "PNG"), "photo.png")


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def find(where: Photo, name: str, **values: Any) -> None:
    """What is timed: a question to a source. To find nothing, as hair on a mug, takes its time, too."""
    with contextlib.suppress(NothingFound):
        masks.find(where, Source(name=name, options=values), lambda digest: b"")


def new_photo(where: Photo, name: str, runs: int, **values: Any) -> Seconds:
    """Seconds of the question about a new photo, after one that also loads the model."""
    spent = []
    for _ in range(runs + 1):
        masks.forget()
        spent.append(timed(lambda: find(where, name, **values)))
    return spent[1:]


def next_clicks(where: Photo, runs: int) -> Seconds:
    """Seconds of further clicks on the same photo."""
    width, height = where.size
    return [
        timed(lambda at=at: find(where, "sam", clicks=[[width / 2 + 3 * at, height / 2]]))  # type: ignore[misc]
        for at in range(1, runs + 1)
    ]


def run(runs: int) -> None:
    from masks.salient import _predict

    for size in SIZES:
        where = photo(size)
        small = preprocess.downscaled_rgb(where)
        _predict("u2netp", small)
        rows: list[tuple[str, Seconds]] = [
            ("one u2netp pass", [timed(lambda small=small: _predict("u2netp", small)) for _ in range(runs)])  # type: ignore[misc]
        ]
        for name, (title, needed) in WAYS.items():
            if all(models.is_installed(id) for id in needed):
                rows.append((title, new_photo(where, name, runs)))
            else:
                print(f"{title}: its weights are not here")
        if models.is_installed("mobile-sam"):
            click = [[size[0] / 2, size[1] / 2]]
            rows.append(("sam, first click", new_photo(where, "sam", runs, clicks=click)))
            rows.append(("sam, next click", next_clicks(where, runs)))
        else:
            print("sam: its weights are not here")
        print(f"\n{size[0]} x {size[1]}, medians of {runs}")
        for title, seconds in rows:
            print(f"  {title:22} {statistics.median(seconds):.2f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    run(parser.parse_args().runs)
