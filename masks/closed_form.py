"""Alpha matting of hair and fur: the soft edge estimated anew from the photo's colours, at the photo's own size."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from imaging.fill import push_pull
from imaging.tiles import scaled
from masks.base import Mask
from masks.matting import Float, Guide, refine

BAND = 0.05  # of the subject's side (the root of its area): how far strands reach beyond and behind a coarse outline
MAX_UNKNOWN = 400_000  # unsure pixels that are solved for; more are solved at a smaller size
EPSILON = 1e-5  # of the matting Laplacian: how far colours may stray from the local line
COLOUR_WEIGHT = 0.05  # of the colours' own answer beside the Laplacian's smoothness
MASK_WEIGHT = 0.02  # of what the mask said before: it keeps out haze where colours are alike on both sides
COLOUR_SPREAD = 0.1  # distance from the line between the two colours, of 0..1, at which that answer loses its weight
TRANSPARENT, OPAQUE = 0.03, 0.97  # closed-form alpha hardly ever reaches 0 and 1


class Trimap(NamedTuple):
    """What is known of a mask. Both ``(H, W)`` bool."""

    inside: npt.NDArray[np.bool_]
    unknown: npt.NDArray[np.bool_]


def solve(rgb: npt.NDArray[Any], mask: Mask) -> tuple[Mask, tuple[str, ...]]:
    """Work out the soft edge anew from the photo's colours, in a band around the mask's edge.

    Closed-form matting (Levin, Lischinski, Weiss: A Closed-Form Solution to Natural Image Matting, PAMI 2008), solved
    for the band's pixels only, with a data term (Wang, Cohen: Optimized Color Sampling for Robust Matting, CVPR 2007):
    each pixel's place between the colours of the sure subject and of the sure background near it, believed as far as
    these two differ and the pixel lies between them; and beside it what the mask said.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        mask: ``(H, W)`` uint8.

    Returns:
        the mask, and a sentence where more than ``MAX_UNKNOWN`` pixels were unsure.
    """
    known = trimap(mask)
    if not (known.inside.any() and known.unknown.any() and (~known.inside & ~known.unknown).any()):
        return mask, ("Alpha matting was left out: too little is surely inside or outside of the mask.",)
    window = _around(known.unknown)
    image, inside, unknown = rgb[window], known.inside[window], known.unknown[window]
    unsure = int(np.count_nonzero(unknown))
    scale = min(1.0, (MAX_UNKNOWN / unsure) ** 0.5)
    notes: tuple[str, ...] = ()
    if scale == 1:
        part = _to_mask(_alpha(image, Trimap(inside, unknown), mask[window]))
    else:
        size = scaled(unknown.shape, scale)
        small = Trimap(_resized(inside, size) > 254, _resized(unknown, size) > 0)
        small = Trimap(small.inside & ~small.unknown, small.unknown)
        before = cv2.resize(mask[window], size, interpolation=cv2.INTER_AREA)
        alpha = _alpha(cv2.resize(image, size, interpolation=cv2.INTER_AREA), small, np.asarray(before, np.uint8))
        part = refine(image, alpha, Guide.of(image, 1 / scale, side=max(size)))
        part = np.where(unknown, part, np.where(inside, np.uint8(255), np.uint8(0)))
        notes = (f"Alpha matting ran at {scale:.0%} of the photo's size; its own edges brought it to full size.",)
    result = np.where(known.inside, np.uint8(255), np.uint8(0))
    result[window] = part
    return result, notes


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


def _alpha(rgb: npt.NDArray[Any], known: Trimap, mask: Mask) -> Float:
    """Alpha ``(h, w)`` float32 0..1 of the unsure pixels, by preconditioned conjugate gradients."""
    from pymatting import cf_laplacian, cg, ichol
    from scipy.sparse import diags

    inside, unknown = known
    image = rgb.astype(np.float32) / 255
    answer, weight = _colour_answer(image, known)
    both = weight + MASK_WEIGHT
    answer, weight = (weight * answer + MASK_WEIGHT * mask.astype(np.float32) / 255) / both, both
    laplacian = cf_laplacian(image.astype(np.float64), EPSILON, 1, ~unknown)
    free, fixed = np.flatnonzero(unknown), np.flatnonzero(~unknown)
    rows = laplacian[free]
    weights, answers = weight.ravel()[free].astype(float), answer.ravel()[free].astype(float)
    system = (rows[:, free] + diags(weights + 1e-8)).tocsc()
    wanted = weights * answers - rows[:, fixed] @ inside.ravel()[fixed].astype(float)
    solved = cg(system, wanted, x0=answers, M=ichol(system), rtol=1e-4, atol=1e-4, maxiter=300)
    alpha = inside.astype(np.float32)
    alpha.ravel()[free] = np.clip((solved - TRANSPARENT) / (OPAQUE - TRANSPARENT), 0, 1)
    return alpha


def _colour_answer(image: Float, known: Trimap) -> tuple[Float, Float]:
    """Each pixel's alpha by its colour alone, and how far to believe it; ``(h, w)`` each."""
    inside, unknown = known
    fore = push_pull(image, inside.astype(np.float32))
    back = push_pull(image, (~unknown & ~inside).astype(np.float32))
    across = fore - back
    length = (across**2).sum(axis=2) + 1e-4
    answer = np.clip(((image - back) * across).sum(axis=2) / length, 0, 1)
    stray = ((image - back - answer[..., None] * across) ** 2).sum(axis=2)
    return answer, COLOUR_WEIGHT * length * np.exp(-stray / (2 * COLOUR_SPREAD**2))
