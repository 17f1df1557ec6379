"""A found subject over new backgrounds beside the true composite: ours, an older checkout's, and rembg's cut-outs.

    python -m benchmarks.composite [--against CHECKOUT]

Needs what :mod:`benchmarks.edges` needs, and u2netp's weights, by which every way finds the subject. Pictures are those
whose true foreground is known; in the first table, those on which u2netp finds the right subject (IoU over 0.8), in the
second all, with the true alpha given. In the edge ring (within ``RING`` pixels of the true soft edge) it prints PSNR
and mean CIEDE2000 over six backgrounds, per picture, and in all.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
RING = 4  # pixels around the true soft edge
RIGHT = 0.8  # IoU of u2netp's mask with the truth, from which on it found the right subject
PLAIN = ((255, 255, 255), (0, 0, 0), (30, 122, 76), (221, 221, 221))
SCENES = ("sea", "room")
WAYS = {"rembg pasted": {}, "rembg matting pasted": {"alpha_matting": True}}

Array = npt.NDArray[Any]


def composites(folder: Path, out: Path, true_alpha: bool) -> None:
    """In a checkout of its own: every ``NAME.jpg`` over each ``NAME-N.ground.png``, as ``NAME-N.png`` in ``out``."""
    import main
    from backdrops import ImageBackdrop
    from imaging.photo import load
    from masks import Selection
    from recipe import MaskRecipe, Recipe

    for path in sorted(folder.glob("*.jpg")):
        photo = load(path.read_bytes(), path.name)
        if true_alpha:
            selection = Selection(cv2.imread(str(folder / f"{path.stem}.alpha.png"), cv2.IMREAD_GRAYSCALE))
        elif (folder / f"{path.stem}.right").exists():
            selection = main.select(photo, MaskRecipe(), _none)
        else:
            continue
        for ground in sorted(folder.glob(f"{path.stem}-*.ground.png")):
            data = ground.read_bytes()
            backdrop = ImageBackdrop(digest=hashlib.sha256(data).hexdigest())
            recipe = Recipe(photo=photo.digest, backdrop=backdrop)
            (result,) = main.run(recipe, photo, lambda _, data=data: data, selection=selection)
            target = out / ground.name.replace(".ground.png", ".png")
            cv2.imwrite(str(target), cv2.cvtColor(result.pixels, cv2.COLOR_RGB2BGR))


def _none(digest: str) -> bytes:
    raise AssertionError(f"asked for {digest}")


def of_checkout(checkout: Path, folder: Path, true_alpha: bool) -> Path:
    """The folder with a checkout's composites of the pictures in ``folder``."""
    out = Path(tempfile.mkdtemp(dir=folder))
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    command = [sys.executable, __file__, "--composites", str(folder), str(out), *["--true-alpha"] * true_alpha]
    subprocess.run(command, cwd=checkout, env=environment, check=True)
    return out


def of_rembg(folder: Path, session: Any, **options: Any) -> Path:
    """The folder with rembg's cut-outs pasted over the grounds in ``folder``."""
    from PIL import Image
    from rembg import remove

    out = Path(tempfile.mkdtemp(dir=folder))
    for path in sorted(folder.glob("*.right")):
        path = path.with_suffix(".jpg")
        cut: Any = remove(Image.open(path).convert("RGB"), session=session, **options)
        for ground in sorted(folder.glob(f"{path.stem}-*.ground.png")):
            pasted = Image.open(ground).convert("RGBA")
            pasted.alpha_composite(cut)
            pasted.convert("RGB").save(out / ground.name.replace(".ground.png", ".png"))
    return out


def of_true_alpha(folder: Path, solved: bool) -> Path:
    """Cut-outs by the true alpha pasted: with the photo's colours, or with pymatting's foreground (multi-level)."""
    from PIL import Image
    from pymatting import estimate_foreground_ml

    out = Path(tempfile.mkdtemp(dir=folder))
    for path in sorted(folder.glob("*.jpg")):
        alpha = np.asarray(Image.open(folder / f"{path.stem}.alpha.png"))
        colours = np.asarray(Image.open(path).convert("RGB"))
        if solved:
            colours = np.rint(estimate_foreground_ml(colours / 255, alpha / 255) * 255).astype(np.uint8)
        for ground in sorted(folder.glob(f"{path.stem}-*.ground.png")):
            pasted = Image.open(ground).convert("RGBA")
            pasted.alpha_composite(Image.fromarray(np.dstack([colours, alpha])))
            pasted.convert("RGB").save(out / ground.name.replace(".ground.png", ".png"))
    return out


