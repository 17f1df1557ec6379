"""What all tests share: an own data folder, real weights read-only, the developers' pictures, and honest skips.

Weights are those of the developers' folder ``../shared`` beside the checkout (or ``BACKDROP_SHARED``), which also holds
photos, or else those that set-up fetched. A test that needs what is in neither skips visibly. With ``CI=true`` a skip
fails the run unless its reason is listed in ``allowed_skips.txt``, or in ``allowed_skips_newcomer.txt`` where there is
no developers' folder.

A browser test that fails is tried once more, since a busy machine may keep the browser waiting; the report lists it as
rerun.

``--record-passed FILE`` and ``--skip-passed FILE`` let a second run, with that folder, do only what it adds.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import settings

from backdrops import BackdropKind, ReadInput
from imaging.encode import encode
from imaging.photo import Photo, load
from imaging.subject import Subject

if TYPE_CHECKING:
    from pages import Page

    from recipe import Recipe

# No timed tests: the machine may be busy. In CI the same examples every time, so that a failure is the change's own.
settings.register_profile("backdrop", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("backdrop")

pytest_plugins = ("browser",)  # the server and the browser
ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("BACKDROP_SHARED", ROOT.parent / "shared"))
_skipped: set[str] = set()
_passed: set[str] = set()


def weights_folder() -> Path | None:
    """Where tests find real weights; nothing is ever written there."""
    import models

    folders = (os.environ.get("BACKDROP_WEIGHTS"), SHARED / "weights", models.data_folder() / "weights")
    return next((Path(folder) for folder in folders if folder and Path(folder).is_dir()), None)


WEIGHTS = weights_folder()
"""Settled before any test: each has a data folder of its own later."""


def heed_interrupts() -> None:
    """In a new process: Ctrl-C interrupts it also where the tests run in a shell's background, which ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Diffusion models compute in float32 although the processor may have bfloat16: what is compared is close then."""
    from diffusion import device

    found = device.look
    monkeypatch.setattr(device, "look", lambda: replace(found(), cpu_bf16=False))


def need(path: Path) -> Path:
    """The path, or a skip that names what is missing."""
    if not path.exists():
        pytest.skip(f"needs {path.relative_to(SHARED) if path.is_relative_to(SHARED) else path}")
    return path


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test touches the user's data, or starts a worker before it wants one; weights lie in :data:`WEIGHTS`."""
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setattr("jobs.queue.prepare", lambda: None)
    monkeypatch.setenv("BACKDROP_DATA", str(folder))
    monkeypatch.setenv("BACKDROP_RUNTIME", "pytorch")  # OpenVINO is converted for where it is tested
    if WEIGHTS:
        monkeypatch.setenv("BACKDROP_WEIGHTS", str(WEIGHTS))
    monkeypatch.delenv("BACKDROP_MAX_MEGAPIXELS", raising=False)
    if "masks" in sys.modules:
        sys.modules["masks"].forget()  # what another test's sources answered
    return folder


@pytest.fixture
def u2netp() -> None:
    """For tests that find a subject by the embedded model."""
    import models

    if not models.is_installed("u2netp"):
        pytest.skip("needs u2netp.onnx")


def no_inputs(digest: str) -> bytes:
    """``read`` for recipes that name no input but the photo."""
    raise AssertionError(f"asked for {digest}")


def picture(width: int = 64, height: int = 48, seed: int = 0, depth: type = np.uint8) -> np.ndarray:
    """``(H, W, 3)`` noise: every pixel differs from its neighbours, so nothing is equal by accident."""
    return np.random.default_rng(seed).integers(0, np.iinfo(depth).max + 1, (height, width, 3), depth)


def photo_of(pixels: np.ndarray, icc: bytes | None = None) -> Photo:
    return load(encode(pixels, "PNG", icc), "test.png")


def disc(width: int, height: int, radius: float, soft: float = 3) -> np.ndarray:
    """``(H, W)`` uint8: a disc in the middle with an edge of about ``soft`` pixels."""
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(x - width / 2 + 0.5, y - height / 2 + 0.5)
    return np.clip((radius - distance) / soft * 255 + 128, 0, 255).astype(np.uint8)


def png(path: Path, pixels: np.ndarray) -> Path:
    """Write pixels to a PNG file; the path."""
    path.write_bytes(encode(pixels, "PNG"))
    return path


