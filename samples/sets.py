# SPDX-License-Identifier: Apache-2.0
"""What stands where on the bundled example photographs, and which lamps light it.  The camera looks to -z."""

import math
from collections.abc import Callable

import numpy as np
import tracer as tr
from shapes import Mesh, Set, ball, block, fur, grid, lathe, leaf, spline, tube, turn

SUN = (1.0, 0.84, 0.64)


def room(s: Set, ground: int, wall: int, back: float, skirting: int | None = None) -> None:
    """A tabletop or floor at y = 0 that ends at a wall."""
    s.quad((0, 0, back + 20), (0, 0, 20), (20, 0, 0), ground)
    s.quad((0, 10, back), (20, 0, 0), (0, 10, 0), wall)
    if skirting is not None:
        s.put(block((20, 0.45, 0.07), 0.04), skirting, (0, 0.45, back + 0.07))


def sunbeam(s: Set, at: tuple, aim: tuple, power: float, bars: tuple = (9, 2.2, 2.8)) -> None:
    """Low sun through a window with bars; it has no reflection, so it makes no fireflies."""
    s.lamp(at, aim, (0.25, 0.25), SUN, power, seen=False, bars=bars)


def mug() -> Set:
    """Glazed stoneware mug of coffee on a wooden table, window from the left."""
    s = Set((1200, 900), (0.35, 2.15, 5.2), (0.1, 0.46, 0), 22, 0.055, (0, 0.55, 0.3), 1.0)
    oak = s.paint(
        (0.50, 0.31, 0.17), 0.42, 0.03, tex=tr.WOOD, freq=0.62, bump=1.0, mix=(0.26, 0.14, 0.07), subject=False
    )
    wall = s.paint(
        (0.62, 0.63, 0.60), 0.9, 0, tex=tr.PLASTER, freq=0.9, bump=0.12, mix=(0.70, 0.70, 0.67), subject=False
    )
    linen = s.paint((0.74, 0.70, 0.62), 0.9, 0, tex=tr.LINEN, freq=46, bump=0.25, mix=(0.52, 0.48, 0.42), subject=False)
    room(s, oak, wall, -3.4)
    glaze = s.paint((0.075, 0.24, 0.30), 0.12, 0.05, tex=tr.SPECKLE, freq=34, bump=0.02, mix=(0.03, 0.07, 0.08))
    clay = s.paint((0.52, 0.38, 0.26), 0.7, 0.02, tex=tr.SPECKLE, freq=40, mix=(0.25, 0.16, 0.10))
    cream = s.paint((0.78, 0.72, 0.62), 0.15, 0.05)
    coffee = s.paint((0.055, 0.022, 0.010), 0.06, 0.03)
    y = 0.03
    s.put(lathe([(0, 0), (0.40, 0), (0.455, 0.05), (0.463, 0.2)], 0.05), clay, (0, y, 0))
    s.put(lathe([(0.462, 0.195), (0.472, 0.2), (0.47, 1.02), (0.445, 1.045)], 0.02), glaze, (0, y, 0))
    s.put(lathe([(0.446, 1.045), (0.43, 1.045), (0.415, 0.98), (0.41, 0.1), (0, 0.08)], 0.03), cream, (0, y, 0))
    s.put(lathe([(0, 0.9), (0.38, 0.9), (0.412, 0.906)], 0.01), coffee, (0, y, 0))
    arm = spline([(0.44, 0.86, 0), (0.66, 0.90, 0), (0.83, 0.74, 0), (0.82, 0.50, 0), (0.66, 0.32, 0), (0.44, 0.25, 0)])
    s.put(tube(arm, 0.062 + 0.02 * np.abs(np.linspace(-1, 1, 60)) ** 6, flat=1.35), glaze, (0, y, 0), turn(yaw=-14))
    u, v = np.linspace(-1, 1, 90)[:, None], np.linspace(-1, 1, 90)[None]
    hill = 0.012 + 0.035 * np.maximum(0, np.sin(u * 5 + v * 1.6)) * np.clip(np.hypot(u + 0.1, v) * 2.2 - 1.25, 0, 1)
    s.put(
        grid(np.stack([u * 1.25 + 0.03 * v, hill + 0 * v, v * 1.0 + 0.04 * np.sin(u * 4)], -1)),
        linen,
        (-0.35, 0, 0.1),
        turn(yaw=24),
    )
    s.put(
        lathe([(0, 0), (0.42, 0), (0.55, 0.5), (0.36, 1.3), (0.2, 1.55), (0.26, 1.75), (0.2, 1.74)], 0.2),
        s.paint((0.72, 0.69, 0.64), 0.6, 0.03, subject=False),
        (-2.0, 0, -2.5),
    )
    for k, c in enumerate([(0.34, 0.16, 0.12), (0.60, 0.55, 0.45), (0.17, 0.24, 0.26)]):
        s.put(
            block((0.8 - 0.07 * k, 0.11, 0.55), 0.03),
            s.paint(c, 0.6, 0.03, subject=False),
            (2.1 + 0.06 * k, 0.11 + 0.22 * k, -2.4),
            turn(yaw=8 * k - 6),
        )
    s.pane((-5, 3.6, 1.8), (0, 0.5, 0), (1.5, 1.9), 17)
    s.lamp((6, 3, 4), (0, 0.5, 0), (1.6, 1.6), (1.0, 0.93, 0.84), 1.6)
    return s


