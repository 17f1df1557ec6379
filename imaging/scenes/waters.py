"""Still and clear water: a lake that mirrors its far shore, and a pool with the net of light on its floor."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from pydantic import Field as Option

from imaging.scenes.base import Grainy, Light, Picture, Plane, Scene, Side, Stage, Tint, as_floats, from_side
from imaging.scenes.colours import linear, name_of, shade
from imaging.scenes.growth import Field, Grass, focus_radius, grow
from imaging.scenes.leaves import OVAL, strew
from imaging.scenes.materials import wood
from imaging.scenes.outdoors import FOCAL, HOURS, Outdoors, focus, sky, sun_at, sun_colours, sun_side, sunlight
from imaging.scenes.tools import bump, defocused, full, grid, mix, noise, smooth, softened, tint, vignette
from imaging.scenes.trees import enlarged


class LakeOptions(Outdoors):
    around: Literal["forest", "mountains"] = Option("mountains", description="What stands on the far shore.")
    shore: Literal["pebbles", "dock", "grass", "none"] = Option("pebbles", description="What the subject stands on.")
    ripples: float = Option(0.2, ge=0, le=1, description="How far the water is from a mirror.")
    mist: float = Option(0.15, ge=0, le=1, description="Mist over the water.")


def paint_lake(stage: Stage, options: LakeOptions) -> Picture:
    """The far shore and the sky, mirrored by Fresnel's law in water that ripples, and the near shore before it."""
    hour = HOURS[options.time]
    sun, ambient = sun_colours(hour)
    horizon = stage.behind(0.34, 0.52, 0.24)
    above = enlarged(_far_shore(stage.smaller(900), options, horizon), stage)
    picture = _mirror(stage, options, above, horizon)
    air = mix(linear(hour.horizon), linear(hour.ambient), 0.4) * (0.55 + 0.4 * float((sun + ambient).mean()))
    banks = noise(stage, "banks", stage.x * 1.1, stage.y * 5, 4, 0.55)
    low = bump(stage.y - horizon + 0.005, 0.05 + 0.05 * options.mist) * (0.75 + 0.25 * banks)
    picture = mix(picture, air, np.clip(options.mist * 1.1 * low, 0, 0.9).astype(np.float32))
    distance = np.clip(stage.stand.ground - 0.05 - stage.y, 0, None)
    picture = defocused(picture, smooth(0.0, 0.30, distance) * (0.0015 + 0.014 * options.blur) / stage.pixel)
    if options.shore != "none":
        picture = _near_shore(stage, options, picture, horizon, sun, ambient)
    return picture * vignette(stage, 0.3)[..., None]


def _far_shore(stage: Stage, options: LakeOptions, horizon: float) -> Picture:
    """The sky, and mountains or woods that stand on the row ``horizon``; what lies below is of no matter."""
    hour = HOURS[options.time]
    sun, ambient = sun_colours(hour)
    picture = sky(stage, options.time, horizon, 0.30)
    x, y = grid(stage)
    air = mix(linear(hour.horizon), linear(hour.ambient), 0.3)
    side = sun_side(stage)
    if options.around == "mountains":
        for index, (rise, far) in enumerate(((0.36, 0.46), (0.26, 0.28), (0.15, 0.14))):
            line = noise(stage, f"line{index}", stage.x * (2.0 - 0.3 * index), stage.x * 0, 6, 0.5)
            peaks = 1 - 1.5 * np.abs(noise(stage, f"peaks{index}", stage.x * 1.3, stage.x * 0, 6, 0.46))
            top = horizon - rise * (0.62 + 0.30 * peaks + 0.10 * line)
            u = x * 5
            relief = noise(stage, f"relief{index}", u + 0.8 * y * 7 * side, y * 7 - 0.25 * u, 6, 0.58)
            slope = np.clip(np.gradient(relief, axis=1) / stage.pixel * -side * 0.03, -1, 1)
            woods = smooth(0.10, 0.0, horizon - y - 0.10 + 0.05 * relief)
            rock = mix(tint("#6f7377"), tint("#34432f"), woods)
            if index < 2:
                rock = mix(rock, tint("#e9eef4"), smooth(0.2, 0.8, 0.5 * relief + (top + 0.12 - y) * 14) * (index == 0))
            lit = sun * np.clip(0.32 + 0.6 * slope, 0, 1.2)[..., None] + ambient * (1 + 0.1 * relief)[..., None]
            inside = np.clip((y - top) / (1.5 * stage.pixel) + 0.5, 0, 1).astype(np.float32)
            picture = mix(picture, mix((rock * lit).astype(np.float32), air, far), inside)
    for index, (rise, far) in enumerate(((0.17, 0.20), (0.115, 0.03))):
        share = 1.0 if options.around == "forest" else 0.62
        crowns = noise(stage, f"crowns{index}", stage.x * 3.0, stage.x * 0, 4, 0.55)
        spikes = 1 - np.abs(
            noise(stage, f"spikes{index}", stage.x * (26 if options.around == "forest" else 44), stage.x * 0, 2, 0.6)
        )
        top = horizon - rise * share * (0.55 + 0.24 * crowns + 0.22 * spikes)
        needles = noise(stage, f"needles{index}", x * 30, y * 16, 4, 0.65)
        round_ = noise(stage, f"round{index}", x * 9, y * 7, 3, 0.6)
        tone = mix(tint("#16241a"), tint("#56703a"), smooth(-0.6, 1.6, 0.6 * needles + 0.7 * round_))
        tone = tone * (0.55 * sun + 1.0 * ambient) * (1 - 0.45 * smooth(0.05, 0.0, horizon - y))[..., None]
        inside = np.clip((y - top + 0.004 * needles) / (1.5 * stage.pixel) + 0.5, 0, 1).astype(np.float32)
        picture = mix(picture, mix(tone.astype(np.float32), air, far), inside)
    return picture + sun * (0.10 * bump(np.hypot(x - sun_at(stage), y - horizon + 0.3), 0.5))[..., None]


