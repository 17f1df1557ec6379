"""The visitor's pictures: a history that outlives reloads and restarts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import streamlit as st

from errors import StudioError
from jobs import history, store
from ui import controls, deleting, dropping, naming, pressed, result, side_by_side, state

PAGE = 12  # pictures at a time
CHOSEN = "compare_first"  # the digest of a picture that waits for another one to be compared with


def show() -> None:
    """Everything this visitor made, newest first."""
    entries = history.entries(st.session_state.visitor, _shown() + 1)
    st.header("Your pictures", anchor=False, help="Kept for this browser, on this server. Nobody else sees them.")
    if not entries:
        st.caption("What you make will be kept here, also after a reload.")
        return
    here, more = entries[: _shown()], len(entries) > _shown()
    st.caption(_what_to_do(here))
    grid = st.grid(min_column_width=150, gap="small", key="gallery")
    for entry in here:
        with grid.container(key=f"card_{entry.id}"):
            _card(entry)
    first = next((entry for entry in here if entry.digest == st.session_state.get(CHOSEN)), None)
    pressed.mark(
        [f"compare_{entry.id}" for entry in here], f"compare_{first.id}" if first else "", key="compared_pressed"
    )
    if state.workspace().photo:
        dropping.listen(_drop)
    if more:
        st.button("Show more", key="gallery_more", on_click=_more, help="Show older pictures, too.")
    deleting.everything_button()


def _what_to_do(entries: list[history.Entry]) -> str:
    """One sentence, whose place is always taken, so that nothing moves."""
    first = next((entry for entry in entries if entry.digest == st.session_state.get(CHOSEN)), None)
    if first:
        return f":material/compare: **{naming.markdown(first.recipe)}** waits: press Compare on another picture."
    drag = "; drag one up to use it as the background" if state.workspace().photo else ""
    compare = ", press Compare on two to see them side by side" if len(entries) > 1 else ""
    return f"Click on a picture to open it{compare}{drag}."


def _card(entry: history.Entry) -> None:
    """A picture, its name that opens it, and what else can be done with it."""
    what = naming.markdown(entry.recipe)
    with st.container(key=f"entry_{entry.id}", gap="xsmall"):
        try:
            st.image(entry.thumbnail, alt=f"{what}, made {_when(entry)}", width="stretch")
        except OSError:
            st.caption(":material/broken_image: Its small picture is damaged.")
        if entry.recipe is None:
            st.markdown(what)
        else:
            st.button(
                what,
                key=f"open.{entry.id}",
                type="tertiary",
                on_click=_open,
                args=(entry,),
                help="Open it: look at it large, and download it.",
            )
        st.caption(_when(entry))
    if entry.problem:
        st.caption(f":material/warning: {entry.problem}")
    with st.container(horizontal=True, gap="xsmall", key=f"compare_{entry.id}"):
        chosen = st.session_state.get(CHOSEN) == entry.digest
        st.button(
            "Compare",
            key=f"compare.{entry.id}",
            type="primary" if chosen else "secondary",
            on_click=_compare,
            args=(entry,),
            help="Press it on two pictures to see them side by side, zoomed together.",
        )
        st.menu_button(
            "More",
            _offered(entry),
            key=f"entry.{entry.id}",
            type="tertiary",
            on_click=_act,
            args=(entry,),
            help="Use its settings, use it as the background, edit it further, or delete it for good.",
        )


def _shown() -> int:
    return int(st.session_state.get("gallery_shown", PAGE))


def _more() -> None:
    st.session_state.gallery_shown = _shown() + PAGE


def _open(entry: history.Entry) -> None:
    here = state.workspace()
    here.results, here.chosen = [entry.digest], 0
    state.go("Result")


def _compare(entry: history.Entry) -> None:
    """Choose it as one of two; the second one opens both. A callback."""
    first = st.session_state.pop(CHOSEN, None)
    if first is None or not store.default().has(first):
        st.session_state[CHOSEN] = entry.digest
    elif first != entry.digest:
        side_by_side.put(first, entry.digest)


def _remove(entry: history.Entry) -> None:
    deleting.delete(entry.digest)


def _use_again(entry: history.Entry) -> None:
    assert entry.recipe is not None  # it is offered only then
    result.use_again(entry.recipe)


def _use_as_background(entry: history.Entry) -> None:
    """The picture behind the photo that is worked on. A callback."""
    try:
        controls.use_as_background(store.default().get(entry.digest), naming.name(entry.recipe))
    except StudioError as error:
        st.session_state.message = error.message
        return
    state.go("Background")


def _drop(id: str) -> None:
    """A picture was dragged to where it becomes the background. A callback."""
    entries = history.entries(st.session_state.visitor, _shown())
    for entry in entries:
        if entry.id == id:
            _use_as_background(entry)


_BACKGROUND, _DELETE = "Use as background", "Delete it"
_ACTIONS: dict[str, Callable[[history.Entry], None]] = {
    "Use its settings again": _use_again,
    _BACKGROUND: _use_as_background,
    "Edit it further": lambda entry: result.edit_further(entry.digest),
    _DELETE: _remove,
}


def _offered(entry: history.Entry) -> list[str]:
    if entry.recipe is None:
        return [_DELETE]
    return [action for action in _ACTIONS if action != _BACKGROUND or state.workspace().photo]


def _act(entry: history.Entry) -> None:
    chosen = st.session_state[f"entry.{entry.id}"]
    if chosen:
        _ACTIONS[chosen](entry)


def _when(entry: history.Entry) -> str:
    """In the visitor's own time, where the browser tells it."""
    offset = st.context.timezone_offset
    local = entry.created - timedelta(minutes=offset) if offset is not None else entry.created
    return f"{local:%-d %b, %H:%M}"
