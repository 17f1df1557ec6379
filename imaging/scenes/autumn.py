"""An autumn park: leaves on the ground and in the air, before trees in their colours out of focus."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field as Option

from imaging.scenes.base import Picture, Scene, Stage
from imaging.scenes.colours import linear
from imaging.scenes.growth import Field, Grass, focus_radius, grow, over
from imaging.scenes.leaves import MAPLE, OVAL, strew, whirl
from imaging.scenes.outdoors import HOURS, Outdoors, focus, sky, sun_at, sun_colours, sunlight
from imaging.scenes.tools import blurred, bump, defocused, grid, mix, noise, smooth, softened, times, tint, vignette
from imaging.scenes.trees import enlarged, foliage, rays, trunks


class AutumnOptions(Outdoors):
    colours: Literal["golden", "red", "mixed"] = Option("mixed", description="Of the leaves.")
    leaf: Literal["maple", "beech"] = Option("maple", description="The leaves' shape: lobed, or oval.")
    ground: Literal["leaves", "lawn"] = Option("leaves", description="A carpet of leaves, or some on a lawn.")
    falling: float = Option(0.2, ge=0, le=1, description="How many leaves are in the air.")


PALETTES = {
    "golden": ("#e3a52f", "#d98a24", "#c9782a", "#f0c04a", "#a8662a", "#b98b3a"),
    "red": ("#b8321f", "#8f2419", "#cf4a22", "#a63a20", "#d9652c", "#6f2a1c"),
    "mixed": ("#d98a24", "#c2491f", "#e3a52f", "#a03a1e", "#b5712c", "#8a5a2c", "#d9652c", "#a89a3a"),
}
CROWNS = {  # of the trees: in the shade, in the light, where the sun shines through
    "golden": ("#5a3a14", "#c98a26", "#ffd868"),
    "red": ("#4a1a10", "#b3402a", "#ff9a5c"),
    "mixed": ("#4f3015", "#c26a24", "#ffc45a"),
}


def paint_autumn(stage: Stage, options: AutumnOptions) -> Picture:
    """Crowns and trunks out of focus, and leaves painted one by one where it is sharp."""
    hour = HOURS[options.time]
    sun, ambient = sun_colours(hour)
    sun = mix(sun, sun.mean() * tint("#fff3dd"), 0.4 if options.time == "sunset" else 0.0)
    ambient = ambient * {"night": 1.6, "dusk": 1.3}.get(options.time, 1.0)
    light = (0.62 * sun + 1.0 * ambient).astype(np.float32)
    horizon = stage.behind(0.29, 0.57, 0.26)
    picture = enlarged(_park(stage.smaller(640), options, horizon, sun, ambient), stage)
    ground = Field.of(stage, horizon)
    swath = noise(stage, "swath", ground.across * 0.7, ground.depth * 0.5, 4, 0.55, ground.foot)
    fine = noise(stage, "fine", ground.across * 9, ground.depth * 6, 4, 0.65, ground.foot * ground.depth * 6)
    tones = [tint(colour) for colour in PALETTES[options.colours]]
    if options.ground == "leaves":
        below = mix(tones[0], tones[1], smooth(-1, 1, swath)) * 0.55
        below = mix(below, tint("#3a2616"), smooth(-0.6, 1.6, fine) * 0.55)
    else:
        below = mix(tint("#4c6426"), tint("#869442"), smooth(-1.4, 1.4, swath + 0.5 * fine))
    floor = times(below * light, np.exp(0.14 * swath + 0.14 * fine))
    haze = np.broadcast_to(0.34 * np.exp(-(ground.y - horizon) / 0.035), swath.shape)
    floor = mix(floor, _air(options.time, sun, ambient), haze)
    edge = horizon + 0.014 + 0.006 * noise(stage, "edge", stage.x * 5, stage.x * 0, 4)
    radius = focus_radius(stage, horizon, ground.y, options.blur) / stage.pixel
    part = mix(picture[ground.top :], floor, smooth(-0.020, 0.020, ground.y - edge))
    picture[ground.top :] = defocused(part, radius * smooth(0.01, 0.05, ground.y - horizon))
    spots = smooth(0.1, 0.9, noise(stage, "spots", ground.across * 1.1, ground.depth * 1.0, 3, 0.5, ground.foot))
    dappled = (0.70 + 0.55 * spots * min(1.0, float(hour.sunlight))) * np.exp(0.08 * swath)
    lit = [(tone * light).astype(np.float32) for tone in tones]
    shape, slim = (MAPLE, 0.46) if options.leaf == "maple" else (OVAL, 0.50)
    size = 0.145 if options.leaf == "maple" else 0.125
    if options.ground == "lawn":
        grass = Grass(0.06, 0.010, tint("#1c2b0c") * light * 0.35, tint("#7f9a3a") * light, tint("#b5a862") * light)
        grow(stage, picture, ground, "grass", grass, options.blur, dappled, 0.05)
    else:
        dim = [tone * 0.5 for tone in lit]
        strew(stage, picture, ground, "under", size * 0.8, 0.6, dim, options.blur, dappled, 0.5)
    dense = 1.25 if options.ground == "leaves" else 0.13
    strew(stage, picture, ground, "leaves", size, dense, lit, options.blur, dappled, slim, shape)
    worn = noise(stage, "worn", ground.across * 14, ground.depth * 9, 3, 0.7, ground.foot * ground.depth * 9)
    picture[ground.top :] = times(picture[ground.top :], np.exp(0.13 * worn))
    if options.falling > 0:
        bright = [(tone * (light + 0.35 * sun)).astype(np.float32) for tone in tones]
        whirl(stage, picture, options.falling, size, bright, slim, shape)
    return times(picture, vignette(stage, 0.4))


def _air(time: str, sun: Any, ambient: Any) -> Any:
    """The light that hangs between the trees."""
    return 0.55 * sun * tint("#ffd088") + 0.70 * ambient * tint("#f0d8b0") + 0.08 * linear(HOURS[time].horizon)


def _park(stage: Stage, options: AutumnOptions, horizon: float, sun: Any, ambient: Any) -> Picture:
    """Crowns, trunks and a hedge of bushes, out of focus, with the sun behind them."""
    radius = 0.010 + 0.026 * options.blur
    x, y = grid(stage)
    light = 0.65 * sun + 1.05 * ambient
    air = _air(options.time, sun, ambient)
    dark, middle, bright = (tint(colour) * light for colour in CROWNS[options.colours])
    glow = bump(np.hypot(x - 0.8 * sun_at(stage), (y - horizon + 0.20) * 1.3), 0.40)
    share = 0.35 + 0.65 * glow
    picture = sky(stage, options.time, horizon, 0.2)
    far = foliage(stage, "far", dark, middle, bright, air * 1.5, radius, 1.3, share)
    gaps = noise(stage, "gaps", x * 2.4, y * 2.8, 4, 0.6)
    cover = softened(smooth(1.6, 0.5, gaps - 1.1 * smooth(0.30, -0.05, y)).astype(np.float32), radius / stage.pixel)
    picture = mix(picture, mix(far, air, 0.30), cover)
    picture = mix(picture, air * 1.15, np.clip(0.55 * glow, 0, 1))
    for key, haze, count, wide, foot, soft in (
        ("far", 0.45, 9, 0.022, 0.012, 1.0),
        ("near", 0.12, 4, 0.060, 0.055, 0.7),
    ):
        gap = 0.16 if key == "near" else 0.0
        trunk, side, which = trunks(stage, key, max(2, round(count * stage.aspect / 1.33)), wide, horizon + foot, gap)
        rough = noise(stage, key + "bark", np.arcsin(side) * 2 + which * 5.3, y * 6, 4, 0.65)
        towards = np.clip(0.35 + 0.6 * np.sign(sun_at(stage)) * side, 0.03, 1)[..., None]
        bark = tint("#4a3a2e") * np.exp(0.3 * rough)[..., None] * (sun * 0.8 * towards + ambient)
        bark = mix(bark.astype(np.float32), air, haze)
        layer = np.concatenate([bark * trunk[..., None], trunk[..., None]], axis=2)
        over(picture, blurred(layer, radius * soft / stage.pixel))
        crown = foliage(stage, key + "crown", dark, middle, bright, air, radius * 0.9, 0.8, share)
        hang = noise(stage, key + "hang", x * 2.2, y * 2.6, 4, 0.6)
        hang = smooth(0.1, 1.2, hang + 2.0 * smooth(0.34, -0.05, y / max(horizon, 0.1)) - 0.5)
        picture = mix(picture, mix(crown, air, haze * 0.6), softened(hang, radius / stage.pixel) * 0.92)
    bushes = foliage(stage, "bushes", dark * 0.8, middle * 0.8, bright * 0.8, air, radius * 0.8, 0.5, share)
    top = horizon - 0.05 - 0.045 * noise(stage, "hedge", stage.x * 2.6, stage.x * 0, 4, 0.55)
    hedge = smooth(-0.02, 0.05, y - top).astype(np.float32)
    picture = mix(picture, mix(bushes, air, 0.15), softened(hedge, radius * 0.7 / stage.pixel) * 0.9)
    beams = rays(stage, "rays", sun_at(stage) * 1.1, -0.2) * 0.25
    return picture + sun * tint("#ffe6b8") * (beams + 0.22 * glow)[..., None]


SCENES = (
    Scene(
        "autumn",
        "Autumn",
        "Autumn leaves on the ground and in the air, before trees in their colours out of focus.",
        AutumnOptions,
        paint_autumn,
        lambda o: (
            f"{'red' if o.colours == 'red' else 'golden' if o.colours == 'golden' else 'colourful'} autumn "
            + ("maple leaves " if o.leaf == "maple" else "leaves ")
            + ("covering the ground" if o.ground == "leaves" else "on a lawn")
            + f" before trees {HOURS[o.time].words}"
            + (", many leaves falling" if o.falling > 0.7 else ", leaves falling" if o.falling > 0 else "")
            + focus(o)
        ),
        lambda o, seed: sunlight(o.time, seed, 0.35),
        lambda o: True,
    ),
)
