"""Every size and constant of the pocket model, and of the toy of the same shape on which the whole run is rehearsed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from errors import BadInput

FACTOR = 8
"""Pixels per latent, each way."""
LATENTS = 4
"""Channels of the latents."""


@dataclass(frozen=True)
class Bucket:
    """A size to train at: width and height in pixels, multiples of 8, and its share of all samples."""

    width: int
    height: int
    share: float

    @property
    def latent(self) -> tuple[int, int]:
        """(height, width) of the latents."""
        return self.height // FACTOR, self.width // FACTOR


@dataclass(frozen=True)
class Settings:
    """A model's sizes and how it is trained.

    Attributes:
        name: what the command line calls it.
        side: native side in pixels: the area aimed at is its square, as the product does for every model.
        buckets: what is trained at, of about that area each.
        vocabulary: tokens, the 514 that every BPE of bytes has included.
        words: tokens a prompt may have, its beginning and end included.
        text_width, text_layers, text_heads: of the text encoder; the width is also the UNet's cross-attention's.
        vae_width, vae_blocks: channels of the autoencoder, which has one width throughout, and its blocks from full
            size down.
        vae_crop, vae_batch, vae_steps, vae_rate: side in pixels of its training crops, crops per step, steps, rate.
        channels, heads, layers: of the UNet's levels.
        batch, steps, rate, warm_up: samples a step, steps in all, the highest rate, steps until it is reached.
        average: decay of the moving average of the weights that is exported.
        pool: views that are encoded together and then trained on for ``pool_steps`` steps.
        wordings: captions made for a view; each step takes one of them.
        augment: 0 to 1, how far pictures and captions are varied.
        epochs: views of one photograph that are trained on at most; whatever is left of the samples is rendered.
    """

    name: str
    side: int
    buckets: tuple[Bucket, ...]
    vocabulary: int
    words: int
    text_width: int
    text_layers: int
    text_heads: int
    vae_width: int
    vae_blocks: tuple[int, int, int, int]
    vae_crop: int
    vae_batch: int
    vae_steps: int
    vae_rate: float
    channels: tuple[int, ...]
    heads: tuple[int, ...]
    layers: int
    batch: int
    steps: int
    rate: float
    warm_up: int
    average: float
    pool: int
    pool_steps: int
    wordings: int
    augment: float
    epochs: int
    caption_drop: float = 0.12  # of the samples are trained without their caption, for classifier-free guidance
    seed: int = 0

    @property
    def samples(self) -> int:
        """Samples the denoiser sees in all."""
        return self.steps * self.batch


POCKET = Settings(
    name="pocket",
    side=288,
    buckets=(
        Bucket(288, 288, 0.34),
        Bucket(352, 232, 0.32),
        Bucket(232, 352, 0.18),
        Bucket(408, 200, 0.10),
        Bucket(200, 408, 0.06),
    ),
    vocabulary=2048,
    words=40,
    text_width=192,
    text_layers=4,
    text_heads=6,
    vae_width=64,
    vae_blocks=(1, 3, 3, 3),
    vae_crop=128,
    vae_batch=128,
    vae_steps=6000,
    vae_rate=4e-4,
    channels=(128, 192, 192),
    heads=(4, 6, 6),
    layers=1,
    batch=256,
    steps=12000,
    rate=4e-4,
    warm_up=300,
    average=0.9995,
    pool=98_304,
    pool_steps=2000,
    wordings=4,
    augment=1.0,
    epochs=300,
)
TOY = Settings(
    name="toy",
    side=64,
    buckets=(Bucket(64, 64, 0.6), Bucket(80, 48, 0.4)),
    vocabulary=640,
    words=40,
    text_width=48,
    text_layers=2,
    text_heads=2,
    vae_width=24,
    vae_blocks=(1, 1, 1, 1),
    vae_crop=48,
    vae_batch=8,
    vae_steps=3000,
    vae_rate=2e-3,
    channels=(48, 96),
    heads=(2, 4),
    layers=1,
    batch=32,
    steps=2000,
    rate=1e-3,
    warm_up=20,
    average=0.99,
    pool=256,
    pool_steps=500,
    wordings=2,
    augment=0.0,
    epochs=100_000,
)
SETTINGS = {settings.name: settings for settings in (POCKET, TOY)}

SCHEDULE: dict[str, Any] = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
    "clip_sample": False,
    "steps_offset": 1,
    "set_alpha_to_one": True,
}
"""The noise schedule, for training and in the exported folder: Stable Diffusion's, rescaled so that the last step holds
no trace of the picture (Lin et al., "Common Diffusion Noise Schedules and Sample Steps Are Flawed", 2023)."""


def settings_of(name: str) -> Settings:
    """The settings of that name; raise :class:`BadInput` where there are none."""
    if name not in SETTINGS:
        raise BadInput(f"There are no settings {name!r}; choose one of {', '.join(SETTINGS)}.")
    return SETTINGS[name]


def autoencoder(settings: Settings) -> Any:
    """The untrained autoencoder: diffusers' ``AutoencoderTiny``, 8 pixels to a latent, 4 channels."""
    from diffusers import AutoencoderTiny

    width, blocks = (settings.vae_width,) * 4, settings.vae_blocks
    return AutoencoderTiny(
        encoder_block_out_channels=width,
        decoder_block_out_channels=width,
        num_encoder_blocks=blocks,
        num_decoder_blocks=blocks[::-1],
        latent_channels=LATENTS,
    )


def text_encoder(settings: Settings) -> Any:
    """The untrained text encoder: transformers' ``CLIPTextModel``."""
    from transformers import CLIPTextConfig, CLIPTextModel

    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=settings.vocabulary,
            hidden_size=settings.text_width,
            intermediate_size=4 * settings.text_width,
            projection_dim=settings.text_width,
            num_hidden_layers=settings.text_layers,
            num_attention_heads=settings.text_heads,
            max_position_embeddings=settings.words,
            bos_token_id=settings.vocabulary - 2,
            eos_token_id=settings.vocabulary - 1,
            pad_token_id=settings.vocabulary - 1,
        )
    )


def unet(settings: Settings) -> Any:
    """The untrained UNet: latents, mask (1 = repaint) and masked picture's latents in, 9 channels, in that order."""
    from diffusers import UNet2DConditionModel

    levels = len(settings.channels)
    lowest_plain = levels > 2  # attention where the latents are large enough to need it
    plain = [lowest_plain and level == levels - 1 for level in range(levels)]
    return UNet2DConditionModel(
        sample_size=settings.side // FACTOR,
        in_channels=2 * LATENTS + 1,
        out_channels=LATENTS,
        block_out_channels=settings.channels,
        layers_per_block=settings.layers,
        down_block_types=tuple("DownBlock2D" if it else "CrossAttnDownBlock2D" for it in plain),
        up_block_types=tuple("UpBlock2D" if it else "CrossAttnUpBlock2D" for it in reversed(plain)),
        attention_head_dim=settings.heads,  # diffusers means the number of heads by it
        cross_attention_dim=settings.text_width,
        norm_num_groups=16,
    )


def scheduler() -> Any:
    """The model's own scheduler: DDIM with :data:`SCHEDULE`."""
    from diffusers import DDIMScheduler

    return DDIMScheduler(**SCHEDULE)


def parameters(module: Any) -> int:
    """Numbers that a module holds."""
    return sum(parameter.numel() for parameter in module.parameters())
