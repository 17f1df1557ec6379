"""Views of pictures: crops with light and colour changed, and what of them is kept for the model to paint around.

Everything here runs in torch on the device where the pictures are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from training.captions import View
from training.config import FACTOR, Bucket
from training.data import THING, Pictures, blurred

KEPT = {"nothing": 0.3, "thing": 0.4, "blob": 0.1, "boxes": 0.1, "strokes": 0.1}
"""How often what is kept of a picture. A thing or blob is foreign to the scene; boxes and strokes leave parts of it."""
ON_NEUTRAL = 0.8  # of the kept things are shown on grey up to their soft edge, as the product shows them
GREY = 0.5  # of 1, what a masked area becomes; diffusers writes 0 in -1..1


@dataclass(frozen=True)
class Sampling:
    """Which pictures are drawn how often for a bucket: ``(P,)`` weights that sum to 1."""

    weights: Tensor

    @staticmethod
    def of(pictures: Pictures, bucket: Bucket, photo_share: float, balance: bool = True) -> Sampling:
        """Rare labels more often than their number, small pictures less often where they would be enlarged much.

        Args:
            pictures: what there is.
            bucket: the size wanted.
            photo_share: how much of all comes from photographs; the rest is rendered.
            balance: whether to weigh at all.
        """
        labels = [str(fact.get("label")) for fact in pictures.facts]
        counts = {label: labels.count(label) for label in set(labels)}
        rare = torch.tensor([counts[label] ** -0.5 for label in labels])
        sizes = pictures.usable().cpu()
        enlarged = torch.maximum(bucket.width / sizes[:, 0], bucket.height / sizes[:, 1]).clamp_min(1)
        weights = rare / enlarged**2 if balance else torch.ones(len(labels))
        drawn = torch.tensor([fact.get("licence_group") == "rendered" for fact in pictures.facts])
        for which, share in ((~drawn, photo_share), (drawn, 1 - photo_share)):
            if which.any() and not which.all():
                weights[which] *= share / weights[which].sum()
        return Sampling((weights / weights.sum()).to(pictures.pixels.device))


def crops(
    pictures: Pictures,
    sampling: Sampling,
    bucket: Bucket,
    count: int,
    generator: torch.Generator,
    augment: float,
    least: float = 0.6,
) -> tuple[Tensor, list[int], list[View]]:
    """``count`` views: ``(count, 3, h, w)`` in 0..1, which pictures they are of, and what was done to them.

    A crop has at least ``least`` of the width and height that fit, before ``augment`` (0..1) lessens all variation.
    """
    device = pictures.pixels.device
    which = torch.multinomial(sampling.weights, count, replacement=True, generator=generator)
    chances = torch.rand(count, 12, generator=generator, device=device)
    usable = pictures.usable()[which]
    fitting = torch.minimum(usable[:, 0] / bucket.width, usable[:, 1] / bucket.height)
    scale = 1 - augment * (1 - least) * chances[:, 0]
    width, height = fitting * bucket.width * scale, fitting * bucket.height * scale
    centre = 0.5 * (1 - augment)
    left = (usable[:, 0] - width) * (centre + augment * chances[:, 1])
    top = (usable[:, 1] - height) * (centre + augment * chances[:, 2])
    mirrored = torch.where(chances[:, 3] < 0.5 * augment, -1.0, 1.0)
    boxes = torch.stack([left, top, width * mirrored, height], 1)
    seen = pictures.crop(which, boxes, bucket.width, bucket.height)

    def sometimes(at: int, share: float) -> Tensor:
        return (chances[:, at] < share * augment).float()

    warmth = (chances[:, 5] * 2 - 1) * 0.16 * sometimes(4, 0.3)
    gains = torch.stack([1 + warmth, torch.ones_like(warmth), 1 - warmth], 1)[:, :, None, None]
    gamma = 1 + (chances[:, 6] * 2 - 1) * 0.2 * augment
    seen = (seen.clamp(1e-4, 1) ** gamma[:, None, None, None] * gains).clamp(0, 1)
    grey = sometimes(7, 0.015)
    saturation = (1 + (chances[:, 8] - 0.5) * 0.6 * sometimes(9, 0.3)) * (1 - grey)
    luma = (seen * torch.tensor([0.299, 0.587, 0.114], device=device)[:, None, None]).sum(1, keepdim=True)
    seen = (luma + (seen - luma) * saturation[:, None, None, None]).clamp(0, 1)
    blur = (1.5 + 5.5 * chances[:, 10]) * sometimes(11, 0.15)
    soft = blur > 0
    if bool(soft.any()):
        seen[soft] = blurred(seen[soft], blur[soft])
    told = torch.stack([warmth, blur, grey, (saturation != 1).float()], 1).tolist()
    return seen, which.tolist(), [View(row[0], row[1], row[2] > 0, row[3] > 0) for row in told]


def _noise(count: int, cells: int, size: tuple[int, int], generator: torch.Generator, device: Any) -> Tensor:
    """Smooth noise, ``(count, 1, h, w)``, about normal, of ``cells`` cells each way."""
    coarse = torch.randn(count, 1, cells, cells, generator=generator, device=device)
    return F.interpolate(coarse, size=size, mode="bicubic")


def placed(things: Tensor, size: tuple[int, int], generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Cut-outs anywhere in a frame, mostly standing in its lower half.

    Args:
        things: ``(B, 4, THING, THING)`` in 0..1, alpha last.
        size: (height, width) of the frame.
        generator: what chooses.

    Returns:
        Colours ``(B, 3, h, w)`` and alpha ``(B, 1, h, w)`` in 0..1.
    """
    count, device = len(things), things.device
    chances = torch.rand(count, 6, generator=generator, device=device)
    height, width = size
    side = (0.3 + 0.75 * chances[:, 0]) * min(size)  # pixels that a cut-out's square takes
    across = (chances[:, 1] - 0.5) * 1.1 * width
    foot = (0.75 + 0.35 * chances[:, 2]) * height
    down = foot - side / 2 - height / 2
    mirror = torch.where(chances[:, 3] < 0.5, -1.0, 1.0)
    zero = torch.zeros_like(side)
    # From the frame's -1..1 to the cut-out's.
    matrix = torch.stack(
        [
            torch.stack([mirror * width / side, zero, -mirror * 2 * across / side], 1),
            torch.stack([zero, height / side, -2 * down / side], 1),
        ],
        1,
    )
    grid = F.affine_grid(matrix, [count, 4, height, width], align_corners=False)
    alpha_first = torch.cat([things[:, :3] * things[:, 3:], things[:, 3:]], 1)
    drawn = F.grid_sample(alpha_first, grid, align_corners=False)
    gain = 0.7 + 0.6 * chances[:, 4:5, None, None]
    alpha = drawn[:, 3:]
    return (drawn[:, :3] / alpha.clamp_min(1e-3) * gain).clamp(0, 1), alpha


