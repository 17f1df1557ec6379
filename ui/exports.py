"""Downloads of a result: the picture, the cut-out and the mask, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

import main
import replay
from backdrops import TransparentBackdrop
from imaging import provenance
from imaging.encode import encode
from imaging.photo import load
from jobs import store
from recipe import Look, Recipe
from ui import state
from ui.outcome import Outcome, with_alpha


def panel(found: Outcome) -> None:
    """A button for each file."""
    st.markdown("**Download**", help="The picture's own file carries its recipe, so that it can be made again.")
    name = _file_name()
    transparent = isinstance(found.recipe.backdrop, TransparentBackdrop)
    with st.container(horizontal=True, key="downloads"):
        _button("PNG", name + ".png", "image/png", partial(_bytes, found.digest), "Exact, and it can be replayed.")
        if not transparent:
            _button("JPEG", name + ".jpg", "image/jpeg", partial(_as, found.digest, "JPEG"), "Small; for the web.")
        _button("WebP", name + ".webp", "image/webp", partial(_as, found.digest, "WEBP"), "Smaller still.")
        if found.has_selection and found.before is not None:
            if not transparent:
                _button(
                    "Cut-out",
                    name + "-cutout.png",
                    "image/png",
                    partial(_cut_out, found.digest),
                    "The subject alone, on nothing (transparent PNG).",
                )
            _button(
                "Mask",
                name + "-mask.png",
                "image/png",
                partial(_mask, found.digest),
                "White the subject, black the rest, grey the soft edge (PNG).",
            )


def _button(label: str, name: str, mime: str, make: Callable[[], bytes], help: str) -> None:
    st.download_button(
        label, make, name, mime, key=f"download.{label}", icon=":material/download:", on_click="ignore", help=help
    )


def _file_name() -> str:
    stem = state.workspace().photo_name.rsplit(".", 1)[0] or "picture"
    return f"{stem}-backdrop"


def _bytes(digest: str) -> bytes:
    return store.default().get(digest)


def _as(digest: str, kind: str) -> bytes:
    """The picture in another format, with its recipe."""
    data = store.default().get(digest)
    picture = load(data, "the result")
    return encode(with_alpha(picture), kind, picture.icc, picture.exif, provenance.read(data, "the result"))


def _mask(digest: str) -> bytes:
    selection = provenance.read(store.default().get(digest), "the result").selection
    assert selection is not None  # only pictures with a subject have the button
    return encode(selection, "PNG")


def _cut_out(digest: str) -> bytes:
    """The subject alone, by the very selection in the picture's file, whatever would be found today."""
    read = store.default().get
    made = provenance.read(read(digest), "the result")
    recipe = Recipe.from_json(made.recipe)
    assert recipe.photo is not None  # only pictures with a subject have the button
    wanted = recipe.model_copy(update={"backdrop": TransparentBackdrop(), "shadow": "none", "look": Look()})
    photo = load(read(recipe.photo), "the photo")
    (result,) = main.run(wanted, photo, read, selection=replay.selection_of(made, "the result", photo))
    return result.encode("PNG")
