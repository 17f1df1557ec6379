"""Undo and redo: what the page was before each change, in one order for strokes, clicks and settings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ui.workspace import Change, Snapshot, Step, Workspace

MOST = 50  # steps
TOGETHER = 1.5  # seconds: changes of one control that follow each other as quickly are one step
CHOICES = ("subject.objects_by_click", "background.model", "create.model", "instant.kind")
"""Of the workspace's view: what belongs to the drafts although no recipe has it."""


@contextmanager
def change(here: Workspace, title: str, key: str) -> Iterator[None]:
    """Everything that changes in the workspace within is one step; changes within changes belong to the outermost."""
    if st.session_state.get("changing"):
        yield
        return
    before = _snapshot(here)
    st.session_state.changing = True
    try:
        yield
    finally:
        st.session_state.changing = False
        if _snapshot(here) != before:
            _note(here, Change(title=title, key=key, step=here.step, time=time.time(), before=before))


def _note(here: Workspace, new: Change) -> None:
    last = here.past[-1] if here.past else None
    if last and new.key and last.key == new.key and new.time - last.time < TOGETHER:
        here.past[-1] = last.model_copy(update={"time": new.time})
    else:
        here.past = [*here.past, new][-MOST:]
    here.future = []


def undo(here: Workspace) -> Step | None:
    """Take the last change back; return the panel that shows it."""
    return _swap(here, here.past, here.future)


def redo(here: Workspace) -> Step | None:
    """Take the last :func:`undo` back; return the panel that shows it."""
    return _swap(here, here.future, here.past)


def forget(here: Workspace) -> None:
    """Forget all changes: they were of another photo."""
    here.past, here.future = [], []


def _swap(here: Workspace, source: list[Change], target: list[Change]) -> Step | None:
    if not source:
        return None
    taken = source.pop()
    target.append(taken.model_copy(update={"key": "", "before": _snapshot(here)}))
    _restore(here, taken.before)
    return taken.step


def _snapshot(here: Workspace) -> Snapshot:
    """Copies of the dictionaries; all they hold is frozen."""
    return Snapshot.model_construct(
        background=here.background,
        create=here.create,
        marks=dict(here.marks),
        set_aside=dict(here.set_aside),
        view={key: here.view[key] for key in CHOICES if key in here.view},
    )


def _restore(here: Workspace, kept: Snapshot) -> None:
    here.background, here.create = kept.background, kept.create
    here.marks, here.set_aside = dict(kept.marks), dict(kept.set_aside)
    for key in CHOICES:
        here.view.pop(key, None)
        st.session_state.pop(key, None)
    here.view.update(kept.view)
