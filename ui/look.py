"""How the subject looks in its place: its shadow, and the rest folded away."""

from __future__ import annotations

import math

import fields
from imaging.cast_shadow import FORESHORTENING
from recipe import Look
from ui import binding, controls, state


def panel() -> None:
    """The shadow's control, and all others under one heading."""
    controls.draw(binding.field("shadow"))
    state.expander("Light and shadow", "look.open", ":material/wb_sunny:", _settings)


def _settings() -> None:
    for each in fields.settings(Look):
        controls.draw(binding.field(f"look.{each.name}"))


AT_THE_FOOT = 0.08  # of the subject's height: a tip as near to its foot leaves the shadow to the place's light
LONGEST = 4.0  # heights of the subject: as long as the recipe takes


def casts() -> bool:
    """Whether the draft asks for a shadow that falls along a light."""
    return state.draft().shadow in ("auto", "cast")


def tip() -> tuple[float, float]:
    """The tip of the draft's shadow from the subject's foot, right and down in its heights; (0, 0): as the light is."""
    look = state.draft().look
    if look.shadow_direction is None or look.shadow_length is None:
        return 0.0, 0.0
    turn, length = math.radians(look.shadow_direction), look.shadow_length / 100
    return -math.sin(turn) * length, -math.cos(turn) * length * FORESHORTENING


def cast_to(across: float, down: float) -> None:
    """Let the shadow's tip fall there; back at the foot, it falls as the place's light makes it. For a callback."""
    draft, away = state.draft(), -down / FORESHORTENING
    if math.hypot(across, down) < AT_THE_FOOT:
        draft = draft.put("look.shadow_direction", None).put("look.shadow_length", None)
    else:
        length = min(math.hypot(across, away), LONGEST)
        draft = draft.put("look.shadow_direction", float(round(math.degrees(math.atan2(-across, away)))))
        draft = draft.put("look.shadow_length", float(round(100 * length))).put("shadow", "cast")
    state.edit(draft, "Drag the shadow")
