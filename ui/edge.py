"""The shape of the selection's edge, and which of several things are kept."""

from __future__ import annotations

import cv2
import numpy as np
import streamlit as st

import models
from masks import modnet
from recipe import MaskRecipe
from ui import binding, clicks, controls, downloads, selecting, state, views, widgets

SHAPING = ("grow", "feather", "matting", "invert", "fill_holes", "specks")  # of the mask, in the order of the controls
SEEN = 8  # of 255: a mask that differs by less looks the same
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
        if name == "matting" and state.draft().mask.matting:
            _refined()
            if not models.is_installed(modnet.ID):
                downloads.offer_better(models.entry(modnet.ID), "finer hair and fur", "This switch")
    st.button(
        "Reset the edge",
        key="reset_edge",
        icon=":material/restart_alt:",
        type="tertiary",
        on_click=_reset,
        help="Put all of these back to where they started.",
    )


def _refined() -> None:
    """How much the refined edge differs, and the view in which it is seen."""
    photo, mask = state.photo(), selecting.recipe()
    plain = selecting.found(photo, mask.model_copy(update={"matting": False})).selection
    refined = selecting.found(photo, mask).selection
    if plain is None or refined is None:
        return
    changed = np.count_nonzero(cv2.absdiff(plain.values, refined.values) >= SEEN) / plain.values.size
    if not changed:
        st.caption("It changes nothing of this subject's edge.")
        return
    st.caption(
        f"It changes the soft edge alone, {_percent(changed)} of the photo's pixels. Switch it off and on to compare."
    )
    if views.chosen() != views.CUT_OUT:
        st.button(
            "Look at the edge",
            key="look_at_the_edge",
            icon=":material/visibility:",
            type="tertiary",
            on_click=views.choose,
            args=(views.CUT_OUT,),
            help="Shows the subject alone (Cut-out), where its edge is seen best.",
        )


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


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
