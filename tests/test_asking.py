"""What the page asks for, doubts and could not do, in words for people: in a real browser, on a desk and on a phone."""

from __future__ import annotations

import io
import re
import socket
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from browser import SIZES, Server, at_both_sizes, choose, drag, resize, sample, settled, step
from PIL import Image, ImageFilter

if TYPE_CHECKING:
    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.xdist_group("browser")
FOR_DEVELOPERS = re.compile(r"Field required|do not fit|Errno|Traceback|\bsam:|\bstrokes:|--\w|python main\.py|None\b")


def _said(tab: Tab) -> str:
    return tab.locator("[data-testid=stMain]").inner_text()


@at_both_sizes
def test_a_source_asks_for_what_it_lacks_in_its_place_and_the_next_button_waits(
    server: Server, tab: Tab, size: str
) -> None:
    resize(tab, size)
    sample(tab, server)
    go = tab.get_by_role("button", name="Choose the new background")
    assert go.is_enabled()
    asked = {
        "By description": "Fill in what is asked for below",
        "Click or box": "Click on the subject in the picture, or draw a box around it.",
        "Drawn by hand": "Nothing is drawn yet",
    }
    for source, sentence in asked.items():
        choose(tab, "Find the subject by", source)
        tab.locator(".st-key-panel").get_by_text(sentence).wait_for()
        assert go.is_disabled(), source
        assert not FOR_DEVELOPERS.search(_said(tab))
        step(tab, "Background")
        assert tab.get_by_role("button", name="Make the picture").is_disabled(), source
        assert sentence in _said(tab)
        assert not FOR_DEVELOPERS.search(_said(tab))
        step(tab, "Subject")
    canvas = tab.get_by_role("application", name=re.compile("^The photo and its mask"))
    canvas.wait_for()
    settled(tab)
    drag(tab, canvas, (0.4, 0.5), (0.6, 0.5))
    assert go.is_enabled(), "what was asked for is there"


@at_both_sizes
def test_doubt_is_shown_as_doubt_with_a_way_out_beside_it(server: Server, tab: Tab, size: str) -> None:
    resize(tab, size)
    tab.goto(server.url)
    tab.get_by_text("The same subject, in a new place").first.wait_for()
    photo = {"name": "fog.png", "mimeType": "image/png", "buffer": _nothing_clear()}
    tab.locator("input[type=file]").first.set_input_files(photo)  # type: ignore[arg-type]
    doubt = tab.get_by_role("alert").filter(has_text=re.compile(", but |No subject|not clear")).first
    doubt.wait_for()
    settled(tab)
    print(doubt.inner_text())
    assert "check_circle" not in doubt.inner_text(), "no green tick"
    assert tab.get_by_text("Touch up by hand", exact=True).is_visible()
    assert not FOR_DEVELOPERS.search(_said(tab))


def _nothing_clear() -> bytes:
    """A picture of soft patches, none of which is a subject."""
    noise = np.random.default_rng(3).normal(size=(480, 640, 3)) * 4000 + 128
    soft = Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(40))
    out = io.BytesIO()
    soft.save(out, "PNG")
    return out.getvalue()


@at_both_sizes
def test_a_download_is_stopped_says_who_did_not_answer_and_is_tried_again(server: Server, tab: Tab, size: str) -> None:
    resize(tab, size)
    sample(tab, server)
    step(tab, "Background")
    _press(tab, "radio", "Generated")
    choose(tab, "Model", "Stable Diffusion 2")
    address = f"{server.hub[0]}:{server.hub[1]}"
    with socket.create_server(server.hub):  # it takes calls and never says a word
        tab.get_by_role("button", name=re.compile("^(Download .* GB|Try the download again)$")).click()
        tab.get_by_text("You can go on.").first.wait_for()
        assert tab.get_by_role("button", name="Generate the background").count() == 0, "not before it is here"
        tab.get_by_role("button", name="Stop the download").click()
        tab.get_by_role("button", name=re.compile("^Download .* GB$")).wait_for()
        settled(tab)
    tab.get_by_role("button", name=re.compile("^Download .* GB$")).click()  # now nobody is there
    tab.get_by_role("alert").filter(has_text=address).wait_for()
    settled(tab)
    said = tab.get_by_role("alert").filter(has_text=address).inner_text()
    print(said)
    assert not FOR_DEVELOPERS.search(said)
    assert tab.get_by_role("button", name="Try the download again").is_enabled()


