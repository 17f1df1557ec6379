"""The process that converts a diffusion model's networks for OpenVINO: ``python -m diffusion.convert``.

:func:`diffusion.parts.ensure` starts it; the memory it takes is given back when it ends.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

from diffusion.parts import Part
from models import places

TOLERANCE = 0.01  # of the answers' root mean square


def convert(part: Part) -> None:
    """Convert one network in this process; its folder appears when it is complete."""
    target = part.target
    work = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        if part.quantization == "int8":
            from diffusion import quantize

            about = quantize.int8(part, work / "model.xml")
        else:
            about = {"config": _save(part, work / "model.xml")}
        (work / "about.json").write_text(json.dumps(about, indent=2, default=str), encoding="utf-8")
        os.replace(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    for old in places.converted().glob(f"{part.prefix}*"):
        if old != target:
            shutil.rmtree(old, ignore_errors=True)


def _save(part: Part, file: Path) -> dict[str, Any]:
    """Write the network's OpenVINO files, weights as 16-bit floats; return its configuration."""
    import openvino
    import torch

    from diffusion import tracing

    network, example = tracing.network(part)
    config: Any = network.config
    with torch.no_grad():
        answers = network(*example)
        model = openvino.convert_model(network, example_input=example)
    openvino.save_model(model, file, compress_to_fp16=True)
    del network, model  # or the check would need room for the weights a second time
    _check(file.parent, example, answers if isinstance(answers, tuple) else (answers,))
    return dict(config)


def _check(folder: Path, example: tuple[Any, ...], expected: tuple[Any, ...]) -> None:
    """Hold the saved network to the original's answers: beyond 16-bit weights' rounding, something went wrong."""
    from diffusion.compiled import Compiled

    for found, answer in zip(Compiled(folder, "float32")(*example), expected, strict=True):
        away = (found - answer).square().mean().sqrt()
        if not away <= TOLERANCE * answer.square().mean().sqrt():
            raise ValueError(f"its answers differ from PyTorch's by {float(away):.2g} (RMS)")


def main() -> None:
    """Convert the parts that the only argument lists as JSON; the last line of standard error says what went wrong."""
    warnings.simplefilter("ignore")
    try:
        for part in json.loads(sys.argv[1]):
            convert(Part(**part))
    except Exception as error:
        traceback.print_exc()
        first = str(error).strip().split("\n")[0]
        print(f"{type(error).__name__}: {first}" if first else type(error).__name__, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
