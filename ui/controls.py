"""Controls drawn from the fields of a recipe: whatever a field says of itself, it gets a control that fits.

    draw(bound)                the field's control; moving it changes the draft before the page is drawn again
    draw_all(fields, key)      the usual ones, then the advanced ones under "More settings"

A field that is drawn on the canvas or set by clicking on the picture has no control here (:func:`has_control`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import streamlit as st

import models
from errors import BadInput
from fields import Setting, with_unit
from imaging.clean_copy import clean_copy
from imaging.photo import load, safe_name
from jobs import store
from recipe import Length
from ui import state, widgets
from ui.binding import Bound

PICTURES = ["png", "jpg", "jpeg", "webp", "tif", "tiff", "avif", "heic", "heif"]
DRAWN = "strokes file"  # the input that the canvas gives
FEW = 3  # choices that are shown side by side
LENGTHS = {"%": (20.0, 0.5), "px": (100.0, 1.0)}  # ends and step of a length's slider, by unit


def has_control(setting: Setting) -> bool:
    """Whether a control here sets it; not the canvas, a click, or other fields together."""
    return not (setting.control.mark or setting.control.input == DRAWN or setting.kind == "part")


def draw_all(bound: Iterable[Bound], key: str) -> None:
    """Draw the fields' controls: the usual ones, and the advanced ones in an expander of that key."""
    shown = [each for each in bound if has_control(each.setting)]
    _draw_each(each for each in shown if not each.setting.control.advanced)
    if advanced := [each for each in shown if each.setting.control.advanced]:
        state.expander("More settings", key, ":material/tune:", lambda: _draw_each(advanced))


def _draw_each(bound: Iterable[Bound]) -> None:
    for each in bound:
        draw(each)


def draw(bound: Bound, **look: Any) -> None:
    """Draw a field's control.

    Args:
        bound: the field.
        **look: further arguments of the widget, or others in place of the field's own.
    """
    _DRAWN[bound.setting.kind](bound, look)
    if problem := st.session_state.get("problems", {}).get(bound.key):
        st.error(problem, icon=":material/error:")


def option_label(setting: Setting, value: Any) -> str:
    """What may be chosen, in words; a model's id stands beside what it is good at."""
    if entry := models.MODELS.get(str(value)):
        return f"{_capital(entry.help.partition('; ')[0])} ({entry.id})"
    return setting.option_label(value)


Take = Callable[[Any], Any]


def _widget(
    widget: Callable[..., Any],
    bound: Bound,
    shown: Any,
    look: dict[str, Any],
    take: Take = lambda value: value,
    key: str = "",
    **settings: Any,
) -> None:
    """Draw a widget that shows a value of the draft, and writes back what ``take`` makes of its own."""
    key = key or bound.key
    settings = {"label": bound.setting.title, "help": bound.setting.help or bound.setting.title, **settings, **look}
    widgets.show(widget, key=key, value=shown, on_change=_write, args=(bound, key, take), **settings)


def _write(bound: Bound, key: str, take: Take) -> None:
    """A callback: the draft has changed before anything is drawn."""
    problems = st.session_state.setdefault("problems", {})
    problems.pop(bound.key, None)
    try:
        bound.write(take(st.session_state[key]))
    except BadInput as error:
        problems[bound.key] = error.message


def _toggle(bound: Bound, look: dict[str, Any]) -> None:
    _widget(st.toggle, bound, bool(bound.read()), look)


def _number(bound: Bound, look: dict[str, Any]) -> None:
    setting, value = bound.setting, bound.read()
    kind: Any = int if setting.kind == "integer" else float
    low, high = setting.low, setting.high
    step = kind(setting.step)
    if setting.control.slider:
        low, high = setting.control.slider
        low, high = (min(low, value), max(high, value)) if value is not None else (low, high)
    elif setting.low_excluded and low is not None:
        low += step
    if low is None or high is None or setting.optional or (high - low) / step > 1000:
        _widget(
            st.number_input,
            bound,
            None if value is None else kind(value),
            look,
            label=f"{setting.title} ({setting.control.unit})" if setting.control.unit else setting.title,
            placeholder=setting.control.placeholder or ("Automatic" if setting.optional else None),
            min_value=None if low is None else kind(low),
            max_value=None if high is None else kind(high),
            step=step,
        )
        return
    whole = setting.kind == "integer"
    _widget(
        st.slider,
        bound,
        kind(min(max(value if value is not None else low, low), high)),
        look,
        min_value=kind(low),
        max_value=kind(high),
        step=step,
        format=with_unit("%d" if whole else "%g", setting.control.unit.replace("%", "%%")),
    )


def _choice(bound: Bound, look: dict[str, Any]) -> None:
    setting, value = bound.setting, bound.read()
    choices = [None, *setting.choices] if setting.optional else list(setting.choices)
    label = partial(option_label, setting)
    value = value if value in choices else choices[0]
    if set(choices) == {"none", choices[-1]}:
        on = choices[-1]
        title = f"{setting.title} {setting.option_label(on).lower()}"
        _widget(st.toggle, bound, value == on, look, lambda chosen: on if chosen else "none", label=title)
    elif len(choices) <= FEW and not any(str(choice) in models.MODELS for choice in choices):
        _widget(
            st.segmented_control, bound, value, look, options=choices, format_func=label, required=True, width="stretch"
        )
    else:
        _widget(st.selectbox, bound, value, look, options=choices, format_func=label)
    if entry := models.MODELS.get(str(value)):
        here = "" if models.is_installed(entry.id) else f" Fetched first: {entry.size / 1e6:.0f} MB."
        free = "" if entry.commercial else ", not for commercial use"
        more = _capital(entry.help.partition("; ")[2])
        st.caption(f"{more + '. ' if more else ''}Licence {entry.licence}{free}.{here}")


