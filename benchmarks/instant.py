"""Seconds and memory of instant backgrounds on a 12-megapixel photo, step by step and as a whole command.

    python -m benchmarks.instant [--runs N]

Prints medians. The whole command is a fresh process, imports included, after one run that is not counted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2

import main
import masks
from backdrops import BlurBackdrop, ColourBackdrop, GradientBackdrop, SweepBackdrop
from imaging import composite, foreground, shadows
from imaging.encode import encode
from imaging.photo import Photo, load
from imaging.subject import Subject
from masks import Selection
from recipe import MaskRecipe

ROOT = Path(__file__).parents[1]


def no_inputs(digest: str) -> bytes:
    raise AssertionError(digest)


def median(runs: int, work: Callable[[], object]) -> float:
    """Median milliseconds of ``work`` after one call that is not counted."""
    work()
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * 1000


def found_anew(photo: Photo) -> Selection:
    """The subject, as if the photo were new."""
    masks.forget()
    return main.select(photo, MaskRecipe(), no_inputs)


def steps(data: bytes, runs: int) -> None:
    photo = load(data, "photo.jpg")
    selection = main.select(photo, MaskRecipe(), no_inputs)
    alpha = selection.values
    subject = Subject.of(photo, alpha)
    background = SweepBackdrop().draw(subject, no_inputs, 0).pixels
    assert background is not None
    shadow = shadows.contact(alpha)
    print(f"photo {photo.size[0]} x {photo.size[1]}, soft pixels {subject.edge.soft.mean():.1%}")
    rows: list[tuple[str, Callable[[], object]]] = [
        ("read JPEG", lambda: load(data, "photo.jpg")),
        ("find subject (auto)", lambda: found_anew(photo)),
        ("edge colours", lambda: foreground.estimate(photo.pixels, alpha)),
        ("contact shadow", lambda: shadows.contact(alpha)),
    ]
    for backdrop in (
        ColourBackdrop(),
        GradientBackdrop(),
        GradientBackdrop(shape="radial"),
        SweepBackdrop(),
        BlurBackdrop(),
    ):
        name = f"backdrop {backdrop.kind} {getattr(backdrop, 'shape', '')}".strip()
        rows.append((name, lambda b=backdrop: b.draw(subject, no_inputs, 0)))  # type: ignore[misc]
    rows += [
        ("shadow onto the background", lambda: composite.shade(background, shadow)),
        ("composite", lambda: composite.over(photo.pixels, alpha, subject.edge, background)),
        ("write PNG", lambda: encode(photo.pixels, "PNG")),
    ]
    for name, work in rows:
        print(f"{name:32} {median(runs, work):7.0f} ms")


def command(photo: Path, folder: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of one whole command in a process of its own."""
    arguments = [sys.executable, "main.py", "background", str(photo), "-o", str(folder / "out.png")]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*arguments, "--backdrop", "sweep:#dddddd", "--shadow", "contact"], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the command failed with status {status}")
    return time.perf_counter() - started, usage.ru_maxrss / 1000


def run() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = folder / "photo.jpg"
        cv2.imwrite(str(photo), cv2.resize(cv2.imread(str(ROOT / "samples" / "mug.jpg")), (4000, 3000)))
        steps(photo.read_bytes(), runs)
        command(photo, folder)
        measured = [command(photo, folder) for _ in range(runs)]
        seconds, megabytes = (statistics.median(column) for column in zip(*measured, strict=True))
        print(f"whole command, sweep and shadow:  {seconds:.2f} s, {megabytes:.0f} MB at its peak")


if __name__ == "__main__":
    run()
