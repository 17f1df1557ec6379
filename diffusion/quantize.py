"""A UNet with 8-bit weights and activations, by nncf's post-training quantization.

It is calibrated on what the unquantized UNet is given while the pipeline paints a few pictures.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from diffusion import pipelines
from diffusion.parts import Part, calibrated_by
from models import layouts

PROMPTS = (
    "on a wooden table in a sunny kitchen, soft light, photo",
    "a beach at dusk, gentle waves, warm low sun",
    "a wet street at night, neon signs, cinematic photo",
)
STEPS = 4  # a prompt's passes, from pure noise to the picture


def int8(part: Part, file: Path) -> dict[str, Any]:
    """Quantize a UNet into ``file``.

    Returns:
        Its configuration, and ``difference``: root mean square of how far its predictions are from the unquantized
        network's, as a share of theirs, over passes it was not calibrated on.
    """
    import nncf
    import openvino

    networks = {name: each.target for name, each in calibrated_by(part).items()}
    passes = _passes(Path(part.folder), networks)
    calibration, held_out = passes[STEPS:], passes[:STEPS]
    model = openvino.Core().read_model(networks["unet"] / "model.xml")
    model.reshape({index: list(value.shape) for index, value in enumerate(passes[0])})
    quantized = nncf.quantize(
        model,
        nncf.Dataset(calibration, lambda inputs: dict(enumerate(inputs))),
        subset_size=len(calibration),
        preset=nncf.QuantizationPreset.MIXED,
        model_type=nncf.ModelType.TRANSFORMER,
        advanced_parameters=nncf.AdvancedQuantizationParameters(
            disable_bias_correction=True,
            smooth_quant_alphas=nncf.AdvancedSmoothQuantParameters(matmul=-1, convolution=-1),
        ),
    )
    difference = _difference(model, quantized, held_out)
    loose: dict[int, Any] = {
        index: [
            -1 if number in (0, 2, 3) and len(value.shape) == 4 else size for number, size in enumerate(value.shape)
        ]
        for index, value in enumerate(passes[0])
    }
    for index, value in enumerate(passes[0]):
        if len(value.shape) in (2, 3):
            loose[index] = [-1, *value.shape[1:]]
    quantized.reshape(loose)
    openvino.save_model(quantized, file)
    about = layouts.read_json(networks["unet"] / "about.json")
    return about | {"difference": round(difference, 4)}


def _passes(folder: Path, networks: dict[str, Path]) -> list[tuple[Any, ...]]:
    """What the UNet is given, pass by pass."""
    import torch
    from PIL import Image

    pipe = pipelines.openvino(folder, networks, "float32")
    seen: list[tuple[Any, ...]] = []
    pipe.unet.watch = lambda inputs: seen.append(tuple(value.numpy() for value in inputs))
    side = layouts.native_side(folder)
    arguments: dict[str, Any] = {}
    if layouts.pipeline(folder).endswith("InpaintPipeline"):
        mask = Image.new("L", (side, side), 255)
        mask.paste(0, (side // 4, side // 4, 3 * side // 4, side))
        arguments = {"image": Image.new("RGB", (side, side), (128, 128, 128)), "mask_image": mask, "strength": 1.0}
    for seed, prompt in enumerate(PROMPTS):
        pipe(
            prompt,
            num_inference_steps=STEPS,
            guidance_scale=1.0,
            width=side,
            height=side,
            generator=torch.Generator("cpu").manual_seed(seed),
            output_type="latent",
            **arguments,
        )
    return seen


def _difference(model: Any, quantized: Any, passes: list[tuple[Any, ...]]) -> float:
    import openvino

    core = openvino.Core()
    one, other = (core.compile_model(each, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}) for each in (model, quantized))
    expected = np.concatenate([one(list(inputs))[0].ravel() for inputs in passes])
    found = np.concatenate([other(list(inputs))[0].ravel() for inputs in passes])
    return float(np.sqrt(((expected - found) ** 2).mean() / (expected**2).mean()))