def perfume() -> Set:
    """Square glass bottle with amber liquid on marble, a blurred branch behind it."""
    s = Set((900, 1200), (0.25, 1.75, 6.4), (0.0, 0.98, 0), 24, 0.05, (0, 0.9, 0.35), 1.0)
    stone = s.paint((0.80, 0.78, 0.75), 0.22, 0.04, tex=tr.MARBLE, freq=0.9, mix=(0.46, 0.45, 0.45), subject=False)
    wall = s.paint(
        (0.66, 0.50, 0.44), 0.9, 0, tex=tr.PLASTER, freq=0.8, bump=0.1, mix=(0.72, 0.57, 0.51), subject=False
    )
    room(s, stone, wall, -3.2)
    amber, clear = (0.3, 1.5, 4.2), (0.06, 0.03, 0.05)
    glass = s.paint((0.90, 0.92, 0.91), kind=tr.GLASS, ior=(1.5, 1.0), haze=clear)
    wet = s.paint((0.93, 0.74, 0.50), kind=tr.GLASS, ior=(1.36, 1.5), haze=amber, around=clear)
    top = s.paint((0.98, 0.95, 0.9), kind=tr.GLASS, ior=(1.36, 1.0), haze=amber)
    dry = s.paint((0.97, 0.97, 0.97), kind=tr.GLASS, ior=(1.0, 1.5), around=clear)
    sq = {"power": 7.0, "depth": 0.55, "sides": 160}
    s.put(
        lathe([(0, 0), (0.60, 0), (0.60, 1.18), (0.26, 1.24), (0.24, 1.36), (0, 1.36)], 0.07, **sq),
        glass,
        (0, 0.002, 0),
        turn(yaw=-16),
    )
    s.put(lathe([(0, 0.14), (0.53, 0.14), (0.53, 0.86)], 0.06, **sq), wet, (0, 0, 0), turn(yaw=-16))
    s.put(lathe([(0.53, 0.86), (0, 0.86)], 0, **sq), top, (0, 0, 0), turn(yaw=-16))
    s.put(lathe([(0.53, 0.86), (0.53, 1.12), (0.0, 1.15)], 0.05, **sq), dry, (0, 0, 0), turn(yaw=-16))
    gold = s.paint((0.90, 0.66, 0.36), 0.28, kind=tr.METAL)
    s.put(lathe([(0.19, 1.3), (0.215, 1.3), (0.215, 1.46), (0, 1.46)], 0.02), gold)
    cap = s.paint((0.035, 0.028, 0.026), 0.18, 0.05)
    s.put(lathe([(0.1, 1.44), (0.30, 1.44), (0.30, 1.97), (0, 1.97)], 0.05), cap)
    s.put(tube(np.array([[0, 1.3, 0], [0, 0.7, 0], [0.05, 0.2, 0]]), 0.022, 10), s.paint((0.85, 0.85, 0.83), 0.3))
    green, rng = (
        s.paint((0.16, 0.24, 0.17), 0.6, 0.03, tex=tr.LEAF, thin=0.3, mix=(0.24, 0.31, 0.24), subject=False),
        np.random.default_rng(5),
    )
    stem = spline([(2.3, 0.0, -2.2), (1.9, 1.2, -2.3), (1.45, 2.3, -2.4), (1.1, 3.2, -2.5)], 30)
    s.put(tube(stem, 0.025, 8), green)
    for k in range(3, 30, 2):
        rot = turn(
            yaw=rng.uniform(-70, 70) + (180 if k % 4 == 1 else 0), roll=rng.uniform(0, 30), pitch=rng.uniform(-30, 30)
        )
        s.put(leaf(0.62, 0.17, 0.8, 0.1, rng), green, stem[k], rot)
    s.pane((-4.6, 3.2, 2.6), (0, 0.8, 0), (1.3, 2.1), 15)
    s.lamp((4.6, 2.6, 0.2), (0, 0.8, 0), (0.5, 1.8), (1, 0.96, 0.9), 6)
    s.lamp((2, 5, 5), (0, 0.8, 0), (1.5, 1.0), (1, 0.97, 0.93), 3)
    return s


