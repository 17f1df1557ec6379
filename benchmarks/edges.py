"""How well the old background leaves a soft edge: ours beside a plain alpha paste and pymatting, against the truth.

    python -m benchmarks.edges

Needs the developers' composites with true alpha (``../shared/groundtruth/alpha``) and, for the true foreground colours,
Debian's tuxpaint-stamps-default, from whose cut-outs they were made. Prints PSNR over the soft pixels on four new
backgrounds, mean over pictures, and the median milliseconds.
"""

from __future__ import annotations

import json
import os
import statistics
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging import foreground

SHARED = Path(os.environ.get("BACKDROP_SHARED", Path(__file__).parents[2] / "shared"))
STAMPS = Path("/usr/share/tuxpaint/stamps")
GROUNDS = ((255, 255, 255), (0, 0, 0), (30, 122, 76), (221, 221, 221))
REGISTERED = 0.1  # mean squared error of alpha: above it the stamp was turned, and its colours do not lie in place

Array = npt.NDArray[Any]


def true_foreground(entry: dict[str, Any], alpha: Array) -> Array | None:
    """The cut-out's own colours, ``(H, W, 3)``, where they lie in the composite; ``None`` where that is not certain."""
    stamp = Image.open(STAMPS / entry["stamp"]).convert("RGBA")
    stamp = stamp.crop(stamp.getchannel("A").getbbox())
    size = round(stamp.width * entry["scale"]), round(stamp.height * entry["scale"])
    margin = 40
    best: tuple[float, Array] | None = None
    for method in (Image.Resampling.LANCZOS, Image.Resampling.BICUBIC):
        scaled = np.asarray(stamp.resize(size, method))
        errors = cv2.matchTemplate(
            np.pad(alpha, margin).astype(np.float32), scaled[..., 3].astype(np.float32), cv2.TM_SQDIFF
        )
        error, _, (x, y), _ = cv2.minMaxLoc(errors)
        placed = np.zeros((alpha.shape[0] + 2 * margin, alpha.shape[1] + 2 * margin, 3), np.uint8)
        placed[y : y + size[1], x : x + size[0]] = scaled[..., :3]
        if best is None or error < best[0]:
            best = error, placed[margin:-margin, margin:-margin]
    assert best is not None
    return best[1] if best[0] / alpha.size < REGISTERED else None


def psnr(error: Array) -> float:
    return float(10 * np.log10(255**2 / np.mean(np.square(error))))


def run() -> None:
    from pymatting import estimate_foreground_ml

    folder = SHARED / "groundtruth" / "alpha"
    if not folder.is_dir() or not STAMPS.is_dir():
        raise SystemExit(f"needs {folder} and Debian's tuxpaint-stamps-default")
    scores: dict[str, list[float]] = {"plain paste": [], "ours": [], "pymatting ml": []}
    milliseconds: dict[str, list[float]] = {"plain paste": [0], "ours": [], "pymatting ml": []}
    for entry in json.loads((folder / "manifest.json").read_text()):
        alpha = np.asarray(Image.open(folder / f"{entry['name']}_alpha.png"))
        photo = np.asarray(Image.open(folder / f"{entry['name']}_image.jpg").convert("RGB"))
        truth = true_foreground(entry, alpha)
        if truth is None:
            continue
        soft, share = (alpha > 0) & (alpha < 255), alpha[..., None] / 255
        started = time.perf_counter()
        ours = photo.astype(np.float64)
        ours[soft] = foreground.estimate(photo, alpha).colours
        milliseconds["ours"].append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        multilevel = estimate_foreground_ml(photo / 255, alpha / 255) * 255
        milliseconds["pymatting ml"].append((time.perf_counter() - started) * 1000)
        for name, colours in (("plain paste", photo), ("ours", ours), ("pymatting ml", multilevel)):
            # The plate cancels out of the difference of two composites with one alpha; rounding to bytes does not.
            values = [
                psnr(
                    (np.rint(share * colours + (1 - share) * ground) - np.rint(share * truth + (1 - share) * ground))[
                        soft
                    ]
                )
                for ground in map(np.array, GROUNDS)
            ]
            scores[name].append(statistics.mean(values))
    better = sum(ours > plain for ours, plain in zip(scores["ours"], scores["plain paste"], strict=True))
    for name, values in scores.items():
        print(f"{name:14} {statistics.mean(values):6.2f} dB   {statistics.median(milliseconds[name]):6.0f} ms")
    print(f"better than a plain paste on {better} of {len(scores['ours'])} pictures")


if __name__ == "__main__":
    run()
