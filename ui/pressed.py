"""The chosen button of a gallery, said to those who do not see its colour: Streamlit has no word for it."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

_pressed = st.components.v2.component(
    "backdrop_pressed",
    html="<span hidden></span>\n",
    js="""
const PATIENCE = 5000  // milliseconds until the buttons are there

export default function ({ data }) {
  const until = Date.now() + PATIENCE
  let timer
  const mark = () => {
    const button = (key) => document.querySelector(`.st-key-${CSS.escape(key)} [data-testid=stButton] button`)
    const buttons = data.keys.map(button)
    buttons.forEach((each, at) => each?.setAttribute("aria-pressed", String(data.keys[at] === data.chosen)))
    if (buttons.includes(null) && Date.now() < until) timer = setTimeout(mark, 100)
  }
  mark()
  return () => clearTimeout(timer)
}
""",
)


def mark(keys: Iterable[str], chosen: str, *, key: str) -> None:
    """Mark the chosen one of several containers' buttons as pressed.

    Args:
        keys: of the containers.
        chosen: one of them.
        key: of this component.
    """
    with st.container(key=f"pressed_{key}"):
        _pressed(key=key, data={"keys": list(keys), "chosen": chosen})
