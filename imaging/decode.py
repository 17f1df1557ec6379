"""A picture's bytes as pixels, alpha and colour profile: upright, RGB, 8 or 16 bits, whatever the file's mode."""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from errors import BadInput
from imaging import cicp
from imaging.cicp import CodePoints

Array = npt.NDArray[Any]
"""Pixels, uint8 or uint16; OpenCV's signatures promise no type, so the docstrings do."""


MAX_MEGAPIXELS = 64.0  # BACKDROP_MAX_MEGAPIXELS sets another limit
_BITS, _PLANAR, _PHOTOMETRIC, _EXTRA_SAMPLES = 258, 284, 262, 338
_WHITE_IS_ZERO, _PREMULTIPLIED_ALPHA, _STRAIGHT_ALPHA = 0, 1, 2


def to_8_bit(pixels: Array) -> Array:
    """Bring uint16 to uint8 by rounding (65535 / 255 = 257); uint8 comes back as it is."""
    if pixels.dtype == np.uint8:
        return pixels
    return cv2.convertScaleAbs(pixels, alpha=1 / 257)


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


def too_large(name: str, width: int = 0, height: int = 0) -> str:
    """The refusal of a picture beyond the limit."""
    size = f" ({width} x {height} = {width * height / 1e6:.0f} megapixels)" if width else ""
    return f"{name} is too large{size}: the limit is {max_megapixels():g} megapixels; save it smaller and try again."


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
def decoding(name: str) -> Iterator[None]:
    """Around calls into a decoder, and nothing else: what decoders raise over damaged files becomes one sentence.

    Our own code stays outside, so that a defect of ours keeps its traceback.
    """
    try:
        yield
    except (UnidentifiedImageError, BadInput):
        raise
    except Image.DecompressionBombError:
        raise BadInput(too_large(name)) from None
    except MemoryError:
        raise BadInput(f"{name} needs more memory than there is; save it smaller and try again.") from None
    except _DAMAGED as error:
        raise BadInput(
            f"{name} is damaged or incomplete and cannot be read; export it again or choose another file."
        ) from error


def decode(image: Image.Image, data: bytes, name: str, managed: bool) -> tuple[Array, Array | None, bytes | None]:
    """Pixels, alpha and profile, upright. Deep pictures keep their 16 bits, which Pillow would halve."""
    deep = image.format in ("PNG", "TIFF") and "16" in _raw_mode(image) and image.mode != "CMYK"
    with decoding(name):
        tags = getattr(image, "tag_v2", {})
        planar, bits = tags.get(_PLANAR, 1), max(tags.get(_BITS, (8,)))
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    if planar != 1 and bits > 8:
        raise BadInput("A TIFF with its 16-bit colours in separate planes cannot be read; save it interleaved.")
    icc = _profile(image, data) if managed else None
    if image.format == "HEIF" and image.info.get("bit_depth", 8) > 8:
        decoded = _decode_deep_heif(data, name)
        if decoded is not None:
            return *decoded, _rgb_profile(icc)
    with decoding(name):
        image.load()  # for deep pictures, too: Pillow finds truncation where OpenCV would fill with grey
    if deep:
        pixels, alpha = _decode_deep(data, image, name, icc)
        return *_upright(pixels, alpha, orientation), _rgb_profile(icc)
    with decoding(name):
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode == "L" and icc is None and "transparency" not in image.info:  # as masks are
        return cv2.cvtColor(np.asarray(image), cv2.COLOR_GRAY2RGB), None, None
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
    with decoding(name):
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

    with decoding(name):
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
    named = _code_points(image, data)
    return image.info.get("icc_profile") or (named.profile if named else None)


def _code_points(image: Image.Image, data: bytes) -> CodePoints | None:
    match image.format:
        case "PNG":
            return cicp.of_png(data)
        case "AVIF":
            return cicp.of_avif(data)
        case "HEIF" if nclx := image.info.get("nclx_profile"):
            return CodePoints(nclx["color_primaries"], nclx["transfer_characteristics"])
    return None


def colour_notes(image: Image.Image, data: bytes) -> tuple[str, ...]:
    """Say where a picture's colours cannot be taken as it means them."""
    icc = image.info.get("icc_profile")
    if icc:
        broken = icc[16:20] == b"RGB " and _rgb_profile(icc) is None
        return ("Its colour profile is damaged and is left out; its colours are taken as sRGB.",) if broken else ()
    named = _code_points(image, data)
    if named is None or named.plain or named.profile:
        return ()
    return ("Its colours are described by a number instead of a profile and are taken as sRGB; embed a profile.",)
