"""A diffusion model at its full size on this processor: the stock call of diffusers against Backdrop's Fast.

    python -m benchmarks.cpu [--json] [--model sd1|sdxl] [--quantization none|int8] [--profile] [--agreement]

stock   diffusers' own pipeline in PyTorch: float32, guidance 7.5, 50 steps, the full VAE. A few steps are measured and
        50 extrapolated from them.
fast    Backdrop's engine: 4 steps, guidance 1, the tiny VAE to encode and to decode, a preview after each step; unless
        a quantization is named, as it is and, where the processor multiplies 8 bits, with int8. ``ratio``, ``seconds``
        and ``peak_memory_gb`` are of the quickest, whose ``precision`` is said; the rest is ``fast_otherwise``.

With --agreement both runtimes paint Fast's picture from one seed, twice, and nothing is timed.

Each runs in a process of its own that paints twice. The second picture, of other words, another photo and another seed,
is measured; so loading, imports, conversion and compiling are left out on both sides, and nothing is remembered. The
weights are random (:mod:`benchmarks.full_size`), made once and kept with what is converted from them in a cache folder
(--cache). ``peak_memory_gb`` is of the whole process, loading included. ``processor_seconds`` add up
what each core worked for it: where they are far fewer than ``seconds`` times the cores, something else ran meanwhile.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks import full_size

ROOT = Path(__file__).resolve().parent.parent
STOCK_STEPS, MEASURED_STEPS = 50, 2
FAST_STEPS = 4


def photo_and_mask(side: int, seed: int) -> tuple[Any, Any]:
    """A photo of smooth colours, and what to repaint of it: all but an ellipse."""
    import numpy as np
    from PIL import Image, ImageDraw

    colours = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    mask = Image.new("L", (side, side), 255)
    ImageDraw.Draw(mask).ellipse((side // 4, side // 5, 3 * side // 4, 7 * side // 8), fill=0)
    return Image.fromarray(colours).resize((side, side), Image.Resampling.BICUBIC), mask


def stock(family: str) -> dict[str, Any]:
    """diffusers' call as its documentation has it, in float32."""
    import diffusers
    import torch

    import models

    folder = models.require(full_size.IDS[family][0])
    pipe = diffusers.AutoPipelineForInpainting.from_pretrained(
        folder, dtype=torch.float32, variant="fp16", use_safetensors=True, local_files_only=True
    )
    pipe.set_progress_bar_config(disable=True)
    side, ends = full_size.SIDES[family], list[tuple[float, float]]()

    def after_step(_pipe: Any, _index: int, _timestep: Any, _tensors: Any) -> dict[str, Any]:
        ends.append(clocks())
        note(f"stock: {len(ends)} steps")
        return {}

    def paint(seed: int, steps: int) -> tuple[float, float]:
        ends.clear()
        image, mask = photo_and_mask(side, seed)
        began = clocks()
        pipe(
            prompt=f"a beach at dusk, number {seed}",
            image=image,
            mask_image=mask,
            width=side,
            height=side,
            num_inference_steps=steps,
            guidance_scale=7.5,
            strength=1.0,
            generator=torch.Generator("cpu").manual_seed(seed),
            callback_on_step_end=after_step,
        )
        return since(began)

    note("stock: loaded")
    note(f"stock: first picture, one step, {paint(1, 1)[0]:.1f} s")
    whole = paint(2, MEASURED_STEPS)
    note(f"stock: {whole[0]:.1f} s for {len(ends)} steps")
    step, step_busy = ((last - first) / (len(ends) - 1) for first, last in zip(ends[0], ends[-1], strict=True))
    rest, rest_busy = whole[0] - step * len(ends), whole[1] - step_busy * len(ends)
    pipe.scheduler.set_timesteps(STOCK_STEPS)
    passes = len(pipe.scheduler.timesteps)  # PNDM takes one more than it is asked for
    return {
        "seconds": rest + step * passes,
        "processor_seconds": rest_busy + step_busy * passes,
        "step": step,
        "rest": rest,
        "passes": passes,
        "extrapolated": f"{passes} passes from the {len(ends) - 1} measured after the first",
        "runtime": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads",
        "precision": "float32",
        "peak_memory_gb": peak_gb(),
    }


