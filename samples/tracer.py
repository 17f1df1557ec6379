# SPDX-License-Identifier: Apache-2.0
"""A small CPU path tracer (numba): BVH, coated/metal/leaf/glass surfaces, thin lens.

Only samples/render.py uses it, to make the bundled example photographs.
"""

import math
from collections import namedtuple

import numpy as np
from numba import njit, prange
from patterns import (  # noqa: F401
    LEAF,
    LEATHER,
    LINEN,
    MARBLE,
    PLAIN,
    PLASTER,
    SPECKLE,
    WOOD,
    add,
    cross,
    dot,
    fast,
    luma,
    mul,
    prod,
    texture,
    unit,
    vec,
    world,
)

# Columns of the material table.  KIND chooses the scattering model below.
KIND, R, G, B, ROUGH, F0, TEX, FREQ, BUMP, R2, G2, B2, THIN, IN, OUT, AR, AG, AB, BR, BG, BB, SUBJ = range(22)
COATED, METAL, GLASS, EMIT = 0.0, 1.0, 2.0, 3.0
CHANNELS = 19  # diffuse 0-2, other 3-5, albedo 6-8, normal 9-11, depth 12, id 13-15, squares 16-17, alpha 18
MAX_DEPTH = 12
DIMS = 7  # pixel x, y, lens u, v, first light sample u, v, first choice of reflection

Scene = namedtuple("Scene", "lo hi kids tri nrm uv mat mats lights cdf env hues")


# ---------------------------------------------------------------- acceleration structure
@njit(cache=True)
def build(lo: np.ndarray, hi: np.ndarray) -> tuple:
    """Binned surface-area-heuristic BVH (Wald 2007); returns boxes, children and triangle order."""
    n, bins = lo.shape[0], 16
    order, mid = np.arange(n), (lo + hi) * 0.5
    nlo, nhi, kids = np.empty((2 * n, 3)), np.empty((2 * n, 3)), np.zeros((2 * n, 2), np.int32)
    todo, used = [(0, 0, n)], 1
    while len(todo) > 0:
        node, a, b = todo.pop()
        clo, chi = np.full(3, 1e30), np.full(3, -1e30)
        nlo[node], nhi[node] = 1e30, -1e30
        for i in order[a:b]:
            for k in range(3):
                nlo[node, k], nhi[node, k] = min(nlo[node, k], lo[i, k]), max(nhi[node, k], hi[i, k])
                clo[k], chi[k] = min(clo[k], mid[i, k]), max(chi[k], mid[i, k])
        best, axis, cut = 1e30, -1, 0.0
        for k in range(3):
            if b - a <= 3 or chi[k] - clo[k] < 1e-9:
                continue
            box, count = np.empty((bins, 6)), np.zeros(bins)
            box[:, :3], box[:, 3:] = 1e30, -1e30
            scale = bins * 0.9999 / (chi[k] - clo[k])
            for i in order[a:b]:
                j = int((mid[i, k] - clo[k]) * scale)
                count[j] += 1
                for c in range(3):
                    box[j, c], box[j, 3 + c] = min(box[j, c], lo[i, c]), max(box[j, 3 + c], hi[i, c])
            for j in range(1, bins):
                cost = 0.0
                for s0, s1 in ((0, j), (j, bins)):
                    e, total = np.array([1e30, 1e30, 1e30, -1e30, -1e30, -1e30]), 0.0
                    for q in range(s0, s1):
                        total += count[q]
                        for c in range(3):
                            e[c], e[3 + c] = min(e[c], box[q, c]), max(e[3 + c], box[q, 3 + c])
                    x, y, z = e[3] - e[0], e[4] - e[1], e[5] - e[2]
                    cost += total * (x * y + y * z + z * x) if total > 0 else 1e30
                if cost < best:
                    best, axis, cut = cost, k, clo[k] + j / scale
        if axis < 0:
            kids[node] = a, b - a
            continue
        i, j = a, b - 1
        while i <= j:
            if mid[order[i], axis] < cut:
                i += 1
            else:
                order[i], order[j] = order[j], order[i]
                j -= 1
        if i == a or i == b:
            i = (a + b) // 2
        kids[node] = used, 0
        todo.append((used, a, i))
        todo.append((used + 1, i, b))
        used += 2
    return nlo[:used].astype(np.float32), nhi[:used].astype(np.float32), kids[:used], order


