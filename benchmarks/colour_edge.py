"""Measures deciding an edge by colours (:mod:`masks.colour_edge`) and alpha matting (:mod:`masks.closed_form`).

    python -m benchmarks.colour_edge [FOLDER ...] [--every N]

Sources are those of :mod:`benchmarks.cross_validation` without person and salient, whose truths have no soft edges (and
person's were made by a network), and "placed": the things of alpha and samples in rendered scenes, with their shadows
on the ground. The error is the mean difference from the true alpha, 0..1, within ``RING`` pixels of the true edge, of
the automatic mask with and without the rule, and of "Refine hair and fur" on top of it, on pictures where the mask
found the right subject; ``--every 3`` takes every third picture. The cross-validated error is what one gets on a part
of the pictures by deciding on the other parts whether to have the rule; parts are the sources, or fifths of the
pictures.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from statistics import mean

import cv2
import numpy as np

import main
import masks
from backdrops import SceneBackdrop
from benchmarks.cross_validation import WRONG, Array, Case, by_fifth, by_source, held_out, score, sources
from benchmarks.instant import no_inputs
from benchmarks.masks import iou
from errors import NothingFound
from imaging.encode import encode
from imaging.photo import Photo, load
from masks import Selection, closed_form, memory, preprocess
from recipe import Recipe, Source

SCENES = "paper", "room", "dunes", "meadow", "kitchen"
RING = 8  # pixels on either side of the true edge
WITHOUT, WITH, MATTING = "as refined", "by colours", "refined hair and fur"


def _edge_sources(folders: list[Path]) -> Iterator[tuple[str, str, Photo, Array]]:
    """(source, group, photo, truth at the photo's size) of every picture."""
    scenes = cycle(SCENES)
    for name, group, photo, given in sources(folders):
        if name in ("person", "salient"):
            continue
        truth = cv2.resize(np.asarray(given, np.float32), photo.size, interpolation=cv2.INTER_AREA)
        yield name, group, photo, truth
        if name in ("alpha", "samples"):
            wanted = Recipe(photo=photo.digest, backdrop=SceneBackdrop(name=next(scenes)), shadow="auto")
            selection = Selection((truth * 255 + 0.5).astype(np.uint8))
            (placed,) = main.run(wanted, photo, no_inputs, selection=selection)
            yield "placed", group, load(encode(placed.pixels, "PNG")), truth


def run(folders: list[Path], every: int) -> None:
    cases = []
    for name, group, photo, truth in islice(_edge_sources(folders), 0, None, every):
        memory.forget()
        try:
            prediction = masks.predict(photo, Source(name="auto"), no_inputs)
        except (NothingFound, TypeError):
            continue
        if iou(preprocess.resize(prediction.probability, photo.size), truth) < WRONG:
            continue
        outline = ((truth > 0.02) & (truth < 0.98)).astype(np.uint8)
        outline |= cv2.morphologyEx((truth > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
        ring = cv2.dilate(outline, np.ones((2 * RING + 1, 2 * RING + 1), np.uint8)) > 0
        case = Case(name, group)
        for label, decided in ((WITHOUT, False), (WITH, True)):
            values = preprocess.select(photo, replace(prediction, settles_by_colour=decided)).values
            case.scores[label] = -float(np.abs(values[ring] / 255 - truth[ring]).mean())
        solved, _ = closed_form.solve(photo.rgb8, values, settled=True)
        case.scores[MATTING] = -float(np.abs(solved[ring] / 255 - truth[ring]).mean())
        cases.append(case)
        print(f"\r{len(cases)} pictures", end="", file=sys.stderr, flush=True)
    for name in dict.fromkeys(case.source for case in cases):
        here = [case.scores for case in cases if case.source == name]
        better = sum(scores[WITH] > scores[WITHOUT] for scores in here)
        errors = "".join(
            f"   {label} {-mean(scores[label] for scores in here):.4f}" for label in (WITHOUT, WITH, MATTING)
        )
        worst = min(scores[WITH] - scores[WITHOUT] for scores in here)
        print(f"{name:10} {len(here):4}{errors}   better on {better}, worst by {-worst:.4f}")
    print(f"mean of sources: {WITHOUT} {-score(cases, WITHOUT):.4f}, {WITH} {-score(cases, WITH):.4f}")
    for how, part in (("sources", by_source), ("fifths", by_fifth)):
        value, chosen = held_out(cases, [WITHOUT, WITH], part)
        print(f"cross-validated over {how}: {-value:.4f} ({'; '.join(f'{k}: {v}' for k, v in chosen.items())})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--every", type=int, default=1, metavar="N")
    given = parser.parse_args()
    run(given.folders, given.every)
