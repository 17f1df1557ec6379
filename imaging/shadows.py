"""A soft contact shadow from the subject's outline: what it touches gets dark, the ground around it a little."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.geometry import Box

Mask = npt.NDArray[Any]
WORK_SIDE = 768  # shadows are soft: the longer side at which they are drawn
CONTACT, AMBIENT = 0.62, 0.40  # opacity at its darkest


def contact(alpha: Mask) -> Mask:
    """The shadow's opacity, ``(H, W)`` uint8, 255 = black; all 0 where no ground can be seen beneath the subject.

    Two parts, drawn small: a narrow dark line that follows the lower outline where the subject comes within a
    sixteenth of its height to its lowest point (feet, wheels, a round base), and a broad one, the outline laid flat on
    the ground.

    Args:
        alpha: ``(H, W)`` uint8, the selection.
    """
    height, width = alpha.shape
    box = Box.around(alpha)
    if box is None or not ground_visible(alpha):
        return np.zeros_like(alpha)
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    solid = (cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255).clip(0, 1)
    tall, wide = max(2.0, box.height * scale), max(2.0, box.width * scale)
    base = box.bottom * scale
    line = _blurred(_lower_line(solid, base, tall), 0.012 * (tall + wide) / 2, 0.010 * (tall + wide) / 2)
    spread = _blurred(
        _laid_flat(solid, base, min(0.16, 0.10 * wide / tall + 0.04)), 0.045 * wide, 0.022 * min(tall, wide)
    )
    shadow = 1 - (1 - CONTACT * _to_one(line)) * (1 - AMBIENT * _to_one(spread))
    large = cv2.resize(shadow, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.clip(large * 255 + 0.5, 0, 255).astype(np.uint8)


def ground_visible(alpha: Mask) -> bool:
    """Whether the subject ends above the frame's lower edge, so that there is ground for a shadow to fall on."""
    box = Box.around(alpha)
    return box is not None and box.bottom < alpha.shape[0] - 1


def _lower_line(solid: npt.NDArray[Any], base: float, tall: float) -> npt.NDArray[Any]:
    """A band along the lowest subject pixel of every column, weighted by how near that is to the ground."""
    rows = np.arange(solid.shape[0], dtype=np.float32)[:, None]
    inside = solid > 0.5
    lowest = np.where(inside.any(axis=0), solid.shape[0] - 1 - np.argmax(inside[::-1], axis=0), -1e6)
    near = np.exp(-(((base - lowest) / (tall / 16)) ** 2))
    band = (np.abs(rows - lowest[None]) <= max(1.0, tall / 100)).astype(np.float32)
    return (band * near[None]).astype(np.float32)


def _laid_flat(solid: npt.NDArray[Any], base: float, squash: float) -> npt.NDArray[Any]:
    """The outline pressed down onto the line where it stands, half in front of it and half behind."""
    centre = base - 0.25 * squash * base
    matrix = np.array([[1, 0, 0], [0, squash, centre - squash * base + 0.5 * squash * base]], np.float32)
    return cv2.warpAffine(solid, matrix, (solid.shape[1], solid.shape[0]))


def _blurred(values: npt.NDArray[Any], sigma_x: float, sigma_y: float) -> npt.NDArray[Any]:
    return cv2.GaussianBlur(values, (0, 0), max(0.8, sigma_x), sigmaY=max(0.8, sigma_y), borderType=cv2.BORDER_CONSTANT)


def _to_one(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    peak = float(values.max())
    return values / peak if peak > 0 else values
