"""How good each way to find a subject is, beside the plain model on the same weights.

    python -m benchmarks.masks [SET ...] [--only WORD]

Needs the developers' pictures (``../shared/groundtruth``: person, salient, alpha, hair) and weights. For every set and
way it prints mean and median IoU at one half, the mean absolute error against the (true) mask, the boundary F-score
within two pixels, and the median milliseconds of a picture once the model is loaded. A click is the point of the truth
that lies farthest from its edge, a box the truth's own.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

import masks
import models
from errors import NothingFound
from imaging.photo import Photo, load
from recipe import Source

SHARED = Path(os.environ.get("BACKDROP_SHARED", Path(__file__).parents[2] / "shared"))
TOLERANCE = 2  # pixels
FOUND = 0.8  # IoU of plain u2netp: on those pictures of the alpha set the subject is not in doubt, only its edge

Array = npt.NDArray[Any]
Way = Callable[[Photo, Array], Array]


def pictures(folder: Path) -> Iterator[tuple[Photo, Array]]:
    """The photos of a set, each with its truth ``(H, W)`` 0..1."""
    for path in sorted(folder.glob("*_image.*")):
        stem = path.name.split("_image.")[0]
        truth = next(
            path.parent / f"{stem}_{kind}.png" for kind in KINDS if (path.parent / f"{stem}_{kind}.png").exists()
        )
        values = np.asarray(Image.open(truth).convert("L") if "labels" not in truth.name else Image.open(truth))
        yield (
            load(path.read_bytes(), path.name),
            (values != 1).astype(float) if "labels" in truth.name else values / 255,
        )


KINDS = ("mask", "alpha", "labels")


def iou(a: Array, b: Array) -> float:
    a, b = a >= 0.5, b >= 0.5
    either = float((a | b).sum())
    return float((a & b).sum()) / either if either else 1.0


def boundary(a: Array, b: Array) -> float:
    """F-score of the boundaries: how much of each lies within ``TOLERANCE`` pixels of the other."""
    edges = [_edge(a >= 0.5), _edge(b >= 0.5)]
    if not edges[0].any() or not edges[1].any():
        return float(edges[0].any() == edges[1].any())
    shares = []
    for mine, other in (edges, edges[::-1]):
        distance = cv2.distanceTransform((~other).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        shares.append(float((distance[mine] <= TOLERANCE).mean()))
    return 2 * shares[0] * shares[1] / max(1e-9, sum(shares))


def _edge(mask: Array) -> Array:
    inner = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    return mask & (inner == 0)


def ours(name: str, **values: Any) -> Way:
    """One of our sources, from bytes to mask; nothing found counts as an empty mask."""

    def find(photo: Photo, truth: Array) -> Array:
        filled = {key: value(truth) if callable(value) else value for key, value in values.items()}
        try:
            return masks.find(photo, Source(name=name, options=filled), lambda digest: b"").values / 255
        except NothingFound:
            return np.zeros(truth.shape)

    return find


def click(truth: Array) -> list[list[float]]:
    padded = np.pad((truth >= 0.5).astype(np.uint8), 1)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(int(distance.argmax()), distance.shape)
    return [[x + 0.5, y + 0.5]]


def box(truth: Array) -> list[float]:
    rows, columns = np.flatnonzero((truth >= 0.5).any(axis=1)), np.flatnonzero((truth >= 0.5).any(axis=0))
    return [float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)]


def back(values: Array, truth: Array) -> Array:
    return cv2.resize(values.astype(np.float32), truth.shape[::-1], interpolation=cv2.INTER_LINEAR)


def plain_rembg(photo: Photo, truth: Array) -> Array:
    """rembg's own call, as its users write it."""
    return np.asarray(_rembg().predict(Image.fromarray(photo.rgb8)), np.float32) / 255


@cache
def _rembg() -> Any:
    from masks.salient import _ByRembg

    return _ByRembg("u2netp", models.fetch("u2netp")[0])


def plain_deeplab(*categories: int) -> Way:
    """The network's probabilities, letterboxed and enlarged bilinearly."""

    def find(photo: Photo, truth: Array) -> Array:
        from masks.semantic import _predict

        shares = _predict("deeplab-mobilenet-v2", photo.rgb8)
        return back(1 - shares[..., 0] if not categories else shares[..., categories].sum(axis=-1), truth)

    return find


