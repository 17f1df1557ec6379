"""What a result's file says about how it was made: its recipe, and all that a replay needs but the photo.

A PNG carries the recipe and its environment (iTXt), the final selection and the inputs that the recipe names; a JPEG or
WebP the recipe alone, in EXIF. Neither carries a path or a position.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import ExifTags

from errors import BadInput
from imaging import photo as photos
from imaging import png
from recipe import MAX_RECIPE_BYTES, Placement

_KEYWORD = b"Backdrop"  # of the iTXt chunk
_SELECTION = b"bdSL"  # private chunks: ancillary, not safe to copy to an edited picture
_INPUT = b"bdIN"
_COMMENT = b"ASCII\0\0\0"  # EXIF's own prefix of a UserComment


@dataclass(frozen=True)
class Provenance:
    """How a result was made.

    Attributes:
        recipe: the recipe's JSON.
        environment: models with their revisions, sizes, versions; JSON values.
        selection: ``(H, W)`` uint8, or ``None`` where the format cannot carry it.
        inputs: bytes of the inputs the recipe names besides the photo, by digest.
    """

    recipe: str
    environment: Mapping[str, Any] = field(default_factory=dict)
    selection: npt.NDArray[np.uint8] | None = None
    inputs: Mapping[str, bytes] = field(default_factory=dict)

    def png_chunks(self, selection_png: bytes | None) -> Iterator[bytes]:
        """PNG's chunks that hold it.

        Args:
            selection_png: the selection as a PNG of its own.
        """
        text = json.dumps(self._content(), ensure_ascii=False)
        yield png.chunk(b"iTXt", _KEYWORD + b"\0\0\0\0\0" + text.encode())
        if selection_png is not None:
            yield png.chunk(_SELECTION, selection_png)
        for digest, value in self.inputs.items():
            yield png.chunk(_INPUT, bytes.fromhex(digest) + value)

    def user_comment(self) -> bytes:
        """EXIF's UserComment that holds the recipe and its environment."""
        return _COMMENT + json.dumps(self._content()).encode("ascii")

    def _content(self) -> dict[str, Any]:
        return {"recipe": json.loads(self.recipe), "made_with": self.environment}


def read(data: bytes, name: str) -> Provenance:
    """What a result's file says about how it was made.

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


def _read_png(data: bytes) -> Provenance | None:
    made: Provenance | None = None
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
    # Sizes first (both files begin with their IHDR): a selection of another size need not be decoded. It is of the
    # photo's size, and so of the file's where the recipe gives the picture no frame of its own.
    if selection is not None and selection[16:24] != data[16:24] and not _has_own_frame(made.recipe):
        raise BadInput("The selection in the file is not of its size; the file was changed.")
    values = photos.load(selection, "the selection in the file").rgb8[..., 0] if selection is not None else None
    return Provenance(made.recipe, made.environment, values, inputs)


def _has_own_frame(recipe: str) -> bool:
    content = json.loads(recipe)
    return isinstance(content, dict) and content.get("placement") not in (None, Placement().model_dump())


def _from_text(text: bytes) -> Provenance | None:
    if len(text) > MAX_RECIPE_BYTES:
        return None
    try:
        content = json.loads(text)
        environment = dict(content["made_with"])
        if not isinstance(environment.get("models", {}), dict):
            return None
        return Provenance(json.dumps(content["recipe"]), environment)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
