"""Controls drawn from the fields of a pydantic class, so that a new option appears on the page unasked."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from functools import partial
from typing import Any, Literal, Union

import streamlit as st
from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import models
from errors import BadInput
from imaging.photo import load, safe_name
from jobs import store
from ui import state

PICTURES = ["png", "jpg", "jpeg", "webp", "tif", "tiff", "avif", "heic", "heif"]
DRAWN = "strokes file"  # the input that the canvas gives


def controls(options: type[BaseModel], prefix: str) -> dict[str, Any]:
    """Draw one control per field and return the values that differ from "not given"."""
    values: dict[str, Any] = {}
    for name, field in options.model_fields.items():
        if _input(field) == DRAWN or _extra(field, "mark"):
            continue
        value = _control(name, field, f"{prefix}.{name}")
        if value is not None:
            values[name] = value
    return values


def drawn_field(options: type[BaseModel]) -> str | None:
    """The field that the canvas fills, where there is one."""
    return next((name for name, field in options.model_fields.items() if _input(field) == DRAWN), None)


def marked_fields(options: type[BaseModel]) -> dict[str, str]:
    """The fields that are filled by clicking on the picture, by what a click there means."""
    marks = ((_extra(field, "mark"), name) for name, field in options.model_fields.items())
    return {mark: name for mark, name in marks if mark}


def put(options: type[BaseModel], prefix: str, given: BaseModel) -> None:
    """Set the controls to the values of ``given``. In a callback: they are not drawn yet."""
    values = given.model_dump(mode="json")
    state.desk().values[f"{prefix}.values"] = {}
    for name, field in options.model_fields.items():
        if _extra(field, "mark"):
            continue
        value, key = values[name], f"{prefix}.{name}"
        kind, _ = _plain(field.annotation)
        if _input(field):
            state.desk().values[key] = value
            state.desk().values.pop(f"{key}.name", None)
        elif isinstance(value, list) and not _is_choice_of_several(kind):
            state.put(key, ", ".join(map(str, value)))
        elif value is None and typing.get_origin(kind) is not Literal:
            state.forget(key)
        else:
            state.put(key, value)


def _control(name: str, field: FieldInfo, key: str) -> Any:
    label = field.title or name.replace("_", " ").capitalize()
    help = field.description
    kind, optional = _plain(field.annotation)
    default = None if field.default is PydanticUndefined else field.get_default(call_default_factory=True)
    if _input(field):
        return _file(label, help, key)
    if typing.get_origin(kind) is Literal:
        return _choice(label, help, key, words_of(field), list(typing.get_args(kind)), default, optional)
    if typing.get_origin(kind) in (tuple, list, set, frozenset):
        return _several(label, help, key, words_of(field), kind, default)
    if kind is bool:
        return state.control(st.toggle, label, key, bool(default), help=help)
    if kind in (int, float):
        return _number(label, help, key, field, kind, default)
    if isinstance(default, str) and re.fullmatch("#[0-9a-f]{6}", default):
        return state.control(st.color_picker, label, key, default, help=help)
    text = state.control(st.text_input, label, key, "" if default is None else str(default), help=help)
    return text.strip() or None


def _plain(annotation: Any) -> tuple[Any, bool]:
    """The type without ``None`` and ``Annotated``, and whether it may be left out."""
    optional = False
    if typing.get_origin(annotation) in (Union, types.UnionType):
        rest = [item for item in typing.get_args(annotation) if item is not type(None)]
        optional = len(rest) < len(typing.get_args(annotation))
        annotation = rest[0]
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    return annotation, optional


def _input(field: FieldInfo) -> str | None:
    return _extra(field, "input")


def _extra(field: FieldInfo, key: str) -> str | None:
    extra = field.json_schema_extra
    return str(extra[key]) if isinstance(extra, Mapping) and key in extra else None


def _is_choice_of_several(kind: Any) -> bool:
    return bool(typing.get_args(kind)) and typing.get_origin(_plain(typing.get_args(kind)[0])[0]) is Literal


def _choice(
    label: str, help: str | None, key: str, words: Mapping[str, str], options: list[Any], default: Any, optional: bool
) -> Any:
    if optional:
        options = [None, *options]
    value = state.control(
        st.selectbox,
        label,
        key,
        default if default in options else options[0],
        options=options,
        help=help,
        format_func=partial(option_label, words),
    )
    entry = models.MODELS.get(str(value))
    if entry:
        here = "" if models.is_installed(entry.id) else f" Fetched first: {entry.size / 1e6:.0f} MB."
        free = "" if entry.commercial else ", not for commercial use"
        more = _capital(entry.help.partition("; ")[2])
        st.caption(f"{more + '. ' if more else ''}Licence {entry.licence}{free}.{here}")
    return value


def option_label(words: Mapping[str, str], option: Any) -> str:
    """What may be chosen, in words; the technical term stands beside them where it differs."""
    if option is None:
        return "Automatic"
    if entry := models.MODELS.get(option):
        return f"{_capital(entry.help.partition('; ')[0])} ({entry.id})"
    return words.get(option) or _capital(str(option).replace("_", " "))


def words_of(field: FieldInfo) -> Mapping[str, str]:
    """The words for what may be chosen in a field, by its value."""
    extra = field.json_schema_extra
    words = extra.get("words") if isinstance(extra, Mapping) else None
    return {name: str(word) for name, word in words.items()} if isinstance(words, Mapping) else {}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _several(label: str, help: str | None, key: str, words: Mapping[str, str], kind: Any, default: Any) -> Any:
    item, _ = _plain(typing.get_args(kind)[0] if typing.get_args(kind) else str)
    if _is_choice_of_several(kind):
        chosen = state.control(
            st.pills,
            label,
            key,
            list(default or ()),
            options=list(typing.get_args(item)),
            format_func=partial(option_label, words),
            selection_mode="multi",
            help=help,
        )
        return list(chosen)
    text = state.control(
        st.text_input,
        label,
        key,
        ", ".join(map(str, default or ())),
        help=f"{help or ''} Several: separate them by commas.".strip(),
    )
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return parts or None


def _number(label: str, help: str | None, key: str, field: FieldInfo, kind: type, default: Any) -> Any:
    low = next((kind(m.ge if isinstance(m, Ge) else m.gt) for m in field.metadata if isinstance(m, (Ge, Gt))), None)
    high = next((kind(m.le if isinstance(m, Le) else m.lt) for m in field.metadata if isinstance(m, (Le, Lt))), None)
    if low is not None and high is not None:
        step = kind(max(1, round((high - low) / 100))) if kind is int else round(float(high - low) / 100, 6)
        start = kind(default if default is not None else low)
        return state.control(
            st.slider,
            label,
            key,
            start,
            fits=lambda old: isinstance(old, (int, float)) and low <= old <= high,
            min_value=low,
            max_value=high,
            step=step,
            help=help,
        )
    return state.control(
        st.number_input, label, key, kind(default or low or 0), min_value=low, max_value=high, help=help
    )


def _file(label: str, help: str | None, key: str) -> str | None:
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
