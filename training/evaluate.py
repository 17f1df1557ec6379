"""Measure a finished model against photographs that it was never trained on.

Adherence, colours, distance and memorisation are measured on whole pictures painted from a prompt, as `create` does;
the expansion of what was kept, seconds and memory on pictures with something kept.
"""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image, ImageColor
from torch import Tensor

from errors import BadInput
from imaging.scenes.colours import NAMED
from training import packing, synthetic
from training.classifier import SCENES, Classifier, Features, frechet, nearest, scene_of
from training.data import LICENCES, opened

COLOURS = ("white", "grey", "black", "beige", "red", "orange", "yellow", "green", "turquoise", "blue", "purple", "pink")
"""What backdrops are asked for; what is meant are our own scenes' colours of that name, on which it is trained."""
STEPS, GUIDANCE = 12, 4.0
PORTION = 8  # pictures painted at once


STUDIO = "studio sweep"
STUDIO_PICTURES = 80  # rendered: hardly any photograph of the collection shows one
TAUGHT_SHARE = 0.75  # of those, to teach the classifier; the others test it


@dataclass(frozen=True)
class Real:
    """What a model's pictures are measured against.

    Attributes:
        features: of photographs, ``(N, 1280)``; ``scenes``, theirs (``None`` outside the 16); ``held_out``, which are.
        studio: features of rendered studio sweeps, none of them in a pack.
    """

    features: Tensor
    scenes: list[str | None]
    held_out: Tensor
    studio: Tensor

    @staticmethod
    def of(scenes: Path, features: Features, licences: Sequence[str] = LICENCES) -> Real:
        """Of a folder of shards."""
        photos = list(packing.photographs(scenes, licences))
        found = features([np.asarray(opened(photo.data)) for photo in photos])
        labels = [scene_of(photo.facts.get("label")) for photo in photos]
        plans = [
            plan for plan in synthetic.plans(8 * STUDIO_PICTURES, seed=2) if synthetic.facts(plan)["label"] == "studio"
        ]
        studio = features([synthetic.draw(plan) for plan in plans[:STUDIO_PICTURES]])
        return Real(found, labels, torch.tensor([photo.held_out for photo in photos]), studio)

    def _labelled(self, held_out: bool) -> tuple[Tensor, list[str]]:
        """Features and scenes to teach with, or to test with; photographs, and rendered studio sweeps."""
        known = [at for at, scene in enumerate(self.scenes) if scene and bool(self.held_out[at]) == held_out]
        taught = round(TAUGHT_SHARE * len(self.studio))
        studio = self.studio[taught:] if held_out else self.studio[:taught]
        labels = [str(self.scenes[at]) for at in known] + [STUDIO] * len(studio)
        return torch.cat([self.features[known], studio]), labels

    def taught(self) -> Classifier:
        """A classifier taught with everything of the 16 scenes that is not held out."""
        return Classifier(*self._labelled(held_out=False))

    def figures(self, classifier: Classifier) -> dict[str, Any]:
        """The yardsticks: the classifier on held-out photographs, and the distance between two halves of these."""
        features, labels = self._labelled(held_out=True)
        right = [(label, label == found) for label, found in zip(labels, classifier(features), strict=True)]
        by_scene = {
            scene: [sum(hit for name, hit in right if name == scene), sum(name == scene for name, _ in right)]
            for scene in SCENES
        }
        held, trained = self.features[self.held_out], self.features[~self.held_out]
        mixed = held[torch.randperm(len(held), generator=torch.Generator().manual_seed(0))]
        near = nearest(held, trained)
        return {
            "real_accuracy": sum(hit for _, hit in right) / max(1, len(right)),
            "real_pictures": len(right),
            "real_by_scene": by_scene,
            "real_halves_frechet": frechet(mixed[::2], mixed[1::2]),
            "real_half_pictures": len(held) // 2,
            "real_nearest": [float(near.quantile(share)) for share in (0.01, 0.1, 0.5)],
        }


class Painter:
    """An exported model, loaded as anybody loads it, in float32 on the CPU.

    Raises:
        BadInput: the folder is no such model.
    """

    def __init__(self, model: Path) -> None:
        import diffusers

        if not (model / "model_index.json").is_file():
            raise BadInput(f"{model} is no exported model; run `python -m training export` first.")
        diffusers.utils.logging.set_verbosity_error()
        diffusers.utils.logging.disable_progress_bar()
        begun = time.perf_counter()
        self.pipe: Any = diffusers.StableDiffusionInpaintPipeline.from_pretrained(
            model, safety_checker=None, local_files_only=True
        )
        self.load_seconds = time.perf_counter() - begun
        self.pipe.set_progress_bar_config(disable=True)
        self.side = int(self.pipe.unet.config.sample_size) * 8

    def __call__(self, prompts: Sequence[str], seed: int, image: Any = None, mask: Any = None) -> list[Any]:
        """A ``(side, side, 3)`` uint8 picture for each prompt; with nothing kept, where no image is given."""
        size = (self.side, self.side)
        made: list[Any] = []
        for at in range(0, len(prompts), PORTION):
            some = list(prompts[at : at + PORTION])
            painted = self.pipe(
                some,
                [image or Image.new("RGB", size, (128, 128, 128))] * len(some),
                [mask or Image.new("L", size, 255)] * len(some),
                width=self.side,
                height=self.side,
                strength=1.0,
                guidance_scale=GUIDANCE,
                num_inference_steps=STEPS,
                generator=torch.Generator().manual_seed(seed + at),
            ).images
            made += [np.asarray(each) for each in painted]
        return made


