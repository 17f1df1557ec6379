"""The subject: how it is found, what was found, and how to look at it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from pydantic import JsonValue

import models
from imaging.photo import Photo
from masks import Selection, ranking
from recipe import MaskRecipe
from ui import clicks, downloads, edge, layers, pictures, places, selecting, state, touch_up, views

CLICKS_BY = "mobile-sam"
AUTOMATIC = "subject.automatic"  # which networks it asked now and the time before, by their titles
HEAT_OF = "subject.heat_of"  # the layer whose heat map is shown


def take() -> None:
    """Take over what was clicked and drawn since the last run."""
    if state.workspace().photo and state.workspace().step == "Subject":
        clicks.take(state.photo())
        touch_up.take(state.photo())


def stage(photo: Photo) -> None:
    """The photo and what of it will be repainted, or a canvas on it: to paint on, or to click on."""
    mask = selecting.recipe()
    answer = selecting.found(photo, mask)
    heats = {key: selecting.title(key) for key in selecting.heats(photo)} if answer.selection is not None else {}
    touching_up = bool(state.value(selecting.TOUCH_UP, False))
    offered = tuple(views.ABOUT) if heats and not touching_up else views.OF_A_MASK
    view = views.chosen(offered)
    if touching_up:
        touch_up.stage(photo, mask, view)
    else:
        st.session_state.canvas_drawn = False
        _picture(photo, mask, view, heats)
    if answer.selection is None and not touching_up:
        st.caption("Nothing is selected yet.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        views.control(offered)
        if view == views.HEAT_MAP and len(heats) > 1:
            state.control(
                st.segmented_control,
                "Heat map of",
                HEAT_OF,
                next(iter(heats)),
                options=list(heats),
                format_func=heats.__getitem__,
                required=True,
                label_visibility="collapsed",
                help="Each layer asks networks of its own; choose whose answer to look at.",
            )
    views.describe(view)


def _picture(photo: Photo, mask: MaskRecipe, view: str, heats: Mapping[int, str]) -> None:
    """The picture, to click on where clicks are waited for."""
    answer = selecting.found(photo, mask)
    pointed = bool(clicks.targets())
    if view == views.HEAT_MAP:
        layer = state.value(HEAT_OF)
        picture = selecting.heat_map(photo, layer if layer in heats else next(iter(heats)))
    elif answer.selection is None:
        picture = pictures.stage(photo)
    else:
        picture = selecting.view(photo, mask, view)
    alt = f"{view}: {views.ABOUT[view]} The subject is {answer.share:.0%} of the photo."
    if pointed:
        clicks.stage(photo, picture, alt)
    else:
        pictures.show(picture, alt)


def panel(photo: Photo) -> None:
    """Everything that sets the selection."""
    with st.container(key="verdict"):
        _verdict(photo)
    _how_it_was_found(photo)
    layers.show()
    selection = selecting.found(photo, selecting.recipe()).selection
    if selection and not _doubt(selection):  # else it is offered beside the doubt
        _better_network(selection)
    state.control(
        st.toggle,
        "Touch up by hand",
        selecting.TOUCH_UP,
        False,
        help="Paint on the photo to add to the subject or to take away from it (mask strokes).",
    )
    if state.value(selecting.TOUCH_UP) and clicks.targets():
        st.caption("Painting now: switch this off to click on the picture again.")
    edge.panel()
    places.main_button(
        "Choose the new background",
        "Go on with this selection; you can come back at any time.",
        key="to_background",
        icon=":material/arrow_forward:",
        icon_position="right",
        on_click=state.go,
        args=("Background",),
        disabled=not _usable(photo),
    )


def _usable(photo: Photo) -> bool:
    answer = selecting.found(photo, selecting.recipe())
    return answer.selection is not None and answer.share < selecting.FULL


def _verdict(photo: Photo) -> None:
    """What was found, or what to do where nothing was."""
    mask = selecting.recipe()
    answer = selecting.found(photo, mask)
    if answer.waits:
        st.info(answer.problem, icon=":material/touch_app:")
        return
    if answer.selection is None:
        st.warning(
            answer.problem,
            icon=":material/search_off:",
        )
        _other_ways()
        return
    if answer.share >= selecting.FULL:
        st.warning(
            "Everything is selected, so no background would be left to replace: shrink the selection, invert it, or "
            "take parts away under **Touch up by hand**.",
            icon=":material/select_all:",
        )
    elif doubt := _doubt(answer.selection):
        st.warning(f"The subject is {_percent(answer.share)} of the photo, but {doubt}", icon=":material/help:")
        with st.container(horizontal=True, gap="small"):
            _click_instead()
            _better_network(answer.selection)
    elif answer.selection.models and answer.selection.doubt is None:  # clicks, layers, strokes: nothing judged them
        st.info(f"The subject is {_percent(answer.share)} of the photo.", icon=":material/touch_app:")
    else:
        st.success(f"The subject is {_percent(answer.share)} of the photo.", icon=":material/check_circle:")


def _how_it_was_found(photo: Photo) -> None:
    """What is told of a selection beside its verdict: the networks, what they saw, what the layers did."""
    selection = selecting.found(photo, selecting.recipe()).selection
    if selection is None:
        return
    if used := [models.MODELS[id].title for id in selection.models if id in models.MODELS]:
        before, names = _before(photo, used), ", ".join(used)
        if before:
            st.caption(f"Found by {names}. Last time it was {before}.")
        else:
            by = "a neural network" if len(used) == 1 else f"{len(used)} neural networks"
            st.caption(f"Found by {by}.", help=f"{names}.")
    if selection.found:
        seen = ", ".join(f"{name} {_percent(share)}" for name, share in selection.found)
        st.caption(f"Seen in this photo: {seen}.")
    said = selection.doubt.sentence if selection.doubt else ""
    for note in selection.notes:
        if note != said:
            st.caption(note)


def _before(photo: Photo, used: list[str]) -> str:
    """Which networks Automatic asked the last time, where they were others: a fetched one, or ones that suit the photo.

    Args:
        photo: the one they found something in.
        used: the titles of those that were asked now.
    """
    if [layer.source.name for layer in selecting.in_use().values()] != ["auto"]:
        return ""
    view = state.workspace().view
    known = view.get(AUTOMATIC)
    kept: dict[str, JsonValue] = dict(known) if isinstance(known, dict) else {}
    if (kept.get("photo"), kept.get("now")) != (photo.digest, used):
        earlier = kept.get("now") if kept.get("photo") == photo.digest else None
        kept = {"photo": photo.digest, "now": [*used], "before": earlier}
        view[AUTOMATIC] = kept
    before = kept.get("before")
    if not isinstance(before, list) or {*before} == {*used}:
        return ""
    return ", ".join(map(str, before))


def _doubt(selection: Selection) -> str:
    """What is doubtful about a selection, as a clause; empty where nothing is."""
    if selection.doubt is None or not selection.doubt.sentence:
        return ""
    return selection.doubt.sentence[:1].lower() + selection.doubt.sentence[1:]


def _other_ways() -> None:
    """What can be done where no subject was found."""
    with st.container(horizontal=True, gap="small", key="other_ways"):
        _click_instead()
        if state.draft().mask.layers[0].source.name != "strokes":
            st.button(
                "Paint it by hand",
                key="paint_instead",
                icon=":material/brush:",
                on_click=selecting.choose_source,
                args=(0, "strokes"),
                help="Draw the subject yourself on the photo (Drawn by hand).",
            )
        st.button(
            "Try again",
            key="look_again",
            icon=":material/refresh:",
            on_click=selecting.look_again,
            help="Look for the subject once more.",
        )


def _click_instead() -> None:
    """The next way to find it, where what it takes is here and it is not the way already."""
    if models.is_installed(CLICKS_BY) and state.draft().mask.layers[0].source.name != "sam":
        st.button(
            "Click on it instead",
            key="click_instead",
            icon=":material/touch_app:",
            on_click=selecting.choose_source,
            args=(0, "sam"),
            help="Find the subject by a click on it (Segment Anything).",
        )


def _better_network(selection: Selection) -> None:
    """The next better salient network, where one of those that are ranked was used and the best is not here."""
    better = ranking.next_better()
    automatic = any(layer.source.name == "auto" for layer in selecting.in_use().values())
    if better and automatic and set(selection.models) & set(ranking.RANKING):
        downloads.offer_better(better)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "less than 1%"
