"""The default: the best answer that the weights at hand can give."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import cv2
import numpy as np

import models
from errors import NothingFound
from imaging.photo import Photo
from masks import preprocess, ranking
from masks.base import Context, NoOptions, Prediction, Selection
from masks.preprocess import Float

TRANSPARENT_SHARE = 0.01  # of the pixels: fewer transparent ones are a rounded corner, not a cut-out
MIN_PEOPLE = 0.01  # of the photo: fewer are passers-by
MIN_CERTAIN = 0.002  # of the photo: where less than this is surely salient, nothing is
MIN_SALIENCE = 0.3  # of the people: so much of them salient, and they are what the photo is about
MIN_IOU = 0.6  # IoU: the parts network and the rest agree
MIN_COMPONENT = 0.1  # of the largest piece: smaller ones are not what SAM's box must hold
MIN_CLEAR = 0.9  # of what is likely is sure: the outline is clear, and SAM's second opinion only costs time
EDGE_UNCERTAINTY = 1 / 320  # of the photo: the grid of the network that draws the edge
STRIP_WIDTH = (
    1.5  # of a network's grid: where it differs from the others in narrower strips, that is its grid and no opinion
)
MIN_AREA = 0.0005  # of the photo
BODY = ["hair", "body", "face", "clothes", "accessories"]


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
        "selfie-multiclass",
        "mobile-sam",
    )

    def find(self, photo: Photo, options: NoOptions, context: Context) -> Selection | Prediction:
        if photo.alpha is not None and float((photo.alpha < 128).mean()) > TRANSPARENT_SHARE:
            return context.select("alpha", photo)
        ensemble = _Ensemble(preprocess.downscaled(photo), context)
        ensemble.add_people()
        ensemble.add_sam_outline()
        probability = ensemble.probability
        if float((probability >= 0.5).mean()) < MIN_AREA:
            raise NothingFound("No subject stands out in this photo; click on it, name it, or bring a mask file.")
        return Prediction(probability, EDGE_UNCERTAINTY, tuple(ensemble.models))


class _Ensemble:
    """What the networks say, added up as logits: who is sure of an edge outvotes who is vague about it.

    A coarse network decides what belongs to the subject and leaves the outline to finer ones.

    The weights were chosen on all of ``groundtruth``, nothing held out; ``docs/masks.md`` has the figures.
    """

    def __init__(self, photo: Photo, context: Context) -> None:
        self.photo, self.context = photo, context
        self.models: list[str] = []
        self.people = False
        salient = self._predict("rembg", model=ranking.best_installed())
        self.logits = preprocess.logit(
            salient.probability if salient is not None else np.zeros(photo.pixels.shape[:2], np.float32)
        )

    @property
    def probability(self) -> Float:
        return preprocess.sigmoid(self.logits)

    def add_people(self) -> None:
        """People count beside what is salient, or instead of it where nothing surely is."""
        if not models.is_installed("deeplab-mobilenet-v2"):
            return
        prediction = self._predict("deeplab", categories=["person"])
        if prediction is None or float((prediction.probability >= 0.5).mean()) < MIN_PEOPLE:
            return
        people, salient = prediction.probability, self.probability
        people_salience = float((salient * people).sum() / people.sum())
        if float((salient >= 0.75).mean()) < MIN_CERTAIN and people_salience < MIN_SALIENCE:
            weight = 0.8
        elif people_salience >= MIN_SALIENCE and overlap(salient, people) > MIN_SALIENCE:
            weight = 0.6
        else:
            self.models.remove("deeplab-mobilenet-v2")
            return
        self.people = True
        self._add(prediction, weight)
        if models.is_installed("selfie-multiclass"):
            body = self._predict("hair", parts=BODY, add=False)
            if body is not None and overlap(body.probability, self.probability) > MIN_IOU:
                self._add(body, 0.1)
                self.models.append("selfie-multiclass")

    def add_sam_outline(self) -> None:
        """SAM, given the box of what was found so far, knows objects as wholes.

        It is asked where the outline is in doubt, and not about people: of them the others know more.
        """
        probability = self.probability
        clear = float((probability >= 0.75).sum()) >= MIN_CLEAR * float((probability >= 0.25).sum())
        if self.people or clear or not models.is_installed("mobile-sam"):
            return
        box = self._box()
        if box is not None:
            outline = self._predict("sam", box=list(box))
            if outline is not None:
                self._add(outline, 0.3)

    def _add(self, prediction: Prediction, weight: float) -> None:
        difference = preprocess.logit(prediction.probability) - self.logits
        self.logits = self.logits + weight * without_strips(
            difference, STRIP_WIDTH * prediction.edge_uncertainty * max(self.photo.size)
        )

    def _predict(self, name: str, add: bool = True, **options: Any) -> Prediction | None:
        """What another source sees, its probability at the photo's size, or ``None`` where it finds nothing."""
        try:
            prediction = self.context.predict(name, self.photo, **options)
        except NothingFound:
            return None
        if add:
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