def robot() -> Set:
    """Toy robot in soft plastic on a shelf, wooden blocks behind."""
    s = Set((1200, 900), (1.0, 1.75, 6.6), (0.05, 0.98, 0), 23, 0.05, (0, 0.9, 0.4), 1.0)
    pine = s.paint(
        (0.62, 0.45, 0.28), 0.45, 0.03, tex=tr.WOOD, freq=0.5, bump=0.8, mix=(0.44, 0.28, 0.15), subject=False
    )
    wall = s.paint(
        (0.74, 0.70, 0.60), 0.9, 0, tex=tr.PLASTER, freq=0.9, bump=0.1, mix=(0.78, 0.75, 0.66), subject=False
    )
    room(s, pine, wall, -2.6)
    teal, cream = s.paint((0.045, 0.30, 0.33), 0.3, 0.04), s.paint((0.80, 0.74, 0.60), 0.3, 0.04)
    coral, dark = s.paint((0.72, 0.14, 0.075), 0.3, 0.04), s.paint((0.03, 0.035, 0.04), 0.15, 0.05)
    mustard, steel = s.paint((0.78, 0.46, 0.06), 0.3, 0.04), s.paint((0.75, 0.75, 0.76), 0.25, kind=tr.METAL)
    rot = turn(yaw=-12)

    def part(mesh: Mesh, mat: int, at: tuple, twist: np.ndarray | None = None) -> None:
        s.put(mesh, mat, rot @ np.array(at), rot if twist is None else rot @ twist)

    face = turn(pitch=90)
    part(block((0.46, 0.40, 0.32), 0.10), teal, (0, 0.82, 0))
    part(block((0.30, 0.19, 0.03), 0.028), cream, (0, 0.86, 0.32))
    for k, m in enumerate((coral, mustard, teal)):
        part(lathe([(0, 0.04), (0.055, 0.04), (0.055, -0.03)], 0.02, 40), m, (-0.17 + 0.17 * k, 0.92, 0.35), face)
    part(block((0.2, 0.025, 0.02), 0.015), dark, (0, 0.77, 0.34))
    part(lathe([(0.16, -0.1), (0.16, 0.1)], 0, 40), steel, (0, 1.26, 0))
    part(block((0.41, 0.29, 0.30), 0.12), cream, (0, 1.58, 0))
    part(block((0.33, 0.15, 0.03), 0.028), dark, (0, 1.60, 0.295))
    glow = s.paint((0.55, 0.86, 0.84), 0.1, 0.05)
    for x in (-0.16, 0.16):
        part(ball(0.085, 0.5), glow, (x, 1.60, 0.31), face)
        part(
            lathe([(0, 0.06), (0.11, 0.06), (0.11, -0.06), (0, -0.06)], 0.03, 48),
            coral,
            (np.sign(x) * 0.45, 1.58, 0),
            turn(roll=90),
        )
        part(lathe([(0.10, -0.2), (0.11, 0.2)], 0, 40), steel, (x * 1.45, 0.36, 0))
        part(block((0.19, 0.13, 0.27), 0.08), coral, (x * 1.45, 0.13, 0.05))
        part(ball(0.15), mustard, (np.sign(x) * 0.52, 1.08, 0))
    left = spline([(-0.52, 1.08, 0), (-0.76, 0.9, 0.03), (-0.82, 0.66, 0.14)], 30)
    right = spline([(0.52, 1.08, 0), (0.82, 1.16, 0.05), (0.98, 1.42, 0.12)], 30)
    for line in (left, right):
        part(tube(line, 0.075 + 0.012 * np.sin(np.arange(30) * 1.6)), dark, (0, 0, 0))
        end, way = line[-1], (line[-1] - line[-3]) / np.linalg.norm(line[-1] - line[-3])
        part(ball(0.115), teal, end)
        for t in (-1, 1):
            side = np.cross(way, [0, 0, 1]) * t
            claw = spline([end + side * 0.06, end + way * 0.12 + side * 0.14, end + way * 0.25 + side * 0.06], 16)
            part(tube(claw, 0.042, 14), coral, (0, 0, 0))
    part(tube(np.array([[0, 1.85, 0], [0, 2.0, 0], [0, 2.12, 0]]), 0.022, 12), steel, (0, 0, 0))
    part(ball(0.075), coral, (0, 2.15, 0))
    for at, c, yaw, lift in (
        ((-2.0, -1.7), (0.55, 0.62, 0.60), 20, 0),
        ((-1.35, -2.05), (0.72, 0.62, 0.52), -12, 0),
        ((-1.75, -1.85), (0.66, 0.42, 0.36), 33, 0.64),
        ((2.0, -1.6), (0.70, 0.62, 0.50), 12, 0),
    ):
        s.put(
            block((0.32, 0.32, 0.32), 0.04),
            s.paint(c, 0.6, 0.03, subject=False),
            (at[0], 0.32 + lift, at[1]),
            turn(yaw=yaw),
        )
    s.pane((-4.6, 3.6, 3.4), (0, 0.8, 0), (1.5, 1.9), 14)
    s.lamp((5.5, 2.6, 3), (0, 0.8, 0), (1.5, 1.5), (1, 0.92, 0.82), 2.2)
    return s


