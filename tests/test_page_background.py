"""The background panel: instant backgrounds, and every setting of generated ones."""

from __future__ import annotations

import time

import pytest
from pages import Page, cut_out, made, opaque

import main
import models
from backdrops import DescribedBackdrop, GeneratedBackdrop, GradientBackdrop, SceneBackdrop
from diffusion import expected
from imaging.photo import load
from imaging.scenes import SCENES
from jobs import store
from recipe import Length, Recipe
from ui import naming

pytestmark = pytest.mark.usefixtures("no_searches_by_the_worker")


@pytest.mark.parametrize("kind", ["colour", "gradient", "sweep", "blur", "scene", "transparent"])
def test_an_instant_background_is_made_as_the_command_line_makes_it(studio: Page, kind: str) -> None:
    studio.open("Background").set("background.kind", kind).set("background.shadow", "contact").click("make")
    assert studio.step == "Result"
    recipe, digest = made(studio)
    assert (recipe.backdrop.kind, recipe.shadow) == (kind, "contact")
    photo = load(cut_out(), "disc.png")
    (again,) = main.run(recipe, photo, store.default().get)
    assert again.encode("PNG") == store.default().get(digest)
    assert "The subject is untouched" in studio.said


def test_a_ready_gradient_sets_all_its_colours(studio: Page) -> None:
    ready = "background.gradient.colours.ready"
    studio.open("Background").set("background.kind", "gradient").set(ready, "Dawn").click("make")
    recipe, _ = made(studio)
    assert isinstance(recipe.backdrop, GradientBackdrop)
    assert recipe.backdrop.colours == ("#fbe3d0", "#d98f8a", "#6c6a94")
    assert naming.name(recipe) == "Dawn"
    studio.open("Background")
    assert studio.app.session_state[ready] == "Dawn"
    studio.set("background.gradient.colours.0", "#102030")
    assert studio.app.session_state[ready] is None, "another run of colours than the ready one"


def test_a_scene_is_chosen_from_the_gallery_and_set(studio: Page) -> None:
    studio.open("Background").set("background.kind", "scene")
    assert {f"scene.{name}" for name in SCENES} <= studio.buttons()
    studio.click("scene.bokeh").set("background.scene.bokeh.colour", "#3070c0").click("scene_another").click("make")
    backdrop = made(studio)[0].backdrop
    assert backdrop == SceneBackdrop(name="bokeh", values={"colour": "#3070c0"}, seed=1)


def test_a_subject_in_the_places_light_is_no_fault(studio: Page) -> None:
    studio.open("Background").set("background.kind", "scene").click("scene.dunes")
    assert "with every pixel of the subject as it was" in studio.said
    studio.set("background.look.match_light", True)
    assert "with the subject in the light of its new place" in studio.said
    studio.click("make")
    assert "**The subject is in the light of its new place**" in studio.said
    assert "pixels of the subject differ" not in studio.said


def test_a_picture_behind_asks_for_the_picture(studio: Page) -> None:
    studio.open("Background").set("background.kind", "image")
    assert "Upload a picture" in studio.said
    assert studio.app.button(key="make").disabled
    studio.upload(b"no", "beach.png")
    assert "beach.png" in studio.app.error[0].value
    studio.upload(opaque(100, 80), "beach.png").click("make")
    assert made(studio)[0].backdrop.kind == "image"


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


def test_a_model_that_is_not_here_says_its_size_and_licence_and_offers_the_download(studio: Page) -> None:
    studio.open("Background").set("background.mode", "Generated").set("background.model", "sd2-inpaint")
    assert "It is 5.2 GB, under the licence [CreativeML OpenRAIL++-M]" in studio.said
    assert "**Instant** backgrounds work at once" in studio.said
    assert "download.sd2-inpaint" in studio.buttons()
    assert "generate" not in studio.buttons()


