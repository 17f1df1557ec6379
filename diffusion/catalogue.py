"""The diffusion models, as data: what each takes, prefers and costs, and where its files lie.

    MODELS                   one entry per model; the only place to add one
    settle(id, **given)      a backdrop with every value filled in, or a refusal in one sentence
    where(id), fetch(id)     the model's folder on this machine; bring it here
    add_folder(path)         use a folder of somebody's own, for this process; never offered to the web

Importable without torch and diffusers. A model's folder has diffusers' layout, with its weights as safetensors: pickles
can run code and are refused.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

import weights
from errors import BadInput, MissingWeights
from recipe import GeneratedBackdrop, explain

log = logging.getLogger("backdrop.models")

Task = Literal["background", "create"]


@dataclass(frozen=True)
class Scheduler:
    """A sampling method: diffusers' class, and the settings that make it this one."""

    title: str
    help: str
    class_name: str | None
    settings: Mapping[str, Any] = field(default_factory=dict)


SCHEDULERS: dict[str, Scheduler] = {
    "dpm++2m-karras": Scheduler(
        "DPM++ 2M Karras",
        "good pictures in 20 to 30 steps",
        "DPMSolverMultistepScheduler",
        {"use_karras_sigmas": True},
    ),
    "dpm++2m": Scheduler("DPM++ 2M", "good pictures in 20 to 30 steps", "DPMSolverMultistepScheduler"),
    "unipc": Scheduler("UniPC", "good pictures in as few as 12 steps", "UniPCMultistepScheduler"),
    "euler": Scheduler("Euler", "plain and dependable, 25 to 50 steps", "EulerDiscreteScheduler"),
    "euler-a": Scheduler(
        "Euler ancestral", "adds noise as it goes: livelier, never settles", "EulerAncestralDiscreteScheduler"
    ),
    "ddim": Scheduler("DDIM", "the classic, 30 to 50 steps", "DDIMScheduler"),
    "pndm": Scheduler(
        "PNDM", "Stable Diffusion 1.5's first; one step more than asked", "PNDMScheduler", {"skip_prk_steps": True}
    ),
    "own": Scheduler("The model's own", "whatever the model's folder says", None),
}
"""By the friendly name that recipes carry, in the order in which people see them."""


@dataclass(frozen=True)
class Model:
    """A diffusion model.

    Attributes:
        id: what recipes call it.
        title: what people call it.
        help: what it is good at.
        licence: the licence's name; ``licence_url`` where to read it.
        repo: repository on the model hub; ``revision`` the commit that is meant.
        variant: which set of weight files, as in ``diffusion_pytorch_model.fp16.safetensors``; ``None`` the plain one.
        size_bytes: what has to be downloaded; 0 for a folder of one's own.
        native_side: side in pixels of the squares it was trained on.
        memory_gb: gigabytes it needs at half precision, working memory included.
        tasks: ``background`` (repaints around a subject), ``create`` (paints from nothing).
        defaults: values of the arguments it takes where none are given; the keys are all that it takes, besides
            ``prompt``.
    """

    id: str
    title: str
    help: str
    licence: str
    licence_url: str
    repo: str
    revision: str
    variant: str | None
    size_bytes: int
    native_side: int
    memory_gb: float
    tasks: frozenset[Task]
    defaults: Mapping[str, Any]
    schedulers: tuple[str, ...] = tuple(SCHEDULERS)

    @property
    def takes(self) -> frozenset[str]:
        """Names of the arguments that can be given."""
        return frozenset(self.defaults) | {"prompt"}


_TEXT: dict[str, Any] = {
    "negative_prompt": "",
    "num_images_per_prompt": 1,
    "num_inference_steps": 25,
    "guidance_scale": 7.5,
    "scheduler": "dpm++2m-karras",
    "width": None,
    "height": None,
}
_INPAINT: dict[str, Any] = _TEXT | {"strength": 1.0, "mask_grow": {"value": 0}, "mask_feather": 0.0, "defocus": 0.0}
_PLUS_PLUS = "https://github.com/Stability-AI/generative-models/blob/main/model_licenses/LICENSE-SDXL1.0"
_OPENRAIL_M = "https://github.com/CompVis/stable-diffusion/blob/main/LICENSE"
_OPENRAIL_SD2 = "https://github.com/Stability-AI/stablediffusion/blob/main/LICENSE-MODEL"

