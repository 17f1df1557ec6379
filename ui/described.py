"""The rendered scenes as a model: what the sentence was read as, in chips that a click changes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from errors import StudioError
from imaging import sentences
from imaging.sentences import Chip, Reading, describe
from recipe import Task, task_of
from ui import state
from ui.markdown import plain

TITLE = "Rendered scenes: here, about 2 seconds"


def chips(task: Task) -> None:
    """Show what the sentence was read as; nothing where it is empty; one sentence where it cannot be drawn."""
    prompt = str(state.draft(task).get("backdrop.prompt") or "")
    if not prompt:
        return
    try:
        understood = _reading(task)
    except StudioError as error:
        st.warning(error.message, icon=":material/landscape:")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"{task}.chips"):
        for chip in understood.chips():
            _chip(task, chip)
    st.caption(describe(understood))
    if not task_of(task).has_subject and (missing := sentences.subjects(prompt, understood.scene)):
        st.info(
            f"Rendered scenes are places: this one is drawn without the {' and the '.join(map(plain, missing))}. A "
            "diffusion model can paint that, too.",
            icon=":material/landscape:",
        )


def can_draw(task: Task) -> bool:
    """Whether the sentence names a place that a rendered scene draws; :func:`chips` says why not."""
    try:
        _reading(task)
    except StudioError:
        return False
    return True


def _reading(task: Task) -> Reading:
    """The sentence as it was read, or as it was changed by hand since."""
    draft = state.draft(task)
    reading = sentences.read(str(draft.get("backdrop.prompt")), str(draft.get("backdrop.negative_prompt") or ""))
    changed = draft.get("backdrop.readings")
    if not changed:
        return reading
    name, values = changed[0].name, changed[0].values
    if name != reading.scene:
        other = next((other for other in reading.alternatives if other.scene == name), None)
        reading = other or Reading(name, {}, unused_words=reading.unused_words)
    for option, value in values.items():
        reading = reading.changed(option, value)
    return reading


def _chip(task: Task, chip: Chip) -> None:
    if not chip.alternatives:
        st.badge(chip.label, color="blue" if chip.given else "gray")
        return
    with st.popover(chip.label, type="secondary" if chip.given else "tertiary"):
        for at, (label, value) in enumerate(chip.alternatives):
            st.button(
                label,
                key=f"{task}.chip.{chip.option}.{at}",
                type="tertiary",
                on_click=_change,
                args=(task, chip.option, value),
            )


def _change(task: Task, option: str | None, value: Any) -> None:
    """Put the reading into the draft, with one option or the scene changed. A callback."""
    now = _reading(task)
    changed = Reading(value, {}, unused_words=now.unused_words) if option is None else now.changed(option, value)
    values = {name: changed.values[name] for name in changed.options}
    settled = {"name": changed.scene, "values": values, "unused_words": list(changed.unused_words)}
    state.edit(state.draft(task).put("backdrop.readings", [settled]), "Scene from the words")
