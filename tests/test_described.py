"""A sentence as a backdrop: drawn by the command line, settled in recipes, said in reports, refused in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import disc, picture
from job_helpers import finish, quick

from backdrops import DescribedBackdrop
from errors import BadInput
from imaging.encode import encode
from imaging.photo import Array, load
from imaging.scenes import options_of
from imaging.sentences import Reading, describe, read, subjects
from imaging.sentences.presets import PRESETS
from jobs import history, queue
from recipe import Recipe

Command = Callable[..., int]
SENTENCE = "on a wet street at night, neon signs"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    path.write_bytes(encode(np.dstack([picture(160, 120), disc(160, 120, 40)]), "PNG"))
    return path


def pixels(path: Path) -> Array:
    return load(path.read_bytes(), path.name).pixels


@pytest.fixture(autouse=True)
def no_diffusion_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: Path) -> None:
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path / "nothing"))


def test_a_sentence_is_drawn_where_no_model_is_installed(
    command: Command, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, again = tmp_path / "out.png", tmp_path / "again.png"
    assert command("background", photo, "--prompt", SENTENCE, "--seed", "4", "-o", out, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["model"], report["scene"], report["seed"]) == ("scenes", "city", 4)
    assert report["values"] == options_of("city", {"wet": True, "time": "night"})[1].model_dump(mode="json")
    assert report["unused_words"] == ["neon signs"]
    assert "Drawn: city, wet, night; not drawn: neon signs. A diffusion model can paint those." in report["notes"]
    assert report["checks"]["changed_subject_pixels"] == 0
    assert command("replay", out, "-o", again) == 0
    assert pixels(out).shape == (120, 160, 3)
    assert np.array_equal(pixels(out), pixels(again))


def test_create_draws_the_place_alone(command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.png"
    flags = ["--width", "320", "--height", "240", "--model", "scenes", "--json"]
    assert command("create", "--prompt", "a beach at sunset", "-o", out, *flags) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["scene"], report["values"]["time"], report["size"]) == ("sea", "sunset", [320, 240])
    assert pixels(out).shape == (240, 320, 3)


@pytest.mark.parametrize("sentence", ["a dragon", "asdf qwer", "at an airport terminal"])
def test_what_cannot_be_drawn_is_refused_in_one_sentence(
    command: Command, photo: Path, tmp_path: Path, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = set(tmp_path.iterdir())
    assert command("background", photo, "--prompt", sentence, "-o", tmp_path / "out.png") == 1
    said = capsys.readouterr().err
    assert "The rendered scenes cannot draw" in said
    assert "sea" in said
    assert "--model" in said
    assert set(tmp_path.iterdir()) == before


def test_what_a_scene_does_not_take_is_refused(command: Command, photo: Path, tmp_path: Path) -> None:
    flags = ["--guidance-scale", "7"]
    assert command("background", photo, "--prompt", "on a beach", "-o", tmp_path / "out.png", *flags) == 1
    with pytest.raises(BadInput, match="take no strength"):
        DescribedBackdrop.of("create", "on a beach", strength=0.5)


def test_several_pictures_have_seeds_and_readings_of_their_own(
    command: Command, photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--num-images-per-prompt", "3", "--seed", "7", "--json"]
    assert command("background", photo, "--prompt", "on a wooden table", "-o", tmp_path / "out.png", *flags) == 0
    reports = json.loads(capsys.readouterr().out)
    assert [report["seed"] for report in reports] == [7, 8, 9]
    assert len({json.dumps([report["scene"], report["values"]]) for report in reports}) > 1
    pictures = [pixels(Path(report["images"][0])) for report in reports]
    assert not np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])


def test_a_picture_without_a_photo_says_that_the_subject_is_not_drawn() -> None:
    backdrop = DescribedBackdrop.of("create", "a red ball and a dragon on a wooden table")
    (facts, sentence), (_, of_a_photo) = backdrop.facts(False), backdrop.facts(True)
    assert facts["unused_words"] == ["ball", "dragon"]
    assert "not drawn: ball, dragon." in sentence
    assert "ball" not in of_a_photo


def test_negative_words_switch_options_off() -> None:
    assert read("on a wet street at night").options["wet"] is True
    assert read("on a street at night, not wet").options["wet"] is False
    assert (
        DescribedBackdrop.of("background", "on a wet street at night", negative_prompt="wet").reading.values["wet"]
        is False
    )


def test_a_recipe_keeps_the_sentence_and_what_it_was_read_as() -> None:
    backdrop = DescribedBackdrop.of("create", "on a wooden table", num_images_per_prompt=3)
    recipe = Recipe(task="create", backdrop=backdrop, seed=2)
    assert Recipe.from_json(recipe.to_json()) == recipe
    alone = recipe.for_image(1)
    assert isinstance(alone.backdrop, DescribedBackdrop)
    assert alone.seed == 3
    assert alone.backdrop.prompt == "on a wooden table"
    assert alone.backdrop.readings == (backdrop.readings[1 % len(backdrop.readings)],)
    assert alone.backdrop.pictures == 1


def test_the_queue_makes_every_picture_of_a_sentence(data: Path) -> None:
    backdrop = DescribedBackdrop.of("background", "on a wooden table", num_images_per_prompt=2)
    asked = quick(seed=3).model_copy(update={"backdrop": backdrop})
    queue.ensure_worker()
    job = finish(queue.submit(asked, "somebody"))
    assert (job.state, len(job.results)) == ("done", 2)
    recipes = [entry.recipe for entry in history.entries("somebody")]
    assert recipes == [asked.for_image(0), asked.for_image(1)]


def test_a_changed_reading_is_what_is_drawn() -> None:
    changed = read("on a beach").changed("time", "night")
    assert DescribedBackdrop.of("background", "on a beach", reading=changed).reading.values["time"] == "night"


def test_chips_show_the_scene_then_what_the_sentence_says() -> None:
    reading = read("on a beach at sunset, calm sea")
    first, *others = reading.chips()
    assert (first.option, first.value) == (None, "sea")
    given = {chip.option for chip in others if chip.given}
    assert given == set(reading.options)
    for chip in others:
        for _, value in chip.alternatives:
            assert reading.changed(chip.option or "", value).values[chip.option or ""] == value


@pytest.mark.parametrize(
    ("sentence", "english"),
    [
        ("am Strand bei Sonnenuntergang", "on the beach at sunset"),
        ("vor einer blauen Wand", "before a blue wall"),
        ("auf nasser Straße bei Nacht", "on a wet street at night"),
        ("sur une plage au coucher du soleil", "on a beach at sunset"),
        ("sur une table en marbre blanc", "on a table of white marble"),
        ("dans la neige la nuit", "in the snow at night"),
        ("en la playa al atardecer", "on the beach at sunset"),
        ("sobre una mesa de madera", "on a table of wood"),
        ("delante de una pared azul", "before a blue wall"),
    ],
)
def test_german_french_and_spanish_are_read_as_english_is(sentence: str, english: str) -> None:
    reading, wanted = read(sentence), read(english)
    assert (reading.scene, reading.unused_words) == (wanted.scene, ())
    assert dict(reading.options).items() >= {k: v for k, v in wanted.options.items() if k != "colour"}.items()


@pytest.mark.parametrize("prompt", PRESETS.values(), ids=PRESETS)
def test_all_words_of_a_preset_are_drawn(prompt: str) -> None:
    reading = read(prompt)
    assert reading.unused_words == ()
    assert reading.options or reading.used_words


def test_one_thing_that_is_not_drawn_is_that() -> None:
    assert describe(Reading("sea", {}, unused_words=("a boat",))).endswith("A diffusion model can paint that.")


@pytest.mark.parametrize(
    ("sentence", "missing"),
    [("a red ball on a wooden table", ("ball",)), ("a wooden table by a window", ()), ("a beach, no people", ())],
)
def test_the_subject_that_only_a_photo_can_show_is_known(sentence: str, missing: tuple[str, ...]) -> None:
    assert subjects(sentence, read(sentence).scene) == missing
