"""Pictures being made: place in the queue, step, seconds left, the work so far and Cancel; the page stays usable."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from errors import StudioError
from imaging.pose import frame_of
from jobs import queue
from ui import pictures, state
from ui.outcome import best_first

EVERY = 1.0  # seconds between two looks at the queue


def strip() -> None:
    """What is being made now, and what became of what was; to be drawn in the strip at the top of the page."""
    _take_over()
    if state.workspace().jobs:
        _watch()
    for id, sentence in list(st.session_state.get("job_problems", {}).items()):
        _say(id, f":orange[:material/info:] {sentence}")
    here = state.workspace()
    for id, results in list(st.session_state.get("ready", {}).items()):
        if here.step == "Result" and here.results == results:
            _dismiss(id)
            continue
        _say(id, ":green[:material/check_circle:] **Your picture is ready.**", results)


def _say(id: str, sentence: str, results: Sequence[str] = ()) -> None:
    """What became of a job, until it is put away; with a way to its pictures, where there are any."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"problem_{id}", gap="small"):
        st.markdown(sentence, width="stretch")
        if results:
            st.button(
                "Look at it", key=f"look.{id}", on_click=_look, args=(results,), help="Opens it under **Result**."
            )
        st.button(
            "Dismiss", key=f"dismiss.{id}", type="tertiary", on_click=_dismiss, args=(id,), help="Hide this message."
        )


def _look(results: Sequence[str]) -> None:
    here = state.workspace()
    here.results, here.chosen = list(results), 0
    state.go("Result")


def _take_over() -> None:
    """Watch every job of the visitor's that the queue holds, also one that this page did not hand in."""
    here = state.workspace()
    waiting = queue.jobs_of(st.session_state.visitor, unfinished_only=True)
    here.jobs += [job.id for job in reversed(waiting) if job.id not in here.jobs]


def awaited() -> bool:
    """Whether the result that is open is still being made."""
    return _awaited() is not None


@st.fragment(run_every=EVERY)
def large() -> None:
    """The picture that is waited for, in the place where it will be."""
    id, photo = _awaited(), state.photo() if state.workspace().photo else None
    try:
        job = queue.status(id) if id else None
    except StudioError:  # the strip says it
        job = None
    if job and job.preview:
        size = frame_of(photo.size, job.recipe.placement) if photo and job.recipe else None
        pictures.show(pictures.enlarged(job.preview, size), "The picture so far")
    elif job and photo and job.recipe and job.recipe.photo == photo.digest:
        pictures.show(pictures.stage(photo), "The photo; its new background begins in a moment")
    else:
        st.skeleton(height=320)
    st.caption("It will be here when it is done. How far it is stands at the top.")


def _awaited() -> str | None:
    here = state.workspace()
    return here.job if here.step == "Result" and not here.results and here.job in here.jobs else None


def _dismiss(id: str) -> None:
    for kind in ("job_problems", "ready"):
        st.session_state.get(kind, {}).pop(id, None)


@st.fragment(run_every=EVERY)
def _watch() -> None:
    here = state.workspace()
    try:
        queue.ensure_worker()
    except StudioError as error:  # the jobs wait in the queue for one that starts
        st.warning(error.message, icon=":material/warning:")
    watched = []
    for id in list(here.jobs):
        try:
            job = queue.status(id)
        except StudioError as error:
            _over(id, error.message)
            st.rerun()
        if job.finished:
            _finished(job)
        else:
            watched.append(job)
    watched.sort(key=lambda job: (job.state == "queued", job.position))
    if watched:
        _show(watched[0], watched[1:])


def _show(job: queue.Job, others: Sequence[queue.Job] = ()) -> None:
    """One job, and the ones behind it one click away."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"job_{job.id}", gap="small"):
        if job.preview:
            st.image(job.preview, width=44, alt="The picture so far")
        with st.container(width="stretch"):
            st.progress(_share(job), sentence(job))
        if others:
            with st.popover(f"{len(others)} more", key="more_jobs", help="Pictures that come after this one."):
                for other in others:
                    _show(other)
        _cancel_button(job)


def _cancel_button(job: queue.Job) -> None:
    st.button(
        "Cancel",
        key=f"cancel.{job.id}",
        icon=":material/close:",
        on_click=_cancel,
        args=(job.id,),
        help="Stops within one step. Nothing else is lost.",
    )


def _share(job: queue.Job) -> float:
    """Done of all pictures' steps, 0..1."""
    done = job.step / job.steps if job.steps else 0.0
    return min(1.0, (job.picture - 1 + done) / job.pictures)


def sentence(job: queue.Job) -> str:
    """How a job stands, for people."""
    if job.state == "queued":
        left = job.running_left
        if job.position > 1:
            takes = f" The one that is made now takes about {duration(left)} more." if left else ""
            return f"**Waiting in line**, place {job.position}.{takes}"
        if left == 0:
            return "**Starting** …"
        return f"**Next in line.** It begins {f'in about {duration(left)}' if left else 'when the one before is done'}."
    parts = [f"**{job.stage}**"]
    if job.pictures > 1:
        parts.append(f"picture {job.picture} of {job.pictures}".replace(" ", "\N{NO-BREAK SPACE}"))
    if job.steps:
        parts.append(f"step {job.step} of {job.steps}")
    if job.seconds_left is not None:
        parts.append(f"about {duration(job.seconds_left)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """A time to wait, in words as exact as is of use."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"


def _cancel(id: str) -> None:
    try:
        queue.cancel(id)
    except StudioError as error:
        _over(id, error.message)


def _finished(job: queue.Job) -> None:
    """Take the results over, and show them where they are waited for."""
    here = state.workspace()
    here.jobs = [id for id in here.jobs if id != job.id]
    mine, looks_at_another = job.id == here.job, here.step == "Result" and bool(here.results)
    awaited = mine and here.step == "Result" and not here.results
    results = best_first(job.results) if job.results else []
    if results and mine and not looks_at_another:  # of one cancelled or failed, those that were finished before
        here.results, here.chosen = results, 0
    if awaited:
        state.go("Result")
    if job.state != "done":
        _over(job.id, job.error or "It was not made.")
    elif not awaited:  # nobody is taken away from what they are doing
        st.session_state.setdefault("ready", {})[job.id] = results
    state.save_workspace()
    st.rerun()


def _over(id: str, sentence: str) -> None:
    here = state.workspace()
    here.jobs = [other for other in here.jobs if other != id]
    st.session_state.setdefault("job_problems", {})[id] = sentence
