"""The pack in memory: every picture's pixels in one flat buffer on the device, cropped and resized there."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torch.nn import functional as F

from errors import BadInput

LICENCES = ("perm-free", "perm-by", "perm-sa", "nolicence")
"""The shards' licence groups; ``nolicence`` are the pictures of which no licence was stated."""
LARGEST = 4_000_000  # pixels of a picture that is read
THING = 128  # pixels, side of the square in which a cut-out is kept
SIGNED = "harrygao56/CycleGAN-Monet"  # 5 to 10 % of its pictures carry a signature near the lower edge
UNSIGNED = 0.93  # of the height of such pictures is used, from the top


def opened(data: bytes, mode: str = "RGB") -> Image.Image:
    """A picture's bytes as an image of that mode.

    Raises:
        BadInput: not a WebP, PNG or JPEG picture, or a larger one than any of ours.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP", "PNG", "JPEG")) as image:
            if image.width * image.height > LARGEST:
                raise BadInput(f"A picture of {image.width} x {image.height} is too large for training.")
            return image.convert(mode)
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError) as error:
        raise BadInput(f"A training picture is damaged: {error}.") from error


@dataclass
class Pictures:
    """Pictures of any sizes.

    Attributes:
        pixels: ``(N, 3)`` uint8, all pixels of all pictures, row by row.
        starts: ``(P,)`` int64, where each picture's begin.
        sizes: ``(P, 2)`` int64, width and height.
        facts: what the index says of each.
    """

    pixels: Tensor
    starts: Tensor
    sizes: Tensor
    facts: list[dict[str, Any]]

    @staticmethod
    def of(images: Sequence[Any], facts: list[dict[str, Any]], device: torch.device | str = "cpu") -> Pictures:
        """From ``(H, W, 3)`` uint8 arrays."""
        counts = [image.shape[0] * image.shape[1] for image in images]
        flat = torch.from_numpy(np.concatenate([image.reshape(-1, 3) for image in images]))
        starts = torch.tensor([0, *np.cumsum(counts)[:-1].tolist()])
        sizes = torch.tensor([[image.shape[1], image.shape[0]] for image in images])
        return Pictures(flat.to(device), starts.to(device), sizes.to(device), facts)

    def __len__(self) -> int:
        return len(self.facts)

    def usable(self) -> Tensor:
        """``(P, 2)`` float, width and height that may be cropped from, from the upper left corner."""
        kept = torch.tensor([UNSIGNED if fact.get("source") == SIGNED else 1.0 for fact in self.facts])
        sizes = self.sizes.float().clone()
        sizes[:, 1] *= kept.to(sizes.device)
        return sizes

    def crop(self, which: Tensor, boxes: Tensor, width: int, height: int) -> Tensor:
        """Parts of pictures, resized bilinearly.

        Args:
            which: ``(B,)`` int64, pictures.
            boxes: ``(B, 4)`` float, left, top, width and height in pixels; a negative width mirrors.
            width: of the result, in pixels; ``height`` likewise.

        Returns:
            ``(B, 3, height, width)`` float32 in 0..1.
        """
        device = self.pixels.device
        across = (torch.arange(width, device=device) + 0.5) / width
        down = (torch.arange(height, device=device) + 0.5) / height
        mirrored = (boxes[:, 2:3] < 0).float()
        across = across[None] * (1 - 2 * mirrored) + mirrored  # (B, w)
        x = boxes[:, 0:1] + across * boxes[:, 2:3].abs() - 0.5
        y = boxes[:, 1:2] + down[None] * boxes[:, 3:4] - 0.5
        size = self.sizes[which]
        left, top = x.floor(), y.floor()
        columns = [(left.long() + step).clamp_min(0).minimum(size[:, 0:1] - 1) for step in (0, 1)]
        rows = [(top.long() + step).clamp_min(0).minimum(size[:, 1:2] - 1) for step in (0, 1)]
        shares_x = torch.stack([1 - (x - left), x - left])
        shares_y = torch.stack([1 - (y - top), y - top])
        result = torch.zeros(len(which), height, width, 3, device=device)
        for j in (0, 1):
            for i in (0, 1):
                at = rows[j][:, :, None] * size[:, 0, None, None] + columns[i][:, None, :]
                part = self.pixels[at + self.starts[which][:, None, None]].float()
                result += part * (shares_y[j][:, :, None] * shares_x[i][:, None, :])[..., None]
        return result.permute(0, 3, 1, 2) / 255


@dataclass
class Pack:
    """What a pack holds.

    Attributes:
        pictures: photographs and rendered scenes.
        things: ``(T, 4, THING, THING)`` uint8, cut-outs with alpha, upright in the middle of their squares.
        perceptual: bytes of the perceptual net's safetensors, or none.
    """

    pictures: Pictures
    things: Tensor
    perceptual: bytes = field(default=b"", repr=False)


def load(paths: Sequence[Path], device: torch.device | str = "cpu", workers: int = 8) -> Pack:
    """Read a pack's parts; one part alone is a pack, too.

    Raises:
        BadInput: a part is not there or damaged.
    """
    if not paths:
        raise BadInput("Name the pack's parts, as `python -m training pack` wrote them.")
    names: list[dict[str, Any]] = []
    files: dict[str, bytes] = {}
    try:
        for path in paths:
            with tarfile.open(path) as tar:
                for member in tar:
                    stream = tar.extractfile(member)
                    if member.name == "index.jsonl" and stream:
                        names += [json.loads(line) for line in stream.read().decode().splitlines()]
                    elif stream:
                        files[member.name] = stream.read()
        with ThreadPoolExecutor(workers) as pool:
            images = list(pool.map(lambda fact: np.asarray(opened(files[fact["file"]])), names))
            things = list(pool.map(thing, [data for name, data in files.items() if name.startswith("cut-outs/")]))
    except (OSError, ValueError, KeyError, tarfile.TarError) as error:
        raise BadInput(f"The pack cannot be read: {error}.") from error
    squares = torch.stack(things) if things else torch.zeros(0, 4, THING, THING, dtype=torch.uint8)
    return Pack(Pictures.of(images, names, device), squares.to(device), files.get("nets/perceptual.safetensors", b""))


def thing(data: bytes) -> Tensor:
    """A cut-out's bytes as ``(4, THING, THING)`` uint8."""
    image = opened(data, "RGBA")
    image.thumbnail((THING, THING))
    square = Image.new("RGBA", (THING, THING))
    square.paste(image, ((THING - image.width) // 2, (THING - image.height) // 2))
    return torch.from_numpy(np.array(square)).permute(2, 0, 1)


def blurred(pictures: Tensor, sigma: Tensor) -> Tensor:
    """Each of ``(B, C, H, W)`` by a Gaussian of its own ``(B,)`` sigma in pixels, 0.3 at least and 7 at most."""
    count, channels = pictures.shape[:2]
    reach = torch.arange(-16, 17, device=pictures.device)
    kernel = torch.exp(-(reach[None] ** 2) / (2 * sigma.clamp(0.3, 7)[:, None] ** 2))
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(channels, 0)[:, None]  # (B * C, 1, 33)
    flat = pictures.reshape(1, count * channels, *pictures.shape[2:])
    flat = F.conv2d(F.pad(flat, (16, 16, 0, 0), "replicate"), kernel[:, :, None], groups=count * channels)
    flat = F.conv2d(F.pad(flat, (0, 0, 16, 16), "replicate"), kernel[..., None], groups=count * channels)
    return flat.reshape(pictures.shape)
