"""The subject mirrored in a glossy floor: clear where it stands, fainter and more blurred away from it."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.cast_shadow import Ground
from imaging.contacts import Standing, ground_visible, standing
from imaging.photo import Array
from imaging.tiles import Window, averaged, on_tiles, scaled, upsample

Mask = npt.NDArray[np.uint8]
WORK_SIDE = 768  # the longer side, in pixels, at which the mirror image is drawn
FADES = 0.30  # of the subject's height: the depth at which a third of the mirror image is left


def reflect(background: Array, pixels: Array, alpha: Mask, ground: Ground, strength: float) -> Array:
    """A background with the subject's mirror image in it.

    Args:
        background: ``(H, W, 3)``.
        pixels: ``(H, W, 3)`` the photo, of the same type.
        alpha: ``(H, W)`` uint8, the selection.
        ground: where the floor ends.
        strength: 0..1, the mirror image's share of the floor right where the subject stands.
    """
    if strength <= 0 or not ground_visible(alpha):
        return background
    mirrored = _mirrored(pixels, alpha, ground)
    if mirrored is None:
        return background
    result, full = background.copy(), float(np.iinfo(background.dtype).max)
    wanted = cv2.resize((mirrored[..., 3] > 0.002).astype(np.uint8), alpha.shape[::-1]) > 0

    def mix(window: Window) -> None:
        image = strength * upsample(mirrored, alpha.shape, *window)
        here = background[window].astype(np.float32)
        result[window] = np.clip(here * (1 - image[..., 3:]) + image[..., :3] * full + 0.5, 0, full)

    on_tiles(wanted, mix)
    return result


def _mirrored(pixels: Array, alpha: Mask, ground: Ground) -> npt.NDArray[Any] | None:
    """The mirror image, ``(h, w, 4)`` float32 premultiplied with its opacity, drawn small."""
    size = scaled(alpha.shape, min(1.0, WORK_SIDE / max(alpha.shape)))
    share = averaged(alpha, size).astype(np.float32) / 255
    parts = standing((share > 0.5).astype(np.uint8))
    if not parts:
        return None
    small = averaged(pixels, size).astype(np.float32) / np.iinfo(pixels.dtype).max
    image = np.dstack([small * share[..., None], share])
    result = np.zeros_like(image)
    for part in sorted(parts, key=lambda each: each.lowest.max()):  # what stands nearer hides what is behind it
        own = image if len(parts) == 1 else image * _grown(part.part)[..., None]
        turned = _turned(own, part, ground)
        result = turned + result * (1 - turned[..., 3:])
    return np.asarray(result, np.float32)


def _grown(part: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """A part with its soft edge, 0 or 1."""
    return cv2.dilate(part.astype(np.float32), np.ones((5, 5), np.uint8)).astype(np.float32)


def _turned(image: npt.NDArray[Any], part: Standing, ground: Ground) -> npt.NDArray[Any]:
    """One part's mirror image: ``image`` ``(h, w, 4)`` turned about the ground that the part stands on."""
    height, width = part.part.shape
    columns = np.arange(width, dtype=np.float32)
    floor = part.touches[None]
    rows = np.arange(height, dtype=np.float32)[:, None]
    depth = np.maximum(rows - floor, 0)
    across = np.broadcast_to(columns[None], (height, width)).copy()
    turned = cv2.remap(image, across, (2 * floor - rows + 1).astype(np.float32), cv2.INTER_LINEAR)
    turned *= (rows > floor)[..., None]
    soft = cv2.GaussianBlur(turned, (0, 0), 0.02 * part.tall + 1)
    blur = np.clip(depth / (0.4 * part.tall), 0, 1)[..., None]
    fade = np.exp(-depth / (FADES * part.tall)) * (rows >= ground.ends * height)
    return np.asarray((turned + (soft - turned) * blur) * fade[..., None], np.float32)
