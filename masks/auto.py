"""The default: the best answer that the weights at hand can give."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import cv2
import numpy as np

import models
from errors import NothingFound
from imaging.photo import Photo
from masks import view
from masks.base import Context, NoOptions, Seen, Selection
from masks.view import Float

TRANSPARENT_SHARE = 0.01  # of the pixels: fewer transparent ones are a rounded corner, not a cut-out
PEOPLE = 0.01  # of the photo: fewer are passers-by
UNSURE = 0.002  # of the photo: where less than this is surely salient, nothing is
MEANT = 0.3  # of the people: so much of them salient, and they are what the photo is about
AGREE = 0.6  # IoU: the parts network and the rest agree
PIECE = 0.1  # of the largest piece: smaller ones are not what SAM's box must hold
CLEAR = 0.9  # of what is likely is sure: the outline is clear, and SAM's second opinion only costs time
COARSE = 1 / 320  # of the photo: the grid of the network that draws the edge
STRIP = 1.5  # of a network's grid: where it differs from the others in narrower strips, that is its grid and no opinion
SMALLEST = 0.0005  # of the photo
BODY = ["hair", "body", "face", "clothes", "accessories"]


class Auto:
    """The photo's own transparency where it is a cut-out, else what several networks agree is the subject."""

    name: ClassVar = "auto"
    title: ClassVar = "Automatic"
    help: ClassVar = "Finds the main subject; a cut-out's own transparency is used as it is."
    Options: ClassVar = NoOptions

    def find(self, photo: Photo, options: NoOptions, context: Context) -> Selection | Seen:
        if photo.alpha is not None and float((photo.alpha < 128).mean()) > TRANSPARENT_SHARE:
            return context.ask("alpha", photo)
        votes = _Votes(view.reduced(photo), context)
        votes.look_for_people()
        votes.ask_for_the_outline()
        heat = votes.heat
        if float((heat >= 0.5).mean()) < SMALLEST:
            raise NothingFound("No subject stands out in this photo; click on it, name it, or bring a mask file.")
        return Seen(heat, COARSE, tuple(votes.models))


class _Votes:
    """What the networks say, added up as logits: who is sure of an edge outvotes who is vague about it.

    A coarse network decides what belongs to the subject and leaves the outline to finer ones.

    The weights were chosen on all of ``groundtruth``, nothing held out; ``docs/masks.md`` has the figures.
    """

    def __init__(self, photo: Photo, context: Context) -> None:
        self.photo, self.context = photo, context
        self.models: list[str] = []
        self.people = False
        salient = self._ask("rembg")
        self.votes = view.logit(salient.heat if salient is not None else np.zeros(photo.pixels.shape[:2], np.float32))

    @property
    def heat(self) -> Float:
        return view.sigmoid(self.votes)

    def look_for_people(self) -> None:
        """People count beside what is salient, or instead of it where nothing surely is."""
        if not models.is_installed("deeplab-mobilenet-v2"):
            return
        seen = self._ask("deeplab", categories=["person"])
        if seen is None or float((seen.heat >= 0.5).mean()) < PEOPLE:
            return
        people, salient = seen.heat, self.heat
        meant = float((salient * people).sum() / people.sum())
        if float((salient >= 0.75).mean()) < UNSURE and meant < MEANT:
            trust = 0.8
        elif meant >= MEANT and overlap(salient, people) > MEANT:
            trust = 0.6
        else:
            self.models.remove("deeplab-mobilenet-v2")
            return
        self.people = True
        self._vote(seen, trust)
        if models.is_installed("selfie-multiclass"):
            body = self._ask("hair", parts=BODY, add=False)
            if body is not None and overlap(body.heat, self.heat) > AGREE:
                self._vote(body, 0.1)
                self.models.append("selfie-multiclass")

    def ask_for_the_outline(self) -> None:
        """SAM, given the box of what was found so far, knows objects as wholes.

        It is asked where the outline is in doubt, and not about people: of them the others know more.
        """
        heat = self.heat
        clear = float((heat >= 0.75).sum()) >= CLEAR * float((heat >= 0.25).sum())
        if self.people or clear or not models.is_installed("mobile-sam"):
            return
        box = self._box()
        if box is not None:
            outline = self._ask("sam", box=list(box))
            if outline is not None:
                self._vote(outline, 0.3)

    def _vote(self, seen: Seen, weight: float) -> None:
        difference = view.logit(seen.heat) - self.votes
        self.votes = self.votes + weight * without_strips(difference, STRIP * seen.coarse * max(self.photo.size))

    def _ask(self, name: str, add: bool = True, **values: Any) -> Seen | None:
        """What another source sees, its heat at the photo's size, or ``None`` where it finds nothing."""
        try:
            seen = self.context.see(name, self.photo, **values)
        except NothingFound:
            return None
        if add:
            self.models += [model for model in seen.models if model not in self.models]
        return replace(seen, heat=view.resize(seen.heat, self.photo.size))

    def _box(self) -> tuple[float, float, float, float] | None:
        """The box around the large pieces of what was found, in pixels."""
        found = (self.heat >= 0.5).astype(np.uint8)
        count, _, pieces, _ = cv2.connectedComponentsWithStats(found)
        if count < 2:
            return None
        pieces = pieces[1:]
        large = pieces[pieces[:, cv2.CC_STAT_AREA] >= PIECE * pieces[:, cv2.CC_STAT_AREA].max()]
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
