"""What a picture of a diffusion model will take, from what this machine was measured at."""

import json

import pytest

import models
from backdrops import GeneratedBackdrop
from benchmarks import full_size
from diffusion import bench, engine, expected
from diffusion.settings import defaults
from imaging.geometry import Size

pytestmark = pytest.mark.xdist_group("torch")

MODEL = models.denoiser("sd15-inpaint")
SETTINGS = {**MODEL.defaults, "vae": "full", "speed": "quality"}


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BACKDROP_DATA", str(tmp_path))
    return tmp_path


def seconds(**changes):
    return expected.seconds(MODEL, {**SETTINGS, **changes}, with_photo=True)


def test_nothing_is_promised_before_anything_is_measured(data_folder):
    assert seconds() is None
    expected.keep_bench(0.2)
    assert seconds().source == "bench"
    kept = json.loads((data_folder / "speed.json").read_text())
    for damaged in (json.dumps(kept | {"machine": "another"}), "[]", "{", json.dumps({"machine": kept["machine"]})):
        (data_folder / "speed.json").write_text(damaged)
        assert seconds() is None


def test_a_guided_step_of_the_native_size_takes_what_it_took():
    expected.remember(MODEL, "none", Size(512, 512), guided=True, step=8.0)
    found = seconds(guidance_scale=7.5, num_inference_steps=26, strength=1.0)
    less = seconds(guidance_scale=7.5, num_inference_steps=25, strength=1.0)
    assert found.seconds - less.seconds == pytest.approx(8, rel=0.01)
    assert found.source == "pictures"
    unguided = seconds(guidance_scale=1.0, num_inference_steps=52, strength=1.0)
    assert unguided.seconds == pytest.approx(found.seconds)
    halved = seconds(guidance_scale=7.5, num_inference_steps=52, strength=0.5)
    assert halved.seconds == pytest.approx(found.seconds)
    larger = seconds(guidance_scale=7.5, num_inference_steps=26, strength=1.0, width=1024)
    assert larger.seconds == pytest.approx(2 * found.seconds)
    fast = {**defaults(MODEL, "lcm"), "vae": "tiny", "strength": 1.0}
    assert seconds(**fast).seconds < found.seconds / 10
    assert seconds(quantization="int8") is None, "8 bits run at another speed"


def test_one_slow_picture_does_not_count_for_much():
    for step in (2.0, 2.0, 60.0, 2.0, 2.0):
        expected.remember(MODEL, "none", Size(512, 512), guided=False, step=step)
    one = seconds(guidance_scale=1.0, num_inference_steps=2, strength=1.0)
    other = seconds(guidance_scale=1.0, num_inference_steps=1, strength=1.0)
    assert one.seconds - other.seconds == pytest.approx(2, rel=0.01)


def test_a_picture_leaves_its_speed_behind(tiny_models, monkeypatch):
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tiny_models))
    monkeypatch.setenv("BACKDROP_RUNTIME", "pytorch")
    backdrop = GeneratedBackdrop.of("sd15", prompt="a beach", num_inference_steps=3, width=128, height=128)
    list(backdrop.whole_images(1, lambda _: None))
    step = engine.load("sd15").seconds["step"]
    model = models.denoiser("sd15")
    settings = {name: getattr(backdrop, name) for name in expected.SETTINGS}
    more, fewer = (
        expected.seconds(model, {**settings, "num_inference_steps": steps}, with_photo=False) for steps in (9, 8)
    )
    assert more.source == "pictures"
    assert more.seconds - fewer.seconds == pytest.approx(step, rel=0.05)


@pytest.mark.parametrize("runtime", ["openvino", "pytorch"])
def test_the_bench_measures_and_keeps(runtime, monkeypatch):
    monkeypatch.setenv("BACKDROP_RUNTIME", runtime)
    monkeypatch.setattr(bench, "WIDTHS", (32, 64))
    monkeypatch.setattr(bench, "LATENTS", 8)
    found = bench.measure()
    assert 0 < found["tflops"] == pytest.approx(expected.kept_bench(), abs=0.001)
    assert ("OpenVINO" in found["device"]) == (runtime == "openvino")


@pytest.mark.parametrize("family", ["sd1", "sdxl"])
def test_operations_are_those_of_the_published_architectures(family):
    import torch
    from diffusers import AutoencoderTiny
    from torch.utils.flop_counter import FlopCounterMode

    side = 64 if family == "sd1" else 128
    with torch.device("meta"):
        unet, vae, tiny_vae = full_size.unet(family), full_size.vae(family), AutoencoderTiny()
        latents, pixels = torch.empty(1, 4, 64, 64), torch.empty(1, 3, 512, 512)
        text = torch.empty(1, 77, unet.config.cross_attention_dim)
        more = {"text_embeds": torch.empty(1, 1280), "time_ids": torch.empty(1, 6)}
        seen, timestep = torch.empty(1, 9, side, side), torch.tensor(500.0)

    def tflop_per_megapixel(run, side=512):
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            run()
        return counter.get_total_flops() / 1e12 / (side * side / 1e6)

    found = [
        tflop_per_megapixel(lambda: unet(seen, timestep, text, added_cond_kwargs=more), side * 8),
        tflop_per_megapixel(lambda: vae.decode(latents)),
        tflop_per_megapixel(lambda: vae.encode(pixels)),
        tflop_per_megapixel(lambda: tiny_vae.decode(latents)),
        tflop_per_megapixel(lambda: tiny_vae.encode(pixels)),
    ]
    told = [expected.PASS[family], expected.DECODE, expected.ENCODE, expected.TINY_DECODE, expected.TINY_ENCODE]
    assert found == pytest.approx(told, rel=0.01)