def prepare(folder: Path, session: Any) -> dict[str, tuple[Array, Array]]:
    """Write photos and grounds into ``folder``; the true alpha and foreground by name."""
    from PIL import Image
    from rembg import remove

    from benchmarks.edges import SHARED, true_foreground
    from imaging import scenes
    from imaging.geometry import Size
    from imaging.subject import standing

    source = SHARED / "groundtruth" / "alpha"
    truths = {}
    for entry in json.loads((source / "manifest.json").read_text()):
        name = entry["name"]
        alpha = np.asarray(Image.open(source / f"{name}_alpha.png"))
        foreground = true_foreground(entry, alpha)
        if foreground is None:
            continue
        photo = (source / f"{name}_image.jpg").read_bytes()
        found = np.asarray(remove(Image.open(source / f"{name}_image.jpg").convert("RGB"), session=session))[..., 3]
        both, either = (alpha >= 128) & (found >= 128), (alpha >= 128) | (found >= 128)
        if both.sum() / either.sum() > RIGHT:
            (folder / f"{name}.right").touch()
        (folder / f"{name}.jpg").write_bytes(photo)
        Image.fromarray(alpha).save(folder / f"{name}.alpha.png")
        height, width = alpha.shape
        grounds = [np.full((height, width, 3), colour, np.uint8) for colour in PLAIN]
        grounds += [scenes.draw(scene, {}, Size(width, height), standing(alpha), 1) for scene in SCENES]
        for number, ground in enumerate(grounds):
            Image.fromarray(ground).save(folder / f"{name}-{number}.ground.png")
        truths[name] = alpha, foreground
    return truths


def score(folder: Path, made: Path, name: str, truth: tuple[Array, Array]) -> tuple[float, float]:
    """PSNR in dB and mean CIEDE2000 in the ring, of one picture's composites: mean over the backgrounds."""
    from skimage.color import deltaE_ciede2000, rgb2lab

    alpha, foreground = truth
    soft = ((alpha > 0) & (alpha < 255)).astype(np.uint8)
    ring = cv2.dilate(soft, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RING + 1, 2 * RING + 1))) > 0
    share = alpha[ring][:, None] / 255
    ratios, differences = [], []
    for ground in sorted(folder.glob(f"{name}-*.ground.png")):
        below = cv2.cvtColor(cv2.imread(str(ground)), cv2.COLOR_BGR2RGB)[ring]
        wanted = np.rint(foreground[ring] * share + below * (1 - share))
        picture = cv2.imread(str(made / ground.name.replace(".ground.png", ".png")))
        have = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)[ring].astype(np.float64)
        ratios.append(10 * np.log10(255**2 / np.mean(np.square(have - wanted))))
        differences.append(deltaE_ciede2000(rgb2lab(have[None] / 255), rgb2lab(wanted[None] / 255)).mean())
    return float(np.mean(ratios)), float(np.mean(differences))


def run(against: Path | None) -> None:
    from benchmarks.edges import SHARED, STAMPS

    if not (SHARED / "groundtruth" / "alpha").is_dir() or not STAMPS.is_dir():
        raise SystemExit(f"needs {SHARED / 'groundtruth' / 'alpha'} and Debian's tuxpaint-stamps-default")
    os.environ["U2NET_HOME"] = str(SHARED / "weights")
    from rembg import new_session

    session = new_session("u2netp")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        truths = prepare(folder, session)
        checkouts = {"ours": ROOT} | ({f"ours at {against.name}": against.resolve()} if against else {})
        found = {way: of_checkout(checkout, folder, False) for way, checkout in checkouts.items()}
        found |= {name: of_rembg(folder, session, **options) for name, options in WAYS.items()}
        right = {name: truth for name, truth in truths.items() if (folder / f"{name}.right").exists()}
        given = {way: of_checkout(checkout, folder, True) for way, checkout in checkouts.items()}
        given |= {"plain paste": of_true_alpha(folder, False), "pymatting ml pasted": of_true_alpha(folder, True)}
        table("subject found by u2netp", folder, found, right)
        table("true alpha given", folder, given, truths)


def table(title: str, folder: Path, made: dict[str, Path], truths: dict[str, tuple[Array, Array]]) -> None:
    """Print the scores of every way, per picture, their mean, and the worst picture's."""
    scores = [{name: score(folder, out, name, truth) for name, truth in truths.items()} for out in made.values()]
    print(f"{title:24}" + "".join(f"{way:>24}" for way in made))
    for name in truths:
        print(f"{name:24}" + "".join(_cell(*values[name]) for values in scores))
    columns = [list(zip(*values.values(), strict=True)) for values in scores]
    print(f"{'mean':24}" + "".join(_cell(statistics.mean(psnr), statistics.mean(off)) for psnr, off in columns))
    print(f"{'worst':24}" + "".join(_cell(min(psnr), max(off)) for psnr, off in columns))


def _cell(psnr: float, difference: float) -> str:
    return f"{psnr:14.2f} dB {difference:6.2f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="also an older checkout's composites")
    parser.add_argument("--true-alpha", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--composites", type=Path, nargs=2, metavar=("PICTURES", "OUT"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.composites:
        sys.path.remove(str(Path(__file__).parent))
        composites(*given.composites, given.true_alpha)
    else:
        run(given.against)
