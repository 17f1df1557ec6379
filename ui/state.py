"""What a visitor works on: the recipe on the way, results and views, kept so that a reload or restart loses nothing.

:mod:`jobs.workspaces` keeps the workspace, for each tab of a visitor its own; the pictures themselves lie in the store.
Session state holds the workspace while the page is open. Controls of the recipe are bound to its fields
(:mod:`ui.binding`); :func:`control` draws all others, which only set how the page looks.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar, get_args

import streamlit as st
from pydantic import JsonValue, ValidationError
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

import fields
import masks
from errors import BadInput
from imaging.photo import Photo, load
from jobs import store, workspaces
from jobs.database import brief
from recipe import Draft, Layer, Placement, Source, Task, task_of
from ui import memory, undo, widgets
from ui.workspace import Step, Workspace

T = TypeVar("T")

OF_ONE_PHOTO = ("scale", "rotate", "flip", "move_x", "move_y")
"""What of a placement is set for one photo; a shape, a margin and an alignment are for the next one, too."""

MOST_NAMES = 50  # of photos that are remembered
SHARED = "results"  # what all tabs of a visitor have in common
PHOTO = "photo"  # the kind under which decoded photos are remembered
TAB = "tab"  # in the page's address, so that a reload finds the same workspace
STEP = "step"  # beside it, so that the browser's Back leads to the step before


def open_workspace(visitor: str) -> Workspace:
    """The visitor's workspace: the session's own, or else as it was left in this tab, or in the last one."""
    if st.session_state.get("workspace_of") != visitor:
        st.session_state.workspace_of = visitor
        kept = workspaces.load(visitor, str(st.query_params.get(TAB, ""))[:64])
        st.session_state.workspace_kept = kept
        st.session_state.workspace = _opened(kept)
        st.session_state.pop("workspace_saved", None)
        if kept.draft:
            st.session_state.workspace_saved = workspace().model_dump_json()
    return workspace()


def workspace() -> Workspace:
    """The workspace of this session."""
    found: Workspace = st.session_state.workspace
    return found


def save_workspace() -> None:
    """Write the workspace down if anything changed since the last time; who only looks in leaves no file."""
    text, visitor = workspace().model_dump_json(), st.session_state.workspace_of
    kept: workspaces.Workspace = st.session_state.workspace_kept
    if text == st.session_state.setdefault("workspace_saved", text):  # of a new one: as its controls were first drawn
        st.session_state.workspace_kept = workspaces.touch(visitor, kept)
        _write_address(st.session_state.workspace_kept)
        return
    content = workspace().model_dump(mode="json")
    shared = {SHARED: content[SHARED]}
    try:
        kept = workspaces.save(visitor, kept, content, shared)
    except workspaces.WorkspaceChanged:  # the tab was duplicated: from here on each has a workspace of its own
        kept = workspaces.save(visitor, workspaces.fork(kept), content, shared)
    st.session_state.workspace_kept, st.session_state.workspace_saved = kept, text
    _write_address(kept)


def _write_address(kept: workspaces.Workspace) -> None:
    """Name the tab and its step in the address, when either changes: a new entry of the browser's history."""
    named = {TAB: kept.tab, STEP: workspace().step}
    if kept.revision == 0 or st.session_state.get("address") == named:
        return  # nothing was ever written down, or the browser went back to where it is now
    st.session_state.address = named
    if any(st.query_params.get(name) != value for name, value in named.items()):
        st.query_params.update(named)


def go_back(named: str) -> None:
    """Open the step that the browser went back or forward to; the first where its address names none. In a callback."""
    steps: tuple[Step, ...] = get_args(Step)
    step = next((step for step in steps if step == named), steps[0])
    kept: workspaces.Workspace = st.session_state.workspace_kept
    st.session_state.address = {TAB: kept.tab, STEP: step}
    go(step)


def _opened(kept: workspaces.Workspace) -> Workspace:
    """A kept workspace with this tab's results first, then other tabs'; without what the store has no more."""
    try:
        found = Workspace.model_validate(kept.draft)
    except ValidationError:
        found = Workspace()  # of another Backdrop: the settings start anew, and nothing else is lost
    held, shared = store.default(), kept.shared.get(SHARED, [])
    if found.photo and not held.has(found.photo):
        found.photo_names.pop(brief(found.photo), None)
        found.background, found.step = found.background.put("photo", None), "Photo"
    others = [digest for digest in shared if isinstance(digest, str) and digest not in found.results]
    found.results = [digest for digest in found.results + others if held.has(digest)]
    found.chosen = min(found.chosen, max(0, len(found.results) - 1))
    return found


def draft(task: Task = "background") -> Draft:
    """The recipe on the way for a task."""
    found: Draft = getattr(workspace(), slot(task))
    return found


def slot(task: Task) -> str:
    """Where the draft of a task lies: tasks that take a photo share one."""
    return "background" if task_of(task).has_subject else "create"


def edit(changed: Draft, title: str, key: str = "") -> None:
    """Replace the draft of its task, as one step of undo; see :func:`change`."""
    with change(title, key):
        replace(changed)


def replace(changed: Draft) -> None:
    """Replace the draft of its task: part of a :func:`change`, or what the page settles unasked."""
    setattr(workspace(), slot(changed.task), changed)


def change(title: str, key: str = "") -> AbstractContextManager[None]:
    """Everything that changes within is one step of undo; nothing where nothing changes.

    Args:
        title: what is changed, for people.
        key: of the control. Quick changes of the same control one after the other, as by a slider, are one step.
    """
    return undo.change(workspace(), title, key)


