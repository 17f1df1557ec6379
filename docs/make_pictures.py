"""Make the documents' pictures from the samples, by the command line alone: ``python docs/make_pictures.py``.

backdrop.jpg     photos as they are, and the same subjects where a sentence puts them
sentences.jpg    twelve sentences before four subjects
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

ROOT = Path(__file__).parents[1]
GAP = 6
PAIRS = {
    "mug.jpg": "on an oak table in a bright kitchen",
    "perfume.jpg": "on a marble table, golden bokeh lights behind",
    "plant.jpg": "in a living room with a sofa",
    "handbag.jpg": "on a beach at sunset",
}
SENTENCES = (
    "on an oak table by a window",
    "on a beach at sunset, calm sea",
    "on a wet street at night",
    "on a mossy forest floor, sun rays",
    "in a meadow with flowers",
    "on a podium, blush wall with an arch",
    "on a marble table, dark room",
    "in a bright kitchen",
    "in the desert at golden hour",
    "on autumn leaves in a park",
    "in a studio, teal paper, light from the left",
    "in the snow",
)
SUBJECTS = ("mug.jpg", "perfume.jpg", "plant.jpg", "handbag.jpg")


def drawn(name: str, sentence: str, folder: Path, height: int) -> Image.Image:
    """A sample in the place that a sentence names, as the command line makes it."""
    out = folder / "out.png"
    flags = ["--prompt", sentence, "--model", "scenes", "--seed", "1"]
    command = [sys.executable, "main.py", "background", f"samples/{name}", "-o", str(out), *flags]
    subprocess.run(command, cwd=ROOT, check=True)
    return resized(out, height)


def resized(path: Path, height: int) -> Image.Image:
    image = Image.open(path).convert("RGB")
    return image.resize((round(image.width * height / image.height), height), Image.Resampling.LANCZOS)


def sheet(rows: list[list[Image.Image]], titles: list[str]) -> Image.Image:
    """Pictures of one height in rows, a title above each row that has one."""
    font = ImageFont.load_default(18)
    height, head = rows[0][0].height, 30 if titles else 0
    width = max(sum(image.width + GAP for image in row) for row in rows) - GAP
    page = Image.new("RGB", (width, len(rows) * (height + head + GAP) - GAP), "white")
    pen = ImageDraw.Draw(page)
    for at, row in enumerate(rows):
        top, left = at * (height + head + GAP), 0
        if titles:
            pen.text((2, top + 4), titles[at], "#222222", font)
        for image in row:
            page.paste(image, (left, top + head))
            left += image.width + GAP
    return page


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = [resized(ROOT / "samples" / name, 360) for name in PAIRS]
        after = [drawn(name, sentence, folder, 360) for name, sentence in PAIRS.items()]
        sheet([before, after], []).save(ROOT / "docs" / "backdrop.jpg", quality=90)
        rows = [[drawn(name, sentence, folder, 240) for name in SUBJECTS] for sentence in SENTENCES]
        sheet(rows, list(SENTENCES)).save(ROOT / "docs" / "sentences.jpg", quality=85)


if __name__ == "__main__":
    main()
