"""The page follows the person: from step to step in a real browser, on a desk and on a phone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser import Server, at_both_sizes, resize, settled

from imaging.photo import load

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.xdist_group("browser")


def _first_page(tab: Tab, server: Server, size: str = "desk") -> None:
    resize(tab, size)
    tab.goto(server.url)
    tab.get_by_text("The same subject, in a new place").first.wait_for()
    settled(tab)


def _click_on(picture: Locator) -> None:
    """With the mouse in the picture's middle, whatever is there."""
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box
    picture.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def _open_sample(tab: Tab, server: Server, size: str = "desk") -> None:
    _first_page(tab, server, size)
    _click_on(tab.get_by_role("img", name="Sample: Mug"))
    tab.get_by_text("The subject is").wait_for()
    settled(tab)


def _scroll(tab: Tab, to: int) -> None:
    tab.evaluate("to => document.querySelector('[data-testid=stMain]').scrollTo(0, to)", to)
    tab.wait_for_timeout(200)


def _scrolled(tab: Tab) -> float:
    return float(tab.evaluate("document.querySelector('[data-testid=stMain]').scrollTop"))


def _keyboard_is_at(tab: Tab, words: str) -> None:
    """Wait until the control of that name has the keyboard."""
    tab.wait_for_function(
        """words => {
          const now = document.activeElement
          return now !== document.body && `${now.ariaLabel} ${now.innerText}`.includes(words)
        }""",
        arg=words,
    )


def _in_sight(place: Locator) -> bool:
    """Whether all of it is on the screen and nothing covers its middle."""
    return bool(
        place.evaluate(
            """element => {
              const box = element.getBoundingClientRect()
              const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
              return box.y >= 0 && box.bottom <= innerHeight + 1 && (element.contains(top) || top?.contains(element))
            }"""
        )
    )


@at_both_sizes
def test_a_step_opens_at_its_top_with_the_keyboard_in_it_and_back_leads_back(
    server: Server, tab: Tab, size: str
) -> None:
    _open_sample(tab, server, size)
    _keyboard_is_at(tab, "Find the subject by")
    _scroll(tab, 700)
    go = tab.get_by_role("button", name="Choose the new background")
    assert _in_sight(go)
    go.click()
    _keyboard_is_at(tab, "Instant")
    assert _scrolled(tab) == 0
    tab.get_by_role("radio", name="Scene", exact=True).click()
    settled(tab)
    _scroll(tab, 500)
    assert _scrolled(tab) == 500, "there is a long panel"
    assert _in_sight(tab.get_by_role("img", name="The subject before its new background"))
    make = tab.get_by_role("button", name="Make the picture")
    assert _in_sight(make)
    make.click()
    tab.get_by_text("The subject is untouched.").wait_for()
    _keyboard_is_at(tab, "PNG")
    assert _scrolled(tab) == 0

    tab.go_back()
    _keyboard_is_at(tab, "Instant")
    tab.go_back()
    _keyboard_is_at(tab, "Find the subject by")
    tab.go_forward()
    make.wait_for()
    tab.reload()
    make.wait_for()


@at_both_sizes
def test_from_start_to_a_finished_png_by_at_most_25_keys(server: Server, tab: Tab, tmp_path: Path, size: str) -> None:
    _first_page(tab, server, size)
    keys = 0

    def press(key: str) -> None:
        nonlocal keys
        keys += 1 + key.count("+")
        tab.keyboard.press(key)

    while not tab.evaluate("document.activeElement.innerText.trim() === 'Cutout plush'"):
        assert keys <= 25, "on the way to the sample"
        press("Tab")
    press("Enter")
    _keyboard_is_at(tab, "Find the subject by")
    settled(tab)
    press("Alt+n")
    _keyboard_is_at(tab, "Instant")
    settled(tab)
    press("Alt+n")
    _keyboard_is_at(tab, "PNG")
    with tab.expect_download() as waiting:
        press("Enter")
    waiting.value.save_as(tmp_path / "made.png")
    assert load((tmp_path / "made.png").read_bytes()).size
    print(f"{keys} keys")
    assert keys <= 25
