"""What shapes sunlight on its way: windows, blinds, palm leaves; 1 where light falls, ``(h, w)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from imaging.scenes.base import Plane, Stage
from imaging.scenes.tools import smooth


def panes(stage: Stage, u: Plane, v: Plane, edge: float) -> Plane:
    """Two windows of two by three panes."""
    wide, tall = 0.62, 0.36
    column, row = (u + 0.62) / wide, (v - edge + 0.78) / tall
    inside_u = np.abs(column - np.floor(column) - 0.5)
    bars = smooth(0.46, 0.45, inside_u) * smooth(0.012, 0.02, np.abs(inside_u))
    rows = smooth(0.03, 0.05, np.abs(row - np.round(row)))
    return (bars * rows * (row > 0) * (row < 3.2) * (column > 0) * (column < 2)).astype(np.float32)


def blinds(stage: Stage, u: Plane, v: Plane, edge: float) -> Plane:
    """Slats, with the cords that hold them."""
    phase = v * 15
    slats = smooth(0.16, 0.24, np.abs(phase - np.floor(phase) - 0.5))
    frame = smooth(-0.70, -0.69, u) * smooth(0.72, 0.71, u)
    cords = smooth(0.003, 0.006, np.abs(np.abs(u) - 0.3))
    return (slats * frame * cords).astype(np.float32)


def leaves(stage: Stage, u: Plane, v: Plane, edge: float) -> Plane:
    """The shadow of palm fronds: a curved rib, narrow leaflets to both sides."""
    rng = stage.rng("fronds")
    shadow = np.zeros(np.broadcast(u, v).shape, np.float32)
    for _ in range(4):
        angle = rng.uniform(0.15, 1.0)
        start_u, start_v = rng.uniform(-1.0, -0.35), rng.uniform(-0.25, 0.35)
        du, dv = u - start_u, v - start_v
        along = du * np.cos(angle) + dv * np.sin(angle)
        across = -du * np.sin(angle) + dv * np.cos(angle) - 0.22 * np.square(along)
        long = rng.uniform(0.75, 1.1)
        share = np.clip(along / long, 0, 1)
        phase = (along - 0.75 * np.abs(across)) * 19
        leaflet = smooth(0.32, 0.26, np.abs(phase - np.floor(phase) - 0.5)) * (
            np.abs(across) < 0.25 * np.sin(np.pi * share**0.7) + 0.004
        )
        inside = (along > 0.02) & (along < long)
        shadow = np.maximum(shadow, np.maximum(leaflet, np.abs(across) < 0.006) * inside)
    frame = smooth(-0.95, -0.85, u) * smooth(0.85, 0.75, u)
    return ((1 - 0.92 * shadow) * frame).astype(np.float32)


PATTERNS: Mapping[str, Callable[[Stage, Plane, Plane, float], Plane]] = {
    "panes": panes,
    "blinds": blinds,
    "leaves": leaves,
}
"""Each takes the stage, coordinates across and down in frame heights, and the row of a floor's edge."""
