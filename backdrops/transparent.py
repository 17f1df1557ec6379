"""No background."""

from __future__ import annotations

from typing import ClassVar, Literal

from backdrops.base import BackdropKind, Background, ReadInput
from imaging.subject import Subject


class TransparentBackdrop(BackdropKind):
    """No background: a cut-out with soft edges."""

    title: ClassVar = "Transparent"
    help: ClassVar = "No background: a cut-out with soft edges."
    icon: ClassVar = "background_grid_small"
    order: ClassVar = 70
    example: ClassVar = "transparent"

    kind: Literal["transparent"] = "transparent"

    def draw(self, subject: Subject, read: ReadInput, seed: int) -> Background:
        return Background(None)
