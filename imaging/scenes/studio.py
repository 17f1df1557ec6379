"""Built in a studio: seamless paper, a painted wall, a draped cloth, a podium."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from imaging.scenes.base import Grainy, Light, Picture, Plane, Scene, Side, Stage, Tint, from_side
from imaging.scenes.colours import name_of, shade
from imaging.scenes.tools import (
    between,
    bump,
    defocused,
    full,
    glow,
    grid,
    mix,
    noise,
    smooth,
    softened,
    tint,
    vignette,
)


class PaperOptions(Grainy):
    colour: Tint = Field("#d5d7da", description="Of the paper.")
    light: Literal["above", "left", "right"] = Field("above", description="Where the light comes from.")
    contrast: float = Field(0.5, ge=0, le=1, description="How much the light falls off.")


def paint_paper(stage: Stage, options: PaperOptions) -> Picture:
    """The paper bends behind the subject: the floor is bright, the bend turns away from the light, the wall fades."""
    bend = stage.behind(0.17)
    x, y = grid(stage)
    side = {"above": 0.0, "left": -1.0, "right": 1.0}[options.light]
    floor = smooth(bend - 0.05, bend + 0.22, y)
    up = np.clip((bend - y) / bend, 0, 1)
    wall = 0.95 - 0.42 * up**1.4 - 0.05 * bump(y - bend - 0.02, 0.10)
    pool = glow(stage, stage.centre + side * 0.35, 0.75, 0.55)
    if side:  # a soft box at the side: a bright flank, and its edge slanting over the wall
        across = smooth(-0.75, 0.75, side * (x - stage.centre) + 0.25 * (y - bend))
        pool = 0.25 * pool + 0.9 * across
    shape = between(wall, 1.0 - 0.07 * smooth(bend, 1.1, y), floor)
    light = 1 + (shape * (0.66 + 0.42 * pool) - 0.93) * (0.35 + 1.1 * options.contrast)
    fibre = noise(stage, "fibre", x * 90, y * 90, 3, 0.7) * 0.004
    return full(stage, tint(options.colour)) * ((light + fibre) * vignette(stage, 0.25 * options.contrast))[..., None]


class WallOptions(Grainy):
    colour: Tint = Field("#5d6873", description="Of the wall.")
    texture: Literal["smooth", "plaster", "canvas"] = Field("canvas", description="How the wall is made.")
    glow: float = Field(0.6, ge=0, le=1, description="How bright the light behind the subject is.")
    vignette: float = Field(0.6, ge=0, le=1, description="How dark the corners are.")


def paint_wall(stage: Stage, options: WallOptions) -> Picture:
    """A backdrop hung straight, a lamp behind the subject; canvas is painted in clouds, plaster is trowelled."""
    x, y = grid(stage)
    middle = min(0.5, stage.stand.ground - 0.35)
    wide = 0.62
    spot = bump(np.hypot((x - stage.centre) * 0.9, y - middle), wide)
    light = 0.62 + 0.95 * options.glow * spot
    picture = full(stage, tint(options.colour))
    if options.texture == "canvas":
        warp_x, warp_y = noise(stage, "wx", x * 1.2, y * 1.2, 2), noise(stage, "wy", x * 1.2, y * 1.2, 2)
        clouds = noise(stage, "clouds", x * 2.2 + 0.45 * warp_x, y * 2.2 + 0.45 * warp_y, 6, 0.55)
        warm = noise(stage, "warm", x * 1.5, y * 1.5, 3)
        light = light * np.exp(0.16 * clouds)
        picture = picture * np.exp(0.05 * warm[..., None] * np.array([1, 0.1, -1], np.float32))
        weave = noise(stage, "weave", x * 160, y * 36, 2) + noise(stage, "weft", x * 36, y * 160, 2)
        light = light * (1 + 0.012 * weave)
    elif options.texture == "plaster":
        warp = noise(stage, "warp", x * 2, y * 2, 3)
        height = softened(
            noise(stage, "trowel", x * 2.2 + 0.3 * warp, y * 3.4 + 0.3 * warp, 6, 0.5), 0.0012 / stage.pixel
        )
        slope = np.gradient(height, axis=1) + 0.7 * np.gradient(height, axis=0)
        light = light * (1 + np.clip(slope / stage.pixel * 0.0048, -0.25, 0.25) + 0.05 * height)
    light = light * vignette(stage, 1.5 * options.vignette)
    return picture * light[..., None]


class ClothOptions(Grainy):
    colour: Tint = Field("#edcfc7", description="Of the cloth.")
    material: Literal["silk", "linen", "velvet"] = Field(
        "silk", description="Silk shines, linen is woven, velvet is deep."
    )
    folds: float = Field(0.5, ge=0, le=1, description="How many folds there are.")
    blur: float = Field(0.35, ge=0, le=1, description="How far out of focus the cloth is away from the subject.")


def paint_cloth(stage: Stage, options: ClothOptions) -> Picture:
    """A height field of warped waves, fewer and flatter beneath the subject, lit from the upper left."""
    x, y = grid(stage)
    angle = stage.rng("angle").uniform(-0.75, -0.35)
    along = x * np.cos(angle) + y * np.sin(angle)
    across = -x * np.sin(angle) + y * np.cos(angle)
    warp = noise(stage, "warp", along * 0.7, across * 0.9, 2, 0.4)
    bend = noise(stage, "bend", along * 0.5, across * 0.6, 2, 0.4)
    many = 1.6 + 2.6 * options.folds
    phase = across * many + 0.42 * warp + 0.12 * many * bend
    big = _fold(phase) * (0.75 + 0.25 * noise(stage, "tall", along * 0.8, phase * 0.6, 2))
    small = _fold(phase * 2.3 + 0.6 * bend + 0.3) * smooth(
        -0.5, 1.2, noise(stage, "where", along * 0.9, across * 0.9, 2)
    )
    calm = 1 - 0.72 * bump((x - stage.centre), 0.5) * bump(y - stage.stand.ground, 0.20)
    height = softened(((big + 0.32 * small) * calm / many).astype(np.float32), 0.004 / stage.pixel)
    slope_y, slope_x = np.gradient(height, stage.pixel)
    steep = {"silk": 0.95, "linen": 0.85, "velvet": 0.8}[options.material]
    normal = np.dstack([-slope_x * steep, -slope_y * steep, np.ones_like(height)])
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    key = np.array([-0.48, -0.62, 0.62], np.float32)
    key /= np.linalg.norm(key)
    lit = normal @ key
    hollow = height - softened(height, 0.06 / stage.pixel)
    shade = np.clip(1 + hollow * 3.6, 0.5, 1.2)
    cloth = tint(options.colour)
    if options.material == "velvet":
        rim = np.square(1 - normal[..., 2])
        picture = full(stage, cloth) * ((0.20 + 0.62 * np.clip(lit, 0, 1) ** 1.6) * shade)[..., None]
        picture = picture + (cloth * 0.9 + 0.02) * (rim * 1.5 * shade)[..., None]
    elif options.material == "linen":
        weave = noise(stage, "warp thread", along * 150, across * 14, 3) + noise(
            stage, "weft", along * 14, across * 150, 3
        )
        light = (0.40 + 0.72 * np.clip(lit, 0, 1)) * shade * (1 + 0.022 * weave)
        picture = full(stage, cloth) * light[..., None]
    else:
        half = np.clip(normal @ _unit(key + np.array([0, 0, 1], np.float32)), 0, 1)
        fill = np.clip(normal @ _unit(np.array([0.8, 0.3, 0.5], np.float32)), 0, 1)
        light = (0.40 + 0.52 * np.clip(lit, 0, 1) + 0.14 * fill) * shade
        shine = 0.26 * half**12 + 0.22 * half**60
        picture = full(stage, cloth) * light[..., None] + (0.25 + 0.75 * cloth) * (shine * shade)[..., None]
    away = np.abs(y[:, :1] - stage.stand.ground)
    radius = smooth(0.08, 0.75, away) * options.blur * 0.016 / stage.pixel
    return defocused(picture * vignette(stage, 0.45)[..., None], radius)


def _fold(phase: Plane) -> Plane:
    """A fold of cloth: a round back and a narrower valley."""
    wave = np.sin(2 * np.pi * phase)
    return (wave + 0.28 * np.sin(4 * np.pi * phase + 0.9) + 0.08 * np.sin(6 * np.pi * phase)) * 0.5


def _unit(vector: Plane) -> Plane:
    return vector / np.linalg.norm(vector)


class PodiumOptions(Grainy):
    colour: Tint = Field("#edcfc7", description="Of wall and floor.")
    podium: Tint = Field("#f3e9d7", description="Of the podium.")
    shape: Literal["round", "square", "steps"] = Field("round", description="What the subject stands on.")
    arch: bool = Field(True, description="An arch in the wall behind.")
    light: Side = Field("left", description="Where the light comes from.")


def paint_podium(stage: Stage, options: PodiumOptions) -> Picture:
    """Wall, floor and a podium whose top lies just where the subject stands."""
    x, y = grid(stage)
    side = -1.0 if options.light == "left" else 1.0
    stand = stage.stand
    half = float(np.clip((stand.right - stand.left) * stage.aspect * 0.78, 0.2, 0.5 * stage.aspect))
    top = stand.ground
    edge = stage.behind(0.20, 0.8)
    fall = smooth(-0.9, 0.9, side * (x - stage.centre) - 0.3 * (y - 0.4))
    wall = 0.64 + 0.34 * fall + 0.16 * glow(stage, stage.centre + side * 0.25, 0.3, 0.6)
    floor = 0.86 + 0.16 * fall - 0.10 * smooth(edge + 0.1, 1.1, y)
    light = between(wall * (1 - 0.10 * bump(y - edge, 0.06)), floor, smooth(edge - 0.002, edge + 0.002, y))
    picture = full(stage, tint(options.colour)) * light[..., None]
    if options.arch:
        picture = _arch(stage, picture, options, edge, side, half)
    tiers = [(half, 0.22)] if options.shape != "steps" else [(half * 1.75, 0.10), (half, 0.10)]
    foot = top + sum(tall for _, tall in tiers)
    for wide, tall in tiers:
        picture = _block(stage, picture, options, side, wide, foot - tall, tall, options.shape == "square")
        foot -= tall
    plaster = noise(stage, "plaster", x * 60, y * 60, 4, 0.7)
    return picture * (1 + 0.008 * plaster)[..., None]


def _arch(stage: Stage, picture: Picture, options: PodiumOptions, edge: float, side: float, half: float) -> Picture:
    """A niche: a round-headed hole in the wall, its inner side shaded on the side of the light."""
    x, y = grid(stage)
    wide = min(half * 1.25, 0.40, 0.34 * stage.aspect)
    head = max(0.06 + wide, edge - 0.62)

    def hole(shift: float) -> Plane:
        dx, dy = x - stage.centre - shift, y - head
        out = np.where(dy < 0, np.hypot(dx, dy), np.abs(dx)) - wide
        return np.clip(0.5 - out / (1.5 * stage.pixel), 0, 1) * smooth(edge + stage.pixel, edge - stage.pixel, y)

    opening, back = hole(0), hole(-side * 0.09 * wide)
    inner = tint(options.colour)
    jamb = inner * (0.70 + 0.10 * smooth(head - wide, edge, y))[..., None]
    deep = 0.60 + 0.26 * smooth(-wide, wide, -side * (x - stage.centre))
    deep = deep * (1 - 0.28 * softened((opening - back).astype(np.float32), 0.035 / stage.pixel))
    picture = mix(picture, jamb, opening)
    return mix(picture, inner * deep[..., None], opening * back)


def _block(
    stage: Stage,
    picture: Picture,
    options: PodiumOptions,
    side: float,
    half: float,
    top: float,
    tall: float,
    square: bool,
) -> Picture:
    """A cylinder or a box seen from a little above, with its shadow on the floor. Lengths in frame heights."""
    x, y = grid(stage)
    dx = x - stage.centre
    depth = half * 0.24  # half the height of the ellipse that its top is in the picture
    upper = top - 0.3 * depth  # the subject stands a little before the middle of the top
    lower = upper + tall
    shade = _capsule(dx, y, half, depth, lower + 0.01)
    long = _capsule(dx + side * half * 0.75, y, half * 1.15, depth * 0.8, lower - 0.02)
    dark = 0.55 * softened(shade, 0.02 / stage.pixel) + 0.38 * softened(long, 0.07 / stage.pixel, 0.03 / stage.pixel)
    picture = picture * (1 - np.clip(dark, 0, 0.8) * (0.6 + 0.4 * smooth(0, 0.05, y - upper)))[..., None]
    pixel = 1.2 * stage.pixel
    if square:
        back = half * 0.86
        t = np.clip((y - (upper - depth)) / (2 * depth), 0, 1)
        rim = back + (half - back) * t
        face = smooth(upper - depth - pixel, upper - depth + pixel, y) * np.clip((rim - np.abs(dx)) / pixel + 0.5, 0, 1)
        face = face * smooth(upper + depth + pixel, upper + depth - pixel, y)
        body = np.clip((half - np.abs(dx)) / pixel + 0.5, 0, 1) * smooth(
            upper + depth - pixel, upper + depth + pixel, y
        )
        body = body * smooth(lower + depth + pixel, lower + depth - pixel, y)
        turn = np.full_like(dx, 0.70)
        edge_y = upper + depth
    else:
        reach = np.hypot(dx / half, (y - upper) / depth)
        face = np.clip((1 - reach) * depth / pixel + 0.5, 0, 1)
        curve = depth * np.sqrt(np.clip(1 - np.square(dx / half), 0, 1))
        body = np.clip((half - np.abs(dx)) / pixel + 0.5, 0, 1) * np.clip((lower + curve - y) / pixel + 0.5, 0, 1)
        body = body * (y > upper)
        round_ = np.clip(dx / half, -1, 1)
        lit = np.clip(0.72 * side * round_ + 0.69 * np.sqrt(1 - np.square(round_)), 0, 1)
        turn = 0.34 + 0.60 * lit + 0.08 * np.clip(-side * round_, 0, 1) ** 3
        edge_y = upper + curve
    colour = tint(options.podium)
    turn = turn * (1 - 0.22 * smooth(upper, lower + depth, y))
    picture = mix(picture, colour * turn[..., None], body)
    above = 0.93 + 0.10 * smooth(-half, half, side * dx) - 0.05 * smooth(upper + depth, upper - depth, y)
    picture = mix(picture, colour * above[..., None], face)
    bevel = bump(y - edge_y, 1.6 * stage.pixel + 0.0012) * np.clip(body + face, 0, 1)
    return mix(picture, np.minimum(colour * 1.06, 1.0), 0.55 * bevel)


def _capsule(dx: Plane, y: Plane, half: float, depth: float, middle: float) -> Plane:
    """An ellipse on the floor, 1 inside."""
    return np.clip((1.05 - np.hypot(dx / half, (y - middle) / (depth * 1.15))) * 20, 0, 1).astype(np.float32)


def _paper_light(options: PaperOptions, seed: int) -> Light:
    azimuth, elevation = (0.0, 70.0) if options.light == "above" else (from_side(options.light, 75), 42.0)
    fill = shade("#9a9ca0", options.colour, 0.5)
    return Light(azimuth, elevation, ambient=fill, softness=0.7, strength=0.25 + 0.3 * options.contrast)


SCENES = (
    Scene(
        "paper",
        "Studio paper",
        "Seamless paper that curves from the floor into the wall, in any colour.",
        PaperOptions,
        paint_paper,
        lambda o: (
            f"a seamless paper studio sweep in {name_of(o.colour)}, "
            + ("lit from above" if o.light == "above" else f"lit from the {o.light}")
            + (", in soft even light" if o.contrast < 0.3 else ", with strong falloff" if o.contrast > 0.7 else "")
        ),
        _paper_light,
        lambda o: True,
        1024,
    ),
    Scene(
        "wall",
        "Painted wall",
        "A smooth, plastered or canvas wall with a pool of light and dark corners.",
        WallOptions,
        paint_wall,
        lambda o: (
            {"smooth": "a smooth", "plaster": "a plastered", "canvas": "a painted canvas"}[o.texture]
            + f" {name_of(o.colour)} "
            + ("backdrop" if o.texture == "canvas" else "wall")
            + (" with a pool of light" if o.glow > 0.3 else " in even light")
            + (" and dark corners" if o.vignette > 0.3 else "")
        ),
        lambda o, seed: Light(-40, 45, ambient=shade("#77797d", o.colour, 0.5), softness=0.85, strength=0.25),
        lambda o: False,
    ),
    Scene(
        "cloth",
        "Draped cloth",
        "Silk, linen or velvet lying in soft folds.",
        ClothOptions,
        paint_cloth,
        lambda o: (
            f"draped {name_of(o.colour)} {o.material} "
            + ("with few soft folds" if o.folds < 0.35 else "with many folds" if o.folds > 0.65 else "in soft folds")
        ),
        lambda o, seed: Light(-142, 40, ambient=shade("#9a9ca0", o.colour, 0.5), softness=0.55, strength=0.5),
        lambda o: True,
    ),
    Scene(
        "podium",
        "Podium",
        "A podium before a plain wall, with or without an arch.",
        PodiumOptions,
        paint_podium,
        lambda o: (
            {"round": "a round", "square": "a square", "steps": "a stepped round"}[o.shape]
            + f" {name_of(o.podium)} podium before a {name_of(o.colour)} wall"
            + (" with an arch" if o.arch else "")
            + f", lit from the {o.light}"
        ),
        lambda o, seed: Light(
            from_side(o.light, 46), 42, ambient=shade("#9a9ca0", o.colour, 0.5), softness=0.45, strength=0.45
        ),
        lambda o: True,
        2000,
    ),
)