def draw(
    backdrop: BackdropKind, photo: Photo, alpha: np.ndarray, read: ReadInput, seed: int
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The background that a drawn kind gives for a photo, and what it notes."""
    background = backdrop.draw(Subject.of(photo, alpha), read, seed)
    assert background.pixels is not None
    return background.pixels, background.notes


@pytest.fixture
def command() -> Callable[..., int]:
    """The command line within this process: ``command("mask", photo, "-o", out) -> exit code``."""
    import cli

    return lambda *arguments: cli.call([str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder for jobs; no worker outlives the test."""
    from job_helpers import gone

    from jobs import places, queue, supervisor

    monkeypatch.setenv("BACKDROP_DATA", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield tmp_path
    supervisor.leave()
    if running := supervisor.worker():
        os.kill(running.pid, signal.SIGKILL)
        gone(running.pid)
    if client := queue._clients.pop(places.folder(), None):
        client.destroy()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("backdrop")
    group.addoption("--record-passed", type=Path, metavar="FILE", help="write the tests that passed into FILE")
    group.addoption("--skip-passed", type=Path, metavar="FILE", help="leave out the tests listed in FILE")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if path := config.getoption("--skip-passed"):
        done = set(path.read_text().splitlines())
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in done])
        items[:] = [item for item in items if item.nodeid not in done]
    for item in items:
        if any(mark.args == ("browser",) for mark in item.iter_markers("xdist_group")):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a failed test of the page, what the page said then."""
    report = yield
    tab = item.funcargs.get("tab")
    if report.when == "call" and report.failed and tab and not tab.is_closed():
        report.sections.append(("The page", tab.inner_text("body")))
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and isinstance(report.longrepr, tuple) and not hasattr(report, "wasxfail"):
        _skipped.add(report.longrepr[2].removeprefix("Skipped: "))
    if report.when == "call" and report.passed:
        _passed.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    if path := session.config.getoption("--record-passed"):
        path.write_text("\n".join(sorted(_passed)))
    if os.environ.get("CI") != "true":
        return
    listing = ROOT / "tests" / ("allowed_skips.txt" if SHARED.is_dir() else "allowed_skips_newcomer.txt")
    allowed = listing.read_text().splitlines()
    surprising = sorted(reason for reason in _skipped if reason not in allowed)
    if surprising:
        print(f"\nSkipped, and not in {listing.name}:", *surprising, sep="\n  ")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ``BACKDROP_WEIGHTS`` folder with tiny sd15-inpaint, sdxl-inpaint and sd15; made once per test process."""
    import tiny

    folder = tmp_path_factory.mktemp("weights")
    tiny.main(folder)
    tiny.save_xl_inpaint(folder / "diffusers" / "sdxl-inpaint")
    return folder


@pytest.fixture
def here(tiny_models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny models in place."""
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tiny_models))
    return tiny_models


@pytest.fixture
def no_searches_by_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which weights are here must not decide what is tested; ``test_searches.py`` has the worker's."""
    from jobs import searches
    from ui import selecting

    monkeypatch.setattr(searches, "takes_long", lambda layers: False)
    monkeypatch.setattr(selecting, "_encode_ahead", lambda photo, source: None)  # it would fetch what is not here


@pytest.fixture
def page(no_searches_by_the_worker: None) -> Page:
    """The page as a new visitor sees it."""
    from pages import Page

    return Page()


@pytest.fixture
def studio(page: Page) -> Page:
    """With a photo in the workspace whose subject is found without a model."""
    from pages import cut_out

    return page.upload(cut_out(), "disc.png")


@pytest.fixture
def models_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Recipe, str]]:
    """As if every model were here and the queue took everything: what was handed in."""
    from pages import job_of

    import models
    from jobs import queue

    handed_in: list[tuple[Recipe, str]] = []

    def submit(recipe: Recipe, visitor: str, address: str | None = None) -> str:
        handed_in.append((recipe, visitor))
        return f"job-{len(handed_in)}"

    monkeypatch.setattr(models, "is_installed", lambda id: True)
    monkeypatch.setattr(models, "installed_denoiser", lambda task: next(iter(models.denoisers(task))))
    monkeypatch.setattr(models, "require", lambda *_: tmp_path)
    monkeypatch.setattr(models, "require_file", lambda *_: tmp_path)
    monkeypatch.setattr(queue, "submit", submit)
    monkeypatch.setattr(queue, "ensure_worker", lambda: None)
    monkeypatch.setattr(queue, "status", lambda id: job_of(handed_in[int(id.split("-")[1]) - 1][0], id=id))
    monkeypatch.setattr(queue, "jobs_of", lambda visitor, **_: [])
    return handed_in


@pytest.fixture
def no_fetching(monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights that are not here stay away, without asking the network."""

    import models
    from errors import MissingWeights

    def refuse(model: models.Model, *_: object) -> None:
        raise MissingWeights(f"{model.id} is not here")

    monkeypatch.setattr(models.registry, "_fetch", refuse)


@pytest.fixture
def shot(here: Path, tmp_path: Path) -> list[str]:
    """A photo and its mask as files, as arguments of the command line."""
    from painting import png, stored_photo, subject_of

    from jobs import store

    photo, mask = tmp_path / "photo.png", tmp_path / "mask.png"
    photo.write_bytes(store.default().get(stored_photo(160, 100).digest))
    mask.write_bytes(png(subject_of(160, 100)))
    return [str(photo), "--mask", f"file:{mask}"]
