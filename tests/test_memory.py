"""The page's memory: one budget for all visitors, and nothing lost but time where it is small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import photo_of, picture
from hypothesis import given
from hypothesis import strategies as st
from pages import Page, cut_out
from PIL import Image

from jobs import settings
from masks import Selection
from ui import memory
from ui.memory import Memory, size_of
from ui.selecting import Found


@pytest.fixture
def budget(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """A small memory in place of the process's own."""
    small = Memory(2_000_000)
    monkeypatch.setattr(memory, "_shared", small)
    return small


def test_what_is_kept_is_not_made_again_and_the_least_recently_used_goes_first() -> None:
    kept, made = Memory(3_500), []

    def make(name: str) -> bytes:
        def make() -> bytes:
            made.append(name)
            return bytes(1000)

        return kept.get((name, "kind", "key"), make)

    for name in ("ann", "bob", "cy", "ann", "dee", "ann", "bob"):
        make(name)
    assert made == ["ann", "bob", "cy", "dee", "bob"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3000)), max_size=40))
def test_never_more_than_the_budget(values: list[tuple[int, int]]) -> None:
    kept = Memory(5_000)
    for key, size in values:
        assert len(kept.get((str(key), "kind", "key"), lambda size=size: bytes(size))) <= 3000  # type: ignore[misc]
        assert kept.size <= 5_000


def test_what_is_larger_than_the_budget_is_given_and_not_kept() -> None:
    kept = Memory(100)
    assert len(kept.get(("ann", "kind", "key"), lambda: bytes(1000))) == 1000
    assert kept.size == 0


def test_a_session_or_a_kind_is_forgotten() -> None:
    kept = Memory(1e6)
    for session in ("ann", "bob"):
        for kind in ("photo", "selection"):
            kept.put((session, kind, "key"), b"value")
    kept.forget("ann", "photo")
    assert ("ann", "photo", "key") not in kept
    assert ("ann", "selection", "key") in kept
    kept.forget("ann")
    assert ("ann", "selection", "key") not in kept
    assert ("bob", "photo", "key") in kept


def test_sizes_are_those_of_arrays_pictures_and_bytes_and_each_is_counted_once() -> None:
    array = np.zeros((100, 200, 3), np.uint8)
    assert size_of(array) == size_of(array[:10]) == size_of(array[::2, ::2]) == 60_000
    assert 60_000 <= size_of((array, array[5:])) < 61_000
    assert size_of(Image.new("RGB", (100, 200))) == 60_000
    selection = Selection(np.zeros((100, 200), np.uint8), probability=np.zeros((50, 50), np.float32))
    assert 30_000 <= size_of(Found(selection)) < 31_000
    photo = photo_of(picture(300, 200))
    assert 180_000 <= size_of(photo) < 190_000


def test_a_page_without_memory_does_all_and_a_small_one_stays_within_it(own_folders: Path, budget: Memory) -> None:
    pages = [Page().upload(cut_out(700 + number, 500, 120), "disc.png") for number in range(3)]
    for page in pages:
        page.open("Background").click("make")
        assert page.step == "Result"
        assert budget.size <= 2_000_000
    first = pages[0].run()
    assert "The subject is untouched" in first.said


def test_the_budget_is_set_in_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BACKDROP_PAGE_MEMORY", raising=False)
    assert settings.page_memory() == 1_000_000_000
    monkeypatch.setenv("BACKDROP_PAGE_MEMORY", "250")
    assert settings.page_memory() == 250_000_000
