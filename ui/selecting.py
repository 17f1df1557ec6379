"""From the draft to a selection, each costly part made once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

import fields
import masks
import models
from errors import BadInput, StudioError
from imaging.photo import Photo
from jobs import searches, store
from masks import Selection, modnet
from masks.strokes import Strokes
from recipe import Draft, Layer, MaskRecipe, Recipe, Source
from ui import binding, controls, pictures, places, searching, state, views

log = logging.getLogger("backdrop.selecting")

FULL = 0.995  # of the photo: more is no selection
MOST_LAYERS = 32
OBJECTS = "objects"  # what clicks choose among separate things, among the layers that clicks are for
TOUCH_UP = "subject.touch_up"  # whether the picture is a canvas to paint on

_ahead = ThreadPoolExecutor(1, thread_name_prefix="encode ahead")
_ahead_is_free = threading.Semaphore()  # what waits would hold its photo in memory

Heat = npt.NDArray[np.floating[Any]]
"""``(h, w)`` 0..1 over the whole photo: how sure the networks were."""


@dataclass(frozen=True, eq=False)
class Found:
    """A selection, or the sentence that says why there is none.

    Attributes:
        selection: what was found.
        problem: why nothing was, with the way out.
        waits: nothing was looked for yet, since the source still asks for something.
    """

    selection: Selection | None
    problem: str = ""
    waits: bool = False

    @property
    def share(self) -> float:
        """Of the photo, 0..1."""
        if self.selection is None:
            return 0.0
        return self.selection.area / self.selection.values.size


def layers() -> tuple[Layer, ...]:
    """All layers, those that lack something among them."""
    return state.draft().mask.layers


def title(at: int) -> str:
    """What a layer is called."""
    return f"Layer {at + 1}" if at else "The subject"


def add_layer(name: str) -> int:
    """Add another layer with the source of that name; return its place. In a callback."""
    layer = Layer(source=Source(name=name, options=_aside(name)))
    state.edit(state.draft().put("mask.layers", (*layers(), layer)), "Add a layer")
    return len(layers()) - 1


def remove_layer(at: int) -> None:
    """Take a layer away, with its clicks; those behind it move up. In a callback."""
    with state.change("Remove a layer"):
        marks = state.workspace().marks
        moved = {key: marks.pop(key) for key in list(marks) if key.isdigit()}
        for key, kept in moved.items():
            if int(key) != at:
                marks[str(int(key) - (int(key) > at))] = kept
        left = tuple(layer for index, layer in enumerate(layers()) if index != at)
        state.replace(state.draft().put("mask.layers", left))
    controls.fresh_uploaders()


def choose_source(at: int, name: str) -> None:
    """Let another source find a layer; options set before for either source are kept. In a callback.

    The picture becomes what that source takes: a canvas, or something to click on.
    """
    before, here = layers()[at].source, state.workspace()
    with state.change("How the subject is found"):
        here.set_aside[f"source.{before.name}"] = dict(before.options)
        here.marks.pop(str(at), None)
        state.replace(binding.put_source(state.draft(), at, Source(name=name, options=_aside(name))))
    if drawn_option(name):
        state.put(TOUCH_UP, True)
    elif options_by_click(masks.SOURCES[name].Options):
        state.put(TOUCH_UP, False)


def _aside(name: str) -> dict[str, Any]:
    kept = state.workspace().set_aside.get(f"source.{name}", {})
    pointed = options_by_click(masks.SOURCES[name].Options).values()
    return {option: value for option, value in kept.items() if option not in pointed}


def options_by_click(options: type[BaseModel]) -> dict[str, str]:
    """The fields that are filled by clicking on the picture, by what a click there means."""
    return {setting.control.mark: setting.name for setting in fields.settings(options) if setting.control.mark}


def drawn_option(source: str) -> str | None:
    """The option of a mask source that the canvas fills, where there is one."""
    drawn = (s.name for s in fields.settings(masks.SOURCES[source].Options) if s.control.input == controls.DRAWN)
    return next(drawn, None)


def is_ready(source: Source) -> bool:
    """Whether all that the source asks for is given."""
    try:
        masks.options_of(source)
    except BadInput:
        return False
    return True


def lacking(source: Source) -> str:
    """What a source still asks for, in words; empty where it lacks nothing."""
    kind = masks.SOURCES[source.name].Options
    required = [setting.name for setting in fields.settings(kind) if setting.required and not setting.control.mark]
    drawn = drawn_option(source.name)
    if drawn and not source.options.get(drawn):
        how = "paint" if state.value(TOUCH_UP) else "switch on **Touch up by hand** and paint"
        return f"Nothing is drawn yet: {how} over the subject in the picture."
    if options_by_click(kind) and not is_ready(source):
        return "Click on the subject in the picture, or draw a box around it."
    if any(not source.options.get(name) for name in required):
        return "Fill in what is asked for below, and the subject is found by it."
    return ""


def in_use() -> dict[int, Layer]:
    """The layers of the recipe by their places: the first, and the others that lack nothing."""
    first, *more = layers()
    drawn = drawn_option(first.source.name) if first.source.name in masks.SOURCES else None
    if drawn and (digest := state.draft().mask.strokes):  # all is drawn, so there is nothing left to touch up
        options = {**first.source.options, drawn: digest}
        first = first.model_copy(update={"source": Source(name=first.source.name, options=options)})
    return {0: first} | {at: layer for at, layer in enumerate(more, 1) if is_ready(layer.source)}


def strokes() -> Strokes:
    """What is painted by hand."""
    digest, kept = state.draft().mask.strokes, store.default()
    return Strokes.from_json(kept.get(digest)) if digest and kept.has(digest) else Strokes()


def put_strokes(strokes: Strokes, title: str) -> None:
    """Change what is painted by hand, as one step of undo with that title."""
    digest = store.default().put(strokes.to_json()) if strokes.strokes else None
    state.edit(state.draft().put("mask.strokes", digest), title)


def recipe(touched_up: bool = True) -> MaskRecipe:
    """How the subject is found, as the draft says; further layers that lack something are left out for now."""
    used, mask = in_use(), state.draft().mask
    name = used[0].source.name
    touched_up = touched_up and not (name in masks.SOURCES and drawn_option(name))
    changes = {"layers": tuple(used.values()), "strokes": mask.strokes if touched_up else None}
    return mask.model_copy(update=changes)


def draft() -> Draft:
    """The draft with no more of the mask than a recipe takes: :func:`recipe`."""
    return state.draft().model_copy(update={"mask": recipe()})


def load_from_recipe(wanted: Recipe) -> None:
    """Make a recipe the draft: part of a change. In a callback."""
    draft = state.draft().load(wanted)
    first, *more = wanted.mask.layers
    known = [layer for layer in more if layer.source.name in masks.SOURCES]  # no source of another Backdrop
    if first.source.name not in masks.SOURCES:
        first = Layer(source=Source(name="auto"))
    if drawn := drawn_option(first.source.name):
        draft = draft.put("mask.strokes", first.source.options.get(drawn))
    state.workspace().marks = {}
    state.replace(draft.put("mask.layers", tuple(_normalised(layer) for layer in (first, *known))))
    controls.fresh_uploaders()


def _normalised(layer: Layer) -> Layer:
    """The layer with its source's options by the names of their fields, as controls read them."""
    try:
        _, options = masks.options_of(layer.source)
    except BadInput:
        return layer
    values = options.model_dump(mode="json", exclude_unset=True)
    return layer.model_copy(update={"source": Source(name=layer.source.name, options=values)})


