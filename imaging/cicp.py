"""Colours that a file describes by code points (ITU-T H.273) instead of an ICC profile, and the profile they mean.

PNG says them in its chunk cICP, AVIF and HEIC in a ``colr`` box of type nclx.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from imaging import png

Chromaticity = tuple[float, float]
"""CIE 1931 x and y."""

D65: Chromaticity = (0.3127, 0.3290)
DISPLAY_P3: tuple[Chromaticity, Chromaticity, Chromaticity] = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
"""Red, green and blue of SMPTE EG 432-1, code point 12."""
_D50 = np.array([0.9642, 1.0, 0.8249])  # XYZ of the white of ICC's connection space
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # IEC 61966-2-1, as g a b c d of ICC's curve type 3


class CodePoints(NamedTuple):
    """How a file's colours are to be understood.

    Attributes:
        primaries: 1 sRGB's, 2 not named, 9 BT.2020's, 12 Display P3's.
        transfer: 1 BT.709's, 2 not named, 13 sRGB's, 16 PQ, 18 HLG.
        full: whether levels use their whole range.
    """

    primaries: int
    transfer: int
    full: bool = True

    @property
    def plain(self) -> bool:
        """Whether they say sRGB, or nothing; BT.709's curve (1, 6, 14, 15) is shown as sRGB's by common usage."""
        return self.full and self.primaries in (1, 2) and self.transfer in (1, 2, 6, 13, 14, 15)

    @property
    def profile(self) -> bytes | None:
        """The ICC profile they mean; ``None`` where there is none here, as for PQ and HLG."""
        return display_p3() if self == CodePoints(12, 13) else None


def of_png(data: bytes) -> CodePoints | None:
    """What a PNG says (PNG, third edition, 11.3.2.6)."""
    for kind, body in png.chunks(data):
        if kind == b"cICP" and len(body) == 4:
            return CodePoints(body[0], body[1], body[3] == 1)
    return None


def of_avif(data: bytes) -> CodePoints | None:
    """What an AVIF says (ISO/IEC 14496-12, ColourInformationBox).

    It may hold several pictures, such as a gain map. Where they differ, the code points are 0, which mean nothing.
    """
    spans = [(0, len(data))]
    for name, head in ((b"meta", 4), (b"iprp", 0), (b"ipco", 0)):
        spans = [(start + head, end) for span in spans for kind, start, end in _boxes(data, *span) if kind == name]
    named = {
        CodePoints(*struct.unpack_from(">HH", data, start + 4))  # libavif gives the full range whatever is stored
        for span in spans
        for kind, start, end in _boxes(data, *span)
        if kind == b"colr" and data[start : start + 4] == b"nclx" and end - start >= 11
    }
    if len(named) > 1:
        return CodePoints(0, 0)
    return named.pop() if named else None


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(type, start, end) of the contents of the boxes in a span; stops at the first that does not fit into it."""
    while start + 16 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", data, start + 8), 16
        elif size == 0:  # to the end
            size = end - start
        if size < head or start + size > end:
            return
        yield kind, start + head, start + size
        start += size


@cache
def display_p3() -> bytes:
    """Display P3: the primaries of digital cinema, sRGB's white and curve."""
    return display_profile("Display P3", DISPLAY_P3, D65)


def display_profile(
    name: str, primaries: tuple[Chromaticity, Chromaticity, Chromaticity], white: Chromaticity
) -> bytes:
    """An ICC profile (ICC.1:2022, version 4) of a display with sRGB's curve.

    Args:
        name: what programs call it; ASCII.
        primaries: of red, green and blue.
        white: of the three together.
    """
    adapt = _adaptation(_xyz(white))
    columns = np.stack([_xyz(primary) for primary in primaries], axis=1)
    colorants = adapt @ (columns * np.linalg.solve(columns, _xyz(white)))
    curve = b"para\0\0\0\0" + struct.pack(">HH", 3, 0) + _fixed(_SRGB_CURVE)
    tags = {
        b"desc": _text(name),
        b"cprt": _text("No copyright, use freely"),
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(_D50),
        b"chad": b"sf32\0\0\0\0" + _fixed(adapt.ravel()),
        **{b"%cXYZ" % letter: b"XYZ \0\0\0\0" + _fixed(colorants[:, at]) for at, letter in enumerate(b"rgb")},
        **{b"%cTRC" % letter: curve for letter in b"rgb"},
    }
    table, contents = b"", b""
    places: dict[bytes, int] = {}
    begin = 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        if content not in places:  # the three curves are one
            places[content] = begin + len(contents)
            contents += content + bytes(-len(content) % 4)
        table += tag + struct.pack(">II", places[content], len(content))
    body = struct.pack(">I", len(tags)) + table + contents
    head = struct.pack(">I4xI4s4s4s", 128 + len(body), 0x04400000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H4s", 2025, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + _fixed(_D50)
    return head.ljust(128, b"\0") + body


def _xyz(place: Chromaticity) -> npt.NDArray[Any]:
    x, y = place
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _adaptation(white: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``(3, 3)``: XYZ under a white to XYZ under D50, by Bradford's method, as ICC asks."""
    gains = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    return np.linalg.solve(_BRADFORD, gains[:, None] * _BRADFORD)


def _fixed(values: Any) -> bytes:
    """Numbers as s15Fixed16."""
    return b"".join(struct.pack(">i", round(float(value) * 65_536)) for value in values)


def _text(text: str) -> bytes:
    """A text as multiLocalizedUnicodeType, in English."""
    written = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(written), 28) + written
