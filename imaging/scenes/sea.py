"""Sky and sea, by the hour: clouds, waves, a beach."""

from __future__ import annotations

import cv2
import numpy as np
from pydantic import Field

from imaging.scenes.base import Picture, Plane, Scene, Stage, as_floats
from imaging.scenes.colours import linear
from imaging.scenes.outdoors import (
    FOCAL,
    HOURS,
    Outdoors,
    focus,
    sky,
    sun_at,
    sun_colours,
    sunlight,
)
from imaging.scenes.tools import (
    bump,
    by_bands,
    grid,
    mix,
    noise,
    smooth,
    softened,
    through_lens,
    times,
    tint,
)

SHORE = (0.10, 0.84, 0.5)  # where the beach ends, as Stage.behind takes it


class SkyOptions(Outdoors):
    clouds: float = Field(0.45, ge=0, le=1, description="How much of the sky they cover.")


def paint_sky(stage: Stage, options: SkyOptions) -> Picture:
    """Sky alone, seen a little upwards."""
    picture = sky(stage, options.time, 1.06, options.clouds)
    radius = np.full((stage.size.height, 1), options.blur * 0.010 / stage.pixel, np.float32)
    return through_lens(stage, picture, radius, 0.2)


class SeaOptions(Outdoors):
    beach: bool = Field(True, description="Sand in front, with the water's edge behind the subject.")
    waves: float = Field(0.4, ge=0, le=1, description="How rough the sea is.")
    clouds: float = Field(0.3, ge=0, le=1, description="How much of the sky they cover.")


