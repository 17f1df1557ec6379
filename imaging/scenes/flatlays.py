"""A flat lay: boards, stone or linen seen from straight above, with cast shadows and sprigs at the corners."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from pydantic import Field

from imaging.scenes import surfaces
from imaging.scenes.base import Grainy, Light, Picture, Plane, Scene, Side, Stage, Tint, as_floats, from_side
from imaging.scenes.colours import name_of
from imaging.scenes.layers import Layer
from imaging.scenes.materials import concrete, marble, slate, terrazzo, wood
from imaging.scenes.patterns import PATTERNS
from imaging.scenes.tools import between, grid, mix, noise, smooth, softened, tint, vignette


class FlatlayOptions(Grainy):
    material: Literal["oak", "walnut", "marble", "slate", "concrete", "terrazzo", "linen", "plain"] = Field(
        "linen", description="What lies beneath."
    )
    colour: Tint = Field("#e3d5c0", description="Of linen or a plain ground.")
    shadow: Literal["none", "leaves", "panes", "blinds"] = Field("leaves", description="What shapes the light.")
    sprigs: bool = Field(True, description="Sprigs of eucalyptus at two corners.")
    light: Side = Field("left", description="Where the light comes from.")
    softness: float = Field(0.45, ge=0, le=1, description="How soft the shadows' edges are.")


def paint_flatlay(stage: Stage, options: FlatlayOptions) -> Picture:
    """All of it is in focus, as a camera above sees it."""
    x, y = grid(stage)
    side = -1.0 if options.light == "left" else 1.0
    ground = _ground(stage, options, x, y)
    light = surfaces.enlarged_smoothly(_light(stage.smaller(1000), options, side), stage)  # soft all over
    if options.sprigs:
        ground, light = _with_sprigs(stage, ground, light, side)
    return ground * light * vignette(stage, 0.25)[..., None]


def _ground(stage: Stage, options: FlatlayOptions, x: Plane, y: Plane) -> Picture:
    foot = np.full(x.shape, stage.pixel * 2, np.float32)
    match options.material:
        case "oak" | "walnut":
            return wood(stage, options.material, y * 1.5, x * 2.1 + 7.3, foot)
        case "marble":
            return marble(stage, x * 1.5, y * 1.5, foot)
        case "slate":
            return slate(stage, x * 1.2, y * 1.2, foot) * np.float32(1.25)
        case "concrete":
            return concrete(stage, x * 1.4, y * 1.4, foot, "#b4b2ae")
        case "terrazzo":
            return terrazzo(stage, x * 1.7, y * 1.7, foot)
        case "linen":
            return _linen(stage, options, x, y)
        case _:
            fine = noise(stage, "plain", x * 60, y * 60, 3, 0.7, foot * 60)
            return tint(options.colour) * (1 + 0.010 * fine)[..., None].astype(np.float32)


def _linen(stage: Stage, options: FlatlayOptions, x: Plane, y: Plane) -> Picture:
    """Plain weave: threads of uneven thickness over and under each other, slubs, and soft creases."""
    count = 165.0
    bend = noise(stage, "bend", x * 2.5, y * 2.5, 3)
    u, v = x * count + 1.1 * bend, y * count + 0.9 * bend
    column, row = np.floor(u), np.floor(v)
    over = np.mod(column + row, 2) < 1
    across = np.where(over, u - column, v - row) - 0.5
    along = np.where(over, v - row, u - column) - 0.5
    thread = (1 - 2.3 * np.square(across)) * (1 - 0.8 * np.square(along))
    slub_u = noise(stage, "warp", x * count * 0.55, y * 5, 2, 0.5)
    slub_v = noise(stage, "weft", x * 5, y * count * 0.55, 2, 0.5)
    seen = 1 / (1 + (stage.pixel * count * 1.6) ** 4)
    weave = seen * (0.34 * (thread - 0.72)) + 0.045 * np.where(over, slub_u, slub_v)
    fold = noise(stage, "crease", x * 1.1 + 0.25 * bend, y * 0.8, 4, 0.42)
    slope = np.gradient(softened(fold, 0.012 / stage.pixel))[1] / stage.pixel
    tone = np.exp(weave + 0.014 * np.clip(slope, -8, 8))
    return tint(options.colour) * tone[..., None].astype(np.float32)


def _light(stage: Stage, options: FlatlayOptions, side: float) -> Picture:
    """Sun through the pattern, and the sky's light in its shade; without a pattern, a wide soft light."""
    x, y = grid(stage)
    along = side * (x - stage.centre)
    fall = 0.90 + 0.16 * smooth(-1.0, 0.9, along) - 0.06 * y
    if options.shadow == "none":
        return (tint("#fffaf2") * fall[..., None] * 0.92).astype(np.float32)
    u = -along + 0.30 * (y - 0.5)
    v = y - 0.34 * (-along)
    shape = {"panes": (u, v + 0.06, 0.88), "blinds": (u * 0.9, v, 0.9), "leaves": (u * 0.95, v, 0.9)}[options.shadow]
    pattern = PATTERNS[options.shadow](stage, *shape)
    reach = (0.0025 + 0.016 * options.softness) / stage.pixel
    sun = between(softened(pattern, reach), softened(pattern, reach * 3), smooth(0.4, -0.6, along))
    lamp, sky = tint("#fff0d6", 0.66), tint("#c2cad8", 0.56)
    return (sky * fall[..., None] + lamp * (sun * (0.92 + 0.08 * fall))[..., None]).astype(np.float32)


