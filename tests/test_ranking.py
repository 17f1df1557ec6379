"""``auto`` uses the best salient network that is installed. The networks here are real ONNX files of one layer, run by
rembg's own sessions: each finds what is bright, or what is dark."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import no_inputs, photo_of
from pages import Page

import masks
import models
from imaging.encode import encode
from jobs import downloads, queue
from masks import loaded, ranking
from masks.onnxfile import Network
from recipe import Source

BRIGHT, DARK = (60, 60), (60, 140)  # row, column of a bright and a dark square on grey
Install = Callable[[str, float], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a network of one layer where the weights of an id are looked for; nothing else is installed."""
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(loaded, "_models", loaded.empty())
    masks.forget()

    def install(id: str, sign: float) -> None:
        side = 320 if id in ("u2netp", "u2net", "silueta") else 1024
        network = Network((1, 3, side, side))
        data = network.save(network.add("Conv", "image", network.constant(np.full((1, 3, 1, 1), sign, np.float32))))
        (tmp_path / f"{id}.onnx").write_bytes(data)
        entry = models.MODELS[id]
        file = replace(entry.files[0], size=len(data), digest=f"sha256:{hashlib.sha256(data).hexdigest()}")
        monkeypatch.setitem(models.MODELS, id, replace(entry, files=(file,)))

    return install


def two_squares() -> np.ndarray:
    pixels = np.full((120, 200, 3), 128, np.uint8)
    pixels[40:80, 40:80], pixels[40:80, 120:180] = 255, 0
    return pixels


def found() -> tuple[masks.Selection, bool, bool]:
    """What ``auto`` selects on a photo with a bright and a dark square: which of them it is."""
    selection = masks.find(photo_of(two_squares()), Source(name="auto"), no_inputs)
    return selection, bool(selection.values[BRIGHT] >= 128), bool(selection.values[DARK] >= 128)


def test_u2netp_alone_is_used(install: Install) -> None:
    install("u2netp", -1)
    selection, bright, dark = found()
    assert (bright, dark, selection.models) == (False, True, ("u2netp",))


@pytest.mark.parametrize("better", ["isnet-general-use", "silueta", "birefnet-general-lite"])
def test_a_better_one_is_used_instead(install: Install, better: str) -> None:
    install("u2netp", -1)
    install(better, 8)  # BiRefNet's session takes a sigmoid of it
    selection, bright, dark = found()
    assert (bright, dark, selection.models) == (True, False, (better,))


def test_what_was_remembered_does_not_outlast_a_better_network(install: Install) -> None:
    install("u2netp", -1)
    assert found()[0].models == ("u2netp",)
    install("isnet-general-use", 1)
    assert found()[0].models == ("isnet-general-use",)


def test_the_next_better_one_is_offered_until_the_best_is_here(install: Install) -> None:
    for expected in (*ranking.OFFERED, None):
        offered = ranking.next_better()
        assert (offered.id if offered else None) == expected
        if offered:
            assert offered.size > 100_000_000
            assert offered.licence
            install(offered.id, 1)
    assert ranking.best_installed() == "birefnet-general"


def test_the_page_offers_it_in_one_click_and_uses_it(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "ensure_worker", lambda: None)
    install("u2netp", -1)
    page = Page().upload(encode(two_squares(), "PNG"))
    first, better, _ = ranking.OFFERED
    by_u2netp = found_by(page)
    assert page.app.button(key=f"download.{first}").label == "Get better masks (download of 179 MB)"
    assert "Apache-2.0" in page.app.button(key=f"download.{first}").help

    page.click(f"download.{first}")
    begun = downloads.download_of(first)
    assert begun
    assert begun.state == "queued"
    assert f"stop_download.{first}" in page.buttons()
    page.click(f"stop_download.{first}").run()
    assert f"download.{first}" in page.buttons()

    install(first, 8)
    page.run()
    assert f"download.{better}" in page.buttons()
    assert by_u2netp == models.MODELS["u2netp"].title
    assert found_by(page) == models.MODELS[first].title
    page.set("subject.view", "Heat map")
    by_the_first = heat(page)
    install(better, -8)
    page.run()
    assert heat(page) != by_the_first, "the heat map is of the network that is used now"
    page.set("layers.0.source", "rembg")
    assert not any(key.startswith("download.") for key in page.buttons())


def found_by(page: Page) -> str:
    """The titles of the networks that the page names."""
    (said,) = [caption for caption in page.app.caption if caption.value.startswith("Found by ")]
    names = said.proto.help or said.value.removeprefix("Found by ").partition(". Last time ")[0]
    return str(names).removesuffix(".")


def heat(page: Page) -> str:
    """The address of the picture on the stage, which follows its content."""
    (shown,) = [image for image in page.app.image if image.proto.imgs[0].alt.startswith("Heat map")]
    return str(shown.proto.imgs[0].url)


def test_only_networks_for_any_subject_are_ranked() -> None:
    assert set(ranking.RANKING) <= set(models.MODELS)
    assert set(ranking.OFFERED) < set(ranking.RANKING)
    places = [list(ranking.RANKING).index(id) for id in ranking.OFFERED]
    assert places == sorted(places, reverse=True)
