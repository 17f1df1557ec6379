"""Whose something is, without the token that proves it.

The visitor's token is known to their browser alone. What is written down is its digest: whoever reads the databases,
the log or a backup learns no token, so they cannot open anybody's page with it.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import secrets

from jobs import places

_OWNER = re.compile(r"owner:[0-9a-f]{64}")


def owner_id(visitor: str) -> str:
    """``owner:`` and the SHA-256 of a visitor's token; an owner id stays as it is.

    A token of ours has 256 random bits, so its digest cannot be guessed back, and it holds no colon, so no token passes
    for an owner id (:mod:`ui.visitor` refuses others).
    """
    if not visitor:
        raise ValueError("whose it is, is missing")
    if _OWNER.fullmatch(visitor):
        return visitor
    return f"owner:{hashlib.sha256(visitor.encode()).hexdigest()}"


def address_id(address: str) -> str:
    """A network address as a keyed digest, so that addresses can be counted but not read; IPv6 by its /64 network.

    Raises:
        ValueError: it is no address.
    """
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False).network_address
    return hmac.new(_key(), found.packed, hashlib.sha256).hexdigest()[:32]


def _key() -> bytes:
    """This data folder's own secret: without it, the few billion IPv4 addresses could be tried one by one."""
    path = places.folder() / "address.key"
    try:
        return path.read_bytes()
    except FileNotFoundError:
        places.write_once(path, secrets.token_bytes(32))
        return path.read_bytes()
