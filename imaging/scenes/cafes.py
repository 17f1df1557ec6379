"""A café or bar out of focus: shelves of bottles lit from behind, a counter, hanging lamps, chairs, a shop window."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from imaging.scenes import rooms, surfaces
from imaging.scenes.base import TABLE_END, Picture, Scene, Stage, Tint
from imaging.scenes.colours import name_of
from imaging.scenes.layers import Layer, aslant, falling, upright
from imaging.scenes.tools import bump, full, grid, mix, noise, tint


class CafeOptions(rooms.Indoors):
    time: rooms.DayTime = Field("evening", description="Low warm sun, daylight, or lamps in the evening.")
    table: Literal["oak", "walnut", "marble", "black"] = Field("walnut", description="What the subject stands on.")
    colour: Tint = Field("#2b5138", description="Of the walls.")
    lamps: float = Field(0.55, ge=0, le=1, description="How many lamps there are.")


def paint_cafe(stage: Stage, options: CafeOptions) -> Picture:
    """The table before the café; lamps become discs of light."""
    edge = stage.behind(*TABLE_END)
    room = surfaces.enlarged_smoothly(_cafe(stage.smaller(900), options, edge), stage)
    level = surfaces.level(stage, edge)
    drawn = surfaces.top(stage, options.table, tint("#1b1a1a"), level)
    brightness = {"evening": 0.58}.get(options.time, 0.80)
    return surfaces.before(stage, room, edge, drawn, level, brightness, rooms.side_of(options))


def _cafe(stage: Stage, options: CafeOptions, edge: float) -> Picture:
    hour, side = rooms.HOURS[options.time], rooms.side_of(options)
    evening = options.time == "evening"
    half = stage.aspect / 2
    radius = (0.008 + 0.030 * options.blur) * stage.size.height
    x, y = grid(stage)
    counter = edge - 0.15  # the bar's top
    wall = Layer(stage)
    wall.paint[..., :3] = tint(options.colour) * (1 + 0.05 * noise(stage, "wall", x * 3, y * 3, 4))[..., None]
    wall.paint[..., 3] = 1
    wide = min(0.34, half * 0.40)
    pane = side * (half - wide * 0.75)
    inner = pane - side * (wide + 0.06)
    wall.lit(rooms.falls(stage, options, edge) * (0.75 if evening else 1.0))
    rooms.window(wall, options, pane - wide, edge - 1.1, pane + wide, edge - 0.24, 2)
    picture = wall.over(full(stage, tint("#000000")), radius * 1.1)

    bar = Layer(stage)
    _shelves(bar, options, inner, -side * (half + 0.1), counter, side)
    strips = np.asarray(sum(bump(y - (counter - 0.15 - 0.18 * row), 0.055) for row in range(3)))
    glow = tint("#ffc27e", 0.35 + 1.15 * hour.lamps) * strips[..., None]
    bar.lit(mix(rooms.falls(stage, options, edge), tint("#fff2df"), 0.25) * 0.75 + glow)
    picture = bar.over(picture, radius * 0.9)

    front = Layer(stage)
    _counter(front, options, inner, counter, edge, side)
    _chairs(front, pane, edge, side)
    front.lit(rooms.falls(stage, options, edge))
    picture = front.over(picture, radius * 0.85)
    picture = _lights(stage, options, picture, edge, radius)
    return rooms.bloom(stage, options, picture, pane, edge - 0.55, 0.7, 0.2)


def _shelves(layer: Layer, options: CafeOptions, start: float, end: float, counter: float, side: float) -> None:
    """Three boards of bottles and glasses before a wall lit from behind."""
    rng = layer.stage.rng("bottles")
    left, right = min(start, end), max(start, end)
    layer.box(left, counter - 0.62, right, counter + 0.02, tint("#3a2718"), falling(0.8, 1.1))
    glass = ["#7d3d1c", "#c98a3c", "#2f5d3a", "#e9dcc0", "#8a1f22", "#d9e4e4", "#3b4d63", "#b9752c", "#f0e6d0"]
    for row in range(3):
        board = counter - 0.03 - 0.18 * row
        layer.box(left, board - 0.14, right, board, tint("#c98a4c", 0.55), falling(1.25, 0.45))
        x = left + 0.03
        while x < right - 0.02:
            wide = rng.uniform(0.026, 0.042)
            if rng.uniform() < 0.14:
                x += rng.uniform(0.03, 0.08)
                continue
            tall = rng.uniform(0.085, 0.13)
            colour = tint(str(rng.choice(glass)), float(rng.uniform(0.6, 1.15)))
            layer.box(x, board - tall * 0.7, x + wide, board, colour, upright(side), 0.01)
            layer.box(x + wide * 0.34, board - tall, x + wide * 0.66, board - tall * 0.62, colour * 0.8, upright(side))
            if rng.uniform() < 0.35:  # a label
                layer.box(x, board - tall * 0.45, x + wide, board - tall * 0.15, tint("#efe4cb"), upright(side))
            if rng.uniform() < 0.3:
                layer.lamp(x + wide * 0.7, board - tall * 0.5, tint("#ffdca8", 0.10 * rng.lognormal(0, 0.5)), 0.55)
            x += wide + rng.uniform(0.004, 0.022)
        layer.box(left, board, right, board + 0.018, tint("#8a5c34"), falling(1.3, 0.6))


def _counter(layer: Layer, options: CafeOptions, inner: float, top: float, edge: float, side: float) -> None:
    """The bar: a wooden top on a panelled front, an espresso machine, cups, a jar, a till."""
    half = layer.stage.aspect / 2
    away = -side
    start, end = inner - away * 0.10, away * (half + 0.1)
    left, right = min(start, end), max(start, end)
    layer.box(left, top, right, edge + 0.1, mix(tint(options.colour), tint("#20150e"), 0.45), falling(1.0, 0.6))
    at = left
    while at < right:
        layer.box(at, top + 0.03, at + 0.008, edge + 0.1, tint("#1c120c"))
        at += 0.075
    layer.box(left - 0.02, top - 0.008, right, top + 0.026, tint("#a06c3e"), falling(1.5, 0.7))
    x = inner + away * 0.40
    steel = tint("#c9cacb")
    layer.box(x - 0.15, top - 0.215, x + 0.15, top - 0.09, steel, falling(1.2, 0.6), 0.02)
    layer.box(x - 0.16, top - 0.245, x + 0.16, top - 0.205, tint("#2b2a2a"), falling(1.4, 0.7), 0.01)
    layer.box(x - 0.13, top - 0.10, x + 0.13, top - 0.008, tint("#1d1c1c"))
    layer.box(x - 0.15, top - 0.03, x + 0.15, top - 0.006, steel, falling(1.1, 0.5), 0.008)
    for place in (-0.10, -0.035, 0.03, 0.095):
        layer.box(x + place - 0.02, top - 0.285, x + place + 0.02, top - 0.245, tint("#f2ede4"), upright(side), 0.008)
    for place in (-0.07, 0.07):
        layer.box(x + place - 0.012, top - 0.10, x + place + 0.012, top - 0.065, tint("#d9b06a"), upright(side))
    rooms.jar(layer, inner + away * 0.10, top - 0.006, 0.075, 0.13, tint("#c9995c"), side, tint("#8a5c34"))
    rooms.jar(layer, inner + away * 0.20, top - 0.006, 0.065, 0.10, tint("#e5d3b3"), side, tint("#8a5c34"))


def _chairs(layer: Layer, pane: float, edge: float, side: float) -> None:
    """Two chairs with curved backs at a small table by the window."""
    wood = tint("#6d452a")
    layer.box(pane - 0.16, edge - 0.11, pane + 0.16, edge - 0.085, tint("#b9844f"), falling(1.4, 0.7), 0.01)
    layer.box(pane - 0.012, edge - 0.09, pane + 0.012, edge + 0.1, tint("#241a14"))
    rooms.jar(layer, pane + 0.05, edge - 0.11, 0.045, 0.055, tint("#f2ede4"), side)
    for place in (-0.25, 0.25):
        x = pane + place
        layer.box(x - 0.085, edge - 0.24, x + 0.085, edge - 0.205, wood, falling(1.3, 0.8), 0.017)
        for rail in (-0.075, -0.025, 0.025, 0.065):
            layer.box(x + rail, edge - 0.22, x + rail + 0.012, edge + 0.1, wood, aslant(1.2, 0.7))
        layer.box(x - 0.09, edge - 0.045, x + 0.09, edge - 0.015, wood, falling(1.3, 0.7), 0.01)


def _lights(stage: Stage, options: CafeOptions, picture: Picture, edge: float, radius: float) -> Picture:
    """Hanging bulbs in two rows, and small lamps all over the room."""
    hour = rooms.HOURS[options.time]
    rng = stage.rng("lights")
    half = stage.aspect / 2
    far, near = Layer(stage), Layer(stage)
    strength = 0.25 + 0.75 * hour.lamps
    tones = ["#ffb45e", "#ffd9a0", "#ff9d4d", "#ffe9cf"]
    for _ in range(int((8 + 60 * options.lamps) * max(0.7, stage.aspect) / 1.33)):
        x, y = rng.uniform(-half, half), edge - rng.uniform(0.22, 1.0)
        light = tint(str(rng.choice(tones)), 0.16 * strength * float(rng.lognormal(0, 0.7)))
        far.lamp(x, y, light, rng.uniform(0.6, 1.1))
    count = 2 + round(5 * options.lamps)
    for index in range(count):
        x = (index + 0.5 + rng.uniform(-0.2, 0.2)) / count * stage.aspect - half
        y = edge - rng.uniform(0.50, 0.66)
        far.box(x - 0.003, -0.5, x + 0.003, y, tint("#15100c"))
        near.lamp(x, y, tint("#ffd093", 1.5 * strength), 1.25)
    picture = far.over(picture, radius)
    lit = near.over(picture, radius)
    glare = sum(bump(stage.x - x, 0.16) * bump(stage.y - y, 0.16) for x, y, _, _ in near.lamps)
    return (lit + tint("#ffae5c", 0.16 * strength) * np.asarray(glare)[..., None]).astype(np.float32)


SCENES = (
    Scene(
        "cafe",
        "Café",
        "A café or bar out of focus: bottles, a counter, hanging lamps, chairs at a window.",
        CafeOptions,
        paint_cafe,
        lambda o: (
            f"a {o.table} table in a {name_of(o.colour)} café with "
            + ("few" if o.lamps < 0.3 else "many" if o.lamps > 0.7 else "some")
            + f" lamps {rooms.HOURS[o.time].words}, window on the {o.light}"
            + rooms.focus(o)
        ),
        rooms.light_of,
        lambda o: True,
        2000,
        ends=TABLE_END,
    ),
)
