"""From the settings on the desk to a selection, each costly part made once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
import streamlit as st

import masks
from errors import BadInput, StudioError
from imaging.photo import Photo
from jobs import searches, store
from masks import Selection
from masks.strokes import Strokes
from recipe import Layer, Length, MaskRecipe, Source
from ui import options, pictures, searching, state
from ui.pointer import Kind, Mark

FULL = 0.995  # of the photo: more is no selection
FIRST = "subject"  # the key of the first layer
OBJECTS = "subject.objects"  # and of the things chosen by a click
MOST_LAYERS = 31  # after the first

Heat = npt.NDArray[Any]
"""``(h, w)`` 0..1 over the whole photo: how sure the networks were."""


@dataclass(frozen=True, eq=False)
class Found:
    """A selection, or the sentence that says why there is none."""

    selection: Selection | None
    problem: str = ""

    @property
    def share(self) -> float:
        """Of the photo, 0..1."""
        if self.selection is None:
            return 0.0
        return self.selection.area / self.selection.values.size


def layers() -> list[str]:
    """The keys of all layers, in order; everything that is set for a layer is named by its key."""
    return [FIRST, *(f"{FIRST}.layer.{number}" for number in _numbers())]


def _numbers() -> list[int]:
    kept = state.value(f"{FIRST}.layers", [])
    return [number for number in kept if isinstance(number, int)] if isinstance(kept, list) else []


def add_layer(name: str) -> str:
    """Begin another layer with the source of that name; return its key."""
    numbers = _numbers()
    number = max(numbers, default=0) + 1
    state.put(f"{FIRST}.layers", [*numbers, number])
    key = f"{FIRST}.layer.{number}"
    _forget(key)
    state.put(f"{key}.op", "add")
    state.put(f"{key}.source", name)
    return key


def remove_layer(key: str) -> None:
    """Take a layer away, with all that was set for it."""
    state.put(f"{FIRST}.layers", [number for number in _numbers() if f"{FIRST}.layer.{number}" != key])
    _forget(key)


def _forget(key: str) -> None:
    here = state.desk()
    for name in [name for name in here.values if name.startswith(f"{key}.")]:
        state.forget(name)
    for name in [name for name in here.marks if name.startswith(f"{key}.")]:
        del here.marks[name]


def source(key: str) -> Source:
    """A layer's source as set on the desk; its option values may not be complete yet."""
    name = str(state.value(f"{key}.source", "auto"))
    found = masks.SOURCES[name if name in masks.SOURCES else "auto"]
    kept = state.value(f"{key}.{found.name}.values", {})
    values = dict(kept) if isinstance(kept, dict) else {}
    drawn = options.drawn_field(found.Options)
    if drawn and key != FIRST and state.value(f"{key}.{found.name}.{drawn}"):
        values[drawn] = state.value(f"{key}.{found.name}.{drawn}")
    marks = state.desk().marks.get(f"{key}.{found.name}", ())
    return Source(name=found.name, options=values | _values(options.marked_fields(found.Options), marks))


def _values(fields: dict[str, str], marks: tuple[Mark, ...]) -> dict[str, Any]:
    """What was clicked on as option values; of several boxes the last one counts."""
    values: dict[str, Any] = {}
    for mark in marks:
        field = fields.get(mark.kind)
        if field is None:
            continue
        if mark.kind == "box":
            values[field] = list(mark.at)
        else:
            values[field] = [*values.get(field, ()), list(mark.at)]
    return values


def is_ready(source: Source) -> bool:
    """Whether all that the source asks for is given."""
    try:
        masks.options_of(source)
    except BadInput:
        return False
    return True


def in_use() -> dict[str, Layer]:
    """The layers of the recipe by their keys, in order: the first, and the others that lack nothing."""
    first, *more = layers()
    begin = source(first)
    drawn = options.drawn_field(masks.SOURCES[begin.name].Options)
    if drawn and (digest := _strokes()):  # the whole selection is drawn, so there is nothing left to touch up
        begin = Source(name=begin.name, options={**begin.options, drawn: digest})
    further = ((key, source(key)) for key in more)
    return {first: Layer(source=begin)} | {
        key: Layer.model_validate({"op": str(state.value(f"{key}.op", "add")), "source": one})
        for key, one in further
        if is_ready(one)
    }


