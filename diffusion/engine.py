"""Run a diffusion pipeline: one picture at a time, with progress, a preview and a way to stop at every step."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from PIL import Image

import models
from diffusion import parts, pipelines, preview
from diffusion.device import Device, compiles, pick_device, why_not_openvino
from diffusion.memory import Savings, is_out_of_memory
from diffusion.reuse import Encodings, Prompts
from diffusion.settings import SCHEDULERS
from errors import BadInput
from imaging.geometry import Size
from models import layouts

OnStep = Callable[[int, int, Image.Image], None]
"""Called after each step with (steps done, steps in all, a small RGB preview); it may raise to stop there."""

Report = Callable[[str, int, int], None]
"""Called while a model is prepared with (what is done, parts done, parts in all); it may raise to stop there."""


@dataclass(frozen=True, eq=False)
class Request:
    """One picture to paint. Names are diffusers' own.

    Attributes:
        size: working size in pixels, multiples of 8.
        seed: of the picture's own generator, which runs on the CPU so that it means the same on every device.
        image: what the model sees, RGB at ``size``; ``None`` to paint from nothing.
        mask: mode "L" at ``size``, 255 = repaint; ``None`` exactly where ``image`` is.
        vae: which VAE encodes and decodes, the model's own or the tiny one.
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
    vae: Literal["full", "tiny"] = "full"


@dataclass(frozen=True)
class Variant:
    """How a model is loaded.

    Attributes:
        lora: id of the LoRA that is fused into it.
        quantization: ``none`` or ``int8``.
    """

    lora: str | None = None
    quantization: str = "none"


class Engine(Protocol):
    """A loaded pipeline.

    Attributes:
        notes: what people should know of how it runs, in sentences.
        seconds: of the last picture: ``step``, one step; ``rest``, all that is not a step.
    """

    device: Device
    revision: str
    native_side: int
    notes: list[str]
    seconds: Mapping[str, float]

    def generate(self, request: Request, on_step: OnStep | None = None) -> Image.Image:
        """Paint one picture: RGB at the request's size. What ``on_step`` raises ends the work and is passed on."""
        ...

    def truncated_text(self, prompt: str) -> str:
        """The end of a prompt that the model does not read because it is too long; empty where it reads all."""
        ...


_loaded: OrderedDict[tuple[str, Variant], DiffusersEngine] = OrderedDict()
_loading = threading.Lock()


def load(id: str, variant: Variant = Variant(), report: Report | None = None) -> Engine:
    """The engine for a model, loaded once per process. Those used last stay, as long as memory is left for the next.

    Raises:
        MissingWeights: the model or its LoRA is not on this machine; the message names the ways out.
        BadInput: it cannot be quantized here.
    """
    with _loading:
        folder = models.require(id)
        kept = _loaded.get((id, variant))
        if kept is None or kept.folder != folder:
            _make_room(models.denoiser(id))
            kept = models.load(id, lambda paths: _build(models.denoiser(id), paths[0], variant, report or _ignore))
            _loaded[id, variant] = kept
        _loaded.move_to_end((id, variant))
        return kept


def _make_room(model: models.Denoiser) -> None:
    """Let go of what was used longest ago until the next model fits."""
    import gc

    from diffusion.device import look

    def free_gb() -> float:
        machine = look()
        return machine.gpu.free_gb if machine.gpu else machine.memory_gb / 2  # in float32 it takes twice as much

    while _loaded and free_gb() < model.memory_gb:
        _loaded.popitem(last=False)
        gc.collect()


def _ignore(what: str, done: int, parts: int) -> None:
    pass


def _build(model: models.Denoiser, folder: Path, variant: Variant, report: Report) -> DiffusersEngine:
    device = pick_device(model.memory_gb)
    why = why_not_openvino(device)
    if why is None:
        try:
            return _on_openvino(model, folder, variant, device, report)
        except parts.ConversionError as error:
            why = f"OpenVINO could not take it over ({error})"
    if variant.quantization != "none":
        raise BadInput(f"{model.id} cannot be run in 8 bits here: {why}. Choose no quantization.")
    lora = models.require_file(variant.lora) if variant.lora else None
    tiny = _tiny_folder(model)
    device = device if device.kind != "cpu" else device.on("PyTorch", why)
    engine = DiffusersEngine(
        folder,
        models.revision(model.id),
        device,
        pipelines.pytorch(folder, device, layouts.weights_file(lora) if lora else None),
        (lambda: pipelines.tiny_pytorch(tiny, device)) if tiny else None,
    )
    if compiles(device):
        engine.notes.append(
            "The model is compiled: the first picture of each size takes minutes longer, later ones less."
        )
    return engine


def _on_openvino(
    model: models.Denoiser, folder: Path, variant: Variant, device: Device, report: Report
) -> DiffusersEngine:
    lora = str(layouts.weights_file(models.require_file(variant.lora)).resolve()) if variant.lora else None
    own = parts.parts_of(model.id, folder, lora, variant.lora, variant.quantization)
    tiny, vae = _tiny_folder(model), models.tiny_vae(model)
    small = parts.parts_of_tiny(vae.id, tiny) if tiny and vae else {}
    paths = parts.ensure([*own.values(), *small.values()], report)
    networks = dict(zip(own, paths, strict=False))
    of_tiny = dict(zip(small, paths[len(own) :], strict=True))
    device = device.on("OpenVINO", "OpenVINO runs it")
    engine = DiffusersEngine(
        folder,
        models.revision(model.id),
        device,
        pipelines.openvino(folder, networks, device.dtype),
        (lambda: pipelines.tiny_openvino(of_tiny, device.dtype)) if small else None,
    )
    if variant.quantization != "none":
        difference = layouts.read_json(networks["unet"] / "about.json")["difference"]
        engine.notes.append(f"In 8 bits the model's predictions differ from the original's by {difference:.1%} (RMS).")
    return engine


