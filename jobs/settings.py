"""What the person who runs Backdrop sets for everybody who uses it, by environment variables.

A laptop keeps generously and has no strangers; ``BACKDROP_HOSTED=1`` says that this is a host whose visitors are
strangers, and changes the defaults to match.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass

from errors import BadInput

_YES, _NO = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Limits:
    """How many jobs may wait; one more may be running.

    Attributes:
        visitor: of one visitor.
        address: of one network address, in hosted mode; ``None`` elsewhere.
        everybody: all together.
    """

    visitor: int
    address: int | None
    everybody: int


def hosted() -> bool:
    """Whether visitors are strangers: ``BACKDROP_HOSTED``."""
    text = os.environ.get("BACKDROP_HOSTED", "").strip().lower()
    if text not in (*_YES, *_NO):
        raise BadInput(f"BACKDROP_HOSTED is {text!r}; set 1 or 0.")
    return text in _YES


def keep_seconds() -> float:
    """How long what nobody came back to is kept: ``BACKDROP_KEEP_DAYS``, or 180 days, 7 on a host; 0 = for ever."""
    return (_number("BACKDROP_KEEP_DAYS", 7 if hosted() else 180, "days") or float("inf")) * 86_400


def keep_bytes() -> float:
    """How much is kept in all, without models: ``BACKDROP_KEEP_GB``, or 20 GB, 5 on a host; 0 = no limit."""
    return (_number("BACKDROP_KEEP_GB", 5 if hosted() else 20, "gigabytes") or float("inf")) * 1e9


def limits() -> Limits:
    """How many jobs may wait; each can be set by its variable."""
    visitor = _count("BACKDROP_MAX_WAITING", 4)
    everybody = _count("BACKDROP_MAX_WAITING_ALL", 40 if hosted() else 200)
    return Limits(visitor, _count("BACKDROP_MAX_WAITING_ADDRESS", 8) if hosted() else None, everybody)


def page_memory() -> int:
    """Bytes that the page may keep of all visitors' pictures: ``BACKDROP_PAGE_MEMORY`` in megabytes, or 1000."""
    return int(_number("BACKDROP_PAGE_MEMORY", 1000, "megabytes") * 1e6)


def trusted_proxies() -> tuple[Network, ...]:
    """The networks whose ``X-Forwarded-For`` is believed: ``BACKDROP_TRUSTED_PROXIES``, or none."""
    text = os.environ.get("BACKDROP_TRUSTED_PROXIES", "")
    try:
        return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError:
        raise BadInput(
            f"BACKDROP_TRUSTED_PROXIES is {text!r}; set addresses or networks with commas between them, as 10.0.0.0/8."
        ) from None


def _count(variable: str, default: int) -> int:
    value = _number(variable, default, "jobs")
    if value < 1 or value != int(value):
        raise BadInput(f"{variable} is {os.environ.get(variable)!r}; set a whole number of jobs from 1 on.")
    return int(value)


def _number(variable: str, default: float, of_what: str) -> float:
    text = os.environ.get(variable, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        raise BadInput(f"{variable} is {text!r}; set a number of {of_what} from 0 on.")
    return value
