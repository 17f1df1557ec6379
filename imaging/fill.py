"""Fill holes in a picture from what is around them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.floating[Any]]


def push_pull(colour: Float, weight: Float) -> Float:
    """Fill where ``weight`` is 0 from what is around it, smoothly. ``(h, w, 3)`` and ``(h, w)``."""
    height, width = weight.shape
    if min(height, width) <= 1 or weight.min() > 0:
        known = weight.sum()
        mean = (colour * weight[..., None]).sum((0, 1)) / known if known else colour.mean((0, 1))
        return np.where(weight[..., None] > 0, colour, mean).astype(np.float32)
    half = (width + 1) // 2, (height + 1) // 2
    coarse_weight = cv2.resize(weight, half, interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(colour * weight[..., None], half, interpolation=cv2.INTER_AREA)
    coarse = coarse / np.maximum(coarse_weight, 1e-6)[..., None]
    below = cv2.resize(push_pull(coarse, np.minimum(coarse_weight * 4, 1)), (width, height))
    return colour * weight[..., None] + below * (1 - weight[..., None])