def plain_tflite(id: str) -> Way:
    """A MediaPipe network's softmax over the photo stretched to its input, class 1: hair."""

    def find(photo: Photo, truth: Array) -> Array:
        from masks.hair import HAIR, _run

        side = 512 if id == HAIR else 256
        given = np.zeros((1, side, side, 4 if id == HAIR else 3), np.float32)
        given[0, ..., :3] = cv2.resize(photo.rgb8, (side, side)) / 255
        answer = np.exp(_run(id, given))
        return back(answer[..., 1] / answer.sum(axis=-1), truth)

    return find


def plain_sam(boxed: bool) -> Way:
    """MobileSAM's mask of highest predicted IoU for a click, its first mask for a box, as examples do."""

    def find(photo: Photo, truth: Array) -> Array:
        height, width = truth.shape
        encoder, decoder = _sam()
        scale = 1024 / max(truth.shape)
        size = int(width * scale + 0.5), int(height * scale + 0.5)
        (embedding,) = encoder.run(None, {"input_image": cv2.resize(photo.rgb8, size).astype(np.float32)})
        corners = np.array(box(truth)).reshape(2, 2)
        points = corners if boxed else np.vstack([click(truth), [[0, 0]]])
        given = {
            "image_embeddings": embedding,
            "point_coords": (points * scale)[None].astype(np.float32),
            "point_labels": np.array([[2, 3] if boxed else [1, -1]], np.float32),
            "mask_input": np.zeros((1, 1, 256, 256), np.float32),
            "has_mask_input": np.zeros(1, np.float32),
            "orig_im_size": np.array([height, width], np.float32),
        }
        found, scores, _ = decoder.run(None, given)
        return (found[0, 0 if boxed else 1 + int(scores[0, 1:].argmax())] > 0).astype(float)

    return find


@cache
def _sam() -> tuple[Any, Any]:
    import onnxruntime

    encoder, decoder = (onnxruntime.InferenceSession(str(path)) for path in models.fetch("mobile-sam"))
    return encoder, decoder


SALIENT: dict[str, Way] = {
    "plain u2netp (rembg)": plain_rembg,
    "rembg:u2netp": ours("rembg"),
    "auto": ours("auto"),
}
SAM: dict[str, Way] = {
    "plain MobileSAM, click": plain_sam(False),
    "sam, click": ours("sam", clicks=click),
    "plain MobileSAM, box": plain_sam(True),
    "sam, box": ours("sam", box=box),
}
WAYS: dict[str, dict[str, Way]] = {
    "person": {
        **SALIENT,
        "plain DeepLab person": plain_deeplab(15),
        "deeplab:person": ours("deeplab", categories=["person"]),
        **SAM,
    },
    "salient": {**SALIENT, "plain DeepLab any": plain_deeplab(), "deeplab": ours("deeplab"), **SAM},
    "alpha": SALIENT,
    "hair": {
        "plain hair_segmenter": plain_tflite("hair-segmenter"),
        "plain selfie_multiclass": plain_tflite("selfie-multiclass"),
        "hair": ours("hair"),
    },
}


def run(sets: list[str], only: str) -> None:
    head = f"{'way':26}  {'n':>3}  {'IoU':>6}  {'median':>6}  {'MAE':>6}  {'edge F':>6}  {'ms':>6}"
    for name in sets:
        cases = list(pictures(SHARED / "groundtruth" / name))
        if not cases:
            print(f"{name}: no pictures in {SHARED / 'groundtruth' / name}")
            continue
        print(f"\n{name}\n{head}")
        sure: list[int] = []
        for way, find in WAYS[name].items():
            if only not in way and way != "plain u2netp (rembg)":
                continue
            rows, spent = [], []
            for photo, truth in cases:
                masks.forget()
                started = time.perf_counter()
                found = find(photo, truth)
                spent.append(time.perf_counter() - started)
                rows.append((iou(found, truth), float(np.abs(found - truth).mean()), boundary(found, truth)))
            _line(way, rows, spent)
            if name == "alpha":
                sure = sure or [k for k, row in enumerate(rows) if row[0] > FOUND]
                _line(f"  where plain > {FOUND}", [rows[k] for k in sure], [spent[k] for k in sure])


def _line(way: str, rows: list[tuple[float, float, float]], spent: list[float]) -> None:
    ious, errors, edges = zip(*rows, strict=True)
    print(
        f"{way:26}  {len(rows):3}  {statistics.mean(ious):6.3f}  {statistics.median(ious):6.3f}  "
        f"{statistics.mean(errors):6.4f}  {statistics.mean(edges):6.3f}  {statistics.median(spent) * 1000:6.0f}",
        flush=True,
    )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    word = arguments.pop(arguments.index("--only") + 1) if "--only" in arguments else ""
    run([argument for argument in arguments if argument != "--only"] or list(WAYS), word)
