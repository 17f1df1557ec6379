"""The making of the pocket model, at a tiny size on rendered scenes."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from errors import BadInput
from training import captions, config, data, legs, synthetic, tokenizer, trial
from training.autoencoder import Autoencoder
from training.denoiser import Denoiser

TINY = dataclasses.replace(
    config.TOY,
    side=32,
    buckets=(config.Bucket(32, 32, 1.0),),
    vae_width=8,
    vae_crop=32,
    vae_batch=4,
    channels=(16, 16),
    heads=(2, 2),
    text_width=16,
    batch=4,
    pool=64,
    pool_steps=2,
)


@pytest.fixture(scope="module")
def pack() -> data.Pack:
    plans = [dataclasses.replace(plan, size=synthetic.Size(64, 64)) for plan in synthetic.plans(3, seed=1)]
    pictures = data.Pictures.of([synthetic.draw(plan) for plan in plans], [synthetic.facts(plan) for plan in plans])
    return data.Pack(pictures, torch.zeros(0, 4, data.THING, data.THING, dtype=torch.uint8))


def words(pack: data.Pack, folder: Path) -> Any:
    texts = [str(fact["caption"]) for fact in pack.pictures.facts]
    return tokenizer.save(*tokenizer.learn(texts, TINY.vocabulary), TINY.words, folder)


def same(one: Any, two: Any) -> bool:
    if isinstance(one, torch.Tensor):
        return torch.equal(one, two)
    if isinstance(one, dict):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    return bool(one == two)


@pytest.mark.parametrize("part", ["autoencoder", "denoiser"])
def test_a_stopped_run_goes_on_as_if_it_had_not_been_stopped(part: str, pack: data.Pack, tmp_path: Path) -> None:
    cpu = torch.device("cpu")

    def make() -> Any:
        if part == "autoencoder":
            return Autoencoder(TINY, pack, 2, cpu)
        coder = config.autoencoder(TINY).eval().requires_grad_(False)
        coder.load_state_dict(first_coder)
        return Denoiser(TINY, pack, coder, words(pack, tmp_path / "words"), 2, cpu)

    first_coder = config.autoencoder(TINY).state_dict()
    for where, stops in (("one", (2,)), ("two", (1, 2))):
        for stop in stops:
            legs.run(make(), stop, tmp_path / where, name=part, say=lambda line: None)
    one, two = (torch.load(tmp_path / where / f"{part}.state", weights_only=True) for where in ("one", "two"))
    assert one["step"] == 2
    assert same(one, two)


def test_pieces_alone_are_taken_up_at_their_step(pack: data.Pack, tmp_path: Path) -> None:
    cpu = torch.device("cpu")
    first = Autoencoder(TINY, pack, 4, cpu)
    legs.run(first, 2, tmp_path / "here", name="autoencoder", say=lambda line: None)
    legs.to_pieces(first.average.state_dict(), {"step": 2}, "autoencoder", tmp_path)
    weights, notes = legs.from_pieces("autoencoder", tmp_path)
    second = Autoencoder(TINY, pack, 4, cpu)
    second.take_up(weights, notes["step"])
    steps: list[int] = []
    real = second.step
    second.step = lambda number: steps.append(number) or real(number)  # type: ignore[func-returns-value, method-assign]
    assert legs.run(second, 4, tmp_path / "there", name="autoencoder", say=lambda line: None).step == 4
    assert steps == [2, 3]


def test_pieces_hold_what_was_put_in_and_are_missed_when_missing(tmp_path: Path) -> None:
    weights = {f"w{number}": torch.randn(2_000_000) for number in range(5)}
    files = legs.to_pieces(weights, {"step": 7}, "net", tmp_path)
    assert len(files) == 2
    assert max(file.stat().st_size for file in files) <= legs.PIECE
    read, notes = legs.from_pieces("net", tmp_path)
    assert notes == {"step": 7}
    assert all(torch.equal(read[name], value.half().float()) for name, value in weights.items())
    files[0].unlink()
    with pytest.raises(BadInput, match="bring them all"):
        legs.from_pieces("net", tmp_path)


def test_the_last_training_step_holds_no_trace_of_the_picture() -> None:
    assert config.scheduler().alphas_cumprod[-1] == 0


def test_a_blurred_view_is_told_and_a_grey_one_loses_its_colours() -> None:
    facts = {"caption": "a green field"}
    blurred = [captions.wording(facts, captions.View(blur=4), random.Random(seed)) for seed in range(40)]
    grey = [captions.wording(facts, captions.View(grey=True), random.Random(seed)) for seed in range(40)]
    assert sum(any(word in text for word in captions.BLURS) for text in blurred) > 25
    assert all("green" not in text and "black and white" in text for text in grey)


def test_the_whole_model_fits_into_its_forty_megabytes() -> None:
    with torch.device("meta"):
        nets = [make(config.POCKET) for make in (config.autoencoder, config.text_encoder, config.unet)]
    megabytes = 2 * sum(map(config.parameters, nets)) / 1e6
    assert megabytes < 39.5, f"{megabytes:.1f} MB in float16"


def test_a_trial_adds_up_the_whole_run(pack: data.Pack, tmp_path: Path) -> None:
    said: list[str] = []
    minutes = trial.trial(TINY, pack, words(pack, tmp_path), torch.device("cpu"), False, said.append)
    assert minutes > 0
    assert len(said) == 4
    assert f"{minutes:.1f} minutes" in said[-1]
