"""What the page's server does as it starts: load the page while the first browser is still loading Streamlit."""

from __future__ import annotations

import importlib
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from streamlit.web.server.server_util import get_url


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """Begin to load what the first page needs, and open it in a browser as ``streamlit run`` does.

    Args:
        app: the server's ``st.App``.
    """
    threading.Thread(target=importlib.import_module, args=("ui.studio",), name="load the page", daemon=True).start()
    if not st.get_option("server.headless"):  # Streamlit opens none for an st.App
        address = st.get_option("browser.serverAddress")
        threading.Thread(target=webbrowser.open, args=(get_url(address),), name="browser", daemon=True).start()
    yield