@fast
def enter(sc, n, o, inv, tmax):
    """Distance at which the ray enters node n, or 1e30 (slab test)."""
    x0, x1 = (sc.lo[n, 0] - o[0]) * inv[0], (sc.hi[n, 0] - o[0]) * inv[0]
    y0, y1 = (sc.lo[n, 1] - o[1]) * inv[1], (sc.hi[n, 1] - o[1]) * inv[1]
    z0, z1 = (sc.lo[n, 2] - o[2]) * inv[2], (sc.hi[n, 2] - o[2]) * inv[2]
    near = max(max(min(x0, x1), min(y0, y1)), max(min(z0, z1), 0.0))
    far = min(min(max(x0, x1), max(y0, y1)), min(max(z0, z1), tmax))
    return near if near <= far else 1e30


@fast
def hit(sc, o, d, tmax, stack, shadow):
    """Nearest triangle (Moeller & Trumbore 1997): (t, index or -1, u, v), and the tint of glass passed.

    A shadow ray stops at the first opaque triangle but goes straight through glass, dimmed.  That
    is wrong for caustics and free of their fireflies, which is the better photograph.
    """
    inv = (1 / (d[0] + 1e-20), 1 / (d[1] + 1e-20), 1 / (d[2] + 1e-20))
    best, bi, bu, bv, tint = tmax, -1, 0.0, 0.0, (1.0, 1.0, 1.0)
    top, node = 0, 0
    if enter(sc, 0, o, inv, best) > 1e29:
        return best, bi, bu, bv, tint
    while True:
        k = sc.kids[node, 1]
        if k == 0:
            a = sc.kids[node, 0]
            ta, tb = enter(sc, a, o, inv, best), enter(sc, a + 1, o, inv, best)
            near, far = (a, a + 1) if ta <= tb else (a + 1, a)
            if max(ta, tb) < 1e29:
                stack[top] = far
                top += 1
            if min(ta, tb) < 1e29:
                node = near
                continue
        for i in range(sc.kids[node, 0], sc.kids[node, 0] + k):
            e1, e2 = vec(sc.tri[i], 3), vec(sc.tri[i], 6)
            p = cross(d, e2)
            det = dot(e1, p)
            if abs(det) < 1e-14:
                continue
            s = (o[0] - sc.tri[i, 0], o[1] - sc.tri[i, 1], o[2] - sc.tri[i, 2])
            u = dot(s, p) / det
            q = cross(s, e1)
            v, t = dot(d, q) / det, dot(e2, q) / det
            if u < 0 or v < 0 or u + v > 1 or t < 2e-4 or t >= best:
                continue
            if shadow:
                m = sc.mats[sc.mat[i]]
                if m[KIND] != GLASS:
                    return t, i, u, v, (0.0, 0.0, 0.0)
                tint = prod(tint, (m[R], m[G], m[B]))
            else:
                best, bi, bu, bv = t, i, u, v
        if top == 0:
            return best, bi, bu, bv, tint
        top -= 1
        node = stack[top]


# ---------------------------------------------------------------- surfaces
@fast
def surface(sc, m, i, p, n, u, v):
    """Albedo and bumped normal at a hit; the height's gradient tilts the normal (Blinn 1978)."""
    base = vec(m, R)
    if m[TEX] == PLAIN:
        return base, n
    w = 1 - u - v
    tu = w * sc.uv[i, 0] + u * sc.uv[i, 2] + v * sc.uv[i, 4]
    tv = w * sc.uv[i, 1] + u * sc.uv[i, 3] + v * sc.uv[i, 5]
    q = mul(p, m[FREQ])
    t, h = texture(m[TEX], q, tu, tv)
    if m[BUMP] > 0:
        e = 0.04
        g = (
            texture(m[TEX], (q[0] + e, q[1], q[2]), tu, tv)[1] - h,
            texture(m[TEX], (q[0], q[1] + e, q[2]), tu, tv)[1] - h,
            texture(m[TEX], (q[0], q[1], q[2] + e), tu, tv)[1] - h,
        )
        g = mul(g, m[BUMP] / e)
        n = unit(add(n, add(mul(n, dot(n, g)), mul(g, -1.0))))
    c = add(mul(base, 1 - t), mul(vec(m, R2), t))
    return (max(c[0], 0.004), max(c[1], 0.004), max(c[2], 0.004)), n


