"""Working sizes, and recipes that carry them."""

import pytest
from pydantic import ValidationError

from backdrops import GeneratedBackdrop
from imaging.geometry import Size
from recipe import MAX_SEED, MaskRecipe, Recipe


@pytest.mark.parametrize(
    ("photo", "side", "wanted", "found"),
    [
        ((512, 512), 512, (None, None), (512, 512)),
        ((4000, 3000), 512, (None, None), (592, 440)),
        ((3000, 4000), 512, (None, None), (440, 592)),
        ((6000, 4000), 1024, (None, None), (1256, 840)),
        ((100, 80), 512, (None, None), (576, 456)),
        ((10000, 100), 512, (None, None), (2048, 64)),
        ((4000, 3000), 512, (768, None), (768, 576)),
        ((4000, 3000), 512, (None, 768), (1024, 768)),
        ((4000, 3000), 512, (512, 768), (512, 768)),
    ],
)
def test_the_photos_shape_at_the_models_area(photo, side, wanted, found):
    size = Size(*photo).working(side, *wanted)
    assert size == Size(*found)
    assert not size.width % 8
    assert not size.height % 8


def test_a_recipe_alone_has_its_own_seed():
    backdrop = GeneratedBackdrop.of("sd15", prompt="a beach", num_images_per_prompt=4)
    recipe = Recipe(task="create", backdrop=backdrop, seed=40)
    assert recipe.for_image(2).seed == 42
    assert recipe.for_image(2).backdrop.num_images_per_prompt == 1
    assert Recipe.from_json(recipe.for_image(2).to_json()) == recipe.for_image(2)


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"task": "background", "backdrop": GeneratedBackdrop.of("sd15-inpaint", prompt="a beach")}, "needs a photo"),
        ({"task": "create"}, "takes a prompt"),
        ({"task": "create", "backdrop": GeneratedBackdrop.of("sd15", prompt="x"), "photo": "0" * 64}, "no photo"),
        (
            {"task": "create", "backdrop": GeneratedBackdrop.of("sd15", prompt="x"), "mask": MaskRecipe(invert=True)},
            "no photo",
        ),
        (
            {
                "task": "create",
                "backdrop": GeneratedBackdrop.of("sd15", prompt="x", num_images_per_prompt=2),
                "seed": MAX_SEED,
            },
            "smaller",
        ),
    ],
)
def test_recipes_that_make_no_sense(parts, says):
    with pytest.raises(ValidationError, match=says):
        Recipe(**parts)
