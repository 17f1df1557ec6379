"""What fields say to people: read back from pydantic models, the same for the page and the command line."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

import fields
from fields import Control
from imaging.scenes import SCENES
from masks import SOURCES
from recipe import Colour, Digest, Draft, Length, MaskRecipe, Recipe, kinds


class Example(BaseModel):
    kind: Literal["example"] = "example"
    amount: Annotated[
        float, Field(title="How much", description="Of it.", gt=0, le=4), Control(step=0.5, unit="px")
    ] = 1
    count: int | None = Field(None, ge=1, le=8)
    side: Annotated[Literal["left", "right"], Control(words={"left": "On the left"})] = "left"
    parts: tuple[Literal["hair", "skin"], ...] = ("hair",)
    tint: Annotated[Colour, Field(title="Tint")] = "#ffffff"
    tints: tuple[Colour, ...] = ("#ffffff",)
    words: Annotated[str, Field(max_length=40), Control(lines=3)]
    many: tuple[str, ...] = Field((), alias="not")
    reach: Length = Length()
    file: Annotated[Digest | None, Control(input="mask picture")] = None
    clicks: Annotated[tuple[tuple[float, float], ...], Control(mark="add")] = ()


def test_settings_say_what_a_field_is() -> None:
    found = {setting.name: setting for setting in fields.settings(Example)}
    assert "kind" not in found  # a fixed value is nothing to set
    assert {name: setting.kind for name, setting in found.items()} == {
        "amount": "number",
        "count": "integer",
        "side": "choice",
        "parts": "choices",
        "tint": "colour",
        "tints": "colours",
        "words": "text",
        "many": "texts",
        "reach": "length",
        "file": "file",
        "clicks": "points",
    }
    amount = found["amount"]
    assert (amount.title, amount.help, amount.low, amount.high) == ("How much", "Of it.", 0, 4)
    assert amount.low_excluded
    assert not amount.high_excluded
    assert (amount.step, amount.control.unit, amount.takes) == (0.5, "px", "0..4")
    assert found["count"].optional
    assert (found["count"].low, found["count"].high, found["count"].title) == (1, 8, "Count")
    assert [found["side"].option_label(value) for value in found["side"].choices] == ["On the left", "Right"]
    assert found["parts"].choices == ("hair", "skin")
    assert found["words"].required
    assert found["words"].longest == 40
    assert found["many"].flag == "--not"


def test_one_value_is_checked_as_the_whole_is() -> None:
    assert fields.validated(Example, "tint", "ABC") == "#aabbcc"
    assert fields.dumped(Example, "reach", Length(value=2, unit="%")) == {"value": 2.0, "unit": "%"}
    for name, value in (("amount", 0), ("amount", 5), ("side", "up"), ("tint", "red")):
        with pytest.raises(ValidationError):
            fields.validated(Example, name, value)


MODELS = [
    MaskRecipe,
    *kinds().values(),
    *(source.Options for source in SOURCES.values()),
    *(scene.Options for scene in SCENES.values()),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_setting_has_words_for_people(model: type[BaseModel]) -> None:
    for setting in fields.settings(model):
        if setting.kind != "part":
            assert setting.title, setting.name
            assert setting.help.endswith("."), f"{setting.name}: {setting.help!r}"
        if setting.kind in ("choice", "choices"):
            labels = [setting.option_label(value) for value in setting.choices]
            assert len(set(labels)) == len(labels)


PHOTO = "1" * 64


def test_a_draft_says_what_it_lacks() -> None:
    draft = Draft().put("backdrop.kind", "generated")
    assert draft.missing() == ["a photo", "a prompt"]
    assert draft.put("task", "create").missing() == ["a prompt"]
    with pytest.raises(Exception, match="still needs a photo and a prompt"):
        draft.freeze()
    draft = draft.put("backdrop.prompt", "on a beach").put("photo", PHOTO)
    assert draft.missing() == []
    assert Draft().put("backdrop.kind", "image").missing() == ["a photo", "a picture"]


def test_a_draft_keeps_what_was_set_for_every_kind() -> None:
    draft = Draft().put("backdrop.colour", "#abc").put("backdrop.kind", "blur").put("backdrop.radius", 33)
    assert draft.get("backdrop.radius") == 33
    draft = draft.put("backdrop.kind", "colour")
    assert draft.get("backdrop.colour") == "#aabbcc"
    assert draft.put("backdrop.kind", "blur").get("backdrop.radius") == 33
    assert draft.put("backdrop.colour", None).get("backdrop.colour") == "#ffffff"
    assert Draft.model_validate_json(draft.model_dump_json()) == draft


@pytest.mark.parametrize(
    ("path", "value"), [("seed", -1), ("mask.feather", -1), ("backdrop.colour", "red"), ("backdrop.kind", "nothing")]
)
def test_a_draft_refuses_what_a_recipe_would(path: str, value: object) -> None:
    with pytest.raises(Exception, match=r"fit|no backdrop"):
        Draft().put(path, value)


def test_recipe_and_draft_say_the_same() -> None:
    draft = Draft().put("photo", PHOTO).put("mask.grow", {"value": 2, "unit": "%"}).put("shadow", "contact")
    recipe = draft.put("seed", 7).put("backdrop.kind", "gradient").put("backdrop.angle", 30).freeze()
    assert recipe.mask.grow == Length(value=2, unit="%")
    assert recipe.backdrop.model_dump()["angle"] == 30
    assert Draft.from_recipe(recipe).freeze() == recipe
    assert Recipe.from_json(recipe.to_json()) == recipe