# ---------------------------------------------------------------- light transport
@fast
def sky(sc, d):
    """The rest of the room, as a vertical gradient: floor, walls, ceiling."""
    t = d[1]
    a, b, t = (1, 2, t) if t > 0 else (1, 0, -t)
    t = t * t * (3 - 2 * t)
    return add(mul(vec(sc.env[a], 0), 1 - t), mul(vec(sc.env[b], 0), t))


@fast
def direct(sc, p, n, u, v, stack):
    """Irradiance over pi from one point of one lamp, the lamp picked by its power."""
    k, x = 0, np.random.random()
    while k < sc.cdf.shape[0] - 1 and x > sc.cdf[k]:
        k += 1
    pick = sc.cdf[k] - (sc.cdf[k - 1] if k > 0 else 0.0)
    q = sc.lights[k]
    to = add(add(vec(q, 0), add(mul(vec(q, 3), u), mul(vec(q, 6), v))), mul(p, -1.0))
    d2 = dot(to, to)
    w = mul(to, 1 / math.sqrt(d2))
    c, cl = dot(n, w), -dot(vec(q, 9), w)
    if c <= 0 or cl <= 0:
        return (0.0, 0.0, 0.0)
    if q[16] > 0:  # a window with bars between lamp and set: (distance, half width, half height)
        f = q[16] / dot(vec(q, 9), mul(to, -1.0))
        a = u - 0.5 - f * dot(to, vec(q, 3)) / dot(vec(q, 3), vec(q, 3))  # where the ray crosses it, in lamp widths
        b = v - 0.5 - f * dot(to, vec(q, 6)) / dot(vec(q, 6), vec(q, 6))
        a, b = a / q[17], b / q[18]
        if abs(a) > 1 or abs(b) > 1 or abs(a) < 0.05 or abs(abs(b) - 0.35) < 0.03:
            return (0.0, 0.0, 0.0)
    shadow = hit(sc, p, w, math.sqrt(d2) * 0.9995, stack, True)
    return mul(prod(vec(q, 13), shadow[4]), c * cl * q[12] / (d2 * math.pi * pick))


@fast
def glossy(n, d, a):
    """Mirror direction about a GGX normal visible from -d (Heitz 2018), and its masking weight."""
    t, b = world(n, 1.0, 0.0, 0.0), world(n, 0.0, 1.0, 0.0)
    v = (-dot(d, t), -dot(d, b), max(-dot(d, n), 1e-3))
    vh = unit((a * v[0], a * v[1], v[2]))
    lensq = vh[0] * vh[0] + vh[1] * vh[1]
    t1 = (-vh[1] / math.sqrt(lensq), vh[0] / math.sqrt(lensq), 0.0) if lensq > 1e-12 else (1.0, 0.0, 0.0)
    t2 = cross(vh, t1)
    r, phi = math.sqrt(np.random.random()), 2 * math.pi * np.random.random()
    x, s = r * math.cos(phi), 0.5 * (1 + vh[2])
    y = (1 - s) * math.sqrt(max(0.0, 1 - x * x)) + s * r * math.sin(phi)
    nh = add(add(mul(t1, x), mul(t2, y)), mul(vh, math.sqrt(max(0.0, 1 - x * x - y * y))))
    h = unit((a * nh[0], a * nh[1], max(1e-6, nh[2])))
    vh_dot = dot(v, h)
    l = add(mul(h, 2 * vh_dot), mul(v, -1.0))
    if l[2] <= 1e-4:
        return n, 0.0, vh_dot
    g = 2.0 / (1 + math.sqrt(1 + a * a * (1 / (l[2] * l[2]) - 1)))
    return world(n, l[0], l[1], l[2]), g, vh_dot


