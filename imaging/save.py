"""Results to files and back: PNG, JPEG or WebP with colour profile and recipe, written whole or not at all.

A PNG carries all that a replay needs but the photo: the recipe and how it was made (iTXt), the final selection and the
inputs that the recipe names. It carries no path and no position.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

from errors import BadInput
from imaging import photo as photos
from imaging import png
from imaging.geometry import Box, Size
from imaging.photo import Array, Photo, to_8_bit
from recipe import MAX_RECIPE_BYTES

TYPES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
QUALITY = 95  # of JPEG and WebP
WEBP_SIDE = 16_383
MAX_EXIF = 65_000  # bytes: a JPEG segment holds 65,533
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
    written = holder.tobytes()
    if exif and len(written) > MAX_EXIF:
        return _with_recipe(None, made)
    return written


def _encode_png(pixels: Array, icc: bytes | None, exif: bytes | None, made: Made | None) -> bytes:
    """OpenCV compresses (it writes 16-bit colour and is quick); the chunks it does not know are put in by hand."""
    orders = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
    ordered = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, orders[pixels.shape[2]])
    speed = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]
    with ThreadPoolExecutor(1) as pool:  # beside the picture itself: both take a while
        mask = pool.submit(cv2.imencode, ".png", made.selection) if made and made.selection is not None else None
        done, buffer = cv2.imencode(".png", ordered, speed)
    if not done:
        raise BadInput("The picture cannot be written as PNG; it is too large.")
    data = buffer.tobytes()
    head = len(png.SIGNATURE) + 25  # IHDR is always 25 bytes long and comes first
    parts = [data[:head]]
    if icc:
        parts.append(png.chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc)))
    if exif:
        parts.append(png.chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")))
    if made:
        text = json.dumps({"recipe": json.loads(made.recipe), "made_with": made.with_}, ensure_ascii=False)
        parts.append(png.chunk(b"iTXt", _KEYWORD + b"\0\0\0\0\0" + text.encode()))
        if mask is not None:
            parts.append(png.chunk(_SELECTION, mask.result()[1].tobytes()))
        parts += [png.chunk(_INPUT, bytes.fromhex(digest) + value) for digest, value in made.inputs.items()]
    return b"".join([*parts, data[head:]])


def read_made(data: bytes, name: str) -> Made:
    """What a result's file says of its making.

    Raises:
        BadInput: the file was not made here, or lost its recipe in another program.
    """
    if data.startswith(png.SIGNATURE):
        found = _read_png(data)
    else:
        photos.load(data, name)  # refuses what is no picture
        with photos.opened(data, name) as image:
            comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment, b"")
        found = _from_text(comment[len(_COMMENT) :]) if isinstance(comment, bytes) else None
    if found is None:
        raise BadInput(f"{name} carries no recipe: only pictures made by Backdrop can be replayed, unedited.")
    return found


def _read_png(data: bytes) -> Made | None:
    made: Made | None = None
    selection, inputs = None, {}
    for kind, body in png.chunks(data):
        if kind == b"iTXt" and body.startswith(_KEYWORD + b"\0"):
            made = _from_text(body[len(_KEYWORD) + 5 :])
        elif kind == _SELECTION:
            selection = body
        elif kind == _INPUT and photos.digest_of(body[32:]) == body[:32].hex():
            inputs[body[:32].hex()] = body[32:]
    if made is None:
        return None
    # Sizes first (both files begin with their IHDR): a selection of another size need not be decoded.
    if selection is not None and selection[16:24] != data[16:24]:
        raise BadInput("The selection in the file is not of its size; the file was changed.")
    values = photos.load(selection, "the selection in the file").rgb8[..., 0] if selection is not None else None
    return Made(made.recipe, made.with_, values, inputs)


def _from_text(text: bytes) -> Made | None:
    if len(text) > MAX_RECIPE_BYTES:
        return None
    try:
        said = json.loads(text)
        made_with = dict(said["made_with"])
        if not isinstance(made_with.get("models", {}), dict):
            return None
        return Made(json.dumps(said["recipe"]), made_with)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def clean_copy(picture: Photo, frame: Size | None = None, fit: str = "cover") -> bytes:
    """A backdrop picture as an input of a recipe: upright, with its profile, without metadata.

    Results carry a copy of it, so with a ``frame`` it is cut to what is seen behind a photo of that size (``fit`` as in
    the recipe) and no larger than needed. It is a PNG only where it is small, deep or transparent, else a JPEG.
    """
    have = Size(*picture.size)
    frame = frame or have
    seen = Box.centred(frame.inside(have), have) if fit == "cover" else Box(0, 0, *have)
    wanted = frame if fit == "cover" else have.covering(frame)  # contained, its own blur fills the sides
    pixels: Array = picture.pixels
    if picture.alpha is not None:
        depth = np.iinfo(pixels.dtype).max // 255
        pixels = np.dstack([pixels, picture.alpha.astype(pixels.dtype) * depth])
    pixels = pixels[seen.slices]
    if wanted.width < pixels.shape[1]:
        pixels = cv2.resize(pixels, wanted, interpolation=cv2.INTER_AREA)
    pixels = np.ascontiguousarray(pixels)
    small = pixels.shape[0] * pixels.shape[1] <= 1_000_000
    kind = "PNG" if small or picture.alpha is not None or pixels.dtype == np.uint16 else "JPEG"
    return encode(pixels, kind, picture.icc)


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: beside its place first, then renamed into it, also when interrupted.

    Raises:
        BadInput: the folder is missing, full or not writable.
    """
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        with suppress(OSError):
            part.unlink()
