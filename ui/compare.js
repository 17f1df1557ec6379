const SLIP = 6 // pixels on the screen that a finger moves before it does anything: until then a second one may join it
const NEAR = 26 // pixels from the divider within which it is taken, of a zoomed picture
const PAN = 0.1 // of the frame, by an arrow key
const WAIT = 180 // milliseconds of rest after which sharper pixels are asked for
const MARGIN = 0.3 // of what is seen: as much around it comes with it
const GAP = 6 // pixels between two pictures side by side
const MUCH = 1.7 // times the area that two pictures gain by standing one above the other, from which they do
const kept = new WeakMap()

export default function ({ data, parentElement, setTriggerValue }) {
  const figure = parentElement.querySelector("figure")
  if (!kept.has(figure)) kept.set(figure, comparison(figure))
  kept.get(figure).update(data, setTriggerValue)
  return () => { kept.get(figure)?.leave(); kept.delete(figure) }
}

function comparison(figure) {
  const find = (name) => figure.querySelector(name)
  const panes = find(".panes"), range = find("input"), bar = find(".bar")
  const own = { size: [1, 1], seen: [], mode: null, asked: 0, held: [] }
  const fingers = new Map()
  let data, trigger, timer
  let slip = null // where a finger came down that has not moved yet
  let hold = null // what a pointer moves: "divider" or "picture"
  const view = zoomable({ frame: () => own.size, whole: () => own.size, most: () => most(), changed: () => apply() })

  const shown = () => [...figure.querySelectorAll(".pane")].slice(-data.pictures.length)
  // The zoom at which a pixel of the last picture is one of the screen
  const full = () => data.pictures.at(-1).size[0] / own.seen.at(-1)[0] / devicePixelRatio
  const most = () => Math.max(4, 4 * full())

  // How large the panes are, and the picture within each
  const layout = () => {
    const width = figure.clientWidth, height = parseFloat(getComputedStyle(find(".room")).maxHeight)
    if (!width || !height) return
    const two = data.pictures.length > 1, beside = two && own.mode === "beside"
    const inside = (across, along) => {
      const seen = data.pictures.map(({ size }) => {
        const scale = Math.min(across / size[0], along / size[1])
        return size.map((side) => side * scale)
      })
      return { seen, size: [0, 1].map((axis) => Math.floor(Math.max(...seen.map((each) => each[axis])))) }
    }
    let best = inside(width, height), stacked = false
    if (beside) {
      best = inside((width - GAP) / 2, height)
      const other = inside(width, (height - GAP) / 2)
      stacked = other.size[0] * other.size[1] > MUCH * best.size[0] * best.size[1]
      if (stacked) best = other
    }
    const [before] = own.size
    Object.assign(own, best)
    for (const pane of figure.querySelectorAll(".pane")) {
      pane.style.width = own.size[0] + "px"
      pane.style.height = own.size[1] + "px"
    }
    panes.classList.toggle("over", two && !beside)
    panes.classList.toggle("beside", beside)
    panes.classList.toggle("stacked", stacked)
    panes.tabIndex = two && !beside ? -1 : 0 // else the divider has the keyboard
    panes.setAttribute("role", two && !beside ? "group" : "application")
    for (const mode of ["over", "beside"]) find(`[data-do=${mode}]`).setAttribute("aria-pressed", own.mode === mode)
    const times = own.size[0] / before
    if (before > 1) [view.x, view.y] = [view.x * times, view.y * times]
    view.by(0, 0)
  }

  const apply = () => {
    for (const content of figure.querySelectorAll(".content"))
      content.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`
    panes.classList.toggle("zoomed", view.zoom > 1)
    find(".level").textContent = Math.round((100 * view.zoom) / full()) + "%"
    find("[data-do='1']").hidden = full() <= 1
    clearTimeout(timer)
    timer = setTimeout(ask, WAIT)
  }

  // Sharper pixels of what is seen
  const part = (at, margin) => {
    const fractions = [0, 1].map((axis) => {
      const seen = own.seen[at][axis] * view.zoom
      const start = view[axis ? "y" : "x"] + ((own.size[axis] - own.seen[at][axis]) / 2) * view.zoom // of the picture in the frame
      const more = own.size[axis] * margin
      return [within((-more - start) / seen, 0, 1), within((own.size[axis] + more - start) / seen, 0, 1)]
    })
    const [[left, right], [top, bottom]] = fractions
    return [left, top, right, bottom]
  }
  const ask = () => {
    const panes = shown()
    const wants = data.pictures.map((picture, at) => {
      const wide = own.seen[at][0] * view.zoom * devicePixelRatio // what the screen shows of the picture's width, were all seen
      const have = panes[at].querySelector(".whole").naturalWidth
      return picture.size[0] > have * 1.05 && wide > have * 1.05 ? Math.min(wide, picture.size[0]) : 0
    })
    const lacks = wants.map((wide, at) => {
      const held = own.held[at], seen = part(at, 0)
      const covers = held && [0, 1].every((axis) => held.part[axis] <= seen[axis] && held.part[axis + 2] >= seen[axis + 2])
      return wide > 0 && !(covers && held.id === data.pictures[at].id && held.wide >= wide * 0.9)
    })
    if (!lacks.includes(true)) return
    own.asked += 1
    const parts = wants.map((wide, at) => (wide ? { part: part(at, MARGIN), wide: Math.round(wide) } : null))
    trigger("wanted", { number: own.asked, parts })
  }
  const take = ({ detail }) => {
    if (detail.number !== own.asked) return // somebody moved on
    shown().forEach((pane, at) => {
      const given = detail.parts[at], old = pane.querySelector(".detail")
      if (!given || given.id !== data.pictures[at].id) return
      const next = old.cloneNode()
      const [left, top, right, bottom] = given.part
      const [across, along] = [0, 1].map((axis) => own.seen[at][axis] / own.size[axis])
      next.src = given.url
      next.style.left = (0.5 + (left - 0.5) * across) * 100 + "%"
      next.style.top = (0.5 + (top - 0.5) * along) * 100 + "%"
      next.style.width = (right - left) * across * 100 + "%"
      next.style.height = (bottom - top) * along * 100 + "%"
      next.decode().then(() => {
        if (given.id !== data.pictures[at].id || !old.isConnected) return
        next.hidden = false
        old.replaceWith(next)
        own.held[at] = given
      }, () => {})
    })
  }

  // The divider
  const divide = (x) => {
    range.value = within((100 * x) / own.size[0], 0, 100)
    divided()
  }
  const divided = () => {
    panes.style.setProperty("--at", range.value + "%")
    range.setAttribute("aria-valuetext", `${range.value}% ${data.pictures[0].title.toLowerCase()}`)
    find(".left .tag").style.opacity = own.mode === "beside" || range.value > 12 ? 1 : 0
    find(".right .tag").style.opacity = own.mode === "beside" || range.value < 88 ? 1 : 0
  }
  range.oninput = divided

  // The pointer; its place counts within the pane it is over
  const place = (event) => {
    const pane = event.target.closest?.(".pane") ?? own.pane ?? find(".right")
    return onScreen(event, pane)
  }
  const begin = (event, at) => {
    const over = panes.classList.contains("over")
    const near = over && Math.abs(at[0] - (range.value / 100) * own.size[0]) <= NEAR
    hold = over && (view.zoom === 1 || near) ? "divider" : "picture"
    panes.classList.toggle("dividing", hold === "divider")
  }
  panes.onpointerdown = (event) => {
    if (event.button !== 0) return
    own.pane = event.target.closest(".pane") ?? own.pane
    const at = place(event)
    fingers.set(event.pointerId, at)
    panes.setPointerCapture(event.pointerId)
    if (fingers.size > 1) slip = hold = null
    else if (event.pointerType === "touch") slip = at
    else {
      begin(event, at)
      if (hold === "divider") divide(at[0])
    }
    if (panes.tabIndex < 0) range.focus({ preventScroll: true, focusVisible: false })
    else panes.focus({ preventScroll: true, focusVisible: false })
    event.preventDefault()
  }
  panes.onpointermove = (event) => {
    const before = fingers.get(event.pointerId)
    if (!before) return
    const at = onScreen(event, own.pane ?? find(".right"))
    fingers.set(event.pointerId, at)
    if (fingers.size === 2) {
      view.pinch(before, at, [...fingers].find(([each]) => each !== event.pointerId)[1])
      return
    }
    if (slip && Math.hypot(at[0] - slip[0], at[1] - slip[1]) > SLIP) {
      begin(event, slip)
      slip = null
    }
    if (hold === "divider") divide(at[0])
    else if (hold === "picture") view.by(at[0] - before[0], at[1] - before[1])
  }
  panes.onpointerup = panes.onpointercancel = (event) => {
    if (!fingers.delete(event.pointerId)) return
    if (slip && event.type === "pointerup") {
      begin(event, slip)
      if (hold === "divider") divide(slip[0])
    }
    slip = hold = null
    if (fingers.size) hold = "picture" // one of two fingers stays
    panes.classList.remove("dividing")
  }
  panes.onwheel = (event) => view.wheel(event, place(event))
  panes.ondblclick = (event) => view.to(view.zoom > 1 ? 1 : Math.max(2, full()), place(event))

  // The keyboard and the buttons
  const middle = () => own.size.map((side) => side / 2)
  const act = (name) => {
    if (name === "1") view.to(full(), middle())
    else if (name === "over" || name === "beside") {
      own.mode = name
      for (const each of figure.querySelectorAll(".detail")) each.hidden = true
      own.held = []
      layout()
      divided()
    } else return view.key(name)
    return true
  }
  figure.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const step = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key]
    if (step && view.zoom > 1 && event.target.closest(".panes") && (event.target !== range || event.shiftKey))
      view.by(step[0] * PAN * own.size[0], step[1] * PAN * own.size[1])
    else if (step || !["+", "=", "-", "0", "1"].includes(event.key) || !act(event.key)) return
    event.preventDefault()
  }
  bar.onclick = (event) => {
    const name = event.target.closest("button")?.dataset.do
    if (name) act(name)
  }
  const watcher = new ResizeObserver(() => { if (data) layout() })
  watcher.observe(figure)
  window.addEventListener("resize", layout)
  window.addEventListener("backdrop-detail", take)

  return {
    update(given, setTrigger) {
      trigger = setTrigger
      const same = data?.pictures.map(({ id }) => id).join() === given.pictures.map(({ id }) => id).join()
      data = given
      if (same) return
      own.mode = data.mode
      own.held = []
      find(".left").hidden = data.pictures.length < 2
      const ratios = data.pictures.map(({ size }) => size[0] / size[1])
      const fit = Math.abs(ratios[0] / ratios.at(-1) - 1) < 0.02
      find(".two").hidden = data.pictures.length < 2 || !data.divider || !fit // then they are shown in one way only
      shown().forEach((pane, at) => {
        const { url, alt, title } = data.pictures[at], whole = pane.querySelector(".whole")
        if (whole.getAttribute("src") !== url) whole.src = url
        whole.alt = alt
        pane.querySelector(".tag").textContent = title
        pane.querySelector(".detail").hidden = true
      })
      range.setAttribute("aria-label", data.label)
      panes.setAttribute("aria-label", "The picture: plus and minus zoom, arrow keys move about, 0 shows the whole")
      layout()
      divided()
    },
    leave() {
      clearTimeout(timer)
      watcher.disconnect()
      window.removeEventListener("resize", layout)
      window.removeEventListener("backdrop-detail", take)
    },
  }
}
