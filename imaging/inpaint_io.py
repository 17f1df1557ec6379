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
LATENT = 8  # pixels of the picture for each of the latents': so far the repainted part reaches into the kept one
LEAST_KEPT = 512  # pixels from which a colour shift can be told
STEADY = 10.0  # levels of 255: a subject that varies less says little of the gain
MOST_SHIFT, MOST_GAIN, MOST_RESIDUE = 16.0, 0.15, 16.0  # beyond them the model repainted the subject
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


def cancel_shift(picture: Image.Image, seen: Image.Image, mask: Image.Image) -> tuple[Image.Image, float]:
    """The model's picture without the colour shift of its autoencoder, and how large that was.

    What the model kept went through the same autoencoder as what it painted, and what it should look like is known. Per
    channel, a gain and an offset are fitted there by least squares, held near 1 and 0 where the subject is of one
    colour, and the whole picture is corrected by the inverse.

    Args:
        picture: RGB, the model's.
        seen: RGB, what it was shown, at the same size.
        mask: mode "L", 255 = was repainted.

    Returns:
        The picture, and the largest mean correction of a channel in levels of 255; the picture as it is, and 0, where
        the model kept too little to tell, or repainted it so that the difference is no mere shift.
    """
    kept = cv2.erode((np.asarray(mask) < 128).astype(np.uint8), np.ones((2 * LATENT + 1, 2 * LATENT + 1))) > 0
    if kept.sum() < LEAST_KEPT:
        return picture, 0.0
    drawn: Array = np.asarray(picture).astype(np.float32)
    wanted, have = np.asarray(seen)[kept].astype(np.float32), drawn[kept]
    middle, shifted = wanted.mean(axis=0), have.mean(axis=0)
    spread = ((wanted - middle) ** 2).mean(axis=0) + STEADY**2
    gain = 1 + ((wanted - middle) * (have - shifted - (wanted - middle))).mean(axis=0) / spread
    residue = have - shifted - gain * (wanted - middle)
    shift = np.abs(shifted - middle)
    if np.sqrt((residue**2).mean()) > MOST_RESIDUE or shift.max() > MOST_SHIFT or np.abs(gain - 1).max() > MOST_GAIN:
        return picture, 0.0
    corrected = np.clip((drawn - shifted) / gain + middle + 0.5, 0, 255).astype(np.uint8)
    return Image.fromarray(corrected), float(shift.max())


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
