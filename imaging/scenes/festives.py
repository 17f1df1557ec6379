"""Festive: a fir with baubles and lights, or a party with balloons and confetti, out of focus behind a table."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from imaging.scenes import surfaces
from imaging.scenes.base import TABLE_END, Grainy, Light, Picture, Plane, Scene, Stage, Tint
from imaging.scenes.colours import name_of, shade
from imaging.scenes.layers import Layer
from imaging.scenes.tools import BAND, add_disc, bump, full, grid, mix, noise, smooth, softened, tint
from imaging.tiles import on_cores


class FestiveOptions(Grainy):
    kind: Literal["christmas", "party"] = Field("christmas", description="Fir and baubles, or balloons and confetti.")
    colour: Tint = Field("#b3262e", description="Of baubles, or of the first balloons.")
    behind: Tint = Field("#3a2418", description="Of the room behind.")
    table: Literal["oak", "walnut", "white", "black"] = Field("walnut", description="What the subject stands on.")
    lights: float = Field(0.55, ge=0, le=1, description="How many lights there are.")
    fallen: float = Field(0.35, ge=0, le=1, description="How much snow, or confetti at a party, lies about and falls.")
    blur: float = Field(0.5, ge=0, le=1, description="How far out of focus the room is.")


def paint_festive(stage: Stage, options: FestiveOptions) -> Picture:
    """Lights far behind, fir or balloons nearer, then the table with what has fallen on it."""
    edge = stage.behind(*TABLE_END)
    paint = _christmas if options.kind == "christmas" else _party
    room = surfaces.enlarged_smoothly(paint(stage.smaller(900), options, edge), stage)
    level = surfaces.level(stage, edge)
    own, gloss = surfaces.top(stage, options.table, tint("#efedea" if options.table == "white" else "#1c1a1a"), level)
    bright = 0.45 + 0.9 * float(tint(options.behind).max())
    if options.kind == "christmas":
        if options.fallen > 0:
            own = _snowed(stage, options, own, level)
        return surfaces.before(stage, room, edge, (own, gloss), level, min(bright, 0.85))

    def finish(picture: Picture) -> Picture:
        return _scattered(stage, options, picture, edge, min(1.0, bright + 0.15))

    return surfaces.before(stage, room, edge, (own, gloss), level, min(bright, 0.85), finish=finish)


def _back(stage: Stage, options: FestiveOptions, edge: float, radius: float) -> Picture:
    """The dim room and its lights: many small and far, some nearer and brighter."""
    x, y = grid(stage)
    behind = tint(options.behind)
    warm = tint("#ffb765")
    picture = full(stage, behind) * (0.55 + 0.55 * bump(x - stage.centre, 0.75) * bump(y - edge + 0.35, 0.5))[..., None]
    picture = picture + warm * (0.05 * options.lights * bump(y - edge + 0.3, 0.35))[..., None]
    rng = stage.rng("lights")
    width, height = stage.size
    for grow, share, bright in ((1.5, 0.30, 0.06), (1.05, 0.45, 0.20), (0.75, 0.25, 0.5)):
        for _ in range(int((10 + 110 * options.lights) * share * max(0.7, stage.aspect))):
            at_x, at_y = rng.uniform(-0.03, 1.03), edge * rng.beta(1.5, 1.35)
            tone = mix(warm, np.ones(3, np.float32), float(rng.beta(1.3, 5)))
            off = float(np.hypot(at_x - 0.5, at_y - 0.5) * 1.4)
            light = tone * bright * float(rng.lognormal(-0.1, 0.5))
            add_disc(
                picture, at_x * width, at_y * height, radius * grow, light, 0.3, float(np.clip(off - 0.15, 0, 0.8))
            )
    return picture.astype(np.float32)


def _christmas(stage: Stage, options: FestiveOptions, edge: float) -> Picture:
    """A decorated fir to one side, fir branches with baubles that hang in from above, snow that falls."""
    radius = (0.009 + 0.022 * options.blur) * stage.size.height
    half = stage.aspect / 2
    side = 1 if stage.rng("side").uniform() < 0.5 else -1
    picture = _back(stage, options, edge, radius)
    tree = Layer(stage)
    _tree(tree, options, side * half * 0.66, edge + 0.05, min(1.05, edge + 0.2), min(0.46, half * 0.7))
    picture = tree.over(picture, radius * 0.95)
    near = Layer(stage)
    for index, (start, end) in enumerate(((-1.05, -0.42), (-0.95, -0.80), (1.05, 0.45), (0.92, 0.84))):
        drop = 0.20 if index % 2 == 0 else 0.34
        _branch(near, start * half, -0.05, end * half, drop, f"branch{index}")
        reach = 0.045 + 0.012 * (index % 2)
        _bauble(near, end * half * 1.08, drop + 0.06, reach, _tone(options, index))
    near.lit(np.broadcast_to(0.62 + 0.75 * smooth(0.0, 0.40, stage.y), near.paint.shape[:2]))
    picture = near.over(picture, radius * 0.45)
    rng = stage.rng("flakes")
    for _ in range(int(90 * options.fallen * max(0.7, stage.aspect))):
        reach = radius * float(rng.uniform(0.12, 0.55))
        at_x, at_y = rng.uniform(0, stage.size.width), rng.uniform(0, edge) * stage.size.height
        add_disc(picture, at_x, at_y, max(0.8, reach), tint("#dfe8f5", 0.22 * float(rng.uniform(0.4, 1))), 0)
    return picture


def _tone(options: FestiveOptions, index: int) -> Picture:
    """Baubles: the chosen colour, gold, the colour paler."""
    tones = (options.colour, "#c9963c", options.colour, shade(options.colour, "#ffffff", 0.5), "#b8b9bd")
    return tint(tones[index % len(tones)])


def _needles(layer: Layer, segments: Plane, colour: Picture, thick: int) -> None:
    """Straight needles of one tone, ``(n, 4)``: x and y of each one's ends."""
    stage = layer.stage
    height, width = stage.size.height, stage.size.width
    drawn = np.zeros((height, width), np.uint8)
    ends = segments.reshape(-1, 2, 2).astype(np.float32)
    ends[..., 0] = (ends[..., 0] / stage.aspect + 0.5) * width
    ends[..., 1] *= height
    cv2.polylines(drawn, list((ends * 16).astype(np.int32)), False, 255, thick, cv2.LINE_AA, 4)
    left, top, wide, high = cv2.boundingRect(drawn)
    opaque = np.append(colour, 1).astype(layer.paint.dtype)

    def lay(row: int) -> None:
        at = slice(row, min(row + BAND, top + high)), slice(left, left + wide)
        inside = (drawn[at].astype(np.float32) / 255)[..., None]
        layer.paint[at] += (opaque - layer.paint[at]) * inside

    on_cores(lay, range(top, top + high, BAND))


