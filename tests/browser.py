"""What the browser's tests share: the server, and what somebody does on the page."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import numpy as np
import pytest
from conftest import WEIGHTS
from pages import ROOT
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

import models

if TYPE_CHECKING:
    from playwright.sync_api import Locator, WebSocket
    from playwright.sync_api import Page as Tab


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SOON = 250  # milliseconds: in which a click or a key leads to a question to the server
SIZES = {"desk": (1400, 900), "phone": (390, 844)}
at_both_sizes = pytest.mark.parametrize("size", SIZES)
LONG = 180_000  # milliseconds: a busy machine with two cores loads diffusers in a minute


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen[bytes]
    data: Path
    models: Path
    hub: tuple[str, int]  # where it looks for the model hub; nobody is there unless a test is
    seconds: float  # from its start to the first page


def answers(url: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=5) as answer:
        return bool(answer.status == 200)
    return False


def wait(done: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"not done after {seconds} s"
        time.sleep(0.05)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app with an own data folder, the embedded model and a tiny diffusion model; all tests share it."""
    yield from _serve(tmp_path_factory)


@pytest.fixture
def fresh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same, which nobody has opened yet."""
    yield from _serve(tmp_path_factory)


def _serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    pytest.importorskip("playwright.sync_api", reason="needs playwright")
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    with pytest.MonkeyPatch.context() as patch:
        if WEIGHTS:
            patch.setenv("BACKDROP_WEIGHTS", str(WEIGHTS))
        found = models.local_paths("u2netp")
    if found is None:
        pytest.skip("needs u2netp.onnx")
    folder, data = tmp_path_factory.mktemp("weights"), tmp_path_factory.mktemp("browser-data")
    (folder / "u2netp.onnx").symlink_to(found[0])
    subprocess.run([sys.executable, "-m", "tests.tiny", str(folder)], cwd=ROOT, check=True, capture_output=True)
    port, hub = _free_port(), ("127.0.0.1", _free_port())
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}", "--server.headless=true"]
    folders = {"BACKDROP_DATA": str(data), "BACKDROP_WEIGHTS": str(folder)}
    environment = os.environ | folders | {"OMP_NUM_THREADS": "1", "BACKDROP_RUNTIME": "pytorch"}
    environment["HF_ENDPOINT"] = f"http://{hub[0]}:{hub[1]}"
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--server.address=127.0.0.1"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        wait(lambda: answers(url), 120)
        yield Server(url, process, data, folder, hub, time.perf_counter() - started)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Traffic:
    """What page and server say to each other.

    Attributes:
        quiet: whether a run came to its end since the page last asked for one.
    """

    quiet: bool = True

    def watch(self, socket: WebSocket) -> None:
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes) and BackMsg.FromString(frame).WhichOneof("type") == "rerun_script":
            self.quiet = False

    def _received(self, frame: str | bytes) -> None:
        said = ForwardMsg.FromString(frame) if isinstance(frame, bytes) else ForwardMsg()
        early = said.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN  # another run follows
        if said.WhichOneof("type") == "script_finished" and not early:
            self.quiet = True


_traffic: WeakKeyDictionary[Tab, Traffic] = WeakKeyDictionary()


@pytest.fixture
def tab() -> Iterator[Tab]:
    """A page that lets nothing in but what comes from where it was opened."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(LONG)
        _traffic[page] = Traffic()
        page.on("websocket", _traffic[page].watch)
        hosts: set[str] = set()
        page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
        yield page
        browser.close()
        hosts.discard("")  # data: and blob:
        assert all(host.startswith("127.0.0.1:") for host in hosts), "everything comes from the studio itself"


def resize(tab: Tab, size: str) -> None:
    """Make the window one of :data:`SIZES`."""
    width, height = SIZES[size]
    tab.set_viewport_size({"width": width, "height": height})


def settled(tab: Tab) -> None:
    """Wait until the server has carried out what the page asked for, and the page shows it."""
    traffic, end = _traffic[tab], time.monotonic() + LONG / 1000
    tab.wait_for_timeout(SOON)
    quiet = 0
    while quiet < 2:  # twice: what is drawn may ask for another run
        assert time.monotonic() < end, "the page does not come to rest"
        tab.wait_for_selector("[data-test-script-state=notRunning]", state="attached")
        quiet = quiet + 1 if traffic.quiet else 0
        tab.wait_for_timeout(SOON)


def has_value(field: Locator, value: str) -> None:
    """Wait until a field shows it: Streamlit's text fields are empty when they are first drawn, for a moment."""
    from playwright.sync_api import expect

    expect(field).to_have_value(value, timeout=LONG)


def choose(tab: Tab, label: str, option: str) -> None:
    """Choose an option of a field whose list opens at a click."""
    field = tab.get_by_role("combobox", name=label)
    # Clear of the main button at the end of the screen: a list that opens while the page scrolls is closed again.
    field.evaluate("each => each.scrollIntoView({ block: 'center' })")
    tab.wait_for_timeout(300)
    field.click()
    tab.get_by_role("option", name=option).first.click()
    settled(tab)


def step(tab: Tab, name: str) -> None:
    tab.get_by_role("radio", name=name, exact=True).click()
    settled(tab)


def sample(tab: Tab, server: Server) -> Path:
    """Open the first opaque sample."""
    photos = sorted((ROOT / "samples").glob("*.jpg"))
    if not photos:
        pytest.skip("needs samples/")
    tab.goto(server.url)
    name = photos[0].stem.replace("_", " ").capitalize()
    tab.get_by_role("button", name=name, exact=True).click()
    tab.get_by_text("The subject is").wait_for()
    settled(tab)
    return photos[0]


def download(tab: Tab, label: str, folder: Path) -> Path:
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name=label, exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def drag(tab: Tab, canvas: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw from one fraction of the canvas to another."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    tab.mouse.move(box["x"] + start[0] * box["width"], box["y"] + start[1] * box["height"])
    tab.mouse.down()
    tab.mouse.move(box["x"] + end[0] * box["width"], box["y"] + end[1] * box["height"], steps=12)
    tab.mouse.up()
    settled(tab)


def patch(values: np.ndarray, at: tuple[float, float]) -> np.ndarray:
    """Five by five pixels around a fraction of an ``(H, W)`` mask."""
    y, x = round(at[1] * values.shape[0]), round(at[0] * values.shape[1])
    return values[y - 2 : y + 3, x - 2 : x + 3]
