"""Clicks and boxes in the photo: what they select, undo, heat maps, layers of their own."""

from __future__ import annotations

import base64
import json
import secrets
import threading

import numpy as np
import pytest
from conftest import SHARED, need
from mask_helpers import needs
from pages import Page, made, opaque

import masks
from imaging.photo import Photo, load
from masks import Selection, options_of, sam
from masks.sam import SamOptions
from ui import selecting
from ui.pointer import Mark, parse_marks
from ui.selecting import _encode_ahead

pytestmark = pytest.mark.usefixtures("no_searches_by_the_worker")


def _click(page: Page, kind: str, *at: float, target: str = "0") -> Page:
    """As the browser tells it, in fractions of the photo of 320 x 240."""
    mark = [kind, *(value / (320, 240)[axis % 2] for axis, value in enumerate(at))]
    page.app.session_state[f"pointer.{target}"] = {"sent": {"run": secrets.token_hex(4), "marks": [mark]}}
    return page.run()


@pytest.fixture
def pointed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """Instead of the network: a square of 80 pixels about each click, less that about each removing click."""
    asked: list[dict[str, object]] = []

    def find(self: object, photo: Photo, options: SamOptions, context: object) -> Selection:
        asked.append(options.model_dump(mode="json", exclude_defaults=True))
        values = np.zeros(photo.pixels.shape[:2], np.uint8)
        for points, value in ((options.clicks, 255), (options.excluded, 0)):
            for x, y in points:
                values[max(0, int(y) - 40) : int(y) + 40, max(0, int(x) - 40) : int(x) + 40] = value
        if options.box:
            x0, y0, x1, y1 = map(int, options.box)
            values[y0:y1, x0:x1] = 255
        return Selection(values, ("mobile-sam",), probability=values / 255, found=(("dog", 0.25),))

    monkeypatch.setattr("masks.sam.Sam.find", find)
    return asked


