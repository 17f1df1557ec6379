"""The frame that a picture gets and how its subject comes into it: sizes, angles and places, no pixels.

frame_of(photo_size, placement)        how large the picture is
pose_of(alpha, placement)              where its subject goes
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from errors import BadInput
from imaging.decode import max_megapixels
from imaging.geometry import Box, Size
from recipe import RATIOS, Placement

ALIGNED_MARGIN = 5.0  # per cent of the frame's shorter side, where a side is aligned to and no margin is given
Mask = npt.NDArray[np.uint8]


class Pose(NamedTuple):
    """How a subject comes into its frame: mirrored first, then turned, scaled, and its box put down.

    Attributes:
        source: the box around the subject in the photo.
        flip: mirrored, left to right.
        rotate: degrees clockwise.
        scale: pixels of the frame for each of the photo's.
        centre: where the middle of ``source`` comes to lie, in the frame's pixels.
        frame: the picture's size.
    """

    source: Box
    flip: bool
    rotate: float
    scale: float
    centre: tuple[float, float]
    frame: Size

    @property
    def exact(self) -> bool:
        """Whether pixels only change their places: at scale 1, by whole pixels and quarter turns."""
        return abs(self.scale - 1) < 1e-6 and self.rotate % 90 == 0


def frame_of(photo: tuple[int, int], placement: Placement) -> Size:
    """The picture's (width, height) for a photo of this size.

    A ratio's frame is the smallest of that shape around the photo, as far as the limit of megapixels allows. A width or
    height sets its size; of a ratio with both, the largest frame inside these.

    Raises:
        BadInput: more megapixels than are allowed.
    """
    have, width, height = Size(*photo), placement.output_width, placement.output_height
    if placement.shape == "own" and width and height:
        frame = Size(width, height)
    else:
        around = have
        if ratio := RATIOS.get(placement.shape):
            wide = have.width / have.height >= ratio
            around = Size(
                have.width if wide else max(have.width, round(have.height * ratio)),
                max(have.height, round(have.width / ratio)) if wide else have.height,
            )
        frame = around
        if width or height:
            limits = [given / side for given, side in zip((width, height), around, strict=True) if given]
            factor = min(limits)
            frame = Size(max(1, round(around.width * factor)), max(1, round(around.height * factor)))
    most = max(max_megapixels() * 1e6, have.width * have.height)
    if frame.width * frame.height > most:
        if not (width or height):
            factor = (most / (frame.width * frame.height)) ** 0.5
            return Size(int(frame.width * factor), int(frame.height * factor))
        raise BadInput(
            f"A picture of {frame.width} x {frame.height} pixels is too large: the limit is {max_megapixels():g} "
            "megapixels; take a smaller width or height."
        )
    return frame


def reduced(placement: Placement, photo: tuple[int, int], side: int) -> Placement:
    """The placement that gives the same picture, but at most ``side`` pixels long; for previews."""
    frame = frame_of(photo, placement)
    if placement == Placement() or max(frame) <= side:
        return placement
    small = frame.inside(Size(side, side))
    return placement.model_copy(
        update={"shape": "own", "output_width": max(16, small.width), "output_height": max(16, small.height)}
    )


def pose_of(alpha: Mask, placement: Placement) -> Pose:
    """How a subject with the selection ``alpha``, ``(H, W)`` at the photo's size, comes into its frame.

    Raises:
        BadInput: nothing is selected, or the frame is too large.
    """
    height, width = alpha.shape
    photo, frame = Size(width, height), frame_of((width, height), placement)
    source = Box.around(alpha)
    if source is None:
        raise BadInput("The mask holds no subject that could be placed; choose another mask.")
    left, top, right, bottom = _turned(alpha, source, placement)  # about the middle of the source, at scale 1
    wide, tall = right - left, bottom - top
    touches = _touched(source, photo, placement)
    share = ALIGNED_MARGIN if placement.margin is None else placement.margin
    free = _free(frame, share / 100 * min(frame), touches)
    fit = min(frame.width / width, frame.height / height)
    base = fit
    if placement.margin is not None:
        base = min((free[2] - free[0]) / wide, (free[3] - free[1]) / tall)
    scale = base * placement.scale
    if abs(scale - 1) < 1e-6:
        scale = 1.0
    box_left, box_top = _aligned(source, photo, frame, fit, (wide * scale, tall * scale), free, touches, placement)
    box_left += placement.move_x / 100 * frame.width
    box_top += placement.move_y / 100 * frame.height
    if scale == 1 and placement.rotate % 90 == 0:
        box_left, box_top = round(box_left), round(box_top)
    centre = box_left - left * scale, box_top - top * scale
    return Pose(source, placement.flip, placement.rotate, scale, centre, frame)


def _turned(alpha: Mask, source: Box, placement: Placement) -> tuple[float, float, float, float]:
    """The box around the subject about the middle of its source box, once it is mirrored and turned, at scale 1."""
    wide, tall = source.width, source.height
    quarter = placement.rotate % 180 == 90
    if placement.rotate % 90 == 0:
        across, down = (tall, wide) if quarter else (wide, tall)
        return -across / 2, -down / 2, across / 2, down / 2
    inside = alpha[source.slices] >= 128
    rows = np.flatnonzero(inside.any(axis=1))
    first = inside[rows].argmax(axis=1)
    last = wide - inside[rows, ::-1].argmax(axis=1)
    x = np.concatenate([first, first, last, last]) - wide / 2
    y = np.concatenate([rows, rows + 1, rows, rows + 1]) - tall / 2
    if placement.flip:
        x = -x
    turn = np.deg2rad(placement.rotate)
    across, down = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    return float(across.min()), float(down.min()), float(across.max()), float(down.max())


def _touched(source: Box, photo: Size, placement: Placement) -> tuple[bool, bool, bool, bool]:
    """At which sides of the photo the subject is cut off: left, top, right, bottom, as it lies in the frame."""
    if placement.rotate % 360 != 0:
        return False, False, False, False
    left, right = source.left == 0, source.right == photo.width
    if placement.flip:
        left, right = right, left
    return left, source.top == 0, right, source.bottom == photo.height


def _free(frame: Size, margin: float, touches: tuple[bool, bool, bool, bool]) -> tuple[float, float, float, float]:
    """The frame within its margin: left, top, right, bottom. Where the photo cut the subject off there is none."""
    left, top, right, bottom = (0.0 if touched else margin for touched in touches)
    return left, top, frame.width - right, frame.height - bottom


def _aligned(
    source: Box,
    photo: Size,
    frame: Size,
    fit: float,
    size: tuple[float, float],
    free: tuple[float, float, float, float],
    touches: tuple[bool, bool, bool, bool],
    placement: Placement,
) -> tuple[float, float]:
    """Left and top of the subject's box of this size in the frame, before it is moved."""
    wide, tall = size
    foot = frame.width / 2 + ((source.left + source.right) / 2 - photo.width / 2) * fit
    ground = frame.height / 2 + (source.bottom - photo.height / 2) * fit
    left, top = foot - wide / 2, ground - tall
    if placement.align in ("centre", "top", "bottom"):
        left = (frame.width - wide) / 2
    if placement.align == "centre":
        top = (frame.height - tall) / 2
    elif placement.align == "top":
        top = free[1]
    elif placement.align == "bottom":
        top = free[3] - tall
    elif placement.align == "left":
        left = free[0]
    elif placement.align == "right":
        left = free[2] - wide
    if placement.margin is not None:
        left = min(max(left, free[0]), free[2] - wide) if wide <= free[2] - free[0] else left
        top = min(max(top, free[1]), free[3] - tall) if tall <= free[3] - free[1] else top
    if touches[0] != touches[2]:
        left = 0 if touches[0] else frame.width - wide
    if touches[1] != touches[3]:
        top = 0 if touches[1] else frame.height - tall
    return left, top


