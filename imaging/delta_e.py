"""How different two colours look: CIEDE2000."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from imaging.colour import to_linear

Float = npt.NDArray[np.floating[Any]]
XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)  # of linear sRGB (ITU-R BT.709 primaries, D65)


def ciede2000(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]) -> Float:
    """The colour difference of sRGB pixels, ``(n, 3)`` uint8 each: ``(n,)``, 1 is just noticeable.

    Sharma, Wu, Dalal: The CIEDE2000 color-difference formula (Color Research and Application 30, 2005); all
    weights are 1.
    """
    (l1, a1, b1), (l2, a2, b2) = _lab(first), _lab(second)
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1 + 0.5 * (1 - np.sqrt(mean_chroma**7 / (mean_chroma**7 + 25.0**7)))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.arctan2(b1, a1) % (2 * np.pi), np.arctan2(b2, a2) % (2 * np.pi)
    turn = (h2 - h1 + np.pi) % (2 * np.pi) - np.pi
    grey = c1 * c2 == 0
    turn = np.where(grey, 0, turn)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.where(grey, h1 + h2, h1 + turn / 2)
    t = 1 - 0.17 * np.cos(mean_h - np.pi / 6) + 0.24 * np.cos(2 * mean_h)
    t = t + 0.32 * np.cos(3 * mean_h + np.pi / 30) - 0.20 * np.cos(4 * mean_h - np.deg2rad(63))
    weight_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    weight_c, weight_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    from_blue = (np.rad2deg(mean_h) % 360 - 275) / 25
    mixed = -2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)) * np.sin(np.deg2rad(60 * np.exp(-(from_blue**2))))
    of_l, of_c = (l2 - l1) / weight_l, (c2 - c1) / weight_c
    of_h = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2) / weight_h
    squared: Float = of_l**2 + of_c**2 + of_h**2 + mixed * of_c * of_h
    return np.sqrt(np.maximum(squared, 0))


def _lab(rgb: npt.NDArray[np.uint8]) -> tuple[Float, Float, Float]:
    """CIE L*a*b* under D65 of sRGB (OpenCV's is off by up to half a step)."""
    xyz = to_linear(rgb / 255) @ XYZ.T / XYZ.sum(axis=1)
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (29 / 6) ** 2 / 3 + 4 / 29).T
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)
