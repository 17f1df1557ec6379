"""Alpha matting of hair and fur: the soft edge estimated anew from the photo's colours, at the photo's own size."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from imaging.tiles import WORK_SIDE, scaled
from masks import colour_edge
from masks.base import Mask
from masks.matting import Float, Guide, refine

BAND = 0.05  # of the subject's side (the root of its area): how far strands reach beyond and behind a coarse outline
MAX_UNKNOWN = 400_000  # unsure pixels that are solved for; more are solved at a smaller size
EPSILON = 1e-5  # of the matting Laplacian: how far colours may stray from the local line
COLOUR_WEIGHT = 3.0  # of what the colours of both sides say, beside the Laplacian's smoothness
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # alphas that a pixel's colour is tried with: strands are thinner than pixels
FLOOR, LOOSE_FLOOR = 0.003, 0.03  # the mask is never surer than this: where colours settled its edge, and else
TRANSPARENT, OPAQUE = 0.03, 0.97  # closed-form alpha hardly ever reaches 0 and 1


class Trimap(NamedTuple):
    """What is known of a mask. Both ``(H, W)`` bool."""

    inside: npt.NDArray[np.bool_]
    unknown: npt.NDArray[np.bool_]


def solve(rgb: npt.NDArray[Any], mask: Mask, settled: bool = False) -> tuple[Mask, tuple[str, ...]]:
    """Work out the soft edge anew from the photo's colours, in a band around the mask's edge.

    Closed-form matting (Levin, Lischinski, Weiss: A Closed-Form Solution to Natural Image Matting, PAMI 2008), solved
    for the pixels of a band only, with a data term: what the colours of the sure subject and of the sure background
    near each pixel say, with the mask as prior (:func:`masks.colour_edge.posterior`).

    Args:
        rgb: ``(H, W, 3)`` uint8.
        mask: ``(H, W)`` uint8.
        settled: whether colours decided its edge (:mod:`masks.colour_edge`). Then crisp edges stay as they are: the
            network smeared hair and fur and no firm edge. Of a mask that was drawn, or of SAM's, a crisp edge says
            nothing.

    Returns:
        the mask, and a sentence where more than ``MAX_UNKNOWN`` pixels were unsure.
    """
    known = trimap(mask)
    if not (known.inside.any() and known.unknown.any() and (~known.inside & ~known.unknown).any()):
        return mask, ("Alpha matting was left out: too little is surely inside or outside of the mask.",)
    window = _around(known.unknown)
    image, inside, unknown = rgb[window], known.inside[window], known.unknown[window]
    unsure = int(np.count_nonzero(unknown))
    floor = FLOOR if settled else LOOSE_FLOOR
    scale = min(1.0, (MAX_UNKNOWN / unsure) ** 0.5)
    notes: tuple[str, ...] = ()
    if scale == 1:
        part = _to_mask(_alpha(image, Trimap(inside, unknown), mask[window], floor))
    else:
        size = scaled(unknown.shape, scale)
        small = Trimap(_resized(inside, size) > 254, _resized(unknown, size) > 0)
        small = Trimap(small.inside & ~small.unknown, small.unknown)
        before = cv2.resize(mask[window], size, interpolation=cv2.INTER_AREA)
        shrunk = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        alpha = _alpha(shrunk, small, np.asarray(before, np.uint8), floor)
        part = refine(image, alpha, Guide.of(image, 1 / scale, side=max(size)))
        part = np.where(unknown, part, np.where(inside, np.uint8(255), np.uint8(0)))
        notes = (f"The fine edge (alpha matting) was found at {scale:.0%} of the photo's size, then fitted to it.",)
    if settled:
        vague = _vagueness(mask)[window]
        part = (vague * part + (1 - vague) * mask[window] + 0.5).astype(np.uint8)
    result = np.where(known.inside, np.uint8(255), np.uint8(0))
    result[window] = part
    return result, notes


def _vagueness(mask: Mask) -> Float:
    """How far the solution counts at each pixel, ``(H, W)`` 0..1."""
    size = scaled(mask.shape, min(1.0, WORK_SIDE / max(mask.shape)))
    share = cv2.resize(mask, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    vague = colour_edge.vagueness(share)
    return np.asarray(cv2.resize(vague, mask.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def trimap(mask: Mask) -> Trimap:
    """What is sure of a mask: nothing within ``BAND`` of what is soft, or of the outline."""
    side = float(mask.sum(dtype=np.int64) / 255) ** 0.5
    reach = max(3, round(BAND * side))
    soft = (mask > 5) & (mask < 250)
    outline = cv2.morphologyEx((mask > 127).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    distance = cv2.distanceTransform((~(soft | outline)).astype(np.uint8), cv2.DIST_L2, 3)
    unknown = distance <= reach
    return Trimap(~unknown & (mask > 127), unknown)


def _around(unknown: npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    """The box of the unsure pixels, with a margin as wide as a third of itself to take sure colours from."""
    rows, columns = np.flatnonzero(unknown.any(axis=1)), np.flatnonzero(unknown.any(axis=0))
    margin = 8 + max(int(rows[-1] - rows[0]), int(columns[-1] - columns[0])) // 3
    return (
        slice(max(0, rows[0] - margin), rows[-1] + margin + 1),
        slice(max(0, columns[0] - margin), columns[-1] + margin + 1),
    )


def _resized(values: npt.NDArray[np.bool_], size: tuple[int, int]) -> Mask:
    return np.asarray(cv2.resize(values.astype(np.uint8) * 255, size, interpolation=cv2.INTER_AREA), np.uint8)


def _to_mask(alpha: Float) -> Mask:
    return np.asarray(cv2.convertScaleAbs(alpha, alpha=255), np.uint8)


def _alpha(rgb: npt.NDArray[Any], known: Trimap, mask: Mask, floor: float) -> Float:
    """Alpha ``(h, w)`` float32 0..1 of the unsure pixels, by preconditioned conjugate gradients."""
    from pymatting import cf_laplacian, cg, ichol
    from scipy.sparse import diags

    inside, unknown = known
    image, share = rgb.astype(np.float32) / 255, mask.astype(np.float32) / 255
    prior = np.clip(share, floor, 1 - floor)
    sides = colour_edge.Known(inside, ~inside & ~unknown, prior, colour_edge.reach_of(share))
    mean, variance = colour_edge.posterior(image, sides, unknown, SHARES)
    answers, weights = mean.astype(float), COLOUR_WEIGHT * colour_edge.decided(variance).astype(float)
    laplacian = cf_laplacian(image.astype(np.float64), EPSILON, 1, ~unknown)
    free, fixed = np.flatnonzero(unknown), np.flatnonzero(~unknown)
    rows = laplacian[free]
    system = (rows[:, free] + diags(weights + 1e-8)).tocsc()
    wanted = weights * answers - rows[:, fixed] @ inside.ravel()[fixed].astype(float)
    solved = cg(system, wanted, x0=answers, M=ichol(system), rtol=1e-4, atol=1e-4, maxiter=300)
    alpha = inside.astype(np.float32)
    alpha.ravel()[free] = np.clip((solved - TRANSPARENT) / (OPAQUE - TRANSPARENT), 0, 1)
    return alpha
