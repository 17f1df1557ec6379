"""How far an answer may be trusted: a logistic model of two measures, fitted to pictures with true masks.

Both count patches only: what is narrower than three cells of the networks' grid is an outline's blur, which every mask
has. ``docs/masks.md`` has the figures on sources of pictures that the model was not fitted to, and what else was tried.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from masks.base import Doubt, Prediction
from masks.preprocess import Float, resize

UNSURENESS, DISAGREEMENT, BIAS = 1.6, 1.7, -2.6  # of the square roots of the two measures
DOUBTFUL = 0.15  # from here on people are warned: a wrong mask with a tick costs as much as six needless warnings
LIKELY_WRONG = 0.4  # from here on ``--strict`` refuses the picture
POSSIBLE, SURE = 0.25, 0.75  # probability
GRID = 320  # pixels: the longer side at which patches are looked for, as the finest network sees the photo
ADVICE = ", so check the mask; clicking on the subject or drawing a box helps."  # ends every sentence of doubt
PATCH = np.ones((3, 3), np.uint8)  # of that grid: patches are at least as large


def measure(prediction: Prediction) -> Doubt | None:
    """How likely the answer's IoU with the true mask is below 0.8; ``None`` where it was made of one answer."""
    if prediction.disagreement is None:
        return None
    unsure = UNSURENESS * math.sqrt(unsureness(prediction.probability))
    differ = DISAGREEMENT * math.sqrt(prediction.disagreement)
    value = 1 / (1 + math.exp(-(unsure + differ + BIAS)))
    if value < DOUBTFUL:
        return Doubt(value, "")
    if differ > unsure:
        whose = "networks" if len(prediction.models) > 1 else "views of a network"
        why = f"It is uncertain what belongs to the subject (the {whose} disagree)"
    else:
        why = "It is uncertain whether some parts belong to the subject (the outline is vague)"
    return Doubt(value, f"{why}{ADVICE}")


def unsureness(probability: Float) -> float:
    """Which share of what may be the subject lies in patches that are neither surely it nor surely not, 0..1."""
    values = _on_grid(probability)
    possible = values >= POSSIBLE
    return _share(_patches(possible & (values < SURE)), possible)


def disagreement(a: Float, b: Float) -> float:
    """Which share of what either of two answers takes for the subject lies in patches that only one of them does, 0..1.

    Args:
        a, b: ``(h, w)`` probabilities of the same photo.
    """
    one, other = _on_grid(a) >= 0.5, _on_grid(b) >= 0.5
    return _share(_patches(one ^ other), one | other)


def _on_grid(values: Float) -> Float:
    scale = GRID / max(values.shape)
    height, width = (max(1, round(side * scale)) for side in values.shape)
    return resize(np.asarray(values, np.float32), (width, height))


def _share(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> float:
    return int(np.count_nonzero(part)) / max(1, int(np.count_nonzero(whole)))


def _patches(where: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """``(h, w)`` uint8: 1 where a whole patch fits."""
    return cv2.morphologyEx(where.astype(np.uint8), cv2.MORPH_OPEN, PATCH)
