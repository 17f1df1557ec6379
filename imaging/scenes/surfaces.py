"""What a subject stands on before a room out of focus: a table top or floor in perspective that mirrors the room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from imaging.scenes.base import Picture, Plane, Stage, as_floats
from imaging.scenes.materials import concrete, marble, slate, terrazzo, wood
from imaging.scenes.tools import bump, by_bands, glow, mix, noise, smooth, softened, through_lens, times

RISE = 0.17  # from the far edge of a table up to the eye's height, in frame heights
GLOSS = {"oak": 0.16, "walnut": 0.16, "marble": 0.30, "slate": 0.10, "concrete": 0.10, "terrazzo": 0.22}


@dataclass(frozen=True)
class Plain:
    """Rows of the picture below ``row`` as a level surface seen from a little above."""

    row: int
    x: Plane
    y: Plane
    along: Plane
    away: Plane
    foot: Plane


def level(stage: Stage, edge: float) -> Plain:
    """The level surface whose far edge is row ``edge``, from a little above that edge down."""
    row = max(0, int((edge - 0.025) * stage.size.height))
    y = stage.y[row:]
    shape = len(y), stage.size.width
    x = np.broadcast_to(stage.x, shape)
    depth = 0.34 / np.maximum(y - (edge - RISE), 0.12)  # distance from the camera, 2 at the far edge
    foot = stage.pixel * depth * np.maximum(1.1, 1.5 * depth / 0.34)
    return Plain(row, x, y, (x - 0.1) * depth * 1.1, np.broadcast_to(depth * 1.5, shape), np.broadcast_to(foot, shape))


def top(stage: Stage, material: str, colour: Any, plain: Plain) -> tuple[Picture, float]:
    """A table top's own colour at its coordinates, and how much it mirrors."""
    at = plain.along, plain.away, plain.foot
    match material:
        case "oak" | "walnut":
            drawn = wood(stage, material, *at)
        case "marble":
            drawn = marble(stage, *at)
        case "slate":
            drawn = slate(stage, *at)
        case "concrete":
            drawn = concrete(stage, *at)
        case "terrazzo":
            drawn = terrazzo(stage, *at)
        case _:
            fine = noise(stage, "plain", plain.along * 40, plain.away * 40, 3, 0.7, plain.foot * 40)
            drawn = colour * (1 + 0.012 * fine)[..., None].astype(np.float32)
    return drawn, GLOSS.get(material, 0.12)


def before(
    stage: Stage,
    room: Picture,
    edge: float,
    drawn: tuple[Picture, float],
    plain: Plain,
    brightness: float,
    side: float = -1.0,
    soft: float = 0.0035,
    finish: Callable[[Picture], Picture] | None = None,
) -> Picture:
    """A table before a room: it mirrors the room a little, most at its far edge, and is sharp where the subject stands.

    Args:
        room: ``(h, w, 3)``, already out of focus.
        drawn: what :func:`top` returns.
        brightness: of the light on the table.
        side: where that light comes from, -1 left or 1 right.
        soft: how softly its far edge ends, in frame heights.
        finish: what is done to the whole before the lens: drops, leaves.
    """
    height = stage.size.height
    row = int(edge * height)
    x, y = plain.x, plain.y
    own, gloss = drawn
    mirror = room[np.clip(row - 1 - np.arange(height - plain.row), 0, height - 1)]
    mirror = softened(mirror, 0.02 * height, 0.05 * height)
    air = cv2.resize(room[: max(2, row)], (1, 1), interpolation=cv2.INTER_AREA)[0, 0]
    lamp = mix(np.ones(3, np.float32), air / max(float(air.max()), 1e-3), 0.35)
    pool = glow(stage, stage.centre + side * 0.25, edge + 0.12, 0.9, 0.45)[plain.row :]
    light = brightness * (0.72 + 0.42 * pool)
    grazing = gloss * (0.30 + 0.70 * bump(y - edge, 0.16))

    @by_bands
    def laid(room: Picture, own: Picture, mirror: Picture, light: Plane, grazing: Plane, x: Plane, y: Plane) -> Picture:
        grazing = np.broadcast_to(grazing, x.shape)
        table = times(own * lamp, light * (1 - 0.5 * grazing)) + times(mirror, grazing)
        table = times(table, np.broadcast_to(1 + 0.10 * smooth(0.04, 0.0, y - edge), x.shape))
        return as_floats(mix(room, table, np.broadcast_to(smooth(edge - soft, edge + soft, y), x.shape)))

    picture = room.copy()
    own = np.broadcast_to(own, (*x.shape, 3))
    picture[plain.row :] = laid(room[plain.row :], own, mirror, light, grazing, x, y)
    if finish:
        picture = finish(picture)
    distance = np.abs(stage.y - (stage.stand.ground - 0.03))
    radius = smooth(0.06, 0.40, distance) * 0.007 * height * (stage.y > edge - 0.02)
    return through_lens(stage, picture, radius, 0.4)


