"""How well sentences are read as scenes: prompts of product photographers, photo captions, and what must be refused.

    python -m benchmarks.sentences                               the 200 prompts of tests/data
    python -m benchmarks.sentences --captions captions.jsonl     captions of photographs of places, too
    python -m benchmarks.sentences --misses                      also print every miss

A prompt is read rightly where the scene is one of those written down for it by hand, and where every option written
down has one of its values. Half of the prompts are held out: words were chosen by looking at the misses of the others.
"""

from __future__ import annotations

import argparse
import json
import time
import zlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from errors import BadInput
from imaging.scenes import SCENES
from imaging.scenes.colours import lab
from imaging.sentences import Reading, read

DATA = Path(__file__).parents[1] / "tests" / "data"
NEAR = 12.0  # CIE76 between a colour that was read and the one that was meant

LABELS = {
    "mountain": ["mountains", "snow"],
    "ocean": ["sea"],
    "beach": ["sea"],
    "coast": ["sea"],
    "desert": ["dunes"],
    "sky": ["sky", "clouds"],
    "night_sky": ["sky", "space"],
    "snow": ["snow", "mountains", "forest"],
    "hills": ["mountains"],
    "city_night": ["city"],
    "city": ["city"],
    "street": ["street", "city"],
    "forest": ["forest", "fog", "autumn"],
    "lake": ["lake"],
    "mountain_lake": ["lake", "mountains"],
    "field": ["field", "meadow"],
    "park": ["meadow", "autumn", "snow", "forest"],
    "garden": ["meadow"],
    "bedroom": ["room"],
    "living_room": ["room"],
    "interior": ["room"],
    "kitchen": ["kitchen"],
    "office": ["office"],
    "cafe": ["cafe"],
    "bathroom": ["bath"],
    "autumn": ["autumn", "forest"],
    "space": ["space"],
    "studio": ["paper", "wall"],
}
"""Scenes that a place's label allows, the place itself first: a label is covered where there is that scene.

Sunsets, textures, roads and others that name no single place are left out.
"""


def rightly(prompt: dict[str, Any], reading: Reading) -> bool:
    """Whether a reading is what was written down for the prompt by hand."""
    if reading.scene not in prompt["scenes"]:
        return False
    if reading.scene != prompt["scenes"][0]:
        return True
    return all(_is_one_of(reading.values.get(option), wanted) for option, wanted in prompt["values"].items())


def _is_one_of(value: Any, wanted: list[Any]) -> bool:
    if isinstance(value, str) and value.startswith("#"):
        a = lab(value)
        return any(float(((a - lab(other)) ** 2).sum() ** 0.5) < NEAR for other in wanted)
    if isinstance(value, float):
        return any(abs(value - other) < 0.06 for other in wanted)
    return value in wanted


def covered(scenes: Iterable[str]) -> bool:
    return any(name in SCENES for name in scenes)


def understood(sentence: str) -> Reading | None:
    try:
        return read(sentence)
    except BadInput:
        return None


def prompts(held_out: bool) -> tuple[int, int, list[str]]:
    """Right, all, and misses, of the prompts that the scenes cover."""
    right, count, missed = 0, 0, []
    for line in (DATA / "prompts.jsonl").read_text(encoding="utf-8").splitlines():
        prompt = json.loads(line)
        if prompt["held_out"] != held_out or not covered(prompt["scenes"]):
            continue
        reading = understood(prompt["prompt"])
        count += 1
        if reading is not None and rightly(prompt, reading):
            right += 1
        else:
            missed.append(
                f"{prompt['prompt']}\n    wanted {prompt['scenes']} {prompt['values']}\n    {_shown(reading)}"
            )
    return right, count, missed


