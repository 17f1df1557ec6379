"""What each rule of ``rembg`` and ``auto`` is worth on sources of pictures that it was not chosen on.

    python -m benchmarks.cross_validation [FOLDER ...]

Sources are the sets of ``../shared/groundtruth`` (every second picture of person, salient, alpha), our own ``samples``
with the renderer's exact alpha, and every FOLDER given, of pictures ``X_image.*`` with ``X_mask.png`` or
``X_alpha.png``. The networks (those that set-up fetches and MobileSAM) are asked as always; what they see is combined
and compared at 512 pixels: IoU, and the F-score of the boundary within 2 pixels. Sources count alike.

A rule's fitted gain is the mean with it minus that without it, over all sources. Its cross-validated gain is what
one gets on a part of the pictures by deciding on the other parts whether to have the rule: parts are the sources, or
fifths of the pictures with a video's frames and a cut-out's compositions kept together. The last lines do the same for
the choice among all variants.
"""

from __future__ import annotations

import itertools
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

import masks
from benchmarks.masks import SHARED, boundary, iou, pictures
from errors import NothingFound
from imaging.photo import Photo, load
from masks import auto, doubt, memory, preprocess, salient
from masks.base import Context, Prediction
from recipe import Source

SAMPLES = Path(__file__).parents[1] / "samples"
SAMPLE_ALPHA = Path(__file__).parents[1] / "tests" / "data" / "masks"
WRONG = 0.8  # IoU: below it a mask counts as wrong
FOLDS = 5
SIDE = 512  # pixels: the longer side where predictions are combined and compared
EVERY = {"person": 2}  # of a source's pictures: the largest would take most of the time

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Variant:
    views: int = 3
    votes: auto.Votes = field(default_factory=auto.Votes)


def voting(**votes: float) -> Variant:
    return Variant(votes=replace(auto.Votes(), **votes))


PLAIN, ALL_VIEWS, ALONE = "one view", "rembg", auto.Votes(people=0, sam=0)
REMBG = {PLAIN: Variant(1, ALONE), "two views": Variant(2, ALONE), ALL_VIEWS: Variant(3, ALONE)}
AUTO = {
    "auto": Variant(),
    "auto, one view": Variant(1),
    "no people": voting(people=0),
    "people weigh 0.8": voting(people=0.8),
    "no SAM": voting(sam=0),
    "SAM weighs 0.3": voting(sam=0.3),
    "SAM always": voting(clear=1.01),
    "strips count": voting(strip=0),
}
VARIANTS = REMBG | AUTO
RULES = {  # a rule: (with it, without it)
    "rembg sees the mirror image": ("two views", PLAIN),
    "rembg sees a crop": (ALL_VIEWS, "two views"),
    "auto adds people": ("auto", "no people"),
    "auto adds SAM's outline": ("auto", "no SAM"),
    "SAM weighs 0.5, not 0.3": ("auto", "SAM weighs 0.3"),
    "narrow strips do not count": ("auto", "strips count"),
    "all of auto, over plain u2netp": ("auto", PLAIN),
}


@dataclass
class Case:
    source: str
    group: str
    scores: dict[str, float] = field(default_factory=dict)  # variant -> IoU
    edges: dict[str, float] = field(default_factory=dict)  # variant -> boundary F-score within 2 pixels
    measures: tuple[float, float] = (0.0, 0.0)  # of ``auto``: unsureness, disagreement


def sources(folders: list[Path]) -> Iterator[tuple[str, str, Photo, Array]]:
    """(source, group, photo, truth) of every picture."""
    roots = {name: SHARED / "groundtruth" / name for name in ("person", "salient", "alpha")}
    for name, root in (roots | {folder.name: folder for folder in folders}).items():
        stems = [path.name.split("_image.")[0] for path in sorted(root.glob("*_image.*"))]
        found = zip(stems, pictures(root), strict=True)
        for stem, (photo, truth) in itertools.islice(found, 0, None, EVERY.get(name, 1)):
            yield name, group_of(stem), photo, truth
    for path in sorted(SAMPLE_ALPHA.glob("*_alpha.png")):
        stem = path.name.removesuffix("_alpha.png")
        photo = load((SAMPLES / f"{stem}.jpg").read_bytes())
        yield "samples", stem, photo, np.asarray(Image.open(path), np.float32) / 255


