"""A soft contact shadow from the subject's outline: what it touches gets dark, the ground around it a little."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.contacts import ground_line, lowest_rows, standing
from imaging.geometry import Box

Mask = npt.NDArray[np.uint8]
Values = npt.NDArray[np.floating[Any]]  # (h, w) float32
WORK_SIDE = 768  # shadows are soft: the longer side at which they are drawn
REACH = 0.25  # of the subject's height: how much higher than its lowest point it may touch
STEEPEST = 0.2  # rise over run of the ground in the picture
CONTACT, AMBIENT = 0.62, 0.40  # opacity at its darkest


def contact(alpha: Mask, strength: float = 1.0) -> Mask:
    """The shadow's opacity, ``(H, W)`` uint8, 255 = black; all 0 where no ground can be seen beneath the subject.

    Two parts, drawn small: a narrow dark line that follows the lower outline where the subject comes within a
    sixteenth of its height to its lowest point (feet, wheels, a round base), and a broad one, the outline laid flat on
    the ground.

    Args:
        alpha: ``(H, W)`` uint8, the selection.
        strength: how dark it is, 0..2.
    """
    height, width = alpha.shape
    box = Box.around(alpha)
    if box is None:
        return np.zeros_like(alpha)
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    solid = (cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255).clip(0, 1)
    parts = standing((solid >= 0.5).astype(np.uint8))
    if not parts:
        return np.zeros_like(alpha)
    solid *= cv2.dilate(np.any([each.part for each in parts], axis=0).astype(np.uint8), np.ones((5, 5), np.uint8))
    tall, wide = max(2.0, box.height * scale), max(2.0, box.width * scale)
    ground = ground_line(lowest_rows(solid > 0.5), REACH * tall, STEEPEST)
    line = _blurred(_lower_line(solid, ground, tall), 0.012 * (tall + wide) / 2, 0.010 * (tall + wide) / 2)
    flat = _laid_flat(solid, ground, tall, min(0.16, 0.10 * wide / tall + 0.04))
    spread = _blurred(flat, 0.045 * wide, 0.022 * min(tall, wide))
    shadow = 1 - (1 - CONTACT * _to_one(line)) * (1 - AMBIENT * _to_one(spread))
    if strength != 1:
        shadow = 1 - np.clip(1 - shadow, 0, 1) ** strength
    large = cv2.resize(shadow, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.convertScaleAbs(large, alpha=255), np.uint8)  # rounded; 255 at most


def _lower_line(solid: Values, ground: Values, tall: float) -> Values:
    """A band along the lowest subject pixel of every column, weighted by how near that is to the ground."""
    rows = np.arange(solid.shape[0], dtype=np.float32)[:, None]
    lowest = lowest_rows(solid > 0.5)
    near = np.exp(-(((ground - lowest) / (tall / 16)) ** 2))
    band = (np.abs(rows - lowest[None]) <= max(1.0, tall / 100)).astype(np.float32)
    return (band * near[None]).astype(np.float32)


def _laid_flat(solid: Values, ground: Values, tall: float, squash: float) -> Values:
    """The outline pressed down onto the ground, partly before the line where it stands and partly behind.

    What hangs higher shades the ground less: its part fades with height.
    """
    rows = np.arange(solid.shape[0], dtype=np.float32)[:, None]
    solid = solid * np.exp(-np.maximum(0, ground[None] - rows) / (0.4 * tall))
    from_rows = ground[None] - (ground[None] + 0.35 * squash * tall - rows) / squash
    from_columns = np.broadcast_to(np.arange(solid.shape[1], dtype=np.float32), solid.shape)
    bent = cv2.remap(solid.astype(np.float32), from_columns.copy(), from_rows.astype(np.float32), cv2.INTER_LINEAR)
    return np.asarray(bent, np.float32)


def _blurred(values: Values, sigma_x: float, sigma_y: float) -> Values:
    sigmas = max(0.8, sigma_x), max(0.8, sigma_y)
    soft = cv2.GaussianBlur(values, (0, 0), sigmas[0], sigmaY=sigmas[1], borderType=cv2.BORDER_CONSTANT)
    return np.asarray(soft, values.dtype)


def _to_one(values: Values) -> Values:
    peak = float(values.max())
    return values / peak if peak > 0 else values
