"""The engine against diffusers itself, on tiny models of the real classes."""

import dataclasses
from collections import OrderedDict

import numpy as np
import pytest
from PIL import Image

import models
from diffusion import device, engine, pipelines, preview
from diffusion.settings import SCHEDULERS
from errors import Cancelled
from imaging.geometry import Size

pytestmark = pytest.mark.xdist_group("torch")

WIDTH, HEIGHT = 96, 64


def picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))


def mask(left: int) -> Image.Image:
    drawn = Image.new("L", (WIDTH, HEIGHT), 255)
    drawn.paste(0, (left, 8, left + 32, 56))
    return drawn


BASE = engine.Request(
    prompt="a beach at dusk",
    negative_prompt="people, text",
    num_inference_steps=5,
    guidance_scale=6.5,
    strength=0.9,
    scheduler="euler-a",
    size=Size(WIDTH, HEIGHT),
    seed=11,
    image=picture(1),
    mask=mask(16),
)
CHANGES = {
    "prompt": "a wood in fog",
    "negative_prompt": "sand",
    "num_inference_steps": 7,
    "guidance_scale": 3.0,
    "strength": 0.5,
    "scheduler": "ddim",
    "size": Size(HEIGHT, WIDTH),
    "seed": 12,
    "image": picture(2),
    "mask": mask(40),
}


def test_a_compiled_unet_paints_the_same_picture(tiny_models, monkeypatch, in_float32):
    """With the backend that needs no compiler: what is held here is that the pipeline runs around a compiled UNet."""
    import torch

    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tiny_models))
    monkeypatch.setenv("BACKDROP_RUNTIME", "pytorch")
    monkeypatch.setattr(engine, "_loaded", OrderedDict())
    loaded = engine.load("sd15-inpaint")
    expected = np.asarray(loaded.generate(BASE))
    pipelines.compile_unet(loaded._pipe, backend="eager")
    assert np.array_equal(np.asarray(loaded.generate(BASE)), expected)
    torch._dynamo.reset()


@pytest.mark.parametrize(
    ("asked", "where", "compiled"),
    [
        ("1", device.Device("cuda", "float16", False, ""), True),
        ("", device.Device("cuda", "float16", False, ""), False),
        ("1", device.Device("cuda", "float16", True, ""), False),
        ("1", device.Device("cpu", "float32", False, ""), False),
    ],
)
def test_the_unet_is_compiled_where_it_is_asked_for_and_fits(asked, where, compiled, monkeypatch):
    monkeypatch.setenv(device.COMPILE, asked)
    assert device.compiles(where) is compiled


def direct(id: str, request: engine.Request) -> np.ndarray:
    """The same picture from diffusers alone: its own loader, its own call, every argument by its own name."""
    import diffusers
    import torch

    folder = models.require(id)
    painter = engine.load(id)
    pipe = diffusers.DiffusionPipeline.from_pretrained(
        folder, dtype=getattr(torch, painter.device.dtype), use_safetensors=True, local_files_only=True
    )
    pipe.set_progress_bar_config(disable=True)
    chosen = {
        "euler-a": diffusers.EulerAncestralDiscreteScheduler,
        "ddim": diffusers.DDIMScheduler,
        "own": type(pipe.scheduler),
    }[request.scheduler]
    pipe.scheduler = chosen.from_config(pipe.scheduler.config)
    arguments = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt or None,
        "num_inference_steps": request.num_inference_steps,
        "guidance_scale": request.guidance_scale,
        "width": request.size.width,
        "height": request.size.height,
        "generator": torch.Generator("cpu").manual_seed(request.seed),
    }
    if request.image is not None:
        arguments |= {"image": request.image, "mask_image": request.mask, "strength": request.strength}
    return np.asarray(pipe(**arguments).images[0])


def painted(id: str, request: engine.Request) -> np.ndarray:
    return np.asarray(engine.load(id).generate(request))


@pytest.fixture(scope="module")
def base(tiny_models):
    """The base request's pixels, straight from diffusers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKDROP_WEIGHTS", str(tiny_models))
        patch.setenv("BACKDROP_RUNTIME", "pytorch")
        return direct("sd15-inpaint", BASE)


def test_the_same_pixels_as_diffusers(here, base):
    found = painted("sd15-inpaint", BASE)
    assert found.shape == (HEIGHT, WIDTH, 3)
    assert np.array_equal(found, base)


@pytest.mark.parametrize("name", CHANGES)
def test_every_argument_reaches_the_pipeline(here, base, name):
    """Dropped or swapped, an argument would leave the base's pixels or give others than diffusers does."""
    changed = dataclasses.replace(BASE, **{name: CHANGES[name]})
    if name == "size":
        changed = dataclasses.replace(changed, image=BASE.image.rotate(90, expand=True), mask=mask(16).resize((64, 96)))
    found = painted("sd15-inpaint", changed)
    assert np.array_equal(found, direct("sd15-inpaint", changed))
    if found.shape == base.shape:
        difference = float(np.abs(found.astype(int) - base).mean())
        print(f"{name}: {difference:.2f} levels on average")
        assert difference > 0.05


