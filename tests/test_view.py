"""Looking at masks and results in a real browser, on a desk and on a phone."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browser import SIZES, Server, at_both_sizes, drag, resize, sample, settled, step, wait
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.xdist_group("browser")


def _opened(tab: Tab, server: Server, size: str) -> None:
    """The studio with a sample in it."""
    resize(tab, size)
    sample(tab, server)


def _seen(picture: Locator) -> np.ndarray:
    """What is on the screen there, ``(H, W, 3)``."""
    return np.asarray(Image.open(io.BytesIO(picture.screenshot())).convert("RGB")).astype(int)


@at_both_sizes
def test_every_view_of_a_mask_is_one_click_away_also_before_a_background_is_generated(
    server: Server, tab: Tab, size: str
) -> None:
    _opened(tab, server, size)
    _views(tab)
    step(tab, "Background")
    tab.get_by_role("radio", name="Generated").click()
    settled(tab)
    assert tab.get_by_role("radio", name="Mask", exact=True).is_checked(), "as it was chosen"
    _views(tab)


def _views(tab: Tab) -> None:
    """Go through the views and look at each."""
    corner = {}
    for view in ("Overlay", "Hatching", "Cut-out", "Mask"):
        choice = tab.get_by_role("radio", name=view, exact=True)
        choice.click()
        settled(tab)
        assert choice.is_checked()
        picture = tab.locator(".st-key-stage .st-key-picture").get_by_role("img", name=view)
        pixels = _seen(picture)
        height, width = pixels.shape[:2]
        corner[view] = pixels[height // 20 : height // 8, width // 20 : width // 8]
    assert corner["Mask"].max() < 30, "black is repainted"
    assert 195 <= corner["Cut-out"].min() < 212 < 230 < corner["Cut-out"].max() <= 245, "a chequerboard in greys"
    assert corner["Hatching"].min() < 30 < 230 < corner["Hatching"].max(), "white and black lines"
    spread = corner["Overlay"].max(axis=2) - corner["Overlay"].min(axis=2)
    assert spread.mean() > 60, "coloured over"


@at_both_sizes
def test_the_result_is_zoomed_and_moved_at_full_size_with_before_and_after_together(
    server: Server, tab: Tab, size: str
) -> None:
    _opened(tab, server, size)
    _make(tab)
    left, right = tab.locator(".pane.left"), tab.locator(".pane.right")
    divider = tab.get_by_role("slider", name="Divider between before and after")
    whole = _place(right.get_by_role("img"))
    assert whole[2] > 240
    assert _in_the_middle(right, tab)

    tab.get_by_role("button", name="100%").click()
    detail = right.locator(".detail:not([hidden])")
    detail.wait_for()
    assert _level(tab) == 100
    assert detail.evaluate("d => d.naturalWidth / d.getBoundingClientRect().width") == pytest.approx(1, abs=0.02)

    for _ in range(2):
        tab.keyboard.press("+")
    assert _level(tab) == 225
    zoomed = _place(right.get_by_role("img"))
    drag(tab, right, (0.8, 0.8), (0.8, 0.5))
    assert divider.input_value() == "50", "beside the divider, the picture is moved"
    moved = _place(right.get_by_role("img"))
    assert moved[1] == pytest.approx(zoomed[1] - 0.3 * _place(right)[3], abs=2)
    assert _place(left.get_by_role("img")) == pytest.approx(moved, abs=1), "before and after together"
    _drag_the_divider(tab)
    assert divider.input_value() == pytest.approx("20")
    assert _place(right.get_by_role("img")) == pytest.approx(moved, abs=1)
    tab.keyboard.press("ArrowRight")
    assert divider.input_value() == "21"
    tab.keyboard.press("0")
    assert _place(right.get_by_role("img")) == pytest.approx(whole, abs=1)

    tab.get_by_role("button", name="Both", exact=True).click()
    one, other = _place(left), _place(right)
    assert one[0] + one[2] <= other[0] or one[1] + one[3] <= other[1]
    x, y, width, height = other
    tab.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 0)")
    tab.mouse.move(x + width / 2, y + height / 2)
    before = _level(tab)
    tab.mouse.wheel(0, -500)
    tab.wait_for_timeout(200)
    assert _level(tab) > 2 * before
    drag(tab, left, (0.5, 0.5), (0.6, 0.7))
    (x0, y0, *_), (x1, y1, *_) = _place(left.get_by_role("img")), _place(right.get_by_role("img"))
    assert (x1 - x0, y1 - y0) == pytest.approx((other[0] - one[0], other[1] - one[1]), abs=1), "moved together"
    tab.keyboard.press("ArrowDown")
    tab.wait_for_timeout(100)
    assert _place(right.get_by_role("img"))[1] < y1 - 10, "moved by the keyboard"
    _pinch(tab, right, 0.5)
    tab.keyboard.press("0")
    assert _level(tab) == before


def _make(tab: Tab, kind: str = "Colour") -> None:
    """The picture on a background of that kind, with its result open."""
    step(tab, "Background")
    tab.get_by_role("radio", name=kind).click()
    settled(tab)
    tab.get_by_role("button", name="Make the picture").click()
    tab.get_by_text("The subject is untouched.").wait_for()
    settled(tab)


def _place(element: Locator) -> list[float]:
    """Where it is on the page: left, top, width and height."""
    script = "e => (({x, y, width, height}) => [x, y, width, height])(e.getBoundingClientRect())"
    return [float(value) for value in element.evaluate(script)]


def _in_the_middle(element: Locator, tab: Tab) -> bool:
    x, _, width, _ = _place(element)
    left, _, whole, _ = _place(tab.locator(".st-key-stage"))
    return abs(x + width / 2 - left - whole / 2) < 2


def _level(tab: Tab) -> int:
    """The zoom that the page tells, in per cent of the picture's full size."""
    found = re.search(r"\d+", tab.locator("output.level").inner_text())
    assert found
    return int(found[0])