def paint_sea(stage: Stage, options: SeaOptions) -> Picture:
    """Water mirrors the sky by Fresnel's law, waves turn the mirror, and the sun glitters on those that face it."""
    horizon = stage.behind(0.36, 0.52, 0.2)
    hour = HOURS[options.time]
    above = sky(stage, options.time, horizon, options.clouds)
    x, y = grid(stage)
    down = np.maximum(y - horizon, 0.5 * stage.pixel)
    depth = FOCAL / down
    across = x / FOCAL * depth
    foot = depth * depth * stage.pixel / FOCAL
    rough = 0.25 + 0.9 * options.waves
    swell = noise(stage, "swell", across * 0.16, depth * 0.55, 3, 0.55, foot * 0.55)
    chop = noise(stage, "chop", across * 1.1 + 0.3 * swell, depth * 2.6, 5, 0.62, foot * 2.6)
    slope = rough * (0.085 * swell + 0.085 * chop)
    look = down / FOCAL  # the angle below the horizon at which the eye meets the water
    cosine = np.clip(look + slope, 0.015, 1)
    fresnel = 0.02 + 0.98 * np.power(1 - cosine, 5)
    mirrored = np.clip(horizon - FOCAL * np.abs(look * 0.8 + 1.6 * slope + 0.03), 0, horizon)
    rows = np.clip(mirrored / stage.pixel - 0.5, 0, stage.size.height - 1).astype(np.float32)
    columns = np.broadcast_to(np.arange(stage.size.width, dtype=np.float32)[None], rows.shape)
    still = softened(above, 0.02 / stage.pixel, 0.008 / stage.pixel)
    columns = np.ascontiguousarray(columns)
    mirror = as_floats(cv2.remap(still, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    sun, ambient = sun_colours(hour)
    body = (
        mix(tint("#0d4a63"), tint("#2b8f9a"), smooth(30, 3, depth).astype(np.float32))
        * (0.8 * ambient + 0.25 * sun)
        * 1.6
    )
    strength = {"day": 0.10, "golden": 0.75, "sunset": 0.95, "dusk": 0.10, "night": 0.25}[options.time]

    @by_bands
    def lit(
        above: Picture,
        body: Picture,
        mirror: Picture,
        fresnel: Plane,
        chop: Plane,
        swell: Plane,
        x: Plane,
        y: Plane,
        down: Plane,
    ) -> Picture:
        water = mix(body, mirror, fresnel.astype(np.float32))
        glitter = np.clip(chop * 0.8 + 0.5 * swell - 0.7, 0, None) ** 1.5
        path = bump(x - sun_at(stage) * (1 - 0.25 * smooth(0, 0.6, down)), 0.10 + 0.30 * down)
        water = water + times(linear(hour.sun), strength * path * (glitter + 0.16 * smooth(0.25, 0.0, down)))
        water = mix(water, linear(hour.horizon), 0.55 * np.exp(-down / 0.012).astype(np.float32))
        return as_floats(mix(above, water, smooth(horizon - stage.pixel, horizon + stage.pixel, y)))

    picture = as_floats(lit(above, body, mirror, fresnel, chop, swell, x, y, down))
    if options.beach:
        picture = _beach(stage, options, picture, mirror, across, depth, foot)
    distance = np.clip(stage.stand.ground - 0.05 - stage.y, 0, None)
    radius = smooth(0.0, 0.30, distance) * options.blur * 0.014 / stage.pixel
    return through_lens(stage, picture, radius, 0.25)


def _beach(
    stage: Stage, options: SeaOptions, picture: Picture, mirror: Picture, across: Plane, depth: Plane, foot: Plane
) -> Picture:
    """Dry sand, then wet sand that mirrors, then a lace of foam."""
    hour = HOURS[options.time]
    _, y = grid(stage)
    shore = stage.behind(*SHORE)
    line = noise(stage, "shore", across * 0.55, across * 0 + 0.5, 3, 0.5)
    edge = shore + 0.010 * line + 0.03 * np.square(stage.x / stage.aspect)
    sun, ambient = sun_colours(hour)
    bumps = noise(stage, "sand", across * 2.2, depth * 3.0, 4, 0.6, foot * 3.0)
    grains = noise(stage, "grains", across * 60, depth * 60, 3, 0.75, foot * 40)
    light = sun * 0.78 + ambient * 1.05
    lace = noise(stage, "lace", across * 3.0, depth * 4.5, 4, 0.6, foot * 4.5)
    white = (sun * 0.85 + ambient * 1.0) * np.float32(0.88)

    @by_bands
    def laid(
        picture: Picture, mirror: Picture, bumps: Plane, grains: Plane, lace: Plane, y: Plane, edge: Plane, line: Plane
    ) -> Picture:
        sand = times(tint("#e0c9a2") * light, (1 + 0.05 * bumps + 0.06 * grains).astype(np.float32))
        wet = smooth(0.075, 0.01, y - edge + 0.008 * line)
        damp = times(tint("#8f7658") * light, (1 + 0.03 * bumps).astype(np.float32))
        shiny = mix(damp, mirror, 0.42 * smooth(0.045, 0.0, y - edge))
        sand = mix(sand, shiny.astype(np.float32), wet)
        behind = edge - y
        foam = bump(behind - 0.006, 0.007) + 0.8 * bump(behind - 0.040 - 0.008 * line, 0.010) * smooth(-0.2, 0.8, lace)
        foam = foam + smooth(0.06, 0.0, behind) * smooth(0.5, 1.4, lace) * (behind > 0)
        thin = smooth(0.09, 0.0, behind)  # shallow water shows the sand
        shallow = mix(picture, damp * 1.15, 0.55 * thin)
        beach = mix(shallow, sand.astype(np.float32), smooth(-0.002, 0.002, y - edge))
        return as_floats(mix(beach, white, np.clip(foam, 0, 0.92)))

    return as_floats(laid(picture, mirror, bumps, grains, lace, y, edge, line))


def _clouds(amount: float) -> str:
    return (
        "a clear sky"
        if amount < 0.15
        else "a few clouds"
        if amount < 0.45
        else "clouds"
        if amount < 0.75
        else "an overcast sky"
    )


SCENES = (
    Scene(
        "sky",
        "Sky",
        "Sky with clouds, at any hour.",
        SkyOptions,
        paint_sky,
        lambda o: (
            (
                f"{_clouds(o.clouds)} {HOURS[o.time].words}"
                if o.clouds < 0.15 or o.clouds >= 0.75
                else f"a sky with {_clouds(o.clouds)} {HOURS[o.time].words}"
            )
            + focus(o)
        ),
        lambda o, seed: sunlight(o.time, seed, 0.7 * o.clouds),
        lambda o: False,
        1400,
    ),
    Scene(
        "sea",
        "Sea",
        "The sea to its horizon, with a beach in front or without.",
        SeaOptions,
        paint_sea,
        lambda o: (
            (
                ("a sandy beach and " if o.beach else "")
                + ("a calm sea" if o.waves < 0.3 else "a rough sea" if o.waves > 0.7 else "the sea")
                + f" {HOURS[o.time].words}, {_clouds(o.clouds)}"
            )
            + focus(o)
        ),
        lambda o, seed: sunlight(o.time, seed, 0.7 * o.clouds),
        lambda o: o.beach,
        1600,
        ends=SHORE,
    ),
)