def lab(colour: Any) -> Any:
    """CIE Lab of sRGB in 0..255, ``(N, 3)``."""
    flat = np.asarray(colour, np.float32).reshape(1, -1, 3) / 255
    return cv2.cvtColor(flat, cv2.COLOR_RGB2Lab)[0]


def colour_errors(paint: Painter, seed: int) -> dict[str, float]:
    """For each colour, ΔE2000 between it and the median of a studio backdrop asked for in it."""
    from skimage.color import deltaE_ciede2000

    prompts = [f"a plain {name} studio backdrop" for name in COLOURS]
    medians = [np.median(picture.reshape(-1, 3), axis=0) for picture in paint(prompts, seed)]
    meant = [ImageColor.getrgb(NAMED[name]) for name in COLOURS]
    found = deltaE_ciede2000(lab(meant), lab(medians))
    return {name: float(value) for name, value in zip(COLOURS, found, strict=True)}


def expansion(paint: Painter, seed: int) -> float:
    """How far a kept subject grows: the share of a ring around it that takes on its colour.

    A red disc on grey is kept; the ring reaches from its edge to a quarter of its radius beyond. 0 is best; counted
    are pixels nearer than ΔE 20 (CIE 1976) to the disc's colour.
    """
    side, red = paint.side, (200, 30, 30)
    down, across = np.mgrid[:side, :side]
    distance = np.hypot(down - side / 2, across - side / 2) / (side / 4)
    scene = np.full((side, side, 3), 128, np.uint8)
    scene[distance <= 1] = red
    mask = Image.fromarray(np.where(distance <= 1, 0, 255).astype(np.uint8))
    prompts = [prompt for prompt, _ in SCENES.values()][:8]
    ring = (distance > 1.03) & (distance < 1.25)
    shares = []
    for picture in paint(prompts, seed, Image.fromarray(scene), mask):
        difference = np.linalg.norm(lab(picture[ring]) - lab(red), axis=-1)
        shares.append(float((difference < 20).mean()))
    return float(np.mean(shares))


def evaluate(
    model: Path | None, scenes: Path, each: int = 16, seed: int = 0, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """All figures; without a model those of the photographs alone.

    Args:
        model: the exported folder.
        scenes: the folder of shards.
        each: pictures painted for each of the 16 scenes.
        seed: of the painting.
        say: is told every figure as it is known.
    """
    features = Features()
    real = Real.of(scenes, features)
    classifier = real.taught()
    figures = real.figures(classifier)
    say(json.dumps(figures))
    if model is None:
        return figures
    paint = Painter(model)
    figures["load_seconds"] = paint.load_seconds
    prompts = [prompt for prompt, _ in SCENES.values() for _ in range(each)]
    asked = [scene for scene in SCENES for _ in range(each)]
    begun = time.perf_counter()
    made = paint(prompts, seed)
    figures["seconds_a_picture"] = (time.perf_counter() - begun) / len(made)
    shown = features(made)
    figures["accuracy"] = float(np.mean([a == b for a, b in zip(asked, classifier(shown), strict=True)]))
    held = real.features[real.held_out]
    figures["frechet"] = frechet(shown, held)
    near = nearest(shown, real.features[~real.held_out])
    figures["nearest"] = [float(near.quantile(share)) for share in (0.01, 0.1, 0.5)]
    figures["nearer_than_any_held_out"] = int((near < nearest(held, real.features[~real.held_out]).min()).sum())
    errors = colour_errors(paint, seed)
    figures["colours"] = errors
    figures["colour_mean"] = float(np.mean(list(errors.values())))
    figures["expansion"] = expansion(paint, seed)
    figures["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    say(markdown(figures))
    return figures


def markdown(figures: dict[str, Any]) -> str:
    """The figures of a model as a table for its card."""

    def triple(values: Sequence[float]) -> str:
        return " / ".join(f"{value:.3f}" for value in values)

    rows = [
        ("scene recognised in 16 fixed scenes", f"{figures['accuracy']:.3f}", f"{figures['real_accuracy']:.3f}"),
        (
            "Fréchet distance to held-out photographs, against real halves",
            f"{figures['frechet']:.1f}",
            f"{figures['real_halves_frechet']:.1f}",
        ),
        (
            "nearest training picture, cosine distance: 1 %, 10 %, median",
            triple(figures["nearest"]),
            triple(figures["real_nearest"]),
        ),
        (
            "pictures nearer to a training picture than any held-out one is",
            str(figures["nearer_than_any_held_out"]),
            "0",
        ),
        ("colour prompts, mean ΔE2000", f"{figures['colour_mean']:.1f}", ""),
        ("kept disc: share of the ring that took its colour", f"{figures['expansion']:.3f}", ""),
        (f"seconds a square picture, {STEPS} steps with guidance", f"{figures['seconds_a_picture']:.2f}", ""),
        ("seconds to load", f"{figures['load_seconds']:.2f}", ""),
        ("peak memory in GB, the classifier and photographs included", f"{figures['peak_gb']:.2f}", ""),
    ]
    lines = ["| measured | model | held-out photographs |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
