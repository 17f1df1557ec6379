"""What the page remembers of earlier answers: never more than still holds."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from pages import Page, cut_out, opaque

import masks
from imaging import provenance
from imaging.photo import load
from jobs import history, store
from jobs.database import digests_in
from recipe import Recipe
from ui.workspace import Workspace


def test_a_backdrop_picture_works_again_after_the_store_was_emptied(own_folders: Path) -> None:
    photo, behind = cut_out(), opaque(100, 80)
    page = Page().upload(photo, "disc.png").open("Background").set("background.kind", "image")
    page.upload(behind, "beach.png").click("make")
    first = page.app.session_state["workspace"].results
    shutil.rmtree(own_folders / "store")
    store.default().put(photo)
    page.open("Background").upload(opaque(101, 80), "other.png").upload(behind, "beach.png").click("make")
    assert (page.step, page.app.session_state["workspace"].results) == ("Result", first)


def test_a_framed_picture_that_the_store_lost_is_made_again(own_folders: Path) -> None:
    page = Page().upload(cut_out(), "disc.png").open("Background").set("background.kind", "image")
    page.upload(opaque(100, 80), "beach.png").click("make")
    (digest,) = page.app.session_state["workspace"].results
    backdrop = Recipe.from_json(provenance.read(store.default().get(digest), "result").recipe).backdrop
    assert backdrop.kind == "image"
    store.default()._path(backdrop.digest).unlink()
    page.open("Background").click("make")
    assert (page.step, page.app.session_state["workspace"].results) == ("Result", [digest])


def test_a_cut_out_is_by_the_selection_in_the_file(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page().upload(cut_out(), "disc.png").open("Background").click("make")
    (digest,) = page.app.session_state["workspace"].results
    selection = provenance.read(store.default().get(digest), "result").selection
    from ui import exports

    def search(*_: object) -> masks.Selection:
        raise AssertionError("the subject was searched for again")

    monkeypatch.setattr(masks, "select", search)
    cut = load(exports._cut_out(digest))
    assert cut.alpha is not None
    assert np.array_equal(cut.alpha, selection)


def test_settings_of_another_photo_bring_its_name_back(own_folders: Path) -> None:
    page = Page().upload(cut_out(), "cat.png").open("Background").click("make")
    (entry,) = history.entries(page.visitor)
    page.open("Photo").upload(cut_out(300, 200, 60), "dog.png")
    assert page.app.session_state["workspace"].photo_name == "dog.png"
    page.set(f"entry.{entry.id}", "Use its settings again")
    here = page.app.session_state["workspace"]
    assert entry.recipe
    assert here.photo == entry.recipe.photo
    assert "dog" not in page.said
    assert here.photo_name == "cat.png"
    left = here.model_dump_json(include={"photo_names"})
    assert not digests_in(left), "names alone do not keep photos from being cleaned away"


def test_a_photo_keeps_the_name_it_had_in_an_earlier_version() -> None:
    digest = "ab" * 32
    for earlier in ({"background": {"photo": digest}}, {"photo": digest, "values": {}}):
        read = Workspace.model_validate({"photo_name": "cat.jpg", **earlier})
        assert (read.photo, read.photo_name) == (digest, "cat.jpg")
