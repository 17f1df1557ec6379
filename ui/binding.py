"""Fields of the recipe on the way, bound to their controls on the page: read to be shown, written when one is moved.

    field("mask.feather")                    of the mask, the backdrop that is chosen, or the recipe itself
    field("backdrop.prompt", "create")       the same of a picture made from words
    backdrop_fields()                        all of the chosen backdrop that have a meaning now
    task_options()                           all options of the chosen task's own
    layer_option(1, "model")                 of a mask source, by the place of its layer
    scene_option("horizon")                  of the scene that is chosen

:mod:`ui.controls` draws them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

import fields
import masks
from errors import BadInput
from fields import Setting
from imaging.scenes import SCENES
from recipe import Draft, Look, MaskRecipe, Placement, Recipe, Source, Task, explain, kind_of, task_of
from ui import state


@dataclass(frozen=True)
class Bound:
    """A field and where its value lies.

    Attributes:
        setting: what the field says of itself.
        key: of its control.
        read: gives its value in the draft, or its default.
        write: puts a value into the draft; raises :class:`BadInput` where it does not fit.
    """

    setting: Setting
    key: str
    read: Callable[[], Any]
    write: Callable[[Any], None]


def field(path: str, task: Task = "background") -> Bound:
    """A field by its path in the draft, as :meth:`recipe.Draft.get` takes it."""
    part, _, name = path.partition(".")
    draft = state.draft(task)
    if part == "backdrop":
        return _backdrop_field(fields.setting(kind_of(draft.kind), name), task, draft.kind)
    models: dict[str, type[BaseModel]] = {
        "mask": MaskRecipe,
        "placement": Placement,
        "look": Look,
        "options": task_of(draft.task).Options,
    }
    model = models.get(part, Recipe)
    key = f"{draft.task if part == 'options' else task}.{path}"
    setting = fields.setting(model, name or part)
    return Bound(
        setting,
        key,
        lambda: state.draft(task).get(path),
        lambda value: state.edit(state.draft(task).put(path, value), setting.title, key),
    )


def task_options() -> list[Bound]:
    """The options of the task that is done with the photo."""
    return [field(f"options.{each.name}") for each in fields.settings(task_of(state.draft().task).Options)]


def backdrop_fields(task: Task = "background") -> list[Bound]:
    """The settings of the chosen backdrop that have a meaning beside its others."""
    draft = state.draft(task)
    return [_backdrop_field(each, task, draft.kind) for each in kind_of(draft.kind).settings_for(draft.settings)]


def _backdrop_field(setting: Setting, task: Task, kind: str) -> Bound:
    key = f"{task}.{kind}.{setting.name}"

    def write(value: Any) -> None:
        if value == "" and setting.required:
            value = None  # it lacks again, and is asked for when it is needed
        changed = state.draft(task).put(f"backdrop.{setting.name}", value)
        if setting.name in ("prompt", "negative_prompt") and "readings" in changed.settings:
            changed = changed.put("backdrop.readings", None)  # they were of the words before
        state.edit(changed, setting.title, key)

    return Bound(setting, key, lambda: state.draft(task).get(f"backdrop.{setting.name}"), write)


def layer_options(at: int) -> list[Bound]:
    """All options of a layer's source."""
    name = state.draft().mask.layers[at].source.name
    return [layer_option(at, each.name) for each in fields.settings(masks.SOURCES[name].Options)]


def layer_option(at: int, name: str) -> Bound:
    """An option of the source of layer ``at``; what was never set has the option's default."""
    source = state.draft().mask.layers[at].source
    options = masks.SOURCES[source.name].Options
    key = f"layers.{at}.{source.name}.{name}"
    setting = fields.setting(options, name)
    return Bound(
        setting,
        key,
        lambda: _value(options, setting, state.draft().mask.layers[at].source.options),
        lambda value: state.edit(put_layer_options(state.draft(), at, {name: value}), setting.title, key),
    )


def put_layer_options(draft: Draft, at: int, changes: dict[str, Any]) -> Draft:
    """The draft with some options of a layer's source changed; ``None`` and what is empty are left out."""
    source = draft.mask.layers[at].source
    options = masks.SOURCES[source.name].Options
    values = {name: value for name, value in source.options.items() if name not in changes}
    values |= {name: _dumped(options, name, value) for name, value in changes.items() if value not in (None, "", ())}
    return put_source(draft, at, Source(name=source.name, options=values))


def put_source(draft: Draft, at: int, source: Source) -> Draft:
    """The draft with another source in layer ``at``."""
    layers = list(draft.mask.layers)
    layers[at] = layers[at].model_copy(update={"source": source})
    return draft.put("mask.layers", tuple(layers))


def scene_option(name: str, task: Task = "background") -> Bound:
    """An option of the chosen scene."""
    scene = str(state.draft(task).get("backdrop.name"))
    options = SCENES[scene].Options
    key = f"{task}.scene.{scene}.{name}"
    setting = fields.setting(options, name)

    def write(value: Any) -> None:
        values = {other: kept for other, kept in state.draft(task).get("backdrop.values").items() if other != name}
        if value != setting.default:
            values[name] = _dumped(options, name, value)
        state.edit(state.draft(task).put("backdrop.values", values), setting.title, key)

    return Bound(setting, key, lambda: _value(options, setting, state.draft(task).get("backdrop.values")), write)


def _value(options: type[BaseModel], setting: Setting, values: Any) -> Any:
    value = values.get(setting.name, values.get(setting.alias))
    if value is None:
        return setting.default
    try:
        return fields.validated(options, setting.name, value)
    except ValidationError:  # of another Backdrop
        return setting.default


def _dumped(options: type[BaseModel], name: str, value: Any) -> Any:
    try:
        return fields.dumped(options, name, value)
    except ValidationError as error:
        raise BadInput(f"This does not fit: {explain(error)}.") from error
