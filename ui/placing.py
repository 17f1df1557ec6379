"""Place and size: the panel with the picture's shape and the subject's scale, and the picture on which it is moved."""

from __future__ import annotations

import io

import numpy as np
import streamlit as st
from PIL import Image

from imaging import composite
from imaging.colour import to_srgb
from imaging.geometry import Box, Size
from imaging.photo import Photo, to_8_bit
from imaging.placement import place
from imaging.pose import dragged, frame_of, pose_of, reduced
from imaging.subject import Subject
from masks import Selection
from recipe import PRESETS, Draft, Placement, Preset, kind_of
from ui import binding, controls, look, mover, pictures, places, selecting, state, views, widgets

KEY = "mover"
MOVING = "place.moving"
BEFORE_PRESET = "place.preset"  # what was set aside for the colour of a ready size
SPRITE = 700  # pixels, the longer side of the photo that the moved subject is cut from


def placement() -> Placement:
    """The draft's."""
    return state.draft().placement


def frame(photo: Photo) -> Size:
    """The size of the picture that will be made of a photo.

    Raises:
        BadInput: it is too large.
    """
    return frame_of(photo.size, placement())


def resampled(selection: Selection) -> bool:
    """Whether the subject's pixels will be interpolated ones."""
    return placement() != Placement() and not pose_of(selection.values, placement()).exact


def moving() -> bool:
    """Whether the subject is moved on the picture now."""
    return bool(state.value(MOVING, False))


def panel() -> None:
    """Shape, margin, alignment, scale, angle; folded away."""
    state.expander("Place and size", "place.open", ":material/open_with:", _settings)


def _settings() -> None:
    state.control(
        st.toggle,
        "Move on the picture",
        MOVING,
        False,
        help="Drag the subject on the picture; its corners scale it, the handle above turns it. Two fingers or the "
        "wheel do, too; so do the arrow keys, plus and minus, and square brackets.",
    )
    _presets()
    own = placement().shape == "own"
    for name in ("shape", "output_width", "output_height", "align", "margin", "scale", "rotate", "flip"):
        if own or not name.startswith("output"):
            controls.draw(binding.field(f"placement.{name}"))
    for name in ("move_x", "move_y"):
        controls.draw(binding.field(f"placement.{name}"))
    st.button(
        "As photographed",
        key="place.reset",
        icon=":material/restart_alt:",
        disabled=placement() == Placement(),
        on_click=_put,
        args=(Placement(),),
        help="Puts the subject back to its place and size in the photo, and the picture to the photo's shape.",
    )


def _presets() -> None:
    key = "place.preset"
    chosen = next((name for name, preset in PRESETS.items() if Placement(**preset.placement) == placement()), None)
    widgets.show(
        st.pills,
        "Ready sizes",
        key=key,
        value=chosen,
        options=list(PRESETS),
        format_func=lambda name: PRESETS[name].title,
        on_change=lambda: _take_preset(st.session_state[key]),
        help=" ".join(f"{preset.title}: {preset.help}" for preset in PRESETS.values()),
    )
    if chosen and PRESETS[chosen].colour:
        _colour_of_preset(chosen)


def _colour_of_preset(name: str) -> None:
    """Say what background the ready size asks for: it took the place of another, or it is not the one chosen."""
    preset, draft, before = PRESETS[name], state.draft(), state.workspace().set_aside.get(BEFORE_PRESET)
    if kind_of(draft.kind).creates:
        return
    if not _has_colour(draft, preset):
        st.caption(f"{preset.title} asks for pure white; the background is another one.")
        st.button(
            "Make the background white",
            key="place.preset_colour",
            icon=":material/format_color_fill:",
            on_click=_take_preset,
            args=(name,),
            help="As marketplaces ask. The background chosen now stays as it is set.",
        )
    elif before:
        st.info("The background is pure white now, as marketplaces ask.", icon=":material/format_color_fill:")
        st.button(
            f"Back to: {kind_of(str(before['kind'])).title}",
            key="place.preset_back",
            icon=":material/arrow_back:",
            on_click=_back_from_preset,
            help="Puts the background of before into this size.",
        )


def _has_colour(draft: Draft, preset: Preset) -> bool:
    return draft.kind == "colour" and draft.get("backdrop.colour") == preset.colour


