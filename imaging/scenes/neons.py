"""Coloured light in a dark studio: two lamps, neon tubes on the wall, haze, and a glossy floor that mirrors them."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from imaging.scenes import surfaces
from imaging.scenes.base import Grainy, Light, Picture, Plane, Scene, Stage, Tint
from imaging.scenes.colours import name_of
from imaging.scenes.tools import blurred, grid, noise, smooth, softened, tint, vignette

FLOOR_END = (0.17, 0.86, 0.4)  # where the glossy floor ends before the wall, as Stage.behind takes it


class NeonOptions(Grainy):
    left: Tint = Field("#ff2d95", description="Of the light from the left.")
    right: Tint = Field("#2f6bff", description="Of the light from the right.")
    tube: Literal["ring", "bars", "arch", "none"] = Field("bars", description="Neon tubes on the wall.")
    haze: float = Field(0.4, ge=0, le=1, description="How much haze hangs in the light.")
    floor: bool = Field(True, description="A glossy dark floor that mirrors the light.")
    blur: float = Field(0.35, ge=0, le=1, description="How far out of focus the wall is.")


def paint_neon(stage: Stage, options: NeonOptions) -> Picture:
    """The wall a step behind the subject; the floor shows it again, stretched and dimmer."""
    edge = stage.behind(*FLOOR_END) if options.floor else 1.25
    wall = surfaces.enlarged_smoothly(_wall(stage.smaller(1100), options, edge), stage)
    if not options.floor:
        return wall * vignette(stage, 0.5)[..., None]
    level = surfaces.level(stage, edge)
    rough = noise(stage, "floor", level.along * 2.2, level.away * 2.2, 5, 0.65, level.foot * 2.2)
    dark = tint("#34343a") * np.exp(0.16 * rough)[..., None].astype(np.float32)
    lamps = surfaces.enlarged_smoothly(_lamps(stage.smaller(480), options, edge), stage)
    own = dark * lamps[level.row :] * 1.6
    return surfaces.before(stage, wall, edge, (own.astype(np.float32), 0.62), level, 0.85, soft=0.003)


def _lamps(stage: Stage, options: NeonOptions, edge: float) -> Picture:
    """The light of both lamps wherever it falls, ``(h, w, 3)``; each colour fully bright and pure."""
    x, y = grid(stage)
    half = stage.aspect / 2
    light = np.full((*x.shape, 3), 0.010, np.float32)
    for colour, place in ((options.left, -1), (options.right, 1)):
        away = np.square((x - place * half * 1.02) / (0.62 * half + 0.12)) + np.square((y - edge + 0.42) / 0.62)
        light += _bright(colour) * (0.95 * np.exp(-0.85 * away) + 0.10 / (1 + 2 * away))[..., None]
    return light


def _bright(colour: str) -> Picture:
    light = tint(colour)
    return np.power(light / max(float(light.max()), 0.05), np.float32(1.35))


def _wall(stage: Stage, options: NeonOptions, edge: float) -> Picture:
    """Rough concrete in the lamps' light, the tubes before it and what they throw on it."""
    x, y = grid(stage)
    rough = noise(stage, "wall", x * 5, y * 5, 7, 0.66)
    cloud = noise(stage, "cloud", x * 1.3, y * 1.3, 4)
    grain = np.gradient(rough)[1] / stage.pixel
    tone = 0.34 * np.exp(0.05 * rough + 0.10 * cloud) * (1 + 0.004 * np.clip(grain, -40, 40))
    lamps = _lamps(stage, options, edge)
    picture = tone[..., None] * lamps
    picture *= (1 - 0.45 * np.exp(np.minimum(y - edge, 0) / 0.05))[..., None]
    smoke = noise(stage, "smoke", x * 1.7 + 0.4 * cloud, y * 2.4, 5, 0.55)
    drift = options.haze * np.clip(0.10 + 0.13 * smoke, 0, 0.6) * smooth(-0.2, 0.9, y / max(edge, 1e-3))
    picture = picture + drift[..., None] * lamps
    tubes = np.zeros_like(picture)
    for away, colour, share in _tubes(stage, options, x, y, edge):
        light = _bright(colour) * share[..., None]
        core = np.exp(-np.square(away / 0.0065))
        tubes += (light * 1.5 + 0.55 * share[..., None]) * core[..., None]
        glare = 0.50 * np.exp(-away / 0.035) + (0.16 + 0.16 * options.haze) * np.exp(-away / 0.20)
        picture = picture + light * (glare * (0.75 + 0.25 * tone / 0.34))[..., None]
    reach = (0.0015 + 0.020 * options.blur) / stage.pixel
    picture = blurred(picture, reach)
    if options.tube != "none":
        spread = blurred(tubes, reach)
        picture = picture + spread * (1 + 1.6 * options.blur) + softened(tubes, 0.05 / stage.pixel) * 0.7
    return picture.astype(np.float32)


def _tubes(stage: Stage, options: NeonOptions, x: Plane, y: Plane, edge: float) -> list[tuple[Plane, str, Plane]]:
    """How far every pixel is from each tube, the tube's colour, and how much of it is seen there."""
    u, middle = x - stage.centre, edge - 0.42
    match options.tube:
        case "ring":
            far = np.abs(np.hypot(u, y - middle) - 0.33)
            share = smooth(-0.16, 0.16, u)
            return [(far, options.left, 1 - share), (far, options.right, share)]
        case "arch":
            top = edge - 0.50
            far = np.where(y < top, np.abs(np.hypot(u, y - top) - 0.34), np.abs(np.abs(u) - 0.34))
            far = far + np.maximum(y - edge, 0)
            share = smooth(-0.16, 0.16, u)
            return [(far, options.left, 1 - share), (far, options.right, share)]
        case "bars":
            half = stage.aspect / 2
            found = []
            rng = stage.rng("bars")
            for index, place in enumerate((-0.86, -0.58, 0.58, 0.86)):
                lean = rng.uniform(-0.10, 0.10)
                at = place * half + lean * (y - middle)
                long = rng.uniform(0.26, 0.46)
                down = np.maximum(np.abs(y - middle + rng.uniform(-0.06, 0.06)) - long, 0)
                colour = options.left if index < 2 else options.right
                found.append((np.hypot(x - at, down), colour, np.ones_like(x)))
            return found
        case _:
            return []


def _key(options: NeonOptions, seed: int) -> Light:
    """The brighter of the two; the other fills."""
    weight = np.array([0.2126, 0.7152, 0.0722])
    left, right = (float(_bright(colour) @ weight) for colour in (options.left, options.right))
    one, other = (options.left, options.right) if left >= right else (options.right, options.left)
    return Light(-100 if left >= right else 100, 35, one, other, 0.6, 0.4)


TUBES = {"ring": " with a neon ring", "bars": " with neon tubes", "arch": " with a neon arch", "none": ""}

SCENES = (
    Scene(
        "neon",
        "Neon",
        "A dark studio in light of two colours: neon tubes, haze, a glossy floor.",
        NeonOptions,
        paint_neon,
        lambda o: (
            f"a dark studio in {name_of(o.left)} light from the left and {name_of(o.right)} light from the right"
            + TUBES[o.tube]
            + (" in dense haze" if o.haze > 0.7 else " in haze" if o.haze > 0.3 else "")
            + (" above a glossy floor" if o.floor else "")
            + (", far out of focus" if o.blur > 0.7 else "")
        ),
        _key,
        lambda o: o.floor,
        2000,
        ends=FLOOR_END,
        gloss=lambda o: 0.25,
    ),
)
