"""The touch-up canvas: what is drawn on it as strokes in fractions of the photo, and back.

The canvas (streamlit-drawable-canvas) speaks Fabric.js JSON in canvas pixels. Whether a mark adds or removes is told by
its colour. The component cannot be imported outside a running page, so it is imported where it is drawn.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from masks.strokes import Stroke, Strokes

COLOURS = {"add": "rgba(255, 255, 255, 0.6)", "remove": "rgba(0, 0, 0, 0.6)"}
"""While a stroke is drawn: white keeps, black erases, as in a mask."""
TOOLS = {"Brush": "freedraw", "Polygon": "polygon", "Rectangle": "rect"}
CURVE_STEPS = 4  # points per piece of a curve; the pieces are some pixels long
SIDE = 1280  # pixels, the canvas's longer side; the screen may show it at any size
DIGITS = 5  # of a fraction: a hundredth of a pixel on 1,000

Point = tuple[float, float]


def draw(
    size: tuple[int, int],
    key: str,
    *,
    op: str,
    tool: str,
    width: float,
    initial: dict[str, Any],
) -> None:
    """Draw the canvas; session state holds what is drawn on it under its key, as Fabric JSON.

    Args:
        size: of the canvas in pixels, (width, height).
        key: a new one makes a new canvas that starts from ``initial``.
        op: whether new marks ``add`` or ``remove``.
        tool: one of ``TOOLS``.
        width: of the brush in canvas pixels.
        initial: Fabric JSON to start from; must stay the same while ``key`` does.
    """
    from streamlit_drawable_canvas import st_canvas

    st_canvas(
        fill_color=COLOURS[op],
        stroke_color=COLOURS[op],
        stroke_width=max(1, round(width)) if tool == "Brush" else 1,
        drawing_mode=TOOLS[tool],
        width=size[0],
        height=size[1],
        initial_drawing=initial,
        point_display_radius=6,
        key=key,
    )


def to_strokes(drawing: Mapping[str, Any] | None, size: tuple[int, int]) -> Strokes:
    """Fabric JSON of a canvas of ``size`` as strokes; marks too small to cover anything are left out."""
    found = (_stroke(mark, size) for mark in (drawing or {}).get("objects", ()))
    return Strokes(strokes=tuple(stroke for stroke in found if stroke is not None))


def _stroke(mark: Mapping[str, Any], size: tuple[int, int]) -> Stroke | None:
    kind = mark.get("type")
    shape, least = {"Path": ("brush", 1), "Polygon": ("polygon", 3), "Rect": ("polygon", 3)}.get(str(kind), ("", 0))
    if not shape:
        return None
    points = list(_on_canvas(mark, _own_points(mark)))
    fractions = tuple((_fraction(x / size[0]), _fraction(y / size[1])) for x, y in points)
    if len(fractions) < least or (shape == "polygon" and _area(points) < 4):
        return None
    if shape == "polygon" and _is_upright(fractions):
        shape, fractions = "rectangle", (fractions[0], fractions[2])
    scale = math.sqrt(abs(mark.get("scaleX", 1) * mark.get("scaleY", 1)))
    width = round(min(1.0, max(1e-4, mark.get("strokeWidth", 1) * scale / max(size))), DIGITS)
    return Stroke.model_validate({"op": _op(mark), "shape": shape, "points": fractions, "width": width})


def _is_upright(points: tuple[Point, ...]) -> bool:
    """Whether four corners are those of a rectangle that was not turned."""
    if len(points) != 4:
        return False
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = points
    near = 2 * 10**-DIGITS
    return max(abs(y0 - y1), abs(x1 - x2), abs(y2 - y3), abs(x3 - x0)) <= near


def _op(mark: Mapping[str, Any]) -> str:
    levels = [int(part) for part in re.findall(r"\d+", str(mark.get("stroke") or ""))[:3]]
    return "remove" if levels and max(levels) < 128 else "add"


def _fraction(value: float) -> float:
    return round(min(2.0, max(-1.0, value)), DIGITS)


def _area(points: list[Point]) -> float:
    """Of a polygon in square pixels (shoelace formula)."""
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True))) / 2


def _own_points(mark: Mapping[str, Any]) -> list[Point]:
    """The mark's points in its own coordinates: as drawn, before it was moved."""
    match mark.get("type"):
        case "Path":
            return list(_flatten(mark.get("path", ())))
        case "Polygon":
            return [(point["x"], point["y"]) for point in mark.get("points", ())]
        case _:
            width, height = mark.get("width", 0), mark.get("height", 0)
            return [(0, 0), (width, 0), (width, height), (0, height)]


