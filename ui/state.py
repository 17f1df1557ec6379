"""What a visitor is working on: photo, settings, strokes and results, kept so that a reload or restart loses nothing.

:mod:`jobs.desks` keeps the desk, for each tab of a visitor its own; the pictures themselves lie in the store. Session
state holds the desk while the page is open.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st
from pydantic import BaseModel, Field, JsonValue, ValidationError

from errors import BadInput
from imaging.photo import Photo, load
from jobs import desks, store
from masks.strokes import Strokes
from recipe import Digest
from ui import memory
from ui.pointer import Mark

T = TypeVar("T")

Step = Literal["Photo", "Subject", "Background", "Result"]


class Desk(BaseModel):
    """One visitor's work.

    Attributes:
        photo: digest of the photo's bytes in the store.
        photo_name: what the visitor calls it.
        step: the panel that is open.
        values: the setting of every control by its key.
        strokes: touch-ups by hand.
        marks: what was clicked on in the photo, in the order of the clicks, by what the clicks are for.
        results: digests of the pictures shown as the result, best first.
        chosen: which of them is looked at.
        job: the queue's number of the generated pictures asked for last.
        jobs: those that are not finished yet.
    """

    photo: Digest | None = None
    photo_name: str = ""
    step: Step = "Photo"
    values: dict[str, JsonValue] = Field(default_factory=dict)
    strokes: Strokes = Strokes()
    marks: dict[str, tuple[Mark, ...]] = Field(default_factory=dict)
    results: list[Digest] = Field(default_factory=list)
    chosen: int = 0
    job: str | None = None
    jobs: list[str] = Field(default_factory=list)


SHARED = "results"  # what all tabs of a visitor have in common
PHOTO = "photo"  # the kind under which decoded photos are remembered
TAB = "tab"  # in the page's address, so that a reload finds the same desk


def open_desk(visitor: str) -> Desk:
    """The visitor's desk: the session's own, or else as it was left in this tab, or in the last one."""
    if st.session_state.get("desk_of") != visitor:
        st.session_state.desk_of = visitor
        kept = desks.load(visitor, str(st.query_params.get(TAB, ""))[:64])
        st.session_state.desk_kept = kept
        st.session_state.desk = _desk_of(kept)
        st.session_state.pop("desk_saved", None)
        if kept.draft:
            st.session_state.desk_saved = desk().model_dump_json()
    return desk()


def desk() -> Desk:
    """The desk of this session."""
    found: Desk = st.session_state.desk
    return found


def save_desk() -> None:
    """Write the desk down if anything changed since the last time; who only looks in leaves no file."""
    text, visitor = desk().model_dump_json(), st.session_state.desk_of
    kept: desks.Desk = st.session_state.desk_kept
    if text == st.session_state.setdefault("desk_saved", text):  # of a new desk: as its controls were first drawn
        st.session_state.desk_kept = desks.touch(visitor, kept)
        return
    draft = desk().model_dump(mode="json")
    shared = {SHARED: draft[SHARED]}
    try:
        kept = desks.save(visitor, kept, draft, shared)
    except desks.DeskChanged:  # the tab was duplicated: from here on each has a desk of its own
        kept = desks.save(visitor, desks.fork(kept), draft, shared)
    st.session_state.desk_kept, st.session_state.desk_saved = kept, text
    if st.query_params.get(TAB) != kept.tab:
        st.query_params[TAB] = kept.tab


def _desk_of(kept: desks.Desk) -> Desk:
    """A kept desk with this tab's results first, then other tabs'; without what the store has no more."""
    try:
        found = Desk.model_validate(kept.draft)
    except ValidationError:
        return Desk()
    held, shared = store.default(), kept.shared.get(SHARED, [])
    if found.photo and not held.has(found.photo):
        found.photo, found.step = None, "Photo"
    own = [digest for digest in found.results if digest in shared]
    others = [digest for digest in shared if isinstance(digest, str) and digest not in own]
    found.results = [digest for digest in own + others if held.has(digest)]
    found.chosen = min(found.chosen, max(0, len(found.results) - 1))
    return found


def take_photo(data: bytes, name: str) -> None:
    """Put a photo on the desk; raises :class:`BadInput` where it is none."""
    photo = load(data, name)
    kept = store.default()
    kept.put(data)
    here = desk()
    if here.photo != photo.digest:
        here.strokes, here.marks = Strokes(), {}
        here.results, here.chosen = [], 0
    here.photo, here.photo_name = photo.digest, name
    memory.shared().put((_session(), PHOTO, photo.digest), photo)
    go("Subject")
    save_desk()
    kept.put(data)  # another visitor may have removed the same photo before this desk named it


def photo() -> Photo:
    """The photo on the desk, decoded once as long as there is memory for it."""
    digest, name = desk().photo, desk().photo_name
    if digest is None:
        raise BadInput("There is no photo yet; choose one first.")
    return remember(PHOTO, digest, lambda: load(store.default().get(digest), name or "the photo"))


def forget_pictures() -> None:
    """Drop all decoded pictures and selections that this session keeps; they are made again where they are wanted."""
    memory.shared().forget(_session())


def start_anew() -> None:
    """An empty desk and an empty memory, after everything of the visitor's was deleted. In a callback."""
    forget_pictures()
    for key in [key for key in st.session_state if key not in ("visitor", "visitor_known")]:
        del st.session_state[key]
    st.query_params.pop(TAB, None)


