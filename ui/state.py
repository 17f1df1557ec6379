"""What a visitor is working on: photo, settings, strokes and results, kept so that a reload or restart loses nothing.

The desk is one small JSON file per visitor beside the store; the pictures themselves lie in the store. Session state
holds the desk while the page is open, and costly pictures by what they were made from, so that a rerun costs nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import streamlit as st
from pydantic import BaseModel, Field, JsonValue, ValidationError

from errors import BadInput
from imaging import save
from imaging.photo import Photo, digest_of, load
from jobs import store
from masks.strokes import Strokes
from recipe import Digest
from ui.pointer import Mark

T = TypeVar("T")

Step = Literal["Photo", "Subject", "Background", "Result"]
KEEP = 12  # costly pictures per session


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


def open_desk(visitor: str) -> Desk:
    """The visitor's desk: the session's own, or else as it was left."""
    if st.session_state.get("desk_of") != visitor:
        st.session_state.desk_of = visitor
        st.session_state.desk = _read(_path(visitor))
        st.session_state.pop("desk_saved", None)
        if _path(visitor).exists():
            st.session_state.desk_saved = desk().model_dump_json()
    return desk()


def desk() -> Desk:
    """The desk of this session."""
    found: Desk = st.session_state.desk
    return found


def save_desk() -> None:
    """Write the desk down if anything changed since the last time; who only looks in leaves no file."""
    text = desk().model_dump_json()
    before = st.session_state.setdefault("desk_saved", text)
    if text != before:
        path = _path(st.session_state.desk_of)
        path.parent.mkdir(parents=True, exist_ok=True)
        save.write(path, text.encode())
        st.session_state.desk_saved = text


def _path(visitor: str) -> Path:
    """The file is named by the token's digest: who can list the folder does not learn the tokens."""
    return store.default().folder.parent / "desks" / f"{digest_of(visitor.encode())}.json"


def _read(path: Path) -> Desk:
    try:
        found = Desk.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return Desk()
    kept = store.default()
    if found.photo and not kept.has(found.photo):
        found.photo, found.step = None, "Photo"
    found.results = [digest for digest in found.results if kept.has(digest)]
    found.chosen = min(found.chosen, max(0, len(found.results) - 1))
    return found


def take_photo(data: bytes, name: str) -> None:
    """Put a photo on the desk; raises :class:`BadInput` where it is none."""
    photo = load(data, name)
    store.default().put(data)
    here = desk()
    if here.photo != photo.digest:
        here.strokes, here.marks = Strokes(), {}
        here.results, here.chosen = [], 0
    here.photo, here.photo_name = photo.digest, name
    st.session_state.photo = photo
    go("Subject")


def photo() -> Photo:
    """The photo on the desk, decoded once per session."""
    found: Photo | None = st.session_state.get("photo")
    here = desk()
    if here.photo is None:
        raise BadInput("There is no photo yet; choose one first.")
    if found is None or found.digest != here.photo:
        found = load(store.default().get(here.photo), here.photo_name or "the photo")
        st.session_state.photo = found
    return found


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


def remember(kind: str, key: str, make: Callable[[], T], keep: int = KEEP) -> T:
    """What ``make`` gave for ``key`` before, or now; the ``keep`` latest of a kind stay with the session."""
    shelf: OrderedDict[str, Any] = st.session_state.setdefault("shelves", {}).setdefault(kind, OrderedDict())
    if key in shelf:
        shelf.move_to_end(key)
    else:
        shelf[key] = make()
        while len(shelf) > keep:
            shelf.popitem(last=False)
    found: T = shelf[key]
    return found


def remembered(kind: str, key: str) -> bool:
    """Whether :func:`remember` has it already, so that no spinner is needed."""
    shelves: Mapping[str, Mapping[str, Any]] = st.session_state.get("shelves", {})
    return key in shelves.get(kind, {})
