"""How the subject looks in its place: its shadow, and the rest folded away."""

from __future__ import annotations

import fields
from recipe import Look
from ui import binding, controls, state


def panel() -> None:
    """The shadow's control, and all others under one heading."""
    controls.draw(binding.field("shadow"))
    with state.expander("Light and shadow", "look.open", ":material/wb_sunny:"):
        for each in fields.settings(Look):
            controls.draw(binding.field(f"look.{each.name}"))