def found(photo: Photo, mask: MaskRecipe) -> Found:
    """The selection that a mask recipe gives on the photo; a spinner shows while it is being found."""
    for layer in layers():
        if lacking(layer.source):
            _encode_ahead(photo, layer.source)
    if missing := lacking(mask.layers[0].source):
        return Found(None, missing, waits=True)
    key = key_of(photo, mask)
    if state.remembered("selection", key):
        return state.remember("selection", key, lambda: _find(photo, mask))
    if not state.remembered("combined", _key(photo, mask.layers)) and searches.takes_long(mask.layers):
        made = searching.result(photo, mask.layers, _key(photo, mask.layers))
        if isinstance(made, str):
            return Found(None, made)
        state.remember("combined", _key(photo, mask.layers), lambda: made)
    with places.spinner("Looking for the subject …"):
        return state.remember("selection", key, lambda: _find(photo, mask))


def _encode_ahead(photo: Photo, source: Source) -> None:
    """While somebody aims, answer a click on the middle: what takes long, encoding the photo, serves every click."""
    pointed = options_by_click(masks.SOURCES[source.name].Options)
    if "add" not in pointed:
        return
    middle = [side / 2 for side in photo.size]
    click = Source(name=source.name, options={**source.options, pointed["add"]: [middle]})
    key = f"{photo.digest} {click.model_dump_json()}"
    if state.remembered("encoded ahead", key) or not is_ready(click) or searches.takes_long((Layer(source=click),)):
        return
    if _ahead_is_free.acquire(blocking=False):
        state.remember("encoded ahead", key, lambda: bool(_ahead.submit(_answer, photo, click, store.default().get)))