def _boxes(count: int, size: tuple[int, int], generator: torch.Generator, device: Any) -> Tensor:
    """``(count, 1, h, w)`` of 0 and 1: three boxes each."""
    height, width = size
    y = (torch.arange(height, device=device) + 0.5)[None, :, None] / height
    x = (torch.arange(width, device=device) + 0.5)[None, None, :] / width
    covered = torch.zeros(count, height, width, device=device)
    for _ in range(3):
        left, top, wide, high = torch.rand(4, count, 1, 1, generator=generator, device=device)
        inside = ((x - left).abs() < 0.05 + 0.25 * wide) & ((y - top).abs() < 0.05 + 0.25 * high)
        covered = torch.maximum(covered, inside.float())
    return covered[:, None]


@dataclass(frozen=True)
class Kept:
    """Pictures with something kept: all ``(B, C, h, w)`` in 0..1.

    Attributes:
        target: what a perfect model would paint, the kept subject included.
        mask: 1 = repaint, 0 = keep; 0 or 1 everywhere.
        shown: what the model sees: the kept part, all else grey.
    """

    target: Tensor
    mask: Tensor
    shown: Tensor


def keep(scenes: Tensor, things: Tensor, generator: torch.Generator) -> Kept:
    """Choose for each scene what is kept of it, or put something foreign into it and keep that.

    Args:
        scenes: ``(B, 3, h, w)`` in 0..1.
        things: ``(T, 4, THING, THING)`` uint8, cut-outs; without any, blobs take their place.
        generator: what chooses.
    """
    count, _, height, width = scenes.shape
    size, device = (height, width), scenes.device
    ends = torch.tensor(list(KEPT.values()), device=device).cumsum(0)
    kind = torch.bucketize(torch.rand(count, generator=generator, device=device) * ends[-1], ends).clamp_max(4)
    pick = torch.rand(count, generator=generator, device=device)
    some = (pick * max(1, len(things))).long()
    squares = things[some].float() / 255 if len(things) else torch.zeros(count, 4, THING, THING, device=device)
    colours, alpha = placed(squares, size, generator)

    # A blob has another scene's pixels, so that what it shows says nothing of the scene behind it.
    cells = 5
    noise = _noise(count, cells, size, generator, device)
    threshold = 0.3 + 0.7 * torch.rand(count, 1, 1, 1, generator=generator, device=device)
    blob = torch.sigmoid((noise - threshold) * 40)
    is_blob = ((kind == 2) | ((kind == 1) & (len(things) == 0)))[:, None, None, None]
    colours = torch.where(is_blob, scenes.roll(1, 0).flip(3), colours)
    alpha = torch.where(is_blob, blob, alpha)

    foreign = ((kind == 1) | (kind == 2))[:, None, None, None]
    alpha = torch.where(foreign, alpha, torch.zeros_like(alpha))
    target = scenes + (colours - scenes) * alpha

    repaint = torch.ones_like(alpha)
    grown = _grown(alpha, generator)
    repaint = torch.where(foreign, (grown < 0.5).float(), repaint)
    boxes = _boxes(count, size, generator, device)
    boxes = torch.where(torch.rand(count, 1, 1, 1, generator=generator, device=device) < 0.5, boxes, 1 - boxes)
    repaint = torch.where((kind == 3)[:, None, None, None], boxes, repaint)
    lines = _noise(count, 8, size, generator, device).abs()
    repaint = torch.where((kind == 4)[:, None, None, None], (lines < 0.35).float(), repaint)

    neutral = torch.rand(count, 1, 1, 1, generator=generator, device=device) < ON_NEUTRAL
    on_grey = GREY + (colours - GREY) * alpha
    seen = torch.where(neutral & foreign, on_grey, target)
    return Kept(target, repaint, torch.where(repaint > 0.5, torch.full_like(seen, GREY), seen))


def _grown(alpha: Tensor, generator: torch.Generator) -> Tensor:
    """A selection a pixel or two larger or smaller, as people's masks are; each as chance has it."""
    fate = torch.rand(len(alpha), 1, 1, 1, generator=generator, device=alpha.device)
    larger = F.max_pool2d(alpha, 5, 1, 2)
    smaller = -F.max_pool2d(-alpha, 3, 1, 1)
    return torch.where(fate < 0.2, larger, torch.where(fate > 0.85, smaller, alpha))


def latent_mask(mask: Tensor) -> Tensor:
    """A mask at the latents' size as diffusers' pipeline makes it: every eighth pixel."""
    return F.interpolate(mask, size=(mask.shape[2] // FACTOR, mask.shape[3] // FACTOR))
