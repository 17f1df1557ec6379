"""What OpenVINO runs of a diffusion model: its networks, converted once each into files of the data folder.

    parts_of(model, folder)      a model's networks
    ensure(parts, report)        their converted files, made where they are missing

A file's name says what it is of; its last part is a digest of the weights and of the libraries' versions, so that it is
made anew where one of them changes. :mod:`diffusion.convert` makes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Literal

from models import layouts, places

Network = Literal["unet", "vae_encoder", "vae_decoder", "text_encoder", "text_encoder_2"]
Report = Callable[[str, int, int], None]
"""Called with (what is done, parts done, parts in all), several times a second; it may raise to stop there."""

FORMAT = 1  # of the files; another one is made anew
_ROOT = Path(__file__).parents[1]
_LIBRARIES = ("openvino", "torch", "diffusers", "transformers")


class ConversionError(Exception):
    """A network could not be converted. ``str(error)`` is the reason."""


@dataclass(frozen=True)
class Part:
    """A network to convert.

    Attributes:
        model: id of the model it belongs to.
        folder: diffusers' folder of the whole model, or of a tiny VAE alone.
        network: which of its networks.
        lora: safetensors file that is fused into it, and the id of that LoRA.
        quantization: ``none``, or ``int8`` for 8-bit weights and activations.
    """

    model: str
    folder: str
    network: Network
    lora: str | None = None
    lora_id: str | None = None
    quantization: str = "none"

    @property
    def alone(self) -> bool:
        """Whether the folder holds this network's weights and nothing else: a tiny VAE."""
        return not (Path(self.folder) / "model_index.json").is_file()

    @property
    def target(self) -> Path:
        """The folder of the converted file: ``model.xml``, ``model.bin`` and ``about.json``."""
        return places.converted() / f"{self.prefix}{self._digest()}"

    @property
    def prefix(self) -> str:
        """The beginning of the target's name, whatever versions it was made with."""
        names = (places.converted_name(self.model), self.network, self.lora_id or "plain", self.quantization)
        return "--".join(names) + "--"

    def _digest(self) -> str:
        folder = Path(self.folder)
        source = folder / self.subfolder if self.subfolder else folder
        files = [file for file in source.iterdir() if file.suffix in (".json", ".safetensors")]
        if self.quantization != "none":  # what it is calibrated on comes out of the whole pipeline
            files = [*files, *layouts.weight_files(folder)]
        seen = [str(FORMAT), layouts.digest_of(files, folder), self.quantization]
        if self.lora:
            seen.append(layouts.digest_of([Path(self.lora)], Path(self.lora).parent))
        libraries = (*_LIBRARIES, *(("nncf",) if self.quantization != "none" else ()))
        seen += [f"{library} {metadata.version(library)}" for library in libraries]
        return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:16]

    @property
    def subfolder(self) -> str | None:
        """Of the network's weights in diffusers' folder."""
        if self.alone:
            return None
        return "vae" if self.network.startswith("vae") else self.network


def parts_of(
    model: str, folder: Path, lora: str | None = None, lora_id: str | None = None, quantization: str = "none"
) -> dict[str, Part]:
    """What is converted of a model, by network."""
    where = str(folder.resolve())
    names = [name for name in ("text_encoder", "text_encoder_2") if (folder / name).is_dir()]
    parts = {name: Part(model, where, name) for name in (*names, "vae_encoder", "vae_decoder")}  # type: ignore[arg-type]
    return parts | {"unet": Part(model, where, "unet", lora, lora_id, quantization)}


def parts_of_tiny(model: str, folder: Path) -> dict[str, Part]:
    """What is converted of a tiny VAE, by network."""
    where = str(folder.resolve())
    return {"vae_encoder": Part(model, where, "vae_encoder"), "vae_decoder": Part(model, where, "vae_decoder")}


def calibrated_by(part: Part) -> dict[str, Part]:
    """The unquantized networks that a quantized one is calibrated with."""
    plain = replace(part, quantization="none")
    return parts_of(plain.model, Path(plain.folder), plain.lora, plain.lora_id)


def ensure(parts: Sequence[Part], report: Report) -> list[Path]:
    """The folders of converted networks, those that are missing made first, in a process of their own.

    Raises:
        ConversionError: one could not be made. What was made before is kept.
    """
    wanted = list(parts)
    if any(not part.target.is_dir() for part in wanted):
        import filelock

        places.converted().mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(places.converted() / "lock"):
            before = [each for part in wanted if part.quantization != "none" for each in calibrated_by(part).values()]
            first = dict.fromkeys([*before, *wanted])
            missing = [part for part in first if not part.target.is_dir()]  # of those that nobody made meanwhile
            for left in places.converted().glob("*.part"):  # by a process that was ended
                shutil.rmtree(left, ignore_errors=True)
            _convert_apart(missing, report)
    return [part.target for part in wanted]


def _convert_apart(parts: Sequence[Part], report: Report) -> None:
    """Convert in a process of its own; whatever ``report`` raises ends it."""
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "diffusion.convert", json.dumps([asdict(part) for part in parts])],
            cwd=_ROOT,
            env=os.environ | {"BACKDROP_DATA": str(places.data_folder().resolve())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            while process.poll() is None:
                done = sum(part.target.is_dir() for part in parts)
                report("Preparing the model for this processor", done, len(parts))
                time.sleep(0.2)
        finally:
            process.kill()
            process.wait()
        if process.returncode != 0:
            errors.seek(0)
            lines = [line.strip() for line in errors if line.strip()]
            raise ConversionError(lines[-1] if lines else f"the converting process ended with {process.returncode}")
