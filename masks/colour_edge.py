"""A network's soft edge, decided anew by the colours on both sides of it: between hairs the background shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from imaging.tiles import WORK_SIDE, Window, on_tiles, scaled, upsample
from masks.base import Mask
from masks.matting import adjugate

Float = npt.NDArray[np.floating[Any]]
Entries = Sequence[Float]

BAND = 0.03  # of the subject's side (the root of its area): how far from the outline it may be wrong
CRISP_BAND = 0.5  # of that, where the outline is crisp
CRISP, VAGUE = 0.5, 1.0  # how wide crisp and vague outlines are: 320ths of the photo's side, at least pixels
WINDOW = 4.0  # bands: the window in which the colours of a side are gathered
COARSE = 16  # pixels: what that window is scaled down to
FARTHER = 0.02  # weight of the colours four windows around; its square, of the whole side's
NOISE = 0.015  # standard deviation of the photo's values, 0..1
SHARES = (0.0, 0.5, 1.0)  # alphas that a pixel's colour is tried with
MIXED = 0.05  # prior of the mixture, of 0..1, where the mask says one half
TRUST = 0.8  # of the mask in the prior where the outline is vague; the rest is the distance from its outline
BLUR = 0.35  # bands: over which that distance counts
FLOOR, CRISP_FLOOR = 0.03, 0.003  # the mask is never surer than this
TEMPER, DECISIVE = 0.5, 3.0  # neighbours are alike, so likelihoods count half; the most that one counts, in log units
RADIUS, EPSILON = 3, 1e-4  # of the guided filter: pixels, variance
DOUBT = 0.01  # variance of alpha at which a pixel counts half in it
TRANSPARENT, OPAQUE = 0.03, 0.97  # a linear model hardly ever reaches 0 and 1
FEWEST = 20  # pixels that must be sure on each side

PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
"""The different entries of a symmetric 3 x 3 matrix of colours, in the order in which they are kept."""


class Known(NamedTuple):
    """What is sure of a mask, ``(h, w)`` bool each, and its prior, ``(h, w)`` float 0..1."""

    inside: npt.NDArray[np.bool_]
    outside: npt.NDArray[np.bool_]
    prior: Float
    reach: float

    def cut(self, box: Window) -> Known:
        return Known(self.inside[box], self.outside[box], self.prior[box], self.reach)


class Gaussian(NamedTuple):
    """Colours around each of n pixels: their mean, three ``(n,)``, and covariance, six ``(n,)`` as ``PAIRS``."""

    mean: tuple[Float, ...]
    covariance: tuple[Float, ...]


def settle(rgb: npt.NDArray[Any], mask: Mask) -> Mask:
    """Decide the edge of a network's mask by the colours of the sure subject and of the sure background near it.

    Each pixel of a band around the outline is taken for subject, background, or half of each, as its colour is likely
    among normal distributions of both sides' colours (after Chuang et al.: A Bayesian Approach to Digital Matting, CVPR
    2001), with the mask as prior. A guided filter of the photo (He, Sun, Tang: Guided Image Filtering, PAMI 2013), in
    which pixels count as far as they are decided, makes the soft edge of it; statistics are taken at ``WORK_SIDE``, its
    linear model is applied at full size.

    Args:
        rgb: ``(H, W, 3)`` uint8.
        mask: ``(H, W)`` uint8.

    Returns:
        ``(H, W)`` uint8; outside of the band as it was.
    """
    scale = min(1.0, WORK_SIDE / max(mask.shape))
    size = scaled(mask.shape, scale)
    known = _known(_shrunk(mask, size))
    if min(np.count_nonzero(known.inside), np.count_nonzero(known.outside)) < FEWEST:
        return mask
    unknown = ~known.inside & ~known.outside
    model = np.zeros((*unknown.shape, 4), np.float32)
    box = _box(unknown, int(2 * WINDOW * known.reach))
    model[box] = _model(_shrunk(rgb, size)[box].astype(np.float32) / 255, known.cut(box), unknown[box])
    large = cv2.resize(unknown.astype(np.uint8), mask.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    result = mask.copy()

    def apply(window: Window) -> None:
        rows, columns = window
        here = upsample(model, mask.shape, rows, columns)
        values = np.einsum("ijk,ijk->ij", here[..., :3], rgb[rows, columns].astype(np.float32)) / 255 + here[..., 3]
        values = np.clip((values - TRANSPARENT) / (OPAQUE - TRANSPARENT), 0, 1)
        np.copyto(result[window], (values * 255 + 0.5).astype(np.uint8), where=large[window])

    on_tiles(large, apply)
    return result


def _box(wanted: npt.NDArray[np.bool_], margin: int) -> Window:
    rows, columns = np.flatnonzero(wanted.any(axis=1)), np.flatnonzero(wanted.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
    )


def _model(image: Float, known: Known, unknown: npt.NDArray[np.bool_]) -> Float:
    alpha, weight = known.inside.astype(np.float32), np.ones(unknown.shape, np.float32)
    alpha[unknown], variance = posterior(image, known, unknown)
    weight[unknown] = decided(variance)
    return _linear_model(image, alpha, weight)


def _known(mask: Mask) -> Known:
    share = mask.astype(np.float32) / 255
    reach = reach_of(share)
    subject = (mask > 127).astype(np.uint8)
    within, beyond = (cv2.distanceTransform(side, cv2.DIST_L2, 5) for side in (subject, 1 - subject))
    depth = np.where(subject, within - 0.5, 0.5 - beyond)
    clear = ((mask <= 5) | (mask >= 250)).astype(np.uint8)
    settled = cv2.distanceTransform(clear, cv2.DIST_L2, 5) > 0.3 * reach
    vague = vagueness(share)
    band = reach * (CRISP_BAND + (1 - CRISP_BAND) * vague)
    by_depth = 1 / (1 + np.exp(np.clip(-depth / (BLUR * reach), -30, 30)))
    distance_counts, floor = (1 - TRUST) * vague, CRISP_FLOOR + (FLOOR - CRISP_FLOOR) * vague
    prior = np.clip((1 - distance_counts) * share + distance_counts * by_depth, floor, 1 - floor)
    return Known((depth > band) & settled, (depth < -band) & settled, prior, reach)


def decided(variance: Float) -> Float:
    """How far pixels count whose alpha has that variance, 0..1."""
    return np.asarray(DOUBT / (DOUBT + variance), np.float32)


def vagueness(share: Float) -> Float:
    """How vague a mask's outline is around each pixel, ``(h, w)`` 0..1: networks smear hair and fur, no firm edge.

    Args:
        share: ``(h, w)`` 0..1, a network's mask.
    """
    outline = cv2.morphologyEx((share > 0.5).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    window = 2 * int(2 * reach_of(share)) + 1
    soft, length = (_mean(_mean(each, window), window) for each in (4 * share * (1 - share), outline / np.float32(2)))
    width = soft / (length + 1e-4) * 320 / max(320, *share.shape)
    return np.asarray(np.clip((width - CRISP) / (VAGUE - CRISP), 0, 1), np.float32)


def reach_of(share: Float) -> float:
    """Pixels from the outline up to which a network's mask, ``(h, w)`` 0..1, may be wrong."""
    return max(3.0, BAND * float(share.sum()) ** 0.5)


