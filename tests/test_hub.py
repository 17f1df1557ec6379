"""Models that are folders of the model hub, by its real client against a server that speaks its protocol."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from model_server import COMMIT, Publisher, publish

import models
from errors import Cancelled, MissingWeights
from models import download

CLIPSEG = "clipseg-rd64-refined"
REPOSITORY = "CIDAS/clipseg-rd64-refined"
WEIGHTS = bytes(range(256)) * 8000
FILES = {"config.json": b"{}", "vocab.json": b"{}", "merges.txt": b"a b", "model.safetensors": WEIGHTS}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    monkeypatch.setattr(download, "WAIT", 0.01)
    monkeypatch.delenv("BACKDROP_WEIGHTS", raising=False)
    with publish() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        running.repositories[REPOSITORY] = {**FILES, "pytorch_model.bin": WEIGHTS, "README.md": b"?"}
        model = models.entry(CLIPSEG)
        assert model.folder
        newest = replace(model.folder, revision=None)  # whatever is published: the table's own commit is the real hub's
        monkeypatch.setitem(models.MODELS, CLIPSEG, replace(model, folder=newest))
        yield running


def test_folders_are_pinned_to_commits() -> None:
    folders = {id: model.folder for id, model in models.MODELS.items() if model.folder}
    loose = {id for id, folder in folders.items() if not re.fullmatch("[0-9a-f]{40}", folder.revision or "")}
    unknown = {"deeplab-mobilevit-small", "lcm-lora-sdxl", "hyper-sd15-4steps", "hyper-sdxl-4steps", "taesd", "taesdxl"}
    assert loose == unknown, "their commits are not known; the one that is fetched is noted"


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_comes_whole_and_is_pinned(hub: Publisher) -> None:
    seen: list[tuple[int, int]] = []
    (folder,) = models.fetch(CLIPSEG, lambda done, total: seen.append((done, total)))
    assert names(folder) == {*FILES, "manifest.json"}
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    total = sum(len(content) for content in FILES.values())
    assert seen == sorted(seen)
    assert seen[-1] == (total, total)
    assert models.local_path(CLIPSEG) == folder
    assert models.revision(CLIPSEG) == COMMIT[:16]
    noted = json.loads((folder / "manifest.json").read_text())
    assert (noted["repository"], noted["revision"]) == (REPOSITORY, COMMIT)
    assert noted["files"]["model.safetensors"] == {
        "size": len(WEIGHTS),
        "sha256": hashlib.sha256(WEIGHTS).hexdigest(),
    }


def test_a_pickle_is_neither_fetched_nor_used(
    hub: Publisher, own_folders: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lying = own_folders / "weights" / CLIPSEG
    lying.mkdir(parents=True)
    (lying / "config.json").write_bytes(b"{}")
    (lying / "pytorch_model.bin").write_bytes(b"")
    hub.repositories[REPOSITORY] = {"config.json": b"{}", "pytorch_model.bin": WEIGHTS}
    with pytest.raises(MissingWeights, match=r"has no model\.safetensors of .*, and what else there is can run code"):
        models.fetch(CLIPSEG)
    assert "lacks config.json or model.safetensors; it is not used" in caplog.text
    assert hub.downloads("pytorch_model.bin") == []


def test_a_broken_download_is_resumed_at_the_commit_it_began_with(
    hub: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TRIES", 0)
    hub.break_after, hub.breaks = 1_000_000, 1
    with pytest.raises(MissingWeights, match="did not answer"):
        models.fetch(CLIPSEG)
    assert not models.is_installed(CLIPSEG)
    hub.repositories[REPOSITORY] |= {"config.json": b'{"newer": true}'}
    first = len(hub.asked)
    models.fetch(CLIPSEG)
    again = [path for _, path, _ in hub.asked[first:]]
    assert f"/api/models/{REPOSITORY}/revision/{COMMIT}?blobs=true" in again
    assert [asked for asked in hub.downloads("model.safetensors") if asked] != [], "the rest was asked for"


@pytest.mark.parametrize("name", ["model.safetensors", "vocab.json"])
def test_a_file_with_a_wrong_digest_is_refused(hub: Publisher, name: str) -> None:
    """A large file by its SHA-256, a small one by git's name for it."""
    hub.bend = name
    with pytest.raises(MissingWeights, match=f"gave other bytes for {name}"):
        models.fetch(CLIPSEG)
    assert not models.is_installed(CLIPSEG)
    hub.bend = ""
    models.fetch(CLIPSEG)
    assert models.is_installed(CLIPSEG)


def test_the_page_of_a_captive_portal_is_refused(hub: Publisher, own_folders: Path) -> None:
    hub.portal = True
    with pytest.raises(MissingWeights, match=f"{hub.url}/{REPOSITORY} answered with something else than the hub does"):
        models.fetch(CLIPSEG)
    assert [path for path in own_folders.rglob("*") if path.is_file() and path.suffix != ".lock"] == []


def test_a_hub_out_of_order_is_said(hub: Publisher) -> None:
    hub.gone = True
    with pytest.raises(MissingWeights, match=f"{hub.url}/{REPOSITORY} answered with HTTP 503"):
        models.fetch(CLIPSEG)
    hub.gone, hub.repositories = False, {}
    with pytest.raises(MissingWeights, match="answered with HTTP 404"):
        models.fetch(CLIPSEG)


