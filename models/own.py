"""Diffusion models from a folder of somebody's own: for this process only, and never offered to the web."""

from __future__ import annotations

from pathlib import Path

from errors import BadInput
from models import layouts
from models.entry import Denoiser
from models.table import INPAINT_DEFAULTS, TEXT_DEFAULTS

folders: dict[str, tuple[Denoiser, Path]] = {}
"""The models and their folders by id; see :func:`add_folder`."""


def add_folder(path: Path) -> str:
    """Make a diffusers folder of one's own usable in this process, and return the id that recipes give it.

    The id is made from the folder's content, so a recipe names no path and means the same model on every machine.

    Raises:
        BadInput: not a folder that can be used; the message says why.
    """
    folder = path.expanduser().resolve()
    if not folder.is_dir():
        raise BadInput(f"There is no model and no folder {str(path)!r}; `python main.py models` lists the models.")
    problem = layouts.problem(folder, "diffusers")
    if problem:
        raise BadInput(f"The folder {path} {problem}.")
    task = layouts.PIPELINES[layouts.pipeline(folder)]
    channels = layouts.read_json(folder / "unet" / "config.json").get("in_channels")
    if channels != (9 if task == "background" else 4):
        raise BadInput(f"The folder {path} holds a model with {channels} input channels, which is not supported.")
    size = sum(file.stat().st_size for file in layouts.weight_files(folder))
    side = layouts.native_side(folder)
    id = f"folder:{layouts.digest(folder)}"
    model = Denoiser(
        id=id,
        title=folder.name,
        help="a folder of your own",
        licence="see the folder",
        variant=layouts.variant(folder),
        native_side=side,
        family=layouts.family(folder),
        memory_gb=round(size / 1e9 + 2 * (side / 512) ** 2, 1),
        tasks=frozenset({task}),
        defaults=(INPAINT_DEFAULTS if task == "background" else TEXT_DEFAULTS) | {"scheduler": _scheduler(folder)},
    )
    folders[id] = model, folder
    return id


def _scheduler(folder: Path) -> str:
    """The sampling method that suits a folder's model: its own where it begins from pure noise, else the usual one.

    Karras' steps are too few at the noisy end for a model trained with zero terminal signal-to-noise ratio: at 12 steps
    they gave another picture than at 25.
    """
    return "own" if layouts.starts_from_noise(folder) else str(TEXT_DEFAULTS["scheduler"])
