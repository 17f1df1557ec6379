"""The table of models: whatever is in it can be fetched, checked and loaded without running code."""

from __future__ import annotations

from pathlib import Path

import pytest

import models


@pytest.mark.parametrize("model", models.MODELS.values(), ids=lambda model: model.id)
def test_every_entry_is_complete(model: models.Model) -> None:
    """Whatever is fetched has a digest or a commit, a length and a licence, and can run no code."""
    safe = (".safetensors", ".onnx", ".tflite")
    assert model.licence
    assert model.help
    assert model.size > 100_000
    assert model.memory_bytes > 0
    assert bool(model.files) != bool(model.folder)
    assert bool(model.setup) == bool(model.without)
    for file in model.files:
        kind, _, value = file.digest.partition(":")
        assert len(value) == {"md5": 32, "sha256": 64}[kind]
        assert file.package if file.url is None else file.url.startswith("https://")
        assert ".." not in file.path
        assert file.path.endswith(safe), file.path
        assert file.url is None or file.url.endswith(safe), file.url
        assert file.package is None or file.package.layout != "file" or file.package.member.endswith(safe)
        if "hub" in file.also:
            assert "/resolve/" in (file.url or ""), "only the hub states digests, and only for a commit"
            assert len((file.url or "").split("/resolve/")[1].split("/")[0]) == 40
    if model.folder:
        assert model.folder.revision is None or len(model.folder.revision) == 40
        for pattern in model.folder.files:
            assert pattern.endswith((*safe, ".json", ".txt")), pattern


def test_weights_are_converted_without_unpickling() -> None:
    """What a package holds in another form is made into safetensors by :mod:`models.tfjs`, from JSON and numbers."""
    import ast

    from models import tfjs

    tree = ast.parse(Path(tfjs.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= {"__future__", "json", "collections.abc", "typing", "numpy", "numpy.typing", "safetensors.numpy"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "load"]
