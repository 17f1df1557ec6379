"""Run a diffusion pipeline: one picture at a time, with progress, a preview and a way to stop at every step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

import models
from diffusion.device import Device, pick_device
from diffusion.settings import SCHEDULERS
from imaging.geometry import Size
from models import layouts

OnStep = Callable[[int, int, Image.Image], None]
"""Called after each step with (steps done, steps in all, a small RGB preview); it may raise to stop there."""

PREVIEW_SIDE = 256  # longer side of a preview, in pixels


@dataclass(frozen=True, eq=False)
class Request:
    """One picture to paint. Names are diffusers' own.

    Attributes:
        size: working size in pixels, multiples of 8.
        seed: of the picture's own generator, which runs on the CPU so that it means the same on every device.
        image: what the model sees, RGB at ``size``; ``None`` to paint from nothing.
        mask: mode "L" at ``size``, 255 = repaint; ``None`` exactly where ``image`` is.
    """

    prompt: str
    negative_prompt: str
    num_inference_steps: int
    guidance_scale: float
    strength: float
    scheduler: str
    size: Size
    seed: int
    image: Image.Image | None = None
    mask: Image.Image | None = None


class Engine(Protocol):
    """A loaded pipeline."""

    device: Device
    revision: str
    native_side: int

    def generate(self, request: Request, on_step: OnStep | None = None) -> Image.Image:
        """Paint one picture: RGB at the request's size. What ``on_step`` raises ends the work and is passed on."""
        ...

    def truncated_text(self, prompt: str) -> str:
        """The end of a prompt that the model does not read because it is too long; empty where it reads all."""
        ...


_loaded: dict[str, DiffusersEngine] = {}
_loading = threading.Lock()


def load(id: str) -> Engine:
    """The engine for a model, loaded once per process. Only the last one used is kept: they are large.

    Raises:
        MissingWeights: the model is not on this machine; the message names the ways out.
    """
    with _loading:
        folder = models.require(id)
        if id not in _loaded or _loaded[id].folder != folder:
            _loaded.clear()
            memory_gb = models.denoiser(id).memory_gb
            _loaded[id] = models.load(id, lambda paths: DiffusersEngine(paths[0], models.revision(id), memory_gb))
        return _loaded[id]


class DiffusersEngine:
    """A diffusers pipeline from a folder.

    Args:
        folder: diffusers' layout, with safetensors, as :func:`models.local_path` gives it.
        revision: what exactly is in it, for reports.
        memory_gb: what it needs at half precision.
    """

    def __init__(self, folder: Path, revision: str, memory_gb: float) -> None:
        self.folder = folder
        self.revision = revision
        self.device = pick_device(memory_gb)
        self._pipe = _load_pipeline(folder, self.device)
        self.native_side = layouts.native_side(folder)
        self._own_scheduler = self._pipe.scheduler
        self._colours = _latent_colours(self._pipe)
        self._lock = threading.Lock()

    def generate(self, request: Request, on_step: OnStep | None = None) -> Image.Image:
        """Paint one picture; see :class:`Engine`."""
        import torch

        def after_step(pipe: Any, index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            if on_step:
                on_step(index + 1, pipe.num_timesteps, self._preview(tensors["latents"]))
            return {}

        arguments: dict[str, Any] = {
            "prompt": request.prompt,
            # SDXL treats an empty negative prompt unlike none, and was trained with none.
            "negative_prompt": request.negative_prompt or None,
            "num_inference_steps": request.num_inference_steps,
            "guidance_scale": request.guidance_scale,
            "width": request.size.width,
            "height": request.size.height,
            "generator": torch.Generator("cpu").manual_seed(request.seed),
            "callback_on_step_end": after_step,
        }
        if request.image is not None:
            arguments |= {"image": request.image, "mask_image": request.mask, "strength": request.strength}
        with self._lock:
            self._pipe.scheduler = _scheduler(request.scheduler, self._own_scheduler)
            try:
                picture: Image.Image = self._pipe(**arguments).images[0]
            finally:
                self._pipe.maybe_free_model_hooks()  # a stopped pipeline does not get there itself
        return picture

    def truncated_text(self, prompt: str) -> str:
        """The end of a prompt that is too long; see :class:`Engine`."""
        tokenizer = self._pipe.tokenizer
        tokens = tokenizer(prompt, truncation=False, verbose=False).input_ids[1:-1]
        over: str = tokenizer.decode(tokens[tokenizer.model_max_length - 2 :])
        return over

    def _preview(self, latents: Any) -> Image.Image:
        """A linear guess at what ``(1, 4, h, w)`` latents will become, as far as they have come."""
        import torch

        values = latents[0].float().cpu()
        values = values / max(1.0, float(values.std()))  # some schedulers scale their latents by the noise left
        rgb = torch.einsum("chw,cr->hwr", values, self._colours[:-1]) + self._colours[-1]
        pixels = ((rgb.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).numpy()
        size = Size(pixels.shape[1], pixels.shape[0]).inside(Size(PREVIEW_SIDE, PREVIEW_SIDE))
        return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


def _load_pipeline(folder: Path, device: Device) -> Any:
    import diffusers
    import torch
    import transformers

    # Their advice and bars are for developers at a terminal; what people need to know, the front ends say.
    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()
    name = layouts.pipeline(folder)
    unused = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    pipe = getattr(diffusers, name).from_pretrained(
        folder,
        dtype=getattr(torch, device.dtype),
        variant=layouts.variant(folder),
        use_safetensors=True,
        local_files_only=True,
        **({} if "XL" in name else unused),
    )
    pipe.set_progress_bar_config(disable=True)
    if device.offload:
        pipe.enable_model_cpu_offload()
        pipe.vae.enable_tiling()
        return pipe
    return pipe.to(device.kind)


def _scheduler(name: str, own: Any) -> Any:
    """A fresh scheduler of that name with the model's noise schedule: schedulers carry state from run to run."""
    import diffusers

    entry = SCHEDULERS[name]
    kind = getattr(diffusers, entry.class_name) if entry.class_name else type(own)
    return kind.from_config(own.config, **entry.settings)


def _latent_colours(pipe: Any) -> Any:
    """A ``(5, 3)`` matrix from four latents and 1 to RGB in -1..1, fitted to the model's own VAE on 27 flat colours."""
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
