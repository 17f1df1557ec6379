"""Opening a step in the browser: its top is shown, the keyboard is at its first control, and Back leads back.

The page's address names the step that is open (:data:`ui.state.STEP`), so every step is an entry of the browser's
history. What the browser shows after Back or Forward is told by a component: an address that came with a run may be
older than what the page has written since.
"""

from __future__ import annotations

import streamlit as st

from ui import places, state

_arrival = st.components.v2.component(
    "backdrop_arrival",
    html="<span hidden></span>\n",
    js="""
const CONTROLS = "input:not([type=file]):not([disabled]), textarea, summary, button:not([disabled])"
// A button's tooltip shows when it gets the keyboard, and would lie on the sentence it stands below.
const PASSED_OVER = "button[aria-label^=Help], [data-testid=stElementToolbar], .st-key-verdict, .st-key-differs"
const HEAD = 50  // pixels at the top of the screen that belong to the strip
const FOOT = 84  // pixels at the bottom of a phone's that belong to the main button
const GROWS = 2000  // milliseconds after a run in which the picture's place may still grow
const PATIENCE = 20000  // milliseconds in which the step's controls come, and may be drawn anew
const kept = (window.backdropArrival ??= {
  opened: null, focused: null, given: false, over: false, work: "", touched: false,
})

const canTake = (each) => !each.closest(PASSED_OVER) && each.checkVisibility({ checkVisibilityCSS: true })

const focusFirst = (opened, until, seen) => {
  if (kept.opened !== opened || kept.over || Date.now() > until) return
  const panel = document.querySelector(".st-key-panel"), now = document.activeElement
  const running = document.querySelector("[data-test-script-state]")?.dataset.testScriptState !== "notRunning"
  const loading = panel?.querySelector("[data-testid=stSkeleton], [data-stale=true]")
  const first = [...(panel?.querySelectorAll(CONTROLS) ?? [])].find(canTake)
  if (!running && !loading && first && first === seen && now !== first) {
    if (now?.closest(".st-key-panel, .st-key-stage") && now !== kept.focused) return  // somebody was quicker
    first.focus({ preventScroll: true })
    kept.given = true
  }
  setTimeout(() => focusFirst(opened, until, first), 100)
}

// The picture became something to paint, click or move on, far from the control that was pressed: it comes in sight.
// It may grow for a while after its run, and is left alone as soon as somebody scrolls or works on it.
const showStage = (work, until, seen) => {
  const stage = document.querySelector(".st-key-stage")
  const running = document.querySelector("[data-test-script-state]")?.dataset.testScriptState !== "notRunning"
  if (kept.work !== work || kept.touched || Date.now() > until) return
  const height = running ? undefined : stage?.offsetHeight
  if (height !== undefined && height !== seen) {
    until = Math.min(until, Date.now() + GROWS)
    const { top, bottom } = stage.getBoundingClientRect()
    if (top < HEAD || (innerWidth <= 640 && bottom > innerHeight - FOOT)) stage.scrollIntoView()
  }
  setTimeout(() => showStage(work, until, height ?? seen), 100)
}

export default function ({ data, setTriggerValue }) {
  const before = kept.opened
  if (before !== data.opened) {
    Object.assign(kept, { opened: data.opened, focused: document.activeElement, given: false, over: false })
    if (before !== null) {
      document.querySelector("[data-testid=stMain]")?.scrollTo({ top: 0 })
      if (data.focus) focusFirst(data.opened, Date.now() + PATIENCE)
    }
  }
  if (kept.work !== data.work) {
    Object.assign(kept, { work: data.work, touched: false })
    const fitted = data.work === "touch-up" && innerWidth <= 640  // the canvas fills what is left below the top then
    if (data.work && (before === data.opened || fitted)) showStage(data.work, Date.now() + PATIENCE)
  }
  const back = () => setTriggerValue("back", new URLSearchParams(location.search).get(data.parameter) ?? "")
  const over = () => { kept.over = kept.given }  // from the first key or click on, the keyboard is where one puts it
  const touched = () => { kept.touched = true }
  const pressed = () => { over(); touched() }
  const heard = [["popstate", back], ["keydown", pressed], ["pointerdown", pressed], ["wheel", touched]]
  heard.forEach(([name, hear]) => window.addEventListener(name, hear, { capture: true, passive: true }))
  return () => heard.forEach(([name, hear]) => window.removeEventListener(name, hear, true))
}
""",
)


def show(step: str | None) -> None:
    """Tell the browser what is open, once it is drawn.

    Args:
        step: ``None`` before there is a photo.
    """
    opened = f"{step} {st.session_state.get('opened', 0)}" if step else "the first page"
    _arrival(
        key="arrival_of_step",
        data={"opened": opened, "focus": step is not None, "parameter": state.STEP, "work": places.on_stage()},
        on_back_change=_back,
    )


def _back() -> None:
    """The browser went back or forward. A callback."""
    named = st.session_state["arrival_of_step"].get("back")
    if isinstance(named, str):
        state.go_back(named)
