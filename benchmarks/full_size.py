"""Diffusion models at their published sizes with random weights: what they cost to run does not depend on the weights.

    save(folder, "sd1")      Stable Diffusion 1.5 inpainting as sd15-inpaint, and its tiny VAE as taesd
    save(folder, "sdxl")     Stable Diffusion XL inpainting as sdxl-inpaint, and taesdxl

They lie as the model hub has them (safetensors, fp16 variant), so that ``BACKDROP_WEIGHTS=folder`` finds them. The
shapes are those of the published configuration files; only the tokenizer is a small one.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

IDS = {"sd1": ("sd15-inpaint", "taesd"), "sdxl": ("sdxl-inpaint", "taesdxl")}
SIDES = {"sd1": 512, "sdxl": 768}  # of the pictures that are painted


def save(folder: Path, family: str) -> None:
    """Save a family's model and tiny VAE, each where it is not complete yet."""
    import torch
    from diffusers import AutoencoderTiny

    model, tiny_vae = IDS[family]
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float16)
    _save(_pipeline(family), folder / "diffusers" / model, variant="fp16")
    torch.set_default_dtype(torch.float32)
    _save(AutoencoderTiny(), folder / tiny_vae)


def _save(thing: Any, target: Path, **more: Any) -> None:
    work = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.rmtree(target, ignore_errors=True)
    thing.save_pretrained(work, safe_serialization=True, **more)
    os.replace(work, target)


def _pipeline(family: str) -> Any:
    from diffusers import (
        EulerDiscreteScheduler,
        PNDMScheduler,
        StableDiffusionInpaintPipeline,
        StableDiffusionXLInpaintPipeline,
    )

    from tests import tiny

    noise = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
    if family == "sd1":
        return StableDiffusionInpaintPipeline(
            vae=vae(family),
            text_encoder=_text(768, 3072, 12, 12),
            tokenizer=tiny.tokenizer(),
            unet=unet(family),
            scheduler=PNDMScheduler(**noise, skip_prk_steps=True),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    return StableDiffusionXLInpaintPipeline(
        vae=vae(family),
        text_encoder=_text(768, 3072, 12, 12),
        text_encoder_2=_text(1280, 5120, 20, 32, projected=True),
        tokenizer=tiny.tokenizer(),
        tokenizer_2=tiny.tokenizer(),
        unet=unet(family),
        scheduler=EulerDiscreteScheduler(**noise),
    )


def _text(width: int, inner: int, heads: int, layers: int, projected: bool = False) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        hidden_size=width,
        intermediate_size=inner,
        num_attention_heads=heads,
        num_hidden_layers=layers,
        projection_dim=width,
    )
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config)


def unet(family: str) -> Any:
    """A family's UNet for inpainting."""
    from diffusers import UNet2DConditionModel

    if family == "sd1":
        return UNet2DConditionModel(
            sample_size=64,
            in_channels=9,
            layers_per_block=2,
            block_out_channels=(320, 640, 1280, 1280),
            cross_attention_dim=768,
            attention_head_dim=8,
        )
    return UNet2DConditionModel(
        sample_size=128,
        in_channels=9,
        layers_per_block=2,
        block_out_channels=(320, 640, 1280),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        transformer_layers_per_block=(1, 2, 10),
        cross_attention_dim=2048,
        attention_head_dim=(5, 10, 20),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=2816,
    )


def vae(family: str) -> Any:
    """A family's VAE, which both have in the same shape."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
        sample_size=512 if family == "sd1" else 1024,
    )


if __name__ == "__main__":
    save(Path(sys.argv[1]), sys.argv[2])
