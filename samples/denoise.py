# SPDX-License-Identifier: Apache-2.0
"""The denoiser of samples/render.py: what few camera paths leave noisy, smoothed within surfaces."""

import math

import cv2
import numpy as np
from numba import njit, prange


@njit(parallel=True, fastmath=True, cache=True)
def smooth(c, var, guide, step, reach):
    """One a-trous pass (Dammertz et al. 2010) whose colour stop scales with the variance (SVGF, 2017)."""
    h, w = var.shape
    out, vout = np.empty_like(c), np.empty_like(var)
    kernel = (0.375, 0.25, 0.0625)
    for y in prange(h):
        for x in range(w):
            lum, total, tv = c[y, x, 0] * 0.3 + c[y, x, 1] * 0.6 + c[y, x, 2] * 0.1, 0.0, 0.0
            r, g, b = 0.0, 0.0, 0.0
            for j in range(-2, 3):
                for i in range(-2, 3):
                    yy, xx = y + j * step, x + i * step
                    if yy < 0 or xx < 0 or yy >= h or xx >= w:
                        continue
                    e = 0.0
                    for k in range(guide.shape[2]):
                        t = guide[y, x, k] - guide[yy, xx, k]
                        e += t * t
                    dl = lum - (c[yy, xx, 0] * 0.3 + c[yy, xx, 1] * 0.6 + c[yy, xx, 2] * 0.1)
                    e += dl * dl / (reach * (var[y, x] + var[yy, xx]) + 1e-7)
                    k = kernel[abs(i)] * kernel[abs(j)] * math.exp(-e)
                    r, g, b = r + k * c[yy, xx, 0], g + k * c[yy, xx, 1], b + k * c[yy, xx, 2]
                    total, tv = total + k, tv + k * k * var[yy, xx]
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = r / total, g / total, b / total
            vout[y, x] = tv / (total * total)
    return out, vout


def develop(raw: np.ndarray, spp: int) -> np.ndarray:
    """Denoised linear picture: diffuse light is filtered without its texture, the rest on its own."""
    albedo = np.maximum(raw[..., 6:9], 1e-3)
    guide = np.concatenate([raw[..., 9:12] * 7, raw[..., 12:13] * 1.5, raw[..., 13:16] * 9], axis=2)
    total = np.zeros_like(raw[..., :3])
    for colour, square, base in ((raw[..., :3], raw[..., 16], albedo), (raw[..., 3:6], raw[..., 17], None)):
        scale = base if base is not None else np.ones_like(albedo)
        lum = colour @ np.float32([0.2126, 0.7152, 0.0722])
        var = (
            np.maximum(square - lum * lum, 0)
            / spp
            / np.maximum((scale @ np.float32([0.2126, 0.7152, 0.0722])) ** 2, 1e-6)
        )
        light, var = colour / scale, cv2.GaussianBlur(var, (0, 0), 1.2)
        for step in (1, 2, 4, 8):
            light, var = smooth(light, var, guide, step, 4.0)
        total += light * scale
    return total
