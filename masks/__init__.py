"""Find the subject; edit a mask. ``SOURCES``, gathered from this folder, is the table of every way to find one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import ValidationError

import fields
import models
import recipe
from errors import BadInput, NothingFound
from imaging.photo import Photo
from masks import closed_form, doubt, memory, modnet, ops, preprocess, strokes
from masks.base import Context, Doubt, MaskSource, Options, Prediction, RepaintMask, Selection, to_repaint
from masks.memory import Memory

__all__ = [
    "SOURCES",
    "Doubt",
    "RepaintMask",
    "Selection",
    "combine",
    "find",
    "finish",
    "inputs",
    "options_of",
    "predict",
    "select",
    "to_repaint",
]


def _found() -> Iterator[MaskSource]:
    """What every module of this folder lists in ``SOURCES``."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        yield from getattr(importlib.import_module(module.name), "SOURCES", ())


SOURCES: dict[str, MaskSource] = {source.name: source for source in sorted(_found(), key=lambda source: source.order)}
"""Every mask source by the name that recipes and the command line use, in the order in which people see them."""


def options_of(source: recipe.Source) -> tuple[MaskSource, Options]:
    """The source of that name and its options, validated; raise :class:`BadInput` where either does not exist."""
    found = SOURCES.get(source.name)
    if found is None:
        raise BadInput(f"There is no mask source {source.name!r}; choose one of {', '.join(SOURCES)}.")
    try:
        return found, found.Options.model_validate(dict(source.options))
    except ValidationError as error:
        raise BadInput(f"The options of mask source {source.name} do not fit: {recipe.explain(error)}.") from error


def inputs(mask: recipe.MaskRecipe) -> Iterator[tuple[str, str]]:
    """What a mask recipe reads by digest: (what it is, its digest)."""
    if mask.strokes:
        yield "touch-up", mask.strokes
    for layer in mask.layers:
        _, options = options_of(layer.source)
        for setting in fields.settings(type(options)):
            if setting.kind == "file":
                yield setting.control.input, getattr(options, setting.name)


Key = tuple[str, str, str, str]  # the photo's digest, the source's name, its options, the weights it finds here

_selections: Memory[Selection] = Memory(60_000_000)  # pixels
_predictions: Memory[Prediction] = Memory(15_000_000)


def find(photo: Photo, source: recipe.Source, read: Callable[[str], bytes]) -> Selection:
    """What one source finds in the photo. The same question is answered from memory."""
    key = _key(photo, source)
    selection = _selections.get(key)
    if selection is None:
        answer = _run_source(photo, source, read)
        selection = _select_prediction(photo, answer) if isinstance(answer, Prediction) else answer
        if selection.values.shape != photo.pixels.shape[:2]:
            raise ValueError(f"source {source.name} returned {selection.values.shape} for {photo.pixels.shape[:2]}")
        _selections.put(key, selection, selection.values.size)
    return selection


def _select_prediction(photo: Photo, prediction: Prediction) -> Selection:
    selection, measured = preprocess.select(photo, prediction), doubt.measure(prediction)
    said = (measured.sentence,) if measured and measured.sentence else ()
    return replace(selection, doubt=measured, notes=(*selection.notes, *said))


def _key(photo: Photo, source: recipe.Source) -> Key:
    found, options = options_of(source)
    weights = models.fingerprint(*found.optional_weights) if found.optional_weights else ""
    return photo.digest, found.name, options.model_dump_json(), weights


def _run_source(photo: Photo, source: recipe.Source, read: Callable[[str], bytes]) -> Selection | Prediction:
    """What a source answers; what networks saw is kept."""

    def select_by(name: str, photo: Photo, /, **options: Any) -> Selection:
        return find(photo, recipe.Source(name=name, options=options), read)

    def predict_by(name: str, photo: Photo, /, **options: Any) -> Prediction:
        return predict(photo, recipe.Source(name=name, options=options), read)

    key = _key(photo, source)
    kept = _predictions.get(key)
    if kept is not None:
        return kept
    found, settings = options_of(source)
    answer = found.find(photo, settings, Context(read, select_by, predict_by))
    if isinstance(answer, Prediction):
        _predictions.put(key, answer, answer.probability.size)
    return answer


def predict(photo: Photo, source: recipe.Source, read: Callable[[str], bytes]) -> Prediction:
    """What a source's networks see, without refining the edges."""
    prediction = _run_source(photo, source, read)
    if not isinstance(prediction, Prediction):
        raise TypeError(f"the source {source.name} gives masks; it has nothing that a network saw")
    return prediction


def forget() -> None:
    """Forget the answers in memory, so that the next question is worked out anew; models stay loaded."""
    memory.forget()


EDGE_UNCERTAINTY = 1 / 256  # of the photo's longer side: how far apart two networks place one edge
MUCH = 0.5  # of the subject: a layer that removes more is pointed out
CRUMBS = 1.0  # per cent of the largest piece: what is left over where something was removed
_VERBS = {"add": "adds", "remove": "removes", "intersect": "cuts off"}
_COMBINE = {"add": ops.union, "remove": ops.subtract, "intersect": ops.intersect}


