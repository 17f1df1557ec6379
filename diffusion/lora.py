"""Put a LoRA's update into a UNet's weights for good: W + alpha / rank * up @ down.

diffusers reads the file, in whichever naming it is written; adding the product needs no adapter library, which would
take seconds to import.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from errors import BadInput


def fuse(unet: Any, file: Path) -> None:
    """Add a LoRA to the weights of a diffusers UNet, in place (Hu et al. 2021, arXiv:2106.09685).

    Raises:
        BadInput: the file names a layer that the UNet does not have, or one of another size.
    """
    import torch
    from diffusers import StableDiffusionXLPipeline

    tensors, alphas = StableDiffusionXLPipeline.lora_state_dict(
        file.parent, weight_name=file.name, use_safetensors=True, local_files_only=True, unet_config=unet.config
    )
    layers = {name: module for name, module in unet.named_modules() if hasattr(module, "weight")}
    for down in [name for name in tensors if not _UP.search(name)]:
        found = _DOWN.fullmatch(down)
        name = f"{found['before'] or ''}{_LAYERS.get(found['layer'], found['layer'])}" if found else down
        up = _up_of(down)
        if name not in layers or up not in tensors:
            raise BadInput(f"The LoRA {file.name} does not fit this model: it has no layer {name}.")
        layer, low, high = layers[name], tensors[down].float(), tensors[up].float()
        rank = low.shape[0]
        alpha = next((value for key, value in (alphas or {}).items() if key in _alpha_keys(down)), rank)
        update = high.flatten(1) @ low.flatten(1) * (float(alpha) / rank)
        if update.numel() != layer.weight.numel():
            raise BadInput(f"The LoRA {file.name} does not fit this model: its layer {name} has another size.")
        with torch.no_grad():
            layer.weight.copy_(layer.weight.float() + update.reshape(layer.weight.shape).to(layer.weight.device))


# diffusers' names: unet.a.b.lora.down.weight, unet.a.attn1.processor.to_q_lora.down.weight, unet.a.b.lora_A.weight
_UP = re.compile(r"(\.up|\.lora_B)\.weight$")
_DOWN = re.compile(
    r"(unet\.)?(?P<before>.*?\.)?(?:processor\.)?(?P<layer>\w+?)(?:_lora\.down|\.lora\.down|\.lora_A)\.weight"
)
_LAYERS = {"to_out": "to_out.0"}


def _up_of(down: str) -> str:
    return down.replace(".down.weight", ".up.weight").replace(".lora_A.weight", ".lora_B.weight")


def _alpha_keys(down: str) -> tuple[str, ...]:
    """Where diffusers puts a layer's alpha."""
    return f"{down}.alpha", down.replace(".lora.down.weight", ".alpha").replace(".lora_A.weight", ".alpha")
