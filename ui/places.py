"""Places of the page whose room is reserved, so that nothing moves when something appears in them.

    with places.status():                 the strip at the top, in sight while the page is scrolled: what is being done
    with places.spinner("Opening …"):     there, what takes a while within a run
    with places.panel():                  a step's controls
    places.work_on_stage("touch-up")      the step's picture is something to work on: it comes in sight
    places.main_button("Make it", …)      a step's main button, below them and always in sight

style.css keeps them where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

STATUS, MAIN_ACTION, ON_STAGE = "status", "main_action", "on_stage"
SHORTCUT = "Alt+N"  # next; Enter belongs to whatever control has the keyboard


def reserve() -> None:
    """Begin anew: once in a run, before anything else is drawn."""
    st.session_state.pop(MAIN_ACTION, None)
    st.session_state.pop(ON_STAGE, None)
    st.session_state[STATUS] = st.container(key=STATUS, horizontal=True, vertical_alignment="center")


def status() -> DeltaGenerator:
    """The strip at the top of the page."""
    found: DeltaGenerator = st.session_state[STATUS]
    return found


def spinner(text: str) -> AbstractContextManager[None]:
    """Say what is being done, for as long as it takes."""
    return status().spinner(text, show_time=True)


@contextmanager
def panel() -> Iterator[None]:
    """A step's controls, with its main button's place after them: the button stays when controls come and go."""
    with st.container(key="panel"):
        controls = st.container()
        st.session_state[MAIN_ACTION] = st.container(key=MAIN_ACTION)
        with controls:
            yield


def keys(text: str) -> None:
    """Say which keys work on the picture above; not on a device that is touched and has none."""
    with st.container(key="keys"):
        st.caption(f":material/keyboard: {text}")


def work_on_stage(what: str) -> None:
    """Say that the step's picture is something to work on now, which is to be in sight: ``touch-up``, ``clicks``."""
    st.session_state[ON_STAGE] = what


def on_stage() -> str:
    """What was said to be worked on in this run."""
    return str(st.session_state.get(ON_STAGE, ""))


def main_button(label: str, help: str, above: Callable[[], None] | None = None, **settings: Any) -> None:
    """A step's main button, which calls its ``on_click``; where there is no panel it stands right here.

    Args:
        label: what it does.
        help: its tooltip; the shortcut is added.
        above: draws what is said of it, in sight with it.
        settings: further arguments of ``st.button``.
    """
    reserved: DeltaGenerator | None = st.session_state.get(MAIN_ACTION)
    with reserved if reserved is not None else st.container(key=MAIN_ACTION):
        if above:
            above()
        st.button(
            label, type="primary", width="stretch", shortcut=SHORTCUT, help=f"{help} Key: {SHORTCUT}.", **settings
        )
