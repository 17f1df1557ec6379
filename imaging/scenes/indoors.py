"""Indoors: a table top before a room out of focus, and window light on a wall."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from imaging.geometry import Size
from imaging.scenes import surfaces
from imaging.scenes.base import (
    TABLE_END,
    WALL_FOOT,
    Grainy,
    Light,
    Picture,
    Plane,
    Scene,
    Side,
    Stage,
    Stand,
    Tint,
    as_floats,
    from_side,
)
from imaging.scenes.colours import name_of
from imaging.scenes.materials import wood
from imaging.scenes.patterns import PATTERNS
from imaging.scenes.tools import (
    add_disc,
    between,
    blurred,
    bump,
    full,
    glow,
    grid,
    mix,
    noise,
    smooth,
    softened,
    through_lens,
    tint,
    vignette,
)


class TableOptions(Grainy):
    material: Literal["oak", "walnut", "marble", "slate", "plain"] = Field("oak", description="Of the table top.")
    colour: Tint = Field("#f3e9d7", description="Of a plain table top.")
    room: Literal["bright", "warm", "dark", "garden"] = Field("bright", description="What lies behind, out of focus.")
    blur: float = Field(0.6, ge=0, le=1, description="How far out of focus the room is.")


def paint_table(stage: Stage, options: TableOptions) -> Picture:
    """The table's far edge lies behind the subject; its top is sharp there and mirrors the room a little."""
    edge = stage.behind(*TABLE_END)
    room = _room(stage, options, edge)
    x, y = grid(stage)
    depth = 0.34 / np.maximum(y - (edge - 0.17), 0.12)  # distance from the camera, 2 at the far edge
    along, away = (x - 0.1) * depth * 1.1, depth * 1.5
    foot = stage.pixel * depth * np.maximum(1.1, 1.5 * depth / 0.34)
    plain = surfaces.Plain(0, x, y, along, away, foot)
    top, gloss = surfaces.top(stage, options.material, tint(options.colour), plain)
    height = stage.size.height
    row = int(edge * height)
    mirror = room.copy()
    mirror[row:] = room[np.clip(row - 1 - np.arange(height - row), 0, height - 1)]
    mirror = softened(mirror, 0.02 * height, 0.05 * height)
    level = {"bright": 0.80, "warm": 0.62, "dark": 0.40, "garden": 0.80}[options.room]
    air = softened(room[: max(2, row)], 0.2 * height).mean(axis=(0, 1))
    lamp = mix(np.ones(3, np.float32), air / max(float(air.max()), 1e-3), 0.35)
    light = level * (0.72 + 0.42 * glow(stage, stage.centre - 0.25, edge + 0.12, 0.9, 0.45))
    grazing = gloss * (0.30 + 0.70 * bump(y - edge, 0.16))
    table = top * lamp * (light * (1 - 0.5 * grazing))[..., None] + mirror * grazing[..., None]
    near = smooth(0.04, 0.0, y - edge)
    table = table * (1 + 0.10 * near)[..., None]
    lip = smooth(edge - 0.0035, edge + 0.0035, y)
    picture = mix(room, table, lip)
    distance = np.abs(stage.y - (stage.stand.ground - 0.03))
    radius = smooth(0.06, 0.40, distance) * 0.007 * height * (stage.y > edge - 0.02)
    return through_lens(stage, picture, radius, 0.4)


def _room(stage: Stage, options: TableOptions, edge: float) -> Picture:
    """What is behind: windows, furniture, lamps or leaves, drawn plainly and put out of focus."""
    small = stage.smaller(640)
    rng = stage.rng(f"room {options.room}")
    draw = {"bright": _bright, "warm": _warm, "dark": _dark, "garden": _garden}[options.room]
    picture = draw(small, rng, edge)
    radius = (0.010 + 0.042 * options.blur) * small.size.height
    picture = blurred(blurred(picture, radius), radius * 0.35)
    if small.size == stage.size:
        return picture
    return as_floats(cv2.resize(picture, stage.size, interpolation=cv2.INTER_CUBIC))