def _drag_the_divider(tab: Tab) -> None:
    panes = tab.locator(".panes")
    panes.scroll_into_view_if_needed()
    x, y, width, height = _place(panes)
    tab.mouse.move(x + width / 2, y + height / 2)
    tab.mouse.down()
    tab.mouse.move(x + 0.2 * width, y + height / 2, steps=5)
    tab.mouse.up()


def _pinch(tab: Tab, element: Locator, times: float) -> None:
    """Two fingers on it move together, or apart."""
    x, y, width, height = _place(element)
    before = _level(tab)
    devtools = tab.context.new_cdp_session(tab)
    apart = [0.3 * width * (1 + (times - 1) * part / 5) for part in range(6)]
    for at, half in enumerate(apart):
        points = [{"x": x + width / 2 + side * half, "y": y + height / 2, "id": side} for side in (-1, 1)]
        kind = "touchMove" if at else "touchStart"
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    tab.wait_for_timeout(100)
    assert _level(tab) == pytest.approx(before * times, rel=0.1)


@at_both_sizes
def test_pictures_of_the_gallery_are_opened_compared_and_become_the_background(
    server: Server, tab: Tab, size: str
) -> None:
    _opened(tab, server, size)
    _make(tab)
    _make(tab, "Gradient")
    step(tab, "Photo")
    _click_on(tab, tab.get_by_role("img", name="White, made"))
    tab.get_by_text("The subject is untouched.").wait_for()
    settled(tab)
    assert tab.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0, "the picture is in sight"
    tab.get_by_text("How it was made").click()
    tab.locator("li").filter(has_text="Background: Colour").wait_for()

    compare = tab.get_by_role("button", name="Compare", exact=True)
    compare.nth(0).click()
    settled(tab)
    tab.get_by_text("waits: press Compare on another picture").wait_for()
    tab.get_by_role("button", name="Compare", exact=True, pressed=True).wait_for()
    compare.nth(1).click()
    settled(tab)
    left, right = tab.locator(".pane.left"), tab.locator(".pane.right")
    assert left.get_by_role("img", name="First: Studio grey").is_visible()
    assert right.get_by_role("img", name="Second: White").is_visible()
    drag_from = _place(left.get_by_role("img"))
    tab.locator(".panes").press("+")
    wait(lambda: _place(left.get_by_role("img"))[2] == pytest.approx(1.5 * drag_from[2], rel=0.01), 10)
    tab.locator(".panes").press("ArrowRight")
    (x0, *_), (x1, *_) = _place(left.get_by_role("img")), _place(right.get_by_role("img"))
    assert x1 - x0 == pytest.approx(_place(right)[0] - _place(left)[0], abs=1), "moved together"
    tab.get_by_role("button", name="Look at this one alone").click()
    settled(tab)
    tab.get_by_role("slider", name="Divider between before and after").wait_for()

    step(tab, "Background")
    tab.get_by_role("radio", name="Blur").click()
    settled(tab)
    _drag_up(tab, tab.get_by_role("img", name="Studio grey, made"))
    tab.get_by_text("In use: Studio grey").wait_for()
    settled(tab)
    tab.get_by_role("button", name="More", exact=True).nth(1).click()
    tab.get_by_role("menuitem", name="Use as background").click()
    tab.get_by_text("In use: White").wait_for()
    assert tab.get_by_role("radio", name="Picture", exact=True).is_checked()


