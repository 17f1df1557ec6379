"""Whether two checkouts give the same pixels: recipes over every backdrop, mask source and depth, carried out in both.

    python tests/same_pixels.py                     digests of this checkout, as JSON
    python tests/same_pixels.py --against CHECKOUT  compare with another one; exit code 1 where they differ

Each runs in a process of its own, in its own checkout. What floating point gives may differ between processors and
library versions, so digests are compared on one machine and not pinned; ``test_same_pixels.py`` pins those that only
integers decide. The recipes are those of version 1 (``tests/data/recipes_v1``), which every later version reads.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

HERE = Path(__file__).resolve().parent
RECIPES = HERE / "data" / "recipes_v1"
SAMPLES = HERE.parent / "samples"
SIDE = 480  # pixels, the longer side of the photos


class Inputs(NamedTuple):
    """The files that the recipes name, by what they are called there."""

    photo: bytes
    deep: bytes
    cutout: bytes
    hard: bytes
    soft: bytes
    picture: bytes
    strokes: bytes


def _png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def _small(name: str) -> np.ndarray:
    pixels = cv2.imread(str(SAMPLES / name), cv2.IMREAD_UNCHANGED)
    scale = SIDE / max(pixels.shape[:2])
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def inputs(photo: np.ndarray | None = None) -> Inputs:
    """A photo ``(H, W, 3)`` uint8, else a bundled sample made small, and what goes with it."""
    photo = _small("mug.jpg") if photo is None else photo
    height, width = photo.shape[:2]
    hard = np.zeros((height, width), np.uint8)
    cv2.ellipse(hard, (width // 2, height // 2), (width // 4, height // 3), 0, 0, 360, 255, -1)
    strokes = {"strokes": [{"op": "add", "shape": "brush", "points": [[0.3, 0.3], [0.6, 0.5]], "width": 0.1}]}
    return Inputs(
        photo=_png(photo),
        deep=_png(photo.astype(np.uint16) * 256 + noise(height, width)),
        cutout=_png(_small("cutout_plush.png")),
        hard=_png(hard),
        soft=_png(cv2.GaussianBlur(hard, (0, 0), 2.5)),
        picture=_png(noise(height, width)),
        strokes=json.dumps(strokes).encode(),
    )


def cases(files: Inputs) -> Iterator[tuple[str, str, dict[str, bytes]]]:
    """(name, recipe as JSON, files by digest) of every recipe; ``{photo}`` and the like stand for digests in them."""
    by_name = {name: hashlib.sha256(data).hexdigest() for name, data in files._asdict().items()}
    by_digest = {by_name[name]: data for name, data in files._asdict().items()}
    for path in sorted(RECIPES.glob("*.json")):
        text = path.read_text(encoding="utf-8")
        for name, digest in by_name.items():
            text = text.replace("{" + name + "}", digest)
        yield path.stem, text, by_digest


def digest(name: str, recipe_json: str, files: dict[str, bytes]) -> str:
    """SHA-256 over the pixels and selections of a recipe's results, by the code of the working directory."""
    import main
    from imaging.photo import load
    from recipe import Recipe

    recipe = Recipe.from_json(recipe_json)
    photo = load(files[recipe.photo], f"{name}.png") if recipe.photo else None
    total = hashlib.sha256()
    for result in main.run(recipe, photo, files.__getitem__):
        total.update(str((result.pixels.shape, result.pixels.dtype)).encode())
        total.update(np.ascontiguousarray(result.pixels).tobytes())
        if result.selection is not None:
            total.update(result.selection.values.tobytes())
    return total.hexdigest()


def _digests(only: str) -> dict[str, str]:
    from errors import StudioError

    found = {}
    for name, text, files in cases(inputs()):
        if only in name:
            try:
                found[name] = digest(name, text, files)
            except StudioError as error:
                found[name] = f"{type(error).__name__}: {error}"
    return found


def _of(checkout: Path, weights: Path, only: str) -> dict[str, str]:
    environment = os.environ | {"PYTHONPATH": str(checkout), "BACKDROP_WEIGHTS": str(weights), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(Path(__file__).resolve()), "--only", only]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{checkout}:\n{done.stderr}")
    return dict(json.loads(done.stdout))


def _weights(folder: Path) -> Path:
    """A folder of tiny diffusion models beside links to the developers' mask models."""
    sys.path.insert(0, str(HERE))
    import tiny

    real = Path(os.environ.get("BACKDROP_SHARED", HERE.parents[1] / "shared")) / "weights"
    for file in real.iterdir() if real.is_dir() else ():
        if file.name != "diffusers":
            (folder / file.name).symlink_to(file.resolve())
    tiny.main(folder)
    return folder


def main_() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="another checkout to compare with")
    parser.add_argument("--only", default="", metavar="PART", help="only recipes whose name contains this")
    arguments = parser.parse_args()
    if arguments.against is None:
        json.dump(_digests(arguments.only), sys.stdout, indent=1)
        return
    with tempfile.TemporaryDirectory() as folder:
        weights = _weights(Path(folder))
        ours, theirs = (
            _of(checkout.resolve(), weights, arguments.only) for checkout in (HERE.parent, arguments.against)
        )
    different = [name for name in ours if ours[name] != theirs.get(name)]
    for name, value in ours.items():
        print(f"{'DIFFERS' if name in different else 'same   '} {name:28} {value[:60]}")
    print(f"{len(ours) - len(different)} of {len(ours)} the same")
    sys.exit(bool(different))


if __name__ == "__main__":
    main_()
