"""``docs/extending.md`` carried out as it stands, on a copy of the project."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from pages import PATIENCE

from imaging.photo import load

GUIDE = (ROOT / "docs" / "extending.md").read_text()
BLOCK = re.compile(r"^```(\w+) ?(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROOMS = ("masks", "backdrops", "imaging", "models", "cli", "recipe", "diffusion", "jobs", "tasks", "samples", "ui")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with everything that the guide adds."""
    folder = tmp_path_factory.mktemp("copy")
    for room in ROOMS:
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.glob("*.py"):
        shutil.copy(path, folder)
    shutil.copytree(ROOT / ".streamlit", folder / ".streamlit")
    for language, head, body in BLOCK.findall(GUIDE):
        if language == "diff":
            _patch(folder, body)
        elif head.startswith(">> "):
            with (folder / head[3:]).open("a") as file:
                file.write(body)
        elif head:
            assert not (folder / head).exists(), f"{head} is new"
            (folder / head).write_text(body)
    return folder


def _patch(folder: Path, body: str) -> None:
    """Apply a diff without line numbers: what is taken out must be there exactly once."""
    target = re.search(r"^\+\+\+ b/(.+)$", body, re.MULTILINE)
    assert target
    for hunk in body.split("@@\n")[1:]:
        lines = hunk.splitlines()
        before = "\n".join(line[1:] for line in lines if line[:1] in (" ", "-"))
        after = "\n".join(line[1:] for line in lines if line[:1] in (" ", "+"))
        path = folder / target[1]
        text = path.read_text()
        assert text.count(before) == 1, f"{target[1]} has moved on: {before}"
        path.write_text(text.replace(before, after))


def run(folder: Path, command: list[str], data: Path) -> str:
    environment = os.environ | {"BACKDROP_DATA": str(data), "PYTHONPATH": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


COMMANDS = [
    (command, says)
    for language, _, body in BLOCK.findall(GUIDE)
    if language == "console"
    for command, says in re.findall(r"^\$ (.+)\n(.+)$", body, re.MULTILINE)
]


@pytest.mark.parametrize(("command", "says"), COMMANDS, ids=[says for _, says in COMMANDS])
def test_every_command_of_the_guide(copy: Path, own_folders: Path, command: str, says: str) -> None:
    words = shlex.split(command, comments=False)
    assert words[0] == "python"
    assert says in run(copy, [sys.executable, *words[1:]], own_folders)
    if "-o" in words:
        made = load((copy / words[words.index("-o") + 1]).read_bytes(), "made")
        assert made.rgb8.std() > 5


def test_what_the_guide_adds_is_offered_everywhere(copy: Path, own_folders: Path) -> None:
    """On the command line and on the page, with a control for every option; a task is carried out there."""
    usage = " ".join(run(copy, [sys.executable, "main.py", "background", "--help"], own_folders).split())
    assert "centre[:SIZE]" in usage
    assert "stripes:#3355ff[,width=N]" in usage
    script = """
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("app.py", default_timeout=120).run()
app.button(key="sample.mug.jpg").click().run()
app.get_by_key("layers.0.source").set_value("centre").run()
app.get_by_key("layers.0.centre.size").set_value(0.5).run()
app.get_by_key("step").set_value("Background").run()
app.get_by_key("background.task").set_value("crop").run()
print(app.get_by_key("crop.options.margin").label)
app.get_by_key("crop.options.margin").set_value(10).run()
app.button(key="make").click().run()
print(app.session_state.workspace.step)
app.get_by_key("step").set_value("Background").run()
app.get_by_key("background.task").set_value("background").run()
for kind, name in (("stripes", "width"), ("blur", "darker")):
    app.get_by_key("background.kind").set_value(kind).run()
    print(app.get_by_key(f"background.{kind}.{name}").label)
app.get_by_key("background.kind").set_value("scene").run()
app.button(key="scene.dots").click().run()
print(app.get_by_key("background.scene.dots.size").label)
app.get_by_key("background.mode").set_value("Generated").run()
print("My own inpainting model" in app.get_by_key("background.model").options)
assert not app.exception, app.exception
"""
    assert run(copy, [sys.executable, "-c", script], own_folders).split() == [
        "Margin",
        "Result",
        "Width",
        "Darker",
        "Size",
        "True",
    ]
