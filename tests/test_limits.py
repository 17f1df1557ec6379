"""How many jobs may wait: of one visitor, from one network, and in all; and whose address it is behind proxies."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from job_helpers import quick
from pages import Page, cut_out

from errors import BadInput
from jobs import database, queue, searches, settings
from jobs.owner import address_id
from ui.visitor import client_address

ADDRESS = "203.0.113.7"


@pytest.fixture
def host(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BACKDROP_HOSTED", "1")
    monkeypatch.setenv("BACKDROP_MAX_WAITING_ADDRESS", "3")
    return data


def test_dropping_the_cookie_does_not_get_round_the_limit_on_a_host(host: Path) -> None:
    ids = [queue.submit(quick(number), f"visitor-{number}", ADDRESS) for number in range(3)]
    with pytest.raises(BadInput, match="your network") as refused:
        queue.submit(quick(9), "another cookie", ADDRESS)
    print(refused.value)
    queue.submit(quick(9), "a neighbour", "203.0.113.8")
    queue.cancel(ids[0])
    queue.submit(quick(9), "another cookie", ADDRESS)


def test_the_address_is_not_written_down(host: Path) -> None:
    queue.submit(quick(), "ann", ADDRESS)
    with database.records() as table:
        (kept,) = table.execute("SELECT address FROM job").fetchone()
    assert len(kept) == 32
    assert "203" not in kept.split("0113")[0][:3]


def test_one_ipv6_network_counts_as_one(host: Path) -> None:
    for number in range(3):
        queue.submit(quick(number), f"visitor-{number}", f"2001:db8::{number + 1}")
    with pytest.raises(BadInput, match="your network"):
        queue.submit(quick(9), "ann", "2001:db8::ffff")


def test_on_a_laptop_addresses_are_not_counted(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BACKDROP_HOSTED", raising=False)
    monkeypatch.setenv("BACKDROP_MAX_WAITING_ADDRESS", "1")
    for number in range(3):
        queue.submit(quick(number), f"visitor-{number}", ADDRESS)


def test_the_page_says_whose_network_a_job_comes_from(
    host: Path, no_searches_by_the_worker: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.visitor.address", lambda: ADDRESS)
    monkeypatch.setattr(queue, "ensure_worker", lambda: None)
    page = Page().set("photo.way", "Describe").set("create.described.prompt", "by the sea")
    page.set("create.described.num_images_per_prompt", 2).click("create")
    monkeypatch.setattr(searches, "takes_long", lambda layers: True)
    page.open("Photo").set("photo.way", "Upload").upload(cut_out(), "disc.png")
    with database.records() as table:
        kept = [row["address"] for row in table.execute("SELECT address FROM job")]
    assert kept == [address_id(ADDRESS)] * 2


def test_so_many_jobs_wait_in_all(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKDROP_MAX_WAITING_ALL", "2")
    queue.submit(quick(1), "ann")
    queue.submit(quick(2), "bob")
    with pytest.raises(BadInput, match="all this host takes") as refused:
        queue.submit(quick(3), "cy")
    print(refused.value)
    assert queue.jobs_of("cy") == []


def test_a_visitors_own_limit_can_be_set(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKDROP_MAX_WAITING", "1")
    queue.submit(quick(1), "ann")
    with pytest.raises(BadInput, match="of your pictures"):
        queue.submit(quick(2), "ann")


@pytest.mark.parametrize("value", ["0", "many", "1.5", "-3"])
def test_a_limit_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BACKDROP_MAX_WAITING", value)
    with pytest.raises(BadInput, match="BACKDROP_MAX_WAITING"):
        settings.limits()


def test_proxies_that_are_no_networks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKDROP_TRUSTED_PROXIES", "10.0.0.0/8, my proxy")
    with pytest.raises(BadInput, match="BACKDROP_TRUSTED_PROXIES"):
        settings.trusted_proxies()
    monkeypatch.setenv("BACKDROP_TRUSTED_PROXIES", "10.0.0.0/8, ::1")
    assert len(settings.trusted_proxies()) == 2


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "address"),
    [
        ("198.51.100.1", "", "", "198.51.100.1"),
        ("198.51.100.1", "1.2.3.4", "", "198.51.100.1"),  # nobody vouches for the header
        ("10.0.0.1", "1.2.3.4", "10.0.0.0/8", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", "10.0.0.0/8", "1.2.3.4"),  # what the browser wrote itself is not believed
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "10.0.0.0/8", "1.2.3.4"),
        ("10.0.0.1", "not an address", "10.0.0.0/8", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.0/8", "10.0.0.1"),
        ("127.0.0.1", "1.2.3.4", "127.0.0.1/32", "1.2.3.4"),
        ("127.0.0.1", "1.2.3.4", "", None),
        ("testclient", "", "", None),
    ],
)
def test_the_address_behind_proxies(peer: str, forwarded: str, trusted: str, address: str | None) -> None:
    networks = [ipaddress.ip_network(trusted)] if trusted else []
    assert client_address(peer, forwarded, networks) == address
