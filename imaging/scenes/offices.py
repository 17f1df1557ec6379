"""An office or study out of focus: a desk, shelves with books, a window, a screen, a lamp."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from imaging.scenes import rooms, surfaces
from imaging.scenes.base import TABLE_END, Picture, Scene, Stage, Tint
from imaging.scenes.colours import name_of
from imaging.scenes.layers import Layer, aslant, falling, plain, upright
from imaging.scenes.tools import bump, full, grid, noise, tint


class OfficeOptions(rooms.Indoors):
    desk: Literal["oak", "walnut", "white", "black"] = Field("oak", description="The desk's material.")
    wall: Tint = Field("#d5d7da", description="Of the wall.")
    shelves: Literal["books", "binders", "none"] = Field("books", description="What stands on the shelves.")


PAPER = ["#5d6873", "#c0674a", "#e3d5c0", "#2b3f52", "#8a8f7a", "#d3b98f", "#f1ece2", "#3f2a1d", "#7a5236", "#9fb0b5"]
FILES = ["#f1f0ec", "#d5d7da", "#33363b", "#9a9ca0", "#3670bf", "#f1f0ec", "#5d6873"]


def paint_office(stage: Stage, options: OfficeOptions) -> Picture:
    """The desk before the room, sharp where the subject stands."""
    edge = stage.behind(*TABLE_END)
    room = surfaces.enlarged_smoothly(_office(stage.smaller(760), options, edge), stage)
    level = surfaces.level(stage, edge)
    drawn = surfaces.top(stage, options.desk, tint("#efeeec" if options.desk == "white" else "#1d1d1f"), level)
    brightness = rooms.HOURS[options.time].table
    return surfaces.before(stage, room, edge, drawn, level, brightness, rooms.side_of(options))


def _office(stage: Stage, options: OfficeOptions, edge: float) -> Picture:
    hour, side = rooms.HOURS[options.time], rooms.side_of(options)
    half = stage.aspect / 2
    radius = (0.010 + 0.028 * options.blur) * stage.size.height
    x, y = grid(stage)
    wall = Layer(stage)
    wall.paint[..., :3] = tint(options.wall) * (1 + 0.012 * noise(stage, "plaster", x * 4, y * 4, 4))[..., None]
    wall.paint[..., 3] = 1
    wide = min(0.40, half * 0.46)
    pane = side * (half - wide * 0.72)
    inner = pane - side * (wide + 0.10)
    if options.shelves != "none":
        _shelves(wall, options, inner, -side * (half + 0.1), edge)
    else:
        _board(wall, (inner - side * half) / 2, edge)
    falls = rooms.falls(stage, options, edge)
    wall.lit(falls)
    rooms.window(wall, options, pane - wide, edge - 1.05, pane + wide, edge - 0.20, 3)
    for slat in range(9):  # the blind, half drawn up
        up = edge - 1.0 + 0.040 * slat
        wall.box(pane - wide, up, pane + wide, up + 0.026, tint("#f2efe8", 0.85 * hour.level), falling(1.1, 0.75))
    picture = wall.over(full(stage, tint("#000000")), radius)

    things = Layer(stage)
    lamp_x, lamp_y = -side * half * 0.42, edge - 0.36
    _desk(things, options, inner, edge, side)
    things.lit(falls)
    _screen(things, inner - side * 0.26, edge, options)
    _lamp(things, lamp_x, lamp_y, edge, side)
    pool = hour.lamps * bump(x - lamp_x, 0.20) * bump(y - lamp_y - 0.16, 0.20)
    picture = things.over(picture, radius * 0.85)
    picture = (picture + tint("#ffc98c", 0.30) * pool[..., None]).astype(np.float32)
    return rooms.bloom(stage, options, picture, pane, edge - 0.55, 0.8, 0.22)


def _shelves(layer: Layer, options: OfficeOptions, start: float, end: float, edge: float) -> None:
    """A wall of shelves, its back a little darker than the wall, with a few ornaments."""
    left, right = min(start, end), max(start, end)
    frame = tint("#b98d5c")
    layer.box(left, -0.4, right, edge - 0.02, tint(options.wall, 0.55))
    rng = layer.stage.rng("ornaments")
    columns = max(1, round((right - left) / 0.42))
    span = (right - left) / columns
    for row in range(5):
        board = edge - 0.10 - 0.205 * row
        layer.box(left, board - 0.185, right, board, tint(options.wall, 0.62), falling(0.5, 1.05))
        for column in range(columns):
            at = left + column * span
            if rng.uniform() < 0.22:
                middle, reach = at + span * 0.55, rng.uniform(0.04, 0.06)
                layer.ball(middle, board - reach * 1.2, reach, reach * 1.2, tint(str(rng.choice(PAPER))), upright(1))
                rooms.books(layer, at + 0.02, at + span * 0.32, board, 0.17, f"b{row}{column}", PAPER)
            elif options.shelves == "books":
                full_to = at + span * float(rng.uniform(0.75, 1.0)) - 0.02
                rooms.books(layer, at + 0.02, full_to, board, 0.175, f"b{row}{column}", PAPER)
            else:
                _binders(layer, at + 0.02, at + span - 0.03, board, rng)
        layer.box(left, board, right, board + 0.020, frame, falling(1.15, 0.7))
    for column in range(columns + 1):
        at = left + column * span
        layer.box(at - 0.011, -0.4, at + 0.011, edge - 0.02, frame, aslant(1.1, 0.75))


def _binders(layer: Layer, left: float, right: float, board: float, rng: np.random.Generator) -> None:
    x = left
    tone = tint(str(rng.choice(FILES)))
    while x + 0.045 < right:
        if rng.uniform() < 0.2:
            tone = tint(str(rng.choice(FILES)))
        if rng.uniform() < 0.88:
            layer.box(x, board - 0.155, x + 0.042, board, tone, aslant(1.05, 0.8), 0.004)
            layer.box(x + 0.010, board - 0.13, x + 0.032, board - 0.075, tint("#f6f4ef"))
            layer.ball(x + 0.021, board - 0.035, 0.008, 0.008, tint("#2a2a2c"))
        x += 0.045


def _board(layer: Layer, x: float, edge: float) -> None:
    """A pinboard with notes and prints."""
    rng = layer.stage.rng("notes")
    layer.box(x - 0.34, edge - 0.80, x + 0.34, edge - 0.36, tint("#8f6b45"))
    layer.box(x - 0.325, edge - 0.785, x + 0.325, edge - 0.375, tint("#cfb08a"))
    for _ in range(15):
        at, up = x + rng.uniform(-0.27, 0.27), edge - rng.uniform(0.45, 0.74)
        wide, tall = rng.uniform(0.025, 0.05), rng.uniform(0.025, 0.05)
        layer.box(
            at - wide,
            up - tall,
            at + wide,
            up + tall,
            tint(str(rng.choice(["#f6f2e8", "#f2cf45", "#f6c7a6", "#c4dcee", "#bfe3d0"]))),
        )


def _desk(layer: Layer, options: OfficeOptions, inner: float, edge: float, side: float) -> None:
    """A chair's back, a second desk at the wall with a cup of pens, a plant and papers."""
    half = layer.stage.aspect / 2
    top = edge - 0.085
    layer.box(-half - 0.1, top, half + 0.1, top + 0.028, tint("#c9a071"), falling(1.2, 0.7))
    layer.box(-half - 0.1, top + 0.028, half + 0.1, edge + 0.1, tint("#57493d"), falling(0.5, 0.9))
    rooms.plant(layer, inner + side * 0.16, top + 0.004, 0.30, side, tint("#f1ece2"))
    rng = layer.stage.rng("desk")
    for step in range(5):
        layer.box(
            inner - side * 0.62 - 0.09,
            top - 0.018 * (step + 1),
            inner - side * 0.62 + 0.09,
            top - 0.018 * step,
            tint(str(rng.choice(PAPER))),
            plain,
            0.003,
        )
    cup = inner - side * 0.05
    for turn in (-0.025, -0.008, 0.012, 0.03):
        layer.shape(
            [
                (cup - 0.004, top),
                (cup + 0.004, top),
                (cup + turn + 0.006, top - 0.135),
                (cup + turn - 0.002, top - 0.135),
            ],
            tint(str(rng.choice(["#f2cf45", "#33363b", "#c22f2f", "#d3b98f"]))),
        )
    rooms.jar(layer, cup, top, 0.058, 0.075, tint("#3f4a52"), side)
    chair = -side * half * 0.80
    leather = tint("#3f4247", 1.2)
    layer.box(chair - 0.012, edge - 0.30, chair + 0.012, edge + 0.1, leather * 0.5)
    layer.box(chair - 0.13, edge - 0.33, chair + 0.13, edge - 0.03, leather, _padded, 0.06)
    layer.box(
        chair - side * 0.165 - 0.05,
        edge - 0.09,
        chair - side * 0.165 + 0.05,
        edge - 0.065,
        leather,
        falling(1.6, 0.6),
        0.012,
    )


