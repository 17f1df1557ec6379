"""Seconds and memory of instant backgrounds: a 12-megapixel photo step by step, and whole commands at 12 and 24.

    python -m benchmarks.instant [--runs N] [--commands]

Prints medians. A whole command is a fresh process, from its start to the PNG on disk, imports included, after one run
that is not counted. ``--commands`` leaves the steps out.
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
    print(f"photo {photo.size[0]} x {photo.size[1]}, soft pixels {len(subject.edge.at) / subject.alpha.size:.1%}")
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


CONTACT = ("--shadow", "contact")
LIT = ("--shadow", "cast", "--match-light")
COMMANDS = {  # what: (the photo's width and height, arguments)
    "12 MP, sweep, contact shadow": ((4000, 3000), ("--backdrop", "sweep:#dddddd", *CONTACT)),
    "24 MP, sweep, light matched, cast shadow": ((6000, 4000), ("--backdrop", "sweep:#dddddd", *LIT)),
    "24 MP, scene, light matched, cast shadow": ((6000, 4000), ("--backdrop", "scene:dunes", *LIT)),
}


def command(photo: Path, *arguments: str) -> tuple[float, float]:
    """Seconds and peak megabytes of one whole command in a process of its own."""
    call = [sys.executable, "main.py", "background", str(photo), "-o", str(photo.with_name("out.png")), *arguments]
    where = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    started = time.perf_counter()
    process = subprocess.Popen(call, cwd=ROOT, env=where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(call)} failed with status {status}")
    return time.perf_counter() - started, usage.ru_maxrss / 1000


def commands(folder: Path, runs: int) -> None:
    """Whole commands, the subject searched for and its mask given."""
    mask = folder / "mask.png"
    for what, ((width, height), arguments) in COMMANDS.items():
        photo = resized(folder, width, height)
        shape = cv2.imread(str(ROOT / "tests" / "data" / "masks" / "mug_alpha.png"), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(mask), cv2.resize(shape, (width, height)))
        for source in ("auto", f"file:{mask}"):
            given = *arguments, "--mask", source
            command(photo, *given)
            measured = [command(photo, *given) for _ in range(runs)]
            seconds, megabytes = (statistics.median(column) for column in zip(*measured, strict=True))
            print(f"{what:42} mask {source[:4]}: {seconds:5.2f} s, {megabytes:5.0f} MB at its peak", flush=True)


def resized(folder: Path, width: int, height: int) -> Path:
    """A photo of that size in a file."""
    path = folder / f"photo-{width}.jpg"
    if not path.exists():
        large = cv2.resize(cv2.imread(str(ROOT / "samples" / "mug.jpg")), (width, height))
        cv2.imwrite(str(path), large, [cv2.IMWRITE_JPEG_QUALITY, 92])
    return path


def run() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--commands", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if not given.commands:
            steps(resized(folder, 4000, 3000).read_bytes(), given.runs)
        commands(folder, given.runs)


if __name__ == "__main__":
    run()
