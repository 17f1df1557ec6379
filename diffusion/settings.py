"""Settings of diffusion models: the sampling methods, and every value of a backdrop filled in.

SCHEDULERS                       sampling methods by the friendly name that recipes carry
resolve_settings(id, **given)    every setting filled in, or a refusal in one sentence

Importable without torch and diffusers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import models
from errors import BadInput


@dataclass(frozen=True)
class Scheduler:
    """A sampling method: diffusers' class, and the settings that make it this one."""

    title: str
    help: str
    class_name: str | None
    settings: Mapping[str, Any] = field(default_factory=dict)


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
    values = {**chosen.defaults, **wanted}
    if values["scheduler"] not in SCHEDULERS:
        raise BadInput(f"There is no scheduler {values['scheduler']!r}; choose one of {', '.join(SCHEDULERS)}.")
    return {"model": chosen.id, **values}
