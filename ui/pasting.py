"""A picture from the clipboard: by Ctrl+V anywhere on the page, or by a button, as on a phone.

It is given to the upload control of the step that is open, and so checked like any file. Where the step shows none,
the page is asked for it first.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

_paste = st.components.v2.component(
    "backdrop_paste",
    html="""
<div class="paste">
  <button type="button">Paste a picture</button>
  <div class="field" role="textbox" contenteditable="true" aria-label="Paste a picture here"></div>
  <span class="hint"></span>
  <span class="problem" role="status"></span>
</div>
""",
    css="""
.paste { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .6rem; font: 400 .875rem var(--st-font); }
button, .field {
  min-height: 2.25rem; padding: 0 .8rem; font: inherit; color: var(--st-text-color); cursor: pointer;
  background: var(--st-background-color); border: 1px solid rgb(128 128 128 / .4);
  border-radius: var(--st-button-radius);
}
.field {
  min-width: 12rem; height: 2.25rem; box-sizing: border-box; line-height: 2.25rem; cursor: text; overflow: hidden;
}
.field:empty::before { content: "Hold here, then Paste"; opacity: .8; }
button:hover { border-color: var(--st-primary-color); }
button:focus-visible, .field:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 1px; }
.hint, .problem { color: var(--st-text-color); }
.problem:empty, [hidden] { display: none; }
@media (pointer: coarse) { .hint { display: none; } }
""",
    js="""
const PATIENCE = 10000  // milliseconds until the step's upload control is there
const TYPED = "textarea, [contenteditable=true], input:not([type=range], [type=checkbox], [type=radio])"
const waiting = (window.backdropPasted ??= { file: null, until: 0 })  // outlives this component while the page changes

export default function ({ data, parentElement, setTriggerValue }) {
  const find = (name) => parentElement.querySelector(name)
  const say = (text) => { find(".problem").textContent = text }
  const button = find("button"), field = find(".field")
  const reads = Boolean(navigator.clipboard?.read)  // only where the page comes by https or from this machine
  button.hidden = !reads
  field.hidden = reads
  find(".hint").textContent = `or press ${navigator.platform.startsWith("Mac") ? "⌘V" : "Ctrl+V"}`

  let timer
  const give = () => {
    clearTimeout(timer)
    const file = waiting.file, input = document.querySelector(`${data.uploader} input[type=file]:not([disabled])`)
    if (!file || Date.now() > waiting.until) return
    if (!input) {
      timer = setTimeout(give, 100)
      return
    }
    waiting.file = null
    const files = new DataTransfer()
    files.items.add(file)
    input.files = files.files
    input.dispatchEvent(new Event("change", { bubbles: true }))
  }
  const take = (blob) => {
    say("")
    const type = blob.type === "image/jpeg" ? "jpg" : blob.type.split("/")[1].split("+")[0]
    waiting.file = new File([blob], `pasted.${type}`, { type: blob.type })
    waiting.until = Date.now() + PATIENCE
    if (!document.querySelector(`${data.uploader} input[type=file]`)) setTriggerValue("wanted", String(waiting.until))
    give()
  }
  const pasted = (event) => {
    const target = event.composedPath()[0], given = event.clipboardData
    if (target !== field && target.matches?.(TYPED) && given.types.includes("text/plain")) return
    const file = [...given.files].find(({ type }) => type.startsWith("image/"))
    if (target === field) event.preventDefault()
    if (file) {
      event.preventDefault()
      take(file)
    } else if (target === field) say("There is no picture in the clipboard.")
  }
  button.onclick = async () => {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((each) => each.startsWith("image/"))
        if (type) return take(await item.getType(type))
      }
      say("There is no picture in the clipboard.")
    } catch {
      say("The browser does not let the page read the clipboard; press Ctrl+V instead, or choose the file.")
    }
  }
  give()  // what was pasted before this step showed its upload control
  document.addEventListener("paste", pasted)
  return () => {
    clearTimeout(timer)
    document.removeEventListener("paste", pasted)
  }
}
""",
)
_KEY = "paste"


def show(uploader: str, on_wanted: Callable[[], None] | None = None) -> None:
    """Let a picture be pasted in the step that is open.

    Args:
        uploader: how the keys of the upload control that takes it begin.
        on_wanted: called in a callback when a picture was pasted and the page shows no such control: it then must. With
            it nothing is drawn; without it, the button and what it is for.
    """
    name = "".join(each if each.isalnum() or each in "-_" else "-" for each in uploader)
    with st.container(key="pasting_unseen" if on_wanted else "pasting"):
        _paste(
            key=_KEY,
            data={"uploader": f"[class*='st-key-{name}']"},
            on_wanted_change=on_wanted or (lambda: None),
        )
