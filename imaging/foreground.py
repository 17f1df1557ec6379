"""The colours of a soft edge without the old background in them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from imaging.fill import push_pull
from imaging.photo import Array
from imaging.tiles import MOST_SAMPLED, WORK_SIDE, averaged, on_cores, sampled, scaled

Mask = npt.NDArray[np.uint8]
"""``(H, W)``."""
SURENESS = 8  # power of alpha by which a soft pixel's colour counts as the subject's own


class Edge(NamedTuple):
    """The soft edge of a subject.

    Attributes:
        at: ``(n,)``, the n pixels whose alpha is neither 0 nor 255, counted row by row.
        colours: ``(n, 3)``, the foreground's colours there, in the photo's type.
    """

    at: npt.NDArray[np.intp]
    colours: Array

    @staticmethod
    def of(pixels: Array, alpha: Mask) -> Edge:
        """The soft edge in the colours of ``pixels`` ``(H, W, 3)``."""
        at = _soft(alpha)
        return Edge(at, pixels.reshape(-1, 3)[at])

    def paint(self, pixels: Array) -> None:
        """Give a picture ``(H, W, 3)`` the edge's colours."""
        pixels[np.divmod(self.at, pixels.shape[1])] = self.colours


def _soft(alpha: Mask) -> npt.NDArray[np.intp]:
    return np.flatnonzero((alpha > 0) & (alpha < 255))


def estimate(pixels: Array, alpha: Mask) -> Edge:
    """The subject's own colour where its edge is soft: the old background taken out, so that no halo remains.

    What is surely subject and surely background near a pixel is spread over the edge, at ``WORK_SIDE``; of all pairs of
    colours that mix to the photo's pixel at this alpha, the nearest to these two is taken, at full size.

    Args:
        pixels: ``(H, W, 3)`` uint8 or uint16, the photo.
        alpha: ``(H, W)`` uint8, the selection.

    """
    full = float(np.iinfo(pixels.dtype).max)
    scale = min(1.0, WORK_SIDE / max(alpha.shape))
    size = scaled(alpha.shape, scale)
    small = averaged(pixels, size).astype(np.float32) / full
    share = averaged(alpha, size).astype(np.float32) / 255
    spread = push_pull(small, share**SURENESS), push_pull(small, (1 - share) ** SURENESS)
    edge = Edge.of(pixels, alpha)

    def refine_colours(start: int) -> None:
        part = slice(start, start + MOST_SAMPLED)
        at, colours = edge.at[part], edge.colours[part]
        here = alpha.reshape(-1)[at, None].astype(np.float32) / 255
        fore, back = (sampled(each, alpha.shape, at) for each in spread)
        residue = colours.astype(np.float32) / full - (here * fore + (1 - here) * back)
        fore += residue * here / (here**2 + (1 - here) ** 2)
        colours[:] = np.clip(fore * full + 0.5, 0, full)

    on_cores(refine_colours, range(0, len(edge.at), MOST_SAMPLED))
    return edge