def enlarged_smoothly(picture: Picture, stage: Stage) -> Picture:
    """A picture painted on a smaller stage, at the size of this one; without dark rims around lamps, as cubic has."""
    ratio = stage.size.width / picture.shape[1]
    if ratio <= 1:
        return picture
    large = cv2.resize(picture, stage.size, interpolation=cv2.INTER_LINEAR)
    return as_floats(cv2.GaussianBlur(large, (0, 0), 0.35 * ratio, borderType=cv2.BORDER_REFLECT))


def dewy(stage: Stage, picture: Picture, edge: float, amount: float, side: float) -> Picture:
    """Drops of water on a table: each darkens towards the light, gathers it on the far side, and has a glint.

    Args:
        edge: the table's far edge.
        amount: 0..1, how many.
        side: where the light comes from, -1 left or 1 right; it stands somewhat behind.
    """
    rng = stage.rng("drops")
    height = stage.size.height
    for _ in range(int(260 * amount * max(0.6, stage.aspect))):
        x, y = rng.uniform(-0.5, 0.5) * stage.aspect, edge + (1.04 - edge) * rng.beta(1.2, 1.0)
        near = (y - edge + RISE) / (1 - edge + RISE)
        reach = 0.0135 * near * min(2.2, float(rng.lognormal(-0.55, 0.55)))
        if reach * height > 1.5:
            _drop(stage, picture, x, y, reach, reach * (0.42 + 0.16 * near), rng, side)
    return picture


def _drop(
    stage: Stage, picture: Picture, x: float, y: float, wide: float, tall: float, rng: np.random.Generator, side: float
) -> None:
    height, width = stage.size.height, stage.size.width
    middle = (x / stage.aspect + 0.5) * width
    left, right = max(0, int(middle - 1.6 * wide * height)), min(width, int(middle + 1.6 * wide * height) + 2)
    upper, lower = max(0, int((y - 1.5 * tall) * height)), min(height, int((y + 1.9 * tall) * height) + 2)
    if left >= right or upper >= lower:
        return
    p = (stage.x[:, left:right] - x) / wide
    q = (stage.y[upper:lower] - y) / tall
    turn = np.arctan2(q, p)
    wobble = 1 + 0.10 * np.sin(2 * turn + rng.uniform(0, 6)) + 0.06 * np.sin(3 * turn + rng.uniform(0, 6))
    out = np.hypot(p, q) / wobble
    soft = 1.2 / max(1.5, tall * height)
    inside = smooth(1 + soft, 1 - soft, out)
    cast = smooth(1.25, 0.75, np.hypot(p + 0.35 * side, q - 0.35) / wobble) * (1 - inside)
    towards = (p * side * 0.75 - q * 0.65) / wobble  # 1 at the rim that faces the light
    body = (
        0.92 - 0.30 * towards * out + 0.30 * np.exp(-np.square((towards + 0.55) / 0.35)) - 0.30 * smooth(0.8, 1.05, out)
    )
    glint = np.exp(-np.square((p - 0.36 * side) / 0.17) - np.square((q + 0.36) / 0.20))
    part = picture[upper:lower, left:right]
    light = 1 - 0.26 * cast + (body - 1) * inside
    part *= light[..., None]
    part += (0.85 * glint * inside)[..., None] * np.clip(part.mean(axis=(0, 1)) * 1.6, 0.12, 1.0)
