"""The strip at the top of the page: what is being done stands there, so that nothing else moves for it.

    with status.place():                  what a run draws there
    with status.spinner("Opening …"):     what takes a while within a run

Its room is reserved, and it stays in sight while the page is scrolled (style.css).
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

KEY = "status"


def reserve() -> None:
    """Begin the strip anew: once in a run, before anything else is drawn."""
    st.session_state[KEY] = st.container(key=KEY, horizontal=True, vertical_alignment="center")


def place() -> DeltaGenerator:
    """The strip, to draw in with ``with``."""
    found: DeltaGenerator = st.session_state[KEY]
    return found


def spinner(text: str) -> AbstractContextManager[None]:
    """Say what is being done, for as long as it takes."""
    return place().spinner(text, show_time=True)
