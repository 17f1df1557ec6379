"""Hair and fur by MODNet, a matting network: its alpha near a mask's outline, where both mean the same subject.

Ke et al.: MODNet: Real-Time Trimap-Free Portrait Matting via Objective Decomposition, AAAI 2022; weights Apache-2.0. It
was trained on people, and sees the strands of an alpaca as well; what is crisp it draws softer than it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

import models
from imaging.photo import Photo
from imaging.tiles import WORK_SIDE, scaled
from masks import inference, loaded, ops, preprocess
from masks.base import Mask
from masks.matting import Float

ID = "modnet"
SHORT_SIDE = 512  # pixels: the photo's shorter side as the network sees it
MULTIPLE = 32  # pixels by which both sides of what it sees divide
BAND = 0.12  # of the subject's side (the root of its area): how far from the outline strands reach
AGREE = 0.9  # IoU with the mask: less, and the network means something else
PATCH = 0.04  # of the subject's side: where both differ over as much, that is no strand, and the mask stays
NOTHING, ALL = 5, 250  # of 255: alpha that counts as 0 and 1
RAMP = 0.02  # of the subject's side: over which one goes over into the other


def refine(photo: Photo, mask: Mask) -> Mask | None:
    """The mask with the network's alpha near its outline.

    Args:
        photo: the photo.
        mask: ``(H, W)`` uint8.

    Returns:
        ``(H, W)`` uint8; ``None`` where the network is not on this machine, or means another subject.
    """
    if not models.is_installed(ID):
        return None
    alpha = _alpha(photo.rgb8)
    share = _share(mask, alpha)
    if share is None:
        return None
    fine = ops.solidify(preprocess.fitted(photo, alpha, 1 / max(alpha.shape)), NOTHING, ALL)
    counts = np.asarray(cv2.resize(share, photo.size, interpolation=cv2.INTER_LINEAR), np.float32)
    return np.asarray(counts * fine + (1 - counts) * mask + 0.5, np.uint8)


def _share(mask: Mask, alpha: Float) -> Float | None:
    """How far the network's alpha counts, ``(h, w)`` 0..1 at ``WORK_SIDE``; ``None`` where it means another subject."""
    size = scaled(mask.shape, min(1.0, WORK_SIDE / max(mask.shape)))
    ours = cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 127
    theirs = cv2.resize(alpha, size, interpolation=cv2.INTER_LINEAR) > 0.5
    either = np.count_nonzero(ours | theirs)
    if not either or np.count_nonzero(ours & theirs) < AGREE * either:
        return None
    side = float(np.count_nonzero(ours)) ** 0.5
    patch = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, [max(3, round(PATCH * side)) | 1] * 2)
    differ = cv2.morphologyEx((ours ^ theirs).astype(np.uint8), cv2.MORPH_OPEN, patch)
    outline = cv2.morphologyEx(ours.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    from_outline, from_differing = (cv2.distanceTransform(1 - each, cv2.DIST_L2, 5) for each in (outline, differ))
    room = np.minimum(BAND * side - from_outline, from_differing - BAND * side)
    return np.asarray(np.clip(room / max(1.0, RAMP * side), 0, 1), np.float32)


def _alpha(rgb: npt.NDArray[Any]) -> Float:
    """The network's answer, ``(h, w)`` 0..1 at the size that it sees."""
    scale = SHORT_SIDE / min(rgb.shape[:2])
    height, width = (max(1, round(side * scale / MULTIPLE)) * MULTIPLE for side in rgb.shape[:2])
    seen = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    values = (seen.astype(np.float32) - 127.5) / 127.5
    network = loaded.network(ID, _load)
    with network.lock:
        answer = network.run(np.ascontiguousarray(values.transpose(2, 0, 1)[None]))
    return np.asarray(np.clip(answer[0, 0], 0, 1), np.float32)


def _load(paths: tuple[Path, ...]) -> inference.Run:
    return inference.load(ID, paths[0])
