"""What is drawn: edges without halo, plates that fit, shadows that lie on the ground."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from conftest import ROOT, SHARED, disc, draw, need, no_inputs, photo_of, picture
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from backdrops import BlurBackdrop, ColourBackdrop, GradientBackdrop, ImageBackdrop, SweepBackdrop
from imaging import composite, contacts, foreground, shadows
from imaging.cast_shadow import KeyLight, cast
from imaging.encode import encode
from imaging.geometry import Box, Size
from imaging.photo import digest_of, load


def psnr(error: np.ndarray) -> float:
    return 10 * np.log10(255**2 / np.mean(np.square(error, dtype=np.float64)))


@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0), (30, 122, 76)])
def test_the_old_background_leaves_the_edge(ground: tuple[int, int, int]) -> None:
    """Foreground, alpha and true composite are known: ours is nearer to the truth than a plain paste."""
    cutout = np.asarray(Image.open(ROOT / "samples" / "cutout_plush.png"))
    fore, alpha = cutout[..., :3].astype(np.float64), cutout[..., 3]
    share = alpha[..., None] / 255
    old = np.asarray(Image.fromarray(picture(9, 12, 3)).resize(alpha.shape[::-1], Image.Resampling.BICUBIC))
    photo = np.rint(share * fore + (1 - share) * old).astype(np.uint8)
    truth = share * fore + (1 - share) * np.array(ground)
    plate = np.broadcast_to(np.array(ground, np.uint8), photo.shape).copy()
    ours = composite.over(photo, alpha, foreground.estimate(photo, alpha), plate)
    plain = share * photo + (1 - share) * plate
    ring = (alpha > 0) & (alpha < 255)
    measured, threshold = psnr((ours - truth)[ring]), psnr((plain - truth)[ring])
    print(f"edge ring: {measured:.1f} dB, plain paste {threshold:.1f} dB")
    assert measured > threshold + 3


def test_true_alphas_keep_their_subjects() -> None:
    """At least 95 % of the true subject, eroded by 3 pixels, is the input byte for byte."""
    import cv2

    import main
    from recipe import Layer, MaskRecipe, Recipe, Source

    folder = need(SHARED / "groundtruth" / "alpha")
    for entry in json.loads((folder / "manifest.json").read_text()):
        photo = load((folder / f"{entry['name']}_image.jpg").read_bytes())
        mask = (folder / f"{entry['name']}_alpha.png").read_bytes()
        layers = (Layer(source=Source(name="file", options={"mask": digest_of(mask)})),)
        recipe = Recipe(photo=photo.digest, mask=MaskRecipe(layers=layers), backdrop=SweepBackdrop(), shadow="contact")
        (result,) = main.run(recipe, photo, {digest_of(mask): mask}.__getitem__)
        truth = (np.asarray(Image.open(folder / f"{entry['name']}_alpha.png")) >= 128).astype(np.uint8)
        inside = cv2.erode(truth, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))) > 0
        same = (result.pixels == photo.pixels).all(axis=2)[inside].mean()
        assert same >= 0.95, f"{entry['name']}: {same:.3f}"


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 70), st.integers(1, 70), st.sampled_from([np.uint8, np.uint16]), st.integers(0, 5))
def test_every_plate_fits_every_photo(width: int, height: int, depth: type, seed: int) -> None:
    photo = photo_of(picture(width, height, depth=depth))
    alpha = disc(width, height, min(width, height) / 3)
    beach = encode(picture(13, 9), "PNG")
    for backdrop in (
        ColourBackdrop(),
        GradientBackdrop(angle=30),
        GradientBackdrop(shape="radial"),
        SweepBackdrop(),
        BlurBackdrop(radius=5),
        ImageBackdrop(digest=digest_of(beach)),
        ImageBackdrop(digest=digest_of(beach), fit="contain"),
    ):
        plate, _ = draw(backdrop, photo, alpha, lambda _: beach, seed)
        assert plate.shape == photo.pixels.shape
        assert plate.dtype == depth
        again, _ = draw(backdrop, photo, alpha, lambda _: beach, seed)
        assert (again == plate).all()


def test_a_gradient_runs_from_its_first_colour_to_its_last_without_bands() -> None:
    photo = photo_of(picture(64, 600))
    gradient = GradientBackdrop(colours=("#000000", "#202020"))
    plate, _ = draw(gradient, photo, np.zeros((600, 64), np.uint8), no_inputs, 0)
    assert plate[:4].mean() < 1
    assert plate[-4:].mean() > 31
    means = plate[..., 0].mean(axis=1)
    assert np.abs(means - np.linspace(0, 32, 600)).max() < 0.5  # rows between two levels mix them


def test_the_blur_has_no_ghost_of_the_subject() -> None:
    pixels = np.full((200, 300, 3), 90, np.uint8)
    alpha = disc(300, 200, 50)
    pixels[alpha > 0] = (255, 0, 0)
    plate, _ = draw(BlurBackdrop(radius=20), photo_of(pixels), alpha, no_inputs, 0)
    assert np.abs(plate.astype(int) - 90).max() <= 2


def test_a_small_backdrop_picture_is_said() -> None:
    beach = encode(picture(10, 10), "PNG")
    photo = photo_of(picture(200, 100))
    _, notes = draw(ImageBackdrop(digest=digest_of(beach)), photo, np.zeros((100, 200), np.uint8), lambda _: beach, 0)
    assert "only 10 x 10 pixels" in notes[0]


def test_a_shadow_lies_beneath_the_subject() -> None:
    alpha = np.zeros((200, 200), np.uint8)
    alpha[60:150, 70:130] = 255
    shadow = shadows.contact(alpha)
    assert shadow[152, 100] > 60  # right below the base
    assert shadow[40].max() == 0  # nothing above the subject
    assert shadow[190].max() < 10  # and it ends
    assert shadow[152, 100] > shadow[165, 100]  # fading with distance


def test_no_ground_no_shadow() -> None:
    alpha = np.zeros((100, 100), np.uint8)
    alpha[50:, 30:70] = 255
    assert not contacts.ground_visible(alpha)
    assert not shadows.contact(alpha).any()
    assert not cast(alpha, KeyLight()).any()
    assert not shadows.contact(np.zeros((5, 5), np.uint8)).any()


def test_a_slanted_subject_stands_on_slanted_ground() -> None:
    y, x = np.mgrid[:200, :300]
    alpha = np.where((y > 60) & (y < 150 - 0.1 * (x - 50)) & (x > 50) & (x < 250), 255, 0).astype(np.uint8)
    shadow = shadows.contact(alpha)
    assert shadow[150, 60] > 80
    assert shadow[131, 240] > 80


def test_a_table_stands_on_each_of_its_legs() -> None:
    """Dark at the foot of a near and of a far leg, on the ground between them, and away from the light."""
    alpha = np.zeros((240, 400), np.uint8)
    alpha[100:130, 80:320] = 255  # the top
    for left, foot in ((84, 200), (300, 200), (130, 180), (260, 180)):
        alpha[100:foot, left : left + 12] = 255
    (table,) = contacts.standing(alpha // 255)
    touching = np.flatnonzero(np.abs(table.touches - table.lowest) < 1)
    assert {84, 95, 130, 141, 260, 271, 300, 311} <= set(touching.tolist())
    right = cast(alpha, KeyLight(90, 30, 0.2, 0.6))
    left = cast(alpha, KeyLight(-90, 30, 0.2, 0.6))
    assert min(right[201, 90], right[181, 136]) > 60  # under a near and a far foot
    assert right[197, 200] > 40  # under the table
    assert right[:, :70].sum() > 2 * left[:, :70].sum()  # light from the right: a shadow to the left
    assert right[:60].max() == 0


def test_what_hangs_between_wheels_does_not_touch_the_ground() -> None:
    """Under a car it is dark from the line between its wheels on, however its floor is shaped."""
    alpha = np.zeros((240, 400), np.uint8)
    alpha[100:170, 60:340] = 255  # the body
    alpha[170:174, 190:200] = 255  # a bump of its floor
    for middle in (110, 290):
        cv2.circle(alpha, (middle, 170), 25, 255, -1)
    (car,) = contacts.standing(alpha // 255)
    assert np.abs(car.touches[110:290] - 195).max() < 2
    shadow = cast(alpha, KeyLight(0, 60, 0.5, 0.5))
    assert shadow[186, 190:210].min() > 130


def test_those_who_stand_apart_have_shadows_of_their_own() -> None:
    """Each on a ground of one's own, also where one of them sets a foot on the frame's lower edge or is cut off."""
    alpha = np.zeros((240, 400), np.uint8)
    alpha[60:190, 40:80] = 255  # stands farther away
    alpha[90:200, 160:200] = 255  # stands on one leg at the frame's edge
    alpha[200:240, 160:170] = 255
    alpha[120:240, 300:360] = 255  # is cut off
    far, near = sorted(contacts.standing(alpha // 255), key=lambda each: each.lowest.max())
    assert (far.lowest.max(), near.lowest.max()) == (189, 239)
    assert contacts.ground_visible(alpha)
    shadow = cast(alpha, KeyLight())
    assert shadow[191, 50:70].min() > 60
    assert shadow[238, 172] > 40
    assert shadow[150:, 292].max() < 40


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 5000))
def test_sizes(width: int, height: int, frame_width: int, frame_height: int) -> None:
    size, frame = Size(width, height), Size(frame_width, frame_height)
    cover, inside = size.covering(frame), size.inside(frame)
    assert cover.width >= frame.width
    assert cover.height >= frame.height
    assert inside.width <= frame.width
    assert inside.height <= frame.height
    assert cover.width == frame.width or cover.height == frame.height
    assert inside.width == frame.width or inside.height == frame.height


def test_boxes() -> None:
    mask = np.zeros((10, 20), np.uint8)
    assert Box.around(mask) is None
    mask[3:5, 7:12] = 200
    assert Box.around(mask) == Box(7, 3, 12, 5)
    assert (mask[Box(7, 3, 12, 5).slices] == 200).all()