def _click_on(tab: Tab, picture: Locator) -> None:
    """With the mouse in the picture's middle, whatever is there."""
    picture.scroll_into_view_if_needed()
    x, y, width, height = _place(picture)
    tab.mouse.click(x + width / 2, y + height / 2)


def _drag_up(tab: Tab, picture: Locator) -> None:
    """Drag a picture of the gallery to where it becomes the background."""
    picture.scroll_into_view_if_needed()
    x, y, width, height = _place(picture)
    tab.mouse.move(x + width / 2, y + height / 2)
    tab.mouse.down()
    tab.mouse.move(x + width / 2, y + height / 2 - 30, steps=4)
    zone = tab.get_by_text("Drop it here: the background picture")
    zone.wait_for()
    x, y, width, height = _place(zone)
    tab.mouse.move(x + width / 2, y + height / 2, steps=4)
    tab.mouse.up()
    zone.wait_for(state="detached")


@at_both_sizes
def test_a_picture_is_pasted_as_the_photo_and_as_the_background(server: Server, tab: Tab, size: str) -> None:
    resize(tab, size)
    tab.goto(server.url)
    tab.get_by_text("or press Ctrl+V").wait_for()
    settled(tab)
    _paste(tab, (90, 60))
    tab.get_by_text("90 × 60 pixels").first.wait_for()
    step(tab, "Photo")
    tab.get_by_role("button", name="Handbag", exact=True).click()
    tab.get_by_text("The subject is").wait_for()
    settled(tab)
    step(tab, "Background")
    assert tab.get_by_role("radio", name="Colour", exact=True).is_checked()
    if size == "phone":  # also where a model is to paint the background
        tab.get_by_role("radio", name="Generated", exact=True).click()
        tab.get_by_role("button", name="Generate the background").wait_for()
        settled(tab)
    _paste(tab, (80, 50))
    tab.get_by_text("pasted.png").first.wait_for()
    settled(tab)
    assert tab.get_by_role("radio", name="Picture", exact=True).is_checked()
    corner = _seen(tab.get_by_role("img", name="The subject before its new"))[10:40, 20:60]
    assert np.abs(corner - (200, 30, 120)).max() < 25, "the pasted picture is behind the subject"

    copied = _picture((70, 40))
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.evaluate(
        "async b => navigator.clipboard.write([new ClipboardItem({'image/png': await (await fetch(b)).blob()})])",
        copied,
    )
    step(tab, "Photo")
    tab.get_by_role("button", name="Paste a picture").click()
    tab.get_by_text("70 × 40 pixels").first.wait_for()


def _picture(size: tuple[int, int]) -> str:
    """A PNG as a data URL."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 30, 120)).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def _paste(tab: Tab, size: tuple[int, int]) -> None:
    """As Ctrl+V does it."""
    tab.evaluate(
        """async url => {
          const files = new DataTransfer()
          files.items.add(new File([await (await fetch(url)).blob()], "image.png", { type: "image/png" }))
          const event = { clipboardData: files, bubbles: true, cancelable: true }
          document.body.dispatchEvent(new ClipboardEvent("paste", event))
        }""",
        _picture(size),
    )


@at_both_sizes
def test_all_scenes_stand_in_little_room_and_the_chosen_one_is_in_sight(server: Server, tab: Tab, size: str) -> None:
    _opened(tab, server, size)
    step(tab, "Background")
    tab.get_by_role("radio", name="Scene", exact=True).click()
    settled(tab)
    tab.locator("[class*=st-key-scene_]").last.get_by_role("button").click()
    settled(tab)
    step(tab, "Subject")
    step(tab, "Background")
    tab.wait_for_timeout(500)
    _, top, _, high = _place(tab.locator(".stGrid.st-key-scenes"))
    assert high < 0.6 * SIZES[size][1], "its settings are near"
    chosen = _place(tab.locator("[class*=st-key-scene_]").filter(has=tab.locator("[aria-pressed=true]")).last)
    assert chosen[1] >= top - 1
    assert chosen[1] + chosen[3] <= top + high + 1
    assert chosen[0] >= 0
    assert chosen[0] + chosen[2] <= SIZES[size][0]
