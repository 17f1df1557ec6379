"""Settings of diffusion models, and folders of one's own; no test here needs torch."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import models
from backdrops import GeneratedBackdrop
from diffusion.settings import SCHEDULERS
from errors import BadInput, MissingWeights


@pytest.fixture
def empty(monkeypatch, tmp_path):
    """A machine with nothing on it."""
    monkeypatch.setenv("BACKDROP_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path / "weights"))
    return tmp_path


def make_folder(folder: Path, class_name="StableDiffusionInpaintPipeline", weights="safetensors", **more) -> Path:
    """A folder of a diffusers model's shape, with empty weights; ``more`` goes into its index."""
    index = {
        "_class_name": class_name,
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
        "scheduler": ["diffusers", "PNDMScheduler"],
        **more,
    }
    for part in ("unet", "vae", "text_encoder"):
        (folder / part).mkdir(parents=True)
        name = "model" if part == "text_encoder" else "diffusion_pytorch_model"
        (folder / part / f"{name}.{weights}").write_bytes(b"")
    (folder / "unet" / "config.json").write_text(json.dumps({"sample_size": 64, "in_channels": 9}))
    (folder / "vae" / "config.json").write_text(json.dumps({"block_out_channels": [1, 2, 4, 4]}))
    (folder / "model_index.json").write_text(json.dumps(index))
    return folder


@pytest.mark.parametrize("model", models.denoisers().values(), ids=models.denoisers())
def test_every_entry_is_whole(model):
    assert re.fullmatch(r"[0-9a-f]{40}", model.folder.revision)
    assert model.licence_url.startswith("https://")
    assert model.size > 1e9
    assert model.native_side % 8 == 0
    assert model.tasks
    assert model.defaults["scheduler"] in SCHEDULERS
    assert model.takes <= set(GeneratedBackdrop.model_fields)
    made = GeneratedBackdrop.of(model.id, prompt="a beach")
    assert None not in (made.num_inference_steps, made.guidance_scale, made.scheduler)
    patterns = model.folder.files
    assert f"unet/diffusion_pytorch_model{'.fp16' if model.variant else ''}.safetensors" in patterns


def test_what_is_given_stands_and_the_rest_is_the_models_own():
    made = GeneratedBackdrop.of("sdxl-inpaint", prompt=" a beach ", guidance_scale=3, width=768, strength=None)
    assert (made.prompt, made.guidance_scale, made.width, made.strength) == ("a beach", 3, 768, 0.99)


@pytest.mark.parametrize(
    ("model", "given", "says"),
    [
        ("sd99", {}, "choose one of sd15-inpaint"),
        ("folder:0123456789abcdef", {}, "Name that folder"),
        ("sd15", {"strength": 0.5}, "takes no strength"),
        ("sd15-inpaint", {"scheduler": "magic"}, "choose one of dpm++2m-karras"),
        ("sd15-inpaint", {"prompt": "  "}, "the prompt is empty"),
        ("sd15-inpaint", {"width": 500}, "take 496 or 504"),
        ("sd15-inpaint", {"width": 4096}, "2048"),
        ("sd15-inpaint", {"num_inference_steps": 3, "strength": 0.2}, "leave none to do"),
        ("sd15-inpaint", {"num_images_per_prompt": 9}, "8"),
        ("sd15-inpaint", {"guidance_scale": float("nan")}, "guidance_scale"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(model, given, says):
    with pytest.raises(BadInput, match=re.escape(says)) as caught:
        GeneratedBackdrop.of(model, **{"prompt": "a beach", **given})
    print(caught.value)


def test_neither_the_table_nor_the_core_loads_torch():
    code = "import sys, main, cli, models, diffusion.settings, diffusion.engine; print([m for m in sys.modules if m in "
    code += "('torch', 'diffusers', 'transformers', 'huggingface_hub')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_weights_folder_comes_before_the_cache(empty):
    assert models.local_path("sd15-inpaint") is None
    cached = make_folder(empty / "data" / "diffusers" / "sd15-inpaint")
    assert models.local_path("sd15-inpaint") == cached
    assert models.revision("sd15-inpaint").startswith("folder:")
    named = make_folder(empty / "weights" / "diffusers" / "sd15-inpaint")
    assert models.local_path("sd15-inpaint") == named


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"weights": "bin"}, "only as a pickle, which can run code"),
        ({"class_name": "KandinskyPipeline"}, "holds a KandinskyPipeline"),
        ({"class_name": ["pipeline", "Mine"]}, "what can be run is"),
        ({"text_encoder": ["my_code", "Encoder"]}, "brings code of its own"),
    ],
)
def test_folders_that_are_not_run(empty, broken, says):
    folder = make_folder(empty / "mine", **broken)
    with pytest.raises(BadInput, match=says) as caught:
        models.add_folder(folder)
    print(caught.value)


def test_a_folder_without_a_model_is_refused(empty):
    with pytest.raises(BadInput, match=r"model_index\.json"):
        models.add_folder(empty)
    with pytest.raises(BadInput, match="no model and no folder"):
        models.add_folder(empty / "nowhere")
    (make_folder(empty / "mine") / "unet" / "config.json").write_text("{")
    with pytest.raises(BadInput, match="damaged"):
        models.add_folder(empty / "mine")


def test_a_folder_of_ones_own_is_named_by_its_content(empty):
    first = models.add_folder(make_folder(empty / "one"))
    assert models.add_folder(make_folder(empty / "two")) == first
    other = make_folder(empty / "three")
    (other / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"other")
    assert models.add_folder(other) != first
    assert str(empty) not in GeneratedBackdrop.of(first, prompt="a beach").model_dump_json()
    assert first not in models.MODELS


@pytest.mark.parametrize(("pure", "scheduler"), [(True, "own"), (False, "dpm++2m-karras")])
def test_a_folder_trained_from_pure_noise_keeps_its_own_sampler(empty, pure, scheduler):
    folder = make_folder(empty / "mine")
    config = folder / "scheduler" / "scheduler_config.json"
    config.parent.mkdir(exist_ok=True)
    config.write_text(json.dumps({"_class_name": "DDIMScheduler", "rescale_betas_zero_snr": pure}))
    assert GeneratedBackdrop.of(models.add_folder(folder), prompt="a beach").scheduler == scheduler
    config.write_text("[")
    with pytest.raises(BadInput, match="damaged"):
        models.add_folder(folder)


def test_without_weights_the_message_names_the_ways_out(empty):
    with pytest.raises(MissingWeights) as caught:
        models.require("sd15-inpaint")
    message = str(caught.value)
    print(message)
    assert message.count(". ") <= 1
    for way in ("2.1 GB", "instant backdrop", "models pull sd15-inpaint", "--model"):
        assert way in message
    assert "instant backdrop" in caught.value.message
    assert "--" not in caught.value.message, "the page has no command line"
    assert "python" not in caught.value.message


def test_the_task_must_be_the_models():
    with pytest.raises(BadInput, match="creates whole pictures; for this, choose one of sd15-inpaint"):
        models.require("sd15", "background")
