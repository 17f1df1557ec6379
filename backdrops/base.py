"""What every kind of backdrop does: given the subject, it yields background images, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

import fields
from errors import BadInput
from imaging.cast_shadow import Ground, KeyLight
from imaging.photo import Array
from imaging.subject import Subject
from recipe import Backdrop, Task, task_of

ReadInput = Callable[[str], bytes]
"""The bytes of an input by digest; raises :class:`BadInput` where they are missing."""


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a run has come.

    Attributes:
        stage: what is happening, for people: "Generating the background".
        step: steps done of ``steps``; 0 of 0 where a stage has none.
        picture: which picture of ``pictures`` is being made, from 1.
        preview: a small RGB picture of the work so far, where there is one.
    """

    stage: str
    step: int = 0
    steps: int = 0
    picture: int = 1
    pictures: int = 1
    preview: Image.Image | None = None


OnProgress = Callable[[Progress], None]
"""Called before every step that takes time; may raise :class:`Cancelled` to stop there."""


@dataclass(frozen=True, eq=False)
class Background:
    """One background image.

    Attributes:
        pixels: ``(H, W, 3)`` at the photo's size, in its type and colour space; without a photo, uint8 sRGB; ``None``
            where there is no background, so that the result is a cut-out.
        notes: sentences a person should read.
        inputs: bytes of the inputs that went into it, by digest.
        models: the models that made it with their revisions.
        facts: what else the report says of it; JSON values only.
        light: its key light; ``None`` where that is not known, so that the subject's own shading says.
        ground: what the subject stands on; ``None`` where it stands on nothing.
        plain: whether it is smooth colour, which stays clean unless grain is asked for.
    """

    pixels: Array | None
    notes: tuple[str, ...] = ()
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    light: KeyLight | None = None
    ground: Ground | None = None
    plain: bool = False


class BackdropKind(Backdrop):
    """Base of every kind. A kind that draws one image overrides :meth:`draw`, others :meth:`images`."""

    def inputs(self) -> Iterator[tuple[str, str]]:
        """What it reads by digest: (what it is, its digest)."""
        for setting in fields.settings(type(self)):
            if setting.kind == "file":
                yield setting.control.input, getattr(self, setting.name)

    def require(self, task: Task) -> None:
        """Check that what it needs is here, before any work is done.

        Raises:
            BadInput: it cannot be used for this task.
            MissingWeights: its model is not on this machine.
        """
        if not (task_of(task).has_subject or self.creates):
            raise BadInput(f"A backdrop of kind {self.kind} makes no whole picture; take a prompt and a model.")

    def images(self, subject: Subject, read: ReadInput, seed: int, report_progress: OnProgress) -> Iterator[Background]:
        """The background images for a subject, as many as :attr:`pictures`.

        Args:
            subject: the photo and what of it is kept; it says where the subject stands.
            read: gives the bytes of the inputs named by digest.
            seed: of the first image; image i uses seed + i.
            report_progress: called before every step that takes time.
        """
        report_progress(Progress("Drawing the background"))
        yield self.draw(subject, read, seed)

    def draw(self, subject: Subject, read: ReadInput, seed: int) -> Background:
        """The one background image of a kind that is drawn. Arguments as those of :meth:`images`."""
        raise NotImplementedError

    def whole_images(self, seed: int, report_progress: OnProgress) -> Iterator[Background]:
        """Whole pictures without a photo, for kinds that are whole pictures too (``creates``)."""
        raise NotImplementedError


def kind_of(backdrop: Backdrop) -> BackdropKind:
    """A recipe's backdrop as what it is; a recipe carries no other."""
    assert isinstance(backdrop, BackdropKind)
    return backdrop
