"""The words of every scene: each option's every choice can be said, and no file says what its scene cannot do."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import pytest

from imaging.scenes import SCENES
from imaging.sentences.lexicon import LANGUAGES, SCENE_WORDS, SHARED_WORDS, Sense, lexicon, read_toml, scene_words

every = pytest.mark.parametrize("name", SCENES)


def meanings(name: str) -> list[Sense]:
    """What a scene's own words and the shared ones mean to it."""
    senses = [sense for known in lexicon((name,)).entries.values() for found in known.values() for sense in found]
    return [sense for sense in senses if sense.scene in (None, name)]


@every
def test_a_scene_has_nouns(name: str) -> None:
    assert [phrase for phrase, sense in scene_words(name) if sense.kind == "noun"]


@every
def test_every_choice_of_every_option_can_be_said(name: str) -> None:
    senses = meanings(name)
    for option, field in SCENES[name].Options.model_fields.items():
        values = {sense.value for sense in senses if sense.kind == "set" and sense.option == option}
        kind = field.annotation
        if get_origin(kind) is Literal:
            assert set(get_args(kind)) <= values, f"{name}.{option} lacks words for {set(get_args(kind)) - values}"
        elif kind is bool:
            assert True in values, f"{name}.{option} lacks words for yes"
        elif kind in (int, float):
            things = [s for s in senses if s.kind == "of" and s.option == option]
            assert things or len(values) > 1, f"{name}.{option} lacks `of` or levels"
        else:
            assert [s for s in senses if s.kind == "of" and s.option == option], f"{name}.{option} lacks `of`"


@every
def test_words_name_only_what_the_scene_has(name: str) -> None:
    scene = SCENES[name]
    for phrase, sense in scene_words(name):
        if sense.option is None:
            continue
        assert sense.option in scene.Options.model_fields, f"{phrase!r} sets {sense.option}"
        if sense.kind == "set":
            value: Any = int(sense.value) if scene.Options.model_fields[sense.option].annotation is int else sense.value
            scene.Options.model_validate({sense.option: value})


def test_words_files_are_of_scenes() -> None:
    for path in SCENE_WORDS.glob("*.toml"):
        assert list(scene_words(path.stem)), path.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_languages_say_what_english_can(language: str) -> None:
    known = lexicon().words
    for phrase, english in read_toml(SHARED_WORDS / f"{language}.toml")["phrases"].items():
        unknown = [word for word in english.split() if word not in known]
        assert not unknown, f"{phrase!r} becomes {english!r}"
