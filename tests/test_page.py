"""The page as a whole: the photo, the theme, the result, and that nothing is lost."""

from __future__ import annotations

import io
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import picture
from pages import ROOT, Page, cut_out, made

from backdrops import TransparentBackdrop
from imaging import provenance
from imaging.encode import encode
from imaging.photo import load
from jobs import history, store
from masks import doubt
from masks.base import Doubt
from recipe import Recipe
from ui import photo
from ui.markdown import plain

pytestmark = pytest.mark.usefixtures("no_searches_by_the_worker")


def test_the_first_page_offers_upload_camera_words_and_samples(page: Page) -> None:
    assert page.app.header[0].value == "The same subject, in a new place"
    assert page.app.get_by_key("photo.way").options == ["Upload", "Camera", "Describe a picture"]
    assert "What you make will be kept here" in page.said


@pytest.mark.parametrize("path", photo.samples(), ids=lambda path: path.stem)
def test_a_samples_small_picture_is_of_that_sample(path: Path) -> None:
    drawn, ready = (load(data, path.name).pixels for data in (photo.thumbnail(path), photo._thumbnail(path)))
    assert (photo.THUMBNAILS / f"{path.stem}.jpg").exists(), "python -m docs.make_thumbnails"
    assert np.abs(drawn.astype(int) - ready).mean() < 2, "python -m docs.make_thumbnails"


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
    assert page.app.header[0].value == "The same subject, in a new place"
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
    here = studio.app.session_state["workspace"]
    here.background = here.background.put("photo", None)
    studio.app.session_state["workspace"].results = ["0" * 64]
    studio.run()
    for step in ("Subject", "Background"):
        studio.open(step)
        assert "First choose a photo." in studio.said


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


def test_without_a_result_the_panel_leads_to_one(studio: Page) -> None:
    studio.open("Result")
    assert "There is no picture yet" in studio.said
    studio.click("result_to_background")
    assert studio.step == "Background"


def test_settings_come_back_and_the_result_can_be_edited_further(studio: Page) -> None:
    studio.set("background.mask.feather", 2.0).open("Background").set("background.kind", "gradient")
    studio.set("background.gradient.angle", 45).click("make")
    first, digest = made(studio)
    studio.open("Subject").set("background.mask.feather", 9.0).open("Background").set("background.kind", "blur")
    studio.open("Result").click("settings_again")
    assert studio.step == "Background"
    assert studio.app.get_by_key("background.kind").value == "gradient"
    studio.click("make")
    assert made(studio)[0].to_json() == first.to_json()
    assert made(studio) == (first, digest)
    studio.click("edit_further")
    assert studio.app.session_state["workspace"].photo == digest
    assert studio.step == "Subject"


def test_a_result_leads_back_to_its_subject(studio: Page) -> None:
    studio.open("Background").set("background.kind", "gradient").click("make").click("correct_subject")
    assert studio.step == "Subject"


def test_a_doubt_about_the_subject_is_marked_on_its_result(
    page: Page, monkeypatch: pytest.MonkeyPatch, u2netp: None
) -> None:
    sentence = f"It is uncertain what belongs to the subject (the networks disagree){doubt.ADVICE}"
    monkeypatch.setattr(doubt, "measure", lambda prediction: Doubt(0.7, sentence))
    page.upload(encode(load((ROOT / "samples" / "mug.jpg").read_bytes()).pixels[::4, ::4].copy(), "PNG"), "mug.png")
    page.open("Background").set("background.kind", "gradient").click("make")
    assert page.step == "Result"
    assert f":orange[:material/help:] {plain(sentence)}" in [line.value for line in page.app.markdown]


@pytest.mark.parametrize("kind", ["colour", "gradient", "sweep", "blur", "scene", "transparent"])
def test_the_result_says_when_the_settings_are_others_by_now(studio: Page, kind: str) -> None:
    studio.open("Background").set("background.kind", kind).click("make")
    assert "Your settings now differ" not in studio.said
    other = "gradient" if kind != "gradient" else "sweep"
    studio.open("Subject").set("background.mask.grow", -4.0).open("Background").set("background.kind", other)
    assert "Your settings now differ from this picture's: the subject and the background." in studio.open("Result").said
    earlier, _ = made(studio)
    studio.click("make_again")
    assert studio.step == "Result"
    assert "Your settings now differ" not in studio.said
    assert (made(studio)[0].backdrop.kind, earlier.backdrop.kind) == (other, kind)
    studio.click("undo").click("undo").open("Result")
    assert "Your settings now differ" in studio.said, "what is undone differs as well"


def test_a_scene_of_a_sentence_is_no_other_one_for_its_next_seed(studio: Page) -> None:
    studio.open("Background").set("background.mode", "Generated").set("background.described.prompt", "a sandy beach")
    studio.click("generate").open("Result")
    assert "Your settings now differ" not in studio.said
    studio.open("Background").set("background.described.prompt", "a wooden table").open("Result")
    assert "Your settings now differ from this picture's: the background." in studio.said
    assert studio.click("differs_to_background").step == "Background"


def test_a_prompt_can_be_emptied_again(studio: Page) -> None:
    studio.open("Background").set("background.mode", "Generated").set("background.described.prompt", "a sandy beach")
    studio.set("background.described.prompt", "")
    assert not studio.app.error
    assert studio.app.get_by_key("background.described.prompt").value == ""
    assert "Say in a few words what should be there" in studio.click("generate").said
    studio.set("background.described.prompt", "a sandy beach").click("generate")
    assert studio.step == "Result"


