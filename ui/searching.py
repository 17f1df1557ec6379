"""Searches that the worker makes for the page: hand one in, show how far it is, take over what it found."""

from __future__ import annotations

import streamlit as st

from errors import StudioError
from imaging.photo import Photo
from jobs import queue, searches
from masks import Selection
from ui import state, visitor, working

EVERY = 1.0  # seconds between two looks at the queue


def result(photo: Photo, layers: searches.Layers, key: str) -> Selection | str:
    """What the worker found for these layers, or the sentence that says why there is nothing (yet).

    Args:
        photo: the photo on the workspace.
        layers: how to look.
        key: what the search is remembered by. Another key ends the search before.
    """
    known: dict[str, str] = st.session_state.setdefault("searches", {})
    try:
        if key not in known:
            forget()
            queue.ensure_worker()
            known[key] = searches.submit(photo.digest, layers, st.session_state.visitor, visitor.address())
        job = queue.status(known[key])
        if not job.finished:
            return "The subject is being looked for; above stands how far it is."
        if job.state == "done":
            return searches.selection_of(job.results[0])
        return job.error or "The subject was not found."
    except StudioError as error:
        known.pop(key, None)
        return error.message


def forget() -> None:
    """End the search that is going on, and ask anew next time."""
    known: dict[str, str] = st.session_state.get("searches", {})
    for id in known.values():
        _cancel(id)
    known.clear()


def strip() -> None:
    """How far the search is, with a button that ends it; nothing where there is none."""
    if any(not _finished(id) for id in st.session_state.get("searches", {}).values()):
        _watch()


@st.fragment(run_every=EVERY)
def _watch() -> None:
    for id in st.session_state.get("searches", {}).values():
        try:
            queue.ensure_worker()
            job = queue.status(id)
        except StudioError as error:
            st.warning(error.message, icon=":material/warning:")
            continue
        if job.finished:
            st.rerun()
        with st.container(horizontal=True, vertical_alignment="center", key="search"):
            with st.container(width="stretch"):
                st.progress(job.step / job.steps if job.steps else 0.0, working.sentence(job))
            st.button(
                "Cancel",
                key="cancel_search",
                icon=":material/close:",
                on_click=_cancel,
                args=(id,),
                help="Ends the search for the subject. Choose another way to find it, or try again.",
            )


def _finished(id: str) -> bool:
    try:
        return queue.status(id).finished
    except StudioError:
        return True


def _cancel(id: str) -> None:
    try:
        queue.cancel(id)
    except StudioError as error:
        st.session_state.message = error.message


def look_again() -> None:
    """Forget what could not be found, so that it is tried once more."""
    forget()
    state.forget_kind("selection")
