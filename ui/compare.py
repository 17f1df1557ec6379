"""One picture or two, to be zoomed and moved: one over the other with a divider, or side by side, moved together.

The browser has small pictures of the whole. When it is zoomed in so far that these have too few pixels, it asks for the
part that is seen, and gets that of the full-size picture and no more, however large that is.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from errors import StudioError
from imaging.photo import Photo
from ui import pictures
from ui.pictures import Part

HOW_TO_ZOOM = "The wheel, two fingers or a double click zoom; then drag to move about."

_here = Path(__file__).parent
_compare = st.components.v2.component(
    "backdrop_compare",
    html=(_here / "compare.html").read_text(),
    css=(_here / "zoom.css").read_text() + (_here / "compare.css").read_text(),
    js=(_here / "zoom.js").read_text() + (_here / "compare.js").read_text(),
)
_detail = st.components.v2.component(
    "backdrop_detail",
    html="<span hidden></span>\n",
    js="""
export default function ({ data }) {
  if (data) window.dispatchEvent(new CustomEvent("backdrop-detail", { detail: data }))
}
""",
)


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture for the screen.

    Attributes:
        id: another one is another picture.
        whole: a JPEG of its shape.
        size: in its own pixels, (width, height).
        full: gives all its pixels; asked when somebody zooms in.
        alt: what is to be seen.
        title: what is written on it.
    """

    id: str
    whole: bytes
    size: tuple[int, int]
    full: Callable[[], Photo]
    alt: str
    title: str = ""


@st.fragment
def show(shown: Sequence[Picture], *, key: str, mode: Literal["over", "beside"] = "over", divider: bool = True) -> None:
    """Show one picture or two. Of two, the first is left of the divider, or of the other.

    Args:
        shown: one or two pictures; one over the other only where they have the same shape.
        key: session state holds under it what the browser asks for.
        mode: how two are shown first.
        divider: whether they may lie one over the other.
    """
    left = shown[0].title.lower()
    _compare(
        key=key,
        data={
            "pictures": [
                {"id": each.id, "url": _url(each.whole), "size": list(each.size), "alt": each.alt, "title": each.title}
                for each in shown
            ],
            "mode": mode,
            "divider": divider,
            "label": f"Divider between {left} and {shown[-1].title.lower()}; move it with the arrow keys",
        },
        on_wanted_change=lambda: None,
    )
    wanted = parse_wanted((st.session_state.get(key) or {}).get("wanted"), len(shown))
    with st.container(key="detail"):
        _detail(key=f"{key}.detail", data=_cut(shown, *wanted) if wanted else None)


def _cut(shown: Sequence[Picture], number: int, parts: Sequence[tuple[Part, int] | None]) -> dict[str, Any]:
    """What was asked for, for the browser."""
    cut: list[dict[str, Any] | None] = []
    for picture, wanted in zip(shown, parts, strict=True):
        if wanted is None:
            cut.append(None)
            continue
        try:
            part, jpeg = pictures.part(picture.full(), *wanted)
        except StudioError:  # deleted meanwhile: the small picture is all there is
            cut.append(None)
            continue
        cut.append({"id": picture.id, "part": list(part), "wide": wanted[1], "url": _url(jpeg)})
    return {"number": number, "parts": cut}


def parse_wanted(answer: Any, count: int) -> tuple[int, list[tuple[Part, int] | None]] | None:
    """What the browser asks for: the number of its question, and for each of ``count`` pictures which part, and how
    many pixels wide the whole of it is then; ``None`` where it is no question: it may send anything."""
    if not isinstance(answer, Mapping):
        return None
    number, parts = answer.get("number"), answer.get("parts")
    if not isinstance(number, int) or not isinstance(parts, (list, tuple)) or len(parts) != count:
        return None
    return number, [_wanted(part) for part in parts]


def _wanted(sent: Any) -> tuple[Part, int] | None:
    part, wide = (sent.get("part"), sent.get("wide")) if isinstance(sent, Mapping) else (None, None)
    if not isinstance(part, (list, tuple)) or not isinstance(wide, int) or not 1 <= wide <= 1_000_000:
        return None
    numbers = [float(value) for value in part if isinstance(value, (int, float)) and math.isfinite(value)]
    if not len(part) == len(numbers) == 4:
        return None
    left, top, right, bottom = numbers
    if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
        return None
    return (left, top, right, bottom), wide


def _url(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
