"""What is given up, one thing after the other, when a picture does not fit into a device's memory."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

from diffusion.device import Device
from errors import StudioError
from imaging.geometry import Size

SMALLER = 0.75  # of each side, each time nothing else is left
SMALLEST = 256  # pixels; below that a model paints nothing recognisable
_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "bad allocation")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a device, or the machine, had no memory left; frameworks say so by several errors."""
    named = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    return named or (isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS))


class Savings:
    """Saves memory step by step: tiles and slices in the VAE, parts that take turns on the device, a smaller size.

    What was given up stays so for as long as the pipeline is loaded.

    Attributes:
        notes: what was given up, in sentences for people.
    """

    def __init__(self, pipe: Any, device: Device) -> None:
        self.notes: list[str] = []
        self._scale = 1.0
        self._steps: list[tuple[str, Callable[[], None]]] = []
        if device.runtime == "PyTorch":
            self._steps.append(("its VAE worked in tiles", lambda: _tile(pipe)))
        if device.kind == "cuda" and not device.offload:
            self._steps.append(("its parts took turns on the GPU", pipe.enable_model_cpu_offload))

    def size(self, wanted: Size) -> Size:
        """The size to paint at, multiples of 8."""
        if self._scale == 1:
            return wanted
        return Size(*(max(8, round(side * self._scale / 8) * 8) for side in wanted))

    def save(self, wanted: Size, error: BaseException) -> None:
        """Give the next thing up.

        Raises:
            StudioError: nothing is left to give up.
        """
        _release()
        if self._steps:
            what, act = self._steps.pop(0)
            act()
        elif min(self.size(wanted)) * SMALLER >= SMALLEST:
            self._scale *= SMALLER
            what = "the picture was painted at {} x {} pixels and enlarged".format(*self.size(wanted))
        else:
            raise StudioError(
                "There is not enough memory for this picture, even in small: close other programs, or choose a "
                "smaller model."
            ) from error
        self.notes.append(f"Memory was short, so {what}.")


def _tile(pipe: Any) -> None:
    for name in ("enable_tiling", "enable_slicing"):
        if hasattr(pipe.vae, name):
            getattr(pipe.vae, name)()


def _release() -> None:
    """Give back what the broken-off attempt held."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
