"""What outdoor scenes share: the light of an hour, the sky with its clouds, and ground as a field of heights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from pydantic import Field

from imaging.geometry import Size
from imaging.scenes.base import Grainy, Light, Picture, Plane, Stage, Stand, Time, as_floats
from imaging.scenes.colours import linear
from imaging.scenes.tools import add_disc, bump, coloured, full, grid, mix, noise, smooth, tint

FOCAL = 1.4  # focal length in frame heights: a moderate wide angle


HOUR = "The hour, which sets light and sky."


class Outdoors(Grainy):
    time: Time = Field("day", description=HOUR)
    blur: float = Field(0.3, ge=0, le=1, description="How far out of focus the distance is.")


@dataclass(frozen=True)
class Hour:
    """The light of an hour. Colours are sRGB; ``height`` is the sun's, in radians above the horizon."""

    zenith: str
    middle: str
    horizon: str
    sun: str
    ambient: str
    cloud: str
    shade: str
    height: float
    sunlight: float
    skylight: float
    words: str


HOURS: dict[str, Hour] = {
    "day": Hour(
        "#3f79bd", "#86b4dd", "#d6e5ee", "#fff3dd", "#a9c2e0", "#ffffff", "#a7b4c6", 0.62, 0.95, 0.42, "by day"
    ),
    "golden": Hour(
        "#6f96bf",
        "#b9c3c6",
        "#f8ddb0",
        "#ffcd8c",
        "#a7adc4",
        "#fff0d8",
        "#b4a39f",
        0.22,
        1.15,
        0.38,
        "in the golden hour",
    ),
    "sunset": Hour(
        "#3d4f84", "#b5748b", "#ffa35c", "#ff8a4a", "#77709a", "#ffb38a", "#7b5f7f", 0.09, 1.15, 0.36, "at sunset"
    ),
    "dusk": Hour(
        "#1c2b55", "#4d5a91", "#dba69b", "#b48fa8", "#5a6496", "#a78aa5", "#4a4d78", 0.30, 0.22, 0.34, "at dusk"
    ),
    "night": Hour(
        "#060b1c", "#0e1a38", "#25375c", "#a9c0e8", "#2a3860", "#3b4a70", "#141d38", 0.55, 0.10, 0.13, "at night"
    ),
}


def sun_at(stage: Stage) -> float:
    """The x of the sun, to one side so that the subject is lit from there."""
    rng = stage.rng("sun")
    return float(rng.choice([-1.0, 1.0]) * rng.uniform(0.22, 0.40) * stage.aspect)


def sun_side(stage: Stage) -> float:
    """1 where the sun is to the right, -1 to the left."""
    return 1.0 if sun_at(stage) > 0 else -1.0


def sky(stage: Stage, time: str, horizon: float, clouds: float = 0.0) -> Picture:
    """The sky above row ``horizon``, and what it would be below. Painted coarse; clouds lie in a flat layer."""
    small = stage.smaller(900)
    hour = HOURS[time]
    x, y = grid(small)
    up = np.clip(horizon - y, 0, None)
    picture = mix(full(small, linear(hour.horizon)), linear(hour.middle), smooth(0.0, 0.34, up))
    picture = mix(picture, linear(hour.zenith), smooth(0.16, 0.95, up))
    sun_x, sun_y = sun_at(stage), horizon - FOCAL * np.tan(hour.height)
    sun = linear(hour.sun)
    distance = np.hypot(x - sun_x, (y - sun_y) * 1.15)
    if time in ("golden", "sunset"):
        halo = 0.55 * bump(distance, 0.42) + 0.9 * bump(distance, 0.12)
        picture += coloured(sun, halo + 0.22 * bump(small.y - horizon, 0.10) * bump(small.x - sun_x, 0.9))
    elif time == "dusk":
        picture += coloured(linear("#e88f72"), 0.35 * bump(small.y - horizon, 0.13) * bump(small.x - sun_x, 0.8))
    elif time == "day":
        picture += coloured(sun, 0.18 * bump(distance, 0.6))
    if time == "night":
        _stars(small, picture, horizon)
    if clouds > 0:
        picture = _clouded(small, picture, hour, horizon, sun_x, clouds)
    if time == "sunset":
        picture += coloured(linear("#ffd9a0"), np.float32(1.6) * smooth(0.042, 0.036, distance))
    if small.size == stage.size:
        return picture
    return cv2.resize(picture, stage.size, interpolation=cv2.INTER_CUBIC)


