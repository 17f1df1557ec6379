"""The canvas's viewport: it fits the screen, is zoomed and moved, shows the brush as a ring, and is painted on by keys.

The canvas is a component of its own, of a fixed size in pixels. This one stands beside it, shows it through a CSS
transform, lays the picture under it, and passes on what a pointer or the keyboard draws as the mouse events that the
canvas knows. So a second finger, the middle button or the space bar can mean moving instead of drawing.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import streamlit as st

from masks import Selection

GRID = 96  # cells along the longer side: as finely as a screen reader is told what the brush is on

_here = Path(__file__).parent
_viewport = st.components.v2.component(
    "backdrop_viewport",
    html=(_here / "viewport.html").read_text(),
    css=(_here / "zoom.css").read_text(),
    js=(_here / "zoom.js").read_text() + (_here / "viewport.js").read_text(),
)


def show(
    picture: bytes,
    size: tuple[int, int],
    selection: Selection | None,
    key: str,
    *,
    canvas: str,
    strokes: str | None,
    on_width: Callable[[], None],
    on_discarded: Callable[[], None],
    width: float,
    widths: tuple[float, float],
    tool: str,
    removes: bool,
) -> None:
    """Show the canvas that is drawn next within the same container.

    Args:
        picture: a JPEG of the photo's shape, with the mask as it is now.
        size: of the canvas in pixels, (width, height).
        selection: what is selected now, for who cannot see it.
        key: session state holds under it ``width``, as the keys set it, and ``zoomed``.
        canvas: the key of the canvas; another one is another canvas.
        strokes: what is drawn, by its digest.
        on_width: called when keys have changed the brush's width.
        on_discarded: called when an open polygon was given up, for another canvas without it.
        width: of the brush, in per cent of the photo's longer side.
        widths: the least and the largest.
        tool: one of :data:`ui.canvas.TOOLS`.
        removes: whether strokes take away.
    """
    columns, rows, cells = _cells(selection, size)
    _viewport(
        key=key,
        data={
            "picture": "data:image/jpeg;base64," + base64.b64encode(picture).decode("ascii"),
            "size": list(size),
            "canvas": canvas,
            "strokes": strokes,
            "width": width,
            "widths": list(widths),
            "tool": tool,
            "removes": removes,
            "columns": columns,
            "rows": rows,
            "cells": cells,
        },
        on_width_change=on_width,
        on_discarded_change=on_discarded,
        on_zoomed_change=lambda: None,
    )


def is_zoomed(key: str) -> bool:
    """Whether a viewport shows so little of the photo that more of its pixels are wanted."""
    return bool((st.session_state.get(key) or {}).get("zoomed"))


def _cells(selection: Selection | None, size: tuple[int, int]) -> tuple[int, int, str]:
    """How many columns and rows, and for each cell, row by row, whether it is kept: "1" or "0"."""
    scale = GRID / max(size)
    columns, rows = (max(1, round(side * scale)) for side in size)
    if selection is None:
        return columns, rows, "0" * (columns * rows)
    small = np.asarray(cv2.resize(selection.values, (columns, rows), interpolation=cv2.INTER_AREA))
    return columns, rows, "".join("1" if value >= 128 else "0" for value in small.ravel())
