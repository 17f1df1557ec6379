"""Where the light comes from, guessed: from how a subject is shaded, or from how bright a picture's sides are.

Both are guesses from the picture's plane alone. Softness and strength are those of a room or a cloudy day, since
neither can be told from shading.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from imaging.cast_shadow import KeyLight
from imaging.colour import to_linear
from imaging.tiles import averaged, scaled

Bytes = npt.NDArray[np.uint8]
SIDE = 256  # the longer side, in pixels, at which is looked
SOFTNESS, STRENGTH = 0.6, 0.45
FARTHEST = 75.0  # degrees to a side
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


def from_subject(rgb: npt.NDArray[Any], alpha: Bytes) -> KeyLight:
    """The light on a subject, from the shading along its outline.

    There the surface's normal lies in the picture's plane, so that brightness is a linear function of it (Johnson,
    Farid: Exposing digital forgeries by detecting inconsistencies in lighting, 2005). The differences of colour of what
    is lit count as noise, so only a clear difference turns the light away from above the camera.

    Args:
        rgb: ``(H, W, 3)`` uint8, sRGB.
        alpha: ``(H, W)`` uint8, the selection.
    """
    light = _luminance(rgb)
    share = averaged(alpha, light.shape[::-1])
    inside = (share > 200).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    rim = (depth > 2) & (depth < 0.06 * SIDE)
    soft = cv2.GaussianBlur(share.astype(np.float32), (0, 0), 4)
    normal_x = -cv2.Sobel(soft, cv2.CV_32F, 1, 0)[rim]
    normal_y = -cv2.Sobel(soft, cv2.CV_32F, 0, 1)[rim]
    length = np.hypot(normal_x, normal_y)
    steep = length > 0.2 * np.max(length, initial=1e-6)
    if np.count_nonzero(steep) < 20:
        return KeyLight(0, 60, SOFTNESS, STRENGTH)
    length = length[steep]
    normals = np.stack([normal_x[steep] / length, normal_y[steep] / length, np.ones_like(length)], axis=1)
    brightness = light[rim][steep]
    (right, down, mean), *_ = np.linalg.lstsq(normals, brightness, rcond=None)
    return _key(right / max(mean, 1e-3), -down / max(mean, 1e-3))


def from_picture(rgb: npt.NDArray[Any]) -> KeyLight:
    """The light of a place, from its picture: the brighter side, and how bright the upper part is over the lower.

    Args:
        rgb: ``(H, W, 3)`` uint8, sRGB.
    """
    light = _luminance(rgb)
    height, width = light.shape
    mean = float(light.mean()) + 1e-3
    left, right = light[:, : max(1, width // 3)].mean(), light[:, -max(1, width // 3) :].mean()
    top, bottom = light[: max(1, height // 2)].mean(), light[-max(1, height // 2) :].mean()
    return _key(float(right - left) / mean, float(top - bottom) / mean)


def _luminance(rgb: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    size = scaled(rgb.shape, min(1.0, SIDE / max(rgb.shape[:2])))
    small = averaged(rgb, size).astype(np.float32) / 255
    return np.asarray(to_linear(small) @ LUMA, np.float32)


def _key(across: float, up: float) -> KeyLight:
    """A light from how much brighter the right side is than the left, and the top than the bottom, over the mean."""
    azimuth = FARTHEST * float(np.tanh(2 * across))
    elevation = 50 + 15 * float(np.tanh(2 * up))
    return KeyLight(azimuth, elevation, SOFTNESS, STRENGTH)
