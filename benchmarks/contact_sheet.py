"""Sixteen photos in eight places, to be looked at: would a stranger point at the subject?

    python -m benchmarks.contact_sheet OUT [--only PART ...]

Fur, hair, a cat's chin, wheels, furniture, groups and cut-off subjects, of ``../shared/photos``; with the settings of a
new edit. Writes the 128 pictures at full size into OUT, each subject's mask, and one sheet for each photo.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from PIL import Image

import main
from backdrops import ColourBackdrop, SceneBackdrop
from benchmarks.edges import SHARED
from benchmarks.instant import no_inputs
from imaging.photo import load, to_8_bit
from recipe import NEW_LOOK, NEW_SHADOW, Backdrop, MaskRecipe, Recipe

PHOTOS = SHARED / "photos"
NAMES = (
    "alpaca_fur.jpg",
    "portrait_dark_wavy_hair.jpg",
    "seed3eye_woman_yellow.jpg",
    "person_sea_longhair.jpg",
    "dog_kitchen.jpg",
    "cat_chelsea.png",
    "owl_grass.jpg",
    "rabbit.jpeg",
    "product_bicycle.jpg",
    "product_car.jpg",
    "truck.jpg",
    "product_desk_lamp.jpg",
    "seed_avataar_stool.jpeg",
    "people_group_beach.png",
    "couple_road.jpeg",
    "product_coffee_cup.png",
)
PLACES: dict[str, Backdrop] = {
    "white": ColourBackdrop(colour="#ffffff"),
    "black": ColourBackdrop(colour="#000000"),
    "green": ColourBackdrop(colour="#1e7a4c"),
    **{name: SceneBackdrop(name=name) for name in ("paper", "room", "dunes", "city", "meadow")},
}
COLUMNS, WIDTH = 4, 480  # of a sheet


def sheet(path: Path, out: Path) -> None:
    """One photo's mask, its eight pictures, and all of them on a sheet."""
    photo = load(path.read_bytes(), path.name)
    selection = main.select(photo, MaskRecipe(), no_inputs)
    selection.to_image().save(out / f"{path.stem}-mask.png")
    small = WIDTH, round(WIDTH * photo.size[1] / photo.size[0])
    together = Image.new("RGB", (COLUMNS * small[0], -(-len(PLACES) // COLUMNS) * small[1]))
    for at, (name, backdrop) in enumerate(PLACES.items()):
        wanted = Recipe(photo=photo.digest, backdrop=backdrop, shadow=NEW_SHADOW, look=NEW_LOOK)
        (result,) = main.run(wanted, photo, no_inputs, selection=selection)
        picture = Image.fromarray(to_8_bit(result.pixels))
        picture.save(out / f"{path.stem}-{name}.jpg", quality=93)
        together.paste(
            picture.resize(small, Image.Resampling.LANCZOS), (at % COLUMNS * small[0], at // COLUMNS * small[1])
        )
    together.save(out / f"{path.stem}.jpg", quality=90)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="*", default=[""], metavar="PART", help="parts of the names of the photos")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for photo in [PHOTOS / name for name in NAMES if any(part in name for part in given.only)]:
        if not photo.exists():
            sys.exit(f"needs {photo}")
        print(photo.name, flush=True)
        sheet(photo, given.out)
