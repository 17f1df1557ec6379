"""How the C library hands out memory for large arrays."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8  # malloc.h of glibc
MOST = 2**31 - 1  # bytes; more than a freed array has


def keep_freed_memory() -> None:
    """Let large arrays take the place of freed ones: for a process that makes pictures and ends.

    glibc asks the system for each large array and gives it back at once when it is freed; the system clears all its
    pages again for the next one. At 24 megapixels that is a sixth of the processor's time (docs/speed.md). Elsewhere
    than on glibc nothing changes. See mallopt(3).
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:  # musl
        return
    for parameter, value in ((M_ARENA_MAX, 1), (M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, MOST)):
        mallopt(parameter, value)
