"""What the browser's tests share: the server, and what somebody does on the page."""

from __future__ import annotations

import contextlib
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pages import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from playwright.sync_api import Page as Tab


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen[bytes]
    data: Path
    models: Path
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


def settled(tab: Tab) -> None:
    """Wait until the page has run to its end."""
    tab.wait_for_timeout(400)
    tab.wait_for_selector("[data-test-script-state=notRunning]", state="attached")
    tab.wait_for_timeout(400)


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
