"""Untrusted bytes in, a :class:`Photo` out: limits first, then decoding, orientation, colour mode and metadata."""

from __future__ import annotations

import ctypes
import hashlib
import io
import os
import re
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from errors import BadInput
from imaging import cicp
from imaging.cicp import CodePoints

# Pillow warns of harmless oddities such as truncated EXIF. Set once, for the process: filters set around a call are not
# safe in threads.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")

Array = npt.NDArray[Any]
"""Pixels, uint8 or uint16; OpenCV's signatures promise no type, so the docstrings do."""

FORMATS = {"PNG": "PNG", "JPEG": "JPEG", "WEBP": "WebP", "TIFF": "TIFF", "AVIF": "AVIF", "HEIF": "HEIC"}
"""What is read, by Pillow's name and by the name people know."""
MAX_BYTES = 200_000_000
MAX_MEGAPIXELS = 64.0  # BACKDROP_MAX_MEGAPIXELS sets another limit
# TIFF tags and their values, as far as they are looked at (TIFF 6.0).
_BITS, _PLANAR, _PHOTOMETRIC, _EXTRA_SAMPLES = 258, 284, 262, 338
_WHITE_IS_ZERO, _PREMULTIPLIED_ALPHA, _STRAIGHT_ALPHA = 0, 1, 2
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


def to_8_bit(pixels: Array) -> Array:
    """Bring uint16 to uint8 by rounding (65535 / 255 = 257); uint8 comes back as it is."""
    if pixels.dtype == np.uint8:
        return pixels
    return cv2.convertScaleAbs(pixels, alpha=1 / 257)


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


def max_megapixels() -> float:
    """The size limit in force: ``BACKDROP_MAX_MEGAPIXELS`` or 64."""
    text = os.environ.get("BACKDROP_MAX_MEGAPIXELS", "")
    try:
        value = float(text or MAX_MEGAPIXELS)
    except ValueError:
        value = 0
    if not 0 < value <= 1000:
        raise BadInput(f"BACKDROP_MAX_MEGAPIXELS is {text!r}; set a number of megapixels from 1 to 1000.")
    return value


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
        with _decoding(name):
            _check_header(image, name)
        notes = _name_note(name, image) + _colour_notes(image, data)
        pixels, alpha, icc = _decode(image, data, name, managed)
        exif = _clean_exif(image)
    return Photo(pixels, alpha, icc, exif, digest_of(data), notes)


# What Pillow, pillow-heif and OpenCV raise over damaged files; the RuntimeError is AVIF's.
_DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    TypeError,
    KeyError,
    IndexError,
    OverflowError,
    RuntimeError,
    struct.error,
    cv2.error,
)


@contextmanager
def _decoding(name: str) -> Iterator[None]:
    """Around calls into a decoder, and nothing else: what decoders raise over damaged files becomes one sentence.

    Our own code stays outside, so that a defect of ours keeps its traceback.
    """
    try:
        yield
    except (UnidentifiedImageError, BadInput):
        raise
    except Image.DecompressionBombError:
        raise BadInput(_too_large(name)) from None
    except MemoryError:
        raise BadInput(f"{name} needs more memory than there is; save it smaller and try again.") from None
    except _DAMAGED as error:
        raise BadInput(
            f"{name} is damaged or incomplete and cannot be read; export it again or choose another file."
        ) from error


def opened(data: bytes, name: str) -> Image.Image:
    """Read the header with the plugin that accepts the first bytes.

    ``Image.open`` compares the size with ``Image.MAX_IMAGE_PIXELS``, a limit of the whole process; ours is checked by
    :func:`_check_header` instead, so that nothing global needs to be set.
    """
    _prepare_decoders()
    for kind in FORMATS:
        factory, accept = Image.OPEN[kind]
        accepted = accept(data[:16]) if accept else True
        if isinstance(accepted, str) or not accepted:  # a text says why the plugin is not available
            continue
        try:
            with _decoding(name):
                return factory(io.BytesIO(data), "")
        except BadInput as error:
            # A plugin refuses a file that only looks like its own by one of these, as Image.open expects.
            if not isinstance(error.__cause__, (SyntaxError, IndexError, TypeError, struct.error)):
                raise
    raise BadInput(_not_a_picture(data, name))


@cache
def _prepare_decoders() -> None:
    """Load Pillow's plugins, teach it HEIC, and keep libtiff from printing about every damaged file."""
    import pillow_heif

    Image.init()
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
        raise BadInput(_too_large(name, width, height))
    if max(width, height) > MAX_SIDE:
        raise BadInput(f"{name} is {width} x {height} pixels; no side may be longer than {MAX_SIDE}.")
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format == "TIFF":
        raise BadInput(f"{name} has {frames} pages; export the page you want as a picture of its own.")
    # A phone's JPEG may carry further pictures (MPO: depth, burst) and a HEIC several; the first is the photo.
    if frames > 1 and image.format not in ("MPO", "HEIF"):
        raise BadInput(f"{name} is animated ({frames} frames); export the frame you want as a picture of its own.")


