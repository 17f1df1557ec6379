"""Bring one file from an address to this machine: with progress, resumed where it stopped, stopped where asked.

The connection is ``huggingface_hub``'s own session, so that proxies, certificates and offline mode are as everywhere.
Its ``hf_hub_download`` (2.4) throws a partly downloaded file away when the connection breaks for good, and ``pooch``
cannot resume at all; for files of gigabytes on a poor connection that is the difference between slow and never.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from errors import Cancelled

log = logging.getLogger("backdrop.models")

Progress = Callable[[int, int], None]
"""Called with (bytes so far, bytes in all)."""

CancelCheck = Callable[[], bool]
"""Whether the person has asked to stop; looked at several times a second."""

CHUNK = 1 << 18  # bytes between two looks at whether to stop
TIMEOUT = 15.0  # seconds without a byte
TRIES = 4  # in a row without a new byte, once some have arrived
WAIT = 1.0  # seconds before another try


class DownloadError(Exception):
    """An address did not give the file. ``str(error)`` is the end of a sentence that begins with the address."""


def never() -> bool:
    """The cancel check of work that nobody can cancel."""
    return False


def stop_if(cancelled: CancelCheck) -> None:
    """Raise :class:`Cancelled` where the person has asked to stop."""
    if cancelled():
        raise Cancelled("The download was cancelled; it can be taken up where it stopped.")


def download(
    url: str,
    part: Path,
    size: int | None,
    progress: Progress | None = None,
    cancelled: CancelCheck = never,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Download to ``part``, after the bytes that an earlier try left there.

    Args:
        size: how many bytes there must be; ``None`` where that is not known.
        progress: called about every quarter megabyte.

    Raises:
        DownloadError: the address did not give the file. What has arrived stays in ``part`` for another try.
        Cancelled: ``cancelled`` said so; what has arrived stays.
    """
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # of whichever HTTP library it uses

    failures = 0
    while True:
        before = _bytes_in(part)
        try:
            _stream(url, part, size, progress, cancelled, dict(headers or {}))
            return
        except HTTPError as error:
            arrived = _bytes_in(part)
            failures = 0 if arrived > before else failures + 1
            if arrived == 0 or failures >= TRIES:
                raise DownloadError(f"did not answer ({reason(error)})") from error
            log.info("%s broke off after %d bytes; resuming", url, arrived)
            _sleep(WAIT, cancelled)
        except ConnectionError as error:  # offline mode says so by this
            raise DownloadError(f"did not answer ({reason(error)})") from error


def _stream(
    url: str,
    part: Path,
    size: int | None,
    progress: Progress | None,
    cancelled: CancelCheck,
    headers: dict[str, str],
) -> None:
    from huggingface_hub.utils import get_session  # type: ignore[attr-defined]

    stop_if(cancelled)
    start = _bytes_in(part)
    if size is not None and start >= size:
        if start == size:
            return
        part.unlink()
        start = 0
    headers |= {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    with get_session().stream("GET", url, headers=headers, timeout=TIMEOUT, follow_redirects=True) as response:
        if response.status_code == 416:  # what lies there is not the beginning of what the address has now
            part.unlink(missing_ok=True)
            raise DownloadError("has another file than before; try again")
        if response.status_code >= 400:
            raise DownloadError(f"answered with HTTP {response.status_code}")
        if "text/html" in response.headers.get("content-type", ""):
            raise DownloadError("answered with a web page instead of the file (does this network want a login?)")
        resumed = start > 0 and response.headers.get("content-range", "").startswith(f"bytes {start}-")
        done = start if resumed else 0
        with part.open("ab" if resumed else "wb") as out:
            for chunk in response.iter_bytes(CHUNK):
                out.write(chunk)
                done += len(chunk)
                if size is not None and done > size:
                    break
                if progress:
                    progress(done, size or done)
                stop_if(cancelled)
    if size is not None and done != size:
        if done > size:
            part.unlink()
        raise DownloadError(f"gave {'more' if done > size else 'fewer'} bytes than the {size} published")


def _bytes_in(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _sleep(seconds: float, cancelled: CancelCheck) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        stop_if(cancelled)
        time.sleep(0.05)


_NETWORK = {
    "its name is not known here: is there a network?": ("[Errno -2]", "[Errno -3]", "[Errno -5]", "getaddrinfo failed"),
    "nobody listens there": ("[Errno 111]", "Connection refused"),
    "it took too long": ("timed out", "Read timeout"),
}
"""What libraries say of a network, and what that means."""


def reason(error: Exception) -> str:
    """What an exception says, in words where it is a network's; else its first line."""
    text = str(error)
    known = next((words for words, marks in _NETWORK.items() if any(mark in text for mark in marks)), None)
    return known or text.strip().split("\n")[0] or type(error).__name__
