"""OpenVINO, few steps and the tiny VAE, on tiny models of the real classes."""

import dataclasses
import shutil
from collections import OrderedDict

import numpy as np
import pytest
import tiny
from test_engine import BASE

import models
from backdrops import GeneratedBackdrop
from diffusion import engine, lora
from errors import BadInput, MissingWeights, StudioError
from imaging.geometry import Size

pytestmark = pytest.mark.xdist_group("torch")

AGREEMENT = 3  # of 255: how far a pixel may be from PyTorch's, by 16-bit weights and another order of sums
FAST = dataclasses.replace(
    BASE, num_inference_steps=4, guidance_scale=1.0, strength=1.0, scheduler="ddim-trailing", vae="tiny"
)


@pytest.fixture(scope="module")
def fast_models(tiny_models, tmp_path_factory):
    """A tiny model with its LoRA and tiny VAE beside it."""
    folder = tmp_path_factory.mktemp("fast")
    shutil.copytree(tiny_models / "diffusers" / "sd15-inpaint", folder / "diffusers" / "sd15-inpaint")
    tiny.save_lora(folder / "hyper-sd15-4steps" / "lora.safetensors", folder / "diffusers" / "sd15-inpaint")
    tiny.save_tiny_vae(folder / "taesd")
    return folder


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """A data folder that keeps what is converted from test to test."""
    return tmp_path_factory.mktemp("converted")


@pytest.fixture
def fast(fast_models, converted, monkeypatch):
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(fast_models))
    monkeypatch.setenv("BACKDROP_DATA", str(converted))
    monkeypatch.setattr(engine, "_loaded", OrderedDict())
    return fast_models


def on(runtime, monkeypatch):
    monkeypatch.setenv("BACKDROP_RUNTIME", runtime)
    engine._loaded.clear()


def pixels(id, request, variant=engine.Variant(), seen=None):
    loaded = engine.load(id, variant, lambda *told: seen.append(told) if seen is not None else None)
    return np.asarray(loaded.generate(request)).astype(int)


def test_openvino_gives_pytorchs_picture_and_keeps_what_it_converted(fast, monkeypatch, converted, in_float32):
    """Guided with the full VAE, and in few steps with the tiny one; sides that no halving fits."""
    id, variant = "sd15-inpaint", engine.Variant("hyper-sd15-4steps")
    requests = (BASE, FAST, dataclasses.replace(FAST, size=Size(104, 72)))
    on("pytorch", monkeypatch)
    expected = [pixels(id, request, variant) for request in requests]
    on("openvino", monkeypatch)
    told = []
    for request, picture in zip(requests, expected, strict=True):
        found = pixels(id, request, variant, told)
        away = np.abs(found - picture)
        print(f"{away.max()} of 255 at most, {away.mean():.3f} on average")
        assert engine.load(id, variant).device.runtime == "OpenVINO"
        assert away.max() <= AGREEMENT
        assert picture.std() > 1
        assert np.array_equal(pixels(id, request, variant), found), "the same seed gives the same picture"
    assert told, "it was converted"
    engine._loaded.clear()
    told.clear()
    pixels(id, FAST, variant, told)
    assert not told, "everything was converted before"
    names = {path.name.rpartition("--")[0] for path in (converted / "converted").iterdir() if path.is_dir()}
    assert "sd15-inpaint--vae_decoder--plain--none" in names
    assert "sd15-inpaint--unet--hyper-sd15-4steps--none" in names
    models.remove("hyper-sd15-4steps")
    assert not list((converted / "converted").glob("*hyper-sd15-4steps*"))


def test_a_fused_lora_is_its_formula(fast):
    """W + alpha / rank * up @ down, for linear layers and convolutions."""
    from diffusers import UNet2DConditionModel
    from safetensors.torch import load_file

    file = fast / "hyper-sd15-4steps" / "lora.safetensors"
    unet = UNet2DConditionModel.from_pretrained(fast / "diffusers" / "sd15-inpaint", subfolder="unet")
    before = {name: value.clone() for name, value in unet.state_dict().items()}
    lora.fuse(unet, file)
    tensors = load_file(file)
    changed = 0
    for name, value in unet.state_dict().items():
        key = "lora_unet_" + name.removesuffix(".weight").replace(".", "_")
        expected = before[name]
        if (up := tensors.get(f"{key}.lora_up.weight")) is not None and name.endswith(".weight"):
            down, alpha = tensors[f"{key}.lora_down.weight"], tensors[f"{key}.alpha"]
            expected = expected + (alpha / down.shape[0] * up.flatten(1) @ down.flatten(1)).reshape(value.shape)
            changed += 1
        assert np.allclose(value, expected, atol=1e-5), name
    assert changed == len(tensors) // 3 > 10


