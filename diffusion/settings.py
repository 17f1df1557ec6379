"""Settings of diffusion models: the sampling methods, and every value of a backdrop filled in.

SCHEDULERS                       sampling methods by the friendly name that recipes carry
defaults(model, speed)           what a model prefers at a speed
resolve_settings(id, **given)    every setting filled in, or a refusal in one sentence

Importable without torch and diffusers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import models
from diffusion.device import has_gpu
from errors import BadInput


@dataclass(frozen=True)
class Scheduler:
    """A sampling method: diffusers' class, the settings that make it this one, and how many steps it takes at most."""

    title: str
    help: str
    class_name: str | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    most_steps: int | None = None


SCHEDULERS: dict[str, Scheduler] = {
    "dpm++2m-karras": Scheduler(
        "DPM++ 2M Karras",
        "good pictures in 20 to 30 steps",
        "DPMSolverMultistepScheduler",
        {"use_karras_sigmas": True},
    ),
    "dpm++2m": Scheduler("DPM++ 2M", "good pictures in 20 to 30 steps", "DPMSolverMultistepScheduler"),
    "unipc": Scheduler("UniPC", "good pictures in as few as 12 steps", "UniPCMultistepScheduler"),
    "euler": Scheduler("Euler", "plain and dependable, 25 to 50 steps", "EulerDiscreteScheduler"),
    "euler-a": Scheduler(
        "Euler ancestral", "adds noise as it goes: livelier, never settles", "EulerAncestralDiscreteScheduler"
    ),
    "ddim": Scheduler("DDIM", "the classic, 30 to 50 steps", "DDIMScheduler"),
    "pndm": Scheduler(
        "PNDM", "Stable Diffusion 1.5's first; one step more than asked", "PNDMScheduler", {"skip_prk_steps": True}
    ),
    "lcm": Scheduler("LCM", "with an LCM-LoRA: 4 to 8 steps at guidance scale 1", "LCMScheduler", most_steps=50),
    "ddim-trailing": Scheduler(
        "DDIM, trailing",
        "with Hyper-SD: 4 steps at guidance scale 1",
        "DDIMScheduler",
        {"timestep_spacing": "trailing"},
    ),
    "own": Scheduler("The model's own", "whatever the model's folder says", None),
}
"""By the friendly name that recipes carry, in the order in which people see them."""


def resolve_settings(model: str | None = None, **given: Any) -> dict[str, Any]:
    """Every setting of a generated picture filled in, by the names of :class:`backdrops.GeneratedBackdrop`'s fields.

    Args:
        model: an id of the table of models, or what :func:`models.add_folder` gave; ``None`` for the best one here.
        **given: settings; ``None`` stands for the model's own preference.

    Raises:
        BadInput: no such model, a setting that it does not take, or no such scheduler.
    """
    chosen = models.denoiser(model or models.default_denoiser("background"))
    wanted = {name: value for name, value in given.items() if value is not None and name != "kind"}
    for name in wanted:
        if name not in chosen.takes:
            raise BadInput(f"The model {chosen.id} takes no {name.replace('_', ' ')}; leave it out or choose another.")
    values = {**defaults(chosen, wanted.get("speed")), **wanted}
    values["speed"] = settled_speed(chosen, values["speed"])
    scheduler = SCHEDULERS.get(values["scheduler"])
    if scheduler is None:
        raise BadInput(f"There is no scheduler {values['scheduler']!r}; choose one of {', '.join(SCHEDULERS)}.")
    if scheduler.most_steps is not None and values["num_inference_steps"] > scheduler.most_steps:
        raise BadInput(f"The scheduler {values['scheduler']} takes at most {scheduler.most_steps} steps.")
    if values["vae"] == "tiny" and models.tiny_vae(chosen) is None:
        raise BadInput(f"There is no tiny VAE for the model {chosen.id}; choose the full one.")
    return {"model": chosen.id, **values}


def defaults(model: models.Denoiser, speed: str | None = None) -> dict[str, Any]:
    """A model's preferred settings at a speed; at the one it is preset to where none is named."""
    speed = settled_speed(model, speed or default_speed(model))
    if speed == "quality":
        return {**model.defaults}
    vae = models.tiny_vae(model)
    tiny = {"vae": "tiny"} if vae and models.is_installed(vae.id) else {}
    return {**model.defaults, **models.speed_loras(model)[speed].defaults, **tiny, "speed": speed}


def default_speed(model: models.Denoiser) -> str:
    """Fast on a processor where a LoRA for it is here; else quality."""
    return "quality" if has_gpu() else _installed_speed(model) or "quality"


def settled_speed(model: models.Denoiser, speed: str) -> str:
    """A speed by its own name: ``fast`` is whichever is here, LCM before Hyper-SD.

    Raises:
        BadInput: nothing makes this model fast.
    """
    loras = models.speed_loras(model)
    if speed == "fast" and loras:
        return _installed_speed(model) or next(iter(loras))
    if speed != "quality" and speed not in loras:
        raise BadInput(f"The model {model.id} has no variant for few steps; choose the speed quality.")
    return speed


def _installed_speed(model: models.Denoiser) -> str | None:
    return next((speed for speed, lora in models.speed_loras(model).items() if models.is_installed(lora.id)), None)
