"""How long a diffusion model will take on this machine, told before it runs.

    remember(...)     what a picture's steps took, kept by the worker after each
    keep_bench(...)   what :mod:`diffusion.bench` measured
    seconds(...)      what a picture with given settings will take

All of it is one number, TFLOP/s, by which the operations of the UNet's passes and of the VAE are divided. It is kept in
the data folder together with the machine and the versions that it is of. Loads no torch.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any, Literal

import models
from imaging.geometry import Size
from models import places

# TFLOP per megapixel of the picture, as torch.utils.flop_counter counts them for the published architectures
PASS = {"sd1": 3.06, "sd2": 3.07, "sdxl": 6.45}
DECODE, ENCODE = 9.59, 4.26
TINY_DECODE, TINY_ENCODE = 0.54, 0.47

SETTINGS = ("num_inference_steps", "guidance_scale", "strength", "vae", "quantization", "width", "height")
"""The settings of a picture that its seconds depend on."""
REMEMBERED = 5  # of the last pictures' speeds, of which the median counts
_LIBRARIES = ("torch", "diffusers", "openvino")
Source = Literal["pictures", "bench"]


@dataclass(frozen=True)
class Expected:
    """Seconds for one picture, the model's loading left out, and what they follow from: earlier pictures or a bench."""

    seconds: float
    source: Source


def seconds(model: models.Denoiser, settings: Mapping[str, Any], with_photo: bool) -> Expected | None:
    """What a picture takes by the kept speeds; ``None`` where none is kept for this machine, or it is of no known size.

    Args:
        settings: by the names of :data:`SETTINGS`; without a width or height, the model's native one is meant.
        with_photo: whether there is a photo to encode, of whose strength the steps done depend.
    """
    if model.family is None:
        return None
    kept = _read()
    of_pictures = kept["pictures"].get(_key(model.family, settings.get("quantization") or "none"))
    if of_pictures:
        speed, source = statistics.median(of_pictures), "pictures"
    elif kept["bench"]:
        speed, source = kept["bench"], "bench"
    else:
        return None
    return Expected(_work(model, settings, with_photo) / speed, source)  # type: ignore[arg-type]


def _work(model: models.Denoiser, settings: Mapping[str, Any], with_photo: bool) -> float:
    """TFLOP of a picture."""
    assert model.family is not None
    width, height = (settings.get(name) or model.native_side for name in ("width", "height"))
    steps = int(settings["num_inference_steps"] * (settings.get("strength") or 1 if with_photo else 1))
    passes = steps * (2 if settings["guidance_scale"] > 1 else 1)
    tiny = settings.get("vae") == "tiny"
    encodings = 2 if with_photo else 0  # the photo, and what is left of it under the mask
    vae = TINY_DECODE + encodings * TINY_ENCODE if tiny else DECODE + encodings * ENCODE
    return width * height / 1e6 * (passes * PASS[model.family] + vae)


def remember(model: models.Denoiser, quantization: str, size: Size, guided: bool, step: float) -> None:
    """Keep the speed of a picture.

    Args:
        size: in pixels, that it was painted at.
        guided: whether each step was two passes.
        step: seconds that a step took.
    """
    if model.family is None or step <= 0:
        return
    kept = _read()
    speed = size.width * size.height / 1e6 * PASS[model.family] * (2 if guided else 1) / step
    before = kept["pictures"].get(_key(model.family, quantization), [])
    kept["pictures"][_key(model.family, quantization)] = [*before, round(speed, 5)][-REMEMBERED:]
    _write(kept)


def keep_bench(speed: float) -> None:
    """Keep what was measured, in TFLOP/s; what earlier pictures took is forgotten: the machine may have been busy."""
    _write(_read() | {"bench": round(speed, 5), "pictures": {}})


def kept_bench() -> float | None:
    """What was measured of this machine before, in TFLOP/s."""
    speed: float | None = _read()["bench"]
    return speed


def _key(family: str, quantization: str) -> str:
    return f"{family}, {quantization}"


def machine() -> str:
    """What kept speeds are of: processor, cores, and the libraries' versions."""
    names = [platform.machine(), platform.processor(), _processor(), f"{os.cpu_count()} cores"]
    names += [f"{name} {metadata.version(name)}" for name in _LIBRARIES if util.find_spec(name)]
    names += [f"runtime {os.environ.get('BACKDROP_RUNTIME', '')}".strip()]
    return ", ".join(dict.fromkeys(name for name in names if name))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _file() -> Path:
    return places.data_folder() / "speed.json"


def _read() -> dict[str, Any]:
    """What is kept of this machine; nothing where the file is of another, or cannot be read."""
    nothing: dict[str, Any] = {"machine": machine(), "bench": None, "pictures": {}}
    try:
        kept = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return nothing
    known = isinstance(kept, dict) and kept.keys() == nothing.keys() and kept["machine"] == nothing["machine"]
    return kept if known else nothing


def _write(kept: dict[str, Any]) -> None:
    file = _file()
    file.parent.mkdir(parents=True, exist_ok=True)
    work = file.with_name(f"{file.name}.{os.getpid()}.part")
    work.write_text(json.dumps(kept, indent=2), encoding="utf-8")
    os.replace(work, file)