@fast
def refract(m, d, n, inside):
    """Smooth dielectric with exact Fresnel; picks reflection or transmission: (direction, went through)."""
    eta = m[IN] / m[OUT] if inside else m[OUT] / m[IN]
    c = min(-dot(d, n), 1.0)
    k = 1 - eta * eta * (1 - c * c)
    if k > 0:
        ct = math.sqrt(k)
        rs, rp = (eta * c - ct) / (eta * c + ct), (c - eta * ct) / (c + eta * ct)
        if np.random.random() > 0.5 * (rs * rs + rp * rp):
            return unit(add(mul(d, eta), mul(n, eta * c - ct))), True
    return unit(add(d, mul(n, 2 * c))), False


@fast
def path(sc, o, d, lu, lv, choice, stack):
    """One camera path: (radiance, started diffuse, albedo, normal, depth, triangle)."""
    light, through, haze = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
    seen, first, albedo0, normal0, depth0, tri0 = True, False, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 60.0, -1
    bounces = 0
    for depth in range(MAX_DEPTH):
        t, i, u, v, _ = hit(sc, o, d, 1e9, stack, False)
        if i < 0:
            light = add(light, prod(through, sky(sc, d)))
            break
        through = prod(through, (math.exp(-haze[0] * t), math.exp(-haze[1] * t), math.exp(-haze[2] * t)))
        m, p = sc.mats[sc.mat[i]], add(o, mul(d, t))
        ng = unit(cross(vec(sc.tri[i], 3), vec(sc.tri[i], 6)))
        if m[KIND] == EMIT:  # lamps met after a diffuse bounce were already counted by direct()
            if seen and dot(ng, d) < 0:
                e = prod(through, vec(m, R))
                light = add(light, mul(e, min(1.0, 14.0 / (luma(e) + 1e-9))) if depth > 0 else e)
            break
        n = add(add(mul(vec(sc.nrm[i], 0), 1 - u - v), mul(vec(sc.nrm[i], 3), u)), mul(vec(sc.nrm[i], 6), v))
        n = unit(n)
        inside = dot(ng, d) > 0
        if inside:
            ng = mul(ng, -1.0)
        if dot(n, ng) < 0:
            n = mul(n, -1.0)
        if depth == 0:
            normal0, depth0, tri0 = n, t, i
        if m[KIND] == GLASS:
            d, crossed = refract(m, d, n, inside)
            o = add(p, mul(ng, -2e-4 if crossed else 2e-4))
            if crossed:
                haze = vec(m, BR) if inside else vec(m, AR)
            continue
        base, n = surface(sc, m, i, p, n, u, v)
        o = add(p, mul(ng, 3e-4))
        if m[KIND] == METAL:
            d, g, c = glossy(n, d, m[ROUGH] ** 2)
            f = (1 - min(max(c, 0.0), 1.0)) ** 5
            through = mul(prod(through, add(mul(base, 1 - f), (f, f, f))), g)
            if g == 0 or dot(d, ng) <= 0:
                break
            continue
        c = max(-dot(n, d), 0.0)
        fres = m[F0] + (1 - m[F0]) * (1 - c) ** 5 * (1 - m[ROUGH]) ** 2  # Schlick 1994, rough surfaces fade
        q = 0.0 if m[F0] == 0 else max(fres, 0.35 if depth == 0 else 0.1)
        if depth == 0:
            albedo0 = base
        if (choice if depth == 0 else np.random.random()) < q:
            d, g, _ = glossy(n, d, m[ROUGH] ** 2)
            through = mul(through, fres * g / q)
            if g == 0 or dot(d, ng) <= 0:
                break
            continue
        first = first or depth == 0
        through = mul(prod(through, base), (1 - fres) / (1 - q) if q > 0 else 1.0)
        if depth > 0:
            lu, lv = np.random.random(), np.random.random()
        if np.random.random() < m[THIN]:  # a leaf scatters this share of the light to its other side
            n, o = mul(n, -1.0), add(p, mul(ng, -3e-4))
        lit = prod(through, direct(sc, o, n, lu, lv, stack))
        light = add(light, mul(lit, min(1.0, 6.0 / (luma(lit) + 1e-9))) if depth > 0 else lit)
        seen = False
        bounces += 1
        if bounces > 3:  # what is left is fill light too faint to be worth its time
            break
        if bounces > 1:  # Russian roulette
            keep = min(0.9, max(through[0], through[1], through[2]))
            if np.random.random() > keep:
                break
            through = mul(through, 1 / keep)
        r, phi = np.random.random(), 2 * math.pi * np.random.random()
        d = world(n, math.sqrt(r) * math.cos(phi), math.sqrt(r) * math.sin(phi), math.sqrt(1 - r))
    return light, first, albedo0, normal0, depth0, tri0


