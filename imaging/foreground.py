"""The colours of a soft edge without the old background in them."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from imaging.fill import push_pull
from imaging.photo import Array
from imaging.tiles import WORK_SIDE, Window, on_tiles, scaled, upsample

Mask = npt.NDArray[np.uint8]
"""``(H, W)``."""
SURENESS = 8  # power of alpha by which a soft pixel's colour counts as the subject's own


class Edge(NamedTuple):
    """The soft edge of a subject.

    Attributes:
        soft: ``(H, W)`` bool, where the alpha is neither 0 nor 255; n pixels.
        colours: ``(n, 3)``, the foreground's colours there in row-major order, in the photo's type.
    """

    soft: npt.NDArray[np.bool_]
    colours: Array


def estimate(pixels: Array, alpha: Mask) -> Edge:
    """The subject's own colour where its edge is soft: the old background taken out, so that no halo remains.

    What is surely subject and surely background near a pixel is spread over the edge, at ``WORK_SIDE``; of all pairs of
    colours that mix to the photo's pixel at this alpha, the nearest to these two is taken, at full size.

    Args:
        pixels: ``(H, W, 3)`` uint8 or uint16, the photo.
        alpha: ``(H, W)`` uint8, the selection.

    """
    soft = (alpha > 0) & (alpha < 255)
    full = float(np.iinfo(pixels.dtype).max)
    scale = min(1.0, WORK_SIDE / max(alpha.shape))
    size = scaled(alpha.shape, scale)
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / full
    share = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    spread = push_pull(small, share**SURENESS), push_pull(small, (1 - share) ** SURENESS)
    found = np.zeros_like(pixels)

    def refine_colours(window: Window) -> None:
        rows, columns = window
        image = pixels[rows, columns].astype(np.float32) / full
        here = alpha[rows, columns, None].astype(np.float32) / 255
        fore, back = (upsample(colours, alpha.shape, rows, columns) for colours in spread)
        residue = image - (here * fore + (1 - here) * back)
        fore += residue * here / (here**2 + (1 - here) ** 2)
        found[window] = np.clip(fore * full + 0.5, 0, full).astype(pixels.dtype)

    on_tiles(soft, refine_colours)
    return Edge(soft, found[soft])
