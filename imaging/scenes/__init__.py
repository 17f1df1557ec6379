"""Rendered scenes: instant backdrops drawn by numpy and OpenCV alone, at any size, from a seed and named colours.

    draw(name, values, size, stand, seed)  -> (H, W, 3) uint8, sRGB
    caption(name, values)                  -> what it shows, exactly

``SCENES`` is the table of all; a new scene is a painter, a class of options, a caption and a line in its family's file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

import recipe
from errors import BadInput
from imaging.geometry import Size
from imaging.scenes import indoors, land, lights, studio
from imaging.scenes.base import Grainy, Scene, Stage, Stand
from imaging.scenes.tools import to_bytes

__all__ = ["SCENES", "Scene", "Stand", "caption", "draw", "options_of"]

SCENES: dict[str, Scene] = {scene.name: scene for family in (studio, lights, indoors, land) for scene in family.SCENES}
"""Every scene by the name that recipes and the command line use, in the order in which people see them."""

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
    picture = scene.paint(Stage(_painted(size, scene.side), stand, seed), options)
    return to_bytes(picture, size, options.grain, seed)


def _painted(size: Size, side: int) -> Size:
    """The size at which to paint: within ``LEAST`` and ``side``, and no ribbon."""
    factor = min(max(LEAST, max(size)), side) / max(size)
    return Size(*(max(LEAST // 6, round(length * factor)) for length in size))
