"""A bathroom out of focus behind a shelf that may be wet: tiles, a mirror, towels, bottles, a basin."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from imaging.scenes import rooms, surfaces
from imaging.scenes.base import TABLE_END, Picture, Scene, Stage, Tint
from imaging.scenes.colours import name_of
from imaging.scenes.layers import Layer, aslant, falling, upright
from imaging.scenes.materials import tiled
from imaging.scenes.tools import bump, full, grid, mix, noise, smooth, tint


class BathOptions(rooms.Indoors):
    tiles: Literal["square", "metro", "hexagon", "plaster"] = Field("square", description="On the wall.")
    colour: Tint = Field("#b3c2ab", description="Of the tiles.")
    shelf: Literal["marble", "terrazzo", "oak", "slate", "white"] = Field(
        "marble", description="What the subject stands on."
    )
    drops: float = Field(0.3, ge=0, le=1, description="How many drops of water lie on the shelf.")


def paint_bath(stage: Stage, options: BathOptions) -> Picture:
    """The shelf before the bathroom, with drops of water around the subject."""
    edge = stage.behind(*TABLE_END)
    room = surfaces.enlarged_smoothly(_bath(stage.smaller(760), options, edge), stage)
    level = surfaces.level(stage, edge)
    own, gloss = surfaces.top(stage, options.shelf, tint("#efeeea"), level)
    brightness = rooms.HOURS[options.time].table
    drawn = own, gloss + 0.12 * options.drops
    side = rooms.side_of(options)
    wet = (lambda picture: surfaces.dewy(stage, picture, edge, options.drops, side)) if options.drops > 0 else None
    return surfaces.before(stage, room, edge, drawn, level, brightness, side, finish=wet)


def _bath(stage: Stage, options: BathOptions, edge: float) -> Picture:
    hour, side = rooms.HOURS[options.time], rooms.side_of(options)
    half = stage.aspect / 2
    radius = (0.010 + 0.028 * options.blur) * stage.size.height
    x, y = grid(stage)
    wall = Layer(stage)
    wall.paint[..., :3], wall.paint[..., 3] = _tiles(stage, options, edge, side), 1
    falls = rooms.falls(stage, options, edge)
    wide = min(0.26, half * 0.34)
    pane = side * (half - wide * 0.55)
    wall.lit(falls)
    rooms.window(wall, options, pane - wide, edge - 1.0, pane + wide, edge - 0.40, 2)
    mirror_x, mirror_y, reach = -side * half * 0.40, edge - 0.52, min(0.24, half * 0.5)
    halo = np.exp(-np.square(np.maximum(np.hypot(x - mirror_x, y - mirror_y) - reach, 0) / 0.10))
    wall.paint[..., :3] += tint("#ffd9a8", 0.20 + 0.35 * hour.lamps) * (halo * 0.6)[..., None] * tint(options.colour)
    wall.ball(mirror_x, mirror_y, reach + 0.012, reach + 0.012, tint("#c39a5c", 0.8), falling(1.2, 0.7))
    glass = mix(tint(options.colour), tint("#f3f6f8"), 0.62) * (0.55 if options.time == "evening" else 0.95)
    wall.ball(
        mirror_x, mirror_y, reach, reach, glass, lambda u, v: 0.78 + 0.35 * smooth(0.15, 0.95, u * 0.7 + (1 - v) * 0.4)
    )
    picture = wall.over(full(stage, tint("#000000")), radius)

    things = Layer(stage)
    _basin(things, edge, mirror_x, side)
    _shelf(things, options, edge, side, half)
    things.lit(falls)
    picture = things.over(picture, radius * 0.8)
    if options.time == "evening":
        picture = _lamps(stage, picture, mirror_x, mirror_y, reach, radius)
    return rooms.bloom(stage, options, picture, pane, edge - 0.7, 0.75, 0.22)


def _lamps(stage: Stage, picture: Picture, x: float, y: float, reach: float, radius: float) -> Picture:
    """A lamp to each side of the mirror, candles and glints."""
    lamps = Layer(stage)
    for place in (-1, 1):
        lamps.lamp(x + place * (reach + 0.10), y - 0.03, tint("#ffe0b4", 1.1), 1.3)
    rng = stage.rng("glints")
    for _ in range(16):
        at_x, at_y = rng.uniform(-0.5, 0.5) * stage.aspect, y + rng.uniform(-0.4, 0.45)
        lamps.lamp(at_x, at_y, tint("#ffd6a0", 0.12 * rng.lognormal(0, 0.6)), 0.8)
    return lamps.over(picture, radius)


def _tiles(stage: Stage, options: BathOptions, edge: float, side: float) -> Picture:
    """Glazed tiles, each its own tone and a little its own tilt, so that some catch the light."""
    x, y = grid(stage)
    colour = full(stage, tint(options.colour))
    if options.tiles == "plaster":
        return colour * np.exp(0.05 * noise(stage, "plaster", x * 3, y * 3, 6, 0.6))[..., None]
    if options.tiles == "hexagon":
        joint, own = _hexagons(stage, x, y - edge, 0.10)
        bevel = np.zeros_like(joint)
    else:
        wide, tall, running = (0.16, 0.08, 0.5) if options.tiles == "metro" else (0.10, 0.10, 0.0)
        joint, own, bevel = tiled(stage, x, y - edge, stage.pixel, wide, tall, 0.007, running)
    sheen = noise(stage, "sheen", x * 4 + own * 7, y * 4, 2, 0.5)
    glaze = 0.80 + 0.26 * own + 0.08 * bevel + 0.40 * np.clip(own - 0.82, 0, 1) * smooth(-0.5, 1.5, sheen) * 2
    return mix(colour * glaze[..., None], tint("#e8e4dc", 0.85), joint * 0.75)


def _hexagons(stage: Stage, x: np.ndarray, y: np.ndarray, wide: float) -> tuple[np.ndarray, np.ndarray]:
    """Six-sided tiles: the joint's share and a number of its own for each."""
    step = np.array([wide, wide * np.sqrt(3)], np.float32)
    best, own = np.full(x.shape, 9, np.float32), np.zeros(x.shape, np.float32)
    second = best.copy()
    table = stage.rng("tiles").uniform(0, 1, 4096).astype(np.float32)
    for offset in (0.0, 0.5):  # two shifted grids of centres; the nearest of both is the tile
        column, row = np.round(x / step[0] - offset), np.round(y / step[1] - offset)
        for dx in (-1, 0, 1):
            away = np.hypot(x - (column + dx + offset) * step[0], y - (row + offset) * step[1])
            nearer = away < best
            second = np.where(nearer, best, np.minimum(second, away))
            key = ((column + dx) * 131 + row * 977 + offset * 4001).astype(int) % 4096
            own = np.where(nearer, table[key], own)
            best = np.where(nearer, away, best)
    return smooth(0.007, 0.002, second - best).astype(np.float32), own


