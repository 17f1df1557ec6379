"""The default source: what several networks agree on, each trusted as far as its grid reaches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import disc, no_inputs, photo_of

from errors import NothingFound
from masks import auto
from masks.base import Context, NoOptions, Prediction

SIDE = 400
GRID = 0.02  # of the photo: DeepLab's

Answers = dict[str, np.ndarray]


@pytest.fixture
def find(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answers], np.ndarray]:
    """``auto`` where other sources answer as told; what is not told finds nothing."""
    monkeypatch.setattr(auto.models, "is_installed", lambda id: True)
    uncertainty = {"rembg": 1 / 320, "deeplab": GRID, "hair": 0.01, "sam": 1 / 256}

    def find(answers: Answers) -> np.ndarray:
        def predict(name: str, photo: Any, /, **options: Any) -> Prediction:
            if name not in answers:
                raise NothingFound(f"{name} sees nothing")
            model = "deeplab-mobilenet-v2" if name == "deeplab" else name
            return Prediction(answers[name].astype(np.float32) / 255, uncertainty[name], (model,))

        photo = photo_of(np.full((SIDE, SIDE, 3), 120, np.uint8))
        prediction = auto.Auto().find(
            photo, NoOptions(), Context(no_inputs, lambda *_, **__: pytest.fail("asked"), predict)
        )
        assert isinstance(prediction, Prediction)
        return prediction.probability >= 0.5

    return find


def test_a_coarse_network_leaves_the_outline_to_a_fine_one(find: Callable[[Answers], np.ndarray]) -> None:
    person = disc(SIDE, SIDE, 100)
    found = find({"rembg": person, "deeplab": disc(SIDE, SIDE, 105)})  # five pixels off, on a grid of eight
    assert (found == (person >= 128)).mean() > 0.9995


def test_a_coarse_network_adds_what_a_fine_one_missed(find: Callable[[Answers], np.ndarray]) -> None:
    head = np.roll(disc(SIDE, SIDE, 30), -110, axis=0)
    seen = disc(SIDE, SIDE, 100)
    found = find({"rembg": seen, "deeplab": np.maximum(seen, head)})
    assert found[SIDE // 2 - 120, SIDE // 2]  # the middle of what only the coarse one sees
    assert not found[SIDE // 2 - 150, SIDE // 2]


def test_nothing_anywhere_is_said(find: Callable[[Answers], np.ndarray]) -> None:
    with pytest.raises(NothingFound, match="No subject stands out"):
        find({})


@pytest.mark.parametrize("sign", [1, -1])
def test_strips_go_and_areas_stay(sign: int) -> None:
    values = np.zeros((100, 100), np.float32)
    values[10:40, 10:40] = sign * 3  # an area
    values[60:64, 10:90] = sign * 5  # a strip
    left = auto.without_strips(values, 11)
    assert left[25, 25] == sign * 3
    assert not left[55:70].any()
    assert (auto.without_strips(values, 1) == values).all()
