"""What rooms out of focus share: the light of an hour indoors, windows, curtains, shelves, plants, lamps, crockery."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field

from imaging.scenes.base import Grainy, Light, Picture, Plane, Side, Stage, from_side
from imaging.scenes.layers import Layer, aslant, falling, upright
from imaging.scenes.tools import bump, grid, mix, smooth, tint

DayTime = Literal["morning", "day", "evening"]


class Indoors(Grainy):
    time: DayTime = Field("day", description="Low warm sun, daylight, or lamps in the evening.")
    light: Side = Field("left", description="Where the window is.")
    blur: float = Field(0.55, ge=0, le=1, description="How far out of focus the room is.")


@dataclass(frozen=True)
class Hour:
    """Light indoors: what the window shows, what falls in through it, and what fills the room."""

    outside: str
    bright: float
    key: str
    level: float
    fill: str
    filled: float
    lamps: float
    table: float
    words: str


HOURS: dict[str, Hour] = {
    "morning": Hour("#ffeccb", 1.5, "#ffdcae", 1.0, "#cfc4bb", 0.40, 0.5, 0.84, "in the morning sun"),
    "day": Hour("#f3f8ff", 1.4, "#fffaf2", 0.85, "#d2d6da", 0.52, 0.3, 0.84, "in daylight"),
    "evening": Hour("#46547c", 0.40, "#ffcb96", 0.70, "#8a6f60", 0.30, 1.0, 0.62, "in the evening"),
}


def side_of(options: Indoors) -> float:
    """-1 where the window is to the left, 1 where to the right."""
    return 1.0 if options.light == "right" else -1.0


def light_of(options: Indoors, seed: int) -> Light:
    """The window's light from behind and the side; in the evening lamps from above."""
    hour = HOURS[options.time]
    if options.time == "evening":
        return Light(from_side(options.light, 30), 58, "#ffd2a0", "#6f5646", 0.7, 0.5)
    low = options.time == "morning"
    return Light(
        from_side(options.light, 120), 28 if low else 40, hour.key, hour.fill, 0.5 if low else 0.7, 0.5 if low else 0.4
    )


def focus(options: Indoors) -> str:
    """How a caption ends where the room is far out of focus, or where it is hardly so."""
    return ", far out of focus" if options.blur > 0.7 else ", slightly out of focus" if options.blur < 0.25 else ""


def falls(stage: Stage, options: Indoors, eye: float) -> Picture:
    """The light on a wall across the room, ``(h, w, 3)``: it enters at the window's side and falls off."""
    hour, side = HOURS[options.time], side_of(options)
    x, y = grid(stage)
    half = stage.aspect / 2
    across = smooth(-1.15, 1.0, side * x / half)
    if options.time == "evening":
        pools = 0.55 * bump(x + side * 0.45 * half, 0.55) + 0.45 * bump(x - side * 0.5 * half, 0.5)
        share = 0.30 + pools * bump(y - eye + 0.16, 0.42)
    else:
        share = 0.18 + 0.95 * across - 0.16 * smooth(eye - 0.3, eye - 0.9, y)
    fill = tint(hour.fill, hour.filled)
    return (tint(hour.key, hour.level) * share[..., None] + fill).astype(np.float32)


def bloom(stage: Stage, options: Indoors, picture: Picture, x: float, y: float, wide: float, share: float) -> Picture:
    """The window's glare, spread by the lens around ``(x, y)``."""
    hour = HOURS[options.time]
    if options.time == "evening":
        return picture
    near = bump(np.hypot(stage.x - x, (stage.y - y) * 0.8), wide)
    return (picture + tint(hour.outside, share) * near[..., None]).astype(np.float32)


def window(
    layer: Layer, options: Indoors, left: float, top: float, right: float, bottom: float, panes: int = 2
) -> None:
    """A window with its frame; what it shows is bright sky over a hint of green, or blue dusk with far lights."""
    hour = HOURS[options.time]
    rng = layer.stage.rng("window")
    layer.box(left - 0.02, top - 0.02, right + 0.02, bottom + 0.02, tint("#efece6", 0.7))
    glass = tint(hour.outside, hour.bright)
    layer.box(left, top, right, bottom, glass, falling(0.75, 1.15))
    day = options.time != "evening"
    for _ in range(16):  # trees or bushes outside
        x, y = rng.uniform(left, right), bottom - abs(rng.normal(0, 0.09)) * (bottom - top + 0.1)
        reach = rng.uniform(0.02, 0.06)
        leaf = tint("#a9c583", 0.95) if day else tint("#26324f", 0.35)
        layer.ball(
            float(np.clip(x, left + reach, right - reach)),
            y,
            reach,
            reach,
            mix(leaf, glass, float(rng.uniform(0, 0.6))),
        )
    frame = tint("#f4f1ea", 0.75 if day else 0.25)
    layer.box(left - 0.02, bottom, right + 0.02, bottom + 0.12, tint("#efece6", 0.6 if day else 0.12))
    for pane in range(1, panes):
        x = left + (right - left) * pane / panes
        layer.box(x - 0.011, top, x + 0.011, bottom, frame)
    middle = top + (bottom - top) * 0.36
    layer.box(left, middle - 0.008, right, middle + 0.008, frame)
    layer.box(left - 0.05, bottom, right + 0.05, bottom + 0.022, frame * 1.3)
    if not day:
        for _ in range(9):
            x, y = rng.uniform(left, right), rng.uniform(bottom - 0.3, bottom - 0.03)
            layer.lamp(
                x, y, tint(str(rng.choice(["#ffb45e", "#ffe0b0", "#ff8d5a"])), 0.25 * rng.lognormal(0, 0.4)), 0.6
            )


