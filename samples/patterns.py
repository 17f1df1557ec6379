# SPDX-License-Identifier: Apache-2.0
"""Vectors and procedural textures for samples/tracer.py, compiled with numba."""

import math

from numba import njit

PLAIN, WOOD, LINEN, PLASTER, SPECKLE, LEATHER, LEAF, MARBLE = (float(i) for i in range(8))
Vec = tuple[float, float, float]
fast = njit(fastmath=True, cache=True)


@fast
def add(a, b):
    return (a[0] + b[0], a[1] + b[1], a[2] + b[2])


@fast
def mul(a, s):
    return (a[0] * s, a[1] * s, a[2] * s)


@fast
def prod(a, b):
    return (a[0] * b[0], a[1] * b[1], a[2] * b[2])


@fast
def dot(a, b):
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@fast
def cross(a, b):
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


@fast
def unit(a):
    return mul(a, 1.0 / math.sqrt(dot(a, a) + 1e-30))


@fast
def vec(a, i):
    return (float(a[i]), float(a[i + 1]), float(a[i + 2]))


@fast
def luma(a):
    return 0.2126 * a[0] + 0.7152 * a[1] + 0.0722 * a[2]


@fast
def world(n, x, y, z):
    """Local (x, y, z) with z along n, in world axes (Duff et al. 2017, branchless basis)."""
    s = 1.0 if n[2] >= 0 else -1.0
    a = -1.0 / (s + n[2])
    b = n[0] * n[1] * a
    t = (1 + s * n[0] * n[0] * a, s * b, -s * n[0])
    u = (b, s + n[1] * n[1] * a, -n[1])
    return add(add(mul(t, x), mul(u, y)), mul(n, z))


# ---------------------------------------------------------------- procedural textures
@fast
def lattice(i, j, k):
    h = (i * 374761393 + j * 668265263 + k * 1274126177) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFFFF) / 16777216.0


@fast
def noise(x, y, z):
    """Value noise in 0..1 with a smoothstep fade."""
    i, j, k = math.floor(x), math.floor(y), math.floor(z)
    x, y, z, out = x - i, y - j, z - k, 0.0
    x, y, z = x * x * (3 - 2 * x), y * y * (3 - 2 * y), z * z * (3 - 2 * z)
    for a in range(2):
        for b in range(2):
            for c in range(2):
                w = (x if a else 1 - x) * (y if b else 1 - y) * (z if c else 1 - z)
                out += w * lattice(i + a, j + b, k + c)
    return out


@fast
def fbm(x, y, z, octaves):
    total, gain = 0.0, 0.5
    for _ in range(octaves):
        total += gain * noise(x, y, z)
        x, y, z, gain = x * 2.03 + 7.1, y * 2.03 + 3.7, z * 2.03 + 1.3, gain * 0.5
    return total / (1 - gain * 2)


@fast
def texture(tex, p, u, v):
    """(mix between the two colours, height) of a pattern at p; u, v are the surface's own coordinates."""
    x, y, z = p
    if tex == WOOD:  # boards along x, rings warped by slow noise, fine pores stretched along the grain
        board = math.floor(z)
        f, r = z - board, lattice(int(board), 17, 3)
        xs = x + r * 40
        rings = fbm(xs * 0.16, z * 1.3 + r * 9, r * 31, 3) * 9
        grain = 0.5 + 0.5 * math.sin(rings * 6.28)
        pores = fbm(xs * 1.6, z * 34, r * 5, 3)
        gap = min(f, 1 - f) * 45
        seam = 0.0 if gap > 1 else 1 - gap
        t = 0.22 * grain + 0.5 * pores + 0.45 * (r - 0.35) + 0.1
        return min(max(t + seam * 0.9, 0.0), 1.3), -0.02 * pores - 0.05 * seam
    if tex == LINEN:  # plain weave: warp and weft pass over each other in turn, threads vary in width
        wob = 0.35 * fbm(x * 0.12, y, z * 0.12, 2)
        a, b = x + wob + 0.3 * noise(3.1, 0.0, z * 0.04), z + wob + 0.3 * noise(x * 0.04, 0.0, 8.2)
        over = math.sin(math.pi * a) * math.sin(math.pi * b) > 0
        s = abs(math.sin(math.pi * (a if over else b)))
        slub = noise(a if over else x * 0.05, 5.0, z * 0.05 if over else b)
        return 0.5 * (1 - s) + 0.45 * slub, 0.25 * s
    if tex == PLASTER:
        return fbm(x, y, z, 4), 0.25 * fbm(x * 3, y * 3, z * 3, 4)
    if tex == SPECKLE:  # iron spots in a glaze
        n = fbm(x, y, z, 2)
        return (0.85 if n > 0.735 else 0.0) + 0.25 * fbm(x * 0.08, y * 0.2, z * 0.08, 2), 0.05 * n
    if tex == LEATHER:  # pebbled grain: creases where two noises agree
        a = abs(noise(x, y, z) - noise(x + 9.2, y + 4.1, z + 2.7))
        return 0.5 * fbm(x * 0.15, y * 0.15, z * 0.15, 3), min(a * 3, 0.6) * 0.35
    if tex == LEAF:  # pale midrib and side veins along u (length) and v (width, 0.5 = middle)
        w = abs(v - 0.5)
        rib = max(0.0, 1 - w * 34)
        s = (u * 9 - w * 5) % 1.0
        vein = max(0.0, 1 - min(s, 1 - s) * 14) * 0.5
        return min(1.0, max(rib, vein) + 0.35 * fbm(x * 3, y * 3, z * 3, 3)), -0.02 * max(rib, vein)
    if tex == MARBLE:
        w = fbm(x, y, z, 4)
        n = abs(math.sin((x * 0.7 + z * 0.4 + 3.5 * w) * 1.7))
        return 0.75 * (1 - n) ** 5 + 0.3 * w, 0.0
    return 0.0, 0.0
