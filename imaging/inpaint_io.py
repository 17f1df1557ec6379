"""Inputs and outputs of inpainting: what the model sees of a photo, and what its picture becomes.

The model works at a size of its own. Its picture is enlarged, and the photo's own subject goes on top, so nothing that
the model makes of the subject is ever seen, not even as a fringe.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from imaging import composite
from imaging.colour import into_profile, to_srgb
from imaging.fill import push_pull
from imaging.foreground import Edge
from imaging.geometry import Size
from imaging.photo import Array, Photo, to_8_bit

NEUTRAL = 128  # of 255; diffusers' inpainting shows its models the masked area as this grey
Mask = npt.NDArray[np.uint8]


def prepare_inputs(
    photo: Photo, alpha: Mask, edge: Edge, repaint: Mask, size: Size, neutral: bool
) -> tuple[Image.Image, Image.Image]:
    """What the model sees.

    Args:
        photo: the photo.
        alpha: ``(H, W)`` uint8, the selection.
        edge: the edge's decontaminated colours.
        repaint: ``(H, W)`` uint8, 255 = repaint.
        size: the working size.
        neutral: replace the old background by grey first, so that no trace of it tints the subject's edge or the new
            background. Without it the model starts from the photo as it is.

    Returns:
        The picture, RGB in sRGB, and the mask, mode "L" with 255 = repaint and 0 = keep, both at ``size``.
    """
    pixels = photo.pixels
    if neutral:
        grey = np.full_like(pixels, NEUTRAL * (np.iinfo(pixels.dtype).max // 255))
        pixels = composite.over(pixels, alpha, edge, grey)
    small = to_srgb(_resized(to_8_bit(pixels), size), photo.icc)
    mask = np.where(_resized(repaint, size) >= 128, np.uint8(255), np.uint8(0))
    return Image.fromarray(small), Image.fromarray(mask)


def to_background(picture: Image.Image, mask: Image.Image, photo: Photo, defocus: float = 0.0) -> Array:
    """The new background at the photo's size, in its colour space and type.

    Where the model kept the subject, and a pixel around that, the background is drawn on from its surroundings:
    enlarged as it is, the model's subject would show as a halo around the photo's own.

    Args:
        picture: RGB, sRGB, at the working size.
        mask: mode "L" at the same size, 255 = was repainted.
        photo: the photo that the background is for.
        defocus: how far to soften it, as depth of field does: a Gaussian's sigma in thousandths of the longer side.
    """
    kept: Array = (np.asarray(mask) < 128).astype(np.uint8)
    wider = cv2.dilate(kept, np.ones((3, 3), np.uint8))
    kept = kept if wider.all() else wider  # a strip of background two pixels wide must not vanish
    filled = push_pull(np.asarray(picture).astype(np.float32), 1 - kept.astype(np.float32))
    sigma = defocus / 1000 * max(filled.shape)
    if sigma > 0:
        filled = np.asarray(cv2.GaussianBlur(filled, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)
    small = np.clip(filled + 0.5, 0, 255).astype(np.uint8)
    return into_profile(_resized(small, Size(*photo.size)), photo.icc, photo.pixels.dtype)


def _resized(pixels: Array, size: Size) -> Array:
    """8-bit pixels at another size: averaged when smaller, Lanczos when larger."""
    shrinks = size.width < pixels.shape[1]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4)
