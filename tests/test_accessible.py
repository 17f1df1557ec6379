"""What axe-core, a screen reader's view of the page, finds in every step: in light, in dark, and on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from browser import Server, choose, settled, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.xdist_group("browser")
DESK, PHONE = (1400, 900), (390, 844)
SEEN: tuple[tuple[str, Literal["light", "dark"], tuple[int, int]], ...] = (
    ("on a phone", "light", PHONE),
    ("dark", "dark", DESK),
    ("light", "light", DESK),
)


def test_axe_finds_nothing_serious_in_any_step(server: Server, tab: Tab) -> None:
    axe_core = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    axe, found, looked = axe_core.Axe(), [], []

    def look(at: str) -> None:
        looked.append(at)
        for way, scheme, size in SEEN:
            tab.emulate_media(color_scheme=scheme)
            _resize(tab, size)
            settled(tab)
            for each in axe.run(tab).response["violations"]:
                if each["impact"] in ("serious", "critical") or "heading" in each["id"]:
                    nodes = [f"{node['html'][:200]}: {node['failureSummary']}" for node in each["nodes"]]
                    found.append(f"{at}, {way}: {each['help']}: {nodes}")

    _resize(tab, DESK)
    tab.goto(server.url)
    tab.get_by_text("The same subject, in a new place").first.wait_for()
    for walk in (_first_page, _subject, _background, _result, _generated, _queue):
        walk(tab, look)
    print(f"{len(looked)} states, each seen in {len(SEEN)} ways")
    assert not found, "\n".join(found)


def _resize(tab: Tab, size: tuple[int, int]) -> None:
    tab.set_viewport_size({"width": size[0], "height": size[1]})


def _press(tab: Tab, role: Literal["button", "radio", "option"], name: str) -> None:
    tab.get_by_role(role, name=name, exact=True).first.click()
    settled(tab)


def _unfold(tab: Tab, *headings: str) -> None:
    for heading in headings:
        tab.get_by_text(heading, exact=True).click()
        settled(tab)


def _first_page(tab: Tab, look: Callable[[str], None]) -> None:
    broken = {"name": "bad.png", "mimeType": "image/png", "buffer": b"no picture"}
    tab.locator("input[type=file]").first.set_input_files(broken)  # type: ignore[arg-type]
    tab.get_by_role("alert").first.wait_for()
    look("the first page, and a file that is no picture")
    _press(tab, "radio", "Describe a picture")
    look("a picture from words")
    _press(tab, "radio", "Upload")


def _subject(tab: Tab, look: Callable[[str], None]) -> None:
    _press(tab, "button", "Plant")
    tab.get_by_text("The subject is").wait_for()
    _unfold(tab, "Shape the edge")
    _press(tab, "button", "Add another layer")
    look("the edge, another layer and the picture to click on")
    _press(tab, "button", "Remove this layer")
    tab.get_by_text("Touch up by hand", exact=True).click()
    tab.get_by_role("application").wait_for()
    look("the touch-up canvas")
    _unfold(tab, "Touch up by hand")


def _background(tab: Tab, look: Callable[[str], None]) -> None:
    step(tab, "Background")
    _unfold(tab, "Light and shadow", "Place and size")
    look("a colour, light and shadow, place and size")
    _unfold(tab, "Move on the picture")
    look("the subject to move")
    _unfold(tab, "Move on the picture", "Light and shadow", "Place and size")
    _press(tab, "radio", "Picture")
    look("a picture that is missing")
    _press(tab, "radio", "Scene")
    chosen, other = (tab.get_by_role("button", name=name, exact=True) for name in ("Studio paper", "Podium"))
    assert (chosen.get_attribute("aria-pressed"), other.get_attribute("aria-pressed")) == ("true", "false")
    other.click()
    settled(tab)
    assert (chosen.get_attribute("aria-pressed"), other.get_attribute("aria-pressed")) == ("false", "true")
    look("a scene")


def _result(tab: Tab, look: Callable[[str], None]) -> None:
    tab.get_by_role("button", name="Make the picture").click()
    tab.get_by_text("The subject is untouched.").wait_for()
    _unfold(tab, "How it was made")
    look("the result and how it was made")
    _press(tab, "button", "Delete everything of mine")
    look("the question before all is deleted")
    tab.keyboard.press("Escape")


def _generated(tab: Tab, look: Callable[[str], None]) -> None:
    step(tab, "Background")
    _press(tab, "radio", "Generated")
    tab.get_by_role("button", name="Roll", exact=False).first.wait_for()  # the dice, by its name
    tab.get_by_role("button", name="Generate the background").click()
    tab.get_by_text("Say in a few words what should be there").wait_for()
    _unfold(tab, "More settings")
    look("generated, more settings, and words that are missing")
    choose(tab, "Model", "Rendered scenes")
    _press(tab, "radio", "Beach at sunset")
    tab.locator(".st-key-panel [data-testid=stPopoverButton]").first.click()
    look("what a sentence was read as")
    tab.keyboard.press("Escape")
    choose(tab, "Model", "Stable Diffusion 2")
    look("a model that is not here, and its licence")


def _queue(tab: Tab, look: Callable[[str], None]) -> None:
    choose(tab, "Model", "Stable Diffusion 1.5")
    for setting in ("Steps", "Pictures"):  # they must last as long as they are looked at
        tab.get_by_role("slider", name=setting).press("End")
        settled(tab)
    for _ in range(2):
        step(tab, "Background")
        tab.get_by_role("button", name="Generate the background").click()
        tab.get_by_text("Being made.").wait_for()
    step(tab, "Photo")
    look("the photo, with two pictures being made")
    while tab.get_by_role("button", name="Cancel", exact=True).count():
        _press(tab, "button", "Cancel")
    tab.get_by_text("This was cancelled").first.wait_for()
    look("what became of a job")
