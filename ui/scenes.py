"""Rendered scenes: a gallery to choose from, and the chosen one's options."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st

import fields
from imaging.geometry import Size
from imaging.scenes import SCENES, Stand, draw
from ui import binding, pictures, pressed, state
from ui import controls as bound_controls

THUMBNAIL = Size(240, 180)
THUMBNAILS = Path(__file__).parent / "thumbnails" / "scenes"


def controls() -> None:
    """Choose a scene and set it."""
    chosen = str(state.draft().get("backdrop.name"))
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
                on_click=_choose,
                args=(name,),
            )
    pressed.mark([f"scene_{name}" for name in SCENES], f"scene_{chosen}", key="scenes_pressed")
    if chosen not in SCENES:
        st.warning(f"There is no scene {chosen} here; choose another one.", icon=":material/landscape:")
        return
    st.caption(SCENES[chosen].help)
    for setting in fields.settings(SCENES[chosen].Options):
        bound_controls.draw(binding.scene_option(setting.name))
    st.button(
        "Another one like it",
        key="scene_another",
        icon=":material/casino:",
        width="stretch",
        on_click=_another,
        help="The same settings, arranged anew (seed).",
    )


def _choose(name: str) -> None:
    """Take up another scene, as it was left. A callback."""
    draft, aside = state.draft(), state.workspace().set_aside
    with state.change("Scene"):
        aside[f"scene.{draft.get('backdrop.name')}"] = dict(draft.get("backdrop.values"))
        values = aside.get(f"scene.{name}", {})
        state.replace(draft.put("backdrop.name", name).put("backdrop.values", values))


def _another() -> None:
    seed = int(state.draft().get("backdrop.seed") or 0) + 1
    state.edit(state.draft().put("backdrop.seed", seed), "Another one like it")


@st.cache_data(max_entries=64, show_spinner="Drawing the scenes …")
def _thumbnail(name: str) -> bytes:
    """The same for everybody, so it may be shared between sessions. Drawn in advance: all of them take seconds."""
    ready = THUMBNAILS / f"{name}.jpg"
    return ready.read_bytes() if ready.exists() else drawn(name)


def drawn(name: str) -> bytes:
    """The small picture of a scene: JPEG. ``python -m docs.make_thumbnails`` writes those of all to files."""
    return pictures.jpeg(np.asarray(draw(name, {}, THUMBNAIL, Stand(), 0)))
