"""How bright the rims and feet of real subjects are beside the light of their places, and how well that is told.

    python -m benchmarks.rim

On photos with a true mask, the light that ``imaging.rim_light`` would screen over rim and foot is compared with how
much brighter than the subject's inside they are. A share of that light is fitted on all other sources
(leave-one-source-out) and judged on the one left out: the mean error in levels of 255, beside that of no such light
and of a new edit's share.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from imaging import guess_light, rim_light
from imaging.fill import push_pull
from recipe import NEW_LOOK

SHARED = Path(os.environ.get("BACKDROP_SHARED", Path(__file__).resolve().parents[2] / "shared"))
SOURCES = {"alpha": "*_alpha.png", "person": "*_mask.png", "salient": "*_mask.png"}
SIDE, EACH = 512, 24  # pixels, the longer side; pictures of a source
DEEP = 8  # pixels from the outline: the subject's inside
SKIN = 2  # pixels of the outline that may be mixed with the background
Array = npt.NDArray[Any]


class Case(NamedTuple):
    """Of one picture's rim or foot: the light that would be added at share 1, and what is there, 0..1 of white."""

    source: str
    offered: Array
    found: Array


def pictures() -> Iterator[tuple[str, Array, Array]]:
    """(source, RGB uint8, mask uint8), no larger than ``SIDE``."""
    for source, pattern in SOURCES.items():
        masks = sorted((SHARED / "groundtruth" / source).glob(pattern))
        for path in masks[:: max(1, len(masks) // EACH)][:EACH]:
            photo = next(iter(path.parent.glob(path.stem.rsplit("_", 1)[0] + "_image.*")), None)
            if photo is None:
                continue
            pixels, mask = cv2.imread(str(photo)), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            scale = SIDE / max(mask.shape)
            size = round(mask.shape[1] * scale), round(mask.shape[0] * scale)
            small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)[..., ::-1]
            yield source, np.ascontiguousarray(small), cv2.resize(mask, size, interpolation=cv2.INTER_AREA)


def cases(source: str, pixels: Array, mask: Array) -> dict[str, Case]:
    own = pixels.astype(np.float32) / 255
    depth = cv2.distanceTransform((mask >= 250).astype(np.uint8), cv2.DIST_L2, 5)
    if depth.max() < 2 * DEEP:
        return {}
    inside = push_pull(own, (depth > DEEP).astype(np.float32))
    outside = (cv2.dilate(mask, np.ones((5, 5), np.uint8)) < 5).astype(np.float32)
    place = push_pull(own, outside)
    light = guess_light.from_picture(np.rint(place * 255).astype(np.uint8))
    room = np.maximum(1 - inside, 0.05)
    found = ((own - inside) / room).mean(axis=2)
    rim = (rim_light._rim_light(mask, place, light) / rim_light.RIM).mean(axis=2)
    foot = (rim_light._ground_light(mask, mask, place) / rim_light.BOUNCE * own).mean(axis=2)
    edge = (depth > SKIN) & (depth <= DEEP)
    parts = {"rim": (rim, edge & (rim > 0.05)), "foot": (foot, edge & (foot > 0.05))}
    return {name: Case(source, light[at], found[at]) for name, (light, at) in parts.items() if at.sum() > 50}


def share(every: list[Case]) -> float:
    """The share of the offered light that is found, by least squares; pictures count alike."""
    both = mean(float((case.offered * case.found).mean()) for case in every)
    return both / max(mean(float((case.offered**2).mean()) for case in every), 1e-9)


def error(every: list[Case], part: float) -> float:
    """Mean over pictures of how far the rim's mean brightness is told wrong, in levels of 255."""
    return 255 * mean(abs(float((case.found - part * case.offered).mean())) for case in every)


def main() -> None:
    found = [cases(*each) for each in pictures()]
    for name, most in (("rim", rim_light.RIM), ("foot", rim_light.BOUNCE)):
        every = [each[name] for each in found if name in each]
        shipped = most * NEW_LOOK.rim_light / 100
        print(f"\n{name}: {len(every)} pictures; share found {share(every):.3f}, of a new edit {shipped:.3f}")
        print(f"  {'source':10} pictures  none  new edit  fitted on the others")
        for source in SOURCES:
            held = [case for case in every if case.source == source]
            rest = [case for case in every if case.source != source]
            if held and rest:
                part = share(rest)
                values = error(held, 0), error(held, shipped), error(held, part)
                line = "".join(f"{value:10.1f}" for value in values)
                print(f"  {source:10} {len(held):8}{line} ({part:.3f})")


if __name__ == "__main__":
    main()