def _stars(stage: Stage, picture: Picture, horizon: float) -> None:
    rng = stage.rng("stars")
    width, height = stage.size
    for _ in range(int(420 * stage.aspect)):
        x, y = rng.uniform(0, width), rng.uniform(0, max(0.02, horizon)) * height
        light = 0.05 * float(rng.lognormal(0, 0.9)) * float(smooth(0, 0.25, horizon - y / height))
        add_disc(
            picture,
            x,
            y,
            max(0.6, height / 1100),
            mix(linear("#cfdcff"), linear("#ffe9cf"), float(rng.uniform())) * light,
            0,
        )


def _clouded(stage: Stage, picture: Picture, hour: Hour, horizon: float, sun_x: float, amount: float) -> Picture:
    """Clouds in a layer overhead, so that they crowd towards the horizon; thick parts shade themselves."""
    x, y = grid(stage)
    up = np.clip(horizon - y, 0.0, None)
    away = 1 / (up + 0.16)
    u, v = x * away * 1.25, away * 1.75
    warp = noise(stage, "cloud warp", u * 0.7, v * 0.7, 3)
    foot = stage.pixel * away * away * 1.8

    def thick(shift_u: float, shift_v: float) -> Plane:
        return noise(stage, "clouds", u + 0.22 * warp + shift_u, v + 0.22 * warp + shift_v, 7, 0.58, foot)

    here = thick(0, 0)
    start = 1.15 - 2.4 * amount
    cover = smooth(start, start + 0.95, here)
    towards = 0.22 * float(np.sign(sun_x) or 1.0)
    shade = smooth(-0.5, 1.3, 0.55 * thick(towards, -0.16) + 0.65 * (here - start))
    lit = mix(linear(hour.cloud), linear(hour.shade), np.clip(shade * 0.95, 0, 1))
    edge = bump(cover - 0.25, 0.22) * bump(x - sun_x, 0.7)
    lit += coloured(linear(hour.sun), np.float32(0.30 * min(1.0, hour.sunlight)) * edge)
    lit = mix(lit, linear(hour.horizon), 0.62 * smooth(0.22, 0.0, up))
    return mix(picture, lit, cover * 0.94 * smooth(0.0, 0.07, up))


@dataclass(frozen=True)
class Ground:
    """What the camera sees of a field of heights.

    Attributes:
        hit: ``(h, w)``, 1 where ground is seen, 0 where sky.
        depth: ``(h, w)`` distance in camera heights.
        across: ``(h, w)`` position to the right, in camera heights.
        slope_x, slope_z: how the ground rises to the right and away from the camera.
        sun: ``(h, w)``, 1 where the sun reaches it.
        foot: ``(h, w)`` how much ground a pixel covers across.
    """

    hit: Plane
    depth: Plane
    across: Plane
    slope_x: Plane
    slope_z: Plane
    sun: Plane
    foot: Plane

    def lit(self, hour: Hour, side: float, roughness: Plane | float = 0.0) -> tuple[Plane, Plane]:
        """How much sun and how much sky falls on every place; the sun is at ``side`` and somewhat behind."""
        light = np.array([side * np.cos(hour.height) * 0.97, np.sin(hour.height), np.cos(hour.height) * 0.22])
        length = np.sqrt(1 + np.square(self.slope_x) + np.square(self.slope_z))
        facing = (-self.slope_x * light[0] + light[1] - self.slope_z * light[2]) / length
        direct = np.clip(facing + roughness, 0, None) * self.sun
        return direct.astype(np.float32), (0.55 + 0.45 / length).astype(np.float32)


EXTENT, TEXELS = 72.0, 1024  # side of the field of heights in camera heights, and in texels


def field(stage: Stage) -> tuple[Plane, Plane]:
    """Coordinates of the field of heights: x to the right from -36 to 36, z away from 0 to 72."""
    line = (np.arange(TEXELS, dtype=np.float32) + 0.5) / TEXELS * EXTENT
    return np.broadcast_to(line[None] - EXTENT / 2, (TEXELS, TEXELS)), np.broadcast_to(line[:, None], (TEXELS, TEXELS))


