"""Downloads of a result: the picture, its layers, the cut-out and the mask, each made when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

import main
import replay
from backdrops import GeneratedBackdrop, TransparentBackdrop
from imaging import composite, provenance
from imaging.encode import encode
from imaging.geometry import Size
from imaging.openraster import Layers
from imaging.photo import Photo, load
from imaging.placement import place, without_subject
from imaging.provenance import Provenance
from imaging.subject import Subject
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
        _button(
            "PNG",
            name + ".png",
            "image/png",
            partial(_bytes, found.digest),
            "Every pixel exact; the picture can be made again from the file.",
        )
        if not transparent:
            _button("JPEG", name + ".jpg", "image/jpeg", partial(_as, found.digest, "JPEG"), "Small; for the web.")
        _button("WebP", name + ".webp", "image/webp", partial(_as, found.digest, "WEBP"), "Smaller still.")
    if not found.has_selection or found.before is None:
        return
    st.caption("Its parts, to go on with in another program:")
    with st.container(horizontal=True, key="parts"):
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
        _button(
            "All parts",
            name + "-layers.zip",
            "application/zip",
            lambda: layers(found.digest).zipped(),
            "Cut-out, shadow, background and mask, each a PNG (zip).",
        )
        _button(
            "Krita, GIMP",
            name + ".ora",
            "image/openraster",
            lambda: layers(found.digest).openraster(),
            "The parts as layers of one file (OpenRaster), for Krita and GIMP.",
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
    made, _, photo = _making(digest)
    return encode(_placed(made, photo).alpha, "PNG")


def _cut_out(digest: str) -> bytes:
    """The subject alone, by the very selection in the picture's file, whatever would be found today."""
    made, recipe, photo = _making(digest)
    wanted = recipe.model_copy(update={"backdrop": TransparentBackdrop(), "shadow": "none", "look": Look()})
    (result,) = main.run(wanted, photo, store.default().get, selection=replay.selection_of(made, "the result", photo))
    return result.encode("PNG")


def layers(digest: str) -> Layers:
    """What a picture with a subject is made of.

    A drawn background is drawn again. One that a model generated is taken from the picture, with the shadow on it, and
    filled in where the subject stands: to generate it again would take minutes.
    """
    made, recipe, photo = _making(digest)
    if not isinstance(recipe.backdrop, GeneratedBackdrop):

        def read(wanted: str) -> bytes:
            return made.inputs.get(wanted) or store.default().get(wanted)

        (result,) = main.run(recipe, photo, read, selection=replay.selection_of(made, "the result", photo))
        assert result.layers is not None  # the task has a subject
        return result.layers()
    picture, subject = load(store.default().get(digest), "the result"), _placed(made, photo)
    cut_out = composite.cut_out(subject.photo.pixels, subject.alpha, subject.edge, None)
    background = without_subject(picture, subject.alpha, Size(*picture.size))
    return Layers(cut_out, None, background, subject.alpha, picture.pixels, picture.icc)


def _making(digest: str) -> tuple[Provenance, Recipe, Photo]:
    """How a picture with a subject was made; only these have the buttons for which it is asked."""
    read = store.default().get
    made = provenance.read(read(digest), "the result")
    recipe = Recipe.from_json(made.recipe)
    assert recipe.photo is not None
    return made, recipe, load(read(recipe.photo), "the photo")


def _placed(made: Provenance, photo: Photo) -> Subject:
    """The subject as it stands in the picture."""
    selection = replay.selection_of(made, "the result", photo)
    return place(Subject.of(photo, selection.values), Recipe.from_json(made.recipe).placement).subject
