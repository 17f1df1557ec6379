"""A living room or bedroom out of focus: sofa or bed, window and curtains, a lamp, pictures, a plant."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from imaging.scenes import rooms, surfaces
from imaging.scenes.base import TABLE_END, Picture, Scene, Stage, Tint
from imaging.scenes.colours import name_of
from imaging.scenes.layers import Layer, Shade, falling, upright
from imaging.scenes.tools import bump, full, grid, mix, noise, smooth, tint


class RoomOptions(rooms.Indoors):
    kind: Literal["living", "bedroom"] = Field("living", description="A living room with a sofa, or a bedroom.")
    colour: Tint = Field("#8fa3a0", description="Of sofa or bedding.")
    wall: Tint = Field("#e9e2d6", description="Of the wall.")
    stand: Literal["oak", "walnut", "marble", "white", "rug"] = Field(
        "oak", description="A table of that material, or a rug on the floor."
    )


def paint_room(stage: Stage, options: RoomOptions) -> Picture:
    """A table or the floor before the room; the floor is a rug that runs up to the sofa."""
    edge = stage.behind(*TABLE_END)
    room = surfaces.enlarged_smoothly(_room(stage.smaller(760), options, edge), stage)
    if options.stand == "rug":
        return _on_rug(stage, options, room, edge)
    level = surfaces.level(stage, edge)
    drawn = surfaces.top(stage, options.stand, tint("#efece6"), level)
    brightness = rooms.HOURS[options.time].table
    return surfaces.before(stage, room, edge, drawn, level, brightness, rooms.side_of(options))


def _on_rug(stage: Stage, options: RoomOptions, room: Picture, edge: float) -> Picture:
    """A woven rug beneath the subject, out of focus towards the room."""
    level = surfaces.level(stage, edge)
    hour = rooms.HOURS[options.time]
    along, away, foot = level.along, level.away, level.foot
    weave = noise(stage, "weave", along * 34, away * 90, 3, 0.7, foot * 40)
    tuft = noise(stage, "tuft", along * 9, away * 14, 4, 0.6, foot * 14)
    wool = full(stage, tint("#ddd3c4"))[level.row :] * np.exp(0.05 * weave + 0.05 * tuft)[..., None]
    return surfaces.before(
        stage, room, edge, (wool.astype(np.float32), 0.0), level, hour.table, rooms.side_of(options), soft=0.02
    )


def _room(stage: Stage, options: RoomOptions, edge: float) -> Picture:
    hour, side = rooms.HOURS[options.time], rooms.side_of(options)
    half = stage.aspect / 2
    radius = (0.010 + 0.028 * options.blur) * stage.size.height
    skirting = edge - 0.06
    x, y = grid(stage)
    wall = Layer(stage)
    plaster = 1 + 0.015 * noise(stage, "plaster", x * 4, y * 4, 4)
    wall.paint[..., :3], wall.paint[..., 3] = tint(options.wall) * plaster[..., None], 1
    wall.box(-half - 0.1, skirting - 0.035, half + 0.1, skirting, tint("#f4f1ea"), falling(1.05, 0.9))
    wall.box(-half - 0.1, skirting, half + 0.1, 1.2, tint("#a87c50"), falling(0.8, 1.0))
    wide = min(0.36, half * 0.42)
    pane = side * (half - wide * 0.72)
    _pictures(wall, options, -side * half * 0.42, edge - 0.62, side)
    falls = rooms.falls(stage, options, edge)
    wall.lit(falls)
    rooms.window(wall, options, pane - wide, edge - 1.05, pane + wide, edge - 0.24, 3)
    picture = wall.over(full(stage, tint("#000000")), radius)
    lamp_x, lamp_y = -side * half * 0.80, edge - 0.50
    lamp = hour.lamps * np.exp(-np.hypot((x - lamp_x) / 0.42, (y - lamp_y) / 0.40))
    picture = (picture + tint(options.wall) * tint("#ffcf9c", 0.75) * lamp[..., None]).astype(np.float32)

    things = Layer(stage)
    linen = mix(tint("#efe9de"), tint(options.colour), 0.22)
    inner = pane - side * (wide + 0.02)
    left, right = sorted((inner, inner - side * 0.16))
    rooms.curtain(things, left, right, skirting + 0.02, linen * 0.95, "curtain")
    left, right = sorted((side * (half + 0.1), pane + side * (wide - 0.05)))
    rooms.curtain(things, left, right, skirting + 0.02, linen, "curtain2")
    things.box(lamp_x - 0.008, lamp_y, lamp_x + 0.008, edge + 0.1, tint("#8f6c3f"), upright(side))
    rooms.plant(things, pane - side * (wide + 0.12), edge + 0.02, 0.44, side, tint("#d9d2c6"))
    (_sofa if options.kind == "living" else _bed)(things, options, edge, side)
    things.lit(falls + tint("#ffbf78", 0.35) * lamp[..., None])
    shade = tint("#ffe2b4", 0.40 + 0.95 * hour.lamps)
    things.shape(
        [
            (lamp_x - 0.085, lamp_y - 0.16),
            (lamp_x + 0.085, lamp_y - 0.16),
            (lamp_x + 0.13, lamp_y),
            (lamp_x - 0.13, lamp_y),
        ],
        shade,
        lambda u, v: 0.75 + 0.5 * bump(v - 0.6, 0.45),
    )
    picture = things.over(picture, radius * 0.8)
    return rooms.bloom(stage, options, picture, pane, edge - 0.6, 0.8, 0.20)


def _pictures(layer: Layer, options: RoomOptions, x: float, y: float, side: float) -> None:
    """Framed prints with soft shapes on them."""
    rng = layer.stage.rng("pictures")
    for offset, wide, tall in ((-0.17, 0.13, 0.18), (0.13, 0.11, 0.15)):
        middle, up = x + offset, y + rng.uniform(-0.03, 0.03)
        frame = tint(str(rng.choice(["#b98a58", "#2c2a28", "#c9a878"])))
        layer.box(
            middle - wide + 0.012, up - tall + 0.02, middle + wide + 0.014, up + tall + 0.02, tint(options.wall, 0.7)
        )
        layer.box(middle - wide, up - tall, middle + wide, up + tall, frame)
        layer.box(middle - wide + 0.013, up - tall + 0.013, middle + wide - 0.013, up + tall - 0.013, tint("#f4efe6"))
        for _ in range(3):
            tone = mix(
                tint(options.colour), tint(str(rng.choice(["#c98f6b", "#d9b98c", "#5c6b66"]))), float(rng.uniform())
            )
            reach = rng.uniform(0.3, 0.55) * wide
            layer.ball(
                middle + rng.uniform(-0.3, 0.3) * wide, up + rng.uniform(-0.3, 0.4) * tall, reach, reach * 1.1, tone
            )


def _cushion(layer: Layer, x: float, foot: float, reach: float, colour: Picture, side: float, turn: float) -> None:
    """A pillow leaning on what is behind it: bulging sides between drawn-out corners, puffed in the middle, turned a
    little by ``turn`` radians, with its shadow on what it leans on."""
    around = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    square = np.maximum(np.abs(np.cos(around)), np.abs(np.sin(around)))
    out = reach * (1 / square) * (1 - 0.13 * np.square(np.sin(2 * around)) - 0.10 * np.exp(-np.square(square - 1) * 60))
    along, down = out * np.cos(around), out * np.sin(around) * 0.80
    across = x + along * np.cos(turn) - down * np.sin(turn)
    drop = foot - 0.78 * reach + along * np.sin(turn) + down * np.cos(turn)

    def puffed(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        rim = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v))
        lit = 0.52 + 0.50 * bump(u - 0.5 - 0.22 * side, 0.48) * bump(v - 0.34, 0.52)
        return lit * (1 - 0.28 * smooth(0.10, 0.0, rim)) - 0.10 * bump(v - 0.06, 0.08) * bump(u - 0.5, 0.1)

    shadow = [(px - side * 0.20 * reach, py + 0.06 * reach) for px, py in zip(across, drop, strict=True)]
    layer.shape(shadow, colour * 0.28 + tint("#4a423a") * 0.5)
    layer.shape(list(zip(across, drop, strict=True)), colour * 1.25, puffed)


def _sofa(layer: Layer, options: RoomOptions, edge: float, side: float) -> None:
    """Back, seat, arms and cushions; cut off by the table in front."""
    half = layer.stage.aspect / 2
    colour = tint(options.colour)
    left, right = sorted((-side * (half + 0.15), side * half * 0.30))
    back = edge - 0.36
    middle = (left + right) / 2
    for start, end in ((left, middle), (middle, right)):
        layer.box(start + 0.006, back, end - 0.006, edge + 0.1, colour, falling(1.12, 0.72), 0.055)
    for start, end in ((left, middle), (middle, right)):
        layer.box(start + 0.006, edge - 0.16, end - 0.006, edge + 0.1, colour, falling(1.22, 0.62), 0.035)
    for end in (left, right):
        layer.box(end - 0.075, edge - 0.25, end + 0.075, edge + 0.1, colour, _arm(side), 0.06)
    rng = layer.stage.rng("cushions")
    tones = [tint("#efe6d8"), tint("#c98a62"), mix(colour, tint("#ffffff"), 0.4), tint("#d8b98a")]
    for index, share in enumerate((0.16, 0.31, 0.57)):
        x = left + (right - left) * share
        tone = tones[int(rng.integers(0, len(tones)))] if index else tones[0]
        _cushion(layer, x, edge - 0.13, 0.125 * rng.uniform(0.85, 1.1), tone, side, float(rng.normal(0, 0.16)))
    throw = left + (right - left) * (0.80 if side < 0 else 0.20)
    layer.box(throw - 0.07, back - 0.012, throw + 0.07, edge + 0.1, tint("#e6d9c4"), _arm(side), 0.02)


def _arm(side: float) -> Shade:
    return lambda u, v: (0.85 + 0.25 * smooth(-1, 1, side * (u * 2 - 1))) * (1.15 - 0.45 * v)


def _bed(layer: Layer, options: RoomOptions, edge: float, side: float) -> None:
    """An upholstered or wooden headboard, pillows in rows, a duvet in folds."""
    half = layer.stage.aspect / 2
    colour = tint(options.colour)
    left, right = sorted((-side * (half + 0.10), side * half * 0.40))
    head = edge - 0.50
    panels = 5
    for index in range(panels):
        start = left + (right - left) * index / panels
        end = left + (right - left) * (index + 1) / panels
        layer.box(start, head, end - 0.004, edge + 0.1, mix(colour, tint("#c9b79c"), 0.55), _arm(side), 0.02)
    rng = layer.stage.rng("pillows")
    for row, (reach, foot, tone) in enumerate(
        ((0.20, edge - 0.13, tint("#f6f2ea")), (0.155, edge - 0.10, colour), (0.12, edge - 0.07, tint("#e5d3ba")))
    ):
        for place in (0.27, 0.68) if row < 2 else (0.45,):
            x = left + (right - left) * place + float(rng.normal(0, 0.02))
            _cushion(layer, x, foot, reach, tone, side, float(rng.normal(0, 0.06)))

    def folded(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return 1.0 + 0.10 * np.sin(u * 31 + 3 * np.sin(v * 9)) - 0.15 * v

    layer.box(left - 0.1, edge - 0.115, right + 0.12, edge + 0.1, mix(tint("#f4f0e8"), colour, 0.10), folded, 0.05)
    layer.box(left - 0.1, edge - 0.05, right + 0.13, edge + 0.1, colour, folded, 0.03)


SCENES = (
    Scene(
        "room",
        "Living room",
        "A living room or bedroom out of focus, behind a table or a rug.",
        RoomOptions,
        paint_room,
        lambda o: (
            f"a {'rug' if o.stand == 'rug' else o.stand + ' table'} in a "
            + {"living": "living room with a", "bedroom": "bedroom with"}[o.kind]
            + f" {name_of(o.colour)} {'sofa' if o.kind == 'living' else 'bedding'} and {name_of(o.wall)} walls"
            + f" {rooms.HOURS[o.time].words}, window on the {o.light}"
            + rooms.focus(o)
        ),
        rooms.light_of,
        lambda o: True,
        2000,
        ends=TABLE_END,
    ),
)