def posterior(
    image: Float, known: Known, unknown: npt.NDArray[np.bool_], shares: Sequence[float] = SHARES
) -> tuple[Float, Float]:
    """Mean and variance of the alpha of each unknown pixel, ``(n,)`` each, by its colour and the prior.

    Args:
        image: ``(h, w, 3)`` float32 0..1.
        known: what is sure, and the prior.
        unknown: ``(h, w)``, the pixels to decide.
        shares: alphas that are tried, from 0 to 1; at least three.
    """
    colours = tuple(image[unknown].T)
    channels = _channels(image)
    moments = *channels, *(channels[i] * channels[j] for i, j in PAIRS)
    fore, back = (_gather(moments, side, known.reach, unknown) for side in (known.inside, known.outside))
    prior = known.prior[unknown]
    mixed = MIXED * 4 * prior * (1 - prior)
    between = len(shares) - 2
    priors = ((1 - prior) * (1 - mixed), *[mixed / between] * between, prior * (1 - mixed))
    likely = np.stack([TEMPER * _log_likelihood(colours, fore, back, share) for share in shares])
    likely = np.maximum(likely, likely.max(axis=0) - DECISIVE)
    weights = np.exp(likely - likely.max(axis=0)) * np.stack(priors)
    weights /= weights.sum(axis=0)
    tried = np.array(shares, np.float32)
    mean = tried @ weights
    return mean, np.square(tried) @ weights - np.square(mean)


