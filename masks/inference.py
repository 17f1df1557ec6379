"""Runs ONNX networks on the processor: by OpenVINO where that multiplies bfloat16 itself, else by onnxruntime.

A pass of u2netp takes 0.05 s by OpenVINO and 0.20 s by onnxruntime on two cores with AMX, 0.12 and 0.25 s with
AVX512-BF16; on others OpenVINO is no quicker, and takes longer to load. ``docs/masks.md`` says what bfloat16 does to
masks.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models import places, runtime

log = logging.getLogger("backdrop.masks")

Floats = npt.NDArray[np.float32]
Run = Callable[[Floats], Floats]


def load(id: str, model: Path | bytes, spins: bool = False) -> Run:
    """The function that a network is, from its only input to its first output; for one thread at a time.

    Args:
        id: of the weights; what OpenVINO made of them is kept under it in the data folder.
        model: ONNX.
        spins: whether onnxruntime's threads wait for each other in a loop: quicker by a fifth for a network of many
            small steps, but they take the cores from other work.
    """
    if runtime.multiplies_bfloat16() and runtime.why_not_openvino() is None:
        return by_openvino(id, model.read_bytes() if isinstance(model, Path) else model)
    return by_onnxruntime(model, spins)


def by_onnxruntime(model: Path | bytes, spins: bool = False) -> Run:
    """In float32. Planned ahead, U²-Net's activations take 0.5 GB instead of 0.3, and no less time."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.enable_mem_pattern = spins
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spins)))
    source = str(model) if isinstance(model, Path) else model
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda values: np.asarray(session.run(None, {name: values})[0])


def by_openvino(id: str, model: bytes) -> Run:
    """In bfloat16 where the processor has it. Compiling takes half a second to one, so the result is kept on disk."""
    import openvino

    core = openvino.Core()
    settings: dict[str, Any] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "bf16",
        "ENABLE_CPU_PINNING": False,  # other work may run meanwhile
    }
    seen = f"openvino {metadata.version('openvino')}, {core.get_property('CPU', 'FULL_DEVICE_NAME')}"
    digest = hashlib.sha256(model + seen.encode()).hexdigest()[:16]
    prefix = f"{places.converted_name(id)}--onnx--"
    kept = places.converted() / f"{prefix}{digest}.blob"
    try:
        compiled = core.import_model(kept.read_bytes(), "CPU", settings)
    except (OSError, RuntimeError):  # not here, or damaged
        compiled = core.compile_model(core.read_model(io.BytesIO(model)), "CPU", settings)
        _keep(kept, compiled.export_model().getvalue(), prefix)
    request = compiled.create_infer_request()
    return lambda values: np.array(request.infer([values], share_inputs=True)[0])


def _keep(path: Path, data: bytes, prefix: str) -> None:
    """Write what was compiled, and delete what was of earlier versions; not where the folder cannot be written to."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)
        for old in set(path.parent.glob(f"{prefix}*")) - {path}:  # also what a process left that was ended meanwhile
            old.unlink(missing_ok=True)
    except OSError as error:
        log.info("%s is compiled in each process: %s", path.name, error)
    finally:
        with suppress(OSError):
            part.unlink()
