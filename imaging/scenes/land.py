"""Sky, sea and land, by the hour: clouds, a beach, dunes, forest in fog, snow, mountain ridges."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from pydantic import Field

from imaging.scenes.base import Picture, Plane, Scene, Stage, Tint
from imaging.scenes.colours import linear, name_of
from imaging.scenes.outdoors import (
    FOCAL,
    HOURS,
    Outdoors,
    field,
    hazed,
    sky,
    standing,
    sun_at,
    sun_colours,
    terrain,
)
from imaging.scenes.tools import (
    add_disc,
    between,
    bump,
    defocused,
    full,
    grid,
    mix,
    noise,
    smooth,
    softened,
    tint,
    vignette,
)


class SkyOptions(Outdoors):
    clouds: float = Field(0.45, ge=0, le=1, description="How much of the sky they cover.")


def paint_sky(stage: Stage, options: SkyOptions) -> Picture:
    """Sky alone, seen a little upwards."""
    picture = sky(stage, options.time, 1.06, options.clouds)
    radius = np.full((stage.size.height, 1), options.blur * 0.010 / stage.pixel, np.float32)
    return defocused(picture, radius) * vignette(stage, 0.2)[..., None]


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
    mirror = cv2.remap(still, np.ascontiguousarray(columns), rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    sun, ambient = sun_colours(hour)
    body = (
        mix(tint("#0d4a63"), tint("#2b8f9a"), smooth(30, 3, depth).astype(np.float32))
        * (0.8 * ambient + 0.25 * sun)
        * 1.6
    )
    water = mix(body, mirror, fresnel.astype(np.float32))
    glitter = np.clip(chop * 0.8 + 0.5 * swell - 0.7, 0, None) ** 1.5
    path = bump(x - sun_at(stage) * (1 - 0.25 * smooth(0, 0.6, down)), 0.10 + 0.30 * down)
    strength = {"day": 0.10, "golden": 0.75, "sunset": 0.95, "dusk": 0.10, "night": 0.25}[options.time]
    water = water + linear(hour.sun) * (strength * path * (glitter + 0.16 * smooth(0.25, 0.0, down)))[..., None]
    water = mix(water, linear(hour.horizon), 0.55 * np.exp(-down / 0.012).astype(np.float32))
    picture = mix(above, water, smooth(horizon - stage.pixel, horizon + stage.pixel, y))
    if options.beach:
        picture = _beach(stage, options, picture, mirror, across, depth, foot)
    distance = np.clip(stage.stand.ground - 0.05 - stage.y, 0, None)
    radius = smooth(0.0, 0.30, distance) * options.blur * 0.014 / stage.pixel
    return defocused(picture, radius) * vignette(stage, 0.25)[..., None]


def _beach(
    stage: Stage, options: SeaOptions, picture: Picture, mirror: Picture, across: Plane, depth: Plane, foot: Plane
) -> Picture:
    """Dry sand, then wet sand that mirrors, then a lace of foam."""
    hour = HOURS[options.time]
    _, y = grid(stage)
    shore = stage.behind(0.10, 0.84, 0.5)
    line = noise(stage, "shore", across * 0.55, across * 0 + 0.5, 3, 0.5)
    edge = shore + 0.010 * line + 0.03 * np.square(stage.x / stage.aspect)
    sun, ambient = sun_colours(hour)
    bumps = noise(stage, "sand", across * 2.2, depth * 3.0, 4, 0.6, foot * 3.0)
    grains = noise(stage, "grains", across * 60, depth * 60, 3, 0.75, foot * 40)
    light = sun * 0.78 + ambient * 1.05
    sand = tint("#e0c9a2") * light * (1 + 0.05 * bumps + 0.06 * grains)[..., None].astype(np.float32)
    wet = smooth(0.075, 0.01, y - edge + 0.008 * line)
    damp = tint("#8f7658") * light * (1 + 0.03 * bumps)[..., None].astype(np.float32)
    shiny = mix(damp, mirror, 0.42 * smooth(0.045, 0.0, y - edge))
    sand = mix(sand, shiny.astype(np.float32), wet)
    lace = noise(stage, "lace", across * 3.0, depth * 4.5, 4, 0.6, foot * 4.5)
    behind = edge - y
    foam = bump(behind - 0.006, 0.007) + 0.8 * bump(behind - 0.040 - 0.008 * line, 0.010) * smooth(-0.2, 0.8, lace)
    foam = foam + smooth(0.06, 0.0, behind) * smooth(0.5, 1.4, lace) * (behind > 0)
    thin = smooth(0.09, 0.0, behind)  # shallow water shows the sand
    shallow = mix(picture, damp * 1.15, 0.55 * thin)
    beach = mix(shallow, sand.astype(np.float32), smooth(-0.002, 0.002, y - edge))
    white = (sun * 0.85 + ambient * 1.0) * np.float32(0.88)
    return mix(beach, white, np.clip(foam, 0, 0.92))


class DuneOptions(Outdoors):
    time: Literal["day", "golden", "sunset", "dusk", "night"] = Field(
        "golden", description="The hour, which sets light and sky."
    )
    colour: Tint = Field("#d9a86c", description="Of the sand.")
    height: float = Field(0.5, ge=0, le=1, description="How high the dunes rise.")
    ripples: float = Field(0.5, ge=0, le=1, description="How strong the wind's ripples are.")


def paint_dunes(stage: Stage, options: DuneOptions) -> Picture:
    """Dunes rise gently with the wind and fall steeply behind a sharp crest; the low sun parts light from shade."""
    horizon = stage.behind(0.36, 0.50, 0.22)
    hour = HOURS[options.time]
    side = 1.0 if sun_at(stage) > 0 else -1.0
    x, z = field(stage)
    warp = noise(stage, "warp", x * 0.07, z * 0.07, 3, 0.45)
    bend = noise(stage, "bend", x * 0.035, z * 0.035, 2, 0.5)
    phase = -side * x * 0.062 - z * 0.040 + 0.26 * warp + 0.40 * bend + stage.rng("phase").uniform(0, 1)
    saw = phase - np.floor(phase)
    crest = 0.70
    rise = smooth(0.0, 1.0, np.clip(saw / crest, 0, 1)) ** 1.15
    profile = np.where(
        saw < crest, rise, np.square(np.cos(np.pi / 2 * np.clip((saw - crest) / (1 - crest), 0, 1))) ** 0.8
    )
    tall = 0.7 + 0.35 * noise(stage, "tall", x * 0.05, z * 0.05, 2)
    start = standing(stage, horizon)
    calm = smooth(start * 0.95, start * 2.4, z)
    heights = (0.35 + 2.0 * options.height) * np.clip(tall, 0.1, 2) * profile * calm
    heights = heights + 0.05 * noise(stage, "roll", x * 0.3, z * 0.3, 3) * (0.3 + 0.7 * calm)
    heights = cv2.GaussianBlur(heights.astype(np.float32), (0, 0), 1.1)
    seen = terrain(stage, heights, horizon, hour, side)
    wander = noise(stage, "wander", seen.across * 0.5, seen.depth * 0.5, 3)
    lane = (seen.across * 0.55 + seen.depth * 0.85) * 9 + 1.1 * wander
    fade = 1 / (1 + np.square(seen.foot * seen.depth * 9))
    ripple = np.sin(2 * np.pi * lane) * fade * (0.6 + 0.4 * np.tanh(wander))
    grains = noise(stage, "grains", seen.across * 70, seen.depth * 70, 2, 0.8, seen.foot * 60)
    direct, open_ = seen.lit(hour, side, 0.05 * options.ripples * ripple)
    sun, ambient = sun_colours(hour)
    sand = tint(options.colour) * (1 + 0.05 * grains + 0.05 * options.ripples * ripple)[..., None].astype(np.float32)
    glow = 0.16 * sun  # light thrown back by the sand around
    ground = sand * (sun * (1.35 * direct)[..., None] + ambient * (0.95 * open_)[..., None] + glow)
    ground = hazed(ground.astype(np.float32), np.maximum(seen.depth - 8, 0), linear(hour.horizon), 85)
    picture = mix(sky(stage, options.time, horizon, 0.12), ground, seen.hit)
    return _focused(stage, picture, options.blur, seen.depth, start)


def _focused(stage: Stage, picture: Picture, blur: float, depth: Plane, start: float) -> Picture:
    """Sharp where the subject stands, softer beyond it and a little before it."""
    off = np.clip(1 - start / np.maximum(depth, 0.1), -0.4, 1)
    radius = smooth(0.10, 0.9, np.abs(off)) * (0.0012 + 0.016 * blur) / stage.pixel
    return defocused(picture, softened(radius.astype(np.float32), 2)) * vignette(stage, 0.3)[..., None]


class SnowOptions(Outdoors):
    trees: bool = Field(True, description="Snowy firs at the far edge of the field.")
    snowfall: float = Field(0.0, ge=0, le=1, description="How much snow is falling.")


def paint_snow(stage: Stage, options: SnowOptions) -> Picture:
    """Drifts with blue shadows; the crust glitters where the sun strikes it."""
    horizon = stage.behind(0.34, 0.50, 0.22)
    hour = HOURS[options.time]
    side = 1.0 if sun_at(stage) > 0 else -1.0
    x, z = field(stage)
    start = standing(stage, horizon)
    calm = smooth(start * 0.9, start * 4, z)
    hills = noise(stage, "hills", x * 0.045, z * 0.06, 3, 0.4)
    drifts = noise(stage, "drifts", x * 0.22, z * 0.5, 4, 0.42)
    heights = 0.75 * calm * np.maximum(hills, -0.5) + 0.11 * (0.35 + 0.65 * calm) * drifts
    heights = cv2.GaussianBlur(heights.astype(np.float32), (0, 0), 1.2)
    seen = terrain(stage, heights, horizon, hour, side)
    crust = noise(stage, "crust", seen.across * 3, seen.depth * 6, 5, 0.6, seen.foot * seen.depth * 5)
    direct, open_ = seen.lit(hour, side, 0.06 * crust)
    sun, ambient = sun_colours(hour)
    snow = np.array([0.93, 0.95, 0.97], np.float32)
    sky_light = ambient * (1.08 * open_ * (1 + 0.02 * crust))[..., None]
    ground = snow * (sun * (1.05 * direct)[..., None] + sky_light + 0.10 * sun)
    sparkle = noise(stage, "sparkle", seen.across * 150, seen.depth * 40, 1, 1, seen.foot * 90)
    ground = ground + sun * (np.clip(sparkle - 2.0, 0, 1) * 0.6 * (direct > 0.05))[..., None]
    haze = mix(linear(hour.horizon), ambient, 0.3)
    ground = hazed(ground.astype(np.float32), np.maximum(seen.depth - 10, 0), haze, 120)
    picture = sky(stage, options.time, horizon, 0.35)
    if options.trees:
        floor = float(np.clip(horizon + 0.02, 0, 1))
        for index, (far, tall) in enumerate(((0.72, 0.10), (0.45, 0.16))):
            firs = _firs(stage, f"firs{index}", floor, tall, 26 - 8 * index)
            tone = mix(tint("#20302f") * (sun * 0.5 + ambient * 1.3), haze, far)
            white = mix(snow * (sun * 0.5 + ambient * 1.1), haze, far)
            speck = noise(stage, f"needles{index}", stage.x * 90, stage.y * 60, 3)
            picture = mix(picture, mix(full(stage, tone), white, smooth(0.1, 1.3, speck) * 0.8), firs)
    picture = mix(picture, ground, seen.hit)
    picture = _focused(stage, picture, options.blur, np.where(seen.hit > 0.5, seen.depth, 60), start)
    return _falling(stage, picture, options.snowfall, sun + ambient) if options.snowfall > 0 else picture


def _falling(stage: Stage, picture: Picture, amount: float, light: Plane) -> Picture:
    """Flakes at all distances, near ones large and faint."""
    rng = stage.rng("flakes")
    width, height = stage.size
    layer = np.zeros_like(picture)
    for _ in range(int((60 + 1100 * amount) * stage.aspect)):
        near = rng.beta(1.0, 6.0)
        reach = (0.0012 + 0.012 * near) * height
        add_disc(layer, rng.uniform(0, 1) * width, rng.uniform(0, 1) * height, reach, 0.8 - 0.6 * near**0.5, 0.0)
    pale = light / light.max() * 0.35 + 0.65  # a flake is white whatever the hour
    return mix(picture, pale * max(0.25, float(light.mean())), np.clip(softened(layer[..., 0], 1.3), 0, 0.85))


def _firs(stage: Stage, key: str, floor: float, tall: float, count: int, gap: float = 0.0) -> Plane:
    """Conifers that stand on row ``floor``: ragged triangles, 1 inside, ``(h, w)``; none nearer than ``gap`` to the
    subject's middle."""
    rng = stage.rng(key)
    height, width = stage.size.height, stage.size.width
    result = np.zeros((height, width), np.float32)
    ys = stage.y
    for _ in range(int(count * stage.aspect) + 1):
        middle = rng.uniform(-0.55, 0.55) * stage.aspect
        size = tall * rng.uniform(0.55, 1.15)
        if abs(middle - stage.centre) < gap:
            continue
        tip = floor - size
        half = size * rng.uniform(0.17, 0.24)
        left, right = (int((at / stage.aspect + 0.5) * width) for at in (middle - half * 1.3, middle + half * 1.3))
        left, right = max(0, left), min(width, right + 2)
        top, bottom = max(0, int((tip - 0.01) * height)), min(height, int((floor + 0.03) * height))
        if left >= right or top >= bottom:
            continue
        down = np.clip((ys[top:bottom] - tip) / size, 0, 1.2)
        tiers = rng.uniform(11, 17)
        tooth = down * tiers + rng.uniform(0, 1)
        off = stage.x[:, left:right] - middle
        dx = np.abs(off)
        tooth = tooth + 0.35 * np.sign(off) + 2.2 * dx / half * 0.35  # branches hang, and not alike on both sides
        ragged = 0.58 + 0.42 * (tooth - np.floor(tooth))
        needles = noise(stage, key, (off + 3 * middle) * 40 / tall, ys[top:bottom] * 26 / tall, 3, 0.7)
        reach = half * down**0.85 * (ragged + 0.09 * needles) + 0.003 * tall
        tree = np.clip((reach - dx) / (1.5 * stage.pixel) + 0.5, 0, 1) * (ys[top:bottom] > tip)
        result[top:bottom, left:right] = np.maximum(result[top:bottom, left:right], tree)
    return result


