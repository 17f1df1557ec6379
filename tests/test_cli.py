"""The command line as a person uses it: exit codes, one sentence per error, nothing half-written."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, SHARED, disc, heed_interrupts, need, picture, png
from PIL import Image

import main
import masks
import models
import replay
from backdrops import ImageBackdrop
from errors import BadInput, MissingWeights
from imaging.clean_copy import clean_copy
from imaging.encode import encode
from imaging.geometry import Size
from imaging.photo import digest_of, load
from masks.strokes import Stroke, Strokes
from recipe import Layer, MaskRecipe, Recipe, Source

Command = Callable[..., int]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return png(tmp_path / "photo.png", picture(120, 90))


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    return png(tmp_path / "mask.png", disc(120, 90, 30))


BACKDROPS = ["colour:#fff", "gradient:#eef,#99c", "gradient:#eef,#99c,radial", "gradient:#000,#fff,angle=45"]
BACKDROPS += ["sweep:#ddd", "sweep", "blur:20", "transparent"]
BACKDROPS += ["scene:paper", "scene:dunes,time=sunset,seed=3", "scene:bokeh,colour=sky blue,floor=no"]


@pytest.mark.parametrize("backdrop", [*BACKDROPS, "image:{photo}", "image:{photo},contain"])
def test_background_and_replay_after_the_store_is_gone(
    command: Command, photo: Path, mask: Path, tmp_path: Path, backdrop: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out, again = tmp_path / "out.png", tmp_path / "again.png"
    flags = ["--mask", f"file:{mask}", "--shadow", "contact", "--grow", "2%", "--feather", "3", "--seed", "5", "--json"]
    assert command("background", photo, "-o", out, "--backdrop", backdrop.format(photo=photo), *flags) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["images"] == [str(out)]
    assert report["size"] == [120, 90]
    assert report["seed"] == 5
    assert report["checks"]["changed_subject_pixels"] == 0
    assert command("replay", out, "-o", again) == 0
    assert again.read_bytes() == out.read_bytes()
    shutil.rmtree(os.environ["BACKDROP_DATA"])
    assert command("replay", out, "-o", tmp_path / "no.png") == 1
    assert "hand it in with --photo" in capsys.readouterr().err
    assert command("replay", out, "--photo", photo, "-o", again) == 0
    assert again.read_bytes() == out.read_bytes()
    assert not (tmp_path / "no.png").exists()


def test_a_jpeg_replays_by_finding_the_subject_again(command: Command, photo: Path, mask: Path, tmp_path: Path) -> None:
    flags = ["--mask", f"file:{mask}", "--backdrop", "sweep"]
    assert command("background", photo, "-o", tmp_path / "a.jpg", *flags) == 0
    assert command("background", photo, "-o", tmp_path / "a.png", *flags) == 0
    assert command("replay", tmp_path / "a.jpg", "-o", tmp_path / "b.png") == 0
    assert (load((tmp_path / "a.png").read_bytes()).pixels == load((tmp_path / "b.png").read_bytes()).pixels).all()


def test_a_jpeg_replays_from_the_files_handed_in_again(
    command: Command, photo: Path, mask: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The store is gone, and a JPEG carries no inputs: all of them come back by ``--photo`` and ``--input``."""
    beach, other, touch_up = tmp_path / "beach.png", tmp_path / "other.png", tmp_path / "touch-up.json"
    beach.write_bytes(encode(picture(300, 200, seed=1), "PNG"))
    other.write_bytes(encode(picture(300, 200, seed=2), "PNG"))
    touch_up.write_bytes(Strokes(strokes=(Stroke(points=((0.05, 0.05),), width=0.05),)).to_json())
    flags = ["--mask", f"file:{mask}", "--strokes", touch_up, "--backdrop", f"image:{beach}"]
    assert command("background", photo, "-o", tmp_path / "a.jpg", *flags) == 0
    assert command("replay", tmp_path / "a.jpg", "-o", tmp_path / "b.png") == 0
    shutil.rmtree(os.environ["BACKDROP_DATA"])
    masks.forget()
    capsys.readouterr()

    again = ["replay", tmp_path / "a.jpg", "-o", tmp_path / "c.png", "--photo", photo]
    assert command(*again) == 1
    said = capsys.readouterr().err
    assert all(what in said for what in ("the touch-up", "the mask picture", "the backdrop picture", "--input"))
    assert command(*again, "--input", mask, "--input", beach) == 1
    said = capsys.readouterr().err
    assert f"The store lacks the touch-up {digest_of(touch_up.read_bytes())[:12]} of a.jpg; hand it in" in said
    files = ["--input", touch_up, "--input", beach, "--input", mask]
    assert command(*again, *files, "--input", other) == 1
    said = capsys.readouterr().err.strip()
    assert said.startswith(f"{other} is not what a.jpg was made with; that takes the photo ")
    assert f"the mask picture {digest_of(mask.read_bytes())[:12]}" in said
    assert "\n" not in said
    assert not (tmp_path / "c.png").exists()
    assert command(*again, *files) == 0
    assert (tmp_path / "c.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert command("replay", tmp_path / "a.jpg", "-o", mask, "--input", mask) == 2  # never over an input


def test_the_photo_may_be_one_of_the_inputs_and_a_png_wants_no_other(
    command: Command, photo: Path, mask: Path, tmp_path: Path
) -> None:
    assert command("background", photo, "-o", tmp_path / "a.png", "--mask", f"file:{mask}", "--backdrop", "sweep") == 0
    shutil.rmtree(os.environ["BACKDROP_DATA"])
    assert command("replay", tmp_path / "a.png", "-o", tmp_path / "b.png", "--input", photo) == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert command("replay", tmp_path / "a.png", "-o", tmp_path / "b.png", "--input", tmp_path / "a.png") == 1


@pytest.mark.parametrize("fit", ["cover", "contain"])
def test_a_backdrop_picture_of_the_page_is_known_again(photo: Path, tmp_path: Path, fit: str) -> None:
    """The page keeps a whole copy of the picture and cuts that later; the command line cuts the file itself."""
    beach = encode(picture(1500, 1000, seed=1), "PNG")
    loaded = load(photo.read_bytes())
    copy = clean_copy(load(beach))
    cut = clean_copy(load(copy), Size(*loaded.size), fit)
    backdrop = ImageBackdrop(digest=digest_of(cut), fit=fit)
    layer = Layer(source=Source(name="sam", options={"box": [0, 0, 60, 60]}))
    recipe = Recipe(photo=loaded.digest, mask=MaskRecipe(layers=(layer,)), backdrop=backdrop)
    (result,) = main.run(recipe, loaded, lambda _: cut, selection=masks.Selection(disc(120, 90, 30)))
    encoded = result.encode("PNG")
    at = encoded.index(b"bdIN") - 4
    length = int.from_bytes(encoded[at : at + 4], "big")
    without = encoded[:at] + encoded[at + 12 + length :]

    def nothing(digest: str) -> bytes:
        raise BadInput("gone")

    with pytest.raises(BadInput, match="lacks the backdrop picture"):
        replay.replay(without, "a.png", loaded, nothing)
    again = replay.replay(without, "a.png", loaded, nothing, files={"beach.png": beach})
    assert (again.pixels == result.pixels).all()


def test_mask_writes_mask_and_overlay(
    command: Command, photo: Path, mask: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strokes = tmp_path / "strokes.json"
    strokes.write_bytes(Strokes(strokes=(Stroke(points=((0.05, 0.05),), width=0.05),)).to_json())
    arguments = ["-o", tmp_path / "m.png", "--overlay", tmp_path / "o.png", "--strokes", strokes, "--json"]
    assert command("mask", photo, "--source", f"file:{mask}", *arguments) == 0
    report = json.loads(capsys.readouterr().out)
    found = np.asarray(Image.open(tmp_path / "m.png"))
    assert found[45, 60] == 255
    assert found[4, 6] == 255  # the stroke
    assert found[80, 110] == 0
    shown = np.asarray(Image.open(tmp_path / "o.png")).astype(int)
    original = picture(120, 90).astype(int)
    assert (shown[45, 60] == original[45, 60]).all()
    assert shown[80, 110, 0] > original[80, 110, 0] * 0.4 + 100  # red over what will be repainted
    assert report["checks"]["subject_share"] == pytest.approx(found.mean() / 255, abs=1e-3)


def test_invert(command: Command, photo: Path, mask: Path, tmp_path: Path) -> None:
    assert command("mask", photo, "-o", tmp_path / "a.png", "--source", f"file:{mask}") == 0
    assert command("mask", photo, "-o", tmp_path / "b.png", "--source", f"file:{mask}", "--invert") == 0
    a, b = (np.asarray(Image.open(tmp_path / name)).astype(int) for name in ("a.png", "b.png"))
    assert (a + b == 255).all()


@pytest.mark.parametrize(
    ("arguments", "code", "what"),
    [
        (["background", "{photo}", "-o", "{out}.png", "--backdrop", "colour:red"], 2, "not a colour"),
        (["background", "{photo}", "-o", "{out}.png", "--backdrop", "nonsense"], 2, "backdrop"),
        (["background", "{photo}", "-o", "{out}.png", "--backdrop", "gradient:#fff"], 2, "two colours"),
        (["background", "{photo}", "-o", "{out}.png", "--backdrop", "blur:many"], 2, "radius"),
        (["background", "{photo}", "-o", "{out}.png", "--backdrop", "image:"], 2, "missing after image:"),
        (
            ["background", "{photo}", "-o", "{out}.png", "--backdrop", "transparent:x"],
            2,
            "nothing that transparent takes",
        ),
        (["background", "{photo}", "-o", "{out}.png", "--backdrop", "image:gone.png"], 1, "no file gone.png"),
        (["background", "{photo}", "-o", "{out}.jpg", "--backdrop", "transparent"], 2, "transparency"),
        (["background", "{photo}", "-o", "{out}.bmp", "--backdrop", "sweep"], 2, "must end in"),
        (["background", "{photo}", "-o", "{photo}", "--backdrop", "sweep"], 2, "overwritten"),
        (["background", "{photo}", "-o", "{out}/a/b.png", "--backdrop", "sweep"], 2, "no folder"),
        (["background", "{photo}", "-o", "{out}.png"], 2, "--backdrop"),
        (["background", "{photo}", "-o", "{out}.png", "--backdrop", "sweep", "--shadow", "long"], 2, "not a shadow"),
        (["background", "gone.png", "-o", "{out}.png", "--backdrop", "sweep"], 1, "no file gone.png"),
        (["background", "{folder}", "-o", "{out}.png", "--backdrop", "sweep"], 1, "is a folder"),
        (["mask", "{photo}", "-o", "{out}.png", "--source", "nonsense"], 1, "no mask source"),
        (["mask", "{photo}", "-o", "{out}.png", "--source", "alpha"], 1, "no transparency"),
        (["mask", "{photo}", "-o", "{out}.png", "--grow", "wide"], 2, "not a length"),
        (["mask", "{photo}", "-o", "{out}.png", "--grow", "20000"], 2, "too long"),
        (["mask", "{photo}", "-o", "{out}.png", "--source", "file:{mask}", "--objects", "nan,3"], 1, "cannot be done"),
        (["mask", "{photo}", "-o", "{out}.png", "--source", "file:~nobody-here/m.png"], 1, "no such home folder"),
        (["mask", "{photo}", "-o", "{folder}", "--source", "auto"], 2, "must end in"),
        (["mask", "{photo}", "-o", "{out}.png", "--overlay", "{folder}/x/y.png"], 2, "no folder"),
        (["mask", "{photo}", "-o", "{mask}", "--source", "file:{mask}"], 2, "overwritten"),
        (["background", "{photo}", "-o", "{mask}", "--backdrop", "image:{mask}"], 2, "overwritten"),
        (
            ["background", "{photo}", "-o", "{out}.png", "--backdrop", "gradient:#eef,#99c,radial,angle=4"],
            2,
            "no angle",
        ),
        (["background", "{photo}", "-o", "{out}.png", "--backdrop", "colour:"], 2, "missing after"),
        (["mask", "{photo}", "-o", "{out}.png", "--overlay", "{out}.png"], 2, "overwritten"),
        (["replay", "{photo}", "-o", "{out}.png"], 1, "carries no recipe"),
        (["models", "pull", "nonsense"], 1, "no model 'nonsense'"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_mistakes_are_said_and_leave_nothing(
    command: Command,
    photo: Path,
    mask: Path,
    tmp_path: Path,
    arguments: list[str],
    code: int,
    what: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = set(tmp_path.iterdir())
    filled = [part.format(photo=photo, mask=mask, out=tmp_path / "out", folder=tmp_path) for part in arguments]
    assert command(*filled) == code
    said = capsys.readouterr().err
    assert what in re.sub(r"\s+", " ", said)
    assert "Traceback" not in said
    assert set(tmp_path.iterdir()) == before
    assert load(photo.read_bytes()).size == (120, 90)


def test_models_and_doctor(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("models") == 0
    assert "u2netp" in capsys.readouterr().out
    assert command("models", "--json") == 0
    assert {row["id"] for row in json.loads(capsys.readouterr().out)} >= {"scenes", "u2netp", "birefnet-portrait"}
    assert command("doctor") == 0
    assert "largest photo: 64 megapixels" in capsys.readouterr().out
    assert command("doctor", "--json") == 0
    assert "versions" in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("required", [False, True])
def test_set_up_says_in_one_calm_line_what_an_optional_file_without_a_source_means(
    required: bool, command: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = "u2netp" if required else "hair-segmenter"

    def fetch(id: str, *_: object) -> tuple[Path, ...]:
        if id == missing:
            raise MissingWeights(f"The model {id} is not on this machine: nothing answers, here or there.")
        return (Path(f"{id}.onnx"),)

    monkeypatch.setattr(models, "fetch", fetch)
    monkeypatch.setattr(models, "is_installed", lambda id: id != missing)
    assert command("models", "pull") == required
    said, model = capsys.readouterr(), models.MODELS[missing]
    lines = [line for line in said.err.splitlines() if not line.startswith(f"{missing}: ")]
    if required:
        assert "is not on this machine" in lines[-1]
        return
    assert lines == [f"{missing} is optional and has no source that answers here. {model.without}"]
    assert {path.removesuffix(".onnx") for path in said.out.split()} == {
        id for id, model in models.MODELS.items() if model.setup and id != missing
    }
    assert not re.search(r"^\t-|\|\| *true|;.*main\.py", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_ctrl_c_leaves_nothing(tmp_path: Path, own_folders: Path) -> None:
    """Interrupted at ten moments of a run, the output is either whole or not there."""
    photo, mask, out = tmp_path / "p.png", tmp_path / "m.png", tmp_path / "out.png"
    photo.write_bytes(encode(picture(1500, 1200), "PNG"))
    mask.write_bytes(encode(disc(1500, 1200, 400), "PNG"))
    arguments = [
        sys.executable,
        "main.py",
        "background",
        photo,
        "-o",
        out,
        "--backdrop",
        "sweep",
        "--mask",
        f"file:{mask}",
    ]
    interrupted = 0
    for moment in np.linspace(0.3, 2.0, 8):
        process = subprocess.Popen(
            arguments,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=heed_interrupts,
        )
        time.sleep(moment)
        process.send_signal(signal.SIGINT)
        interrupted += process.wait() != 0
        assert not list(tmp_path.glob(".*")), "a part was left"
        assert not list(own_folders.rglob("*.part"))
        if out.exists():
            assert load(out.read_bytes()).size == (1500, 1200)
            out.unlink()
    assert interrupted


def corpus() -> dict[str, str]:
    """What becomes of each of the developers' pictures: the size of its mask, or what its refusal says."""
    lines = (ROOT / "tests" / "data" / "corpus.tsv").read_text().splitlines()[1:]
    return dict(line.split("\t") for line in lines)


@pytest.mark.parametrize(("name", "outcome"), corpus().items())
def test_every_real_file_is_done_or_refused_as_listed(
    command: Command, name: str, outcome: str, tmp_path: Path, u2netp: None, capfd: pytest.CaptureFixture[str]
) -> None:
    need((SHARED / name).parent)
    out = tmp_path / "out.png"
    for arguments in (["mask"], ["background", "--backdrop", "sweep", "--shadow", "contact"]):
        code = command(arguments[0], SHARED / name, "-o", out, *arguments[1:])
        said = capfd.readouterr().err.strip().splitlines()
        assert out.exists() == (code == 0)
        assert not list(tmp_path.glob(".*"))
        if code:
            assert code == 1
            assert len(said) == 1, said
            assert outcome in said[0]
            assert said[0].endswith(".")
            return
        assert "x".join(map(str, load(out.read_bytes()).size)) == outcome


@pytest.mark.parametrize("folder", ["photos", "malformed"])
def test_every_real_file_is_listed(folder: str) -> None:
    files = {path.name for path in need(SHARED / folder).iterdir() if path.suffix not in (".md", ".tsv")}
    assert files == {name.removeprefix(f"{folder}/") for name in corpus() if name.startswith(folder)}
