"""Whether a generated background made the subject larger: a diffusion model likes to paint more of it around it."""

from __future__ import annotations

import math
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

import models
from masks.salient import predict

NETWORK: Final = "u2netp"  # always the same one, so that figures compare
SIDE = 640  # pixels, the longer side at which the subject is looked for
FOUND = 0.5  # of the subject: less, and it was not found again


def rank(expansion: object) -> float:
    """A key that sorts the subject that grew least first, and last those of which it is not known."""
    return float(expansion) if isinstance(expansion, (int, float)) else math.inf


def measure(picture: npt.NDArray[np.uint8], alpha: npt.NDArray[Any]) -> float | None:
    """Extra area over area of the subject, found again in the finished picture.

    E = (area(out | in) - area(in)) / area(in), of Eshratifar et al.: Salient Object-Aware Background Generation using
    Text-Guided Diffusion Models (arXiv 2404.10157). ``out`` is what the network finds in one piece with the subject,
    so that other things in the new place do not count.

    Args:
        picture: ``(H, W, 3)`` uint8 sRGB, the finished picture.
        alpha: ``(H, W)`` uint8, the selection.

    Returns:
        0 and more; ``None`` where the network is not on this machine, or does not find the subject again.
    """
    if not models.is_installed(NETWORK):
        return None
    scale = min(1.0, SIDE / max(alpha.shape))
    size = max(1, round(alpha.shape[1] * scale)), max(1, round(alpha.shape[0] * scale))
    rgb = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    before = np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)) >= 128
    after = predict(NETWORK, rgb)[0] >= 0.5
    area = int(before.sum())
    if not area or (after & before).sum() < FOUND * area:
        return None
    _, pieces = cv2.connectedComponents(after.astype(np.uint8))
    touching = np.unique(pieces[after & before])
    grown = np.isin(pieces, touching) & after
    return float(((grown | before).sum() - area) / area)
