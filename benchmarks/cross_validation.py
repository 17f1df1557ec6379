"""The rules of ``auto`` and ``rembg`` and the measure of doubt, on sources of pictures that they were not chosen on.

    python -m benchmarks.masks --cross-validate [FOLDER ...]

Sources are the sets of ``../shared/groundtruth`` (person, salient, alpha), our own ``samples`` with the renderer's exact
alpha, and every FOLDER given, of pictures ``X_image.*`` and ``X_mask.png`` or ``X_alpha.png``. Each candidate's mean IoU
is taken at the networks' resolution, and sources count alike. For every source the best candidate of the *other*
sources is chosen and its IoU on this one is what the rule is worth: the cross-validated figure. The same is done over
fifths of the pictures, a video's frames and a cut-out's compositions kept together.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

import masks
from benchmarks.masks import SHARED, iou, pictures
from errors import NothingFound
from imaging.photo import Photo, load
from masks import auto, doubt, memory, preprocess, salient
from masks.base import Context, Prediction
from recipe import Source

SAMPLES = Path(__file__).parents[1] / "samples"
SAMPLE_ALPHA = Path(__file__).parents[1] / "tests" / "data" / "masks"
WRONG = 0.8  # IoU: below it a mask counts as wrong
FOLDS = 5

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Rule:
    views: int
    votes: auto.Votes


NOBODY = auto.Votes(people=0, only_people=0, body=0, sam=0)
PEOPLE = auto.Votes(sam=0)
REMBG = {f"rembg, {n} view{'s' * (n > 1)}": Rule(n, NOBODY) for n in (1, 2, 3)}
AUTO = {
    "auto without SAM and body": Rule(3, replace(PEOPLE, body=0)),
    "auto without SAM": Rule(3, PEOPLE),
    "auto, one view": Rule(1, auto.Votes()),
    "auto without body": Rule(3, auto.Votes(body=0)),
    "auto, people 0.8": Rule(3, auto.Votes(people=0.8)),
    "auto, SAM 0.3": Rule(3, auto.Votes(sam=0.3)),
    "auto, SAM always": Rule(3, auto.Votes(clear=1.01)),
    "auto": Rule(3, auto.Votes()),
}
CANDIDATES = REMBG | AUTO


@dataclass
class Case:
    source: str
    group: str
    scores: dict[str, float] = field(default_factory=dict)  # candidate -> IoU
    measures: tuple[float, float] = (0.0, 0.0)  # of the shipped rule: vagueness, disagreement


def sources(folders: list[Path]) -> Iterator[tuple[str, str, Photo, Array]]:
    """(source, group, photo, truth) of every picture."""
    roots = {name: SHARED / "groundtruth" / name for name in ("person", "salient", "alpha")}
    for name, root in (roots | {folder.name: folder for folder in folders}).items():
        stems = [path.name.split("_image.")[0] for path in sorted(root.glob("*_image.*"))]
        for stem, (photo, truth) in zip(stems, pictures(root), strict=True):
            yield name, group_of(stem), photo, truth
    for path in sorted(SAMPLE_ALPHA.glob("*_alpha.png")):
        stem = path.name.removesuffix("_alpha.png")
        photo = load((SAMPLES / f"{stem}.jpg").read_bytes())
        truth = cv2.resize(np.asarray(Image.open(path), np.float32) / 255, photo.size)
        yield "samples", stem, photo, truth


def group_of(stem: str) -> str:
    """The video or thing that a picture shows, from its name: no serial number, at either end."""
    return re.sub(r"^\d+_(?=\D)|[-_]?\d+$", "", stem) or stem


def evaluate(name: str, group: str, photo: Photo, truth: Array) -> Case:
    """Every candidate's IoU on one picture; a network is run once for each question."""
    memory.forget()
    small = preprocess.downscaled(photo)
    truth = preprocess.resize(np.asarray(truth, np.float32), small.size)
    answers: dict[str, Prediction | None] = {}
    case = Case(name, group)
    for label, rule in CANDIDATES.items():
        context = _context(rule.views, answers)
        prediction = auto.combine(small, context, rule.votes)
        case.scores[label] = iou(prediction.probability, truth)
        if rule == Rule(3, auto.Votes()):
            case.measures = doubt.vagueness(prediction.probability), prediction.disagreement or 0.0
    return case


def _context(views: int, answers: dict[str, Prediction | None]) -> Context:
    def predict(name: str, photo: Photo, /, **options: Any) -> Prediction:
        key = repr((name, options, views if name == "rembg" else 0))
        if key not in answers:
            answers[key] = _ask(name, photo, options, views)
        found = answers[key]
        if found is None:
            raise NothingFound("nothing")
        return found

    def select(name: str, photo: Photo, /, **options: Any) -> masks.Selection:
        raise NotImplementedError("auto builds on predictions")

    return Context(lambda digest: b"", select, predict)


