"""Photos, masks, pictures and results by content digest: a plain folder under ``BACKDROP_DATA``."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import models
from errors import BadInput
from imaging.photo import digest_of
from jobs import places

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Kept:
    """One file of the store.

    Attributes:
        path: where it lies.
        size: in bytes.
        put: when it was last handed in, in seconds since 1970.
    """

    path: Path
    size: int
    put: float

    @property
    def digest(self) -> str:
        """Its name; of what a process that was killed left half written, none."""
        return self.path.name if _DIGEST.fullmatch(self.path.name) else ""


@dataclass(frozen=True)
class Store:
    """A folder of files named by the SHA-256 of their bytes, two levels deep: ``ab/ab12...``."""

    folder: Path

    def put(self, data: bytes) -> str:
        """Keep the bytes and return their digest. What is there already is not written again, but counts as new."""
        digest = digest_of(data)
        path = self._path(digest)
        if not _renewed(path, len(data)):
            part = path.with_name(f"{digest}.{secrets.token_hex(8)}.part")  # threads and processes may put the same
            try:
                for folder in (self.folder.parent, self.folder, path.parent):
                    places.make_private(folder)
                places.make_private_file(part)  # photos may be private, and carry their position
                part.write_bytes(data)
                os.replace(part, path)
            except OSError as error:
                raise BadInput(f"{self.folder} cannot be written: {error.strerror}; set BACKDROP_DATA.") from error
            finally:
                with suppress(OSError):
                    part.unlink()
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of that digest, checked; raise :class:`BadInput` where they are gone or damaged."""
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError:
            raise BadInput(
                f"The file {digest[:12]} that this needs is not in the store any more; upload it again."
            ) from None
        if digest_of(data) != digest:
            self._path(digest).unlink(missing_ok=True)
            raise BadInput(f"The file {digest[:12]} in the store was damaged and is removed; upload it again.")
        return data

    def has(self, digest: str) -> bool:
        return self._path(digest).exists()

    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files())

    def files(self) -> Iterator[Kept]:
        """Every file, half-written ones among them."""
        for path in self.folder.glob("??/*"):
            with suppress(FileNotFoundError):  # another process just finished writing it under its own name
                found = path.stat()
                yield Kept(path, found.st_size, found.st_mtime)

    def remove(self, digest: str) -> int:
        """Delete a file, whoever wants it, and return how many bytes it had; 0 where it is not there."""
        path = self._path(digest)
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return 0
        return size

    def remove_unless_renewed(self, file: Kept) -> bool:
        """Delete a file unless it was handed in again since it was looked at; return whether it is gone.

        It is moved aside first: whoever hands it in again meanwhile either writes it anew or is seen by its time.
        """
        aside = file.path.with_name(f"{file.path.name}.{secrets.token_hex(8)}.gone")
        try:
            os.rename(file.path, aside)
        except FileNotFoundError:
            return True
        if aside.stat().st_mtime > file.put:
            os.rename(aside, file.path)
            return False
        aside.unlink()
        return True

    def _path(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise ValueError(f"{digest!r} is not a digest")
        return self.folder / digest[:2] / digest


def _renewed(path: Path, size: int) -> bool:
    """Whether the file is there, whole; its time is then that of now, by which :mod:`jobs.retention` judges."""
    try:
        if path.stat().st_size != size:  # a broken-off copy
            return False
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def default() -> Store:
    """The store under ``BACKDROP_DATA``."""
    return Store(models.data_folder() / "store")