def _answer(photo: Photo, click: Source, read: Callable[[str], bytes]) -> None:
    try:
        masks.predict(photo, click, read)
    except StudioError:
        pass  # nothing lies in the middle; the click itself says what is wrong otherwise
    except Exception:
        log.exception("encoding a photo ahead")
    finally:
        _ahead_is_free.release()


def _find(photo: Photo, mask: MaskRecipe) -> Found:
    read = store.default().get
    try:
        combined = state.remember("combined", _key(photo, mask.layers), lambda: masks.combine(photo, mask.layers, read))
        return Found(masks.finish(photo, combined, mask, read))
    except StudioError as error:
        return Found(None, error.message)


def key_of(photo: Photo, mask: MaskRecipe) -> str:
    """What a mask recipe's selection, and what is drawn of it, is remembered by, until better weights are here."""
    matting = models.fingerprint(modnet.ID) if mask.matting else ""
    return f"{_key(photo, mask.layers)} {matting} {mask.model_dump_json()}"


def _key(photo: Photo, layers: tuple[Layer, ...]) -> str:
    """What the combined layers are remembered by, until better weights are here."""
    ids = [id for layer in layers for id in masks.SOURCES[layer.source.name].optional_weights]
    weights = models.fingerprint(*ids) if ids else ""
    return f"{photo.digest} {weights} " + " ".join(layer.model_dump_json() for layer in layers)


def heats(photo: Photo) -> dict[int, Heat]:
    """What each layer's networks saw, by the layer's place; without the layers that ask no network or find nothing.

    To be asked when the whole selection was found: then every layer's own is at hand.
    """
    layers = in_use()
    key = f"{_key(photo, tuple(layers.values()))} {list(layers)}"
    return state.remember("heats", key, lambda: _heats(photo, layers))


def _heats(photo: Photo, layers: dict[int, Layer]) -> dict[int, Heat]:
    seen = {}
    read, whole = store.default().get, tuple(layers.values())
    if searches.takes_long(whole):  # the worker found it, and only what it found of all together is at hand
        combined = found(photo, MaskRecipe(layers=whole)).selection
        return {0: combined.probability} if combined and combined.probability is not None else {}
    for key, layer in layers.items():
        with suppress(StudioError):  # what is not there need not be removed
            seen[key] = masks.find(photo, layer.source, read).probability
    return {key: heat for key, heat in seen.items() if heat is not None}


def look_again() -> None:
    """Forget what could not be found, so that it is tried once more."""
    searching.look_again()


def view(photo: Photo, mask: MaskRecipe, name: str, side: int = pictures.STAGE) -> bytes:
    """The selection for the screen, in one of the views of a mask; where nothing is selected, all is repainted."""
    selection = found(photo, mask).selection
    if selection is None:
        selection = Selection(np.zeros(photo.pixels.shape[:2], np.uint8))
    key = f"{name} {key_of(photo, mask)} {side}"
    return state.remember("view", key, lambda: views.draw(name, photo, selection, side))


def heat_map(photo: Photo, layer: int) -> bytes:
    """What the networks of a layer saw, for the screen; the layer is one of :func:`heats`."""
    key = f"heat {_key(photo, tuple(in_use().values()))} {layer}"
    return state.remember("view", key, lambda: pictures.heat(photo, heats(photo)[layer]))
