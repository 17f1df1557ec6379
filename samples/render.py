# SPDX-License-Identifier: Apache-2.0
"""Renders the bundled example photographs, so that every picture in the repository is our own.

    python samples/render.py [NAME ...] [--out DIR] [--scale 0.3] [--spp N]

Needs numpy, numba, opencv and Pillow.
"""

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
import tracer as tr
from denoise import develop
from numba import set_num_threads
from PIL import Image
from sets import PICTURES
from shapes import Set


def film(linear: np.ndarray, exposure: float, seed: int, grain: float = 0.006) -> np.ndarray:
    """Glow, vignette, Hable's filmic curve (2010), sRGB and a little grain: uint8 RGB."""
    h, w = linear.shape[:2]
    ring = np.array([[1, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]], np.uint8)
    x = linear.astype(np.float32)
    for k in range(4):  # a dot of up to two by two pixels brighter than all around it is left-over noise
        corner = (1 + k % 2, 1 + k // 2)
        x = np.minimum(x, cv2.dilate(x, ring, anchor=corner) * 1.02)
    x = x * exposure
    glow = cv2.GaussianBlur(np.clip(x - 1.2, 0, 4), (0, 0), w / 90)
    yy, xx = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    x = (x + 0.10 * glow) * (1 - 0.11 * (xx**2 + yy**2))[..., None]

    def curve(v):
        return (v * (0.22 * v + 0.03) + 0.002) / (v * (0.22 * v + 0.3) + 0.06) - 1 / 30

    y = np.clip(curve(np.maximum(x - 0.006, 0) ** 1.12 * 2.35) / curve(np.float64(7.0)), 0, 1)
    y = np.clip(y + 0.14 * (y - y @ np.array([0.2126, 0.7152, 0.0722])[:, None]), 0, 1)  # a touch more colour
    y = np.where(y <= 0.0031308, 12.92 * y, 1.055 * y ** (1 / 2.4) - 0.055)
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (h, w, 1)), (0, 0), 0.6)[..., None] * 1.6
    y = y + noise * grain * (1.2 - y) + rng.normal(0, grain * 0.35, (h, w, 3))
    return np.round(np.clip(y, 0, 1) * 255).astype(np.uint8)


def shoot(name: str, out: Path, scale: float, spp: int | None) -> Path:
    """Render one picture and write it: JPEG, or PNG with the subject's own coverage as alpha."""
    make, seed, cut = PICTURES[name]
    scene: Set = make()
    w, h = (round(v * scale) for v in scene.size)
    count = spp or scene.spp
    raw = tr.expose(scene.compile(), scene.cam, w, h, count, seed, cut)
    alpha = raw[..., 18:]
    linear = develop(raw, count)
    if cut:
        rgb = film(linear / np.maximum(alpha, 1 / 255), scene.exposure, seed, 0.0)
        file = out / f"{name}.png"
        a = np.round(np.clip(alpha, 0, 1) * 255).astype(np.uint8)
        Image.fromarray(np.concatenate([rgb * (a > 0), a], 2)).save(file, optimize=True)
        return file
    file = out / f"{name}.jpg"
    Image.fromarray(film(linear, scene.exposure, seed)).save(file, quality=92, subsampling=0, optimize=True)
    return file


def matte(name: str, out: Path, scale: float, spp: int | None) -> Path:
    """Write the exact alpha of a picture's subject, depth of field included: NAME_alpha.png, grey."""
    make, seed, _ = PICTURES[name]
    scene: Set = make()
    w, h = (round(v * scale) for v in scene.size)
    alpha = tr.coverage(scene.compile(), scene.cam, w, h, spp or 32, seed)
    file = out / f"{name}_alpha.png"
    Image.fromarray(np.round(alpha * 255).astype(np.uint8)).save(file, optimize=True)
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PICTURES))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    parser.add_argument("--scale", type=float, default=1.0, help="of the size, for a quick look")
    parser.add_argument("--spp", type=int, help="camera paths per pixel")
    parser.add_argument("--alpha", action="store_true", help="the subject's exact alpha instead of the picture")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.names or PICTURES:
        start = time.time()
        file = (matte if args.alpha else shoot)(name, args.out, args.scale, args.spp)
        print(f"{file}  {file.stat().st_size / 1000:.0f} kB  {time.time() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
