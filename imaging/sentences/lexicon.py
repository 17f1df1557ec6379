"""Every phrase the reader knows and what it can mean: TOML files, found by stem.

    imaging/scenes/words/SCENE.toml      a scene's own words, beside its painter
    imaging/sentences/words/*.toml       what all scenes share: hours, colours, prepositions, subjects, other languages

Stems are Snowball's (PyStemmer, MIT and BSD). A word written exactly as in a file comes before one of the same stem, so
that "woods" is a forest and "wood" a material.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import Stemmer
from PIL import ImageColor

from imaging.scenes import SCENES
from imaging.scenes.colours import NAMED

SCENE_WORDS = Path(__file__).parents[1] / "scenes" / "words"
SHARED_WORDS = Path(__file__).parent / "words"
LANGUAGES = ("german", "french", "spanish")
LONGEST = 6  # words of a phrase

Kind = Literal[
    "noun",  # names a scene
    "hint",  # speaks for a scene
    "natural",  # is in the scene anyway
    "set",  # sets an option to a value; of every scene that has the option where ``scene`` is None
    "of",  # the thing whose amount or colour an option is
    "amount",  # few, dense: a level between 0 and 1
    "colour",  # #rrggbb
    "shade",  # light, muted: changes a colour
    "role",  # a preposition: how the place stands to the subject
    "post",  # "in the background": says so of what comes before it
    "not",  # no, without
    "filler",  # of photographs in general
    "subject",  # what is photographed
    "undrawn",  # a place that no scene draws
]


@dataclass(frozen=True)
class Sense:
    """One thing that a phrase can mean."""

    kind: Kind
    scene: str | None = None
    option: str | None = None
    value: Any = None


@dataclass
class Lexicon:
    """Phrases by their stems.

    Attributes:
        entries: senses by stems, then by the exact words.
        first: the first phrase given for an option's value, which is how the value is called.
    """

    entries: dict[tuple[str, ...], dict[tuple[str, ...], list[Sense]]] = field(default_factory=dict)
    first: dict[tuple[str, str, Any], str] = field(default_factory=dict)

    def add(self, phrase: str, sense: Sense) -> None:
        words = tuple(split(phrase))
        if not 0 < len(words) <= LONGEST:
            raise ValueError(f"{phrase!r} is no phrase of 1 to {LONGEST} words")
        senses = self.entries.setdefault(stems(words), {}).setdefault(words, [])
        if sense not in senses:
            senses.append(sense)

    def find(self, words: tuple[str, ...], stemmed: tuple[str, ...]) -> list[Sense]:
        """What the phrase can mean; nothing where it is not known."""
        known = self.entries.get(stemmed)
        if not known:
            return []
        if (
            words in known
        ):  # of other scenes only what they show, and what a plural names: "trees" of one, "tree" of another
            exact, shown = known[words], ("set", "of", "natural")
            scenes = {(sense.scene, sense.kind in shown) for sense in exact}
            text = " ".join(words)
            for other, senses in known.items():
                singular = text.startswith(" ".join(other)) and other != words
                kinds = (*shown, "noun") if singular else shown
                exact = exact + [
                    sense
                    for sense in senses
                    if sense.kind in kinds and (sense.scene, sense.kind in shown) not in scenes and sense not in exact
                ]
            return exact
        return [sense for senses in known.values() for sense in senses]

    @cached_property
    def words(self) -> frozenset[str]:
        """Every single word of every phrase; a lexicon is not added to once it is in use."""
        return frozenset(word for known in self.entries.values() for phrase in known for word in phrase)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Every single stem of every phrase."""
        return frozenset(stem for phrase in self.entries for stem in phrase)


def split(text: str) -> list[str]:
    """The words of a phrase in lower case."""
    return text.lower().replace("-", " ").replace("’", "'").split()


_stemmer = Stemmer.Stemmer("english")


def stems(words: Iterable[str]) -> tuple[str, ...]:
    """The words' stems: "streets" and "street" have the same."""
    return tuple(_stemmer.stemWords(list(words)))


