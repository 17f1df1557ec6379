# SPDX-License-Identifier: Apache-2.0
"""Shapes, materials, lamps and camera for samples/render.py; one unit is about ten centimetres, y is up."""

import math

import numpy as np
import tracer as tr

Mesh = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # points, normals, uv, triangles
WINDOW = (0.92, 0.96, 1.0)


# ---------------------------------------------------------------- shapes
def grid(p: np.ndarray, wrap: bool = False) -> Mesh:
    """Smooth surface through an (m, n, 3) grid; wrap joins the last column to the first."""
    if wrap:
        p = np.concatenate([p, p[:, :1]], axis=1)
    m, n = p.shape[:2]
    k = np.arange(m * n).reshape(m, n)
    a, b, c, d = k[:-1, :-1].ravel(), k[1:, :-1].ravel(), k[1:, 1:].ravel(), k[:-1, 1:].ravel()
    tris = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    pts = p.reshape(-1, 3)
    face = np.cross(pts[tris[:, 1]] - pts[tris[:, 0]], pts[tris[:, 2]] - pts[tris[:, 0]])
    nrm = np.zeros_like(pts)
    for i in range(3):
        np.add.at(nrm, tris[:, i], face)
    g = nrm.reshape(m, n, 3)
    if wrap:
        g[:, 0] = g[:, -1] = g[:, 0] + g[:, -1]
    for row in (0, -1):  # a pole is one point repeated: all copies share one normal
        if np.ptp(p[row], axis=0).max() < 1e-9:
            g[row] = g[row].sum(axis=0)
    uv = np.stack(np.meshgrid(np.linspace(0, 1, m), np.linspace(0, 1, n), indexing="ij"), -1).reshape(-1, 2)
    nrm /= np.linalg.norm(nrm, axis=1, keepdims=True) + 1e-20
    keep = np.linalg.norm(face, axis=1) > 1e-12
    return pts, nrm, uv, tris[keep]


def fillet(points: list, radius: float, steps: int = 6) -> np.ndarray:
    """Polyline with its corners rounded by quadratic curves that start `radius` before each corner."""
    pts = np.array(points, float)
    out = [pts[0]]
    for a, b, c in zip(pts, pts[1:], pts[2:]):
        r = min(radius, np.linalg.norm(a - b) * 0.45, np.linalg.norm(c - b) * 0.45)
        s, e = b + (a - b) / np.linalg.norm(a - b) * r, b + (c - b) / np.linalg.norm(c - b) * r
        t = np.linspace(0, 1, steps)[:, None]
        out += list((1 - t) ** 2 * s + 2 * t * (1 - t) * b + t * t * e)
    return np.array(out + [pts[-1]])


def lathe(points: list, radius: float = 0.05, sides: int = 96, power: float = 2.0, depth: float = 1.0) -> Mesh:
    """Turn a (radius, height) profile about y; power > 2 squares the section, depth flattens it along z."""
    prof = fillet(points, radius) if radius else np.array(points, float)
    a = np.linspace(0, 2 * math.pi, sides, endpoint=False)
    ca, sa = np.cos(a), np.sin(a)
    ring = np.stack([np.sign(ca) * np.abs(ca) ** (2 / power), np.sign(sa) * np.abs(sa) ** (2 / power) * depth], 1)
    p = np.empty((len(prof), sides, 3))
    p[..., 0], p[..., 2] = prof[:, :1] * ring[:, 0], prof[:, :1] * ring[:, 1]
    p[..., 1] = prof[:, 1:]
    return grid(p, wrap=True)


def spline(points: list, count: int = 60) -> np.ndarray:
    """Catmull-Rom curve through the points."""
    p = np.array([points[0], *points, points[-1]], float)
    t = np.linspace(0, len(points) - 1 - 1e-9, count)
    i, f = t.astype(int), (t % 1)[:, None]
    a, b, c, d = p[i], p[i + 1], p[i + 2], p[i + 3]
    return 0.5 * (2 * b + (c - a) * f + (2 * a - 5 * b + 4 * c - d) * f**2 + (3 * b - a - 3 * c + d) * f**3)


def tube(line: np.ndarray, radius, sides: int = 20, flat: float = 1.0) -> Mesh:
    """Sweep a circle (or an ellipse `flat` as thick) along a curve, with closed ends."""
    r = np.broadcast_to(radius, len(line)).astype(float)
    line = np.concatenate([line[:1], line, line[-1:]])
    r = np.concatenate([[1e-6], r, [1e-6]])
    t = np.gradient(line, axis=0)
    t /= np.linalg.norm(t, axis=1, keepdims=True) + 1e-12
    up = np.array([0.0, 0, 1]) if np.abs(t[:, 2]).mean() < 0.7 else np.array([0.0, 1, 0])
    b = np.cross(t, up)
    b /= np.linalg.norm(b, axis=1, keepdims=True) + 1e-12
    n = np.cross(b, t)
    a = np.linspace(0, 2 * math.pi, sides, endpoint=False)[None, :, None]
    return grid(line[:, None] + r[:, None, None] * (np.sin(a) * b[:, None] * flat + np.cos(a) * n[:, None]), wrap=True)


