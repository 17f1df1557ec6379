"""The picture to click on: points on the subject, points beside it, boxes, and which of several things to keep."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

import masks
from imaging.photo import Photo
from ui import options, pointer, selecting, state
from ui.pointer import Kind

KINDS = {
    "add": ":material/add: This",
    "remove": ":material/remove: Not this",
    "box": ":material/crop_free: Box",
}
ABOUT = {
    "add": "Click on what should be selected; click again where something is missing.",
    "remove": "Click on what should not be selected.",
    "box": "Drag a box around what should be selected; a new box replaces the one before.",
}
OBJECTS = "Click on the things to keep; what is not clicked on will be repainted."
MOST = 64  # clicks and boxes for one thing: as many as a source takes


class Target(NamedTuple):
    """What clicks are for: the place on the desk that keeps them, its name, and what a click may mean."""

    key: str
    title: str
    kinds: tuple[Kind, ...]


def targets() -> list[Target]:
    """Everything that waits for clicks now."""
    found = []
    for layer in selecting.layers():
        name = selecting.source(layer).name
        fields = options.marked_fields(masks.SOURCES[name].Options)
        kinds: tuple[Kind, ...] = tuple(kind for kind in ("add", "remove", "box") if kind in fields)
        if kinds:
            found.append(Target(f"{layer}.{name}", selecting.title(layer), kinds))
    if state.value(f"{selecting.OBJECTS}.how") == "chosen":
        found.append(Target(selecting.OBJECTS, "Things to keep", ("add",)))
    return found


def aim(key: str) -> None:
    """Let the next clicks be for this. A callback."""
    state.put("clicks.for", key)


def tools(target: Target, offered: list[Target]) -> Kind:
    """What the next click means, undo and clear."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="click_tools"):
        kind: Kind = target.kinds[0]
        if len(offered) > 1:
            titles = {one.key: one.title for one in offered}
            with st.container(width=170):
                state.control(
                    st.selectbox,
                    "Clicks are for",
                    "clicks.for",
                    target.key,
                    options=list(titles),
                    format_func=titles.__getitem__,
                    help="Several things wait for clicks; choose which of them you click for.",
                )
        if len(target.kinds) > 1:
            kind = state.control(
                st.segmented_control,
                "A click means",
                "clicks.kind",
                kind,
                options=list(target.kinds),
                format_func=KINDS.__getitem__,
                required=True,
                help="Click on what you want selected, click on what you do not want, or drag a box around it.",
            )
        clicked = bool(state.desk().marks.get(target.key))
        st.button(
            "Undo",
            key="undo_click",
            icon=":material/undo:",
            disabled=not clicked,
            on_click=_keep,
            args=(target.key, -1),
            help="Take back the last click or box.",
        )
        st.button(
            "Clear",
            key="clear_clicks",
            icon=":material/delete:",
            disabled=not clicked,
            on_click=_keep,
            args=(target.key, 0),
            help="Take back all clicks and boxes.",
        )
    if len(state.desk().marks.get(target.key, ())) >= MOST:
        st.caption(f"{MOST} clicks are the most; take some back to go on.")
    else:
        st.caption(ABOUT[kind] if target.key != selecting.OBJECTS else OBJECTS)
    return kind


def chosen(offered: list[Target]) -> Target:
    """The target that clicks are for now."""
    wanted = state.value("clicks.for")
    return next((target for target in offered if target.key == wanted), offered[0])


def stage(photo: Photo, picture: bytes, alt: str) -> None:
    """Tools above, the picture to click on below; each click is answered at once."""
    offered = targets()
    target = chosen(offered)
    kind = tools(target, offered)
    marks = state.desk().marks.get(target.key, ())
    pointer.show(picture, marks, photo.size, kind, _taken(target), key=_key(target), alt=alt)


def take(photo: Photo) -> None:
    """Take over what was clicked since the last run. Before anything is drawn, so that one run shows it everywhere."""
    for target in targets():
        answer = (st.session_state.get(_key(target)) or {}).get("told")
        new, taken = pointer.parse_marks(answer, photo.size, target.kinds, _taken(target))
        if taken != _taken(target):
            marks = state.desk().marks
            marks[target.key] = (*marks.get(target.key, ()), *new)[:MOST]
            st.session_state.setdefault("clicks_taken", {})[target.key] = taken


def _key(target: Target) -> str:
    return f"pointer.{target.key}"


def _taken(target: Target) -> tuple[str, int]:
    taken: tuple[str, int] = st.session_state.get("clicks_taken", {}).get(target.key, ("", 0))
    return taken


def _keep(key: str, until: int) -> None:
    """Keep only the first clicks and boxes, exactly as they were. A callback."""
    state.desk().marks[key] = state.desk().marks.get(key, ())[:until]
