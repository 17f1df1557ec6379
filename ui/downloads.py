"""Offering a model that is not here: what it costs, how far its download is, how to stop it. The worker fetches it."""

from __future__ import annotations

import streamlit as st

import models
from errors import StudioError
from jobs import downloads, queue


def offer(model: models.Model) -> None:
    """Say that a model is not here, what it costs to fetch, and how far that is."""
    found = downloads.download_of(model.id)
    if found and not found.finished:
        _progress(model)
        return
    failed = found is not None and found.state == "failed"
    if found and failed:
        st.error(found.problem, icon=":material/cloud_off:")
    else:
        st.info(
            f"**{model.title}** is not on this machine yet. It is {model.size / 1e9:.1f} GB, under the licence "
            f"[{model.licence}]({model.licence_url}). Without it, **Instant** backgrounds work at once.",
            icon=":material/cloud_download:",
        )
    st.button(
        "Try the download again" if failed else f"Download {model.size / 1e9:.1f} GB",
        key=f"download.{model.id}",
        icon=":material/download:",
        width="stretch",
        on_click=_begin,
        args=(model.id,),
        help="Fetches the model from its publisher; you accept its licence by that. A broken-off download goes on "
        "where it stopped.",
    )


def offer_better(model: models.Model, what: str = "better masks", user: str = "Automatic") -> None:
    """Offer a model that does better what works without it: one quiet button, or how far its download is.

    Args:
        model: the one to fetch.
        what: it gives.
        user: what uses it from then on.
    """
    found = downloads.download_of(model.id)
    if found and not found.finished:
        _progress(model)
        return
    if found and found.state == "failed":
        st.caption(f":material/cloud_off: {found.problem}")
    st.button(
        f"Get {what} (download of {_size(model.size)})",
        key=f"download.{model.id}",
        icon=":material/download:",
        type="tertiary",
        on_click=_begin,
        args=(model.id,),
        help=f"{model.title}: {model.help}. Licence {model.licence}; you accept it by fetching it. {user} uses it "
        "from then on.",
    )


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _begin(id: str) -> None:
    try:
        queue.ensure_worker()
        downloads.begin(id, st.session_state.visitor)
    except StudioError as error:
        st.session_state.message = error.message


@st.fragment(run_every=1.0)
def _progress(model: models.Model) -> None:
    try:
        queue.ensure_worker()
    except StudioError as error:  # it waits in the queue for a worker that starts
        st.warning(error.message, icon=":material/warning:")
    found = downloads.download_of(model.id)
    if found is None or found.finished:
        st.rerun()
    if found.state == "queued":
        st.progress(0.0, f"{model.title} waits for another download. You can go on.")
    else:
        total = found.total or model.size
        share = min(1.0, found.done / max(1, total))
        amount = f"{_size(found.done)} of {_size(total)}"
        st.progress(share, f"Fetching {model.title}: {amount}. You can go on.")
    st.button(
        "Stop the download",
        key=f"stop_download.{model.id}",
        icon=":material/close:",
        on_click=downloads.cancel,
        args=(model.id,),
        help="What has arrived is kept, so that it can be taken up again.",
    )