def _take_preset(name: str | None) -> None:
    """Set the frame and the margin; the background, where the preset has a colour of its own. A callback."""
    if name is None:
        _put(Placement())
        return
    preset, draft = PRESETS[name], state.draft()
    with state.change("Ready size"):
        state.workspace().set_aside.pop(BEFORE_PRESET, None)
        if preset.colour and not kind_of(draft.kind).creates and not _has_colour(draft, preset):
            before = {"kind": draft.kind, "colour": draft.backdrops.get("colour", {}).get("colour")}
            state.workspace().set_aside[BEFORE_PRESET] = before
            draft = draft.put("backdrop.kind", "colour").put("backdrop.colour", preset.colour)
        state.replace(draft.put("placement", Placement(**preset.placement)))


def _back_from_preset() -> None:
    """The background that the ready size replaced, in its size. A callback."""
    with state.change("Background"):
        if before := state.workspace().set_aside.pop(BEFORE_PRESET, None):  # else the button was pressed twice
            draft = state.draft().put("backdrop.colour", before["colour"])
            state.replace(draft.put("backdrop.kind", str(before["kind"])))


def _put(changed: Placement, title: str = "Place and size") -> None:
    state.edit(state.draft().put("placement", changed), title)


def stage(photo: Photo, selection: Selection, drawn: bytes, alt: str, shadow: bool = False) -> None:
    """The picture with its subject, which can be moved on it, and with its ``shadow``, which can be drawn out."""
    places.work_on_stage("placement")
    small, chosen = pictures.reduced(photo, SPRITE), pictures.reduced_selection(selection, SPRITE)
    now = placement()
    pose = pose_of(chosen.values, reduced(now, small.size, SPRITE))
    casts = shadow and look.casts()
    key = selecting.key_of(photo, selecting.recipe())
    sprite = state.remember("sprite", key, lambda: _sprite(small, chosen))
    mover.show(
        drawn,
        sprite,
        pose,
        (0.05 / now.scale, 10 / now.scale),
        st.session_state.get("mover_taken", ("", 0)),
        _take_drag,
        look.tip() if casts else None,
        _take_light,
        key=KEY,
        alt=alt,
    )
    st.caption(
        ":material/open_with: Drag the subject; its corners scale it, the handle above it turns it."
        + (" The dark dot at its foot is its shadow's tip: drag it, or set it under Light and shadow." if casts else "")
    )
    places.keys("The arrow keys move it, plus and minus scale it, square brackets turn it.")


def _take_drag() -> None:
    """A callback: the subject was left somewhere."""
    found = mover.parse_drag((st.session_state.get(KEY) or {}).get("pose"))
    if found is None:
        return
    drag, taken = found
    if not _is_new(taken):
        return
    photo = state.photo()
    selection = selecting.found(photo, selecting.recipe()).selection
    if selection is not None:
        small = pictures.reduced_selection(selection, SPRITE)
        _put(dragged(small.values, placement(), drag.centre, drag.grow, drag.turn), "Move the subject")


def _take_light() -> None:
    """A callback: the tip of the shadow was left somewhere."""
    found = mover.parse_light((st.session_state.get(KEY) or {}).get("light"))
    if found is not None and _is_new(found[1]):
        look.cast_to(*found[0])


def _is_new(taken: tuple[str, int]) -> bool:
    """Whether what the browser sent was not taken yet; from now on it is."""
    new = taken != st.session_state.get("mover_taken")
    st.session_state.mover_taken = taken
    return new


def _sprite(photo: Photo, selection: Selection) -> bytes:
    """The subject alone, cut to its box, as a WebP with transparency."""
    subject, box = Subject.of(photo, selection.values), Box.around(selection.values)
    assert box is not None  # it has a pose
    cut = to_8_bit(composite.cut_out(photo.pixels, selection.values, subject.edge, None))[box.slices]
    rgba = np.dstack([to_srgb(np.ascontiguousarray(cut[..., :3]), photo.icc), cut[..., 3]])
    out = io.BytesIO()
    Image.fromarray(rgba).save(out, "WEBP", quality=85)
    return out.getvalue()


def view(photo: Photo, selection: Selection, name: str) -> bytes:
    """The subject in its place, for the screen: in one of the views of a mask (:mod:`ui.views`)."""
    key = f"{name} {selecting.key_of(photo, selecting.recipe())} {placement().model_dump_json()}"

    def make() -> bytes:
        small, chosen = (
            pictures.reduced(photo, pictures.PREVIEW),
            pictures.reduced_selection(selection, pictures.PREVIEW),
        )
        subject = Subject.of(small, chosen.values)
        placed = place(subject, reduced(placement(), small.size, pictures.PREVIEW)).subject
        return views.draw(name, placed.photo, Selection(placed.alpha))

    return state.remember("view", key, make)