def go(step: Step) -> None:
    """Open a panel at the next run: a callback's own run, or the one after ``st.rerun()``."""
    desk().step = step
    st.session_state["go"] = step


def put(key: str, value: JsonValue) -> None:
    """Set a control from outside: in a callback, before it is drawn."""
    desk().values[key] = value
    st.session_state[key] = value


def forget(key: str) -> None:
    """Put a control back to its first setting: in a callback, before it is drawn."""
    desk().values.pop(key, None)
    st.session_state.pop(key, None)


def value(key: str, default: Any = None) -> Any:
    """What a control is set to, whether it is drawn now or not."""
    return st.session_state.get(key, desk().values.get(key, default))


def control(
    widget: Callable[..., Any],
    label: str,
    key: str,
    default: Any,
    *,
    options: Sequence[Any] | None = None,
    fits: Callable[[Any], bool] = lambda _: True,
    **settings: Any,
) -> Any:
    """Draw a control whose setting outlives its being drawn, reruns and reloads.

    Args:
        widget: ``st.slider`` and its like.
        label: what it is called.
        key: its name on the desk.
        default: its first setting.
        options: what may be chosen, for those that offer a choice; a setting that is no longer offered is dropped.
        fits: whether an old setting can still be shown.
        settings: the widget's own.
    """
    kept = st.session_state.get(key, desk().values.get(key, default))
    chosen = kept if isinstance(kept, (list, tuple)) else [kept]
    if (options is not None and any(item not in options for item in chosen)) or not fits(kept):
        kept = default
    st.session_state[key] = kept
    if options is not None:
        settings["options"] = options
    shown = widget(label, key=key, **settings)
    desk().values[key] = shown
    return shown


def remember(kind: str, key: str, make: Callable[[], T]) -> T:
    """What ``make`` gave for ``key`` before, or now; kept as long as there is memory for it (:mod:`ui.memory`)."""
    return memory.shared().get((_session(), kind, key), make)


def remembered(kind: str, key: str) -> bool:
    """Whether :func:`remember` has it already, so that no spinner is needed."""
    return (_session(), kind, key) in memory.shared()


def forget_kind(kind: str) -> None:
    """Drop what :func:`remember` has of a kind."""
    memory.shared().forget(_session(), kind)


def _session() -> str:
    """This session's name in the memory that all share."""
    name: str = st.session_state.setdefault("memory_of", secrets.token_hex(8))
    return name