GREENS = ("#0d1a12", "#182d1e", "#274530", "#446650")


def _branch(layer: Layer, x: float, y: float, end_x: float, end_y: float, key: str) -> None:
    """A fir branch: a stem that sags, side twigs, needles in four tones from dark to lit."""
    rng = layer.stage.rng(key)
    steps = np.linspace(0, 1, 26)
    stem = [(x + (end_x - x) * s, y + (end_y - y) * s**1.5) for s in steps]
    thick = max(1, round(0.0025 * layer.stage.size.height))
    twigs = [stem]
    heading = float(np.arctan2(end_y - y, end_x - x))
    for index in range(4, 25, 3):
        for turn in (-1, 1):
            angle = heading + turn * rng.uniform(0.55, 0.9)
            long = 0.20 * (1.15 - steps[index]) * rng.uniform(0.7, 1.1)
            sx, sy = stem[index]
            twig = np.linspace(0, long, 12)
            twigs.append([(sx + np.cos(angle) * t, sy + np.sin(angle) * t + 0.25 * t * t) for t in twig])
    ends = np.array([[*one, *other] for twig in twigs for one, other in pairwise(twig)])
    for tone, share in zip(GREENS, (14, 7, 3, 1), strict=True):
        ax, ay, bx, by = np.repeat(ends, share, axis=0).T
        t, aside = rng.uniform(0, 1, len(ax)), rng.choice([-1, 1], len(ax)) * rng.uniform(0.35, 1.0, len(ax))
        px, py = ax + (bx - ax) * t, ay + (by - ay) * t
        along, reach = np.arctan2(by - ay, bx - ax) + aside, rng.uniform(0.018, 0.034, len(ax))
        tips = px + np.cos(along) * reach, py + np.sin(along) * reach
        _needles(layer, np.stack([px, py, *tips], 1), tint(tone), thick)


def _tree(layer: Layer, options: FestiveOptions, x: float, foot: float, tall: float, wide: float) -> None:
    """A fir: tiers of drooping needles, wider towards the foot, hung with baubles and small lights."""
    rng = layer.stage.rng("tree")
    thick = max(1, round(0.0045 * layer.stage.size.height))
    for tone, count in zip(GREENS, (2600, 1500, 700, 220), strict=True):
        down = np.sqrt(rng.uniform(0, 1, count))
        across = rng.uniform(-1, 1, count) * down
        tier = np.mod(down * 8, 1)
        px, py = x + across * wide * (0.78 + 0.25 * tier), foot - tall * (1 - down)
        angle = np.pi / 2 - across / np.maximum(down, 0.1) * 0.95 + rng.normal(0, 0.25, count)
        long = rng.uniform(0.025, 0.055, count)
        _needles(layer, np.stack([px, py, px + np.cos(angle) * long, py + np.sin(angle) * long], 1), tint(tone), thick)
    for index in range(16):
        share = float(rng.uniform(0.2, 0.95))
        _bauble(
            layer,
            x + float(rng.uniform(-0.85, 0.85)) * share * wide,
            foot - tall * (1 - share),
            float(rng.uniform(0.020, 0.030)),
            _tone(options, index),
        )
    for _ in range(int(20 + 70 * options.lights)):
        share = float(np.sqrt(rng.uniform(0.02, 1)))
        at = x + float(rng.uniform(-1, 1)) * share * wide * 0.95
        layer.lamp(
            at, foot - tall * (1 - share), tint("#ffc877", 0.55 * float(rng.lognormal(0, 0.45))), rng.uniform(0.45, 0.8)
        )


