"""Two tabs, one visitor: settings stay with the tab in which they were made, results are both's, nothing is lost."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import Page, cut_out

from jobs import database, desks, places
from jobs.desks import Desk, DeskChanged


def test_a_desk_is_kept_by_tab_and_a_new_tab_begins_as_the_last(data: Path) -> None:
    one = desks.save("ann", desks.load("ann"), {"colour": "red"}, {})
    two = desks.save("ann", desks.load("ann"), {"colour": "blue"}, {})
    assert one.tab != two.tab
    assert desks.load("ann", one.tab).draft == {"colour": "red"}
    assert desks.load("ann", two.tab).draft == {"colour": "blue"}
    third = desks.load("ann", "no such tab")
    assert (third.draft, third.revision) == ({"colour": "blue"}, 0)
    assert third.tab not in ("no such tab", one.tab, two.tab)
    assert desks.load("bob", one.tab).draft == {}


def test_the_second_of_two_tabs_of_one_name_is_refused_and_goes_on_alone(data: Path) -> None:
    first = desks.save("ann", desks.load("ann"), {"n": 0}, {})
    twin = desks.load("ann", first.tab)
    assert desks.save("ann", first, {"n": 1}, {}).revision == 2
    with pytest.raises(DeskChanged):
        desks.save("ann", twin, {"n": 2}, {})
    forked = desks.save("ann", desks.fork(twin), {"n": 2}, {})
    assert desks.load("ann", first.tab).draft == {"n": 1}
    assert desks.load("ann", forked.tab).draft == {"n": 2}


def test_results_of_both_tabs_are_kept_and_what_was_taken_out_stays_out(data: Path) -> None:
    start = desks.save("ann", desks.load("ann"), {}, {"results": ["old", "older"]})
    one, two = start, desks.load("ann")
    one = desks.save("ann", one, {}, {"results": ["one", "old", "older"]})
    two = desks.save("ann", two, {}, {"results": ["two", "old"]})
    assert desks.load("ann").shared == {"results": ["two", "old", "one"]}
    desks.save("ann", one, {}, {"results": ["one", "old", "older"]})
    assert sorted(map(str, desks.load("ann").shared["results"])) == ["old", "one", "two"]


items = st.lists(st.integers(0, 9), unique=True, max_size=8)


@given(items, items, items)
def test_a_merge_keeps_what_either_side_added_and_drops_what_either_took_out(
    base: list[int], mine: list[int], theirs: list[int]
) -> None:
    merged = desks.merge(list(base), list(mine), list(theirs))
    added = (set(mine) | set(theirs)) - set(base)
    kept = set(base) & set(mine) & set(theirs)
    assert set(merged) == added | kept
    assert len(merged) == len(set(map(str, merged)))


def test_only_so_many_drafts_stay_and_the_one_in_use_is_among_them(data: Path) -> None:
    tabs = [desks.save("ann", Desk(desks.new_tab()), {"n": n}, {}).tab for n in range(desks.MOST_DRAFTS + 3)]
    with database.records() as table:
        kept = {row["tab"] for row in table.execute("SELECT tab FROM draft")}
    assert kept == set(tabs[3:])


def test_a_draft_that_is_damaged_counts_as_none(data: Path) -> None:
    fine = desks.save("ann", Desk("fine"), {"n": 1}, {})
    desks.save("ann", Desk("damaged"), {"n": 2}, {})
    with database.records(write=True) as table:
        table.execute("UPDATE draft SET content = 'half a dra' WHERE tab = 'damaged'")
    assert desks.load("ann", "damaged").draft == fine.draft


def test_desks_of_before_are_taken_over(data: Path) -> None:
    import hashlib

    folder = data / "desks"
    folder.mkdir()
    name = hashlib.sha256(b"ann").hexdigest()
    (folder / f"{name}.json").write_text(json.dumps({"photo_name": "cat.jpg", "results": ["a"]}))
    (folder / f"{'0' * 64}.json").write_text("damaged")
    loaded = desks.load("ann")
    assert (loaded.draft["photo_name"], loaded.shared) == ("cat.jpg", {"results": ["a"]})
    assert not folder.exists()
    with sqlite3.connect(places.folder() / "records.sqlite") as table:
        assert table.execute("SELECT count(*) FROM draft").fetchone() == (1,)


def test_two_tabs_of_the_page_do_not_overwrite_each_other(own_folders: Path) -> None:
    one = Page().upload(cut_out(), "disc.png")
    two = one.reload()
    one.open("Background").set("background.kind", "sweep").click("make")
    made = one.app.session_state["desk"].results[0]
    two.open("Background").set("background.kind", "transparent").click("make")
    other = two.app.session_state["desk"].results[0]
    one.open("Background").set("background.shadow", True)
    for tab, kind in ((one, "sweep"), (two, "transparent")):
        again = tab.reload_tab()
        assert set(again.app.session_state["desk"].results) == {made, other}
        again.open("Background")
        assert again.app.get_by_key("background.kind").value == kind
    assert set(one.reload().app.session_state["desk"].results) == {made, other}


def test_a_duplicated_tab_of_the_page_loses_nothing(own_folders: Path) -> None:
    one = Page().upload(cut_out(), "disc.png").open("Background")
    twin = one.reload_tab().open("Background")
    one.set("background.kind", "sweep")
    twin.set("background.kind", "blur")
    assert one.reload_tab().open("Background").app.get_by_key("background.kind").value == "sweep"
    assert twin.reload_tab().open("Background").app.get_by_key("background.kind").value == "blur"
