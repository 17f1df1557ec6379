"""A wall of brick, stone or concrete with the floor before it."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from imaging.scenes import surfaces
from imaging.scenes.base import WALL_FOOT, Grainy, Light, Picture, Plane, Scene, Side, Stage, Tint, from_side
from imaging.scenes.colours import name_of
from imaging.scenes.materials import tiled
from imaging.scenes.tools import blurred, bump, full, grid, mix, noise, smooth, softened, tint


class BrickOptions(Grainy):
    material: Literal["brick", "painted", "stone", "concrete"] = Field("brick", description="Of the wall.")
    colour: Tint = Field("#f1f0ec", description="Of painted brick.")
    floor: Literal["concrete", "oak", "walnut", "slate", "white"] = Field("concrete", description="Of the floor.")
    worn: float = Field(0.5, ge=0, le=1, description="How uneven and weathered the wall is.")
    light: Side = Field("left", description="Where the light comes from.")
    blur: float = Field(0.3, ge=0, le=1, description="How far out of focus the wall is.")


def paint_brick(stage: Stage, options: BrickOptions) -> Picture:
    """The wall, lit from the side so that its relief shows, stands a step behind the subject."""
    edge = stage.behind(*WALL_FOOT)
    side = 1.0 if options.light == "right" else -1.0
    wall = surfaces.enlarged_smoothly(_wall(stage.smaller(1400), options, edge, side), stage)
    level = surfaces.level(stage, edge)
    drawn = surfaces.top(stage, options.floor, tint("#e9e7e2"), level)
    return surfaces.before(stage, wall, edge, drawn, level, 0.74, side, soft=0.004)


def _wall(stage: Stage, options: BrickOptions, edge: float, side: float) -> Picture:
    x, y = grid(stage)
    surface = {"brick": _brick, "painted": _brick, "stone": _stone, "concrete": _concrete}[options.material]
    own, height = surface(stage, options, x - stage.centre, y - edge)
    across, down = np.gradient(height)[1], np.gradient(height)[0]  # relief: slopes towards the light are brighter
    relief = np.clip((side * across * 0.9 - down * 0.55) / stage.pixel, -1.1, 1.1)
    cast = softened(height, 0.004 / stage.pixel) - height  # joints lie in the shadow of what surrounds them
    shade = 1 - 0.30 * np.clip(-relief, 0, 1) + 0.32 * np.clip(relief, 0, 1) - 0.5 * np.clip(cast * 90, 0, 0.5)
    away = -side * (x - stage.centre)
    fall = 1.06 - 0.62 * smooth(-0.75, 0.95, away) - 0.18 * smooth(edge - 0.35, edge - 1.0, y)
    pool = 0.20 * bump(away + 0.25, 0.5) * bump(y - edge + 0.45, 0.45)
    ground = 1 - 0.38 * np.exp(np.minimum(y - edge, 0) / 0.035)  # where wall and floor meet less light comes in
    warm = mix(tint("#dfe6f2"), tint("#fff4e6"), smooth(0.8, -0.6, away))
    lit = own * warm * (shade * (fall + pool) * ground * 0.92)[..., None]
    return blurred(lit.astype(np.float32), (0.0006 + 0.014 * options.blur**1.3) / stage.pixel)


def _brick(stage: Stage, options: BrickOptions, u: Plane, v: Plane) -> tuple[Picture, Plane]:
    """Running bond: every brick its own tone and depth, chipped edges, mortar that is rough and recessed."""
    wide, tall = 0.205, 0.068
    worn = options.worn
    ragged = noise(stage, "ragged", u * 30, v * 30, 3, 0.6)
    drift = noise(stage, "drift", u * 3, v * 3, 2)
    at_u, at_v = u + 0.0016 * ragged * (0.4 + worn), v + 0.0016 * ragged * (0.4 + worn) + 0.0022 * worn * drift
    joint, own, _ = tiled(stage, at_u, at_v, stage.pixel, wide, tall, 0.0105, 0.5)
    second = np.modf(own * 71.3)[0]
    rough = noise(stage, "rough", u * 26, v * 26, 5, 0.72)
    cloud = noise(stage, "cloud", u * 4 + own * 9, v * 4, 3)
    if options.material == "painted":
        tone = np.exp(0.035 * (second - 0.5) + 0.016 * rough + 0.025 * cloud)
        bare = smooth(2.9 - 1.3 * worn, 3.3 - 1.3 * worn, rough + 0.7 * cloud + 0.6 * second) * (worn > 0.05)
        paint = tint(options.colour)
        brick = mix(full(stage, paint) * tone[..., None], tint("#a8664a"), bare * 0.8)
        colour = mix(brick, paint * np.float32(0.86), joint * 0.5)
    else:
        fired = mix(mix(tint("#96503c"), tint("#b0765c"), own), tint("#63382f"), smooth(0.72, 0.98, second))
        tone = np.exp((0.30 * (second - 0.5) + 0.11 * rough + 0.09 * cloud) * (0.55 + 0.9 * worn))
        lime = 0.30 * worn * smooth(0.6, 2.2, cloud + 0.5 * rough)  # a bloom of lime
        brick = mix(fired * tone[..., None], tint("#d8cbbb"), lime)
        gravel = noise(stage, "mortar", u * 60, v * 60, 2, 0.7)
        mortar = tint("#b5aa9b") * np.exp(0.10 * gravel + 0.05 * cloud)[..., None]
        colour = mix(brick, mortar.astype(np.float32), joint)
    height = (1 - joint) * (0.0036 + 0.0022 * worn * (own - 0.5)) + (0.00032 + 0.0004 * worn) * rough
    return colour, height.astype(np.float32)


def _stone(stage: Stage, options: BrickOptions, u: Plane, v: Plane) -> tuple[Picture, Plane]:
    """Hewn blocks in courses of different heights."""
    worn = options.worn
    bend = noise(stage, "bend", u * 2.2, v * 2.2, 2)
    ragged = noise(stage, "ragged", u * 16, v * 16, 4, 0.6)
    course = v + 0.018 * np.sin(v * 21) + 0.004 * bend * worn + 0.0018 * ragged
    row = np.floor(course / 0.115)
    along = u + 0.0028 * ragged + 0.035 * np.sin(u * 9 + row * 2.4) + 0.004 * bend
    joint, own, _ = tiled(stage, along, course, stage.pixel, 0.245, 0.115, 0.011, 0.37)
    second = np.modf(own * 37.7)[0]
    rough = noise(stage, "rough", u * 12 + own * 5, v * 14, 6, 0.70)
    veins = noise(stage, "veins", u * 5 + own * 40, v * 11, 4, 0.6)
    warm = mix(tint("#a39a8c"), tint("#c4b295"), own)
    rock = mix(warm, tint("#7f7b76"), smooth(0.55, 1.0, second) * 0.8)
    tone = np.exp(0.12 * (second - 0.5) + (0.07 + 0.07 * worn) * rough + 0.07 * veins)
    moss = worn * 0.30 * smooth(1.1, 2.4, veins + 0.4 * rough)
    rock = mix(rock * tone[..., None], tint("#7c7a58"), moss)
    grit = noise(stage, "mortar", u * 50, v * 50, 2, 0.7)
    mortar = tint("#8f877b") * np.exp(0.10 * grit)[..., None]
    height = (1 - joint) * (0.006 + 0.003 * own) + (0.0009 + 0.0008 * worn) * rough
    return mix(rock, mortar.astype(np.float32), joint * 0.92), height.astype(np.float32)


def _concrete(stage: Stage, options: BrickOptions, u: Plane, v: Plane) -> tuple[Picture, Plane]:
    """Cast panels: clouds, stains that run down, small pores, seams, and holes of the ties."""
    worn = options.worn
    wide, tall = 0.86, 0.62
    joint, own, _ = tiled(stage, u + 0.31, v, stage.pixel, wide, tall, 0.0055)
    cloud = noise(stage, "cloud", u * 1.6 + own * 7, v * 1.6, 6, 0.58)
    runs = noise(stage, "runs", u * 9, v * 0.9, 4, 0.6)
    pores = noise(stage, "pores", u * 110, v * 110, 2, 0.6)
    hole = smooth(1.75, 2.1, pores) * (0.25 + 0.75 * worn)
    left, up = np.mod(u + 0.31, wide), np.mod(v, tall)
    ties = np.zeros_like(u)
    for at_u in (0.17, wide - 0.17):
        for at_v in (0.12, tall - 0.12):
            ties = np.maximum(ties, smooth(0.0125, 0.0095, np.hypot(left - at_u, up - at_v)))
    tone = (0.05 + 0.07 * worn) * cloud + 0.05 * worn * runs + 0.05 * (own - 0.5)
    colour = tint("#a9a7a3") * np.exp(tone - 0.35 * hole)[..., None]
    colour = mix(colour.astype(np.float32), tint("#54524f"), np.maximum(joint * 0.75, ties * 0.8))
    height = -0.0035 * np.maximum(joint, ties) - 0.0012 * hole + 0.00016 * cloud
    return colour, height.astype(np.float32)


WALLS = {"stone": "a stone wall", "concrete": "a concrete wall"}


def _caption(options: BrickOptions) -> str:
    wall = WALLS.get(options.material, "a red brick wall")
    if options.material == "painted":
        wall = f"a {name_of(options.colour)} painted brick wall"
    worn = ", weathered" if options.worn > 0.7 else ", even" if options.worn < 0.25 else ""
    focus = ", far out of focus" if options.blur > 0.7 else ""
    floor = f"{'an' if options.floor == 'oak' else 'a'} {options.floor} floor"
    return f"{wall} above {floor}{worn}, light from the {options.light}{focus}"


SCENES = (
    Scene(
        "brick",
        "Brick wall",
        "A wall of brick, painted brick, stone or concrete in light from the side, with the floor before it.",
        BrickOptions,
        paint_brick,
        _caption,
        lambda o, seed: Light(from_side(o.light, 75), 40, "#fff1dc", "#b9bfc9", 0.55, 0.5),
        lambda o: True,
        2000,
        ends=WALL_FOOT,
    ),
)