def test_fast_is_one_click_away_and_brings_its_settings(
    studio: Page, models_here: list[tuple[Recipe, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diffusion.settings.has_gpu", lambda: True)
    prefix, fast = "background.generated", {"num_inference_steps": 4, "guidance_scale": 1, "scheduler": "lcm"}
    studio.open("Background").set("background.mode", "Generated").set("background.model", "sd15-inpaint")
    assert studio.app.get_by_key("background.speed").value == "quality"
    assert "A picture takes" not in studio.said, "nothing was measured here"
    expected.keep_bench(0.2)
    studio.run()
    assert "A picture takes: Quality about 4 min, Fast" in studio.said
    assert "(by a measurement of this machine)" in studio.said
    studio.set(f"{prefix}.prompt", "a beach").set("background.speed", "lcm").click("generate")
    ((recipe, _),) = models_here
    assert fast.items() <= recipe.backdrop.model_dump().items()
    studio.open("Background").set("background.speed", "quality").unfold()
    assert studio.app.get_by_key(f"{prefix}.num_inference_steps").value == 25
    studio.set("background.model", "sd2-inpaint")
    assert not [control for control in studio.app.get("button_group") if control.key == "background.speed"]


def test_what_fast_needs_is_offered(studio: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    real = models.is_installed
    monkeypatch.setattr(models, "is_installed", lambda id: id == "sd15-inpaint" or real(id))
    studio.open("Background").set("background.mode", "Generated").set("background.model", "sd15-inpaint")
    studio.set("background.speed", "hyper")
    assert "**Hyper-SD, 4 steps** is not on this machine yet. It is 0.3 GB" in studio.said
    assert "download.hyper-sd15-4steps" in studio.buttons()
    assert "generate" not in studio.buttons()


def test_a_sentence_is_drawn_as_a_scene_and_a_chip_changes_it(
    studio: Page, models_here: list[tuple[Recipe, str]]
) -> None:
    prefix = "background.described"
    studio.open("Background").set("background.mode", "Generated").set("background.model", "scenes")
    studio.set(f"{prefix}.prompt", "on a wet street at night, a dragon").set("background.seed_locked", True)
    assert "Drawn: city, wet, night; not drawn: dragon." in studio.said
    studio.click("background.chip.wet.0").set("background.seed", 5)
    assert "no wet" in studio.said
    studio.click("generate")
    assert models_here == []  # made at once, without the queue
    recipe, _ = made(studio)
    assert isinstance(recipe.backdrop, DescribedBackdrop)
    assert recipe.seed == 5
    assert recipe.backdrop.reading.name == "city"
    assert dict(recipe.backdrop.reading.values) == {"wet": False, "time": "night"}


def test_several_scenes_go_to_the_queue(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    prefix = "background.described"
    studio.open("Background").set("background.mode", "Generated").set("background.model", "scenes")
    studio.set(f"{prefix}.prompt", "by the sea").set(f"{prefix}.num_images_per_prompt", 2).click("generate")
    ((recipe, _),) = models_here
    assert recipe.backdrop.pictures == 2


def test_a_sentence_that_no_scene_draws_says_so(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    prefix = "background.described"
    studio.open("Background").set("background.mode", "Generated").set("background.model", "scenes")
    studio.set(f"{prefix}.prompt", "at an airport terminal").click("generate")
    said = [warning.value for warning in studio.app.warning]
    assert sum("The rendered scenes cannot draw" in each for each in said) == 1
    assert said[-1].startswith("Change the words first")  # at the button
    assert models_here == []


def test_an_empty_prompt_is_asked_for(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    studio.open("Background").set("background.mode", "Generated").click("generate")
    assert "Say in a few words what should be there" in studio.app.warning[0].value
    assert models_here == []


def test_every_setting_reaches_the_queue(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    prefix = "background.generated"
    studio.set("background.mask.feather", 2.0).open("Background").set("background.mode", "Generated")
    studio.set("background.shadow", "contact")
    studio.set("background.idea", "Forest").set(f"{prefix}.negative_prompt", "rain").set(
        "background.model", "sd2-inpaint"
    )
    studio.set(f"{prefix}.num_images_per_prompt", 3).set("background.seed", 77).set("background.seed_locked", True)
    for name, value in (("num_inference_steps", 12), ("guidance_scale", 4.5), ("strength", 0.8), ("scheduler", "ddim")):
        studio.set(f"{prefix}.{name}", value)
    studio.set(f"{prefix}.mask_grow.unit", "%").set(f"{prefix}.mask_grow", -2.0).set(f"{prefix}.mask_feather", 5.0)
    studio.set(f"{prefix}.defocus", 3.0)
    studio.set(f"{prefix}.width", 640).set(f"{prefix}.height", 384).click("generate")
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
    first = studio.app.get_by_key("background.seed").value
    studio.click("background.reroll")
    second = studio.app.get_by_key("background.seed").value
    assert first != second
    studio.click("generate").open("Background")
    third = studio.app.get_by_key("background.seed").value
    assert models_here[0][0].seed == second != third
    studio.set("background.seed_locked", True).click("generate").open("Background")
    assert studio.app.get_by_key("background.seed").value == third == models_here[1][0].seed


def test_a_size_that_does_not_fit_is_told_before(studio: Page, models_here: list[tuple[Recipe, str]]) -> None:
    prefix = "background.generated"
    studio.open("Background").set("background.mode", "Generated").set(f"{prefix}.prompt", "a beach")
    studio.set(f"{prefix}.width", 500)
    assert "500 is not a multiple of 8; take 496 or 504" in studio.app.error[0].value
    assert studio.app.get_by_key(f"{prefix}.width").value is None
    studio.set(f"{prefix}.width", 768).set(f"{prefix}.height", 768)
    assert "Beyond 512 pixels in both directions, the model tends to repeat things" in studio.said
    studio.set(f"{prefix}.width", 256).set(f"{prefix}.height", 256)
    assert "Below 512 pixels, the model loses detail" in studio.said


def test_a_picture_is_painted_from_words_alone(page: Page, models_here: list[tuple[Recipe, str]]) -> None:
    page.set("photo.way", "Describe").set("create.generated.prompt", "a bowl of lemons").click("create")
    ((recipe, _),) = models_here
    assert (recipe.task, recipe.photo) == ("create", None)
    assert page.step == "Result"
    assert "Being made" in page.said


@pytest.mark.parametrize("mode", ["Instant", "Generated"])
def test_a_control_that_is_drawn_anew_starts_at_what_is_set(
    studio: Page, models_here: list[tuple[Recipe, str]], mode: str
) -> None:
    """A browser tells a run where a new control starts: at the draft's value, or the draft would take over another."""
    studio.open("Background").set("background.mode", mode).unfold()
    if mode == "Generated":
        studio.set("background.generated.prompt", "a beach").set("background.generated.num_inference_steps", 31)
    studio.run()  # in which no value is set
    seen, elsewhere = set(), []
    for kind in ("slider", "number_input", "text_input", "text_area", "selectbox", "toggle"):
        for control in studio.app.get(kind):
            proto, value = control.proto, control.value
            if kind == "slider":
                start: object = next(iter(proto.default))
            else:
                start = proto.default if kind == "toggle" or proto.HasField("default") else None
                value = control.index if kind == "selectbox" else value
            seen.add(kind)
            if not (proto.set_value or start == value):
                elsewhere.append((control.key, start, value))
    assert {"slider", "selectbox", "toggle"} <= seen
    assert not elsewhere