def _padded(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A padded back: lit from above, a seam between its cushions, darker at its sides."""
    return (1.25 - 0.75 * v) * (1 - 0.35 * np.square(u * 2 - 1)) * (1 - 0.30 * bump(v - 0.62, 0.035))


def _screen(layer: Layer, x: float, edge: float, options: OfficeOptions) -> None:
    """A monitor that shines softly."""
    top = edge - 0.085
    layer.box(x - 0.02, top - 0.08, x + 0.02, top, tint("#6d7075", 0.6))
    layer.box(x - 0.165, top - 0.275, x + 0.165, top - 0.065, tint("#1b1c1f"), plain, 0.01)
    bright = 0.55 if options.time == "evening" else 0.75
    layer.box(x - 0.157, top - 0.267, x + 0.157, top - 0.073, tint("#a8c4e2", bright), aslant(0.8, 1.15))
    layer.box(x - 0.14, top - 0.25, x - 0.02, top - 0.13, tint("#eef3f8", bright))
    for line in range(3):
        layer.box(x + 0.01, top - 0.245 + 0.035 * line, x + 0.12, top - 0.232 + 0.035 * line, tint("#f6f8fa", bright))


def _lamp(layer: Layer, x: float, y: float, edge: float, side: float) -> None:
    """A desk lamp on a bent arm."""
    top = edge - 0.085
    dark = tint("#2b2c2f", 0.9)
    layer.box(x - 0.05, top - 0.012, x + 0.05, top, dark, upright(side), 0.006)
    layer.shape(
        [(x - 0.006, top), (x + 0.006, top), (x - side * 0.07 + 0.006, y + 0.11), (x - side * 0.07 - 0.006, y + 0.11)],
        dark,
    )
    layer.shape([(x - side * 0.07, y + 0.115), (x - side * 0.07, y + 0.10), (x, y), (x + 0.005, y + 0.012)], dark)
    layer.shape(
        [(x - 0.025, y - 0.025), (x + 0.025, y - 0.025), (x + 0.075, y + 0.045), (x - 0.075, y + 0.045)],
        dark * 1.4,
        upright(side),
    )
    layer.ball(x, y + 0.045, 0.07, 0.012, tint("#ffe2b0", 2.2))


SCENES = (
    Scene(
        "office",
        "Office",
        "A desk before an office or study out of focus: shelves, a screen, a lamp, a window.",
        OfficeOptions,
        paint_office,
        lambda o: (
            f"{'an' if o.desk == 'oak' else 'a'} {o.desk} desk in an office with {name_of(o.wall)} walls"
            + {"books": " and book shelves", "binders": " and shelves of binders", "none": " and a pinboard"}[o.shelves]
            + f" {rooms.HOURS[o.time].words}, window on the {o.light}"
            + rooms.focus(o)
        ),
        rooms.light_of,
        lambda o: True,
        2000,
        ends=TABLE_END,
    ),
)
