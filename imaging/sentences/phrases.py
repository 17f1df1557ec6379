"""The phrases of a sentence: what each can mean, how it stands to the subject, and whether it is negated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from imaging.sentences.lexicon import LONGEST, Kind, Lexicon, Sense, stems
from imaging.sentences.tokens import Token, tokens

Words = tuple[str, ...]

PLACES = ("on", "in", "before", "near", "behind")
"""Roles that only a place has: what comes before the first of them is the subject."""


@dataclass(frozen=True)
class Phrase:
    """Some words of the sentence that mean something together, or one that is not known.

    Attributes:
        text: as it was written.
        words: how many.
        senses: what it can mean.
        clause: which clause it is in, from 0.
        role: ``head`` (nothing before it says), ``extra`` (the same, in a later clause), or a preposition's.
        negated: "no" or "without" comes before it.
    """

    text: str
    words: int
    senses: tuple[Sense, ...]
    clause: int
    role: str = "head"
    negated: bool = False

    def means(self, *kinds: Kind) -> bool:
        return any(sense.kind in kinds for sense in self.senses)

    def value(self, kind: Kind) -> str:
        """The value of its first sense of that kind."""
        return str(next(sense.value for sense in self.senses if sense.kind == kind))


def phrases(sentence: str, known: Lexicon) -> list[Phrase]:
    """The sentence's phrases in their order, prepositions and negations among them."""
    return _in_context(list(_longest(tokens(sentence, known), known)))


def _longest(words: list[Token], known: Lexicon) -> Iterator[Phrase]:
    """The longest phrases that the lexicon knows, from the left."""
    plain = tuple(token.word for token in words)
    stemmed = stems(plain)
    at = 0
    while at < len(words):
        clause = words[at].clause
        for length in range(min(LONGEST, len(words) - at), 0, -1):
            end = at + length
            senses = known.find(plain[at:end], stemmed[at:end]) if words[end - 1].clause == clause else []
            if length > 1 and senses:
                senses = senses + _within(senses, plain[at:end], stemmed[at:end], known)
            if senses or length == 1:
                text = " ".join(token.text for token in words[at:end] if token.text)
                yield Phrase(text, length, tuple(senses), clause)
                at = end
                break


def _within(senses: list[Sense], words: Words, stemmed: Words, known: Lexicon) -> list[Sense]:
    """What the parts of a phrase mean besides: "walnut table" is an option of one scene, walnut and a table of another.

    A phrase that names a scene gets that scene's options from its parts, one that only sets options what other scenes
    make of its parts; a subject or a place that nobody draws is that and nothing else.
    """
    if any(sense.scene is None for sense in senses):
        return []
    named = {sense.scene for sense in senses if sense.kind in ("noun", "hint")}
    own = {sense.scene for sense in senses}
    options = {(sense.scene, sense.option) for sense in senses}
    found: list[Sense] = []
    at = 0
    while at < len(words):
        for length in range(min(len(words) - at, len(words) - 1), 0, -1):
            part = known.find(words[at : at + length], stemmed[at : at + length])
            if part or length == 1:
                found += part
                at += length
                break
    if any(sense.kind == "not" for sense in found):  # "no shadows" is what it is
        return []
    if named:
        return [s for s in found if s.kind == "set" and s.scene in named and (s.scene, s.option) not in options]
    return [s for s in found if s.scene is not None and s.scene not in own]


def _in_context(found: list[Phrase]) -> list[Phrase]:
    """Give every phrase the role and the negation that the words before it, or after it, say."""
    placed: list[Phrase] = []
    role, negated, clause = "head", False, 0
    for phrase in found:
        if phrase.clause != clause:
            role, negated, clause = "extra", False, phrase.clause
        if phrase.means("not"):
            negated = True
        elif phrase.means("post") and _follows(placed, phrase):
            _set_role(placed, phrase)
        elif phrase.means("role"):
            said = phrase.value("role")
            if said not in ("and", "of"):
                role, negated = said, False
        placed.append(replace(phrase, role=role, negated=negated and not phrase.means("not", "role")))
    return placed


def _follows(placed: list[Phrase], post: Phrase) -> bool:
    """Whether "in the background" has something of its clause before it that it can speak of."""
    return bool(placed) and placed[-1].clause == post.clause and not placed[-1].means("role")


def _set_role(placed: list[Phrase], post: Phrase) -> None:
    """What stands before "in the background", back to the last preposition or clause, is there."""
    for at in range(len(placed) - 1, -1, -1):
        phrase = placed[at]
        if phrase.clause != post.clause or (phrase.means("role") and phrase.value("role") not in ("and", "of")):
            break
        placed[at] = replace(phrase, role=post.value("post"))
