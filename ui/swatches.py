"""Ready colours and gradients to pick from, as dots of colour."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import streamlit as st

from ui import widgets
from ui.binding import Bound

COLOURS = {
    "White": ("#ffffff",),
    "Pearl": ("#f1f0ec",),
    "Sand": ("#e3d5c0",),
    "Blush": ("#edcfc7",),
    "Sage": ("#b9c6b2",),
    "Sky": ("#b7d3e6",),
    "Slate": ("#5d6873",),
    "Ink": ("#1d1f24",),
}
GRADIENTS = {
    "Studio grey": ("#f6f7f9", "#b9c2cf"),
    "Dawn": ("#fbe3d0", "#d98f8a", "#6c6a94"),
    "Sea": ("#dff3f1", "#5aa0ad"),
    "Meadow": ("#f4f3d6", "#93b57f"),
    "Dusk": ("#394264", "#14151f"),
}


def ready(bound: Bound) -> None:
    """Ready values for a field that holds a colour or a run of colours; nothing for any other."""
    if bound.setting.kind == "colour":
        _pills("Ready colours", COLOURS, bound)
    elif bound.setting.kind == "colours":
        _pills("Ready gradients", GRADIENTS, bound)


def _pills(label: str, offered: Mapping[str, tuple[str, ...]], bound: Bound) -> None:
    key, value = f"{bound.key}.ready", bound.read()
    widgets.show(
        st.pills,
        label,
        key=key,
        value=name_of(offered, (value,) if isinstance(value, str) else tuple(value or ())),
        options=list(offered),
        format_func=lambda name: f"{swatch(*offered[name])} {name}",
        on_change=_take,
        args=(key, offered, bound),
        wrap=True,
        help="Quiet colours that suit most subjects.",
    )


def name_of(offered: Mapping[str, tuple[str, ...]], colours: tuple[str, ...]) -> str | None:
    """What ready colours are called; ``None`` for others."""
    wanted = tuple(colour.lower() for colour in colours)
    return next((name for name, ready in offered.items() if ready == wanted), None)


def _take(key: str, offered: Mapping[str, tuple[str, ...]], bound: Bound) -> None:
    if chosen := st.session_state[key]:
        colours = offered[chosen]
        bound.write(colours if bound.setting.kind == "colours" else colours[0])


def swatch(*colours: str) -> str:
    """A dot of a colour, or of a run of colours, as a picture within a label."""
    stops = "".join(
        f"<stop offset='{at / max(1, len(colours) - 1)}' stop-color='{colour}'/>" for at, colour in enumerate(colours)
    )
    drawing = (
        "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='20'><linearGradient id='g' x2='0' y2='1'>"
        f"{stops}</linearGradient><circle cx='10' cy='10' r='8.5' fill='url(#g)' stroke='#8886' /></svg>"
    )
    return f"![](data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()})"
