"""Among trees: a forest and its floor, and an autumn park, with the distance far out of focus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field as Option

from imaging.scenes.base import Picture, Plane, Scene, Stage
from imaging.scenes.colours import linear
from imaging.scenes.growth import Field, Grass, focus_radius, grow, over
from imaging.scenes.leaves import strew
from imaging.scenes.outdoors import HOURS, Outdoors, focus, sun_at, sun_colours, sunlight
from imaging.scenes.tools import (
    blurred,
    bump,
    coloured,
    defocused,
    full,
    grid,
    mix,
    noise,
    smooth,
    softened,
    times,
    tint,
    vignette,
)
from imaging.scenes.trees import dapple, enlarged, foliage, rays, shaded, trunks


class ForestOptions(Outdoors):
    trees: Literal["pine", "beech", "birch"] = Option("pine", description="What trees they are.")
    floor: Literal["moss", "leaves", "path"] = Option("moss", description="What the ground is.")
    density: float = Option(0.5, ge=0, le=1, description="How close together the trees stand.")
    rays: float = Option(0.4, ge=0, le=1, description="Beams of sun between the trees.")


BARK = {"pine": ("#5a463a", "#2a211c"), "beech": ("#7a776d", "#34322c"), "birch": ("#e4e1d8", "#6d6a64")}
LEAVES = {  # in the shade, in the light, where the sun shines through
    "pine": ("#1b2a1c", "#4a6638", "#a9bd5e"),
    "beech": ("#2a3c16", "#6f9436", "#cfe07a"),
    "birch": ("#2f4420", "#86a24c", "#dbe68c"),
}


def _under_leaves(time: str) -> tuple[Any, Any]:
    """The sun's and the sky's light: leaves and trunks around make it less coloured than in the open, never black."""
    sun, ambient = sun_colours(HOURS[time])
    deep = {"sunset": 0.45, "golden": 0.2}.get(time, 0.0)
    return mix(sun, sun.mean() * tint("#fff3dd"), deep), ambient * {"night": 1.7, "dusk": 1.35}.get(time, 1.0)


def _air(hour: Any, sun: Any, ambient: Any) -> Any:
    """The light that hangs between the trees."""
    return 0.55 * sun * tint("#e9f0b4") + 0.75 * ambient * tint("#dbe8c8") + 0.10 * linear(hour.horizon)


def paint_forest(stage: Stage, options: ForestOptions) -> Picture:
    """Foliage and trunks one behind the other, the far ones pale; before them the floor with its spots of sun."""
    HOURS[options.time]
    sun, ambient = _under_leaves(options.time)
    horizon = stage.behind(0.30, 0.56, 0.25)
    sun_x = sun_at(stage) * 0.8
    ground = Field.of(stage, horizon)
    coarse = stage.smaller(640)  # out of focus anyway
    wood = _wood(coarse, options, horizon, sun, ambient, sun_x)
    picture = _soil(stage, options, enlarged(wood, stage), ground, sun, ambient)
    layer = _trunks(coarse, options, (_NEAR,), horizon, sun, ambient)
    over(picture, enlarged(layer, stage))
    _cover(stage, options, picture, ground, sun, ambient)
    beams = rays(stage, "rays", sun_x * 1.25, -0.22) * smooth(1.0, horizon + 0.05, stage.y)
    beams = beams + 0.5 * bump(np.hypot(grid(stage)[0] - sun_x, (grid(stage)[1] - 0.1) * 1.2), 0.42)
    picture = picture + coloured(0.75 * options.rays * sun * tint("#fff1c4"), beams)
    return times(picture, vignette(stage, 0.45))


def _wood(stage: Stage, options: ForestOptions, horizon: float, sun: Any, ambient: Any, sun_x: float) -> Picture:
    """All that is behind the subject, out of focus."""
    hour = HOURS[options.time]
    air = _air(hour, sun, ambient)
    x, y = grid(stage)
    light = 0.70 * sun + 1.1 * ambient
    dark, middle, bright = (shaded(colour, light) for colour in LEAVES[options.trees])
    radius = 0.008 + 0.024 * options.blur
    open_ = bump(y - horizon + 0.16, 0.30) * (0.45 + 0.55 * bump(x - sun_x, 0.6))
    picture = foliage(stage, "far", dark * 1.2, middle, bright, air * 1.5, radius, 1.3, 0.25 + 0.75 * open_)
    picture = mix(picture, air, np.clip(0.30 + 0.55 * open_, 0, 0.9))
    for index, distance in enumerate(_FAR):
        over(picture, _trunks(stage, options, (distance,), horizon, sun, ambient))
        share = smooth(0.9, 0.15, y / horizon) + 0.35
        leaves = foliage(stage, f"leaves{index}", dark, middle, bright, air, radius * 0.9, 0.6, np.clip(share, 0, 1))
        clump = noise(stage, f"where{index}", x * 2.0, y * 2.6, 4, 0.6)
        hang = smooth(0.1, 1.5, clump + 1.5 * smooth(0.36, -0.05, y / horizon - 0.1 * index) - 0.2)
        soft = radius * (1.0, 0.8)[index] / stage.pixel
        picture = mix(picture, mix(leaves, air, distance.haze * 0.75), softened(hang, soft) * 0.85)
    bushes = noise(stage, "bushes", stage.x * 2.6, stage.x * 0, 4, 0.55)
    for index, (lift, back) in enumerate(((0.10, 0.45), (0.055, 0.15))):
        top = horizon + 0.05 - lift * (0.7 + 0.5 * np.roll(bushes, 170 * index, axis=1))
        body = foliage(stage, f"bush{index}", dark * 0.8, middle * 0.9, bright * 0.8, bright, radius * 0.8, 0.4)
        cover = smooth(-0.02, 0.05, y - top).astype(np.float32)
        picture = mix(picture, mix(body, air, back), softened(cover, radius * 0.7 / stage.pixel))
    return picture


@dataclass(frozen=True)
class _Row:
    """Trees at one distance: how much air is before them, how many, how wide, where they stand, how blurred."""

    key: str
    haze: float
    count: int
    wide: float
    foot: float
    blur: float
    gap: float = 0.0


_FAR = (_Row("far", 0.62, 22, 0.020, 0.020, 1.0), _Row("middle", 0.42, 13, 0.042, 0.045, 0.8))
_NEAR = _Row("near", 0.08, 7, 0.105, 0.115, 0.5, 0.22)


def _trunks(
    stage: Stage, options: ForestOptions, rows: tuple[_Row, ...], horizon: float, sun: Any, ambient: Any
) -> Picture:
    """Rows of trunks as a layer, out of focus."""
    air = _air(HOURS[options.time], sun, ambient)
    for row in rows:
        many = max(2, round(row.count * (0.45 + 1.1 * options.density) * max(0.6, stage.aspect / 1.33)))
        lean = 0.02 if options.trees == "pine" else 0.045
        cover, side, which = trunks(stage, row.key, many, row.wide, horizon + row.foot, row.gap, lean)
        tone = mix(_bark(stage, options, row.key, side, which, sun, ambient), air, row.haze)
        layer = np.concatenate([tone * cover[..., None], cover[..., None]], axis=2)
    return blurred(layer, (0.008 + 0.024 * options.blur) * row.blur / stage.pixel)


def _bark(stage: Stage, options: ForestOptions, key: str, side: Plane, which: Plane, sun: Any, ambient: Any) -> Picture:
    """Bark: round, lit from the sun's side, furrowed; a birch's is white with dark bands."""
    y = grid(stage)[1]
    deep, pale = BARK[options.trees]
    towards = np.sign(sun_at(stage))
    across = np.arcsin(np.clip(side, -1, 1))
    u = across * 2.2 + which * 5.3
    rough = noise(stage, f"bark{key}", u * 2.4, y * 5, 5, 0.65)
    facing = np.clip(0.42 + 0.62 * towards * side, 0.03, 1)
    base = mix(full(stage, tint(deep)), tint(pale), smooth(0.2, 1.6, -rough))
    if options.trees == "birch":
        band = noise(stage, f"bands{key}", u * 0.7, y * 17, 3, 0.6)
        base = mix(full(stage, tint("#e6e2d8")), tint("#2e2a27"), smooth(0.85, 1.5, band) * 0.9)
    lit = sun * (0.85 * facing**1.6)[..., None] + ambient * (0.75 + 0.25 * np.sqrt(1 - side**2))[..., None]
    moss = smooth(0.2, 1.6, noise(stage, f"mossy{key}", u, y * 3, 3) + 1.2 * smooth(0.55, 1.0, y) - 0.4)
    base = mix(base, tint("#5f7433"), (0.7 * moss).astype(np.float32))
    return (base * np.exp(0.22 * rough)[..., None] * lit).astype(np.float32)


def _lit(stage: Stage, options: ForestOptions, ground: Field, sun: Any, ambient: Any) -> tuple[Plane, Any]:
    """How light the floor is, in spots of sun, and of what colour."""
    spots = dapple(stage, ground, "spots", 0.42) * (1.0 if options.time in ("day", "golden", "sunset") else 0.25)
    light = 0.95 * ambient.mean() + 0.10 * sun.mean() + 0.9 * sun.mean() * spots
    return light, (sun / sun.mean()) * 0.6 + 0.4 * (ambient / ambient.mean())


def _trodden(stage: Stage, options: ForestOptions, ground: Field) -> Plane:
    """1 on the path, 0 beside it."""
    if options.floor != "path":
        return np.zeros_like(ground.across)
    wind = 0.35 * noise(stage, "path", ground.depth * 0.20, ground.depth * 0, 2)
    ragged = noise(stage, "verge", ground.across * 2.2, ground.depth * 2.2, 4, 0.6, ground.foot * 2.2)
    return smooth(1.05, 0.65, np.abs(ground.across - wind) + 0.10 * ragged).astype(np.float32)


def _soil(stage: Stage, options: ForestOptions, picture: Picture, ground: Field, sun: Any, ambient: Any) -> Picture:
    """Moss, dead leaves or a path, with spots of sun and the blur of its distance."""
    horizon = ground.horizon
    start = horizon + 0.045
    light, warm = _lit(stage, options, ground, sun, ambient)
    along, away, foot = ground.across, ground.depth, ground.foot
    lumps = noise(stage, "lumps", along * 2.2, away * 2.2, 6, 0.62, foot * 2.2)
    fine = noise(stage, "fine", along * 11, away * 11, 4, 0.7, foot * 11)
    moss_here = smooth(-0.7, 0.7, noise(stage, "mossy", along * 0.8, away * 0.8, 4, 0.5, foot))
    trodden = _trodden(stage, options, ground)
    if options.floor == "path":
        moss_here = moss_here * (1 - trodden)
    else:
        moss_here = moss_here * 0.25 if options.floor == "leaves" else 0.45 + 0.55 * moss_here
    litter = mix(tint("#4a3524"), tint("#8a6643"), smooth(-1, 1.4, fine + 0.5 * lumps))
    soil = mix(litter, tint("#8d7a61"), (0.75 * trodden).astype(np.float32))
    green = mix(tint("#33471b"), tint("#7d9638"), smooth(-1.0, 1.3, lumps + 0.5 * fine))
    earth = times(mix(soil, green, moss_here.astype(np.float32)), np.exp(0.16 * lumps + 0.20 * fine))
    floor = times(earth * warm, light)
    air = _air(HOURS[options.time], sun, ambient)
    floor = mix(floor, air, np.broadcast_to(0.35 * np.exp(-np.maximum(ground.y - start, 0) / 0.04), along.shape))
    edge = start + 0.012 * noise(stage, "edge", stage.x * 5, stage.x * 0, 4)
    below = picture[ground.top :]
    below = mix(below, floor, smooth(-0.012, 0.012, ground.y - edge))
    radius = focus_radius(stage, horizon, ground.y, options.blur) / stage.pixel
    picture[ground.top :] = defocused(below, radius * (ground.y > horizon + 0.03))
    return picture


def _cover(stage: Stage, options: ForestOptions, picture: Picture, ground: Field, sun: Any, ambient: Any) -> None:
    """What lies and grows on the floor."""
    shade, warm = _lit(stage, options, ground, sun, ambient)
    if options.floor != "leaves":
        blades = Grass(
            0.030,
            0.0045,
            tint("#1e2a0d", 0.35 * float(ambient.mean())),
            tint("#86a13c") * warm,
            tint("#b9a75a") * warm,
            0.30 if options.floor == "moss" else 0.12,
            0.8,
            0.35,
        )
        kept = shade * (1 - 0.9 * _trodden(stage, options, ground))
        grow(stage, picture, ground, "moss", blades, options.blur, kept, first=0.16)
    leaves = [tint(colour) * warm for colour in ("#8a5f35", "#6d4426", "#a87a45", "#59371f", "#7c7038")]
    amount = {"moss": 0.10, "leaves": 1.15, "path": 0.14}[options.floor]
    size, slim = (0.085 if options.floor == "leaves" else 0.062), (0.46 if options.trees != "pine" else 0.32)
    strew(stage, picture, ground, "litter", size, amount, leaves, options.blur, shade, slim)


GROUND = {"moss": "on moss", "leaves": "on dead leaves", "path": "on a path"}
SCENES = (
    Scene(
        "forest",
        "Forest",
        "A forest of pines, beeches or birches out of focus, and its floor of moss, leaves or a path.",
        ForestOptions,
        paint_forest,
        lambda o: (
            f"{'a dense' if o.density > 0.7 else 'an open' if o.density < 0.3 else 'a'} {o.trees} forest "
            f"{HOURS[o.time].words}, {GROUND[o.floor]}" + (", with beams of sun" if o.rays > 0.6 else "") + focus(o)
        ),
        lambda o, seed: sunlight(o.time, seed, 0.45),
        lambda o: True,
    ),
)