def title(key: str) -> str:
    """What a layer is called."""
    at = layers().index(key)
    return f"Layer {at + 1}" if at else "The subject"


def _strokes() -> str | None:
    """The digest of what is painted by hand."""
    strokes = state.desk().strokes
    return store.default().put(strokes.to_json()) if strokes.strokes else None


def recipe(touched_up: bool = True) -> MaskRecipe:
    """How the subject is found, as set on the desk. Further layers that lack something are left out for now."""
    used = in_use()
    digest = None if options.drawn_field(masks.SOURCES[used[FIRST].source.name].Options) else _strokes()
    unit = state.value("subject.grow_unit", "%")
    return MaskRecipe(
        layers=tuple(used.values()),
        matting=bool(state.value("subject.matting", False)),
        objects=_objects(),
        invert=bool(state.value("subject.invert", False)),
        fill_holes=bool(state.value("subject.fill_holes", False)),
        specks=float(state.value("subject.specks", 0.0)),
        grow=Length(value=float(state.value(f"subject.grow.{unit}", 0.0)), unit=unit),
        feather=float(state.value("subject.feather", 0.0)),
        strokes=digest if touched_up else None,
    )


def _objects() -> Any:
    how = state.value(f"{OBJECTS}.how", "all")
    if how != "chosen":
        return how
    return tuple(mark.at for mark in state.desk().marks.get(OBJECTS, ())) or "all"


def load_from_recipe(mask: MaskRecipe) -> None:
    """Put every control of the selection to what a recipe says: :func:`recipe` the other way round. In a callback."""
    here, kept = state.desk(), store.default()
    for key in layers()[1:]:
        remove_layer(key)
    here.marks = {}
    strokes = mask.strokes
    for at, layer in enumerate(mask.layers):
        try:
            found, given = masks.options_of(layer.source)
        except BadInput:  # a source of another Backdrop
            continue
        key = FIRST if at == 0 else add_layer(found.name)
        state.put(f"{key}.source", found.name)
        if at:
            state.put(f"{key}.op", layer.op)
        options.put(found.Options, f"{key}.{found.name}", given)
        values = given.model_dump(mode="json")
        here.values[f"{key}.{found.name}.values"] = {
            name: value
            for name, value in values.items()
            if value is not None and name in given.model_fields_set and name not in _not_drawn(found.Options)
        }
        here.marks[f"{key}.{found.name}"] = _marks(options.marked_fields(found.Options), values)
        drawn = options.drawn_field(found.Options)
        if at == 0 and drawn:
            strokes = values[drawn]
    state.put("subject.matting", mask.matting)
    state.put(f"{OBJECTS}.how", mask.objects if isinstance(mask.objects, str) else "chosen")
    if not isinstance(mask.objects, str):
        here.marks[OBJECTS] = tuple(Mark(kind="add", at=at) for at in mask.objects)
    state.put("subject.invert", mask.invert)
    state.put("subject.fill_holes", mask.fill_holes)
    state.put("subject.specks", mask.specks)
    state.put("subject.feather", mask.feather)
    state.put("subject.grow_unit", mask.grow.unit)
    state.put(f"subject.grow.{mask.grow.unit}", mask.grow.value)
    there = strokes is not None and kept.has(strokes)
    here.strokes = Strokes.from_json(kept.get(strokes)) if there and strokes else Strokes()


def _not_drawn(kind: Any) -> set[str]:
    """The fields that no control holds: they are clicked on or drawn."""
    return {*options.marked_fields(kind).values(), options.drawn_field(kind) or ""}


