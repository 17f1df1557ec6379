"""Colours by name, and the name of a colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

NAMED = {
    "white": "#ffffff",
    "pearl": "#f1f0ec",
    "light grey": "#d5d7da",
    "grey": "#9a9ca0",
    "dark grey": "#56595e",
    "slate": "#5d6873",
    "charcoal": "#33363b",
    "black": "#121316",
    "cream": "#f3e9d7",
    "beige": "#e3d5c0",
    "sand": "#d3b98f",
    "tan": "#c19a6b",
    "brown": "#7a5236",
    "dark brown": "#3f2a1d",
    "terracotta": "#c0674a",
    "red": "#c22f2f",
    "burgundy": "#6d1f31",
    "coral": "#ee8673",
    "orange": "#ec8a2c",
    "peach": "#f6c7a6",
    "gold": "#d9a441",
    "yellow": "#f2cf45",
    "olive": "#7d7f45",
    "sage": "#b3c2ab",
    "mint": "#bfe3d0",
    "green": "#4d9a57",
    "forest green": "#2b5138",
    "teal": "#2f8389",
    "turquoise": "#5cc4c4",
    "pale blue": "#c4dcee",
    "sky blue": "#86bde6",
    "blue": "#3670bf",
    "navy": "#1e2e55",
    "lavender": "#cdc3e6",
    "purple": "#7d55a6",
    "blush": "#edcfc7",
    "pink": "#ee9fb9",
    "magenta": "#c23a86",
}


def linear(colour: str) -> npt.NDArray[np.float32]:
    """``#rrggbb`` as linear light, ``(3,)``; sRGB's transfer curve is IEC 61966-2-1."""
    encoded = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)], np.float32) / 255
    bent = ((encoded + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4)
    return np.where(encoded <= 0.04045, encoded / np.float32(12.92), bent).astype(np.float32)


def lab(colour: str) -> npt.NDArray[np.float64]:
    """``#rrggbb`` in CIE L*a*b*, white D65."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ linear(colour).astype(np.float64) / np.array([0.9505, 1.0, 1.089])
    root = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def encoded(light: npt.NDArray[np.float32]) -> str:
    """Linear light ``(3,)`` as ``#rrggbb``, values beyond 0..1 clipped."""
    clipped = np.clip(light, 0, 1)
    bent = np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)
    return "#{:02x}{:02x}{:02x}".format(*(int(level) for level in (bent * 255).round()))


def shade(colour: str, towards: str, share: float) -> str:
    """The colour mixed in linear light with a ``share`` of another."""
    return encoded((linear(colour) * (1 - share) + linear(towards) * share).astype(np.float32))


def name_of(colour: str) -> str:
    """The nearest of the named colours."""
    return min(NAMED, key=lambda name: float(np.linalg.norm(lab(NAMED[name]) - lab(colour))))
