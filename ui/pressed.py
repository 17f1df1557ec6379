"""The chosen button of a gallery, said to those who do not see its colour: Streamlit has no word for it."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

_pressed = st.components.v2.component(
    "backdrop_pressed",
    html="<span hidden></span>\n",
    js="""
const PATIENCE = 5000  // milliseconds until the buttons are there
const SETTLED = 1500  // and until none of them is drawn anew any more

export default function ({ data }) {
  const until = Date.now() + PATIENCE, settled = Date.now() + SETTLED
  let timer
  const mark = () => {
    let all = true
    for (const key of data.keys) {
      // two of each: Streamlit hides one on a phone, and the other one elsewhere
      const buttons = document.querySelectorAll(`.st-key-${CSS.escape(key)} [data-testid=stButton] button`)
      for (const each of buttons) each.setAttribute("aria-pressed", String(key === data.chosen))
      all &&= buttons.length > 0
    }
    if (Date.now() < (all ? settled : until)) timer = setTimeout(mark, 100)
  }
  const show = () => {  // within a grid that scrolls; the page stays where it is
    const chosen = data.chosen && document.querySelector(`.st-key-${CSS.escape(data.chosen)}`)
    const grid = chosen && chosen.closest(".stGrid")
    if (!grid) return
    const [inner, outer] = [chosen.getBoundingClientRect(), grid.getBoundingClientRect()]
    if (inner.top < outer.top || inner.bottom > outer.bottom) grid.scrollTop += inner.top - outer.top - 4
    if (inner.left < outer.left || inner.right > outer.right) grid.scrollLeft += inner.left - outer.left - 4
  }
  mark()
  setTimeout(show, 300)
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
