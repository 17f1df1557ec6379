"""How the subject looks in its place: where a shadow falls by itself, along which light, what the floor mirrors."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import photo_of, picture

import main
from backdrops import ColourBackdrop, ImageBackdrop, SceneBackdrop, SweepBackdrop
from imaging import guess_light, match_texture, reflection, rim_light
from imaging.cast_shadow import Ground, KeyLight, cast
from imaging.encode import encode
from imaging.photo import digest_of, load
from imaging.subject import Subject
from masks import Selection
from recipe import NEW_LOOK, NEW_SHADOW, Backdrop, Draft, Look, Recipe

SAMPLES = Path(__file__).parents[1] / "samples"

PICTURE = encode(picture(40, 30, 2), "PNG")
STANDING = np.zeros((120, 160), np.uint8)
STANDING[30:100, 60:100] = 255
CUT_OFF = np.zeros((120, 160), np.uint8)
CUT_OFF[30:, 60:100] = 255


def made(alpha: np.ndarray, backdrop: Backdrop, shadow: str, look: Look = NEW_LOOK) -> main.Result:
    photo = photo_of(picture(160, 120))
    recipe = Recipe(photo=photo.digest, backdrop=backdrop, shadow=shadow, look=look)  # type: ignore[arg-type]
    (result,) = main.run(recipe, photo, lambda _: PICTURE, selection=Selection(alpha))
    return result


@pytest.mark.parametrize(
    ("backdrop", "falls"),
    [
        (SweepBackdrop(), True),
        (ImageBackdrop(digest=digest_of(PICTURE)), True),
        (SceneBackdrop(name="dunes"), True),
        (SceneBackdrop(name="sky"), False),
        (ColourBackdrop(), False),
    ],
    ids=["sweep", "picture", "dunes", "sky", "colour"],
)
def test_a_new_edit_casts_a_shadow_where_there_is_ground(backdrop: Backdrop, falls: bool) -> None:
    assert Draft().shadow == NEW_SHADOW == "auto"
    for alpha, ground in ((STANDING, falls), (CUT_OFF, False)):
        result = made(alpha, backdrop, "auto")
        assert bool((result.pixels != made(alpha, backdrop, "none").pixels).any()) == ground
        assert result.report["notes"] == [] or ground or isinstance(backdrop, ImageBackdrop)


def test_a_recipe_without_the_fields_is_as_it_was() -> None:
    old = Recipe.from_json('{"photo": "%s"}' % ("0" * 64))
    assert (old.shadow, old.look) == ("none", Look())
    assert Look().reflection == 0
    assert Draft.from_recipe(old).freeze() == old


def test_a_shadow_follows_its_controls_and_climbs_no_wall() -> None:
    sun = KeyLight(90, 30, 0.2, 0.6)
    right = cast(STANDING, sun)
    assert right[:, :55].sum(dtype=int) > 3 * right[:, 105:].sum(dtype=int)
    assert cast(STANDING, sun, strength=0).max() == 0
    assert cast(STANDING, sun, strength=1.5).sum(dtype=int) > right.sum(dtype=int)
    behind = cast(STANDING, KeyLight(10, 20, 0.2, 0.9))
    assert behind[:70].any()
    assert not cast(STANDING, KeyLight(10, 20, 0.2, 0.9), Ground(ends=0.7))[:80].any()
    longer, shorter = (
        made(STANDING, SweepBackdrop(), "cast", Look(shadow_direction=90, shadow_length=length)).pixels
        for length in (300, 30)
    )
    assert longer[:, :20].sum(dtype=int) < shorter[:, :20].sum(dtype=int)


@pytest.mark.parametrize("side", [-1, 1])
def test_the_light_is_guessed_from_shading(side: int) -> None:
    y, x = np.mgrid[-80:80, -80:80] / 60
    round_ = np.hypot(x, y) < 1
    depth = np.sqrt(np.maximum(1 - x * x - y * y, 0))
    lit = np.where(round_, 110 + 60 * (0.8 * side * x - 0.4 * y) + 30 * depth, 128)
    ball = np.repeat(lit.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)
    assert side * guess_light.from_subject(ball, np.where(round_, 255, 0).astype(np.uint8)).azimuth > 20
    bright = np.repeat(np.linspace(60, 200, 160)[None, ::side, None], 100, axis=0).repeat(3, axis=2).astype(np.uint8)
    assert side * guess_light.from_picture(bright).azimuth > 20
    assert abs(guess_light.from_picture(np.full((50, 60, 3), 99, np.uint8)).azimuth) < 1


def test_a_glossy_floor_mirrors_the_subject() -> None:
    pixels = np.zeros((120, 160, 3), np.uint8)
    pixels[30:60, 60:100], pixels[60:100, 60:100] = (0, 255, 0), (255, 0, 0)
    white = np.full_like(pixels, 255)
    floor = reflection.reflect(white, pixels, STANDING, Ground(), 0.5)
    assert (floor[:100] == 255).all()
    assert floor[102, 80, 1] < 150 < 240 < floor[102, 80, 0]  # the red foot, right below itself
    assert floor[102, 80, 1] < floor[115, 80, 1]  # fainter away from it
    assert reflection.reflect(white, pixels, CUT_OFF, Ground(), 0.5) is white
    assert (made(STANDING, ColourBackdrop(), "none", Look(reflection=40)).pixels[101:] != 255).any()
    assert (made(STANDING, ColourBackdrop(), "auto").pixels[STANDING == 0] == 255).all()


def test_shadow_flags(command, tmp_path) -> None:
    photo, out = tmp_path / "photo.png", tmp_path / "out.png"
    photo.write_bytes(encode(picture(160, 120), "PNG"))
    mask = tmp_path / "mask.png"
    mask.write_bytes(encode(STANDING, "PNG"))
    flags = ["--mask", f"file:{mask}", "--backdrop", "sweep", "--reflection", "0", "--shadow-direction", "-90"]
    assert command("background", photo, "-o", out, *flags) == 0
    from imaging import provenance

    recipe = Recipe.from_json(provenance.read(out.read_bytes(), "out").recipe)
    assert (recipe.shadow, recipe.look) == (
        "auto",
        NEW_LOOK.model_copy(update={"reflection": 0, "shadow_direction": -90}),
    )


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_matching_the_light_changes_the_subject_and_says_so(depth: type) -> None:
    grey = np.full((120, 160, 3), np.iinfo(depth).max // 2, depth)
    photo = photo_of(grey)
    recipe = Recipe(
        photo=photo.digest, backdrop=ColourBackdrop(colour="#402010"), look=Look(match_light=True), shadow="none"
    )
    (result,) = main.run(recipe, photo, lambda _: PICTURE, selection=Selection(STANDING))
    red, green, blue = result.pixels[60, 80].astype(int)
    assert red > green > blue  # warm
    assert green < grey[60, 80, 1]  # and darker
    assert result.report["checks"]["changed_subject_pixels"] == 0
    assert result.report["checks"]["light_matched"]
    assert "changed the subject" in result.report["notes"][-1]


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_rim_light_comes_from_the_lights_side_and_the_ground(depth: type) -> None:
    full = np.iinfo(depth).max
    alpha = STANDING.copy()
    alpha[30:100, 100] = 128
    subject = Subject.of(photo_of(np.full((120, 160, 3), full // 3, depth)), alpha)
    bright = np.full((120, 160, 3), full, depth)
    lit = rim_light.add(subject, bright, KeyLight(90, 20), 1)
    added = lit.photo.pixels.astype(int) - subject.photo.pixels
    assert added.min() == 0
    assert added[60, 99].min() > 5 * added[60, 61].max() + full // 20  # a rim on the right, none on the left
    assert added[98, 75].min() > added[60, 80].max() + full // 50  # the ground's light at the foot
    assert not added[alpha == 0].any()
    assert (lit.edge.colours >= subject.edge.colours).all()
    assert (lit.edge.colours > subject.edge.colours).any()
    assert rim_light.add(subject, bright, None, 0) is subject
    dark = rim_light.add(subject, np.zeros_like(bright), KeyLight(90, 20), 1)
    assert (dark.photo.pixels == subject.photo.pixels).all()


def test_light_wraps_around_the_soft_edge_alone() -> None:
    soft = STANDING.copy()
    soft[30:100, 100:104] = 128
    red = ColourBackdrop(colour="#ff0000")
    plain, wrapped = (made(soft, red, "none", Look(light_wrap=wrap)).pixels for wrap in (0, 100))
    changed = (plain != wrapped).any(axis=2)
    assert changed[30:100, 100:104].mean() > 0.9
    assert not changed[soft != 128].any()


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize(("deviation", "spread"), [(4.0, 0.0), (8.0, 0.5)])
def test_grain_is_measured_and_matched(depth: type, deviation: float, spread: float) -> None:
    ramp = np.repeat(np.tile(np.linspace(60, 200, 640), (512, 1))[..., None], 3, axis=2)
    noise = np.random.default_rng(0).normal(0, deviation, (512, 640))
    noisy = ramp + (cv2.GaussianBlur(noise, (0, 0), spread) if spread else noise)[..., None]
    levels = 257 if depth == np.uint16 else 1
    clean, photo = (np.rint(each.clip(0, 255) * levels).astype(depth) for each in (ramp, noisy))
    wanted = match_texture.measure(photo)
    matched = match_texture.match(clean, wanted, seed=3)
    got = match_texture.measure(matched)
    assert wanted.fine == pytest.approx(deviation, rel=0.1) or spread
    assert (got.fine, got.coarse) == pytest.approx((wanted.fine, wanted.coarse), rel=0.15)
    assert (match_texture.match(clean, wanted, seed=3) == matched).all()
    assert (match_texture.match(clean, wanted, seed=3, grain=0) == clean).all()
    assert (match_texture.match(photo, match_texture.measure(clean), seed=3) == photo).all()


def test_fur_is_not_taken_for_grain() -> None:
    fur = load((SAMPLES / "cutout_plush.png").read_bytes())
    place = np.full((240, 320, 3), 128, np.uint8)
    assert (match_texture.match(place, match_texture.measure(fur.pixels, fur.alpha), seed=0) == place).all()


def test_a_sharp_place_is_softened_for_a_soft_photo_alone() -> None:
    sharp = np.kron(np.random.default_rng(1).integers(0, 255, (32, 32, 1), np.uint8), np.ones((16, 16, 3), np.uint8))
    soft = cv2.GaussianBlur(sharp, (0, 0), 2)
    texture = match_texture.measure(soft)
    matched = match_texture.match(sharp, texture, seed=0, grain=0)
    blur = match_texture.measure(matched).blur
    assert blur is not None
    assert texture.blur is not None
    assert blur == pytest.approx(texture.blur, rel=0.2)
    assert (match_texture.match(soft, match_texture.measure(sharp), seed=0, grain=0) == soft).all()


def test_grain_is_by_itself_that_of_the_photo_but_not_on_plain_colour() -> None:
    noisy = np.random.default_rng(0).normal(120, 8, (120, 160, 1)).clip(0, 255).astype(np.uint8).repeat(3, axis=2)

    def drawn(backdrop: Backdrop, look: Look) -> np.ndarray:
        photo = photo_of(noisy)
        recipe = Recipe(photo=photo.digest, backdrop=backdrop, look=look)
        return main.run(recipe, photo, lambda _: PICTURE, selection=Selection(STANDING))[0].pixels

    scene, grey = SceneBackdrop(name="fog"), ColourBackdrop(colour="#888888")
    assert (drawn(scene, Look(grain=None)) != drawn(scene, Look())).any()
    assert (drawn(scene, Look(grain=None)) == drawn(scene, Look(grain=100))).all()
    assert (drawn(grey, Look(grain=None)) == drawn(grey, Look())).all()
    assert (drawn(grey, Look(grain=100)) != drawn(grey, Look())).any()
