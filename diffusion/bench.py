"""How fast this machine runs a diffusion model, measured in less than a minute without any model's files."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from diffusion import expected
from diffusion.device import Device, pick_device, why_not_openvino

LATENTS = 64  # the side of a picture of 512 pixels
WIDTHS = (320, 640)  # of the two outermost levels of Stable Diffusion 1.5's UNet
MOST_SECONDS = 20.0  # of passes
MOST_PASSES = 5


def measure() -> dict[str, Any]:
    """Measure and keep how many TFLOP a second the runtime does on layers of Stable Diffusion 1.5's widths.

    The network is the two outermost levels of that UNet, with random weights: convolutions and attention at the sizes
    where most of a pass's time goes.
    """
    import diffusers
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    torch.manual_seed(0)
    kind: Any = diffusers.UNet2DConditionModel
    arguments: dict[str, Any] = {
        "in_channels": 9,
        "block_out_channels": WIDTHS,
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "layers_per_block": 1,
        "cross_attention_dim": 768,
        "attention_head_dim": 8,
    }
    inputs = (torch.randn(1, 9, LATENTS, LATENTS), torch.tensor(500.0), torch.randn(1, 77, 768))
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        kind(**arguments)(*(torch.empty_like(value, device="meta") for value in inputs))
    unet = kind(**arguments).eval()
    device = pick_device(0)
    with tempfile.TemporaryDirectory(prefix="backdrop-") as folder:
        if why_not_openvino(device) is None:
            device = device.on("OpenVINO", "OpenVINO runs it")
            run = _by_openvino(unet, inputs, device, Path(folder))
        else:
            run = _by_pytorch(unet, inputs, device)
        took = _shortest(run)
    speed = counter.get_total_flops() / 1e12 / took
    expected.keep_bench(speed)
    return {"device": str(device), "tflops": round(speed, 3), "machine": expected.machine()}


def _by_openvino(unet: Any, inputs: tuple[Any, ...], device: Device, folder: Path) -> Callable[[], object]:
    import openvino
    import torch

    from diffusion import compiled, tracing

    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch.jit.trace's deprecation, which is OpenVINO's affair
        model = openvino.convert_model(tracing.UNet(unet), example_input=inputs)
    openvino.save_model(model, folder / "model.xml", compress_to_fp16=True)
    network = compiled.Compiled(folder, device.dtype)
    return lambda: network(*inputs)


def _by_pytorch(unet: Any, inputs: tuple[Any, ...], device: Device) -> Callable[[], object]:
    import torch

    dtype = getattr(torch, device.dtype)
    unet.to(device.kind, dtype)
    there = [value.to(device.kind, dtype) for value in inputs]

    def run() -> object:
        with torch.no_grad():
            return unet(*there, return_dict=False)[0].float().sum().item()  # waits for a GPU

    return run


def _shortest(run: Callable[[], object]) -> float:
    """Seconds of the quickest of some passes, the first left out: what else the machine does only makes them longer."""
    run()
    times: list[float] = []
    while len(times) < MOST_PASSES and (not times or sum(times) + times[-1] < MOST_SECONDS):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)