def _with_sprigs(stage: Stage, ground: Picture, light: Picture, side: float) -> tuple[Picture, Picture]:
    """Sprigs reach in from the far upper corner and the near lower one; they cast a soft shadow away from the light."""
    layer = Layer(stage)
    half = stage.aspect / 2
    _sprig(layer, -side * (half + 0.04), 0.02, -side * (half - 0.40), 0.30, side, "sprig")
    _sprig(layer, -side * (half + 0.02), 0.30, -side * (half - 0.22), 0.56, side, "second")
    _sprig(layer, side * (half + 0.04), 1.02, side * (half - 0.34), 0.78, side, "third")
    alpha = layer.paint[..., 3]
    shift = round(0.016 / stage.pixel)
    move = np.array([[1, 0, -side * shift * 1.1], [0, 1, shift]], np.float32)
    moved = as_floats(cv2.warpAffine(alpha, move, stage.size))
    cast = np.maximum(softened(moved, 0.011 / stage.pixel), 0)
    light = light * (1 - 0.52 * np.clip(cast, 0, 1))[..., None]
    return mix(ground, layer.paint[..., :3] / np.maximum(alpha, 1e-3)[..., None], alpha), light


def _sprig(layer: Layer, x: float, y: float, end_x: float, end_y: float, side: float, key: str) -> None:
    """A bent stem with pairs of round leaves that grow smaller towards its tip."""
    rng = layer.stage.rng(key)
    sag = rng.uniform(-0.10, 0.10)
    steps = np.linspace(0, 1, 40)
    arc = 4 * steps * (1 - steps) * sag
    dx, dy = end_x - x, end_y - y
    long = float(np.hypot(dx, dy))
    stem_x, stem_y = x + dx * steps - dy / long * arc, y + dy * steps + dx / long * arc
    wide = 0.0035 * (1 - 0.6 * steps)
    up = [(px, py - w) for px, py, w in zip(stem_x, stem_y, wide, strict=True)]
    down = [(px, py + w) for px, py, w in zip(stem_x, stem_y, wide, strict=True)]
    layer.shape(up + down[::-1], tint("#7d6a4c"))
    heading = float(np.arctan2(dy, dx))
    for index in range(5, 40, 5):
        reach = (0.052 - 0.026 * steps[index]) * rng.uniform(0.85, 1.15)
        for turn in (-1, 1):
            angle = heading + turn * rng.uniform(0.75, 1.25)
            _leaf(layer, stem_x[index], stem_y[index], angle, reach, side, rng)
    _leaf(layer, stem_x[-1], stem_y[-1], heading, 0.03, side, rng)


def _leaf(layer: Layer, x: float, y: float, angle: float, reach: float, side: float, rng: np.random.Generator) -> None:
    """A leaf: rounder near its stalk, a pale rib, one half of it lighter than the other."""
    t = np.linspace(0, 1, 16)
    half = reach * 0.72 * np.sin(np.pi * t**0.8) ** 0.8
    far = reach * (0.16 + 1.84 * t)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))

    def at(along: Any, across: Any) -> list[tuple[float, float]]:
        return [(x + a * cos - b * sin, y + a * sin + b * cos) for a, b in zip(along, across, strict=True)]

    green = mix(tint("#6c8674"), tint("#b3c2ab"), float(rng.uniform(0, 1)))
    lit = float(np.clip(0.85 + 0.20 * side * (-sin) + rng.normal(0, 0.06), 0.6, 1.15))
    rib = np.zeros_like(t)
    layer.shape(at(far, half) + at(far[::-1], rib), green * lit, lambda u, v: 1.08 - 0.16 * v)
    layer.shape(at(far, -half) + at(far[::-1], rib), green * lit * 0.86, lambda u, v: 1.06 - 0.14 * v)
    layer.shape(at(far, rib + reach * 0.016) + at(far[::-1], rib - reach * 0.016), green * 1.45)
    layer.shape(at([0, reach * 0.3], [0.0010, 0.0010]) + at([reach * 0.3, 0], [-0.0010, -0.0010]), green * 1.1)


SHADOWS = {
    "none": "in soft light",
    "leaves": "with the shadow of palm leaves",
    "panes": "with the shadow of a window",
    "blinds": "with the shadow of blinds",
}


def _caption(options: FlatlayOptions) -> str:
    ground = {"oak": "oak boards", "walnut": "walnut boards"}.get(options.material, options.material)
    if options.material in ("linen", "plain"):
        ground = (
            f"{name_of(options.colour)} linen" if options.material == "linen" else f"plain {name_of(options.colour)}"
        )
    sprigs = " and sprigs of eucalyptus" if options.sprigs else ""
    soft = ", hard" if options.softness < 0.2 else ", soft" if options.softness > 0.75 else ""
    return f"{ground} seen from above {SHADOWS[options.shadow]}{sprigs}, light from the {options.light}{soft}"


SCENES = (
    Scene(
        "flatlay",
        "Flat lay",
        "Boards, stone, linen or a plain ground from straight above, with cast shadows and sprigs.",
        FlatlayOptions,
        paint_flatlay,
        _caption,
        lambda o, seed: Light(from_side(o.light, 110), 45, "#fff0d6", "#c2cad8", 0.2 + 0.5 * o.softness, 0.5),
        lambda o: True,
        2000,
    ),
)
