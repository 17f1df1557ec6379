"""The picture to click on: points on the subject, points beside it, boxes, and which of several things to keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st

import masks
from imaging.photo import Photo
from recipe import MaskRecipe
from ui import canvas, measure, options, pictures, selecting, state

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


class Target(NamedTuple):
    """What clicks are for: the place on the desk that keeps them, its name, and what a click may mean."""

    key: str
    title: str
    kinds: tuple[canvas.Kind, ...]


def targets() -> list[Target]:
    """Everything that waits for clicks now."""
    found = []
    for at, layer in enumerate(selecting.layers()):
        name = selecting.source(layer).name
        fields = options.marked_fields(masks.SOURCES[name].Options)
        kinds: tuple[canvas.Kind, ...] = tuple(kind for kind in ("add", "remove", "box") if kind in fields)
        if kinds:
            found.append(Target(f"{layer}.{name}", f"Layer {at + 1}" if at else "The subject", kinds))
    if state.value(f"{selecting.OBJECTS}.how") == "chosen":
        found.append(Target(selecting.OBJECTS, "Things to keep", ("add",)))
    return found


def aim(key: str) -> None:
    """Let the next clicks be for this. A callback."""
    state.put("clicks.for", key)


def tools(target: Target, offered: list[Target]) -> canvas.Kind:
    """What the next click means, undo and clear."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="click_tools"):
        kind: canvas.Kind = target.kinds[0]
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
    st.caption(ABOUT[kind] if target.key != selecting.OBJECTS else OBJECTS)
    return kind


def chosen(offered: list[Target]) -> Target:
    """The target that clicks are for now."""
    wanted = state.value("clicks.for")
    return next((target for target in offered if target.key == wanted), offered[0])


def stage(photo: Photo, mask: MaskRecipe, view: str) -> None:
    """Tools above, the picture to click on below; each click is answered at once."""
    offered = targets()
    target = chosen(offered)
    kind = tools(target, offered)
    room = measure.width("stage_width", 720)
    scale = min(room / photo.size[0], canvas.VISIBLE / photo.size[1])
    size = max(1, round(photo.size[0] * scale)), max(1, round(photo.size[1] * scale))
    marks = state.desk().marks.get(target.key, ())
    # What is on the canvas already stays on it: only what was changed elsewhere needs a new one.
    identity = f"{photo.digest} {size} {target.key} {len(_boxes(marks))}"
    shown = st.session_state.get("clicks_shown")
    if st.session_state.get("canvas_identity") != identity or not st.session_state.canvas_drawn or shown != marks:
        st.session_state.canvas_identity = identity
        _renew(marks, size, photo.size)
    st.session_state.clicks_at = (target, size, photo.size)
    if selecting.found(photo, mask).selection is None:
        background = state.remember("shown", photo.digest, lambda: pictures.shown(photo), keep=3)
    else:
        background = selecting.view(photo, mask, view)
    with st.container(key="canvas"):
        drawing = canvas.point(
            background, size, f"canvas.{st.session_state.canvas_number}", _drawn, kind, st.session_state.canvas_start
        )
    st.session_state.canvas_drawn = True
    if _take(drawing):
        st.rerun()


def _boxes(marks: tuple[canvas.Mark, ...]) -> list[canvas.Mark]:
    return [mark for mark in marks if mark.kind == "box"]


def _renew(marks: tuple[canvas.Mark, ...], size: tuple[int, int], photo: tuple[int, int]) -> None:
    """Begin a new canvas with the clicks there are; of several boxes the last one is shown."""
    boxes = _boxes(marks)
    seen = [mark for mark in marks if mark.kind != "box"] + boxes[-1:]
    st.session_state.canvas_number = st.session_state.get("canvas_number", 0) + 1
    st.session_state.canvas_start = canvas.from_marks(seen, size, photo)
    st.session_state.canvas_seen = st.session_state.canvas_start["objects"]
    st.session_state.clicks_shown = marks


def _take(drawing: Mapping[str, Any] | None) -> bool:
    """Take over what was clicked since the last time; whether anything was."""
    objects = (drawing or {}).get("objects")
    if objects is None or objects == st.session_state.canvas_seen:
        return False
    st.session_state.canvas_seen = objects
    target, size, photo = st.session_state.clicks_at
    marks = canvas.to_marks(drawing, size, photo, target.kinds)
    before = state.desk().marks.get(target.key, ())
    if marks == before:
        return False
    state.desk().marks[target.key] = marks
    st.session_state.clicks_shown = marks
    return True


def _drawn(key: str) -> None:
    """The canvas's callback: take the click before anything is drawn, so that one run shows it everywhere."""
    told = st.session_state.get(key) or {}
    _take((told.get("drawing") or {}).get("raw"))


def _keep(key: str, until: int) -> None:
    """Keep only the first clicks. A callback."""
    state.desk().marks[key] = state.desk().marks.get(key, ())[:until]
