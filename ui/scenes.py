"""Rendered scenes: a gallery to choose from, and the chosen one's options."""

from __future__ import annotations

import numpy as np
import streamlit as st

import backdrops
from errors import BadInput
from imaging.geometry import Size
from imaging.scenes import SCENES, Stand, draw, options_of
from ui import options, pictures, state

FIRST = "paper"
THUMBNAIL = Size(240, 180)


def controls() -> None:
    """Choose a scene and set it."""
    chosen = _chosen()
    grid = st.grid(min_column_width=96, gap="small", key="scenes")
    for name, scene in SCENES.items():
        with grid.container(key=f"scene_{name}"):
            st.image(_thumbnail(name), alt=f"Scene: {scene.title}", width="stretch")
            st.button(
                scene.title,
                key=f"scene.{name}",
                type="primary" if name == chosen else "secondary",
                width="stretch",
                help=scene.help,
                on_click=state.put,
                args=("background.scene.name", name),
            )
    st.caption(SCENES[chosen].help)
    options.controls(SCENES[chosen].Options, f"background.scene.{chosen}")
    st.button(
        "Another one like it",
        key="scene_another",
        icon=":material/casino:",
        width="stretch",
        on_click=_another,
        help="The same settings, arranged anew (seed).",
    )


def backdrop() -> backdrops.SceneBackdrop:
    """The scene that the controls describe."""
    name = _chosen()
    values = {}
    for field, info in SCENES[name].Options.model_fields.items():
        value = state.value(f"background.scene.{name}.{field}", info.default)
        if value != info.default:
            values[field] = value
    return backdrops.SceneBackdrop(name=name, values=values, seed=int(state.value("background.scene.seed", 0)))


def take(wanted: backdrops.SceneBackdrop, seed: int) -> None:
    """Set the controls as a recipe with that seed says; a scene that does not exist changes nothing."""
    try:
        _, settings = options_of(wanted.name, wanted.values)
    except BadInput:
        return
    state.put("background.scene.name", wanted.name)
    state.put("background.scene.seed", seed if wanted.seed is None else wanted.seed)
    for field, value in settings.model_dump(mode="json").items():
        state.put(f"background.scene.{wanted.name}.{field}", value)


def _chosen() -> str:
    name = str(state.value("background.scene.name", FIRST))
    return name if name in SCENES else FIRST


def _another() -> None:
    state.put("background.scene.seed", int(state.value("background.scene.seed", 0)) + 1)


@st.cache_data(max_entries=64, show_spinner="Drawing the scenes …")
def _thumbnail(name: str) -> bytes:
    """The same for everybody, so it may be shared between sessions."""
    return pictures.jpeg(np.asarray(draw(name, {}, THUMBNAIL, Stand(), 0)))
