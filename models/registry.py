"""What can be done with a model: look where it lies, fetch it, load it, remove it."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from errors import BadInput, MissingWeights, StudioError
from models import fetching, layouts, own, places
from models.download import CancelCheck, DownloadError, Progress, never, reason, stop_if
from models.entry import SAFETENSORS, Denoiser, Model, SpeedLora, Task, TinyVae
from models.table import MODELS

log = logging.getLogger("backdrop.models")
Loaded = TypeVar("Loaded")


def entry(id: str) -> Model:
    """The model of that id; raise :class:`BadInput` where there is none."""
    if id in own.folders:
        return own.folders[id][0]
    if id.startswith("folder:"):
        raise BadInput("This was made with a model from somebody's own folder.", "Name that folder with --model.")
    found = MODELS.get(id)
    if found is None:
        raise BadInput(f"There is no model {id!r}; `python main.py models` lists them all.")
    return found


def denoiser(id: str) -> Denoiser:
    """The diffusion model of that id; raise :class:`BadInput` where there is none."""
    found = entry(id) if id in MODELS or id.startswith("folder:") else None
    if not isinstance(found, Denoiser):
        raise BadInput(f"There is no diffusion model {id!r}; choose one of {', '.join(denoisers())}.")
    return found


def denoisers(task: Task | None = None) -> dict[str, Denoiser]:
    """The diffusion models of the table, of one task or of all, by id."""
    found = {id: model for id, model in MODELS.items() if isinstance(model, Denoiser)}
    return {id: model for id, model in found.items() if task is None or task in model.tasks}


def installed_denoiser(task: Task) -> str | None:
    """The id of the first diffusion model for a task that is on this machine; ``None`` where there is none."""
    return next((id for id in denoisers(task) if is_installed(id)), None)


def default_denoiser(task: Task) -> str:
    """The id of the first diffusion model for a task, one that is installed before one that is not."""
    return installed_denoiser(task) or next(iter(denoisers(task)))


def speed_loras(model: Denoiser) -> dict[str, SpeedLora]:
    """The LoRAs that let a diffusion model paint in few steps, by what recipes call their speed."""
    found = (each for each in MODELS.values() if isinstance(each, SpeedLora))
    return {each.speed: each for each in found if each.family == model.family}


def tiny_vae(model: Denoiser) -> TinyVae | None:
    """The tiny VAE that fits a diffusion model; ``None`` where there is none."""
    found = (each for each in MODELS.values() if isinstance(each, TinyVae))
    return next((each for each in found if model.family in each.families), None)


def require_file(id: str) -> Path:
    """The first file, or the folder, of a model that is no diffusion model; ``MissingWeights`` where it is not here."""
    found = local_path(id)
    if found is None:
        raise _missing(entry(id), "is not on this machine")
    return found


def local_paths(id: str) -> tuple[Path, ...] | None:
    """A model's files where all of them lie on this machine, in the table's order; a folder as one. Fetches nothing."""
    found = _local(id)
    return tuple(path for path, _ in found) if found else None


def local_path(id: str) -> Path | None:
    """The first of :func:`local_paths`: the folder, or the file of a model that is one file."""
    found = local_paths(id)
    return found[0] if found else None


def is_installed(id: str) -> bool:
    """Whether all of a model lies on this machine."""
    return _local(id) is not None


def _local(id: str) -> list[tuple[Path, str]] | None:
    """Every file or the folder of a model with the name of the place, where all of it lies on this machine."""
    if id in own.folders:
        return [(own.folders[id][1], "a folder of your own")]
    model = entry(id)
    found = [places.local_folder(model.folder)] if model.folder else [places.local_file(file) for file in model.files]
    complete = [place for place in found if place]
    return complete if len(complete) == len(found) else None


def require(id: str, task: Task | None = None) -> Path:
    """The folder of a diffusion model.

    Raises:
        BadInput: the model is not for this task.
        MissingWeights: it is not here; the message names the ways out.
    """
    model = denoiser(id)
    if task and task not in model.tasks:
        can = "creates whole pictures" if "create" in model.tasks else "repaints backgrounds"
        raise BadInput(f"The model {id} {can}; for this, choose one of {', '.join(denoisers(task))}.")
    found = local_path(id)
    if found is None:
        raise _missing(model, "is not on this machine")
    return found


def fetch(id: str, progress: Progress | None = None, cancelled: CancelCheck = never) -> tuple[Path, ...]:
    """A model's files, fetched where they are not on this machine yet; a broken-off download is resumed.

    Args:
        id: of the table.
        progress: called with (bytes so far, bytes in all) while something arrives.
        cancelled: looked at several times a second; true ends the download.

    Returns:
        The paths in the table's order; a folder as one.

    Raises:
        MissingWeights: it is not here and no source gave it; the message says which, and the ways out.
        Cancelled: ``cancelled`` said so. What has arrived is kept for another try.
    """
    model = entry(id)
    if _local(id) is None:
        with _locked(id, cancelled):
            if _local(id) is None:  # whoever came first may have brought it
                _fetch(model, progress, cancelled)
    found = _local(id)
    if found is None:
        raise _missing(model, "was fetched, but what lies here now is damaged")
    for path, place in found:
        log.info("%s: %s from %s", id, path.name, place)
    return tuple(path for path, _ in found)


@contextmanager
def _locked(id: str, cancelled: CancelCheck) -> Iterator[None]:
    """Only one process fetches or removes a model at a time."""
    import filelock

    folder = places.data_folder() / "locks"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MissingWeights(f"{folder} cannot be written: {error.strerror}; set BACKDROP_DATA.") from error
    lock = filelock.FileLock(folder / f"{id}.lock")
    while True:
        stop_if(cancelled)
        try:
            lock.acquire(timeout=0.5)
            break
        except filelock.Timeout:
            continue
    try:
        yield
    finally:
        lock.release()


def _fetch(model: Model, progress: Progress | None, cancelled: CancelCheck) -> None:
    try:
        fetching.bring(model, progress, cancelled)
    except DownloadError as error:
        raise _missing(model, f"is not on this machine: {error}") from error
    except OSError as error:
        folder = places.data_folder()
        raise MissingWeights(f"{folder} cannot be written: {error.strerror or error}; set BACKDROP_DATA.") from error


def _missing(model: Model, what: str) -> MissingWeights:
    size = f"{model.size / 1e9:.1f} GB" if model.size >= 1e9 else f"{model.size / 1e6:.1f} MB"
    pull = f"Run `python main.py models pull {model.id}` where there is a network"
    if isinstance(model, Denoiser):
        return MissingWeights(
            f"The diffusion model {model.id} ({size}) {what}: choose an instant backdrop, or fetch it.",
            f"{pull}, or name a local diffusers folder with --model.",
        )
    if model.folder:
        files = f"the folder of {model.folder.repository}, with its weights as {SAFETENSORS}, as {model.id}"
    else:
        files = " and ".join(file.path for file in model.files)
    return MissingWeights(
        f"The model {model.id} ({size}) {what}.",
        f"{pull}, or put {files} into the folder that BACKDROP_WEIGHTS names.",
    )


def load(id: str, read: Callable[[tuple[Path, ...]], Loaded]) -> Loaded:
    """What ``read`` makes of a model's files; damaged files are fetched once more.

    An error of ``read`` on files whose digests are right, or for want of memory, is raised as it is.

    Raises:
        MissingWeights: the files cannot be read, and fetching them again did not help or was not possible.
    """
    paths = fetch(id)
    try:
        return read(paths)
    except StudioError:
        raise
    except Exception as error:
        if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or _intact(id):
            raise
        model = entry(id)
        if not _in_cache(id):
            raise MissingWeights(
                f"The files of {id} in {paths[0].parent} cannot be loaded ({reason(error)}): replace or remove them."
            ) from error
        log.warning("%s cannot be loaded (%s); it is fetched once more", id, reason(error))
        remove(id)
        try:
            return read(fetch(id))
        except StudioError:
            raise
        except Exception as again:
            what = f"cannot be loaded, and fetching it again did not help ({reason(again)})"
            raise _missing(model, what) from again


def _intact(id: str) -> bool:
    """Whether a model's files have the digests that were published, read anew."""
    found = _local(id)
    if found is None or id in own.folders:
        return False
    model = entry(id)
    if model.folder:
        return layouts.intact(found[0][0]) is True
    return all(places.known_digest(path, file, fresh=True) for (path, _), file in zip(found, model.files, strict=True))


