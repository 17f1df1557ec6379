"""English sentences as rendered scenes: no model, no network, a few milliseconds.

    read("on a wet street at night, neon signs")  -> Reading(scene="city", options={"wet": True, "time": "night"}, ...)
    describe(reading)                             -> "Drawn: city, wet, night; not drawn: neon signs. ..."

The words are data: ``imaging/scenes/words/SCENE.toml`` beside every scene, and ``words/`` here for what all share.
"""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

from errors import BadInput
from imaging.scenes import SCENES
from imaging.sentences.lexicon import lexicon
from imaging.sentences.phrases import Phrase, phrases
from imaging.sentences.reading import Chip, Reading, describe, drawn_words, label
from imaging.sentences.scoring import ENOUGH, UNDRAWN, Score, scores
from imaging.sentences.values import Found, values

__all__ = ["MODEL", "Chip", "Reading", "describe", "drawn_words", "label", "read", "subjects"]

MODEL = "scenes"
"""What the reader and the rendered scenes together are called where a model is named."""
GUESSED = 0.7  # of places and things that hint at a scene, and how much outweighs what is not understood
CLOSE = 0.85  # share of the best score from which another scene is a reading, too


def read(sentence: str, negative: str = "") -> Reading:
    """Read a sentence.

    Args:
        sentence: a place, in English, or in plain words of German, French or Spanish.
        negative: what should not be in the picture, as of a negative prompt: switches options off.

    Raises:
        BadInput: it names no place that a scene draws.
    """
    known = lexicon()
    found = phrases(sentence, known)
    scored, undrawn = scores(found, tuple(SCENES))
    ranked = sorted(scored, key=lambda name: -scored[name].total)
    _can_draw(sentence, found, scored[ranked[0]], undrawn)
    unwanted = phrases(f"no {negative.replace(',', ', no ')}", known) if negative else []
    near = [name for name in ranked[1:] if scored[name].total >= CLOSE * scored[ranked[0]].total]
    main, *others = [_reading(found, unwanted, name) for name in (ranked[0], *near)]
    return Reading(
        main.scene,
        main.options,
        main.used_words,
        main.ignored_words,
        main.unused_words,
        (*_variants(found, unwanted, main), *others),
    )


def subjects(sentence: str, scene: str) -> tuple[str, ...]:
    """What a sentence says is photographed, as far as a scene does not show it: ``("ball",)``.

    It is the photo's to show; where there is no photo, it is missing from the picture.
    """
    found = phrases(sentence, lexicon())
    named = (phrase.text for phrase in found if phrase.means("subject") and not phrase.negated)
    ignored = _reading(found, [], scene).ignored_words
    return tuple(text for text in dict.fromkeys(named) if text in ignored)


def _can_draw(sentence: str, found: list[Phrase], best: Score, undrawn: Score) -> None:
    """Refuse a sentence that names no place, or rather one that nobody draws."""
    unknown = any(not phrase.senses for phrase in found)
    guessed = not best.named and (undrawn.total > GUESSED * best.total or (unknown and best.total < GUESSED))
    if best.total >= ENOUGH and best.total >= UNDRAWN * undrawn.total and not guessed:
        return
    said = sentence.strip() if len(sentence) < 60 else f"{sentence.strip()[:57]}..."
    drawn = ", ".join(scene.title.lower() for scene in SCENES.values())
    raise BadInput(
        f"The rendered scenes cannot draw “{said}”. Name one of these places, or take a diffusion model: {drawn}.",
        "`python main.py models` lists those for --model, `models pull ID` fetches one.",
    )


def _reading(found: list[Phrase], unwanted: list[Phrase], scene: str) -> Reading:
    """The sentence read as one scene; what is unwanted comes last, so that it has the last word."""
    said = values(found, scene)
    off = values(unwanted, scene).values
    used = [phrase.text for at, phrase in enumerate(found) if at in said.used and phrase.text]
    ignored = [phrase.text for at, phrase in enumerate(found) if at in said.ignored and at not in said.used]
    return Reading(scene, said.values | off, tuple(used), tuple(filter(None, ignored)), tuple(_unused(found, said)))


def _unused(found: list[Phrase], said: Found) -> list[str]:
    """What is not shown; words that stand together are one thing."""
    missing: list[str] = []
    last = -2
    for at, phrase in enumerate(found):
        if at in said.used or at in said.ignored or not phrase.text:
            continue
        if at == last + 1 and found[last].clause == phrase.clause:
            missing[-1] += f" {phrase.text}"
        else:
            missing.append(phrase.text)
        last = at
    return missing


def _variants(found: list[Phrase], unwanted: list[Phrase], main: Reading) -> list[Reading]:
    """The same scene with the other values that the same words allow (wood is oak, or walnut), then with the other
    choices of what they leave open: a beach by day, or at sunset.
    """
    said = values(found, main.scene)
    changes: list[tuple[str, Any]] = [(option, value) for option, rest in said.open.items() for value in rest]
    changes += [
        (option, choice)
        for option, info in SCENES[main.scene].Options.model_fields.items()
        if option not in main.options and get_origin(info.annotation) is Literal
        for choice in get_args(info.annotation)
        if choice != info.default
    ]
    return [main.changed(option, value) for option, value in changes if main.options.get(option) != value]