def _flatten(path: Iterable[list[Any]]) -> Iterator[Point]:
    """Points along an SVG path of M, L and Q pieces."""
    at = (0.0, 0.0)
    for command, *numbers in path:
        if command in ("M", "L"):
            at = (numbers[0], numbers[1])
            yield at
        elif command == "Q":
            (cx, cy, x, y), (x0, y0) = numbers, at
            for step in range(1, CURVE_STEPS + 1):
                t = step / CURVE_STEPS
                a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
                yield a * x0 + b * cx + c * x, a * y0 + b * cy + c * y
            at = (x, y)


def _on_canvas(mark: Mapping[str, Any], points: list[Point]) -> Iterator[Point]:
    """Apply the mark's place, size and turn (the canvas lets people move what they drew)."""
    if not points:
        return
    xs, ys = [x for x, _ in points], [y for _, y in points]
    middle = (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2
    scale_x = mark.get("scaleX", 1) * (-1 if mark.get("flipX") else 1)
    scale_y = mark.get("scaleY", 1) * (-1 if mark.get("flipY") else 1)
    turn = math.radians(mark.get("angle", 0))
    cos, sin = math.cos(turn), math.sin(turn)
    line = mark.get("strokeWidth", 0)
    away_x, away_y = (line, line) if mark.get("strokeUniform") else (line * abs(scale_x), line * abs(scale_y))
    half_x = (max(xs) - min(xs)) * abs(scale_x) / 2 + away_x / 2
    half_y = (max(ys) - min(ys)) * abs(scale_y) / 2 + away_y / 2
    right = {"left": half_x, "center": 0.0, "right": -half_x}[mark.get("originX", "left")]
    down = {"top": half_y, "center": 0.0, "bottom": -half_y}[mark.get("originY", "top")]
    centre_x = mark.get("left", 0) + right * cos - down * sin
    centre_y = mark.get("top", 0) + right * sin + down * cos
    for x, y in points:
        dx, dy = (x - middle[0]) * scale_x, (y - middle[1]) * scale_y
        yield centre_x + dx * cos - dy * sin, centre_y + dx * sin + dy * cos


def to_drawing(strokes: Strokes, size: tuple[int, int]) -> dict[str, Any]:
    """Strokes as Fabric JSON for a canvas of ``size``."""
    return {"version": "7.4.0", "objects": [_mark(stroke, size) for stroke in strokes.strokes]}


def _mark(stroke: Stroke, size: tuple[int, int]) -> dict[str, Any]:
    points = [(x * size[0], y * size[1]) for x, y in stroke.points]
    if stroke.shape == "rectangle":
        (x0, y0), (x1, y1) = points[0], points[-1]
        points = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    colour = COLOURS[stroke.op]
    common = {
        "originX": "center",
        "originY": "center",
        "left": (min(xs) + max(xs)) / 2,
        "top": (min(ys) + max(ys)) / 2,
        "width": max(xs) - min(xs),
        "height": max(ys) - min(ys),
        "stroke": colour,
        "strokeLineCap": "round",
        "strokeLineJoin": "round",
    }
    if stroke.shape == "brush":
        pieces: list[list[Any]] = [["M", *points[0]], *(["L", x, y] for x, y in points[1:] or points)]
        width = stroke.width * max(size)
        return {"type": "Path", "path": pieces, "fill": None, "strokeWidth": width, **common}
    corners = [{"x": x, "y": y} for x, y in points]
    return {"type": "Polygon", "points": corners, "fill": colour, "strokeWidth": 1, **common}