@cache
def lexicon(scenes: tuple[str, ...] = tuple(SCENES)) -> Lexicon:
    """The words that all scenes share, and those of ``scenes``."""
    found = Lexicon()
    for phrase, sense in _shared():
        found.add(phrase, sense)
    named = sorted(path.stem for path in SCENE_WORDS.glob("*.toml"))
    drawn: set[str] = set()
    for scene in (name for name in named if name in scenes):
        words = list(scene_words(scene))
        places = {stems(split(phrase)) for phrase, sense in words if sense.kind == "noun"}
        for phrase, sense in words:
            found.add(phrase, sense)
            if sense.kind == "set":
                if _ends_in(stems(split(phrase)), places):  # a calm sea is a sea
                    found.add(phrase, Sense("noun", scene))
                found.first.setdefault((scene, sense.option or "", sense.value), phrase)
            if sense.kind in ("noun", "hint", "natural", "set"):
                drawn.add(phrase)
    for scene in (name for name in named if name not in scenes):  # places all the same, though nobody draws them
        for phrase, sense in scene_words(scene):
            if sense.kind == "noun" and phrase not in drawn:
                found.add(phrase, Sense("undrawn"))
    return found


def _ends_in(phrase: tuple[str, ...], nouns: set[tuple[str, ...]]) -> bool:
    """Whether a phrase of several words ends in one of the nouns: English names the thing last."""
    return any(phrase[at:] in nouns for at in range(1, len(phrase)))


def read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def scene_words(scene: str) -> Iterator[tuple[str, Sense]]:
    """The phrases of one scene's file with what they mean."""
    path = SCENE_WORDS / f"{scene}.toml"
    data = read_toml(path)
    options = data.pop("options", {})
    lists: dict[str, Kind] = {"nouns": "noun", "hints": "hint", "natural": "natural"}
    if not set(data) <= set(lists):
        raise ValueError(f"{path.name}: {sorted(set(data) - set(lists))} is none of {', '.join(lists)}, options")
    for name, kind in lists.items():
        for phrase in data.get(name, ()):
            yield phrase, Sense(kind, scene)
    for option, values in options.items():
        for value, phrases in values.items():
            sense = Sense("of", scene, option) if value == "of" else Sense("set", scene, option, _typed(value))
            for phrase in phrases:
                yield phrase, sense


def _typed(value: str) -> Any:
    """TOML's keys are text: ``yes`` and ``no`` are switches, figures are amounts."""
    if value in ("yes", "no"):
        return value == "yes"
    try:
        return float(value)
    except ValueError:
        return value


def _shared() -> Iterator[tuple[str, Sense]]:
    common = read_toml(SHARED_WORDS / "common.toml")
    for option, values in common["options"].items():
        for value, phrases in values.items():
            yield from ((phrase, Sense("set", None, option, _typed(value))) for phrase in phrases)
    tables: dict[str, Kind] = {"amounts": "amount", "shades": "shade", "roles": "role", "posts": "post"}
    for table, kind in tables.items():
        for value, phrases in common[table].items():
            yield from ((phrase, Sense(kind, value=_typed(value))) for phrase in phrases)
    yield from ((phrase, Sense("not")) for phrase in common["negations"])
    yield from ((phrase, Sense("filler")) for phrase in common["fillers"])
    for name, kind in (("subjects", "subject"), ("undrawn", "undrawn")):
        phrases = read_toml(SHARED_WORDS / f"{name}.toml")
        yield from ((phrase, Sense(kind)) for group in phrases.values() for phrase in group)
    yield from ((phrase, Sense("colour", value=value)) for phrase, value in colours().items())


@cache
def colours() -> dict[str, str]:
    """``#rrggbb`` by name: our scenes' own, then paints, then CSS (as one word and apart)."""
    listed = read_toml(SHARED_WORDS / "colours.toml")
    css = {name: value for name, value in ImageColor.colormap.items() if isinstance(value, str)}
    apart = {name: css[name.replace(" ", "")] for name in listed["css"]}
    return css | apart | listed["paints"] | NAMED | {name.replace("grey", "gray"): v for name, v in NAMED.items()}
