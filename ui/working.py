"""Pictures being made: place in the queue, step, seconds left, the work so far and Cancel; the page stays usable."""

from __future__ import annotations

import streamlit as st

from errors import StudioError
from jobs import queue
from ui import pictures, state
from ui.outcome import best_first

EVERY = 1.0  # seconds between two looks at the queue


def strip() -> None:
    """What is being made now, above every panel; nothing where nothing is."""
    _take_over()
    if any(id != _awaited() for id in state.workspace().jobs):
        _watch(large=False)
    for id, sentence in list(st.session_state.get("job_problems", {}).items()):
        with st.container(horizontal=True, vertical_alignment="center", key=f"problem_{id}"):
            st.warning(sentence, icon=":material/info:")
            st.button(
                "Dismiss",
                key=f"dismiss.{id}",
                type="tertiary",
                on_click=_dismiss,
                args=(id,),
                help="Hide this message.",
            )


def _take_over() -> None:
    """Watch every job of the visitor's that the queue holds, also one that this page did not hand in."""
    here = state.workspace()
    waiting = queue.jobs_of(st.session_state.visitor, unfinished_only=True)
    here.jobs += [job.id for job in reversed(waiting) if job.id not in here.jobs]


def awaited() -> bool:
    """Whether the result that is open is still being made."""
    return _awaited() is not None


def large() -> None:
    """The picture that is waited for, in the place where it will be."""
    _watch(large=True)


def _awaited() -> str | None:
    here = state.workspace()
    return here.job if here.step == "Result" and not here.results and here.job in here.jobs else None


def _dismiss(id: str) -> None:
    st.session_state.job_problems.pop(id, None)


@st.fragment(run_every=EVERY)
def _watch(large: bool) -> None:
    here = state.workspace()
    try:
        queue.ensure_worker()
    except StudioError as error:  # the jobs wait in the queue for one that starts
        st.warning(error.message, icon=":material/warning:")
    for id in [id for id in here.jobs if (id == _awaited()) == large]:
        try:
            job = queue.status(id)
        except StudioError as error:
            _over(id, error.message)
            st.rerun()
        if job.finished:
            _finished(job)
        elif large:
            _show_large(job)
        else:
            _show(job)


def _show(job: queue.Job) -> None:
    with (
        st.container(border=True, key=f"job_{job.id}"),
        st.container(horizontal=True, vertical_alignment="center"),
    ):
        if job.preview:
            st.image(job.preview, width=72, alt="The picture so far")
        with st.container(width="stretch"):
            st.progress(_share(job), sentence(job))
        _cancel_button(job)


def _show_large(job: queue.Job) -> None:
    with st.container(border=True, key=f"job_{job.id}"):
        with st.container(key="growing", horizontal_alignment="center"):
            if job.preview:
                st.image(pictures.enlarged(job.preview), width="stretch", alt="The picture so far")
            elif job.recipe and job.recipe.photo and job.recipe.photo == state.workspace().photo:
                photo = state.photo()
                st.image(pictures.stage(photo), width="stretch", alt="The photo; its new background begins in a moment")
            else:
                st.skeleton(height=320)
        st.progress(_share(job), sentence(job))
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.caption("It will be here when it is done. The page stays usable meanwhile.", width="content")
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
        parts.append(f"picture {job.picture} of {job.pictures}")
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
    if job.results and job.id == here.job:  # of a job that was cancelled or failed, those that were finished before
        here.results, here.chosen = best_first(job.results), 0
        if here.step in ("Photo", "Background", "Result"):
            state.go("Result")
    if job.state == "done":
        st.toast("Your picture is ready.", icon=":material/check_circle:")
    else:
        _over(job.id, job.error or "It was not made.")
    state.save_workspace()
    st.rerun()


def _over(id: str, sentence: str) -> None:
    here = state.workspace()
    here.jobs = [other for other in here.jobs if other != id]
    st.session_state.setdefault("job_problems", {})[id] = sentence
