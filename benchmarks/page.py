"""Seconds of the page at a photo of 12 megapixels: the first page, the first mask, and each control to its preview.

    python -m benchmarks.page [--runs N]

In a browser (Chromium by Playwright; left out where there is none): from the start of a new server's process, and from
its first answer, until the title is shown, beside an app that has nothing but a title; then the three clicks to the
first picture, of a sample, one megapixel. Everything else is Streamlit's AppTest in this process: from a control's new
value until the script has run, the preview drawn and encoded, and another picture stands on the page than before; the
browser's own part is not in it. Medians.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.instant import resized

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

ROOT = Path(__file__).parents[1]
CONTROLS: dict[str, tuple[str, tuple[object, ...]]] = {  # kind of backdrop: (a control's key, its values in turn)
    "colour": ("background.colour.colour", ("#ffffff", "#eeeeee", "#dddddd")),
    "gradient": ("background.gradient.angle", (10.0, 20.0, 30.0)),
    "sweep": ("background.sweep.colour", ("#ddccbb", "#ccddbb", "#bbccdd")),
    "blur": ("background.blur.radius", (10.0, 20.0, 30.0)),
    "scene": ("background.scene.dunes.height", (0.1, 0.4, 0.7)),
}
OF_EVERY_KIND = {
    "shadow strength": ("background.look.shadow_strength", (80.0, 110.0, 140.0)),
    "match the light": ("background.look.match_light", (True, False)),
    "subject's size": ("background.placement.scale", (0.9, 0.8, 0.7)),
}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@contextmanager
def data_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BACKDROP_DATA"] = folder
        yield Path(folder)


@contextmanager
def opened(app: Path) -> Iterator[tuple[Tab, float, float]]:
    """A page of a new server in a browser that was open before, and the seconds to the page's title.

    They are counted from the start of the server's process and from its first answer.
    """
    from playwright.sync_api import Error, sync_playwright

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with data_folder(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page(viewport={"width": 1400, "height": 900})
        tab.set_default_timeout(60_000)
        options = [f"--server.port={port}", "--server.headless=true"]
        command = [sys.executable, "-m", "streamlit", "run", str(app), *options]
        started = answered = time.perf_counter()
        server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while time.perf_counter() - started < 60:
                try:
                    tab.goto(f"http://127.0.0.1:{port}", wait_until="commit")
                    answered = time.perf_counter()
                    break
                except Error:  # it does not listen yet
                    time.sleep(0.02)
            tab.get_by_role("heading").first.wait_for()
            shown = time.perf_counter()
            yield tab, shown - started, shown - answered
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()
            browser.close()


def bare_page() -> tuple[float, float]:
    """Seconds to the title of an app that has nothing but one: what Streamlit and the browser take. See `opened`."""
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder) / "app.py"
        app.write_text('import streamlit as st\n\nst.title("Nothing")\n')
        with opened(app) as (_, seconds, since_answer):
            return seconds, since_answer


def first_picture() -> tuple[float, float, float, float]:
    """Seconds to the first page as `opened`, from a click on a sample to its mask, of all three clicks to a picture."""
    with opened(ROOT / "app.py") as (tab, seconds, since_answer):
        tab.get_by_role("button", name="Mug", exact=True).wait_for()
        tab.wait_for_timeout(3000)  # somebody reads
        started = time.perf_counter()
        tab.get_by_role("button", name="Mug", exact=True).click()
        tab.get_by_text("The subject is").first.wait_for()
        mask = time.perf_counter() - started
        tab.get_by_role("button", name="Choose the new background").click()
        tab.get_by_role("button", name="Make the picture").click()
        tab.get_by_text("The subject is untouched.").wait_for()
        return seconds, since_answer, mask, time.perf_counter() - started


def timed(work: Any, *arguments: object) -> float:
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started


def controls(runs: int) -> None:
    sys.path.insert(0, str(ROOT / "tests"))
    from pages import Page

    from ui import memory

    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)
    with data_folder() as folder:
        photo = resized(folder, 4000, 3000).read_bytes()
        page = Page()
        print_row("first mask, networks not loaded yet", [timed(page.upload, photo, "photo.jpg")])
        print_row("first look at the backgrounds", [timed(page.open, "Background")])

        def move(what: str, key: str, values: tuple[object, ...]) -> None:
            page.set(key, values[-1])
            seconds = []
            for turn, value in zip(range(runs), cycle(values), strict=False):
                memory.shared().forget(page.app.session_state["memory_of"], "preview")  # a toggle comes back to both
                before = pictures(page)
                seconds.append(timed(page.set, key, fresh(value, turn)))
                if pictures(page) == before:
                    raise SystemExit(f"{what}: the page shows the same picture as before")
            print_row(what, seconds)

        for kind, (key, values) in CONTROLS.items():
            page.set("background.kind", kind)
            if kind == "scene":
                page.click("scene.dunes")
            move(f"{kind}: {key.rpartition('.')[2]}", key, values)
        for what, (key, values) in OF_EVERY_KIND.items():
            move(f"scene: {what}", key, values)


def pictures(page: Any) -> list[str]:
    """The addresses of all pictures on the page, which follow from their bytes."""
    return [image.url for element in page.app.get("image") for image in element.proto.imgs]


def fresh(value: object, turn: int) -> object:
    """A value near that one which was not set before, so that no preview is kept of it."""
    if isinstance(value, float):
        return round(value + turn // 3 * (0.01 if value < 1 else 1), 2)
    if isinstance(value, str):
        return f"{value[:5]}{(turn // 3) % 10}{value[6:]}"
    return value


def print_rows(names: tuple[str, ...], measured: Sequence[tuple[float, ...]]) -> None:
    for name, seconds in zip(names, zip(*measured, strict=True), strict=True):
        print_row(f"in a browser: {name}", list(seconds))


def print_row(what: str, seconds: list[float]) -> None:
    print(f"{what:40} {statistics.median(seconds):6.2f} s", flush=True)


def run() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    if CHROMIUM is not None:
        print_rows(("an empty Streamlit page", "from the server's answer"), [bare_page() for _ in range(3)])
        ours = ("first page", "from the server's answer", "a sample's mask", "three clicks, a picture")
        print_rows(ours, [first_picture() for _ in range(3)])
    controls(runs)


if __name__ == "__main__":
    run()
