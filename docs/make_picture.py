"""Make the README's picture from the samples: above the photos as they are, below the same subjects in new places.

python docs/make_picture.py
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
HEIGHT, GAP = 360, 6
EDITS = {
    "mug.jpg": ["--backdrop", "sweep:#e9dfd0", "--shadow", "contact"],
    "perfume.jpg": ["--backdrop", "gradient:#fdf3e7,#d98f5c,radial", "--shadow", "contact"],
    "plant.jpg": ["--backdrop", "sweep:#c9d6c4", "--shadow", "contact"],
    "handbag.jpg": ["--backdrop", "gradient:#f4f6fb,#aab7cf", "--shadow", "contact"],
}


def panel(path: Path) -> Image.Image:
    image = Image.open(path).convert("RGB")
    return image.resize((round(image.width * HEIGHT / image.height), HEIGHT), Image.Resampling.LANCZOS)


def main() -> None:
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        for name, flags in EDITS.items():
            out = Path(folder) / f"{name}.png"
            photo = ROOT / "samples" / name
            subprocess.run([sys.executable, "main.py", "background", photo, "-o", out, *flags], cwd=ROOT, check=True)
            pairs.append((panel(photo), panel(out)))
    width = sum(before.width + GAP for before, _ in pairs) - GAP
    sheet = Image.new("RGB", (width, 2 * HEIGHT + GAP), "white")
    left = 0
    for before, after in pairs:
        sheet.paste(before, (left, 0))
        sheet.paste(after, (left, HEIGHT + GAP))
        left += before.width + GAP
    sheet.save(ROOT / "docs" / "backdrop.jpg", quality=90)


if __name__ == "__main__":
    main()
