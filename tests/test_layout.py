"""Nothing on the page jumps: pictures stand in one place, expanders stay open, progress has room of its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from browser import SIZES, Server, at_both_sizes, resize, sample, settled, step, wait
from pages import ROOT
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.xdist_group("browser")


def _portrait() -> bytes:
    """The middle of a sample, upright."""
    with Image.open(ROOT / "samples" / "perfume.jpg") as whole:
        width, height = whole.size
        out = io.BytesIO()
        whole.crop((width // 2 - height * 3 // 8, 0, width // 2 + height * 3 // 8, height)).save(out, "JPEG")
    return out.getvalue()


def _box(place: Locator) -> dict[str, float]:
    box = place.bounding_box()
    assert box
    return dict(box)


def _middle(tab: Tab) -> float:
    """Of the step's picture, measured from the middle of its column, in pixels."""
    tab.wait_for_function("[...document.querySelectorAll('.st-key-stage img')].every(each => each.naturalWidth > 0)")
    column = _box(tab.locator(".st-key-stage"))
    picture = _box(tab.locator(".st-key-stage img, .st-key-stage .dc-container").first)
    return picture["x"] + picture["width"] / 2 - column["x"] - column["width"] / 2


def _covered(tab: Tab) -> list[str]:
    """The steps' names that something else lies upon."""
    return list(
        tab.evaluate(
            """() => [...document.querySelectorAll(".st-key-step [role=radio]")].filter(each => {
              const box = each.getBoundingClientRect()
              return !each.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2))
            }).map(each => each.innerText)"""
        )
    )


def _places(tab: Tab) -> Any:
    """Where header, steps, picture and controls stand, with the page at its top."""
    tab.wait_for_function("document.querySelector('.st-key-stage img')?.naturalWidth > 0")
    return tab.evaluate(
        """() => [".st-key-header", ".st-key-step", ".st-key-stage img", ".st-key-panel"].map(name => {
          const box = document.querySelector(name).getBoundingClientRect()
          return [name, Math.round(box.x), Math.round(box.y)]
        })"""
    )


@at_both_sizes
def test_the_verdict_is_in_sight_beside_many_layers_and_a_pinned_picture_leaves_room(
    server: Server, tab: Tab, size: str
) -> None:
    resize(tab, size)
    sample(tab, server)
    verdict = tab.get_by_text("The subject is")
    panel = _box(tab.locator(".st-key-panel"))
    assert 0 <= _box(verdict)["y"] - panel["y"] < 80, "it is the first of the panel"
    for _ in range(2):
        tab.get_by_role("button", name="Add another layer").click()
        settled(tab)
    tab.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 500)")
    settled(tab)
    if size == "desk":
        seen, main = _box(verdict), _box(tab.locator(".st-key-main_action"))
        assert seen["y"] > 50
        assert seen["y"] + seen["height"] < main["y"], "nothing lies upon it"
        return
    for at in (2, 1):
        tab.get_by_role("button", name="Remove this layer").nth(at - 1).click()
        settled(tab)
    tab.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 300)")
    settled(tab)
    stage = _box(tab.locator(".st-key-stage"))
    assert stage["y"] >= 50
    assert stage["y"] + stage["height"] < 0.46 * SIZES[size][1]


@at_both_sizes
def test_a_touch_up_that_is_begun_far_down_shows_its_tools(server: Server, tab: Tab, size: str) -> None:
    resize(tab, size)
    sample(tab, server)
    tab.get_by_text("Shape the edge", exact=True).click()
    settled(tab)
    tab.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 600)")
    tab.get_by_text("Touch up by hand", exact=True).click()
    settled(tab)
    wait(lambda: 50 <= _box(tab.locator(".st-key-tools"))["y"] < 200, 10)
    tab.wait_for_timeout(1000)
    assert 50 <= _box(tab.locator(".st-key-tools"))["y"] < 200, "and it stays there while the canvas is laid out"
    keys = tab.get_by_text("Enter begins and ends a stroke")
    assert keys.is_visible()
    tab.context.new_cdp_session(tab).send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    wait(lambda: not keys.is_visible(), 5)
    assert tab.get_by_text("two fingers zoom").is_visible(), "what fingers do is still said"


@at_both_sizes
def test_a_control_stays_in_sight_when_others_above_it_go_and_what_it_does_is_seen(
    server: Server, tab: Tab, size: str
) -> None:
    resize(tab, size)
    sample(tab, server)
    step(tab, "Background")
    tab.get_by_role("radio", name="Scene").click()
    settled(tab)
    tab.get_by_role("button", name="Dunes", exact=True).click()
    settled(tab)
    tab.get_by_text("Place and size", exact=True).click()
    settled(tab)
    ready = tab.get_by_role("radio", name="Marketplace")
    ready.evaluate("each => each.scrollIntoView({ block: 'center' })")
    tab.wait_for_timeout(500)
    before = _box(ready)["y"]
    ready.click()
    settled(tab)
    assert _box(ready)["y"] == pytest.approx(before, abs=4), "all of the scenes above it are gone"
    assert tab.get_by_role("button", name="Back to: Scene").is_visible()
    tab.get_by_text("Move on the picture", exact=True).click()
    tab.locator(".st-key-mover").wait_for()
    settled(tab)
    tab.get_by_role("radio", name="Story").click()
    settled(tab)
    chosen, picture = _box(tab.get_by_role("radio", name="Story")), _box(tab.locator(".st-key-mover"))
    assert picture["y"] >= 0
    assert picture["height"] > 200
    assert picture["y"] + picture["height"] <= (chosen["y"] if size == "phone" else SIZES[size][1])


