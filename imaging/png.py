"""PNG: its chunks, one as bytes and those of a file up to its pixels; pixels as chunks, compressed on all cores."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
from isal import isal_zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
BAND = 2_000_000  # bytes of pixels that are compressed by themselves
LEVEL = 1  # of ISA-L's: files somewhat smaller than zlib's at its level 1, in a quarter of the time
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # channels: grey, RGB, RGBA
_SUB = 1  # the filter: each sample less the one to its left
_ADLER = 65521


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk as it stands in a file: length, type of four letters, body, checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(type, body) of a PNG's chunks up to the pixels; stops at the first damaged one."""
    at = len(SIGNATURE)
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


def header(pixels: npt.NDArray[Any]) -> bytes:
    """The chunk IHDR of a picture."""
    height, width = pixels.shape[:2]
    kind = _COLOUR_TYPES[pixels.shape[2] if pixels.ndim == 3 else 1]
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8 * pixels.dtype.itemsize, kind, 0, 0, 0))


def pixel_chunks(pixels: npt.NDArray[Any]) -> Iterator[bytes]:
    """The chunks IDAT of a picture, and IEND.

    Bands of rows are filtered and compressed by themselves, several at a time, and joined to one zlib stream (RFC
    1950): each but the last ends on a byte by a sync flush, and their checksums are combined.

    Args:
        pixels: ``(H, W)`` grey, ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA, uint8 or uint16.
    """
    height = pixels.shape[0]
    rows = max(1, BAND // max(1, pixels[0].nbytes))
    starts = range(0, height, rows)

    def compressed(top: int) -> tuple[bytes, int, int]:
        filtered = _filtered(pixels[top : top + rows])
        stream = isal_zlib.compressobj(LEVEL, wbits=-15)
        end = isal_zlib.Z_FINISH if top + rows >= height else isal_zlib.Z_SYNC_FLUSH
        return stream.compress(filtered) + stream.flush(end), isal_zlib.adler32(filtered), filtered.size

    head, low, high = b"\x78\x01", 1, 0  # deflate, a window of 32 kB, fastest
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for part, adler, length in pool.map(compressed, starts):
            high = (high + (adler >> 16) + length * (low - 1)) % _ADLER
            low = (low + (adler & 0xFFFF) - 1) % _ADLER
            yield chunk(b"IDAT", head + part)
            head = b""
    yield chunk(b"IDAT", struct.pack(">I", high << 16 | low))
    yield chunk(b"IEND", b"")


def _filtered(rows: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Rows of pixels ``(h, W)`` or ``(h, W, channels)`` as PNG stores them: each with its filter before it."""
    step = rows[0, 0].nbytes
    samples = np.ascontiguousarray(rows, rows.dtype.newbyteorder(">")).view(np.uint8).reshape(len(rows), -1)
    filtered = np.empty((len(rows), 1 + samples.shape[1]), np.uint8)
    filtered[:, 0] = _SUB
    filtered[:, 1 : 1 + step] = samples[:, :step]
    np.subtract(samples[:, step:], samples[:, :-step], out=filtered[:, 1 + step :])
    return filtered