def test_clicks_select_are_undone_and_survive_a_reload(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("layers.0.source", "sam")
    assert "Click on the subject in the picture" in page.said
    assert page.app.button(key="clear_clicks").disabled
    _click(page, "add", 100, 100)
    assert pointed[-1] == {"clicks": [[100, 100]]}
    assert "The subject is 8% of the photo." in page.said
    assert "Seen in this photo: dog 25%." in page.said
    _click(page, "remove", 100, 140)
    assert pointed[-1] == {"clicks": [[100, 100]], "excluded": [[100, 140]]}
    assert "The subject is 4% of the photo." in page.said
    page = page.reload()
    assert "The subject is 4% of the photo." in page.said
    page.click("undo")
    assert "The subject is 8% of the photo." in page.said
    page.click("clear_clicks")
    assert "Click on the subject in the picture" in page.said
    _click(page, "box", 0, 0, 160, 120)
    assert pointed[-1] == {"box": [0, 0, 160, 120]}
    page.open("Photo").upload(opaque(200, 100)).open("Subject")
    assert "Click on the subject in the picture" in page.said, "another photo, other places"


def test_a_layer_that_removes_calls_its_clicks_so_and_says_when_it_takes_much(
    page: Page, pointed: list[dict[str, object]]
) -> None:
    page.upload(opaque()).set("layers.0.source", "sam")
    _click(page, "add", 100, 100)
    page.click("add_layer").set("layers.1.op", "remove")
    assert [option.content for option in page.app.get_by_key("clicks.kind").proto.options] == ["Goes", "Stays", "Box"]
    _click(page, "remove", 100, 100, target="1")
    assert "click with “Goes” on what is meant; “Stays” only takes parts of that away" in page.said
    _click(page, "add", 130, 100, target="1")
    assert "The subject is" in page.said
    assert "If that is too much, click on what stays, too" not in page.said
    page.click("clear_clicks")
    _click(page, "add", 110, 100, target="1")
    assert not page.app.success, "nothing has judged it, so no tick"
    assert "removes 88% of the subject. If that is too much, click on what stays, too" in page.said


def test_the_photo_is_encoded_while_somebody_aims(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    needs("mobile-sam")
    made: list[str] = []
    real = sam._MobileSam.embed

    def embed(self: sam._MobileSam, rgb: np.ndarray) -> object:
        made.append(threading.current_thread().name)
        return real(self, rgb)

    monkeypatch.setattr(sam._MobileSam, "embed", embed)
    monkeypatch.setattr(selecting, "_encode_ahead", _encode_ahead)
    page.upload(need(SHARED / "photos" / "dog_on_bench.jpg").read_bytes(), "dog.jpg")
    masks.forget()  # "Automatic" may have asked SAM too
    made.clear()
    page.set("layers.0.source", "sam")
    assert "Click on the subject in the picture" in page.said
    selecting._ahead.submit(int).result()  # there is one thread: what was asked for before is done then
    assert [name.startswith("encode ahead") for name in made] == [True]
    _click(page, "add", 160, 150)
    assert "The subject is" in page.said
    assert len(made) == 1, "the click itself encodes nothing"


def test_a_layer_that_removes_asks_for_what_should_go(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("layers.0.source", "sam")
    _click(page, "add", 100, 100)
    page.click("add_layer").set("layers.1.op", "remove")
    assert "Click on what should go" in page.said
    assert "Not in use yet: click on it in the picture" in page.said
    _click(page, "remove", 100, 100, target="1")
    assert "click with “Goes” on what is meant" in page.said
    _click(page, "add", 110, 100, target="1")
    assert "Not in use yet" not in page.said
    assert "The layer by Click or box (SAM) removes nothing." in page.said  # what is left of it lies beside the subject


def test_undo_steps_back_through_every_mark(page: Page, pointed: list[dict[str, object]]) -> None:
    """Boxes among clicks: of several boxes the last one counts, and taking it back brings the one before."""
    page.upload(opaque()).set("layers.0.source", "sam")
    marks = [
        ("box", 10, 20, 160, 120),
        ("add", 200, 150),
        ("box", 30, 40, 300, 200),
        ("remove", 60, 60),
        ("box", 5, 5, 50, 50),
        ("add", 250, 180),
    ]
    after: list[dict[str, object]] = []
    for kind, *at in marks:
        _click(page, str(kind), *map(float, at))
        after.append(pointed[-1])
    assert after[3] == {"clicks": [[200, 150]], "excluded": [[60, 60]], "box": [30, 40, 300, 200]}
    for wanted in reversed(after[:-1]):
        page.click("undo")
        assert _asked(page) == wanted
    page.click("undo")
    assert "Click on the subject in the picture" in page.said


def _asked(page: Page) -> dict[str, object]:
    """The options of the first layer as the page's recipe has them."""
    page.open("Background").click("make")
    source = made(page)[0].mask.layers[0].source
    page.open("Subject")
    return options_of(source)[1].model_dump(mode="json", exclude_defaults=True)


def test_what_the_browser_tells_is_checked() -> None:
    size, kinds = (4000, 2400), ("add", "remove", "box")
    marks = [["add", 0.25, 0.25], ["remove", 0, 1], ["box", 0.1, 0.1, 0.9, 0.5], ["add", 1.0, -3]]
    wanted = [
        Mark(kind="add", at=(1000, 600)),
        Mark(kind="remove", at=(0, 2399)),
        Mark(kind="box", at=(400, 240, 3600, 1200)),
        Mark(kind="add", at=(3999, 0)),
    ]
    assert parse_marks({"run": "a", "marks": marks}, size, kinds, ("", 0)) == (wanted, ("a", 4))
    assert parse_marks({"run": "a", "marks": marks}, size, kinds, ("a", 2)) == (wanted[2:], ("a", 4))
    assert parse_marks({"run": "b", "marks": marks[:1]}, size, kinds, ("a", 4)) == (wanted[:1], ("b", 1))
    assert parse_marks({"run": "a", "marks": marks}, size, ("remove",), ("", 0)) == (wanted[1:2], ("a", 4))
    wrong = [
        ["add", "x", 1],
        ["add", 0.5],
        ["add", 0.1, 0.2, 0.3, 0.4],
        ["box", 0.5, 0.5, 0.5, 0.9],
        7,
        [],
        ["fly", 0, 0],
    ]
    wrong += [["add", float("nan"), 0.5], ["box", 0.1, float("inf"), 0.5, 0.9], [["add"], 0.1, 0.1]]
    assert parse_marks({"run": "a", "marks": wrong}, size, kinds, ("", 0)) == ([], ("a", len(wrong)))
    for answer in (None, 5, {"run": 5, "marks": []}, {"run": "a"}, {"run": "a", "marks": [marks[0]] * 2000}):
        assert parse_marks(answer, size, kinds, ("a", 1)) == ([], ("a", 1))


def test_so_many_clicks_and_no_more(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("layers.0.source", "sam")
    marks = [["add", 0.5, at / 100] for at in range(70)]
    page.app.session_state["pointer.0"] = {"sent": {"run": "one", "marks": marks}}
    page.run()
    assert len(pointed[-1]["clicks"]) == 64  # type: ignore[arg-type]
    assert "64 clicks are the most" in page.said


def test_the_heat_map_is_offered_where_there_is_one(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("layers.0.source", "sam")
    assert "Nothing is selected yet." in page.said
    _click(page, "add", 100, 100).set("subject.view", "Heat map")
    assert "Bright is surely the subject" in page.said
    page.click("clear_clicks")
    assert "Bright is surely the subject" not in page.said
    assert "Nothing is selected yet." in page.said


def test_each_layer_has_a_heat_map_of_its_own(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("layers.0.source", "sam")
    _click(page, "add", 60, 60).click("add_layer").set("subject.view", "Heat map")
    first = _seen(page)
    with pytest.raises(KeyError):
        page.app.get_by_key("subject.heat_of")
    _click(page, "add", 240, 160, target="1")
    assert page.app.get_by_key("subject.heat_of").options == ["The subject", "Layer 2"]
    assert _seen(page) == first
    page.set("subject.heat_of", 1)
    second = _seen(page)
    for seen, (x, y), (x_no, y_no) in ((first, (60, 60), (240, 160)), (second, (240, 160), (60, 60))):
        bright = load(seen).rgb8.astype(int).sum(axis=2)
        scale = bright.shape[1] / 320
        assert bright[int(y * scale), int(x * scale)] > 2 * bright[int(y_no * scale), int(x_no * scale)]
    page.click("layers.1.gone")
    assert _seen(page) == first


def _seen(page: Page) -> bytes:
    """The picture to click on."""
    (shown,) = [one for one in page.app.get("bidi_component") if "pointer" in one.proto.component_name]
    return base64.b64decode(json.loads(shown.proto.json)["picture"].partition(",")[2])


def test_clicks_of_several_layers_are_kept_apart(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("layers.0.source", "sam")
    _click(page, "add", 50, 50)
    page.click("add_layer")
    _click(page, "add", 200, 90, target="1")
    assert "The subject is 17% of the photo." in page.said
    page.set("layers.1.op", "remove")
    assert "The subject is 8%" in page.said
    page.click("undo").click("undo").set("layers.1.op", "remove")
    assert page.app.session_state["clicks.for"] == "1"
    _click(page, "add", 50, 90, target="1")
    assert "The subject is 4% of the photo." in page.said
    _click(page.set("clicks.for", "0"), "add", 60, 60)
    page.click("undo")
    assert list(page.app.session_state["workspace"].marks["1"]) == [Mark(kind="add", at=(50, 90))]
    page.click("undo")
    assert "1" not in page.app.session_state["workspace"].marks, "one order in time, whatever clicks are for"


def test_one_of_several_things_is_kept_by_a_click(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("layers.0.source", "sam")
    _click(_click(page, "add", 60, 60), "add", 240, 160)
    assert "The subject is 17% of the photo." in page.said
    page.set("background.mask.objects", "chosen")
    assert "until then all of them are kept" in page.said
    _click(page, "add", 241, 161, target="objects")
    assert "The subject is 8% of the photo." in page.said
    page.click("reset_edge")
    assert "The subject is 17% of the photo." in page.said
