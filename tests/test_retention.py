"""What goes, what stays, and that what a visitor deletes is gone."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from job_helpers import finish, photo, quick, reach, recipe, seeds, slow, until
from pages import Page, cut_out, opaque

from errors import BadInput
from jobs import database, history, queue, removal, retention, settings, store, workspaces
from jobs.owner import owner_id

DAY = 86_400.0


@pytest.fixture(autouse=True)
def own_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BACKDROP_HOSTED", "BACKDROP_KEEP_DAYS", "BACKDROP_KEEP_GB"):
        monkeypatch.delenv(name, raising=False)


def put(content: bytes, days_ago: float) -> str:
    """A file of the store that was handed in some days ago."""
    digest = store.default().put(content)
    age(digest, days_ago)
    return digest


def age(digest: str, days_ago: float) -> None:
    when = time.time() - days_ago * DAY
    os.utime(store.default()._path(digest), (when, when))


def rows(statement: str, *values: object) -> list[tuple[object, ...]]:
    with database.records(write=True) as table:
        return [tuple(row) for row in table.execute(statement, values).fetchall()]


def has(digest: str) -> bool:
    return store.default().has(digest)


# Age


def test_files_that_nothing_names_go_when_they_are_old(data: Path) -> None:
    old, young = put(b"old", 181), put(b"young", 179)
    said = retention.clean(dry_run=True)
    assert (said.files, said.size, has(old)) == (1, 3, True)
    assert retention.clean().files == 1
    assert (has(old), has(young)) == (False, True)
    assert retention.clean().files == 0


def test_an_old_file_stays_as_long_as_an_entry_names_it_and_goes_with_it(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKDROP_KEEP_DAYS", "10")
    original, result = photo(64), photo(80)
    history.record("ann", recipe(original), result)
    for digest in (original, result):
        age(digest, 400)
    assert retention.clean().files == 0
    rows("UPDATE history SET created = ?", time.time() - 11 * DAY)
    said = retention.clean()
    assert (said.entries, said.files, has(original), has(result)) == (1, 2, False, False)
    assert history.entries("ann") == []


def test_workspaces_that_nobody_opened_go_and_open_ones_keep_their_files(data: Path) -> None:
    one, other = put(b"one", 400), put(b"other", 400)
    workspaces.save("ann", workspaces.load("ann"), {"photo": one}, {"results": [one]})
    workspaces.save("bob", workspaces.load("bob"), {"photo": other}, {"results": [other]})
    rows("UPDATE draft SET seen = ? WHERE owner = ?", time.time() - 200 * DAY, owner_id("bob"))
    said = retention.clean()
    assert (said.workspaces, said.files, has(one), has(other)) == (1, 1, True, False)
    assert workspaces.load("bob").draft == {}
    assert [name for (name,) in rows("SELECT owner FROM shared")] == [owner_id("ann")]


def test_finished_jobs_go_with_all_that_was_noted_and_waiting_ones_stay(data: Path) -> None:
    done = queue.submit(quick(1), "ann")
    queue.ensure_worker()
    finish(done)
    rows("UPDATE job SET preview = x'00' WHERE id = ?", done)  # as a worker that was killed leaves it
    retention.clean()
    assert queue.status(done).preview is None
    waiting = queue.submit(slow(2), "ann")
    now = time.time() + 400 * DAY
    digests = {digest for job in queue.unfinished() for digest in job.digests}
    said = retention.clean(now=now)
    assert said.jobs >= 1
    assert all(has(digest) for digest in digests)
    assert done not in [job.id for job in queue.jobs_of("ann")]
    assert rows("SELECT * FROM job WHERE id = ?", done) == rows("SELECT * FROM finished WHERE job = ?", done) == []
    assert queue.status(waiting)


def test_half_written_files_of_a_process_that_was_killed_go(data: Path) -> None:
    digest = store.default().put(b"whole")
    part = store.default()._path(digest).with_name(f"{digest}.abc.part")
    part.write_bytes(b"half")
    assert retention.clean().files == 0
    os.utime(part, (time.time() - 3600, time.time() - 3600))
    assert retention.clean().files == 1
    assert not part.exists()


# Size


def test_beyond_the_size_the_least_recently_used_go_and_never_what_is_needed(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 300_000
    first, second, third, fourth = (put(os.urandom(size), days) for days in (5, 4, 3, 2))
    named, job_photo = put(os.urandom(size), 30), photo(64)
    workspaces.save("ann", workspaces.load("ann"), {"photo": first}, {})  # an open workspace
    workspaces.save("bob", workspaces.load("bob"), {"photo": named}, {})
    rows("UPDATE draft SET seen = ? WHERE owner = ?", time.time() - DAY, owner_id("bob"))
    queue.submit(recipe(job_photo), "ann")
    age(job_photo, 100)
    limit = retention.used().total - 2 * size - 1000
    monkeypatch.setenv("BACKDROP_KEEP_GB", repr(limit / 1e9))
    said = retention.clean()
    assert (said.files, said.size) == (3, 3 * size)
    assert [has(digest) for digest in (second, third, fourth)] == [False] * 3
    assert has(first)
    assert has(named)
    assert has(job_photo)
    monkeypatch.setenv("BACKDROP_KEEP_GB", "0.000001")
    retention.clean()
    assert [has(digest) for digest in (first, named, job_photo)] == [True, False, True]


def test_what_was_just_handed_in_is_left_alone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKDROP_KEEP_GB", "0.000001")
    digest = store.default().put(b"on its way to a workspace")
    assert retention.clean().files == 0
    assert has(digest)


def test_a_file_that_is_handed_in_again_while_it_is_deleted_stays(data: Path) -> None:
    kept, digest = store.default(), put(b"again", 400)
    (looked_at,) = kept.files()
    kept.put(b"again")
    assert not kept.remove_unless_renewed(looked_at)
    assert kept.get(digest) == b"again"
    (looked_at,) = kept.files()
    assert kept.remove_unless_renewed(looked_at)
    assert list(kept.files()) == []


def test_many_files_go_in_batches(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_BATCH", 3)
    history.record("ann", recipe(photo(64)), photo(64))
    for number in range(10):
        put(bytes([number]), 400)
    assert retention.clean(dry_run=True).files == 10
    assert retention.clean().files == 10


def test_the_worker_cleans_while_it_works(data: Path) -> None:
    old = put(b"old", 400)
    queue.ensure_worker()
    until(lambda: not has(old), "the worker deleted an old file")


@pytest.mark.parametrize(
    ("variable", "value"), [("BACKDROP_KEEP_DAYS", "soon"), ("BACKDROP_KEEP_GB", "-1"), ("BACKDROP_HOSTED", "maybe")]
)
def test_a_setting_that_is_none_is_refused_in_one_sentence(
    data: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    put(b"old", 400)
    with pytest.raises(BadInput, match=variable):
        retention.clean()
    assert retention.used().store == 3


def test_defaults_for_a_laptop_and_for_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (settings.keep_seconds(), settings.keep_bytes()) == (180 * DAY, 20e9)
    monkeypatch.setenv("BACKDROP_HOSTED", "1")
    assert (settings.keep_seconds(), settings.keep_bytes()) == (7 * DAY, 5e9)
    monkeypatch.setenv("BACKDROP_KEEP_DAYS", "0")
    assert settings.keep_seconds() == float("inf")
    assert "however old" in retention.policy()


def test_looking_makes_nothing(own_folders: Path) -> None:
    retention.used()
    retention.clean(dry_run=True)
    assert list(own_folders.iterdir()) == []


# Deleted by a visitor


def test_a_photo_goes_with_the_last_visitor_who_has_it(data: Path) -> None:
    shared, result = photo(64), photo(80)
    for visitor in ("ann", "bob"):
        workspaces.save(visitor, workspaces.load(visitor), {"photo": shared}, {})
    history.record("ann", recipe(shared), result)
    assert not removal.remove("ann", shared)
    assert has(shared)
    assert removal.remove("bob", shared)
    assert not has(shared)
    assert [entry.digest for entry in history.entries("ann")] == [result]
    assert has(result)


def test_a_photo_that_was_deleted_and_handed_in_again_is_held_again(data: Path) -> None:
    digest, result = photo(64), photo(80)
    history.record("ann", recipe(digest), result)
    removal.remove("ann", digest)
    photo(64)
    age(digest, 400)
    history.record("ann", recipe(digest), result)
    assert retention.clean().files == 0
    assert has(digest)


def test_a_result_goes_with_its_entry_and_from_every_workspace_of_the_visitor(data: Path) -> None:
    result = photo(80)
    history.record("ann", recipe(photo(64)), result)
    history.record("bob", recipe(photo(64)), result)
    workspace = workspaces.save("ann", workspaces.load("ann"), {"results": [result]}, {"results": [result]})
    assert not removal.remove("ann", result)
    assert history.entries("ann") == []
    assert workspaces.load("ann", workspace.tab).draft == {"results": []}
    assert workspaces.load("ann").shared == {"results": []}
    assert [entry.digest for entry in history.entries("bob")] == [result]
    assert removal.remove("bob", result)
    assert not has(result)


def test_a_photo_that_a_waiting_job_needs_is_not_deleted(data: Path) -> None:
    digest = photo(64)
    id = queue.submit(recipe(digest), "ann")
    with pytest.raises(BadInput, match="cancel"):
        removal.remove("ann", digest)
    assert not removal.remove("bob", digest)
    queue.cancel(id)
    assert removal.remove("ann", digest)


def test_everything_of_a_visitors_goes_and_nothing_of_anothers(data: Path) -> None:
    mine, both = photo(64), photo(80)
    for visitor, digest in (("ann", mine), ("ann", both), ("bob", both)):
        history.record(visitor, recipe(digest), digest)
    workspaces.save("ann", workspaces.load("ann"), {"photo": mine}, {"results": [both]})
    waiting = queue.submit(quick(5), "ann")
    queue.ensure_worker()
    finish(waiting)
    (result,) = queue.status(waiting).results
    assert removal.remove_everything("ann") == 2
    assert (has(mine), has(both), has(result)) == (False, True, False)
    assert history.entries("ann") == queue.jobs_of("ann") == []
    assert workspaces.load("ann").draft == {}
    assert rows("SELECT * FROM job") == rows("SELECT * FROM finished") == []
    assert len(history.entries("bob")) == 1


def test_everything_includes_what_workspaces_named_before(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The photo before this one, strokes before the last, a tab that made room: nothing names them any more."""
    monkeypatch.setattr(workspaces, "MOST_DRAFTS", 1)
    first, second, other, kept = (put(content, 0) for content in (b"first", b"second", b"other tab", b"also bob's"))
    workspace = workspaces.save("ann", workspaces.load("ann"), {"photo": first, "strokes": kept}, {})
    workspaces.save("ann", workspace, {"photo": second}, {})
    workspaces.save("ann", workspaces.Workspace("other"), {"photo": other}, {})
    workspaces.save("bob", workspaces.load("bob"), {"photo": kept}, {})
    assert removal.remove_everything("ann") == 3
    assert [has(digest) for digest in (first, second, other, kept)] == [False, False, False, True]
    assert rows("SELECT * FROM named_before") == []
    workspace = workspaces.save("ann", workspaces.load("ann"), {"photo": put(b"again", 0)}, {})
    workspaces.save("ann", workspace, {}, {})
    retention.clean(now=time.time() + 400 * DAY)
    assert rows("SELECT * FROM named_before") == []


