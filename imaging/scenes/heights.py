"""High up: clouds to stand on, and space with its stars."""

from __future__ import annotations

import cv2
import numpy as np
from pydantic import Field as Option

from imaging.scenes.base import Grainy, Light, Picture, Plane, Scene, Side, Stage, Tint, from_side
from imaging.scenes.colours import name_of, shade
from imaging.scenes.growth import over
from imaging.scenes.tools import (
    add_disc,
    blurred,
    bump,
    full,
    glow,
    grid,
    mix,
    noise,
    smooth,
    softened,
    times,
    tint,
    vignette,
)
from imaging.scenes.trees import enlarged


class CloudOptions(Grainy):
    colour: Tint = Option("#f6c7a6", description="Of the clouds.")
    sky: Tint = Option("#c4dcee", description="Of the sky behind them.")
    density: float = Option(0.5, ge=0, le=1, description="How many clouds rise behind the subject.")
    light: Side = Option("left", description="Where the light comes from.")
    blur: float = Option(0.3, ge=0, le=1, description="How far out of focus the distance is.")


def paint_clouds(stage: Stage, options: CloudOptions) -> Picture:
    """Banks of round puffs one behind the other; each is a relief, lit from the side and from within."""
    side = 1.0 if options.light == "right" else -1.0
    sky, cloud = tint(options.sky), tint(options.colour)
    floor = stage.behind(0.10, 0.90, 0.55)
    x, y = grid(stage)
    low = mix(sky, cloud, 0.50) * 0.75 + 0.20
    picture = mix(full(stage, sky * 0.92), low, smooth(-0.1, floor, y))
    picture = picture + (0.10 * (0.5 + 0.5 * cloud)) * glow(stage, side * 0.5 * stage.aspect, 0.15, 0.7)[..., None]
    rise = 0.35 + 0.65 * options.density
    banks = (  # how high above the floor, size of the puffs, air before them, how blurred, longer side when painted
        ("far", 0.34 * rise, 0.085, 0.62, 0.010, 560),
        ("middle", 0.21 * rise, 0.120, 0.34, 0.006, 640),
        ("near", 0.07, 0.120, 0.10, 0.0025, 900),
        ("floor", -0.03, 0.150, 0.0, 0.0, 1100),
    )
    air = mix(sky, low, 0.6)
    for index, (key, lift, size, haze, soft, longest) in enumerate(banks):
        small = stage.smaller(longest)
        layer = _bank(small, options, key, floor - lift, size, 0.10 if index < 2 else 0.03, side)
        layer[..., :3] = mix(layer[..., :3], air * layer[..., 3:], haze)
        radius = soft * (0.3 + 2.4 * options.blur)
        over(picture, enlarged(blurred(layer, radius / small.pixel), stage))
        mist = smooth(floor - lift - 0.02, floor - lift + 0.30, y) * (0.16 if index < 3 else 0.0)
        picture = mix(picture, mix(air, cloud, 0.5) * 0.85 + 0.10, mist)
    before = smooth(0.06, 0.26, stage.y - stage.stand.ground)  # the nearest clouds are out of focus again
    if before.max() > 0:
        near = blurred(picture, (0.004 + 0.012 * options.blur) / stage.pixel)
        picture = mix(picture, near, np.broadcast_to(before, x.shape))
    return times(picture, vignette(stage, 0.12))