def _tiny_folder(model: models.Denoiser) -> Path | None:
    vae = models.tiny_vae(model)
    return models.local_path(vae.id) if vae else None


class DiffusersEngine:
    """A diffusers pipeline, whatever computes its networks.

    Args:
        folder: diffusers' layout, with safetensors, as :func:`models.local_path` gives it.
        revision: what exactly is in it, for reports.
        device: where and by what it runs.
        pipe: the pipeline.
        load_tiny: loads the tiny VAE that fits it; ``None`` where there is none.
    """

    def __init__(
        self, folder: Path, revision: str, device: Device, pipe: Any, load_tiny: Callable[[], Any] | None
    ) -> None:
        self.folder = folder
        self.revision = revision
        self.device = device
        self.native_side = layouts.native_side(folder)
        self.notes: list[str] = []
        self.seconds: Mapping[str, float] = {}
        self._pipe = pipe
        self._full, self._tiny, self._load_tiny = pipe.vae, None, load_tiny
        self._own_scheduler = pipe.scheduler
        self._savings = Savings(pipe, device)
        self._prompts = Prompts(pipe)
        Encodings(pipe.vae)
        self._colours: Any = None
        self._lock = threading.Lock()

    def generate(self, request: Request, on_step: OnStep | None = None) -> Image.Image:
        """Paint one picture; see :class:`Engine`. Where memory is short, by giving something up and trying again."""
        with self._lock:
            while True:
                try:
                    return self._paint(request, self._savings.size(request.size), on_step)
                except Exception as error:
                    if not is_out_of_memory(error):
                        raise
                    self._savings.save(request.size, error)
                    self.notes.append(self._savings.notes[-1])

    def _paint(self, request: Request, size: Size, on_step: OnStep | None) -> Image.Image:
        import torch

        began, ends = time.perf_counter(), []

        def after_step(pipe: Any, index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            ends.append(time.perf_counter())
            if on_step:
                step, steps = index + 1, pipe.num_timesteps
                on_step(step, steps, self._preview(tensors["latents"], step < steps))
            return {}

        pipe = self._pipe
        pipe.scheduler = _scheduler(request.scheduler, self._own_scheduler)
        pipe.vae = self._vae(request.vae)
        arguments: dict[str, Any] = self._prompts.embeddings(
            request.prompt, request.negative_prompt, request.guidance_scale > 1
        )
        arguments |= {
            "num_inference_steps": request.num_inference_steps,
            "guidance_scale": request.guidance_scale,
            "width": size.width,
            "height": size.height,
            "generator": torch.Generator("cpu").manual_seed(request.seed),
            "callback_on_step_end": after_step,
        }
        if request.image is not None and request.mask is not None:
            image, mask = request.image, request.mask
            if size != request.size:
                image, mask = image.resize(size, Image.Resampling.LANCZOS), mask.resize(size, Image.Resampling.NEAREST)
            arguments |= {"image": image, "mask_image": mask, "strength": request.strength}
        try:
            picture: Image.Image = pipe(**arguments).images[0]
        finally:
            pipe.vae = self._full
            pipe.maybe_free_model_hooks()  # a stopped pipeline does not get there itself
        self.seconds = _seconds(began, ends, time.perf_counter())
        return picture if size == request.size else picture.resize(request.size, Image.Resampling.LANCZOS)

    def _vae(self, which: str) -> Any:
        if which == "full":
            return self._full
        if self._tiny is None:
            if self._load_tiny is None:
                raise BadInput("The tiny VAE for this model is not on this machine; choose the full one.")
            self._tiny = self._load_tiny()
            Encodings(self._tiny)
        return self._tiny

    def truncated_text(self, prompt: str) -> str:
        """The end of a prompt that is too long; see :class:`Engine`."""
        tokenizer = self._pipe.tokenizer
        tokens = tokenizer(prompt, truncation=False, verbose=False).input_ids[1:-1]
        over: str = tokenizer.decode(tokens[tokenizer.model_max_length - 2 :])
        return over

    def _preview(self, latents: Any, by_tiny: bool) -> Image.Image:
        """A guess at what ``(1, 4, h, w)`` latents will become, as far as they have come.

        Args:
            by_tiny: decode with the tiny VAE, where it is here; else linearly, which takes no time.
        """
        if by_tiny and self._load_tiny is not None:
            return preview.decoded(self._vae("tiny"), latents)
        if self._colours is None:
            self._colours = preview.latent_colours(self._pipe)
        return preview.linear(latents, self._colours)


def _seconds(began: float, ends: list[float], finished: float) -> dict[str, float]:
    """What a step and all the rest took; the first step may load and compile, so it counts among the rest."""
    if len(ends) < 2:
        return {}
    step = (ends[-1] - ends[0]) / (len(ends) - 1)
    return {"step": round(step, 3), "rest": round(finished - began - step * len(ends), 3)}


def _scheduler(name: str, own: Any) -> Any:
    """A fresh scheduler of that name with the model's noise schedule: schedulers carry state from run to run."""
    import diffusers

    entry = SCHEDULERS[name]
    kind = getattr(diffusers, entry.class_name) if entry.class_name else type(own)
    return kind.from_config(own.config, **entry.settings)