def terrain(stage: Stage, heights: Plane, horizon: float, hour: Hour, side: float) -> Ground:
    """Look over a field of heights from 1 above its zero: march every column of the picture away from the camera.

    Args:
        heights: ``(1024, 1024)`` over the area of :func:`field`, in camera heights.
        horizon: the row where level ground would end.
        side: where the sun is, -1 left or 1 right.
    """
    width, height = stage.size
    per = TEXELS / EXTENT
    shadow = _shadowed(heights, np.tan(hour.height) / per * 1.0, side)
    depths = np.geomspace(0.9, EXTENT * 0.98, 640).astype(np.float32)[:, None]
    across = (stage.x / FOCAL) * depths

    def at(plane: Plane, x: Plane, z: Plane, method: int = cv2.INTER_LINEAR) -> Plane:
        texel_x, texel_z = (x + EXTENT / 2) * per - 0.5, np.broadcast_to(z * per - 0.5, x.shape)
        columns, rows = np.ascontiguousarray(texel_x, np.float32), np.ascontiguousarray(texel_z, np.float32)
        return as_floats(cv2.remap(plane, columns, rows, method, borderMode=cv2.BORDER_REFLECT_101))

    seen = horizon + FOCAL * (1 - at(heights, across, depths, cv2.INTER_CUBIC)) / depths
    highest = np.minimum.accumulate(seen, axis=0)
    rows = stage.y[:, 0]
    depth = np.empty((height, width), np.float32)
    line = depths[:, 0]
    for column in range(width):
        depth[:, column] = np.interp(-rows, -highest[:, column], line)
    hit = np.clip((stage.y - highest[-1][None]) / stage.pixel + 0.5, 0, 1).astype(np.float32)
    x = stage.x / FOCAL * depth
    slope_z, slope_x = (np.ascontiguousarray(s, np.float32) for s in np.gradient(heights, 1 / per))
    foot = depth * np.float32(stage.pixel / FOCAL)
    return Ground(hit, depth, x, at(slope_x, x, depth), at(slope_z, x, depth), at(shadow, x, depth), foot)


def _shadowed(heights: Plane, drop: float, side: float) -> Plane:
    """1 where the sun reaches: its rays come from ``side`` and sink by ``drop`` a texel."""
    turned = heights[:, ::-1] if side > 0 else heights
    ramp = np.arange(TEXELS, dtype=np.float32)[None] * np.float32(drop)
    roof = np.maximum.accumulate(turned + ramp, axis=1) - ramp
    shadow = smooth(0.10, 0.012, roof - turned).astype(np.float32)
    shadow = cv2.GaussianBlur(shadow, (0, 0), 0.8)
    return np.ascontiguousarray(shadow[:, ::-1]) if side > 0 else shadow


def standing(stage: Stage, horizon: float) -> float:
    """How far away the subject stands, in camera heights."""
    return FOCAL / max(0.05, stage.stand.ground - horizon)


def hazed(picture: Picture, depth: Plane, colour: Any, reach: float) -> Picture:
    """Air between: things far away take its colour; at ``reach`` two thirds of it."""
    return mix(picture, colour, (1 - np.exp(-depth / reach)).astype(np.float32))


def sun_colours(hour: Hour) -> tuple[Any, Any]:
    """The sun's and the sky's light."""
    return tint(hour.sun, hour.sunlight), tint(hour.ambient, hour.skylight)


SOFTNESS = {"day": 0.12, "golden": 0.2, "sunset": 0.3, "dusk": 0.85, "night": 0.6}  # of the shadow in a clear sky


def sunlight(time: str, seed: int, cover: float = 0.0, across: bool = False) -> Light:
    """The sun or moon of that hour as a key light.

    Args:
        cover: 0..1, how much of its light clouds or fog take and scatter.
        across: the painter lights its ground from the side (:meth:`Ground.lit`), not from where the sun is drawn.
    """
    hour = HOURS[time]
    stage = Stage(Size(4, 3), Stand(), seed)
    behind = 180 - float(np.degrees(np.arctan(abs(sun_at(stage)) / FOCAL)))
    softness = SOFTNESS[time] + (1 - SOFTNESS[time]) * cover
    strength = hour.sunlight / (hour.sunlight + hour.skylight) * (1 - 0.75 * cover)
    azimuth = sun_side(stage) * (103 if across else behind)
    return Light(azimuth, float(np.degrees(hour.height)), hour.sun, hour.ambient, softness, strength)


def focus(options: Outdoors) -> str:
    """How a caption ends where the distance is far out of focus, or where it is not at all."""
    return ", far out of focus" if options.blur > 0.7 else ", in sharp focus" if options.blur < 0.1 else ""
