"""How far an answer may be trusted: a logistic model of two measures, fitted to pictures with true masks.

Whether a mask is cut by the photo's frame was tried as a third measure and says nothing (AUC 0.46), nor does its area.
``docs/masks.md`` has the figures on sources of pictures that the model was not fitted to.
"""

from __future__ import annotations

import math

import numpy as np

from masks.base import Doubt, Prediction
from masks.preprocess import Float

VAGUENESS, DISAGREEMENT, BIAS = 2.0, 2.5, -3.3  # of the square roots of the two measures
DOUBTFUL = 0.4  # from here on people are told


def measure(prediction: Prediction) -> Doubt | None:
    """How likely the answer's IoU with the true mask is below 0.8; ``None`` where it was made of one answer."""
    if prediction.disagreement is None:
        return None
    vague = VAGUENESS * math.sqrt(vagueness(prediction.probability))
    differ = DISAGREEMENT * math.sqrt(prediction.disagreement)
    value = 1 / (1 + math.exp(-(vague + differ + BIAS)))
    if value < DOUBTFUL:
        return Doubt(value, "")
    why = "The networks disagree about what the subject is" if differ > vague else "The subject's outline is vague"
    return Doubt(value, f"{why}, so check the mask; clicking on the subject or drawing a box helps.")


def vagueness(probability: Float) -> float:
    """Which share of what may be the subject (a quarter or more) is not surely the subject (three quarters), 0..1."""
    possible = float((probability >= 0.25).sum())
    return 1 - float((probability >= 0.75).sum()) / possible if possible else 1.0


def overlap(a: Float, b: Float) -> float:
    """Intersection over union of two soft masks."""
    return float(np.minimum(a, b).sum() / max(1e-6, float(np.maximum(a, b).sum())))
