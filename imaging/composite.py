"""Put the subject back, exactly: the photo's bytes where alpha is 255, else the background or a blend."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from imaging.foreground import Edge
from imaging.photo import Array
from imaging.tiles import scaled

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
    soft, colours = edge
    share = alpha[soft].astype(np.float32)[:, None] / 255
    if wrap > 0:
        colours = colours + wrap * (1 - share) * (_light_around(background, soft) - colours)
    blend = colours * share + background[soft] * (1 - share)
    result[soft] = np.rint(blend).astype(pixels.dtype)
    return result


def _light_around(background: Array, where: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """The background far out of focus, ``(n, 3)`` at the n pixels marked."""
    size = scaled(where.shape, min(1.0, WRAP_SIDE / max(where.shape)))
    small = cv2.resize(background, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    soft = cv2.GaussianBlur(small, (0, 0), 3)
    rows, columns = np.nonzero(where)
    picked = soft[rows * size[1] // where.shape[0], columns * size[0] // where.shape[1]]
    return np.asarray(picked, np.float32)


def cut_out(pixels: Array, alpha: Mask, edge: Edge, shadow: Mask | None) -> Array:
    """The subject alone, ``(H, W, 4)`` with straight (not premultiplied) alpha.

    Nothing of the old background stays in the file: fully transparent pixels are black. A shadow becomes transparent
    black beneath the subject.
    """
    depth = np.iinfo(pixels.dtype).max // 255
    colours = np.zeros_like(pixels)
    cv2.copyTo(pixels, (alpha == 255).astype(np.uint8), colours)
    soft, edge_colours = edge
    opacity = alpha
    if shadow is None:
        colours[soft] = edge_colours
    else:
        under = alpha.astype(np.uint16) * 255 + (255 - alpha.astype(np.uint16)) * shadow  # alpha + (1 - alpha) shadow
        opacity = ((under + 127) // 255).astype(np.uint8)
        share = alpha[soft].astype(np.float32) * 255 / np.maximum(under[soft], 1)
        colours[soft] = np.rint(edge_colours * share[:, None]).astype(pixels.dtype)
    return np.dstack([colours, opacity.astype(pixels.dtype) * depth])


def shade(background: Array, shadow: Mask) -> Array:
    """Darken a background by a shadow's opacity, 255 = black."""
    light = cv2.merge([255 - shadow] * 3)
    if background.dtype == np.uint8:
        return cv2.multiply(background, light, scale=1 / 255)
    return np.rint(background * (light.astype(np.float32) / 255)).astype(background.dtype)
