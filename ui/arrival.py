"""What happens in the browser when a step opens: the page shows its top, and the keyboard is at its first control."""

from __future__ import annotations

import streamlit as st

_arrival = st.components.v2.component(
    "backdrop_arrival",
    html="<span hidden></span>\n",
    js="""
const kept = new WeakMap()
const CONTROLS = "input:not([type=file]):not([disabled]), textarea, button:not([disabled]), [role=combobox]"

export default function ({ data, parentElement }) {
  const before = kept.get(parentElement)
  kept.set(parentElement, data.step)
  if (before === undefined || before === data.step) return
  document.querySelector("[data-testid=stMain]")?.scrollTo({ top: 0 })
  document.querySelector(".st-key-panel")?.querySelector(CONTROLS)?.focus({ preventScroll: true })
}
""",
)

_plain_canvas = st.components.v2.component(
    "backdrop_plain_canvas",
    html="<span hidden></span>\n",
    js="""
const RULE = ".dc-toolbar { display: none !important; }"

export default function () {
  // The canvas comes up beside this, in a shadow root of its own.
  const until = Date.now() + 10000
  const hide = () => {
    for (const element of document.querySelectorAll(".st-key-canvas *")) {
      const root = element.shadowRoot
      if (!root?.querySelector(".dc-root")) continue
      if (!root.querySelector("style.plain")) {
        const style = document.createElement("style")
        style.className = "plain"
        style.textContent = RULE
        root.append(style)
      }
      return
    }
    if (Date.now() < until) requestAnimationFrame(hide)
  }
  hide()
}
""",
)


def at(step: str) -> None:
    """Tell the browser which step is open, when its panel and its stage are drawn."""
    with st.container(key="arrival"):
        _arrival(key="arrival_of_step", data={"step": step})


def hide_canvas_toolbar(number: int) -> None:
    """Hide the toolbar of the touch-up canvas: the page's own undo takes strokes back.

    Args:
        number: of the canvas; a new one has a new toolbar.
    """
    with st.container(key="plain_canvas"):
        _plain_canvas(key="plain_canvas_of", data={"number": number})