def _ask(name: str, photo: Photo, options: dict[str, Any], views: int) -> Prediction | None:
    if name == "rembg":
        probability, disagreement = salient.predict("u2netp", photo.pixels, views)
        if float((probability >= 0.5).mean()) < salient.MIN_AREA:
            return None
        return Prediction(probability, salient.EDGE_UNCERTAINTY, ("u2netp",), disagreement=disagreement)
    try:
        return masks.predict(photo, Source(name=name, options=options), lambda digest: b"")
    except NothingFound:
        return None


def score(cases: list[Case], label: str) -> float:
    """A candidate's mean IoU; sources count alike."""
    names = {case.source for case in cases}
    return mean(mean(case.scores[label] for case in cases if case.source == name) for name in names)


def choose(cases: list[Case], labels: list[str]) -> str:
    return max(labels, key=lambda label: score(cases, label))


def held_out(cases: list[Case], labels: list[str], part: list[str]) -> tuple[float, dict[str, str]]:
    """Choose on the other parts, score on this one: the mean, and what was chosen for each part."""
    chosen = {name: choose([c for c, p in zip(cases, part, strict=True) if p != name], labels) for name in set(part)}
    worth = [replace(c, scores={"": c.scores[chosen[p]]}) for c, p in zip(cases, part, strict=True)]
    return score(worth, ""), chosen


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
    pairs = [(v, w) for v, bad in zip(values, wrong, strict=True) if bad
             for w, other in zip(values, wrong, strict=True) if not other]  # fmt: skip
    return mean((v > w) + 0.5 * (v == w) for v, w in pairs) if pairs else float("nan")


def run(folders: list[Path]) -> None:
    cases = []
    for item in sources(folders):
        cases.append(evaluate(*item))
        print(f"\r{len(cases)} pictures", end="", flush=True)
    names = list(dict.fromkeys(case.source for case in cases))
    print("\n" + " " * 28 + "".join(f"{n:>10}" for n in names) + "      mean")
    for label in CANDIDATES:
        by = [mean(c.scores[label] for c in cases if c.source == name) for name in names]
        print(f"{label:28}" + "".join(f"{value:10.3f}" for value in by) + f"{mean(by):10.4f}")
    for what, labels in (("rembg", list(REMBG)), ("auto", list(AUTO))):
        best = choose(cases, labels)
        print(f"\n{what}: fitted {score(cases, best):.3f} ({best})")
        for how, part in (
            ("sources", [case.source for case in cases]),
            ("fifths", [str(zlib.crc32(case.group.encode()) % FOLDS) for case in cases]),
        ):
            value, chosen = held_out(cases, labels, part)
            print(f"  cross-validated over {how}: {value:.3f} ({'; '.join(f'{k}: {v}' for k, v in chosen.items())})")
    _print_doubt(cases, names)


def _print_doubt(cases: list[Case], names: list[str]) -> None:
    def value(case: Case, beta: Array) -> float:
        return float(preprocess.sigmoid(np.array([*np.sqrt(case.measures), 1.0]) @ beta))

    fits = {name: fit([case for case in cases if case.source != name]) for name in names}
    values = [value(case, fits[case.source]) for case in cases]
    wrong = [case.scores["auto"] < WRONG for case in cases]
    print(f"\ndoubt of auto: {sum(wrong)} of {len(wrong)} masks below IoU {WRONG}")
    shipped = np.array([doubt.VAGUENESS, doubt.DISAGREEMENT, doubt.BIAS])
    print(
        f"  AUC as shipped {auc([value(case, shipped) for case in cases], wrong):.3f}; fitted here: {fit(cases).round(2)}"
    )
    print(f"  AUC cross-validated over sources {auc(values, wrong):.3f}")
    for name in names:
        own = [k for k, case in enumerate(cases) if case.source == name]
        print(f"    {name:10} {auc([values[k] for k in own], [wrong[k] for k in own]):.3f}")
    for low, high in ((0.0, 0.1), (0.1, 0.2), (0.2, doubt.DOUBTFUL), (doubt.DOUBTFUL, 0.7), (0.7, 1.01)):
        inside = [bad for v, bad in zip(values, wrong, strict=True) if low <= v < high]
        if inside:
            print(f"    doubt {low:.1f} to {min(high, 1):.1f}: {sum(inside)} of {len(inside)} wrong")
