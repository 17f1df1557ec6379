"""A street by day, far out of focus: house fronts, trees and passers-by, and the paving on which the subject stands."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from pydantic import Field as Option

from imaging.scenes.base import Grainy, Picture, Plane, Scene, Stage
from imaging.scenes.colours import linear
from imaging.scenes.growth import Field, focus_radius, over
from imaging.scenes.outdoors import FOCAL, HOURS, sky, sun_colours, sun_side, sunlight
from imaging.scenes.tools import (
    add_disc,
    blurred,
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
from imaging.scenes.trees import enlarged, foliage

HORIZON = (0.27, 0.58, 0.3)  # where the street ends, as Stage.behind takes it


class StreetOptions(Grainy):
    time: Literal["day", "golden", "dusk"] = Option("day", description="The hour, which sets light and sky.")
    paving: Literal["slabs", "cobbles", "asphalt"] = Option("slabs", description="What the ground is.")
    trees: bool = Option(True, description="Trees along the street.")
    busy: float = Option(0.4, ge=0, le=1, description="How many people there are, out of focus.")
    wet: bool = Option(False, description="Wet paving that mirrors the street.")
    blur: float = Option(0.5, ge=0, le=1, description="How far out of focus the street is.")


WIDE = 2.3  # half the street's width, in camera heights
PLASTER = ("#e7d8bd", "#d9c3a0", "#c9a27c", "#e9e4da", "#b87960", "#cfd2cf", "#a9b3b5", "#dcb9a0", "#93604a", "#d6cdb8")
AWNINGS = ("#a83232", "#2f5d4a", "#28426b", "#c9a45a", "#3a3a3c", "#7b2f3a", "#e2ddd2")
CLOTHES = ("#2a2c33", "#3c4a60", "#7d3b36", "#c9c2b4", "#39424a", "#8a7458", "#96524a", "#dfe2e4")


def paint_street(stage: Stage, options: StreetOptions) -> Picture:
    """Fronts with windows, shops and awnings, all blurred by the lens; then the paving, sharp in front."""
    hour = HOURS[options.time]
    sun, ambient = sun_colours(hour)
    sun, ambient = mix(sun, sun.mean() * tint("#fff3dd"), 0.25), ambient * (1.5 if options.time == "dusk" else 1.15)
    horizon = stage.behind(*HORIZON)
    flee = stage.centre * 0.5 + stage.rng("flee").uniform(-0.22, 0.22) * stage.aspect  # where the street vanishes
    small = stage.smaller(760)
    radius = 0.007 + 0.026 * options.blur
    town = _fronts(small, options, horizon, flee, sun, ambient)
    town = blurred(town, radius * 0.8 / small.pixel)
    if options.trees:
        town = _trees(small, options, town, horizon, flee, sun, ambient, radius)
    _lights(small, options, town, horizon, flee, sun, radius)
    picture = enlarged(np.asarray(town, np.float32), stage)
    picture = _ground(stage, options, picture, horizon, flee, sun, ambient)
    if options.busy > 0:
        over(picture, enlarged(_people(small, options, horizon, flee, sun, ambient, radius), stage))
    glow = bump(np.hypot(stage.x - flee, (stage.y - horizon + 0.16) * 1.1), 0.36)
    return (picture + (0.10 * sun + 0.05 * ambient) * glow[..., None]) * vignette(stage, 0.35)[..., None]


def _hashed(number: Any, key: float) -> Any:
    """Of whole numbers, fractions between 0 and 1 that look random."""
    value = np.sin(number * 12.9898 + key * 78.233) * 43758.5453
    return value - np.floor(value)


def _fronts(stage: Stage, options: StreetOptions, horizon: float, flee: float, sun: Any, ambient: Any) -> Picture:
    """Sky and both rows of houses, sharp."""
    hour = HOURS[options.time]
    x, y = grid(stage)
    picture = sky(stage, options.time, horizon, 0.25)
    side = np.where(x > flee, 1.0, -1.0)
    depth = FOCAL * WIDE / np.maximum(np.abs(x - flee), 0.012)  # how far away the front is
    high = 1 + (horizon - y) * depth / FOCAL  # above the pavement, in camera heights
    seed = float(stage.rng("houses").uniform(0, 90))
    along = depth / 3.6 + seed + 37.7 * (side > 0)
    house = np.floor(along)
    within = along - house
    roof = 5.2 + 4.2 * _hashed(house, 1)
    roof = 7.0 + (roof - 7.0) * np.exp(-depth / 26)
    colours = np.stack([linear(colour) for colour in PLASTER])
    wall = colours[(_hashed(house, 2) * len(PLASTER)).astype(int)]
    wall = wall * (0.90 + 0.12 * noise(stage, "plaster", along * 2, high * 0.8, 3))[..., None]
    storey = (high - 1.75) / 1.25
    floor, up = np.floor(storey), storey - np.floor(storey)
    bays = 2 + np.floor(_hashed(house, 3) * 2.99)
    bay = within * bays
    beside = np.abs(bay - np.floor(bay) - 0.5)
    pane = (
        smooth(0.29, 0.25, beside)
        * smooth(0.14, 0.18, up)
        * smooth(0.86, 0.82, up)
        * (storey > 0)
        * (high < roof - 0.35)
    )
    frame = (
        smooth(0.36, 0.32, beside)
        * smooth(0.07, 0.11, up)
        * smooth(0.93, 0.89, up)
        * (storey > 0)
        * (high < roof - 0.2)
    )
    number = house * 31 + floor * 7 + np.floor(bay)
    shine = _hashed(number, 4)
    glass = mix(full(stage, tint("#2b333c")), linear(hour.middle) * 0.9, (0.15 + 0.6 * shine**2).astype(np.float32))
    wall = mix(wall.astype(np.float32), tint("#efeae0"), (0.55 * frame).astype(np.float32))
    shop = smooth(0.12, 0.16, within) * smooth(0.92, 0.88, within) * (high < 1.42) * (high > 0.22)
    wall = mix(
        wall,
        tint("#3c3029"),
        (0.8 * (high < 1.75) * (high >= 0)).astype(np.float32) * smooth(0.3, 0.6, _hashed(house, 5)),
    )
    towards = sun_side(stage)
    lit = np.where(side == towards, 0.16, 0.92)  # the sun stands behind one row and shines on the other
    shadow = smooth(2.2, 3.4, high + 0.3 * np.sin(along * 3)) if options.time != "dusk" else 0.3
    light = sun * (lit * (0.30 + 0.70 * shadow))[..., None] + ambient * (0.85 + 0.25 * smooth(0, 6, high))[..., None]
    front = wall * light
    evening = options.time == "dusk"
    warm = tint("#ffcf8a") * (0.9 if evening else 0.38)
    lamps = (shine > (0.45 if evening else 0.93)).astype(np.float32)
    panes = mix((glass * (0.5 + 0.5 * light)).astype(np.float32), full(stage, warm * 0.9), 0.8 * lamps)
    front = mix(front.astype(np.float32), panes, pane.astype(np.float32))
    goods = noise(stage, "goods", along * 9, high * 5, 3)
    inside = (warm * np.exp(0.5 * goods)[..., None] + 0.10 * ambient).astype(np.float32)
    front = mix(front, inside, (0.85 * shop).astype(np.float32))
    awning = (
        (high > 1.42)
        * (high < 1.72)
        * smooth(0.06, 0.10, within)
        * smooth(0.96, 0.92, within)
        * (_hashed(house, 6) > 0.35)
    )
    cloths = np.stack([linear(colour) for colour in AWNINGS])[(_hashed(house, 7) * len(AWNINGS)).astype(int)]
    front = mix(front, (cloths * light * 1.1).astype(np.float32), awning.astype(np.float32))
    gap = smooth(0.0, 0.018, np.minimum(within, 1 - within))
    front = front * (0.6 + 0.4 * gap)[..., None]
    air = mix(linear(hour.horizon), linear(hour.ambient), 0.3)
    front = mix(front, air, (1 - np.exp(-np.maximum(depth - 3, 0) / 42)).astype(np.float32))
    cover = smooth(0.0, 0.12, roof - high) * (depth < 75)
    return mix(picture, front.astype(np.float32), cover.astype(np.float32))


def _trees(
    stage: Stage,
    options: StreetOptions,
    picture: Picture,
    horizon: float,
    flee: float,
    sun: Any,
    ambient: Any,
    radius: float,
) -> Picture:
    """Crowns and trunks on both sides, far to near."""
    x, y = grid(stage)
    light = 0.65 * sun + 1.0 * ambient
    dark, middle, bright = (tint(colour) * light for colour in ("#243a18", "#5f8236", "#bdd566"))
    leaves = foliage(stage, "crowns", dark, middle, bright, linear(HOURS[options.time].horizon), radius, 0.7, 0.8)
    ragged = noise(stage, "ragged", x * 9, y * 9, 3, 0.65)
    rng = stage.rng("trees")
    for depth in (26.0, 18.0, 12.5, 8.6, 5.9, 4.1):
        for side in (-1, 1):
            if rng.uniform() < 0.22:
                continue
            scale = FOCAL / depth
            at = flee + side * WIDE * rng.uniform(0.70, 0.86) * scale
            foot, crown = horizon + scale, horizon - 2.6 * scale * rng.uniform(0.85, 1.2)
            size = 1.45 * scale * rng.uniform(0.85, 1.2)
            trunk = bump(x - at, 0.075 * scale) * smooth(crown, crown + 0.02, y) * smooth(foot + 0.004, foot - 0.004, y)
            picture = mix(picture, tint("#4a4036") * light * 0.7, np.clip(1.3 * trunk, 0, 0.9).astype(np.float32))
            distance = np.hypot(x - at, (y - crown) * 0.92) / size
            cover = smooth(1.12, 0.72, distance - 0.16 * ragged).astype(np.float32)
            cover = softened(cover, max(0.6, 0.5 * radius / stage.pixel))
            far = float(np.clip(depth / 60, 0, 0.5))
            shaded = leaves * (0.62 + 0.5 * smooth(0.7, -0.9, (y - crown) / size))[..., None]
            air = linear(HOURS[options.time].horizon)
            picture = mix(picture, mix(shaded.astype(np.float32), air, far), cover)
    return picture


def _people(
    stage: Stage, options: StreetOptions, horizon: float, flee: float, sun: Any, ambient: Any, radius: float
) -> Picture:
    """Passers-by as a layer: shapes that the lens turns to soft blots, none behind the subject's middle."""
    rng = stage.rng("people")
    layer = np.zeros((stage.size.height, stage.size.width, 4), np.float32)
    light = 0.55 * sun + 1.0 * ambient

    def blot(x: float, y: float, wide: float, tall: float, colour: Any) -> None:
        middle = (x / stage.aspect + 0.5) * stage.size.width, y * stage.size.height
        axes = max(1.0, wide * stage.size.height), max(1.0, tall * stage.size.height)
        box = (middle, (2 * axes[0], 2 * axes[1]), 0.0)
        cv2.ellipse(layer, box, (*(float(part) for part in np.asarray(colour)), 1.0), -1)

    for _ in range(round(30 * options.busy)):
        depth = float(rng.uniform(13, 40))
        scale = FOCAL / depth
        across = float(rng.choice([-1, 1]) * rng.uniform(0.30, 1.5))
        at = flee + across * WIDE * scale
        colour = linear(str(rng.choice(CLOTHES))) * light
        legs = linear(str(rng.choice(CLOTHES[:2]))) * light
        foot = horizon + scale
        if abs(at - stage.centre) < 0.06:
            continue
        blot(at + 0.1 * scale, foot - 0.01 * scale, 0.42 * scale, 0.05 * scale, tint("#3a3733") * light * 0.5)
        blot(at, foot - 0.42 * scale, 0.14 * scale, 0.44 * scale, legs * 0.8)
        blot(at, foot - 1.10 * scale, 0.22 * scale, 0.40 * scale, colour)
        blot(at, foot - 1.60 * scale, 0.10 * scale, 0.13 * scale, tint("#c99b7d") * light)
    return np.asarray(blurred(layer, max(0.85 * radius, 0.013) / stage.pixel), np.float32)