def _choices(bound: Bound, look: dict[str, Any]) -> None:
    setting = bound.setting
    _widget(
        st.pills,
        bound,
        list(bound.read() or ()),
        look,
        options=list(setting.choices),
        format_func=partial(option_label, setting),
        selection_mode="multi",
    )


def _texts(bound: Bound, look: dict[str, Any]) -> None:
    _widget(
        st.text_input,
        bound,
        ", ".join(map(str, bound.read() or ())),
        look,
        lambda text: tuple(part.strip() for part in text.split(",") if part.strip()),
        help=f"{bound.setting.help} Several: separate them by commas.",
        placeholder=bound.setting.control.placeholder or None,
    )


def _text(bound: Bound, look: dict[str, Any]) -> None:
    setting = bound.setting
    settings: dict[str, Any] = {"max_chars": setting.longest, "placeholder": setting.control.placeholder or None}
    if setting.control.lines > 1:
        settings["height"] = 22 + 25 * setting.control.lines
    widget = st.text_area if setting.control.lines > 1 else st.text_input
    _widget(widget, bound, str(bound.read() or ""), look, str.strip, **settings)


def _colour(bound: Bound, look: dict[str, Any]) -> None:
    _widget(st.color_picker, bound, bound.read() or "#808080", look)


def _colours(bound: Bound, look: dict[str, Any]) -> None:
    """A picker for each colour, and how many there are."""
    colours = list(bound.read())

    def put(at: int, colour: str) -> tuple[str, ...]:
        return (*colours[:at], colour, *colours[at + 1 :])

    def resized(count: int) -> tuple[str, ...]:
        return tuple((colours + [colours[-1]] * count)[:count])

    with st.container(horizontal=True, vertical_alignment="bottom"):
        for at, colour in enumerate(colours):
            _widget(
                st.color_picker, bound, colour, look, partial(put, at), f"{bound.key}.{at}", label=f"Colour {at + 1}"
            )
        _widget(
            st.selectbox,
            bound,
            len(colours),
            look,
            resized,
            f"{bound.key}.count",
            options=sorted({2, 3, 4, len(colours)}),
            label="How many",
            help="How many colours there are.",
            width=90,
        )


def _length(bound: Bound, look: dict[str, Any]) -> None:
    """A slider and its unit."""
    length: Length = bound.read()
    reach, step = LENGTHS[length.unit]
    reach = max(reach, abs(length.value))
    number, unit = st.columns([3, 1], vertical_alignment="bottom")
    with number:
        _widget(
            st.slider,
            bound,
            float(length.value),
            look,
            lambda value: Length(value=value, unit=length.unit),
            min_value=-reach,
            max_value=reach,
            step=step,
            format="%g%%" if length.unit == "%" else "%g px",
        )
    with unit:
        _widget(
            st.selectbox,
            bound,
            length.unit,
            look,
            lambda chosen: Length(value=length.value, unit=chosen),
            f"{bound.key}.unit",
            options=list(LENGTHS),
            label="Unit",
            help="Per cent of the subject's size, or pixels of the photo.",
        )


def _file(bound: Bound, look: dict[str, Any]) -> None:
    """A picture handed in, kept by its digest. What was handed in before stays until another one comes."""
    key = f"upload.{bound.key}.{st.session_state.get('uploaders', 0)}"
    settings = {"label": bound.setting.title, "help": bound.setting.help or bound.setting.title, **look}
    st.file_uploader(type=PICTURES, key=key, on_change=_take_file, args=(bound, key), **settings)
    digest = bound.read()
    if digest and store.default().has(digest) and st.session_state.get(key) is None:
        name = state.workspace().view.get(f"name.{digest}", "the file uploaded before")
        st.caption(f"In use: {name}")


def _take_file(bound: Bound, key: str) -> None:
    """Take a file over: in a callback, so that one run shows it everywhere."""
    problems = st.session_state.setdefault("problems", {})
    problems.pop(bound.key, None)
    given = st.session_state[key]
    if given is None:
        return
    name, data = safe_name(given.name), given.getvalue()
    try:
        picture = load(data, name)
    except BadInput as error:
        problems[bound.key] = error.message
        return
    if bound.setting.control.input == "backdrop picture":  # results carry it: without its EXIF
        data = clean_copy(picture)
    digest = store.default().put(data)
    state.workspace().view[f"name.{digest}"] = name
    bound.write(digest)


def use_as_background(data: bytes, name: str) -> None:
    """Put a picture behind the subject: in a callback.

    Raises:
        BadInput: it is no picture that can be read.
    """
    digest = store.default().put(clean_copy(load(data, name)))
    with state.change("Background picture"):
        state.workspace().view[f"name.{digest}"] = name
        state.replace(state.draft().put("backdrop.kind", "image").put("backdrop.digest", digest))
    fresh_uploaders()


def fresh_uploaders() -> None:
    """Empty all uploaders at the next run: what they are for may have moved. In a callback."""
    st.session_state.uploaders = st.session_state.get("uploaders", 0) + 1


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_DRAWN: dict[str, Callable[[Bound, dict[str, Any]], None]] = {
    "toggle": _toggle,
    "integer": _number,
    "number": _number,
    "choice": _choice,
    "choices": _choices,
    "colour": _colour,
    "colours": _colours,
    "text": _text,
    "texts": _texts,
    "length": _length,
    "file": _file,
}
