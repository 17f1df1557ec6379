"""How far a selection may be trusted, and that people are told where it is doubtful."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import SHARED, disc, need, no_inputs, photo_of

import masks
from imaging.photo import load
from masks import doubt, salient
from masks.base import Prediction
from recipe import MaskRecipe, Source

SIDE = 200
SURE = disc(SIDE, SIDE, 60).astype(np.float32) / 255
PATCHY = SURE.copy()
PATCHY[60:130, 60:100] = 0.6  # a wheel with a plank behind it
HALF = SURE.copy()
HALF[:, : SIDE // 2] = 0


def measure(
    probability: np.ndarray, disagreement: float | None, models: tuple[str, ...] = ("u2netp",)
) -> masks.Doubt | None:
    return doubt.measure(Prediction(probability, 1 / 320, models, disagreement=disagreement))


def test_one_answer_alone_says_nothing_of_itself() -> None:
    assert measure(SURE, None) is None


def test_a_clear_answer_of_networks_that_agree_is_trusted() -> None:
    found = measure(SURE, 0.02)
    assert found
    assert found.value < 0.12
    assert found.sentence == ""


@pytest.mark.parametrize(
    ("probability", "disagreement", "models", "why"),
    [
        (SURE, 0.6, ("u2netp",), "It is uncertain what belongs to the subject (the views of a network disagree)"),
        (SURE, 0.6, ("u2netp", "mobile-sam"), "It is uncertain what belongs to the subject (the networks disagree)"),
        (PATCHY, 0.1, ("u2netp",), "It is uncertain whether some parts belong"),
        (PATCHY, 0.1, ("u2netp", "mobile-sam"), "It is uncertain whether some parts belong"),
    ],
)
def test_why_an_answer_is_doubtful_is_said_with_the_way_out(
    probability: np.ndarray, disagreement: float, models: tuple[str, ...], why: str
) -> None:
    found = measure(probability, disagreement, models)
    assert found
    assert found.value > doubt.DOUBTFUL
    assert found.sentence.startswith(why)
    assert "clicking on the subject" in found.sentence


def test_more_disagreement_and_larger_unsure_parts_mean_more_doubt() -> None:
    values = [found.value for d in (0.0, 0.2, 0.6) for p in (SURE, PATCHY) if (found := measure(p, d))]
    assert values[0] < values[2] < values[4]
    assert all(sure < unsure for sure, unsure in zip(values[::2], values[1::2], strict=True))


@pytest.mark.parametrize("side", [SIDE, 1000])
def test_the_blur_of_an_outline_is_no_doubt(side: int) -> None:
    """An outline is as wide on the networks' grid whatever the size of the answer."""
    sharp, blurred = (disc(side, side, 0.3 * side, soft=soft).astype(np.float32) / 255 for soft in (1, side / 80))
    moved = np.roll(sharp, round(side / 320), axis=1)
    assert doubt.unsureness(blurred) == 0
    assert doubt.disagreement(sharp, moved) == 0


def test_disagreement_is_the_share_that_only_one_of_both_has() -> None:
    assert doubt.disagreement(SURE, SURE) == 0
    assert doubt.disagreement(SURE, HALF) == pytest.approx(0.5, abs=0.03)
    assert doubt.disagreement(HALF, SURE) == doubt.disagreement(SURE, HALF)
    assert doubt.disagreement(SURE, np.zeros_like(SURE)) == pytest.approx(1, abs=0.03)


def test_nothing_found_is_no_division_by_nothing() -> None:
    nothing = np.zeros((3, 500), np.float32)
    assert doubt.unsureness(nothing) == doubt.disagreement(nothing, nothing) == 0


@pytest.mark.parametrize(
    ("name", "doubtful"),
    [("product_bicycle.jpg", True), ("seed_avataar_bagpack.jpg", True), ("rabbit.jpeg", False)],
)
def test_a_plank_kept_with_a_bicycle_gets_no_tick(name: str, doubtful: bool, u2netp: None) -> None:
    """Nor does a desk that is kept with the curtain under it."""
    photo = load((need(SHARED / "photos") / name).read_bytes(), name)
    found = doubt.measure(masks.predict(photo, Source(name="auto"), no_inputs))
    assert found
    assert bool(found.sentence) is doubtful


def test_the_selection_carries_its_doubt_until_it_is_touched_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salient, "predict", lambda model, rgb: (SURE, 0.95))
    photo = photo_of(np.full((SIDE, SIDE, 3), 120, np.uint8))
    found = masks.find(photo, Source(name="rembg"), no_inputs)
    assert found.doubt
    assert found.doubt.sentence in found.notes
    chosen = MaskRecipe.model_validate({"layers": [{"source": {"name": "rembg"}}], "objects": "largest"})
    assert masks.finish(photo, found, chosen.model_copy(update={"objects": "all"}), no_inputs).doubt == found.doubt
    assert masks.finish(photo, found, chosen, no_inputs).doubt is None
