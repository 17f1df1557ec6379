"""The real size of Stable Diffusion 1.5 inpainting through the command line: seconds and peak memory.

    python -m benchmarks.real_size [STEPS]

Builds the architecture of sd15-inpaint with random weights (what it costs to run does not depend on them), saves it as
the hub has it (safetensors, fp16 variant, 2.1 GB) into a temporary folder, and paints one background of 512 x 512.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def save_model(folder: Path) -> None:
    """Save the pipeline with random weights; the shapes are those of the published configuration files."""
    import torch
    from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionInpaintPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    from tests import tiny

    torch.set_default_dtype(torch.float16)
    unet = UNet2DConditionModel(
        sample_size=64,
        in_channels=9,
        layers_per_block=2,
        block_out_channels=(320, 640, 1280, 1280),
        cross_attention_dim=768,
        attention_head_dim=8,
    )
    vae = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=2,
        latent_channels=4,
        sample_size=512,
    )
    text = CLIPTextConfig(
        hidden_size=768, intermediate_size=3072, num_attention_heads=12, num_hidden_layers=12, projection_dim=768
    )
    pipe = StableDiffusionInpaintPipeline(
        vae=vae,
        text_encoder=CLIPTextModel(text),
        tokenizer=tiny.tokenizer(),
        unet=unet,
        scheduler=PNDMScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipe.save_pretrained(folder, safe_serialization=True, variant="fp16")


def measure(steps: int) -> dict[str, object]:
    """Build, paint, and say what it took."""
    from PIL import Image, ImageDraw

    with tempfile.TemporaryDirectory(prefix="backdrop-") as name:
        folder = Path(name)
        model = folder / "diffusers" / "sd15-inpaint"
        # In a process of its own: what building takes is not what painting takes.
        code = (
            f"from pathlib import Path; from benchmarks.real_size import save_model; save_model(Path({str(model)!r}))"
        )
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, stderr=subprocess.DEVNULL)
        weights = sum(file.stat().st_size for file in model.rglob("*.safetensors"))
        photo, mask, out = (folder / f"{what}.png" for what in ("photo", "mask", "out"))
        Image.linear_gradient("L").resize((512, 512)).convert("RGB").save(photo)
        drawn = Image.new("L", (512, 512), 0)
        ImageDraw.Draw(drawn).ellipse((150, 100, 360, 440), fill=255)
        drawn.save(mask)
        command = [sys.executable, "main.py", "background", str(photo), "--mask", f"file:{mask}", "-o", str(out)]
        command += ["--prompt", "a beach at dusk", "--num-inference-steps", str(steps), "--seed", "1", "--json"]
        where = {"BACKDROP_WEIGHTS": str(folder), "BACKDROP_DATA": str(folder / "data")}
        started = time.perf_counter()
        code = "import resource, runpy, sys; sys.argv = sys.argv[1:]\n"
        code += "try: runpy.run_path('main.py', run_name='__main__')\n"
        code += "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)"
        command[1:2] = ["-c", code, "main.py"]
        done = subprocess.run(command, check=True, cwd=ROOT, env=os.environ | where, capture_output=True, text=True)
        report = json.loads(done.stdout)
        return {
            "weights_gb": round(weights / 1e9, 2),
            "device": report["device"],
            "working_size": report["working_size"],
            "steps": report["steps"],
            "seconds_in_the_core": report["seconds"],
            "seconds_in_all": round(time.perf_counter() - started, 1),
            "peak_memory_gb": round(int(done.stderr.split()[-1]) * 1024 / 1e9, 2),
            "checks": report["checks"],
        }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 2), indent=2))