def fast(family: str, quantization: str) -> dict[str, Any]:
    """Backdrop's engine in few steps. The LoRA is left out: fused into the weights, it costs nothing."""
    from diffusion import compiled, engine

    side, seconds = full_size.SIDES[family], defaultdict[str, float](float)
    run = compiled.Compiled.__call__

    def timed(self: Any, *inputs: Any) -> Any:
        began = time.perf_counter()
        try:
            return run(self, *inputs)
        finally:
            name = self.file.parent.name.split("--")[1]
            previews = name == "vae_decoder" and inputs[0].shape[-1] < side // 8
            seconds["previews" if previews else name] += time.perf_counter() - began

    compiled.Compiled.__call__ = timed  # type: ignore[method-assign]
    loaded = engine.load(full_size.IDS[family][0], engine.Variant(quantization=quantization))
    steps_done: list[float] = []

    def paint(seed: int, steps: int) -> tuple[float, float]:
        seconds.clear()
        steps_done.clear()
        wanted = request(side, seed, steps)
        began = clocks()
        loaded.generate(wanted, lambda *_: steps_done.append(time.perf_counter()))
        return since(began)

    note("fast: loaded")
    note(f"fast: first picture, one step, {paint(1, 1)[0]:.1f} s with compiling")
    whole, busy = paint(2, FAST_STEPS)
    note(f"fast: {whole:.1f} s, {dict(seconds)}")
    if len(steps_done) != FAST_STEPS:
        raise AssertionError(f"{len(steps_done)} steps instead of {FAST_STEPS}")
    stages = {name: round(value, 3) for name, value in seconds.items()}
    return {
        "seconds": whole,
        "processor_seconds": busy,
        "steps": len(steps_done),
        "stages": stages | {"other": round(whole - sum(seconds.values()), 3)},
        "runtime": f"{loaded.device.runtime}, {compiled.cores()} threads",
        "precision": loaded.device.dtype if quantization == "none" else quantization,
        "reason": loaded.device.reason,
        "notes": loaded.notes,
        "peak_memory_gb": peak_gb(),
    }


def request(side: int, seed: int, steps: int) -> Any:
    """What Fast is asked for."""
    from diffusion import engine
    from imaging.geometry import Size

    image, mask = photo_and_mask(side, seed)
    return engine.Request(
        prompt=f"a beach at dusk, number {seed}",
        negative_prompt="",
        num_inference_steps=steps,
        guidance_scale=1.0,
        strength=1.0,
        scheduler="lcm",
        size=Size(side, side),
        seed=seed,
        image=image,
        mask=mask,
        vae="tiny",
    )


def picture(family: str, quantization: str) -> dict[str, Any]:
    """Fast's picture as PNG in base64, and whether the same seed gives the same one again."""
    from diffusion import engine

    loaded = engine.load(full_size.IDS[family][0], engine.Variant(quantization=quantization))
    first, again = (loaded.generate(request(full_size.SIDES[family], 2, FAST_STEPS), lambda *_: None) for _ in range(2))
    out = io.BytesIO()
    first.save(out, "PNG")
    same = first.tobytes() == again.tobytes()
    return {"runtime": str(loaded.device), "same_again": same, "png": base64.b64encode(out.getvalue()).decode()}


def agreement(cache: Path, of: tuple[str, ...]) -> dict[str, Any]:
    """How far OpenVINO's picture is from PyTorch's, in levels of 255, from the same weights and the same seed."""
    import numpy as np
    from PIL import Image

    ours, theirs = (apart(cache, "picture", *of, **chosen) for chosen in ({}, {"BACKDROP_RUNTIME": "pytorch"}))
    one, other = (
        np.asarray(Image.open(io.BytesIO(base64.b64decode(each["png"]))).convert("RGB"), np.int16)
        for each in (ours, theirs)
    )
    away = np.abs(one - other)
    return {
        "runtimes": [ours["runtime"], theirs["runtime"]],
        "mean_difference": round(float(away.mean()), 3),
        "largest_difference": int(away.max()),
        "contrast": round(float(other.std()), 1),
        "same_again": [ours["same_again"], theirs["same_again"]],
    }


def note(line: str) -> None:
    """Say how far it is, beside the results."""
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"{time.strftime('%H:%M:%S')} {line}  {load}", file=sys.stderr, flush=True)


def clocks() -> tuple[float, float]:
    """Seconds of the clock on the wall, and of all cores that this process kept busy."""
    return time.perf_counter(), time.process_time()


def since(began: tuple[float, float]) -> tuple[float, float]:
    """Both clocks' seconds since then."""
    wall, busy = clocks()
    return wall - began[0], busy - began[1]


