"""Where the jobs keep what they need under ``BACKDROP_DATA``; only the user who runs Backdrop may read it.

jobs/queue.sqlite     DBOS's own tables: which jobs there are and what became of them
jobs/records.sqlite   ours: progress, history and workspaces, see :mod:`jobs.database`
jobs/worker.log       what the worker wrote, tracebacks among it
jobs/gate.lock, jobs/worker.lock, jobs/heartbeat, jobs/apps/   see :mod:`jobs.supervisor`
store/                photos, masks and results by digest, see :mod:`jobs.store`
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

import models
from errors import BadInput

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


def data() -> Path:
    """The data folder, made where it is missing and closed to other users; raise :class:`BadInput` if it cannot be."""
    found = models.data_folder().resolve()
    make_private(found)
    return found


def folder() -> Path:
    """``BACKDROP_DATA/jobs``, made where it is missing; raise :class:`BadInput` where it cannot be."""
    found = data() / "jobs"
    make_private(found)
    make_private(found / "apps")
    return found


def log() -> Path:
    """The worker's log, whether or not it exists yet."""
    return models.data_folder().resolve() / "jobs" / "worker.log"


def make_private(folder: Path) -> None:
    """Make a folder that only this user may enter, or close one that others may.

    Raises:
        BadInput: it cannot be made.
    """
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            with suppress(PermissionError):  # a folder that somebody else made for us; they decide who enters
                folder.chmod(PRIVATE_FOLDER)
    except OSError as error:
        raise BadInput(f"{folder} cannot be written: {error.strerror}; set BACKDROP_DATA.") from error


def make_private_file(path: Path) -> None:
    """Make an empty file that only this user may read, or close one that others may."""
    path.touch(mode=PRIVATE_FILE)
    if path.stat().st_mode & 0o077:
        with suppress(PermissionError):
            path.chmod(PRIVATE_FILE)


def write_once(path: Path, content: bytes) -> None:
    """Write a file that only this user may read, whole, unless another process was first."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        make_private_file(part)
        part.write_bytes(content)
        with suppress(FileExistsError):
            os.link(part, path)
    finally:
        part.unlink(missing_ok=True)