class FogOptions(Outdoors):
    density: float = Field(0.5, ge=0, le=1, description="How thick the fog is.")
    trees: bool = Field(True, description="A forest that fades into the fog.")


def paint_fog(stage: Stage, options: FogOptions) -> Picture:
    """Rows of firs, each paler than the one before it, banks of fog between, and wet ground that fades as well."""
    edge = stage.behind(0.22, 0.70, 0.35)
    hour = HOURS[options.time]
    x, y = grid(stage)
    sun, ambient = sun_colours(hour)
    air = mix(linear(hour.horizon), linear(hour.ambient), 0.45) * (0.85 if options.time != "night" else 0.7)
    high = mix(air, linear(hour.zenith), 0.30)
    picture = mix(full(stage, high), air, smooth(-0.2, edge, y))
    picture = picture + sun * (0.32 * bump(np.hypot(x - sun_at(stage), y - edge + 0.34), 0.55))[..., None]
    banks = noise(stage, "banks", x * 1.1, y * 3.2, 5, 0.55)
    thick = 0.45 + 0.75 * options.density
    if options.trees:
        for index, (far, tall, count) in enumerate(
            ((0.88, 0.30, 26), (0.74, 0.42, 17), (0.52, 0.60, 10), (0.26, 0.86, 9))
        ):
            floor = edge + 0.015 * index
            firs = _firs(stage, f"firs{index}", floor, tall, count, 0.30 * stage.aspect if index == 3 else 0.0)
            tone = tint("#1d2a2a") * (0.25 * sun + 1.1 * ambient)
            share = 1 - np.clip(far * thick * 1.15, 0, 0.97)
            low = smooth(0.34, -0.02, floor - y + 0.06 * banks)  # fog lies low
            picture = mix(picture, tone, firs * share * (1 - 0.82 * low))
            picture = mix(
                picture,
                air,
                np.clip(
                    0.20 * thick * smooth(-0.6, 1.6, banks + 0.6 * index - 1.0) * bump(y - floor + 0.08, 0.22), 0, 1
                ),
            )
    depth = 0.42 / np.maximum(y - edge + 0.16, 0.08)
    foot = depth * depth * stage.pixel * 2
    soil = noise(stage, "soil", x * depth * 4.5, depth * 2.6, 7, 0.70, foot * 1.5)
    moss = noise(stage, "moss", x * depth * 1.6, depth * 1.0, 5, 0.55, foot)
    earth = mix(tint("#4b4a40"), tint("#5f6a48"), smooth(-0.8, 1.0, moss)) * np.exp(0.30 * soil)[..., None].astype(
        np.float32
    )
    ground = earth * (0.45 * sun + 1.25 * ambient)
    far = np.clip(smooth(0.30, 0.0, y - edge + 0.02 * banks) * (0.72 + 0.4 * options.density), 0, 1)
    ground = mix(ground.astype(np.float32), air, far)
    picture = mix(picture, ground, smooth(-0.03, 0.05, y - edge + 0.01 * banks))
    wisps = noise(stage, "wisps", x * 0.8 + 3, y * 4.5, 5, 0.55)
    picture = mix(picture, air * 1.05, 0.42 * options.density * smooth(0.0, 2.0, wisps) * bump(y - edge - 0.02, 0.24))
    distance = np.clip(stage.stand.ground - 0.06 - stage.y, 0, None)
    radius = smooth(0.0, 0.25, distance) * (0.0012 + 0.012 * options.blur) / stage.pixel
    return defocused(picture, radius) * vignette(stage, 0.35)[..., None]


