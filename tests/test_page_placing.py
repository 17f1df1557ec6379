"""Place and size on the page: presets and fields, and the subject dragged on the picture in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser import Server, has_value, sample, settled, step
from pages import Page, cut_out, made

import main
from imaging.photo import load
from jobs import store
from recipe import Placement
from ui.mover import parse_drag, parse_light

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab


def test_a_preset_and_a_field_set_the_place_and_the_result_is_compared_with_it(studio: Page) -> None:
    studio.open("Background").set("place.preset", "marketplace").set("background.placement.flip", True).click("make")
    recipe, digest = made(studio)
    assert recipe.placement == Placement(
        shape="own", output_width=2000, output_height=2000, margin=7.5, align="centre", flip=True
    )
    assert recipe.backdrop.model_dump() == {"kind": "colour", "colour": "#ffffff"}
    picture = load(store.default().get(digest), "result.png")
    assert picture.size == (2000, 2000)
    (again,) = main.run(recipe, load(cut_out(), "disc.png"), store.default().get)
    assert again.encode("PNG") == store.default().get(digest)
    assert "The subject is resampled" in studio.said
    assert "scaled to" in studio.reload_tab().said  # the note of how is in the file
    studio.open("Background").click("place.reset").click("make")
    assert made(studio)[0].placement == Placement()
    assert "The subject is untouched" in studio.said


def test_a_ready_size_with_a_background_of_its_own_says_so_and_leads_back(studio: Page) -> None:
    studio.open("Background").set("background.kind", "gradient").set("place.preset", "marketplace")
    assert "The background is pure white now, as marketplaces ask" in studio.said
    assert studio.app.session_state["background.kind"] == "colour"
    studio.click("place.preset_back")
    assert studio.app.session_state["background.kind"] == "gradient"
    assert studio.app.session_state["place.preset"] == "marketplace"
    assert "Marketplace asks for pure white" in studio.said
    studio.click("place.preset_colour")
    assert studio.app.session_state["background.kind"] == "colour"
    assert "place.preset_back" in studio.buttons()
    studio.click("undo").click("undo").click("undo")
    assert studio.app.session_state["background.kind"] == "gradient"
    assert "pure white" not in studio.said


@pytest.mark.parametrize(
    "answer",
    [
        None,
        5,
        {"run": "a", "number": 1},
        {"run": "a", "number": 1, "x": 0.5, "y": float("nan"), "grow": 1, "turn": 0},
        {"run": "a", "number": 1, "x": 0.5, "y": 99, "grow": 1, "turn": 0},
        {"run": "a" * 99, "number": 1, "x": 0.5, "y": 0.5, "grow": 1, "turn": 0},
        {"run": "a", "number": 1, "x": 0.5, "y": 0.5, "grow": 0, "turn": 0},
    ],
)
def test_what_is_no_drag_is_passed_over(answer: object) -> None:
    assert parse_drag(answer) is None
    assert parse_light(answer) is None


def test_what_is_sent_of_a_shadow() -> None:
    assert parse_light({"run": "a", "number": 1, "across": -0.5, "down": 0.33}) == ((-0.5, 0.33), ("a", 1))
    assert parse_light({"run": "a", "number": 1, "across": 1e9, "down": 0}) is None


@pytest.mark.xdist_group("browser")
def test_the_subject_is_dragged_and_scaled_on_the_picture(server: Server, tab: Tab) -> None:
    sample(tab, server)
    step(tab, "Background")
    tab.get_by_text("Place and size").click()
    tab.get_by_text("Move on the picture").click()
    frame, subject = tab.locator(".frame"), tab.locator(".frame .subject")
    subject.wait_for()
    settled(tab)
    frame.scroll_into_view_if_needed()
    before, whole = subject.bounding_box(), frame.bounding_box()
    assert before
    assert whole
    x, y = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x - 60, y + 20, steps=4)
    tab.mouse.up()
    settled(tab)
    moved = subject.bounding_box()
    assert moved
    assert moved["x"] - before["x"] == pytest.approx(-60, abs=3)
    assert moved["y"] - before["y"] == pytest.approx(20, abs=3)
    frame.focus()
    tab.keyboard.press("-")
    settled(tab)
    tab.wait_for_timeout(1000)
    settled(tab)
    smaller = subject.bounding_box()
    assert smaller
    assert smaller["width"] == pytest.approx(moved["width"] / 1.02, abs=2)
    tab.get_by_text("with the subject resampled").wait_for()
    handle = tab.locator(".frame .light")
    foot, tall = handle.bounding_box(), smaller["height"]
    assert foot
    x, y = foot["x"] + foot["width"] / 2, foot["y"] + foot["height"] / 2
    assert (x, y) == pytest.approx((smaller["x"] + smaller["width"] / 2, smaller["y"] + tall), abs=3)
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x - 0.6 * tall, y, steps=4)
    tab.mouse.up()
    settled(tab)
    left = handle.bounding_box()
    assert left
    assert left["x"] - foot["x"] == pytest.approx(-0.6 * tall, abs=4)
    tab.get_by_text("Light and shadow", exact=True).click()
    has_value(tab.get_by_role("spinbutton", name="Shadow length"), "60.00")
