"""The documents say what the program has: nothing in it lacks its row, and no row is of something that is gone."""

from __future__ import annotations

import re
import subprocess

import pytest
from conftest import ROOT

from docs import make_reference
from imaging.scenes import SCENES
from masks import SOURCES
from models import MODELS
from recipe import kinds

README = (ROOT / "README.md").read_text()
DOCUMENTS = README + "".join(path.read_text() for path in (ROOT / "docs").glob("*.md"))


def tracked(*patterns: str) -> list[str]:
    """Paths of the project's own files, from its root."""
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def test_the_reference_is_what_the_program_says() -> None:
    assert make_reference.text() == make_reference.TARGET.read_text(), "run `python -m docs.make_reference`"


def _variables() -> set[str]:
    """The environment variables that the program reads, by their names in quotes."""
    code = [path for path in tracked("*.py") if not path.startswith(("tests/", "benchmarks/"))]
    return {name for path in code for name in re.findall(r"[\"'](BACKDROP_[A-Z_]+)[\"']", (ROOT / path).read_text())}


def test_every_environment_variable_has_its_row() -> None:
    found = _variables()
    assert {"BACKDROP_DATA", "BACKDROP_MODEL_MEMORY"} <= found
    rows = set(re.findall(r"^\| (.+?) \|", README, re.MULTILINE))
    named = {name for row in rows for name in re.findall(r"BACKDROP_[A-Z_]+", row)}
    assert found == named


@pytest.mark.parametrize("name", SOURCES)
def test_every_mask_source_is_in_readme_and_in_its_document(name: str) -> None:
    masks = (ROOT / "docs" / "masks.md").read_text()
    assert re.search(rf"^\|.*`{name}[:`]", README, re.MULTILINE)
    assert re.search(rf"^\|.*`{name}[:`]", masks, re.MULTILINE)


@pytest.mark.parametrize("name", [name for name, kind in kinds().items() if kind.example])
def test_every_backdrop_is_in_readme(name: str) -> None:
    assert re.search(rf"^\| `{name}[:`]", README, re.MULTILINE)


@pytest.mark.parametrize("name", SCENES)
def test_every_scene_is_in_its_table(name: str) -> None:
    row = re.search(rf"^\| `{name}` \| (.+?) \| (.+) \|$", (ROOT / "docs" / "scenes.md").read_text(), re.MULTILINE)
    assert row
    assert row[1] == SCENES[name].help
    options = set(SCENES[name].Options.model_fields) - {"grain"}
    assert options == set(re.findall(r"`(\w+)`", row[2]))


def test_no_scene_or_model_is_told_of_that_is_gone() -> None:
    scenes = (ROOT / "docs" / "scenes.md").read_text()
    table = scenes.partition("## All scenes")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(SCENES)
    pulled = set(re.findall(r"models pull ([a-z0-9-]+)", DOCUMENTS))
    assert pulled <= set(MODELS)


def test_every_file_that_the_map_names_exists_and_every_folder_is_on_it() -> None:
    listed = re.search(r"^## Map of the program\n\n[^\n]+\n\n(.+?)\n\nA recipe", README, re.MULTILINE | re.DOTALL)
    assert listed
    folder, named = "", set()
    for line in listed[1].splitlines():
        indent = len(line) - len(line.lstrip())
        if indent > 6:
            continue  # the rest of a line
        names = re.split(r"\s{2,}", line.strip())[0].split()
        if indent == 4 and names[0].endswith("/"):
            folder = names[0]
            named |= {name for name in names if name.endswith("/")}
        else:
            named |= {name if indent == 4 else folder + name for name in names}
    missing = sorted(name for name in named if not (ROOT / name).exists())
    assert missing == []
    code = [path for path in tracked("*.py") if path.count("/") <= 1 and not path.startswith(("tests/", "benchmarks/"))]
    absent = sorted(path for path in code if path not in named and not path.endswith(("__init__.py", "__main__.py")))
    assert [path for path in absent if path.split("/")[0] + "/" not in ("docs/", "samples/", "ui/")] == []


def test_links_lead_to_files() -> None:
    for path in ("README.md", *tracked("docs/*.md")):
        here = (ROOT / path).parent
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / path).read_text()):
            assert (here / target).exists(), f"{path} links to {target}"
