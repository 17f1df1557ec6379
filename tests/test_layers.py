"""Layers out, and the gate: what the command writes beside a result, and when it fails."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyora
import pytest
from conftest import disc, picture, png
from PIL import Image

Command = Callable[..., int]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return png(tmp_path / "photo.png", picture(120, 90))


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    return png(tmp_path / "mask.png", disc(120, 90, 30, 6))


def test_layers_of_an_openraster_file_make_the_result(
    command: Command, photo: Path, mask: Path, tmp_path: Path
) -> None:
    out, ora = tmp_path / "out.png", tmp_path / "out.ora"
    flags = ["--mask", f"file:{mask}", "--shadow", "contact", "--backdrop", "sweep", "--layers"]
    assert command("background", photo, "-o", out, *flags, ora) == 0
    with zipfile.ZipFile(ora) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert archive.read("mimetype") == b"image/openraster"
        files = {name: archive.read(name) for name in archive.namelist()}
    root = ElementTree.fromstring(files["stack.xml"])
    assert (root.get("w"), root.get("h")) == ("120", "90")
    layers = root.findall("stack/layer")
    assert [layer.get("name") for layer in layers] == ["mask", "cutout", "shadow", "background"]
    merged = Image.new("RGBA", (120, 90))
    for layer in reversed(layers):
        if layer.get("visibility") == "visible":
            image = Image.open(io.BytesIO(files[str(layer.get("src"))])).convert("RGBA")
            merged = Image.alpha_composite(merged, image)
    result = np.asarray(Image.open(out)).astype(int)
    assert np.abs(np.asarray(merged)[..., :3] - result).max() <= 2  # rounding of the soft edge and the shadow
    opened = pyora.Project.load(str(ora))  # another program reads and renders it
    assert [layer.name for layer in opened.children] == ["mask", "cutout", "shadow", "background"]
    assert np.abs(np.asarray(opened.get_image_data(use_original=False))[..., :3] - result).max() <= 3
    kept = np.asarray(Image.open(mask)) == 255
    assert (np.asarray(Image.open(io.BytesIO(files["mergedimage.png"])))[kept] == result[kept]).all()
    assert max(Image.open(io.BytesIO(files["Thumbnails/thumbnail.png"])).size) <= 256

    folder = tmp_path / "layers"
    assert command("background", photo, "-o", out, *flags, folder) == 0
    names = {path.name for path in folder.iterdir()}
    assert names == {f"out-{name}.png" for name in ("cutout", "shadow", "background", "mask")}


def test_strict_turns_a_failed_check_into_an_error_and_keeps_the_picture(
    command: Command, mask: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, photo = tmp_path / "out.png", png(tmp_path / "photo.png", np.full((90, 120, 3), (150, 110, 80), np.uint8))
    white = ["background", photo, "-o", out, "--mask", f"file:{mask}", "--backdrop", "colour:#ffffff", "--strict"]
    assert command(*white) == 0
    assert out.exists()
    out.unlink()
    assert command(*white, "--shadow", "contact") == 1
    assert "of the white background is pure white" in capsys.readouterr().err
    assert not out.exists()
    assert (tmp_path / "out-failed.png").exists()
