"""Open land by the hour: dunes, a forest in fog, snow."""

from __future__ import annotations

import cv2
import numpy as np
from pydantic import Field

from imaging.scenes.base import Picture, Plane, Scene, Stage, Time, Tint
from imaging.scenes.colours import linear, name_of
from imaging.scenes.outdoors import (
    HOUR,
    HOURS,
    Outdoors,
    field,
    focus,
    hazed,
    sky,
    standing,
    sun_at,
    sun_colours,
    sun_side,
    sunlight,
    terrain,
)
from imaging.scenes.tools import (
    add_disc,
    bump,
    coloured,
    full,
    grid,
    mix,
    noise,
    smooth,
    softened,
    through_lens,
    tint,
)


class DuneOptions(Outdoors):
    time: Time = Field("golden", description=HOUR)
    colour: Tint = Field("#d9a86c", description="Of the sand.")
    height: float = Field(0.5, ge=0, le=1, description="How high the dunes rise.")
    ripples: float = Field(0.5, ge=0, le=1, description="How strong the wind's ripples are.")


def paint_dunes(stage: Stage, options: DuneOptions) -> Picture:
    """Dunes rise gently with the wind and fall steeply behind a sharp crest; the low sun parts light from shade."""
    horizon = stage.behind(0.36, 0.50, 0.22)
    hour = HOURS[options.time]
    side = sun_side(stage)
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
    sand = coloured(tint(options.colour), 1 + 0.05 * grains + 0.05 * options.ripples * ripple)
    light = coloured(sun, 1.35 * direct + 0.16) + coloured(ambient, 0.95 * open_)  # 0.16 from the sand around
    ground = hazed(sand * light, np.maximum(seen.depth - 8, 0), linear(hour.horizon), 85)
    picture = mix(sky(stage, options.time, horizon, 0.12), ground, seen.hit)
    return _focused(stage, picture, options.blur, seen.depth, start)


def _focused(stage: Stage, picture: Picture, blur: float, depth: Plane, start: float) -> Picture:
    """Sharp where the subject stands, softer beyond it and a little before it."""
    off = np.clip(1 - start / np.maximum(depth, 0.1), -0.4, 1)
    radius = smooth(0.10, 0.9, np.abs(off)) * (0.0012 + 0.016 * blur) / stage.pixel
    return through_lens(stage, picture, softened(radius.astype(np.float32), 2), 0.3)


class SnowOptions(Outdoors):
    trees: bool = Field(True, description="Snowy firs at the far edge of the field.")
    snowfall: float = Field(0.0, ge=0, le=1, description="How much snow is falling.")


def paint_snow(stage: Stage, options: SnowOptions) -> Picture:
    """Drifts with blue shadows; the crust glitters where the sun strikes it."""
    horizon = stage.behind(0.34, 0.50, 0.22)
    hour = HOURS[options.time]
    side = sun_side(stage)
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
    return through_lens(stage, picture, radius, 0.35)


SCENES = (
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
            + focus(o)
        ),
        lambda o, seed: sunlight(o.time, seed, across=True),
        lambda o: True,
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
            + focus(o)
        ),
        lambda o, seed: sunlight(o.time, seed, 0.6 + 0.4 * o.density),
        lambda o: True,
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
            + focus(o)
        ),
        lambda o, seed: sunlight(o.time, seed, 0.25 + 0.5 * min(1.0, 2 * o.snowfall), across=True),
        lambda o: True,
    ),
)
