"""From the settings on the desk to a selection, each costly part made once."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

import masks
from errors import StudioError
from imaging.photo import Photo
from jobs import store
from masks import Selection
from recipe import Layer, Length, MaskRecipe, Source
from ui import pictures, state
from ui.options import drawn_field

FULL = 0.995  # of the photo: more is no selection


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


def recipe(touched_up: bool = True) -> MaskRecipe:
    """How the subject is found, as set on the desk."""
    name = str(state.value("subject.source", "auto"))
    source = masks.SOURCES[name if name in masks.SOURCES else "auto"]
    kept = state.value(f"subject.{source.name}.values", {})
    values = dict(kept) if isinstance(kept, dict) else {}
    strokes = state.desk().strokes
    digest = store.default().put(strokes.to_json()) if strokes.strokes else None
    drawn = drawn_field(source.Options)
    if drawn:  # the whole selection is drawn, so there is nothing left to touch up
        if digest:
            values[drawn] = digest
        digest = None
    unit = state.value("subject.grow_unit", "%")
    return MaskRecipe(
        layers=(Layer(source=Source(name=source.name, values=values)),),
        invert=bool(state.value("subject.invert", False)),
        fill_holes=bool(state.value("subject.fill_holes", False)),
        specks=float(state.value("subject.specks", 0.0)),
        grow=Length(value=float(state.value(f"subject.grow.{unit}", 0.0)), unit=unit),
        feather=float(state.value("subject.feather", 0.0)),
        strokes=digest if touched_up else None,
    )


def found(photo: Photo, mask: MaskRecipe) -> Found:
    """The selection that a mask recipe gives on the photo; a spinner shows while it is being found."""
    key = f"{photo.digest} {mask.model_dump_json()}"
    if state.remembered("selection", key):
        return state.remember("selection", key, lambda: Found(None))
    with st.spinner("Looking for the subject …", show_time=True):
        return state.remember("selection", key, lambda: _find(photo, mask), keep=4)


def _find(photo: Photo, mask: MaskRecipe) -> Found:
    read = store.default().get
    layers = f"{photo.digest} " + " ".join(layer.model_dump_json() for layer in mask.layers)
    try:
        combined = state.remember("combined", layers, lambda: masks.combine(photo, mask.layers, read), keep=3)
        return Found(masks.finish(photo, combined, mask, read))
    except StudioError as error:
        return Found(None, str(error))


def look_again() -> None:
    """Forget what could not be found, so that it is tried once more."""
    st.session_state.get("shelves", {}).pop("selection", None)


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
