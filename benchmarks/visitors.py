"""Ten visitors of 12 megapixels each on one page: memory and seconds.

    python -m benchmarks.visitors [--visitors 10] [--megapixels 12] [--budget MB]

Each visitor hands in a photo, looks at the mask, tries three backgrounds and makes a picture, one after the other, on
the page itself (without a browser); then each comes back and looks at the background once more. Printed: the process's
memory after each visitor, its peak, what the page's memory holds, and how long a visit and coming back take. Subjects
are the photos' own transparency, so that no network is measured.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

ROOT = Path(__file__).parents[1]
KINDS = ("sweep", "gradient", "scene")


def photo(megapixels: float, seed: int) -> bytes:
    """A PNG 4:3 with soft noise and a round subject; every visitor's is another."""
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5)
    width = height * 4 // 3
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 255, (height // 16, width // 16, 3), np.uint8))
    pixels = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))
    y, x = np.ogrid[:height, :width]
    alpha = np.clip((height / 3 - np.hypot(x - width / 2, y - height / 2)) * 64 + 128, 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(np.dstack([pixels, alpha])).save(out, "PNG", compress_level=1)
    return out.getvalue()


def resident() -> float:
    """Megabytes of this process."""
    return float(psutil.Process().memory_info().rss) / 1e6


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--visitors", type=int, default=10)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--budget", type=float, help="megabytes, as BACKDROP_PAGE_MEMORY")
    wanted = parser.parse_args()
    if wanted.budget is not None:
        os.environ["BACKDROP_PAGE_MEMORY"] = str(wanted.budget)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BACKDROP_DATA"] = folder
        visit_all(wanted.visitors, wanted.megapixels)


def visit_all(visitors: int, megapixels: float) -> None:
    """Let them all come, one after the other, and come back."""
    sys.path.insert(0, str(ROOT / "tests"))
    from pages import Page

    logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context").setLevel(logging.ERROR)

    pages, seconds, back = [], [], []
    Page()  # imports are not counted
    before = resident()
    print(f"empty page: {before:.0f} MB")
    for number in range(visitors):
        data = photo(megapixels, number)
        started = time.perf_counter()
        page = Page().upload(data, "photo.png").open("Background")
        for kind in KINDS:
            page.set("background.kind", kind)
        page.click("make")
        seconds.append(time.perf_counter() - started)
        pages.append(page)
        print(f"visitor {number + 1}: {resident():.0f} MB, {held()}, {seconds[-1]:.1f} s", flush=True)
    for page in pages:
        started = time.perf_counter()
        page.open("Subject").open("Background")
        back.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"peak {peak:.0f} MB; {(resident() - before) / visitors:.0f} MB a visitor above the empty page")
    print(f"a visit: {np.median(seconds):.1f} s; coming back: {np.median(back):.2f} s, at most {max(back):.2f} s")


def held() -> str:
    """What the page keeps of all visitors."""
    try:
        from ui import memory
    except ImportError:  # an older Backdrop, for comparison
        return "no common memory"
    return f"{memory.shared().size / 1e6:.0f} MB kept by the page"


if __name__ == "__main__":
    main()
