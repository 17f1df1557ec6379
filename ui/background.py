"""The new background: an instant one, drawn as the controls move, or a generated one, made by the queue.

Other tasks that take a photo are chosen here, too, where there are any."""

from __future__ import annotations

import streamlit as st

from imaging.photo import Photo
from recipe import kind_of, task_of, tasks
from ui import binding, controls, generate, instant, pictures, selecting, state, widgets

MODES = {"Instant": ":material/bolt: Instant", "Generated": ":material/auto_awesome: Generated"}


def stage(photo: Photo) -> None:
    """What the picture will look like."""
    mask = selecting.recipe()
    answer = selecting.found(photo, mask)
    if answer.selection is None:
        pictures.show(pictures.stage(photo), "The photo")
        st.warning(
            f"{answer.problem} Without a subject there is nothing to put before a background.",
            icon=":material/search_off:",
        )
        st.button(
            "Choose the subject",
            key="to_subject",
            icon=":material/arrow_back:",
            on_click=state.go,
            args=("Subject",),
            help="Back to the step before.",
        )
    elif _is_to_be_generated():
        generate.stage(photo, answer.selection)
    else:
        instant.stage(photo, answer.selection)


def _is_to_be_generated() -> bool:
    """Whether nothing of the background can be drawn yet: it is a diffusion model's, or its words are not said."""
    draft = state.draft()
    drawn_later = draft.kind == "generated" or (kind_of(draft.kind).creates and bool(draft.missing()))
    return drawn_later and task_of(draft.task).has_backdrop


def panel(photo: Photo) -> None:
    """Choose what to do with the photo, set it, and make the picture."""
    _choose_task()
    for bound in binding.task_options():
        controls.draw(bound)
    if not task_of(state.draft().task).has_backdrop:
        instant.make(photo)
        return
    key = "background.mode"
    widgets.show(
        st.segmented_control,
        "Kind of background",
        key=key,
        value=_mode(),
        options=list(MODES),
        format_func=MODES.__getitem__,
        required=True,
        width="stretch",
        on_change=lambda: _switch(st.session_state[key]),
        help="Instant: drawn at once, needs no model. Generated: from your words, drawn as a scene or painted by a "
        "diffusion model.",
    )
    if _mode() == "Generated":
        generate.panel(photo)
        instant.take_pasted()
    else:
        instant.panel(photo)


def _choose_task() -> None:
    """Nothing, as long as there is one task."""
    offered = {name: task for name, task in tasks().items() if task.has_subject}
    if len(offered) == 1:
        return
    key = "background.task"
    widgets.show(
        st.selectbox,
        "Task",
        key=key,
        value=state.draft().task,
        options=list(offered),
        format_func=lambda name: offered[name].title or name.capitalize(),
        on_change=lambda: state.edit(state.draft().put("task", st.session_state[key]), "Task"),
        help="What is done with the photo and its subject.",
    )
    st.caption(offered[state.draft().task].help)


def _mode() -> str:
    return "Generated" if kind_of(state.draft().kind).creates else "Instant"


def _switch(mode: str) -> None:
    """Take up the other mode as it was left. A callback."""
    with state.change("Kind of background"):
        if mode == "Generated":
            state.workspace().view["instant.kind"] = state.draft().kind
            generate.choose_model("background", generate.chosen_model("background"))
        else:
            state.replace(state.draft().put("backdrop.kind", str(state.value("instant.kind", "colour"))))
