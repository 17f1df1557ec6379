"""The subject: how it is found, how its edge is shaped, and touch-ups by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

import masks
from imaging.photo import Photo
from masks.strokes import Strokes
from recipe import MaskRecipe
from ui import canvas, clicks, layers, measure, options, pictures, selecting, state

OPS = {"add": ":material/add: Keep", "remove": ":material/ink_eraser: Repaint"}
LARGEST = 2600  # pixels, the longer side of the picture behind a zoomed canvas
ABOUT = {
    "Overlay": "What is red will be repainted. What is clear stays, pixel for pixel.",
    "Cut-out": "The subject alone. Look at its edge.",
    "Mask": "White stays, black is repainted, grey is the soft edge between.",
    "Heat map": "How sure the networks are: bright is sure, dark is not.",
}
OBJECTS = {"all": "Keep all", "largest": "Keep the largest", "chosen": "Keep those I click on"}
HEAT_OF = "subject.heat_of"  # the layer whose heat map is shown
ICONS = {"Brush": ":material/brush:", "Polygon": ":material/polyline:", "Rectangle": ":material/rectangle:"}


def stage(photo: Photo) -> None:
    """The photo with red over what will be repainted, or a canvas on it: to paint on, or to click on."""
    mask = selecting.recipe()
    if state.value("subject.touch_up", False):
        _canvas(photo, mask)
        return
    st.session_state.canvas_drawn = False
    answer = selecting.found(photo, mask)
    heats = {key: selecting.title(key) for key in selecting.heats(photo)} if answer.selection is not None else {}
    first = next(iter(heats), "")
    views = [view for view in ABOUT if view != "Heat map" or heats]
    view = state.value("subject.view", "Overlay")
    view = view if view in views else "Overlay"
    pointed = bool(clicks.targets())
    if view == "Heat map":
        layer = state.value(HEAT_OF)
        picture = selecting.heat_map(photo, layer if layer in heats else first)
    elif pointed and answer.selection is None:
        picture = state.remember("shown", photo.digest, lambda: pictures.shown(photo))
    else:
        picture = selecting.view(photo, mask, view)
    alt = f"{view}: {ABOUT[view]} The subject is {answer.share:.0%} of the photo."
    if pointed:
        clicks.stage(photo, picture, alt)
    else:
        with st.container(key="picture", horizontal_alignment="center"):
            st.image(picture, alt=alt)
    with st.container(horizontal=True, vertical_alignment="center"):
        state.control(
            st.segmented_control,
            "Show the selection as",
            "subject.view",
            "Overlay",
            options=views,
            required=True,
            label_visibility="collapsed",
            help="Ways to look at the same selection.",
        )
        if view == "Heat map" and len(heats) > 1:
            state.control(
                st.segmented_control,
                "Heat map of",
                HEAT_OF,
                first,
                options=list(heats),
                format_func=heats.__getitem__,
                required=True,
                label_visibility="collapsed",
                help="Each layer asks networks of its own; choose whose answer to look at.",
            )
        st.caption(ABOUT[view], width="content")


def panel(photo: Photo) -> None:
    """Everything that has a say in the selection."""
    clicks.take(photo)
    layers.show()
    _verdict(photo)
    state.control(
        st.toggle,
        "Touch up by hand",
        "subject.touch_up",
        False,
        help="Paint on the photo to add to the subject or to take away from it (mask strokes).",
    )
    if state.value("subject.touch_up"):
        if clicks.targets():
            st.caption("Painting now: switch this off to click on the picture again.")
        st.image(
            selecting.overlay(photo, selecting.recipe(), pictures.TILE * 2),
            caption="What will be repainted now",
            alt="The photo with red over what will be repainted, touch-ups included",
            width="stretch",
        )
    _edge()
    st.button(
        "Choose the new background",
        key="to_background",
        type="primary",
        icon=":material/arrow_forward:",
        icon_position="right",
        width="stretch",
        on_click=state.go,
        args=("Background",),
        help="Go on with this selection; you can come back at any time.",
    )


def _verdict(photo: Photo) -> None:
    """What was found, or what to do where nothing was."""
    mask = selecting.recipe()
    answer = selecting.found(photo, mask)
    if answer.selection is None:
        source = mask.layers[0].source
        fields = masks.SOURCES[source.name].Options.model_fields
        kind = masks.SOURCES[source.name].Options
        if options.drawn_field(kind):
            st.info(
                "Nothing is drawn yet: switch on **Touch up by hand** below and paint over the subject.",
                icon=":material/brush:",
            )
        elif options.marked_fields(kind) and not selecting.is_ready(source):
            st.info("Click on the subject in the picture, or draw a box around it.", icon=":material/touch_app:")
        elif any(field.is_required() and name not in source.options for name, field in fields.items()):
            st.info("Fill in what is asked for above, and the subject is found by it.", icon=":material/edit_note:")
        else:
            st.warning(
                f"{answer.problem} You can also paint the subject yourself: choose **Drawn by hand** above.",
                icon=":material/search_off:",
            )
            st.button(
                "Try again",
                key="look_again",
                icon=":material/refresh:",
                on_click=selecting.look_again,
                help="Look for the subject once more.",
            )
        return
    if answer.share >= selecting.FULL:
        st.warning(
            "Everything is selected, so no background would be left to replace: shrink the selection, invert it, or "
            "take parts away under **Touch up by hand**.",
            icon=":material/select_all:",
        )
    else:
        st.success(f"The subject is {_percent(answer.share)} of the photo.", icon=":material/check_circle:")
    if answer.selection.found:
        seen = ", ".join(f"{name} {_percent(share)}" for name, share in answer.selection.found)
        st.caption(f"Seen in this photo: {seen}.")
    for note in answer.selection.notes:
        st.caption(note)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "less than 1%"


def _edge() -> None:
    with st.expander("Shape the edge", icon=":material/line_curve:"):
        unit = state.value("subject.grow_unit", "%")
        reach = 20.0 if unit == "%" else 100.0
        grow, measure_in = st.columns([3, 1], vertical_alignment="bottom")
        with grow:
            state.control(
                st.slider,
                "Grow or shrink",
                f"subject.grow.{unit}",
                0.0,
                min_value=-reach,
                max_value=reach,
                step=0.5 if unit == "%" else 1.0,
                help="Widen the selection (right) or narrow it (left), in per cent of the subject's size or in pixels.",
            )
        with measure_in:
            state.control(
                st.selectbox,
                "Unit",
                "subject.grow_unit",
                "%",
                options=["%", "px"],
                help="Per cent of the subject's size, or pixels of the photo.",
            )
        state.control(
            st.slider,
            "Soften (feather)",
            "subject.feather",
            0.0,
            min_value=0.0,
            max_value=60.0,
            step=0.5,
            format="%g px",
            help="Soften the edge over this many pixels of the photo.",
        )
        state.control(
            st.selectbox,
            "Of several separate things",
            f"{selecting.OBJECTS}.how",
            "all",
            options=list(OBJECTS),
            format_func=OBJECTS.__getitem__,
            on_change=clicks.aim,
            args=(selecting.OBJECTS,),
            help="Keep everything that was found, the largest piece alone, or the pieces you click on.",
        )
        if state.value(f"{selecting.OBJECTS}.how") == "chosen" and not state.desk().marks.get(selecting.OBJECTS):
            st.caption("Click in the picture on the things to keep; until then all of them are kept.")
        state.control(
            st.toggle,
            "Finer hair and fur",
            "subject.matting",
            False,
            help="Works the soft edge out anew from the photo's colours (matting); takes some seconds.",
        )
        state.control(
            st.toggle,
            "Invert",
            "subject.invert",
            False,
            help="Keep what was to be repainted, and repaint what was to be kept.",
        )
        state.control(
            st.toggle,
            "Fill holes",
            "subject.fill_holes",
            False,
            help="Close holes inside the subject. Closes rings and handles too.",
        )
        state.control(
            st.slider,
            "Drop small pieces",
            "subject.specks",
            0.0,
            min_value=0.0,
            max_value=100.0,
            step=1.0,
            format="%g %%",
            help="Leave out pieces smaller than this, in per cent of the largest piece.",
        )
        st.button(
            "Reset the edge",
            key="reset_edge",
            icon=":material/restart_alt:",
            type="tertiary",
            on_click=_reset_edge,
            help="Put all of these back to where they started.",
        )


def _reset_edge() -> None:
    for key, start in (("grow.%", 0.0), ("grow.px", 0.0), ("feather", 0.0), ("specks", 0.0)):
        state.put(f"subject.{key}", start)
    state.put("subject.invert", False)
    state.put("subject.fill_holes", False)
    state.put("subject.matting", False)
    state.put(f"{selecting.OBJECTS}.how", "all")
    state.desk().marks.pop(selecting.OBJECTS, None)


def _canvas(photo: Photo, mask: MaskRecipe) -> None:
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
        drawn = bool(state.desk().strokes.strokes)
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
    source = masks.SOURCES[base.layers[0].source.name]
    if options.drawn_field(source.Options):
        key = f"{photo.digest} {side} untouched"
        return state.remember("overlay", key, lambda: pictures.untouched_overlay(photo, side))
    return selecting.overlay(photo, base, side)


def _renew(size: tuple[int, int]) -> None:
    """Begin a new canvas with the strokes there are."""
    st.session_state.canvas_number = st.session_state.get("canvas_number", 0) + 1
    st.session_state.canvas_start = canvas.to_drawing(state.desk().strokes, size)
    st.session_state.canvas_seen = st.session_state.canvas_start["objects"]


def _take(drawing: Mapping[str, Any] | None, size: tuple[int, int]) -> None:
    """Take over what was drawn since the last time."""
    objects = (drawing or {}).get("objects")
    if objects is None or objects == st.session_state.canvas_seen:
        return
    st.session_state.canvas_seen = objects
    state.desk().strokes = canvas.to_strokes(drawing, size)


def _drawn(key: str) -> None:
    """The canvas's callback: take the stroke before anything is drawn, so that one run shows it everywhere."""
    told = st.session_state.get(key) or {}
    _take((told.get("drawing") or {}).get("raw"), st.session_state.canvas_size)


def _undo() -> None:
    kept = state.desk().strokes.strokes[:-1]
    state.desk().strokes = Strokes(strokes=kept)
    _renew(st.session_state.canvas_size)


def _clear() -> None:
    state.desk().strokes = Strokes()
    _renew(st.session_state.canvas_size)
