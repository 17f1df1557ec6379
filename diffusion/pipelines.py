"""diffusers' pipelines from a folder: whole in PyTorch, or around networks that OpenVINO runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diffusion.device import compiles
from models import layouts

if TYPE_CHECKING:
    from diffusion.device import Device

_UNUSED = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}


def pytorch(folder: Path, device: Device, lora: Path | None = None) -> Any:
    """The pipeline in PyTorch, on its device, with a LoRA fused into its UNet."""
    import torch

    pipe = _class(folder).from_pretrained(
        folder,
        dtype=getattr(torch, device.dtype),
        variant=layouts.variant(folder),
        use_safetensors=True,
        local_files_only=True,
        **_unused(folder),
    )
    pipe.set_progress_bar_config(disable=True)
    if lora:
        from diffusion.lora import fuse

        fuse(pipe.unet, lora)
    if device.offload:
        pipe.enable_model_cpu_offload()
        pipe.vae.enable_tiling()
        return pipe
    if device.kind == "cuda":
        pipe.fuse_qkv_projections()  # one product for queries, keys and values
        pipe.unet.to(memory_format=torch.channels_last)
    if compiles(device):
        compile_unet(pipe)
    return pipe.to(device.kind)


def compile_unet(pipe: Any, backend: str = "inductor") -> None:
    """Let torch compile the UNet, which it does when the first picture of each size and guidance is painted."""
    pipe.unet.compile(backend=backend, dynamic=False)


def openvino(folder: Path, networks: Mapping[str, Path], dtype: str) -> Any:
    """The pipeline around converted networks.

    Args:
        folder: diffusers' folder, for tokenizers and scheduler.
        networks: the converted folders by network.
        dtype: torch's name of the precision to compute in.
    """
    from diffusion.compiled import CompiledTextEncoder, CompiledUNet, CompiledVae

    kind = _class(folder)
    texts = {name: CompiledTextEncoder(path, dtype) for name, path in networks.items() if name.startswith("text")}
    absent = dict.fromkeys((*texts, "unet", "vae"))
    small = kind.from_pretrained(folder, local_files_only=True, **absent, **_unused(folder))
    kept = {name: part for name, part in small.components.items() if name not in absent}
    unet = CompiledUNet(networks["unet"], dtype)
    vae = CompiledVae(networks["vae_encoder"], networks["vae_decoder"], dtype, tiny=False)
    more = {"requires_safety_checker": False} if "safety_checker" in kept else {}
    pipe = kind(**kept, **texts, unet=unet, vae=vae, **more)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def tiny_pytorch(folder: Path, device: Device) -> Any:
    """A tiny VAE in PyTorch, on its device."""
    import torch
    from diffusers import AutoencoderTiny

    vae = AutoencoderTiny.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, dtype=getattr(torch, device.dtype)
    )
    return vae.eval().to(device.kind)


def tiny_openvino(networks: Mapping[str, Path], dtype: str) -> Any:
    """A tiny VAE that OpenVINO runs."""
    from diffusion.compiled import CompiledVae

    return CompiledVae(networks["vae_encoder"], networks["vae_decoder"], dtype, tiny=True)


def _class(folder: Path) -> Any:
    import diffusers
    import transformers

    # Their advice and bars are for developers at a terminal; what people need to know, the front ends say.
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    return getattr(diffusers, layouts.pipeline(folder))


def _unused(folder: Path) -> dict[str, Any]:
    return {} if "XL" in layouts.pipeline(folder) else _UNUSED