def test_everything_goes_also_while_a_picture_is_being_made(data: Path) -> None:
    running = queue.submit(slow(), "ann")
    after = queue.submit(quick(7), "bob")
    queue.ensure_worker()
    reach(running, "Drawing the background")
    removal.remove_everything("ann")
    assert finish(after).state == "done"
    assert history.entries("ann") == queue.jobs_of("ann") == []
    kept = {digest for job in queue.handed_in_by("bob") for digest in job.digests}
    assert {file.digest for file in store.default().files()} == kept
    assert seeds("bob") == [7]


def test_a_picture_deleted_while_others_are_made_fails_no_job(data: Path) -> None:
    from jobs import worker

    gone, there = photo(64), photo(80)
    store.default().remove(gone)
    worker.remember("ann", [[gone, recipe(gone, 1).to_json()], [there, recipe(there, 2).to_json()]])
    assert seeds("ann") == [2]


def test_the_page_deletes_a_photo_a_picture_and_everything(own_folders: Path) -> None:
    page = Page().upload(cut_out(), "disc.png").open("Background").click("make")
    (result,) = page.app.session_state["workspace"].results
    original = page.app.session_state["workspace"].photo
    (entry,) = history.entries(page.visitor)
    page.open("Photo").click("delete_photo")
    assert (has(original), has(result)) == (False, True)
    assert page.app.session_state["workspace"].photo is None
    page.set(f"entry.{entry.id}", "Delete it")
    assert not has(result)
    assert history.entries(page.visitor) == []
    again = page.reload().upload(cut_out(), "disc.png").open("Photo").upload(cut_out(300, 200, 60), "another.png")
    again.open("Background").set("background.kind", "image").upload(opaque(100, 80), "beach.png")
    again.set("background.image.fit", "contain").click("make").click("delete_everything")
    assert list(store.default().files()) == [], "whatever was looked at on the way"
    assert page.reload().app.header[0].value == "The same subject, in a new place"


def test_a_deleted_photos_name_goes_with_it_in_other_tabs_too(own_folders: Path) -> None:
    page = Page().upload(cut_out(), "private.png")
    page.reload().open("Background").set("background.kind", "sweep")  # another tab, with a draft of its own
    drafts = "SELECT content FROM draft"
    assert [str(text).count("private.png") for (text,) in rows(drafts)] == [1, 1]
    page.open("Photo").click("delete_photo")
    assert [str(text).count("private.png") for (text,) in rows(drafts)] == [0, 0]


# On the command line


def test_clean_on_the_command_line(data: Path, command: object, capsys: pytest.CaptureFixture[str]) -> None:
    old = put(b"old", 400)
    assert command("clean", "--dry-run") == 0  # type: ignore[operator]
    assert has(old)
    assert "files: 1 of" in capsys.readouterr().out
    assert command("clean") == 0  # type: ignore[operator]
    assert not has(old)
    assert command("doctor") == 0  # type: ignore[operator]
    assert "180 days" in capsys.readouterr().out
