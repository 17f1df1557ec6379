"""How different two pictures look: shift-tolerant LPIPS on AlexNet (Ghildyal and Liu, ECCV 2022), as a loss.

The weights come from the PyPI package ``stlpips-pytorch`` (BSD 2-Clause); the net itself is written anew here. They
are used in training only, and nothing of them is in the model that comes out.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from errors import BadInput, MissingWeights

PICKLE = "b356b382f96010f77d085ee8343ecd9fd322d0a56e8de2b2d0549fafcad8b9ee"
"""SHA-256 of ``alex_shift_tolerant.pth`` of stlpips-pytorch 0.0.2; another file is not opened."""
CHANNELS = (64, 192, 384, 256, 256)


def packed_weights(path: Path) -> bytes:
    """The package's weights as safetensors in float16; the pickle is opened only if it is the very file we know.

    Raises:
        MissingWeights: no such file.
        BadInput: another file.
    """
    from safetensors.torch import save

    if not path.is_file():
        raise MissingWeights(f"There is no {path}; install stlpips-pytorch, or name its alex_shift_tolerant.pth.")
    if hashlib.sha256(path.read_bytes()).hexdigest() != PICKLE:
        raise BadInput(f"{path} is not the alex_shift_tolerant.pth of stlpips-pytorch 0.0.2.")
    weights = torch.load(path, map_location="cpu", weights_only=True)
    return save({name: value.half().contiguous() for name, value in weights.items()})


class _Shrink(nn.Module):
    """A 3 x 3 binomial blur, then every second pixel; padded by 2 reflected pixels each side."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        row = torch.tensor([1.0, 2.0, 1.0])
        kernel = torch.outer(row, row) / 16
        self.register_buffer("filt", kernel.expand(channels, 1, 3, 3).clone())

    def forward(self, x: Tensor) -> Tensor:
        filt: Any = self.filt
        return F.conv2d(F.pad(x, (2, 2, 2, 2), "reflect"), filt, stride=2, groups=x.shape[1])


class Perceptual(nn.Module):
    """The distance; smaller is more alike. Pictures are ``(B, 3, H, W)`` in -1..1, at least 32 pixels a side."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third, fourth, fifth = CHANNELS
        layers: list[nn.Module] = [
            nn.Conv2d(3, first, 11, padding=2),
            _Shrink(first),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=1),
            _Shrink(first),
            nn.Conv2d(first, second, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=1),
            _Shrink(second),
            nn.Conv2d(second, third, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(third, fourth, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(fourth, fifth, 3, padding=1),
            nn.ReLU(),
        ]
        self.slices = nn.ModuleList(
            nn.Sequential(*layers[start:end]) for start, end in ((0, 3), (3, 7), (7, 11), (11, 13), (13, 15))
        )
        self.mixes = nn.ParameterList(nn.Parameter(torch.full((1, count, 1, 1), 1 / count)) for count in CHANNELS)
        self.register_buffer("shift", torch.tensor([-0.030, -0.088, -0.188])[None, :, None, None])
        self.register_buffer("scale", torch.tensor([0.458, 0.448, 0.450])[None, :, None, None])
        self.requires_grad_(False)

    @staticmethod
    def load(data: bytes) -> Perceptual:
        """The net with the weights of :func:`packed_weights`."""
        from safetensors.torch import load

        starts = (0, 3, 7, 11, 13)
        renamed = {}
        for name, value in load(data).items():
            first, *rest = name.split(".")
            if first == "scaling_layer":
                renamed[rest[0]] = value.float()
            elif first == "net":
                at = int(rest[0].removeprefix("slice")) - 1
                renamed[f"slices.{at}.{int(rest[1]) - starts[at]}.{rest[2]}"] = value.float()
            else:
                renamed[f"mixes.{first.removeprefix('lin')}"] = value.float()
        net = Perceptual()
        net.load_state_dict(renamed)
        return net.eval()

    def features(self, pictures: Tensor) -> list[Tensor]:
        """Activations of the five slices, each of unit length along its channels."""
        shift: Any = self.shift
        scale: Any = self.scale
        x = (pictures - shift) / scale
        found = []
        for part in self.slices:
            x = part(x)
            found.append(x / (x.square().sum(1, keepdim=True) + 1e-8).sqrt())
        return found

    def forward(self, pictures: Tensor, others: Tensor) -> Tensor:
        """The mean distance, a scalar."""
        pairs = zip(self.features(pictures), self.features(others), self.mixes, strict=True)
        return torch.stack([((one - other).square() * mix).sum(1).mean() for one, other, mix in pairs]).sum()
