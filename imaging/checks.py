"""What every result is measured for, and reported with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.colour import to_srgb
from imaging.composite import shade
from imaging.delta_e import ciede2000
from imaging.photo import Array, to_8_bit
from imaging.tiles import scaled

RING_SIDE = 1024  # pixels, the longer side of the copy on which the edge is measured
RING_BLUR = 6  # pixels of that copy, over which colours are averaged along the edge: a Gaussian's sigma
MOST_EXPANSION = 0.1  # of the subject's area, painted onto it by a generating model (benchmarks/gate.py)
MOST_EDGE_DELTA_E = 8.0  # CIEDE2000, of the soft edge: beyond it there is a halo (benchmarks/gate.py)
MOST_CUT_OFF = 0.005  # of the subject, by where it was placed


def protected_share(alpha: npt.NDArray[Any]) -> float:
    """Pixels at 255, which are kept exactly, over the selection's area (soft pixels count in part); 0..1."""
    area = float(alpha.sum(dtype=np.int64)) / 255
    return float(np.count_nonzero(alpha == 255)) / area if area else 0.0


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
    most = (np.iinfo(pixels.dtype).max,) * 3
    outside = (alpha == 0).astype(np.uint8)
    white = cv2.inRange(pixels, most, most) & outside
    return cv2.countNonZero(white) / area if (area := cv2.countNonZero(outside)) else 1.0


def edge_delta_e(
    picture: Array, background: Array, shadow: npt.NDArray[Any] | None, alpha: npt.NDArray[Any], icc: bytes | None
) -> float | None:
    """How far the soft edge is from what is expected of it: mean CIEDE2000; ``None`` where there is no such edge.

    Expected is the background mixed, at the edge's alpha, with the nearest colour that is surely the subject's. Both
    are averaged along the edge, so that texture does not count: what is left is a rim, such as the old background's
    colour. Measured around the subject on a copy that has
    ``RING_SIDE`` pixels for the whole picture, in the ring where the alpha is from 4 % to 96 %.

    Args:
        picture: ``(H, W, 3)``, the composite.
        background: ``(H, W, 3)`` without its shadow.
        shadow: ``(H, W)`` uint8, its opacity; ``None`` where there is none.
        alpha: ``(H, W)`` uint8, the selection.
        icc: the profile of both; ``None`` means sRGB.
    """
    scale = min(1.0, RING_SIDE / max(alpha.shape))
    left, top, width, height = cv2.boundingRect(alpha)
    if not width:
        return None
    margin = round(4 * RING_BLUR / scale)
    seen = (
        slice(max(0, top - margin), top + height + margin),
        slice(max(0, left - margin), left + width + margin),
    )
    size = scaled(alpha[seen].shape, scale)

    def small(pixels: Array) -> Array:
        return np.asarray(cv2.resize(pixels[seen], size, interpolation=cv2.INTER_AREA))

    have, below, share = small(picture), small(background), small(alpha)
    below = below if shadow is None else shade(below, small(shadow))
    ring, sure = (share > 10) & (share < 245), share == 255
    if not ring.any() or not sure.any():
        return None
    have, below = to_srgb(to_8_bit(have), icc), to_srgb(to_8_bit(below), icc)
    _, labels = cv2.distanceTransformWithLabels(
        np.where(sure, 0, 255).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.zeros((int(labels.max()) + 1, 3), np.float32)
    nearest[labels[sure]] = have[sure]
    part = share[..., None].astype(np.float32) / 255
    expected = part * nearest[labels] + (1 - part) * below
    weight = ring.astype(np.float32)
    around = np.maximum(cv2.GaussianBlur(weight, (0, 0), RING_BLUR), 1e-6)[..., None]

    def averaged(colours: Array) -> npt.NDArray[np.uint8]:
        blurred = cv2.GaussianBlur(colours.astype(np.float32) * weight[..., None], (0, 0), RING_BLUR) / around
        return np.rint(blurred[ring]).clip(0, 255).astype(np.uint8)

    return float(ciede2000(averaged(have), averaged(expected)).mean())


def failed(measured: Mapping[str, Any], doubt: float | None, most_doubt: float) -> tuple[str, ...]:
    """The checks that a result fails, each as a sentence.

    Args:
        measured: ``checks`` of a result's report.
        doubt: the probability that the mask is wrong; ``None`` where that was not measured.
        most_doubt: from here on the mask counts as wrong.
    """
    sentences = []
    if measured.get("changed_subject_pixels"):
        sentences.append(f"{measured['changed_subject_pixels']} pixels of the subject differ from the photo.")
    if measured.get("cut_off_share", 0) > MOST_CUT_OFF:
        sentences.append(f"{measured['cut_off_share']:.1%} of the subject lie outside the picture.")
    if (measured.get("edge_delta_e") or 0) > MOST_EDGE_DELTA_E:
        sentences.append(
            f"The soft edge is off by a colour difference of {measured['edge_delta_e']:.1f} (CIEDE2000): a halo."
        )
    if (measured.get("expansion") or 0) > MOST_EXPANSION:
        sentences.append(f"The background adds {measured['expansion']:.0%} to the subject (expansion).")
    if measured.get("pure_white_share", 1) < 1:
        sentences.append(f"Only {measured['pure_white_share']:.2%} of the white background is pure white.")
    if doubt is not None and doubt >= most_doubt:
        sentences.append(f"The mask is wrong with a probability of {doubt:.0%}.")
    return tuple(sentences)