def take_photo(data: bytes, name: str) -> None:
    """Put a photo into the workspace; raises :class:`BadInput` where it is none."""
    photo = load(data, name)
    kept = store.default()
    kept.put(data)
    here = workspace()
    changed = here.background
    if here.photo != photo.digest:
        first, *more = changed.mask.layers  # further ones that were clicked would be left with nothing
        kept_layers = (_without_places(first), *(layer for layer in more if _without_places(layer) == layer))
        mask = {"strokes": None, "layers": kept_layers}
        objects = changed.mask.objects if isinstance(changed.mask.objects, str) else "all"
        changed = changed.put("photo", photo.digest).put_all("mask", {**mask, "objects": objects})
        changed = changed.put_all("placement", {name: Placement.model_fields[name].default for name in OF_ONE_PHOTO})
        here.marks, here.results, here.chosen = {}, [], 0
        forget("clicks.kind")
        undo.forget(here)
    here.background = changed
    _remember_name(here, photo.digest, name)
    memory.shared().put((_session(), PHOTO, photo.digest), photo)
    go("Subject")
    save_workspace()
    kept.put(data)  # another visitor may have removed the same photo before this workspace named it


def _remember_name(here: Workspace, photo: str, name: str) -> None:
    names = here.photo_names
    names.pop(brief(photo), None)
    names[brief(photo)] = name  # the newest is the last
    if len(names) > MOST_NAMES:
        del names[next(iter(names))]


def _without_places(layer: Layer) -> Layer:
    """The layer without what was clicked on in another photo."""
    source = layer.source
    if source.name not in masks.SOURCES:
        return layer
    marked = {each.name for each in fields.settings(masks.SOURCES[source.name].Options) if each.control.mark}
    options = {name: value for name, value in source.options.items() if name not in marked}
    return layer.model_copy(update={"source": Source(name=source.name, options=options)})


def photo() -> Photo:
    """The photo in the workspace, decoded once as long as there is memory for it."""
    digest, name = workspace().photo, workspace().photo_name
    if digest is None:
        raise BadInput("There is no photo yet; choose one first.")
    return remember(PHOTO, digest, lambda: load(store.default().get(digest), name or "the photo"))


def forget_pictures() -> None:
    """Drop all decoded pictures and selections that this session keeps; they are made again where they are wanted."""
    memory.shared().forget(_session())


def start_anew() -> None:
    """An empty workspace and an empty memory, after everything of the visitor's was deleted. In a callback."""
    forget_pictures()
    for key in [key for key in st.session_state if key not in ("visitor", "visitor_known")]:
        del st.session_state[key]
    for name in (TAB, STEP):
        st.query_params.pop(name, None)


def go(step: Step) -> None:
    """Open a panel at its top, at the next run: a callback's own run, or the one after ``st.rerun()``."""
    workspace().step = step
    st.session_state["opened"] = st.session_state.get("opened", 0) + 1


def put(key: str, value: JsonValue) -> None:
    """Set a control from outside: in a callback, before it is drawn."""
    workspace().view[key] = value
    st.session_state[key] = value


def forget(key: str) -> None:
    """Put a control back to its first setting: in a callback, before it is drawn."""
    workspace().view.pop(key, None)
    st.session_state.pop(key, None)


def value(key: str, default: Any = None) -> Any:
    """What a control is set to, whether it is drawn now or not."""
    return st.session_state.get(key, workspace().view.get(key, default))


def control(
    widget: Callable[..., Any],
    label: str,
    key: str,
    default: Any,
    *,
    options: Sequence[Any] | None = None,
    fits: Callable[[Any], bool] = lambda _: True,
    **settings: Any,
) -> Any:
    """Draw a control whose setting outlives its being drawn, reruns and reloads.

    Args:
        widget: ``st.slider`` and its like.
        label: what it is called.
        key: its name on the workspace.
        default: its first setting.
        options: what may be chosen, for those that offer a choice; a setting that is no longer offered is dropped.
        fits: whether an old setting can still be shown.
        settings: the widget's own.
    """
    kept = st.session_state.get(key, workspace().view.get(key, default))
    chosen = kept if isinstance(kept, (list, tuple)) else [kept]
    if (options is not None and any(item not in options for item in chosen)) or not fits(kept):
        kept = default
    if options is not None:
        settings["options"] = options
    shown = widgets.show(widget, label, key=key, value=kept, **settings)
    workspace().view[key] = shown
    return shown


def expander(label: str, key: str, icon: str, draw: Callable[[], None]) -> None:
    """An expander that stays open or closed as it was left, over reruns, steps and reloads.

    What is in it costs nothing while it is closed: neither the server nor the browser knows of it.

    Args:
        label: its heading.
        key: its name on the workspace.
        icon: before its heading.
        draw: draws what is in it.
    """
    is_open = workspace().view[key] = bool(value(key, False))
    opened: ExpanderContainer = widgets.show(st.expander, label, key=key, value=is_open, icon=icon, on_change="rerun")
    if opened.open:
        with opened:
            draw()


def remember(kind: str, key: str, make: Callable[[], T]) -> T:
    """What ``make`` gave for ``key`` before, or now; kept as long as there is memory for it (:mod:`ui.memory`)."""
    return memory.shared().get((_session(), kind, key), make)


def remembered(kind: str, key: str) -> bool:
    """Whether :func:`remember` has it already, so that no spinner is needed."""
    return (_session(), kind, key) in memory.shared()


def forget_kind(kind: str) -> None:
    """Drop what :func:`remember` has of a kind."""
    memory.shared().forget(_session(), kind)


def _session() -> str:
    """This session's name in the memory that all share."""
    name: str = st.session_state.setdefault("memory_of", secrets.token_hex(8))
    return name