def block(half: tuple, radius: float, k: int = 5) -> Mesh:
    """Box with rounded edges: a sphere pulled apart along its three planes of symmetry."""
    lat = np.r_[np.linspace(-90, 0, k), np.linspace(0, 90, k)] * math.pi / 180
    ys = np.r_[-np.ones(k), np.ones(k)]
    lon = np.concatenate([np.linspace(q, q + 90, k) for q in (0, 90, 180, 270)]) * math.pi / 180
    sx, sz = np.repeat([1, -1, -1, 1], k), np.repeat([1, 1, -1, -1], k)
    n = np.stack(
        [np.cos(lat)[:, None] * np.cos(lon), np.sin(lat)[:, None] + 0 * lon, np.cos(lat)[:, None] * np.sin(lon)], -1
    )
    inner = np.stack(
        np.broadcast_arrays(sx * (half[0] - radius), (ys * (half[1] - radius))[:, None], sz * (half[2] - radius)), -1
    )
    p = inner + radius * n
    caps = [np.broadcast_to([0, s * half[1], 0], p[:1].shape) for s in (-1.0, 1.0)]
    poles = [np.broadcast_to([0, s, 0], p[:1].shape) for s in (-1.0, 1.0)]
    mesh = grid(np.concatenate([caps[0], p, caps[1]]), wrap=True)
    normals = np.concatenate([poles[0], n, poles[1]])
    normals = np.concatenate([normals, normals[:, :1]], axis=1).reshape(-1, 3)
    return mesh[0], normals, mesh[2], mesh[3]


def ball(radius: float, squash: float = 1.0) -> Mesh:
    a = np.linspace(-math.pi / 2, math.pi / 2, 40)
    return lathe(np.stack([radius * np.cos(a), radius * squash * np.sin(a)], 1), 0)


def leaf(length: float, width: float, droop: float, fold: float, rng: np.random.Generator) -> Mesh:
    """A pointed blade along +x that bends down, folds at its midrib and waves a little at its edge."""
    u, v = np.linspace(0, 1, 22)[:, None], np.linspace(-1, 1, 11)[None]
    half = width * np.sin(math.pi * u**0.8) ** 0.85 * (1 - 0.35 * u) + 0.024 * (1 - u)
    angle = 0.35 - droop * u
    x, y = np.cumsum(np.cos(angle), 0) * length / 22 - 0.12, np.cumsum(np.sin(angle), 0) * length / 22 - 0.05
    wave = 0.05 * width * np.sin(u * 13 + rng.uniform(0, 6)) * v**2
    return grid(np.stack([x + 0 * v, y + fold * half * np.abs(v) ** 1.3 + wave, half * v], -1))


def fur(roots: np.ndarray, normals: np.ndarray, eye: np.ndarray, length: float, width: float, seed: int) -> Mesh:
    """Tapered curled ribbons that face the camera, shaded with normals close to the skin's."""
    rng = np.random.default_rng(seed)
    n, k = len(roots), 6
    comb = normals + rng.normal(0, 0.22, (n, 3)) + [0, -0.15, 0]
    comb /= np.linalg.norm(comb, axis=1, keepdims=True)
    size = length * rng.uniform(0.6, 1.15, (n, 1))
    bend = rng.normal(0, 0.24, (n, 3)) + [0, -0.5, 0]
    t = np.linspace(0, 1, k)[None, :, None]
    line = roots[:, None] + (comb[:, None] * t + bend[:, None] * t**2) * size[:, None]
    side = np.cross(comb + bend, eye - roots)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    w = width * rng.uniform(0.7, 1.3, (n, 1, 1)) * (1 - t**2.5 * 0.9)
    pts = np.stack([line - side[:, None] * w, line + side[:, None] * w], 2).reshape(-1, 3)
    shade = normals[:, None] + 0.9 * (comb + bend)[:, None] * t * 0.5 + rng.normal(0, 0.12, (n, 1, 3))
    shade = np.repeat(shade.reshape(-1, 3), 2, 0)
    first = (np.arange(n)[:, None] * 2 * k + np.arange(k - 1)[None] * 2).reshape(-1, 1)
    tris = np.concatenate([first + [0, 1, 3], first + [0, 3, 2]])
    uv = np.stack([np.repeat(np.tile(np.linspace(0, 1, k), n), 2), np.repeat(rng.uniform(0, 1, n), 2 * k)], 1)
    return pts, shade / np.linalg.norm(shade, axis=1, keepdims=True), uv, tris


def turn(yaw: float = 0, pitch: float = 0, roll: float = 0) -> np.ndarray:
    """Rotation matrix: roll about z, then pitch about x, then yaw about y (degrees)."""
    (cy, cx, cz), (sy, sx, sz) = np.cos(np.radians([yaw, pitch, roll])), np.sin(np.radians([yaw, pitch, roll]))
    return (
        np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        @ np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
        @ np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    )