def plant() -> Set:
    """Potted plant on a wooden bench, low sun through a window on the wall behind it."""
    s = Set((900, 1200), (0.1, 2.3, 8.6), (0.0, 1.45, 0), 26, 0.05, (0, 1.4, 0.2), 1.25)
    bench = s.paint(
        (0.42, 0.25, 0.13), 0.4, 0.03, tex=tr.WOOD, freq=0.5, bump=0.9, mix=(0.22, 0.115, 0.055), subject=False
    )
    wall = s.paint(
        (0.72, 0.69, 0.63), 0.9, 0, tex=tr.PLASTER, freq=0.9, bump=0.14, mix=(0.77, 0.74, 0.69), subject=False
    )
    room(s, bench, wall, -2.2)
    clay = s.paint((0.58, 0.235, 0.115), 0.75, 0.03, tex=tr.PLASTER, freq=2.6, bump=0.05, mix=(0.66, 0.34, 0.20))
    s.put(lathe([(0, 0), (0.66, 0), (0.72, 0.13), (0.67, 0.13), (0.6, 0.06), (0, 0.06)], 0.03), clay)
    s.put(
        lathe([(0, 0.07), (0.46, 0.07), (0.585, 0.86), (0.65, 0.86), (0.68, 1.1), (0.60, 1.1), (0.57, 0.9)], 0.025),
        clay,
    )
    s.put(
        lathe([(0.6, 0.98), (0.3, 1.03), (0, 1.04)], 0),
        s.paint((0.045, 0.028, 0.018), 0.9, 0, tex=tr.PLASTER, freq=16, bump=1.0, mix=(0.10, 0.07, 0.05)),
    )
    rng = np.random.default_rng(11)
    greens = [
        s.paint(
            (0.035 * g, 0.155 * g, 0.03 * g),
            0.35,
            0.035,
            tex=tr.LEAF,
            freq=1.5,
            bump=0.3,
            mix=(0.13, 0.30, 0.07),
            thin=0.22,
        )
        for g in (0.8, 1.0, 1.3)
    ]
    stalk = s.paint((0.10, 0.21, 0.06), 0.5, 0.03)
    for k in range(19):
        yaw, tilt = k * 137.5 + rng.uniform(-14, 14), 0.12 + 0.62 * (k / 18) ** 0.8
        rise = 1.55 - 0.95 * (k / 18) + rng.uniform(-0.1, 0.1)
        out = np.array([math.cos(math.radians(yaw)), 0, -math.sin(math.radians(yaw))])
        foot = np.array([0, 1.02, 0]) + out * rng.uniform(0.05, 0.2)
        tip = foot + out * rise * math.tan(tilt) * 0.75 + [0, rise, 0]
        line = spline([foot, foot * 0.5 + tip * 0.5 + [0, 0.16, 0] - out * 0.05, tip], 20)
        s.put(tube(line, np.linspace(0.03, 0.016, 20), 10), stalk)
        size = rng.uniform(0.8, 1.05)
        s.put(
            leaf(size, 0.25 * size, 1.0 + tilt * 0.9, 0.35, rng),
            greens[k % 3],
            tip - [0, 0.01, 0],
            turn(yaw=yaw, roll=25 - 40 * tilt, pitch=rng.uniform(-18, 18)),
        )
    sunbeam(s, (-8.5, 7.5, 9.5), (0.2, 1.7, -2.2), 4600)
    s.pane((-4.5, 4.2, 4.0), (0, 1.4, 0), (1.4, 2.0), 8)
    s.lamp((5, 4, 5), (0, 1.4, 0), (1.6, 1.6), (1, 0.95, 0.88), 2.0)
    return s


