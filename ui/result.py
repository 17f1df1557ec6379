"""Results: before and after, all candidates, the checks in plain words, downloads, and what to do next."""

from __future__ import annotations

from functools import partial

import streamlit as st

from errors import BadInput, StudioError
from imaging import sentences
from imaging.checks import MOST_EXPANSION
from imaging.photo import load
from imaging.placement import SOFT
from jobs import history, store
from masks import doubt
from recipe import Placement, Recipe, kind_of, task_of
from ui import (
    about,
    actions,
    compare,
    differing,
    exports,
    instant,
    pictures,
    places,
    pressed,
    selecting,
    side_by_side,
    state,
    working,
)
from ui.compare import Picture
from ui.markdown import plain
from ui.outcome import Outcome, full_after, full_before, outcome


def stage() -> None:
    """The chosen picture, large."""
    here = state.workspace()
    if working.awaited():
        working.large()
        return
    if not here.results:
        made = history.entries(st.session_state.visitor, 1)
        st.info(
            "No picture is open. Choose a background and make one, or open one of those below, under Your pictures."
            if made
            else "There is no picture yet. Choose a background and make one; it will be here, with its downloads.",
            icon=":material/image_search:",
        )
        return
    try:
        with places.spinner("Opening the picture …"):
            found = outcome(here.results[here.chosen])
    except BadInput as error:
        st.error(error.message, icon=":material/error:")
        return
    if not side_by_side.stage():
        _large(found)
    _candidates()


def _large(found: Outcome) -> None:
    """The picture, with its photo where there is one to compare it with."""
    title = "After" if found.before is not None else ""
    alt = "The picture with its new background" if title else "The picture"
    after = Picture(found.digest, found.after, found.size, partial(full_after, found), alt, title)
    if found.before is None:
        compare.show([after], key="compare")
        st.caption(f":material/zoom_in: {compare.HOW_TO_ZOOM}")
        return
    before = Picture(
        f"before {found.digest}",
        found.before.jpeg,
        found.before.size,
        partial(full_before, found),
        "The photo as it was",
        "Before",
    )
    if found.recipe.placement == Placement():
        compare.show([before, after], key="compare")
        st.caption(f":material/swipe: Drag the divider, or move it with the arrow keys. {compare.HOW_TO_ZOOM}")
    else:  # the subject stands elsewhere in the photo
        compare.show([before, after], key="compare", mode="beside", divider=False)
        st.caption(f":material/compare: Both are zoomed and moved together. {compare.HOW_TO_ZOOM}")


def _candidates() -> None:
    here = state.workspace()
    if len(here.results) < 2:
        return
    st.markdown(f"**{len(here.results)} pictures to choose from**")
    grid = st.grid(min_column_width=130, gap="small", key="candidates")
    for at, digest in enumerate(here.results):
        with grid.container(key=f"candidate_{at}"):
            st.image(_small(digest), alt=f"Picture {at + 1}", width="stretch")
            st.button(
                f"Picture {at + 1}",
                key=f"choose.{at}",
                type="primary" if at == here.chosen else "secondary",
                width="stretch",
                on_click=_choose,
                args=(at,),
                help="Look at this one large.",
            )
    pressed.mark(
        [f"candidate_{at}" for at in range(len(here.results))], f"candidate_{here.chosen}", key="candidates_pressed"
    )


def _choose(at: int) -> None:
    state.workspace().chosen = at
    side_by_side.close()


def _small(digest: str) -> bytes:
    return state.remember("small", digest, lambda: pictures.tile(load(store.default().get(digest))))


def panel() -> None:
    """What the picture is, and what can be done with it."""
    here = state.workspace()
    if not here.results:
        if working.awaited():
            st.markdown("**Being made.** You can go back and change things; this picture is made as it was asked for.")
        st.button(
            "Back to the background" if working.awaited() else "Choose a background",
            key="result_to_background",
            type="secondary" if working.awaited() else "primary",
            width="stretch",
            icon=":material/arrow_back:",
            on_click=state.go,
            args=("Background",),
            disabled=here.photo is None,
            help="Back to the background, where the picture is made.",
        )
        return
    try:
        found = outcome(here.results[here.chosen])
    except BadInput:
        return
    side_by_side.panel()
    with st.container(key="differs"):
        _differs(found)
    _checks(found)
    exports.panel(found)
    _next(found)
    state.expander("How it was made", "about.open", ":material/receipt_long:", lambda: about.panel(found))


