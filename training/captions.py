"""What is said of a picture: its caption, reworded, with attributes added or dropped and changes to the view told."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LABEL_PHRASES = {
    "city_night": ("a city at night", "city lights at night"),
    "mountain_lake": ("a mountain lake",),
    "night_sky": ("a night sky", "a starry night sky", "stars"),
    "living_room": ("a living room",),
    "city": ("a city street", "a city", "city buildings"),
    "street": ("a city street", "a street"),
    "bokeh": ("bokeh", "blurred lights", "a background out of focus"),
    "studio": ("a studio backdrop", "a studio sweep", "a plain studio background"),
    "ocean": ("the ocean", "the sea"),
    "snow": ("snow", "a snowy landscape"),
    "sunset": ("a sunset", "sunset"),
    "sky": ("the sky",),
    "rain": ("rain",),
    "hills": ("green hills", "hills"),
    "autumn": ("autumn", "an autumn landscape"),
    "rocks": ("rocks",),
    "plants": ("plants",),
    "sports": ("a sports hall",),
    "texture": ("a texture",),
    "office": ("an office", "an office interior"),
    "interior": ("an interior", "a room"),
    "airport": ("an airport",),
    "auditorium": ("an auditorium",),
    "industrial": ("an industrial place",),
    "aerial": ("a view from above",),
    "space": ("space",),
    "water": ("water",),
    "underwater": ("under water",),
    "city_sunset": ("a city at sunset",),
}
"""Short prompts for a label, where "a LABEL" will not do."""

SYNONYMS = (
    ("ocean", "sea"),
    ("forest", "woods"),
    ("at sunset", "at sundown"),
    ("in the evening", "in evening light"),
    ("at dusk", "at twilight"),
    ("at night", "by night"),
    ("by day", "in daylight"),
    ("in the golden hour", "in golden light"),
    ("out of focus", "blurred"),
    ("path", "trail"),
    ("coast", "shore"),
    ("field", "meadow"),
    ("rocky", "craggy"),
    ("green", "lush"),
    ("snowy", "snow covered"),
    ("calm", "still"),
    ("tall", "high"),
    ("clear sky", "cloudless sky"),
    ("a city street", "a street in the city"),
    ("misty", "foggy"),
    ("home kitchen", "kitchen"),
    ("seamless paper studio sweep", "studio sweep"),
    ("grey", "gray"),
    ("river", "stream"),
    ("house", "home"),
)
"""Words for words, used either way."""

OPENINGS = ("", "", "", "", "", "a photo of ", "a photograph of ", "a picture of ")
LIGHTS = {"warm": ("warm light", "warm colours"), "cold": ("cool light", "cold colours")}
BRIGHTNESS = {
    "dark": ("in low light", "dark"),
    "very dark": ("very dark", "dark"),
    "bright": ("bright", "in bright light"),
    "very bright": ("very bright", "bright"),
}
BLURS = ("out of focus", "blurred", "with shallow depth of field", "soft background blur")


@dataclass(frozen=True)
class View:
    """What was done to a picture that changes what is true of it.

    Attributes:
        warmth: how far it was made warmer (positive) or cooler, as a share of the red channel.
        blur: standard deviation of the blur in pixels, 0 for none.
        grey: whether its colours were taken out.
        recoloured: whether its saturation was changed, so that the colours' names no longer hold.
    """

    warmth: float = 0.0
    blur: float = 0.0
    grey: bool = False
    recoloured: bool = False


TOLD_WARMTH = 0.08  # from here on a change of warmth is told
TOLD_BLUR = 2.0  # pixels, likewise


def short(label: str, chance: random.Random) -> str:
    """A short prompt for a label."""
    return chance.choice(LABEL_PHRASES.get(label, (f"a {label.replace('_', ' ')}",)))


def wording(facts: Mapping[str, Any], view: View, chance: random.Random, augment: float = 1.0) -> str:
    """One way to say what a view of a picture shows.

    Args:
        facts: of the pack's index: caption, label, and where known colours, temperature, brightness, blurred.
        view: what was done to it.
        chance: what chooses.
        augment: 0 gives the caption itself, 1 varies it as in training.
    """
    if chance.random() >= augment:
        return str(facts["caption"])
    named = facts.get("label")
    text = short(str(named), chance) if named and chance.random() < 0.2 else str(facts["caption"])
    text = _without_colours(text) if view.grey else _reworded(text, chance)
    told = _told(facts, view, chance)
    chance.shuffle(told)
    if told and chance.random() < 0.15:  # the attribute first
        return f"{told[0]}, {', '.join([text, *told[1:]])}"
    return ", ".join([chance.choice(OPENINGS) + text, *told])


def _told(facts: Mapping[str, Any], view: View, chance: random.Random) -> list[str]:
    """Attributes, each with its own chance; what the view changed is told more often than what was there anyway."""
    told = []
    if abs(view.warmth) >= TOLD_WARMTH and not view.grey:
        if chance.random() < 0.7:
            told.append(chance.choice(LIGHTS["warm" if view.warmth > 0 else "cold"]))
    elif not view.grey and facts.get("temperature") in LIGHTS and chance.random() < 0.25:
        told.append(chance.choice(LIGHTS[str(facts["temperature"])]))
    if view.grey:
        told.append("black and white")
    elif not view.recoloured and abs(view.warmth) < TOLD_WARMTH and facts.get("colours") and chance.random() < 0.2:
        told.append(" and ".join(facts["colours"][:2]) + " tones")
    if (view.blur >= TOLD_BLUR or facts.get("blurred")) and chance.random() < 0.85:
        told.append(chance.choice(BLURS))
    if facts.get("brightness") in BRIGHTNESS and chance.random() < 0.2:
        told.append(chance.choice(BRIGHTNESS[str(facts["brightness"])]))
    return told


def _reworded(text: str, chance: random.Random) -> str:
    """Each pair of synonyms has its chance, in whichever direction fits."""
    for one, other in SYNONYMS:
        if chance.random() < 0.25:
            for here, there in ((one, other), (other, one)):
                changed = re.sub(rf"\b{here}\b", there, text)
                if changed != text:
                    text = changed
                    break
    return text


COLOUR_WORDS = re.compile(
    r"\b(green|blue|red|orange|golden|yellow|pink|purple|brown|turquoise|teal|coral|cream|beige|lush|gold|navy)\b ?"
)


def _without_colours(text: str) -> str:
    return re.sub(r" +", " ", COLOUR_WORDS.sub("", text)).strip()


def every_wording(facts: Mapping[str, Any], seed: int, count: int = 12) -> list[str]:
    """Many wordings over many views, for the tokenizer to learn from."""
    chance = random.Random(f"every {seed}")
    views = (View(), View(warmth=0.1), View(warmth=-0.1), View(blur=4), View(grey=True))
    return [str(facts["caption"]), *(wording(facts, chance.choice(views), chance) for _ in range(count))]
