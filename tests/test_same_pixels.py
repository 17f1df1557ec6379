"""Old recipes are read for ever, and give the pixels that they gave.

``tests/data/recipes_v1`` holds recipes as the first version wrote them, over every backdrop, mask source and depth.
Digests are pinned of those whose pixels only integers decide; ``python tests/same_pixels.py --against CHECKOUT``
compares them all with another checkout on one machine.
"""

from __future__ import annotations

import json

import pytest
import same_pixels

from recipe import Recipe

CASES = {
    name: (text, files) for name, text, files in same_pixels.cases(same_pixels.inputs(same_pixels.noise(180, 240)))
}
PINNED = {
    "colour_hard": "b39804aa0d4c097bbc9da0b923befbccd2621df667916a4f98056b693e8d4de7",
    "colour_hard_deep": "4f0737349b806e4d76d8622be179562f74447e6adcadb382440b2b0ded8f7299",
    "gradient_hard": "b003005d8e71eef9725edb478d1e38764367021588f4a790c33cb63f9e52ad51",
    "image_hard": "2cd9374cc7a2102f66443f579e659f23fdf6f7981008e1dc59a8540323ad752b",
    "transparent_hard": "9788ed711f65ec7e80529d00b191683f3d765e51afabab0d15caebd2762ca814",
}


@pytest.mark.parametrize("name", CASES)
def test_a_recipe_of_version_1_is_read(name: str) -> None:
    text, _ = CASES[name]
    recipe, written = Recipe.from_json(text), json.loads(text)
    assert recipe.task == written["task"]
    assert recipe.photo == written["photo"]
    assert recipe.seed == written["seed"]
    assert recipe.backdrop.kind == written["backdrop"]["kind"]
    assert [layer.source.name for layer in recipe.mask.layers] == [
        layer["source"]["name"] for layer in written["mask"]["layers"]
    ]
    assert Recipe.from_json(recipe.to_json()) == recipe


@pytest.mark.parametrize("name", PINNED)
def test_the_pixels_are_those_of_version_1(name: str) -> None:
    text, files = CASES[name]
    assert same_pixels.digest(name, text, files) == PINNED[name]
