"""Files whole or not at all, carrying the recipe and nothing private."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from conftest import disc, photo_of, picture
from PIL import Image

import main
from backdrops import ColourBackdrop, ImageBackdrop
from errors import BadInput
from imaging import files, png, provenance
from imaging.clean_copy import clean_copy
from imaging.encode import encode, type_of
from imaging.geometry import Size
from imaging.photo import digest_of, load
from recipe import Layer, MaskRecipe, Recipe, Source


def result_of(**changes: object) -> main.Result:
    mask = encode(disc(64, 48, 15), "PNG")
    photo = photo_of(picture())
    layers = (Layer(source=Source(name="file", options={"mask": digest_of(mask)})),)
    recipe = Recipe(photo=photo.digest, mask=MaskRecipe(layers=layers), **changes)  # type: ignore[arg-type]
    files = {digest_of(data): data for data in (mask, BEACH)}
    return main.run(recipe, photo, files.__getitem__)[0]


BEACH = encode(picture(20, 15, 9), "PNG")


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_is_exact(depth: type, channels: int) -> None:
    pixels = np.random.default_rng(1).integers(0, np.iinfo(depth).max + 1, (9, 7, channels), depth)
    found = load(encode(pixels[..., 0] if channels == 1 else pixels, "PNG"), "x.png")
    assert (found.pixels == (pixels if channels == 1 else pixels[..., :3])).all()
    if channels == 4:
        assert found.alpha is not None
        assert (found.alpha == (pixels[..., 3] if depth == np.uint8 else np.rint(pixels[..., 3] / 257))).all()


def test_bands_compressed_by_themselves_are_one_stream_with_a_right_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "BAND", 60)
    pixels = picture(40, 30)
    bodies = [chunk[8:-4] for chunk in png.pixel_chunks(pixels)]
    filtered = np.frombuffer(zlib.decompress(b"".join(bodies)), np.uint8)  # fails on a wrong checksum
    assert len(bodies) == 30 + 2  # a row each, the checksum, the end
    assert filtered.size == pixels.nbytes + 30
    assert (load(encode(pixels, "PNG")).pixels == pixels).all()


def test_a_png_carries_everything_but_the_photo() -> None:
    result = result_of(backdrop=ImageBackdrop(digest=digest_of(BEACH)))
    made = provenance.read(result.encode("PNG"), "x.png")
    assert Recipe.from_json(made.recipe) == result.recipe
    assert made.selection is not None
    assert (made.selection == result.selection.values).all()
    assert made.inputs == {digest_of(BEACH): BEACH}
    assert made.environment["versions"]["numpy"] == np.__version__


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_other_formats_carry_the_recipe(kind: str) -> None:
    result = result_of()
    data = result.encode(kind)
    made = provenance.read(data, f"x.{kind.lower()}")
    assert Recipe.from_json(made.recipe) == result.recipe
    assert made.selection is None
    assert np.abs(load(data).pixels.astype(int) - result.pixels).mean() < 12  # noise is hard on JPEG


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_program_can_open_it(kind: str) -> None:
    with Image.open(io.BytesIO(result_of().encode(kind))) as image:
        image.load()
        assert image.size == (64, 48)
        assert image.mode == "RGB"


@pytest.mark.parametrize(
    "data",
    [
        encode(picture(), "PNG"),
        encode(picture(), "JPEG"),
        result_of().encode("PNG").replace(b"Backdrop\0", b"Backdrob\0"),
        b"\x89PNG\r\n\x1a\n" + b"\xff\xff\xff\xffIDAT",
    ],
)
def test_a_picture_without_a_recipe_says_so(data: bytes) -> None:
    with pytest.raises(BadInput, match="carries no recipe"):
        provenance.read(data, "x.png")


def test_what_a_format_cannot_hold_is_said() -> None:
    with pytest.raises(BadInput, match="JPEG knows no transparency"):
        encode(np.zeros((4, 4, 4), np.uint8), "JPEG")
    with pytest.raises(BadInput, match="WebP holds at most"):
        encode(np.zeros((1, 17_000, 3), np.uint8), "WEBP")
    with pytest.raises(BadInput, match="must end in"):
        type_of(Path("x.bmp"))


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.png"
    target.write_bytes(b"old")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(BadInput, match="cannot be written"):
        files.write(tmp_path / "missing" / "x.png", b"new")


def test_a_clean_copy_has_no_metadata_and_the_same_pixels() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a private description"
    photo = load(encode(picture(), "PNG", exif=exif.tobytes()))
    copy = clean_copy(photo)
    assert b"private" not in copy
    assert (load(copy).pixels == photo.pixels).all()


def test_a_clean_copy_is_cut_to_what_is_seen() -> None:
    photo = load(encode(picture(400, 100), "PNG"))
    assert load(clean_copy(photo, Size(50, 50), "cover")).size == (50, 50)
    assert load(clean_copy(photo, Size(500, 500), "cover")).size == (100, 100)
    assert load(clean_copy(photo, Size(50, 50), "contain")).size == (200, 50)


def test_a_long_exif_gives_way_to_the_recipe() -> None:
    exif = Image.Exif()
    exif[0x8298] = "c" * 64_900
    result = result_of()
    data = encode(result.pixels, "JPEG", exif=exif.tobytes(), made=provenance.Provenance(result.recipe.to_json()))
    assert Recipe.from_json(provenance.read(data, "x.jpg").recipe) == result.recipe


@pytest.mark.parametrize(
    "made_with", ['{"models": 5}', "[" * 50_000, "3"], ids=["models are no table", "nested", "no table"]
)
def test_a_crafted_making_is_no_recipe(made_with: str) -> None:
    text = f'{{"recipe": {{}}, "made_with": {made_with}}}'.encode()
    chunk = png.chunk(b"iTXt", b"Backdrop\0\0\0\0\0" + text)
    plain = encode(picture(), "PNG")
    with pytest.raises(BadInput, match="carries no recipe"):
        provenance.read(plain[:33] + chunk + plain[33:], "x.png")


def test_a_selection_of_another_size_is_not_even_decoded() -> None:
    result = result_of()
    made = provenance.Provenance(result.recipe.to_json(), {}, np.zeros((3000, 3000), np.uint8))
    with pytest.raises(BadInput, match="not of its size"):
        provenance.read(encode(result.pixels, "PNG", made=made), "x.png")


def test_no_path_is_in_the_file(tmp_path: Path) -> None:
    assert str(tmp_path.parent).encode() not in result_of(backdrop=ColourBackdrop()).encode("PNG")
