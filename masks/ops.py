"""Edit a selection: invert, grow, shrink, feather, union, subtract, intersect, fill holes, clean specks.

Every function takes and returns ``(H, W)`` uint8 masks with 255 = selected, and leaves its arguments alone.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from masks.base import Mask

SMALL_RADIUS = 8  # pixels: up to here a kernel is quicker than distances
LEVELS = 8  # of a soft edge, when it grows by more
WIDE_SIGMA = 8.0  # pixels
CONFIDENT = 250  # of 255: matting tools and lossy masks stop short of 255 inside the subject


def invert(mask: Mask) -> Mask:
    """Select what was not selected. Its own inverse."""
    return 255 - mask


def union(a: Mask, b: Mask, gap: int = 0) -> Mask:
    """Selected in either: the larger value; and between them, where they face each other up to ``2 * gap`` apart.

    Two networks place the edge of one thing some pixels apart, so that a seam would be left where their masks meet.
    What is narrower than that within one of the masks stays (a gap is what closes in both together and in neither).
    """
    either = np.maximum(a, b)
    box = _where_edges_meet(a, b, gap) if gap else None
    if box is not None:
        kernel = np.ones((2 * gap + 1, 2 * gap + 1), np.uint8)
        closed, in_a, in_b = (cv2.morphologyEx(mask[box], cv2.MORPH_CLOSE, kernel) for mask in (either, a, b))
        np.copyto(either[box], closed, where=closed > np.maximum(in_a, in_b))
    return either


def _where_edges_meet(a: Mask, b: Mask, gap: int) -> tuple[slice, slice] | None:
    """A box that holds all places where the edges of both come nearer than ``2 * gap``, and what closing them sees."""
    first, second = (
        cv2.boundingRect(cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))) for mask in (a, b)
    )
    if 0 in (*first[2:], *second[2:]):
        return None
    low = [max(one, other) - 4 * gap for one, other in zip(first[:2], second[:2], strict=True)]
    high = [min(first[axis] + first[axis + 2], second[axis] + second[axis + 2]) + 4 * gap for axis in (0, 1)]
    if low[0] >= high[0] or low[1] >= high[1]:
        return None
    return slice(max(0, low[1]), high[1]), slice(max(0, low[0]), high[0])


def subtract(a: Mask, b: Mask, gap: int = 0) -> Mask:
    """Selected in ``a`` and not in ``b``: the smaller of ``a`` and the inverse of ``b``; see :func:`intersect`."""
    return intersect(a, 255 - b, gap)


def intersect(a: Mask, b: Mask, gap: int = 0) -> Mask:
    """Selected in both: the smaller value; a strip up to ``2 * gap`` wide goes that neither mask has."""
    return 255 - union(255 - a, 255 - b, gap)


def grow(mask: Mask, pixels: float) -> Mask:
    """Grow the selection by a disc of ``pixels`` radius; soft edges move outwards and stay soft. Negative shrinks."""
    radius = round(abs(pixels))
    if radius == 0:
        return mask
    if pixels > 0:
        return _dilate(mask, radius)
    return 255 - _dilate(255 - mask, radius)


def _dilate(mask: Mask, radius: int) -> Mask:
    """Grey dilation by a disc.

    A large disc is slow as a kernel (radius squared). There the area above each of some levels grows by its Euclidean
    distance, and between the levels the value follows the distance, so that a soft edge moves outwards as it is.
    """
    small = min(radius, SMALL_RADIUS)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * small + 1, 2 * small + 1))
    grown = cv2.dilate(mask, kernel)
    highest = int(mask.max())
    if radius == small or not highest:
        return np.asarray(grown, np.uint8)
    levels = np.unique(np.linspace(1, highest, LEVELS).astype(int))
    nearer = np.full(mask.shape, np.inf, np.float32)
    for level, above in zip(levels[::-1], [None, *levels[::-1]], strict=False):
        distance = cv2.distanceTransform((mask < level).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        reached = (distance <= radius) & (nearer > radius)
        gap = (above - level) if above is not None else 0
        near, far = distance[reached], nearer[reached]  # near <= radius < far; far is infinite at the highest level
        value = (level + gap * (radius - near) / (far - near)).astype(np.uint8)
        grown[reached] = np.maximum(grown[reached], value)
        nearer = distance
    return np.asarray(grown, np.uint8)


def feather(mask: Mask, pixels: float) -> Mask:
    """Soften the edge over about ``pixels`` (a Gaussian of 2 sigma that wide); under 0.2 nothing would show.

    A wide blur is done on a reduced mask: nothing finer than the blur is left to see, and it is quick at any width.
    """
    if pixels < 0.2:
        return mask
    sigma = pixels / 2
    if sigma <= WIDE_SIGMA:
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.uint8)
    height, width = mask.shape
    size = max(1, round(width * WIDE_SIGMA / sigma)), max(1, round(height * WIDE_SIGMA / sigma))
    small = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(
        small, (0, 0), sigma * size[0] / width, sigmaY=sigma * size[1] / height, borderType=cv2.BORDER_REPLICATE
    )
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(large + 0.5, mask.min(), mask.max()).astype(np.uint8)


def fill_holes(mask: Mask) -> Mask:
    """Select what the selection encloses. Closes rings and handles too, so nothing calls it unasked."""
    solid = (mask >= 128).astype(np.uint8)
    padded = np.pad(1 - solid, 1, constant_values=1)
    cv2.floodFill(padded, None, (0, 0), (2,))
    return np.where(padded[1:-1, 1:-1] == 1, np.uint8(255), mask)


def remove_specks(mask: Mask, percent: float) -> Mask:
    """Drop connected pieces with less than ``percent`` of the largest piece's area, with their soft edges."""
    if percent <= 0 or not mask.any():
        return mask
    left, top, width, height = cv2.boundingRect(mask)
    kept = mask.copy()
    inside = kept[top : top + height, left : left + width]
    count, labels, stats, _ = cv2.connectedComponentsWithStats((inside > 0).astype(np.uint8), connectivity=8)
    if count <= 2:
        return mask
    areas = stats[1:, cv2.CC_STAT_AREA]
    for piece in 1 + np.flatnonzero(areas < areas.max() * percent / 100):
        left, top, width, height = stats[piece, :4]
        box = slice(top, top + height), slice(left, left + width)
        inside[box][labels[box] == piece] = 0
    return kept