def _basin(layer: Layer, edge: float, x: float, side: float) -> None:
    """A round basin on a slab of wood, with a brass tap."""
    half = layer.stage.aspect / 2
    top = edge - 0.075
    layer.box(-half - 0.1, top, half + 0.1, top + 0.035, tint("#b98d60"), falling(1.2, 0.7))
    layer.box(-half - 0.1, top + 0.035, half + 0.1, edge + 0.1, tint("#6d5138"), falling(0.5, 0.9))
    brass = tint("#c9a05e", 1.1)
    layer.box(x - 0.010, top - 0.24, x + 0.010, top - 0.02, brass, upright(side), 0.008)
    layer.box(x - 0.010, top - 0.245, x + 0.085, top - 0.225, brass, falling(1.3, 0.8), 0.01)
    layer.box(x + 0.068, top - 0.24, x + 0.086, top - 0.19, brass, upright(side), 0.006)
    layer.ball(x, top - 0.105, 0.17, 0.022, tint("#dad7d0"), falling(0.6, 1.1))
    bowl = [
        (x - 0.17, top - 0.105),
        (x + 0.17, top - 0.105),
        (x + 0.135, top - 0.02),
        (x + 0.10, top),
        (x - 0.10, top),
        (x - 0.135, top - 0.02),
    ]
    layer.shape(bowl, tint("#f3f1ec"), aslant(0.92 - 0.18 * side, 0.92 + 0.18 * side))


