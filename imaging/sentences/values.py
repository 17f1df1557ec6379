"""What a sentence's phrases say of one scene's options, and which phrases it has no use for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic.fields import FieldInfo

from imaging.scenes import SCENES
from imaging.sentences.lexicon import Kind
from imaging.sentences.phrases import Phrase
from imaging.sentences.shades import shaded

NEAR = {
    "day": ("golden",),
    "golden": ("sunset", "day"),
    "sunset": ("golden", "dusk"),
    "dusk": ("night", "sunset"),
    "night": ("dusk",),
}
"""Hours by those that come nearest, for scenes that have not all of them."""
MENTIONED = 0.5  # level of what is named without an amount, unless it is there anyway
ASIDE: tuple[Kind, ...] = ("role", "post", "not", "filler", "subject", "amount", "shade")
PHOTOGRAPHIC = ("blur", "grain", "light")
"""Shared options that speak of photographs in general: a scene without them has nothing to miss."""


@dataclass
class Found:
    """What one scene makes of the phrases.

    Attributes:
        values: of its options.
        open: further values that the same words allow, by option.
        used: which phrases it shows.
        ignored: which phrases nothing has to show: the subject, photography, little words.
    """

    values: dict[str, Any] = field(default_factory=dict)
    open: dict[str, list[Any]] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)
    ignored: set[int] = field(default_factory=set)
    _words: dict[str, int] = field(default_factory=dict)  # of the phrase that set an option

    def set(self, option: str, value: Any, words: int, rest: list[Any]) -> bool:
        """Set an option unless a phrase at least as long did; whether it now has that value."""
        if option not in self.values or words > self._words[option]:
            self.values[option], self.open[option], self._words[option] = value, rest, words
        return bool(self.values[option] == value) or value in self.open[option]


def values(found: list[Phrase], scene: str) -> Found:
    """Read the phrases for one scene; what is negated switches off."""
    fields = SCENES[scene].Options.model_fields
    result = Found()
    for at, phrase in enumerate(found):
        if phrase.negated:
            _negated(result, at, phrase, scene, fields)
        elif _applies(result, at, phrase, scene, fields) or _shown(phrase, scene):
            result.used.add(at)
    _levels(result, found, scene, fields)
    _tints(result, found, scene, fields)
    _set_aside(result, found)
    return result


def _shown(phrase: Phrase, scene: str) -> bool:
    """Whether the scene shows the phrase without an option."""
    return any(sense.scene == scene and sense.kind in ("noun", "hint", "natural") for sense in phrase.senses)


def _applies(result: Found, at: int, phrase: Phrase, scene: str, fields: dict[str, FieldInfo]) -> bool:
    """Set what the phrase sets: by the scene's own words, else by those that all scenes share."""
    for owner in (scene, None):
        wanted: dict[str, list[Any]] = {}
        for sense in phrase.senses:
            if sense.kind == "set" and sense.scene == owner and sense.option in fields:
                value = _fitting(sense.option, sense.value, fields[sense.option])
                if value is not None:
                    wanted.setdefault(sense.option, []).append(value)
        done = [result.set(option, found[0], phrase.words, found[1:]) for option, found in wanted.items()]
        if wanted:
            return any(done)
    return False


def _fitting(option: str, value: Any, field: FieldInfo) -> Any:
    """The value as the option takes it, or the nearest that it has; ``None`` where there is none."""
    kind = field.annotation
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        near = NEAR.get(value, ()) if option == "time" else ()
        return next((choice for choice in (value, *near) if choice in choices), None)
    return int(value) if kind is int else value


def _negated(result: Found, at: int, phrase: Phrase, scene: str, fields: dict[str, FieldInfo]) -> None:
    """Switch off what a negated phrase names; what is not drawn in the first place is duly absent."""
    result.used.add(at)
    for sense in phrase.senses:
        if sense.scene != scene or sense.option is None:
            continue
        field = fields[sense.option]
        if field.annotation is bool and sense.kind == "set":
            result.set(sense.option, not sense.value, phrase.words, [])
        elif field.annotation in (int, float) and (sense.kind == "of" or _is_much(sense.value, field)):
            result.set(sense.option, level(0.0, field), phrase.words, [])


def _is_much(value: Any, field: FieldInfo) -> bool:
    return isinstance(value, float) and value >= level(0.3, field)


def level(share: float, field: FieldInfo) -> int | float:
    """A share of an amount's range."""
    limits = {type(limit): limit for limit in field.metadata}
    least, most = limits[Ge].ge, limits[Le].le
    value = least + share * (most - least)
    return round(value) if field.annotation is int else round(float(value), 3)