def _box(stage: Stage, picture: Picture, left: float, top: float, right: float, bottom: float, colour: Plane) -> None:
    """Fill a rectangle; x in frame heights from the middle, y from the top."""
    width, height = stage.size
    x0, x1 = (int((at / stage.aspect + 0.5) * width) for at in (left, right))
    y0, y1 = int(top * height), int(bottom * height)
    picture[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = colour


def _window_side(rng: np.random.Generator) -> float:
    """Where the bright room's windows are: -1 left, 1 right."""
    return float(rng.choice([-1.0, 1.0]))


def _bright(stage: Stage, rng: np.random.Generator, edge: float) -> Picture:
    """A white room: tall windows on one side, a shelf and a plant on the other."""
    half = stage.aspect / 2
    side = _window_side(rng)
    x, _ = grid(stage)
    picture = full(stage, tint("#d9d4cb")) * (0.75 + 0.35 * smooth(-half, half, side * x))[..., None]
    wide = 0.34
    start = side * half * rng.uniform(0.55, 0.8)
    for pane in range(2):
        middle = start - side * pane * (wide + 0.06)
        _box(stage, picture, middle - wide / 2, -0.1, middle + wide / 2, edge - 0.16, tint("#f8fbff", 1.7))
        _box(stage, picture, middle - 0.012, -0.1, middle + 0.012, edge - 0.16, tint("#e8e4dc", 0.85))
        _box(stage, picture, middle - wide / 2, edge - 0.46, middle + wide / 2, edge - 0.44, tint("#e8e4dc", 0.85))
    at = -side * half * rng.uniform(0.55, 0.85)
    _box(stage, picture, at - 0.22, edge - 0.22, at + 0.24, edge + 0.1, tint("#b59a78", 0.7))
    _box(stage, picture, at - 0.22, edge - 0.225, at + 0.24, edge - 0.205, tint("#e0c7a0", 0.9))
    for _ in range(22):
        leaf = mix(tint("#6f8d5c"), tint("#9db184"), float(rng.uniform())) * rng.uniform(0.45, 0.9)
        x0, y0 = at + rng.normal(0, 0.09), edge - 0.36 + rng.normal(0, 0.07)
        _leaf(stage, picture, x0, y0, 0.035, leaf)
    _box(stage, picture, at - 0.045, edge - 0.29, at + 0.045, edge - 0.21, tint("#c0674a", 0.7))
    return picture


def _leaf(stage: Stage, picture: Picture, x: float, y: float, reach: float, colour: Plane) -> None:
    """An opaque blot."""
    height = stage.size.height
    spot = np.zeros_like(picture[..., :1])
    add_disc(spot, (x / stage.aspect + 0.5) * stage.size.width, y * height, reach * height, np.ones(1), 0)
    picture[:] = mix(picture, colour, np.clip(spot[..., 0], 0, 1))


def _lamps(
    stage: Stage, rng: np.random.Generator, picture: Picture, count: int, low: float, high: float, light: float
) -> None:
    """Small lamps, bright enough to become discs."""
    width, height = stage.size
    for _ in range(count):
        reach = max(1.0, 0.006 * height)
        colour = tint(str(rng.choice(["#ffb45e", "#ffd9a0", "#ff9d4d"])), light * float(rng.lognormal(0, 0.5)))
        add_disc(picture, rng.uniform(0, 1) * width, rng.uniform(low, high) * height, reach, colour, 0)


def _warm(stage: Stage, rng: np.random.Generator, edge: float) -> Picture:
    """A café or living room in the evening: brown walls, shelves, warm lamps."""
    half = stage.aspect / 2
    picture = full(stage, tint("#6b4630")) * (0.5 + 0.6 * glow(stage, rng.uniform(-0.4, 0.4), 0.3, 0.7))[..., None]
    for shelf in range(3):
        top = edge - 0.20 - 0.17 * shelf
        at = -half
        while at < half:
            wide, tall = rng.uniform(0.02, 0.06), rng.uniform(0.05, 0.13)
            colour = tint(str(rng.choice(["#7d4a2e", "#a5713d", "#3f2a1d", "#c08a5a", "#5a3a3a", "#8a7a55"])))
            if rng.uniform() < 0.7:
                _box(stage, picture, at, top - tall, at + wide, top, colour * rng.uniform(0.4, 1.0))
            at += wide + 0.008
        _box(stage, picture, -half, top, half, top + 0.02, tint("#8a5a34", 0.6))
    _box(stage, picture, -half, edge - 0.13, half, edge + 0.1, tint("#3a2418", 0.8))
    _lamps(stage, rng, picture, 16, 0.02, edge - 0.2, 16.0)
    return picture


def _dark(stage: Stage, rng: np.random.Generator, edge: float) -> Picture:
    """A dark room with one cool window far away and a few lamps."""
    half = stage.aspect / 2
    picture = full(stage, tint("#1c1b1e")) * (0.6 + 1.2 * glow(stage, stage.centre, edge - 0.3, 0.6))[..., None]
    at = rng.choice([-1.0, 1.0]) * half * rng.uniform(0.45, 0.75)
    for column in range(2):
        left = at - 0.13 + 0.14 * column
        _box(stage, picture, left, edge - 0.62, left + 0.12, edge - 0.20, tint("#7f93ad", 0.45))
    _box(stage, picture, -half, edge - 0.10, half, edge + 0.1, tint("#0e0d0f"))
    _lamps(stage, rng, picture, 9, 0.05, edge - 0.15, 7.0)
    return picture


def _garden(stage: Stage, rng: np.random.Generator, edge: float) -> Picture:
    """Sunlit leaves: dark depths, mid greens, and bright gaps where the sky comes through."""
    x, y = grid(stage)
    deep = noise(stage, "deep", x * 2.0, y * 2.0, 4, 0.6)
    up = smooth(edge, -0.1, y)
    picture = mix(full(stage, tint("#2e4a22")), tint("#a9bf62"), np.clip(0.40 + 0.30 * deep + 0.25 * up, 0, 1))
    picture = mix(picture, tint("#e9f0c4"), smooth(0.9, 2.2, deep + 1.2 * up))
    width, height = stage.size
    for _ in range(150):
        light = tint(str(rng.choice(["#f4f7cf", "#d9e88e", "#fff6cf", "#b9d36a"])), float(rng.lognormal(0.7, 0.6)))
        down = rng.beta(1.0, 1.9) * edge
        add_disc(picture, rng.uniform(0, 1) * width, down * height, rng.uniform(0.004, 0.010) * height, light, 0)
    return picture


class WindowOptions(Grainy):
    colour: Tint = Field("#e3d5c0", description="Of the wall.")
    floor: Literal["oak", "walnut", "concrete", "plain"] = Field("plain", description="Of the floor or shelf.")
    pattern: Literal["panes", "blinds", "leaves"] = Field("panes", description="What shapes the light.")
    light: Side = Field("left", description="Where the sun comes from.")
    time: Literal["day", "golden"] = Field("golden", description="White daylight or low golden sun.")
    softness: float = Field(0.4, ge=0, le=1, description="How soft the shadows' edges are.")


def paint_window(stage: Stage, options: WindowOptions) -> Picture:
    """Sun through a window slants over the wall and goes on over the floor; the shade is lit by the sky, so cooler."""
    edge = stage.behind(*WALL_FOOT)
    x, y = grid(stage)
    side = 1.0 if options.light == "left" else -1.0
    floor = smooth(edge - 1.2 * stage.pixel, edge + 1.2 * stage.pixel, y)
    depth = 0.30 / np.maximum(y - (edge - 0.15), 0.12)
    # On the wall the light falls down to the far side; on the floor its stripes run on towards the camera.
    wall_x, wall_y = side * (x - stage.centre), y - 0.32 * side * (x - stage.centre)
    run = np.maximum(y - edge, 0)
    u = np.where(y < edge, wall_x, wall_x - run * 0.9)
    v = np.where(y < edge, wall_y, edge + run * 2.4 - 0.32 * wall_x)
    pattern = PATTERNS[options.pattern](stage, u, v, edge)
    reach = (0.002 + 0.016 * options.softness) / stage.pixel
    sharp, soft = softened(pattern, reach), softened(pattern, reach * 3)
    sun = between(sharp, soft, smooth(-0.4, 0.7, wall_x))
    golden = options.time == "golden"
    lamp = tint("#ffdfae", 1.02) if golden else tint("#fff8ec", 0.98)
    sky = tint("#9aa3bd", 0.92) if golden else tint("#c3cddc", 0.72)
    wall = tint(options.colour)
    plaster = noise(stage, "plaster", x * 9, y * 9, 6, 0.6)
    surface = full(stage, wall) * (1 + 0.012 * plaster)[..., None]
    ground = _ground(stage, options, (x - stage.centre) * depth * 1.4, depth * 2.0, stage.pixel * depth * 6)
    surface = mix(surface, ground, floor)
    fill = 0.82 + 0.25 * smooth(0.7, -0.8, wall_x) - 0.15 * bump(y - edge, 0.05) + 0.10 * floor
    slope = between(0.88, 0.80, floor)
    light = sky * fill[..., None] + lamp * (sun * slope)[..., None]
    warm = softened((sun * 0.10).astype(np.float32), 0.12 / stage.pixel)[..., None] * lamp * wall
    return (surface * light * 0.86 + warm * surface) * vignette(stage, 0.35)[..., None]


def _ground(stage: Stage, options: WindowOptions, along: Plane, away: Plane, foot: Plane) -> Picture:
    match options.floor:
        case "oak" | "walnut":
            return wood(stage, options.floor, along, away, foot)
        case "concrete":
            rough = noise(stage, "concrete", along * 1.5, away * 1.5, 7, 0.6, foot * 1.5)
            return tint("#a5a39f") * np.exp(0.08 * rough)[..., None].astype(np.float32)
        case _:
            return full(stage, tint(options.colour) * np.float32(0.97))


def _table_light(options: TableOptions, seed: int) -> Light:
    match options.room:
        case "bright":
            side = _window_side(Stage(Size(4, 3), Stand(), seed).rng("room bright"))
            return Light(side * 125, 40, "#fffdf8", "#b9b7b2", 0.7, 0.4)
        case "warm":
            return Light(-45, 50, "#ffd3a0", "#6b4c38", 0.7, 0.45)
        case "dark":
            return Light(-45, 50, "#f4efe8", "#3c3e44", 0.7, 0.45)
        case _:
            return Light(-135, 50, "#fff7dc", "#8c9a6a", 0.6, 0.4)


SCENES = (
    Scene(
        "table",
        "Table top",
        "A table of wood, marble, slate or any colour, before a room or garden out of focus.",
        TableOptions,
        paint_table,
        lambda o: (
            (f"a plain {name_of(o.colour)} table top" if o.material == "plain" else f"{_article(o.material)} table top")
            + " before "
            + {
                "bright": "a bright room with windows",
                "warm": "a warm room with lamps",
                "dark": "a dark room",
                "garden": "a sunlit green garden",
            }[o.room]
            + (
                ", far out of focus"
                if o.blur > 0.75
                else ", slightly out of focus"
                if o.blur < 0.25
                else ", out of focus"
            )
        ),
        _table_light,
        lambda o: True,
        2000,
        ends=TABLE_END,
        gloss=lambda o: 0.4 * surfaces.GLOSS.get(o.material, 0.12),
    ),
    Scene(
        "window",
        "Window light",
        "Sun falls through a window, blinds or leaves onto a wall and the floor before it.",
        WindowOptions,
        paint_window,
        lambda o: (
            {"panes": "window light", "blinds": "light through blinds", "leaves": "sunlight through palm leaves"}[
                o.pattern
            ]
            + f" on a {name_of(o.colour)} wall"
            + ("" if o.floor == "plain" else f" above {_article(o.floor)} floor")
            + (", golden hour" if o.time == "golden" else ", daylight")
            + f", from the {o.light}"
        ),
        lambda o, seed: Light(
            from_side(o.light, 115),
            33,
            "#ffdfae" if o.time == "golden" else "#fff8ec",
            "#9aa3bd" if o.time == "golden" else "#c3cddc",
            0.15 + 0.5 * o.softness,
            0.55,
        ),
        lambda o: True,
        ends=WALL_FOOT,
    ),
)


def _article(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
