"""The visitor's pictures: a history that outlives reloads and restarts."""

from __future__ import annotations

import re
from contextlib import suppress

import streamlit as st
from pydantic import ValidationError

from backdrops import DescribedBackdrop, GeneratedBackdrop, SceneBackdrop
from imaging.scenes import SCENES
from jobs import history
from ui import deleting, result, state
from ui.markdown import plain

PAGE = 12  # pictures at a time
LONGEST = 42  # characters of a picture's name
_BEFORE_THE_PLACE = re.compile(r"^((in|on|at|by|before|under|near|beside|inside)\s+)?((an?|the)\s+)?", re.IGNORECASE)


def show() -> None:
    """Everything this visitor made, newest first."""
    shown = int(st.session_state.get("gallery_shown", PAGE))
    entries = history.entries(st.session_state.visitor, shown + 1)
    st.subheader("Your pictures", anchor=False, help="Kept for this browser, on this server. Nobody else sees them.")
    if not entries:
        st.caption("What you make will be kept here, also after a reload.")
        return
    grid = st.grid(min_column_width=150, gap="small", key="gallery")
    for entry in entries[:shown]:
        with grid.container(key=f"entry_{entry.id}"):
            what = _what(entry)
            try:
                st.image(entry.thumbnail, alt=f"{what}, made {_when(entry)}", width="stretch")
            except OSError:
                st.caption(":material/broken_image: Its small picture is damaged.")
            st.caption(f"{what}  \n{_when(entry)}")
            if entry.problem:
                st.caption(f":material/warning: {entry.problem}")
            st.menu_button(
                "Open",
                list(_ACTIONS) if entry.recipe else [_LOOK, _REMOVE],
                key=f"entry.{entry.id}",
                type="tertiary",
                on_click=_act,
                args=(entry,),
                width="stretch",
                help="Look at it, use its settings, edit it further, or delete it for good.",
            )
    if len(entries) > shown:
        st.button("Show more", key="gallery_more", on_click=_more, help="Show older pictures, too.")
    deleting.everything_button()


def _more() -> None:
    st.session_state.gallery_shown = int(st.session_state.get("gallery_shown", PAGE)) + PAGE


def _look(entry: history.Entry) -> None:
    here = state.workspace()
    here.results, here.chosen = [entry.digest], 0
    state.go("Result")


def _remove(entry: history.Entry) -> None:
    deleting.delete(entry.digest)


def _use_again(entry: history.Entry) -> None:
    assert entry.recipe is not None  # it is offered only then
    result.use_again(entry.recipe)


_LOOK, _REMOVE = "Look at it", "Delete it"
_ACTIONS = {
    _LOOK: _look,
    "Use its settings again": _use_again,
    "Edit it further": lambda entry: result.edit_further(entry.digest),
    _REMOVE: _remove,
}


def _act(entry: history.Entry) -> None:
    chosen = st.session_state[f"entry.{entry.id}"]
    if chosen:
        _ACTIONS[chosen](entry)


def _what(entry: history.Entry) -> str:
    if entry.recipe is None:
        return "Unreadable"
    backdrop = entry.recipe.backdrop
    words = backdrop.title
    if isinstance(backdrop, (DescribedBackdrop, GeneratedBackdrop)):
        words = backdrop.prompt
    elif isinstance(backdrop, SceneBackdrop) and backdrop.name in SCENES:
        with suppress(ValidationError):  # options of another Backdrop
            scene = SCENES[backdrop.name]
            words = scene.caption(scene.Options.model_validate(dict(backdrop.values)))
            words = words if len(words) <= LONGEST else words.partition(",")[0]
            words = words if len(words) <= LONGEST else scene.title
    words = _BEFORE_THE_PLACE.sub("", words)
    words = words if len(words) <= LONGEST else f"{words[:40].rpartition(' ')[0].rstrip(',')} …"
    return plain(words[:1].upper() + words[1:])


def _when(entry: history.Entry) -> str:
    """In the visitor's own time, where the browser tells it."""
    from datetime import timedelta

    offset = st.context.timezone_offset
    local = entry.created - timedelta(minutes=offset) if offset is not None else entry.created
    return f"{local:%-d %b, %H:%M}"
