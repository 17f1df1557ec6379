"""Mountain ridges one behind the other, by the hour, and the rock or meadow from which they are seen."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from imaging.scenes.base import Picture, Plane, Scene, Stage, Time, as_floats
from imaging.scenes.colours import linear
from imaging.scenes.outdoors import (
    HOUR,
    HOURS,
    Outdoors,
    focus,
    sky,
    sun_at,
    sun_colours,
    sun_side,
    sunlight,
)
from imaging.scenes.tools import (
    between,
    bump,
    by_bands,
    defocused,
    grid,
    mix,
    noise,
    smooth,
    softened,
    times,
    tint,
    vignette,
)

LEDGE_END = (0.12, 0.86, 0.5)  # where the rock or the meadow ends, as Stage.behind takes it


class MountainOptions(Outdoors):
    time: Time = Field("golden", description=HOUR)
    ridges: int = Field(6, ge=2, le=9, description="How many ridges stand one behind the other.")
    haze: float = Field(0.5, ge=0, le=1, description="How thick the air between them is.")
    foreground: Literal["rock", "meadow", "none"] = Field("rock", description="What the subject stands on.")


def paint_mountains(stage: Stage, options: MountainOptions) -> Picture:
    """Ridges one behind the other, each deeper in the air; the valleys between hold the haze."""
    hour = HOURS[options.time]
    edge = stage.behind(*LEDGE_END) if options.foreground != "none" else 1.02
    x, y = grid(stage)
    picture = sky(stage, options.time, edge - 0.12, 0.25)
    sun, _ = sun_colours(hour)
    for index in range(options.ridges):
        near = (index + 1) / options.ridges
        line = _ridge(stage, f"ridge{index}", near)
        top = (edge - 0.44) + 0.36 * near**1.1 - line * (0.10 + 0.05 * near)
        first = max(0, int(float(top.min()) / stage.pixel) - 2)
        if first >= stage.size.height:  # wholly below the picture
            continue
        last = max(first + 2, int((edge + 0.08) / stage.pixel))  # the foreground covers what lies below
        rows = slice(first, None if options.foreground == "none" else last)
        picture[rows] = _slope(stage, options, picture[rows], index, x[rows], y[rows], top)

    @by_bands
    def glowing(picture: Picture, x: Plane, y: Plane) -> Picture:
        return as_floats(picture + times(sun, 0.18 * bump(np.hypot(x - sun_at(stage), y - edge + 0.35), 0.5)))

    picture = glowing(picture, x, y)
    distance = np.full((stage.size.height, 1), (0.0012 + 0.012 * options.blur) / stage.pixel, np.float32)
    picture = defocused(picture, distance)
    if options.foreground != "none":
        picture = _ledge(stage, options, picture, edge)
    return times(picture, vignette(stage, 0.3))


def _slope(
    stage: Stage, options: MountainOptions, picture: Picture, index: int, x: Plane, y: Plane, top: Plane
) -> Picture:
    """One ridge over the part of the picture whose coordinates are given; ``top`` is its line, ``(1, w)``."""
    hour = HOURS[options.time]
    sun, ambient = sun_colours(hour)
    air = mix(linear(hour.horizon), linear(hour.ambient), 0.25)
    side = sun_side(stage)
    near = (index + 1) / options.ridges
    u, v = x * (5 - 2.5 * near), (y - top) * (7 - 3 * near)
    relief = noise(stage, f"relief{index}", u + 0.8 * v * side, v - 0.25 * u, 6, 0.58)
    forest = mix(tint("#4a5a63"), tint("#2f4034"), near)
    share = np.clip((0.94 - 0.74 * near) * (0.65 + 0.7 * options.haze), 0, 0.97)

    @by_bands
    def lit(picture: Picture, y: Plane, relief: Plane) -> Picture:
        slope = np.clip(np.gradient(relief, axis=1) / stage.pixel * -side * 0.030, -1, 1)
        inside = np.clip((y - top) / (1.5 * stage.pixel) + 0.5, 0, 1)
        light = times(sun, np.clip(0.30 + 0.55 * slope, 0, 1.2)) + times(ambient, 1.0 + 0.1 * relief)
        low = smooth(0.0, 0.30 - 0.08 * near, y - top) * (0.35 + 0.6 * options.haze) * (1 - 0.45 * near)
        colour = mix((forest * light).astype(np.float32), air, np.clip(share + low * (1 - share), 0, 1))
        return as_floats(mix(picture, colour, inside))

    return as_floats(lit(picture, y, relief))


def _ridge(stage: Stage, key: str, near: float) -> Plane:
    """The line of a ridge, ``(1, w)``: sharp peaks far away, rounder hills near by."""
    x = stage.x * (2.1 - 1.1 * near)
    line = noise(stage, key, x, x * 0 + 3.3, 7, 0.5)
    sharp = 1 - 1.6 * np.abs(noise(stage, key + "peaks", x * 0.8, x * 0 + 7.7, 6, 0.45))
    return between(sharp, line, 0.35 + 0.5 * near)


def _ledge(stage: Stage, options: MountainOptions, picture: Picture, edge: float) -> Picture:
    """The rock or meadow on which the subject stands, seen at a low angle."""
    x, y = grid(stage)
    hour = HOURS[options.time]
    sun, ambient = sun_colours(hour)
    line = (
        edge
        + 0.010 * noise(stage, "brink", stage.x * 3, stage.x * 0, 6, 0.55)
        + 0.035 * np.square(stage.x / stage.aspect * 2)
    )
    depth = 0.34 / np.maximum(stage.y - edge + 0.14, 0.05)
    foot = stage.pixel * depth * depth * 3
    along, away = x * depth, depth * 1.6
    side = sun_side(stage)
    if options.foreground == "rock":
        rough = noise(stage, "rock", along * 2.2, away * 2.2, 8, 0.66, foot * 2.2)
        slabs = np.abs(noise(stage, "slabs", along * 0.9, away * 2.4, 4, 0.5, foot * 2.4))

        @by_bands
        def stone(rough: Plane, soft: Plane, slabs: Plane, foot: Plane) -> Picture:
            cracks = bump(slabs, 0.05 + foot * 2) * smooth(-0.8, 0.8, rough)
            slope = np.clip(np.gradient(soft, axis=1) / stage.pixel * side * -0.012, -0.5, 0.5)
            own = times(tint("#8b857c"), np.exp(0.20 * rough - 0.55 * cracks).astype(np.float32))
            return own * (times(sun, np.clip(0.50 + 0.6 * slope, 0.05, 1.3)) + ambient * 1.05)

        ground = stone(rough, softened(rough, 1.5), slabs, foot)
    else:
        tufts = noise(stage, "tufts", along * 8, away * 1.8, 5, 0.6, foot * 2)
        blades = noise(stage, "blades", x * 240, y * 26, 3, 0.7)  # blades stand up
        grass = mix(tint("#5c7036"), tint("#a9a25a"), np.clip(0.4 + 0.22 * tufts, 0, 1))
        grass = grass * np.exp(0.20 * tufts + 0.22 * blades)[..., None].astype(np.float32)
        ground = grass * (0.60 * sun + 1.05 * ambient)
        line = line - 0.007 * np.abs(noise(stage, "grass line", stage.x * 130, stage.x * 0, 2))

    @by_bands
    def ending(picture: Picture, ground: Picture, y: Plane) -> Picture:
        brink = smooth(0.035, 0.0, y - line)
        lip = np.clip((y - line) / (2.5 * stage.pixel) + 0.5, 0, 1)
        return as_floats(mix(picture, times(ground, 1 + 0.25 * brink * hour.sunlight).astype(np.float32), lip))

    near = np.abs(stage.y - stage.stand.ground)
    return defocused(
        ending(picture, ground, y), smooth(0.07, 0.3, near) * (stage.y > edge - 0.05) * 0.006 / stage.pixel
    )


SCENES = (
    Scene(
        "mountains",
        "Mountains",
        "Mountain ridges one behind the other in haze, seen from a rock or a meadow.",
        MountainOptions,
        paint_mountains,
        lambda o: (
            (
                ("clear" if o.haze < 0.25 else "hazy")
                + f" mountain ridges {HOURS[o.time].words}"
                + ("" if o.foreground == "none" else f", seen from a {o.foreground}")
            )
            + focus(o)
        ),
        lambda o, seed: sunlight(o.time, seed, 0.15 + 0.35 * o.haze),
        lambda o: o.foreground != "none",
        1800,
        ends=LEDGE_END,
    ),
)