def _bank(
    stage: Stage, options: CloudOptions, key: str, top: float, size: float, uneven: float, side: float
) -> Picture:
    """One bank of clouds from row ``top`` down, ``(h, w, 4)``: colour times cover, and cover."""
    height, cover = _puffs(stage, key, top, size, uneven)
    x, y = grid(stage)
    lumps = noise(stage, key + "lumps", x / size * 1.3, y / size * 1.3, 5, 0.56)
    height = height + 0.16 * size * np.abs(lumps) + 0.04 * size * lumps
    shading = np.zeros_like(height)
    for wide, weight in ((0.05, 0.30), (0.16, 0.45), (0.5, 0.55)):
        slope_x, slope_y = _slopes(height, wide * size / stage.pixel, stage.pixel)
        shading += weight * (-side * slope_x * 0.62 + slope_y * 0.85) / np.sqrt(0.5 + slope_x**2 + slope_y**2)
    hollow = np.clip((softened(height.astype(np.float32), 0.55 * size / stage.pixel) - height) / size, -1, 1)
    lit = smooth(-0.60, 1.15, shading - 0.75 * hollow).astype(np.float32)
    cloud = tint(options.colour)
    pale = cloud * 0.42 + 0.50
    deep = mix(cloud, tint(options.sky), 0.38) * (0.36 + 0.20 * float(cloud.mean()))
    colour = mix(mix(full(stage, deep), cloud * 0.86 + 0.06, smooth(0.0, 0.55, lit)), pale, smooth(0.38, 1.0, lit))
    edge = cover * (1 - cover) * 4
    colour = colour + (0.10 * edge * smooth(0.2, 0.8, lit))[..., None]
    return np.concatenate([colour * cover[..., None], cover[..., None]], axis=2).astype(np.float32)


def _slopes(height: Plane, sigma: float, pixel: float) -> tuple[Plane, Plane]:
    """How a softened relief rises to the right and downwards; wide ones are computed small."""
    factor = min(1.0, 3 / sigma)
    full_size = height.shape[1], height.shape[0]
    size = max(4, round(full_size[0] * factor)), max(4, round(full_size[1] * factor))
    small = cv2.resize(height.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(0.6, sigma * factor), borderType=cv2.BORDER_REFLECT)
    down, right = np.gradient(small, pixel / factor)
    slopes = [cv2.resize(slope, full_size, interpolation=cv2.INTER_CUBIC) for slope in (right, down)]
    return slopes[0], slopes[1]


