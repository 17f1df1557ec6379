"""Put the trained parts together into a folder in diffusers' layout, with a model card."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from errors import BadInput
from training import autoencoder, legs, tokenizer
from training.config import SCHEDULE, Settings, parameters, scheduler, settings_of, text_encoder, unet

LARGEST = 40_000_000  # bytes of the whole folder


def parts(run: Path) -> tuple[Settings, dict[str, Any], dict[str, Any]]:
    """The trained parts of a run as the pipeline's arguments, in float32; the settings; the notes of the denoiser.

    Raises:
        BadInput: a part is missing, or they are of different settings.
    """
    weights, notes = legs.from_pieces("denoiser", run / "pieces")
    coder, coded = legs.from_pieces("autoencoder", run / "pieces")
    if coded["settings"] != notes["settings"]:
        raise BadInput(f"The autoencoder is of the settings {coded['settings']}, the denoiser of {notes['settings']}.")
    settings = settings_of(notes["settings"])
    text, painter = text_encoder(settings), unet(settings)
    for module, prefix in ((text, "text."), (painter, "unet.")):
        module.load_state_dict(_under(weights, prefix))
        module.eval().requires_grad_(False)
    found = {
        "vae": autoencoder.load(settings, coder, coded["scale"]),
        "text_encoder": text,
        "tokenizer": tokenizer.load(run / "tokenizer"),
        "unet": painter,
        "scheduler": scheduler(),
    }
    return settings, found, notes


def _under(weights: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def export(run: Path, out: Path, metrics: str = "") -> int:
    """Write the folder ``out`` from a run's pieces, float16, whole or not at all; return its size in bytes.

    Args:
        run: with ``pieces/`` and ``tokenizer/``.
        out: a folder that is not there yet, or was written by this.
        metrics: Markdown for the card, from ``evaluate``.

    Raises:
        BadInput: a part is missing, the folder came out too large, or ``out`` is something else.
    """
    import torch
    from diffusers import StableDiffusionInpaintPipeline

    if out.exists() and not (out / "model_index.json").is_file():
        raise BadInput(f"{out} is there already and is no model; name another folder.")
    settings, found, notes = parts(run)
    pipe: Any = StableDiffusionInpaintPipeline(
        **found, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )
    pipe.to(torch.float16)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        made = Path(scratch) / out.name
        pipe.save_pretrained(made)
        _load_as_float32(made / "text_encoder" / "config.json")
        (made / "README.md").write_text(card(settings, found, notes, metrics), encoding="utf-8")
        size = sum(file.stat().st_size for file in made.rglob("*") if file.is_file())
        if size > LARGEST:
            raise BadInput(f"The model came to {size / 1e6:.1f} MB; {LARGEST / 1e6:.0f} MB are allowed.")
        if out.exists():
            shutil.rmtree(out)
        made.rename(out)
    return size


def _load_as_float32(config: Path) -> None:
    """Have transformers widen the stored float16, as diffusers does unasked: else the parts would not fit together."""
    settings = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(settings | {"dtype": "float32"}, indent=2) + "\n", encoding="utf-8")


def sources(facts: Sequence[Mapping[str, Any]]) -> list[list[str | int]]:
    """Every source with its licence as stated and its number of pictures, the largest first."""
    counts = Counter(
        (str(fact.get("licence_group")), str(fact.get("source")), str(fact.get("licence"))) for fact in facts
    )
    return [[*key, count] for key, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def card(settings: Settings, found: Mapping[str, Any], notes: Mapping[str, Any], metrics: str) -> str:
    """The model card, Markdown."""
    rows = notes["sources"]
    total = sum(row[3] for row in rows)
    unstated = sum(row[3] for row in rows if row[0] == "nolicence")
    sizes = ", ".join(f"{name} {parameters(found[name]) / 1e6:.2f} M" for name in ("vae", "text_encoder", "unet"))
    table = "\n".join(f"| {source} | {licence} | {group} | {count} |" for group, source, licence, count in rows)
    return f"""# {settings.name}: a small inpainting model for backgrounds

A caption and a picture with a mask go in; the masked part is repainted. With the whole frame masked it paints from the
caption alone. Side: {settings.side} pixels. Parameters: {sizes}, stored as float16.

- Noise: {SCHEDULE["prediction_type"]}, zero terminal signal-to-noise ratio, trailing time steps.
- Trained from nothing for {notes["step"]} steps of {settings.batch} samples, by `training/` of the Backdrop project.
- Prompts: short English captions of places ("a sandy beach at sunset"), at most {settings.words - 2} tokens.

## Data

{total} pictures, none of them of the hold-out (pictures whose file digest ends in 0).
**Of {unstated} of them no licence was stated by their source.**
`python -m training pack --licences perm-free,perm-by,perm-sa` trains without those.
Licences are as the sources state them; nobody asked the photographers.

| source | licence as stated | group | pictures |
| --- | --- | --- | --- |
{table}

## Measured

{metrics or "Nothing was measured of these weights."}

## Limits

It knows places, weather, light and studio backdrops, and hardly any people, animals, text or things. Its pictures are
small and are meant to be enlarged and softened behind a sharp subject.
"""