# ---------------------------------------------------------------- a set, its lamps and its camera
class Set:
    """Meshes, materials, lamps and camera of one picture."""

    def __init__(
        self,
        size: tuple,
        eye: tuple,
        at: tuple,
        fov: float,
        lens: float,
        focus: tuple,
        exposure: float,
        sky: tuple = ((0.16, 0.13, 0.11), (0.34, 0.32, 0.30), (0.62, 0.62, 0.62)),
        spp: int = 16,
    ) -> None:
        self.size, self.exposure, self.spp, self.sky = size, exposure, spp, np.array(sky)
        self.eye, f = np.array(eye, float), np.subtract(at, eye)
        f = f / np.linalg.norm(f)
        right = np.cross(f, [0, 1, 0])
        right /= np.linalg.norm(right)
        dist, tall = np.dot(np.subtract(focus, eye), f), math.tan(math.radians(fov / 2))
        up = np.cross(right, f)
        self.cam = np.array([eye, right, up, f * dist, [lens, dist * tall * size[0] / size[1], dist * tall]])
        self.mats, self.parts, self.lamps = [], [], []

    def paint(
        self,
        rgb: tuple,
        rough: float = 0.5,
        f0: float = 0.04,
        kind: float = tr.COATED,
        tex: float = tr.PLAIN,
        freq: float = 1.0,
        bump: float = 0.0,
        mix: tuple | None = None,
        thin: float = 0.0,
        ior: tuple = (1.5, 1.0),
        haze: tuple = (0, 0, 0),
        around: tuple = (0, 0, 0),
        subject: bool = True,
    ) -> int:
        """Add a material; `haze` is the absorption inside a glass, `around` that outside it."""
        self.mats.append([kind, *rgb, rough, f0, tex, freq, bump, *(mix or rgb), thin, *ior, *haze, *around, subject])
        return len(self.mats) - 1

    def put(self, mesh: Mesh, mat: int, at: tuple = (0, 0, 0), rot: np.ndarray | None = None) -> None:
        rot = np.eye(3) if rot is None else rot
        self.parts.append((mesh[0] @ rot.T + at, mesh[1] @ rot.T, mesh[2], mesh[3], mat))

    def quad(self, centre: tuple, u: tuple, v: tuple, mat: int) -> None:
        """Flat rectangle with half-edges u and v; its front is along u x v."""
        c, u, v = (np.array(a, float) for a in (centre, u, v))
        self.put(grid(np.array([[c - u - v, c - u + v], [c + u - v, c + u + v]])), mat)

    def lamp(
        self,
        centre: tuple,
        aim: tuple,
        half: tuple,
        rgb: tuple,
        power: float,
        seen: bool = True,
        bars: tuple = (0, 1, 1),
    ) -> None:
        """Rectangular lamp facing `aim`; one that is not seen leaves no reflection.

        `bars` puts a barred window before it: distance, half width and height in lamp widths.
        """
        n = np.subtract(aim, centre) / np.linalg.norm(np.subtract(aim, centre))
        u = np.cross([0, 1, 0], n)
        u *= half[0] / np.linalg.norm(u)
        v = np.cross(n, u) * half[1] / half[0]
        e = np.multiply(rgb, power)
        self.lamps.append([*(centre - u - v), *(2 * u), *(2 * v), *n, 4 * half[0] * half[1], *e, *bars])
        if seen:
            self.quad(centre, u, v, self.paint(e, kind=tr.EMIT, subject=False))

    def pane(self, centre: tuple, aim: tuple, half: tuple, power: float, rgb: tuple = WINDOW) -> None:
        """A window of two by two panes."""
        n = np.subtract(aim, centre) / np.linalg.norm(np.subtract(aim, centre))
        u = np.cross([0, 1, 0], n) / np.linalg.norm(np.cross([0, 1, 0], n))
        v = np.cross(n, u)
        for i in (-1, 1):
            for j in (-1, 1):
                c = centre + u * i * half[0] * 0.53 + v * j * half[1] * 0.53
                self.lamp(tuple(c), tuple(c + n), (half[0] * 0.48, half[1] * 0.48), rgb, power)

    def compile(self) -> tr.Scene:
        corner = [np.concatenate([p[j][p[3]] for p in self.parts]) for j in range(3)]
        pts, mat = corner[0], np.concatenate([np.full(len(p[3]), p[4], np.int32) for p in self.parts])
        lo, hi, kids, order = tr.build(pts.min(1), pts.max(1))
        tri = np.concatenate([pts[:, 0], pts[:, 1] - pts[:, 0], pts[:, 2] - pts[:, 0]], 1)[order]
        lamps = np.array(self.lamps)
        power = (
            lamps[:, 12] * lamps[:, 13:16].sum(1) / ((lamps[:, :3] + lamps[:, 3:6] / 2 + lamps[:, 6:9] / 2) ** 2).sum(1)
        )
        hues = np.random.default_rng(1).uniform(0, 1, (len(self.mats), 3))
        return tr.Scene(
            lo,
            hi,
            kids,
            tri,
            corner[1].reshape(-1, 9)[order].astype(np.float32),
            corner[2].reshape(-1, 6)[order].astype(np.float32),
            mat[order],
            np.array(self.mats, float),
            lamps,
            np.cumsum(power) / power.sum(),
            self.sky,
            hues,
        )
