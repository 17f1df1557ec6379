"""Touch-ups in a real browser: by mouse and by keys, zoomed and moved, undone and redone in one order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from browser import SIZES, Server, at_both_sizes, drag, resize, sample, settled

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.xdist_group("browser")


def _canvas(tab: Tab, server: Server, size: str) -> Locator:
    """The canvas, opened on a sample."""
    resize(tab, size)
    sample(tab, server)
    tab.get_by_text("Touch up by hand", exact=True).click()
    glass = tab.get_by_role("application", name=re.compile("^The photo and its mask"))
    glass.wait_for()
    settled(tab)
    return glass


def _says(tab: Tab) -> tuple[str, bool, bool]:
    """The subject's share as it is written, and whether there is something to undo and to redo."""
    share = re.search(r"less than 1%|\d+%", tab.get_by_text("The subject is").inner_text())
    assert share
    undo, redo = (tab.get_by_role("button", name=name, exact=True).is_enabled() for name in ("Undo", "Redo"))
    return share[0], undo, redo


def _key(tab: Tab, key: str) -> None:
    tab.keyboard.press(key)
    settled(tab)


@at_both_sizes
def test_strokes_and_settings_are_undone_in_one_order_and_nothing_is_stale(server: Server, tab: Tab, size: str) -> None:
    glass = _canvas(tab, server, size)
    seen = [_says(tab)]
    assert seen[0][1:] == (False, False)
    for at in (0.05, 0.5, 0.95):
        drag(tab, glass, (0.03, at), (0.3, at))
        seen.append(_says(tab))
    assert len({share for share, _, _ in seen}) >= 3
    assert tab.locator(".dc-toolbar").is_hidden(), "there is one undo, and it is not the canvas's own"
    tab.get_by_text("Shape the edge").click()
    settled(tab)
    tab.get_by_text("Invert", exact=True).click()
    settled(tab)
    seen.append(_says(tab))
    for share, _, _ in reversed(seen[:-1]):
        _key(tab, "Control+z")
        assert _says(tab)[0] == share
        tab.wait_for_timeout(500)  # the canvas that was there before is gone by then
        assert tab.locator(".dc-container .photo").is_visible(), "with the photo on the renewed canvas"
    assert _says(tab) == (seen[0][0], False, True)
    for share, _, _ in seen[1:]:
        _key(tab, "Control+Shift+z")
        assert _says(tab)[0] == share
    assert _says(tab)[1:] == (True, False)


@at_both_sizes
def test_the_canvas_fits_the_screen_is_zoomed_and_moved_and_shows_the_brush(
    server: Server, tab: Tab, size: str
) -> None:
    glass = _canvas(tab, server, size)
    tab.wait_for_timeout(500)  # a phone scrolls to it
    whole = glass.bounding_box()
    assert whole
    main = tab.locator(".st-key-main_action").bounding_box()
    assert main
    assert whole["y"] >= 50, "all of it is in sight"
    assert whole["y"] + whole["height"] <= (main["y"] if size == "phone" else SIZES[size][1])
    assert whole["width"] > (340 if size == "phone" else 600)
    tab.evaluate(
        "document.querySelector('[data-testid=stMain]').scrollTo(0, 0)"
    )  # elsewhere the wheel scrolls the page
    whole = glass.bounding_box()
    assert whole
    middle = whole["x"] + whole["width"] / 2, whole["y"] + whole["height"] / 2
    photo, ring = tab.locator(".dc-container .photo"), tab.locator(".glass .ring")

    def place() -> tuple[float, float, float]:
        settled(tab)  # the photo may be drawn anew meanwhile
        x, y, width = photo.evaluate("p => (({x, y, width}) => [x, y, width])(p.getBoundingClientRect())")
        return x, y, width

    def of_the_photo() -> float:
        """The ring's diameter over the photo's longer side."""
        settled(tab)
        return float(ring.bounding_box()["width"] / glass.bounding_box()["width"])  # type: ignore[index]

    tab.mouse.move(*middle)
    assert of_the_photo() == pytest.approx(0.03, abs=0.003)
    tab.keyboard.press("]")
    assert of_the_photo() == pytest.approx(0.035, abs=0.002)
    assert tab.get_by_role("slider", name="Brush size").evaluate("s => s.value ?? s.ariaValueNow") not in ("3", "3.0")
    tab.keyboard.press("[")
    tab.mouse.wheel(0, -400)
    settled(tab)
    x, y, width = place()
    assert width > 1.8 * whole["width"]
    tab.keyboard.down(" ")
    drag(tab, glass, (0.5, 0.5), (0.6, 0.55))
    tab.keyboard.up(" ")
    assert place() == pytest.approx((x + 0.1 * whole["width"], y + 0.05 * whole["height"], width), abs=2)
    assert _says(tab)[1:] == (False, False), "moving draws nothing"
    tab.get_by_role("button", name="Whole photo").click()
    assert place() == pytest.approx((whole["x"], whole["y"], whole["width"]), abs=2)