def _lights(
    stage: Stage, options: StreetOptions, picture: Picture, horizon: float, flee: float, sun: Any, radius: float
) -> None:
    """Glints of glass and chrome, and shop lamps, as discs."""
    rng = stage.rng("glints")
    height, width = stage.size.height, stage.size.width
    evening = options.time == "dusk"
    for _ in range(64 if evening else 34):
        near = float(rng.uniform(0.05, 1.0)) ** 1.5
        side = float(rng.choice([-1, 1]))
        x = flee + side * (0.05 + 0.80 * near)
        y = horizon - float(rng.beta(1.1, 2.6)) * (0.06 + 0.5 * near) + 0.04 * near
        warm = rng.uniform() < (0.85 if evening else 0.5)
        colour = tint("#ffc987") if warm else sun / sun.max()
        light = colour * float(rng.lognormal(-1.1 if evening else -2.0, 0.6))
        at_x, off = (x / stage.aspect + 0.5) * width, float(np.hypot(x / stage.aspect * 1.6, y - 0.5))
        add_disc(
            picture,
            at_x,
            y * height,
            radius * height * rng.uniform(0.7, 1.15),
            np.minimum(light, 0.9),
            0.3,
            min(off, 0.8),
        )


def _ground(
    stage: Stage, options: StreetOptions, picture: Picture, horizon: float, flee: float, sun: Any, ambient: Any
) -> Picture:
    """The paving, and the street mirrored in it where it is wet."""
    ground = Field.of(stage, horizon)
    across = ground.across - flee / FOCAL * ground.depth
    foot = ground.foot * ground.depth * 0.5
    tone, relief = _paved(stage, options.paving, across, ground.depth, foot)
    side = sun_side(stage)
    slope = np.clip(np.gradient(relief, axis=1) / (ground.foot + 1e-6) * -side * 0.02, -0.6, 0.6)
    patches = noise(stage, "patches", across * 0.5, ground.depth * 0.4, 3, 0.5, foot * 0.4)
    shade = smooth(-0.6, 0.7, noise(stage, "shade", across * 0.35, ground.depth * 0.35, 3, 0.5, foot * 0.4))
    shade = 0.30 + 0.70 * shade if options.trees else np.ones_like(shade)
    light = sun * (0.85 * shade * (1 + 0.7 * slope))[..., None] + ambient * (1.05 + 0.25 * slope)[..., None]
    floor = (tone * (1 + 0.06 * patches)[..., None] * light).astype(np.float32)
    if options.wet:
        rows = np.clip(ground.top - 1 - np.arange(len(floor)) * 1.25, 0, stage.size.height - 1).astype(int)
        mirror = softened(picture[rows], 0.007 / stage.pixel, 0.035 / stage.pixel)
        pool = smooth(
            -0.5, 0.8, noise(stage, "pools", across * 0.9, ground.depth * 0.7, 4, 0.55, foot) - 2.2 * relief + 0.3
        )
        share = np.clip(0.18 + 0.50 * pool, 0, 0.75) * (1 - 0.35 * smooth(0.0, 0.4, ground.y - horizon))
        floor = mix(floor * 0.55, mirror.astype(np.float32), share.astype(np.float32))
    haze = np.broadcast_to(0.40 * np.exp(-(ground.y - horizon) / 0.035), shade.shape)
    floor = mix(floor, linear(HOURS[options.time].horizon) * (0.35 + 0.45 * float((sun + ambient).mean())), haze)
    part = mix(picture[ground.top :], floor, smooth(0.012, 0.045, ground.y - horizon) * np.ones_like(shade))
    radius = focus_radius(stage, horizon, ground.y, options.blur) / stage.pixel
    picture[ground.top :] = defocused(part.astype(np.float32), radius * smooth(0.01, 0.05, ground.y - horizon))
    return picture


