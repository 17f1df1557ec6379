"""Lights out of focus: bokeh in any colour, and a city street by night."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from imaging.scenes.base import Grainy, Light, Picture, Scene, Stage, Tint
from imaging.scenes.colours import name_of, shade
from imaging.scenes.tools import (
    add_disc,
    blurred,
    bump,
    full,
    glow,
    grid,
    mix,
    noise,
    smooth,
    softened,
    times,
    tint,
    vignette,
)

FLOOR_END = (0.10, 0.92, 0.45)  # where the glossy table ends, as Stage.behind takes it
HORIZON = (0.24, 0.66, 0.3)  # where the street ends, as Stage.behind takes it


class BokehOptions(Grainy):
    colour: Tint = Field("#d9a441", description="Of the lights.")
    behind: Tint = Field("#1f1512", description="Of the darkness behind them.")
    density: float = Field(0.5, ge=0, le=1, description="How many lights there are.")
    size: float = Field(0.45, ge=0, le=1, description="How large they are: how far out of focus.")
    floor: bool = Field(True, description="A dark glossy table that mirrors them.")


def paint_bokeh(stage: Stage, options: BokehOptions) -> Picture:
    """Three depths of lamps, the far ones large, dim and many; hue and brightness vary from lamp to lamp."""
    width, height = stage.size
    edge = stage.behind(*FLOOR_END) if options.floor else 1.0
    rng = stage.rng("lamps")
    lamp = tint(options.colour)
    lamp = lamp / max(float(lamp.max()), 0.02)
    dark = tint(options.behind)
    picture = full(stage, dark * 0.8)
    x, y = grid(stage)
    haze = bump(y - 0.42 * edge / 0.8, 0.42) * (0.7 + 0.3 * noise(stage, "haze", x * 1.3, y * 1.3, 2))
    picture = picture + (0.05 * lamp + 0.9 * dark) * np.clip(haze, 0, None)[..., None]
    radius = (0.018 + 0.062 * options.size) * height
    for depth, share, bright in ((1.5, 0.35, 0.05), (1.0, 0.45, 0.16), (0.62, 0.30, 0.34)):
        layer = np.zeros_like(picture)
        count = int((12 + 120 * options.density) * share * max(0.6, stage.aspect) * (1.25 - 0.5 * options.size))
        for _ in range(count):
            at_x, at_y = rng.uniform(-0.05, 1.05), np.clip(rng.normal(0.46, 0.25), -0.05, 1.02)
            warm = np.clip(lamp * np.exp(rng.normal(0, 0.16, 3).astype(np.float32)), 0, 1.2)
            warm = mix(warm, np.ones(3, np.float32), float(rng.beta(1.2, 7)))
            light = warm * bright * float(rng.lognormal(-0.1, 0.65))
            reach = radius * depth * rng.uniform(0.86, 1.12)
            off = float(np.hypot(at_x - 0.5, (at_y - 0.5)) * 1.5)
            add_disc(layer, at_x * width, at_y * edge * height, reach, light, squeeze=float(np.clip(off, 0, 1)))
        picture = picture + layer
    if options.floor:
        picture = _mirrored(stage, picture, edge, dark)
    return times(picture, vignette(stage, 0.55))


def _mirrored(stage: Stage, picture: Picture, edge: float, dark: Picture) -> Picture:
    """A glossy dark table from row ``edge`` down, which mirrors what is above it, stretched and blurred."""
    height = stage.size.height
    row = int(edge * height)
    mirror = picture.copy()
    count = height - row
    source = np.clip(row - 1 - np.arange(count) * 1.6, 0, height - 1).astype(int)
    mirror[row:] = picture[source]
    mirror = softened(mirror, 0.010 * height, 0.045 * height)
    depth = np.clip((stage.y - edge) / max(1e-3, 1 - edge), 0, 1)
    table = mirror * (0.55 - 0.28 * depth)[..., None] + (0.5 * dark + 0.006) * (1 - 0.4 * depth)[..., None]
    soft = 0.006
    return mix(picture, table, np.broadcast_to(smooth(edge - soft, edge + soft, stage.y), picture.shape[:2]))


class CityOptions(Grainy):
    time: Literal["dusk", "night"] = Field("night", description="Blue hour, or dark night.")
    density: float = Field(0.6, ge=0, le=1, description="How many lights there are.")
    blur: float = Field(0.5, ge=0, le=1, description="How far out of focus the street is.")
    wet: bool = Field(True, description="A wet street that mirrors the lights.")


WARM, WHITE, RED, GREEN, BLUE, PINK = "#ffb45e", "#ffe9cf", "#ff2d20", "#3dffb0", "#5aa6ff", "#ff5ac0"


def paint_city(stage: Stage, options: CityOptions) -> Picture:
    """A street that runs away from the camera: lamps in rows, windows above, traffic below; then the lens blurs it."""
    width, height = stage.size
    rng = stage.rng("street")
    horizon = stage.behind(*HORIZON)
    flee = stage.centre + rng.uniform(-0.25, 0.25)  # where the street vanishes
    picture = _street(stage, options, horizon, flee)
    radius = (0.008 + 0.030 * options.blur) * height
    picture = blurred(picture, radius * 1.4)
    lights = np.zeros_like(picture)
    share = 0.35 + 1.3 * options.density

    def lamp(x: float, y: float, colour: str, light: float, grow: float = 1.0) -> None:
        at_x, at_y = (x / stage.aspect + 0.5) * width, y * height
        off = float(np.hypot(x / stage.aspect * 2, (y - 0.5) * 2))
        add_disc(lights, at_x, at_y, radius * grow, tint(colour, light), 0.3, float(np.clip(off * 0.7, 0, 0.9)))

    for side in (-1, 1):
        for _ in range(int(9 * share)):  # street lamps on both sides, in perspective
            near = rng.uniform(0.06, 1.0) ** 1.6
            lamp(flee + side * (0.04 + 0.75 * near), horizon - 0.02 - 0.42 * near, WARM, 0.9 + near, 0.9 + 0.35 * near)
        for _ in range(int(46 * share)):  # windows and signs
            near = rng.uniform(0.1, 1.1)
            colour = rng.choice(
                [WARM, WHITE, WARM, WHITE, BLUE, PINK, RED, GREEN], p=[0.3, 0.25, 0.12, 0.1, 0.08, 0.05, 0.06, 0.04]
            )
            y = horizon - rng.beta(1.1, 2.2) * (0.12 + 0.62 * near)
            lamp(flee + side * (0.08 + 0.72 * near), y, colour, 0.12 * rng.lognormal(0, 0.6), rng.uniform(0.8, 1.05))
        for _ in range(int(12 * share)):  # headlamps come, tail lamps go
            near = rng.uniform(0.03, 0.8) ** 1.5
            x, y = flee + side * (0.03 + 0.42 * near), horizon + 0.012 + 0.10 * near
            for twin in (-1, 1):
                lamp(
                    x + twin * 0.05 * near, y, WHITE if side < 0 else RED, 1.0 if side < 0 else 0.8, 0.75 + 0.35 * near
                )
    picture = picture + lights
    if options.wet:
        picture = _wet(stage, picture, horizon + 0.03)
    picture = picture + softened(np.minimum(picture, 2.0), 0.05 * height) * 0.16
    return times(picture, vignette(stage, 0.5))


def _street(stage: Stage, options: CityOptions, horizon: float, flee: float) -> Picture:
    """Sky, house fronts and road, without a lamp."""
    x, y = grid(stage)
    dusk = options.time == "dusk"
    top, low = (tint("#24365f"), tint("#b98a92")) if dusk else (tint("#070b18"), tint("#1d2238"))
    picture = mix(full(stage, top), low, smooth(-0.1, horizon, y))
    away = np.abs(x - flee)
    step = np.floor(away * 9 + 0.3) + 40 * (x > flee)
    rng = stage.rng("houses")
    roofs = rng.uniform(0.75, 1.2, 200).astype(np.float32)
    roof = horizon - (0.10 + 0.75 * away) * roofs[step.astype(int) % 200]
    front = tint("#2a2b3d") if dusk else tint("#12131f")
    lit = noise(stage, "fronts", x * 14, y * 18, 2)
    house = front * (1 + 0.8 * np.clip(lit, -1, 2))[..., None] + tint(WARM, 0.035) * np.clip(lit, 0, 2)[..., None]
    picture = mix(picture, house, ((y > roof) & (y < horizon + 0.03)).astype(np.float32))
    road = tint("#2c2d38") if dusk else tint("#14151c")
    road_light = 1 + 1.4 * glow(stage, flee, horizon + 0.05, 0.5, 0.18)
    return mix(picture, full(stage, road) * road_light[..., None], smooth(horizon + 0.02, horizon + 0.04, y))


def _wet(stage: Stage, picture: Picture, edge: float) -> Picture:
    """A wet road mirrors the street in long streaks."""
    height = stage.size.height
    row = min(height - 1, int(edge * height))
    source = np.clip(row - 1 - np.arange(height - row) * 1.15, 0, height - 1).astype(int)
    mirror = picture.copy()
    mirror[row:] = picture[source]
    mirror = softened(mirror, 0.006 * height, 0.055 * height)
    x, y = grid(stage)
    ripple = noise(stage, "wet", x * 9, y * 40, 3)
    share = smooth(edge, edge + 0.05, y) * np.clip(0.62 + 0.13 * ripple, 0.2, 0.95) * (1 - 0.35 * smooth(edge, 1.1, y))
    return picture * (1 - 0.3 * share)[..., None] + mirror * share[..., None]


def _amount(density: float) -> str:
    return "few" if density < 0.3 else "many" if density > 0.7 else "some"


SCENES = (
    Scene(
        "bokeh",
        "Bokeh lights",
        "Discs of light far out of focus, in any colour, over a dark glossy table or none.",
        BokehOptions,
        paint_bokeh,
        lambda o: (
            f"{_amount(o.density)} {'large' if o.size > 0.65 else 'small' if o.size < 0.25 else 'round'} "
            f"{name_of(o.colour)} bokeh lights on {name_of(o.behind)}"
            + (" above a glossy dark table" if o.floor else "")
        ),
        lambda o, seed: Light(180, 35, shade("#ffffff", o.colour, 0.6), shade("#56595e", o.behind, 0.6), 0.9, 0.25),
        lambda o: o.floor,
        ends=FLOOR_END,
        gloss=lambda o: 0.25,
    ),
    Scene(
        "city",
        "City by night",
        "A street with its lamps, windows and traffic out of focus.",
        CityOptions,
        paint_city,
        lambda o: (
            f"a city street {'at dusk' if o.time == 'dusk' else 'at night'} with {_amount(o.density)} bokeh lights"
            + (" mirrored in the wet road" if o.wet else "")
            + (", far out of focus" if o.blur > 0.7 else "")
        ),
        lambda o, seed: Light(180, 35, "#ffd9a8", "#5a6699" if o.time == "dusk" else "#303a5c", 0.85, 0.3),
        lambda o: True,
        ends=HORIZON,
        gloss=lambda o: 0.2 if o.wet else 0.0,
    ),
)