def dragged(
    alpha: Mask, placement: Placement, centre: tuple[float, float], grow: float = 1, turn: float = 0
) -> Placement:
    """The placement after the subject was dragged somewhere: as large as it was seen, also if a margin sets its size.

    Args:
        alpha: ``(H, W)`` uint8, the selection at the photo's size or smaller.
        placement: the one before.
        centre: where the middle of the subject's box shall be, in fractions of the frame's width and height.
        grow: its scale over the one before.
        turn: degrees clockwise from the angle before.
    """
    rotate = placement.rotate if turn == 0 else round((placement.rotate + turn + 180) % 360 - 180, 1)
    still = placement.model_copy(update={"rotate": rotate, "move_x": 0.0, "move_y": 0.0})
    grow *= pose_of(alpha, placement).scale / pose_of(alpha, still).scale  # turned, a margin fits it anew
    if abs(grow - 1) > 1e-6:
        still = still.model_copy(update={"scale": round(min(max(placement.scale * grow, 0.05), 10), 3)})
    unmoved = pose_of(alpha, still)
    moves = (
        round(min(max((wanted - have / side) * 100, -200), 200), 2)
        for wanted, have, side in zip(centre, unmoved.centre, unmoved.frame, strict=True)
    )
    return still.model_copy(update=dict(zip(("move_x", "move_y"), moves, strict=True)))