def select(photo: Photo, mask: recipe.MaskRecipe, read: Callable[[str], bytes]) -> Selection:
    """The selection a recipe asks for: layers combined, then shaped in the order of the recipe's fields.

    Where the photo itself is transparent there is no subject, so the selection never exceeds the photo's alpha.

    Raises:
        NothingFound: the selection is empty at the end.
    """
    return finish(photo, combine(photo, mask.layers, read), mask, read)


def combine(photo: Photo, layers: tuple[recipe.Layer, ...], read: Callable[[str], bytes]) -> Selection:
    """What the layers select together, before it is shaped; this is the part that takes time."""
    combined: Selection | None = None
    for layer in layers:
        try:
            found = find(photo, layer.source, read)
        except NothingFound as nothing:
            if combined is None or layer.op != "remove":
                raise
            combined = replace(combined, notes=(*combined.notes, f"Nothing was removed: {nothing}"))
            continue
        if combined is None:
            combined = found
            continue
        uncertain = round(max(photo.size) * EDGE_UNCERTAINTY) if combined.models and found.models else 0
        values = _COMBINE[layer.op](combined.values, found.values, uncertain)
        if uncertain and layer.op == "remove":
            values = ops.remove_crumbs(values, combined.values, CRUMBS)
        more = (*_without_doubt(found), *_said_of_change(layer, combined.values, values))
        combined = Selection(
            values,
            tuple(dict.fromkeys(combined.models + found.models)),
            tuple(dict.fromkeys(_without_doubt(combined) + more)),
            combined.probability,
            tuple(dict(combined.found + found.found).items()),
            settled=combined.settled and found.settled,
        )
    assert combined is not None  # a MaskRecipe has at least one layer
    return combined


def _without_doubt(selection: Selection) -> tuple[str, ...]:
    """Its notes but for its doubt, which says nothing of a mask that was corrected since."""
    said = selection.doubt.sentence if selection.doubt else ""
    return tuple(note for note in selection.notes if note != said)


def _said_of_change(layer: recipe.Layer, before: Any, after: Any) -> tuple[str, ...]:
    """What people are told of a layer that changes nothing, or takes away more than may be meant."""
    unchanged = np.array_equal(before, after)
    taken = 1 - float(after.sum(dtype="int64")) / max(1.0, float(before.sum(dtype="int64")))
    if not unchanged and (layer.op != "remove" or taken < MUCH):
        return ()
    source = SOURCES[layer.source.name]
    what = f"The layer by {source.title} {_VERBS[layer.op]}"
    if unchanged:
        return (f"{what} nothing.",)
    pointed = any(each.control.mark for each in fields.settings(source.Options))
    way_out = "click on what stays, too, choose a smaller part (size)" if pointed else "find it by a click"
    return (f"{what} {taken:.0%} of the subject. If that is too much, {way_out} or erase by hand instead.",)


def finish(photo: Photo, combined: Selection, mask: recipe.MaskRecipe, read: Callable[[str], bytes]) -> Selection:
    """What the layers gave, shaped and touched up.

    Raises:
        NothingFound: the selection is empty at the end.
    """
    unmeasured = bool(mask.strokes) or mask.objects != "all"
    values, notes = combined.values, _without_doubt(combined) if unmeasured else combined.notes
    used = combined.models
    if mask.matting:
        by_network = modnet.refine(photo, values)
        if by_network is not None:
            values, used = by_network, (*used, modnet.ID)
        else:
            values, more = closed_form.solve(photo.rgb8, values, settled=combined.settled)
            notes += more
    values = shape(values, mask)
    if mask.strokes:
        values = strokes.paint(values, strokes.Strokes.from_json(read(mask.strokes)))
    if photo.alpha is not None:
        values = ops.intersect(values, ops.solidify(photo.alpha))
    if not (values >= 128).any():
        if isinstance(mask.objects, tuple):
            raise NothingFound("None of what was found lies at the points chosen; choose points on the subject.")
        if any(layer.op != "add" for layer in mask.layers[1:]):
            raise NothingFound("Nothing is selected: a layer takes all of the subject away; undo it, or change it.")
        raise NothingFound("Nothing is selected: choose another way to find the subject, or shrink the mask less.")
    if not (values == 255).any():
        if mask.feather:
            raise NothingFound("The soft edge reaches all of the subject, so no pixel of it is kept; feather it less.")
        raise NothingFound("No pixel is surely the subject: find it in another way, or draw it by hand.")
    return replace(combined, values=values, models=used, notes=notes, doubt=None if unmeasured else combined.doubt)


def shape(values: Any, mask: recipe.MaskRecipe) -> Any:
    """Apply a recipe's objects, invert, holes, specks, grow and feather to an ``(H, W)`` uint8 mask, in that order."""
    values = ops.keep_objects(values, mask.objects)
    if mask.invert:
        values = ops.invert(values)
    if mask.fill_holes:
        values = ops.fill_holes(values)
    values = ops.remove_specks(values, mask.specks)
    area = float(values.sum(dtype="int64")) / 255
    values = ops.grow(values, mask.grow.pixels(area))
    return ops.feather(values, mask.feather)