_ENTRIES = (
    Model(
        id="sd15-inpaint",
        title="Stable Diffusion 1.5 inpainting",
        help="small and quick; the one to begin with",
        licence="CreativeML OpenRAIL-M",
        licence_url=_OPENRAIL_M,
        repo="stable-diffusion-v1-5/stable-diffusion-inpainting",
        revision="8a4288a76071f7280aedbdb3253bdb9e9d5d84bb",
        variant="fp16",  # full precision is there only as pickles
        size_bytes=2_133_000_000,
        native_side=512,
        memory_gb=4,
        tasks=frozenset({"background"}),
        defaults=_INPAINT,
    ),
    Model(
        id="sd2-inpaint",
        title="Stable Diffusion 2 inpainting",
        help="calmer backgrounds; needs longer prompts",
        licence="CreativeML OpenRAIL++-M",
        licence_url=_OPENRAIL_SD2,
        repo="sd2-community/stable-diffusion-2-inpainting",
        revision="5f74973cbb64c8568780732c17f43eb269d63a0d",
        variant=None,
        size_bytes=5_170_000_000,
        native_side=512,
        memory_gb=5,
        tasks=frozenset({"background"}),
        defaults=_INPAINT,
    ),
    Model(
        id="sdxl-inpaint",
        title="Stable Diffusion XL inpainting",
        help="the finest detail; wants a GPU",
        licence="CreativeML OpenRAIL++-M",
        licence_url=_PLUS_PLUS,
        repo="diffusers/stable-diffusion-xl-1.0-inpainting-0.1",
        revision="115134f363124c53c7d878647567d04daf26e41e",
        variant="fp16",
        size_bytes=6_941_000_000,
        native_side=1024,
        memory_gb=10,
        tasks=frozenset({"background"}),
        # Its authors ask for a strength below 1: from pure noise it was not trained.
        defaults=_INPAINT | {"guidance_scale": 8.0, "strength": 0.99},
    ),
    Model(
        id="sd15",
        title="Stable Diffusion 1.5",
        help="a whole picture from a sentence",
        licence="CreativeML OpenRAIL-M",
        licence_url=_OPENRAIL_M,
        repo="stable-diffusion-v1-5/stable-diffusion-v1-5",
        revision="451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
        variant="fp16",
        size_bytes=2_133_000_000,
        native_side=512,
        memory_gb=4,
        tasks=frozenset({"create"}),
        defaults=_TEXT,
    ),
)
MODELS: dict[str, Model] = {entry.id: entry for entry in _ENTRIES}

PIPELINES: dict[str, Task] = {
    "StableDiffusionInpaintPipeline": "background",
    "StableDiffusionXLInpaintPipeline": "background",
    "StableDiffusionPipeline": "create",
    "StableDiffusionXLPipeline": "create",
}
"""The pipelines that are run, by diffusers' class name, and what they are for."""

_folders: dict[str, tuple[Model, Path]] = {}  # of one's own, by id; see add_folder


def entry(id: str) -> Model:
    """The model of that id; raise :class:`BadInput` where there is none."""
    if id in _folders:
        return _folders[id][0]
    if id.startswith("folder:"):
        raise BadInput("This was made with a model from somebody's own folder; name that folder with --model.")
    if id not in MODELS:
        raise BadInput(f"There is no diffusion model {id!r}; choose one of {', '.join(MODELS)}.")
    return MODELS[id]


def default(task: Task) -> str:
    """The id of the first model for a task, one that is here before one that is not."""
    return installed(task) or next(model.id for model in MODELS.values() if task in model.tasks)


