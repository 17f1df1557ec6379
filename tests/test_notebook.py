"""The notebook runs from its first cell to its last, has no logic of its own, and keeps Colab's torch."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

import colab
from imaging.photo import load

NOTEBOOK = ROOT / "generate_bg.ipynb"


def test_it_runs_from_top_to_bottom(u2netp: None, tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    for name in ("colab.py", "main.py", "requirements.txt"):
        assert (ROOT / name).exists()
    for cell in notebook.cells:  # its files land beside it, so it runs in a folder of its own over this project's code
        cell.source = cell.source.replace(
            'if not os.path.exists("colab.py"):', f"sys.path.insert(0, {str(ROOT)!r})\nif False:"
        )
        cell.source = cell.source.replace('" colab.py install', f'" {ROOT / "colab.py"} install')
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    result = load((tmp_path / "result.png").read_bytes())
    assert result.size == load((ROOT / "samples" / "mug.jpg").read_bytes()).size
    shown = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
    ]
    assert len(shown) == 3
    said = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
    assert "0 of its pixels changed" in said


def test_it_is_kept_without_outputs_and_without_logic() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert "def " not in cell.source
        assert len(cell.source.splitlines()) <= 12


def test_a_torch_that_is_there_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    assert not [line for line in colab.requirements() if line.startswith("torch")]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    everything = colab.requirements()
    assert [line for line in everything if line.startswith("rembg")]
    assert len(everything) >= 9


def test_a_mistake_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        colab.command("mask", "gone.png", "-o", "m.png")
    said = capsys.readouterr().out
    assert "There is no file gone.png" in said
    assert "Traceback" not in said


def test_pictures_are_shown_side_by_side() -> None:
    strip = colab.show(ROOT / "samples" / "mug.jpg", ROOT / "samples" / "cutout_plush.png", height=90)
    assert strip.size == (120 + 8 + 90, 90)
