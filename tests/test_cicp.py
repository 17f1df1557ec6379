"""Colours that a file describes by code points: Display P3 gets its profile, what has none is said."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from conftest import disc, picture
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageCms

import main
from errors import BadInput
from imaging import cicp, png
from imaging.cicp import CodePoints
from imaging.colour import to_srgb
from imaging.encode import encode
from imaging.photo import load
from masks import Selection
from recipe import Recipe

SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
# The colorants of the Display P3 profile that Apple ships, as its profile inspector shows them.
PUBLISHED = [[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]]


def colorants(profile: ImageCms.ImageCmsProfile) -> np.ndarray:
    """``(3, 3)``: XYZ of red, green and blue."""
    read = profile.profile
    return np.array([read.red_colorant[0], read.green_colorant[0], read.blue_colorant[0]])


def opened(icc: bytes) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(io.BytesIO(icc))


def a_png(primaries: int, transfer: int, full: int = 1, icc: bytes | None = None, pixels: object = None) -> bytes:
    data = encode(picture() if pixels is None else pixels, "PNG", icc)
    return data[:33] + png.chunk(b"cICP", bytes([primaries, transfer, 0, full])) + data[33:]


def an_avif(primaries: int, transfer: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture()).save(out, "AVIF")
    said = b"colrnclx" + bytes([0, 1, 0, 13])  # as Pillow writes it
    assert out.getvalue().count(said) == 1
    return out.getvalue().replace(said, b"colrnclx" + bytes([0, primaries, 0, transfer]))


def a_heic(primaries: int, transfer: int) -> bytes:
    out = io.BytesIO()
    file = pillow_heif.from_pillow(Image.fromarray(picture()))
    file.save(out, color_primaries=primaries, transfer_characteristics=transfer, matrix_coefficients=6)
    return out.getvalue()


def test_display_p3_is_the_profile_that_others_write() -> None:
    read = opened(cicp.display_p3())
    off = np.abs(colorants(read) - PUBLISHED).max()
    print(f"colorants differ by {off:.6f}, limit 0.0001")
    assert off < 1e-4
    assert read.profile.profile_description == "Display P3"
    assert read.profile.is_matrix_shaper
    assert cicp.display_p3()[36:40] == b"acsp"
    assert int.from_bytes(cicp.display_p3()[:4], "big") == len(cicp.display_p3())


def test_srgbs_primaries_give_srgb() -> None:
    made, theirs = opened(cicp.display_profile("sRGB", SRGB, cicp.D65)), ImageCms.createProfile("sRGB")
    off = np.abs(colorants(made) - colorants(ImageCms.ImageCmsProfile(theirs))).max()
    print(f"colorants differ by {off:.6f}, limit 0.0001")
    assert off < 1e-4
    levels = Image.fromarray(np.dstack([np.arange(256, dtype=np.uint8)[None]] * 3))
    for colours in (levels, Image.fromarray(picture(200, 200))):
        through = ImageCms.profileToProfile(colours, made, theirs)
        assert (np.asarray(through) == np.asarray(colours)).all()


def test_colours_through_the_profile_are_as_the_definition_has_them() -> None:
    """P3 to sRGB by chromaticities alone, both under D65, so that no adaptation has a say."""

    def to_xyz(primaries: tuple[tuple[float, float], ...]) -> np.ndarray:
        columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
        x, y = cicp.D65
        return columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y])

    rgb = np.random.default_rng(3).integers(90, 180, (40, 40, 3)).astype(np.uint8)  # of low colour: within sRGB
    light = np.where(rgb <= 10, rgb / 255 / 12.92, ((rgb / 255 + 0.055) / 1.055) ** 2.4)
    light = light @ (np.linalg.inv(to_xyz(SRGB)) @ to_xyz(cicp.DISPLAY_P3)).T
    assert light.min() > 0.0031308
    expected = (1.055 * light ** (1 / 2.4) - 0.055) * 255
    off = np.abs(to_srgb(rgb, cicp.display_p3()) - expected).max()
    print(f"off by {off:.2f} levels, limit 1")
    assert off < 1
    assert np.abs(expected - rgb).max() > 5, "else it would show nothing"


@pytest.mark.parametrize("make", [a_png, an_avif, a_heic])
def test_display_p3_is_held_beside_the_pixels(make: Callable[..., bytes]) -> None:
    photo = load(make(12, 13))
    assert photo.icc == cicp.display_p3()
    assert photo.notes == ()
    plain = load(make(1, 13))
    assert (photo.pixels == plain.pixels).all(), "the profile says what the pixels mean and changes none"
    assert plain.icc is None
    assert plain.notes == ()


@pytest.mark.parametrize("make", [a_png, an_avif, a_heic])
@pytest.mark.parametrize(("primaries", "transfer"), [(9, 16), (9, 18), (12, 16), (1, 16), (9, 1), (12, 8)])
def test_what_has_no_profile_here_is_said(make: Callable[..., bytes], primaries: int, transfer: int) -> None:
    photo = load(make(primaries, transfer))
    assert photo.icc is None
    assert "embed a profile" in photo.notes[0]


def test_levels_of_part_of_the_range_are_said() -> None:
    for primaries in (1, 12):
        photo = load(a_png(primaries, 13, full=0))
        assert photo.icc is None
        assert "embed a profile" in photo.notes[0]


def test_an_embedded_profile_comes_first() -> None:
    own = cicp.display_profile("my own", SRGB, cicp.D65)
    assert load(a_png(12, 13, icc=own)).icc == own
    assert load(a_png(9, 16, icc=own)).notes == ()


def test_deep_and_grey_pictures_too() -> None:
    assert load(a_png(12, 13, pixels=picture(depth=np.uint16))).icc == cicp.display_p3()
    grey = np.arange(64 * 48, dtype=np.uint32).reshape(48, 64).astype(np.uint8)
    found = load(a_png(12, 13, pixels=grey))
    assert found.icc is None  # the same curve and white: a grey is sRGB's
    assert (found.pixels == grey[..., None]).all()


def test_a_result_is_tagged_and_its_subject_untouched() -> None:
    photo = load(a_png(12, 13, pixels=picture(120, 90)))
    backdrop = {"kind": "colour", "colour": "#ff0000"}
    recipe = Recipe.model_validate({"photo": photo.digest, "backdrop": backdrop})
    selection = Selection(disc(120, 90, 30))
    (result,) = main.run(recipe, photo, lambda digest: b"", selection=selection)
    again = load(result.encode("PNG"))
    assert again.icc == cicp.display_p3()
    kept = selection.values == 255
    assert (again.pixels[kept] == photo.pixels[kept]).all()
    assert np.abs(again.pixels[0, 0].astype(int) - (234, 51, 35)).max() <= 1  # sRGB's red as Display P3 writes it


def test_an_avif_whose_pictures_differ_is_said() -> None:
    data = an_avif(12, 13)
    at = data.index(b"colrnclx") - 4
    box = data[at : at + 19]
    other = box.replace(bytes([0, 12, 0, 13]), bytes([0, 9, 0, 16]))

    def nested(kind: bytes, content: bytes) -> bytes:
        return (8 + len(content)).to_bytes(4, "big") + kind + content

    for boxes, expected in ((box + box, CodePoints(12, 13)), (box + other, CodePoints(0, 0)), (b"", None)):
        meta = nested(b"meta", bytes(4) + nested(b"iprp", nested(b"ipco", boxes)))
        assert cicp.of_avif(nested(b"ftyp", b"avif") + meta) == expected
    assert not CodePoints(0, 0).plain


WHOLE = an_avif(12, 13)


@example(b"\0", 286)  # the header stands, the pixels do not decode
@given(st.binary(min_size=1, max_size=40), st.integers(0, 330))
def test_a_damaged_file_raises_nothing_unforeseen(noise: bytes, at: int) -> None:
    damaged = WHOLE[:at] + noise + WHOLE[at + len(noise) :]
    cicp.of_avif(damaged)
    with contextlib.suppress(BadInput):
        assert load(damaged).icc in (None, cicp.display_p3())


def test_a_file_that_breaks_off_says_nothing() -> None:
    assert cicp.of_avif(WHOLE) == CodePoints(12, 13)
    assert {cicp.of_avif(WHOLE[:length]) for length in range(WHOLE.index(b"colrnclx") + 15)} == {None}
    data = a_png(12, 13)
    assert cicp.of_png(data) == CodePoints(12, 13)
    assert {cicp.of_png(data[:length]) for length in range(49)} == {None}
    assert cicp.of_png(data[:41] + b"\1" + data[42:]) is None, "its checksum is wrong"
