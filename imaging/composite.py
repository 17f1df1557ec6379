"""Put the subject back, exactly: the photo's bytes where alpha is 255, else the background or a blend."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from imaging.foreground import Edge
from imaging.photo import Array
from imaging.tiles import averaged, scaled

Mask = npt.NDArray[np.uint8]
WRAP_SIDE = 256  # the longer side, in pixels, at which the light around an edge is taken


def over(pixels: Array, alpha: Mask, edge: Edge, background: Array, wrap: float = 0.0) -> Array:
    """The subject over a background.

    Args:
        pixels: ``(H, W, 3)`` the photo.
        alpha: ``(H, W)`` uint8, the selection.
        edge: the edge's decontaminated colours.
        background: ``(H, W, 3)`` the new background, in the photo's type and colour space.
        wrap: 0..1, how much of the background's light shines around the soft edge.

    Returns:
        ``(H, W, 3)``, the photo's type. Blending happens in the photo's encoded space, as everywhere in print and web.
    """
    result = background.copy()
    cv2.copyTo(pixels, (alpha == 255).astype(np.uint8), result)
    at, colours = edge
    share = alpha.reshape(-1)[at].astype(np.float32)[:, None] / 255
    if wrap > 0:
        colours = colours + wrap * (1 - share) * (_light_around(background, at) - colours)
    blend = colours * share + background.reshape(-1, 3)[at] * (1 - share)
    Edge(at, np.rint(blend).astype(pixels.dtype)).paint(result)
    return result


def _light_around(background: Array, at: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
    """The background far out of focus, ``(n, 3)`` at n pixels, which are counted row by row."""
    height, width = background.shape[:2]
    size = scaled(background.shape, min(1.0, WRAP_SIDE / max(height, width)))
    small = averaged(background, size).astype(np.float32)
    soft = cv2.GaussianBlur(small, (0, 0), 3)
    rows, columns = np.divmod(at, width)
    picked = soft[rows * size[1] // height, columns * size[0] // width]
    return np.asarray(picked, np.float32)


def cut_out(pixels: Array, alpha: Mask, edge: Edge, shadow: Mask | None) -> Array:
    """The subject alone, ``(H, W, 4)`` with straight (not premultiplied) alpha.

    Nothing of the old background stays in the file: fully transparent pixels are black. A shadow becomes transparent
    black beneath the subject.
    """
    depth = np.iinfo(pixels.dtype).max // 255
    colours = np.zeros_like(pixels)
    cv2.copyTo(pixels, (alpha == 255).astype(np.uint8), colours)
    opacity = alpha
    if shadow is not None:
        under = alpha.astype(np.uint16) * 255 + (255 - alpha.astype(np.uint16)) * shadow  # alpha + (1 - alpha) shadow
        opacity = ((under + 127) // 255).astype(np.uint8)
        own, both = (each.reshape(-1)[edge.at, None] for each in (alpha, under))
        share = own.astype(np.float32) * 255 / np.maximum(both, 1)
        edge = Edge(edge.at, np.rint(edge.colours * share).astype(pixels.dtype))
    edge.paint(colours)
    return np.dstack([colours, opacity.astype(pixels.dtype) * depth])


def shade(background: Array, shadow: Mask) -> Array:
    """Darken a background by a shadow's opacity, 255 = black."""
    light = cv2.merge([255 - shadow] * 3)
    if background.dtype == np.uint8:
        return cv2.multiply(background, light, scale=1 / 255)
    return np.rint(background * (light.astype(np.float32) / 255)).astype(background.dtype)
