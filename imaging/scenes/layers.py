"""Things out of focus: layers at one distance each, painted plainly, lit, and blurred together with their coverage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from imaging.scenes.base import Picture, Plane, Stage
from imaging.scenes.tools import add_disc, blurred, covered, mix, smooth

Shade = Callable[[Plane, Plane], Any]
"""Light over a thing, from ``u`` 0..1 across and ``v`` 0..1 down it."""


def plain(u: Plane, v: Plane) -> Any:
    return np.float32(1)


def upright(side: float) -> Shade:
    """A vertical cylinder lit from ``side`` (-1 left, 1 right), with a narrow highlight."""

    def shade(u: Plane, v: Plane) -> Any:
        across = (u * 2 - 1) * side
        return 0.45 + 0.6 * smooth(-1.0, 0.7, across) - 0.22 * smooth(0.65, 1.0, across) + 0.5 * _streak(across)

    return shade


def _streak(across: Plane) -> Plane:
    return np.exp(-np.square((across - 0.45) / 0.10))


def falling(top: float, bottom: float) -> Shade:
    """From one brightness at the top to another at the bottom."""
    return lambda u, v: top + (bottom - top) * v


def aslant(left: float, right: float) -> Shade:
    """From one brightness at the left end to another at the right."""
    return lambda u, v: left + (right - left) * u


def panelled(u: Plane, v: Plane) -> Any:
    """A framed door: a bright bevel, a dark groove around its panel, darker at its edges."""
    rim = np.minimum(np.minimum(u, 1 - u) * 0.62, np.minimum(v, 1 - v))
    return 1 - 0.45 * smooth(0.02, 0.0, rim) - 0.22 * np.exp(-np.square((rim - 0.115) / 0.02)) + 0.03 * (rim < 0.1)


class Layer:
    """Things at one distance. Lengths are in frame heights, x from the middle, y from the top; colours are light.

    Later things cover earlier ones. Lamps become discs of the layer's blur.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.paint = np.zeros((stage.size.height, stage.size.width, 4), np.float32)
        self.lamps: list[tuple[float, float, float, Any]] = []

    def _columns(self, x: float) -> float:
        return (x / self.stage.aspect + 0.5) * self.stage.size.width

    def _window(self, left: float, top: float, right: float, bottom: float) -> tuple[slice, slice]:
        width, height = self.stage.size
        first, last = int(self._columns(left)) - 1, int(self._columns(right)) + 2
        above, below = int(top * height) - 1, int(bottom * height) + 2
        clamp = np.clip([above, below, first, last], 0, [height, height, width, width])
        return slice(int(clamp[0]), int(clamp[1])), slice(int(clamp[2]), int(clamp[3]))

    def _cover(self, rows: slice, columns: slice, inside: Plane, colour: Any) -> None:
        part = self.paint[rows, columns]
        inside = np.broadcast_to(inside, part.shape[:2])[..., None]
        part[..., :3] += (colour - part[..., :3]) * inside
        part[..., 3:] += (1 - part[..., 3:]) * inside

    def box(
        self, left: float, top: float, right: float, bottom: float, colour: Any, shade: Shade = plain, round_: float = 0
    ) -> None:
        """A rectangle with corners of radius ``round_``."""
        rows, columns = self._window(left, top, right, bottom)
        x, y = self.stage.x[:, columns], self.stage.y[rows]
        if x.size == 0 or y.size == 0:
            return
        reach_x, reach_y = (right - left) / 2, (bottom - top) / 2
        round_ = min(round_, reach_x, reach_y)
        dx = np.abs(x - (left + right) / 2) - reach_x + round_
        dy = np.abs(y - (top + bottom) / 2) - reach_y + round_
        out = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0) - round_
        u, v = (x - left) / max(right - left, 1e-6), (y - top) / max(bottom - top, 1e-6)
        self._cover(rows, columns, np.clip(0.5 - out / self.stage.pixel, 0, 1), _shaded(colour, shade(u, v), x, y))

    def ball(self, x: float, y: float, wide: float, tall: float, colour: Any, shade: Shade = plain) -> None:
        """An ellipse of those half axes."""
        rows, columns = self._window(x - wide, y - tall, x + wide, y + tall)
        dx, dy = self.stage.x[:, columns] - x, self.stage.y[rows] - y
        if dx.size == 0 or dy.size == 0:
            return
        out = (np.hypot(dx / wide, dy / tall) - 1) * min(wide, tall)
        light = shade(dx / (2 * wide) + 0.5, dy / (2 * tall) + 0.5)
        self._cover(rows, columns, np.clip(0.5 - out / self.stage.pixel, 0, 1), _shaded(colour, light, dx, dy))

    def shape(self, points: Sequence[tuple[float, float]], colour: Any, shade: Shade = plain) -> None:
        """A polygon."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        rows, columns = self._window(min(xs), min(ys), max(xs), max(ys))
        x, y = self.stage.x[:, columns], self.stage.y[rows]
        if x.size == 0 or y.size == 0:
            return
        inside = np.zeros((y.size, x.size), np.uint8)
        corners = [
            [(self._columns(px) - columns.start - 0.5) * 16, (py * self.stage.size.height - rows.start - 0.5) * 16]
            for px, py in points
        ]
        cv2.fillPoly(inside, [np.array(corners).round().astype(np.int32)], 255, cv2.LINE_AA, 4)
        light = shade((x - min(xs)) / (max(xs) - min(xs) + 1e-6), (y - min(ys)) / (max(ys) - min(ys) + 1e-6))
        self._cover(rows, columns, inside.astype(np.float32) / 255, _shaded(colour, light, x, y))

    def lamp(self, x: float, y: float, light: Any, grow: float = 1.0) -> None:
        """A small lamp: a disc of that light, ``grow`` times as wide as the layer's blur."""
        self.lamps.append((x, y, grow, light))

    def lit(self, light: Any) -> None:
        """Let light fall on all that has been painted so far: ``(3,)``, ``(h, w)`` or ``(h, w, 3)``."""
        if isinstance(light, np.ndarray) and light.ndim == 2 and light.shape[-1] != 3:
            light = light[..., None]
        self.paint[..., :3] *= light

    def over(self, back: Picture, radius: float, rim: float = 0.3) -> Picture:
        """The layer, out of focus by ``radius`` in pixels of its stage, over what lies behind it."""
        soft = blurred(blurred(self.paint, radius), radius * 0.3)
        result = covered(back, soft)
        for x, y, grow, light in self.lamps:
            off = float(np.hypot(x / self.stage.aspect * 2, (y - 0.5) * 2))
            reach = max(1.5, radius * grow)
            add_disc(
                result,
                self._columns(x),
                y * self.stage.size.height,
                reach,
                light,
                rim,
                float(np.clip(off * 0.7, 0, 0.9)),
            )
        return result.astype(np.float32)


def _shaded(colour: Any, light: Any, x: Plane, y: Plane) -> Any:
    """A colour in that light, as a picture that broadcasts over the part."""
    light = np.broadcast_to(np.asarray(light, np.float32), np.broadcast(x, y).shape)
    return np.asarray(colour, np.float32) * light[..., None]


def haze(picture: Picture, light: Any, share: Plane) -> Picture:
    """Light that a bright window or lamp spreads through the lens."""
    return mix(picture, light, np.clip(share, 0, 1).astype(np.float32))
