"""The buttons that undo and redo, with their keys; text fields keep these keys for themselves."""

from __future__ import annotations

import streamlit as st

from ui import state, undo
from ui.workspace import Change

# A shortcut of Streamlit's also works while one types, where the browser's own undo is meant.
_typing = st.components.v2.component(
    "backdrop_typing",
    html="<span hidden></span>\n",
    js="""
const TYPED = "textarea, [contenteditable=true], input:not([type=range], [type=checkbox], [type=radio], [type=color])"
const guard = (event) => {
  const key = event.key.toLowerCase(), at = event.composedPath()[0]
  if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y") && at.matches?.(TYPED)) event.stopPropagation()
}
export default function () {
  window.addEventListener("keydown", guard, true)
  return () => window.removeEventListener("keydown", guard, true)
}
""",
)


def show() -> None:
    """Undo and redo, each enabled where there is something and saying what it is."""
    with st.container(key="undo_buttons", width="content", horizontal=True, gap="xsmall"):
        _button("Undo", "undo", state.workspace().past, "Ctrl+Z")
        _button("Redo", "redo", state.workspace().future, "Ctrl+Shift+Z")
        with st.container(key="typing", width="content"):
            _typing(key="typing_guard")


def _button(label: str, key: str, changes: list[Change], shortcut: str) -> None:
    st.button(
        label,
        key=key,
        icon=f":material/{key}:",
        type="tertiary",
        shortcut=shortcut,
        on_click=_step,
        args=(key,),
        disabled=not changes,
        help=f"{label}: {changes[-1].title}." if changes else f"Nothing to {label.lower()}.",
    )


def _step(which: str) -> None:
    """Undo or redo, and open the panel in which it is seen. A callback."""
    here = state.workspace()
    panel = undo.undo(here) if which == "undo" else undo.redo(here)
    if panel and panel not in (here.step, "Result"):
        state.go(panel)
