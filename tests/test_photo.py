"""Untrusted bytes: what is read, what is refused in one sentence, and what never comes along."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
import pytest
from conftest import SHARED, need, picture
from PIL import ExifTags, Image, ImageCms, ImageOps

from errors import BadInput
from imaging import photo as photos
from imaging import png
from imaging.encode import encode
from imaging.photo import load


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    pillow_heif.register_heif_opener()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_lossless_formats_come_in_exactly(kind: str) -> None:
    pixels = picture()
    options = {"lossless": True} if kind == "WEBP" else {}
    assert (load(saved(Image.fromarray(pixels), kind, **options)).pixels == pixels).all()


@pytest.mark.parametrize("kind", ["JPEG", "AVIF", "HEIF"])
def test_lossy_formats_come_in_closely(kind: str) -> None:
    smooth = np.asarray(Image.fromarray(picture(8, 6)).resize((64, 48), Image.Resampling.BICUBIC))
    found = load(saved(Image.fromarray(smooth), kind, quality=95))
    assert found.size == (64, 48)
    assert np.abs(found.pixels.astype(int) - smooth).mean() < 8


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png(mode: str) -> None:
    rgba = Image.fromarray(np.dstack([picture(), np.full((48, 64), 90, np.uint8)]))
    image = Image.fromarray(picture()[..., 0].astype(np.uint16) * 257) if mode == "I;16" else rgba.convert(mode)
    found = load(saved(image, "PNG"), "x.png")
    assert found.pixels.shape == (48, 64, 3)
    assert found.pixels.dtype == (np.uint16 if mode == "I;16" else np.uint8)
    assert (found.alpha is not None) == (mode in ("LA", "RGBA", "P"))
    if mode == "I;16":
        assert (found.pixels == np.asarray(image)[..., None]).all()


def test_palette_transparency() -> None:
    image = Image.fromarray(np.tile(np.arange(4, dtype=np.uint8), (4, 1)), "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    found = load(saved(image, "PNG", transparency=1))
    assert found.alpha is not None
    assert found.alpha[0].tolist() == [255, 0, 255, 255]
    assert found.pixels[0, 2].tolist() == [0, 0, 255]


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "YCbCr", "L"])
def test_other_colour_spaces_of_tiff(mode: str) -> None:
    colour = Image.new("RGB", (8, 8), (200, 60, 40))
    if mode == "LAB":
        lab = ImageCms.createProfile("LAB")
        converted = ImageCms.profileToProfile(colour, ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
        data = saved(converted, "TIFF", icc_profile=ImageCms.ImageCmsProfile(lab).tobytes())
    else:
        data = saved(colour.convert(mode), "TIFF")
    found = load(data, "x.tif")
    expected = colour.convert("L").convert("RGB") if mode == "L" else colour
    assert np.abs(found.pixels[4, 4].astype(int) - expected.getpixel((4, 4))).max() <= 4
    assert found.icc is None


@pytest.mark.parametrize(("kind", "orientation"), [("TIFF", 1), *(("PNG", turn) for turn in range(1, 9))])
def test_deep_pictures_keep_their_bits_and_stand_upright(kind: str, orientation: int) -> None:
    import cv2

    pixels = picture(16, 12, depth=np.uint16)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    if kind == "PNG":
        data = encode(pixels, "PNG", exif=exif.tobytes())
    else:
        data = cv2.imencode(".tiff", pixels[..., ::-1])[1].tobytes()  # OpenCV writes no orientation here
    found = load(data, f"x.{kind.lower()}")
    tagged = Image.fromarray((pixels // 257).astype(np.uint8))
    tagged.getexif()[ExifTags.Base.Orientation] = orientation
    expected = ImageOps.exif_transpose(tagged)
    assert found.pixels.dtype == np.uint16
    assert ((found.pixels // 257).astype(np.uint8) == np.asarray(expected)).all()


def deep_tiff(pixels: np.ndarray, **tags: object) -> bytes:
    import tifffile

    out = io.BytesIO()
    tifffile.imwrite(out, pixels, **tags)
    return out.getvalue()


def test_odd_deep_tiffs_are_read_rightly_or_refused() -> None:
    colour, grey = picture(16, 12, depth=np.uint16), picture(16, 12, depth=np.uint16)[..., 0]
    assert (load(deep_tiff(colour, photometric="rgb")).pixels == colour).all()
    assert (load(deep_tiff(65_535 - grey, photometric="miniswhite")).pixels == grey[..., None]).all()
    with pytest.raises(BadInput, match="separate planes"):
        load(deep_tiff(np.moveaxis(colour, 2, 0), photometric="rgb", planarconfig="separate"), "x.tif")
    half = np.full((12, 16, 4), 30_000, np.uint16)
    half[..., :3] = 10_000
    straight = load(deep_tiff(half, photometric="rgb", extrasamples=["unassalpha"]))
    assert straight.pixels[0, 0].tolist() == [10_000] * 3
    premultiplied = load(deep_tiff(half, photometric="rgb", extrasamples=["assocalpha"]))
    assert np.abs(premultiplied.pixels[0, 0].astype(int) - 21_845).max() <= 1
    assert premultiplied.alpha is not None
    assert load(deep_tiff(half, photometric="rgb", extrasamples=["unspecified"])).alpha is None
    with pytest.raises(BadInput, match="kind I cannot be used"):
        load(deep_tiff(np.full((4, 4), 9, np.int32)), "x.tif")


def test_a_damaged_profile_is_left_out_and_said() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes().replace(b"rXYZ", b"xXYZ")
    found = load(encode(picture(), "PNG", profile))
    assert found.icc is None
    assert "profile is damaged" in found.notes[0]


def test_a_deep_heic_keeps_its_bits() -> None:
    pixels = np.full((64, 64, 3), 1023 << 6, np.uint16)
    pixels[:, :32] = 500 << 6
    out = io.BytesIO()
    deep = pillow_heif.from_bytes(mode="RGB;16", size=(64, 64), data=pixels.tobytes())
    deep.save(out, quality=-1)
    found = load(out.getvalue(), "x.heic")
    assert found.pixels.dtype == np.uint16
    assert np.abs(found.pixels[32, 16].astype(int) - (500 << 6)).max() < 700


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(kind: str, orientation: int) -> None:
    image = Image.fromarray(np.repeat(np.repeat(picture(4, 3), 16, axis=0), 16, axis=1))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = saved(image, kind, exif=exif.tobytes(), **({} if kind == "PNG" else {"quality": 95}))
    with Image.open(io.BytesIO(data)) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))
    assert (load(data).pixels == expected).all()


def test_position_is_dropped_and_copyright_kept() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Copyright] = "A. Photographer"
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.BodySerialNumber] = "SERIAL123"
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.LensModel] = "50mm"
    found = load(saved(Image.fromarray(picture()), "JPEG", exif=exif.tobytes()))
    assert found.exif is not None
    kept = Image.Exif()
    kept.load(found.exif)
    assert kept[ExifTags.Base.Copyright] == "A. Photographer"
    assert kept.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.LensModel] == "50mm"
    assert not kept.get_ifd(ExifTags.IFD.GPSInfo)
    assert ExifTags.Base.Orientation not in kept
    assert b"SERIAL123" not in found.exif


def test_a_phones_double_jpeg_is_its_first_picture() -> None:
    first, second = Image.fromarray(picture(seed=1)), Image.fromarray(picture(seed=2))
    data = saved(first, "MPO", save_all=True, append_images=[second], quality=95)
    with Image.open(io.BytesIO(data)) as stored:
        expected = np.asarray(stored.convert("RGB"))
    assert (load(data, "phone.jpg").pixels == expected).all()


def bomb() -> bytes:
    """A PNG header that promises 100,000 x 100,000 pixels."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"\0" * 1000)
    chunks = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in (head, body, b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def frames(kind: str) -> bytes:
    first, *rest = (Image.fromarray(picture(seed=seed)) for seed in range(3))
    return saved(first, kind, save_all=True, append_images=rest)


@pytest.mark.parametrize(
    ("make", "name", "what"),
    [
        (lambda: b"", "a.png", "empty"),
        (lambda: b"hello", "a.txt", "not a picture"),
        (lambda: b"hello", "a.jpg", "not the picture its name says"),
        (lambda: b"%PDF-1.7", "a.jpg", "is a PDF"),
        (lambda: saved(Image.new("RGB", (4, 4)), "BMP"), "a.bmp", "is a BMP"),
        (lambda: saved(Image.new("RGB", (4, 4)), "GIF"), "a.gif", "is a GIF"),
        (bomb, "a.png", "too large"),
        (lambda: encode(picture(), "PNG")[:3000], "a.png", "damaged"),
        (lambda: saved(Image.fromarray(picture(600, 400)), "JPEG")[:9000], "a.jpg", "damaged"),
        (lambda: saved(Image.fromarray(picture(600, 400)), "WEBP")[:2000], "a.webp", "damaged|not the picture"),
        (lambda: encode(picture(64, 48, depth=np.uint16), "PNG")[:9000], "a.png", "damaged"),
        (lambda: frames("PNG"), "a.png", "animated"),
        (lambda: frames("WEBP"), "a.webp", "animated"),
        (lambda: frames("AVIF"), "a.avif", "animated"),
        (lambda: frames("TIFF"), "a.tif", "3 pages"),
        (lambda: saved(Image.new("F", (4, 4)), "TIFF"), "a.tif", "kind F cannot be used"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(make: Callable[[], bytes], name: str, what: str) -> None:
    with pytest.raises(BadInput, match=what) as refused:
        load(make(), name)
    assert "\n" not in str(refused.value)


def test_the_size_limit_can_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(np.zeros((10_000, 9_500), np.uint8), "PNG")
    with pytest.raises(BadInput, match="limit is 64 megapixels"):
        load(data)
    monkeypatch.setenv("BACKDROP_MAX_MEGAPIXELS", "96")
    assert load(data).size == (9_500, 10_000)


def test_the_size_limit_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encode(picture(200, 100), "PNG")
    monkeypatch.setenv("BACKDROP_MAX_MEGAPIXELS", "0.01")
    with pytest.raises(BadInput, match=r"limit is 0\.01 megapixels"):
        load(data)
    monkeypatch.setenv("BACKDROP_MAX_MEGAPIXELS", "many")
    with pytest.raises(BadInput, match="BACKDROP_MAX_MEGAPIXELS"):
        load(data)


def test_a_wrong_name_is_read_and_said() -> None:
    assert "named like a JPEG but is a PNG" in load(encode(picture(), "PNG"), "a.jpg").notes[0]
    assert load(encode(picture(), "PNG"), "a.png").notes == ()


def test_names_for_messages_are_harmless() -> None:
    assert photos.safe_name("../../etc/passwd\x00\n") == "passwd"
    assert photos.safe_name("C:\\photos\\a.png") == "a.png"
    assert photos.safe_name("") == "picture"


def test_a_turned_truck_is_the_truck() -> None:
    upright = load(need(SHARED / "photos" / "truck.jpg").read_bytes())
    turned = load(need(SHARED / "photos" / "exif_orientation6_truck_DERIVED.jpg").read_bytes())
    assert turned.size == upright.size
    assert np.abs(turned.pixels.astype(int) - upright.pixels).mean() < 2  # it was compressed once more


def test_nothing_global_of_pillows_is_touched_so_limits_of_one_thread_do_not_reach_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    monkeypatch.setattr(warnings, "catch_warnings", lambda **_: pytest.fail("filters of all threads were changed"))
    monkeypatch.setenv("BACKDROP_MAX_MEGAPIXELS", "0.001")
    with pytest.raises(BadInput, match=r"limit is 0\.001 megapixels"):
        load(encode(picture(64, 48), "PNG"), "small.png")
    monkeypatch.delenv("BACKDROP_MAX_MEGAPIXELS")
    assert load(encode(picture(64, 48), "PNG"), "small.png").size == (64, 48)
    assert (Image.MAX_IMAGE_PIXELS, list(warnings.filters)) == before


def test_our_limit_holds_above_pillows_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PNG whose header says 200 megapixels: refused by its header at 64, and read as far as it goes at 300."""
    header = struct.pack(">IIBBBBB", 20_000, 10_000, 8, 2, 0, 0, 0)
    data = png.SIGNATURE + png.chunk(b"IHDR", header) + png.chunk(b"IDAT", b"") + png.chunk(b"IEND", b"")
    with pytest.raises(BadInput, match="20000 x 10000 = 200 megapixels"):
        load(data, "huge.png")
    monkeypatch.setenv("BACKDROP_MAX_MEGAPIXELS", "300")
    with pytest.raises(BadInput, match="damaged or incomplete"):
        load(data, "huge.png")


@pytest.mark.parametrize("defect", [TypeError, KeyError, IndexError, ValueError])
@pytest.mark.parametrize(
    "ours", ["photo._check_header", "photo._name_note", "decode._raw_mode", "decode._to_rgb", "decode._opaque_is_none"]
)
def test_a_defect_of_ours_is_not_told_as_a_damaged_file(
    ours: str, defect: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise defect("ours")

    monkeypatch.setattr(f"imaging.{ours}", broken)
    with pytest.raises(defect, match="ours"):
        load(encode(picture(64, 48), "PNG"), "fine.png")