def _gather(moments: Entries, side: npt.NDArray[np.bool_], reach: float, where: npt.NDArray[np.bool_]) -> Gaussian:
    """The colours of one side around each pixel of ``where``, from colours and their products, ``(h, w)`` each."""
    wanted = WINDOW * reach
    size = scaled(side.shape, 1 / max(1, int(wanted / COARSE)))
    window = int(wanted * size[0] / side.shape[1]) | 1
    weight = side.astype(np.float32)

    def around(values: Float) -> Float:
        small: Float = _shrunk(values * weight, size)
        near = _mean(_mean(small, window), window)
        return np.asarray(near + FARTHER * _mean(small, 4 * window | 1) + FARTHER**2 * small.mean(), np.float32)

    count = around(np.ones_like(weight)) + 1e-12
    red, green, blue, *squares = (around(each) / count for each in moments)
    means = red, green, blue
    products = (square - means[i] * means[j] for square, (i, j) in zip(squares, PAIRS, strict=True))
    at: list[Float] = [
        np.asarray(cv2.resize(each, side.shape[::-1]), np.float32)[where] for each in (*means, *products)
    ]
    return Gaussian(tuple(at[:3]), tuple(np.maximum(each, 0) if i < 3 else each for i, each in enumerate(at[3:])))


def _log_likelihood(colours: tuple[Float, ...], fore: Gaussian, back: Gaussian, share: float) -> Float:
    """How likely colours are, ``(n,)``, as this share of the one mixed with the rest of the other."""
    means = zip(fore.mean, back.mean, strict=True)
    red, green, blue = (c - share * f - (1 - share) * b for c, (f, b) in zip(colours, means, strict=True))
    covariance = [
        share**2 * f + (1 - share) ** 2 * b + np.float32(NOISE**2 * (i == j))
        for f, b, (i, j) in zip(fore.covariance, back.covariance, PAIRS, strict=True)
    ]
    (rr, gg, bb, rg, rb, gb), determinant = _inverse(covariance)
    distance = red * (rr * red + 2 * rg * green + 2 * rb * blue) + green * (gg * green + 2 * gb * blue) + bb * blue**2
    return np.asarray(-0.5 * (np.maximum(distance, 0) + np.log(determinant)), np.float32)


def _inverse(entries: Entries) -> tuple[tuple[Float, ...], Float]:
    """The inverses of symmetric 3 x 3 matrices, entries as ``PAIRS``, and their determinants, kept above 0."""
    cofactors, determinant = adjugate(entries)
    determinant = np.maximum(determinant, 1e-14)
    return tuple(each / determinant for each in cofactors), determinant


def _linear_model(image: Float, alpha: Float, weight: Float) -> Float:
    """Gain and offset ``(h, w, 4)`` of the local model alpha = gain . photo + offset, fitted with these weights."""
    side = 2 * RADIUS + 1
    count = _mean(weight, side)
    channels = _channels(image)

    def around(values: Float) -> Float:
        return _mean(values * weight, side) / count

    means, mean_alpha = [around(channel) for channel in channels], around(alpha)
    products = [
        around(channels[i] * channels[j]) - means[i] * means[j] + np.float32(EPSILON * (i == j)) for i, j in PAIRS
    ]
    (rr, gg, bb, rg, rb, gb), _ = _inverse(products)
    r, g, b = (around(channel * alpha) - mean * mean_alpha for channel, mean in zip(channels, means, strict=True))
    gain = rr * r + rg * g + rb * b, rg * r + gg * g + gb * b, rb * r + gb * g + bb * b
    offset = mean_alpha - sum(one * mean for one, mean in zip(gain, means, strict=True))
    spread = _mean(count, side)
    return np.asarray(cv2.merge([_mean(each * count, side) / spread for each in (*gain, offset)]), np.float32)


def _shrunk(values: npt.NDArray[Any], size: tuple[int, int]) -> npt.NDArray[Any]:
    return cv2.resize(values, size, interpolation=cv2.INTER_AREA)


def _mean(values: Float, side: int) -> Float:
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT))


def _channels(image: Float) -> tuple[Float, ...]:
    return tuple(np.asarray(channel, np.float32) for channel in cv2.split(image))
