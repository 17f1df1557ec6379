"""What of the page's settings differs from a picture's: they were changed since, or the picture is an older one."""

from __future__ import annotations

from errors import StudioError
from recipe import Recipe
from ui import instant

_PARTS = {
    "mask": "the subject",
    "backdrop": "the background",
    "shadow": "the shadow",
    "look": "the light and colours",
    "placement": "the place and size",
}


def from_page(made: Recipe) -> list[str]:
    """The parts that differ, in words; none where the picture is not of the page's photo."""
    try:
        wanted = instant.recipe().for_image(0)
    except StudioError:  # something is missing yet: the panel asks for it
        return []
    if (wanted.photo, wanted.task) != (made.photo, made.task):
        return []
    return [words for part, words in _PARTS.items() if getattr(wanted, part) != getattr(made, part)]