def plush_parts(s: Set) -> None:
    """A furry ball with felt feet, a nose and glass eyes."""
    rng = np.random.default_rng(3)
    coat = s.paint((0.74, 0.50, 0.30), 0.8, 0, tex=tr.PLASTER, freq=1.6, mix=(0.90, 0.74, 0.55), thin=0.2)
    skin = s.paint((0.55, 0.33, 0.18), 0.9, 0)
    count, centre = 42000, np.array([0, 0.92, 0])
    z = 1 - 2 * (np.arange(count) + 0.5) / count
    a = np.arange(count) * math.pi * (3 - math.sqrt(5))
    n = np.stack([np.sqrt(1 - z * z) * np.cos(a), z, np.sqrt(1 - z * z) * np.sin(a)], 1) + rng.normal(
        0, 0.008, (count, 3)
    )
    n /= np.linalg.norm(n, axis=1, keepdims=True)
    spots = np.array([[-0.27, 0.22, 0.94], [0.27, 0.22, 0.94], [0, 0.0, 1.0]])
    spots /= np.linalg.norm(spots, axis=1, keepdims=True)
    n = n[((n @ spots.T) < [0.990, 0.990, 0.994]).all(1)]
    s.put(ball(0.80, 0.95), skin, centre)
    s.put(fur(n * [0.79, 0.75, 0.79] + centre, n, s.eye, 0.27, 0.0052, 8), coat)
    for x in (-1, 1):
        for at, r in (((0.36 * x, 0.12, 0.66), 0.2), ((0.56 * x, 1.60, 0.0), 0.2)):
            m = n[::9] if r == 0.2 else n
            s.put(ball(r * 0.8), skin, at)
            s.put(fur(m * r * 0.85 + at, m, s.eye, 0.14, 0.0052, 4 + x), coat)
    dark = s.paint((0.012, 0.009, 0.008), 0.08, 0.06)
    for p, r in zip(spots, (0.115, 0.115, 0.085)):
        s.put(ball(r), dark, centre + p * [0.90, 0.86, 0.90])


def cutout_plush() -> Set:
    """The toy alone in soft studio light."""
    s = Set(
        (420, 420),
        (0.3, 1.55, 6.6),
        (0.0, 0.98, 0),
        25,
        0.0,
        (0, 0.95, 0.75),
        1.0,
        spp=14,
        sky=((0.3, 0.28, 0.26), (0.45, 0.45, 0.45), (0.8, 0.8, 0.8)),
    )
    plush_parts(s)
    s.pane((-4.4, 3.6, 3.6), (0, 0.9, 0), (1.5, 1.9), 12)
    s.lamp((5, 3, 2), (0, 0.9, 0), (1.5, 1.5), (1, 0.95, 0.88), 3.0)
    return s


