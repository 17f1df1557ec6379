"""The shape of the selection's edge, and which of several things are kept."""

from __future__ import annotations

import streamlit as st

from recipe import MaskRecipe
from ui import binding, clicks, controls, selecting, state, widgets

SHAPING = ("grow", "feather", "matting", "invert", "fill_holes", "specks")  # of the mask, in the order of the controls
OBJECTS = {"all": "Keep all", "largest": "Keep the largest", "chosen": "Keep those I click on"}


def panel() -> None:
    """The controls, folded away."""
    state.expander("Shape the edge", "edge.open", ":material/line_curve:", _settings)


def _settings() -> None:
    for name in SHAPING[:2]:
        controls.draw(binding.field(f"mask.{name}"))
    _objects()
    for name in SHAPING[2:]:
        controls.draw(binding.field(f"mask.{name}"))
    st.button(
        "Reset the edge",
        key="reset_edge",
        icon=":material/restart_alt:",
        type="tertiary",
        on_click=_reset,
        help="Put all of these back to where they started.",
    )


def _objects() -> None:
    key, objects = "background.mask.objects", state.draft().mask.objects
    widgets.show(
        st.selectbox,
        "Of several separate things",
        key=key,
        value="chosen" if clicks.objects_by_click() else objects,
        options=list(OBJECTS),
        format_func=OBJECTS.__getitem__,
        on_change=lambda: _choose(st.session_state[key]),
        help="Keep everything that was found, the largest piece alone, or the pieces you click on.",
    )
    if st.session_state[key] == "chosen" and isinstance(objects, str):
        st.caption("Click in the picture on the things to keep; until then all of them are kept.")


def _choose(how: str) -> None:
    with state.change("Things to keep"):
        state.workspace().view["subject.objects_by_click"] = how == "chosen"
        state.workspace().marks.pop(selecting.OBJECTS, None)
        state.replace(state.draft().put("mask.objects", "all" if how == "chosen" else how))
    clicks.aim(selecting.OBJECTS)


def _reset() -> None:
    fresh = MaskRecipe()
    with state.change("Reset the edge"):
        _choose("all")
        state.replace(state.draft().put_all("mask", {name: getattr(fresh, name) for name in SHAPING}))
