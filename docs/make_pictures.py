"""Make the documents' pictures from the samples, with the settings of a new edit: ``python -m docs.make_pictures``.

backdrop.jpg     photos as they are, and the same subjects where a sentence puts them
sentences.jpg    twelve sentences before four subjects
places.jpg       six subjects in eight places

With names (``python -m docs.make_pictures places``) only those are made.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

import main as core
from backdrops.described import DescribedBackdrop
from imaging.photo import Photo, digest_of, load
from masks import Selection
from recipe import NEW_LOOK, NEW_SHADOW, Backdrop, MaskRecipe, Recipe, kind_of

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
IN_PLACES = ("mug.jpg", "perfume.jpg", "robot.jpg", "plant.jpg", "handbag.jpg", "cutout_plush.png")
PICTURE = "a lake with mountains, a wooden dock"
"""What the picture shows that is handed in as another one's photo."""
PLACES: Mapping[str, str] = {
    "a scene indoors": "scene:kitchen",
    "outdoors": "scene:street",
    "at night": "scene:city",
    "sky": "scene:clouds",
    "studio sweep": "sweep:#e8e4dc",
    "gradient": "gradient:#eef2f6,#8fb0c8",
    "a picture": "image",
    "a sentence": "on a beach at sunset",
}


@cache
def subject(name: str) -> tuple[Photo, Selection]:
    """A sample and what is found in it."""
    photo = load((ROOT / "samples" / name).read_bytes(), name)
    return photo, core.select(photo, MaskRecipe(), _no_inputs)


def drawn(name: str, backdrop: Backdrop, inputs: Mapping[str, bytes] | None = None) -> Image.Image:
    """A sample before a backdrop, as a new edit makes it."""
    photo, selection = subject(name)
    recipe = Recipe(photo=photo.digest, backdrop=backdrop, shadow=NEW_SHADOW, look=NEW_LOOK, seed=1)
    return Image.fromarray(core.run(recipe, photo, (inputs or {}).__getitem__, selection=selection)[0].pixels)


def described(name: str, sentence: str) -> Image.Image:
    return drawn(name, DescribedBackdrop.of("background", sentence))


def resized(image: Image.Image, height: int) -> Image.Image:
    image = image.convert("RGB")
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


def backdrop() -> None:
    before = [resized(Image.open(ROOT / "samples" / name), 360) for name in PAIRS]
    after = [resized(described(name, sentence), 360) for name, sentence in PAIRS.items()]
    sheet([before, after], []).save(ROOT / "docs" / "backdrop.jpg", quality=90)


def sentences() -> None:
    rows = [[resized(described(name, sentence), 240) for name in SUBJECTS] for sentence in SENTENCES]
    sheet(rows, list(SENTENCES)).save(ROOT / "docs" / "sentences.jpg", quality=85)


def places() -> None:
    """A row for each place; the picture that is handed in was drawn from a sentence, too."""
    whole = Recipe(task="create", backdrop=DescribedBackdrop.of("create", PICTURE, width=1600, height=1200), seed=4)
    picture = core.run(whole, None, _no_inputs)[0].encode("PNG")
    rows = []
    for spec in PLACES.values():
        row = [_in_place(name, spec, picture) for name in IN_PLACES]
        rows.append([resized(image, 220) for image in row])
    sheet(rows, list(PLACES)).save(ROOT / "docs" / "places.jpg", quality=85)


def _in_place(name: str, spec: str, picture: bytes) -> Image.Image:
    if spec == "image":
        return drawn(name, kind_of("image").resolve({"digest": digest_of(picture)}), {digest_of(picture): picture})
    kind, colon, argument = spec.partition(":")
    if not colon:
        return described(name, spec)
    return drawn(name, kind_of(kind).resolve(kind_of(kind).parse(argument)))


def _no_inputs(digest: str) -> bytes:
    raise AssertionError("a sample needs no other file")


MADE: Mapping[str, Callable[[], None]] = {"backdrop": backdrop, "sentences": sentences, "places": places}

if __name__ == "__main__":
    for asked in sys.argv[1:] or MADE:
        MADE[asked]()
