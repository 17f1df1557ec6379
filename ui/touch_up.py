"""Touch-ups by hand: tools, and a canvas on the photo that stays as it is while it is drawn on."""

from __future__ import annotations

import streamlit as st

from imaging.photo import Photo
from masks.strokes import Strokes
from recipe import MaskRecipe
from ui import canvas, pictures, places, selecting, state, viewport

OPS = {"add": ":material/add: Keep", "remove": ":material/ink_eraser: Erase"}
LARGEST = 2600  # pixels, the longer side of the picture on a zoomed canvas
ICONS = {"Brush": ":material/brush:", "Polygon": ":material/polyline:", "Rectangle": ":material/rectangle:"}
WIDTH = "canvas.width"  # of the brush, in per cent of the photo's longer side
LEAST, MOST, FIRST = 0.2, 15.0, 3.0
VIEWPORT = "canvas.viewport"


def stage(photo: Photo, mask: MaskRecipe, view: str) -> None:
    """Tools above, canvas below. The canvas stays as it is while it is drawn on: no stroke is lost to a rerun."""
    places.work_on_stage("touch-up")
    op, tool, width = _tools()
    scale = canvas.SIDE / max(photo.size)
    size = max(1, round(photo.size[0] * scale)), max(1, round(photo.size[1] * scale))
    _renew_if_changed(photo, size)
    key = _key()
    with st.container(key="canvas", horizontal_alignment="center"):
        viewport.show(
            selecting.view(photo, mask, view, LARGEST if viewport.is_zoomed(VIEWPORT) else pictures.STAGE),
            size,
            selecting.found(photo, mask).selection,
            VIEWPORT,
            canvas=key,
            strokes=state.draft().mask.strokes,
            on_width=_take_width,
            on_discarded=_renew,
            width=width,
            widths=(LEAST, MOST),
            tool=tool,
            removes=op == "remove",
        )
        with st.container(key="drawing", horizontal_alignment="center"):
            start = st.session_state.canvas_start
            canvas.draw(size, key, op=op, tool=tool, width=width * max(size) / 100, initial=start)
    st.session_state.canvas_drawn = True
    st.caption(ABOUT[tool])
    places.keys(KEYS[tool])


ABOUT = {
    "Brush": "Paint on the photo; two fingers zoom and move it.",
    "Polygon": "Click corner after corner, then the first one again to close the shape. Undo takes the last one back.",
    "Rectangle": "Drag from corner to corner.",
}
KEYS = {
    "Brush": "The wheel zooms, dragging with the middle button or the space bar held moves about. **[** and **]** set "
    "the brush's size, the arrows move the brush, Enter begins and ends a stroke.",
    "Polygon": "The arrows move, Enter clicks; after a click with the mouse, Enter closes the shape. Ctrl+Z takes the "
    "last corner back, Esc all of them.",
    "Rectangle": "The arrows move, Enter begins and ends the rectangle.",
}


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
            help="Keep: what you paint belongs to the subject. Erase: it belongs to the background.",
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
        with st.container(width=130):
            width = state.control(
                st.slider,
                "Brush size",
                WIDTH,
                FIRST,
                min_value=LEAST,
                max_value=MOST,
                step=0.1,
                format="%g%%",
                disabled=tool != "Brush",
                help="In per cent of the photo's longer side. The keys [ and ] change it, too.",
            )
        st.button(
            "Clear",
            key="clear",
            icon=":material/delete:",
            type="tertiary",
            disabled=not selecting.strokes().strokes,
            on_click=_clear,
            help="Take back all strokes.",
        )
    return op, tool, width


def _renew_if_changed(photo: Photo, size: tuple[int, int]) -> None:
    """Begin a new canvas with the strokes there are, unless it already shows them."""
    known = f"{photo.digest} {size} {state.draft().mask.strokes}"
    given_up = st.session_state.pop("canvas_given_up", False)
    if st.session_state.get("canvas_known") == known and st.session_state.get("canvas_drawn") and not given_up:
        return
    st.session_state.canvas_number = st.session_state.get("canvas_number", 0) + 1
    st.session_state.canvas_size, st.session_state.canvas_known = size, known
    st.session_state.canvas_start = canvas.to_drawing(selecting.strokes(), size)
    st.session_state.canvas_seen = st.session_state.canvas_start["objects"]


def _renew() -> None:
    """Let the next run begin a new canvas with the strokes there are. A callback."""
    st.session_state.canvas_given_up = True


def take(photo: Photo) -> None:
    """Take over what was drawn since the last run."""
    if not st.session_state.get("canvas_drawn"):
        return
    size = st.session_state.canvas_size
    drawing = ((st.session_state.get(_key()) or {}).get("drawing") or {}).get("raw") or {}
    objects = drawing.get("objects")
    if objects is None or objects == st.session_state.canvas_seen:
        return
    st.session_state.canvas_seen = objects
    selecting.put_strokes(canvas.to_strokes(drawing, size), "Stroke")
    st.session_state.canvas_known = f"{photo.digest} {size} {state.draft().mask.strokes}"


def _key() -> str:
    return f"canvas.{st.session_state.canvas_number}"


def _take_width() -> None:
    """The brush as wide as the keys made it. A callback."""
    width = (st.session_state.get(VIEWPORT) or {}).get("width")
    if isinstance(width, (int, float)) and LEAST <= width <= MOST:
        state.put(WIDTH, round(float(width), 1))


def _clear() -> None:
    selecting.put_strokes(Strokes(), "Clear the strokes")
