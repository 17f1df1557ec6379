"""The default: the best answer that what is at hand can give."""

from __future__ import annotations

from typing import ClassVar

from imaging.photo import Photo
from masks.base import Context, NoOptions, Selection

TRANSPARENT_SHARE = 0.01  # of the pixels: fewer transparent ones are a rounded corner, not a cut-out


class Auto:
    """The photo's own transparency where it is a cut-out, else the most salient object."""

    name: ClassVar = "auto"
    title: ClassVar = "Automatic"
    help: ClassVar = "Finds the main subject; a cut-out's own transparency is used as it is."
    Options: ClassVar = NoOptions

    def find(self, photo: Photo, options: NoOptions, context: Context) -> Selection:
        if photo.alpha is not None and float((photo.alpha < 128).mean()) > TRANSPARENT_SHARE:
            return context.ask("alpha")
        return context.ask("rembg")
