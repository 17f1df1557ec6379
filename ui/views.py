"""Ways to look at a mask, one click apart wherever a mask is shown."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from imaging.photo import Photo
from masks import Selection
from ui import pictures, state

HEAT_MAP, CUT_OUT = "Heat map", "Cut-out"
ABOUT = {
    "Overlay": "Coloured is repainted. Clear stays, pixel for pixel.",
    "Hatching": "Hatched is repainted; lines are seen on every colour.",
    CUT_OUT: "The subject alone. Look at its edge.",
    "Mask": "White stays, black is repainted, grey is the edge.",
    HEAT_MAP: "Bright is surely the subject, dark surely not.",
}
OF_A_MASK = tuple(name for name in ABOUT if name != HEAT_MAP)
_KEY = "subject.view"  # one setting for all places
_DRAWN = {
    "Overlay": pictures.overlay,
    "Hatching": pictures.hatching,
    CUT_OUT: pictures.cut_out,
    "Mask": pictures.mask,
}


def chosen(offered: Sequence[str] = OF_A_MASK) -> str:
    """The view that is chosen, as far as it is offered."""
    view = str(state.value(_KEY, offered[0]))
    return view if view in offered else offered[0]


def choose(view: str) -> None:
    """Show masks in that view. In a callback."""
    state.put(_KEY, view)


def control(offered: Sequence[str] = OF_A_MASK) -> None:
    """The control that chooses among the views offered."""
    state.control(
        st.segmented_control,
        "Show the selection as",
        _KEY,
        offered[0],
        options=list(offered),
        required=True,
        label_visibility="collapsed",
        help="Ways to look at the same selection.",
    )


def describe(view: str) -> None:
    """What is seen in a view, in words; on a line of its own, so that nothing moves when another view is chosen."""
    with st.container(key="view_said"):
        st.caption(ABOUT[view])


def draw(view: str, photo: Photo, selection: Selection, side: int = pictures.STAGE) -> bytes:
    """A mask over its photo, for the screen.

    Args:
        view: one of :data:`OF_A_MASK`.
        photo: whose mask it is.
        selection: the mask, of the photo's size.
        side: the picture's longer side in pixels.
    """
    return _DRAWN[view](photo, selection, side)
