"""Fetching a diffusion model while the page stays usable: one download per model, whoever asked for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import streamlit as st

import models
from errors import StudioError


@dataclass
class Download:
    """How far one has come."""

    done: int = 0
    total: int = 1
    problem: str = ""
    finished: bool = False


_downloads: dict[str, Download] = {}
_guard = threading.Lock()


def begin(id: str) -> None:
    """Start fetching a model in the background, unless that is going on already."""
    with _guard:
        running = _downloads.get(id)
        if running and not running.finished:
            return
        _downloads[id] = Download(total=models.entry(id).size)
    threading.Thread(target=_fetch, args=(id, _downloads[id]), daemon=True).start()


def _fetch(id: str, download: Download) -> None:
    def on_bytes(done: int, total: int) -> None:
        download.done, download.total = done, total

    try:
        models.fetch(id, on_bytes)
    except StudioError as error:
        download.problem = str(error)
    finally:
        download.finished = True


def offer(model: models.Model) -> None:
    """Say that a model is not here, what it costs to fetch, and how far that is."""
    running = _downloads.get(model.id)
    if running and not running.finished:
        _progress(model)
        return
    if running and running.problem:
        st.error(running.problem, icon=":material/cloud_off:")
    else:
        st.info(
            f"**{model.title}** is not on this machine yet. It is {model.size / 1e9:.1f} GB, under the licence "
            f"[{model.licence}]({model.licence_url}). Without it, **Instant** backgrounds work at once.",
            icon=":material/cloud_download:",
        )
    st.button(
        "Try the download again" if running and running.problem else f"Download {model.size / 1e9:.1f} GB",
        key=f"download.{model.id}",
        icon=":material/download:",
        width="stretch",
        on_click=begin,
        args=(model.id,),
        help="Fetches the model from its publisher; you accept its licence by that. A broken-off download goes on "
        "where it stopped.",
    )


@st.fragment(run_every=1.0)
def _progress(model: models.Model) -> None:
    running = _downloads[model.id]
    if running.finished:
        st.rerun()
    share = min(1.0, running.done / max(1, running.total))
    st.progress(
        share, f"Fetching {model.title}: {running.done / 1e9:.2f} of {running.total / 1e9:.2f} GB. You can go on."
    )
