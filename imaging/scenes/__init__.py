"""Rendered scenes: instant backdrops drawn by numpy and OpenCV alone, at any size, from a seed and named colours.

    draw(name, values, size, stand, seed)  -> (H, W, 3) uint8, sRGB
    caption(name, values)                  -> what it shows, exactly
    light(name, values, seed)              -> its key light
    has_ground(name, values)               -> whether a subject stands on something
    ground(name, values, stand)            -> what it stands on

``SCENES`` is the table of all; a new scene is a painter, a class of options, a caption and a line in its family's file.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from threading import Lock
from typing import Any, Literal, get_args, get_origin

import cv2
import numpy as np
from annotated_types import Ge, Le
from cachetools import LRUCache, cached
from pydantic import ValidationError
from pydantic.fields import FieldInfo

import recipe
from errors import BadInput
from imaging.cast_shadow import Ground, KeyLight
from imaging.geometry import Size
from imaging.scenes import (
    autumn,
    baths,
    cafes,
    crops,
    festives,
    flatlays,
    heights,
    indoors,
    kitchens,
    land,
    lights,
    lounges,
    meadow,
    mountains,
    neons,
    offices,
    sea,
    street,
    studio,
    walls,
    waters,
    woods,
)
from imaging.scenes.base import Grainy, Light, Picture, Scene, Stage, Stand
from imaging.scenes.tools import to_bytes

__all__ = [
    "SCENES",
    "Light",
    "Scene",
    "Stand",
    "caption",
    "described",
    "draw",
    "gallery",
    "ground",
    "has_ground",
    "key_light",
    "light",
    "options_of",
]

FAMILIES = (
    *(studio, lights, indoors, kitchens, lounges, cafes, offices, baths, walls, flatlays, neons, festives),
    *(sea, land, mountains, woods, meadow, autumn, heights, crops, waters, street),
)
SCENES: dict[str, Scene] = {scene.name: scene for family in FAMILIES for scene in family.SCENES}
"""Every scene by the name that recipes and the command line use, in the order in which people see them."""

PREVIEW = 1000  # longer side in pixels up to which the last pictures are kept, some 10 MB each
LEAST = 480  # longer side in pixels at which a scene is painted at least; a thumbnail is a scene made smaller


def options_of(name: str, values: Mapping[str, Any]) -> tuple[Scene, Grainy]:
    """The scene of that name and its options, validated; raise :class:`BadInput` where either does not exist."""
    scene = SCENES.get(name)
    if scene is None:
        raise BadInput(f"There is no scene {name!r}; choose one of {', '.join(SCENES)}.")
    odd = next((key for key in values if key not in scene.Options.model_fields), None)
    if odd is not None:
        raise BadInput(f"The scene {name} has no option {odd!r}; it has {', '.join(scene.Options.model_fields)}.")
    try:
        return scene, scene.Options.model_validate(dict(values))
    except ValidationError as error:
        raise BadInput(f"The options of scene {name} do not fit: {recipe.explain(error)}.") from error


def caption(name: str, values: Mapping[str, Any]) -> str:
    """What the scene shows, as a sentence fragment in lower case: ``a snow field with hills at dusk``."""
    scene, options = options_of(name, values)
    return scene.caption(options)


def light(name: str, values: Mapping[str, Any], seed: int) -> Light:
    """The scene's key light, as its painter draws it with that seed."""
    scene, options = options_of(name, values)
    return scene.light(options, seed)


def key_light(name: str, values: Mapping[str, Any], seed: int) -> KeyLight:
    """What of :func:`light` a cast shadow takes."""
    key = light(name, values, seed)
    return KeyLight(key.azimuth, key.elevation, key.softness, key.strength)


def has_ground(name: str, values: Mapping[str, Any]) -> bool:
    """Does the scene have ground on which a subject stands, so that it casts a shadow there?"""
    scene, options = options_of(name, values)
    return scene.ground(options)


def ground(name: str, values: Mapping[str, Any], stand: Stand) -> Ground | None:
    """What a subject that stands there stands on; ``None`` where the scene has no ground."""
    scene, options = options_of(name, values)
    if not scene.ground(options):
        return None
    ends = Stage(Size(1, 1), stand, 0).behind(*scene.ends) if scene.ends else 0.0
    return Ground(ends, scene.gloss(options))


def draw(name: str, values: Mapping[str, Any], size: Size, stand: Stand, seed: int) -> Any:
    """Draw a scene.

    Args:
        name: of the scene.
        values: of its options; those left out have their defaults.
        size: of the picture.
        stand: where the subject will stand, so that horizons and edges lie behind it.
        seed: the same seed draws the same picture, at every size.

    Returns:
        ``(H, W, 3)`` uint8, sRGB.
    """
    scene, options = options_of(name, values)
    at = _painted(size, scene.side)
    paint = _kept_painting if max(size) <= PREVIEW else _painting
    picture = paint(name, options.model_dump_json(exclude={"grain"}), at, stand, seed)
    return to_bytes(picture, size, options.grain, seed)


def _painting(name: str, options: str, size: Size, stand: Stand, seed: int) -> Picture:
    """A scene's light, before its grain; ``options`` as JSON."""
    scene = SCENES[name]
    return scene.paint(Stage(size, stand, seed), scene.Options.model_validate_json(options))


_kept_painting = cached(LRUCache[Hashable, Picture](4), lock=Lock())(_painting)
"""The same from memory: whoever tries shadows and light looks at one painting again and again."""


def _painted(size: Size, side: int) -> Size:
    """The size at which to paint: within ``LEAST`` and ``side``, and no ribbon."""
    factor = min(max(LEAST, max(size)), side) / max(size)
    return Size(*(max(LEAST // 6, round(length * factor)) for length in size))


def described(scene: Scene) -> list[dict[str, Any]]:
    """A scene's options as plain JSON: name, what it takes, default, help."""
    rows = []
    for name, field in scene.Options.model_fields.items():
        rows.append({"name": name, "values": _takes(field), "default": field.default, "help": field.description})
    return rows


def _takes(field: FieldInfo) -> str:
    """What may be given for an option, as people write it."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        return "|".join(map(str, get_args(kind)))
    if kind is bool:
        return "yes|no"
    limits = {type(limit): limit for limit in field.metadata}
    if Ge in limits and Le in limits:
        return f"{limits[Ge].ge:g}..{limits[Le].le:g}"
    return "NAME|#rrggbb"


TILE, GAP, COLUMNS = (360, 270), 8, 4  # of the contact sheet, in pixels


def gallery(seed: int = 0) -> Any:
    """A contact sheet of every scene with its title, ``(H, W, 3)`` uint8 sRGB."""
    width, height = TILE
    line = 34
    rows = -(-len(SCENES) // COLUMNS)
    sheet = np.full((rows * (height + line + GAP) + GAP, COLUMNS * (width + GAP) + GAP, 3), 255, np.uint8)
    for at, scene in enumerate(SCENES.values()):
        top = GAP + at // COLUMNS * (height + line + GAP)
        left = GAP + at % COLUMNS * (width + GAP)
        sheet[top : top + height, left : left + width] = draw(scene.name, {}, Size(*TILE), Stand(), seed)
        text = f"{scene.name}: {scene.title}" if scene.name != scene.title.lower() else scene.name
        where = left + 2, top + height + 23
        cv2.putText(sheet, text, where, cv2.FONT_HERSHEY_SIMPLEX, 0.62, (50, 50, 50), 1, cv2.LINE_AA)
    return sheet