def _bauble(layer: Layer, x: float, y: float, reach: float, colour: Picture) -> None:
    """A glossy ball: dark towards its rim, a window's highlight, warm light from below."""

    def glossy(u: Plane, v: Plane) -> Plane:
        out = np.hypot(u - 0.5, v - 0.5) * 2
        lit = 0.95 - 0.70 * np.square(out) + 0.55 * bump(u - 0.36, 0.22) * bump(v - 0.34, 0.22)
        return (
            lit + 0.30 * bump(out - 0.8, 0.14) * smooth(0.5, 0.9, v) + 2.2 * bump(u - 0.34, 0.07) * bump(v - 0.30, 0.09)
        )

    layer.box(x - 0.0022, y - reach - 0.07, x + 0.0022, y - reach, tint("#8a6a35"))
    layer.box(x - reach * 0.20, y - reach * 1.16, x + reach * 0.20, y - reach * 0.92, tint("#c9a04c", 0.9))
    layer.ball(x, y, reach, reach, colour * 0.95, glossy)


def _party(stage: Stage, options: FestiveOptions, edge: float) -> Picture:
    """Balloons in bunches to both sides, lights behind, confetti in the air."""
    radius = (0.009 + 0.022 * options.blur) * stage.size.height
    half = stage.aspect / 2
    picture = _back(stage, options, edge, radius)
    rng = stage.rng("balloons")
    for depth, count, blur in ((0.7, 7, 1.1), (1.0, 5, 0.7)):
        layer = Layer(stage)
        for index in range(count):
            place = 1 if index % 2 else -1
            x = place * half * float(rng.uniform(0.45, 1.0))
            y = edge - 0.42 + float(rng.normal(0, 0.17))
            _balloon(layer, x, y, 0.105 * depth * float(rng.uniform(0.85, 1.15)), _paper(options, rng), edge)
        picture = layer.over(picture, radius * blur)
    air = Layer(stage)
    for _ in range(int(150 * options.fallen * max(0.7, stage.aspect))):
        x, y, turn = rng.uniform(-half, half), rng.uniform(-0.05, edge), rng.uniform(0, 3.1)
        reach, thin = rng.uniform(0.006, 0.015), rng.uniform(0.25, 0.9)
        dx, dy = np.cos(turn) * reach, np.sin(turn) * reach
        corners = [
            (x + dx - dy * thin, y + dy + dx * thin),
            (x + dx + dy * thin, y + dy - dx * thin),
            (x - dx + dy * thin, y - dy - dx * thin),
            (x - dx - dy * thin, y - dy + dx * thin),
        ]
        air.shape(corners, _paper(options, rng) * float(rng.uniform(0.5, 1.15)))
    return air.over(picture, radius * 0.35)


def _paper(options: FestiveOptions, rng: np.random.Generator) -> Picture:
    """A colour of the party: mostly the chosen one, its paler kin, gold, white."""
    tones = [options.colour, options.colour, shade(options.colour, "#ffffff", 0.45), "#d9a441", "#f4efe6"]
    return tint(str(rng.choice(tones)))


def _balloon(layer: Layer, x: float, y: float, reach: float, colour: Picture, edge: float) -> None:
    """An egg with a knot and a string, lit from above left, with light that shines through at its rim."""

    def rubber(u: Plane, v: Plane) -> Plane:
        out = np.hypot(u - 0.5, v - 0.5) * 2
        lit = 0.80 + 0.30 * smooth(0.9, 0.1, u * 0.5 + v * 0.5) - 0.38 * np.square(out) * smooth(0.2, 0.9, v)
        return lit + 0.9 * bump(u - 0.33, 0.09) * bump(v - 0.27, 0.12) + 0.10 * smooth(0.75, 0.98, out)

    layer.box(x - 0.0018, y + reach, x + 0.0018, edge + 0.1, tint("#cfc6b8", 0.4))
    layer.shape([(x - 0.012, y + reach * 1.30), (x + 0.012, y + reach * 1.30), (x, y + reach * 1.12)], colour * 0.7)
    layer.ball(x, y, reach, reach * 1.20, colour, rubber)