def curtain(layer: Layer, left: float, right: float, bottom: float, colour: Any, key: str) -> None:
    """Cloth that hangs from above the picture in upright folds."""
    rng = layer.stage.rng(key)
    x = left
    while x < right:
        wide = rng.uniform(0.018, 0.04)
        layer.box(
            x, -0.6, min(x + wide, right), bottom, colour, aslant(rng.uniform(0.55, 0.75), rng.uniform(0.95, 1.2))
        )
        x += wide


def plant(layer: Layer, x: float, foot: float, size: float, side: float, pot: Any, key: str = "plant") -> None:
    """A pot with leaves, brighter and yellower on the side of the light."""
    rng = layer.stage.rng(key)
    wide = 0.20 * size
    layer.box(x - wide, foot - 0.36 * size, x + wide, foot, pot, upright(side), 0.03 * size)
    for _ in range(46):
        angle, reach = rng.uniform(-1.25, 1.25), rng.beta(2, 1.6) * size * 0.62
        tip_x = x + np.sin(angle) * reach * 0.95
        tip_y = foot - 0.36 * size - np.cos(angle) * reach * 1.05 + 0.05 * size
        lit = float(np.clip(0.5 + 0.5 * side * np.sin(angle) + rng.normal(0, 0.2), 0, 1))
        leaf = mix(tint("#2f4d2a", 0.7), tint("#a5bd63", 1.0), lit)
        turn = angle + rng.normal(0, 0.7)
        long, slim = 0.13 * size * rng.uniform(0.7, 1.3), 0.045 * size * rng.uniform(0.8, 1.4)
        dx, dy = np.sin(turn), -np.cos(turn)
        points = [
            (tip_x - dx * long, tip_y - dy * long),
            (tip_x - dy * slim, tip_y + dx * slim),
            (tip_x + dx * long, tip_y + dy * long),
            (tip_x + dy * slim, tip_y - dx * slim),
        ]
        layer.shape(points, leaf)


def jar(
    layer: Layer, x: float, foot: float, wide: float, tall: float, colour: Any, side: float, lid: Any = None
) -> None:
    """A bottle, jar or cup: a lit cylinder, with a lid or neck if it has one."""
    layer.box(x - wide / 2, foot - tall, x + wide / 2, foot, colour, upright(side), 0.25 * wide)
    if lid is not None:
        layer.box(
            x - wide * 0.3, foot - tall * 1.16, x + wide * 0.3, foot - tall * 0.98, lid, upright(side), 0.1 * wide
        )


def pendant(layer: Layer, x: float, y: float, size: float, shade: Any, glow: Any, side: float) -> None:
    """A lamp that hangs from the ceiling: cord, bell, and the bulb that shines below it."""
    layer.box(x - 0.004, -0.6, x + 0.004, y - size * 0.7, tint("#2a2624"))
    bell = [
        (x - size * 0.16, y - size * 0.72),
        (x + size * 0.16, y - size * 0.72),
        (x + size * 0.62, y),
        (x - size * 0.62, y),
    ]
    layer.shape(bell, shade, upright(side))
    layer.ball(x, y, size * 0.6, size * 0.07, glow)


def books(layer: Layer, left: float, right: float, foot: float, tall: float, key: str, colours: list[str]) -> None:
    """Spines of all widths and heights between two places, with gaps; some lie."""
    rng = layer.stage.rng(key)
    x = left
    while x < right - 0.01:
        kind = rng.uniform()
        if kind < 0.12:
            x += rng.uniform(0.03, 0.09)
        elif kind < 0.20 and x + 0.13 < right:
            for step in range(int(rng.integers(2, 4))):
                layer.box(x, foot - 0.022 * (step + 1), x + 0.12, foot - 0.022 * step, _spine(rng, colours))
            x += 0.13
        else:
            wide = min(rng.uniform(0.012, 0.034), right - x)
            layer.box(x, foot - tall * rng.uniform(0.62, 0.96), x + wide, foot, _spine(rng, colours), aslant(1.1, 0.75))
            x += wide + 0.002


def _spine(rng: np.random.Generator, colours: list[str]) -> Plane:
    return tint(str(rng.choice(colours)), float(rng.uniform(0.6, 1.0)))
