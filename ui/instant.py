"""Instant backgrounds: drawn small as the controls move, and made at full size at a click.

The look at what a sentence describes is drawn here, too, as rendered scenes draw it at once.
"""

from __future__ import annotations

import streamlit as st

import main
from backdrops import ImageBackdrop
from errors import BadInput, StudioError
from imaging.clean_copy import clean_copy
from imaging.geometry import Size
from imaging.photo import Photo, load
from jobs import history, store
from masks import Selection
from recipe import Recipe, kind_of, kinds, task_of
from ui import (
    actions,
    binding,
    controls,
    look,
    pasting,
    pictures,
    places,
    placing,
    scenes,
    selecting,
    state,
    swatches,
    widgets,
)
from ui.workspace import Step

MAKING = "Making the picture at full size …"


def stage(photo: Photo, selection: Selection) -> None:
    """The picture drawn small; the photo where something is missing yet."""
    try:
        wanted = recipe().for_image(0)
        key = f"{wanted.to_json()} {selecting.key_of(photo, selecting.recipe())}"
        drawn = state.remember("preview", key, lambda: pictures.preview(wanted, photo, selection, store.default().get))
    except StudioError as error:
        pictures.show(pictures.stage(photo), "The photo")
        said_by_the_panel = state.draft().missing() or kind_of(state.draft().kind).creates
        if not said_by_the_panel:
            st.warning(error.message, icon=":material/warning:")
        return
    alt = "The subject before its new background, drawn small"
    if placing.moving():
        placing.stage(photo, selection, drawn, alt, shadow=True)
    else:
        pictures.show(drawn, alt)
    width, height = placing.frame(photo)
    subject = "with every pixel of the subject as it was"
    if wanted.look.match_light and wanted.backdrop.kind != "transparent":
        subject = "with the subject in the light of its new place"
    elif placing.resampled(selection):
        subject = "with the subject resampled"
    st.caption(
        f":material/visibility: A quick look, drawn small. The picture itself is made at {width} × {height} pixels, "
        f"{subject}."
    )


def panel(photo: Photo) -> None:
    """Choose the kind, set it, make the picture."""
    kind = _kind()
    st.caption(kinds()[kind].help)
    if kind == "scene":
        scenes.controls()
    else:
        for bound in binding.backdrop_fields():
            swatches.ready(bound)
            controls.draw(bound)
            if bound.setting.control.input == "backdrop picture":
                pasting.show(_UPLOADER)
    if kind != "image":
        take_pasted()
    if state.draft().missing():
        st.info(f"Upload {' and '.join(state.draft().missing())}, and it appears behind the subject.")
    look.panel()
    placing.panel()
    make(photo)


_UPLOADER = "upload.background.image.digest"


def take_pasted() -> None:
    """Let a picture that is pasted become the background, whatever is chosen now."""
    pasting.show(_UPLOADER, _choose_picture)


def _choose_picture() -> None:
    """Another picture behind the subject, which was pasted and is taken over next. A callback."""
    state.edit(state.draft().put("backdrop.kind", "image"), "Background")


def _kind() -> str:
    """The pills of all kinds that are drawn at once; the chosen one."""
    offered = {name: kind for name, kind in kinds().items() if not kind.creates}
    key = "background.kind"
    widgets.show(
        st.pills,
        "Background",
        key=key,
        value=state.draft().kind,
        options=list(offered),
        format_func=lambda name: f":material/{offered[name].icon}: {offered[name].title}",
        required=True,
        on_change=lambda: state.edit(state.draft().put("backdrop.kind", st.session_state[key]), "Background"),
        help="What comes behind the subject.",
    )
    return state.draft().kind


def recipe() -> Recipe:
    """The recipe that the page describes; raises :class:`BadInput` while something is missing."""
    wanted = selecting.draft().freeze()
    if isinstance(wanted.backdrop, ImageBackdrop):
        framed = _framed(wanted.backdrop, placing.frame(state.photo()))
        return wanted.model_copy(update={"backdrop": framed})
    return wanted


def _framed(backdrop: ImageBackdrop, size: Size) -> ImageBackdrop:
    """The same with what is seen of the picture behind a photo of that size: results carry that and no more.

    Made once; made again where the store has lost it since.
    """
    kept, key = store.default(), f"{backdrop.digest} {size} {backdrop.fit}"
    view = state.workspace().view  # the workspace names the copy, so it is kept and deleted with it
    known = view.get("framed")
    framed = known.get(key) if isinstance(known, dict) else None
    if not isinstance(framed, str) or not kept.has(framed):
        if not kept.has(backdrop.digest):
            raise BadInput("The background picture is no longer here; upload it again.")
        picture = load(kept.get(backdrop.digest), "the background picture")
        framed = backdrop.digest if picture.size == size else kept.put(clean_copy(picture, size, backdrop.fit))
        view["framed"] = {key: framed}
    return backdrop.model_copy(update={"digest": framed})


def make(photo: Photo) -> None:
    """The button that makes the picture."""
    selection = selecting.found(photo, selecting.recipe()).selection
    width, height = placing.frame(photo)
    actions.button(
        places.main_button,
        "Make the picture",
        key="make",
        act=lambda: make_now(recipe()),
        says=MAKING,
        help=f"At full size, {width} × {height} pixels, ready to download.",
        icon=":material/check:",
        disabled=selection is None or bool(state.draft().missing()),
    )


def make_now(wanted: Recipe) -> Step:
    """Make one picture within the page, keep it, and let it be the result; for what takes a second or two.

    Returns:
        The step that shows it.

    Raises:
        StudioError: it cannot be made; the page stays as it is.
    """
    photo = state.photo() if task_of(wanted.task).has_subject else None
    answer = selecting.found(photo, wanted.mask) if photo else None
    if answer and answer.selection is None:
        raise BadInput(answer.problem)
    (result,) = main.run(wanted, photo, store.default().get, selection=answer.selection if answer else None)
    digest = store.default().put(result.encode("PNG"))
    history.record(st.session_state.visitor, result.recipe, digest, history.thumbnail(result.pixels, result.icc))
    here = state.workspace()
    here.results, here.chosen = [digest], 0
    st.session_state.setdefault("seconds", {})[digest] = result.report["seconds"]
    st.session_state.setdefault("ready", {})[digest] = [digest]
    return "Result"