def peak_gb() -> float:
    """The most memory this process ever had."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def profile(family: str, quantization: str) -> dict[str, float]:
    """Seconds of one UNet pass by kind of operation, as OpenVINO counts them."""
    import numpy as np
    import openvino

    import models
    from diffusion import compiled, parts

    id = full_size.IDS[family][0]
    (folder,) = parts.ensure(
        [parts.parts_of(id, models.require(id), quantization=quantization)["unet"]], lambda *_: None
    )
    core, side = openvino.Core(), full_size.SIDES[family] // 8
    model = core.read_model(folder / "model.xml")
    config = json.loads((folder / "about.json").read_text(encoding="utf-8"))["config"]
    shapes: list[tuple[int, ...]] = [(1, config["in_channels"], side, side), (), (1, 77, config["cross_attention_dim"])]
    shapes += [(1, 1280), (1, 6)][: len(model.inputs) - 3]
    model.reshape({index: list(shape) for index, shape in enumerate(shapes)})
    from diffusion.device import pick_device

    settings = compiled.settings(pick_device(0).dtype) | {"PERF_COUNT": True}
    request = core.compile_model(model, "CPU", settings).create_infer_request()
    inputs = [np.random.default_rng(0).standard_normal(shape).astype("float32") for shape in shapes]
    for _ in range(2):
        request.infer(inputs)
    kinds = defaultdict[str, float](float)
    for entry in request.profiling_info:
        kinds[f"{entry.node_type} {entry.exec_type}"] += entry.real_time.total_seconds()
    return {kind: round(value, 3) for kind, value in sorted(kinds.items(), key=lambda item: -item[1]) if value > 0.001}


def apart(cache: Path, *arguments: str, **environment: str) -> Any:
    """What a part of this benchmark finds out in a process of its own."""
    where = {"BACKDROP_WEIGHTS": str(cache / "weights"), "BACKDROP_DATA": str(cache / "data"), **environment}
    command = [sys.executable, "-m", "benchmarks.cpu", *arguments]
    done = subprocess.run(command, check=True, cwd=ROOT, env=os.environ | where, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def prepare(cache: Path, family: str) -> None:
    """Make the random weights where they are not here."""
    weights = cache / "weights"
    if not all((weights / name).is_dir() for name in _folders(family)):
        subprocess.run([sys.executable, "-m", "benchmarks.full_size", str(weights), family], check=True, cwd=ROOT)


def _folders(family: str) -> tuple[str, str]:
    model, vae = full_size.IDS[family]
    return f"diffusers/{model}", vae


def quantizations() -> tuple[str, ...]:
    """What Fast is worth measuring with: 8 bits as well where the processor has instructions for them (VNNI, AMX)."""
    import torch

    has = torch.cpu.get_capabilities()
    eight_bits = has.get("avx512_vnni") or has.get("avx_vnni") or has.get("amx_int8")
    return ("none", "int8") if eight_bits else ("none",)


def main() -> None:
    """Measure, and print what was found."""
    import platformdirs

    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument(
        "part", nargs="?", choices=("stock", "fast", "profile", "picture"), help="one part, in this process"
    )
    arguments.add_argument("--json", action="store_true", help="for a program")
    arguments.add_argument("--model", choices=tuple(full_size.IDS), default="sd1")
    arguments.add_argument(
        "--quantization", choices=("none", "int8"), help="of Fast; each that suits this processor unless given"
    )
    arguments.add_argument("--profile", action="store_true", help="also what each kind of operation takes")
    arguments.add_argument("--cache", type=Path, default=platformdirs.user_cache_path("backdrop-benchmarks"))
    arguments.add_argument("--agreement", action="store_true", help="instead, OpenVINO's picture against PyTorch's")
    given = arguments.parse_args()
    family = given.model
    wanted = (given.quantization,) if given.quantization else quantizations()
    if given.part:
        quantization = wanted[0]
        parts = {
            "stock": lambda: stock(family),
            "fast": lambda: fast(family, quantization),
            "profile": lambda: profile(family, quantization),
            "picture": lambda: picture(family, quantization),
        }
        print(json.dumps(parts[given.part]()))
        return
    cache = given.cache.resolve()
    prepare(cache, family)
    of = {each: ("--model", family, "--quantization", each) for each in wanted}
    if given.agreement:
        print(json.dumps(agreement(cache, of[wanted[0]]), indent=None if given.json else 2))
        return
    measured = [apart(cache, "fast", *of[each]) for each in wanted]
    theirs = apart(cache, "stock", *of[wanted[0]])
    ours, *others = sorted(measured, key=lambda each: each["seconds"])
    found: dict[str, Any] = {
        "ratio": round(theirs["seconds"] / ours["seconds"], 1),
        "seconds": round(ours["seconds"], 2),
        "peak_memory_gb": round(ours["peak_memory_gb"], 2),
        "model": full_size.IDS[family][0],
        "side": full_size.SIDES[family],
        "precision": ours["precision"],
        "fast": ours,
        "fast_otherwise": others,
        "stock": theirs,
    }
    if given.profile:
        found["unet_pass"] = {each: apart(cache, "profile", *of[each]) for each in wanted}
    print(json.dumps(found, indent=None if given.json else 2))


if __name__ == "__main__":
    main()