@fast
def through_the_lens(cam, px, py, u, v):
    """Origin and direction of a camera ray: (px, py) -1..1 in the picture, (u, v) 0..1 on the lens."""
    r, phi = math.sqrt(u) * cam[4, 0], 2 * math.pi * v
    lens = add(mul(vec(cam[1], 0), r * math.cos(phi)), mul(vec(cam[2], 0), r * math.sin(phi)))
    aim = add(vec(cam[3], 0), add(mul(vec(cam[1], 0), px * cam[4, 1]), mul(vec(cam[2], 0), py * cam[4, 2])))
    return add(vec(cam[0], 0), lens), unit(add(aim, mul(lens, -1.0)))


@njit(parallel=True, fastmath=True, cache=True)
def coverage(sc, cam, width, height, spp, seed):
    """The subject's share of every pixel, 0..1, from the first surface that each of spp camera rays meets."""
    out = np.zeros((height, width), np.float32)
    for y in prange(height):
        np.random.seed(seed * 100003 + y)
        stack = np.empty(96, np.int32)
        for x in range(width):
            for _ in range(spp):
                px, py = (x + np.random.random()) / width * 2 - 1, 1 - (y + np.random.random()) / height * 2
                o, d = through_the_lens(cam, px, py, np.random.random(), np.random.random())
                i = hit(sc, o, d, 1e9, stack, False)[1]
                if i >= 0 and sc.mats[sc.mat[i], SUBJ] > 0:
                    out[y, x] += 1.0 / spp
    return out


@njit(parallel=True, fastmath=True, cache=True)
def expose(sc, cam, width, height, spp, seed, cut):
    """Average spp camera paths per pixel into the CHANNELS described above.

    Pixel, lens and first-light samples follow the R-sequence (Roberts 2018) shifted per pixel, so
    soft shadows and blur settle much faster than with independent numbers.
    """
    out = np.zeros((height, width, CHANNELS), np.float32)
    for y in prange(height):
        np.random.seed(seed * 100003 + y)
        stack, shift, s = np.empty(96, np.int32), np.empty(DIMS), np.empty(DIMS)
        for x in range(width):
            for k in range(DIMS):
                shift[k] = np.random.random()
            for j in range(spp):
                for k in range(DIMS):
                    s[k] = (shift[k] + j * 1.0969815577985598 ** -(k + 1)) % 1.0
                px, py = (x + s[0]) / width * 2 - 1, 1 - (y + s[1]) / height * 2
                o, d = through_the_lens(cam, px, py, s[2], s[3])
                c, first, a, n, z, i = path(sc, o, d, s[4], s[5], s[6], stack)
                subject = i >= 0 and sc.mats[sc.mat[i], SUBJ] > 0
                px_out = out[y, x]
                px_out[18] += 1.0 / spp if subject else 0.0
                if cut and not subject:
                    continue
                base, lum = (0, luma(c)) if first else (3, luma(c))
                h = sc.hues[sc.mat[i]] if i >= 0 else sc.hues[0]
                for k in range(3):
                    px_out[base + k] += c[k] / spp
                    px_out[6 + k] += a[k] / spp
                    px_out[9 + k] += n[k] / spp
                    px_out[13 + k] += h[k] / spp
                px_out[12] += z / spp
                px_out[16 if first else 17] += lum * lum / spp
    return out
