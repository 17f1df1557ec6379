"""The new background: an instant one, drawn as the controls move, or a generated one, made by the queue."""

from __future__ import annotations

import streamlit as st

from imaging.photo import Photo
from recipe import kind_of
from ui import generate, instant, pictures, selecting, state

MODES = {"Instant": ":material/bolt: Instant", "Generated": ":material/auto_awesome: Generated"}


def stage(photo: Photo) -> None:
    """What the picture will look like."""
    mask = selecting.recipe()
    answer = selecting.found(photo, mask)
    if answer.selection is None:
        st.image(pictures.stage(photo), alt="The photo")
        st.warning(
            f"{answer.problem} Without a subject there is nothing to put before a background.",
            icon=":material/search_off:",
        )
    elif state.draft().kind == "generated":
        generate.stage(photo)
    else:
        instant.stage(photo, answer.selection)


def panel(photo: Photo) -> None:
    """Choose the background and make the picture."""
    key = "background.mode"
    st.session_state[key] = _mode()
    st.segmented_control(
        "Kind of background",
        list(MODES),
        key=key,
        format_func=MODES.__getitem__,
        required=True,
        width="stretch",
        on_change=lambda: _switch(st.session_state[key]),
        help="Instant: drawn at once, needs no model. Generated: from your words, drawn as a scene or painted by a "
        "diffusion model.",
    )
    {"Instant": instant.panel, "Generated": generate.panel}[_mode()](photo)


def _mode() -> str:
    return "Generated" if kind_of(state.draft().kind).creates else "Instant"


def _switch(mode: str) -> None:
    """Take up the other mode as it was left. A callback."""
    with state.change("Kind of background"):
        if mode == "Generated":
            state.workspace().view["instant.kind"] = state.draft().kind
            generate.choose_model("background", generate.chosen_model("background"))
        else:
            state.replace(state.draft().put("backdrop.kind", str(state.value("instant.kind", "colour"))))
