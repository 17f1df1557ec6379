"""Results to files and back: PNG, JPEG or WebP with colour profile and recipe, written whole or not at all.

A PNG carries all that a replay needs but the photo: the recipe and how it was made (iTXt), the final selection and the
inputs that the recipe names. It carries no path and no position.
"""

from __future__ import annotations

import io
import json
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from errors import BadInput
from imaging import photo as photos
from imaging.photo import Array, Photo, to_8_bit
from recipe import MAX_RECIPE_BYTES

TYPES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
QUALITY = 95  # of JPEG and WebP
WEBP_SIDE = 16_383
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"Backdrop"  # of the iTXt chunk
_SELECTION = b"bdSL"  # private chunks: ancillary, not safe to copy to an edited picture
_INPUT = b"bdIN"
_COMMENT = b"ASCII\0\0\0"  # EXIF's own prefix of a UserComment


@dataclass(frozen=True)
class Made:
    """What a result's file says about how it was made.

    Attributes:
        recipe: the recipe's JSON.
        with_: models with their revisions, sizes, versions.
        selection: ``(H, W)`` uint8, or ``None`` where the format cannot carry it.
        inputs: bytes of the inputs the recipe names besides the photo, by digest.
    """

    recipe: str
    with_: Mapping[str, Any] = field(default_factory=dict)
    selection: npt.NDArray[Any] | None = None
    inputs: Mapping[str, bytes] = field(default_factory=dict)


def type_of(path: Path) -> str:
    """The picture type a file name asks for; raise :class:`BadInput` on one we do not write."""
    found = TYPES.get(path.suffix.lower())
    if found is None:
        raise BadInput(f"{path.name} must end in .png, .jpg or .webp, so that it is clear what to write.")
    return found


def encode(
    pixels: Array, kind: str, icc: bytes | None = None, exif: bytes | None = None, made: Made | None = None
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


def _with_recipe(exif: bytes | None, made: Made | None) -> bytes:
    holder = Image.Exif()
    if exif:
        holder.load(exif)
    if made:
        text = json.dumps({"recipe": json.loads(made.recipe), "made_with": made.with_})
        holder.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = _COMMENT + text.encode("ascii")
    return holder.tobytes()


def _encode_png(pixels: Array, icc: bytes | None, exif: bytes | None, made: Made | None) -> bytes:
    """OpenCV compresses (it writes 16-bit colour and is quick); the chunks it does not know are put in by hand."""
    orders = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    ordered = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, orders[pixels.shape[2]])
    speed = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
    done, buffer = cv2.imencode(".png", ordered, speed)
    if not done:
        raise BadInput("The picture cannot be written as PNG; it is too large.")
    data = buffer.tobytes()
    head = len(_SIGNATURE) + 25  # IHDR is always 25 bytes long and comes first
    parts = [data[:head]]
    if icc:
        parts.append(_chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc)))
    if exif:
        parts.append(_chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")))
    if made:
        text = json.dumps({"recipe": json.loads(made.recipe), "made_with": made.with_}, ensure_ascii=False)
        parts.append(_chunk(b"iTXt", _KEYWORD + b"\0\0\0\0\0" + text.encode()))
        if made.selection is not None:
            _, mask = cv2.imencode(".png", made.selection)
            parts.append(_chunk(_SELECTION, mask.tobytes()))
        parts += [_chunk(_INPUT, bytes.fromhex(digest) + value) for digest, value in made.inputs.items()]
    return b"".join([*parts, data[head:]])


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, body) of a PNG's chunks up to the pixels; stops at the first damaged one."""
    at = len(_SIGNATURE)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        end = at + 12 + length
        if end > len(data) or struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(kind + body):
            return
        if kind == b"IDAT":
            return
        yield kind, body
        at = end


def read_made(data: bytes, name: str) -> Made:
    """What a result's file says of its making.

    Raises:
        BadInput: the file was not made here, or lost its recipe in another program.
    """
    if data.startswith(_SIGNATURE):
        found = _read_png(data)
    else:
        photos.load(data, name)
        with Image.open(io.BytesIO(data), formats=tuple(photos.FORMATS)) as image:
            comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment, b"")
        found = _from_text(comment[len(_COMMENT) :]) if isinstance(comment, bytes) else None
    if found is None:
        raise BadInput(f"{name} carries no recipe: only pictures made by Backdrop can be replayed, unedited.")
    return found


def _read_png(data: bytes) -> Made | None:
    made: Made | None = None
    selection, inputs = None, {}
    for kind, body in _chunks(data):
        if kind == b"iTXt" and body.startswith(_KEYWORD + b"\0"):
            made = _from_text(body[len(_KEYWORD) + 5 :])
        elif kind == _SELECTION:
            selection = photos.load(body, "the selection in the file").rgb8[..., 0]
        elif kind == _INPUT and photos.digest_of(body[32:]) == body[:32].hex():
            inputs[body[:32].hex()] = body[32:]
    return Made(made.recipe, made.with_, selection, inputs) if made else None


def _from_text(text: bytes) -> Made | None:
    if len(text) > MAX_RECIPE_BYTES:
        return None
    try:
        said = json.loads(text)
        return Made(json.dumps(said["recipe"]), dict(said["made_with"]))
    except (ValueError, KeyError, TypeError):
        return None


def clean_copy(picture: Photo) -> bytes:
    """A picture as an input of a recipe: upright, with its profile, without metadata.

    PNG where it is small, deep or transparent, else JPEG: results carry a copy of it.
    """
    pixels: Array = picture.pixels
    if picture.alpha is not None:
        depth = np.iinfo(pixels.dtype).max // 255
        pixels = np.dstack([pixels, picture.alpha.astype(pixels.dtype) * depth])
    small = picture.size[0] * picture.size[1] <= 1_000_000
    kind = "PNG" if small or picture.alpha is not None or pixels.dtype == np.uint16 else "JPEG"
    return encode(pixels, kind, picture.icc)


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: beside its place first, then renamed into it, also when interrupted.

    Raises:
        BadInput: the folder is missing, full or not writable.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
