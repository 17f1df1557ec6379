"""Two results side by side: chosen in the gallery, zoomed and moved together."""

from __future__ import annotations

from functools import partial

import streamlit as st

from errors import BadInput
from ui import compare, naming, state, widgets
from ui.compare import Picture
from ui.outcome import full_after, outcome

SIDES = ("First", "Second")  # they may stand above each other, too
_PAIR = "result.beside"  # in the workspace's view: the digests of both
_BROUGHT = "result.brought"  # there too: the same, where they came from the gallery in place of other results


def pair() -> list[str]:
    """The digests of the two results that are looked at; none where one is."""
    here = state.workspace()
    kept = here.view.get(_PAIR)
    digests = [str(each) for each in kept if each in here.results] if isinstance(kept, list) else []
    return digests if len(digests) == 2 and here.results[here.chosen] in digests else []


def put(left: str, right: str) -> None:
    """Look at two pictures, whose digests these are. A callback."""
    here = state.workspace()
    if not {left, right} <= set(here.results):
        here.results = [left, right]
        here.view[_BROUGHT] = [left, right]
    here.chosen = here.results.index(left)
    here.view[_PAIR] = [left, right]
    state.go("Result")


def close() -> None:
    """Look at the chosen picture again, with its photo. A callback."""
    here = state.workspace()
    here.view.pop(_PAIR, None)
    if here.view.pop(_BROUGHT, None) == here.results:  # else other pictures were made since
        here.results, here.chosen = [here.results[here.chosen]], 0


def stage() -> bool:
    """Both pictures; false, and nothing drawn, where one is looked at."""
    shown = []
    for side, digest in zip(SIDES, pair(), strict=False):
        try:
            found = outcome(digest)
        except BadInput:  # gone from the store
            return False
        title = f"{side}: {naming.name(found.recipe)}"
        shown.append(Picture(found.digest, found.after, found.size, partial(full_after, found), title, title))
    if not shown:
        return False
    compare.show(shown, key="compare_results", mode="beside")
    st.caption(f":material/compare: Both are zoomed and moved together. {compare.HOW_TO_ZOOM}")
    return True


def panel() -> None:
    """Which of the two the panel below is about; nothing where one is looked at."""
    here, key = state.workspace(), "result.side"
    sides = dict(zip(SIDES, pair(), strict=False))
    if not sides:
        return
    chosen = next(side for side, digest in sides.items() if digest == here.results[here.chosen])

    def choose() -> None:
        here.chosen = here.results.index(sides[st.session_state[key]])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        widgets.show(
            st.segmented_control,
            "This panel is about the picture",
            key=key,
            value=chosen,
            options=list(sides),
            required=True,
            on_change=choose,
            help="Its checks, its downloads, and what to do with it.",
        )
        st.button(
            "Look at this one alone",
            key="close_pair",
            icon=":material/image:",
            on_click=close,
            help="Beside its photo, before and after.",
        )
