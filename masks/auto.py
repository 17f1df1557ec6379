"""The default: the best answer that the weights at hand can give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import cv2
import numpy as np

import models
from errors import NothingFound
from imaging.photo import Photo
from masks import doubt, preprocess, ranking
from masks.base import Context, NoOptions, Prediction, Selection
from masks.preprocess import Float

TRANSPARENT_SHARE = 0.01  # of the pixels: fewer transparent ones are a rounded corner, not a cut-out
MIN_PEOPLE = 0.01  # of the photo: fewer are passers-by
MIN_SALIENCE = 0.3  # of the people, and IoU: so much of them salient, and they are what the photo is about
MIN_COMPONENT = 0.1  # of the largest piece: smaller ones are not what SAM's box must hold
EDGE_UNCERTAINTY = 1 / 320  # of the photo: the grid of the network that draws the edge
MIN_AREA = 0.0005  # of the photo


class Auto:
    """The photo's own transparency where it is a cut-out, else what several networks agree is the subject."""

    name: ClassVar = "auto"
    title: ClassVar = "Automatic"
    example: ClassVar = "auto"
    order: ClassVar = 10
    help: ClassVar = "Finds the main subject; a cut-out's own transparency is used as it is."
    Options: ClassVar = NoOptions
    optional_weights: ClassVar[tuple[str, ...]] = (
        *ranking.RANKING,
        "deeplab-mobilenet-v2",
        "mobile-sam",
    )

    def find(self, photo: Photo, options: NoOptions, context: Context) -> Selection | Prediction:
        if photo.alpha is not None and float((photo.alpha < 128).mean()) > TRANSPARENT_SHARE:
            return context.select("alpha", photo)
        prediction = combine(preprocess.downscaled(photo), context)
        if float((prediction.probability >= 0.5).mean()) < MIN_AREA:
            raise NothingFound("No subject stands out in this photo; click on it, name it, or bring a mask file.")
        return prediction


@dataclass(frozen=True)
class Votes:
    """How much the other networks' logits count beside the salient network's; 0 = not asked.

    ``benchmarks.cross_validation`` chooses among such rules.
    """

    people: float = 0.6
    sam: float = 0.5
    clear: float = 0.9  # SAM is asked where less than this of what is likely is sure: else it only costs time
    strip: float = 1.5  # of a network's grid: where it differs in narrower strips, that is its grid and no opinion


def combine(photo: Photo, context: Context, votes: Votes = Votes()) -> Prediction:
    """What the networks agree is the subject of a photo, which may be nothing."""
    ensemble = _Ensemble(photo, context, votes)
    ensemble.add_people()
    ensemble.add_sam_outline()
    return Prediction(
        ensemble.probability,
        EDGE_UNCERTAINTY,
        tuple(ensemble.models),
        disagreement=ensemble.disagreement,
        settles_by_colour=True,
    )


class _Ensemble:
    """What the networks say, added up as logits: who is sure of an edge outvotes who is vague about it.

    A coarse network decides what belongs to the subject and leaves the outline to finer ones.

    Attributes:
        disagreement: as a :class:`Prediction`'s, between each network asked and what was found before it.
    """

    def __init__(self, photo: Photo, context: Context, votes: Votes) -> None:
        self.photo, self.context, self.votes = photo, context, votes
        self.models: list[str] = []
        self.people = False
        salient = self._predict("rembg", model=ranking.best_installed())
        self.disagreement = salient.disagreement if salient is not None else None
        self.logits = preprocess.logit(
            salient.probability if salient is not None else np.zeros(photo.pixels.shape[:2], np.float32)
        )

    @property
    def probability(self) -> Float:
        return preprocess.sigmoid(self.logits)

    def add_people(self) -> None:
        """People count beside what is salient, where they are what the photo is about."""
        if not self.votes.people or not models.is_installed("deeplab-mobilenet-v2"):
            return
        prediction = self._predict("deeplab", categories=["person"])
        if prediction is None or float((prediction.probability >= 0.5).mean()) < MIN_PEOPLE:
            return
        people, salient = prediction.probability, self.probability
        people_salience = float((salient * people).sum() / people.sum())
        if people_salience < MIN_SALIENCE or overlap(salient, people) <= MIN_SALIENCE:
            self.models.remove("deeplab-mobilenet-v2")
            return
        self.people = True
        self._compare(people)
        self._add(prediction, self.votes.people)

    def add_sam_outline(self) -> None:
        """SAM, given the box of what was found so far, knows objects as wholes.

        It is asked where the outline is vague, and not about people: of them the others know more.
        """
        clear = vagueness(self.probability) <= 1 - self.votes.clear
        if self.people or clear or not self.votes.sam or not models.is_installed("mobile-sam"):
            return
        box = self._box()
        if box is not None:
            outline = self._predict("sam", box=list(box))
            if outline is not None:
                self._compare(outline.probability)
                self._add(outline, self.votes.sam)

    def _compare(self, answer: Float) -> None:
        """Note how far another network's answer is from what was found so far."""
        self.disagreement = max(self.disagreement or 0.0, doubt.disagreement(answer, self.probability))

    def _add(self, prediction: Prediction, weight: float) -> None:
        difference = preprocess.logit(prediction.probability) - self.logits
        self.logits = self.logits + weight * without_strips(
            difference, self.votes.strip * prediction.edge_uncertainty * max(self.photo.size)
        )

    def _predict(self, name: str, **options: Any) -> Prediction | None:
        """What another source sees, its probability at the photo's size, or ``None`` where it finds nothing."""
        try:
            prediction = self.context.predict(name, self.photo, **options)
        except NothingFound:
            return None
        self.models += [model for model in prediction.models if model not in self.models]
        return replace(prediction, probability=preprocess.resize(prediction.probability, self.photo.size))

    def _box(self) -> tuple[float, float, float, float] | None:
        """The box around the large pieces of what was found, in pixels."""
        found = (self.probability >= 0.5).astype(np.uint8)
        count, _, pieces, _ = cv2.connectedComponentsWithStats(found)
        if count < 2:
            return None
        pieces = pieces[1:]
        large = pieces[pieces[:, cv2.CC_STAT_AREA] >= MIN_COMPONENT * pieces[:, cv2.CC_STAT_AREA].max()]
        left, top = large[:, 0].min(), large[:, 1].min()
        return (
            float(left),
            float(top),
            float((large[:, 0] + large[:, 2]).max()),
            float((large[:, 1] + large[:, 3]).max()),
        )


def vagueness(probability: Float) -> float:
    """Which share of what may be the subject (a quarter or more) is not surely the subject (three quarters), 0..1."""
    possible = float((probability >= doubt.POSSIBLE).sum())
    return 1 - float((probability >= doubt.SURE).sum()) / possible if possible else 1.0


def overlap(a: Float, b: Float) -> float:
    """Intersection over union of two soft masks."""
    return float(np.minimum(a, b).sum() / max(1e-6, float(np.maximum(a, b).sum())))


def without_strips(values: Float, width: float) -> Float:
    """Signed ``values`` without what is narrower than ``width`` pixels: an opening of each sign by a disc."""
    side = round(width) | 1
    if side < 3:
        return values
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    more, less = (cv2.morphologyEx(np.maximum(part, 0), cv2.MORPH_OPEN, disc) for part in (values, -values))
    return np.asarray(more - less)


SOURCES = (Auto(),)
