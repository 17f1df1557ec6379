"""Sentences that draw well, for people who look for a beginning: all of their words are shown."""

from __future__ import annotations

from collections.abc import Mapping

PRESETS: Mapping[str, str] = {
    "Oak table": "on an oak table by a window, soft daylight",
    "Marble": "on a white marble table",
    "Kitchen": "in a bright kitchen",
    "Flat lay": "flat lay on marble from above",
    "Forest": "on a mossy forest floor, sun rays",
    "Meadow": "in a meadow with flowers",
    "Autumn": "on autumn leaves in a park",
    "Café": "in a cosy café in the evening",
    "Neon": "in pink and blue neon light",
    "Beach at sunset": "on a beach at sunset, calm sea",
    "City at night": "on a wet street at night, city lights behind",
    "Studio": "in a photo studio with seamless beige paper",
    "Podium": "on a round pastel pink podium",
    "Mountains": "high in the mountains on a clear day",
    "Snow": "in the snow at dusk",
    "Desert": "on desert sand dunes in evening light",
    "Bokeh": "in front of golden bokeh lights",
}
"""By the title that a page shows."""
