"""What an edit is: a frozen, validated, serialisable value that every front end speaks.

    Recipe      one edit, complete and settled
    Draft       one that may still lack its photo or prompt; what the page edits

A recipe names its inputs by content digest, never by path, so that it means the same on every machine. It knows nothing
of the mask sources: it carries a source's name and option values, and the source's own table validates them
(:mod:`masks`).
"""

from recipe.backdrop import Backdrop, kind_of, kinds
from recipe.draft import Draft
from recipe.edit import Recipe
from recipe.look import NEW_LOOK, NEW_SHADOW, Look
from recipe.mask import Layer, MaskRecipe, Source
from recipe.placement import PRESETS, RATIOS, Placement, Preset
from recipe.task import Task, TaskKind, task_of, tasks
from recipe.values import (
    MAX_PICTURES,
    MAX_PROMPT,
    MAX_RECIPE_BYTES,
    MAX_SEED,
    Colour,
    Digest,
    Length,
    Name,
    OptionValues,
    Part,
    Side,
    explain,
    freeze,
)

__all__ = [
    "MAX_PICTURES",
    "MAX_PROMPT",
    "MAX_RECIPE_BYTES",
    "MAX_SEED",
    "NEW_LOOK",
    "NEW_SHADOW",
    "PRESETS",
    "RATIOS",
    "Backdrop",
    "Colour",
    "Digest",
    "Draft",
    "Layer",
    "Length",
    "Look",
    "MaskRecipe",
    "Name",
    "OptionValues",
    "Part",
    "Placement",
    "Preset",
    "Recipe",
    "Side",
    "Source",
    "Task",
    "TaskKind",
    "explain",
    "freeze",
    "kind_of",
    "kinds",
    "task_of",
    "tasks",
]
