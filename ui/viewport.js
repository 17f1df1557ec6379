const SLIP = 6 // pixels on the screen that a finger moves before it draws: until then a second one may join it
const STEP = 0.01 // of the photo's longer side, by an arrow key; five times as far with Shift
const MOST_ZOOM = 16
const SHARP = 1.5 // from this zoom on, a larger picture is wanted
const WAIT = 200 // milliseconds after the last key that changes the brush
const HEAD = 61 // pixels above a stage that is scrolled to, as in style.css
const HANDLE = 12 // pixels of the canvas from a polygon's corner, across or down, within which a click means that corner
const FINGER = 22 // pixels on the screen from its first corner within which a finger closes it
const STYLE = `
.dc-toolbar { display: none !important; }
.dc-root { visibility: visible; margin-inline: auto; }
.dc-scroll { position: relative; overflow: hidden !important; max-height: none !important; line-height: 0; }
.dc-container { transform-origin: 0 0; }
.photo { position: absolute; inset: 0; width: 100%; height: 100%; }
.lower-canvas { opacity: 0; transition: opacity .25s; }
.marking .lower-canvas { opacity: 1; transition: none; }
.glass { position: absolute; inset: 0; z-index: 30; cursor: none; touch-action: none; user-select: none;
  -webkit-user-select: none; outline: 1px solid rgb(128 128 128 / .28); outline-offset: -1px; }
.glass.moving { cursor: grab; } .glass.moving:active { cursor: grabbing; } .glass.moving .ring { display: none; }
.glass:focus-visible { outline: 3px solid var(--st-primary-color, #0a6cff); outline-offset: -3px; }
.ring { position: absolute; box-sizing: border-box; border: 1.5px solid #fff; border-radius: 50%; pointer-events: none;
  translate: -50% -50%; box-shadow: 0 0 0 1px #000, inset 0 0 0 1px #000; }
.ring.removes { border-style: dashed; }
.ring::after { content: ""; position: absolute; inset: 0; margin: auto; width: 3px; height: 3px; border-radius: 50%;
  background: #fff; box-shadow: 0 0 0 1px #000; }
.ring.pending { opacity: .5; }
`
const kept = new WeakMap()

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const bar = parentElement.querySelector(".bar")
  if (!kept.has(bar)) kept.set(bar, viewport(bar, parentElement.querySelector(".said")))
  kept.get(bar).update(data, setStateValue, setTriggerValue)
  return () => { kept.get(bar)?.leave(); kept.delete(bar) }
}

