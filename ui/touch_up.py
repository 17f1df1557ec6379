"""Touch-ups by hand: tools, and a canvas on the photo that stays as it is while it is drawn on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from imaging.photo import Photo
from masks.strokes import Strokes
from recipe import MaskRecipe
from ui import canvas, measure, pictures, selecting, state

OPS = {"add": ":material/add: Keep", "remove": ":material/ink_eraser: Repaint"}
LARGEST = 2600  # pixels, the longer side of the picture behind a zoomed canvas
ICONS = {"Brush": ":material/brush:", "Polygon": ":material/polyline:", "Rectangle": ":material/rectangle:"}


def stage(photo: Photo, mask: MaskRecipe) -> None:
    """Tools above, canvas below. The canvas stays as it is while it is drawn on: no stroke is lost to a rerun."""
    op, tool, width = _tools()
    room = measure.width("stage_width", 720)
    scale = min(room / photo.size[0], canvas.VISIBLE / photo.size[1])
    zoom = float(state.value("canvas.zoom", 1))
    size = max(1, round(photo.size[0] * scale * zoom)), max(1, round(photo.size[1] * scale * zoom))
    base = mask.model_copy(update={"strokes": None})
    background = _background(photo, base, min(LARGEST, max(pictures.STAGE, *size)))
    identity = f"{photo.digest} {size} {base.model_dump_json()}"
    if st.session_state.get("canvas_identity") != identity or not st.session_state.get("canvas_drawn"):
        st.session_state.canvas_identity = identity
        _renew(size)
    st.session_state.canvas_size = size
    with st.container(key="canvas"):
        drawing = canvas.draw(
            background,
            size,
            f"canvas.{st.session_state.canvas_number}",
            _drawn,
            op=op,
            tool=tool,
            width=width * max(size) / 100 / zoom,
            initial=st.session_state.canvas_start,
        )
    st.session_state.canvas_drawn = True
    _take(drawing, size)
    if tool == "Polygon":
        st.caption("Click corner after corner, then click the first corner again to close the shape.")
    else:
        st.caption(
            ":blue-background[Blue] is kept, :red-background[red] is repainted. Strokes are kept as lines and drawn at "
            f"the photo's full {photo.size[0]} × {photo.size[1]} pixels."
        )


def _tools() -> tuple[str, str, float]:
    with st.container(horizontal=True, vertical_alignment="bottom", key="tools"):
        op = state.control(
            st.segmented_control,
            "Paint to",
            "canvas.op",
            "add",
            options=list(OPS),
            format_func=OPS.__getitem__,
            required=True,
            help="Keep: what you paint belongs to the subject. Repaint: it belongs to the background (erase).",
        )
        tool = state.control(
            st.segmented_control,
            "Tool",
            "canvas.tool",
            "Brush",
            options=list(canvas.TOOLS),
            format_func=lambda name: f"{ICONS[name]} {name}",
            required=True,
            help="Brush: paint freely. Polygon: click corners. Rectangle: drag from corner to corner.",
        )
        with st.container(width=170):
            width = state.control(
                st.slider,
                "Brush size",
                "canvas.width",
                3.0,
                min_value=0.2,
                max_value=15.0,
                step=0.1,
                format="%g %%",
                disabled=tool != "Brush",
                help="In per cent of the photo's longer side.",
            )
        with st.container(width=110):
            state.control(
                st.selectbox,
                "Zoom",
                "canvas.zoom",
                1,
                options=[1, 2, 3, 4],
                format_func=lambda times: f"{times}×",
                help="Enlarge the photo for fine work, and scroll within it.",
            )
        drawn = bool(selecting.strokes().strokes)
        st.button(
            "Undo",
            key="undo",
            icon=":material/undo:",
            disabled=not drawn,
            on_click=_undo,
            help="Take back the last stroke.",
        )
        st.button(
            "Clear",
            key="clear",
            icon=":material/delete:",
            disabled=not drawn,
            on_click=_clear,
            help="Take back all strokes.",
        )
    return op, tool, width


def _background(photo: Photo, base: MaskRecipe, side: int) -> bytes:
    if selecting.drawn_option(base.layers[0].source.name):
        key = f"{photo.digest} {side} untouched"
        return state.remember("overlay", key, lambda: pictures.untouched_overlay(photo, side))
    return selecting.overlay(photo, base, side)


def _renew(size: tuple[int, int]) -> None:
    """Begin a new canvas with the strokes there are."""
    st.session_state.canvas_number = st.session_state.get("canvas_number", 0) + 1
    st.session_state.canvas_start = canvas.to_drawing(selecting.strokes(), size)
    st.session_state.canvas_seen = st.session_state.canvas_start["objects"]


def _take(drawing: Mapping[str, Any] | None, size: tuple[int, int]) -> None:
    """Take over what was drawn since the last time."""
    objects = (drawing or {}).get("objects")
    if objects is None or objects == st.session_state.canvas_seen:
        return
    st.session_state.canvas_seen = objects
    selecting.put_strokes(canvas.to_strokes(drawing, size))


def _drawn(key: str) -> None:
    """The canvas's callback: take the stroke before anything is drawn, so that one run shows it everywhere."""
    answer = st.session_state.get(key) or {}
    _take((answer.get("drawing") or {}).get("raw"), st.session_state.canvas_size)


def _undo() -> None:
    selecting.put_strokes(Strokes(strokes=selecting.strokes().strokes[:-1]))
    _renew(st.session_state.canvas_size)


def _clear() -> None:
    selecting.put_strokes(Strokes())
    _renew(st.session_state.canvas_size)
