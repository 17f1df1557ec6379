"""Before a run: how long its steps take on this machine, plain and compiled, and what the whole run comes to."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from training.autoencoder import Autoencoder
from training.config import Settings, autoencoder
from training.data import Pack
from training.denoiser import CHUNK, Denoiser

WARM_UP, TIMED = 2, 8
"""Steps that do not count, and steps that do; of the denoiser, at every size it is trained at."""


def trial(
    settings: Settings,
    pack: Pack,
    words: Any,
    device: torch.device,
    compiled: bool,
    say: Callable[[str], None] = print,
) -> float:
    """Do some steps of everything with untrained networks; say and return the minutes of the whole run.

    Args:
        settings: the run's.
        pack: the pictures, already on ``device``; one part of it will do.
        words: the tokenizer.
        device: where to train.
        compiled: whether to compile; the minutes include it once for each of the two networks.
    """

    def seconds(work: Callable[[], object]) -> float:
        _wait(device)
        begun = time.perf_counter()
        work()
        _wait(device)
        return time.perf_counter() - begun

    def steps(step: Callable[[int], object]) -> tuple[float, float]:
        first = seconds(lambda: [step(number) for number in range(WARM_UP)])
        return first, seconds(lambda: [step(WARM_UP + number) for number in range(TIMED)]) / TIMED

    coder = Autoencoder(settings, pack, settings.vae_steps, device, compiled)
    first, each = steps(coder.step)
    judged = seconds(lambda: coder.step(settings.vae_steps - 1))  # the first with the discriminator
    judged = seconds(lambda: coder.step(settings.vae_steps - 1))
    minutes = {"autoencoder": (first + settings.vae_steps * (each + judged) / 2) / 60}
    say(f"autoencoder: {first:.1f} s for the first {WARM_UP} steps, then {each:.3f} s a step, {judged:.3f} s judged")

    few = replace(settings, pool=CHUNK * len(settings.buckets))
    painter = Denoiser(
        few, pack, autoencoder(settings).eval().requires_grad_(False), words, settings.steps, device, compiled
    )
    painter.pool(-2)  # the first encoding is slower
    spent = seconds(lambda: painter.pool(0))
    views = sum(len(ready.target) for ready in painter.pool(0))
    pools = -(-settings.steps // settings.pool_steps)
    minutes["encoding"] = pools * settings.pool * spent / views / 60
    say(f"encoding: {1000 * spent / views:.2f} ms a view")
    total = 0.0
    for bucket, ready in zip(settings.buckets, painter.pool(0), strict=True):
        first, each = steps(lambda number, ready=ready: painter.learn(ready, number))  # type: ignore[misc]
        total += first + bucket.share * settings.steps * each
        say(
            f"denoiser at {bucket.width} x {bucket.height}: {first:.1f} s for the first {WARM_UP} steps, "
            f"then {each:.3f} s a step"
        )
    minutes["denoiser"] = total / 60
    whole = sum(minutes.values())
    parts = ", ".join(f"{name} {value:.1f}" for name, value in minutes.items())
    say(f"the whole run, {'compiled' if compiled else 'plain'}: {whole:.1f} minutes ({parts})")
    return whole


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
