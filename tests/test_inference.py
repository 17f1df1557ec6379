"""ONNX networks run alike by OpenVINO and by onnxruntime, and what was compiled is kept whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from masks import inference, onnxfile
from models import places, runtime

pytest.importorskip("openvino", reason="openvino is not installed")

VALUES = np.random.default_rng(0).random((1, 3, 32, 32), dtype=np.float32)
CLOSE = 0.02  # bfloat16 has 8 bits, and the sums are of 27 products below 1


def small(scale: float = 1.0) -> bytes:
    """A convolution and what makes it positive."""
    net = onnxfile.Network(VALUES.shape)
    weights = np.random.default_rng(1).standard_normal((8, 3, 3, 3), dtype=np.float32) * np.float32(scale / 5)
    return net.save(net.add("Relu", net.add("Conv", "image", net.constant(weights))))


def test_openvino_answers_as_onnxruntime_does(own_folders: Path) -> None:
    expected = inference.by_onnxruntime(small())(VALUES)
    first = inference.by_openvino("small", small())(VALUES)
    (kept,) = places.converted().iterdir()
    again = inference.by_openvino("small", small())(VALUES)
    assert expected.std() > 0.1
    assert first == pytest.approx(expected, abs=CLOSE)
    assert np.array_equal(first, again)
    assert list(places.converted().iterdir()) == [kept]


def test_answers_are_not_overwritten_by_the_next(own_folders: Path) -> None:
    run = inference.by_openvino("small", small())
    first = run(VALUES)
    before = first.copy()
    run(1 - VALUES)
    assert np.array_equal(first, before)


def test_a_damaged_file_is_compiled_anew(own_folders: Path) -> None:
    expected = inference.by_openvino("small", small())(VALUES)
    (kept,) = places.converted().iterdir()
    whole = kept.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], b"nothing of the kind"):
        kept.write_bytes(damaged)
        assert np.array_equal(inference.by_openvino("small", small())(VALUES), expected)
        assert len(kept.read_bytes()) == len(whole)


def test_other_weights_take_the_place_of_earlier_ones(own_folders: Path) -> None:
    places.converted().mkdir()
    (places.converted() / "small--onnx--0123456789abcdef.blob.1.part").write_bytes(b"half")
    one, two = (inference.by_openvino("small", small(scale))(VALUES) for scale in (1.0, 2.0))
    assert two == pytest.approx(2 * one, abs=2 * CLOSE)
    assert len(list(places.converted().iterdir())) == 1


def test_a_folder_that_cannot_be_written_to_is_no_hindrance(own_folders: Path) -> None:
    places.converted().write_text("a file where the folder should be")
    assert inference.by_openvino("small", small())(VALUES).std() > 0.1


@pytest.mark.parametrize("units", [True, False])
@pytest.mark.parametrize("asked", ["", "pytorch"])
def test_openvino_runs_where_the_processor_multiplies_bfloat16(
    units: bool, asked: str, monkeypatch: pytest.MonkeyPatch, own_folders: Path
) -> None:
    monkeypatch.setenv(runtime.RUNTIME, asked)
    monkeypatch.setattr(runtime, "multiplies_bfloat16", lambda: units)
    inference.load("small", small())
    assert places.converted().exists() == (units and not asked)
