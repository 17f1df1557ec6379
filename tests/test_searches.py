"""Searches for the subject that the worker makes: by large networks, or ones that are not here yet."""

from __future__ import annotations

import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from job_helpers import finish
from pages import ROOT, Page, cut_out

import masks
from errors import BadInput
from imaging.photo import Photo, load
from jobs import queue, removal, retention, searches, settings, store, supervisor
from recipe import Layer, Source

ALPHA = (Layer(source=Source(name="alpha")),)
REMBG = (Layer(source=Source(name="rembg", options={"model": "u2netp"})),)


def kept_photo(data: bytes) -> Photo:
    store.default().put(data)
    return load(data, "photo.png")


def sample() -> bytes:
    return (ROOT / "samples" / "mug.jpg").read_bytes()


def test_large_networks_and_missing_ones_take_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    assert not searches.takes_long(ALPHA)
    assert searches.takes_long((Layer(source=Source(name="rembg", options={"model": "u2net"})),))
    assert searches.takes_long((*ALPHA, Layer(source=Source(name="text", options={"phrases": ["the mug"]}))))
    assert searches.networks(REMBG) == ["u2netp"]
    assert not searches.takes_long((Layer(source=Source(name="sam")),)), "nothing was clicked on yet"


def test_every_network_that_a_source_always_needs_is_in_the_table() -> None:
    import models

    for source in masks.SOURCES.values():
        assert set(getattr(source, "needed_weights", ())) <= set(models.MODELS)


def test_the_worker_finds_what_the_page_would_have_found(data: Path, u2netp: None) -> None:
    photo = kept_photo(sample())
    id = searches.submit(photo.digest, REMBG, "ann")
    queue.ensure_worker()
    job = finish(id)
    assert (job.state, job.error) == ("done", None)
    found, here = searches.selection_of(job.results[0]), masks.combine(photo, REMBG, store.default().get)
    for name in [field.name for field in fields(masks.Selection)]:
        one, other = getattr(found, name), getattr(here, name)
        assert np.array_equal(one, other) if isinstance(other, np.ndarray) else one == other, name
    assert here.probability is not None
    assert here.doubt is not None
    assert queue.jobs_of("ann") == [], "a search is no picture"


def test_a_search_without_a_subject_says_so(data: Path) -> None:
    photo = kept_photo(_plain())
    id = searches.submit(photo.digest, ALPHA, "ann")
    queue.ensure_worker()
    job = finish(id)
    assert job.state == "failed"
    assert job.error
    assert "transparen" in job.error


def _plain() -> bytes:
    from imaging.encode import encode

    return encode(np.full((40, 60, 3), 200, np.uint8), "PNG")


def test_a_search_is_counted_cancelled_and_keeps_its_photo(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = kept_photo(cut_out())
    ids = [searches.submit(photo.digest, ALPHA, "ann")]
    monkeypatch.setenv("BACKDROP_MAX_WAITING_ALL", "1")
    with pytest.raises(BadInput, match="all this host takes"):
        searches.submit(photo.digest, ALPHA, "bob")
    retention.clean(now=time.time() + 1000 * 86_400)
    assert store.default().has(photo.digest)
    for id in ids:
        queue.cancel(id)
        assert queue.status(id).state == "cancelled"
    removal.remove_everything("ann")
    assert not store.default().has(photo.digest)


def test_searches_of_pages_that_were_closed_lock_nobody_out(data: Path) -> None:
    photo, most = kept_photo(cut_out()), settings.limits().visitor
    sure = [(Layer(source=Source(name="rembg", options={"model": name})),) for name in ("u2netp", "u2net", "silueta")]
    ids = [searches.submit(photo.digest, layers, "ann") for layers in (*sure, ALPHA)]
    assert len(set(ids)) == most
    assert searches.submit(photo.digest, ALPHA, "ann") == ids[-1], "the same search is joined"
    assert searches.submit(photo.digest, ALPHA, "bob") != ids[-1]
    searches.submit(photo.digest, (*sure[0], *ALPHA), "ann")
    states = [queue.status(id).state for id in ids]
    assert states == ["cancelled", "queued", "queued", "queued"], "the oldest makes room"


def test_a_page_that_is_reloaded_finds_its_search_again(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searches, "takes_long", lambda layers: True)
    monkeypatch.setattr(queue, "ensure_worker", lambda: None)
    page = Page().upload(cut_out(), "disc.png")
    (id,) = page.app.session_state["searches"].values()
    for _ in range(settings.limits().visitor + 1):
        page = page.reload()
    assert list(page.app.session_state["searches"].values()) == [id]
    assert "is being looked for" in page.said
    assert "cancel_search" in page.buttons()


def test_a_result_that_is_damaged_is_refused(data: Path) -> None:
    with pytest.raises(BadInput):
        searches.selection_of(store.default().put(b"no arrays"))
    with pytest.raises(BadInput):
        searches.selection_of("0" * 64)


def test_the_page_leaves_a_long_search_to_the_worker_and_takes_over_what_it_found(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "takes_long", lambda layers: True)
    monkeypatch.setattr(masks, "combine", lambda *_: pytest.fail("the page searched itself"))
    try:
        page = Page().upload(cut_out(), "disc.png")
        (id,) = page.app.session_state["searches"].values()
        assert "is being looked for" in page.said or queue.status(id).finished
        assert finish(id).state == "done"
        page.run()
        assert "is being looked for" not in page.said
        page.open("Background").click("make")
        assert page.step == "Result"
        assert "The subject is untouched" in page.said
    finally:
        supervisor.leave()


def test_a_long_search_can_be_cancelled_on_the_page_and_tried_again(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "takes_long", lambda layers: True)
    monkeypatch.setattr(queue, "ensure_worker", lambda: None)
    page = Page().upload(cut_out(), "disc.png")
    (id,) = page.app.session_state["searches"].values()
    page.click("cancel_search").run()
    assert queue.status(id).state == "cancelled"
    assert "This was cancelled" in page.said
    page.set("layers.0.source", "rembg")
    (other,) = page.app.session_state["searches"].values()
    assert other != id
    page.set("layers.0.source", "auto")
    assert queue.status(other).state == "cancelled", "a search that nobody waits for ends"