def test_a_hub_that_does_not_answer_is_named(hub: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    with publish() as gone:
        url = gone.url
    monkeypatch.setenv("HF_ENDPOINT", url)
    with pytest.raises(MissingWeights, match=f"{url}/{REPOSITORY} did not answer"):
        models.fetch(CLIPSEG)


def test_a_download_can_be_cancelled_and_taken_up(hub: Publisher) -> None:
    seen: list[int] = []
    with pytest.raises(Cancelled):
        models.fetch(CLIPSEG, lambda done, _: seen.append(done), lambda: bool(seen) and seen[-1] > 500_000)
    assert not models.is_installed(CLIPSEG)
    models.fetch(CLIPSEG)
    assert [asked for asked in hub.downloads("model.safetensors") if asked] != []


def test_a_folder_that_lost_a_file_is_fetched_again(hub: Publisher, caplog: pytest.LogCaptureFixture) -> None:
    (folder,) = models.fetch(CLIPSEG)
    (folder / "model.safetensors").write_bytes(WEIGHTS[:-1])
    assert not models.is_installed(CLIPSEG)
    assert "model.safetensors is missing or has another size" in caplog.text
    assert models.fetch(CLIPSEG) == (folder,)
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS


def test_weights_that_do_not_load_are_fetched_once_more(hub: Publisher) -> None:
    (folder,) = models.fetch(CLIPSEG)
    (folder / "model.safetensors").write_bytes(b"?" * len(WEIGHTS))  # the size is right

    def read(paths: tuple[Path, ...]) -> str:
        if (paths[0] / "model.safetensors").read_bytes() != WEIGHTS:
            raise ValueError("not safetensors")
        return "loaded"

    assert models.load(CLIPSEG, read) == "loaded"


def test_a_folder_somebody_put_there_that_does_not_load_is_said(
    hub: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    (tmp_path / CLIPSEG).mkdir()
    for name, content in FILES.items():
        (tmp_path / CLIPSEG / name).write_bytes(content)

    def read(paths: tuple[Path, ...]) -> str:
        raise ValueError("not safetensors")

    with pytest.raises(MissingWeights, match=r"cannot be loaded \(not safetensors\): replace or remove them"):
        models.load(CLIPSEG, read)
    assert hub.asked == []


def pipeline_of(hub: Publisher, model: models.Denoiser) -> dict[str, bytes]:
    """The files of a diffusers folder that a diffusion model's download needs, at its own commit."""
    assert model.folder
    assert model.folder.revision
    index = {
        "_class_name": "StableDiffusionInpaintPipeline",
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    }
    files = {
        "model_index.json": json.dumps(index).encode(),
        "scheduler/scheduler_config.json": b"{}",
        "tokenizer/vocab.json": b"{}",
        "unet/config.json": json.dumps({"sample_size": 64, "in_channels": 9}).encode(),
        "vae/config.json": json.dumps({"block_out_channels": [1, 2, 4, 4]}).encode(),
        "text_encoder/config.json": b"{}",
        "unet/diffusion_pytorch_model.fp16.safetensors": WEIGHTS,
        "vae/diffusion_pytorch_model.fp16.safetensors": WEIGHTS,
        "text_encoder/model.fp16.safetensors": WEIGHTS,
    }
    unwanted = {"unet/diffusion_pytorch_model.bin": WEIGHTS, "safety_checker/model.fp16.safetensors": WEIGHTS}
    hub.commit = model.folder.revision
    hub.repositories[model.folder.repository] = files | unwanted
    return files


def test_a_diffusion_model_is_fetched_at_its_commit(hub: Publisher, own_folders: Path) -> None:
    model = models.denoiser("sd15-inpaint")
    files = pipeline_of(hub, model)
    (folder,) = models.fetch("sd15-inpaint")
    assert folder == own_folders / "diffusers" / "sd15-inpaint"
    assert names(folder) == {*files, "manifest.json"}
    assert models.require("sd15-inpaint", "background") == folder
    assert model.folder
    assert models.revision("sd15-inpaint") == model.folder.revision
    assert models.remove("sd15-inpaint") > 3 * len(WEIGHTS)
    assert not folder.exists()


def test_another_commit_than_the_pinned_one_is_refused(hub: Publisher) -> None:
    pipeline_of(hub, models.denoiser("sd15-inpaint"))
    hub.commit = COMMIT
    with pytest.raises(MissingWeights, match="HTTP 404"):
        models.fetch("sd15-inpaint")


def test_a_broken_diffusion_download_keeps_whole_files(hub: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TRIES", 0)
    pipeline_of(hub, models.denoiser("sd15-inpaint"))
    hub.break_after, hub.breaks = 1_000_000, 1
    with pytest.raises(MissingWeights):
        models.fetch("sd15-inpaint")
    first = len(hub.asked)
    models.fetch("sd15-inpaint")
    assert not [path for _, path, _ in hub.asked[first:] if path.endswith("model_index.json")]


def test_what_earlier_versions_noted_is_still_read(own_folders: Path) -> None:
    folder = own_folders / "weights" / CLIPSEG
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    assert models.revision(CLIPSEG) == "a folder of your own"
    (folder / "revision.txt").write_text("0123456789abcdef0123")
    assert models.revision(CLIPSEG) == "0123456789abcdef"
