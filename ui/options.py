"""Controls drawn from a pydantic class's :mod:`fields`, so that a new option appears on the page unasked."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st
from pydantic import BaseModel

import fields
import models
from errors import BadInput
from fields import Setting
from imaging.photo import load, safe_name
from jobs import store
from ui import state

PICTURES = ["png", "jpg", "jpeg", "webp", "tif", "tiff", "avif", "heic", "heif"]
DRAWN = "strokes file"  # the input that the canvas gives


def controls(options: type[BaseModel], prefix: str) -> dict[str, Any]:
    """Draw one control per field and return the values that differ from "not given"."""
    values: dict[str, Any] = {}
    for setting in fields.settings(options):
        if setting.control.input == DRAWN or setting.control.mark:
            continue
        value = _control(setting, f"{prefix}.{setting.name}")
        if value is not None:
            values[setting.name] = value
    return values


def drawn_field(options: type[BaseModel]) -> str | None:
    """The field that the canvas fills, where there is one."""
    return next((s.name for s in fields.settings(options) if s.control.input == DRAWN), None)


def marked_fields(options: type[BaseModel]) -> dict[str, str]:
    """The fields that are filled by clicking on the picture, by what a click there means."""
    return {s.control.mark: s.name for s in fields.settings(options) if s.control.mark}


def put(options: type[BaseModel], prefix: str, given: BaseModel) -> None:
    """Set the controls to the values of ``given``. In a callback: they are not drawn yet."""
    values = given.model_dump(mode="json")
    state.desk().values[f"{prefix}.values"] = {}
    for setting in fields.settings(options):
        if setting.control.mark:
            continue
        value, key = values[setting.name], f"{prefix}.{setting.name}"
        if setting.kind == "file":
            state.desk().values[key] = value
            state.desk().values.pop(f"{key}.name", None)
        elif setting.kind == "texts":
            state.put(key, ", ".join(map(str, value)))
        elif value is None and setting.kind != "choice":
            state.forget(key)
        else:
            state.put(key, value)


def option_label(setting: Setting, value: Any) -> str:
    """What may be chosen, in words; a model's id stands beside what it is good at."""
    if entry := models.MODELS.get(str(value)):
        return f"{_capital(entry.help.partition('; ')[0])} ({entry.id})"
    return setting.option_label(value)


def _control(setting: Setting, key: str) -> Any:
    title, help, default = setting.title, setting.help, setting.default
    match setting.kind:
        case "file":
            return _file(title, help, key)
        case "choice":
            return _choice(setting, key)
        case "choices":
            chosen = state.control(
                st.pills,
                title,
                key,
                list(default or ()),
                options=list(setting.choices),
                format_func=partial(option_label, setting),
                selection_mode="multi",
                help=help,
            )
            return list(chosen)
        case "texts":
            help = f"{help} Several: separate them by commas."
            text = state.control(st.text_input, title, key, ", ".join(map(str, default or ())), help=help)
            return [part.strip() for part in text.split(",") if part.strip()] or None
        case "toggle":
            return state.control(st.toggle, title, key, bool(default), help=help)
        case "integer" | "number":
            return _number(setting, key)
        case "colour":
            return state.control(st.color_picker, title, key, default, help=help)
        case _:
            text = state.control(st.text_input, title, key, "" if default is None else str(default), help=help)
            return text.strip() or None


def _choice(setting: Setting, key: str) -> Any:
    choices = [None, *setting.choices] if setting.optional else list(setting.choices)
    value = state.control(
        st.selectbox,
        setting.title,
        key,
        setting.default if setting.default in choices else choices[0],
        options=choices,
        help=setting.help,
        format_func=partial(option_label, setting),
    )
    entry = models.MODELS.get(str(value))
    if entry:
        here = "" if models.is_installed(entry.id) else f" Fetched first: {entry.size / 1e6:.0f} MB."
        free = "" if entry.commercial else ", not for commercial use"
        more = _capital(entry.help.partition("; ")[2])
        st.caption(f"{more + '. ' if more else ''}Licence {entry.licence}{free}.{here}")
    return value


def _number(setting: Setting, key: str) -> Any:
    kind: Any = int if setting.kind == "integer" else float
    low, high = (None if limit is None else kind(limit) for limit in (setting.low, setting.high))
    start = kind(setting.default if setting.default is not None else low or 0)
    if low is None or high is None:
        return state.control(
            st.number_input, setting.title, key, start, min_value=low, max_value=high, help=setting.help
        )
    return state.control(
        st.slider,
        setting.title,
        key,
        start,
        fits=lambda old: isinstance(old, (int, float)) and low <= old <= high,
        min_value=low,
        max_value=high,
        step=kind(setting.step),
        help=setting.help,
    )


def _file(label: str, help: str, key: str) -> str | None:
    """A picture handed in: its digest. What was handed in before stays until another one comes."""
    given = st.file_uploader(label, type=PICTURES, key=f"upload.{key}", help=help)
    if given is not None:
        data = given.getvalue()
        try:
            load(data, safe_name(given.name))
        except BadInput as error:
            st.error(str(error), icon=":material/error:")
            return None
        state.desk().values[key] = store.default().put(data)
        state.desk().values[f"{key}.name"] = safe_name(given.name)
    digest = state.value(key)
    if not digest or not store.default().has(digest):
        return None
    if given is None:
        st.caption(f"In use: {state.value(f'{key}.name', 'the file handed in before')}")
    return str(digest)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