def _differs(found: Outcome) -> None:
    """What the page is set to now and this picture does not show, with the way to a picture that does."""
    parts = differing.from_page(found.recipe)
    if not parts:
        return
    what = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    st.info(f"Your settings now differ from this picture's: {what}.", icon=":material/history:")
    if kind_of(state.draft().kind).creates:  # it takes its time, and is asked for where that is said
        st.button(
            "Back to the background",
            key="differs_to_background",
            icon=":material/arrow_back:",
            on_click=state.go,
            args=("Background",),
            help="A picture with your settings is made there. This one is kept under Your pictures.",
        )
        return
    actions.button(
        st.button,
        "Make it with these settings",
        key="make_again",
        act=lambda: instant.make_now(instant.recipe()),
        says=instant.MAKING,
        icon=":material/refresh:",
        help="Makes another picture, with your settings as they are now. This one is kept under Your pictures.",
    )


def _checks(found: Outcome) -> None:
    width, height = found.size
    lines = []
    if found.share is not None:
        if found.changed == 0 and found.resampled:
            lines.append(
                f":green[:material/check_circle:] **The subject is resampled**, since it was scaled or turned; nothing "
                f"else was changed in its {found.kept:,} pixels."
            )
        elif found.changed == 0:
            lines.append(
                f":green[:material/check_circle:] **The subject is untouched.** The {found.kept:,} pixels that are "
                "wholly subject are exactly the photo's."
            )
        elif found.recipe.look.match_light:
            lines.append(
                ":blue[:material/light_mode:] **The subject is in the light of its new place**, as you asked with "
                "“Match the light”."
            )
        else:
            lines.append(f":red[:material/error:] **{found.changed:,} pixels of the subject differ** from the photo.")
        soft = 1 - found.share
        if soft >= 0.005:
            lines.append(
                f":green[:material/check_circle:] Its soft edge, {soft:.0%} of it, is blended into the new background."
            )
    elif found.recipe.photo is not None:
        lines.append(":gray[:material/info:] The photo is no longer on this machine, so nothing can be compared.")
    if found.expansion is not None:
        mark = ":green[:material/check_circle:]" if found.expansion <= MOST_EXPANSION else ":orange[:material/warning:]"
        lines.append(f"{mark} Painted onto the subject: {found.expansion:.0%} of its area (expansion).")
    lines.append(f":green[:material/check_circle:] {width} × {height} pixels" + _as_large(found))
    for line in lines:
        st.markdown(line)
    for note in sorted(found.notes, key=_is_warning, reverse=True):
        if _is_warning(note):
            st.markdown(f":orange[:material/help:] {plain(note)}")
        else:
            st.caption(plain(note))


def _is_warning(note: str) -> bool:
    return note.endswith((doubt.ADVICE, SOFT))


def _as_large(found: Outcome) -> str:
    return ", the photo's full size." if found.recipe.photo and found.recipe.placement == Placement() else "."


def _next(found: Outcome) -> None:
    with st.container(horizontal=True):
        if found.has_selection and found.recipe.photo == state.workspace().photo:
            st.button(
                "Correct the subject",
                key="correct_subject",
                icon=":material/brush:",
                on_click=state.go,
                args=("Subject",),
                help="Back to the mask of this photo: click, touch it up, or find the subject in another way.",
            )
        st.button(
            "Use these settings again",
            key="settings_again",
            icon=":material/settings_backup_restore:",
            on_click=use_again,
            args=(found.recipe,),
            help="Puts every control back to what made this picture, seed included.",
        )
        st.button(
            "Edit the result further" if found.recipe.photo else "Give it another background",
            key="edit_further",
            icon=":material/edit:",
            on_click=edit_further,
            args=(found.digest,),
            help="Takes this picture as the next photo to work on. It stays under Your pictures, where “Use these "
            "settings again” brings its photo back.",
        )


def use_again(recipe: Recipe) -> None:
    """Put photo and controls to what a recipe says. A callback: controls are not drawn yet."""
    if recipe.photo and recipe.photo != state.workspace().photo:
        try:
            load(store.default().get(recipe.photo), "the photo")
        except StudioError as error:
            st.session_state.message = error.message
            return
    with state.change("Use settings again"):
        _load(recipe)
    if task_of(recipe.task).has_subject:
        state.go("Background")
    else:
        state.put("photo.way", "Describe")
        state.go("Photo")


def _load(recipe: Recipe) -> None:
    here, slot = state.workspace(), state.slot(recipe.task)
    for name in ("seed_locked", "seed_rolled"):
        here.view[f"{slot}.{name}"] = True
    if recipe.backdrop.kind in ("described", "generated"):
        here.view[f"{slot}.model"] = getattr(recipe.backdrop, "model", sentences.MODEL)
    if task_of(recipe.task).has_subject:
        selecting.load_from_recipe(recipe)
    else:
        state.replace(state.draft("create").load(recipe))


def edit_further(digest: str) -> None:
    """Take a result as the next photo. A callback."""
    name = f"{state.workspace().photo_name.rsplit('.', 1)[0] or 'picture'}-edited.png"
    try:
        state.take_photo(store.default().get(digest), name)
    except StudioError as error:
        st.session_state.message = error.message