def test_every_argument_has_a_test():
    elsewhere = {"vae"}  # test_fast.py: diffusers' own call has no such argument
    assert set(CHANGES) | elsewhere == {field.name for field in dataclasses.fields(engine.Request)}


def test_a_model_of_sdxls_shape(here):
    request = dataclasses.replace(BASE, strength=0.99, negative_prompt="")
    assert np.array_equal(painted("sdxl-inpaint", request), direct("sdxl-inpaint", request))


def test_a_picture_from_nothing(here):
    request = dataclasses.replace(BASE, image=None, mask=None, scheduler="own")
    assert np.array_equal(painted("sd15", request), direct("sd15", request))


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_scheduler_runs_and_leaves_nothing_behind(here, name):
    request = dataclasses.replace(BASE, scheduler=name, strength=1.0)
    first = painted("sd15-inpaint", request)
    assert first.std() > 1, "an empty picture"
    assert np.array_equal(painted("sd15-inpaint", request), first)


@pytest.mark.parametrize(("memory_gb", "stay"), [(64.0, ["sd15", "sd15-inpaint"]), (1.0, ["sd15-inpaint"])])
def test_a_folder_is_loaded_once_and_stays_while_memory_is_left(here, monkeypatch, memory_gb, stay):
    loaded = []
    real = pipelines.pytorch
    monkeypatch.setattr(pipelines, "pytorch", lambda *given: loaded.append(given) or real(*given))
    monkeypatch.setattr(engine, "_loaded", OrderedDict())
    monkeypatch.setattr(device, "look", lambda: device.Machine(None, False, False, memory_gb))
    first = engine.load("sd15")
    assert engine.load("sd15") is first
    engine.load("sd15-inpaint")
    assert [id for id, _ in engine._loaded] == stay
    assert len(loaded) == 2


def test_only_safetensors_are_read(tiny_models, monkeypatch, tmp_path):
    """Even with a pickle beside them, and even if the check before it were gone."""
    import shutil

    from diffusion.device import Device

    folder = shutil.copytree(tiny_models / "diffusers" / "sd15-inpaint", tmp_path / "mine")
    (folder / "unet" / "diffusion_pytorch_model.safetensors").rename(folder / "unet" / "diffusion_pytorch_model.bin")
    with pytest.raises(OSError, match="safetensors"):
        pipelines.pytorch(folder, Device("cpu", "float32", False, ""))


def test_previews_grow_into_a_picture(here):
    seen = []
    result = engine.load("sd15-inpaint").generate(BASE, lambda *told: seen.append(told))
    steps = [(step, of) for step, of, _ in seen]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)], "int(5 steps * strength 0.9) are done"
    for _, _, small in seen:
        assert small.mode == "RGB"
        assert max(small.size) == preview.SIDE
        assert abs(small.width / small.height - result.width / result.height) < 0.02
        assert np.asarray(small).std() > 1


@pytest.mark.parametrize("at", [1, 7, 49])
def test_cancel_stops_within_one_step(here, at):
    painter = engine.load("sd15-inpaint")
    ran = []
    hook = painter._pipe.unet.register_forward_hook(lambda *_: ran.append(1))

    def stop(step, steps, preview):
        assert steps == 50
        if step == at:
            raise Cancelled("Stopped.")

    try:
        with pytest.raises(Cancelled):
            painter.generate(dataclasses.replace(BASE, num_inference_steps=50, strength=1.0), stop)
    finally:
        hook.remove()
    print(f"cancelled at step {at}: {len(ran)} steps were executed, {at + 1} are allowed")
    assert len(ran) <= at + 1
    assert np.array_equal(painted("sd15-inpaint", BASE), painted("sd15-inpaint", BASE)), "the engine is as good as new"


def test_what_a_prompt_says_too_much(here):
    painter = engine.load("sd15-inpaint")
    assert painter.truncated_text("a" * 75) == ""
    assert painter.truncated_text("a" * 75 + " bcd").strip() == "b c d".replace(" ", "")
    assert painter.truncated_text("") == ""