@at_both_sizes
def test_the_subject_is_painted_by_keys_alone_and_the_canvas_shows_it(server: Server, tab: Tab, size: str) -> None:
    glass = _canvas(tab, server, size)
    before, _, _ = _says(tab)
    picture = tab.locator(".dc-container .photo").get_attribute("src")
    glass.focus()
    for key in (*["Shift+ArrowLeft"] * 9, *["Shift+ArrowUp"] * 6):  # to a corner, which is background
        tab.keyboard.press(key)
    tab.wait_for_timeout(300)
    said = tab.get_by_role("status").filter(has_text="across")
    assert re.search(r"5% across, \d+% down, replaced", said.inner_text())
    for key in ("Enter", *["Shift+ArrowRight"] * 6, "Enter"):
        tab.keyboard.press(key)
    settled(tab)
    assert _says(tab)[0] != before
    assert said.inner_text().endswith("kept") or said.inner_text().endswith("replaced")
    assert tab.locator(".dc-container .photo").get_attribute("src") != picture
    assert tab.locator(".dc-canvas.lower-canvas").evaluate("c => getComputedStyle(c).opacity") == "0"
    assert tab.get_by_role("img", name="The photo, coloured over").count() == 0, "no second preview beside it"


@at_both_sizes
def test_an_open_polygon_is_taken_back_corner_by_corner_given_up_and_closed_by_keys(
    server: Server, tab: Tab, size: str
) -> None:
    glass = _canvas(tab, server, size)
    drag(tab, glass, (0.03, 0.05), (0.3, 0.05))
    stroke = _says(tab)
    tab.get_by_role("radio", name="Polygon").click()
    settled(tab)

    def corners(*places: tuple[float, float]) -> None:
        box = glass.bounding_box()
        assert box
        for x, y in places:
            tab.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        settled(tab)

    corners((0.05, 0.7), (0.4, 0.7), (0.4, 0.95), (0.05, 0.95))
    _key(tab, "Control+z")
    _key(tab, "Control+z")
    assert _says(tab) == stroke, "its corners are taken back, and not the stroke before"
    _key(tab, "Enter")
    assert _says(tab) == stroke, "two corners are no shape"
    corners((0.4, 0.95))
    _key(tab, "Enter")
    closed = _says(tab)
    assert closed[0] != stroke[0]
    corners((0.6, 0.7), (0.95, 0.7), (0.95, 0.95))
    _key(tab, "Escape")
    corners((0.6, 0.7))  # would close it, were it still there
    assert _says(tab) == closed
    tab.get_by_role("button", name="Undo", exact=True).click()
    settled(tab)
    assert _says(tab) == closed, "the button takes the corner back first"
    _key(tab, "Control+z")
    assert _says(tab)[0] == stroke[0], "what was closed is undone as a whole"
    near = 9 / 1280  # of the canvas, across and down: still a click on the corner
    corners((0.05, 0.7), (0.4, 0.7), (0.4, 0.95), (0.05 + near, 0.7 + near))
    assert _says(tab)[0] == closed[0], "a shape is closed by a click beside its first corner, too"
    _key(tab, "Control+z")
    assert _says(tab)[0] == stroke[0], "and no corner is left"
