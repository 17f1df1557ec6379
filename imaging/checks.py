"""What every result is measured for, and reported with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.photo import Array

MOST_CUT_OFF = 0.005  # of the subject, by where it was placed


def protected_share(alpha: npt.NDArray[Any]) -> float:
    """Pixels at 255, which are kept exactly, over the selection's area (soft pixels count in part); 0..1."""
    area = float(alpha.sum(dtype=np.int64)) / 255
    return float((alpha == 255).sum()) / area if area else 0.0


def changed_subject_pixels(before: Array, after: Array, alpha: npt.NDArray[Any]) -> int:
    """How many fully selected pixels differ in any channel; 0 unless something is broken.

    Args:
        before: ``(H, W, 3)`` the photo.
        after: ``(H, W, 3)`` or ``(H, W, 4)`` the result, same type.
        alpha: ``(H, W)`` the selection.
    """
    if before.dtype != after.dtype or before.shape[:2] != after.shape[:2]:
        raise TypeError(f"{after.shape} {after.dtype} cannot be compared with {before.shape} {before.dtype}")
    kept = (alpha == 255).astype(np.uint8)
    colours = np.ascontiguousarray(after[..., :3])
    opaque = after.shape[2] == 3 or bool((after[..., 3][kept > 0] == np.iinfo(after.dtype).max).all())
    if opaque and cv2.norm(before, colours, cv2.NORM_INF, kept) == 0:
        return 0  # the usual case, at a tenth of the cost of counting
    different = (before != colours).any(axis=2)
    if not opaque:
        different |= after[..., 3] != np.iinfo(after.dtype).max
    return int(np.count_nonzero(different & (kept > 0)))


def pure_white_share(pixels: Array, alpha: npt.NDArray[Any]) -> float:
    """Which share of the pixels outside the subject is pure white, as marketplaces ask for; 0..1, 1 where none is.

    Args:
        pixels: ``(H, W, 3)`` the result.
        alpha: ``(H, W)`` the selection.
    """
    outside = alpha == 0
    white = (pixels[outside] == np.iinfo(pixels.dtype).max).all(axis=1)
    return float(white.mean()) if white.size else 1.0


def failed(measured: Mapping[str, Any], doubt: float | None, doubtful: float) -> tuple[str, ...]:
    """The checks that a result fails, each as a sentence.

    Args:
        measured: ``checks`` of a result's report.
        doubt: the probability that the mask is wrong; ``None`` where that was not measured.
        doubtful: from here on the mask counts as wrong.
    """
    sentences = []
    if measured.get("changed_subject_pixels"):
        sentences.append(f"{measured['changed_subject_pixels']} pixels of the subject differ from the photo.")
    if measured.get("cut_off_share", 0) > MOST_CUT_OFF:
        sentences.append(f"{measured['cut_off_share']:.1%} of the subject lie outside the picture.")
    if measured.get("pure_white_share", 1) < 1:
        sentences.append(f"Only {measured['pure_white_share']:.2%} of the white background is pure white.")
    if doubt is not None and doubt >= doubtful:
        sentences.append(f"The mask is wrong with a probability of {doubt:.0%}.")
    return tuple(sentences)
