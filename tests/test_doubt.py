"""How far a selection may be trusted, and that people are told where it is doubtful."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import disc, no_inputs, photo_of

import masks
from masks import doubt, salient
from masks.base import Prediction
from recipe import MaskRecipe, Source

SIDE = 200
SURE = disc(SIDE, SIDE, 60).astype(np.float32) / 255
SOFT = disc(SIDE, SIDE, 60, soft=20).astype(np.float32) / 255
VAGUE = np.clip(disc(SIDE, SIDE, 60, soft=110).astype(np.float32) / 255, 0, 0.7)


def measure(probability: np.ndarray, disagreement: float | None) -> masks.Doubt | None:
    return doubt.measure(Prediction(probability, 1 / 320, ("u2netp",), disagreement=disagreement))


def test_one_answer_alone_says_nothing_of_itself() -> None:
    assert measure(SURE, None) is None


def test_a_clear_answer_of_networks_that_agree_is_trusted() -> None:
    found = measure(SURE, 0.02)
    assert found
    assert found.value < 0.15
    assert found.sentence == ""


@pytest.mark.parametrize(
    ("probability", "disagreement", "why"), [(SOFT, 0.95, "networks disagree"), (VAGUE, 0.5, "outline is vague")]
)
def test_why_an_answer_is_doubtful_is_said_with_the_way_out(
    probability: np.ndarray, disagreement: float, why: str
) -> None:
    found = measure(probability, disagreement)
    assert found
    assert found.value > doubt.DOUBTFUL
    assert why in found.sentence
    assert "clicking on the subject" in found.sentence


def test_more_disagreement_and_vagueness_mean_more_doubt() -> None:
    values = [found.value for d in (0.0, 0.2, 0.6) for p in (SURE, VAGUE) if (found := measure(p, d))]
    assert values[0] < values[2] < values[4]
    assert all(sure < vague for sure, vague in zip(values[::2], values[1::2], strict=True))


def test_the_selection_carries_its_doubt_until_it_is_touched_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(salient, "predict", lambda model, rgb: (SOFT, 0.95))
    photo = photo_of(np.full((SIDE, SIDE, 3), 120, np.uint8))
    found = masks.find(photo, Source(name="rembg"), no_inputs)
    assert found.doubt
    assert found.doubt.sentence in found.notes
    chosen = MaskRecipe.model_validate({"layers": [{"source": {"name": "rembg"}}], "objects": "largest"})
    assert masks.finish(photo, found, chosen.model_copy(update={"objects": "all"}), no_inputs).doubt == found.doubt
    assert masks.finish(photo, found, chosen, no_inputs).doubt is None
