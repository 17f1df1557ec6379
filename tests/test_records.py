"""What is written down: versions and migrations, entries nobody can read, and whose something is."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import time
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from job_helpers import finish, photo, quick, recipe, seeds
from pages import Page

from errors import StudioError
from imaging.encode import encode
from jobs import database, history, places, queue, removal, settings, store, supervisor
from jobs.owner import address_id, owner_id
from recipe import Recipe

TOKEN = "a-visitors-secret-token-of-43-characters-xx"
RECIPES = sorted((Path(__file__).parent / "recipes").glob("v*.json"))


def in_records(statement: str, *values: object) -> list[sqlite3.Row]:
    with database.records(write=True) as table:
        return list(table.execute(statement, values).fetchall())


def naming(folder: Path, token: str) -> list[str]:
    """The files under a folder that hold a token. In another process: opening a database's file here would let go of
    SQLite's own locks on it."""
    found = subprocess.run(["grep", "-rlaF", token, str(folder)], capture_output=True, text=True, check=False)
    return [*found.stdout.splitlines(), *(str(path) for path in folder.rglob(f"*{token}*"))]


# Recipes and rows of another time


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_that_was_ever_released_is_read(path: Path) -> None:
    text = path.read_text()
    assert Recipe.from_json(text).to_json()
    assert f'"version":{path.stem[1]}' in text.replace(" ", "")


def test_the_corpus_of_recipes_holds_every_kind_of_background() -> None:
    kinds = {Recipe.from_json(path.read_text()).backdrop.kind for path in RECIPES}
    assert kinds >= {"colour", "gradient", "sweep", "blur", "image", "transparent", "scene", "generated"}


@pytest.mark.parametrize("row", ['{"version": 0, "subject": "auto"}', "no JSON at all", "", '{"version": 99}'])
def test_an_entry_nobody_can_read_is_shown_as_such_and_can_be_removed(data: Path, row: str) -> None:
    digest, other = photo(64), photo(80)
    id = history.record("ann", recipe(digest), digest)
    history.record("ann", recipe(other), other)
    in_records("UPDATE history SET recipe = ? WHERE id = ?", row, id)
    fine, unreadable = history.entries("ann")
    assert (fine.digest, fine.problem) == (other, "")
    assert (unreadable.id, unreadable.recipe, unreadable.digest) == (id, None, digest)
    assert unreadable.thumbnail
    print(unreadable.problem)
    assert "another Backdrop" in unreadable.problem
    removal.remove("ann", digest)
    assert history.entries("ann") == [fine]


def test_a_thumbnail_from_the_pixels_is_that_of_the_file(data: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (90, 700, 4), np.uint8)
    digest = store.default().put(encode(pixels, "PNG"))
    history.record("ann", recipe(digest), digest)
    history.record("bob", recipe(digest), digest, history.thumbnail(pixels, None))
    (from_file,), (from_pixels,) = history.entries("ann"), history.entries("bob")
    assert from_file.thumbnail == from_pixels.thumbnail
    first = history.entries("ann")[0].created
    history.record("ann", recipe(digest), digest, b"not looked at: it is there already")
    (again,) = history.entries("ann")
    assert (again.id, again.thumbnail) == (from_file.id, from_file.thumbnail)
    assert again.created > first


def test_a_page_with_an_entry_nobody_can_read_works_and_removes_it(own_folders: Path) -> None:
    page = Page()
    digest = photo(64)
    id = history.record(page.visitor, recipe(digest), digest)
    in_records("UPDATE history SET recipe = '{}', thumbnail = x'00'")
    page.run()
    assert "Unreadable" in page.said
    assert "small picture is damaged" in page.said
    page.set(f"entry.{id}", "Delete it")
    assert history.entries(page.visitor) == []


@pytest.mark.parametrize("broken", ["another schema", "no pickle"])
def test_a_queued_recipe_nobody_can_read_is_listed_and_cancelled(data: Path, broken: str) -> None:
    first, second = queue.submit(quick(1), "ann"), queue.submit(quick(2), "ann")
    break_input(data, first, broken)
    newest, oldest = queue.jobs_of("ann")
    assert (newest.id, oldest.id, oldest.state, oldest.recipe) == (second, first, "queued", None)
    assert oldest.problem
    queue.cancel(first)
    assert queue.status(first).state == "cancelled"


@pytest.mark.parametrize("broken", ["another schema", "no pickle"])
def test_a_queued_recipe_nobody_can_read_does_not_stop_the_others(data: Path, broken: str) -> None:
    first, second = queue.submit(quick(1), "ann"), queue.submit(quick(2), "ann")
    break_input(data, first, broken)
    queue.ensure_worker()
    assert finish(second).state == "done"
    job = finish(first)
    print(job.state, job.error)
    assert (job.state, job.results) == ("failed", ())
    assert job.error
    assert seeds("ann") == [2]


