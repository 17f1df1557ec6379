"""A draft: a recipe on the way, which may still lack its photo, its prompt or anything else that has no default.

The page edits one, field by field::

    draft = Draft().put("backdrop.kind", "generated").put("backdrop.prompt", "on a beach")
    draft.missing()             ["a photo"]
    draft.put("photo", digest).freeze()    the Recipe
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, ValidationError

import fields
from errors import BadInput
from recipe.backdrop import Backdrop, kind_of
from recipe.edit import Recipe, Seed
from recipe.look import NEW_LOOK, NEW_SHADOW, Look, Shadow
from recipe.mask import MaskRecipe
from recipe.placement import Placement
from recipe.task import Task, task_of
from recipe.values import Digest, OptionValues, Part, explain

_SHARED = ("task", "photo", "mask", "placement", "shadow", "look", "seed")
"""The fields that a draft and a recipe have in common."""


class Draft(Part):
    """A recipe that may still lack something. Frozen, like a recipe: every edit gives a new draft.

    Attributes:
        kind: which backdrop is chosen.
        backdrops: what was set for every kind of backdrop, by kind, so that going back to one finds it as it was left.
            Only what was set stands here; everything else has its default.
        options: the same of every task's own options, by task.
    """

    task: Task = "background"
    photo: Digest | None = None
    mask: MaskRecipe = MaskRecipe()
    placement: Placement = Placement()
    kind: str = "colour"
    backdrops: Mapping[str, OptionValues] = Field(default_factory=dict)
    shadow: Shadow = NEW_SHADOW
    look: Look = NEW_LOOK
    seed: Seed = 0
    options: Mapping[str, OptionValues] = Field(default_factory=dict)

    @classmethod
    def from_recipe(cls, recipe: Recipe) -> Self:
        """The draft that freezes into this recipe."""
        return cls().load(recipe)

    def load(self, recipe: Recipe) -> Self:
        """The draft with everything as the recipe says; what was set for other kinds of backdrop stays."""
        values = recipe.backdrop.model_dump(mode="json", exclude={"kind"})
        changes = {name: getattr(recipe, name) for name in _SHARED}
        kind = recipe.backdrop.kind
        changes |= {"kind": kind, "backdrops": {**self.backdrops, kind: values}}
        return self.model_copy(update=changes | {"options": {**self.options, recipe.task: recipe.options}})

    @property
    def settings(self) -> OptionValues:
        """What was set for the chosen kind of backdrop."""
        return self.backdrops.get(self.kind, {})

    def get(self, path: str) -> Any:
        """A field's value by its path: ``seed``, ``mask.feather``, ``backdrop.kind``, ``backdrop.radius``,
        ``options.margin``.

        What has neither a value nor a default is ``None``.
        """
        part, _, name = path.partition(".")
        if part == "options":
            options = task_of(self.task).Options
            value = self.options.get(self.task, {}).get(name)
            return fields.setting(options, name).default if value is None else fields.validated(options, name, value)
        if part != "backdrop":
            return getattr(getattr(self, part), name) if name else getattr(self, part)
        if name == "kind":
            return self.kind
        kind = kind_of(self.kind)
        value = self.settings.get(name)
        if value is None:
            value = kind.defaults(self.settings).get(name)
        return fields.setting(kind, name).default if value is None else fields.validated(kind, name, value)

    def put(self, path: str, value: Any) -> Self:
        """A draft with one field changed, checked as the recipe checks it; ``None`` takes a backdrop's value back.

        Raises:
            BadInput: the value does not fit.
        """
        part, _, name = path.partition(".")
        try:
            if part == "backdrop":
                return self._put_backdrop(name, value)
            if part == "options":
                return self._put_option(name, value)
            if name:
                inner = getattr(self, part)
                value = type(inner).model_validate({**dict(inner), name: value})
            return self.model_validate({**dict(self), part: value})
        except ValidationError as error:
            raise BadInput(f"This does not fit: {explain(error)}.") from error

    def put_all(self, part: str, values: Mapping[str, Any]) -> Self:
        """A draft with several fields of ``mask`` or another part changed, one after the other; see :meth:`put`."""
        draft = self
        for name, value in values.items():
            draft = draft.put(f"{part}.{name}", value)
        return draft

    def _put_backdrop(self, name: str, value: Any) -> Self:
        if name == "kind":
            return self.model_copy(update={"kind": kind_of(value).model_fields["kind"].default})
        values = {key: kept for key, kept in self.settings.items() if key != name}
        if value is not None:
            values[name] = fields.dumped(kind_of(self.kind), name, value)
        return self.model_copy(update={"backdrops": {**self.backdrops, self.kind: values}})

    def _put_option(self, name: str, value: Any) -> Self:
        values = {key: kept for key, kept in self.options.get(self.task, {}).items() if key != name}
        if value is not None:
            values[name] = fields.dumped(task_of(self.task).Options, name, value)
        return self.model_copy(update={"options": {**self.options, self.task: values}})

    def missing(self) -> list[str]:
        """What it takes to make a recipe of it, in words: ``["a photo", "a prompt"]``; empty where nothing lacks."""
        lacking = ["a photo"] if task_of(self.task).has_subject and self.photo is None else []
        for setting in kind_of(self.kind).asked() if task_of(self.task).has_backdrop else ():
            if self.settings.get(setting.name) in (None, "", [], ()):
                title = setting.title.lower()
                lacking.append(f"{'an' if title[0] in 'aeiou' else 'a'} {title}")
        return lacking

    def backdrop(self) -> Backdrop:
        """The chosen backdrop, complete.

        Raises:
            BadInput: something is missing, or does not fit together.
        """
        try:
            return kind_of(self.kind).resolve(self.settings)
        except ValidationError as error:
            raise BadInput(f"This does not fit: {explain(error)}.") from error

    def freeze(self) -> Recipe:
        """The recipe.

        Raises:
            BadInput: something is missing, or does not fit together; the message says what.
        """
        if lacking := self.missing():
            raise BadInput(f"This still needs {_listed(lacking)}.")
        parts: dict[str, Any] = {name: getattr(self, name) for name in _SHARED}
        parts["options"] = self.options.get(self.task, {})
        if not task_of(self.task).has_subject:
            parts |= {"photo": None, "mask": MaskRecipe(), "placement": Placement(), "shadow": "none", "look": Look()}
        if task_of(self.task).has_backdrop:
            parts["backdrop"] = self.backdrop()
        try:
            return Recipe(**parts)
        except ValidationError as error:
            raise BadInput(f"This does not fit: {explain(error)}.") from error


def _listed(things: list[str]) -> str:
    *most, last = things
    return f"{', '.join(most)} and {last}" if most else last
