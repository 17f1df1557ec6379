"""The figures on paper: parameters, megabytes, arithmetic, and how long untrained networks of that size take here."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from training.config import LATENTS, Bucket, Settings, autoencoder, parameters, text_encoder, unet

PEAK = 700e12  # FLOP/s in bfloat16 of an H100 or H200, without sparsity, as measured by others rather than as printed
SHARES = (0.4, 0.15)
"""Of the peak: hoped for, and what small networks are more likely to reach."""
BACKWARD = 3  # a training step costs about three times the forward pass
GUIDED_STEPS = 12  # denoising steps of an edit, each at batch 2 for classifier-free guidance


def flops(call: Callable[[], Any]) -> float:
    """Floating-point operations of a call, a multiplication and an addition counted as two."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        call()
    return float(counter.get_total_flops())


def inputs(settings: Settings, bucket: Bucket, count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Random UNet input, a time and words for it."""
    height, width = bucket.latent
    return (
        torch.randn(count, 2 * LATENTS + 1, height, width),
        torch.tensor(500),
        torch.randn(count, settings.words, settings.text_width),
    )


def report(settings: Settings, measure: bool, say: Callable[[str], None] = print) -> None:
    """Say all of it, a line each."""
    nets = {"autoencoder": autoencoder(settings), "text encoder": text_encoder(settings), "UNet": unet(settings)}
    for net in nets.values():
        net.eval()
    for name, net in nets.items():
        say(f"{name}: {parameters(net) / 1e6:.2f} M parameters, {2 * parameters(net) / 1e6:.1f} MB in float16")
    say(f"all: {2 * sum(map(parameters, nets.values())) / 1e6:.1f} MB in float16")

    coder, painter = nets["autoencoder"], nets["UNet"]
    for bucket in settings.buckets:
        forward = flops(partial(painter, *inputs(settings, bucket, 1))) / 1e9
        line = f"UNet at {bucket.width} x {bucket.height}: {forward:.2f} GFLOP forward"
        if measure:
            took = _seconds(partial(painter, *inputs(settings, bucket, 2)))
            line += f"; {took:.3f} s for batch 2 here, {GUIDED_STEPS * took:.2f} s for {GUIDED_STEPS} guided steps"
        say(line)
    first = settings.buckets[0]
    picture = torch.randn(1, 3, first.height, first.width)
    latents = torch.randn(1, LATENTS, *first.latent)
    encode, decode = flops(lambda: coder.encode(picture)), flops(lambda: coder.decode(latents))
    say(
        f"autoencoder at {first.width} x {first.height}: {encode / 1e9:.1f} GFLOP to encode, "
        f"{decode / 1e9:.1f} to decode"
    )
    if measure:
        say(
            f"  {_seconds(lambda: coder.encode(picture)):.3f} s to encode, "
            f"{_seconds(lambda: coder.decode(latents)):.3f} s to decode here"
        )

    one = sum(bucket.share * flops(partial(painter, *inputs(settings, bucket, 1))) for bucket in settings.buckets)
    crop = settings.vae_crop**2 / (first.width * first.height)
    pools = -(-settings.steps // settings.pool_steps)
    work = {
        "autoencoder": BACKWARD * (encode + decode) * crop * settings.vae_steps * settings.vae_batch,
        "encoding": 2 * encode * pools * settings.pool,
        "denoiser": BACKWARD * one * settings.samples,
    }
    say(f"{settings.samples / 1e6:.2f} million samples in {pools} pools of {settings.pool} views")
    for name, amount in work.items():
        spans = ", ".join(f"{amount / PEAK / share / 60:.1f} min at {share:.0%}" for share in SHARES)
        say(f"{name}: {amount / 1e15:.1f} PFLOP, {spans} of {PEAK / 1e12:.0f} TFLOP/s")


@torch.no_grad()
def _seconds(call: Callable[[], Any]) -> float:
    """The quickest of three calls, after one that does not count."""
    call()
    spans = []
    for _ in range(3):
        begun = time.perf_counter()
        call()
        spans.append(time.perf_counter() - begun)
    return min(spans)
