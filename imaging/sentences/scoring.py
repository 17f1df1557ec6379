"""Which scene a sentence speaks of: every phrase has a say, by what it means and how it stands to the subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from imaging.sentences.phrases import PLACES, Phrase

NOUN, HINT = 1.0, 0.6  # what names a place, and what merely speaks for one
WORD = 0.08  # for every further word of a phrase: longer ones are more specific
FURTHER = 0.25  # share of what nouns beyond the strongest add
SUPPORT = {"set": 0.12, "of": 0.06, "natural": 0.05}
ROLES: Mapping[str, float] = {
    "on": 1.25,  # the subject stands on it
    "before": 1.15,
    "in": 1.0,
    "head": 1.0,
    "near": 0.85,
    "behind": 0.8,
    "front": 0.9,
    "extra": 0.8,
    "with": 0.55,
    "under": 0.5,  # a sky is over every place
}
INCLUDES: Mapping[str, tuple[str, ...]] = {
    "window": ("wall",),
    **dict.fromkeys(("kitchen", "room", "cafe", "office", "bath", "festive"), ("table",)),
    "flatlay": ("table", "cloth", "paper", "window"),
    "neon": ("wall", "paper"),
}
"""Scenes that show others, too: "window light on a wall" speaks of both, and the first has them both."""
SUBJECT = 0.7  # a place before the first preposition of place is rather the subject's: a beach towel on a table
MODIFIER = 0.5  # a noun before another noun describes it: a garden table
UNDRAWN = 0.7  # how near a scene must come to a place that nobody draws
ENOUGH = 0.55  # below this, nothing was said of a place


@dataclass
class Score:
    """How strongly a sentence speaks of one scene, or of a place that no scene draws."""

    nouns: list[float] = field(default_factory=list)
    support: float = 0
    named: bool = False

    @property
    def total(self) -> float:
        if not self.nouns:
            return 0.0
        best = max(self.nouns)
        return best + FURTHER * (sum(self.nouns) - best) + self.support


def scores(found: list[Phrase], scenes: tuple[str, ...]) -> tuple[dict[str, Score], Score]:
    """The score of every scene, and of all that is not drawn."""
    by_scene = {name: Score() for name in scenes}
    undrawn = Score()
    for at, phrase in enumerate(found):
        if phrase.negated or phrase.means("role", "not", "post"):
            continue
        weight = ROLES[phrase.role] * _as_subject(found, at)
        for sense in phrase.senses:
            if sense.kind == "undrawn":
                undrawn.nouns.append(weight * NOUN)
            elif sense.scene is None:
                continue
            elif sense.kind in ("noun", "hint"):
                strength = NOUN + WORD * (phrase.words - 1) if sense.kind == "noun" else HINT
                score = by_scene[sense.scene]
                score.nouns.append(weight * strength * _as_modifier(found, at, sense.scene))
                score.named |= sense.kind == "noun"
            elif sense.kind == "set" and phrase.role in ("on", "before"):  # what it stands on: dark slate
                by_scene[sense.scene].nouns.append(weight * HINT)
            elif sense.kind in SUPPORT:
                by_scene[sense.scene].support += SUPPORT[sense.kind]
    for scene, others in INCLUDES.items():
        if scene in by_scene and by_scene[scene].named:
            by_scene[scene].nouns += [noun for other in others if other in by_scene for noun in by_scene[other].nouns]
    return by_scene, undrawn


def _as_subject(found: list[Phrase], at: int) -> float:
    """Less where a place is named before a preposition of place and another is named after one."""
    if found[at].role != "head" or found[at].clause:
        return 1.0
    later = (p for p in found[at + 1 :] if p.role in PLACES and p.means("noun") and not p.negated)
    return SUBJECT if next(later, None) else 1.0


def _as_modifier(found: list[Phrase], at: int, scene: str) -> float:
    """Less for a noun that comes straight before another thing's."""
    following = found[at + 1] if at + 1 < len(found) else None
    if following is None or following.clause != found[at].clause or following.means("role", "filler"):
        return 1.0
    if any(sense.scene == scene for sense in following.senses):
        return 1.0
    return MODIFIER if following.means("noun", "subject", "undrawn") else 1.0
