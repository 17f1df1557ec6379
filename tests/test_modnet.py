"""Hair and fur by a matting network: its alpha near the outline, where it means the same subject."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import no_inputs, photo_of

import masks
import models
from imaging.photo import Photo
from masks import Selection, modnet, onnxfile
from masks.base import Mask
from recipe import MaskRecipe
from ui import selecting

HEIGHT, WIDTH = 512, 640  # what the network sees, so nothing is scaled
STRANDS = 8


@pytest.fixture
def network(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _install(own_folders, monkeypatch)


def _install(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network whose alpha is the photo's red, in the place of MODNet's weights."""
    net = onnxfile.Network((1, 3, HEIGHT, WIDTH))
    red = net.add("Conv", "image", net.constant(np.array([0.5, 0, 0], np.float32).reshape(1, 3, 1, 1)))
    data = net.save(net.add("Add", red, net.constant(np.full(1, 0.5, np.float32))))
    (file,) = models.MODELS[modnet.ID].files
    place = own_folders / "weights" / file.path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    known = replace(file, size=len(data), digest=f"sha256:{hashlib.sha256(data).hexdigest()}")
    monkeypatch.setitem(models.MODELS, modnet.ID, replace(models.MODELS[modnet.ID], files=(known,)))
    monkeypatch.setenv("BACKDROP_RUNTIME", "pytorch")


def _mask(*, strands: bool = False, blob: bool = False, at: int = 320) -> Mask:
    """A disc; with strands of three pixels out of it, or with something at its side."""
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(drawn, (at, 256), 120, 255, -1)
    for turn in np.arange(STRANDS) * 2 * np.pi / STRANDS if strands else ():
        ends = [(round(at + r * np.cos(turn)), round(256 + r * np.sin(turn))) for r in (110, 138)]
        cv2.line(drawn, *ends, 255, 3)
    if blob:
        cv2.circle(drawn, (at + 128, 256), 26, 255, -1)
    return drawn


def _photo(alpha: Mask) -> Photo:
    return photo_of(np.dstack([alpha, np.full_like(alpha, 60), np.full_like(alpha, 90)]))


@pytest.mark.usefixtures("network")
def test_strands_that_the_network_sees_are_in_the_mask() -> None:
    truth, plain = _mask(strands=True), _mask()
    refined = modnet.refine(_photo(truth), plain)
    assert refined is not None
    strands = (truth > 0) & (plain == 0)
    assert refined[strands].mean() > 200
    assert np.abs(refined.astype(int) - truth)[~strands].mean() < 1


@pytest.mark.usefixtures("network")
def test_where_both_differ_over_a_patch_the_mask_stays() -> None:
    plain = _mask()
    refined = modnet.refine(_photo(_mask(strands=True, blob=True)), plain)
    assert refined is not None
    assert np.array_equal(refined[:, 430:], plain[:, 430:]), "beside the disc, where the network sees something more"
    assert refined[:, :210].sum() > plain[:, :210].sum(), "and on the other side there are strands"


@pytest.mark.usefixtures("network")
def test_another_subject_is_left_to_the_colours() -> None:
    assert modnet.refine(_photo(_mask(at=420)), _mask(at=220)) is None
    assert modnet.refine(_photo(np.zeros((HEIGHT, WIDTH), np.uint8)), np.zeros((HEIGHT, WIDTH), np.uint8)) is None


def test_without_its_weights_hair_is_left_to_the_colours(own_folders: Path) -> None:
    assert not models.is_installed(modnet.ID)
    assert modnet.refine(_photo(_mask(strands=True)), _mask()) is None


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("same", [True, False])
def test_a_mask_says_whether_the_network_refined_it(same: bool) -> None:
    truth = _mask(strands=True, at=320 if same else 420)
    found = masks.finish(_photo(truth), Selection(_mask()), MaskRecipe(matting=True), no_inputs)
    assert (modnet.ID in found.models) == same
    assert modnet.ID not in masks.finish(_photo(truth), Selection(_mask()), MaskRecipe(), no_inputs).models


def test_what_is_remembered_of_a_refined_mask_is_made_anew_when_the_network_arrives(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = _photo(_mask())
    refined, plain = MaskRecipe(matting=True), MaskRecipe()
    before = [selecting.key_of(photo, each) for each in (refined, plain)]
    _install(own_folders, monkeypatch)
    after = [selecting.key_of(photo, each) for each in (refined, plain)]
    assert before[0] != after[0]
    assert before[1] == after[1]