def _in_cache(id: str) -> bool:
    return id not in own.folders and all(place == "the cache" for _, place in _local(id) or [])


def remove(id: str) -> int:
    """Delete what was downloaded of a model, and return how many bytes that were.

    Raises:
        BadInput: nothing of it was downloaded, or it lies in a folder of one's own, which is not touched.
    """
    model = entry(id)
    freed = 0
    with _locked(id, never):
        for path in _cached(model):
            if path.exists():
                freed += bytes_of(path)
                shutil.rmtree(path) if path.is_dir() else path.unlink()
    if not freed:
        found = local_path(id)
        where = f"it lies in {found.parent}, which Backdrop does not change" if found else "it is not on this machine"
        raise BadInput(f"Nothing of {id} can be removed: {where}.")
    return freed


def _cached(model: Model) -> Iterator[Path]:
    """Whatever a download of a model leaves in the cache, finished or not."""
    for path in [model.folder.path] if model.folder else [file.path for file in model.files]:
        target = places.cache_path(path)
        yield target
        yield target.with_name(f"{target.name}.part")
        yield places.digest_note(target)
    name = places.converted_name(model.id)
    yield from (path for pattern in (f"{name}--*", f"*--{name}--*") for path in places.converted().glob(pattern))


def bytes_of(path: Path) -> int:
    """The size of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def revision(id: str) -> str:
    """What exactly the id stands for here: the hub's commit, or a digest.

    Raises:
        MissingWeights: a diffusion model that is not here.
    """
    model = entry(id)
    if isinstance(model, Denoiser):
        folder = require(id)
        return layouts.revision(folder) or f"folder:{layouts.digest(folder)}"
    found = local_path(id)
    if model.folder:
        noted = layouts.revision(found) if found else None
        return noted[:16] if noted else "a folder of your own"
    digest = (places.known_digest(found, model.files[0]) if found else None) or model.files[0].digest
    kind, _, value = digest.partition(":")
    return f"{kind}:{value[:16]}"


def fingerprint(*ids: str) -> str:
    """16 hexadecimal digits that change whenever a model is installed, replaced or removed; for keys of caches.

    It looks at sizes and times only, and takes well under a millisecond.

    Args:
        ids: of the models that matter; none for all of the table.
    """
    seen = hashlib.sha256()
    for id in ids or MODELS:
        model = entry(id)
        if model.folder:
            paths = [f"{model.folder.path}/{name}" for name in ("model_index.json", "config.json", SAFETENSORS)]
        else:
            paths = [file.path for file in model.files]
        for path in paths:
            for candidate, _ in places.candidates(path):
                try:
                    stat = candidate.stat()
                except OSError:
                    continue
                seen.update(f"{candidate}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()[:16]
