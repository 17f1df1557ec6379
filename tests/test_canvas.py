"""What is drawn on the canvas, as strokes in fractions of the photo, and back."""

from __future__ import annotations

import numpy as np
import pytest

from masks.strokes import Stroke, Strokes, paint
from ui.canvas import COLOURS, to_drawing, to_strokes

SIZE = (500, 300)
# As streamlit-drawable-canvas 0.13 sends them: a brush stroke from (100, 100) by (150, 120) to (200, 100).
BRUSH = {
    "type": "Path",
    "originX": "center",
    "originY": "center",
    "left": 150,
    "top": 110,
    "width": 100,
    "height": 20,
    "stroke": COLOURS["add"],
    "strokeWidth": 20,
    "scaleX": 1,
    "scaleY": 1,
    "angle": 0,
    "path": [["M", 100, 100], ["Q", 125, 120, 150, 120], ["Q", 175, 120, 190, 106], ["L", 200, 100]],
}
RECTANGLE = {
    "type": "Rect",
    "originX": "left",
    "originY": "top",
    "left": 99.5,
    "top": 59.5,
    "width": 100,
    "height": 40,
    "stroke": COLOURS["remove"],
    "fill": COLOURS["remove"],
    "strokeWidth": 1,
    "strokeUniform": True,
}
POLYGON = {
    "type": "Polygon",
    "originX": "center",
    "originY": "center",
    "left": 125,
    "top": 125,
    "stroke": COLOURS["add"],
    "strokeWidth": 1,
    "points": [{"x": 50, "y": 50}, {"x": 200, "y": 60}, {"x": 120, "y": 200}],
}


def only(mark: dict[str, object]) -> Stroke:
    (stroke,) = to_strokes({"objects": [mark]}, SIZE).strokes
    return stroke


def test_a_brush_stroke_becomes_fractions_of_the_photo() -> None:
    stroke = only(BRUSH)
    assert (stroke.op, stroke.shape, stroke.width) == ("add", "brush", 20 / 500)
    assert stroke.points[0] == pytest.approx((100 / 500, 100 / 300), abs=1e-4)
    assert stroke.points[-1] == pytest.approx((200 / 500, 100 / 300), abs=1e-4)


def test_colour_tells_adding_from_removing() -> None:
    assert only(BRUSH | {"stroke": COLOURS["remove"]}).op == "remove"
    assert only(RECTANGLE).op == "remove"


def test_rectangles_and_polygons_keep_their_corners() -> None:
    rectangle, polygon = only(RECTANGLE), only(POLYGON)
    assert rectangle.shape == "rectangle"
    assert np.allclose(rectangle.points, ((0.2, 0.2), (0.4, 1 / 3)), atol=1e-4)
    assert polygon.shape == "polygon"
    assert np.allclose(polygon.points, ((0.1, 1 / 6), (0.4, 0.2), (0.24, 2 / 3)), atol=1e-4)


@pytest.mark.parametrize(
    ("change", "centre"),
    [
        ({"left": 250, "top": 210}, (250, 210)),
        ({"angle": 90}, (150, 110)),
        ({"scaleX": 2, "scaleY": 2}, (150, 110)),
        ({"flipX": True}, (150, 110)),
    ],
)
def test_a_mark_that_was_moved_lies_where_it_is_seen(change: dict[str, object], centre: tuple[int, int]) -> None:
    points = np.array(only(BRUSH | change).points) * SIZE
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    assert middle == pytest.approx(centre, abs=0.6)


def test_a_scaled_brush_is_wider() -> None:
    assert only(BRUSH | {"scaleX": 2, "scaleY": 2}).width == 40 / 500


def test_what_covers_nothing_and_what_is_unknown_is_left_out() -> None:
    flat = POLYGON | {"points": [{"x": 5, "y": 5}, {"x": 5, "y": 5}, {"x": 5, "y": 5}]}
    assert to_strokes({"objects": [flat, {"type": "Text"}, {}]}, SIZE).strokes == ()
    assert to_strokes(None, SIZE).strokes == ()


def test_strokes_survive_a_canvas_of_another_size() -> None:
    """Undo, zoom and reload draw the strokes anew: they select what they selected."""
    drawn = to_strokes({"objects": [BRUSH, RECTANGLE, POLYGON]}, SIZE)
    again = to_strokes(to_drawing(drawn, (1250, 750)), (1250, 750))
    before, after = (paint(np.zeros((900, 1500), np.uint8), strokes) for strokes in (drawn, again))
    different = int((np.abs(before.astype(int) - after) > 128).sum())
    print(f"{different} of {int((before > 128).sum())} pixels differ after a round trip")
    assert different <= 20
    assert [stroke.op for stroke in again.strokes] == ["add", "remove", "add"]


def test_nothing_drawn_is_an_empty_canvas() -> None:
    assert to_drawing(Strokes(), SIZE)["objects"] == []