def handbag() -> Set:
    """Pebbled leather handbag with a looped handle and brass fittings on a bench."""
    s = Set((1600, 1200), (0.9, 2.1, 8.2), (0.0, 1.14, 0), 21.5, 0.05, (0, 1.0, 0.4), 1.0)
    ash = s.paint(
        (0.60, 0.47, 0.33), 0.45, 0.03, tex=tr.WOOD, freq=0.45, bump=0.8, mix=(0.43, 0.31, 0.20), subject=False
    )
    wall = s.paint(
        (0.52, 0.55, 0.50), 0.9, 0, tex=tr.PLASTER, freq=0.9, bump=0.12, mix=(0.58, 0.61, 0.56), subject=False
    )
    room(s, ash, wall, -2.8)
    hide = s.paint((0.30, 0.042, 0.028), 0.5, 0.03, tex=tr.LEATHER, freq=15, bump=0.18, mix=(0.22, 0.028, 0.02))
    trim = s.paint((0.26, 0.034, 0.024), 0.5, 0.03, tex=tr.LEATHER, freq=20, bump=0.10, mix=(0.19, 0.024, 0.018))
    brass, thread = s.paint((0.88, 0.64, 0.32), 0.22, kind=tr.METAL), s.paint((0.75, 0.62, 0.45), 0.8, 0)
    rot = turn(yaw=-20)
    s.put(
        lathe([(0, 0.03), (1.12, 0.03), (1.16, 0.35), (0.98, 1.2), (0.90, 1.34), (0, 1.36)], 0.16, 200, 5.0, 0.36),
        hide,
        rot=rot,
    )
    u = np.linspace(0, 1, 40)[:, None]
    v = np.linspace(-1, 1, 60)[None]
    wide = 0.91 + 0.04 * u + 0 * v
    drop = 1.375 - np.clip(u - 0.28, 0, 1) * (0.98 - 0.28 * np.abs(v) ** 3)
    deep = (
        -0.28
        + np.clip(u / 0.28, 0, 1) * 0.63
        + np.clip(u - 0.28, 0, 1) * 0.085
        + 0.02 * np.sin(np.clip(u / 0.28, 0, 1) * math.pi)
    )
    s.put(grid(np.stack([wide * v, drop + 0.02 * (1 - v**2), deep + 0.012 * (1 - v**2)], -1)), trim, rot=rot)
    edge = np.stack([wide[-1] * v[0], (drop + 0.02 * (1 - v**2))[-1], (deep + 0.012 * (1 - v**2))[-1]], -1)
    s.put(tube(edge, 0.022, 12), trim, rot=rot)
    for k in range(2, 58):
        a = edge[k] + [0, 0.055, 0.0]
        s.put(tube(np.array([a - [0.009, 0, 0], a + [0.0, 0, 0.006], a + [0.009, 0, 0]]), 0.006, 6), thread, rot=rot)
    low = edge[30]
    s.put(block((0.12, 0.085, 0.03), 0.03), brass, rot @ (low + [0, 0.11, 0.03]), rot)
    s.put(ball(0.04), brass, rot @ (low + [0, 0.11, 0.07]))
    handle = spline(
        [
            (-0.55, 1.32, 0),
            (-0.56, 1.75, 0),
            (-0.34, 2.2, 0),
            (0, 2.33, 0),
            (0.34, 2.2, 0),
            (0.56, 1.75, 0),
            (0.55, 1.32, 0),
        ],
        80,
    )
    s.put(tube(handle, 0.06, 24, 1.3), trim, rot=rot)
    for x in (-0.555, 0.555):
        s.put(
            lathe([(0.075, -0.07), (0.088, -0.05), (0.088, 0.05), (0.075, 0.07)], 0.01, 40),
            brass,
            rot @ np.array([x, 1.47, 0]),
        )
    s.pane((-4.8, 4.0, 3.8), (0, 1.0, 0), (1.6, 2.0), 15)
    s.lamp((5.5, 3.5, 3), (0, 1.0, 0), (1.5, 1.5), (1, 0.92, 0.82), 2.6)
    return s


PICTURES: dict[str, tuple[Callable[[], Set], int, bool]] = {  # scene, seed, subject only
    "mug": (mug, 1, False),
    "perfume": (perfume, 2, False),
    "robot": (robot, 3, False),
    "plant": (plant, 4, False),
    "handbag": (handbag, 6, False),
    "cutout_plush": (cutout_plush, 7, True),
}
