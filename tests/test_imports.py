"""Who may import whom: the layers of the house, read from the code itself."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    ("app",),
    ("ui", "cli", "colab"),
    ("jobs",),
    ("replay",),
    ("main",),
    ("tasks",),
    ("backdrops",),
    ("masks", "diffusion"),
    ("imaging",),
    ("models", "recipe"),
    ("fields",),
    ("errors",),
)
"""Every room of the program, from the top down. A room imports what lies below it, never what stands beside it."""
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
APART = {"benchmarks", "docs", "samples", "tests"}
"""Folders of Python that are no part of the program."""
SHARED_VALUES = {"imaging.photo", "imaging.geometry", "imaging.colour", "imaging.fill", "imaging.tiles"}
"""What masks and diffusion may use of imaging."""
ONLY = {"streamlit": {"app", "ui"}, "diffusers": {"diffusion"}, "typer": {"cli"}, "dbos": {"jobs"}}
HEAVY = {"torch", "diffusers", "transformers", "rembg", "onnxruntime", "ai_edge_litert", "pymatting", "openvino"}

LATE = {"diffusion.compiled", "diffusion.tracing"}
"""Modules of torch's own classes: they may import it, and are imported within functions."""


def files() -> list[Path]:
    """Every Python file of the program."""
    found = [*ROOT.glob("*.py"), *ROOT.glob("*/**/*.py")]
    return sorted(p for p in found if room_of(p) in LEVEL)


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.AST) -> list[str]:
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def test_every_folder_of_python_has_its_layer() -> None:
    rooms = {p.name for p in ROOT.iterdir() if p.is_dir() and p.name[0] != "." and list(p.glob("*.py"))}
    rooms |= {path.stem for path in ROOT.glob("*.py")}
    assert rooms - APART == set(LEVEL)


def test_there_are_no_circles_between_modules() -> None:
    """An import of a package by one of its own modules counts; one for types alone or within a function counts, too."""
    modules = {module_of(path): path for path in files()}
    graph = {}
    for module, path in modules.items():
        names = imported(ast.parse(path.read_text()))
        targets = {name if name in modules else name.rpartition(".")[0] for name in names}
        graph[module] = {target for target in targets if target in modules and target != module}
    sorter = graphlib.TopologicalSorter(graph)
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        pytest.fail("a circle: " + " -> ".join(error.args[1]))


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    room = room_of(path)
    for name in imported(ast.parse(path.read_text())):
        top = name.split(".")[0]
        if top in LEVEL and top != room:
            assert LEVEL[top] > LEVEL[room], f"{path.name} imports {name}"
        if room in ("masks", "diffusion") and top == "imaging":
            assert ".".join(name.split(".")[:2]) in SHARED_VALUES, f"{path.name} imports {name}"
        if top in ONLY:
            assert room in ONLY[top], f"{path.name} imports {name}"


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_libraries_load_late(path: Path) -> None:
    tree = ast.parse(path.read_text())
    type_only = [n for n in tree.body if isinstance(n, ast.If) and getattr(n.test, "id", "") == "TYPE_CHECKING"]
    at_import = [node for node in tree.body if node not in type_only and not isinstance(node, ast.FunctionDef)]
    names = {name for node in at_import if not isinstance(node, ast.ClassDef) for name in imported(node)}
    assert not {late for late in LATE if any(name.startswith(late) for name in names)}
    if module_of(path) not in LATE:
        assert not {name.split(".")[0] for name in names} & HEAVY


def test_mask_sources_do_not_import_each_other() -> None:
    from masks import SOURCES

    sources = {type(source).__module__ for source in SOURCES.values()}
    for path in (ROOT / "masks").glob("*.py"):
        if f"masks.{path.stem}" in sources:
            names = {".".join(name.split(".")[:2]) for name in imported(ast.parse(path.read_text()))}
            assert not names & sources, path.name


@pytest.mark.parametrize("module", ["cli", "main"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_help_loads_nothing_heavy() -> None:
    arguments = [sys.executable, "-X", "importtime", "main.py", "--help"]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "background" in done.stdout
    assert not loaded & HEAVY