def installed(task: Task) -> str | None:
    """The id of the first model for a task that is on this machine; ``None`` where there is none."""
    return next((model.id for model in MODELS.values() if task in model.tasks and where(model.id)), None)


def settle(model_id: str, **given: Any) -> GeneratedBackdrop:
    """A backdrop with every value settled.

    Args:
        model_id: of ``MODELS``, or what :func:`add_folder` gave.
        **given: fields of :class:`GeneratedBackdrop`; ``None`` stands for the model's own preference.

    Raises:
        BadInput: no such model, an argument it does not take, or a value out of range.
    """
    model = entry(model_id)
    wanted = {name: value for name, value in given.items() if value is not None}
    for name in wanted:
        if name not in model.takes:
            raise BadInput(f"The model {model.id} takes no {name.replace('_', ' ')}; leave it out or choose another.")
    values = {**model.defaults, **wanted}
    if values["scheduler"] not in model.schedulers:
        raise BadInput(
            f"There is no scheduler {values['scheduler']!r} for {model.id}; "
            f"choose one of {', '.join(model.schedulers)}."
        )
    try:
        return GeneratedBackdrop.model_validate({"model": model.id, **values})
    except ValidationError as error:
        raise BadInput(f"The settings do not fit: {explain(error)}.") from error


def where(id: str) -> Path | None:
    """The model's folder where it lies whole on this machine, else ``None``. Fetches nothing."""
    if id in _folders:
        return _folders[id][1]
    entry(id)
    for folder in _places(id):
        if folder.is_dir():
            problem = _problem(folder)
            if problem is None:
                return folder
            log.warning("%s %s; passed over", folder, problem)
    return None


def require(id: str, task: Task | None = None) -> Path:
    """The model's folder.

    Raises:
        BadInput: the model is not for this task.
        MissingWeights: it is not here; the message names the ways out.
    """
    model = entry(id)
    if task and task not in model.tasks:
        fitting = ", ".join(other.id for other in MODELS.values() if task in other.tasks)
        can = "creates whole pictures" if "create" in model.tasks else "repaints backgrounds"
        raise BadInput(f"The model {id} {can}; for this, choose one of {fitting}.")
    found = where(id)
    if found is None:
        raise MissingWeights(_ways_out(entry(id), "is not on this machine"))
    return found


def revision(id: str) -> str:
    """What exactly lies in the model's folder: the hub's commit, or a digest of the files where somebody put them.

    Raises:
        MissingWeights: the model is not here.
    """
    folder = require(id)
    fetched = weights.data_folder() / "diffusers" / id / _REVISION
    if folder == fetched.parent and fetched.is_file():
        return fetched.read_text(encoding="utf-8").strip()
    return f"folder:{_digest(folder)}"


def add_folder(path: Path) -> str:
    """Make a diffusers folder of one's own usable in this process, and return the id that recipes give it.

    The id is made from the folder's content, so a recipe names no path and means the same model on every machine.

    Raises:
        BadInput: not a folder that can be used; the message says why.
    """
    folder = path.expanduser().resolve()
    if not folder.is_dir():
        raise BadInput(f"There is no model and no folder {str(path)!r}; `python main.py models` lists the models.")
    problem = _problem(folder)
    if problem:
        raise BadInput(f"The folder {path} {problem}.")
    task = PIPELINES[pipeline(folder)]
    channels = _read(folder / "unet" / "config.json").get("in_channels")
    if channels != (9 if task == "background" else 4):
        raise BadInput(f"The folder {path} holds a model with {channels} input channels, which is not supported.")
    size = sum(file.stat().st_size for file in _weight_files(folder))
    side = native_side(folder)
    id = f"folder:{_digest(folder)}"
    model = Model(
        id=id,
        title=folder.name,
        help="a folder of your own",
        licence="see the folder",
        licence_url="",
        repo="",
        revision=id,
        variant=variant(folder),
        size_bytes=0,
        native_side=side,
        memory_gb=round(size / 1e9 + 2 * (side / 512) ** 2, 1),
        tasks=frozenset({task}),
        defaults=(_INPAINT if task == "background" else _TEXT) | {"scheduler": _scheduler(folder)},
    )
    _folders[id] = model, folder
    return id


