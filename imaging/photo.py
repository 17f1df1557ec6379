"""Untrusted bytes in, a :class:`Photo` out: limits first, then decoding, orientation, colour mode and metadata."""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import io
import re
import struct
import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from errors import BadInput
from imaging.decode import Array as Array
from imaging.decode import colour_notes, decode, decoding, max_megapixels, too_large
from imaging.decode import to_8_bit as to_8_bit

# Pillow warns of harmless oddities such as truncated EXIF. Set once, for the process: filters set around a call are not
# safe in threads.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

FORMATS = {"PNG": "PNG", "JPEG": "JPEG", "WEBP": "WebP", "TIFF": "TIFF", "AVIF": "AVIF", "HEIF": "HEIC"}
"""What is read, by Pillow's name and by the name people know."""
MAX_BYTES = 200_000_000
# TIFF tags and their values, as far as they are looked at (TIFF 6.0).
MAX_SIDE = 65_500  # JPEG's own limit; nothing longer can be saved again
_FORMAT_LIST = "PNG, JPEG, WebP, TIFF, AVIF or HEIC"
_SUFFIXES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".avif": "AVIF",
    ".heic": "HEIF",
    ".heif": "HEIF",
}
# What a photographer wants kept. Position, serial numbers, maker notes and the old thumbnail are not here.
_KEPT_EXIF = {
    0: (ExifTags.Base.Make, ExifTags.Base.Model, ExifTags.Base.Artist, ExifTags.Base.Copyright),
    ExifTags.IFD.Exif: (
        ExifTags.Base.ExposureTime,
        ExifTags.Base.FNumber,
        ExifTags.Base.ISOSpeedRatings,
        ExifTags.Base.DateTimeOriginal,
        ExifTags.Base.FocalLength,
        ExifTags.Base.LensModel,
    ),
}


@dataclass(frozen=True, eq=False)
class Photo:
    """A decoded picture, upright.

    Attributes:
        pixels: ``(H, W, 3)`` RGB, uint8 or uint16, in the colour space of ``icc``.
        alpha: ``(H, W)`` uint8, 255 = opaque, or ``None`` where the picture is opaque throughout.
        icc: ICC profile of an RGB space, the file's own or what its code points mean; ``None`` means sRGB.
        exif: EXIF bytes with camera, exposure and copyright only: no position, no orientation, no thumbnail.
        digest: SHA-256 of the file's bytes.
        notes: sentences a person should read, such as a file name that says JPEG over a PNG.
    """

    pixels: Array
    alpha: Array | None
    icc: bytes | None
    exif: bytes | None
    digest: str
    notes: tuple[str, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    @property
    def rgb8(self) -> Array:
        """The pixels at 8 bits, ``(H, W, 3)``, for models and previews."""
        return to_8_bit(self.pixels)


def digest_of(data: bytes) -> str:
    """SHA-256 in hexadecimal: how inputs are named in recipes and in the store."""
    return hashlib.sha256(data).hexdigest()


def read_bytes(path: Path) -> bytes:
    """A file's bytes, checked for size before they are read; raise :class:`BadInput` in one sentence."""
    try:
        if path.is_dir():
            raise BadInput(f"{path} is a folder; name a picture in it.")
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path.name} is larger than {MAX_BYTES // 1_000_000} MB; save it smaller and try again.")
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)  # a device has no size, and no end
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}; check the name.") from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def load(data: bytes, name: str = "the picture", *, managed: bool = True) -> Photo:
    """Decode a picture from untrusted bytes.

    Args:
        data: the file's bytes; PNG, JPEG, WebP, TIFF, AVIF or HEIC.
        name: what to call it in messages; its suffix is compared with the content.
        managed: whether grey, CMYK and Lab are brought to sRGB by their profile. A mask's values are no colours, so
            they are read as they are.

    Raises:
        BadInput: too large, broken, animated, several pages, or no picture of an accepted format.
    """
    if not data:
        raise BadInput(f"{name} is empty; choose another file.")
    if len(data) > MAX_BYTES:
        raise BadInput(f"{name} is larger than {MAX_BYTES // 1_000_000} MB; save it smaller and try again.")
    image = opened(data, name)
    with image:
        _check_header(image, name)
        notes = _name_note(name, image) + colour_notes(image, data)
        pixels, alpha, icc = decode(image, data, name, managed)
        exif = _clean_exif(image)
    return Photo(pixels, alpha, icc, exif, digest_of(data), notes)


