"""What lets a diffusion model paint in seconds: LoRAs for few steps, and tiny VAEs. Rows of the table of models."""

from __future__ import annotations

from typing import Any

from models.entry import DIFFUSERS_SAFETENSORS, Family, File, HubFolder, SpeedLora, TinyVae

_OPENRAIL = "https://github.com/Stability-AI/generative-models/blob/main/model_licenses/LICENSE-SDXL1.0"
_TITLES: dict[Family, str] = {"sd1": "Stable Diffusion 1.5", "sdxl": "Stable Diffusion XL"}

LCM_DEFAULTS: dict[str, Any] = {"num_inference_steps": 4, "guidance_scale": 1.0, "scheduler": "lcm"}
HYPER_DEFAULTS: dict[str, Any] = LCM_DEFAULTS | {"scheduler": "ddim-trailing"}
XL_STEPS = {"num_inference_steps": 5}  # at the strength of 0.99 that SDXL inpainting wants, four of them are done


def _lcm(
    family: Family, repository: str, megabytes: int, digest: str = "", more: dict[str, Any] | None = None
) -> SpeedLora:
    """A consistency LoRA (Luo et al. 2023, arXiv:2311.05556)."""
    id, name = repository.split("/")[1], "pytorch_lora_weights.safetensors"
    where: dict[str, Any] = {"folder": HubFolder(repository, None, id, (name,), megabytes * 1_000_000, "lora")}
    if digest:
        url = f"https://huggingface.co/{repository}/resolve/main/{name}"
        where = {"files": (File(f"{id}/{name}", 134_621_556, digest, url),)}
    return SpeedLora(
        id=id,
        title="LCM-LoRA",
        help=f"4 steps instead of 25, for {_TITLES[family]}",
        licence="CreativeML OpenRAIL++-M",
        licence_url=_OPENRAIL,
        speed="lcm",
        family=family,
        defaults=LCM_DEFAULTS | (more or {}),
        **where,
    )


def _hyper(id: str, family: Family, name: str, megabytes: int, **more: Any) -> SpeedLora:
    """A trajectory-segmented LoRA (Ren et al. 2024, arXiv:2404.13686)."""
    return SpeedLora(
        id=id,
        title="Hyper-SD, 4 steps",
        help=f"4 steps, another method than LCM's, for {_TITLES[family]}",
        licence="Hyper-SD's own; see its LICENSE.md",
        licence_url="https://huggingface.co/ByteDance/Hyper-SD/blob/main/LICENSE.md",
        folder=HubFolder("ByteDance/Hyper-SD", None, id, (name,), megabytes * 1_000_000, "lora"),
        speed="hyper",
        family=family,
        defaults=HYPER_DEFAULTS | more,
    )


def _tiny_vae(id: str, families: frozenset[Family], title: str) -> TinyVae:
    return TinyVae(
        id=id,
        title=title,
        help="decodes in a fraction of the time: for Fast and for previews",
        licence="MIT",
        folder=HubFolder(f"madebyollin/{id}", None, id, ("config.json", DIFFUSERS_SAFETENSORS), 9_800_000, "vae"),
        families=families,
    )


# The commits of most of these were not at hand: the one that is fetched is noted beside it, with each file's digest.
FEW_STEPS = (
    _lcm(
        "sd1",
        "latent-consistency/lcm-lora-sdv1-5",
        135,
        "sha256:8f90d840e075ff588a58e22c6586e2ae9a6f7922996ee6649a7f01072333afe4",
    ),
    _lcm("sdxl", "latent-consistency/lcm-lora-sdxl", 394, more=XL_STEPS),
    _hyper("hyper-sd15-4steps", "sd1", "Hyper-SD15-4steps-lora.safetensors", 269),
    _hyper("hyper-sdxl-4steps", "sdxl", "Hyper-SDXL-4steps-lora.safetensors", 787, **XL_STEPS),
    _tiny_vae("taesd", frozenset({"sd1", "sd2"}), "Tiny VAE for Stable Diffusion 1 and 2"),
    _tiny_vae("taesdxl", frozenset({"sdxl"}), "Tiny VAE for Stable Diffusion XL"),
)
