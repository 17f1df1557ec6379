"""Where a subject touches the ground: feet, hooves, wheels, legs; each part that stands by itself has its own.

A part of the subject that stands apart from the rest (one of several people) has a ground line of its own. That line is
the lower convex hull of the part's outline, which no near foot goes below. What is farther away touches higher in the
picture: a foot above the line counts as one where the outline goes up far enough on both of its sides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.uint8]
Values = npt.NDArray[np.floating[Any]]
Columns = npt.NDArray[np.intp]
NOTHING = -1e6  # the lowest row of a column without a subject
REACH = 0.30  # of a part's height: how much higher than its lowest point it may touch
STEEPEST = 0.33  # rise over run of the ground in the picture
LEVEL = 0.02  # of a part's height: as near as this to its ground line it touches
FAR = 0.08  # of a part's height: up to here above that line a short foot may be a far one
SHORT = 0.03  # of a part's height: what sticks out less is no foot
FOOT = 0.15  # of a part's height: how much of it goes with a far foot
DEPTH = 0.40  # of the tallest part's height: how much higher than the lowest part another may stand
SMALLEST = 0.01  # of the subject's area: a smaller part stands on the ground of the rest
MOST = 8  # parts
CUT = 0.3  # of a part's width: where more of it lies on the frame's lower edge, the frame cuts it off
SIDE = 448  # the longer side, in pixels, at which it is looked whether ground can be seen


class Standing(NamedTuple):
    """A part of the subject and the ground that it stands on.

    Attributes:
        part: ``(h, w)`` bool, its pixels.
        line: ``(w,)`` float32, the row of the ground right below or above each column, level beyond its ends.
        touches: ``(w,)`` float32, the same, but at a far foot the row where that touches.
        lowest: ``(w,)`` float32, the row of each column's lowest pixel, ``NOTHING`` where it has none.
        tall: its height in pixels.
    """

    part: npt.NDArray[np.bool_]
    line: Values
    touches: Values
    lowest: Values
    tall: float


def lowest_rows(inside: npt.NDArray[np.bool_]) -> Values:
    """The row of each column's lowest pixel, ``(w,)``; ``NOTHING`` where a column has none."""
    last = inside.shape[0] - 1 - np.argmax(inside[::-1], axis=0)
    return np.where(inside.any(axis=0), last, NOTHING).astype(np.float32)


def standing(solid: Mask) -> tuple[Standing, ...]:
    """The parts of a subject that stand on ground that can be seen, the largest first.

    Args:
        solid: ``(h, w)`` uint8, 0 or 1.
    """
    found = tuple(_parts(solid))
    if len(found) < 2:
        return tuple(_footing(part) for part in found)
    footings = [_footing(part) for part in found]
    deepest = max(float(each.lowest.max()) for each in footings)
    tallest = max(each.tall for each in footings)
    low = [float(each.lowest.max()) >= deepest - DEPTH * tallest for each in footings]
    if all(low):
        return tuple(footings)
    hanging = np.any([part for part, stands in zip(found, low, strict=True) if not stands], axis=0)
    first = low.index(True)  # what hangs higher than anything stands falls to the largest that does stand
    return tuple(
        each._replace(part=each.part | hanging) if at == first else each for at, each in enumerate(footings) if low[at]
    )


def ground_visible(alpha: Mask) -> bool:
    """Whether anything of the subject stands on ground that is in the picture, so that it can have a shadow.

    Args:
        alpha: ``(H, W)`` uint8, the selection.
    """
    if not alpha[-1].any():
        return bool(alpha.any())
    scale = min(1.0, SIDE / max(alpha.shape))
    size = max(1, round(alpha.shape[1] * scale)), max(1, round(alpha.shape[0] * scale))
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    return next(_parts((small >= 128).astype(np.uint8)), None) is not None


