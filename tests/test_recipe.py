"""A recipe is a value: it survives JSON unchanged, cannot be altered, and refuses what makes no sense."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from backdrops import (
    BlurBackdrop,
    ColourBackdrop,
    GradientBackdrop,
    ImageBackdrop,
    SceneBackdrop,
    SweepBackdrop,
    TransparentBackdrop,
)
from errors import BadInput
from recipe import Layer, Length, MaskRecipe, Recipe, Source

digests = st.text("0123456789abcdef", min_size=64, max_size=64)
colours = st.text("0123456789abcdef", min_size=6, max_size=6).map(lambda digits: f"#{digits}")
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
sources = st.builds(
    Source,
    name=st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True),
    options=st.dictionaries(st.text(min_size=1, max_size=8), values, max_size=3),
)
lengths = st.builds(Length, value=st.floats(-100, 100), unit=st.sampled_from(["px", "%"]))
layers = st.lists(
    st.builds(Layer, op=st.sampled_from(["add", "remove", "intersect"]), source=sources), max_size=3
).flatmap(lambda rest: sources.map(lambda first: (Layer(source=first), *rest)))
masks = st.builds(
    MaskRecipe,
    layers=layers,
    invert=st.booleans(),
    fill_holes=st.booleans(),
    specks=st.floats(0, 100),
    grow=lengths,
    feather=st.floats(0, 1000),
    strokes=st.none() | digests,
)
backdrops = st.one_of(
    st.builds(ColourBackdrop, colour=colours),
    st.builds(
        GradientBackdrop,
        colours=st.lists(colours, min_size=2, max_size=8).map(tuple),
        shape=st.sampled_from(["linear", "radial"]),
        angle=st.floats(-360, 360),
    ),
    st.builds(SweepBackdrop, colour=colours),
    st.builds(BlurBackdrop, radius=st.floats(0.1, 200)),
    st.builds(ImageBackdrop, digest=digests, fit=st.sampled_from(["cover", "contain"])),
    st.just(TransparentBackdrop()),
    st.builds(
        SceneBackdrop,
        name=st.from_regex(r"[a-z][a-z0-9-]{0,9}", fullmatch=True),
        values=st.dictionaries(
            st.text(min_size=1, max_size=8),
            st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6) | st.text(max_size=20),
            max_size=3,
        ),
        seed=st.none() | st.integers(0, 2**32 - 1),
    ),
)
recipes = st.builds(
    Recipe,
    photo=digests,
    mask=masks,
    backdrop=backdrops,
    shadow=st.sampled_from(["none", "auto", "contact", "cast"]),
    seed=st.integers(0, 2**32 - 1),
)


@given(recipes)
def test_a_recipe_survives_json(recipe: Recipe) -> None:
    again = Recipe.from_json(recipe.to_json())
    assert again == recipe
    assert again.to_json() == recipe.to_json()


@given(recipes)
def test_a_recipe_survives_copying_and_pickling(recipe: Recipe) -> None:
    assert copy.deepcopy(recipe) == recipe
    assert pickle.loads(pickle.dumps(recipe)) == recipe


def test_recipes_on_disk_with_values_for_options_are_read_and_written_anew() -> None:
    new = Source(name="sam", options={"clicks": [[1, 2]]})
    old = '{"name": "sam", "values": {"clicks": [[1, 2]]}}'
    assert Source.model_validate_json(old) == new
    assert json.loads(new.model_dump_json()) == {"name": "sam", "options": {"clicks": [[1, 2]]}}
    with pytest.raises(ValidationError, match="values"):
        Source.model_validate({"name": "sam", "options": {}, "values": {}})


def test_a_recipe_cannot_be_changed() -> None:
    recipe = Recipe(photo="0" * 64, mask=MaskRecipe(layers=(Layer(source=Source(name="x", options={"a": [1]})),)))
    with pytest.raises(ValidationError):
        recipe.seed = 3  # type: ignore[misc]
    options = recipe.mask.layers[0].source.options
    with pytest.raises(TypeError):
        options["a"] = 2  # type: ignore[index]
    assert options["a"] == (1,)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{}", "photo"),
        ('{"photo": "../../etc/passwd"}', "photo"),
        ('{"photo": "%s", "path": "/home/me"}' % ("0" * 64), "path"),
        ('{"photo": "%s", "seed": -1}' % ("0" * 64), "seed"),
        ('{"photo": "%s", "backdrop": {"kind": "colour", "colour": "red"}}' % ("0" * 64), "colour"),
        ('{"photo": "%s", "mask": {"layers": []}}' % ("0" * 64), "layers"),
        ("not json", ""),
        ("[" * 100_000, ""),
        ('{"photo": "' + "0" * 2_000_000, "too long"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(text: str, what: str) -> None:
    with pytest.raises(BadInput) as refused:
        Recipe.from_json(text)
    assert what in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_mask_must_begin_by_adding() -> None:
    with pytest.raises(ValidationError, match="first mask layer must add"):
        MaskRecipe(layers=(Layer(op="remove", source=Source(name="rembg")),))


@pytest.mark.parametrize(
    ("text", "area", "pixels"), [("12", 1, 12), ("-3.5px", 1, -3.5), ("5%", 10_000, 5), (" 10 % ", 400, 2)]
)
def test_lengths(text: str, area: float, pixels: float) -> None:
    assert Length.parse(text).pixels(area) == pytest.approx(pixels)


@pytest.mark.parametrize("text", ["", "x", "5 percent", "1e9999", "nan", "%"])
def test_what_is_no_length(text: str) -> None:
    with pytest.raises(BadInput, match="not a length"):
        Length.parse(text)


@given(colours)
def test_short_and_long_colours_mean_the_same(colour: str) -> None:
    assert ColourBackdrop(colour=colour.upper()).colour == colour
    assert ColourBackdrop(colour="#abc").colour == "#aabbcc"
