"""Where a model runs: which device, at which precision, and why, in words."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Literal

from models import runtime

Kind = Literal["cuda", "mps", "cpu"]
Dtype = Literal["float32", "float16", "bfloat16"]
Runtime = Literal["PyTorch", "OpenVINO"]


@dataclass(frozen=True)
class Gpu:
    """A CUDA device: its name, compute capability (7, 5) and gigabytes free."""

    name: str
    capability: tuple[int, int]
    free_gb: float


@dataclass(frozen=True)
class Machine:
    """What there is to choose from.

    Attributes:
        gpu: the CUDA device, if any.
        mps: whether Apple's GPU can be used.
        cpu_bf16: whether the processor multiplies bfloat16 itself (AVX512-BF16 or AMX).
        memory_gb: gigabytes of main memory that are available.
    """

    gpu: Gpu | None
    mps: bool
    cpu_bf16: bool
    memory_gb: float


@dataclass(frozen=True)
class Device:
    """A decision.

    Attributes:
        kind: ``cuda``, ``mps`` or ``cpu``, as torch calls it.
        dtype: name of the torch type the weights are loaded as.
        offload: whether the model's parts wait in main memory until it is their turn.
        reason: one sentence for people.
        runtime: what computes.
    """

    kind: Kind
    dtype: Dtype
    offload: bool
    reason: str
    runtime: Runtime = "PyTorch"

    def __str__(self) -> str:
        runtime = f", {self.runtime}" if self.runtime != "PyTorch" else ""
        return f"{self.kind} {self.dtype}{', parts offloaded' if self.offload else ''}{runtime}"

    def on(self, runtime: Runtime, why: str) -> Device:
        """The same, computed by ``runtime``; ``why`` is added to the reason: a clause."""
        return replace(self, runtime=runtime, reason=f"{self.reason.removesuffix('.')}; {why}.")


def pick_device(need_gb: float) -> Device:
    """Choose for a model that needs ``need_gb`` gigabytes at half precision, its working memory included."""
    return decide(look(), need_gb)


def decide(machine: Machine, need_gb: float) -> Device:
    """The policy itself; looks at nothing but its arguments.

    bfloat16 has float32's range and cannot overflow, so it is preferred where the hardware is made for it: NVIDIA from
    Ampere (8.0) on, processors with AVX512-BF16 or AMX. Volta and Turing (7.x, such as the T4) only have float16 units;
    before them float16 is no faster than float32.
    """
    match machine:
        case Machine(gpu=Gpu() as gpu):
            capability = f"{gpu.name} (compute capability {gpu.capability[0]}.{gpu.capability[1]})"
            dtype: Dtype
            if gpu.capability >= (8, 0):
                dtype, why, need = "bfloat16", f"{capability} computes in bfloat16", need_gb
            elif gpu.capability >= (7, 0):
                dtype, why, need = "float16", f"{capability} computes in float16 and has no bfloat16", need_gb
            else:
                dtype, why, need = "float32", f"{capability} has no fast half precision", 2 * need_gb
            return _with_memory("cuda", dtype, why, need, gpu.free_gb)
        case Machine(mps=True):
            return Device("mps", "float16", False, "Apple's GPU computes in float16.")
        case Machine(cpu_bf16=True):
            why = "There is no GPU; the processor multiplies bfloat16 itself, which is quicker than float32"
            return Device("cpu", "bfloat16", False, why + _short(need_gb, machine.memory_gb))
        case _:
            why = "There is no GPU, and the processor has no bfloat16 units"
            return Device("cpu", "float32", False, why + _short(2 * need_gb, machine.memory_gb))


def _with_memory(kind: Kind, dtype: Dtype, why: str, need_gb: float, free_gb: float) -> Device:
    if free_gb >= need_gb:
        return Device(kind, dtype, False, f"{why}; {free_gb:.1f} GB are free, {need_gb:.1f} GB needed.")
    return Device(
        kind,
        dtype,
        True,
        f"{why}; only {free_gb:.1f} GB are free and {need_gb:.1f} GB needed, so the model's parts take turns.",
    )


def _short(need_gb: float, free_gb: float) -> str:
    if free_gb >= need_gb:
        return "."
    return f"; about {need_gb:.1f} GB of memory are needed and {free_gb:.1f} GB are free, so it may be very slow."


def look() -> Machine:
    """See what this machine has. Loads torch."""
    import psutil
    import torch

    gpu = None
    if torch.cuda.is_available():
        free, _ = torch.cuda.mem_get_info()
        gpu = Gpu(torch.cuda.get_device_name(), torch.cuda.get_device_capability(), free / 1e9)
    processor = torch.cpu.get_capabilities()
    return Machine(
        gpu=gpu,
        mps=torch.backends.mps.is_available(),
        cpu_bf16=bool(processor.get("avx512_bf16") or processor.get("amx_bf16")),
        memory_gb=psutil.virtual_memory().available / 1e9,
    )


def has_gpu() -> bool:
    """Whether torch is likely to find a GPU here, without loading torch: for what is preset before anything runs."""
    if platform.system() == "Darwin":
        return platform.machine() == "arm64"
    if metadata.version("torch").endswith("+cpu"):
        return False
    return (
        Path("/proc/driver/nvidia/version").exists()
        or Path(os.environ.get("SYSTEMROOT", "/"), "System32", "nvcuda.dll").exists()
    )


COMPILE = "BACKDROP_COMPILE"  # environment: 1 compiles the UNet on a CUDA device


def compiles(device: Device) -> bool:
    """Whether the UNet is compiled: on a CUDA device that holds the whole model, where :data:`COMPILE` asks for it."""
    return os.environ.get(COMPILE) == "1" and device.kind == "cuda" and not device.offload


def why_not_openvino(device: Device) -> str | None:
    """Why OpenVINO does not run a diffusion model here, as a clause; ``None`` where it does."""
    if device.kind != "cpu":
        return "OpenVINO is for processors"
    return runtime.why_not_openvino()
