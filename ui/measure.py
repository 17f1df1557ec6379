"""How wide the place is that the canvas may fill: the canvas has a fixed size, and a phone is narrow."""

from __future__ import annotations

import streamlit as st

STEP = 20  # pixels: smaller changes are not worth a new canvas

_ruler = st.components.v2.component(
    "backdrop_ruler",
    html="""
<div class="ruler" aria-hidden="true"></div>
""",
    css="""
.ruler { height: 0; width: 100%; }
""",
    js="""
const watched = new WeakMap()
export default function ({ data, parentElement, setStateValue }) {
  const ruler = parentElement.querySelector(".ruler")
  const send = () => {
    const width = Math.floor(ruler.getBoundingClientRect().width / data.step) * data.step
    if (width > 0 && width !== ruler.sent) { ruler.sent = width; setStateValue("width", width) }
  }
  if (!watched.has(ruler)) {
    let timer
    const observer = new ResizeObserver(() => { clearTimeout(timer); timer = setTimeout(send, 250) })
    observer.observe(ruler)
    watched.set(ruler, observer)
  }
  if (data.known) ruler.sent ??= data.known
  send()
  return () => { watched.get(ruler)?.disconnect(); watched.delete(ruler) }
}
""",
)


def width(key: str, default: int) -> int:
    """The width in pixels of where this is called, or what it was when last known."""
    known = int(st.session_state.get(f"{key}.known", 0))
    answer = _ruler(key=key, data={"step": STEP, "known": known}, on_width_change=lambda: None)
    width = answer.get("width")
    if isinstance(width, (int, float)) and 100 <= width <= 4000:
        st.session_state[f"{key}.known"] = known = int(width)
    return known or default