def test_a_lora_of_another_model_is_refused(fast, tiny_models):
    from diffusers import UNet2DConditionModel

    other = UNet2DConditionModel.from_pretrained(tiny_models / "diffusers" / "sdxl-inpaint", subfolder="unet")
    with pytest.raises(BadInput, match="does not fit this model"):
        lora.fuse(other, fast / "hyper-sd15-4steps" / "lora.safetensors")


def test_fast_is_preset_on_a_processor_where_it_is_here(fast, monkeypatch):
    monkeypatch.setattr("diffusion.settings.has_gpu", lambda: False)
    made = GeneratedBackdrop.of("sd15-inpaint", prompt="a beach")
    assert (made.speed, made.num_inference_steps, made.guidance_scale, made.vae) == ("hyper", 4, 1, "tiny")
    assert made.scheduler == "ddim-trailing"
    assert GeneratedBackdrop.of("sd15-inpaint", prompt="a beach", speed="fast") == made
    slow = GeneratedBackdrop.of("sd15-inpaint", prompt="a beach", speed="quality")
    assert (slow.num_inference_steps, slow.scheduler, slow.vae) == (25, "dpm++2m-karras", "full")
    monkeypatch.setattr("diffusion.settings.has_gpu", lambda: True)
    assert GeneratedBackdrop.of("sd15-inpaint", prompt="a beach") == slow
    with pytest.raises(BadInput, match="no variant for few steps"):
        GeneratedBackdrop.of("sd2-inpaint", prompt="a beach", speed="fast")
    with pytest.raises(MissingWeights, match="models pull lcm-lora-sdv1-5"):
        GeneratedBackdrop.of("sd15-inpaint", prompt="a beach", speed="lcm").require("background")


def test_nothing_is_computed_twice_for_pictures_of_one_job(fast, monkeypatch):
    """Prompts and the photo are encoded once; without guidance there is one pass a step."""
    loaded = engine.load("sd15-inpaint")
    count = {"text": 0, "vae": 0, "unet": 0}

    def counted(name):
        def hook(*_):
            count[name] += 1

        return hook

    pipe = loaded._pipe
    pipe.text_encoder.register_forward_hook(counted("text"))
    pipe.vae.encoder.register_forward_hook(counted("vae"))
    pipe.unet.register_forward_pre_hook(lambda _, inputs: count.update(batch=len(inputs[0])))
    plain = dataclasses.replace(BASE, guidance_scale=1.0, strength=1.0)
    first, second = (loaded.generate(dataclasses.replace(plain, seed=seed)) for seed in (1, 2))
    assert (count["text"], count["vae"], count["batch"]) == (1, 1, 1)
    assert not np.array_equal(np.asarray(first), np.asarray(second))
    monkeypatch.setattr(engine, "_loaded", OrderedDict())
    alone = engine.load("sd15-inpaint").generate(dataclasses.replace(plain, seed=2))
    assert np.array_equal(np.asarray(alone), np.asarray(second)), "remembered or not, the picture is the same"


def test_where_memory_is_short_something_is_given_up_and_told(fast, monkeypatch):
    import torch

    loaded = engine.load("sd15-inpaint")
    real, sizes = loaded._pipe.unet.forward, []

    def forward(sample, *rest, **more):
        sizes.append(tuple(sample.shape[2:]))
        if len(sizes) <= 2:
            raise torch.OutOfMemoryError("out of memory")
        return real(sample, *rest, **more)

    monkeypatch.setattr("diffusion.memory.SMALLEST", 32)
    monkeypatch.setattr(loaded._pipe.unet, "forward", forward)
    picture = loaded.generate(BASE)
    assert picture.size == tuple(BASE.size)
    assert sizes[:3] == [(8, 12), (8, 12), (6, 9)]
    assert [note.split(", so ")[1] for note in loaded.notes] == [
        "its VAE worked in tiles.",
        "the picture was painted at 72 x 48 pixels and enlarged.",
    ]
    monkeypatch.setattr("diffusion.memory.SMALLEST", 64)
    sizes.clear()
    with pytest.raises(StudioError, match="not enough memory"):
        loaded.generate(BASE)
