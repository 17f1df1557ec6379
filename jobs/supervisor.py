"""One worker for all apps on this machine that share a data folder: started when it is needed, ended with the last app.

Who is alive is told by locks that the operating system lets go when a process ends, however it ends:

    worker.lock     held by the worker; a second worker that finds it taken leaves at once
    apps/*.lock     one held by each app; the worker ends when none is
    gate.lock       held for a moment by whoever starts a worker, joins, or decides to end
    heartbeat       touched by the worker every second; holds its process id
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from errors import StudioError
from jobs import places

BEAT = 1.0  # seconds between two heartbeats
PATIENCE = 60.0  # seconds without a heartbeat after which a worker counts as stuck
_START = 120.0  # seconds a worker may take to come up, on a machine that has much else to do
_PAUSE = 30.0  # seconds between two starts of a worker that fails
_LONGEST_LOG = 1_000_000  # bytes

_guard = threading.Lock()
_joined: dict[Path, FileLock] = {}
_children: list[subprocess.Popen[bytes]] = []
_retry_at = 0.0  # on the monotonic clock


@dataclass(frozen=True)
class Worker:
    """The worker that is alive.

    Attributes:
        pid: its process id.
        silent: seconds since its last heartbeat; 0 to 1 or so where all is well.
    """

    pid: int
    silent: float


def ensure_worker(patience: float = PATIENCE) -> None:
    """See to it that one worker is alive, and that it stays as long as this process does.

    Costs well under a millisecond where a worker is alive, so a page may call it as often as it likes; where there is
    none it takes as long as starting a Python process. Safe from any number of threads and processes at once.

    Args:
        patience: seconds without a heartbeat after which a living worker counts as stuck and is replaced.

    Raises:
        StudioError: the worker fails at its start; the message names its log.
    """
    folder = places.folder()
    with _guard, _lock(folder / "gate.lock"):
        _reap()
        _join(folder)
        if _is_free(folder / "worker.lock"):
            if time.monotonic() < _retry_at:
                raise StudioError(f"The worker that makes the pictures stopped with an error; {places.log()} says why.")
            _start(folder)
        elif _is_stuck(folder, patience):
            os.kill(_pid(folder), signal.SIGKILL)
            with _lock(folder / "worker.lock", timeout=_START):
                pass  # it is gone
            _start(folder)


def worker() -> Worker | None:
    """The worker that is alive, or ``None``. Starts and makes nothing."""
    folder = places.log().parent
    if not os.access(folder, os.W_OK):
        return None
    with _lock(folder / "gate.lock"):
        if _is_free(folder / "worker.lock"):
            return None
        return Worker(_pid(folder), _silent(folder))


def leave() -> None:
    """This process needs the worker no more. A process that ends need not say so."""
    with _guard:
        lock = _joined.pop(places.folder(), None)
        if lock is not None:
            lock.release()


def beat(folder: Path) -> None:
    """Say that this process, the worker, is alive."""
    part = folder / f"heartbeat.{os.getpid()}.part"
    places.make_private_file(part)
    part.write_text(str(os.getpid()), encoding="ascii")
    os.replace(part, folder / "heartbeat")


def become_worker(folder: Path) -> FileLock | None:
    """Take the worker's lock for this process, or return ``None`` where another worker has it."""
    lock = _lock(folder / "worker.lock", thread_local=False)
    try:
        lock.acquire(timeout=5)  # whoever only looks holds it for a moment
    except Timeout:
        return None
    beat(folder)
    return lock


def end_if_alone(folder: Path) -> None:
    """End this process, the worker, where no app is alive any more.

    The gate stays shut until the process is gone, so that no app takes a dying worker for a living one. The end is the
    same as a power cut on purpose: whatever was running is taken up again by the next worker.
    """
    gate = _lock(folder / "gate.lock")
    try:
        gate.acquire(blocking=False)
    except Timeout:
        return  # somebody is just joining or looking
    try:
        apps = list((folder / "apps").glob("*.lock"))
        gone = [app for app in apps if _is_free(app)]
        if len(gone) == len(apps):
            print("no app is left; the worker ends", file=sys.stderr, flush=True)
            os._exit(0)
        for app in gone:
            app.unlink(missing_ok=True)
    finally:
        gate.release()


def _lock(path: Path, **options: Any) -> FileLock:
    return FileLock(path, mode=places.PRIVATE_FILE, **options)


def _join(folder: Path) -> None:
    if folder not in _joined:
        name = f"{os.getpid()}-{secrets.token_hex(4)}.lock"
        _joined[folder] = _lock(folder / "apps" / name, thread_local=False)
        _joined[folder].acquire()


def _is_free(path: Path) -> bool:
    """Whether nobody holds a lock. Only behind the gate, or two who look would take each other for the holder."""
    try:
        with _lock(path, timeout=0):
            return True
    except Timeout:
        return False


def _is_stuck(folder: Path, patience: float) -> bool:
    """Whether the heart stopped. A machine that just woke up gets the time for some beats before it is judged."""
    if _silent(folder) <= patience:
        return False
    deadline = time.monotonic() + 3 * BEAT
    while time.monotonic() < deadline:
        time.sleep(BEAT / 10)
        if _silent(folder) <= patience:
            return False
    return True


def _silent(folder: Path) -> float:
    return max(0.0, time.time() - (folder / "heartbeat").stat().st_mtime)


def _pid(folder: Path) -> int:
    return int((folder / "heartbeat").read_text(encoding="ascii"))


def _start(folder: Path) -> None:
    """Start a worker in a session of its own and wait until it holds its lock."""
    log = places.log()
    if log.exists() and log.stat().st_size > _LONGEST_LOG:
        os.replace(log, log.with_suffix(".log.old"))
    (folder / "heartbeat").unlink(missing_ok=True)
    # The worker runs in Backdrop's own folder, where no file of the user's can pass for one of its modules.
    environment = dict(os.environ, BACKDROP_DATA=str(folder.parent), PYTHONUNBUFFERED="1")
    if named := environment.get("BACKDROP_WEIGHTS"):
        environment["BACKDROP_WEIGHTS"] = str(Path(named).expanduser().resolve())
    places.make_private_file(log)
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "jobs.worker"],
            cwd=Path(__file__).resolve().parents[1],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    _children.append(process)
    deadline = time.monotonic() + _START
    while not (folder / "heartbeat").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise StudioError(f"The worker that makes the pictures does not start; {log} says why.")
        time.sleep(0.02)


def _reap() -> None:
    """Let go of workers of ours that ended. One that failed of itself is not followed by the next at once."""
    global _retry_at
    for child in [child for child in _children if child.poll() is not None]:
        _children.remove(child)
        if child.returncode > 0:
            _retry_at = time.monotonic() + _PAUSE