def _too_large(name: str, width: int = 0, height: int = 0) -> str:
    size = f" ({width} x {height} = {width * height / 1e6:.0f} megapixels)" if width else ""
    return f"{name} is too large{size}: the limit is {max_megapixels():g} megapixels; save it smaller and try again."


def _name_note(name: str, image: Image.Image) -> tuple[str, ...]:
    said = _SUFFIXES.get(Path(name).suffix.lower())
    found = "JPEG" if image.format == "MPO" else str(image.format)
    if said is None or said == found:
        return ()
    return (f"{name} is named like a {FORMATS[said]} but is a {FORMATS[found]}; it was read as what it is.",)


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


def _decode(image: Image.Image, data: bytes, name: str, managed: bool) -> tuple[Array, Array | None, bytes | None]:
    """Pixels, alpha and profile, upright. Deep pictures keep their 16 bits, which Pillow would halve."""
    with _decoding(name):
        tags = getattr(image, "tag_v2", {})
        planar, bits = tags.get(_PLANAR, 1), max(tags.get(_BITS, (8,)))
        deep = image.format in ("PNG", "TIFF") and "16" in _raw_mode(image) and image.mode != "CMYK"
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    if planar != 1 and bits > 8:
        raise BadInput("A TIFF with its 16-bit colours in separate planes cannot be read; save it interleaved.")
    icc = _profile(image, data) if managed else None
    if image.format == "HEIF" and image.info.get("bit_depth", 8) > 8:
        decoded = _decode_deep_heif(data, name)
        if decoded is not None:
            return *decoded, _rgb_profile(icc)
    with _decoding(name):
        image.load()  # for deep pictures, too: Pillow finds truncation where OpenCV would fill with grey
    if deep:
        pixels, alpha = _decode_deep(data, image, name, icc)
        return *_upright(pixels, alpha, orientation), _rgb_profile(icc)
    with _decoding(name):
        ImageOps.exif_transpose(image, in_place=True)
    rgb, alpha_band, icc = _to_rgb(image, icc)
    alpha = np.array(alpha_band) if alpha_band is not None else None
    return np.array(rgb), _opaque_is_none(alpha), icc


def _raw_mode(image: Image.Image) -> str:
    """Pillow's name for the bytes in the file, such as ``RGB;16B``."""
    tiles = getattr(image, "tile", None)
    if not tiles:
        return ""
    args = tiles[0].args
    return str(args[0] if isinstance(args, tuple) else args)


def _decode_deep(data: bytes, image: Image.Image, name: str, icc: bytes | None) -> tuple[Array, Array | None]:
    """A 16-bit PNG or TIFF as ``(H, W, 3)`` uint16 RGB and uint8 alpha."""
    tags = getattr(image, "tag_v2", {})
    flags = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    with _decoding(name):
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
        if decoded is None or decoded.dtype != np.uint16:
            raise ValueError("OpenCV cannot decode it at 16 bits")
    if decoded.ndim == 2:
        # Grey: a colour key (tRNS) is the only transparency such a PNG has, and Pillow reads it.
        key = image.info.get("transparency")
        alpha = np.where(decoded == key, 0, 255).astype(np.uint8) if isinstance(key, int) else None
        if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
            decoded = 65_535 - decoded
        decoded = _grey_curve(icc)[decoded]
        return cv2.cvtColor(decoded, cv2.COLOR_GRAY2RGB), _opaque_is_none(alpha)
    colours = cv2.cvtColor(decoded[..., :3], cv2.COLOR_BGR2RGB)
    extra = tags.get(_EXTRA_SAMPLES, (_STRAIGHT_ALPHA,))[0] if decoded.shape[2] == 4 else None
    if extra == _PREMULTIPLIED_ALPHA:
        opacity = np.maximum(decoded[..., 3:], 1) / np.float32(65_535)
        colours = np.clip(colours / opacity + 0.5, 0, 65_535).astype(np.uint16)
    has_alpha = extra in (_PREMULTIPLIED_ALPHA, _STRAIGHT_ALPHA)
    alpha = to_8_bit(np.ascontiguousarray(decoded[..., 3])) if has_alpha else None
    return colours, _opaque_is_none(alpha)


def _grey_curve(icc: bytes | None) -> Array:
    """sRGB levels, uint16, for the 65,536 levels of a grey space; without a grey profile they are the same."""
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    levels = np.asarray(_through_profile(ramp, icc if icc and icc[16:20] == b"GRAY" else None)[0])[0, :, 0]
    return np.rint(np.interp(np.arange(65_536) / 257, np.arange(256), levels) * 257).astype(np.uint16)


