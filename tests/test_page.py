"""Every panel without a browser: what it shows, what it does, and what it says where something is missing."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from conftest import SHARED, need, picture
from job_helpers import seeds
from pages import ROOT, Page, cut_out, opaque

import fields
import main
import models
from backdrops import DescribedBackdrop, GeneratedBackdrop, GradientBackdrop, SceneBackdrop, TransparentBackdrop
from errors import BadInput
from imaging import inpaint_io, provenance
from imaging.encode import encode
from imaging.photo import Photo, load
from imaging.scenes import SCENES
from jobs import history, queue, searches, store, supervisor, worker
from masks import SOURCES, Selection, options_of
from masks.sam import SamOptions
from masks.strokes import Stroke, Strokes
from recipe import Layer, Length, MaskRecipe, Recipe, Source
from ui import options, working
from ui.pointer import Mark, parse_marks


@pytest.fixture(autouse=True)
def no_searches_by_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which weights are here must not decide what is tested; ``test_searches.py`` has the worker's."""
    monkeypatch.setattr(searches, "takes_long", lambda layers: False)


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def studio(page: Page) -> Page:
    """With a photo on the desk whose subject is found without a model."""
    return page.upload(cut_out(), "disc.png")


# --- the photo


def test_the_first_page_offers_upload_camera_words_and_samples(page: Page) -> None:
    assert page.app.title[0].value == "The same subject, in a new place"
    assert page.app.get_by_key("photo.way").options == ["Upload", "Camera", "Describe a picture"]
    assert "What you make will be kept here" in page.said


def test_samples_open_in_the_studio(page: Page) -> None:
    samples = sorted(key for key in page.buttons() if key.startswith("sample.") and "cutout" in key)
    if not samples:
        pytest.skip("needs samples/")
    page.click(samples[0])
    assert page.step == "Subject"
    assert "The subject is" in page.said