def test_what_is_scrolled_under_a_pinned_picture_does_not_show_beside_it(server: Server, tab: Tab) -> None:
    resize(tab, "phone")
    sample(tab, server)
    step(tab, "Background")
    tab.get_by_role("radio", name="Scene").click()
    settled(tab)
    tab.evaluate("document.querySelector('[data-testid=stMain]').scrollTo(0, 700)")
    tab.wait_for_timeout(500)
    pinned = _box(tab.locator("[data-testid=stColumn]:has(.st-key-picture)"))
    assert _box(tab.locator(".st-key-scenes"))["y"] < pinned["y"] + pinned["height"] - 40, "some are under it"
    for left in (0, 376):
        clip = {"x": left, "y": pinned["y"] + 4, "width": 14, "height": pinned["height"] - 8}
        with Image.open(io.BytesIO(tab.screenshot(clip=clip))) as strip:  # type: ignore[arg-type]
            assert len(strip.convert("RGB").getcolors() or ()) == 1


def _generate(tab: Tab, pictures: str, steps: str) -> None:
    """Ask for pictures of the tiny diffusion model; how many, and of how many steps, is set by these keys."""
    for name, key in (("Pictures", pictures), ("Steps", steps)):
        tab.get_by_role("slider", name=name).press(key)
        settled(tab)
    tab.get_by_role("button", name="Generate the background").click()


@at_both_sizes
def test_a_portrait_stays_in_the_middle_expanders_stay_open_and_progress_moves_nothing(
    server: Server, tab: Tab, size: str
) -> None:
    resize(tab, size)
    tab.goto(server.url)
    tab.get_by_text("The same subject, in a new place").first.wait_for()
    photo = {"name": "portrait.jpg", "mimeType": "image/jpeg", "buffer": _portrait()}
    tab.locator("input[type=file]").first.set_input_files(photo)  # type: ignore[arg-type]
    tab.get_by_text("The subject is").wait_for()
    settled(tab)
    middles = {"subject": _middle(tab)}
    below = tab.locator(".st-key-panel") if size == "phone" else tab.get_by_role("heading", name="Your pictures")
    before = _box(below)
    for view in ("Cut-out", "Overlay"):
        tab.get_by_role("radio", name=view).click()
        settled(tab)
        assert _box(below) == before, "what is said of a view has a line of its own"
    tab.get_by_text("Touch up by hand", exact=True).click()
    tab.locator(".dc-container").first.wait_for()
    settled(tab)
    middles["touch-up"] = _middle(tab)
    canvas = _box(tab.locator(".dc-container").first)
    assert canvas["y"] >= 0, "it comes in sight, though its switch is far below"
    assert canvas["y"] + canvas["height"] <= SIZES[size][1]
    tab.get_by_text("Touch up by hand", exact=True).click()
    tab.get_by_text("Shape the edge").click()
    settled(tab)
    feather = tab.get_by_role("slider", name="Feather")
    step(tab, "Photo")
    middles["photo"] = _middle(tab)
    step(tab, "Subject")
    assert feather.is_visible(), "the expander is still open"
    tab.reload()
    feather.wait_for()
    settled(tab)
    assert feather.is_visible()

    step(tab, "Background")
    middles["instant"] = _middle(tab)
    tab.get_by_role("button", name="Make the picture").click()
    tab.get_by_text("The subject is untouched.").wait_for()
    settled(tab)
    middles["result"] = _middle(tab)
    step(tab, "Background")
    tab.get_by_role("radio", name="Generated").click()
    settled(tab)
    tab.get_by_role("textbox", name="Prompt", exact=True).fill("a quiet forest")
    tab.keyboard.press("Control+Enter")
    tab.get_by_text("More settings", exact=True).click()
    settled(tab)
    middles["generated"] = _middle(tab)

    _generate(tab, "End", "End")  # it lasts until it is cancelled, also on a busy machine
    tab.get_by_text("It will be here when it is done.").wait_for()
    settled(tab)
    middles["being made"] = _middle(tab)
    assert not _covered(tab)
    step(tab, "Subject")
    assert tab.get_by_role("button", name="Cancel").count() == 1
    assert not _covered(tab)
    during = _places(tab)
    tab.get_by_role("button", name="Cancel").click()
    tab.get_by_text("This was cancelled").wait_for()
    settled(tab)
    assert not _covered(tab)
    assert _places(tab) == during, "the end of a job moves nothing"
    tab.get_by_role("button", name="Dismiss").click()
    settled(tab)
    assert _places(tab) == during, "nor does what is said of it"
    step(tab, "Background")
    _generate(tab, "Home", "ArrowLeft")  # of nearly as many steps: it takes longer than the way to another step
    step(tab, "Subject")  # at once: what was pressed before is done all the same
    tab.get_by_text("Your picture is ready.").wait_for()
    settled(tab)
    assert _places(tab) == during
    assert feather.is_visible(), "nobody is taken away from where they are"
    assert not _covered(tab)
    tab.get_by_role("button", name="Look at it").click()
    tab.get_by_text("The subject is untouched.").wait_for()
    settled(tab)
    assert tab.get_by_role("button", name="Look at it").count() == 0
    print({name: round(offset, 1) for name, offset in middles.items()})
    assert all(abs(offset) <= 1 for offset in middles.values()), "in the middle of its column everywhere"