def _scheduler(folder: Path) -> str:
    """The sampling method that suits a folder's model: its own where it begins from pure noise, else the usual one.

    Karras' steps are too few at the noisy end for a model trained with zero terminal signal-to-noise ratio: at 12 steps
    they gave another picture than at 25.
    """
    file = folder / "scheduler" / "scheduler_config.json"
    pure = file.is_file() and bool(_read(file).get("rescale_betas_zero_snr"))
    return "own" if pure else str(_TEXT["scheduler"])


def pipeline(folder: Path) -> str:
    """The name of diffusers' class for the model in a folder."""
    return str(_read(folder / "model_index.json")["_class_name"])


def native_side(folder: Path) -> int:
    """Side in pixels of the squares a folder's model was trained on: its latents' side times the VAE's factor."""
    levels = len(_read(folder / "vae" / "config.json")["block_out_channels"])
    return int(_read(folder / "unet" / "config.json")["sample_size"]) * 2 ** (levels - 1)


def variant(folder: Path) -> str | None:
    """Which set of weight files a folder has: ``fp16`` where the plain one is not there."""
    return None if (folder / "unet" / "diffusion_pytorch_model.safetensors").exists() else _other_variant(folder)


def _other_variant(folder: Path) -> str | None:
    parts = [file.name.split(".") for file in (folder / "unet").glob("diffusion_pytorch_model.*.safetensors")]
    return next((part[1] for part in parts if len(part) == 3 and "-of-" not in part[1]), None)


_REVISION = "REVISION"  # a file of ours beside the downloaded ones: the commit they are of
_NOT_MODELS = ("Tokenizer", "TokenizerFast", "Scheduler", "Processor", "ProcessorPil", "FeatureExtractor")
_UNUSED = ("safety_checker", "feature_extractor", "image_encoder")


def _places(id: str) -> Iterator[Path]:
    named = os.environ.get("BACKDROP_WEIGHTS")
    if named:
        yield Path(named).expanduser() / "diffusers" / id
    yield weights.data_folder() / "diffusers" / id


def _problem(folder: Path) -> str | None:
    """Why a folder cannot be used, as the end of a sentence that begins with its name; ``None`` if it can be."""
    if not (folder / "model_index.json").is_file():
        return "has no model_index.json, so it is not a diffusers model"
    try:
        index = _read(folder / "model_index.json")
        name = index.get("_class_name")
        if not isinstance(name, str) or name not in PIPELINES:
            return f"holds a {name}; what can be run is {', '.join(PIPELINES)}"
        for part, what in index.items():
            if part.startswith("_") or part in _UNUSED or not isinstance(what, list) or what[0] is None:
                continue
            if what[0] not in ("diffusers", "transformers"):
                return f"brings code of its own for its {part}, which is not run"
            if not what[1].endswith(_NOT_MODELS) and not any((folder / part).glob("*.safetensors")):
                pickled = any((folder / part).glob("*.bin")) or any((folder / part).glob("*.ckpt"))
                why = "only as a pickle, which can run code: save it as safetensors" if pickled else "nowhere"
                return f"has the weights of its {part} {why}"
        native_side(folder)
        _scheduler(folder)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return "has a damaged model_index.json, config.json or scheduler_config.json"
    return None