def _shelf(layer: Layer, options: BathOptions, edge: float, side: float, half: float) -> None:
    """Bottles with pumps, rolled towels, a green twig in a vase."""
    top = edge - 0.075
    rng = layer.stage.rng("bottles")
    x = side * half * 0.18
    for _ in range(3):
        wide, tall = rng.uniform(0.055, 0.072), rng.uniform(0.10, 0.15)
        colour = tint(str(rng.choice(["#8a4b1f", "#6d3715", "#efe9de", "#2f3a36", "#d8c3a5"])))
        rooms.jar(layer, x, top, wide, tall, colour, side)
        layer.box(
            x - wide * 0.36, top - tall * 0.72, x + wide * 0.36, top - tall * 0.26, tint("#f2ede2"), upright(side)
        )
        layer.box(x - 0.009, top - tall - 0.035, x + 0.009, top - tall, tint("#1e1c1b"), upright(side))
        layer.box(x - 0.009, top - tall - 0.048, x + 0.036, top - tall - 0.033, tint("#1e1c1b"), upright(side), 0.005)
        x += side * (wide + 0.028)
    vase = side * half * 0.62
    layer.box(vase - 0.035, top - 0.12, vase + 0.035, top, tint("#e7dfd2"), upright(side), 0.025)
    for _ in range(7):
        angle, long = rng.uniform(-0.7, 0.7), rng.uniform(0.14, 0.30)
        for step in np.linspace(0.25, 1, 7):
            at_x = vase + np.sin(angle) * long * step
            at_y = top - 0.12 - np.cos(angle) * long * step
            leaf = mix(tint("#5f7d6a"), tint("#a9bfa0"), float(rng.uniform()))
            layer.ball(at_x + rng.uniform(-0.018, 0.018), at_y, 0.020, 0.016, leaf)
    towels = -side * half * 0.86
    for row, count in ((0, 3), (1, 2), (2, 1)):
        for index in range(count):
            x = towels + (index - (count - 1) / 2) * 0.112
            y = top - 0.052 - 0.092 * row
            tone = mix(tint("#f2ece1"), tint(options.colour), float(rng.choice([0.0, 0.25, 0.6])))
            layer.ball(x, y, 0.056, 0.052, tone, lambda u, v: 0.75 + 0.4 * bump(v - 0.2, 0.5))
            for ring in (0.62, 0.3):
                layer.ball(x, y, 0.056 * ring, 0.052 * ring, tone * 0.78)
                layer.ball(x, y, 0.056 * ring - 0.006, 0.052 * ring - 0.006, tone)


SCENES = (
    Scene(
        "bath",
        "Bathroom",
        "A shelf with drops of water before a bathroom out of focus: tiles, mirror, towels.",
        BathOptions,
        paint_bath,
        lambda o: (
            f"{'an' if o.shelf == 'oak' else 'a'} {o.shelf} shelf "
            + ("" if o.drops < 0.05 else "with drops of water " if o.drops < 0.65 else "covered in drops of water ")
            + f"in a bathroom with {name_of(o.colour)} "
            + {"square": "square tiles", "metro": "metro tiles", "hexagon": "hexagon tiles", "plaster": "plaster"}[
                o.tiles
            ]
            + f" {rooms.HOURS[o.time].words}, window on the {o.light}"
            + rooms.focus(o)
        ),
        rooms.light_of,
        lambda o: True,
        2000,
        ends=TABLE_END,
        gloss=lambda o: 0.4 * surfaces.GLOSS.get(o.shelf, 0.12),
    ),
)
