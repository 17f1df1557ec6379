"""What the checks of the edge and of expansion say of composites that are known to be good, and of known bad ones.

    python -m benchmarks.gate

Needs what :mod:`benchmarks.edges` needs, and u2netp's weights. Over white, black and three scenes, of every picture:
the true composite, ours and a plain paste with the true alpha. Prints how the edge's colour difference, which needs no
truth, goes along with the true one; both checks' figures; and, judged picture by picture with limits set on all others,
how often a good composite is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks.edges import SHARED, STAMPS, true_foreground
from imaging import checks, composite, scenes
from imaging.delta_e import ciede2000
from imaging.foreground import Edge
from imaging.geometry import Size
from imaging.photo import load
from imaging.subject import Subject, standing
from masks import expansion

SCENES = ("sea", "room", "table")
MARGIN = 1.3  # a limit over the largest figure of the pictures that it is set on

Array = npt.NDArray[Any]


class Row(NamedTuple):
    """One composite: whose, how, its true and its estimated colour difference, its expansion."""

    picture: str
    way: str
    true: float
    estimated: float
    expansion: float | None


def rows() -> Iterator[Row]:
    """All composites, measured."""
    folder = SHARED / "groundtruth" / "alpha"
    for entry in json.loads((folder / "manifest.json").read_text()):
        name = entry["name"]
        alpha = np.asarray(Image.open(folder / f"{name}_alpha.png"))
        foreground = true_foreground(entry, alpha)
        if foreground is None:
            continue
        photo = load((folder / f"{name}_image.jpg").read_bytes(), f"{name}.jpg")
        subject = Subject.of(photo, alpha)
        edges = {"ours": subject.edge, "plain paste": Edge.of(photo.pixels, alpha)}
        for ground, drawn in _grounds(alpha):
            share = alpha[..., None] / 255
            truth = np.rint(foreground * share + ground * (1 - share)).astype(np.uint8)
            made = {way: composite.over(photo.pixels, alpha, edge, ground) for way, edge in edges.items()}
            ring = (alpha > 10) & (alpha < 245)
            for way, pixels in {"truth": truth, **made}.items():
                estimated = checks.edge_delta_e(pixels, ground, None, alpha, None)
                assert estimated is not None  # every picture has a soft edge
                grown = expansion.measure(pixels, alpha) if drawn and way == "ours" else None
                yield Row(name, way, float(ciede2000(pixels[ring], truth[ring]).mean()), estimated, grown)


def _grounds(alpha: Array) -> Iterator[tuple[Array, bool]]:
    """New backgrounds, and whether they are scenes."""
    height, width = alpha.shape
    for level in (255, 0):
        yield np.full((height, width, 3), level, np.uint8), False
    for name in SCENES:
        yield scenes.draw(name, {}, Size(width, height), standing(alpha), 1), True


def run() -> None:
    if not (SHARED / "groundtruth" / "alpha").is_dir() or not STAMPS.is_dir():
        raise SystemExit(f"needs {SHARED / 'groundtruth' / 'alpha'} and Debian's tuxpaint-stamps-default")
    found = list(rows())
    pairs = np.array([(row.true, row.estimated) for row in found if row.way != "truth"])
    print(f"correlation with the true difference {np.corrcoef(pairs.T)[0, 1]:.2f}")
    for way in ("truth", "ours", "plain paste"):
        values = np.array([row.estimated for row in found if row.way == way])
        over = np.mean(values > checks.MOST_EDGE_DELTA_E)
        print(f"{way:12} edge {values.mean():5.2f}, largest {values.max():5.2f}, over the limit {over:.0%}")
    grown = [row.expansion for row in found if row.expansion is not None]
    print(f"expansion where there is none: median {np.median(grown):.3f}, largest {max(grown):.3f}")
    good = [row for row in found if row.way != "plain paste"]
    refused = sum(_refused(row, [other for other in good if other.picture != row.picture]) for row in good)
    print(f"limits set on all other pictures refuse {refused} of {len(good)} good composites")


def _refused(row: Row, others: list[Row]) -> bool:
    limit = MARGIN * max(other.estimated for other in others)
    grown = MARGIN * max(other.expansion or 0 for other in others)
    return row.estimated > limit or (row.expansion or 0) > grown


if __name__ == "__main__":
    run()
