"""Two tabs, one visitor: settings stay with the tab in which they were made, results are both's, nothing is lost."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import Page, cut_out

from jobs import database, places, workspaces
from jobs.workspaces import Workspace, WorkspaceChanged


def test_a_workspace_is_kept_by_tab_and_a_new_tab_begins_as_the_last(data: Path) -> None:
    one = workspaces.save("ann", workspaces.load("ann"), {"colour": "red"}, {})
    two = workspaces.save("ann", workspaces.load("ann"), {"colour": "blue"}, {})
    assert one.tab != two.tab
    assert workspaces.load("ann", one.tab).draft == {"colour": "red"}
    assert workspaces.load("ann", two.tab).draft == {"colour": "blue"}
    third = workspaces.load("ann", "no such tab")
    assert (third.draft, third.revision) == ({"colour": "blue"}, 0)
    assert third.tab not in ("no such tab", one.tab, two.tab)
    assert workspaces.load("bob", one.tab).draft == {}


def test_the_second_of_two_tabs_of_one_name_is_refused_and_goes_on_alone(data: Path) -> None:
    first = workspaces.save("ann", workspaces.load("ann"), {"n": 0}, {})
    twin = workspaces.load("ann", first.tab)
    assert workspaces.save("ann", first, {"n": 1}, {}).revision == 2
    with pytest.raises(WorkspaceChanged):
        workspaces.save("ann", twin, {"n": 2}, {})
    forked = workspaces.save("ann", workspaces.fork(twin), {"n": 2}, {})
    assert workspaces.load("ann", first.tab).draft == {"n": 1}
    assert workspaces.load("ann", forked.tab).draft == {"n": 2}


def test_results_of_both_tabs_are_kept_and_what_was_taken_out_stays_out(data: Path) -> None:
    start = workspaces.save("ann", workspaces.load("ann"), {}, {"results": ["old", "older"]})
    one, two = start, workspaces.load("ann")
    one = workspaces.save("ann", one, {}, {"results": ["one", "old", "older"]})
    two = workspaces.save("ann", two, {}, {"results": ["two", "old"]})
    assert workspaces.load("ann").shared == {"results": ["two", "old", "one"]}
    workspaces.save("ann", one, {}, {"results": ["one", "old", "older"]})
    assert sorted(map(str, workspaces.load("ann").shared["results"])) == ["old", "one", "two"]


items = st.lists(st.integers(0, 9), unique=True, max_size=8)


@given(items, items, items)
def test_a_merge_keeps_what_either_side_added_and_drops_what_either_took_out(
    base: list[int], mine: list[int], theirs: list[int]
) -> None:
    merged = workspaces.merge(list(base), list(mine), list(theirs))
    added = (set(mine) | set(theirs)) - set(base)
    kept = set(base) & set(mine) & set(theirs)
    assert set(merged) == added | kept
    assert len(merged) == len(set(map(str, merged)))


def test_only_so_many_drafts_stay_and_the_one_in_use_is_among_them(data: Path) -> None:
    tabs = [
        workspaces.save("ann", Workspace(workspaces.new_tab()), {"n": n}, {}).tab
        for n in range(workspaces.MOST_DRAFTS + 3)
    ]
    with database.records() as table:
        kept = {row["tab"] for row in table.execute("SELECT tab FROM draft")}
    assert kept == set(tabs[3:])


def test_a_draft_that_is_damaged_counts_as_none(data: Path) -> None:
    fine = workspaces.save("ann", Workspace("fine"), {"n": 1}, {})
    workspaces.save("ann", Workspace("damaged"), {"n": 2}, {})
    with database.records(write=True) as table:
        table.execute("UPDATE draft SET content = 'half a dra' WHERE tab = 'damaged'")
    assert workspaces.load("ann", "damaged").draft == fine.draft


def test_workspaces_of_before_are_taken_over(data: Path) -> None:
    import hashlib

    folder = data / "desks"
    folder.mkdir()
    name = hashlib.sha256(b"ann").hexdigest()
    (folder / f"{name}.json").write_text(json.dumps({"photo_name": "cat.jpg", "results": ["a"]}))
    (folder / f"{'0' * 64}.json").write_text("damaged")
    loaded = workspaces.load("ann")
    assert (loaded.draft["photo_name"], loaded.shared) == ("cat.jpg", {"results": ["a"]})
    assert not folder.exists()
    with sqlite3.connect(places.folder() / "records.sqlite") as table:
        assert table.execute("SELECT count(*) FROM draft").fetchone() == (1,)


def test_two_tabs_of_the_page_do_not_overwrite_each_other(own_folders: Path) -> None:
    one = Page().upload(cut_out(), "disc.png")
    two = one.reload()
    one.open("Background").set("background.kind", "sweep").click("make")
    made = one.app.session_state["workspace"].results[0]
    two.open("Background").set("background.kind", "transparent").click("make")
    other = two.app.session_state["workspace"].results[0]
    one.open("Background").set("background.shadow", "contact")
    for tab, kind in ((one, "sweep"), (two, "transparent")):
        again = tab.reload_tab()
        assert set(again.app.session_state["workspace"].results) == {made, other}
        again.open("Background")
        assert again.app.get_by_key("background.kind").value == kind
    assert set(one.reload().app.session_state["workspace"].results) == {made, other}


def test_what_another_tab_makes_or_begins_takes_no_result_from_this_one(own_folders: Path) -> None:
    one = Page().upload(cut_out(), "disc.png").open("Background").click("make")
    made = one.app.session_state["workspace"].results
    one.reload().open("Background").set("background.kind", "transparent").click("make")  # a tab that knows the result
    assert one.reload_tab().app.session_state["workspace"].results[:1] == made
    one.reload().open("Photo").upload(cut_out(300, 200, 60), "another.png")
    again = one.reload_tab()
    assert again.app.session_state["workspace"].results[:1] == made
    assert "The subject is untouched" in again.said


def test_settings_nobody_can_read_start_anew_and_results_stay(own_folders: Path) -> None:
    one = Page().upload(cut_out(), "disc.png").open("Background").click("make")
    made = one.app.session_state["workspace"].results
    with database.records(write=True) as table:
        table.execute("""UPDATE draft SET content = '{"step": "of another Backdrop"}'""")
    again = one.reload_tab()
    assert again.app.session_state["workspace"].results == made
    again.open("Photo").set("photo.way", "Describe")
    assert workspaces.load(one.visitor).shared == {"results": made}


def test_a_duplicated_tab_of_the_page_loses_nothing(own_folders: Path) -> None:
    one = Page().upload(cut_out(), "disc.png").open("Background")
    twin = one.reload_tab().open("Background")
    one.set("background.kind", "sweep")
    twin.set("background.kind", "blur")
    assert one.reload_tab().open("Background").app.get_by_key("background.kind").value == "sweep"
    assert twin.reload_tab().open("Background").app.get_by_key("background.kind").value == "blur"
