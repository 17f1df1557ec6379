"""Deleting a photo, a picture, or everything of this visitor's: the files are gone, not only out of view."""

from __future__ import annotations

import streamlit as st

from errors import StudioError
from jobs import removal
from jobs.database import brief
from ui import state, undo


def photo_button() -> None:
    """Delete the photo in the workspace."""
    st.button(
        "Delete this photo",
        key="delete_photo",
        icon=":material/delete:",
        type="tertiary",
        on_click=delete,
        args=(state.workspace().photo,),
        help="Deletes its file from this server. Pictures you made from it stay until you delete them.",
    )


def everything_button() -> None:
    """Delete all that this server keeps of the visitor, after one more question."""
    with st.popover(
        "Delete everything of mine",
        icon=":material/delete_forever:",
        type="tertiary",
        help="Your photos, pictures and settings on this server.",
        key="delete_everything_question",
    ):
        st.markdown(
            "Your photos, all pictures you made, what is being made and your settings go. There is no way back."
        )
        st.button(
            "Delete everything",
            key="delete_everything",
            type="primary",
            icon=":material/delete_forever:",
            on_click=_delete_everything,
            help="At once and for good.",
        )


def delete(digest: str) -> None:
    """Delete a photo or a picture for good. A callback."""
    try:
        removal.remove(st.session_state.visitor, digest)
    except StudioError as error:
        st.session_state.message = error.message
        return
    here = state.workspace()
    here.results = [other for other in here.results if other != digest]
    here.chosen = 0
    here.photo_names.pop(brief(digest), None)
    if here.photo == digest:
        here.background = here.background.put("photo", None).put("mask.strokes", None)
        here.marks = {}
        undo.forget(here)
        state.go("Photo")
    state.forget_pictures()


def _delete_everything() -> None:
    try:
        removal.remove_everything(st.session_state.visitor)
    except StudioError as error:
        st.session_state.message = error.message
        return
    state.start_anew()