def group_of(stem: str) -> str:
    """The video or thing that a picture shows, from its name: no serial number, at either end."""
    return re.sub(r"^\d+_(?=\D)|[-_]?\d+$", "", stem) or stem


def evaluate(name: str, group: str, photo: Photo, truth: Array) -> Case:
    """Every variant's scores on one picture; a network is run once for each question."""
    memory.forget()
    large, small = preprocess.downscaled(photo), preprocess.downscaled(photo, SIDE)
    truth = preprocess.resize(np.asarray(truth, np.float32), small.size)
    answers: dict[str, Prediction | None] = {}
    case = Case(name, group)
    for label, variant in VARIANTS.items():
        prediction = auto.combine(small, _context(large, small, variant.views, answers), variant.votes)
        case.scores[label] = iou(prediction.probability, truth)
        case.edges[label] = boundary(prediction.probability, truth)
        if label == "auto":
            case.measures = doubt.unsureness(prediction.probability), prediction.disagreement or 0.0
    return case


def _context(large: Photo, small: Photo, views: int, answers: dict[str, Prediction | None]) -> Context:
    def predict(name: str, photo: Photo, /, **options: Any) -> Prediction:
        if "box" in options:
            options["box"] = [value * large.size[0] / small.size[0] for value in options["box"]]
        key = repr((name, options, views if name == "rembg" else 0))
        if key not in answers:
            answers[key] = _ask(name, large, options, views)
        found = answers[key]
        if found is None:
            raise NothingFound("nothing")
        return found

    def select(name: str, photo: Photo, /, **options: Any) -> masks.Selection:
        raise AssertionError("auto builds on predictions")

    return Context(_no_inputs, select, predict)


def _ask(name: str, photo: Photo, options: dict[str, Any], views: int) -> Prediction | None:
    if name == "rembg":
        probability, disagreement = salient.predict("u2netp", photo.pixels, views)
        if float((probability >= 0.5).mean()) < salient.MIN_AREA:
            return None
        return Prediction(probability, salient.EDGE_UNCERTAINTY, ("u2netp",), disagreement=disagreement)
    try:
        return masks.predict(photo, Source(name=name, options=options), _no_inputs)
    except NothingFound:
        return None


def _no_inputs(digest: str) -> bytes:
    raise AssertionError("only the photo is asked for")


def score(cases: list[Case], label: str) -> float:
    """A variant's mean IoU; sources count alike."""
    names = {case.source for case in cases}
    return mean(mean(case.scores[label] for case in cases if case.source == name) for name in names)


def held_out(cases: list[Case], labels: list[str], part: Callable[[Case], str]) -> tuple[float, dict[str, str]]:
    """Choose a variant on the other parts, score it on this one: the mean, and what was chosen for each part.

    Of equals the last of ``labels`` is chosen: what changes nothing elsewhere is not chosen for that.
    """
    chosen = {}
    for held in sorted({part(case) for case in cases}):
        rest = [case for case in cases if part(case) != held]
        chosen[held] = max(reversed(labels), key=lambda label: round(score(rest, label), 4))
    return score([replace(c, scores={"": c.scores[chosen[part(c)]]}) for c in cases], ""), chosen


def by_source(case: Case) -> str:
    return case.source


def by_fifth(case: Case) -> str:
    return str(zlib.crc32(case.group.encode()) % FOLDS)


def print_rules(cases: list[Case], names: list[str], measure: str) -> None:
    print(f"\n{'mean ' + measure:40}" + "".join(f"{n:>9}" for n in names) + "     mean")
    for label in VARIANTS:
        by = [mean(c.scores[label] for c in cases if c.source == name) for name in names]
        print(f"{label:40}" + "".join(f"{value:9.3f}" for value in by) + f"{mean(by):9.4f}")
    print(f"\n{'rule: gain in mean ' + measure:40}" + "".join(f"{n:>9}" for n in names) + "   fitted  sources   fifths")
    for rule, (having, lacking) in RULES.items():
        gains = [mean(c.scores[having] - c.scores[lacking] for c in cases if c.source == name) for name in names]
        worth = [held_out(cases, [having, lacking], part)[0] - score(cases, lacking) for part in (by_source, by_fifth)]
        print(
            f"{rule:40}" + "".join(f"{g:+9.3f}" for g in gains) + "".join(f"{g:+9.4f}" for g in (mean(gains), *worth))
        )
    for what, labels in (("rembg", list(REMBG)), ("auto", list(AUTO))):
        best = max(labels, key=lambda label: score(cases, label))
        print(f"\n{what}: shipped {score(cases, what):.4f}; best here {score(cases, best):.4f} ({best})")
        for how, part in (("sources", by_source), ("fifths", by_fifth)):
            value, chosen = held_out(cases, labels, part)
            print(f"  cross-validated over {how}: {value:.4f} ({'; '.join(f'{k}: {v}' for k, v in chosen.items())})")