def _levels(result: Found, found: list[Phrase], scene: str, fields: dict[str, FieldInfo]) -> None:
    """Amounts of things: few clouds, dense fog; a thing that is only named is there."""
    for at, phrase in enumerate(found):
        options = [s.option for s in phrase.senses if s.kind == "of" and s.scene == scene and s.option]
        options = [option for option in options if fields[option].annotation in (int, float)]
        if not options or phrase.negated:
            continue
        amount = next((i for i in (at - 1, at - 2) if i >= 0 and found[i].means("amount")), None)
        between = found[at - 1] if amount == at - 2 else None
        if amount is not None and (between is None or not between.means("role", "noun", "of")):
            share = float(found[amount].value("amount"))
            result.used |= {at, amount}
            for option in options:
                result.set(option, level(share, fields[option]), phrase.words + found[amount].words, [])
            continue
        for option in options:
            default = fields[option].default
            if default < level(MENTIONED, fields[option]) and option not in result.values:
                result.set(option, level(MENTIONED, fields[option]), 0, [])
        result.used.add(at)


def _tints(result: Found, found: list[Phrase], scene: str, fields: dict[str, FieldInfo]) -> None:
    """Colours: of the thing they stand with, if the scene shows it in any colour; the subject's are its own."""
    for at, phrase in enumerate(found):
        if phrase.negated or at in result.used or not phrase.means("colour"):
            continue
        target = _coloured(found, at, scene)
        shades = [
            i for i in (at - 1, at - 2) if i >= 0 and found[i].means("shade") and found[i].clause == phrase.clause
        ]
        shade = shades[0] if shades and shades[0] == at - 1 else None
        if target is not None and found[target].means("subject") and not _shown(found[target], scene):
            result.ignored |= {at} | ({shade} if shade is not None else set())
            continue
        option = _tint_of(found[target] if target is not None else None, scene, fields)
        if option is None or option in result.values:
            continue
        colour = phrase.value("colour")
        if shade is not None:
            colour = shaded(colour, found[shade].value("shade"))
            result.used.add(shade)
        result.set(option, colour, phrase.words, [])
        result.used.add(at)
    _shades(result, found, scene, fields)


def _coloured(found: list[Phrase], at: int, scene: str) -> int | None:
    """What a colour belongs to: the next thing of its phrase, else the one before it."""
    for after in range(at + 1, len(found)):
        phrase = found[after]
        if phrase.clause != found[at].clause or phrase.means("role", "not", "post"):
            break
        if _is_thing(phrase, scene):
            return _last_of_compound(found, after, scene)
    for before in range(at - 1, -1, -1):
        phrase = found[before]
        if phrase.clause != found[at].clause or phrase.means("not"):
            break
        if _is_thing(phrase, scene):
            return before
    return None


def _last_of_compound(found: list[Phrase], at: int, scene: str) -> int:
    """English names the thing last: of "white marble coffee table" it is the table."""
    while at + 1 < len(found) and found[at + 1].clause == found[at].clause and _is_thing(found[at + 1], scene):
        at += 1
    return at


def _is_thing(phrase: Phrase, scene: str) -> bool:
    return phrase.means("noun", "subject", "undrawn", "of") or any(
        s.scene == scene and s.kind == "hint" for s in phrase.senses
    )


def _tint_of(thing: Phrase | None, scene: str, fields: dict[str, FieldInfo]) -> str | None:
    """The option that is the colour of a thing; without a thing, the scene's first."""
    tints = [name for name, field in fields.items() if isinstance(field.default, str) and field.default[0] == "#"]
    if not tints:
        return None
    if thing is None:
        return tints[0]
    for sense in thing.senses:
        if sense.kind == "of" and sense.scene == scene and sense.option in tints:
            return sense.option
    named = any(sense.kind in ("noun", "hint") and sense.scene == scene for sense in thing.senses)
    return tints[0] if named else None


def _shades(result: Found, found: list[Phrase], scene: str, fields: dict[str, FieldInfo]) -> None:
    """ "A dark wall", "a pastel backdrop": the colour it has anyway, changed."""
    for at, phrase in enumerate(found):
        if phrase.negated or at in result.used or not phrase.means("shade") or phrase.means("colour"):
            continue
        target = _coloured(found, at, scene)
        if target is None or (found[target].means("subject") and not _shown(found[target], scene)):
            continue
        option = _tint_of(found[target], scene, fields)
        if option is not None and option not in result.values:
            result.set(option, shaded(fields[option].default, phrase.value("shade")), phrase.words, [])
            result.used.add(at)


def _set_aside(result: Found, found: list[Phrase]) -> None:
    """What nothing has to show."""
    for at, phrase in enumerate(found):
        if at in result.used:
            continue
        shared = (sense.option for sense in phrase.senses if sense.kind == "set" and sense.scene is None)
        if phrase.means(*ASIDE) or any(option in PHOTOGRAPHIC for option in shared):
            result.ignored.add(at)
