"""Whether OpenVINO may run networks on this machine's processor, and what that multiplies itself."""

from __future__ import annotations

import functools
import importlib.util
import os
from pathlib import Path

RUNTIME = "BACKDROP_RUNTIME"  # environment: pytorch leaves OpenVINO out


def why_not_openvino() -> str | None:
    """Why OpenVINO runs nothing here, as a clause; ``None`` where it does."""
    if os.environ.get(RUNTIME, "").lower() == "pytorch":
        return f"{RUNTIME} asks for PyTorch"
    if importlib.util.find_spec("openvino") is None:
        return "OpenVINO, which is quicker, is not installed (requirements-cpu.txt)"
    return None


@functools.cache
def multiplies_bfloat16() -> bool:
    """Whether the processor multiplies bfloat16 itself (AMX or AVX512-BF16), as Linux names its abilities."""
    try:
        abilities = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return False
    return not {"amx_bf16", "avx512_bf16"}.isdisjoint(abilities)
