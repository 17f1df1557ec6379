"""Rendered scenes: any size, the same from the same seed, in the colour that was asked for, and told exactly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import cv2
import numpy as np
import pytest
from conftest import draw, no_inputs, photo_of, picture
from PIL import Image

from backdrops import SceneBackdrop
from errors import BadInput
from imaging import scenes
from imaging.geometry import Size
from imaging.scenes import SCENES, Stand
from imaging.scenes.colours import NAMED, lab, linear, name_of
from imaging.subject import standing

Command = Callable[..., int]
THUMBNAILS = Path(__file__).parents[1] / "ui" / "thumbnails" / "scenes"
every = pytest.mark.parametrize("name", SCENES)


def drawn(name: str, size: tuple[int, int] = (96, 72), seed: int = 1, **values: Any) -> np.ndarray:
    return scenes.draw(name, values, Size(*size), Stand(), seed)


@every
@pytest.mark.parametrize("size", [(1, 1), (64, 48), (320, 160), (90, 180), (700, 3)])
def test_any_size(name: str, size: tuple[int, int]) -> None:
    plate = drawn(name, size)
    assert plate.shape == (size[1], size[0], 3)
    assert plate.dtype == np.uint8


@every
def test_the_same_seed_draws_the_same_and_another_differs(name: str) -> None:
    one, other = drawn(name), drawn(name, seed=0)
    assert (one == drawn(name)).all()
    assert (one != other).mean() > 0.3
    with Image.open(THUMBNAILS / f"{name}.jpg") as image:  # by which the page offers it
        offered = np.asarray(image.resize((96, 72), Image.Resampling.BOX)).astype(float)
    difference = np.abs(offered - other).mean()
    print(f"{name}: {difference:.2f} of 255 from its small picture, threshold 4; python -m docs.make_thumbnails")
    assert difference < 4


@every
def test_a_thumbnail_shows_what_the_picture_will_be(name: str) -> None:
    small = drawn(name, (120, 90), grain=0).astype(float)
    large = cv2.resize(drawn(name, (1200, 900), grain=0), (120, 90), interpolation=cv2.INTER_AREA).astype(float)
    difference = np.abs(small - large).mean()
    print(f"{name}: mean difference {difference:.2f} of 255, threshold 4")
    assert difference < 4


@every
@pytest.mark.parametrize("stand", [Stand(0, 1, 1), Stand(0.45, 0.5, 0.05), Stand(0.7, 0.98, 0.6)])
def test_wherever_the_subject_stands(name: str, stand: Stand) -> None:
    plate = scenes.draw(name, {}, Size(96, 72), stand, 1)
    assert plate.std() > 0.5  # something was drawn


@pytest.mark.parametrize("name", [n for n, s in SCENES.items() if "time" in s.Options.model_fields])
def test_night_is_darker_than_the_brightest_hour(name: str) -> None:
    hours = get_args(SCENES[name].Options.model_fields["time"].annotation)
    light = {hour: drawn(name, time=hour).mean() for hour in hours}
    assert light[hours[0]] == pytest.approx(max(light.values()), rel=0.3)
    if "night" in hours:
        assert light["night"] == min(light.values())


@every
def test_the_light_is_stated_in_its_ranges(name: str) -> None:
    kinds = {option: field.annotation for option, field in SCENES[name].Options.model_fields.items()}
    chosen = [{}, *({o: value} for o, kind in kinds.items() if get_origin(kind) is Literal for value in get_args(kind))]
    for values in chosen:
        for seed in (0, 1, 2, 3):
            light = scenes.light(name, values, seed)
            assert -180 <= light.azimuth <= 180, values
            assert 0 < light.elevation <= 90, values
            assert 0 <= light.softness <= 1, values
            assert 0 <= light.strength <= 1, values
            assert linear(light.colour).max() > linear(light.ambient).min(), values
            assert light == scenes.light(name, values, seed)
    assert isinstance(scenes.has_ground(name, {}), bool)


LIT = {  # scenes that are brighter on the side of their light, with the rows in which that is measured
    "paper": ((0.0, 1.0), [{"light": "left"}, {"light": "right"}]),
    "podium": ((0.0, 0.6), [{"light": "left", "arch": False}, {"light": "right", "arch": False}]),
    "table": ((0.0, 0.6), [{"room": "bright"}]),
    "kitchen": ((0.0, 0.6), [{"light": "left"}, {"light": "right", "time": "morning"}]),
    "room": ((0.0, 0.6), [{"light": "left"}, {"light": "right", "kind": "bedroom"}]),
    "cafe": ((0.0, 0.6), [{"light": "left", "time": "day"}, {"light": "right", "time": "morning"}]),
    "office": ((0.0, 0.6), [{"light": "left"}, {"light": "right", "shelves": "none"}]),
    "flatlay": ((0.0, 1.0), [{"light": side, "shadow": "none", "sprigs": False} for side in ("left", "right")]),
    "brick": ((0.0, 0.6), [{"light": "left"}, {"light": "right", "material": "stone"}]),
    "bath": ((0.0, 0.6), [{"light": "left"}, {"light": "right", "time": "morning"}]),
    "sky": ((0.0, 1.0), [{"time": "sunset", "clouds": 0}, {"time": "golden", "clouds": 0}]),
    "sea": ((0.0, 0.6), [{"time": "sunset", "clouds": 0}, {"time": "golden", "clouds": 0}]),
    "dunes": ((0.0, 0.35), [{"time": "sunset"}, {"time": "golden"}]),
    "fog": ((0.0, 0.4), [{"time": "sunset", "trees": False}]),
    "snow": ((0.0, 0.35), [{"time": "sunset", "trees": False}]),
    "mountains": ((0.0, 0.35), [{"time": "sunset"}]),
    "meadow": ((0.0, 0.3), [{"time": "sunset", "behind": "sky"}, {"time": "golden", "behind": "hills"}]),
    "autumn": ((0.0, 0.4), [{"falling": 0}, {"time": "golden", "falling": 0}]),
    "clouds": ((0.0, 0.2), [{"light": "left"}, {"light": "right"}]),
    "field": ((0.0, 0.35), [{"time": "sunset", "clouds": 0}, {"time": "golden", "clouds": 0}]),
    "lake": ((0.0, 0.2), [{"time": "sunset"}, {"time": "golden"}]),
    "forest": ((0.0, 0.3), [{"rays": 0.9}, {"time": "golden", "rays": 0.9}]),
}


@pytest.mark.parametrize("name", LIT)
def test_the_side_of_the_light_is_the_brighter_one(name: str) -> None:
    (top, bottom), chosen = LIT[name]
    for values in chosen:
        for seed in range(4):
            plate = drawn(name, (200, 150), seed, grain=0, **values)[int(top * 150) : int(bottom * 150)]
            left, right = plate[:, :70].mean(), plate[:, -70:].mean()
            azimuth = scenes.light(name, values, seed).azimuth
            print(f"{name} {values} seed {seed}: azimuth {azimuth:.0f}, left {left:.0f}, right {right:.0f}")
            assert (right > left) == (azimuth > 0)


def test_ground_is_there_where_a_subject_can_stand() -> None:
    assert [name for name in SCENES if not scenes.has_ground(name, {})] == ["wall", "sky", "space"]
    assert not scenes.has_ground("sea", {"beach": False})
    assert not scenes.has_ground("lake", {"shore": "none"})
    assert not scenes.has_ground("mountains", {"foreground": "none"})
    assert not scenes.has_ground("bokeh", {"floor": False})


def delta_e(plate: np.ndarray, colour: str) -> float:
    """CIE76 distance between a picture's mean colour and a colour."""
    mean = plate.reshape(-1, 3).mean(axis=0).round().astype(int)
    return float(np.linalg.norm(lab("#{:02x}{:02x}{:02x}".format(*mean)) - lab(colour)))