def _paved(stage: Stage, paving: str, u: Plane, v: Plane, foot: Plane) -> tuple[Picture, Plane]:
    """The ground's colour and its relief, from places on it."""
    grit = noise(stage, "grit", u * 26, v * 26, 4, 0.75, foot * 26)
    worn = noise(stage, "worn", u * 2.2, v * 2.2, 5, 0.6, foot * 2.2)
    if paving == "asphalt":
        tone = tint("#5a5b5e") * np.exp(0.17 * grit + 0.10 * worn)[..., None]
        return tone.astype(np.float32), 0.02 * grit
    long, short = (0.62, 0.62) if paving == "slabs" else (0.21, 0.15)
    row = np.floor(v / short)
    shift = 0.5 * (row % 2) if paving == "slabs" else _hashed(row, 9)
    if paving == "cobbles":  # no stone is like the next
        u = u + 0.02 * noise(stage, "bend", u * 5, v * 5, 2)
        v = v + 0.014 * noise(stage, "bow", u * 5, v * 5, 2)
        row = np.floor(v / short)
        shift = _hashed(row, 9)
    cell = u / long + shift
    column = np.floor(cell)
    edge_u, edge_v = 0.5 - np.abs(cell - column - 0.5), 0.5 - np.abs(v / short - row - 0.5)
    rim = np.minimum(edge_u * long, edge_v * short)
    joint = 0.009 if paving == "slabs" else 0.022
    flat = smooth(0.2 * joint, joint + 1.5 * foot, rim) if paving == "slabs" else smooth(0.004, 0.05, rim)
    seen = 1 / (1 + np.square(foot / joint * 0.6))  # joints fade where a pixel covers more than them
    flat = 1 - (1 - flat) * seen
    vary = _hashed(row * 57.0 + column * 131.0, 3) - 0.5
    base = tint("#b8ae9f") if paving == "slabs" else tint("#857f78")
    strength = (0.14 if paving == "slabs" else 0.42) * (0.35 + 0.65 * seen)
    tone = base * np.exp(strength * vary + 0.08 * grit + 0.09 * worn)[..., None]
    tone = tone * ((0.50 + 0.50 * flat) if paving == "slabs" else (0.30 + 0.70 * flat))[..., None]
    return tone.astype(np.float32), ((0.01 if paving == "slabs" else 0.05) * flat + 0.006 * grit).astype(np.float32)


PAVED = {"slabs": "stone slabs", "cobbles": "cobblestones", "asphalt": "asphalt"}
SCENES = (
    Scene(
        "street",
        "Street",
        "A street by day out of focus: houses, shops and trees, and the paving in front.",
        StreetOptions,
        paint_street,
        lambda o: (
            f"a {'quiet' if o.busy < 0.2 else 'busy' if o.busy > 0.7 else 'town'} street "
            f"{HOURS[o.time].words}, {'with trees, ' if o.trees else ''}on {'wet ' if o.wet else ''}{PAVED[o.paving]}"
            + (", far out of focus" if o.blur > 0.7 else ", in sharp focus" if o.blur < 0.1 else "")
        ),
        lambda o, seed: sunlight(o.time, seed, 0.3),
        lambda o: True,
        ends=HORIZON,
        gloss=lambda o: 0.12 if o.wet else 0.0,
    ),
)
