"""Networks of diffusion models as modules of plain tensors, and inputs to trace them with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from diffusion import lora
from diffusion.parts import Part
from models import layouts

WORDS = 77  # tokens of a prompt, as CLIP reads it
ODD = (17, 15)  # of latents: sides that no halving fits, so that the traced network asks for sizes instead of doubling


class UNet(torch.nn.Module):
    """``(sample, timestep, text embeddings[, pooled text, size and crop])`` to the prediction."""

    def __init__(self, unet: Any) -> None:
        super().__init__()
        self.unet, self.config = unet, unet.config

    def forward(self, sample: Any, timestep: Any, text: Any, pooled: Any = None, time_ids: Any = None) -> Any:
        more = None if pooled is None else {"text_embeds": pooled, "time_ids": time_ids}
        return self.unet(sample, timestep, text, added_cond_kwargs=more, return_dict=False)[0]


class TextEncoder(torch.nn.Module):
    """Tokens to the encoder's first answer and its last hidden layer but one."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder, self.config = encoder, encoder.config.to_dict()

    def forward(self, tokens: Any) -> Any:
        answer = self.encoder(tokens, output_hidden_states=True)
        return answer[0], answer.hidden_states[-2]


class VaeEncoder(torch.nn.Module):
    """Pixels in -1..1 to the latents' moments; a tiny VAE's to latents."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae, self.config = vae, vae.config

    def forward(self, pixels: Any) -> Any:
        answer = self.vae.encode(pixels)
        return answer.latents if hasattr(answer, "latents") else answer.latent_dist.parameters


class VaeDecoder(torch.nn.Module):
    """Latents to pixels in -1..1."""

    def __init__(self, vae: Any) -> None:
        super().__init__()
        self.vae, self.config = vae, vae.config

    def forward(self, latents: Any) -> Any:
        return self.vae.decode(latents, return_dict=False)[0]


def network(part: Part) -> tuple[torch.nn.Module, tuple[Any, ...]]:
    """A part's network in float32, and example inputs of a size that is not its usual one."""
    import diffusers
    import transformers

    folder = Path(part.folder)
    where: dict[str, Any] = {"subfolder": part.subfolder} if part.subfolder else {}
    where |= {"use_safetensors": True, "local_files_only": True, "dtype": torch.float32}
    if not part.alone:
        where["variant"] = layouts.variant(folder)
    if part.network == "unet":
        return _unet(part, diffusers.UNet2DConditionModel.from_pretrained(folder, **where).eval())
    if part.network.startswith("text_encoder"):
        index = layouts.read_json(folder / "model_index.json")
        encoder = getattr(transformers, index[part.network][1]).from_pretrained(folder, **where).eval()
        if getattr(encoder.config, "use_attention_mask", False):
            raise ValueError("its text encoder takes an attention mask")
        encoder.config._attn_implementation = "eager"
        return TextEncoder(encoder), (torch.ones(1, WORDS, dtype=torch.int64),)
    kind: Any = diffusers.AutoencoderTiny if part.alone else diffusers.AutoencoderKL
    vae = kind.from_pretrained(folder, **where).eval()
    height, width = ODD
    if part.network == "vae_decoder":
        return VaeDecoder(vae), (torch.randn(1, vae.config.latent_channels, height, width),)
    return VaeEncoder(vae), (torch.randn(1, 3, height * 8, width * 8),)


def _unet(part: Part, unet: Any) -> tuple[torch.nn.Module, tuple[Any, ...]]:
    if part.lora:
        lora.fuse(unet, Path(part.lora))
    config = unet.config
    example: tuple[Any, ...] = (
        torch.randn(1, config.in_channels, *ODD),
        torch.tensor(500.0),
        torch.randn(1, WORDS, config.cross_attention_dim),
    )
    if config.addition_embed_type == "text_time":
        width = unet.add_embedding.linear_1.in_features - 6 * config.addition_time_embed_dim
        example += (torch.randn(1, width), torch.ones(1, 6))
    return UNet(unet), example
