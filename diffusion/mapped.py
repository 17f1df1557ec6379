"""Weights' files that a library has mapped into memory: what was read of them is given back.

OpenVINO keeps the file of a network's weights mapped after it has copied them into a layout of its own, so that a
network takes half as much memory again as it needs. Linux only; elsewhere nothing is done.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

EVERY = 0.1  # seconds


@contextmanager
def released_as_read(file: Path) -> Iterator[None]:
    """Give back the memory of a mapped file every tenth of a second and at the end, while a library reads it.

    Pages that are read again come from the system's cache of files. Only mappings that nobody can write to are touched.
    """
    if sys.platform != "linux":
        yield
        return
    done = threading.Event()

    def repeat() -> None:
        while not done.wait(EVERY):
            release(file)

    thread = threading.Thread(target=repeat, name="released_as_read", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        release(file)


def release(file: Path) -> int:
    """Give back the pages of every read-only mapping of a file; return how many bytes are mapped."""
    path, bytes_mapped = str(file.resolve()), 0
    madvise = ctypes.CDLL(None, use_errno=True).madvise
    madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        span, access, *_, name = line.split(maxsplit=5)
        if name == path and access.startswith("r-"):
            start, end = (int(value, 16) for value in span.split("-"))
            if madvise(start, end - start, mmap.MADV_DONTNEED) == 0:
                bytes_mapped += end - start
    return bytes_mapped