def remove_crumbs(mask: Mask, before: Mask, percent: float) -> Mask:
    """Drop what :func:`remove_specks` drops where it is left of a larger piece, part of which was removed.

    Args:
        mask: what is left.
        before: the selection that it was removed from.
        percent: of the largest piece's area.
    """
    cleaned = remove_specks(mask, percent)
    dropped = (mask > 0) & (cleaned == 0)
    if dropped.any():
        count, pieces = cv2.connectedComponents((before > 0).astype(np.uint8))
        whole = np.ones(count, bool)
        whole[np.unique(pieces[before != mask])] = False
        np.copyto(cleaned, mask, where=dropped & whole[pieces])
    return cleaned


def keep_objects(mask: Mask, which: Literal["all", "largest"] | tuple[tuple[float, float], ...]) -> Mask:
    """Keep ``"all"`` separate things, the ``"largest"``, or those that lie at the given points (x, y in pixels).

    Things are separate where the half-selected area between them is broken; a soft edge stays with the nearest thing.
    """
    if which == "all" or not mask.any():
        return mask
    solid = (mask >= 128).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    wanted: set[int]
    if which == "largest":
        wanted = {1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())} if count > 1 else set()
    else:
        inside = [(int(x), int(y)) for x, y in which if 0 <= x < mask.shape[1] and 0 <= y < mask.shape[0]]
        wanted = {int(labels[y, x]) for x, y in inside} - {0}
    kept = np.isin(labels, list(wanted)).astype(np.uint8)
    if not kept.any():
        return np.zeros_like(mask)
    to_kept = cv2.distanceTransform(1 - kept, cv2.DIST_L2, cv2.DIST_MASK_3)
    dropped = solid & (1 - kept)
    if not dropped.any():
        return mask
    to_dropped = cv2.distanceTransform(1 - dropped, cv2.DIST_L2, cv2.DIST_MASK_3)
    return np.where(to_kept <= to_dropped, mask, np.uint8(0))


def solidify(mask: Mask, low: int = 0, high: int = CONFIDENT) -> Mask:
    """Set the confident interior (``>= high``) to 255 and the confident outside (``<= low``) to 0.

    With ``low`` 0 only values from ``high`` on change and a true alpha keeps its soft edge as it is; with a positive
    ``low``, the values between are stretched, as a network's hesitant output wants it.
    """
    if low == 0:
        return np.where(mask >= high, np.uint8(255), mask)
    table = np.clip((np.arange(256) - low) * 255.0 / (high - low), 0, 255).round().astype(np.uint8)
    return np.asarray(cv2.LUT(mask, table), np.uint8)
