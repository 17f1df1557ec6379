"""The promise: where the selection is 255, the result is the photo, byte for byte, in every depth and profile."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import disc, no_inputs, photo_of, picture
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import ImageCms

import main
import replay
from backdrops import (
    BlurBackdrop,
    ColourBackdrop,
    DescribedBackdrop,
    GradientBackdrop,
    ImageBackdrop,
    SceneBackdrop,
    SweepBackdrop,
    TransparentBackdrop,
)
from errors import BadInput, NothingFound
from imaging import checks
from imaging.encode import encode
from imaging.photo import digest_of, load
from masks import Selection
from recipe import NEW_LOOK, NEW_SHADOW, Backdrop, Layer, Look, MaskRecipe, Placement, Recipe, Source, kinds


def wide_gamut() -> bytes:
    """An RGB profile that is not sRGB: Pillow's Lab-free way is to swap primaries through a saved XYZ profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = bytearray(profile)
    # The tag table starts at 128; exchange the red and green colorants, so that the profile is honest but different.
    for at in range(132, 132 + 12 * int.from_bytes(profile[128:132], "big"), 12):
        name = bytes(swapped[at : at + 4])
        if name in (b"rXYZ", b"gXYZ"):
            swapped[at : at + 4] = b"gXYZ" if name == b"rXYZ" else b"rXYZ"
    return bytes(swapped)


BACKDROP_PICTURE = encode(picture(30, 40, 5), "PNG")
BACKDROPS: list[Backdrop] = [
    ColourBackdrop(colour="#3366cc"),
    GradientBackdrop(),
    GradientBackdrop(shape="radial"),
    SweepBackdrop(),
    BlurBackdrop(),
    ImageBackdrop(digest=digest_of(BACKDROP_PICTURE)),
    ImageBackdrop(digest=digest_of(BACKDROP_PICTURE), fit="contain"),
    TransparentBackdrop(),
    SceneBackdrop(name="table"),
    DescribedBackdrop.of("background", "on a beach at dusk"),
]

LOOKS = [
    Look(),
    NEW_LOOK,
    Look(reflection=60, shadow_strength=150, shadow_direction=40, shadow_length=120, light_wrap=100),
    Look(grain=200, match_sharpness=True, rim_light=100),  # without matched light there is no rim
]


def test_every_kind_of_backdrop_is_among_them() -> None:
    assert {backdrop.kind for backdrop in BACKDROPS} | {"generated"} == set(kinds())  # that one is in test_paint.py


shapes = st.tuples(st.integers(1, 40), st.integers(1, 40))
photos = shapes.flatmap(
    lambda shape: st.tuples(
        st.sampled_from([np.uint8, np.uint16]).flatmap(lambda depth: arrays(depth, (*shape, 3))),
        arrays(np.uint8, shape, elements=st.sampled_from([0, 1, 64, 128, 200, 254, 255])),
    )
)


@settings(max_examples=60, deadline=None)
@given(
    photos,
    st.sampled_from(BACKDROPS),
    st.sampled_from(["none", "auto", "contact", "cast"]),
    st.sampled_from(LOOKS),
    st.booleans(),
    st.integers(0, 99),
)
def test_the_subject_is_untouched(
    case: tuple[np.ndarray, np.ndarray], backdrop: Backdrop, shadow: str, look: Look, profile: bool, seed: int
) -> None:
    pixels, mask = case
    photo = photo_of(pixels, wide_gamut() if profile else None)
    files = {digest_of(data): data for data in (encode(mask, "PNG"), BACKDROP_PICTURE)}
    layers = (Layer(source=Source(name="file", options={"mask": next(iter(files))})),)
    recipe = Recipe(
        photo=photo.digest,
        mask=MaskRecipe(layers=layers),
        backdrop=backdrop,
        shadow=shadow,
        look=look,
        seed=seed,  # type: ignore[arg-type]
    )
    if not (mask >= 250).any():
        with pytest.raises((BadInput, main.masks.NothingFound)):
            main.run(recipe, photo, files.__getitem__)
        return
    (result,) = main.run(recipe, photo, files.__getitem__)
    data = result.encode("PNG")
    again = load(data, "result.png")
    kept = mask >= 250
    assert again.pixels.dtype == pixels.dtype
    assert (again.pixels[kept] == pixels[kept]).all()
    assert again.icc == photo.icc
    assert result.report["checks"]["changed_subject_pixels"] == 0
    assert 0 < result.report["checks"]["protected_share"] <= 1

    replayed = replay.replay(data, "result.png", photo, no_inputs)  # nothing but the photo and the file itself
    assert (replayed.pixels == result.pixels).all()
    assert replayed.encode("PNG") == data


