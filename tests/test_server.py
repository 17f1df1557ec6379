"""The page's server as it starts."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import webbrowser

import pytest
import streamlit as st
from pages import ROOT

from ui import server


def _start() -> None:
    async def start() -> None:
        async with server.lifespan(None):
            pass

    asyncio.run(start())
    for thread in threading.enumerate():
        if thread.name in ("load the page", "browser"):
            thread.join()


@pytest.mark.parametrize(("headless", "opened"), [(False, ["http://localhost:8501"]), (True, [])])
def test_it_opens_the_page_where_there_is_a_screen(
    monkeypatch: pytest.MonkeyPatch, headless: bool, opened: list[str]
) -> None:
    asked: list[str] = []
    options = {"server.headless": headless, "browser.serverAddress": "localhost"}
    monkeypatch.setattr(webbrowser, "open", asked.append)
    monkeypatch.setattr(st, "get_option", options.__getitem__)
    _start()
    assert asked == opened


def test_it_loads_the_page_before_anybody_looks_and_not_while_it_is_read() -> None:
    script = """
import sys, asyncio, threading
import streamlit as st
import app
assert isinstance(app.app, st.App)
assert "ui.studio" not in sys.modules
from ui import server
async def start():
    async with server.lifespan(None):
        pass
asyncio.run(start())
for thread in threading.enumerate():
    if thread.name == "load the page":
        thread.join()
assert "ui.studio" in sys.modules
"""
    made = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert made.returncode == 0, made.stderr