def break_input(data: Path, id: str, how: str) -> None:
    """Make what a job was handed in with unreadable, as another release or a damaged disk would."""
    with sqlite3.connect(data / "jobs" / "queue.sqlite") as table:
        names = {row[1] for row in table.execute("PRAGMA table_info(workflow_input)")}
        where = ("workflow_input", next(name for name in names if "uuid" in name or "id" in name))
        if how == "no pickle":
            changed = table.execute(f"UPDATE {where[0]} SET inputs = 'rubbish' WHERE {where[1]} = ?", (id,)).rowcount
        else:
            from dbos import DBOSClient
            from dbos._serialization import DefaultSerializer

            assert DBOSClient
            text = DefaultSerializer().serialize({"args": ('{"version": 0}',), "kwargs": {}})
            changed = table.execute(f"UPDATE {where[0]} SET inputs = ? WHERE {where[1]} = ?", (text, id)).rowcount
    assert changed == 1


def test_the_databases_of_before_versions_are_taken_over(data: Path) -> None:
    """As the first release wrote it: no version, the token in clear."""
    digest = photo(64)
    jobs = places.folder()
    with sqlite3.connect(jobs / "records.sqlite") as old:
        for statement in database._FIRST:
            assert isinstance(statement, str)
            old.execute(statement)
        old.execute(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?)",
            (str(uuid4()), TOKEN, time.time(), recipe(digest, 5).to_json(), digest, b"small"),
        )
    os.chmod(jobs / "records.sqlite", 0o644)
    id = queue.submit(quick(6), "someone")
    with sqlite3.connect(jobs / "queue.sqlite") as old:
        old.execute("UPDATE workflow_status SET authenticated_user = ?", (TOKEN,))
    old.close()
    assert naming(data, TOKEN)
    database._prepared.clear()
    queue._clients.pop(places.folder()).destroy()
    assert seeds(TOKEN) == [5]
    assert [job.id for job in queue.jobs_of(TOKEN)] == [id]
    (version,) = in_records("PRAGMA user_version")[0]
    assert version == len(database.MIGRATIONS)
    assert naming(data, TOKEN) == []
    queue.ensure_worker()
    assert finish(id).state == "done"
    assert seeds(TOKEN) == [6, 5]


def test_a_database_of_a_newer_backdrop_is_left_alone_in_one_sentence(data: Path) -> None:
    in_records(f"PRAGMA user_version = {len(database.MIGRATIONS) + 1}")
    database._prepared.clear()
    with pytest.raises(StudioError, match="newer Backdrop"):
        history.entries("ann")


# Whose something is


def test_the_token_is_nowhere_and_nothing_is_readable_by_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(0o022)
    try:
        data = tmp_path / "data"
        monkeypatch.setenv("BACKDROP_DATA", str(data))
        page = Page(TOKEN)
        page.set("photo.way", "Describe").set("create.described.prompt", "a quiet lake")
        id = queue.submit(quick(1), TOKEN)
        queue.ensure_worker()
        assert finish(id).state == "done"
        assert seeds(TOKEN) == [1]
        assert naming(data, TOKEN) == []
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        open_to_others = [
            str(path.relative_to(data)) for path in data.rglob("*") if path.exists() and path.stat().st_mode & 0o077
        ]
        assert open_to_others == []
    finally:
        os.umask(before)
        supervisor.leave()


def test_an_open_data_folder_is_closed(data: Path) -> None:
    data.chmod(0o755)
    store.default().put(b"private")
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_an_owner_is_a_digest_that_no_token_passes_for() -> None:
    owner = owner_id(TOKEN)
    assert TOKEN not in owner
    assert owner_id(owner) == owner
    assert owner_id("ann") != owner_id("bob")
    with pytest.raises(ValueError, match="missing"):
        owner_id("")


def test_addresses_are_counted_by_network_and_cannot_be_read(data: Path) -> None:
    assert address_id("203.0.113.7") == address_id("::ffff:203.0.113.7") != address_id("203.0.113.8")
    assert address_id("2001:db8::1") == address_id("2001:db8::ffff") != address_id("2001:db8:1::1")
    assert "203" not in address_id("203.0.113.7")[:3]
    with pytest.raises(ValueError, match="address"):
        address_id("nobody")


# The queue's list is the truth


def test_every_job_that_counts_is_listed_and_can_be_cancelled(data: Path) -> None:
    ids = [queue.submit(quick(seed), "ann") for seed in range(settings.limits().visitor)]
    in_records("DELETE FROM job WHERE id = ?", ids[0])
    assert {job.id for job in queue.jobs_of("ann", limit=1)} == set(ids)
    for id in ids:
        queue.cancel(id)
    assert queue.jobs_of("ann", unfinished_only=True) == []
    queue.submit(quick(), "ann")


def test_a_worker_that_does_not_start_drops_no_job_from_the_page(
    own_folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise StudioError("The worker that makes the pictures does not start.")

    page = Page()
    monkeypatch.setattr(queue, "ensure_worker", refuse)
    here = queue.submit(quick(1), page.visitor)
    page.app.session_state["workspace"].jobs = [here]
    page.run()
    there = queue.submit(quick(2), page.visitor)  # by another tab
    for again in (page.run(), page.reload()):
        assert "does not start" in again.said
        assert {f"cancel.{here}", f"cancel.{there}"} <= again.buttons()
    again.click(f"cancel.{here}")
    assert queue.status(here).state == "cancelled"


def test_looking_at_the_queue_makes_nothing(own_folders: Path) -> None:
    assert queue.jobs_of("ann") == []
    assert list(own_folders.iterdir()) == []
