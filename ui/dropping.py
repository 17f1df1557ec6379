"""Pictures of the gallery, dragged to where one becomes the background."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

_drop = st.components.v2.component(
    "backdrop_drop",
    html="<span hidden></span>\n",
    js="""
const KIND = "application/x-backdrop-picture"
const LEAST = 160  // pixels of the stage that are in sight, for the picture to be dropped there
const MARK = "[class*='st-key-entry_']"

export default function ({ setTriggerValue }) {
  let zone = null
  const remove = () => { zone?.remove(); zone = null }
  const prepare = (event) => {  // a picture in a grid lies under its button, so the whole of both is dragged
    const entry = event.target.closest?.(`.st-key-gallery ${MARK}`)
    if (entry?.querySelector("img")) entry.draggable = true
  }
  const start = (event) => {
    const entry = event.target.closest?.(MARK)
    if (!entry?.closest(".st-key-gallery")) return
    const id = [...entry.classList].find((name) => name.startsWith("st-key-entry_"))?.slice("st-key-entry_".length)
    const image = entry.querySelector("img")
    event.dataTransfer.setData(KIND, id)
    event.dataTransfer.effectAllowed = "copy"
    event.dataTransfer.setDragImage(image, image.clientWidth / 2, image.clientHeight / 2)
    setTimeout(show)  // what appears while a drag begins may end it
  }
  const show = () => {
    remove()
    zone = document.createElement("div")
    zone.textContent = "Drop it here: the background picture"
    zone.dataset.testid = "backdropDropZone"
    const stage = document.querySelector(".st-key-stage")?.getBoundingClientRect()
    const top = Math.max(8, stage?.top ?? 0), bottom = Math.min(innerHeight - 8, stage?.bottom ?? 0)
    const there = stage && bottom - top >= LEAST
    const box = there ? [stage.left, top, stage.width, bottom - top] : [12, 12, innerWidth - 24, 140]
    const [left, at, width, height] = box.map((value) => value + "px")
    const main = getComputedStyle(document.querySelector(".stApp"))
    Object.assign(zone.style, {
      position: "fixed", left, top: at, width, height, zIndex: 1000, boxSizing: "border-box", display: "grid",
      placeItems: "center", padding: "1rem", textAlign: "center", border: "3px dashed currentColor",
      borderRadius: "10px", background: `color-mix(in srgb, ${main.backgroundColor} 88%, transparent)`,
      color: main.color, font: `600 1.1rem ${main.fontFamily}`,
    })
    zone.ondragover = (event) => {
      if (!event.dataTransfer.types.includes(KIND)) return
      event.preventDefault()
      event.dataTransfer.dropEffect = "copy"
      zone.style.borderStyle = "solid"
    }
    zone.ondragleave = () => { zone.style.borderStyle = "dashed" }
    zone.ondrop = (event) => {
      event.preventDefault()
      const id = event.dataTransfer.getData(KIND)
      remove()
      if (id) setTriggerValue("dropped", id)
    }
    document.body.append(zone)
  }
  document.addEventListener("pointerdown", prepare, true)
  document.addEventListener("dragstart", start)
  document.addEventListener("dragend", remove)
  return () => {
    remove()
    document.removeEventListener("pointerdown", prepare, true)
    document.removeEventListener("dragstart", start)
    document.removeEventListener("dragend", remove)
  }
}
""",
)
_KEY = "dropped_picture"


def listen(on_drop: Callable[[str], None]) -> None:
    """Let pictures of the gallery be dragged up.

    Args:
        on_drop: called in a callback with what the browser calls the picture: its container's key after ``entry_``,
            or anything else.
    """

    def take() -> None:
        dropped = (st.session_state.get(_KEY) or {}).get("dropped")
        if isinstance(dropped, str):
            on_drop(dropped)

    with st.container(key="dropping"):
        _drop(key=_KEY, on_dropped_change=take)
