"""A picture to click on: points on what is meant, points beside it, and boxes, in the order in which they were made.

The browser sends all marks made since the picture came up, so that none is lost while the page is busy; the page takes
those it does not know yet. What is drawn on the picture is what the page keeps, and what is still on its way there.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Literal

import streamlit as st
from pydantic import BaseModel, ConfigDict

Kind = Literal["add", "remove", "box"]
MOST = 1000  # marks of one telling: more were not made by a person


class Mark(BaseModel):
    """A click or a box: ``(x, y)`` or ``(x0, y0, x1, y1)`` in the photo's pixels."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)
    kind: Kind
    at: tuple[float, ...]


_pointer = st.components.v2.component(
    "backdrop_pointer",
    html="""
<div class="frame" role="application" tabindex="0">
  <img class="picture" draggable="false" />
  <div class="marks" aria-hidden="true"></div>
</div>
""",
    css="""
.frame {
  position: relative; width: fit-content; max-width: 100%; margin-inline: auto; line-height: 0; cursor: crosshair;
  touch-action: manipulation; user-select: none; -webkit-user-select: none; outline: 1px solid rgb(128 128 128 / .28);
  outline-offset: -1px; border-radius: var(--st-base-radius);
}
.frame.boxing { touch-action: none; }
.frame:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
.picture {
  display: block; max-width: 100%; max-height: var(--picture-height); width: auto; height: auto; pointer-events: none;
  border-radius: inherit;
}
.marks { position: absolute; inset: 0; pointer-events: none; }
.marks span { position: absolute; box-sizing: border-box; }
.add, .remove {
  width: 18px; height: 18px; margin: -9px 0 0 -9px; border-radius: 50%; border: 2px solid #fff; background: #0a6cff;
  box-shadow: 0 0 0 1px rgb(0 0 0 / .45); display: grid; place-items: center; font: 700 14px/1 var(--st-font);
  color: #fff;
}
.add::after, .removes .remove::after { content: "+"; } .remove::after, .removes .add::after { content: "\\2212"; }
.remove, .removes .add { background: #e01030; } .removes .remove { background: #0a6cff; }
.box { border: 2px solid #0a6cff; box-shadow: 0 0 0 1px #fff, inset 0 0 0 1px #fff; border-radius: 2px; }
.removes .box { border-color: #e01030; }
.aim { width: 24px; height: 24px; margin: -12px 0 0 -12px; border: 2px solid #fff; border-radius: 50%;
  box-shadow: 0 0 0 1px #000, inset 0 0 0 1px #000; }
.waiting { opacity: .6; }
""",
    js="""
const LEAST = 4  // pixels on the screen: a smaller box is a slip of the hand
const STEP = 0.02  // of the picture, by an arrow key
const kept = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const frame = parentElement.querySelector(".frame"), picture = parentElement.querySelector(".picture")
  const drawn = parentElement.querySelector(".marks")
  if (!kept.has(frame)) kept.set(frame, { run: Math.random().toString(36).slice(2), marks: [], from: null, aim: null })
  const own = kept.get(frame)
  if (picture.getAttribute("src") !== data.picture) picture.src = data.picture
  picture.alt = data.alt
  frame.setAttribute("aria-label", data.label)
  frame.classList.toggle("boxing", data.kind === "box")
  drawn.classList.toggle("removes", data.removes)

  const put = (kind, at, waiting) => {
    const mark = document.createElement("span")
    mark.className = waiting ? kind + " waiting" : kind
    mark.style.left = at[0] * 100 + "%"
    mark.style.top = at[1] * 100 + "%"
    if (at.length === 4) {
      mark.style.width = (at[2] - at[0]) * 100 + "%"
      mark.style.height = (at[3] - at[1]) * 100 + "%"
    }
    drawn.append(mark)
  }
  const draw = () => {
    const known = data.run === own.run ? data.taken : 0
    const all = [...data.marks.map((mark) => [mark, false]), ...own.marks.slice(known).map((mark) => [mark, true])]
    const box = all.findLast(([[kind]]) => kind === "box")
    drawn.replaceChildren()
    for (const one of all) {
      const [[kind, ...at], waiting] = one
      if (kind !== "box" || (one === box && !own.to)) put(kind, at, waiting)  // a new box replaces the one before
    }
    if (own.from && own.to) put("box", corners(own.from, own.to), true)
    if (own.aim) put("aim", own.aim, false)
  }
  const corners = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])]
  const send = (kind, at) => {
    own.marks.push([kind, ...at])
    setStateValue("sent", { run: own.run, marks: own.marks })
  }
  const finish = () => {
    const box = corners(own.from, own.to ?? own.from), size = frame.getBoundingClientRect()
    own.from = own.to = null
    if (Math.min((box[2] - box[0]) * size.width, (box[3] - box[1]) * size.height) >= LEAST) send("box", box)
    draw()
  }
  const place = (event) => {
    const size = frame.getBoundingClientRect()
    const within = (value) => Math.min(1, Math.max(0, value))
    return [within((event.clientX - size.left) / size.width), within((event.clientY - size.top) / size.height)]
  }

  frame.onclick = (event) => {
    own.aim = null
    if (data.kind !== "box") send(data.kind, place(event))
    draw()
  }
  frame.onpointerdown = (event) => {
    if (data.kind !== "box" || event.button !== 0 || !event.isPrimary) return
    frame.setPointerCapture(event.pointerId)
    own.from = place(event)
    own.to = own.aim = null
  }
  frame.onpointermove = (event) => {
    if (!own.from || own.aim || !event.isPrimary) return
    own.to = place(event)
    draw()
  }
  frame.onpointerup = () => { if (own.from && !own.aim) finish() }
  frame.onpointercancel = () => { own.from = own.to = null; draw() }
  frame.onkeydown = (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
    const at = own.aim ?? [0.5, 0.5]
    if (step) {
      own.aim = [0, 1].map((axis) => Math.min(1, Math.max(0, at[axis] + step[axis] * STEP)))
      if (own.from) own.to = own.aim
    } else if (event.key === "Enter" || event.key === " ") {
      own.aim = at
      if (data.kind !== "box") send(data.kind, at)
      else if (own.from) { own.to = at; finish() }
      else own.from = at
    } else if (event.key === "Escape") {
      own.aim = own.from = own.to = null
    } else return
    event.preventDefault()
    draw()
  }
  draw()
}
""",
)


