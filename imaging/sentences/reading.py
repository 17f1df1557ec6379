"""What a sentence was understood as: a scene, its options, the words that were used and those that were not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args, get_origin

from imaging.scenes import SCENES
from imaging.scenes.colours import name_of
from imaging.sentences.lexicon import lexicon

LEVELS = {"low": 0.15, "medium": 0.5, "high": 0.85}


@dataclass(frozen=True)
class Chip:
    """One part of a reading, for a page to show and to change.

    Attributes:
        label: what the part is called: ``sunset``, ``calm``, ``no beach``.
        option: which option it is; ``None`` for the scene itself.
        value: its value.
        alternatives: what else it can be: labels and values. A colour has none: any will do.
        given: the sentence says so; otherwise it is the scene's default.
    """

    label: str
    option: str | None
    value: Any
    alternatives: tuple[tuple[str, Any], ...]
    given: bool


@dataclass(frozen=True)
class Reading:
    """A sentence as a scene.

    Attributes:
        scene: its name, of ``SCENES``.
        options: values of its options that the sentence sets; the others have their defaults.
        used_words: what the picture shows.
        ignored_words: what nobody expects of a background: the subject, photography, little words.
        unused_words: what the picture does not show.
        alternatives: other readings that the sentence allows, the likeliest first.
    """

    scene: str
    options: Mapping[str, Any]
    used_words: tuple[str, ...] = ()
    ignored_words: tuple[str, ...] = ()
    unused_words: tuple[str, ...] = ()
    alternatives: tuple[Reading, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """The values of all options."""
        return SCENES[self.scene].Options.model_validate(dict(self.options)).model_dump(mode="json")

    def picture(self, index: int) -> Reading:
        """The reading for picture ``index`` of several: this one and its alternatives in turn."""
        return (self, *self.alternatives)[index % (1 + len(self.alternatives))]

    def changed(self, option: str, value: Any) -> Reading:
        """The same reading with another value of one option."""
        return replace(self, options={**self.options, option: value}, alternatives=())

    def chips(self) -> tuple[Chip, ...]:
        """The scene, what the sentence says of it, then the choices and switches it leaves open."""
        scenes = dict.fromkeys(other.scene for other in self.alternatives if other.scene != self.scene)
        others = tuple((SCENES[name].title, name) for name in scenes)
        chips = [Chip(SCENES[self.scene].title, None, self.scene, others, True)]
        fields = SCENES[self.scene].Options.model_fields
        open_ = [
            name
            for name, field in fields.items()
            if name not in self.options and (field.annotation is bool or get_origin(field.annotation) is Literal)
        ]
        values = self.values
        for option in (*self.options, *open_):
            value = values[option]
            alternatives = tuple((label(self.scene, option, other), other) for other in _others(self, option, value))
            chips.append(Chip(label(self.scene, option, value), option, value, alternatives, option in self.options))
        return tuple(chips)


def describe(reading: Reading) -> str:
    """What was drawn and what was not: ``Drawn: city, night, wet; not drawn: neon signs. A diffusion model ...``"""
    drawn = drawn_words(reading)
    if not reading.unused_words:
        return f"Drawn: {drawn}."
    missing = ", ".join(reading.unused_words)
    it = "that" if len(reading.unused_words) == 1 and not missing.endswith("s") else "those"
    return f"Drawn: {drawn}; not drawn: {missing}. A diffusion model can paint {it}."


def drawn_words(reading: Reading) -> str:
    """What was drawn: ``city, night, wet``."""
    labels = [label(reading.scene, option, value) for option, value in reading.options.items()]
    return ", ".join(dict.fromkeys([reading.scene, *labels]))


def label(scene: str, option: str, value: Any) -> str:
    """What people call an option's value."""
    field = SCENES[scene].Options.model_fields[option]
    if field.annotation is bool:
        said = lexicon().first.get((scene, option, True), option)
        return said if value else f"no {said}"
    if get_origin(field.annotation) is Literal:
        return str(value) if option in ("time", "material", "shape", "floor") else f"{option}: {value}"
    if field.annotation in (int, float):
        return lexicon().first.get((scene, option, float(value)), f"{option} {value:g}")
    return name_of(str(value)) if option == "colour" else f"{option} {name_of(str(value))}"


def _others(reading: Reading, option: str, value: Any) -> list[Any]:
    """What else an option can be: every choice, the other of a switch, three levels of an amount."""
    field = SCENES[reading.scene].Options.model_fields[option]
    if field.annotation is bool:
        return [not value]
    if get_origin(field.annotation) is Literal:
        return [choice for choice in get_args(field.annotation) if choice != value]
    if field.annotation in (int, float):
        from imaging.sentences.values import level

        return [other for other in (level(share, field) for share in LEVELS.values()) if other != value]
    return []
