"""Where a model's files lie on this machine: under ``BACKDROP_WEIGHTS``, or in the cache under ``BACKDROP_DATA``."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from models import layouts
from models.entry import HUB_DIGEST, File, HubFolder

log = logging.getLogger("backdrop.models")


def data_folder() -> Path:
    """Where Backdrop keeps what it stores and downloads: ``BACKDROP_DATA`` or the user's data folder."""
    named = os.environ.get("BACKDROP_DATA")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("backdrop", appauthor=False))


def cache_path(path: str) -> Path:
    """Where a file or folder lies in the cache, by its path under ``BACKDROP_WEIGHTS``."""
    return data_folder() / path if path.startswith("diffusers/") else data_folder() / "weights" / path


def converted() -> Path:
    """The folder of what was converted for this machine's processor; see :mod:`diffusion.parts`."""
    return data_folder() / "converted"


def converted_name(id: str) -> str:
    """A model's id as part of a folder's name there."""
    return id.replace(":", "-")


def candidates(path: str) -> Iterator[tuple[Path, str]]:
    """Where a file or folder may lie, with the name of the place, in the order in which they are looked into."""
    named = os.environ.get("BACKDROP_WEIGHTS")
    if named:
        yield Path(named).expanduser() / path, "the folder BACKDROP_WEIGHTS"
    yield cache_path(path), "the cache"


def local_file(file: File) -> tuple[Path, str] | None:
    """The file where it lies here, with the bytes that were published, and the name of the place."""
    for path, place in candidates(file.path):
        if path.is_file():
            if known_digest(path, file):
                return path, place
            log.warning("%s in %s is not the published file (its digest differs); it is not used", path.name, place)
    return None


def local_folder(folder: HubFolder) -> tuple[Path, str] | None:
    """The folder where it lies here, complete, and the name of the place."""
    for path, place in candidates(folder.path):
        if path.is_dir():
            problem = layouts.problem(path, folder.layout) or layouts.incomplete(path)
            if problem is None:
                return path, place
            log.warning("%s in %s %s; it is not used", folder.path, place, problem)
    return None


_checked: dict[tuple[str, int, int], str | None] = {}  # (path, bytes, time of change) -> the digest that matched


def known_digest(path: Path, file: File, fresh: bool = False) -> str | None:
    """The digest of the table that a file's bytes have, ``None`` where they have none of them.

    Args:
        fresh: read the file again, even if this process has read it before and it has not changed since.
    """
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns)
    if fresh or key not in _checked:
        _checked[key] = next((digest for digest in _accepted(path, file) if has_digest(path, digest)), None)
    return _checked[key]


def _accepted(path: Path, file: File) -> Iterator[str]:
    """The digests that are as good as published."""
    yield file.digest
    for digest in file.also:
        if digest != HUB_DIGEST:
            yield digest
        elif (note := digest_note(path)).is_file():
            yield note.read_text(encoding="ascii", errors="replace").strip()


def digest_note(path: Path) -> Path:
    """The file beside a downloaded one that records the digest the hub stated for it."""
    return path.with_name(f"{path.name}.digest")


def has_digest(path: Path, digest: str) -> bool:
    """Whether a file's bytes have a digest: ``sha256:``, ``md5:``, or ``git:``, the name git gives a small file."""
    kind, _, expected = digest.partition(":")
    if kind == "git":
        found = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
        found.update(path.read_bytes())
        return found.hexdigest() == expected
    if kind not in ("sha256", "md5"):
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, kind).hexdigest() == expected