def _snowed(stage: Stage, options: FestiveOptions, own: Picture, level: surfaces.Plain) -> Picture:
    """Snow on the table: patches with soft edges that sparkle, more of it away from the subject."""
    along, away = level.along, level.away
    drift = noise(stage, "drift", along * 0.9, away * 1.1, 4, 0.5)
    fine = noise(stage, "fine", along * 26, away * 26, 4, 0.75, level.foot * 18)
    crystal = noise(stage, "crystal", along * 85, away * 85, 3, 0.8, level.foot * 60)
    clear = 1.5 * bump(level.x - stage.centre, 0.34)
    cover = drift - clear + 3.4 * options.fallen - 1.7
    share = smooth(-0.7, 1.9, cover + 0.6 * fine + 0.5 * crystal)
    specks = 0.85 * smooth(1.7 - options.fallen, 2.9 - options.fallen, 0.8 * fine + 0.35 * drift + 0.9 * crystal)
    lump = noise(stage, "lump", along * 5, away * 5, 4, 0.55, level.foot * 5)
    snow = tint("#e9eff8") * np.exp(0.05 * lump + 0.03 * fine + 0.06 * crystal)[..., None] * np.float32(1.5)
    return mix(own, snow.astype(np.float32), np.clip(np.maximum(share, specks), 0, 1).astype(np.float32))


def _scattered(stage: Stage, options: FestiveOptions, picture: Picture, edge: float, bright: float) -> Picture:
    """Confetti that lies on the table in perspective, each piece with its shadow, some foil that glints."""
    rng = stage.rng("confetti")
    height, width = stage.size.height, stage.size.width
    cast = np.zeros((height, width), np.uint8)
    pieces = []
    for _ in range(int(420 * options.fallen * max(0.7, stage.aspect))):
        x, y = rng.uniform(-0.52, 0.52) * stage.aspect, edge + (1.03 - edge) * rng.beta(1.15, 1.0)
        near = (y - edge + surfaces.RISE) / (1 - edge + surfaces.RISE)
        reach = 0.0125 * near * float(rng.uniform(0.8, 1.2))
        turn, squash = rng.uniform(0, 2 * np.pi), 0.34 + 0.2 * near
        count = 18 if rng.uniform() < 0.55 else 4
        angles = turn + np.arange(count) * 2 * np.pi / count
        tall = 1.0 if count == 18 else float(rng.uniform(0.5, 1.0))
        ring = np.stack([np.cos(angles) * reach, np.sin(angles) * reach * squash * tall], 1)
        corners = np.stack([((x + ring[:, 0]) / stage.aspect + 0.5) * width, (y + ring[:, 1]) * height], 1)
        pieces.append((y, corners, _paper(options, rng) * bright * float(rng.choice([0.75, 0.95, 1.1, 1.5]))))
    pieces.sort(key=lambda piece: piece[0])
    for _, corners, _ in pieces:
        moved = corners + np.array([0.0022, 0.0026]) * height
        cv2.fillConvexPoly(cast, (moved * 16).astype(np.int32), 255, cv2.LINE_AA, 4)
    picture *= (1 - 0.5 * softened(cast.astype(np.float32) / 255, 0.0016 * height))[..., None]
    for _, corners, colour in pieces:
        cv2.fillConvexPoly(
            picture, (corners * 16).astype(np.int32), tuple(float(level) for level in colour), cv2.LINE_8, 4
        )
    return picture


def _amount(share: float) -> str:
    return "few" if share < 0.3 else "many" if share > 0.7 else "some"


def _caption(options: FestiveOptions) -> str:
    table = f"{'an' if options.table == 'oak' else 'a'} {options.table} table"
    if options.kind == "christmas":
        what = f"fir branches and {name_of(options.colour)} baubles"
        lies = "" if options.fallen < 0.02 else " with a little snow" if options.fallen < 0.5 else " covered in snow"
    else:
        what = f"{name_of(options.colour)} balloons at a party"
        lies = "" if options.fallen < 0.02 else " with confetti" if options.fallen < 0.6 else " full of confetti"
    focus = ", far out of focus" if options.blur > 0.7 else ""
    return f"{table}{lies} before {what}, {_amount(options.lights)} lights on {name_of(options.behind)}{focus}"


SCENES = (
    Scene(
        "festive",
        "Festive",
        "A table before a fir with baubles and lights, or before balloons and confetti.",
        FestiveOptions,
        paint_festive,
        _caption,
        lambda o, seed: Light(-45, 50, "#ffd9a0", shade("#56595e", o.behind, 0.6), 0.75, 0.4),
        lambda o: True,
        2000,
        ends=TABLE_END,
    ),
)
