"""From text to words: clauses, other languages, compounds, spelling mistakes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import Stemmer

from imaging.sentences.lexicon import LANGUAGES, SHARED_WORDS, Lexicon, read_toml, stems

if TYPE_CHECKING:
    from symspellpy import SymSpell

_WORD = re.compile(r"[^\W_]+(?:[/:.][^\W_]+)*|--[a-z]+|&")  # f/1.8 and 16:9 are words
_BREAK = re.compile(r"[,;.!?()|\n:–—]|\s-\s")
_POSSESSIVE = re.compile(r"['’]s\b")
_LINKS = ("", "s", "n", "en", "es", "er", "e")
"""What German puts between the parts of a compound."""


@dataclass(frozen=True)
class Token:
    """A word of the sentence.

    Attributes:
        text: as it was written, in lower case; empty for the further words of one that was translated into several.
        word: in English, as the lexicon writes it.
        clause: which clause it is in, from 0.
    """

    text: str
    word: str
    clause: int


def tokens(sentence: str, known: Lexicon) -> list[Token]:
    """The words of a sentence, translated and with their spelling mended."""
    found = list(_split(sentence))
    language = _language(found, known)
    return _spelled(found, known) if language is None else _translated(found, language)


def _split(sentence: str) -> Iterator[Token]:
    text = _POSSESSIVE.sub("", unicodedata.normalize("NFC", sentence).lower())
    text = re.sub(r"\b([dl])['’](?=\w)", r"\1 ", text)  # French: l'eau
    clause, end = 0, 0
    for match in _WORD.finditer(text):
        clause += bool(_BREAK.search(text[end : match.start()])) and end > 0
        end = match.end()
        yield Token(match[0], match[0], clause)


@cache
def _dictionary(language: str) -> dict[tuple[str, ...], str]:
    """English by the stems of a phrase."""
    phrases = read_toml(SHARED_WORDS / f"{language}.toml")["phrases"]
    stemmer = Stemmer.Stemmer(language)
    exact = {tuple(phrase.split()): english for phrase, english in phrases.items()}
    return {tuple(stemmer.stemWords(list(phrase))): english for phrase, english in exact.items()} | exact


def _language(found: list[Token], known: Lexicon) -> str | None:
    """The language most of the words are of; ``None`` for English, which also wins a draw."""
    english = known.stems
    best, most = None, sum(stem in english for stem in stems(token.text for token in found))
    for language in LANGUAGES:
        count = sum(_foreign((token.text,), language) is not None for token in found)
        if count > most:
            best, most = language, count
    return best


def _foreign(words: tuple[str, ...], language: str) -> str | None:
    """A phrase of another language in English, by its words as they are, by their stems, or by a compound's parts."""
    table = _dictionary(language)
    found = table.get(words) or table.get(tuple(Stemmer.Stemmer(language).stemWords(list(words))))
    if found is not None or language != "german" or len(words) > 1:
        return found
    return _compound(words[0], table)


def _compound(word: str, table: dict[tuple[str, ...], str]) -> str | None:
    """A German compound in English: the longest known end, before it what stands for the rest."""
    for at in range(3, len(word) - 2):
        end = table.get((word[at:],))
        if end is None:
            continue
        for link in _LINKS:
            start = word[:at]
            if start.endswith(link):
                first = table.get((start[: len(start) - len(link)],))
                if first is not None:
                    return f"{first} {end}"
    return None


def _translated(found: list[Token], language: str) -> list[Token]:
    """Longest phrases first; words that are not known stay as they are."""
    translated: list[Token] = []
    at = 0
    while at < len(found):
        for length in range(min(4, len(found) - at), 0, -1):
            part = found[at : at + length]
            english = _foreign(tuple(token.text for token in part), language)
            if english is not None:
                text = " ".join(token.text for token in part)
                for index, word in enumerate(english.split()):
                    translated.append(Token("" if index else text, word, part[0].clause))
                at += length
                break
        else:
            translated.append(found[at])
            at += 1
    return translated


def _spelled(found: list[Token], known: Lexicon) -> list[Token]:
    """Words that neither the lexicon nor a list of English words has, as the nearest word of the lexicon."""
    mended = []
    for token, stem in zip(found, stems(token.word for token in found), strict=True):
        if stem not in known.stems and token.word.isalpha() and len(token.word) > 3:
            token = replace(token, word=_mended(token.word, known))
        mended.append(token)
    return mended


def _mended(word: str, known: Lexicon) -> str:
    from symspellpy import Verbosity

    if word in _english():
        return word
    near = _speller(frozenset(known.words)).lookup(word, Verbosity.CLOSEST, 1 if len(word) < 7 else 2)
    return next((guess.term for guess in near if guess.term[0] == word[0]), word)


@cache
def _english() -> frozenset[str]:
    """The 82,765 words of SymSpell's own list: a word that exists is not a spelling mistake."""
    listed = resources.files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt").read_text("utf-8-sig")
    return frozenset(line.split(" ", 1)[0] for line in listed.splitlines())


@cache
def _speller(words: frozenset[str]) -> SymSpell:
    from symspellpy import SymSpell

    speller = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
    for word in sorted(words):
        if len(word) > 3 and word.isalpha():
            speller.create_dictionary_entry(word, 1)
    return speller
