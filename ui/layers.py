"""The sources of the selection: the first one, and the layers that are added to it, removed from it or cut with it."""

from __future__ import annotations

import streamlit as st

import fields
import masks
from recipe import Layer
from ui import binding, clicks, controls, selecting, state, widgets
from ui.binding import Bound

OPS = {
    "add": ":material/add: Add",
    "remove": ":material/remove: Remove",
    "intersect": ":material/join_inner: Only where both",
}
NEXT = "sam"  # the source a new layer begins with: one clicks on what is missing or too much


def show() -> None:
    """Draw every layer's controls, and the button for another one."""
    _source(0, "Find the subject by", list(masks.SOURCES))
    number = len(selecting.layers())
    for at in range(1, number):
        with st.container(border=True, key=f"box.{at}"):
            _layer(at)
    st.button(
        "Add another layer",
        key="add_layer",
        icon=":material/add_circle:",
        type="tertiary",
        disabled=number >= selecting.MOST_LAYERS,
        on_click=_add,
        help="Find something else too, and add it to the subject or take it away (combined masks).",
    )


def _layer(at: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**Layer {at + 1}**", width="content")
        st.button(
            "Remove this layer",
            key=f"layers.{at}.gone",
            icon=":material/delete:",
            type="tertiary",
            on_click=selecting.remove_layer,
            args=(at,),
            help="Take this layer away; what the others find stays.",
        )
    controls.draw(_op(at), format_func=OPS.__getitem__)
    source = selecting.layers()[at].source
    # What is drawn by hand is painted over everything at the end, so it is no layer of its own unless it came as one.
    offered = [name for name in masks.SOURCES if not selecting.drawn_option(name) or name == source.name]
    _source(at, "Found by", offered)
    if not selecting.is_ready(source):
        pointed = selecting.options_by_click(masks.SOURCES[source.name].Options)
        what = "click on it in the picture" if pointed else "fill in what is asked for above"
        if any(source.options.get(name) for name in pointed.values()):
            this, not_this = clicks.words(at)
            what = f"click with “{this}” on what is meant; “{not_this}” only takes parts of that away"
        st.caption(f":material/hourglass_empty: Not in use yet: {what}.")


def _op(at: int) -> Bound:
    key, setting = f"layers.{at}.op", fields.setting(Layer, "op")

    def write(value: str) -> None:
        layers = list(selecting.layers())
        layers[at] = layers[at].model_copy(update={"op": value})
        state.edit(state.draft().put("mask.layers", tuple(layers)), setting.title, key)

    return Bound(setting, key, lambda: selecting.layers()[at].op, write)


def _source(at: int, label: str, offered: list[str]) -> None:
    key, name = f"layers.{at}.source", selecting.layers()[at].source.name
    widgets.show(
        st.selectbox,
        label,
        key=key,
        value=name,
        options=offered,
        format_func=lambda name: masks.SOURCES[name].title,
        on_change=_choose,
        args=(at, key),
        help="How the subject is found (mask source).",
    )
    st.caption(masks.SOURCES[name].help)
    controls.draw_all(binding.layer_options(at), f"layers.{at}.more")


def _choose(at: int, key: str) -> None:
    """Take another source; clicks are for the layer that was set last. A callback."""
    selecting.choose_source(at, st.session_state[key])
    clicks.aim(str(at))


def _add() -> None:
    with state.change("Add a layer"):
        state.put(selecting.TOUCH_UP, False)  # a click on the picture is for the layer
        clicks.aim(str(selecting.add_layer(NEXT)))
