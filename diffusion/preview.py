"""Small pictures of what latents will become."""

from __future__ import annotations

from typing import Any

from PIL import Image

from imaging.geometry import Size

SIDE = 256  # longer side of a preview, in pixels
SIDE_OF_LATENTS = SIDE // 8


def decoded(vae: Any, latents: Any) -> Image.Image:
    """``(1, 4, h, w)`` latents, averaged to a preview's size and decoded by a tiny VAE."""
    import torch
    from torch.nn.functional import adaptive_avg_pool2d

    height, width = latents.shape[-2:]
    size = Size(width, height).inside(Size(SIDE_OF_LATENTS, SIDE_OF_LATENTS))
    small = adaptive_avg_pool2d(_unscaled(latents), (size.height, size.width)) if size != (width, height) else latents
    with torch.no_grad():
        pixels = vae.decode(small.to(vae.dtype), return_dict=False)[0][0].float().cpu().permute(1, 2, 0)
    return _image(pixels)


def linear(latents: Any, colours: Any) -> Image.Image:
    """``(1, 4, h, w)`` latents by a ``(5, 3)`` matrix; see :func:`latent_colours`."""
    import torch

    values = _unscaled(latents)[0].float().cpu()
    return _image(torch.einsum("chw,cr->hwr", values, colours[:-1]) + colours[-1])


def _unscaled(latents: Any) -> Any:
    return latents / max(1.0, float(latents.float().std()))  # some schedulers scale their latents by the noise left


def _image(pixels: Any) -> Image.Image:
    """``(h, w, 3)`` values in -1..1 as a picture of a preview's size."""
    import torch

    values = ((pixels.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).numpy()
    size = Size(values.shape[1], values.shape[0]).inside(Size(SIDE, SIDE))
    return Image.fromarray(values).resize(size, Image.Resampling.BICUBIC)


def latent_colours(pipe: Any) -> Any:
    """A ``(5, 3)`` matrix from four latents and 1 to RGB in -1..1, fitted to the pipeline's VAE on 27 flat colours."""
    import torch
    from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_inpaint import retrieve_latents

    levels = torch.tensor([-0.8, 0.0, 0.8])
    colours = torch.cartesian_prod(levels, levels, levels)
    dtype = pipe.vae.dtype
    if dtype == torch.float16:  # SDXL's VAE overflows in it
        pipe.vae.to(torch.float32)
    flat = colours[:, :, None, None].expand(-1, -1, 32, 32).to(pipe._execution_device, pipe.vae.dtype)
    with torch.no_grad():
        latents = retrieve_latents(pipe.vae.encode(flat), sample_mode="argmax") * pipe.vae.config.scaling_factor
    pipe.vae.to(dtype)
    centre = latents[:, :, 1:3, 1:3].float().cpu().mean(dim=(2, 3))
    return torch.linalg.lstsq(torch.cat([centre, torch.ones(27, 1)], dim=1), colours).solution
