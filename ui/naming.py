"""What pictures are called: by their place, or by their words."""

from __future__ import annotations

import re
from contextlib import suppress

from pydantic import ValidationError

from backdrops import ColourBackdrop, DescribedBackdrop, GeneratedBackdrop, GradientBackdrop, SceneBackdrop
from imaging.scenes import SCENES
from recipe import Recipe
from ui import swatches
from ui.markdown import plain

LONGEST = 42  # characters
_BEFORE_THE_PLACE = re.compile(r"^((in|on|at|by|before|under|near|beside|inside)\s+)?((an?|the)\s+)?", re.IGNORECASE)


def name(recipe: Recipe | None) -> str:
    """What a picture of that recipe is called, without Markdown; the recipe is ``None`` where it cannot be read."""
    if recipe is None:
        return "Unreadable"
    backdrop = recipe.backdrop
    words = backdrop.title
    if isinstance(backdrop, ColourBackdrop):
        words = swatches.name_of(swatches.COLOURS, (backdrop.colour,)) or words
    elif isinstance(backdrop, GradientBackdrop):
        words = swatches.name_of(swatches.GRADIENTS, backdrop.colours) or words
    if isinstance(backdrop, (DescribedBackdrop, GeneratedBackdrop)):
        words = backdrop.prompt
    elif isinstance(backdrop, SceneBackdrop) and backdrop.name in SCENES:
        with suppress(ValidationError):  # options of another Backdrop
            scene = SCENES[backdrop.name]
            words = scene.caption(scene.Options.model_validate(dict(backdrop.values)))
            words = words if len(words) <= LONGEST else words.partition(",")[0]
            words = words if len(words) <= LONGEST else scene.title
    words = _BEFORE_THE_PLACE.sub("", words)
    words = words if len(words) <= LONGEST else f"{words[: LONGEST - 2].rpartition(' ')[0].rstrip(',')} …"
    return words[:1].upper() + words[1:]


def markdown(recipe: Recipe | None) -> str:
    """The same for a control or a text that reads Markdown."""
    return plain(name(recipe))