function viewport(bar, status) {
  const zone = bar.getRootNode().host.closest(".st-key-canvas")
  if (!zone) return { update() {}, leave() {} } // the page has moved on meanwhile
  const own = { fit: 1, width: 0, hand: false, space: false, zoomed: false }
  let data, root, scroll, box, photo, glass, ring, setState, setTrigger, timer, saying
  let pen = null // where the pointer or the keyboard draws: its place, in fractions of the photo
  let aim = null // where the keyboard is
  let slip = null // a finger that has not moved yet
  let drag = null // the last place of a pointer that moves the photo, on the screen
  let corners = [] // of a polygon that is not closed yet, as the canvas keeps them
  const fingers = new Map()
  const view = zoomable({
    frame: () => own.frame,
    whole: () => data.size.map((side) => side * own.fit),
    most: () => MOST_ZOOM,
    changed: () => apply(),
  })

  // The canvas beside this one: a renewed one comes after what says so, and the one before is there until then
  const find = () => {
    const key = data.canvas.replace(/[^a-zA-Z0-9_-]/g, "-") // as Streamlit makes a class of it
    for (const each of zone.querySelectorAll(`.st-key-drawing .st-key-${key} *`))
      if (each.shadowRoot?.querySelector(".dc-root .upper-canvas")) return each.shadowRoot
  }
  const attach = () => {
    clearTimeout(timer)
    const found = find()
    if (!found) {
      timer = setTimeout(attach, 30)
      return
    }
    if (root !== found || !glass?.isConnected) {
      root = found
      scroll = root.querySelector(".dc-scroll")
      box = root.querySelector(".dc-container")
      const style = document.createElement("style")
      style.textContent = STYLE
      glass = document.createElement("div")
      glass.className = "glass"
      glass.tabIndex = 0
      glass.setAttribute("role", "application")
      ring = document.createElement("div")
      ring.className = "ring"
      ring.hidden = true
      glass.append(ring)
      root.prepend(style)
      scroll.append(glass)
      listen()
      pen = slip = drag = null
      corners = []
      fingers.clear()
      if (own.focused) glass.focus({ preventScroll: true })
    }
    show()
    layout()
  }
  const show = () => {
    glass.setAttribute("aria-label", label())
    glass.classList.toggle("moving", own.hand || own.space)
    if (photo?.url === data.picture && photo.isConnected) {
      if (data.strokes !== own.strokes && !pen && !corners.length) scroll.classList.remove("marking") // what was drawn changes nothing
      own.strokes = data.strokes
      return
    }
    const next = new Image()
    next.className = "photo"
    next.alt = ""
    next.url = next.src = data.picture
    const put = () => {
      if (next.url !== data.picture) return
      box.prepend(next)
      photo?.remove()
      photo = next
      own.strokes = data.strokes
      if (!pen && !corners.length) scroll.classList.remove("marking") // the mask has what was drawn
    }
    next.decode().then(put, put)
  }
  const label = () => {
    const keys = {
      Brush: "Arrow keys move the brush, Enter begins and ends a stroke, [ and ] change the brush's size",
      Polygon:
        "Arrow keys move, Enter sets a corner and closes the shape on its first one, Control+Z takes the last corner " +
        "back, Escape all of them",
      Rectangle: "Arrow keys move, Enter begins and ends a rectangle",
    }[data.tool]
    return `The photo and its mask, to be ${data.removes ? "erased from" : "painted on"}. ${keys}, plus and minus zoom.`
  }

  // What is seen
  const layout = () => {
    const column = zone.closest("[data-testid=stColumn]") ?? zone, main = document.querySelector("[data-testid=stMain]")
    const stage = zone.closest(".st-key-stage") ?? zone
    const tools = stage.querySelector(".st-key-tools") // above the photo: they may come after it, or break into lines
    if (tools) watcher.observe(tools)
    const small = innerWidth <= 640 // the page is scrolled to it then
    const top = small ? HEAD : column.getBoundingClientRect().top + (main?.scrollTop ?? 0)
    const inside = scroll.getBoundingClientRect().top - stage.getBoundingClientRect().top
    const below = small ? 84 : 24
    const room = Math.max(220, innerHeight - top - inside - below)
    own.fit = Math.min(zone.clientWidth / data.size[0], room / data.size[1])
    own.frame = data.size.map((side) => Math.floor(side * own.fit))
    scroll.style.width = own.frame[0] + "px"
    scroll.style.height = own.frame[1] + "px"
    zone.querySelector(".st-key-drawing").style.height = own.frame[1] + "px"
    view.by(0, 0)
  }
  const apply = () => {
    const scale = own.fit * view.zoom
    box.style.transform = `translate(${view.x}px, ${view.y}px) scale(${scale})`
    bar.querySelector(".level").textContent = Math.round(view.zoom * 100) + "%"
    const side = data.tool === "Brush" ? ((own.width / 100) * Math.max(...data.size)) * scale : 9
    ring.style.width = ring.style.height = Math.max(5, side) + "px"
    ring.classList.toggle("removes", data.removes)
    ring.classList.toggle("pending", own.width !== data.width)
    if (aim) put(aim)
    if (view.zoom >= SHARP !== own.zoomed) setState("zoomed", (own.zoomed = view.zoom >= SHARP))
  }
  const fraction = (event) => {
    const at = box.getBoundingClientRect()
    return [(event.clientX - at.left) / at.width, (event.clientY - at.top) / at.height]
  }
  const put = (at) => {
    const scale = own.fit * view.zoom
    ring.hidden = false
    ring.style.left = view.x + at[0] * data.size[0] * scale + "px"
    ring.style.top = view.y + at[1] * data.size[1] * scale + "px"
  }
  const say = (text) => {
    clearTimeout(saying)
    saying = setTimeout(() => { status.textContent = text }, 150)
  }

  // Drawing: mouse events for the canvas
  const fire = (type, at) => {
    const place = box.getBoundingClientRect(), target = root.querySelector(".upper-canvas")
    const [clientX, clientY] = [place.left + at[0] * place.width, place.top + at[1] * place.height]
    const buttons = type === "mouseup" ? 0 : 1
    target.dispatchEvent(
      new MouseEvent(type, { clientX, clientY, buttons, button: 0, bubbles: true, composed: true, cancelable: true }),
    )
  }
  const down = (at) => {
    scroll.classList.add("marking")
    if (data.tool === "Polygon") at = corner(at)
    fire("mousemove", at)
    fire("mousedown", at)
    pen = at
  }
  const move = (at) => {
    if (!pen) return
    fire("mousemove", at)
    pen = at
  }
  const up = (at) => {
    if (!pen) return
    fire("mouseup", at)
    pen = null
  }

  // A click on a polygon's first corner closes it, on another takes that away, and elsewhere sets one. What is meant is
  // clicked exactly, so that the canvas and this list agree.
  const corner = (at) => {
    const finger = own.touch ? FINGER / (own.fit * view.zoom) : 0
    const near = (each, reach) => [0, 1].every((axis) => Math.abs(at[axis] - each[axis]) * data.size[axis] <= reach)
    let hit = corners.findLastIndex((each) => near(each, HANDLE))
    if (hit < 0 && corners.length >= 3 && near(corners[0], finger)) hit = 0
    const meant = corners[hit] ?? at
    if (hit > 0) corners.splice(hit, 1)
    else if (hit < 0) corners.push(at)
    else if (corners.length >= 3) corners = []
    say(corners.length ? `${corners.length} corners` : "The shape is closed")
    return meant
  }
  const click = (at) => { down(at); up(at) }
  const takeBack = () => {
    if (corners.length > 1) click(corners.at(-1))
    else discard()
  }
  const discard = () => {
    corners = []
    say("The open shape is gone")
    setTrigger("discarded", Date.now())
  }
  const instead = (event) => { // else the page takes back the stroke before, too
    takeBack()
    event.preventDefault()
    event.stopPropagation()
  }

  const moves = (event) => event.button === 1 || (event.button === 0 && (own.hand || own.space))
  const listen = () => {
    glass.onpointerdown = (event) => {
      aim = null
      own.used = true // the space bar moves the photo now
      own.touch = event.pointerType === "touch"
      fingers.set(event.pointerId, onScreen(event, glass))
      glass.setPointerCapture(event.pointerId)
      if (moves(event)) drag = onScreen(event, glass)
      else if (event.pointerType !== "touch") event.button === 0 && down(fraction(event))
      else if (fingers.size === 1) slip = { at: fraction(event), from: onScreen(event, glass) }
      else if (!pen) slip = null // two fingers move and zoom
      if (event.button === 1) event.preventDefault()
    }
    glass.onpointermove = (event) => {
      const before = fingers.get(event.pointerId), now = onScreen(event, glass)
      if (event.pointerType !== "touch" && !aim) put(fraction(event))
      if (!before) return
      if (fingers.size === 2 && !pen && !slip)
        view.pinch(before, now, [...fingers].find(([each]) => each !== event.pointerId)[1])
      fingers.set(event.pointerId, now)
      if (drag) {
        view.by(now[0] - drag[0], now[1] - drag[1])
        drag = now
      } else if (slip && Math.hypot(now[0] - slip.from[0], now[1] - slip.from[1]) > SLIP) {
        down(slip.at)
        slip = null
      }
      if (pen) {
        put(fraction(event))
        for (const one of event.getCoalescedEvents?.().slice(0, -1) ?? []) move(fraction(one))
        move(fraction(event))
      }
    }
    glass.onpointerup = glass.onpointercancel = (event) => {
      fingers.delete(event.pointerId)
      if (slip && event.type === "pointerup") { down(slip.at); up(slip.at) }
      slip = drag = null
      up(event.type === "pointerup" ? fraction(event) : pen)
      if (event.pointerType === "touch") ring.hidden = true
    }
    glass.onpointerleave = () => {
      if (!aim && !pen) ring.hidden = true
    }
    glass.onauxclick = (event) => event.preventDefault()
    glass.onwheel = (event) => view.wheel(event, onScreen(event, glass))
    glass.onfocus = () => { own.focused = true }
    glass.onblur = () => { if (glass.isConnected) own.focused = false }
    glass.onkeydown = onKey
  }

  // The keyboard
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key]
    if (step) {
      const far = STEP * Math.max(...data.size) * (event.shiftKey ? 5 : 1)
      const from = aim ?? centre()
      aim = [0, 1].map((axis) => within(from[axis] + (step[axis] * far) / data.size[axis], 0, 1))
      own.used = own.touch = false // the space bar draws now
      reveal()
      move(aim)
    } else if (event.key === "Enter" || (event.key === " " && aim && !own.used)) {
      if (event.repeat) return
      if (!aim && corners.length) { // set by a pointer, not by keys
        if (corners.length >= 3) click(corners[0])
        event.preventDefault()
        return
      }
      aim ??= centre()
      if (data.tool === "Polygon") click(aim)
      else if (pen) up(aim)
      else down(aim)
    } else if (event.key === "Escape") {
      if (pen) up(aim ?? pen)
      if (corners.length) discard()
      aim = null
      ring.hidden = true
      return
    } else return
    event.preventDefault()
    put(aim)
    say(told())
  }
  const centre = () => {
    const scale = own.fit * view.zoom
    return [0, 1].map((axis) => (own.frame[axis] / 2 - [view.x, view.y][axis]) / (data.size[axis] * scale))
  }
  const reveal = () => {
    const scale = own.fit * view.zoom, margin = 24
    const [x, y] = [aim[0] * data.size[0] * scale, aim[1] * data.size[1] * scale]
    view.x = within(view.x, margin - x, own.frame[0] - margin - x)
    view.y = within(view.y, margin - y, own.frame[1] - margin - y)
    view.by(0, 0)
  }
  const told = () => {
    const column = Math.min(data.columns - 1, Math.floor(aim[0] * data.columns))
    const row = Math.min(data.rows - 1, Math.floor(aim[1] * data.rows))
    const what = data.cells[row * data.columns + column] === "1" ? "kept" : "replaced"
    const [across, along] = aim.map((value) => Math.round(value * 100))
    return `${across}% across, ${along}% down, ${what}${pen ? ", drawing" : ""}`
  }
  const TYPED = "textarea, [contenteditable=true], input:not([type=range], [type=checkbox], [type=radio])"
  const typing = (event) => event.composedPath()[0].matches?.(TYPED)
  const anywhere = (event) => {
    const here = glass?.matches(":hover") || own.focused
    const undoes = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z"
    if (undoes && here && corners.length && !typing(event)) instead(event)
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return
    if (event.key === "[" || event.key === "]") resize(event.key === "]" ? 1 : -1)
    else if (here && event.key === " " && !(aim && !own.used)) {
      glass.focus({ preventScroll: true }) // else the control that has the focus is pressed, too
      own.space = true
      show()
      event.preventDefault()
      event.stopPropagation()
    } else if (here) view.key(event.key)
  }
  const released = (event) => { if (event.key === " " && own.space) { own.space = false; show() } }
  const resize = (sign) => {
    const step = Math.max(0.1, own.width * 0.15)
    own.width = within(Math.round((own.width + sign * step) * 10) / 10, ...data.widths)
    apply()
    clearTimeout(own.waiting)
    own.waiting = setTimeout(() => setTrigger("width", own.width), WAIT)
  }

  bar.onclick = (event) => {
    const what = event.target.closest("button")?.dataset.do
    if (what === "hand") {
      own.hand = !own.hand
      event.target.setAttribute("aria-pressed", own.hand)
      show()
    } else if (what) view.key(what)
  }
  const pressed = (event) => { if (corners.length && event.target.closest?.(".st-key-undo button")) instead(event) }
  window.addEventListener("click", pressed, true)
  window.addEventListener("keydown", anywhere, true)
  window.addEventListener("keyup", released)
  const again = () => { if (glass?.isConnected) layout() }
  window.addEventListener("resize", again)
  const watcher = new ResizeObserver(again)
  watcher.observe(zone)

  return {
    update(given, state, trigger) {
      if (given.width !== data?.width) own.width = given.width
      if (given.tool !== data?.tool || given.removes !== data.removes) corners = [] // the canvas forgets them, too
      data = given
      setState = state
      setTrigger = trigger
      attach()
    },
    leave() {
      clearTimeout(timer)
      watcher.disconnect()
      window.removeEventListener("click", pressed, true)
      window.removeEventListener("keydown", anywhere, true)
      window.removeEventListener("keyup", released)
      window.removeEventListener("resize", again)
    },
  }
}
