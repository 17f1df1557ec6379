"""Meadows: grass with flowers, before trees, hills or the sky out of focus."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field as Option

from imaging.scenes.base import Picture, Scene, Stage
from imaging.scenes.colours import linear
from imaging.scenes.growth import Band, Field, Grass, Points, focus_radius, grow, lay
from imaging.scenes.outdoors import FOCAL, HOURS, Outdoors, focus, sky, sun_at, sun_colours, sunlight
from imaging.scenes.tools import blurred, bump, defocused, grid, mix, noise, smooth, softened, times, tint, vignette
from imaging.scenes.trees import enlarged, foliage


class MeadowOptions(Outdoors):
    flowers: Literal["none", "daisies", "poppies", "cornflowers", "buttercups", "mixed"] = Option(
        "daisies", description="What blooms in the grass."
    )
    density: float = Option(0.4, ge=0, le=1, description="How many flowers there are.")
    grass: float = Option(0.35, ge=0, le=1, description="How tall the grass is.")
    behind: Literal["trees", "hills", "sky"] = Option("trees", description="What is seen beyond the meadow.")


KINDS = {  # of a flower: petals, their length in camera heights, width to length, colour, of the middle, its size
    "daisies": (13, 0.032, 0.30, "#f7f6f1", "#e9b72a", 0.34),
    "poppies": (5, 0.050, 1.15, "#d93220", "#1d1518", 0.24),
    "cornflowers": (10, 0.034, 0.42, "#3f5fd0", "#2c2f86", 0.26),
    "buttercups": (5, 0.024, 0.95, "#f5cf25", "#d9a417", 0.30),
}


def paint_meadow(stage: Stage, options: MeadowOptions) -> Picture:
    """Blades and flowers band by band from the distance to the camera, each band out of focus by its own distance."""
    hour = HOURS[options.time]
    sun, ambient = sun_colours(hour)
    horizon = stage.behind(0.27, 0.58, 0.28)
    small = stage.smaller(800)
    picture = enlarged(_beyond(small, options, horizon), stage)
    ground = Field.of(stage, horizon)
    swath = noise(stage, "swath", ground.across * 0.5, ground.depth * 0.35, 4, 0.5, ground.foot * ground.depth * 0.35)
    fine = noise(stage, "fine", ground.across * 9, ground.depth * 3, 4, 0.65, ground.foot * ground.depth * 3)
    light = (0.62 * sun + 1.0 * ambient).astype(np.float32)
    green = mix(tint("#4c6a22"), tint("#8fa544"), smooth(-1.6, 1.6, swath + 0.5 * fine).astype(np.float32))
    turf = (green * light * np.exp(0.12 * swath + 0.16 * fine)[..., None]).astype(np.float32)
    far = np.broadcast_to(0.14 * smooth(0.10, 0.0, ground.y - horizon), swath.shape)
    turf = mix(turf, linear(hour.horizon) * (0.45 + 0.35 * sun.mean()), far)
    edge = horizon + 0.006 + 0.004 * noise(stage, "edge", stage.x * 5, stage.x * 0, 4)
    below = mix(picture[ground.top :], turf, smooth(-0.008, 0.008, ground.y - edge))
    radius = focus_radius(stage, horizon, ground.y, options.blur) / stage.pixel
    picture[ground.top :] = defocused(below, radius * smooth(0.01, 0.05, ground.y - horizon))
    patches = np.exp(0.16 * swath) * (0.92 + 0.16 * bump(stage.x - sun_at(stage), 0.8))
    tall = 0.035 + 0.26 * options.grass
    back = 0.35 * sun if options.time in ("golden", "sunset") else 0.12 * sun  # light that comes through the blades
    grass = Grass(
        tall,
        0.010 + 0.010 * options.grass,
        tint("#1c2b0c") * light * 0.32,
        tint("#88aa3c") * (light + back),
        tint("#c9c070") * (light + back),
        1.0,
        0.55,
    )

    def bloom(band: Band) -> None:
        _bloom(stage, options, picture, ground, band, tall, light)

    among = bloom if options.flowers != "none" and options.density > 0 else None
    grow(stage, picture, ground, "grass", grass, options.blur, patches, 0.035, among)
    return times(picture, vignette(stage, 0.3))


def _beyond(stage: Stage, options: MeadowOptions, horizon: float) -> Picture:
    """Sky, and hills or a row of trees, out of focus."""
    hour = HOURS[options.time]
    sun, ambient = sun_colours(hour)
    radius = 0.006 + 0.024 * options.blur
    picture = sky(stage, options.time, horizon, 0.30 if options.behind != "trees" else 0.15)
    x, y = grid(stage)
    air = linear(hour.horizon)
    light = 0.60 * sun + 1.0 * ambient
    if options.behind == "hills":
        for index, (rise, far) in enumerate(((0.15, 0.62), (0.10, 0.42), (0.05, 0.20))):
            line = noise(stage, f"hill{index}", stage.x * 1.1, stage.x * 0, 3, 0.45)
            top = horizon - rise * (0.75 + 0.35 * line)
            woods = noise(stage, f"wood{index}", x * 7, (y - top) * 16, 4, 0.6)
            slope = mix(tint("#6e8a3e"), tint("#2f4a26"), smooth(0.0, 1.0, woods)) * light
            cover = np.clip((y - top) / (2 * stage.pixel) + 0.5, 0, 1).astype(np.float32)
            picture = mix(picture, mix(slope.astype(np.float32), air, far), cover)
    elif options.behind == "trees":
        for index, (rise, far) in enumerate(((0.42, 0.13), (0.26, 0.0))):
            crowns = noise(stage, f"crown{index}", stage.x * 2.2, stage.x * 0, 5, 0.55)
            leafy = noise(stage, f"leafy{index}", x * 9, y * 9, 4, 0.65)
            top = horizon - rise * (0.72 + 0.30 * crowns)
            cover = smooth(-0.02, 0.03, np.minimum(y, horizon - 0.02) - top + 0.020 * leafy).astype(np.float32)
            tones = (tint("#1f3316") * light, tint("#54783a") * light, tint("#a8c05c") * light)
            share = smooth(0.0, 0.25, y - top) * 0.5 + 0.5
            leaves = foliage(stage, f"trees{index}", *tones, air, radius, 0.5, share)
            shade = smooth(0.13, -0.01, horizon - y) * 0.72
            picture = mix(picture, mix(leaves * (1 - shade)[..., None], air, far), softened(cover, 2))
    picture = picture + sun * (0.15 * bump(np.hypot(x - sun_at(stage), y - horizon + 0.25), 0.5))[..., None]
    return blurred(picture, radius * (0.35 if options.behind == "trees" else 0.6) / stage.pixel)


def _many(density: float) -> str:
    return "a few " if density < 0.25 else "many " if density > 0.7 else ""


def _bloom(
    stage: Stage, options: MeadowOptions, picture: Picture, ground: Field, band: Band, tall: float, light: Any
) -> None:
    """Flowers in one band: stems, petals and middles, in drifts."""
    rng = stage.rng(f"flowers{band.index}")
    area = (band.high - band.low) * stage.size.height * stage.size.width / max(1.0, band.scale) ** 2
    area = area / float(np.clip((band.low - ground.horizon) / FOCAL, 0.03, 1))  # seen at a low angle
    count = int(min(1100, 7.0 * options.density * area))
    y = np.sort(rng.uniform(band.low, band.high, count))
    x = rng.uniform(-0.03, 1.03, count)
    depth = FOCAL / np.maximum(y - ground.horizon, 0.004)
    across = (x - 0.5) * stage.aspect / FOCAL * depth
    drift = noise(stage, "drift", across[None] * 0.8, depth[None] * 0.45, 3)[0]
    keep = drift > rng.normal(-0.3 - 1.2 * options.density, 0.5, count)
    x, y = x[keep] * stage.size.width, y[keep]
    kinds = list(KINDS) if options.flowers == "mixed" else [options.flowers]
    chosen = rng.integers(0, len(kinds), len(x))
    for index, kind in enumerate(kinds):
        here = chosen == index
        if here.any():
            scale = (y[here] - ground.horizon) / FOCAL * stage.size.height
            shapes, colours = _flowers(rng, kind, x[here], y[here] * stage.size.height, scale, tall, light)
            lay(stage, picture, band, shapes, colours)


def _flowers(
    rng: np.random.Generator, kind: str, x: Points, y: Points, scale: Points, tall: float, light: Any
) -> tuple[Points, Points]:
    """Every flower's stem, petals and middle as octagons, ``(n * (2 + petals), 8, 2)`` pixels, and their colours."""
    petals, length, slim, colour, centre, heart = KINDS[kind]
    count = len(x)
    stem = (tall * rng.uniform(0.75, 1.15, count) + 0.015) * scale
    sway = rng.normal(0, 0.22, count) * stem
    size = length * scale * rng.uniform(0.75, 1.2, count)
    flat = rng.uniform(0.35, 0.95, count)  # how much of its face it shows
    tilt = rng.uniform(-0.5, 0.5, count)
    head = np.stack([x + sway, y - stem], -1)

    def placed(u: Points, v: Points) -> Points:
        """Points of the flower's face, ``(n, ..., 2)``, in the picture."""
        more = (slice(None),) + (None,) * (u.ndim - 1)
        c, s, f = np.cos(tilt)[more], np.sin(tilt)[more], flat[more]
        u, v = u * size[more], v * f * size[more]
        return np.stack([u * c - v * s, u * s + v * c], -1) + head[more]

    turn = (np.arange(petals)[None] + rng.uniform(0, 1, (count, 1))) / petals * 2 * np.pi
    turn = turn + rng.normal(0, 0.10, turn.shape)
    reach = rng.uniform(0.82, 1.08, turn.shape)[..., None]
    along = np.array([0.1, 0.45, 0.80, 0.98, 0.98, 0.80, 0.45, 0.1])[None, None] * reach
    out = np.array([-0.12, -0.42, -0.5, -0.22, 0.22, 0.5, 0.42, 0.12])[None, None] * slim
    c, s = np.cos(turn)[..., None], np.sin(turn)[..., None]
    leaves = placed(along * c - out * s, along * s + out * c)  # (n, petals, 8, 2)
    ring = np.arange(8) / 8 * 2 * np.pi
    middles = placed(
        np.broadcast_to(heart * np.cos(ring), (count, 8)), np.broadcast_to(heart * np.sin(ring), (count, 8))
    )
    wide = np.maximum(0.0045 * scale, 0.6)
    foot = np.stack([x, y], -1)
    side = np.stack([wide / 2, np.zeros(count)], -1)
    bend = (foot + head) / 2 + np.stack([-0.18 * sway, np.zeros(count)], -1)
    stems = np.stack(
        [foot - side, bend - side, head - side, head - side, head + side, head + side, bend + side, foot + side], 1
    )
    shapes = np.concatenate([stems[:, None], leaves, middles[:, None]], axis=1).reshape(-1, 8, 2)
    shading = (
        0.72 + 0.30 * np.sin(turn + rng.uniform(0, 6.28, (count, 1))) * 0.35 + 0.20 * rng.uniform(0, 1, turn.shape)
    )
    blade = np.broadcast_to(tint("#4d6b26") * light * 0.7, (count, 1, 3))
    hue = tint(colour) * light * np.exp(rng.normal(0, 0.08, (count, 1, 3)))
    heartwood = np.broadcast_to(tint(centre) * light, (count, 1, 3))
    colours = np.concatenate([blade, hue * shading[..., None], heartwood], axis=1).reshape(-1, 3)
    return shapes.astype(np.float32), colours.astype(np.float32)


FLOWERS = {"mixed": "wild flowers"} | {kind: kind for kind in KINDS}
BEYOND = {"trees": "trees behind", "hills": "hills behind", "sky": "the open sky behind"}
SCENES = (
    Scene(
        "meadow",
        "Meadow",
        "Grass with or without flowers, before trees, hills or the sky out of focus.",
        MeadowOptions,
        paint_meadow,
        lambda o: (
            f"a meadow of {'tall' if o.grass > 0.7 else 'short' if o.grass < 0.2 else 'green'} grass "
            + ("" if o.flowers == "none" else f"with {_many(o.density)}{FLOWERS[o.flowers]} ")
            + f"{HOURS[o.time].words}, {BEYOND[o.behind]}"
            + focus(o)
        ),
        lambda o, seed: sunlight(o.time, seed, 0.15),
        lambda o: True,
    ),
)