def _puffs(stage: Stage, key: str, top: float, size: float, uneven: float) -> tuple[Plane, Plane]:
    """The relief of many spheres with ragged edges, in frame heights, and how much they cover."""
    rng = stage.rng(key)
    height, width = stage.size.height, stage.size.width
    relief, cover = (np.zeros((height, width), np.float32) for _ in range(2))
    x, y = grid(stage)
    ragged = noise(stage, key + "ragged", x / size * 2.2, y / size * 2.2, 4, 0.62)
    line = noise(stage, key + "line", stage.x * 1.6, stage.x * 0, 3)[0]
    rows = max(1, int((1.15 - top) / (0.55 * size)))
    for row in range(rows):
        many = int(stage.aspect / size * 1.5) + 3
        for _ in range(many if row < 3 else many // 2):
            at = rng.uniform(-0.56, 0.56) * stage.aspect
            column = int(np.clip((at / stage.aspect + 0.5) * width, 0, width - 1))
            radius = size * rng.uniform(0.45, 1.15) * (0.62 if row == 0 else 1.0)
            middle = top + 0.55 * size * row + 0.5 * size - uneven * line[column] + rng.normal(0, 0.14) * size
            if middle - 1.3 * radius > 1:
                continue
            reach = 1.35 * radius
            left, right = (int((edge / stage.aspect + 0.5) * width) for edge in (at - reach, at + reach))
            left, right = max(0, left), min(width, right + 1)
            first, last = max(0, int((middle - reach) * height)), min(height, int((middle + reach) * height) + 1)
            if left >= right or first >= last:
                continue
            part = np.s_[first:last, left:right]
            squared = (np.square(stage.x[:, left:right] - at) + np.square(stage.y[first:last] - middle)) / radius**2
            squared = squared + 0.13 * ragged[part]
            dome = radius * np.sqrt(np.clip(1 - squared, 0, None)) + 0.10 * size * row
            relief[part] = np.maximum(relief[part], np.where(squared < 1, dome, 0))
            cover[part] = np.maximum(cover[part], smooth(1.02, 0.70, squared))
    solid = smooth(top + 0.6 * size + uneven, top + 1.2 * size + uneven, y)
    return relief, np.maximum(cover, solid).astype(np.float32)


class SpaceOptions(Grainy):
    colour: Tint = Option("#7d55a6", description="Of the nebula.")
    second: Tint = Option("#2f8389", description="The nebula's other colour.")
    nebula: float = Option(0.6, ge=0, le=1, description="How bright the nebula is.")
    stars: float = Option(0.5, ge=0, le=1, description="How many stars there are.")
    planet: bool = Option(False, description="The edge of a planet with its air, below.")


def paint_space(stage: Stage, options: SpaceOptions) -> Picture:
    """Gas that glows in two colours with dark dust before it, then the stars."""
    small = stage.smaller(900)
    x, y = grid(small)
    rng = stage.rng("band")
    tilt = rng.uniform(-0.7, 0.7)
    along, across = x * np.cos(tilt) + (y - 0.45) * np.sin(tilt), (y - 0.45) * np.cos(tilt) - x * np.sin(tilt)
    warp_x = noise(small, "warp x", x * 1.2, y * 1.2, 5, 0.55)
    warp_y = noise(small, "warp y", x * 1.2, y * 1.2, 5, 0.55)
    gas = noise(small, "gas", along * 1.8 + 0.30 * warp_x, across * 2.4 + 0.30 * warp_y, 7, 0.62)
    other = noise(small, "other", along * 1.4 + 0.34 * warp_y, across * 1.9 + 0.30 * warp_x, 6, 0.60)
    dust = noise(small, "dust", along * 1.8 + 0.40 * warp_x, across * 3.0 + 0.40 * warp_y, 7, 0.62)
    wisps = 1 - np.abs(noise(small, "wisps", along * 1.6 + 0.34 * warp_y, across * 2.2 + 0.40 * warp_x, 6, 0.6))
    band = bump(across - 0.10 * warp_x, 0.30)
    first, second = tint(options.colour), tint(options.second)
    bright = options.nebula * (0.25 + 0.85 * band)
    veil = 0.40 + 0.75 * np.clip(wisps, -0.3, 1) ** 2
    glow_first = bright * smooth(-0.6, 2.6, gas + 0.6 * band) ** 1.7 * veil
    glow_second = bright * smooth(-0.5, 2.5, other + 0.5 * band) ** 1.7 * veil
    picture = full(small, tint("#05060d") + 0.010 * (first + second))
    picture = picture + 1.25 * first * glow_first[..., None] + 1.15 * second * glow_second[..., None]
    core = bright * smooth(0.75, 2.4, gas + 0.7 * wisps + 0.4 * band) ** 1.4
    picture = picture + (0.5 * (first + second) + 0.35) * (0.38 * core)[..., None]
    shade = smooth(0.2, 1.6, dust + 0.35 * band) * (0.55 + 0.4 * band)
    picture = picture * (1 - 0.85 * shade)[..., None]
    picture = enlarged(picture.astype(np.float32), stage)
    _starry(stage, picture, options.stars, enlarged((0.35 + 0.8 * band) * (1 - 0.7 * shade), stage))
    if options.planet:
        picture = _planet(stage, options, picture)
    return times(picture, vignette(stage, 0.35))


def _starry(stage: Stage, picture: Picture, amount: float, where: Plane) -> None:
    """Stars of every brightness: very many faint ones, few with a halo."""
    rng = stage.rng("stars")
    height, width = stage.size.height, stage.size.width
    count = int(9000 * amount * stage.aspect)
    x, y = rng.uniform(0, 1, count), rng.uniform(0, 1, count)
    light = 0.045 * rng.pareto(1.9, count) + 0.02
    row, column = (y * height).astype(int), (x * width).astype(int)
    light = np.minimum(light * (0.35 + 0.9 * where[row, column]), 3.0)
    warm = rng.normal(0, 1, count)[:, None]
    colours = np.exp(warm * np.array([0.16, 0.03, -0.20]))
    size = max(0.8, height / 1300)
    for index in np.argsort(light):
        strength = float(light[index])
        colour = (colours[index] * min(strength, 0.9)).astype(np.float32)
        at_x, at_y = x[index] * width, y[index] * height
        add_disc(picture, at_x, at_y, size * (1 + 0.55 * min(strength, 2.5)), colour, 0.0)
        if strength > 0.6:
            _halo(picture, at_x, at_y, height * 0.012 * min(strength, 2.5), colours[index].astype(np.float32) * 0.22)


def _halo(picture: Picture, x: float, y: float, radius: float, light: Plane) -> None:
    """A soft glow around a bright star, in pixels."""
    height, width = picture.shape[:2]
    left, right = max(0, int(x - 3 * radius)), min(width, int(x + 3 * radius) + 1)
    top, bottom = max(0, int(y - 3 * radius)), min(height, int(y + 3 * radius) + 1)
    dx, dy = np.arange(left, right)[None] - x, np.arange(top, bottom)[:, None] - y
    fall = np.exp(-np.hypot(dx, dy) / (0.42 * radius)).astype(np.float32)
    picture[top:bottom, left:right] += fall[..., None] * light


def _planet(stage: Stage, options: SpaceOptions, picture: Picture) -> Picture:
    """The edge of a planet in the sun that rises behind it: a thin shell of air that glows."""
    x, y = grid(stage)
    edge = stage.behind(0.10, 0.86, 0.5)
    radius = 2.3
    side = float(stage.rng("sunrise").choice([-1.0, 1.0]))
    down = radius - np.hypot(x - stage.centre * 0.3, y - edge - radius)  # how deep below the planet's edge
    lit = 0.16 + 0.84 * bump(x - side * 0.30 * stage.aspect, 0.62 * stage.aspect)
    air = mix(tint(options.second), tint("#8fd0ff"), 0.55)
    land = noise(stage, "land", x * 3.2, down * 9, 6, 0.6)
    cloudy = noise(stage, "weather", x * 4.0 + 0.4 * land, down * 14, 6, 0.62)
    ball = mix(tint("#0a1a33"), tint("#20405a"), smooth(-0.4, 1.2, land))
    ball = mix(ball, np.ones(3, np.float32) * 0.55, smooth(0.2, 1.8, cloudy) * 0.8)
    day = lit * (0.05 + 0.55 * np.exp(-np.maximum(down, 0) / 0.10))
    ball = ball * day[..., None] + air * (0.55 * lit * np.exp(-np.maximum(down, 0) / 0.030))[..., None]
    picture = mix(picture, ball.astype(np.float32), np.clip(down / (1.5 * stage.pixel) + 0.5, 0, 1))
    shell = np.where(down > 0, 0, np.exp(np.minimum(down, 0) / 0.018)) * lit
    halo = np.where(down > 0, 0, np.exp(np.minimum(down, 0) / 0.075)) * lit
    rim = bump(down, 0.0035) * lit
    return picture + air * (0.75 * shell + 0.22 * halo)[..., None] + (0.55 * air + 0.45) * (1.1 * rim)[..., None]


SCENES = (
    Scene(
        "clouds",
        "Clouds",
        "Soft clouds in any colour to stand on, before more of them and the sky.",
        CloudOptions,
        paint_clouds,
        lambda o: (
            f"{'few ' if o.density < 0.25 else 'many ' if o.density > 0.75 else ''}soft {name_of(o.colour)} clouds "
            f"before a {name_of(o.sky)} sky, lit from the {o.light}"
            + (", far out of focus" if o.blur > 0.7 else ", in sharp focus" if o.blur < 0.1 else "")
        ),
        lambda o, seed: Light(
            from_side(o.light, 75), 50, shade("#ffffff", o.colour, 0.25), shade(o.sky, o.colour, 0.4), 0.75, 0.3
        ),
        lambda o: True,
        1400,
    ),
    Scene(
        "space",
        "Space",
        "Stars and a nebula in two colours, with the edge of a planet below or none.",
        SpaceOptions,
        paint_space,
        lambda o: (
            f"space with {'few' if o.stars < 0.25 else 'many' if o.stars > 0.75 else 'some'} stars"
            + (
                ""
                if o.nebula < 0.05
                else f" and a {'bright ' if o.nebula > 0.8 else ''}nebula, {name_of(o.colour)} and {name_of(o.second)}"
            )
            + (", above the edge of a planet" if o.planet else "")
        ),
        lambda o, seed: Light(180, 35, shade("#ffffff", o.second, 0.3), shade("#2a2c3a", o.colour, 0.5), 0.8, 0.2),
        lambda o: False,
        2000,
    ),
)
