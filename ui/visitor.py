"""Who is looking: an opaque random token kept by the browser, so that visitors never see each other's pictures.

The server makes the token and the browser keeps it, as a cookie and in its local storage. The cookie comes with the
next page load at once; where a browser withholds cookies (a page inside another page), the stored copy comes back
through the component.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
from collections.abc import Sequence

import streamlit as st

from jobs import settings

COOKIE = "backdrop_visitor"
_PATTERN = re.compile(r"[A-Za-z0-9_-]{32,64}")

_keeper = st.components.v2.component(
    "backdrop_visitor",
    html="<span hidden></span>\n",
    js="""
export default function ({ data, setStateValue }) {
  const { token, known, cookie } = data
  const secure = location.protocol === "https:" ? "; Secure; SameSite=None; Partitioned" : "; SameSite=Lax"
  const keep = (value) => {
    document.cookie = `${cookie}=${value}; path=/; max-age=31536000${secure}`
    try { localStorage.setItem(cookie, value) } catch (error) { /* storage is switched off */ }
  }
  let stored = null
  try { stored = localStorage.getItem(cookie) } catch (error) { /* storage is switched off */ }
  if (!known && stored && stored !== token) {
    keep(stored)
    setStateValue("token", stored)
  } else {
    keep(token)
  }
}
""",
)


def token() -> str:
    """This browser's token. The first page of a new browser gets a fresh one."""
    if "visitor" not in st.session_state:
        found = _valid(st.context.cookies.get(COOKIE))
        st.session_state.visitor = found or secrets.token_urlsafe(32)
        st.session_state.visitor_known = found is not None
    with st.container(key="visitor"):
        answer = _keeper(
            key="visitor_keeper",
            data={"token": st.session_state.visitor, "known": st.session_state.visitor_known, "cookie": COOKIE},
            on_token_change=lambda: None,
        )
    stored = _valid(answer.get("token"))
    if stored and not st.session_state.visitor_known:
        st.session_state.visitor = stored
        st.session_state.visitor_known = True
    return st.session_state.visitor


def address() -> str | None:
    """The network address of this browser, where it can be known.

    ``X-Forwarded-For`` is believed only as far as the connection comes through proxies that
    ``BACKDROP_TRUSTED_PROXIES`` names; anybody can write anything into it.
    """
    forwarded = ",".join(st.context.headers.get_all("X-Forwarded-For"))
    peer = st.context.ip_address or "127.0.0.1"  # Streamlit does not name this machine
    return client_address(peer, forwarded, settings.trusted_proxies())


def client_address(peer: str, forwarded: str, trusted: Sequence[settings.Network]) -> str | None:
    """The address nearest to us that is not one of our own proxies.

    Args:
        peer: where the connection comes from.
        forwarded: ``X-Forwarded-For``: each proxy appended where its connection came from.
        trusted: the networks of our own proxies.

    Returns:
        ``None`` where the peer is no address, or this machine itself and no proxy.
    """
    found: str | None = None
    for text in (peer, *reversed(forwarded.split(","))):
        try:
            here = ipaddress.ip_address(text.strip())
        except ValueError:
            break
        found = str(here)
        if not any(here in network for network in trusted):
            break
    return None if found is None or ipaddress.ip_address(found).is_loopback else found


def _valid(text: object) -> str | None:
    """The text if it is a token of ours; anything may stand in a cookie."""
    return text if isinstance(text, str) and _PATTERN.fullmatch(text) else None
