"""Controls that several panels share."""

from __future__ import annotations

import streamlit as st

from ui import state


def shadow() -> None:
    """The contact shadow, for both kinds of background."""
    state.control(
        st.toggle,
        "Shadow on the ground",
        "background.shadow",
        False,
        help="A soft dark line where the subject stands (contact shadow), so that it does not float.",
    )
