"""Files written whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from errors import BadInput


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
