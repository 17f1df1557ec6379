"""Touch-ups by hand: drawn at full size wherever the canvas was, in order, and last."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import photo_of, picture

import masks
from errors import BadInput
from imaging.encode import encode
from imaging.photo import digest_of
from masks.strokes import Stroke, Strokes, paint
from recipe import Layer, MaskRecipe, Source


def test_a_stroke_lies_at_the_same_place_at_every_size() -> None:
    strokes = Strokes(strokes=(Stroke(points=((0.25, 0.5), (0.75, 0.5)), width=0.1),))
    for width, height in ((100, 60), (1000, 600), (4000, 2400)):
        rows, columns = np.nonzero(paint(np.zeros((height, width), np.uint8), strokes) >= 128)
        assert columns.min() / width == pytest.approx(0.2, abs=1.5 / width)  # the round cap reaches half a width out
        assert (columns.max() + 1) / width == pytest.approx(0.8, abs=1.5 / width)
        assert (rows.max() + 1 - rows.min()) / width == pytest.approx(0.1, abs=2.5 / width)


def test_later_strokes_lie_over_earlier_ones() -> None:
    add = Stroke(points=((0, 0), (1, 1)), shape="rectangle")
    remove = Stroke(op="remove", points=((0.5, 0.5),), width=0.2)
    assert paint(np.zeros((50, 50), np.uint8), Strokes(strokes=(add, remove)))[25, 25] == 0
    assert paint(np.zeros((50, 50), np.uint8), Strokes(strokes=(remove, add)))[25, 25] == 255


def test_shapes() -> None:
    triangle = Stroke(shape="polygon", points=((0.1, 0.1), (0.9, 0.1), (0.1, 0.9)))
    drawn = paint(np.zeros((100, 100), np.uint8), Strokes(strokes=(triangle,)))
    assert drawn[20, 20] == 255
    assert drawn[80, 80] == 0
    box = Stroke(shape="rectangle", points=((0.8, 0.6), (0.2, 0.4)))  # corners in any order
    drawn = paint(np.zeros((100, 100), np.uint8), Strokes(strokes=(box,)))
    assert (np.argwhere(drawn).min(axis=0) == (40, 20)).all()
    assert (np.argwhere(drawn).max(axis=0) == (59, 79)).all()
    outside = Stroke(shape="rectangle", points=((-1, -1), (-0.5, -0.5)))
    assert not paint(np.zeros((10, 10), np.uint8), Strokes(strokes=(outside,))).any()


def test_touch_ups_come_after_everything_else() -> None:
    empty = np.zeros((40, 60), np.uint8)
    empty[:, :30] = 255
    mask = encode(empty, "PNG")
    strokes = Strokes(strokes=(Stroke(shape="rectangle", points=((0.0, 0.0), (0.25, 1.0))),)).to_json()
    files = {digest_of(data): data for data in (mask, strokes)}
    layers = (Layer(source=Source(name="file", options={"mask": digest_of(mask)})),)
    recipe = MaskRecipe(layers=layers, invert=True, strokes=digest_of(strokes))
    selection = masks.select(photo_of(picture(60, 40)), recipe, files.__getitem__).values
    assert (selection[:, :15] == 255).all()  # painted, although inverted away
    assert (selection[:, 15:30] == 0).all()
    assert (selection[:, 30:] == 255).all()


def test_strokes_are_a_source_too() -> None:
    strokes = Strokes(strokes=(Stroke(points=((0.5, 0.5),), width=0.2),)).to_json()
    found = masks.find(
        photo_of(picture(60, 40)), Source(name="strokes", options={"strokes": digest_of(strokes)}), lambda _: strokes
    )
    assert found.values[20, 30] == 255


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"strokes": [{"points": []}]}',
        b'{"strokes": [{"points": [[1e99, 0]]}]}',
        b'{"strokes": 3}',
        b"\xff",
    ],
)
def test_nonsense_is_refused_in_one_sentence(data: bytes) -> None:
    with pytest.raises(BadInput, match="strokes file"):
        Strokes.from_json(data)
