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


def _begin(id: str) -> None:
    try:
        queue.ensure_worker()
        downloads.begin(id, st.session_state.visitor)
    except StudioError as error:
        st.session_state.message = str(error)


@st.fragment(run_every=1.0)
def _progress(model: models.Model) -> None:
    try:
        queue.ensure_worker()
    except StudioError as error:  # it waits in the queue for a worker that starts
        st.warning(str(error), icon=":material/warning:")
    found = downloads.download_of(model.id)
    if found is None or found.finished:
        st.rerun()
    if found.state == "queued":
        st.progress(0.0, f"{model.title} waits for another download. You can go on.")
    else:
        total = found.total or model.size
        share = min(1.0, found.done / max(1, total))
        said = f"{found.done / 1e9:.2f} of {total / 1e9:.2f} GB"
        st.progress(share, f"Fetching {model.title}: {said}. You can go on.")
    st.button(
        "Stop the download",
        key=f"stop_download.{model.id}",
        icon=":material/close:",
        on_click=downloads.cancel,
        args=(model.id,),
        help="What has arrived is kept, so that it can be taken up again.",
    )
