"""The rendered scenes as a model: what the sentence was read as, in chips that a click changes."""

from __future__ import annotations

from typing import Any

import streamlit as st

import recipe
from backdrops import DescribedBackdrop
from errors import StudioError
from imaging import sentences
from imaging.sentences import Chip, Reading, describe, read
from ui import state

TITLE = "Rendered scenes: here, about 2 seconds"


def settings(prefix: str, task: str) -> dict[str, Any]:
    """The controls that a scene has beyond those of every model."""
    chosen: dict[str, Any] = {}
    with st.expander("More settings", icon=":material/tune:"):
        chosen["negative_prompt"] = state.control(
            st.text_input,
            "What should not be there",
            f"{prefix}.scenes.negative_prompt",
            "",
            max_chars=recipe.MAX_PROMPT,
            help="Things to leave out, such as clouds or waves (negative prompt).",
        )
        if task == "background":
            chosen["defocus"] = state.control(
                st.slider,
                "Out of focus",
                f"{prefix}.scenes.defocus",
                0.0,
                min_value=0.0,
                max_value=20.0,
                step=0.5,
                format="%g ‰",
                help="Soften the scene as a lens would (depth of field), in thousandths of the longer side.",
            )
    return chosen


def chips(prefix: str, prompt: str, negative_prompt: str) -> Reading | None:
    """Show what the sentence was read as; ``None`` where it is empty or cannot be drawn, which is said."""
    if not prompt.strip():
        return None
    try:
        understood = _changed(prefix, prompt, read(prompt, negative_prompt))
    except StudioError as error:
        st.warning(str(error), icon=":material/landscape:")
        return None
    with st.container(horizontal=True, gap="xsmall", key=f"{prefix}.chips"):
        for chip in understood.chips():
            _chip(prefix, prompt, chip)
    st.caption(describe(understood))
    return understood


def take(prefix: str, backdrop: DescribedBackdrop) -> None:
    """Set the controls as a recipe says. In a callback."""
    reading = backdrop.reading
    state.put(f"{prefix}.prompt", backdrop.prompt)
    state.put(f"{prefix}.model", sentences.MODEL)
    state.put(f"{prefix}.num_images_per_prompt", backdrop.num_images_per_prompt)
    state.put(f"{prefix}.scenes.negative_prompt", backdrop.negative_prompt)
    state.put(f"{prefix}.scenes.defocus", backdrop.defocus)
    state.desk().values[_key(prefix)] = {
        "prompt": backdrop.prompt,
        "scene": reading.name,
        "options": dict(reading.values),
    }


def _key(prefix: str) -> str:
    return f"{prefix}.scenes.changes"


def _changed(prefix: str, prompt: str, reading: Reading) -> Reading:
    """The reading with what was changed by hand since the sentence was written."""
    changes: Any = state.desk().values.get(_key(prefix))
    if not isinstance(changes, dict) or changes.get("prompt") != prompt:
        return reading
    if changes["scene"] != reading.scene:
        other = next((other for other in reading.alternatives if other.scene == changes["scene"]), None)
        reading = other or Reading(changes["scene"], {}, unused_words=reading.unused_words)
    for option, value in changes["options"].items():
        reading = reading.changed(option, value)
    return reading


def _chip(prefix: str, prompt: str, chip: Chip) -> None:
    if not chip.alternatives:
        st.badge(chip.label, color="blue" if chip.given else "gray")
        return
    with st.popover(chip.label, type="secondary" if chip.given else "tertiary"):
        for at, (label, value) in enumerate(chip.alternatives):
            st.button(
                label,
                key=f"{prefix}.chip.{chip.option}.{at}",
                type="tertiary",
                on_click=_change,
                args=(prefix, prompt, chip.option, value),
            )


def _change(prefix: str, prompt: str, option: str | None, value: Any) -> None:
    """Note a change by hand. A callback."""
    negative_prompt = str(state.value(f"{prefix}.scenes.negative_prompt", ""))
    now = _changed(prefix, prompt, read(prompt, negative_prompt))
    if option is None:
        changes = {"prompt": prompt, "scene": value, "options": {}}
    else:
        changes = {"prompt": prompt, "scene": now.scene, "options": {**now.options, option: value}}
    state.desk().values[_key(prefix)] = changes