def _press(tab: Tab, role: Literal["button", "radio"], name: str) -> None:
    tab.get_by_role(role, name=name, exact=True).first.click()
    settled(tab)


@at_both_sizes
def test_settings_have_the_names_of_the_field_and_say_what_they_do(server: Server, tab: Tab, size: str) -> None:
    resize(tab, size)
    tab.goto(server.url)
    _press(tab, "radio", "Upload")
    sample(tab, server)
    _explained(tab, "Find the subject by")
    tab.get_by_text("Shape the edge", exact=True).click()
    settled(tab)
    _explained(tab, "Feather")
    tab.get_by_text("Touch up by hand", exact=True).click()
    tab.get_by_role("radio", name="Erase", exact=True).wait_for()
    step(tab, "Background")
    _press(tab, "radio", "Scene")
    assert tab.get_by_role("button", name="Studio paper").count() == 1
    tab.get_by_role("button", name="Make the picture").click()
    tab.get_by_text("The subject is untouched.").wait_for()
    settled(tab)
    said = _said(tab)
    assert "exactly the photo's" in said
    assert not re.search(r"\d+ ?% (is )?kept", said)
    step(tab, "Background")
    _press(tab, "radio", "Generated")
    tab.get_by_text("More settings", exact=True).click()
    settled(tab)
    for name in ("Strength", "Guidance scale", "Steps"):
        _explained(tab, name)


def _explained(tab: Tab, label: str) -> None:
    """The setting is there, and its help has a sentence."""
    place = tab.locator("[data-testid=stWidgetLabel]").filter(has_text=re.compile(f"^{label}")).first
    place.scroll_into_view_if_needed()
    place.get_by_role("button", name=re.compile("^Help")).focus()
    tip = tab.get_by_role("tooltip").last
    tip.wait_for()
    assert re.search(r"[a-z]{2,} [a-z]{2,}", tip.inner_text()), label
    tab.keyboard.press("Escape")


@at_both_sizes
def test_what_is_missing_is_said_in_sight_of_the_button_that_was_pressed(server: Server, tab: Tab, size: str) -> None:
    resize(tab, size)
    tab.goto(server.url)
    tab.get_by_role("radio", name="Describe a picture").click()
    settled(tab)
    _missing_is_said(tab, "Generate the picture", size)
    sample(tab, server)
    step(tab, "Background")
    tab.get_by_role("radio", name="Generated").click()
    settled(tab)
    _missing_is_said(tab, "Generate the background", size)


def _missing_is_said(tab: Tab, button: str, size: str) -> None:
    pressed = tab.get_by_role("button", name=button)
    pressed.click()
    settled(tab)
    said = tab.get_by_text("Say in a few words what should be there").bounding_box()
    below = pressed.bounding_box()
    assert said
    assert below
    assert said["y"] >= 50
    assert said["y"] + said["height"] <= below["y"] <= SIZES[size][1]


@at_both_sizes
def test_a_layer_that_asks_for_a_click_gets_it_although_one_was_painting(server: Server, tab: Tab, size: str) -> None:
    resize(tab, size)
    sample(tab, server)
    tab.get_by_text("Touch up by hand", exact=True).click()
    tab.get_by_role("application", name=re.compile("^The photo and its mask")).wait_for()
    settled(tab)
    tab.get_by_role("button", name="Add another layer").click()
    settled(tab)
    assert not tab.get_by_role("switch", name="Touch up by hand").is_checked()
    assert "Not in use yet: click on it in the picture" in _said(tab)
    tab.get_by_role("application", name=re.compile("click", re.IGNORECASE)).wait_for()