def _parts(solid: Mask) -> Iterator[npt.NDArray[np.bool_]]:
    """What stands apart, the largest first, without what the frame's lower edge cuts off."""
    number, labels, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if number < 2:
        return
    order = [int(at) + 1 for at in np.argsort(-areas, kind="stable")]
    large = [label for label in order if areas[label - 1] >= SMALLEST * areas.sum()][:MOST]
    rest = ~np.isin(labels, [0, *large])
    for at, label in enumerate(large):
        part = labels == label
        if np.count_nonzero(part[-1]) <= CUT * stats[label, cv2.CC_STAT_WIDTH]:
            yield part | rest if at == 0 else part


def _footing(part: npt.NDArray[np.bool_]) -> Standing:
    lowest = lowest_rows(part)
    rows = np.flatnonzero(part.any(axis=1))
    tall = float(rows[-1] - rows[0] + 1)
    line = ground_line(lowest, REACH * tall, STEEPEST)
    touches = line.copy()
    for start, stop, depth in _far_feet(lowest, line, tall):
        touches[start:stop] = depth
    return Standing(part, line, touches, lowest, tall)


def ground_line(lowest: Values, reach: float, steepest: float) -> Values:
    """Each column's ground row: the taut line (lower convex hull) under what comes near the ground, level beyond it.

    A car seen at an angle stands on a slanted line from wheel to wheel.

    Args:
        lowest: as :func:`lowest_rows` gives it.
        reach: in rows, how much higher than the lowest point something may be and count as near the ground.
        steepest: rise over run of that line in the picture.
    """
    hull: list[int] = []
    for x in np.flatnonzero(lowest >= lowest.max() - reach):  # Andrew's monotone chain
        while len(hull) > 1 and (lowest[hull[-1]] - lowest[hull[-2]]) * (x - hull[-2]) <= (
            lowest[x] - lowest[hull[-2]]
        ) * (hull[-1] - hull[-2]):
            hull.pop()
        hull.append(int(x))
    deepest = int(np.argmax(lowest[hull]))
    steep = np.flatnonzero(np.abs(np.diff(lowest[hull]) / np.diff(hull)) > steepest)
    start = max((int(i) + 1 for i in steep if i < deepest), default=0)
    stop = min((int(i) + 1 for i in steep if i >= deepest), default=len(hull))
    hull = hull[start:stop]
    return np.interp(np.arange(len(lowest)), hull, lowest[hull]).astype(np.float32)


def _far_feet(lowest: Values, line: Values, tall: float) -> Iterator[tuple[int, int, float]]:
    """Feet above the ground line: their first column, the one after their last, and the row at which they touch."""
    window = max(3, round(tall / 12)) | 1
    around = cv2.dilate(lowest[None].astype(np.float32), np.ones((1, window), np.uint8))[0]
    bottom = (lowest >= around - 0.5) & (lowest >= lowest.max() - REACH * tall)
    columns = np.flatnonzero(bottom & (line - lowest > LEVEL * tall))
    for run in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1):
        if not len(run):
            continue
        start, stop, depth = int(run[0]), int(run[-1]) + 1, float(lowest[run].max())
        left, right = lowest[:start][::-1], lowest[stop:]
        sticks_out = depth - max(_saddle(left, depth), _saddle(right, depth))
        above = float(line[start:stop].max()) - depth
        if sticks_out >= max(SHORT * tall, 2 * (above - FAR * tall)):
            rim = depth - min(sticks_out, FOOT * tall) / 2
            yield start - _run(left, rim), stop + _run(right, rim), depth


def _saddle(outward: Values, depth: float) -> float:
    """The highest row on the way from a low point to what is lower still, or out of the part."""
    until = _run(-outward, -depth - 0.5)  # as long as nothing is lower
    return float(outward[:until].min()) if until else depth


def _run(values: Values, least: float) -> int:
    """How many values from the first on are at least ``least``."""
    below = np.flatnonzero(values < least)
    return int(below[0]) if len(below) else len(values)
