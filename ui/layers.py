"""The sources of the selection: the first one, and the layers that are added to it, removed from it or cut with it."""

from __future__ import annotations

import streamlit as st

import masks
from ui import clicks, options, selecting, state

OPS = {
    "add": ":material/add: Add",
    "remove": ":material/remove: Remove",
    "intersect": ":material/join_inner: Only where both",
}
NEXT = "sam"  # the source a new layer begins with: one clicks on what is missing or too much


def show() -> None:
    """Draw every layer's controls, and the button for another one."""
    first, *more = selecting.layers()
    _source(first, "Find the subject by", list(masks.SOURCES))
    for at, key in enumerate(more, start=2):
        with st.container(border=True, key=f"box.{key}"):
            _layer(key, at)
    st.button(
        "Add another layer",
        key="add_layer",
        icon=":material/add_circle:",
        type="tertiary",
        disabled=len(more) >= selecting.MOST_LAYERS,
        on_click=_add,
        help="Find something else too, and add it to the subject or take it away (combined masks).",
    )


def _layer(key: str, number: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**Layer {number}**", width="content")
        st.button(
            "Remove this layer",
            key=f"{key}.gone",
            icon=":material/delete:",
            type="tertiary",
            on_click=selecting.remove_layer,
            args=(key,),
            help="Take this layer away; what the others find stays.",
        )
    state.control(
        st.segmented_control,
        "What it does",
        f"{key}.op",
        "add",
        options=list(OPS),
        format_func=OPS.__getitem__,
        required=True,
        help="Add what it finds to the subject, remove it from the subject, or keep only what both have found.",
    )
    # What is drawn by hand is painted over everything at the end, so it is no layer of its own unless it came as one.
    offered = [
        name
        for name, source in masks.SOURCES.items()
        if not (drawn := options.drawn_field(source.Options)) or state.value(f"{key}.{name}.{drawn}")
    ]
    _source(key, "Found by", offered)
    one = selecting.source(key)
    if not selecting.is_ready(one):
        what = "click on it in the picture" if _is_pointed(one.name) else "fill in what is asked for above"
        st.caption(f":material/hourglass_empty: Not in use yet: {what}.")


def _source(key: str, label: str, offered: list[str]) -> None:
    name = state.control(
        st.selectbox,
        label,
        f"{key}.source",
        "auto",
        options=offered,
        format_func=lambda name: masks.SOURCES[name].title,
        on_change=_aim,
        args=(key,),
        help="How the subject is told from its background (mask source).",
    )
    source = masks.SOURCES[name]
    st.caption(source.help)
    values = options.controls(source.Options, f"{key}.{name}")
    state.desk().values[f"{key}.{name}.values"] = values


def _is_pointed(name: str) -> bool:
    return bool(options.marked_fields(masks.SOURCES[name].Options))


def _aim(key: str) -> None:
    """Clicks are for the layer that was set last. A callback."""
    clicks.aim(f"{key}.{state.value(f'{key}.source')}")


def _add() -> None:
    key = selecting.add_layer(NEXT)
    clicks.aim(f"{key}.{NEXT}")
