"""Before and after, one over the other, with a divider to drag or to move with the arrow keys."""

from __future__ import annotations

import base64

import streamlit as st

_compare = st.components.v2.component(
    "backdrop_compare",
    html="""
<figure>
  <div class="frame">
    <img class="after" draggable="false" />
    <img class="before" draggable="false" />
    <span class="tag left" aria-hidden="true"></span>
    <span class="tag right" aria-hidden="true"></span>
    <div class="line" aria-hidden="true"><span class="grip">&#8596;</span></div>
    <input type="range" min="0" max="100" step="1" />
  </div>
</figure>
""",
    css="""
figure { margin: 0; }
.frame {
  position: relative; overflow: hidden; --at: 50%; width: fit-content; max-width: 100%; margin-inline: auto;
  border-radius: var(--st-base-radius); line-height: 0; background: var(--st-secondary-background-color);
  touch-action: pan-y; user-select: none;
}
.after { display: block; max-width: 100%; max-height: var(--picture-height); width: auto; height: auto; }
.before { position: absolute; inset: 0; width: 100%; height: 100%; clip-path: inset(0 calc(100% - var(--at)) 0 0); }
.line {
  position: absolute; top: 0; bottom: 0; left: var(--at); width: 2px; margin-left: -1px; background: #fff;
  box-shadow: 0 0 0 1px rgb(0 0 0 / .25); pointer-events: none;
}
.grip {
  position: absolute; top: 50%; left: 50%; translate: -50% -50%; width: 38px; height: 38px; border-radius: 50%;
  display: grid; place-items: center; background: #fff; color: #23201c; font: 18px/1 var(--st-font);
  box-shadow: 0 1px 6px rgb(0 0 0 / .35);
}
.tag {
  position: absolute; top: 10px; padding: .3rem .6rem; border-radius: 999px; background: rgb(22 21 19 / .72);
  color: #fff; font: 600 .78rem/1.1 var(--st-font); pointer-events: none;
}
.left { left: 10px; } .right { right: 10px; }
input {
  position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: ew-resize;
}
.frame:has(input:focus-visible) { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
""",
    js="""
export default function ({ data, parentElement }) {
  const find = (name) => parentElement.querySelector(name)
  const frame = find(".frame"), range = find("input")
  const put = (image, source, text) => {
    if (image.getAttribute("src") !== source) image.src = source
    image.alt = text
  }
  put(find(".after"), data.after, data.after_alt)
  put(find(".before"), data.before, data.before_alt)
  find(".left").textContent = data.left
  find(".right").textContent = data.right
  range.setAttribute("aria-label", data.label)
  const move = () => {
    frame.style.setProperty("--at", range.value + "%")
    range.setAttribute("aria-valuetext", `${range.value} % ${data.left.toLowerCase()}`)
    find(".left").style.opacity = range.value > 12 ? 1 : 0
    find(".right").style.opacity = range.value < 88 ? 1 : 0
  }
  if (range.dataset.ready !== "yes") { range.value = data.start; range.dataset.ready = "yes" }
  range.oninput = move
  move()
}
""",
)


def compare(before: bytes, after: bytes, *, key: str, left: str = "Before", right: str = "After") -> None:
    """Show two JPEGs of the same shape over each other."""
    _compare(
        key=key,
        data={
            "before": _url(before),
            "after": _url(after),
            "before_alt": "The photo as it was",
            "after_alt": "The picture with its new background",
            "left": left,
            "right": right,
            "label": f"Divider between {left.lower()} and {right.lower()}; move it with the arrow keys",
            "start": 50,
        },
    )


def _url(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