def test_a_soft_edge_that_leaves_no_pixel_says_so_once_and_makes_nothing(studio: Page) -> None:
    studio.set("background.mask.feather", 60.0)
    assert "feather it less" in studio.said
    studio.open("Background")
    assert studio.said.count("feather it less") == 1
    assert studio.app.button(key="make").disabled
    assert studio.click("to_subject").step == "Subject"


def test_downloads_are_what_they_say(studio: Page) -> None:
    studio.open("Background").click("make")
    recipe, digest = made(studio)
    labels = {button.label for button in studio.app.get("download_button")}
    assert labels == {"PNG", "JPEG", "WebP", "Cut-out", "Mask", "All parts", "Krita, GIMP"}
    from ui import exports

    selection = provenance.read(store.default().get(digest), "result").selection
    assert selection is not None
    assert np.array_equal(load(exports._mask(digest)).rgb8[..., 0], selection)
    assert Recipe.from_json(provenance.read(exports._as(digest, "JPEG"), "a.jpg").recipe) == recipe
    with zipfile.ZipFile(io.BytesIO(exports.layers(digest).zipped())) as archive:
        assert set(archive.namelist()) == {"cutout.png", "background.png", "mask.png"}
    cut = load(exports._cut_out(digest))
    assert cut.alpha is not None
    assert np.array_equal(cut.alpha, selection)


def test_a_cut_out_offers_no_jpeg(studio: Page) -> None:
    studio.open("Background").set("background.kind", "transparent").click("make")
    assert isinstance(made(studio)[0].backdrop, TransparentBackdrop)
    assert {button.label for button in studio.app.get("download_button")} == {
        "PNG",
        "WebP",
        "Mask",
        "All parts",
        "Krita, GIMP",
    }


def test_a_reload_loses_nothing(studio: Page) -> None:
    studio.set("background.mask.feather", 3.0).open("Background").set("background.kind", "sweep").click("make")
    digest = studio.app.session_state["workspace"].results[0]
    again = studio.reload()
    assert again.step == "Result"
    assert again.app.session_state["workspace"].results == [digest]
    assert "Studio sweep" in again.unfold().said
    again.open("Background")
    assert again.app.get_by_key("background.kind").value == "sweep"
    again.open("Subject")
    assert again.app.get_by_key("background.mask.feather").value == 3.0


def test_another_visitor_sees_nothing_of_it(studio: Page) -> None:
    studio.open("Background").click("make")
    stranger = Page()
    assert stranger.app.header[0].value == "The same subject, in a new place"
    assert "What you make will be kept here" in stranger.said
    assert len(history.entries(studio.visitor)) == 1


def test_who_only_looks_in_leaves_no_file(page: Page, own_folders: Path) -> None:
    page.run()
    assert list(own_folders.iterdir()) == []
    page.set("photo.way", "Describe").set("create.described.prompt", "a quiet lake")
    assert page.reload().app.get_by_key("create.described.prompt").value == "a quiet lake"


def test_a_photo_gone_from_the_store_is_said_kindly(studio: Page) -> None:
    digest = studio.app.session_state["workspace"].photo
    store.default()._path(digest).unlink()
    assert studio.reload().app.header[0].value == "The same subject, in a new place"


def test_the_history_opens_and_forgets(studio: Page) -> None:
    studio.open("Background").click("make")
    (entry,) = history.entries(studio.visitor)
    again = studio.reload()
    again.app.session_state["workspace"].results = []
    again.click(f"open.{entry.id}")
    assert again.step == "Result"
    assert again.app.session_state["workspace"].results == [entry.digest]
    again.set(f"entry.{entry.id}", "Delete it")
    assert history.entries(studio.visitor) == []


def test_changes_of_settings_are_undone_and_done_again(studio: Page) -> None:
    assert studio.app.button(key="undo").disabled
    studio.set("background.mask.feather", 3.0).set("background.mask.feather", 5.0)
    studio.open("Background").set("background.kind", "sweep")
    studio.click("undo")
    assert studio.app.get_by_key("background.kind").value == "colour"
    studio.click("redo")
    assert studio.app.get_by_key("background.kind").value == "sweep"
    studio.click("undo").click("undo").open("Subject")
    assert studio.app.get_by_key("background.mask.feather").value == 0.0, "a slider's steps are undone together"
    studio.set("background.mask.feather", 1.0)
    assert studio.app.button(key="redo").disabled


def test_a_pair_from_the_gallery_takes_nothing_from_pictures_that_are_made_later(studio: Page) -> None:
    digests = []
    for colour in ("#ffffff", "#777777", "#224466"):
        studio.open("Background").set("background.colour.colour", colour).click("make")
        digests.append(made(studio)[1])
    older, newer, *_ = sorted(key for key in studio.buttons() if key.startswith("compare."))
    studio.click(older).click(newer)
    pair = list(studio.app.session_state["workspace"].results)
    assert len(pair) == 2
    studio.click("close_pair")
    assert studio.app.session_state["workspace"].results == pair[:1]
    studio.click(older).click(newer)
    studio.app.session_state["workspace"].results = digests  # as of one request for several
    studio.run().click("choose.1")
    assert studio.app.session_state["workspace"].results == digests