def by_scene() -> dict[str, tuple[int, int]]:
    """Right and all of the prompts by the scene that was meant first, of those that are drawn."""
    found: dict[str, tuple[int, int]] = {}
    for line in (DATA / "prompts.jsonl").read_text(encoding="utf-8").splitlines():
        prompt = json.loads(line)
        scene = next((name for name in prompt["scenes"] if name in SCENES), None)
        if scene is None:
            continue
        reading = understood(prompt["prompt"])
        right, count = found.get(scene, (0, 0))
        found[scene] = right + int(reading is not None and rightly(prompt, reading)), count + 1
    return dict(sorted(found.items(), key=lambda item: -item[1][1]))


def refused() -> tuple[int, int, list[str]]:
    """Refused, all, and those that were drawn all the same."""
    sentences = json.loads((DATA / "refused.json").read_text(encoding="utf-8"))
    drawn = [(sentence, understood(sentence)) for sentence in sentences]
    missed = [f"{sentence}\n    {_shown(reading)}" for sentence, reading in drawn if reading is not None]
    return len(sentences) - len(missed), len(sentences), missed


def captions(path: Path, held_out: bool) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """By label: right, all, and misses as "label: caption -> scene", of the half by the captions' checksum."""
    right: Counter[str] = Counter()
    count: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for line in path.read_text(encoding="utf-8").splitlines():
        picture = json.loads(line)
        wanted = LABELS.get(picture["label"], [])
        if not covered(wanted[:1]) or zlib.crc32(picture["caption"].encode()) % 2 != held_out:
            continue
        reading = understood(picture["caption"])
        count[picture["label"]] += 1
        if reading is not None and reading.scene in wanted:
            right[picture["label"]] += 1
        else:
            missed[f"{picture['label']}: {picture['caption']} -> {reading.scene if reading else 'refused'}"] += 1
    return right, count, missed


def milliseconds() -> float:
    """Of one reading, the middle of all prompts, each read for the first time."""
    taken = []
    for line in (DATA / "prompts.jsonl").read_text(encoding="utf-8").splitlines():
        started = time.perf_counter()
        understood(json.loads(line)["prompt"])
        taken.append(1000 * (time.perf_counter() - started))
    return sorted(taken)[len(taken) // 2]


def _shown(reading: Reading | None) -> str:
    if reading is None:
        return "refused"
    return f"read as {reading.scene} {dict(reading.options)}, unused {list(reading.unused_words)}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--captions", type=Path)
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--peek", action="store_true", help="also the misses of the half that is held out")
    wanted = parser.parse_args()
    for held_out, title in ((False, "prompts, words tuned on them"), (True, "prompts, held out")):
        right, count, missed = prompts(held_out)
        print(f"{title}: {right} of {count}, {right / count:.1%}")
        if wanted.misses and (not held_out or wanted.peek):
            print("\n".join(missed))
    for scene, (right, count) in by_scene().items():
        print(f"    {scene:14} {right:4} of {count:4}  {right / count:.1%}")
    right, count, missed = refused()
    print(f"sentences that cannot be drawn: {right} of {count} refused")
    if wanted.misses and missed:
        print("\n".join(missed))
    print(f"a reading takes {milliseconds():.1f} ms")
    if wanted.captions:
        both = [captions(wanted.captions, held_out) for held_out in (False, True)]
        right_by, count_by = both[0][0] + both[1][0], both[0][1] + both[1][1]
        for label, total in sorted(count_by.items(), key=lambda pair: -pair[1]):
            share = right_by[label] / total
            print(f"    {label:14} {right_by[label]:4} of {total:4}  {share:.1%}  ({', '.join(LABELS[label])})")
        for (right_in, count_in, _), title in zip(both, ("words tuned on them", "held out"), strict=True):
            share = right_in.total() / count_in.total()
            print(f"captions, {title}: {right_in.total()} of {count_in.total()}, {share:.1%}")
        print(f"captions: {right_by.total()} of {count_by.total()}, {right_by.total() / count_by.total():.1%}")
        if wanted.misses:
            print("\n".join(f"{number:4} {line}" for line, number in both[0][2].most_common(90)))


if __name__ == "__main__":
    main()