@pytest.mark.parametrize("backdrop", BACKDROPS, ids=lambda backdrop: backdrop.kind)
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("profile", [False, True])
def test_a_new_edit_changes_no_pixel_of_the_subject(backdrop: Backdrop, depth: type, profile: bool) -> None:
    pixels, alpha = picture(64, 48, depth=depth), disc(64, 48, 14)
    photo = photo_of(pixels, wide_gamut() if profile else None)
    recipe = Recipe(photo=photo.digest, backdrop=backdrop, shadow=NEW_SHADOW, look=NEW_LOOK)
    (result,) = main.run(recipe, photo, lambda _: BACKDROP_PICTURE, selection=Selection(alpha))
    again = load(result.encode("PNG"), "result.png")
    assert again.pixels.dtype == depth
    assert (again.pixels[alpha == 255] == pixels[alpha == 255]).all()
    assert again.icc == photo.icc
    assert result.report["checks"]["changed_subject_pixels"] == 0
    assert (again.pixels[alpha == 0] != pixels[alpha == 0]).any()


def test_the_checks_notice_a_changed_pixel() -> None:
    before, alpha = picture(), np.full((48, 64), 255, np.uint8)
    after = before.copy()
    after[3, 4, 1] ^= 1
    assert checks.changed_subject_pixels(before, after, alpha) == 1
    assert checks.changed_subject_pixels(before, np.dstack([before, alpha - 1]), alpha) == 48 * 64
    assert checks.protected_share(disc(40, 40, 10)) < 1
    with pytest.raises(TypeError):
        checks.changed_subject_pixels(before, after.astype(np.uint16), alpha)


def test_a_mask_that_protects_nothing_is_an_error() -> None:
    photo = photo_of(picture())
    faint = encode(np.full((48, 64), 200, np.uint8), "PNG")
    layers = (Layer(source=Source(name="file", options={"mask": digest_of(faint)})),)
    with pytest.raises(NothingFound, match="No pixel is surely the subject"):
        main.run(Recipe(photo=photo.digest, mask=MaskRecipe(layers=layers)), photo, lambda _: faint)


def test_a_backdrop_colour_is_converted_into_the_photos_profile() -> None:
    mask = encode(disc(64, 48, 10), "PNG")
    layers = (Layer(source=Source(name="file", options={"mask": digest_of(mask)})),)
    pure_red = ColourBackdrop(colour="#ff0000")

    def corner(icc: bytes | None) -> list[int]:
        photo = photo_of(picture(), icc)
        recipe = Recipe(photo=photo.digest, mask=MaskRecipe(layers=layers), backdrop=pure_red)
        return main.run(recipe, photo, lambda _: mask)[0].pixels[0, 0].tolist()

    assert corner(None) == [255, 0, 0]
    red, green, _ = corner(wide_gamut())  # where red and green are exchanged, red is written as green
    assert green > 250
    assert red < 5


def test_nothing_of_the_old_background_stays_in_a_cut_out() -> None:
    photo = photo_of(picture())
    mask = encode(disc(64, 48, 10), "PNG")
    layers = (Layer(source=Source(name="file", options={"mask": digest_of(mask)})),)
    recipe = Recipe(photo=photo.digest, mask=MaskRecipe(layers=layers), backdrop=TransparentBackdrop())
    (result,) = main.run(recipe, photo, lambda _: mask)
    assert not result.pixels[result.pixels[..., 3] == 0].any()
    assert (result.pixels[..., 3] == result.selection.values).all()


def test_the_recipe_must_be_of_this_photo() -> None:
    with pytest.raises(BadInput, match="not the photo of the recipe"):
        main.run(Recipe(photo="0" * 64), photo_of(picture()), no_inputs)


@pytest.mark.parametrize("backdrop", BACKDROPS, ids=lambda backdrop: backdrop.kind)
@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_a_subject_that_only_changes_its_place_is_untouched(backdrop: Backdrop, depth: type) -> None:
    pixels, alpha = picture(48, 36, depth=depth), disc(48, 36, 10)
    photo = photo_of(pixels, wide_gamut())
    placement = Placement(shape="1:1", move_x=12.5, flip=True)
    recipe = Recipe(photo=photo.digest, placement=placement, backdrop=backdrop, shadow="cast")
    (result,) = main.run(recipe, photo, lambda _: BACKDROP_PICTURE, selection=Selection(alpha))
    assert result.report["checks"]["resampled"] is False
    assert result.report["checks"]["changed_subject_pixels"] == 0
    assert result.pixels.shape[:2] == (48, 48)
    kept = pixels[alpha == 255]
    placed = np.zeros((48, 48), bool)
    placed[6:42] = np.roll(alpha[:, ::-1] == 255, 6, axis=1)  # the frame grew by 6 rows above and below
    assert sorted(map(tuple, result.pixels[placed][:, :3])) == sorted(map(tuple, kept))
    assert (result.pixels[placed][:, :3] == np.roll(pixels[:, ::-1], 6, axis=1)[placed[6:42]]).all()
