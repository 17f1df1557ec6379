"""Tiny pipelines of the real diffusers classes, with random weights, saved as folders of safetensors.

    save_inpaint(folder)      StableDiffusionInpaintPipeline, 9 input channels     as sd15-inpaint
    save_text(folder)         StableDiffusionPipeline                              as sd15
    save_xl_inpaint(folder)   StableDiffusionXLInpaintPipeline, two text encoders  as sdxl-inpaint
    save_tiny_vae(folder)     AutoencoderTiny                                      as taesd, taesdxl
    save_lora(file, pipeline) a LoRA for a pipeline's UNet                         as hyper-sd15-4steps

A picture of ``side`` pixels with 4 steps takes a tenth of a second or so. The latents are an eighth of the picture's
size, as in the real models. The weights are not zero anywhere that matters: prompt, mask, photo and step all have a
say in the pixels.

``python tests/tiny.py FOLDER`` puts the tiny models where ``BACKDROP_WEIGHTS=FOLDER`` finds them.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

SIDE = 128  # pixels, the tiny models' native side
WORDS = 77  # tokens a prompt may have, as in CLIP; here every character is one
WIDTH = 16  # of the text encoder


def save_inpaint(folder: Path, side: int = SIDE) -> Path:
    """Save a tiny inpainting model whose native side is ``side`` pixels; return the folder."""
    from diffusers import StableDiffusionInpaintPipeline

    parts = _parts(side, in_channels=9)
    pipe = StableDiffusionInpaintPipeline(
        **parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False
    )
    return _save(pipe, folder)


def save_text(folder: Path, side: int = SIDE) -> Path:
    """Save a tiny text-to-image model; return the folder."""
    from diffusers import StableDiffusionPipeline

    parts = _parts(side, in_channels=4)
    pipe = StableDiffusionPipeline(**parts, safety_checker=None, feature_extractor=None, requires_safety_checker=False)
    return _save(pipe, folder)


def save_xl_inpaint(folder: Path, side: int = SIDE) -> Path:
    """Save a tiny inpainting model of SDXL's shape, with two text encoders; return the folder."""
    from diffusers import StableDiffusionXLInpaintPipeline
    from transformers import CLIPTextModelWithProjection

    # SDXL takes six numbers about size and crop, 8 wide each, beside the second encoder's pooled prompt.
    parts = _parts(
        side,
        in_channels=9,
        cross_attention_dim=2 * WIDTH,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=6 * 8 + WIDTH,
    )
    second = CLIPTextModelWithProjection(_text_config()).eval()
    pipe = StableDiffusionXLInpaintPipeline(**parts, text_encoder_2=second, tokenizer_2=tokenizer())
    return _save(pipe, folder)


def save_tiny_vae(folder: Path) -> Path:
    """Save a tiny autoencoder as its publisher has it; return the folder."""
    import torch
    from diffusers import AutoencoderTiny

    torch.manual_seed(1)
    blocks = (8, 8, 8, 8)
    vae = AutoencoderTiny(
        encoder_block_out_channels=blocks,
        decoder_block_out_channels=blocks,
        num_encoder_blocks=(1, 1, 1, 1),
        num_decoder_blocks=(1, 1, 1, 1),
    )
    vae.save_pretrained(folder, safe_serialization=True)
    return folder


def save_lora(file: Path, pipeline: Path, rank: int = 4) -> Path:
    """Save a LoRA for every layer of a pipeline's UNet, named as trainers name them; return the file."""
    import torch
    from diffusers import UNet2DConditionModel
    from safetensors.torch import save_file

    torch.manual_seed(2)
    unet = UNet2DConditionModel.from_pretrained(pipeline, subfolder="unet")
    tensors = {}
    for name, module in unet.named_modules():
        if (isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)) and "attn" in name) or name.endswith("conv1"):
            shape = module.weight.shape
            key = f"lora_unet_{name.replace('.', '_')}"
            tensors[f"{key}.lora_down.weight"] = torch.randn(rank, *shape[1:]) * 0.3
            tensors[f"{key}.lora_up.weight"] = torch.randn(shape[0], rank, *(1,) * (len(shape) - 2)) * 0.3
            tensors[f"{key}.alpha"] = torch.tensor(rank / 2)
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, file)
    return file


def _save(pipe: Any, folder: Path) -> Path:
    pipe.set_progress_bar_config(disable=True)
    pipe.save_pretrained(folder, safe_serialization=True)
    return folder


def _parts(side: int, in_channels: int, **more: Any) -> dict[str, Any]:
    import torch
    from diffusers import AutoencoderKL, PNDMScheduler, UNet2DConditionModel
    from transformers import CLIPTextModel

    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=side // 8,
        in_channels=in_channels,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=more.pop("cross_attention_dim", WIDTH),
        attention_head_dim=4,
        **more,
    )
    vae = AutoencoderKL(
        block_out_channels=(4, 4, 8, 8),
        norm_num_groups=2,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        layers_per_block=1,
        sample_size=side,
    )
    scheduler = PNDMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
    )
    return {
        "unet": unet.eval(),
        "vae": vae.eval(),
        "text_encoder": CLIPTextModel(_text_config()).eval(),
        "tokenizer": tokenizer(),
        "scheduler": scheduler,
    }


def _text_config() -> Any:
    from transformers import CLIPTextConfig

    return CLIPTextConfig(
        vocab_size=len(_vocabulary()),
        hidden_size=WIDTH,
        intermediate_size=32,
        num_attention_heads=2,
        num_hidden_layers=2,
        max_position_embeddings=WORDS,
        projection_dim=WIDTH,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )


def _vocabulary() -> dict[str, int]:
    """Every printable ASCII character, at a word's end and within it: any prompt has tokens of its own."""
    letters = [chr(code) for code in range(33, 127)]
    tokens = ["<|startoftext|>", "<|endoftext|>", *letters, *(letter + "</w>" for letter in letters)]
    return {token: number for number, token in enumerate(tokens)}


def tokenizer() -> Any:
    """CLIP's tokenizer with a token for every character and no merges."""
    from transformers import CLIPTokenizer

    with tempfile.TemporaryDirectory() as folder:
        vocabulary, merges = Path(folder) / "vocab.json", Path(folder) / "merges.txt"
        vocabulary.write_text(json.dumps(_vocabulary()), encoding="utf-8")
        merges.write_text("#version: 0.2\n", encoding="utf-8")
        return CLIPTokenizer.from_pretrained(folder, model_max_length=WORDS)


def main(folder: Path) -> None:
    """Put the tiny models where ``BACKDROP_WEIGHTS=folder`` finds them."""
    save_inpaint(folder / "diffusers" / "sd15-inpaint")
    save_text(folder / "diffusers" / "sd15")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