def _mirror(stage: Stage, options: LakeOptions, above: Picture, horizon: float) -> Picture:
    """The water from the row ``horizon`` down, with what is above in it."""
    hour = HOURS[options.time]
    sun, ambient = sun_colours(hour)
    ground = Field.of(stage, horizon)
    foot = ground.foot * ground.depth
    swell = noise(stage, "swell", ground.across * 0.5, ground.depth * 1.2, 3, 0.5, foot * 1.2)
    chop = noise(stage, "chop", ground.across * 2.4, ground.depth * 5.5, 4, 0.6, foot * 5.5)
    rough = 0.004 + 0.05 * options.ripples
    slope = rough * (0.7 * swell + 0.8 * chop)
    down = np.maximum(ground.y - horizon, 0)
    up = np.abs(down * 0.97 + slope * (0.25 + 2.2 * down) + 0.25 * options.ripples * down * 0.3)
    rows = np.clip((horizon - up) / stage.pixel - 0.5, 0, stage.size.height - 1).astype(np.float32)
    columns = np.arange(stage.size.width, dtype=np.float32)[None] + slope * 0.35 / stage.pixel
    still = softened(
        above, (0.001 + 0.006 * options.ripples) / stage.pixel, (0.002 + 0.016 * options.ripples) / stage.pixel
    )
    image = cv2.remap(still, columns.astype(np.float32), rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    cosine = np.clip(down / FOCAL + 0.6 * slope, 0.02, 1)
    fresnel = 0.06 + 0.94 * np.power(1 - cosine, 4.2)
    body = mix(tint("#12343a"), tint("#3b6a66"), smooth(9, 3, ground.depth)) * (0.5 * sun + 1.1 * ambient)
    water = mix(body.astype(np.float32), image * 0.94, fresnel.astype(np.float32))
    glint = np.clip(chop - 1.6 + 0.8 * options.ripples, 0, 1.2) * bump(stage.x - sun_at(stage), 0.22 + 0.3 * down)
    water = water + sun * (0.5 * options.ripples * glint)[..., None]
    picture = above.copy()
    picture[ground.top :] = mix(above[ground.top :], water.astype(np.float32), smooth(0, 2 * stage.pixel, down))
    return picture


def _near_shore(
    stage: Stage, options: LakeOptions, picture: Picture, horizon: float, sun: Any, ambient: Any
) -> Picture:
    """Pebbles, a dock or grass, from behind the subject to the foot of the picture."""
    light = (0.70 * sun + 1.05 * ambient).astype(np.float32)
    ground = Field.of(stage, horizon)
    line = noise(stage, "shore", ground.across * 0.6, ground.across * 0 + 0.5, 4, 0.5)
    brink = stage.behind(0.09, 0.86, 0.5)
    if options.shore == "dock":
        return _dock(stage, options, picture, ground, brink, light)
    edge = brink + 0.010 * line + 0.03 * np.square(stage.x / stage.aspect)
    foot = ground.foot * ground.depth * 0.5
    land = smooth(-0.004, 0.006, ground.y - edge).astype(np.float32)
    fine = noise(stage, "gravel", ground.across * 14, ground.depth * 12, 4, 0.7, foot * 12)
    lumps = noise(stage, "lumps", ground.across * 1.5, ground.depth * 1.5, 4, 0.55, foot)
    wet = smooth(0.045, 0.0, ground.y - edge + 0.004 * lumps)
    if options.shore == "grass":
        soil = mix(tint("#4c6426"), tint("#6d5c3e"), wet)
    else:
        soil = mix(tint("#8b857b"), tint("#57524b"), smooth(-1, 1.2, fine))
    soil = soil * np.exp(0.16 * fine + 0.12 * lumps)[..., None] * (1 - 0.45 * wet)[..., None] * light
    shallow = smooth(-0.055, 0.0, ground.y - edge) * 0.55  # stones show through where the water is shallow
    below = mix(picture[ground.top :], (soil * 0.8).astype(np.float32), shallow.astype(np.float32))
    below = mix(below, soil.astype(np.float32), land)
    lip = bump(ground.y - edge + 0.002, 0.0035) * (0.5 + 0.5 * smooth(-0.5, 1, lumps))
    below = below + light * (0.10 * lip)[..., None]
    radius = focus_radius(stage, horizon, ground.y, options.blur) / stage.pixel
    shore = smooth(-0.05, 0.0, ground.y - edge)
    picture[ground.top :] = defocused(below.astype(np.float32), (radius * shore).astype(np.float32))
    dim = (1 - 0.5 * wet).astype(np.float32)
    if options.shore == "grass":
        grass = Grass(0.085, 0.011, tint("#1c2b0c") * light * 0.35, tint("#86a440") * light, tint("#bfb169") * light)
        far = smooth(0.010, 0.03, ground.y - edge).astype(np.float32)
        grow(stage, picture, ground, "grass", grass, options.blur, None, 0.05, None, far)
        return picture
    tones = [tint(colour) * light for colour in ("#a39c90", "#7b766e", "#8f8678", "#5f5c58", "#b3aa9b", "#76695c")]
    lying = smooth(-0.012, 0.004, ground.y - edge).astype(np.float32)
    strew(stage, picture, ground, "gravel", 0.045, 0.75, tones, options.blur, dim, 0.72, OVAL, lying, True)
    strew(stage, picture, ground, "pebbles", 0.10, 0.38, tones, options.blur, dim, 0.74, OVAL, lying, True)
    rough = noise(stage, "rough", ground.across * 30, ground.depth * 18, 3, 0.75, ground.foot * ground.depth * 9)
    picture[ground.top :] *= np.exp(0.10 * rough * land)[..., None]
    return picture


def _dock(stage: Stage, options: LakeOptions, picture: Picture, ground: Field, brink: float, light: Any) -> Picture:
    """Weathered boards across, that end above the water."""
    foot = ground.foot * ground.depth * 0.6
    boards = wood(stage, "oak", ground.across * 0.8, ground.depth * 2.0, foot * 1.6)
    grain = noise(stage, "weather", ground.across * 1.3, ground.depth * 14, 5, 0.6, foot * 14)
    grey = boards.mean(axis=2, keepdims=True) * np.array([1.02, 0.99, 0.94], np.float32)
    boards = (mix(boards, grey, 0.72) * 1.15) * np.exp(0.13 * grain)[..., None] * light
    boards = boards * (1 + 0.25 * bump(ground.y - brink, 0.012))[..., None]
    front = smooth(-stage.pixel, stage.pixel, np.broadcast_to(ground.y - brink, grain.shape)).astype(np.float32)
    shadow = 0.55 * bump(np.minimum(ground.y - brink, 0), 0.022) * (1 - front)
    below = picture[ground.top :] * (1 - shadow)[..., None]
    below = mix(below, boards.astype(np.float32), front)
    radius = focus_radius(stage, ground.horizon, ground.y, options.blur) / stage.pixel
    picture[ground.top :] = defocused(below, (radius * (ground.y > brink - 0.02)).astype(np.float32))
    return picture


class WaterOptions(Grainy):
    colour: Tint = Option("#5cc4c4", description="Of the water.")
    bottom: Literal["plain", "tiles", "sand"] = Option("plain", description="The floor under the water.")
    caustics: float = Option(0.6, ge=0, le=1, description="How strong the net of light on the floor is.")
    ripples: float = Option(0.4, ge=0, le=1, description="How rough the surface is.")
    rings: bool = Option(True, description="Rings on the water around the subject.")
    light: Side = Option("left", description="Where the light comes from.")


NET = 640  # texels to a side of the net of light


def paint_water(stage: Stage, options: WaterOptions) -> Picture:
    """Shallow water seen from above at a slant: its floor bent by waves, the light that they gather, and glints."""
    side = 1.0 if options.light == "right" else -1.0
    away = 1.55 / (stage.y + 0.55)  # the horizon is high above the picture
    u = stage.x * away
    v = np.broadcast_to(away * 1.9, u.shape)
    foot = (away * away * 1.3 * stage.pixel).astype(np.float32) * np.ones_like(u)
    surface = _surface(stage)
    slope_x, slope_y = (
        (0.30 + 0.85 * options.ripples) * (_tiled(tile, u, v, 2.6) + 0.45 * _tiled(tile, u + 0.7, v + 1.3, 0.9))
        for tile in surface
    )
    if options.rings:
        ring_y, ring_x = np.gradient(_rings(stage, u, away).astype(np.float32), stage.pixel)
        slope_x, slope_y = slope_x + 0.055 * ring_x / away, slope_y + 0.055 * ring_y / away
    floor = _floor(stage, options, u + 0.045 * slope_x, v + 0.045 * slope_y, foot)
    light = _tiled(_net(surface), u + 0.03 * slope_x, v + 0.03 * slope_y, 1.9)
    light = 1.08 + 0.85 * options.caustics * (light - 1)
    fall = 0.82 + 0.30 * bump(stage.x - side * 0.4 * stage.aspect, 0.8 * stage.aspect) * (1.1 - 0.4 * stage.y)
    picture = floor * (light * fall)[..., None]
    deep = tint(options.colour)
    mirror = smooth(0.95, 0.0, stage.y) * 0.30 + 0.10 * np.clip(-slope_y * 0.4, -1, 1)
    sky_light = mix(deep, np.ones(3, np.float32), 0.62)
    picture = mix(picture.astype(np.float32), sky_light, np.clip(mirror * 0.75, 0, 0.6).astype(np.float32))
    facing = 0.8 * slope_x * side - 0.55 * slope_y
    glint = smooth(1.25, 2.6, facing) ** 2 * (0.25 + 0.75 * smooth(1.0, 0.1, stage.y))
    picture = picture + (0.55 * glint)[..., None]
    far = smooth(0.0, 0.30, stage.stand.ground - 0.22 - stage.y) * 0.006
    near = smooth(0.06, 0.30, stage.y - stage.stand.ground) * 0.004
    return defocused(picture.astype(np.float32), (far + near) / stage.pixel) * vignette(stage, 0.25)[..., None]


def _rings(stage: Stage, u: Plane, away: Plane) -> Plane:
    """Waves that run outwards from where the subject stands, on the plane of the water."""
    stand_away = 1.55 / (stage.stand.ground + 0.55)
    dx, dy = u - stage.centre * stand_away, (away - stand_away) * 1.9
    half = max(0.08, (stage.stand.right - stage.stand.left) * stage.aspect / 2 * stand_away)
    distance = np.hypot(dx, dy)
    beyond = np.maximum(distance - 0.75 * half, 0)
    return 0.55 * np.cos(beyond / 0.085) * np.exp(-beyond / (0.40 + 0.4 * half)) * smooth(0.0, 0.10, beyond)


def _floor(stage: Stage, options: WaterOptions, u: Plane, v: Plane, foot: Plane) -> Picture:
    """The floor under the water, already of the water's colour."""
    deep = tint(options.colour)
    tone = noise(stage, "floor", u * 0.8, v * 0.8, 4, 0.5, foot)
    if options.bottom == "sand":
        grains = noise(stage, "grains", u * 40, v * 40, 2, 0.8, foot * 30)
        ridges = noise(stage, "ridges", u * 2.0 + 0.6 * tone, v * 5.0, 3, 0.5, foot * 5)
        sand = tint("#ecd9b4") * np.exp(0.07 * grains + 0.10 * ridges)[..., None]
        return mix(sand.astype(np.float32), deep, 0.52) * np.exp(0.05 * tone)[..., None].astype(np.float32)
    bright = mix(full(stage, deep), np.ones(3, np.float32) * 0.95, np.clip(0.16 + 0.05 * tone, 0, 1).astype(np.float32))
    if options.bottom == "tiles":
        size = 0.17
        lines = np.minimum(*(np.abs(a / size - np.round(a / size)) for a in (u, v)))
        cells = np.floor(u / size + 0.5) * 57.3 + np.floor(v / size + 0.5) * 131.7
        vary = np.sin(cells * 12.9898) * 43758.5453
        vary = vary - np.floor(vary)
        bright = bright * (0.86 + 0.22 * vary)[..., None].astype(np.float32)
        joint = smooth(0.06, 0.025, lines) / (1 + np.square(foot / size * 4))
        bright = mix(bright, mix(deep, np.ones(3, np.float32), 0.70), (0.75 * joint).astype(np.float32))
    return bright


def _surface(stage: Stage) -> tuple[Plane, Plane]:
    """Waves as their slopes to the right and down, ``(NET, NET)`` each, standard deviation 1; they repeat."""
    rng = stage.rng("surface")
    across, along = np.fft.rfftfreq(NET)[None] * NET, np.fft.fftfreq(NET)[:, None] * NET
    shaped = np.fft.rfft2(rng.standard_normal((NET, NET))) * np.exp(-np.square((np.hypot(across, along) - 7) / 5.5))
    slopes = [np.fft.irfft2(shaped * turn, s=(NET, NET)) for turn in (1j * across, 1j * along)]
    right, down = ((slope / slopes[0].std()).astype(np.float32) for slope in slopes)
    return right, down


def _tiled(tile: Plane, u: Plane, v: Plane, side: float) -> Plane:
    """A tile that repeats every ``side``, at coordinates."""
    padded = cv2.copyMakeBorder(tile, 0, 1, 0, 1, cv2.BORDER_WRAP)
    at_u, at_v = ((at * np.float32(NET / side)) % np.float32(NET) for at in (u, v))
    return as_floats(cv2.remap(padded, at_u.astype(np.float32), at_v.astype(np.float32), cv2.INTER_LINEAR))


def _net(surface: tuple[Plane, Plane]) -> Plane:
    """Light that waves gather on the floor below: rays counted where they land, ``(NET, NET)``, mean 1, repeats."""
    times, throw = 2, 5.2  # rays to a texel each way; how far waves throw them, in texels
    right, down = (cv2.resize(slope, None, fx=times, fy=times, interpolation=cv2.INTER_LINEAR) for slope in surface)
    rows, columns = np.mgrid[0 : NET * times, 0 : NET * times].astype(np.float32) / times
    landed_x = (columns + throw * right).round().astype(np.int32) % NET
    landed_y = (rows + throw * down).round().astype(np.int32) % NET
    count = np.bincount((landed_y * NET + landed_x).ravel(), minlength=NET * NET).reshape(NET, NET)
    light = cv2.GaussianBlur(cv2.copyMakeBorder(count.astype(np.float32), 8, 8, 8, 8, cv2.BORDER_WRAP), (0, 0), 1.1)
    return np.minimum(light[8:-8, 8:-8] / light.mean(), 5.0).astype(np.float32)


SHORES = {
    "pebbles": "seen from a shore of pebbles",
    "dock": "seen from a wooden dock",
    "grass": "seen from a grassy bank",
    "none": "",
}


def _called(ripples: float) -> str:
    return "a still" if ripples < 0.25 else "a choppy" if ripples > 0.7 else "a rippled"


SCENES = (
    Scene(
        "lake",
        "Lake",
        "A lake that mirrors mountains or woods, seen from pebbles, a dock or grass.",
        LakeOptions,
        paint_lake,
        lambda o: (
            f"{_called(o.ripples)} lake before {'mountains' if o.around == 'mountains' else 'a forest'} "
            + HOURS[o.time].words
            + (", in mist" if o.mist > 0.6 else "")
            + (f", {SHORES[o.shore]}" if o.shore != "none" else "")
            + focus(o)
        ),
        lambda o, seed: sunlight(o.time, seed, 0.2 + 0.4 * o.mist),
        lambda o: o.shore != "none",
    ),
    Scene(
        "water",
        "Water",
        "Clear shallow water from above, with a net of light on its floor.",
        WaterOptions,
        paint_water,
        lambda o: (
            f"clear {name_of(o.colour)} water over {'a plain floor' if o.bottom == 'plain' else o.bottom}, "
            f"{'smooth' if o.ripples < 0.25 else 'wavy' if o.ripples > 0.7 else 'rippled'}"
            + (", a bright net of light" if o.caustics > 0.7 else "")
            + (", rings around the subject" if o.rings else "")
            + f", lit from the {o.light}"
        ),
        lambda o, seed: Light(from_side(o.light, 120), 55, "#fffdf5", shade("#ffffff", o.colour, 0.5), 0.35, 0.3),
        lambda o: True,
    ),
)