def show(
    picture: bytes,
    marks: Iterable[Mark],
    size: tuple[int, int],
    kind: Kind,
    taken: tuple[str, int],
    *,
    key: str,
    alt: str,
    removes: bool = False,
) -> None:
    """Show the picture with its marks.

    Args:
        picture: a JPEG of the photo's shape.
        marks: what is drawn on it; of several boxes only the last one.
        size: of the photo, (width, height); marks count in its pixels.
        kind: what the next click means.
        taken: the run and the number of its marks that are among ``marks`` or were taken back; see
            :func:`parse_marks`.
        key: session state holds under it what the browser sends, as ``sent``.
        alt: what is to be seen.
        removes: what is clicked on goes from the selection: a minus stands there, and a plus on what stays.
    """
    what = "draw a box from corner to corner" if kind == "box" else "click"
    _pointer(
        key=key,
        data={
            "picture": "data:image/jpeg;base64," + base64.b64encode(picture).decode("ascii"),
            "marks": [[mark.kind, *(at / size[axis % 2] for axis, at in enumerate(mark.at))] for mark in marks],
            "kind": kind,
            "removes": removes,
            "run": taken[0],
            "taken": taken[1],
            "alt": alt,
            "label": f"The photo: {what}, or move with the arrow keys and press Enter",
        },
        on_sent_change=lambda: None,
    )


def parse_marks(
    answer: Any, size: tuple[int, int], kinds: Collection[str], taken: tuple[str, int]
) -> tuple[list[Mark], tuple[str, int]]:
    """What the browser sends: the marks that were not taken yet, and what counts as taken with them.

    What is no mark of one of ``kinds`` is passed over: a browser may send anything.
    """
    run = answer.get("run") if isinstance(answer, Mapping) else None
    marks = answer.get("marks") if isinstance(answer, Mapping) else None
    if not isinstance(run, str) or not isinstance(marks, (list, tuple)) or len(marks) > MOST:
        return [], taken
    known = taken[1] if taken[0] == run else 0
    found = (_mark(mark, size) for mark in marks[known:])
    return [mark for mark in found if mark is not None and mark.kind in kinds], (run, len(marks))


def _mark(sent: Any, size: tuple[int, int]) -> Mark | None:
    """One mark from fractions of the picture; a click lies on a pixel, a box's corners may lie on the photo's edge."""
    if not isinstance(sent, (list, tuple)) or len(sent) < 3 or sent[0] not in ("add", "remove", "box"):
        return None
    kind, *at = sent
    numbers = [value for value in at if isinstance(value, (int, float)) and math.isfinite(value)]
    if not len(numbers) == len(at) == (4 if kind == "box" else 2):
        return None
    most = [side if kind == "box" else side - 1 for side in size]
    x_y = [round(min(most[axis % 2], max(0.0, value * size[axis % 2])), 1) for axis, value in enumerate(numbers)]
    if kind == "box" and (x_y[0] >= x_y[2] or x_y[1] >= x_y[3]):
        return None
    return Mark(kind=kind, at=tuple(x_y))
