"""Fields: wheat, lavender or rape in rows to the horizon, seen from the path between them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field as Option

from imaging.scenes.base import Picture, Scene, Stage, Time
from imaging.scenes.colours import linear
from imaging.scenes.growth import Band, Field, Grass, Points, focus_radius, grow, lay
from imaging.scenes.leaves import OVAL, strew
from imaging.scenes.outdoors import FOCAL, HOUR, HOURS, Outdoors, focus, sky, sun_at, sun_colours, sunlight
from imaging.scenes.tools import blurred, bump, coloured, defocused, grid, mix, noise, smooth, times, tint, vignette
from imaging.scenes.trees import enlarged


class FieldOptions(Outdoors):
    time: Time = Option("golden", description=HOUR)
    crop: Literal["wheat", "lavender", "rape"] = Option("wheat", description="What grows there.")
    path: bool = Option(True, description="A path of bare earth, on which the subject stands.")
    trees: bool = Option(True, description="Trees far away at the edge of the field.")
    clouds: float = Option(0.35, ge=0, le=1, description="How much of the sky they cover.")


CROPS = {  # stalk, ear or flower, its tip, from afar, soil; height in camera heights
    "wheat": ("#a98a48", "#dcb866", "#f0d592", "#cfa95c", "#8a6f50", 0.52),
    "lavender": ("#6c7d52", "#7a5fb5", "#a98fdc", "#7a64ad", "#a08a6c", 0.36),
    "rape": ("#6f8a35", "#e8c81e", "#fbe65a", "#dcc428", "#8a7355", 0.50),
}


def paint_field(stage: Stage, options: FieldOptions) -> Picture:
    """Ears or flowers on stalks, row behind row; a lane stays free for the subject."""
    hour = HOURS[options.time]
    sun, ambient = sun_colours(hour)
    light = (0.70 * sun + 1.0 * ambient).astype(np.float32)
    horizon = stage.behind(0.30, 0.56, 0.26)
    picture = enlarged(_beyond(stage.smaller(800), options, horizon, light), stage)
    ground = Field.of(stage, horizon)
    stalk, _, _, far, soil, _ = CROPS[options.crop]
    bare = _bare(stage, options, ground.across, ground.depth) * smooth(0.25, 0.06, ground.foot)
    foot = ground.foot * ground.depth * 0.5
    swath = noise(stage, "swath", ground.across * 0.6, ground.depth * 0.25, 4, 0.5, foot * 0.25)
    fine = noise(stage, "fine", ground.across * 11, ground.depth * 7, 5, 0.7, foot * 7)
    clods = noise(stage, "clods", ground.across * 3.2, ground.depth * 3.2, 5, 0.62, foot * 3.2)
    earth = coloured(tint(soil), np.exp(0.20 * fine + 0.22 * clods))
    sown = mix(tint(stalk) * 0.5, tint(far), smooth(0.30, 0.06, ground.y - horizon))
    floor = mix(times(sown, np.exp(0.12 * swath + 0.14 * fine)), earth, bare)
    haze = np.broadcast_to(0.22 * np.exp(-(ground.y - horizon) / 0.03), swath.shape)
    floor = mix(floor * light, linear(hour.horizon) * (0.3 + 0.5 * float(light.mean())), haze)
    edge = horizon + 0.004 * noise(stage, "edge", stage.x * 4, stage.x * 0, 4)
    part = mix(picture[ground.top :], floor, smooth(-0.005, 0.006, ground.y - edge))
    radius = focus_radius(stage, horizon, ground.y, options.blur) / stage.pixel
    picture[ground.top :] = defocused(part, radius * smooth(0.01, 0.05, ground.y - horizon))
    stones = [tint(soil) * light * share for share in (1.25, 0.85, 0.6, 1.05)]
    lying = bare.astype(np.float32)
    strew(stage, picture, ground, "clods", 0.030, 0.16, stones, options.blur, None, 0.75, OVAL, lying, True)
    _crop(stage, options, picture, ground, light, sun)
    glow = bump(np.hypot(stage.x - sun_at(stage), stage.y - horizon + 0.1), 0.55)
    return times(picture + coloured(0.16 * sun, glow), vignette(stage, 0.35))


def _bare(stage: Stage, options: FieldOptions, across: Any, depth: Any) -> Any:
    """1 on the path and between the rows of lavender, 0 where the crop stands; from places on the ground."""
    wander = 0.10 * np.sin(depth * 0.7 + stage.rng("path").uniform(0, 6))
    free = smooth(0.80, 0.62, np.abs(across - wander)) if options.path else np.zeros_like(across * depth)
    if options.crop == "lavender":
        lane = np.abs((across - wander) / 0.85 + 0.5 - np.floor((across - wander) / 0.85 + 0.5) - 0.5) * 2
        free = np.maximum(free, smooth(0.42, 0.22, lane if not options.path else 1 - lane))
    return free


def _crop(stage: Stage, options: FieldOptions, picture: Picture, ground: Field, light: Any, sun: Any) -> None:
    """Stalks with their leaves, then ears or flowers, in every band of the ground."""
    stalk, ear, tip, _, _, tall = CROPS[options.crop]
    free = _bare(stage, options, ground.across, ground.depth).astype(np.float32)
    through = 0.40 * sun if options.time in ("golden", "sunset") else 0.12 * sun  # light that comes through the ears
    grass = Grass(
        tall * 0.8, 0.011, tint(stalk) * light * 0.20, tint(stalk) * light, tint(ear) * light, 0.55, 0.22, 0.2
    )

    def heads(band: Band) -> None:
        rng = stage.rng(f"heads{band.index}")
        height = stage.size.height
        rows = (band.high - band.low) * height
        size = {"wheat": 0.105, "lavender": 0.13, "rape": 0.085}[options.crop]
        step = max(1.0, size * band.scale)
        count = int(min(3200, 7.5 * stage.size.width * rows / (step * max(2.0, 0.5 * tall * band.scale))))
        y = np.sort(rng.uniform(band.low, band.high, count))
        x = rng.uniform(-0.05, 1.05, count) * stage.size.width
        keep = ground.at(free, stage, x, y) < rng.uniform(0.3, 0.6, count)
        x, y = x[keep], y[keep]
        if len(x):
            scale = (y - ground.horizon) / FOCAL * height
            shapes, shares = _heads(rng, options.crop, x, y * height, scale, tall, size)
            tone = np.exp(rng.normal(0, 0.16, (len(x), 1, 1)))
            base, top = tint(ear) * light, tint(tip) * (light + through)
            colours = (base + (top - base) * shares[None, :, None]) * tone
            lay(stage, picture, band, shapes, colours.reshape(-1, 3))

    keep = (1 - free).astype(np.float32)
    grow(stage, picture, ground, "stalks", grass, options.blur, None, 0.035, heads, keep)


def _heads(
    rng: np.random.Generator, crop: str, x: Points, y: Points, scale: Points, tall: float, size: float
) -> tuple[Points, Points]:
    """Every head as small rhombs up its axis, ``(n * grains, 4, 2)`` pixels, and how far up each is."""
    count = len(x)
    grains = {"wheat": 9, "lavender": 10, "rape": 9}[crop]
    lean = rng.normal(0.12, 0.16, count)
    bottom = tall * rng.uniform(0.72, 1.02, count) * scale
    long = size * rng.uniform(0.75, 1.2, count) * scale
    share = (np.arange(grains) + 0.5) / grains
    side = np.where(np.arange(grains) % 2 == 0, 1.0, -1.0)
    if crop == "rape":  # a loose cluster
        share = share * 0.9
        out = rng.uniform(-0.42, 0.42, (count, grains)) * (1.1 - share[None])
    else:
        out = side[None] * (0.10 if crop == "wheat" else 0.11) * (1.15 - share[None]) * np.ones((count, 1))
    nod = lean[:, None] * share[None] ** 1.6 * (1.0 if crop == "wheat" else 0.4)
    at_x = x[:, None] + lean[:, None] * 0.25 * bottom[:, None] + (nod + out) * long[:, None]
    at_y = y[:, None] - bottom[:, None] - share[None] * long[:, None] * (1 - 0.25 * np.abs(nod))
    wide = long[:, None] * {"wheat": 0.075, "lavender": 0.085, "rape": 0.13}[crop] * (1.15 - 0.6 * share[None])
    high = long[:, None] * {"wheat": 0.105, "lavender": 0.075, "rape": 0.085}[crop] * np.ones_like(wide)
    tilt = side[None] * (0.45 if crop == "wheat" else 0.2) * np.ones_like(wide)
    up = np.stack([at_x + tilt * wide, at_y - high], -1)
    corners = [
        np.stack([at_x - wide, at_y], -1),
        up,
        np.stack([at_x + wide, at_y], -1),
        np.stack([at_x, at_y + high * 0.7], -1),
    ]
    return np.stack(corners, 2).reshape(-1, 4, 2).astype(np.float32), share


def _beyond(stage: Stage, options: FieldOptions, horizon: float, light: Any) -> Picture:
    """The sky, a line of trees and a far ridge."""
    hour = HOURS[options.time]
    picture = sky(stage, options.time, horizon, options.clouds)
    x, y = grid(stage)
    radius = 0.004 + 0.020 * options.blur
    if options.trees:
        air = linear(hour.horizon)
        for index, (rise, far, rough) in enumerate(((0.045, 0.55, 1.0), (0.060, 0.18, 3.2))):
            crowns = noise(stage, f"crown{index}", stage.x * rough, stage.x * 0, 5, 0.6)
            gaps = smooth(-0.9, 0.5, noise(stage, f"copse{index}", stage.x * 1.1, stage.x * 0, 2)) if index else 1.0
            top = horizon + 0.004 - rise * (0.55 + 0.40 * crowns) * gaps
            leafy = noise(stage, f"leafy{index}", x * 16, y * 16, 3, 0.65)
            tone = mix(tint("#26371f"), tint("#5c7440"), smooth(-0.4, 1.6, leafy - 4 * (y - top) / rise * 0.3)) * light
            cover = np.clip((y - top + 0.004 * leafy) / (2 * stage.pixel) + 0.5, 0, 1).astype(np.float32)
            picture = mix(picture, mix(tone.astype(np.float32), air, far), cover)
    return blurred(picture, radius * 0.6 / stage.pixel)


SCENES = (
    Scene(
        "field",
        "Field",
        "A field of wheat, lavender or rape to the horizon, with a path or none.",
        FieldOptions,
        paint_field,
        lambda o: (
            f"a {'rapeseed' if o.crop == 'rape' else o.crop} field {HOURS[o.time].words}"
            + (" with a path" if o.path else "")
            + (", trees far away" if o.trees else "")
            + (", an overcast sky" if o.clouds > 0.75 else ", a clear sky" if o.clouds < 0.15 else "")
            + focus(o)
        ),
        lambda o, seed: sunlight(o.time, seed, 0.6 * o.clouds),
        lambda o: True,
    ),
)