@pytest.mark.parametrize(
    ("data", "name", "what"),
    [
        (b"hello", "notes.png", "notes.png is not the picture its name says"),
        (b"", "empty.jpg", "empty.jpg is empty"),
        (b"GIF89a" + bytes(50), "loop.png", "is a GIF; save it as PNG"),
        (encode(picture(), "PNG")[:-300], "half.png", "half.png is damaged or incomplete"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence_and_nothing_is_lost(
    page: Page, data: bytes, name: str, what: str
) -> None:
    page.upload(data, name)
    assert what in page.app.error[0].value
    assert page.app.title[0].value == "The same subject, in a new place"
    page.upload(cut_out())
    assert page.step == "Subject"


def test_a_photo_replaces_the_one_before_only_when_it_can_be_read(studio: Page) -> None:
    studio.open("Photo").upload(b"nothing", "bad.png")
    assert "bad.png" in studio.app.error[0].value
    studio.open("Subject")
    assert "The subject is" in studio.said


def test_a_camera_picture_is_taken_in(page: Page) -> None:
    page.set("photo.way", "Camera")
    page.app.camera_input[0].upload("shot.jpg", encode(picture(200, 150), "JPEG"))
    page.run()
    assert page.step == "Subject"


def test_steps_without_a_photo_lead_back_to_one(studio: Page) -> None:
    studio.app.session_state["desk"].photo = None
    studio.app.session_state["desk"].results = ["0" * 64]
    studio.run()
    for step in ("Subject", "Background"):
        studio.open(step)
        assert "First choose a photo." in studio.said


# --- the theme


def _contrast(one: str, other: str) -> float:
    """Of two colours ``#rrggbb``, 1 to 21, as WCAG 2 defines it."""

    def light(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_words_can_be_read_in_both_themes(name: str) -> None:
    """At least 4.5:1, as WCAG's level AA asks; Streamlit writes white on a primary button."""
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"][name]
    behind = theme["backgroundColor"], theme["secondaryBackgroundColor"]
    pairs = [("#ffffff", theme["primaryColor"])]
    pairs += [(theme[words], page) for words in ("textColor", "linkColor") for page in behind]
    measured = {pair: round(_contrast(*pair), 2) for pair in pairs}
    print(measured, "at least 4.5")
    assert min(measured.values()) >= 4.5


# --- the subject


def test_the_subject_is_found_at_once_and_told(studio: Page) -> None:
    assert studio.step == "Subject"
    assert "The subject is 26% of the photo." in studio.said


def test_the_automatic_mask_by_the_model(page: Page, u2netp: None) -> None:
    page.upload(need(SHARED / "photos" / "rabbit.jpeg").read_bytes(), "rabbit.jpeg")
    assert "The subject is" in page.said


def test_a_photo_without_a_subject_says_what_to_do(page: Page, u2netp: None) -> None:
    page.upload(encode(np.full((240, 320, 3), 200, np.uint8), "PNG"), "wall.png")
    assert "No subject stands out" in page.app.warning[0].value
    assert "paint the subject yourself" in page.app.warning[0].value
    page.click("look_again")
    assert "No subject stands out" in page.app.warning[0].value


def test_every_source_is_offered_and_draws_its_options(studio: Page) -> None:
    """A source that is added appears unasked, and so does each of its options."""
    assert len(studio.app.get_by_key("subject.source").options) == len(SOURCES)
    for name, source in SOURCES.items():
        studio.set("subject.source", name)
        drawn = set(studio.app.session_state["desk"].values)
        uploads = len(studio.app.file_uploader)
        for setting in fields.settings(source.Options):
            if setting.control.input == "strokes file":
                continue
            if setting.control.mark:
                assert "undo_click" in studio.buttons(), "the picture can be clicked on"
                continue
            assert f"subject.{name}.{setting.name}" in drawn or (setting.kind == "file" and uploads), setting


@pytest.mark.parametrize("name", SOURCES)
def test_options_are_said_in_words(name: str) -> None:
    """No raw value and no bare identifier is shown; what the command line calls it may stand beside the words."""
    for setting in fields.settings(SOURCES[name].Options):
        if setting.control.mark or setting.control.input == "strokes file":
            continue
        assert SOURCES[name].Options.model_fields[setting.name].title, setting.name
        for choice in setting.choices:
            words = options.option_label(setting, choice)
            print(f"{setting.title}: {words}")
            assert words[0].isupper()
            assert " " in words or words.isalpha()
            assert choice in models.MODELS or choice in setting.control.words


def test_an_option_nobody_knew_of_gets_a_widget() -> None:
    """The controls are drawn from the fields alone."""
    from streamlit.testing.v1 import AppTest

    def script() -> None:
        from typing import Literal

        import streamlit as st
        from pydantic import Field

        from masks.base import Options
        from ui import options, state

        class New(Options):
            how: Literal["quick", "fine"] = Field("fine", description="How it looks.")
            classes: tuple[Literal["cat", "dog"], ...] = Field(("cat",), description="What it looks for.")
            words: str = Field("a mug", description="In words.")
            many: tuple[str, ...] = Field((), description="Several.")
            threshold: float = Field(0.4, ge=0, le=1, description="From when on.")
            rounds: int = Field(3, ge=1, description="How often.")
            fast: bool = Field(False, description="In a hurry.")

        state.open_desk("x" * 40)
        st.session_state.given = New.model_validate(options.controls(New, "new"))

    app = AppTest.from_function(script).run()
    assert not app.exception
    assert (len(app.selectbox), len(app.text_input), len(app.slider), len(app.number_input), len(app.toggle)) == (
        1,
        2,
        1,
        1,
        1,
    )
    assert all(widget.help for widget in [*app.selectbox, *app.text_input, *app.slider, *app.toggle])
    app.text_input(key="new.many").set_value("cat, dog").run()
    app.slider(key="new.threshold").set_value(0.7).run()
    given = app.session_state["given"]
    assert (given.many, given.threshold, given.classes, given.rounds) == (("cat", "dog"), 0.7, ("cat",), 3)


def test_an_own_mask_file_is_used(page: Page) -> None:
    page.upload(opaque(), "noise.png").set("subject.source", "file")
    assert "Fill in what is asked for above" in page.said
    mask = np.zeros((240, 320), np.uint8)
    mask[:120] = 255
    page.upload(encode(mask, "PNG"), "mask.png", at=0)
    assert "The subject is 50% of the photo." in page.said
    page.upload(b"no picture", "mask.png", at=0)
    assert "mask.png" in page.app.error[0].value


def test_a_photo_without_transparency_says_so(page: Page) -> None:
    page.upload(opaque()).set("subject.source", "alpha")
    assert "This photo has no transparency of its own" in page.app.warning[0].value
    assert "Drawn by hand" in page.app.warning[0].value


def test_a_mask_of_nothing_says_what_to_do(studio: Page) -> None:
    studio.set("subject.grow_unit", "px").set("subject.grow.px", -100.0)
    assert "Nothing is selected" in studio.app.warning[0].value
    studio.open("Background")
    assert "Without a subject there is nothing" in studio.said
    assert studio.app.button(key="make").disabled


def test_a_mask_of_everything_says_what_to_do(page: Page) -> None:
    page.upload(opaque()).set("subject.source", "file")
    page.upload(encode(np.full((240, 320), 255, np.uint8), "PNG"), "white.png")
    assert "Everything is selected" in page.app.warning[0].value
    page.set("subject.invert", True)
    assert "Nothing is selected" in page.app.warning[0].value


def test_drawn_by_hand_asks_for_strokes_and_uses_them(page: Page) -> None:
    page.upload(opaque()).set("subject.source", "strokes")
    assert "Nothing is drawn yet" in page.said
    page.app.session_state["desk"].strokes = Strokes(
        strokes=(Stroke(shape="rectangle", points=((0.0, 0.0), (0.5, 0.5))),)
    )
    page.run()
    assert "The subject is 25% of the photo." in page.said


def test_touch_ups_count_and_can_be_undone_and_cleared(studio: Page) -> None:
    studio.set("subject.touch_up", True)
    whole = Stroke(shape="rectangle", points=((0.0, 0.0), (1.0, 0.5)))
    studio.app.session_state["desk"].strokes = Strokes(strokes=(whole, whole.model_copy(update={"op": "remove"})))
    studio.run()
    assert "The subject is 13% of the photo." in studio.said
    studio.click("undo")
    assert len(studio.app.session_state["desk"].strokes.strokes) == 1
    studio.click("clear")
    assert "The subject is 26% of the photo." in studio.said
    assert studio.app.button(key="undo").disabled


def test_the_edge_is_shaped_and_reset(studio: Page) -> None:
    studio.set("subject.grow.%", -20.0)
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
    page.click("add_layer").set("subject.layer.1.source", "file")
    page.app.session_state["desk"].values["subject.layer.1.file.mask"] = _half(page)
    return page.set("subject.layer.1.op", op)


@pytest.mark.parametrize(("op", "share"), [("remove", 13), ("intersect", 13)])
def test_layers_are_combined_and_survive_a_reload(studio: Page, op: str, share: int) -> None:
    _with_half(studio, op)
    assert f"The subject is {share}% of the photo." in studio.said
    again = studio.reload()
    assert f"The subject is {share}% of the photo." in again.said
    again.click("subject.layer.1.gone")
    assert "The subject is 26% of the photo." in again.said
    assert "subject.layer.1.op" not in again.app.session_state["desk"].values


def test_a_layer_that_lacks_something_waits(studio: Page) -> None:
    studio.click("add_layer")
    assert "Not in use yet: click on it in the picture" in studio.said
    assert "The subject is 26% of the photo." in studio.said
    studio.set("subject.layer.1.source", "text")
    assert "Not in use yet: fill in what is asked for above" in studio.said


def test_layers_and_edge_come_back_with_the_settings(studio: Page) -> None:
    _with_half(studio, "remove").set("subject.objects.how", "largest").set("subject.matting", True)
    studio.open("Background").click("make")
    first, _ = _made(studio)
    assert [layer.op for layer in first.mask.layers] == ["add", "remove"]
    assert (first.mask.objects, first.mask.matting) == ("largest", True)
    studio.open("Subject").click("subject.layer.1.gone").click("reset_edge")
    assert "The subject is 26% of the photo." in studio.said
    studio.open("Result").click("settings_again").click("make")
    assert _made(studio)[0].mask == first.mask


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

        from recipe import MaskRecipe
        from ui import layers, selecting, state

        state.open_desk("x" * 40)
        for given in st.session_state.masks:
            selecting.load_from_recipe(MaskRecipe.model_validate_json(given))
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


def _click(page: Page, kind: str, *at: float, target: str = "subject.sam") -> Page:
    """As the browser tells it, in fractions of the photo of 320 x 240."""
    mark = [kind, *(value / (320, 240)[axis % 2] for axis, value in enumerate(at))]
    page.app.session_state[f"pointer.{target}"] = {"told": {"run": secrets.token_hex(4), "marks": [mark]}}
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
        return Selection(values, probability=values / 255, found=(("dog", 0.25),))

    monkeypatch.setattr("masks.sam.Sam.find", find)
    return asked


def test_clicks_select_are_undone_and_survive_a_reload(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("subject.source", "sam")
    assert "Click on the subject in the picture" in page.said
    assert page.app.button(key="undo_click").disabled
    _click(page, "add", 100, 100)
    assert pointed[-1] == {"clicks": [[100, 100]]}
    assert "The subject is 8% of the photo." in page.said
    assert "Seen in this photo: dog 25%." in page.said
    _click(page, "remove", 100, 140)
    assert pointed[-1] == {"clicks": [[100, 100]], "excluded": [[100, 140]]}
    assert "The subject is 4% of the photo." in page.said
    page = page.reload()
    assert "The subject is 4% of the photo." in page.said
    page.click("undo_click")
    assert "The subject is 8% of the photo." in page.said
    page.click("clear_clicks")
    assert "Click on the subject in the picture" in page.said
    _click(page, "box", 0, 0, 160, 120)
    assert pointed[-1] == {"box": [0, 0, 160, 120]}
    page.open("Photo").upload(opaque(200, 100)).open("Subject")
    assert "Click on the subject in the picture" in page.said, "another photo, other places"


def test_undo_steps_back_through_every_mark(page: Page, pointed: list[dict[str, object]]) -> None:
    """Boxes among clicks: of several boxes the last one counts, and taking it back brings the one before."""
    page.upload(opaque()).set("subject.source", "sam")
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
        page.click("undo_click")
        assert _asked(page) == wanted
    page.click("undo_click")
    assert "Click on the subject in the picture" in page.said


def _asked(page: Page) -> dict[str, object]:
    """The options of the first layer as the page's recipe has them."""
    page.open("Background").click("make")
    source = _made(page)[0].mask.layers[0].source
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
    page.upload(opaque()).set("subject.source", "sam")
    marks = [["add", 0.5, at / 100] for at in range(70)]
    page.app.session_state["pointer.subject.sam"] = {"told": {"run": "one", "marks": marks}}
    page.run()
    assert len(pointed[-1]["clicks"]) == 64  # type: ignore[arg-type]
    assert "64 clicks are the most" in page.said


def test_the_heat_map_is_offered_where_there_is_one(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("subject.source", "sam")
    assert "Heat map" not in page.app.get_by_key("subject.view").options
    _click(page, "add", 100, 100).set("subject.view", "Heat map")
    assert "How sure the networks are" in page.said
    page.click("clear_clicks")
    assert page.app.session_state["subject.view"] == "Overlay"


def test_each_layer_has_a_heat_map_of_its_own(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("subject.source", "sam")
    _click(page, "add", 60, 60).click("add_layer").set("subject.view", "Heat map")
    first = _seen(page)
    with pytest.raises(KeyError):
        page.app.get_by_key("subject.heat_of")
    _click(page, "add", 240, 160, target="subject.layer.1.sam")
    assert page.app.get_by_key("subject.heat_of").options == ["The subject", "Layer 2"]
    assert _seen(page) == first
    page.set("subject.heat_of", "subject.layer.1")
    second = _seen(page)
    for seen, (x, y), (x_no, y_no) in ((first, (60, 60), (240, 160)), (second, (240, 160), (60, 60))):
        bright = load(seen).rgb8.astype(int).sum(axis=2)
        scale = bright.shape[1] / 320
        assert bright[int(y * scale), int(x * scale)] > 2 * bright[int(y_no * scale), int(x_no * scale)]
    page.click("subject.layer.1.gone")
    assert _seen(page) == first


def _seen(page: Page) -> bytes:
    """The picture to click on."""
    (shown,) = [one for one in page.app.get("bidi_component") if "pointer" in one.proto.component_name]
    return base64.b64decode(json.loads(shown.proto.json)["picture"].partition(",")[2])


def test_clicks_of_several_layers_are_kept_apart(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("subject.source", "sam")
    _click(page, "add", 50, 50)
    page.click("add_layer")
    _click(page, "add", 200, 90, target="subject.layer.1.sam")
    assert "The subject is 17% of the photo." in page.said
    page.click("undo_click").set("subject.layer.1.op", "remove")
    assert page.app.session_state["clicks.for"] == "subject.layer.1.sam"
    _click(page, "add", 50, 90, target="subject.layer.1.sam")
    assert "The subject is 4% of the photo." in page.said
    page.set("clicks.for", "subject.sam").click("undo_click")
    assert list(page.app.session_state["desk"].marks["subject.layer.1.sam"]) == [Mark(kind="add", at=(50, 90))]


def test_one_of_several_things_is_kept_by_a_click(page: Page, pointed: list[dict[str, object]]) -> None:
    page.upload(opaque()).set("subject.source", "sam")
    _click(_click(page, "add", 60, 60), "add", 240, 160)
    assert "The subject is 17% of the photo." in page.said
    page.set("subject.objects.how", "chosen")
    assert "until then all of them are kept" in page.said
    _click(page, "add", 241, 161, target="subject.objects")
    assert "The subject is 8% of the photo." in page.said
    page.click("reset_edge")
    assert "The subject is 17% of the photo." in page.said


# --- the background


def _made(page: Page) -> tuple[Recipe, str]:
    digest = page.app.session_state["desk"].results[0]
    return Recipe.from_json(provenance.read(store.default().get(digest), "result").recipe), digest


@pytest.mark.parametrize("kind", ["colour", "gradient", "sweep", "blur", "scene", "transparent"])
def test_an_instant_background_is_made_as_the_command_line_makes_it(studio: Page, kind: str) -> None:
    studio.open("Background").set("background.kind", kind).set("background.shadow", True).click("make")
    assert studio.step == "Result"
    recipe, digest = _made(studio)
    assert (recipe.backdrop.kind, recipe.shadow) == (kind, "contact")
    photo = load(cut_out(), "disc.png")
    (again,) = main.run(recipe, photo, store.default().get)
    assert again.encode("PNG") == store.default().get(digest)
    assert "The subject is untouched" in studio.said


def test_a_ready_gradient_sets_all_its_colours(studio: Page) -> None:
    studio.open("Background").set("background.kind", "gradient").set("background.gradient.name", "Dawn").click("make")
    backdrop = _made(studio)[0].backdrop
    assert isinstance(backdrop, GradientBackdrop)
    assert backdrop.colours == ("#fbe3d0", "#d98f8a", "#6c6a94")


def test_a_scene_is_chosen_from_the_gallery_and_set(studio: Page) -> None:
    studio.open("Background").set("background.kind", "scene")
    assert {f"scene.{name}" for name in SCENES} <= studio.buttons()
    studio.click("scene.bokeh").set("background.scene.bokeh.colour", "#3070c0").click("scene_another").click("make")
    backdrop = _made(studio)[0].backdrop
    assert backdrop == SceneBackdrop(name="bokeh", values={"colour": "#3070c0"}, seed=1)


def test_a_picture_behind_asks_for_the_picture(studio: Page) -> None:
    studio.open("Background").set("background.kind", "image")
    assert "Hand in a picture" in studio.said
    assert studio.app.button(key="make").disabled
    studio.upload(b"no", "beach.png")
    assert "beach.png" in studio.app.error[0].value
    studio.upload(opaque(100, 80), "beach.png").click("make")
    assert _made(studio)[0].backdrop.kind == "image"


def test_reruns_are_quick_on_a_large_photo(page: Page) -> None:
    """A rerun costs nothing that was paid before."""
    page.upload(cut_out(4000, 3000, 900), "twelve-megapixels.png").open("Background")
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        page.run()
        seconds.append(time.perf_counter() - started)
    print(f"rerun at 12 megapixels: {min(seconds) * 1000:.0f} ms, at most 300 ms")
    assert min(seconds) < 0.3


# --- the result


def test_without_a_result_the_panel_leads_to_one(studio: Page) -> None:
    studio.open("Result")
    assert "There is no picture yet" in studio.said
    studio.click("result_to_background")
    assert studio.step == "Background"


def test_settings_come_back_and_the_result_can_be_edited_further(studio: Page) -> None:
    studio.set("subject.feather", 2.0).open("Background").set("background.kind", "gradient")
    studio.set("background.gradient.angle", 45).click("make")
    first, digest = _made(studio)
    studio.open("Subject").set("subject.feather", 9.0).open("Background").set("background.kind", "blur")
    studio.open("Result").click("settings_again")
    assert studio.step == "Background"
    assert studio.app.get_by_key("background.kind").value == "gradient"
    studio.click("make")
    assert _made(studio) == (first, digest)
    studio.click("edit_further")
    assert studio.app.session_state["desk"].photo == digest
    assert studio.step == "Subject"


def test_downloads_are_what_they_say(studio: Page) -> None:
    studio.open("Background").click("make")
    recipe, digest = _made(studio)
    labels = {button.label for button in studio.app.get("download_button")}
    assert labels == {"PNG", "JPEG", "WebP", "Cut-out", "Mask"}
    from ui import result

    selection = provenance.read(store.default().get(digest), "result").selection
    assert selection is not None
    assert np.array_equal(load(result._mask(digest)).rgb8[..., 0], selection)
    assert Recipe.from_json(provenance.read(result._as(digest, "JPEG"), "a.jpg").recipe) == recipe
    cut = load(result._cut_out(digest))
    assert cut.alpha is not None
    assert np.array_equal(cut.alpha, selection)


def test_a_cut_out_offers_no_jpeg(studio: Page) -> None:
    studio.open("Background").set("background.kind", "transparent").click("make")
    assert isinstance(_made(studio)[0].backdrop, TransparentBackdrop)
    assert {button.label for button in studio.app.get("download_button")} == {"PNG", "WebP", "Mask"}


# --- generated pictures


@pytest.fixture
def models_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Recipe, str]]:
    """As if every model were here and the queue took everything: what was handed in."""
    handed_in: list[tuple[Recipe, str]] = []

    def submit(recipe: Recipe, visitor: str, address: str | None = None) -> str:
        handed_in.append((recipe, visitor))
        return f"job-{len(handed_in)}"

    monkeypatch.setattr(models, "is_installed", lambda id: True)
    monkeypatch.setattr(models, "installed_denoiser", lambda task: next(iter(models.denoisers(task))))
    monkeypatch.setattr(models, "require", lambda *_: tmp_path)
    monkeypatch.setattr(queue, "submit", submit)
    monkeypatch.setattr(queue, "ensure_worker", lambda: None)
    monkeypatch.setattr(queue, "status", lambda id: _job(handed_in[int(id.split("-")[1]) - 1][0], id=id))
    monkeypatch.setattr(queue, "jobs_of", lambda visitor, **_: [])
    return handed_in


def _job(recipe: Recipe, **changes: object) -> queue.Job:
    values: dict[str, object] = {
        "id": "job-1",
        "state": "running",
        "position": 0,
        "stage": "Painting the background",
        "step": 12,
        "steps": 25,
        "picture": 2,
        "pictures": 4,
        "seconds_left": 20.4,
        "preview": encode(picture(64, 48), "JPEG"),
        "results": (),
        "error": None,
        "attempts": 1,
        "recipe": recipe,
        "owner": "",
        "created": datetime.now(UTC),
    }
    return queue.Job(**(values | changes))  # type: ignore[arg-type]


def test_a_model_that_is_not_here_says_its_size_and_licence_and_offers_the_download(studio: Page) -> None:
    studio.open("Background").set("background.mode", "Generated").set("background.generated.model", "sd2-inpaint")
    assert "It is 5.2 GB, under the licence [CreativeML OpenRAIL++-M]" in studio.said
    assert "**Instant** backgrounds work at once" in studio.said
    assert "download.sd2-inpaint" in studio.buttons()
    assert "generate" not in studio.buttons()


def test_a_sentence_is_drawn_as_a_scene_and_a_chip_changes_it(
    studio: Page, models_here: list[tuple[Recipe, str]]
) -> None:
    prefix = "background.generated"
    studio.open("Background").set("background.mode", "Generated").set(f"{prefix}.model", "scenes")
    studio.set(f"{prefix}.prompt", "on a wet street at night, a dragon").set(f"{prefix}.seed_locked", True)
    assert "Drawn: city, wet, night; not drawn: dragon." in studio.said
    studio.click(f"{prefix}.chip.wet.0").set(f"{prefix}.seed", 5)
    assert "no wet" in studio.said
    studio.click("generate")
    ((recipe, _),) = models_here
    assert isinstance(recipe.backdrop, DescribedBackdrop)
    assert recipe.seed == 5
    assert recipe.backdrop.reading.name == "city"
    assert dict(recipe.backdrop.reading.values) == {"wet": False, "time": "night"}


def test_a_sentence_that_no_scene_draws_says_so(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    prefix = "background.generated"
    studio.open("Background").set("background.mode", "Generated").set(f"{prefix}.model", "scenes")
    studio.set(f"{prefix}.prompt", "at an airport terminal").click("generate")
    assert "The rendered scenes cannot draw" in studio.app.warning[0].value
    assert models_here == []


def test_an_empty_prompt_is_asked_for(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    studio.open("Background").set("background.mode", "Generated").click("generate")
    assert "Say in a few words what should be there" in studio.app.warning[0].value
    assert models_here == []


def test_every_setting_reaches_the_queue(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    prefix = "background.generated"
    studio.set("subject.feather", 2.0).open("Background").set("background.mode", "Generated")
    studio.set("background.shadow", True)
    studio.set(f"{prefix}.idea", "Forest").set(f"{prefix}.negative_prompt", "rain").set(
        f"{prefix}.model", "sd2-inpaint"
    )
    studio.set(f"{prefix}.num_images_per_prompt", 3).set(f"{prefix}.seed", 77).set(f"{prefix}.seed_locked", True)
    for name, value in (("num_inference_steps", 12), ("guidance_scale", 4.5), ("strength", 0.8), ("scheduler", "ddim")):
        studio.set(f"{prefix}.sd2-inpaint.{name}", value)
    studio.set(f"{prefix}.mask_grow", -2.0).set(f"{prefix}.mask_feather", 5.0).set(f"{prefix}.own_size", True)
    studio.set(f"{prefix}.defocus", 3.0)
    studio.set(f"{prefix}.sd2-inpaint.width", 640).set(f"{prefix}.sd2-inpaint.height", 384).click("generate")
    ((recipe, visitor),) = models_here
    wanted = GeneratedBackdrop.of(
        "sd2-inpaint",
        prompt="on a mossy forest floor, morning sun through tall trees, shallow depth of field, photo",
        negative_prompt="rain",
        num_images_per_prompt=3,
        num_inference_steps=12,
        guidance_scale=4.5,
        strength=0.8,
        scheduler="ddim",
        width=640,
        height=384,
        mask_grow=Length(value=-2, unit="%"),
        mask_feather=5.0,
        defocus=3.0,
    )
    assert (recipe.backdrop, recipe.seed, recipe.shadow, recipe.mask.feather) == (wanted, 77, "contact", 2.0)
    assert visitor == studio.visitor
    assert studio.step == "Result"


def test_a_seed_is_shown_rolled_and_kept_only_when_locked(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    prefix = "background.generated"
    studio.open("Background").set("background.mode", "Generated").set(f"{prefix}.prompt", "a beach")
    first = studio.app.get_by_key(f"{prefix}.seed").value
    studio.click(f"{prefix}.reroll")
    second = studio.app.get_by_key(f"{prefix}.seed").value
    assert first != second
    studio.click("generate").open("Background")
    third = studio.app.get_by_key(f"{prefix}.seed").value
    assert models_here[0][0].seed == second != third
    studio.set(f"{prefix}.seed_locked", True).click("generate").open("Background")
    assert studio.app.get_by_key(f"{prefix}.seed").value == third == models_here[1][0].seed


def test_a_size_that_does_not_fit_is_told_before(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    prefix = "background.generated"
    studio.open("Background").set("background.mode", "Generated").set(f"{prefix}.prompt", "a beach")
    studio.set(f"{prefix}.own_size", True).set(f"{prefix}.sd15-inpaint.width", 500)
    assert "must be a multiple of 8, for example 496" in studio.said
    studio.click("generate")
    assert "multiple of 8" in studio.app.error[0].value
    studio.set(f"{prefix}.sd15-inpaint.width", 768).set(f"{prefix}.sd15-inpaint.height", 768)
    assert "Beyond 512 pixels in both directions, the model tends to repeat things" in studio.said
    studio.set(f"{prefix}.sd15-inpaint.width", 256).set(f"{prefix}.sd15-inpaint.height", 256)
    assert "Below 512 pixels, the model loses detail" in studio.said


def test_a_picture_is_painted_from_words_alone(page: Page, models_here: list[tuple[Recipe, str]]) -> None:
    page.set("photo.way", "Describe").set("create.prompt", "a bowl of lemons").click("create")
    ((recipe, _),) = models_here
    assert (recipe.task, recipe.photo) == ("create", None)
    assert page.step == "Result"
    assert "Being made" in page.said


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({}, "**Painting the background** · picture 2 of 4 · step 12 of 25 · about 20 s left"),
        ({"seconds_left": 200.0}, "about 3 min left"),
        ({"state": "queued", "position": 3}, "**Waiting in line**, place 3."),
        ({"state": "queued", "position": 1}, "**Next in line.**"),
    ],
)
def test_how_a_job_stands_is_said_in_words(changes: dict[str, object], what: str) -> None:
    assert what in working.sentence(_job(Recipe(photo="0" * 64), **changes))


def test_a_job_is_seen_from_every_panel(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    studio.open("Background").set("background.mode", "Generated").set("background.generated.prompt", "a beach")
    studio.click("generate")
    for step in ("Background", "Result", "Subject", "Result", "Photo"):
        studio.open(step)
        assert "cancel.job-1" in studio.buttons(), step


def test_a_failed_job_says_why_and_the_message_can_be_put_away(
    studio: Page, models_here: list[tuple[Recipe, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.open("Background").set("background.mode", "Generated").set("background.generated.prompt", "a beach")
    studio.click("generate")
    failed = _job(models_here[0][0], state="failed", error="There is not enough memory; ask for a smaller size.")
    monkeypatch.setattr(queue, "status", lambda id: failed)
    studio.run()
    assert "There is not enough memory; ask for a smaller size." in studio.said
    studio.click("dismiss.job-1")
    assert "There is not enough memory" not in studio.said


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_a_job_that_is_not_finished_shows_what_was(
    studio: Page, models_here: list[tuple[Recipe, str]], monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    studio.open("Background").click("make")
    made = studio.app.session_state["desk"].results[0]
    studio.open("Background").set("background.mode", "Generated").set("background.generated.prompt", "a beach")
    studio.click("generate")
    sentence = "It stopped. The picture that was finished before is kept."
    over = _job(models_here[0][0], state=state, results=(made,), error=sentence)
    monkeypatch.setattr(queue, "status", lambda id: over)
    studio.run()
    assert sentence in studio.said
    assert studio.app.session_state["desk"].results == [made]
    assert "The subject is untouched" in studio.said


def test_a_finished_job_shows_all_its_pictures(
    studio: Page, models_here: list[tuple[Recipe, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.open("Background").click("make")
    made = studio.app.session_state["desk"].results[0]
    studio.open("Background").set("background.kind", "sweep").click("make")
    results = (made, studio.app.session_state["desk"].results[0])
    studio.open("Background").set("background.mode", "Generated").set("background.generated.prompt", "a beach")
    studio.click("generate")
    done = _job(models_here[0][0], state="done", results=results)
    monkeypatch.setattr(queue, "status", lambda id: done)
    studio.run()
    assert "2 pictures to choose from" in studio.said
    studio.click("choose.1")
    assert studio.app.session_state["desk"].chosen == 1


# --- nothing is lost


def test_a_reload_loses_nothing(studio: Page) -> None:
    studio.set("subject.feather", 3.0).open("Background").set("background.kind", "sweep").click("make")
    digest = studio.app.session_state["desk"].results[0]
    again = studio.reload()
    assert again.step == "Result"
    assert again.app.session_state["desk"].results == [digest]
    assert "Studio paper" in again.said
    again.open("Background")
    assert again.app.get_by_key("background.kind").value == "sweep"
    again.open("Subject")
    assert again.app.get_by_key("subject.feather").value == 3.0


def test_another_visitor_sees_nothing_of_it(studio: Page) -> None:
    studio.open("Background").click("make")
    stranger = Page()
    assert stranger.app.title[0].value == "The same subject, in a new place"
    assert "What you make will be kept here" in stranger.said
    assert len(history.entries(studio.visitor)) == 1


def test_who_only_looks_in_leaves_no_file(page: Page, own_folders: Path) -> None:
    page.run()
    assert list(own_folders.iterdir()) == []
    page.set("photo.way", "Describe").set("create.prompt", "a quiet lake")
    assert page.reload().app.get_by_key("create.prompt").value == "a quiet lake"


def test_a_photo_gone_from_the_store_is_said_kindly(studio: Page) -> None:
    digest = studio.app.session_state["desk"].photo
    store.default()._path(digest).unlink()
    assert studio.reload().app.title[0].value == "The same subject, in a new place"


def test_the_history_opens_and_forgets(studio: Page) -> None:
    studio.open("Background").click("make")
    (entry,) = history.entries(studio.visitor)
    again = studio.reload()
    again.app.session_state["desk"].results = []
    again.set(f"entry.{entry.id}", "Look at it")
    assert again.step == "Result"
    assert again.app.session_state["desk"].results == [entry.digest]
    again.set(f"entry.{entry.id}", "Delete it")
    assert history.entries(studio.visitor) == []


# --- two visitors


@pytest.mark.xdist_group("browser")
def test_a_second_visitor_sees_the_place_in_line_and_goes_on_working(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the real queue, the real worker and a tiny model that paints for a while."""
    subprocess.run([sys.executable, "-m", "tests.tiny", str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    first, second = (Page().upload(cut_out(640, 480, 160), "disc.png") for _ in range(2))
    for visitor in (first, second):
        visitor.open("Background").set("background.mode", "Generated")
        visitor.set("background.generated.prompt", "a beach").set("background.generated.num_images_per_prompt", 8)
        visitor.set("background.generated.sd15-inpaint.num_inference_steps", 100).click("generate")
    running, waiting = (page.app.session_state["desk"].job for page in (first, second))
    try:
        end = time.monotonic() + 180
        while queue.status(running).step < 2:
            assert time.monotonic() < end
            time.sleep(0.2)
        assert "**Next in line.**" in second.run().said
        second.open("Background").set("background.mode", "Instant")
        seconds = []
        for kind in ("gradient", "sweep", "colour", "gradient", "sweep", "colour"):
            started = time.perf_counter()
            second.set("background.kind", kind)
            seconds.append(time.perf_counter() - started)
        print(f"reruns beside a running job: {sorted(round(1000 * value) for value in seconds)} ms, at most 300 ms")
        assert min(seconds) < 0.3
        assert queue.status(running).state == "running"
        second.click(f"cancel.{waiting}").run()
        assert "This was cancelled" in second.said
    finally:
        for id in (running, waiting):
            queue.cancel(id)
        supervisor.leave()  # the worker ends with the last app


# --- a job that is not finished


@pytest.mark.xdist_group("browser")
def test_pictures_finished_before_a_job_is_cancelled_are_kept(here: Path) -> None:
    """With the real queue, the real worker and a tiny model."""
    page = Page().upload(cut_out(640, 480, 160), "disc.png").open("Background").set("background.mode", "Generated")
    page.set("background.generated.prompt", "a beach").set("background.generated.num_images_per_prompt", 8)
    page.set("background.generated.seed", 40).set("background.generated.seed_locked", True)
    page.set("background.generated.sd15-inpaint.num_inference_steps", 100).click("generate")
    id = page.app.session_state["desk"].job
    try:
        end = time.monotonic() + 240
        while not (kept := history.entries(page.visitor)):
            assert time.monotonic() < end
            assert not queue.status(id).finished
            time.sleep(0.05)
        assert queue.status(id).results == (), "not before it is over"
        page.click(f"cancel.{id}").run()
        said = page.said
        while supervisor.worker() and queue.status(id).preview:  # the worker stops within one step
            assert time.monotonic() < end
            time.sleep(0.05)
        job, kept = queue.status(id), history.entries(page.visitor)
        assert job.state == "cancelled"
        assert 1 <= len(kept) < 8
        assert [entry.recipe.seed for entry in reversed(kept) if entry.recipe] == list(range(40, 40 + len(kept)))
        assert job.results == tuple(entry.digest for entry in reversed(kept))
        assert "This was cancelled." in said
        assert "finished before" in said
        shown = page.app.session_state["desk"].results
        assert shown == list(job.results)[: len(shown)]
        assert shown
        assert page.step == "Result"
        assert "The subject is untouched" in page.said
    finally:
        queue.cancel(id)
        supervisor.leave()  # the worker ends with the last app


def test_pictures_finished_before_a_later_one_fails_are_kept(
    studio: Page, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backdrop = GeneratedBackdrop.of("sd15-inpaint", prompt="a beach", num_images_per_prompt=3, num_inference_steps=2)
    mask = MaskRecipe(layers=(Layer(source=Source(name="alpha")),))
    wanted = Recipe(photo=studio.app.session_state["desk"].photo, mask=mask, backdrop=backdrop, seed=7)
    id = queue.submit(wanted, "ann")
    begun: list[int] = []

    def paint(picture: object, *arguments: object) -> object:
        begun.append(len(history.entries("ann")))
        if len(begun) == 3:
            raise BadInput("There is not enough memory; ask for a smaller size.")
        return from_model(picture, *arguments)  # type: ignore[arg-type]

    from_model = inpaint_io.to_background
    monkeypatch.setattr(inpaint_io, "to_background", paint)
    assert worker.make(id, wanted.to_json(), "ann") == {
        "error": "There is not enough memory; ask for a smaller size.",
    }
    assert begun == [0, 1, 2], "each picture stands in the history before the next is finished"
    assert seeds("ann") == [8, 7]
    assert all(store.default().has(entry.digest) for entry in history.entries("ann"))