def fit(cases: list[Case]) -> Array:
    """Logistic regression of "wrong" on the roots of the two measures, by Newton's method; sources count alike."""
    x = np.array([[*np.sqrt(case.measures), 1.0] for case in cases])
    y = np.array([case.scores["auto"] < WRONG for case in cases], float)
    sizes = {name: sum(case.source == name for case in cases) for name in {case.source for case in cases}}
    weight = np.array([1 / sizes[case.source] for case in cases])
    ridge = np.diag([0.04, 0.04, 0.0])
    beta = np.zeros(3)
    for _ in range(50):
        p = preprocess.sigmoid(x @ beta)
        gradient = x.T @ (weight * (p - y)) + ridge @ beta
        beta -= np.linalg.solve((x.T * (weight * p * (1 - p))) @ x + ridge + 1e-9 * np.eye(3), gradient)
    return beta


def auc(values: list[float], wrong: list[bool]) -> float:
    """The chance that a wrong mask has the larger value of two; ties count half; NaN where all are alike."""
    bad = [value for value, is_wrong in zip(values, wrong, strict=True) if is_wrong]
    good = [value for value, is_wrong in zip(values, wrong, strict=True) if not is_wrong]
    return mean((v > w) + 0.5 * (v == w) for v in bad for w in good) if bad and good else float("nan")


def print_doubt(cases: list[Case], names: list[str]) -> None:
    def value(case: Case, beta: Array) -> float:
        return float(preprocess.sigmoid(np.array([*np.sqrt(case.measures), 1.0]) @ beta))

    fits = {name: fit([case for case in cases if case.source != name]) for name in names}
    values = [value(case, fits[case.source]) for case in cases]
    wrong = [case.scores["auto"] < WRONG for case in cases]
    shipped = [value(case, np.array([doubt.UNSURENESS, doubt.DISAGREEMENT, doubt.BIAS])) for case in cases]
    print(f"\ndoubt of auto: {sum(wrong)} of {len(wrong)} masks below IoU {WRONG}; fitted here: {fit(cases).round(2)}")
    print(f"  AUC as shipped {auc(shipped, wrong):.3f}, cross-validated over sources {auc(values, wrong):.3f}")
    for how, doubts in (("as shipped", shipped), ("cross-validated", values)):
        told = [bad for value, bad in zip(doubts, wrong, strict=True) if value >= doubt.DOUBTFUL]
        caught = f"{sum(told)} of {sum(wrong)} wrong"
        print(f"  told from {doubt.DOUBTFUL:.2f} on, {how}: {len(told)} of {len(wrong)} masks, {caught}")
    for low, high in itertools.pairwise((0.0, 0.1, doubt.DOUBTFUL, 0.25, doubt.LIKELY_WRONG, 1.0)):
        inside = [bad for v, bad in zip(values, wrong, strict=True) if low <= v < high]
        if inside:
            print(f"  doubt {low:.2f} to {high:.2f}, cross-validated: {sum(inside)} of {len(inside)} wrong")


def run(folders: list[Path]) -> None:
    cv2.setNumThreads(1)
    cases = []
    for item in sources(folders):
        cases.append(evaluate(*item))
        print(f"\r{len(cases)} pictures", end="", file=sys.stderr, flush=True)
    names = list(dict.fromkeys(case.source for case in cases))
    print_rules(cases, names, "IoU")
    print_rules([replace(case, scores=case.edges) for case in cases], names, "edge F")
    print_doubt(cases, names)


if __name__ == "__main__":
    run([Path(folder) for folder in sys.argv[1:]])