def opened(data: bytes, name: str) -> Image.Image:
    """Read the header with the plugin that accepts the first bytes.

    ``Image.open`` compares the size with ``Image.MAX_IMAGE_PIXELS``, a limit of the whole process; ours is checked by
    :func:`_check_header` instead, so that nothing global needs to be set.
    """
    prepare_decoders()
    for kind in FORMATS:
        factory, accept = Image.OPEN[kind]
        accepted = accept(data[:16]) if accept else True
        if isinstance(accepted, str) or not accepted:  # a text says why the plugin is not available
            continue
        try:
            with decoding(name):
                return factory(io.BytesIO(data), "")
        except BadInput as error:
            # A plugin refuses a file that only looks like its own by one of these, as Image.open expects.
            if not isinstance(error.__cause__, (SyntaxError, IndexError, TypeError, struct.error)):
                raise
    raise BadInput(_not_a_picture(data, name))


@cache
def prepare_decoders() -> None:
    """Load Pillow's plugins for what is read, teach it HEIC, and keep libtiff from printing about damaged files."""
    import pillow_heif

    for plugin in ("Png", "Jpeg", "Mpo", "WebP", "Tiff", "Avif"):
        importlib.import_module(f"PIL.{plugin}ImagePlugin")
    pillow_heif.register_heif_opener(thumbnails=False)
    packages = Path(Image.__file__).parents[1]
    for library in [*packages.glob("pillow.libs/libtiff*"), *packages.glob("PIL/.dylibs/libtiff*")]:
        libtiff = ctypes.CDLL(str(library))
        libtiff.TIFFSetErrorHandler(None)
        libtiff.TIFFSetWarningHandler(None)


def _check_header(image: Image.Image, name: str) -> None:
    """Refuse by the header, before a pixel is decoded."""
    width, height = image.size
    if width * height > max_megapixels() * 1e6:
        raise BadInput(too_large(name, width, height))
    if max(width, height) > MAX_SIDE:
        raise BadInput(f"{name} is {width} x {height} pixels; no side may be longer than {MAX_SIDE}.")
    with decoding(name):
        frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format == "TIFF":
        raise BadInput(f"{name} has {frames} pages; export the page you want as a picture of its own.")
    # A phone's JPEG may carry further pictures (MPO: depth, burst) and a HEIC several; the first is the photo.
    if frames > 1 and image.format not in ("MPO", "HEIF"):
        raise BadInput(f"{name} is animated ({frames} frames); export the frame you want as a picture of its own.")


def _name_note(name: str, image: Image.Image) -> tuple[str, ...]:
    named = _SUFFIXES.get(Path(name).suffix.lower())
    found = "JPEG" if image.format == "MPO" else str(image.format)
    if named is None or named == found:
        return ()
    return (f"The file is named like a {FORMATS[named]} but is a {FORMATS[found]}; it was read as what it is.",)


_SIGNATURES = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"%PDF", "a PDF"),
    (b"8BPS", "a Photoshop file"),
    (b"<svg", "an SVG drawing"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000"),
    (b"\x00\x00\x00\x0cjP", "a JPEG 2000"),
    (b"DDS ", "a DDS texture"),
)


def _not_a_picture(data: bytes, name: str) -> str:
    found = next((what for magic, what in _SIGNATURES if data.startswith(magic)), None)
    if found:
        return f"{name} is {found}; save it as {_FORMAT_LIST} and try again."
    if data.startswith((b"II*\0", b"MM\0*")):
        return f"{name} is a TIFF of a kind that cannot be read; save it as RGB with 8 or 16 bits."
    if Path(name).suffix.lower() in _SUFFIXES:
        return f"{name} is not the picture its name says, or is damaged; choose a {_FORMAT_LIST} file."
    return f"{name} is not a picture that can be read; choose a {_FORMAT_LIST} file."


def _clean_exif(image: Image.Image) -> bytes | None:
    """Camera, exposure and copyright; everything else, position first of all, is dropped."""
    try:
        found = image.getexif()
        kept = Image.Exif()
        for ifd, tags in _KEPT_EXIF.items():
            values = found if ifd == 0 else found.get_ifd(ifd)
            chosen = {int(tag): _shortened(values[tag]) for tag in tags if tag in values}
            if ifd == 0:
                kept.update(chosen)
            elif chosen:
                kept.get_ifd(ifd).update(chosen)
        return kept.tobytes() if len(kept) or kept.get_ifd(ExifTags.IFD.Exif) else None
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, OverflowError, ZeroDivisionError, AttributeError):
        return None  # damaged EXIF is common and not worth refusing a photo for


def _shortened(value: Any) -> Any:
    """A text of at most 1,000 characters: a JPEG has 64 kB for all its EXIF."""
    return value[:1000] if isinstance(value, (str, bytes)) else value


def safe_name(text: str) -> str:
    """A file name for messages and downloads: its last part, without control characters, 80 characters at most."""
    return re.sub(r"[\x00-\x1f\x7f]", "", text.replace("\\", "/").rsplit("/", 1)[-1])[:80] or "picture"
