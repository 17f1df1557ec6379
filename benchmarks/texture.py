"""How well the grain and the blur of a photo are estimated, by constants chosen on other pictures.

    python -m benchmarks.texture

Photos of each source (samples, ../shared/photos and groundtruth) are halved, so that they have little grain, given
grain and blur of known strength, and estimated by ``imaging.match_texture``; those with a true alpha also as a cut-out,
which has no surroundings to tell grain by. The constants are chosen on all other sources (leave-one-source-out) and
judged on the source left out, beside those that are shipped.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from imaging import match_texture as texture

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("BACKDROP_SHARED", ROOT.parent / "shared"))
SIDE, LEAST = 720, 300  # pixels: the longest and the shortest longer side of a picture
EACH = 14  # pictures of a source
GRAINS = (0.0, 2.0, 4.0, 7.0)  # of 255
BLURS = (0.0, 1.0, 2.0)  # pixels
DEFOCUS = 5.0  # pixels, of half the picture: what lies behind what is in focus
SMOOTHEST, UNEVEN = (0.02, 0.05, 0.1, 0.2), (1.2, 1.35, 1.5, 2.0, 1e9)
SHARPEST, STEEP = (0.05, 0.1, 0.2, 0.3, 0.4), (0.02, 0.04, 0.06, 0.08)
LEAST_EDGES = 50
Array = npt.NDArray[Any]


class Case(NamedTuple):
    """What was measured of one picture: the blocks of each grain, and the edges of each blur by steepness."""

    source: str
    residues: Mapping[float, Array]
    edges: Mapping[tuple[float, float, bool], Array]


def pictures() -> Iterator[tuple[str, Array, Array | None]]:
    """(source, RGB uint8, mask or None), halved and no larger than ``SIDE``."""
    folders = {"samples": ROOT / "samples", "photos": SHARED / "photos"}
    folders |= {path.name: path for path in sorted((SHARED / "groundtruth").glob("*")) if path.is_dir()}
    for source, folder in folders.items():
        found = [path for path in sorted(folder.glob("*.*")) if re.search(r"\.(jpe?g|png)$", path.name)]
        photos = [path for path in found if not re.search(r"_(alpha|mask|hair|person)\.png$", path.name)]
        for path in photos[:: max(1, len(photos) // EACH)][:EACH]:
            pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if pixels is None or max(pixels.shape) < LEAST:
                continue
            side = min(SIDE, max(pixels.shape) // 2)
            size = [max(1, round(length * side / max(pixels.shape))) for length in pixels.shape[1::-1]]
            truth = path.with_name(re.sub(r"_image\.\w+$", "_alpha.png", path.name))
            mask = cv2.imread(str(truth), cv2.IMREAD_GRAYSCALE) if truth != path and truth.exists() else None
            small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)[..., ::-1]
            yield source, np.ascontiguousarray(small), None if mask is None else cv2.resize(mask, size)


def cases() -> Iterator[Case]:
    for source, clean, mask in pictures():
        looked = [(source, clean, None)]
        if mask is not None:
            looked.append((f"{source}, cut out", clean * (mask > 127)[..., None].astype(np.uint8), mask))
        for name, pixels, where in looked:
            grained = {grain: _residues(_grained(pixels, grain, where), where) for grain in GRAINS}
            edges = {} if where is not None else {each: _edges(pixels, *each) for each in _sharpness()}
            yield Case(name, grained, edges)


def _sharpness() -> Iterator[tuple[float, float, bool]]:
    return itertools.product(BLURS, STEEP, (False, True))


def _grained(pixels: Array, grain: float, where: Array | None) -> Array:
    noise = np.random.default_rng(7).standard_normal((*pixels.shape[:2], 1)) * grain
    noisy = np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)
    return noisy if where is None else noisy * (where > 127)[..., None].astype(np.uint8)


def _residues(pixels: Array, where: Array | None) -> Array:
    found = [texture._residues(texture._grey(pixels[window])) for window in texture._samples(pixels.shape, where)]
    return np.concatenate([np.zeros(0, np.float32), *found])


def _edges(pixels: Array, blur: float, steep: float, defocused: bool) -> Array:
    soft = cv2.GaussianBlur(pixels, (0, 0), blur) if blur else pixels.copy()
    if defocused:
        half = slice(0, pixels.shape[1] // 2)
        soft[:, half] = cv2.GaussianBlur(soft[:, half], (0, 0), DEFOCUS)
    shipped, texture.STEEP = texture.STEEP, steep
    try:
        found = [texture._blurs(texture._grey(soft[window]), 0.0) for window in texture._samples(soft.shape, None)]
    finally:
        texture.STEEP = shipped
    return np.concatenate(found)


def grain_error(case: Case, smoothest: float, uneven: float) -> float:
    """Mean difference, in levels of 255, of the grain that would be given from the true one; unseen grain is 0."""
    off = []
    for true, residues in case.residues.items():
        low, middle = np.quantile(residues, (smoothest, texture.MIDDLE)) if len(residues) else (0.0, 0.0)
        found = 0.0 if middle > uneven * low else float(low) / texture.OF_ALL
        found = min(found, texture.MOST_GRAIN) if found >= texture.LEAST_GRAIN else 0.0
        off.append(abs(found - true))
    return mean(off)


def blur_error(case: Case, sharpest: float, steep: float) -> float:
    """Mean error, in pixels, of what was added to the blur, half the picture out of focus or none of it.

    A picture with too few edges is taken for sharp.
    """
    off = []
    for defocused in (False, True):
        found = [_blur(case.edges[blur, steep, defocused], sharpest) for blur in BLURS]
        sharp = _blur(case.edges[0.0, steep, False], sharpest)
        more = [max(each**2 - sharp**2, 0) ** 0.5 for each in found]
        off += [abs(have - true) for have, true in zip(more, BLURS, strict=True)]
    return mean(off)


def _blur(edges: Array, sharpest: float) -> float:
    return float(np.quantile(edges, sharpest)) if len(edges) >= LEAST_EDGES else 0.0


def judge(name: str, every: list[Case], error: Callable[..., float], choices: list[tuple[float, ...]]) -> None:
    """Print the mean error by source: of the shipped constants, ``choices[0]``, and of those chosen on the others."""
    sources = list(dict.fromkeys(case.source for case in every))
    table = {
        choice: {source: mean(error(case, *choice) for case in every if case.source == source) for source in sources}
        for choice in choices
    }
    print(f"\n{name:32} pictures   shipped {choices[0]}   chosen on the others")
    totals = []
    for held in sources:
        best = min(choices, key=lambda choice: mean(table[choice][source] for source in sources if source != held))
        totals.append((table[choices[0]][held], table[best][held]))
        number = sum(case.source == held for case in every)
        print(f"  {held:30} {number:8} {totals[-1][0]:10.2f} {totals[-1][1]:18.2f}  by {best}")
    shipped, held_out = (mean(each) for each in zip(*totals, strict=True))
    print(f"  {'mean over sources':30} {len(every):8} {shipped:10.2f} {held_out:18.2f}")
    best = sorted(choices, key=lambda choice: mean(table[choice].values()))
    print("  best on all:", ", ".join(f"{each} {mean(table[each].values()):.2f}" for each in best[:4]))


def main() -> None:
    every = list(cases())
    shipped = texture.SMOOTHEST, texture.UNEVEN
    judge("grain, levels of 255", every, grain_error, [shipped, *itertools.product(SMOOTHEST, UNEVEN)])
    sharp = texture.SHARPEST, texture.STEEP
    whole = [case for case in every if case.edges]
    judge("blur, pixels", whole, blur_error, [sharp, *itertools.product(SHARPEST, STEEP)])


if __name__ == "__main__":
    main()
