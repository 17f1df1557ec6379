"""How a result was made, in words: the settings of its recipe, as their fields say them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import streamlit as st
from pydantic import BaseModel

import fields
import masks
import models
from backdrops import DescribedBackdrop, SceneBackdrop
from fields import Setting, with_unit
from imaging.scenes import SCENES
from imaging.sentences import Reading, drawn_words
from recipe import Backdrop, Length, Recipe, task_of
from ui.markdown import plain
from ui.outcome import Outcome


def panel(found: Outcome) -> None:
    """Every setting in a line of its own."""
    rows = dict(_rows(found.recipe))
    seconds = st.session_state.get("seconds", {}).get(found.digest)
    if seconds is not None:
        rows["Made in"] = f"{seconds:.1f} s"
    st.markdown("\n".join(f"- {name}: :gray[{plain(value)}]" for name, value in rows.items()))


def _rows(recipe: Recipe) -> Iterator[tuple[str, str]]:
    backdrop, task = recipe.backdrop, task_of(recipe.task)
    if task.title:
        yield "Task", task.title
    for setting in fields.settings(task.Options):
        if setting.kind != "part":
            yield setting.title, in_words(setting, recipe.options.get(setting.name, setting.default))
    if not task.has_backdrop:
        yield "Subject found by", ", ".join(_source(layer.source.name) for layer in recipe.mask.layers)
        return
    yield "Background", backdrop.title
    for setting in fields.settings(type(backdrop)):
        value = getattr(backdrop, setting.name)
        untouched = setting.control.advanced and value == setting.default
        if setting.kind not in ("part", "file") and value is not None and not untouched:
            is_scene = setting.name == "name" and value in SCENES
            yield setting.title, SCENES[value].title if is_scene else in_words(setting, value)
    yield from _scene(backdrop, task.has_subject)
    if backdrop.creates:  # the seed of others, where they have one, is among their settings
        yield "Seed", str(recipe.seed)
    if task.has_subject:
        yield "Subject found by", ", ".join(_source(layer.source.name) for layer in recipe.mask.layers)
        yield "Touched up by hand", "yes" if recipe.mask.strokes else "no"
        yield from _changed(recipe.mask)
        yield from _changed(recipe.placement)
        yield "Shadow", in_words(fields.setting(Recipe, "shadow"), recipe.shadow)
        yield from _changed(recipe.look)


def _changed(part: BaseModel) -> Iterator[tuple[str, str]]:
    """The settings of a part that are not as they start."""
    for setting in fields.settings(type(part)):
        value = getattr(part, setting.name)
        if setting.kind not in ("part", "file") and value not in (setting.default, None):
            yield setting.title, in_words(setting, value)


def _scene(backdrop: Backdrop, has_subject: bool) -> Iterator[tuple[str, str]]:
    """The options of a scene, or what a sentence was read as."""
    if isinstance(backdrop, DescribedBackdrop):
        reading = backdrop.reading
        yield "Read as", drawn_words(Reading(reading.name, reading.values))
        if missing := backdrop.not_drawn(has_subject):
            yield "Not drawn", ", ".join(missing)
    elif isinstance(backdrop, SceneBackdrop) and backdrop.name in SCENES:
        for setting in fields.settings(SCENES[backdrop.name].Options):
            if setting.name in backdrop.values:
                yield setting.title, in_words(setting, backdrop.values[setting.name])


def in_words(setting: Setting, value: Any) -> str:
    """A field's value as people read it."""
    if isinstance(value, Length):
        return with_unit(f"{value.value:g}", value.unit)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(in_words(setting, item) for item in value)
    if entry := models.MODELS.get(str(value)):
        return entry.title
    if setting.kind in ("choice", "choices"):
        return setting.option_label(value)
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return with_unit(text, setting.control.unit) or "none"


def _source(name: str) -> str:
    """A mask source's title; its name where it is one of another Backdrop."""
    return masks.SOURCES[name].title if name in masks.SOURCES else name