COLOURS = ["#c22f2f", "#3670bf", "#b3c2ab", "#f3e9d7", "#33363b"]
SHOWN = {  # where the colour is seen: rows and columns in fractions, further options, threshold
    "paper": ((0.0, 1.0), {}, 8),
    "wall": ((0.0, 1.0), {"texture": "smooth", "vignette": 0.2}, 12),
    "cloth": ((0.0, 1.0), {"material": "linen"}, 20),
    "podium": ((0.0, 0.6), {"arch": False}, 12),
    "table": ((0.85, 0.95), {"material": "plain", "room": "dark"}, 45),
    "window": ((0.0, 0.6), {"time": "day"}, 22),
    "flatlay": ((0.0, 1.0), {"material": "plain", "shadow": "none", "sprigs": False}, 12),
    "brick": ((0.0, 0.6), {"material": "painted", "worn": 0}, 22),
    "dunes": ((0.8, 1.0), {"time": "day"}, 25),
    "clouds": ((0.75, 1.0), {}, 30),
    "water": ((0.4, 1.0), {"caustics": 0.2}, 25),
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_colour_that_was_asked_for(name: str) -> None:
    (top, bottom), values, threshold = SHOWN[name]
    found = []
    for colour in COLOURS:
        plate = drawn(name, (200, 150), colour=colour, grain=0, **values)
        found.append(delta_e(plate[int(top * 150) : int(bottom * 150)], colour))
    print(f"{name}: mean delta E {np.mean(found):.1f}, threshold {threshold}")
    assert np.mean(found) < threshold


PLAIN = {
    "table": "plain",
    "brick": "painted",
    "flatlay": "plain",
}  # the material that takes the colour, where not all do


def test_every_scene_with_a_colour_turns_to_it() -> None:
    for name, scene in SCENES.items():
        if "colour" in scene.Options.model_fields:
            more = {"material": PLAIN[name]} if name in PLAIN else {}
            red, blue = (drawn(name, colour=colour, **more).reshape(-1, 3).mean(axis=0) for colour in ("red", "blue"))
            assert red[0] - red[2] > blue[0] - blue[2] + 5, name


def test_colours_have_names() -> None:
    assert all(name_of(colour) == name for name, colour in NAMED.items())
    assert name_of("#fefefe") == "white"
    assert (drawn("paper", colour="sage") == drawn("paper", colour=NAMED["sage"])).all()


@every
def test_the_caption_says_what_was_drawn(name: str) -> None:
    """Every choice, switch and colour changes the caption, and colours are called by name."""
    plain = scenes.caption(name, {})
    assert plain == plain.strip()
    assert "  " not in plain
    for option, field in SCENES[name].Options.model_fields.items():
        kind = field.annotation
        if get_origin(kind) is Literal:
            told = {scenes.caption(name, {option: value}) for value in get_args(kind)}
            assert len(told) == len(get_args(kind)), option
        elif kind is bool:
            assert scenes.caption(name, {option: not field.default}) != plain, option
        elif isinstance(field.default, str):
            more = {"material": PLAIN[name]} if name in PLAIN else {}
            assert "turquoise" in scenes.caption(name, {option: "turquoise", **more}), option


IN_FOCUS_OR_NOT = [
    *("sky", "sea", "dunes", "fog", "snow", "mountains", "table", "city"),
    *("forest", "meadow", "autumn", "clouds", "field"),
    *("kitchen", "room", "cafe", "office", "bath", "brick", "neon", "festive"),
]


@pytest.mark.parametrize("name", IN_FOCUS_OR_NOT)
def test_the_caption_says_how_far_out_of_focus(name: str) -> None:
    assert scenes.caption(name, {"blur": 0.9}).endswith("far out of focus")


@every
def test_options_are_described(name: str) -> None:
    for option, row in zip(SCENES[name].Options.model_fields.values(), scenes.described(SCENES[name]), strict=True):
        assert option.description
        assert option.description.endswith(".")
        assert row["values"]
        assert scenes.options_of(name, {row["name"]: row["default"]})


@pytest.mark.parametrize(
    ("name", "values", "what"),
    [
        ("volcano", {}, "There is no scene 'volcano'; choose one of paper"),
        ("dunes", {"wind": 3}, "has no option 'wind'; it has"),
        ("dunes", {"time": "noon"}, "time"),
        ("dunes", {"height": 7}, "height"),
        ("dunes", {"height": "nan"}, "height"),
        ("paper", {"colour": "reddish"}, "'reddish' is not a colour"),
        ("paper", {"colour": 7}, "colour"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_sentence(name: str, values: dict[str, Any], what: str) -> None:
    with pytest.raises(BadInput) as refused:
        scenes.draw(name, values, Size(8, 8), Stand(), 0)
    assert what in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_edge_of_a_table_lies_behind_the_subject() -> None:
    alpha = np.zeros((300, 400), np.uint8)
    alpha[60:210, 120:220] = 255
    assert standing(alpha) == Stand(0.3, 0.55, 0.7)
    values = {"material": "plain", "room": "dark", "grain": 0}
    edges = []
    for ground in (0.6, 0.95):
        plate = scenes.draw("table", values, Size(400, 300), Stand(0.3, 0.7, ground), 1)
        edges.append(int(np.abs(np.diff(plate.astype(float).mean(axis=(1, 2)))).argmax()))
    print("edges at rows", edges)
    assert edges[0] < 0.6 * 300 < edges[1] < 0.95 * 300


def test_a_plate_has_the_photos_type_and_the_recipes_seed() -> None:
    photo = photo_of(picture(64, 48, depth=np.uint16))
    alpha = np.zeros((48, 64), np.uint8)
    alpha[10:40, 20:40] = 255

    def plate(backdrop: SceneBackdrop, seed: int) -> np.ndarray:
        return draw(backdrop, photo, alpha, no_inputs, seed)[0]

    assert plate(SceneBackdrop(), 0).dtype == np.uint16
    assert (plate(SceneBackdrop(name="sky"), 5) == plate(SceneBackdrop(name="sky", seed=5), 9)).all()
    assert (plate(SceneBackdrop(name="sky"), 5) != plate(SceneBackdrop(name="sky"), 6)).any()


def test_the_command_lists_scenes_and_writes_the_gallery(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("scenes", "--gallery", tmp_path / "sheet.jpg", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in listed] == list(SCENES)
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert min(sheet.size) > 1000
    assert command("scenes") == 0
    said = capsys.readouterr().out
    assert "dunes: " in said
    assert "time=day|golden|sunset|dusk|night" in said


@pytest.mark.parametrize(
    ("text", "code", "what"),
    [
        ("scene:", 2, "something is missing after scene:"),
        ("scene:volcano", 2, "There is no scene 'volcano'"),
        ("scene:dunes,sunset", 2, "'sunset' is not an OPTION=VALUE"),
        ("scene:dunes,time=sunset,time=day", 2, "OPTION=VALUE"),
        ("scene:dunes,colour=reddish", 2, "not a colour"),
        ("scene:dunes,seed=x", 2, "seed"),
    ],
)
def test_the_command_refuses_what_it_cannot_draw(
    command: Command, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, code: int, what: str
) -> None:
    from imaging.encode import encode

    (tmp_path / "photo.png").write_bytes(encode(picture(), "PNG"))
    assert command("background", tmp_path / "photo.png", "-o", tmp_path / "out.png", "--backdrop", text) == code
    assert what in capsys.readouterr().err.replace("\n", " ").replace("│", "").replace("  ", " ")
    assert not (tmp_path / "out.png").exists()
