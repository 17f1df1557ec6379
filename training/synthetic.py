"""Scenes rendered by our own code, with captions that are exact: what the photographs have too little of."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le

from imaging import scenes
from imaging.geometry import Size
from imaging.scenes.base import Grainy, Stand
from imaging.scenes.colours import NAMED

SIZES = (Size(288, 288), Size(360, 240), Size(360, 240), Size(240, 360), Size(408, 204))
SHARES = {
    "paper": 3.0,
    "wall": 2.0,
    "cloth": 1.5,
    "bokeh": 2.0,
    "city": 2.0,
    "window": 1.5,
    "table": 1.5,
    "podium": 1.5,
}
"""How often a scene is drawn, 1 where it is not named: studio sets and lights are what the photographs lack."""
LABELS = {
    "paper": "studio",
    "wall": "studio",
    "cloth": "studio",
    "podium": "studio",
    "bokeh": "bokeh",
    "city": "city_night",
    "table": "interior",
    "window": "interior",
    "sky": "sky",
    "sea": "ocean",
    "dunes": "desert",
    "fog": "forest",
    "snow": "snow",
    "mountains": "mountain",
}


@dataclass(frozen=True)
class Plan:
    """A scene to be drawn: its name, its options as they are written, size, where a subject would stand, seed."""

    name: str
    values: dict[str, Any]
    size: Size
    stand: Stand
    seed: int


def plans(count: int, seed: int) -> list[Plan]:
    """``count`` scenes with random options; the same seed gives the same."""
    chance = random.Random(f"plans {seed}")
    names = list(scenes.SCENES)
    weights = [SHARES.get(name, 1.0) for name in names]
    return [_plan(chance, chance.choices(names, weights)[0], seed) for _ in range(count)]


def _plan(chance: random.Random, name: str, seed: int) -> Plan:
    left = chance.uniform(0.1, 0.45)
    stand = Stand(left, left + chance.uniform(0.2, 0.5), chance.uniform(0.7, 0.95))
    values = _values(chance, scenes.SCENES[name].Options)
    return Plan(name, values, chance.choice(SIZES), stand, chance.randrange(1 << 31))


def _values(chance: random.Random, options: type[Grainy]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, field in options.model_fields.items():
        kind = field.annotation
        limits = {type(limit): limit for limit in field.metadata}
        if get_origin(kind) is Literal:
            values[name] = chance.choice(get_args(kind))
        elif kind is bool:
            values[name] = chance.random() < 0.5
        elif kind is int:
            values[name] = chance.randint(int(limits[Ge].ge), int(limits[Le].le))
        elif kind is float:
            values[name] = round(chance.uniform(float(limits[Ge].ge), float(limits[Le].le)), 2)
        elif chance.random() < 0.8:  # a colour; else the scene's own, which suits it
            values[name] = chance.choice(list(NAMED))
    values["grain"] = round(chance.uniform(0, 0.3), 2)
    return values


def draw(plan: Plan) -> Any:
    """The scene, ``(H, W, 3)`` uint8 sRGB."""
    return scenes.draw(plan.name, plan.values, plan.size, plan.stand, plan.seed)


def facts(plan: Plan) -> dict[str, Any]:
    """What the pack's index says of it."""
    return {
        "caption": scenes.caption(plan.name, plan.values),
        "label": LABELS[plan.name],
        "source": "rendered by imaging/scenes",
        "licence": "CC0-1.0",
        "licence_group": "rendered",
    }
