"""Who may import whom: the layers of the house, read from the code itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = (
    "app",
    "ui",
    "api",
    "cli",
    "jobs",
    "main",
    "tasks",
    "masks",
    "diffusion",
    "imaging",
    "recipe",
    "models",
    "fields",
    "errors",
)
GROUND = {"recipe", "models", "fields", "errors"}
MAY_IMPORT = {
    "app": {"ui", "jobs", "main", "masks", "diffusion", "imaging"} | GROUND,
    "ui": {"jobs", "main", "masks", "diffusion", "imaging"} | GROUND,
    "api": {"jobs", "main", "imaging"} | GROUND,
    "cli": {"main", "jobs", "api", "masks", "diffusion", "imaging"} | GROUND,
    "jobs": {"main", "masks", "imaging"} | GROUND,
    "main": {"tasks", "masks", "diffusion", "imaging", "cli"} | GROUND,
    "tasks": {"masks", "diffusion", "imaging"} | GROUND,
    "masks": {"imaging"} | GROUND,
    "diffusion": {"imaging"} | GROUND,
    "imaging": GROUND,
    "recipe": {"fields", "errors"},
    "models": {"errors"},
    "fields": set(),
    "errors": set(),
}
SHARED_VALUES = {"imaging.photo", "imaging.geometry", "imaging.colour"}
"""What masks and diffusion may use of imaging."""
ONLY = {"streamlit": {"app", "ui"}, "diffusers": {"diffusion"}, "typer": {"cli"}, "dbos": {"jobs"}}
HEAVY = {"torch", "diffusers", "transformers", "rembg", "onnxruntime", "ai_edge_litert", "pymatting", "openvino"}


def files() -> list[Path]:
    tracked = [ROOT / f"{room}.py" for room in ROOMS] + [p for room in ROOMS for p in (ROOT / room).rglob("*.py")]
    return [path for path in tracked if path.exists()]


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> list[str]:
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    room = room_of(path)
    for name in imported(ast.parse(path.read_text())):
        top = name.split(".")[0]
        if top in ROOMS and top != room:
            assert top in MAY_IMPORT[room], f"{path.name} imports {name}"
        if room in ("masks", "diffusion") and top == "imaging":
            assert ".".join(name.split(".")[:2]) in SHARED_VALUES, f"{path.name} imports {name}"
        if top in ONLY:
            assert room in ONLY[top], f"{path.name} imports {name}"


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_heavy_libraries_load_late(path: Path) -> None:
    tree = ast.parse(path.read_text())
    type_only = [n for n in tree.body if isinstance(n, ast.If) and getattr(n.test, "id", "") == "TYPE_CHECKING"]
    at_import = [node for node in tree.body if node not in type_only and not isinstance(node, ast.FunctionDef)]
    names = {name.split(".")[0] for node in at_import if not isinstance(node, ast.ClassDef) for name in imported(node)}
    assert not names & HEAVY


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