def _decode_deep_heif(data: bytes, name: str) -> tuple[Array, Array | None] | None:
    """A 10- or 12-bit HEIC at 16 bits; ``None`` for an ordinary one. libheif turns it upright itself."""
    import pillow_heif

    with _decoding(name):
        decoded = np.asarray(pillow_heif.open_heif(io.BytesIO(data), convert_hdr_to_8bit=False, bgr_mode=False))
    if decoded.dtype != np.uint16 or decoded.ndim != 3:
        return None
    alpha = to_8_bit(np.ascontiguousarray(decoded[..., 3])) if decoded.shape[2] == 4 else None
    return np.ascontiguousarray(decoded[..., :3]), _opaque_is_none(alpha)


def _upright(pixels: Array, alpha: Array | None, orientation: int) -> tuple[Array, Array | None]:
    """Apply an EXIF orientation (1-8) as Pillow's ``exif_transpose`` does."""

    def turn(array: Array) -> Array:
        if orientation >= 5:  # stored sideways
            array = np.swapaxes(array, 0, 1)
        if orientation in (2, 3, 6, 7):
            array = array[:, ::-1]
        if orientation in (3, 4, 7, 8):
            array = array[::-1]
        return np.ascontiguousarray(array)

    return turn(pixels), turn(alpha) if alpha is not None else None


def _opaque_is_none(alpha: Array | None) -> Array | None:
    return None if alpha is None or bool((alpha == 255).all()) else alpha


def _to_rgb(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, Image.Image | None, bytes | None]:
    """Any mode that files come in to RGB, alpha apart. A profile of another space is applied, not kept."""
    if image.mode in ("RGB", "RGBA"):
        alpha = image.getchannel("A") if image.mode == "RGBA" else None
        if "transparency" in image.info and alpha is None:
            alpha = image.convert("RGBA").getchannel("A")
        return image if image.mode == "RGB" else image.convert("RGB"), alpha, _rgb_profile(icc)
    if image.mode == "L" and "transparency" in image.info:
        image = image.convert("LA")
    if image.mode in ("P", "PA", "LA", "La", "RGBa", "1"):
        rgba = image.convert("RGBA")
        alpha = rgba.getchannel("A")
        if image.mode == "LA" and icc:
            rgb, icc = _through_profile(image.getchannel("L"), icc)
            return rgb, alpha, icc
        return rgba.convert("RGB"), alpha, _rgb_profile(icc)
    if image.mode in ("L", "CMYK", "LAB", "YCbCr"):
        rgb, icc = _through_profile(image, icc)
        return rgb, None, icc
    raise BadInput(f"Pixels of kind {image.mode} cannot be used; save the picture as RGB with 8 or 16 bits.")


def _through_profile(image: Image.Image, icc: bytes | None) -> tuple[Image.Image, bytes | None]:
    """Grey, CMYK or Lab to sRGB by the embedded profile, or by Pillow's plain formula without one."""
    if icc:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted, None
        except (ImageCms.PyCMSError, OSError):
            pass  # a profile that does not fit the pixels says nothing about them
    return image.convert("RGB"), None


def _rgb_profile(icc: bytes | None) -> bytes | None:
    """The profile if it describes an RGB space (bytes 16-19 of its header) and can be read; else ``None``."""
    if icc is None or icc[16:20] != b"RGB ":
        return None
    try:
        profile, srgb = ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB")
        ImageCms.buildTransform(profile, srgb, "RGB", "RGB")
        ImageCms.buildTransform(srgb, profile, "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None
    return icc


def _profile(image: Image.Image, data: bytes) -> bytes | None:
    """The embedded profile, or the one that the file's code points mean; ``None`` where there is neither."""
    said = _code_points(image, data)
    return image.info.get("icc_profile") or (said.profile if said else None)


def _code_points(image: Image.Image, data: bytes) -> CodePoints | None:
    match image.format:
        case "PNG":
            return cicp.of_png(data)
        case "AVIF":
            return cicp.of_avif(data)
        case "HEIF" if nclx := image.info.get("nclx_profile"):
            return CodePoints(nclx["color_primaries"], nclx["transfer_characteristics"])
    return None


def _colour_notes(image: Image.Image, data: bytes) -> tuple[str, ...]:
    """Say where a picture's colours cannot be taken as it means them."""
    icc = image.info.get("icc_profile")
    if icc:
        broken = icc[16:20] == b"RGB " and _rgb_profile(icc) is None
        return ("Its colour profile is damaged and is left out; its colours are taken as sRGB.",) if broken else ()
    said = _code_points(image, data)
    if said is None or said.plain or said.profile:
        return ()
    return ("Its colours are described by a number instead of a profile and are taken as sRGB; embed a profile.",)


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
