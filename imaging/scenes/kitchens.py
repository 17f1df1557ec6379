"""A kitchen out of focus behind its worktop: tiles, cupboards, a shelf with crockery, a window, lamps."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from imaging.scenes import rooms, surfaces
from imaging.scenes.base import TABLE_END, Picture, Scene, Stage, Tint
from imaging.scenes.colours import name_of
from imaging.scenes.layers import Layer, falling, panelled, upright
from imaging.scenes.materials import tiled
from imaging.scenes.tools import bump, full, grid, mix, noise, tint


class KitchenOptions(rooms.Indoors):
    counter: Literal["oak", "walnut", "marble", "slate", "white"] = Field("oak", description="The worktop's material.")
    cupboards: Tint = Field("#b3c2ab", description="Of the cupboards.")
    tiles: Literal["metro", "square", "none"] = Field("metro", description="On the wall.")


def paint_kitchen(stage: Stage, options: KitchenOptions) -> Picture:
    """The worktop before the room, sharp where the subject stands."""
    edge = stage.behind(*TABLE_END)
    room = surfaces.enlarged_smoothly(_kitchen(stage.smaller(760), options, edge), stage)
    plain = surfaces.level(stage, edge)
    drawn = surfaces.top(stage, options.counter, tint("#efece6"), plain)
    brightness = rooms.HOURS[options.time].table
    return surfaces.before(stage, room, edge, drawn, plain, brightness, rooms.side_of(options))


def _kitchen(stage: Stage, options: KitchenOptions, edge: float) -> Picture:
    hour, side = rooms.HOURS[options.time], rooms.side_of(options)
    half = stage.aspect / 2
    bench, upper = edge - 0.10, edge - 0.47  # the worktop at the wall, and the lower edge of the wall cupboards
    radius = (0.010 + 0.028 * options.blur) * stage.size.height
    wall = Layer(stage)
    wall.paint[..., :3], wall.paint[..., 3] = _tiles(stage, options, edge), 1
    wide = min(0.34, half * 0.42)
    pane = side * (half - wide * 0.72)
    inner = pane - side * (wide + 0.09)  # where the cupboards begin
    _cupboards(wall, options, inner, -side * (half + 0.1), upper)
    wall.lit(rooms.falls(stage, options, edge))
    rooms.window(wall, options, pane - wide, edge - 1.0, pane + wide, edge - 0.19)
    picture = wall.over(full(stage, tint("#000000")), radius)
    under = hour.lamps * bump(stage.y - upper - 0.06, 0.12) * (0.7 + 0.3 * np.sin(stage.x * 9))
    reach = np.clip(-side * (stage.x - inner) * 8, 0, 1)
    picture = picture + tint("#ffc27a", 0.30) * (under * reach)[..., None]

    things = Layer(stage)
    _worktop(things, options, bench, edge, pane, inner, side)
    things.lit(rooms.falls(stage, options, edge))
    picture = things.over(picture.astype(np.float32), radius * 0.85)

    hanging = Layer(stage)
    brass, glow = tint("#b98a4a", 0.5 + 0.3 * hour.level), tint("#ffdca8", 0.5 + 2.2 * hour.lamps)
    for index in range(2):
        x = -side * half * (0.10 + 0.52 * index)
        rooms.pendant(hanging, x, edge - 0.52, 0.13, brass, glow, side)
        hanging.lamp(x, edge - 0.51, tint("#ffc98a", 0.15 + 0.6 * hour.lamps), 1.0)
    picture = hanging.over(picture, radius * 0.6)
    return rooms.bloom(stage, options, picture, pane, edge - 0.55, 0.75, 0.22)


def _tiles(stage: Stage, options: KitchenOptions, edge: float) -> Picture:
    """The wall between worktop and cupboards."""
    x, y = grid(stage)
    white = full(stage, tint("#e6e2da"))
    if options.tiles == "none":
        return white * (1 + 0.02 * noise(stage, "plaster", x * 5, y * 5, 4))[..., None]
    wide, tall, running = (0.15, 0.075, 0.5) if options.tiles == "metro" else (0.115, 0.115, 0.0)
    joint, own, bevel = tiled(stage, x, y - edge, stage.pixel, wide, tall, 0.007, running)
    glaze = 0.86 + 0.16 * own + 0.06 * bevel + 0.35 * np.clip(own - 0.86, 0, 1)
    return mix(white * glaze[..., None], tint("#a9a49b"), joint * 0.8)


def _cupboards(layer: Layer, options: KitchenOptions, start: float, end: float, bottom: float) -> None:
    """Wall cupboards from the window to the far side, their doors framed, with a small knob each."""
    colour = tint(options.cupboards)
    left, right = min(start, end), max(start, end)
    count = max(2, round((right - left) / 0.27))
    door = (right - left) / count
    layer.box(
        left, bottom - 0.01, right, bottom + 0.075, tint("#8d877d"), falling(0.45, 0.95)
    )  # their shadow on the wall
    for index in range(count):
        at = left + index * door
        layer.box(at, -0.6, at + door, bottom, colour * 0.45)
        layer.box(at + 0.005, min(bottom - 0.62, -0.02), at + door - 0.005, bottom - 0.005, colour, panelled)
        knob = at + door - 0.035 if index % 2 == 0 else at + 0.035
        layer.ball(knob, bottom - 0.05, 0.011, 0.011, tint("#caa262", 1.5))


def _worktop(
    layer: Layer, options: KitchenOptions, bench: float, edge: float, pane: float, inner: float, side: float
) -> None:
    """The worktop at the wall and what stands on it; fronts of the lower cupboards beneath."""
    half = layer.stage.aspect / 2
    rng = layer.stage.rng("things")
    stone = {"oak": "#c99d66", "walnut": "#6a4229", "slate": "#55585d"}.get(options.counter, "#e9e6e1")
    layer.box(-half - 0.1, bench, half + 0.1, edge + 0.1, tint(options.cupboards, 0.25))
    for index in range(-4, 5):
        layer.box(
            index * 0.3, bench, index * 0.3 + 0.292, edge + 0.05, tint(options.cupboards, 0.62), falling(0.6, 1.0)
        )
    layer.box(-half - 0.1, bench - 0.012, half + 0.1, bench + 0.030, tint(stone), falling(1.15, 0.6))
    foot = bench - 0.004
    away = -side
    rooms.plant(layer, pane - side * 0.06, foot - 0.02, 0.20, side, tint("#c0674a"), "herbs")
    x = inner + away * 0.04
    for tall, wood in ((0.235, "#c1905a"), (0.185, "#8f5c36")):  # chopping boards lean on the wall
        layer.box(x - 0.07, foot - tall, x + 0.07, foot, tint(wood), falling(1.05, 0.8), 0.02)
        x += away * 0.07
    x += away * 0.10
    palette = ["#f1ece2", "#d8cfc0", "#7d8f86", "#caa27c", "#3f4a4a", "#b7674a", "#e9dcc4"]
    while abs(x) < half + 0.05:
        wide = rng.uniform(0.045, 0.085)
        tall = wide * rng.uniform(0.9, 2.4)
        lid = tint("#b98a5a", 0.9) if rng.uniform() < 0.5 else None
        rooms.jar(layer, x, foot, wide, tall, tint(str(rng.choice(palette))), side, lid)
        if rng.uniform() < 0.22:  # spoons in the pot
            for turn in rng.uniform(-0.05, 0.05, 4):
                layer.shape(
                    [
                        (x - 0.006, foot - tall),
                        (x + 0.006, foot - tall),
                        (x + turn + 0.012, foot - tall - 0.13),
                        (x + turn - 0.012, foot - tall - 0.13),
                    ],
                    tint("#b88a58"),
                )
        x += away * (wide + rng.uniform(0.03, 0.12))
    board = bench - 0.235  # an open shelf
    start, end = inner + away * 0.30, away * (half + 0.1)
    layer.box(min(start, end), board, max(start, end), board + 0.018, tint("#b98753"), falling(1.2, 0.7))
    x = start + away * 0.05
    while abs(x) < half + 0.05:
        wide = rng.uniform(0.035, 0.07)
        if rng.uniform() < 0.25:  # a pile of bowls
            for step in range(3):
                layer.box(
                    x - 0.05,
                    board - 0.024 * (step + 1),
                    x + 0.05,
                    board - 0.024 * step,
                    tint("#efeae0"),
                    upright(side),
                    0.012,
                )
            x += away * 0.13
            continue
        rooms.jar(layer, x, board, wide, wide * rng.uniform(0.8, 1.5), tint(str(rng.choice(palette))), side)
        x += away * (wide + rng.uniform(0.015, 0.06))


SCENES = (
    Scene(
        "kitchen",
        "Kitchen",
        "A worktop before a kitchen out of focus: tiles, cupboards, a shelf, a window.",
        KitchenOptions,
        paint_kitchen,
        lambda o: (
            f"a {o.counter} kitchen worktop before {name_of(o.cupboards)} cupboards"
            + {"metro": " and metro tiles", "square": " and square tiles", "none": ""}[o.tiles]
            + f" {rooms.HOURS[o.time].words}, window on the {o.light}"
            + rooms.focus(o)
        ),
        rooms.light_of,
        lambda o: True,
        2000,
        ends=TABLE_END,
        gloss=lambda o: 0.4 * surfaces.GLOSS.get(o.counter, 0.12),
    ),
)
