"""A picture whose subject is moved, scaled and turned on it, and its shadow drawn out of its foot.

By dragging, pinching, the wheel, or the keyboard.

The browser shows the subject over the dimmed picture while it moves, and sends where it was left; the page then draws
the picture anew. What was sent last and is not drawn yet stays where it was left.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import streamlit as st

from imaging.pose import Pose

_mover = st.components.v2.component(
    "backdrop_mover",
    html="""
<div class="frame" role="application" tabindex="0">
  <img class="picture" draggable="false" />
  <div class="subject">
    <img draggable="false" alt="" />
    <span class="corner nw"></span><span class="corner ne"></span><span class="corner se"></span>
    <span class="corner sw"></span><span class="turn"></span>
  </div>
  <span class="ray"></span><span class="light"></span>
</div>
""",
    css="""
.frame {
  position: relative; width: fit-content; max-width: 100%; margin-inline: auto; line-height: 0;
  overflow: clip; overflow-clip-margin: 10px;  /* handles at its border stay whole */
  user-select: none; -webkit-user-select: none; outline: 1px solid rgb(128 128 128 / .28); outline-offset: -1px;
  border-radius: var(--st-base-radius); touch-action: pan-y;
}
.frame:focus-visible { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
.picture {
  display: block; max-width: 100%; max-height: var(--picture-height); width: auto; height: auto; pointer-events: none;
}
.moving .picture { opacity: .35; }
.subject { position: absolute; cursor: move; touch-action: none; box-sizing: border-box;
  outline: 2px solid #0a6cff; box-shadow: 0 0 0 3px rgb(255 255 255 / .75); }
.subject > img { width: 100%; height: 100%; opacity: 0; pointer-events: none; }
.moving .subject > img { opacity: 1; }
.corner, .turn, .light {
  position: absolute; width: 16px; height: 16px; margin: -8px; border-radius: 50%; background: #0a6cff;
  border: 2px solid #fff; box-sizing: border-box; box-shadow: 0 0 0 1px rgb(0 0 0 / .45); }
.corner::after, .turn::after, .light::after {  /* room for a finger */
  content: ""; position: absolute; inset: -14px; }
.nw { left: 0; top: 0; cursor: nwse-resize; } .ne { left: 100%; top: 0; cursor: nesw-resize; }
.se { left: 100%; top: 100%; cursor: nwse-resize; } .sw { left: 0; top: 100%; cursor: nesw-resize; }
.turn { left: 50%; top: 0; background: #fff; border-color: #0a6cff; cursor: grab; }
.light { background: #222; cursor: grab; touch-action: none; }
.light:active { cursor: grabbing; }
.ray { position: absolute; height: 0; border-top: 2px dashed #222; filter: drop-shadow(0 0 1px #fff);
  transform-origin: 0 0; pointer-events: none; }
""",
    js="""
const MOVE = 0.01, GROW = 1.02, TURN = 1, WHEEL = 1.03  // by a key, by a notch of the wheel
const SETTLED = 450  // milliseconds after the last key or notch
const kept = new WeakMap()

export default function ({ data, parentElement, setStateValue }) {
  const frame = parentElement.querySelector(".frame"), subject = frame.querySelector(".subject")
  const ray = frame.querySelector(".ray"), light = frame.querySelector(".light")
  const picture = frame.querySelector(".picture"), sprite = subject.querySelector("img")
  if (!kept.has(frame)) {
    const run = Math.random().toString(36).slice(2)
    kept.set(frame, { run, sent: 0, at: null, cast: null, hands: new Map(), timer: 0 })
    new ResizeObserver(() => kept.get(frame).draw?.()).observe(frame)
  }
  const own = kept.get(frame)
  own.data = data
  if (picture.getAttribute("src") !== data.picture) picture.src = data.picture
  if (sprite.getAttribute("src") !== data.sprite) sprite.src = data.sprite
  picture.alt = data.alt
  frame.setAttribute("aria-label", data.label)
  const drawn = { x: data.x, y: data.y, grow: 1, turn: 0 }
  if (!own.hands.size && !own.timer && data.run === own.run && data.taken >= own.sent) own.at = own.cast = null

  const now = () => own.at ?? drawn
  const standing = () => {  // where the subject's foot is, and how tall it is, in pixels of the frame
    const size = frame.getBoundingClientRect(), at = now(), tall = data.height * at.grow * size.height
    return { size, tall, foot: [at.x * size.width, at.y * size.height + tall / 2] }
  }
  const draw = () => {
    const at = now()
    subject.style.width = data.width * at.grow * 100 + "%"
    subject.style.height = data.height * at.grow * 100 + "%"
    subject.style.left = (at.x - data.width * at.grow / 2) * 100 + "%"
    subject.style.top = (at.y - data.height * at.grow / 2) * 100 + "%"
    subject.style.transform = `rotate(${data.turn + at.turn}deg)`
    sprite.style.transform = data.flip ? "scaleX(-1)" : ""
    frame.classList.toggle("moving", own.at !== null)
    light.hidden = ray.hidden = !data.shadow || own.at !== null
    if (light.hidden) return
    const [across, down] = own.cast ?? data.shadow, { foot, tall, size } = standing()
    light.style.left = ray.style.left = foot[0] / size.width * 100 + "%"
    light.style.top = ray.style.top = foot[1] / size.height * 100 + "%"
    light.style.translate = `${across * tall}px ${down * tall}px`
    ray.style.width = Math.hypot(across, down) * tall + "px"
    ray.style.transform = `rotate(${Math.atan2(down, across)}rad)`
  }
  own.draw = draw
  const put = (change) => {
    const at = { ...now(), ...change }
    at.grow = Math.min(data.most, Math.max(data.least, at.grow))
    at.x = Math.min(1.5, Math.max(-0.5, at.x))
    at.y = Math.min(1.5, Math.max(-0.5, at.y))
    own.at = at
    draw()
  }
  const send = () => {
    clearTimeout(own.timer)
    own.timer = 0
    own.sent += 1
    setStateValue("pose", { run: own.run, number: own.sent, ...own.at })
  }
  const soon = () => {
    clearTimeout(own.timer)
    own.timer = setTimeout(send, SETTLED)
  }
  const place = (event) => {
    const size = frame.getBoundingClientRect()
    return [event.clientX - size.left, event.clientY - size.top, size]
  }
  const between = () => {  // of two fingers, or of the middle and one hand: how far, at which angle, and the middle
    const [[ax, ay], [bx, by]] = own.hands.size > 1 ? [...own.hands.values()] : [own.middle, [...own.hands.values()][0]]
    return [Math.hypot(bx - ax, by - ay), Math.atan2(by - ay, bx - ax) * 180 / Math.PI, (ax + bx) / 2, (ay + by) / 2]
  }
  const grip = () => {
    const size = frame.getBoundingClientRect()
    own.from = now()
    own.middle = [own.from.x * size.width, own.from.y * size.height]
    own.apart = own.how !== "move" || own.hands.size > 1 ? between() : null
    own.first = [...own.hands.values()][0]
  }

  subject.onpointerdown = (event) => {
    if (event.button !== 0 || own.hands.size > 1) return
    const kind = event.target.className
    own.how = own.hands.size ? "pinch" : kind.includes("corner") ? "grow" : kind === "turn" ? "turn" : "move"
    subject.setPointerCapture(event.pointerId)
    const [x, y] = place(event)
    own.hands.set(event.pointerId, [x, y])
    grip()
    event.preventDefault()
    frame.focus({ preventScroll: true })
  }
  subject.onpointermove = (event) => {
    if (!own.hands.has(event.pointerId)) return
    const [x, y, size] = place(event)
    own.hands.set(event.pointerId, [x, y])
    if (own.how === "move") {
      put({ x: own.from.x + (x - own.first[0]) / size.width, y: own.from.y + (y - own.first[1]) / size.height })
      return
    }
    const [far, angle, middleX, middleY] = between(), [far0, angle0, middleX0, middleY0] = own.apart
    const change = {}
    if (own.how !== "turn") change.grow = own.from.grow * far / Math.max(1, far0)
    if (own.how !== "grow") change.turn = own.from.turn + angle - angle0
    if (own.how === "pinch") {
      change.x = own.from.x + (middleX - middleX0) / size.width
      change.y = own.from.y + (middleY - middleY0) / size.height
    }
    put(change)
  }
  subject.onpointerup = subject.onpointercancel = (event) => {
    if (!own.hands.delete(event.pointerId)) return
    if (own.hands.size) { own.how = "move"; grip() }
    else if (own.at) send()
  }
  subject.onwheel = (event) => {
    event.preventDefault()
    put({ grow: now().grow * (event.deltaY < 0 ? WHEEL : 1 / WHEEL) })
    soon()
  }
  light.onpointerdown = (event) => {
    if (event.button !== 0) return
    light.setPointerCapture(event.pointerId)
    event.preventDefault()
  }
  light.onpointermove = (event) => {
    if (!light.hasPointerCapture(event.pointerId)) return
    const [x, y] = place(event), { foot, tall } = standing()
    own.cast = [(x - foot[0]) / tall, (y - foot[1]) / tall]
    draw()
  }
  light.onpointerup = () => {
    if (!own.cast) return
    own.sent += 1
    setStateValue("light", { run: own.run, number: own.sent, across: own.cast[0], down: own.cast[1] })
  }
  frame.onkeydown = (event) => {
    const at = now(), far = event.shiftKey ? 5 : 1
    const change = {
      ArrowLeft: { x: at.x - MOVE * far }, ArrowRight: { x: at.x + MOVE * far },
      ArrowUp: { y: at.y - MOVE * far }, ArrowDown: { y: at.y + MOVE * far },
      "+": { grow: at.grow * GROW }, "=": { grow: at.grow * GROW }, "-": { grow: at.grow / GROW },
      "_": { grow: at.grow / GROW }, "[": { turn: at.turn - TURN }, "]": { turn: at.turn + TURN },
      "{": { turn: at.turn - 5 * TURN }, "}": { turn: at.turn + 5 * TURN },
    }[event.key]
    if (!change || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    put(change)
    soon()
  }
  draw()
}
""",
)


class Drag(NamedTuple):
    """Where the subject was left.

    Attributes:
        centre: of its box, in fractions of the frame.
        grow: its scale over the one before.
        turn: degrees clockwise from the angle before.
    """

    centre: tuple[float, float]
    grow: float
    turn: float


def show(
    picture: bytes,
    sprite: bytes,
    pose: Pose,
    limits: tuple[float, float],
    taken: tuple[str, int],
    on_drag: Callable[[], None],
    shadow: tuple[float, float] | None,
    on_light: Callable[[], None],
    *,
    key: str,
    alt: str,
) -> None:
    """Show the picture with a frame around its subject.

    Args:
        picture: a JPEG of the frame's shape.
        sprite: the subject as photographed, cut to its box: a WebP with transparency.
        pose: how it lies in the picture.
        limits: the smallest and the largest scale over the one now.
        taken: the run and the number of the last drag that the picture shows; see :func:`parse_drag`.
        on_drag: called when the subject was left somewhere, before the page is drawn.
        shadow: the tip of its shadow, from its foot to the right and downwards in heights of the subject; ``None``
            where it casts none that could be drawn out.
        on_light: called when the shadow's tip was left somewhere.
        key: session state holds under it what the browser sends, as ``pose`` and ``light``.
        alt: what is to be seen.
    """
    _mover(
        key=key,
        data={
            "picture": "data:image/jpeg;base64," + base64.b64encode(picture).decode("ascii"),
            "sprite": "data:image/webp;base64," + base64.b64encode(sprite).decode("ascii"),
            "x": pose.centre[0] / pose.frame.width,
            "y": pose.centre[1] / pose.frame.height,
            "width": pose.source.width * pose.scale / pose.frame.width,
            "height": pose.source.height * pose.scale / pose.frame.height,
            "turn": pose.rotate,
            "flip": pose.flip,
            "least": limits[0],
            "most": limits[1],
            "run": taken[0],
            "taken": taken[1],
            "shadow": list(shadow) if shadow else None,
            "alt": alt,
            "label": "The picture: drag the subject, its corners or its upper handle; or move it with the arrow keys, "
            "scale it with plus and minus, turn it with square brackets",
        },
        on_pose_change=on_drag,
        on_light_change=on_light,
    )


def parse_drag(answer: Any) -> tuple[Drag, tuple[str, int]] | None:
    """What the browser sends, and the run and number of it; ``None`` where it is no drag: it may send anything."""
    found = _numbers(answer, "x", "y", "grow", "turn")
    if found is None:
        return None
    (x, y, grow, turn), taken = found
    if not (-1 <= x <= 2 and -1 <= y <= 2 and 0.001 <= grow <= 1000 and abs(turn) <= 36_000):
        return None
    return Drag((x, y), grow, turn), taken


def parse_light(answer: Any) -> tuple[tuple[float, float], tuple[str, int]] | None:
    """Where the shadow's tip was left, as :func:`show` takes it, and the run and number; ``None`` where it is none."""
    found = _numbers(answer, "across", "down")
    if found is None or max(abs(value) for value in found[0]) > 1000:
        return None
    across, down = found[0]
    return (across, down), found[1]


def _numbers(answer: Any, *names: str) -> tuple[list[float], tuple[str, int]] | None:
    if not isinstance(answer, Mapping):
        return None
    run, number = answer.get("run"), answer.get("number")
    values = [answer.get(name) for name in names]
    numbers = [float(value) for value in values if isinstance(value, (int, float)) and math.isfinite(value)]
    if not isinstance(run, str) or len(run) > 32 or not isinstance(number, int) or len(numbers) < len(names):
        return None
    return numbers, (run, number)
