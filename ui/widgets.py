"""Widgets that show what the page says they show, also where the browser draws them anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st


def show(widget: Callable[..., Any], label: str, *, key: str, value: Any, **settings: Any) -> Any:
    """Draw a widget that shows a value, and return what it is set to.

    Args:
        widget: ``st.slider`` and its like.
        label: what it is called.
        key: its name in the session state.
        value: what it shows, whatever it was set to before.
        **settings: further arguments of the widget.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
    return widget(label, key=key, **starting_at(widget, value, settings), **settings)


def starting_at(widget: Callable[..., Any], value: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The argument that says where a widget starts.

    A browser that draws the widget anew, as when a run was cut short, begins there and tells the page so. Without it,
    that would be the first or the least value, and the page would take it for somebody's choice.
    """
    if widget == st.selectbox:
        options = list(settings["options"])
        return {"index": options.index(value) if value in options else 0}
    if widget == st.expander:
        return {"expanded": value}
    return {"default" if widget in (st.segmented_control, st.pills) else "value": value}
