"""The page as a whole: where each panel stands, and what is open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import streamlit as st

from errors import StudioError
from ui import (
    actions,
    arrival,
    background,
    deleting,
    gallery,
    photo,
    pictures,
    places,
    result,
    searching,
    state,
    subject,
    undo_buttons,
    visitor,
    widgets,
    working,
)

_StageAndPanel = tuple[Callable[[], None], Callable[[], None]]
"""Draws a step's stage, and its panel."""
STEPS: dict[str, str] = {
    "Photo": ":material/photo_library: Photo",
    "Subject": ":material/person_search: Subject",
    "Background": ":material/wallpaper: Background",
    "Result": ":material/check_circle: Result",
}


def show() -> None:
    """Draw the page."""
    arrived = st.container(key="arrival")  # filled when the step is drawn
    places.reserve()
    state.open_workspace(visitor.token())
    here = state.workspace()
    _guarded(subject.take)  # before anything is drawn, so that this run shows it everywhere
    actions.carry_out()
    _header()
    message = st.session_state.get("message")
    with places.status():
        if message:
            st.error(message, icon=":material/error:")
        working.strip()
    if here.photo is None and not here.results and not here.jobs:
        photo.welcome()
        step = None
    else:
        step = _studio()
    with arrived:
        arrival.show(step)
    with places.status():
        searching.strip()  # last: the panels ask for the search
    gallery.show()
    state.save_workspace()
    if st.session_state.get("message") == message:
        st.session_state.pop("message", None)  # it was seen: a run that is cut short before shows it again
    actions.seen()
    _warm_up()


def _header() -> None:
    here = state.workspace()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="header"):
        st.title(":primary[:material/wallpaper:] Backdrop", anchor=False, width="content")
        if here.photo or here.past or here.future:
            undo_buttons.show()
        if here.photo:
            with st.container(width="content"):
                _guarded(photo.card)


def _studio() -> Any:
    """The steps and the one that is open, whose name is returned."""
    step: Any = widgets.show(
        st.segmented_control,
        "Step",
        key="step",
        value=state.workspace().step,
        options=list(STEPS),
        format_func=STEPS.__getitem__,
        required=True,
        label_visibility="collapsed",
        width="stretch",
        on_change=lambda: state.go(st.session_state.step),
        help="From the photo to the picture; you can go back and forth at any time.",
    )
    if st.session_state.get("drawn_step") != step:
        st.session_state.drawn_step = step
        st.session_state.canvas_drawn = False
    left, right = st.columns([1.55, 1], gap="large")
    stage, panel = _PANELS[step]
    with right, places.panel():  # first: the stage shows what the controls say
        _guarded(panel)
    with left, st.container(key="stage"):
        _guarded(stage)
    return step


def _guarded(draw: Callable[[], None]) -> None:
    """What a person can mend is said in its place; the rest of the page stays."""
    try:
        draw()
    except StudioError as error:
        st.error(error.message, icon=":material/error:")


def _photo_stage() -> None:
    if state.workspace().photo is None:
        st.info("There is no photo yet. Upload one, or take a sample.", icon=":material/add_photo_alternate:")
        return
    pictures.show(pictures.stage(state.photo()), "Your photo")
    for note in state.photo().notes:
        st.caption(note)
    deleting.photo_button()


def _with_photo(stage: Callable[..., None], panel: Callable[..., None]) -> _StageAndPanel:
    """A step whose stage leads to the first one while there is no photo; its panel is empty then."""

    def drawn() -> None:
        if state.workspace().photo is not None:
            stage(state.photo())
            return
        st.info("First choose a photo.", icon=":material/add_photo_alternate:")
        st.button("Choose a photo", key="choose_photo", on_click=state.go, args=("Photo",), help="To the first step.")

    return drawn, lambda: panel(state.photo()) if state.workspace().photo is not None else None


_PANELS: dict[str, _StageAndPanel] = {
    "Photo": (_photo_stage, photo.change),
    "Subject": _with_photo(subject.stage, subject.panel),
    "Background": _with_photo(background.stage, background.panel),
    "Result": (result.stage, result.panel),
}


@st.cache_resource(show_spinner=False)
def _warm_up() -> None:
    """Once per server, when the first page is out: load what the first pictures need, which takes seconds."""

    def load() -> None:
        from masks import salient

        salient.warm_up()
        pictures.warm_up()

    timer = threading.Timer(1.5, load)
    timer.daemon = True
    timer.start()
