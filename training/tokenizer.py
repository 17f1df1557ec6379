"""Our own byte-pair encoding in CLIP's format, learnt from the captions (Sennrich et al., 2016)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from errors import BadInput

WORD = re.compile(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|[^\s\w]+|_+")
"""As CLIP splits: letters together, digits one by one, other signs together."""
SPECIAL = ("<|startoftext|>", "<|endoftext|>")


def byte_letters() -> list[str]:
    """The 256 characters that stand for bytes, as in GPT-2 and CLIP: bytes that print stand for themselves."""
    printed = [*range(33, 127), *range(161, 173), *range(174, 256)]
    rest = iter(range(256, 512))
    return [chr(byte) if byte in printed else chr(next(rest)) for byte in range(256)]


def learn(texts: Iterable[str], size: int) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A vocabulary of ``size`` tokens and its merges, the most frequent pair first; ties go by the alphabet.

    Raises:
        BadInput: ``size`` leaves no room for all bytes.
    """
    letters = byte_letters()
    if size < 2 * len(letters) + len(SPECIAL):
        raise BadInput(f"A vocabulary of bytes has at least {2 * len(letters) + len(SPECIAL)} tokens, not {size}.")
    counts = Counter(word for text in texts for word in WORD.findall(text.lower()))
    words = [([letters[byte] for byte in word.encode()], count) for word, count in counts.items()]
    for parts, _ in words:
        parts[-1] += "</w>"
    tokens = [*letters, *(letter + "</w>" for letter in letters)]
    merges: list[tuple[str, str]] = []
    while len(tokens) + len(SPECIAL) < size:
        pairs: Counter[tuple[str, str]] = Counter()
        for parts, count in words:
            for pair in pairwise(parts):
                pairs[pair] += count
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        tokens.append("".join(best))
        for parts, _ in words:
            _merge(parts, best)
    tokens += [f"<|unused{number}|>" for number in range(size - len(tokens) - len(SPECIAL))]
    return {token: number for number, token in enumerate([*tokens, *SPECIAL])}, merges


def _merge(parts: list[str], pair: tuple[str, str]) -> None:
    at = 0
    while at < len(parts) - 1:
        if (parts[at], parts[at + 1]) == pair:
            parts[at : at + 2] = ["".join(pair)]
        at += 1


def save(vocabulary: dict[str, int], merges: list[tuple[str, str]], words: int, folder: Path) -> Any:
    """Write CLIP's tokenizer files into ``folder`` and return the tokenizer."""
    from transformers import CLIPTokenizer

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    made = CLIPTokenizer.from_pretrained(folder, model_max_length=words)
    made.save_pretrained(folder)
    return made


def load(folder: Path) -> Any:
    """The tokenizer that :func:`save` wrote.

    Raises:
        BadInput: there is none.
    """
    from transformers import CLIPTokenizer

    if not (folder / "vocab.json").is_file():
        raise BadInput(f"There is no tokenizer in {folder}; run `python -m training tokenizer` first.")
    return CLIPTokenizer.from_pretrained(folder)