class MountainOptions(Outdoors):
    time: Literal["day", "golden", "sunset", "dusk", "night"] = Field(
        "golden", description="The hour, which sets light and sky."
    )
    ridges: int = Field(6, ge=2, le=9, description="How many ridges stand one behind the other.")
    haze: float = Field(0.5, ge=0, le=1, description="How thick the air between them is.")
    foreground: Literal["rock", "meadow", "none"] = Field("rock", description="What the subject stands on.")


def paint_mountains(stage: Stage, options: MountainOptions) -> Picture:
    """Ridges one behind the other, each deeper in the air; the valleys between hold the haze."""
    hour = HOURS[options.time]
    edge = stage.behind(0.12, 0.86, 0.5) if options.foreground != "none" else 1.02
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
    picture = picture + sun * (0.18 * bump(np.hypot(x - sun_at(stage), y - edge + 0.35), 0.5))[..., None]
    distance = np.full((stage.size.height, 1), (0.0012 + 0.012 * options.blur) / stage.pixel, np.float32)
    picture = defocused(picture, distance)
    if options.foreground != "none":
        picture = _ledge(stage, options, picture, edge)
    return picture * vignette(stage, 0.3)[..., None]


def _slope(
    stage: Stage, options: MountainOptions, picture: Picture, index: int, x: Plane, y: Plane, top: Plane
) -> Picture:
    """One ridge over the part of the picture whose coordinates are given; ``top`` is its line, ``(1, w)``."""
    hour = HOURS[options.time]
    sun, ambient = sun_colours(hour)
    air = mix(linear(hour.horizon), linear(hour.ambient), 0.25)
    side = 1.0 if sun_at(stage) > 0 else -1.0
    near = (index + 1) / options.ridges
    inside = np.clip((y - top) / (1.5 * stage.pixel) + 0.5, 0, 1)
    u, v = x * (5 - 2.5 * near), (y - top) * (7 - 3 * near)
    relief = noise(stage, f"relief{index}", u + 0.8 * v * side, v - 0.25 * u, 6, 0.58)
    slope = np.clip(np.gradient(relief, axis=1) / stage.pixel * -side * 0.030, -1, 1)
    forest = mix(tint("#4a5a63"), tint("#2f4034"), near)
    light = sun * np.clip(0.30 + 0.55 * slope, 0, 1.2)[..., None] + ambient * (1.0 + 0.1 * relief)[..., None]
    rock = forest * light
    share = np.clip((0.94 - 0.74 * near) * (0.65 + 0.7 * options.haze), 0, 0.97)
    low = smooth(0.0, 0.30 - 0.08 * near, y - top) * (0.35 + 0.6 * options.haze) * (1 - 0.45 * near)
    colour = mix(rock.astype(np.float32), air, np.clip(share + low * (1 - share), 0, 1))
    return mix(picture, colour, inside)


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
    depth = 0.34 / np.maximum(y - edge + 0.14, 0.05)
    foot = stage.pixel * depth * depth * 3
    along, away = x * depth, depth * 1.6
    side = 1.0 if sun_at(stage) > 0 else -1.0
    if options.foreground == "rock":
        rough = noise(stage, "rock", along * 2.2, away * 2.2, 8, 0.66, foot * 2.2)
        slabs = np.abs(noise(stage, "slabs", along * 0.9, away * 2.4, 4, 0.5, foot * 2.4))
        cracks = bump(slabs, 0.05 + foot * 2) * smooth(-0.8, 0.8, rough)
        slope = np.clip(np.gradient(softened(rough, 1.5), axis=1) / stage.pixel * side * -0.012, -0.5, 0.5)
        stone = tint("#8b857c") * np.exp(0.20 * rough - 0.55 * cracks)[..., None].astype(np.float32)
        light = sun * np.clip(0.50 + 0.6 * slope, 0.05, 1.3)[..., None] + ambient * 1.05
        ground = stone * light
    else:
        tufts = noise(stage, "tufts", along * 8, away * 1.8, 5, 0.6, foot * 2)
        blades = noise(stage, "blades", x * 240, y * 26, 3, 0.7)  # blades stand up
        grass = mix(tint("#5c7036"), tint("#a9a25a"), np.clip(0.4 + 0.22 * tufts, 0, 1))
        grass = grass * np.exp(0.20 * tufts + 0.22 * blades)[..., None].astype(np.float32)
        ground = grass * (0.60 * sun + 1.05 * ambient)
        line = line - 0.007 * np.abs(noise(stage, "grass line", stage.x * 130, stage.x * 0, 2))
    brink = smooth(0.035, 0.0, y - line)
    ground = ground * (1 + 0.25 * brink * hour.sunlight)[..., None]
    lip = np.clip((y - line) / (2.5 * stage.pixel) + 0.5, 0, 1)
    whole = mix(picture, ground.astype(np.float32), lip)
    near = np.abs(stage.y - stage.stand.ground)
    return defocused(whole, smooth(0.07, 0.3, near) * (stage.y > edge - 0.05) * 0.006 / stage.pixel)


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


