"""The subject panel: every source and its options, touch-ups, the edge, layers."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from conftest import SHARED, need
from pages import Page, made, opaque

import fields
import models
from imaging.encode import encode
from imaging.photo import Photo
from jobs import store
from masks import SOURCES, Doubt, options_of
from masks.strokes import Stroke, Strokes
from recipe import Layer, MaskRecipe, Source
from ui import canvas, controls, selecting

pytestmark = pytest.mark.usefixtures("no_searches_by_the_worker")


def test_the_subject_is_found_at_once_and_told(studio: Page) -> None:
    assert studio.step == "Subject"
    assert "The subject is 26% of the photo." in studio.said


def test_the_automatic_mask_by_the_model(page: Page, u2netp: None) -> None:
    page.upload(need(SHARED / "photos" / "rabbit.jpeg").read_bytes(), "rabbit.jpeg")
    assert "The subject is" in page.said


def test_a_photo_without_a_subject_says_what_to_do(page: Page, u2netp: None) -> None:
    page.upload(encode(np.full((240, 320, 3), 200, np.uint8), "PNG"), "wall.png")
    assert "No subject stands out" in page.app.warning[0].value
    assert {"paint_instead", "look_again"} <= page.buttons()
    page.click("look_again")
    assert "No subject stands out" in page.app.warning[0].value


def test_every_source_is_offered_and_draws_its_options(studio: Page) -> None:
    """A source that is added appears unasked, and so does each of its options."""
    assert len(studio.app.get_by_key("layers.0.source").options) == len(SOURCES)
    for name, source in SOURCES.items():
        studio.set("layers.0.source", name).unfold()
        uploads = len(studio.app.file_uploader)
        for setting in fields.settings(source.Options):
            if setting.control.input == "strokes file":
                continue
            if setting.control.mark:
                assert "clear_clicks" in studio.buttons(), "the picture can be clicked on"
                continue
            drawn = f"layers.0.{name}.{setting.name}" in studio.app.session_state
            assert drawn or (setting.kind == "file" and uploads), setting


@pytest.mark.parametrize("name", SOURCES)
def test_options_are_said_in_words(name: str) -> None:
    """No raw value and no bare identifier is shown; what the command line calls it may stand beside the words."""
    for setting in fields.settings(SOURCES[name].Options):
        if setting.control.mark or setting.control.input == "strokes file":
            continue
        assert SOURCES[name].Options.model_fields[setting.name].title, setting.name
        for choice in setting.choices:
            words = controls.option_label(setting, choice)
            print(f"{setting.title}: {words}")
            assert words[0].isupper()
            assert " " in words or words.isalpha()
            assert choice in models.MODELS or choice in setting.control.words


def test_an_option_nobody_knew_of_gets_a_widget() -> None:
    """The controls are drawn from the fields alone."""
    from streamlit.testing.v1 import AppTest

    def script() -> None:
        from functools import partial
        from typing import Literal

        import streamlit as st
        from pydantic import Field

        import fields
        from masks.base import Options
        from ui import controls, state
        from ui.binding import Bound

        class New(Options):
            how: Literal["quick", "good", "fine", "best"] = Field("fine", description="How it looks.")
            side: Literal["left", "right"] = Field("left", description="Where it looks.")
            classes: tuple[Literal["cat", "dog"], ...] = Field(("cat",), description="What it looks for.")
            words: str = Field("a mug", description="In words.")
            many: tuple[str, ...] = Field((), description="Several.")
            threshold: float = Field(0.4, ge=0, le=1, description="From when on.")
            rounds: int = Field(3, ge=1, description="How often.")
            fast: bool = Field(False, description="In a hurry.")

        state.open_workspace("x" * 40)
        given = st.session_state.setdefault("given", New())

        def write(name: str, value: object) -> None:
            st.session_state.given = New.model_validate({**dict(st.session_state.given), name: value})

        controls.draw_all(
            (
                Bound(each, f"new.{each.name}", partial(getattr, given, each.name), partial(write, each.name))
                for each in fields.settings(New)
            ),
            "new.more",
        )

    app = AppTest.from_function(script).run()
    assert not app.exception
    drawn = {kind: len(app.get(kind)) for kind in ("selectbox", "text_input", "slider", "number_input", "toggle")}
    assert drawn == {"selectbox": 1, "text_input": 2, "slider": 1, "number_input": 1, "toggle": 1}
    assert len(app.get("button_group")) == 2
    assert all(widget.help for widget in [*app.selectbox, *app.text_input, *app.slider, *app.toggle])
    app.text_input(key="new.many").set_value("cat, dog").run()
    app.slider(key="new.threshold").set_value(0.7).run()
    given = app.session_state["given"]
    assert (given.many, given.threshold, given.classes, given.rounds) == (("cat", "dog"), 0.7, ("cat",), 3)


def test_an_own_mask_file_is_used(page: Page) -> None:
    page.upload(opaque(), "noise.png").set("layers.0.source", "file")
    assert "Fill in what is asked for below" in page.said
    mask = np.zeros((240, 320), np.uint8)
    mask[:120] = 255
    page.upload(encode(mask, "PNG"), "mask.png", at=0)
    assert "The subject is 50% of the photo." in page.said
    page.upload(b"no picture", "mask.png", at=0)
    assert "mask.png" in page.app.error[0].value


def test_a_photo_without_transparency_says_so(page: Page) -> None:
    page.upload(opaque()).set("layers.0.source", "alpha")
    assert "This photo has no transparency of its own" in page.app.warning[0].value
    page.click("paint_instead")
    assert page.app.get_by_key("layers.0.source").value == "strokes"
    assert page.app.session_state["subject.touch_up"], "the canvas is open"
    assert "paint over the subject in the picture" in page.app.info[0].value
    page.open("Background").click("to_subject")
    assert page.step == "Subject"


def test_a_mask_of_nothing_says_what_to_do(studio: Page) -> None:
    studio.set("background.mask.grow.unit", "px").set("background.mask.grow", -100.0)
    assert "Nothing is selected" in studio.app.warning[0].value
    studio.open("Background")
    assert "Without a subject there is nothing" in studio.said
    assert studio.app.button(key="make").disabled


def test_a_mask_of_everything_says_what_to_do(page: Page) -> None:
    page.upload(opaque()).set("layers.0.source", "file")
    page.upload(encode(np.full((240, 320), 255, np.uint8), "PNG"), "white.png")
    assert "Everything is selected" in page.app.warning[0].value
    page.set("background.mask.invert", True)
    assert "Nothing is selected" in page.app.warning[0].value


def _paint(page: Page, *strokes: Stroke) -> None:
    """As the canvas sends it: all strokes that are on it."""
    if not page.app.session_state["subject.touch_up"]:
        page.set("subject.touch_up", True)
    size = page.app.session_state["canvas_size"]
    key = f"canvas.{page.app.session_state['canvas_number']}"
    page.app.session_state[key] = {"drawing": {"raw": canvas.to_drawing(Strokes(strokes=strokes), size), "data": None}}
    page.run()


def test_drawn_by_hand_asks_for_strokes_and_uses_them(page: Page) -> None:
    page.upload(opaque()).set("layers.0.source", "strokes")
    assert "Nothing is drawn yet" in page.said
    assert page.app.button(key="to_background").disabled
    _paint(page, Stroke(shape="rectangle", points=((0.0, 0.0), (0.5, 0.5))))
    assert "The subject is 25% of the photo." in page.said
    assert not page.app.button(key="to_background").disabled


@pytest.mark.parametrize(
    "source", [name for name in SOURCES if name not in ("auto", "rembg", "alpha", "hair", "deeplab")]
)
def test_a_source_that_lacks_something_asks_for_it_in_words(page: Page, source: str) -> None:
    """In no step is anything said of options, commands or fields."""
    page.upload(opaque()).set("layers.0.source", source)
    for step in ("Subject", "Background"):
        said = page.open(step).said
        assert re.search("Click on the subject|Nothing is drawn yet|Fill in what is asked for", said)
        assert not re.search(r"sam:|--|Field required|do not fit|python main\.py", said)


def test_doubt_is_shown_as_doubt_with_the_next_way(studio: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    real = selecting.found
    doubtful = Doubt(0.7, "The networks disagree about what the subject is, so check the mask.")

    def found(photo: Photo, mask: MaskRecipe) -> selecting.Found:
        selection = real(photo, mask).selection
        assert selection is not None
        return selecting.Found(replace(selection, doubt=doubtful, notes=(doubtful.sentence,), models=("u2netp",)))

    monkeypatch.setattr(selecting, "found", found)
    monkeypatch.setattr(models, "is_installed", lambda id: True)
    studio.run()
    assert "The subject is 26% of the photo, but the networks disagree" in studio.app.warning[0].value
    assert not studio.app.success
    assert studio.said.count("networks disagree") == 1
    assert "Found by a neural network." in studio.said
    assert "u2netp." in [caption.proto.help for caption in studio.app.caption], "its name is one click away"
    monkeypatch.setattr(selecting, "found", real)
    studio.click("click_instead")
    assert "Click on the subject in the picture" in studio.said


def test_automatic_says_when_it_asked_other_networks_than_last_time(
    studio: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = selecting.found
    asked: list[tuple[str, ...]] = [("u2netp",)]

    def found(photo: Photo, mask: MaskRecipe) -> selecting.Found:
        selection = real(photo, mask).selection
        assert selection is not None
        return selecting.Found(replace(selection, models=asked[0]))

    monkeypatch.setattr(selecting, "found", found)
    assert "Last time" not in studio.run().said
    asked[0] = ("u2netp", "mobile-sam")
    for _ in range(2):  # it stays as long as the photo does
        assert "Found by u2netp, MobileSAM. Last time it was u2netp." in studio.run().said


def test_touch_ups_and_settings_are_undone_in_one_order(studio: Page) -> None:
    """What the page says after an undo is of the page as it is then: the share, and what is left to undo."""
    studio.set("subject.touch_up", True)
    top = Stroke(op="remove", shape="rectangle", points=((0.0, 0.0), (1.0, 0.5)))
    _paint(studio, top)
    studio.set("background.mask.grow", -20.0)
    _paint(studio, top, top.model_copy(update={"points": ((0.0, 0.0), (0.5, 1.0))}))
    shares = [_share(studio)]
    for _ in range(3):
        studio.click("undo")
        shares.append(_share(studio))
    assert len(set(shares)) == 4
    assert shares[-1] == "26%"
    assert studio.app.button(key="undo").disabled
    assert studio.app.button(key="clear").disabled
    again = studio.reload()
    for wanted in reversed(shares[:-1]):
        again.click("redo")
        assert _share(again) == wanted, "undo and redo outlive a reload"
    assert again.app.button(key="redo").disabled
    assert again.click("clear").app.button(key="undo").help == "Undo: Clear the strokes."


def _share(page: Page) -> str:
    return str(re.search(r"The subject is (\d+%)", page.said)[1])  # type: ignore[index]


def test_the_edge_is_shaped_and_reset(studio: Page) -> None:
    studio.set("background.mask.grow", -20.0)
    assert "The subject is 26%" not in studio.said
    studio.click("reset_edge")
    assert "The subject is 26%" in studio.said


def _half(page: Page) -> str:
    """Digest of a mask file in the store: the left half."""
    mask = np.zeros((240, 320), np.uint8)
    mask[:, :160] = 255
    return store.default().put(encode(mask, "PNG"))


def _with_half(page: Page, op: str) -> Page:
    """Another layer: a mask file with the left half."""
    page.click("add_layer")
    here = page.app.session_state["workspace"]
    layer = Layer(source=Source(name="file", options={"mask": _half(page)}))
    here.background = here.background.put("mask.layers", (here.background.mask.layers[0], layer))
    return page.set("layers.1.op", op)


@pytest.mark.parametrize(("op", "share"), [("remove", 13), ("intersect", 13)])
def test_layers_are_combined_and_survive_a_reload(studio: Page, op: str, share: int) -> None:
    _with_half(studio, op)
    assert f"The subject is {share}% of the photo." in studio.said
    again = studio.reload()
    assert f"The subject is {share}% of the photo." in again.said
    again.click("layers.1.gone")
    assert "The subject is 26% of the photo." in again.said
    assert len(again.app.session_state["workspace"].background.mask.layers) == 1


def test_a_layer_that_lacks_something_waits(studio: Page) -> None:
    studio.click("add_layer")
    assert "Not in use yet: click on it in the picture" in studio.said
    assert "The subject is 26% of the photo." in studio.said
    studio.set("layers.1.source", "text")
    assert "Not in use yet: fill in what is asked for above" in studio.said


def test_layers_and_edge_come_back_with_the_settings(studio: Page) -> None:
    _with_half(studio, "remove").set("background.mask.objects", "largest").set("background.mask.matting", True)
    studio.open("Background").click("make")
    first, _ = made(studio)
    assert [layer.op for layer in first.mask.layers] == ["add", "remove"]
    assert (first.mask.objects, first.mask.matting) == ("largest", True)
    studio.open("Subject").click("layers.1.gone").click("reset_edge")
    assert "The subject is 26% of the photo." in studio.said
    studio.open("Result").click("settings_again").click("make")
    assert made(studio)[0].mask == first.mask


MASKS = {
    "every option": MaskRecipe(
        layers=(
            Layer(
                source=Source(name="sam", options={"clicks": [[10, 20], [30, 40.5]], "not": "50,60", "box": "1,2,9,8"})
            ),
            Layer(op="add", source=Source(name="text", options={"phrases": ["a mug", "a cup"], "threshold": 0.6})),
            Layer(op="remove", source=Source(name="deeplab", options={"categories": "person,dog"})),
            Layer(op="intersect", source=Source(name="alpha")),
        ),
        objects=((12.0, 13.0), (100.0, 90.5)),
        matting=True,
    ),
    "nothing but a box": MaskRecipe(layers=(Layer(source=Source(name="sam", options={"box": [1, 2, 30, 40]})),)),
    "as it starts": MaskRecipe(),
}


@pytest.mark.parametrize("name", MASKS)
def test_controls_say_what_a_recipe_says(name: str) -> None:
    """Put in and read back: the same mask, whatever was set before."""
    from streamlit.testing.v1 import AppTest

    def script() -> None:
        import streamlit as st

        import recipe
        from ui import layers, selecting, state

        state.open_workspace("x" * 40)
        for given in st.session_state.masks:
            mask = recipe.MaskRecipe.model_validate_json(given)
            selecting.load_from_recipe(recipe.Recipe(photo="0" * 64, mask=mask))
        layers.show()
        st.session_state.again = selecting.recipe()

    app = AppTest.from_function(script)
    app.session_state["masks"] = [MASKS["every option"].model_dump_json(), MASKS[name].model_dump_json()]
    app.run()
    assert not app.exception
    wanted = [options_of(layer.source)[1] for layer in MASKS[name].layers]
    again = app.session_state["again"]
    assert [options_of(layer.source)[1] for layer in again.layers] == wanted
    assert again.model_copy(update={"layers": ()}) == MASKS[name].model_copy(update={"layers": ()})