def _read(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _weight_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*/*.safetensors") if file.parent.name not in _UNUSED)


def _digest(folder: Path) -> str:
    """16 hexadecimal digits that tell models apart: settings wholly, weights by size, first and last megabyte."""
    found = hashlib.sha256()
    settings = [file for file in folder.glob("*/*") if file.suffix in (".json", ".txt")]
    for file in sorted([folder / "model_index.json", *settings, *_weight_files(folder)]):
        size = file.stat().st_size
        found.update(f"{file.relative_to(folder).as_posix()} {size}\n".encode())
        with file.open("rb") as stream:
            found.update(stream.read(1 << 20))
            if size > 1 << 20:
                stream.seek(max(1 << 20, size - (1 << 20)))
                found.update(stream.read())
    return found.hexdigest()[:16]


def _ways_out(model: Model, what: str) -> str:
    return (
        f"The diffusion model {model.id} ({model.size_bytes / 1e9:.1f} GB) {what}: choose an instant backdrop, "
        f"run `python main.py models pull {model.id}` where there is a network, or name a local diffusers folder with "
        "--model."
    )


def files(model: Model) -> list[str]:
    """Patterns of exactly the files that are downloaded."""
    suffix = f".{model.variant}.safetensors" if model.variant else ".safetensors"
    parts = ("unet", "vae", "text_encoder", *(("text_encoder_2",) if "xl" in model.id else ()))
    names = {"unet": "diffusion_pytorch_model", "vae": "diffusion_pytorch_model"}
    kept = [f"{part}/{name}" for part in parts for name in ("config.json", names.get(part, "model") + suffix)]
    return ["model_index.json", "scheduler/scheduler_config.json", "tokenizer*/*.json", "tokenizer*/*.txt", *kept]


def fetch(id: str, on_bytes: Callable[[int, int], None] | None = None) -> Path:
    """Bring a model here from the hub; take up a broken-off download where it stopped.

    Args:
        id: of ``MODELS``.
        on_bytes: called about twice a second with (bytes so far, bytes in all).

    Raises:
        MissingWeights: it cannot be had; the message names the ways out.
    """
    import filelock

    model = entry(id)
    target = weights.data_folder() / "diffusers" / id
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MissingWeights(f"{target.parent} cannot be written: {error.strerror}; set BACKDROP_DATA.") from error
    with filelock.FileLock(target.with_name(f"{id}.lock")):  # whoever comes second finds it there
        return where(id) or _fetch(model, target, on_bytes)


def _fetch(model: Model, target: Path, on_bytes: Callable[[int, int], None] | None) -> Path:
    part = target.with_name(f"{id}.part")
    from huggingface_hub import snapshot_download, utils
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # whichever HTTP library it uses

    utils.disable_progress_bars()  # type: ignore[attr-defined]
    try:
        part.mkdir(parents=True, exist_ok=True)
        with _Watch(part, model.size_bytes, on_bytes):
            snapshot_download(
                model.repo, revision=model.revision, local_dir=part, allow_patterns=files(model), max_workers=4
            )
        problem = _problem(part)
        if problem:
            raise MissingWeights(_ways_out(model, f"was downloaded, but the hub's copy {problem}"))
        (part / _REVISION).write_text(_commit(part) or model.revision, encoding="utf-8")
        if target.exists():  # what lies there cannot be used, or it would have been found
            shutil.rmtree(target)
        os.replace(part, target)
    except (OSError, HTTPError, ValueError) as error:
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise MissingWeights(_ways_out(model, f"is not on this machine and could not be fetched ({reason})")) from error
    return target


def _commit(folder: Path) -> str | None:
    """The commit that was downloaded, from what the hub's client notes beside each file."""
    note = folder / ".cache" / "huggingface" / "download" / "model_index.json.metadata"
    lines = note.read_text(encoding="utf-8").splitlines() if note.is_file() else []
    return lines[0] if lines else None


class _Watch:
    """Tells how much of a folder has arrived, from the files themselves: it counts what an earlier try left, too."""

    def __init__(self, folder: Path, total: int, on_bytes: Callable[[int, int], None] | None) -> None:
        self._folder, self._total, self._on_bytes = folder, total, on_bytes
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        if self._on_bytes:
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self._on_bytes:
            self._thread.join()

    def _look(self) -> None:
        assert self._on_bytes
        while not self._done.wait(0.5):
            arrived = 0
            for file in self._folder.rglob("*"):
                try:
                    arrived += file.stat().st_size if file.is_file() else 0
                except OSError:
                    continue  # renamed meanwhile
            self._on_bytes(min(arrived, self._total), self._total)
