"""Pictures as files' bytes: PNG, JPEG or WebP with colour profile, EXIF and provenance."""

from __future__ import annotations

import io
import zlib
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from errors import BadInput
from imaging import png
from imaging.photo import Array, to_8_bit
from imaging.provenance import Provenance

TYPES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
QUALITY = 95  # of JPEG and WebP
WEBP_SIDE = 16_383
MAX_EXIF = 65_000  # bytes: a JPEG segment holds 65,533


def type_of(path: Path) -> str:
    """The picture type a file name asks for; raise :class:`BadInput` on one we do not write."""
    found = TYPES.get(path.suffix.lower())
    if found is None:
        raise BadInput(f"{path.name} must end in .png, .jpg or .webp, so that it is clear what to write.")
    return found


def encode(
    pixels: Array, kind: str, icc: bytes | None = None, exif: bytes | None = None, made: Provenance | None = None
) -> bytes:
    """A picture file's bytes.

    Args:
        pixels: ``(H, W)`` grey, ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA; uint16 only in PNG, else rounded to 8 bits.
        kind: ``PNG``, ``JPEG`` or ``WEBP``.
        icc: colour profile of the pixels.
        exif: cleaned EXIF bytes.
        made: recipe and all that goes with it.

    Raises:
        BadInput: the format cannot hold this picture.
    """
    if kind == "PNG":
        return _encode_png(pixels, icc, exif, made)
    if kind == "JPEG" and pixels.ndim == 3 and pixels.shape[2] == 4:
        raise BadInput("JPEG knows no transparency; name the output .png or .webp.")
    if kind == "WEBP" and max(pixels.shape[:2]) > WEBP_SIDE:
        raise BadInput(f"WebP holds at most {WEBP_SIDE} pixels a side; name the output .png or .jpg.")
    out = io.BytesIO()
    options: dict[str, Any] = {"quality": QUALITY, "icc_profile": icc, "exif": _with_recipe(exif, made)}
    if kind == "JPEG":
        options["subsampling"] = 0  # full colour resolution: the subject's edge is colour against colour
    Image.fromarray(to_8_bit(pixels)).save(out, kind, **options)
    return out.getvalue()


def _with_recipe(exif: bytes | None, made: Provenance | None) -> bytes:
    holder = Image.Exif()
    if exif:
        holder.load(exif)
    if made:
        holder.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = made.user_comment()
    written = holder.tobytes()
    if exif and len(written) > MAX_EXIF:
        return _with_recipe(None, made)
    return written


def _encode_png(pixels: Array, icc: bytes | None, exif: bytes | None, made: Provenance | None) -> bytes:
    parts = [png.SIGNATURE, png.header(pixels)]
    if icc:
        parts.append(png.chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc)))
    if exif:
        parts.append(png.chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")))
    if made:
        parts += made.png_chunks(None if made.selection is None else _encode_png(made.selection, None, None, None))
    return b"".join([*parts, *png.pixel_chunks(pixels)])
