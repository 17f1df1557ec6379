// What is seen of a picture in its frame, for every component whose picture is zoomed and moved.
const REST = 400 // milliseconds without scrolling after which the wheel zooms again
const within = (value, least, most) => Math.min(most, Math.max(least, value))

/**
 * @param frame () => [width, height] of the frame, in pixels on the screen
 * @param whole () => [width, height] of the picture at zoom 1, which fills the frame
 * @param most () => the largest zoom
 * @param changed called when something else is seen
 */
function zoomable({ frame, whole, most, changed }) {
  let scrolled = -Infinity
  const view = {
    zoom: 1,
    x: 0, // of the picture's left upper corner in the frame: 0 or less
    y: 0,
    to(zoom, [x, y]) {
      const to = within(zoom, 1, most()), times = to / view.zoom
      view.zoom = to
      view.x = x - (x - view.x) * times
      view.y = y - (y - view.y) * times
      view.by(0, 0)
    },
    by(across, along) {
      const [width, height] = whole()
      view.x = within(view.x + across, frame()[0] - width * view.zoom, 0)
      view.y = within(view.y + along, frame()[1] - height * view.zoom, 0)
      changed()
    },
    // Two fingers: one of them from `before` to `now`, the other resting
    pinch(before, now, other) {
      const apart = (a) => Math.hypot(a[0] - other[0], a[1] - other[1])
      view.x += (now[0] - before[0]) / 2
      view.y += (now[1] - before[1]) / 2
      view.to((view.zoom * apart(now)) / Math.max(1, apart(before)), [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2])
    },
    // Of the whole picture, the wheel scrolls the page, unless that is at its top already
    wheel(event, at) {
      const above = document.querySelector("[data-testid=stMain]")?.scrollTop > 0
      const rested = event.timeStamp - scrolled > REST
      if (view.zoom === 1 && !event.ctrlKey && (event.deltaY > 0 || above || !rested)) {
        scrolled = event.timeStamp
        return
      }
      event.preventDefault()
      const lines = event.deltaMode === 1 ? 16 : 1
      view.to(view.zoom * Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)), at)
    },
    // + and - and 0; whether the key was one of them
    key(name) {
      const middle = frame().map((side) => side / 2)
      if (name === "+" || name === "=") view.to(view.zoom * 1.5, middle)
      else if (name === "-") view.to(view.zoom / 1.5, middle)
      else if (name === "0") view.to(1, middle)
      else return false
      return true
    },
  }
  return view
}

const onScreen = (event, element) => {
  const at = element.getBoundingClientRect()
  return [event.clientX - at.left, event.clientY - at.top]
}