def _focus(options: Outdoors) -> str:
    return ", far out of focus" if options.blur > 0.7 else ", in sharp focus" if options.blur < 0.1 else ""


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
            + _focus(o)
        ),
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
            + _focus(o)
        ),
        1600,
    ),
    Scene(
        "dunes",
        "Dunes",
        "Sand dunes to the horizon, with sharp crests and wind ripples.",
        DuneOptions,
        paint_dunes,
        lambda o: (
            (
                f"{'high ' if o.height > 0.7 else 'low ' if o.height < 0.3 else ''}{name_of(o.colour)} sand dunes "
                f"{HOURS[o.time].words}" + (", rippled by the wind" if o.ripples > 0.6 else "")
            )
            + _focus(o)
        ),
    ),
    Scene(
        "fog",
        "Fog",
        "Fog over moss, with a forest that fades into it or none.",
        FogOptions,
        paint_fog,
        lambda o: (
            (
                ("thin" if o.density < 0.3 else "thick" if o.density > 0.7 else "drifting")
                + (" fog in a fir forest " if o.trees else " fog over open ground ")
                + HOURS[o.time].words
            )
            + _focus(o)
        ),
        1600,
    ),
    Scene(
        "snow",
        "Snow field",
        "Snow drifts with blue shadows, firs far away, falling snow if you like.",
        SnowOptions,
        paint_snow,
        lambda o: (
            (
                f"a snow field {'with fir trees ' if o.trees else ''}{HOURS[o.time].words}"
                + (", snow falling" if o.snowfall > 0 else "")
            )
            + _focus(o)
        ),
    ),
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
            + _focus(o)
        ),
        1800,
    ),
)
