"""Generated pictures by the command line: every flag, seeds, interruptions, own folders, refusals, models."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import heed_interrupts
from painting import invoke

import main
import models
from backdrops import GeneratedBackdrop
from errors import BadInput
from imaging import provenance
from imaging.photo import load
from recipe import Length, Recipe

pytestmark = pytest.mark.xdist_group("torch")


def test_the_command_line_paints(shot, tmp_path):
    out = tmp_path / "out.png"
    flags = ["--prompt", "a beach", "--seed", "8", "--num-images-per-prompt", "2", "--num-inference-steps", "3"]
    flags += ["--guidance-scale", "4", "--strength", "0.8", "--negative-prompt", "text", "--scheduler", "ddim"]
    flags += ["--width", "160", "--height", "96", "--mask-grow", "2%", "--mask-feather", "3", "--model", "sd15-inpaint"]
    flags += ["--defocus", "4"]
    done = invoke("background", *shot, "-o", out, *flags, "--json")
    assert done.exit_code == 0
    first, second = json.loads(done.stdout)
    assert first["images"] == [str(tmp_path / "out-1.png")]
    assert second["seed"] == 9
    made = Recipe.from_json(provenance.read((tmp_path / "out-2.png").read_bytes(), "out").recipe)
    assert made.seed == 9
    assert made.backdrop == GeneratedBackdrop.of(
        "sd15-inpaint",
        prompt="a beach",
        num_inference_steps=3,
        guidance_scale=4,
        strength=0.8,
        negative_prompt="text",
        scheduler="ddim",
        width=160,
        height=96,
        mask_grow=Length.parse("2%"),
        mask_feather=3,
        defocus=4,
    )
    assert not list(tmp_path.glob(".*.part"))


def test_the_command_line_settles_a_seed_and_says_it(shot, tmp_path):
    done = invoke("background", *shot, "-o", tmp_path / "out.png", "--prompt", "a beach", "--num-inference-steps", "2")
    assert done.exit_code == 0
    seed = int(done.stderr.split("seed ")[1].split()[0])
    again = invoke("replay", tmp_path / "out.png", "-o", tmp_path / "again.png", "--json")
    assert json.loads(again.stdout)["seed"] == seed
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "out.png").read_bytes()


def test_a_local_folder_paints_and_replays(shot, tmp_path, tiny_models):
    import shutil

    folder = shutil.copytree(tiny_models / "diffusers" / "sd15-inpaint", tmp_path / "my model")
    out = tmp_path / "out.png"
    flags = ["--prompt", "a beach", "--seed", "8", "--num-inference-steps", "2"]
    assert invoke("background", *shot, "-o", out, *flags, "--model", folder).exit_code == 0
    assert b"my model" not in out.read_bytes()
    invoke("background", *shot, "-o", tmp_path / "known.png", *flags)
    known = load((tmp_path / "known.png").read_bytes())
    assert np.array_equal(load(out.read_bytes()).pixels, known.pixels)
    models.own.folders.clear()  # another process
    assert isinstance(invoke("replay", out, "-o", tmp_path / "again.png").exception, BadInput)
    assert invoke("replay", out, "-o", tmp_path / "again.png", "--model", folder).exit_code == 0
    assert (tmp_path / "again.png").read_bytes() == out.read_bytes()


def test_the_command_line_creates(here, tmp_path):
    out = tmp_path / "out.png"
    flags = ["--prompt", "a beach", "--num-inference-steps", "2", "--seed", "1", "--width", "64", "--height", "128"]
    assert invoke("create", *flags, "-o", out).exit_code == 0
    assert load(out.read_bytes()).size == (64, 128)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ([], "either"),
        (["--prompt", "a beach", "--backdrop", "sweep"], "either"),
        (["--backdrop", "sweep", "--num-inference-steps", "3"], "no effect"),
        (["--prompt", " "], "the prompt is empty"),
        (["--prompt", "a beach", "--model", "sd15"], "creates whole pictures"),
        (["--prompt", "a beach", "--model", "sd2-inpaint"], "models pull sd2-inpaint"),
        (["--prompt", "a beach", "--model", "nowhere"], "no folder"),
        (["--prompt", "a beach", "--width", "100"], "take 96 or 104"),
        (["--prompt", "a beach", "--num-images-per-prompt", "2", "--seed", str(2**32 - 1)], "smaller"),
    ],
)
def test_what_the_command_line_refuses(shot, tmp_path, flags, says):
    done = invoke("background", *shot, "-o", tmp_path / "out.png", *flags)
    assert done.exit_code != 0
    assert says in done.output + str(done.exception)
    assert not list(tmp_path.glob("out*"))


def test_the_models_are_listed(here):
    rows = {row["id"]: row for row in json.loads(invoke("models", "--json").stdout)}
    assert rows["sd15-inpaint"]["here"]
    assert not rows["sd2-inpaint"]["here"]
    assert rows["sd2-inpaint"]["licence_url"].startswith("https://")
    assert invoke("models", "pull", "sd15-inpaint").exit_code == 0


def test_the_doctor_names_the_device(here):
    said = json.loads(invoke("doctor", "--json").stdout)
    assert said["device"].startswith(("cpu", "cuda", "mps"))
    assert "sd15-inpaint" in said["models here"]


def test_interrupted_at_the_second_picture_the_first_is_kept(shot, tmp_path, monkeypatch):
    from cli import report

    def stop(self, progress):
        if progress.picture == 2 and progress.step:
            raise KeyboardInterrupt

    monkeypatch.setattr(report.ProgressLine, "__call__", stop)
    flags = ["--prompt", "a beach", "--num-inference-steps", "2", "--num-images-per-prompt", "3"]
    done = invoke("background", *shot, "-o", tmp_path / "out.png", *flags)
    assert done.exit_code != 0
    assert [path.name for path in sorted(tmp_path.glob("out*"))] == ["out-1.png"]
    assert provenance.read((tmp_path / "out-1.png").read_bytes(), "out")


def test_interrupted_nothing_is_half_written(shot, tmp_path):
    """Ctrl-C while it paints: exit code 130, no file, no traceback."""
    root = Path(main.__file__).parent
    command = [sys.executable, str(root / "main.py"), "background", *shot, "-o", str(tmp_path / "out.png")]
    command += ["--prompt", "a beach", "--num-inference-steps", "150", "--width", "768", "--height", "768"]
    before = {path.name for path in tmp_path.iterdir()}
    terminal, end = os.openpty()
    process = subprocess.Popen(command, stderr=end, start_new_session=True, preexec_fn=heed_interrupts)
    os.close(end)
    said = ""
    while "step 2 of 150" not in said:
        said += os.read(terminal, 4096).decode()
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=60) == 130
    said += os.read(terminal, 65536).decode()
    os.close(terminal)
    print(said)
    assert "s left" in said
    assert "Traceback" not in said
    assert {path.name for path in tmp_path.iterdir()} == before