def _marks(fields: dict[str, str], values: dict[str, Any]) -> tuple[Mark, ...]:
    marks: list[Mark] = []
    kinds: tuple[Kind, ...] = ("add", "remove", "box")
    for kind in kinds:
        given = values.get(fields.get(kind, "")) or ()
        places = [given] if kind == "box" and given else given
        marks += [Mark(kind=kind, at=at) for at in places]
    return tuple(marks)


def found(photo: Photo, mask: MaskRecipe) -> Found:
    """The selection that a mask recipe gives on the photo; a spinner shows while it is being found."""
    key = f"{photo.digest} {mask.model_dump_json()}"
    if state.remembered("selection", key):
        return state.remember("selection", key, lambda: _find(photo, mask))
    if not state.remembered("combined", _key(photo, mask.layers)) and searches.takes_long(mask.layers):
        made = searching.result(photo, mask.layers, _key(photo, mask.layers))
        if isinstance(made, str):
            return Found(None, made)
        state.remember("combined", _key(photo, mask.layers), lambda: made)
    with st.spinner("Looking for the subject …", show_time=True):
        return state.remember("selection", key, lambda: _find(photo, mask))


def _find(photo: Photo, mask: MaskRecipe) -> Found:
    read = store.default().get
    try:
        combined = state.remember("combined", _key(photo, mask.layers), lambda: masks.combine(photo, mask.layers, read))
        return Found(masks.finish(photo, combined, mask, read))
    except StudioError as error:
        return Found(None, str(error))


def _key(photo: Photo, layers: tuple[Layer, ...]) -> str:
    """What the combined layers are remembered by."""
    return f"{photo.digest} " + " ".join(layer.model_dump_json() for layer in layers)


def heats(photo: Photo) -> dict[str, Heat]:
    """What each layer's networks saw, by the layer's key; without the layers that ask no network or find nothing.

    To be asked when the whole selection was found: then every layer's own is at hand.
    """
    layers = in_use()
    key = f"{photo.digest} " + " ".join(f"{key} {layer.source.model_dump_json()}" for key, layer in layers.items())
    return state.remember("heats", key, lambda: _heats(photo, layers))


def _heats(photo: Photo, layers: dict[str, Layer]) -> dict[str, Heat]:
    seen = {}
    read, whole = store.default().get, tuple(layers.values())
    if searches.takes_long(whole):  # the worker found it, and only what it found of all together is at hand
        combined = found(photo, MaskRecipe(layers=whole)).selection
        return {FIRST: combined.probability} if combined and combined.probability is not None else {}
    for key, layer in layers.items():
        with suppress(StudioError):  # what is not there need not be removed
            seen[key] = masks.find(photo, layer.source, read).probability
    return {key: heat for key, heat in seen.items() if heat is not None}


def look_again() -> None:
    """Forget what could not be found, so that it is tried once more."""
    searching.look_again()


def overlay(photo: Photo, mask: MaskRecipe, side: int = pictures.STAGE) -> bytes:
    """The overlay picture for the screen; the photo all red where nothing is selected."""
    key = f"{photo.digest} {side} {mask.model_dump_json()}"

    def make() -> bytes:
        answer = found(photo, mask)
        if answer.selection is None:
            return pictures.untouched_overlay(photo, side)
        return pictures.overlay(photo, answer.selection, side)

    return state.remember("overlay", key, make)


def view(photo: Photo, mask: MaskRecipe, name: str) -> bytes:
    """The selection for the screen: as an overlay, a cut-out or the mask itself."""
    selection = found(photo, mask).selection
    if name == "Overlay" or selection is None:
        return overlay(photo, mask)
    draw = {"Cut-out": pictures.cut_out, "Mask": pictures.mask}[name]
    return state.remember("view", f"{name} {photo.digest} {mask.model_dump_json()}", lambda: draw(photo, selection))


def heat_map(photo: Photo, layer: str) -> bytes:
    """What the networks of a layer saw, for the screen; the layer is one of :func:`heats`."""
    key = f"heat {photo.digest} {in_use()[layer].source.model_dump_json()}"
    return state.remember("view", key, lambda: pictures.heat(photo, heats(photo)[layer]))
