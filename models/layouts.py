"""Folders of models: what has to be in one, what one says about itself, and what Backdrop notes beside a download."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from models.entry import DIFFUSERS_SAFETENSORS, SAFETENSORS, Family, Layout, Task

PIPELINES: dict[str, Task] = {
    "StableDiffusionInpaintPipeline": "background",
    "StableDiffusionXLInpaintPipeline": "background",
    "StableDiffusionPipeline": "create",
    "StableDiffusionXLPipeline": "create",
}
"""The pipelines that are run, by diffusers' class name, and what they are for."""

MANIFEST = "manifest.json"
"""A file beside downloaded ones: repository, revision, and the size and SHA-256 of each file."""

_OLD_REVISIONS = ("REVISION", "revision.txt")  # what earlier versions noted instead of a manifest
_NOT_MODELS = ("Tokenizer", "TokenizerFast", "Scheduler", "Processor", "ProcessorPil", "FeatureExtractor")
_UNUSED = ("safety_checker", "feature_extractor", "image_encoder")


def problem(folder: Path, layout: Layout) -> str | None:
    """Why a folder cannot be used, as the end of a sentence that begins with its name; ``None`` if it can be."""
    if layout == "diffusers":
        return _pipeline_problem(folder)
    if layout == "lora":
        return None if lora_file(folder) else "does not hold a LoRA as one safetensors file"
    weights = DIFFUSERS_SAFETENSORS if layout == "vae" else SAFETENSORS
    if not (folder / weights).is_file() or not (folder / "config.json").is_file():
        return f"lacks config.json or {weights}"
    return None


def lora_file(folder: Path) -> Path | None:
    """The only safetensors file in a LoRA's folder."""
    found = list(folder.glob("*.safetensors"))
    return found[0] if len(found) == 1 else None


def _pipeline_problem(folder: Path) -> str | None:
    if not (folder / "model_index.json").is_file():
        return "has no model_index.json, so it is not a diffusers model"
    try:
        index = read_json(folder / "model_index.json")
        name = index.get("_class_name")
        if not isinstance(name, str) or name not in PIPELINES:
            return f"holds a {name}; what can be run is {', '.join(PIPELINES)}"
        for part, what in index.items():
            if part.startswith("_") or part in _UNUSED or not isinstance(what, list) or what[0] is None:
                continue
            if what[0] not in ("diffusers", "transformers"):
                return f"brings code of its own for its {part}, which is not run"
            if not what[1].endswith(_NOT_MODELS) and not any((folder / part).glob("*.safetensors")):
                pickled = any((folder / part).glob("*.bin")) or any((folder / part).glob("*.ckpt"))
                why = "only as a pickle, which can run code: save it as safetensors" if pickled else "nowhere"
                return f"has the weights of its {part} {why}"
        native_side(folder)
        starts_from_noise(folder)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return "has a damaged model_index.json, config.json or scheduler_config.json"
    return None


def pipeline(folder: Path) -> str:
    """The name of diffusers' class for the model in a folder."""
    return str(read_json(folder / "model_index.json")["_class_name"])


def native_side(folder: Path) -> int:
    """Side in pixels of the squares a folder's model was trained on: its latents' side times the VAE's factor."""
    levels = len(read_json(folder / "vae" / "config.json")["block_out_channels"])
    return int(read_json(folder / "unet" / "config.json")["sample_size"]) * 2 ** (levels - 1)


def weights_file(path: Path) -> Path:
    """The only safetensors file of a LoRA, which may be a file or a folder."""
    found = path if path.is_file() else lora_file(path)
    assert found is not None  # looked at by problem() before
    return found


_WIDTHS: dict[int, Family] = {768: "sd1", 1024: "sd2", 2048: "sdxl"}  # of the text embeddings


def family(folder: Path) -> Family | None:
    """The architecture of a folder's model, by the width of its text embeddings."""
    return _WIDTHS.get(read_json(folder / "unet" / "config.json").get("cross_attention_dim", 0))


def starts_from_noise(folder: Path) -> bool:
    """Whether a folder's model was trained with zero terminal signal-to-noise ratio, to begin from pure noise."""
    file = folder / "scheduler" / "scheduler_config.json"
    return file.is_file() and bool(read_json(file).get("rescale_betas_zero_snr"))


def variant(folder: Path) -> str | None:
    """Which set of weight files a folder has: ``fp16`` where the plain one is not there."""
    if (folder / "unet" / "diffusion_pytorch_model.safetensors").exists():
        return None
    parts = [file.name.split(".") for file in (folder / "unet").glob("diffusion_pytorch_model.*.safetensors")]
    return next((part[1] for part in parts if len(part) == 3 and "-of-" not in part[1]), None)


def weight_files(folder: Path) -> list[Path]:
    """The files of weights of a pipeline that are loaded."""
    return sorted(file for file in folder.glob("*/*.safetensors") if file.parent.name not in _UNUSED)


def digest(folder: Path) -> str:
    """16 hexadecimal digits that tell pipelines apart: settings wholly, weights by size, first and last megabyte."""
    settings = [file for file in folder.glob("*/*") if file.suffix in (".json", ".txt")]
    return digest_of([folder / "model_index.json", *settings, *weight_files(folder)], folder)


def digest_of(files: Iterable[Path], folder: Path) -> str:
    """16 hexadecimal digits that tell files apart by their names below ``folder``, sizes, first and last megabytes."""
    found = hashlib.sha256()
    for file in sorted(files):
        size = file.stat().st_size
        found.update(f"{file.relative_to(folder).as_posix()} {size}\n".encode())
        with file.open("rb") as stream:
            found.update(stream.read(1 << 20))
            if size > 1 << 20:
                stream.seek(max(1 << 20, size - (1 << 20)))
                found.update(stream.read())
    return found.hexdigest()[:16]


def manifest(folder: Path) -> dict[str, Any] | None:
    """What was noted when the folder was downloaded; ``None`` for a folder that somebody put there."""
    try:
        noted = read_json(folder / MANIFEST)
    except (OSError, ValueError):
        return None
    return noted if isinstance(noted.get("files"), dict) else None


def incomplete(folder: Path) -> str | None:
    """What differs from the manifest by its size, as the end of a sentence; ``None`` where nothing does."""
    for name, file in ((manifest(folder) or {}).get("files") or {}).items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != file["size"]:
            return f"is not as it was downloaded ({name} is missing or has another size)"
    return None


def intact(folder: Path) -> bool | None:
    """Whether every file has the digest noted when it was downloaded; ``None`` where none was noted."""
    noted = manifest(folder)
    if noted is None:
        return None
    for name, file in noted["files"].items():
        with (folder / name).open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != file["sha256"]:
                return False
    return True


def revision(folder: Path) -> str | None:
    """The hub's commit that a downloaded folder is of; ``None`` for a folder that somebody put there."""
    noted = manifest(folder)
    if noted and noted.get("revision"):
        return str(noted["revision"])
    for name in _OLD_REVISIONS:
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8").strip() or None
    return None


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file."""
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read
