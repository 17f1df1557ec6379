"""Folders and files of the model hub: what it publishes at a commit, and a folder of it on this machine.

The hub states size and digest of every file at a commit: SHA-256 for large ones, git's own name for small ones. Every
file that is fetched is held to that.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models import layouts
from models.download import CancelCheck, DownloadError, Progress, download, never, reason
from models.entry import SAFETENSORS, HubFolder
from models.places import has_digest

LISTING_TIMEOUT = 15  # seconds
NOT_THE_HUB = "answered with something else than the hub does (does this network want a login?)"


@dataclass(frozen=True)
class HubFile:
    """A file of a repository at a commit: its name, size in bytes and digest."""

    name: str
    size: int
    digest: str


def endpoint() -> str:
    """The hub's address: ``HF_ENDPOINT`` as everywhere, else the official one."""
    from huggingface_hub import constants

    return os.environ.get("HF_ENDPOINT", constants.ENDPOINT).rstrip("/")


def listing(repository: str, revision: str | None, patterns: Sequence[str]) -> tuple[str, list[HubFile]]:
    """The commit that a revision stands for, and its files that fit one of the patterns.

    Args:
        revision: a commit, or ``None`` for the main branch as it is now.

    Raises:
        DownloadError: the hub does not say.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]
    from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]

    try:
        info = HfApi(endpoint=endpoint()).model_info(
            repository, revision=revision, files_metadata=True, timeout=LISTING_TIMEOUT
        )
    except HfHubHTTPError as error:
        raise DownloadError(f"answered with HTTP {error.response.status_code}") from error
    except (HTTPError, ConnectionError) as error:
        raise DownloadError(f"did not answer ({reason(error)})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DownloadError(
            "answered with something else than the hub does (does this network want a login?)"
        ) from error
    if not info.sha or (revision and info.sha != revision):
        raise DownloadError(f"has no commit {revision or 'at all'}")
    files = [
        HubFile(found.rfilename, found.size, f"sha256:{found.lfs.sha256}" if found.lfs else f"git:{found.blob_id}")
        for found in info.siblings or ()
        if found.size is not None and (found.lfs or found.blob_id)
    ]
    return info.sha, list(filter_repo_objects(files, allow_patterns=list(patterns), key=lambda file: file.name))


def fetch_folder(
    folder: HubFolder, target: Path, progress: Progress | None = None, cancelled: CancelCheck = never
) -> None:
    """Bring a folder to ``target``; it appears there only when it is complete and every digest is right.

    What an earlier try left in ``target`` + ``.part`` is taken up.

    Raises:
        DownloadError: the hub does not give it, or what it gives cannot be used.
        Cancelled: ``cancelled`` said so.
    """
    part = target.with_name(f"{target.name}.part")
    wanted = folder.revision or (layouts.revision(part) if part.is_dir() else None)
    commit, files = listing(folder.repository, wanted, folder.files)
    if folder.layout == "transformers" and SAFETENSORS not in {file.name for file in files}:
        raise DownloadError(f"has no {SAFETENSORS} of {folder.repository}, and what else there is can run code")
    part.mkdir(parents=True, exist_ok=True)
    _note(part, folder, commit, {})  # so that another try means the same commit
    total = sum(file.size for file in files)
    before, noted = 0, {}
    for file in files:
        path = part / file.name
        done = before

        def on_bytes(arrived: int, _size: int, done: int = done) -> None:
            if progress:
                progress(done + arrived, total)

        fetch_file(folder.repository, commit, file, path, on_bytes, cancelled)
        with path.open("rb") as stream:
            noted[file.name] = {"size": file.size, "sha256": hashlib.file_digest(stream, "sha256").hexdigest()}
        before += file.size
    problem = layouts.problem(part, folder.layout)
    if problem:
        raise DownloadError(f"gave a folder that {problem}")
    _note(part, folder, commit, noted)
    shutil.rmtree(target, ignore_errors=True)  # what lies there cannot be used, or it would have been found
    os.replace(part, target)


def fetch_file(
    repository: str,
    commit: str,
    file: HubFile,
    path: Path,
    progress: Progress | None = None,
    cancelled: CancelCheck = never,
) -> None:
    """Bring one file of a commit to ``path``, unless it lies there already, and hold it to its digest.

    Raises:
        DownloadError: the hub does not give these bytes.
    """
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    if path.is_file() and path.stat().st_size == file.size and has_digest(path, file.digest):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    url = hf_hub_url(repository, file.name, revision=commit, endpoint=endpoint())
    headers = {name: value for name, value in build_hf_headers().items() if value}
    download(url, part, file.size, progress, cancelled, headers)
    if not has_digest(part, file.digest):
        part.unlink()
        raise DownloadError(f"gave other bytes for {file.name} than it says it has")
    os.replace(part, path)


def _note(folder: Path, of: HubFolder, commit: str, files: dict[str, dict[str, object]]) -> None:
    noted = {"repository": of.repository, "revision": commit, "files": files}
    path = folder / layouts.MANIFEST
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(noted, indent=2), encoding="utf-8")
    os.replace(part, path)


def stated(url: str) -> HubFile:
    """What the hub states about the file at an address that names a commit; it must state a SHA-256.

    Raises:
        DownloadError: the address does not answer as the hub does.
    """
    from huggingface_hub import get_hf_file_metadata
    from huggingface_hub.errors import HfHubHTTPError, HTTPError  # type: ignore[attr-defined]

    try:
        found = get_hf_file_metadata(url, timeout=LISTING_TIMEOUT)
    except HfHubHTTPError as error:
        raise DownloadError(f"answered with HTTP {error.response.status_code}") from error
    except (HTTPError, ConnectionError) as error:
        raise DownloadError(f"did not answer ({reason(error)})") from error
    if found.size is None or not re.fullmatch(r"[0-9a-f]{64}", found.etag or ""):
        raise DownloadError(NOT_THE_HUB)
    return HubFile(url.rsplit("/", 1)[1], found.size, f"sha256:{found.etag}")
