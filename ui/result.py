"""Results: before and after, all candidates, the checks in plain words, downloads, and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

import main
import masks
import replay
from backdrops import (
    BlurBackdrop,
    ColourBackdrop,
    DescribedBackdrop,
    GeneratedBackdrop,
    GradientBackdrop,
    ImageBackdrop,
    SceneBackdrop,
    SweepBackdrop,
    TransparentBackdrop,
)
from errors import BadInput, StudioError
from imaging import checks, provenance
from imaging.encode import encode
from imaging.photo import Photo, load
from jobs import store
from recipe import Recipe
from ui import described, pictures, scenes, selecting, state, working
from ui.compare import compare


@dataclass(frozen=True, eq=False)
class Outcome:
    """A finished picture, read back from its own file.

    Attributes:
        photo: what it was made from; ``None`` where it was painted from words alone, or the photo is gone.
        before, after: JPEGs for the screen.
        share: of the subject that is kept exactly, 0..1; ``None`` without a subject.
        kept: pixels that had to stay as they were.
        changed: how many of them did not.
    """

    digest: str
    recipe: Recipe
    size: tuple[int, int]
    before: bytes | None
    after: bytes
    share: float | None
    kept: int
    changed: int
    has_selection: bool


def outcome(digest: str) -> Outcome:
    """What the picture of that digest is; raises :class:`BadInput` where it is gone."""
    return state.remember("outcome", digest, lambda: _read(digest))


def _read(digest: str) -> Outcome:
    data = store.default().get(digest)
    picture, made = load(data, "the result"), provenance.read(data, "the result")
    recipe = Recipe.from_json(made.recipe)
    before, share, kept, changed = None, None, 0, 0
    photo = _photo_of(recipe)
    if photo is not None and made.selection is not None and photo.size == picture.size:
        alpha = made.selection
        share, kept = checks.protected_share(alpha), int(np.count_nonzero(alpha == 255))
        changed = checks.changed_subject_pixels(photo.pixels, _with_alpha(picture), alpha)
        before = state.remember("shown", photo.digest, lambda: pictures.shown(photo))
    after = pictures.shown(picture)
    return Outcome(digest, recipe, picture.size, before, after, share, kept, changed, made.selection is not None)


def _with_alpha(picture: Photo) -> Any:
    if picture.alpha is None:
        return picture.pixels
    depth = np.iinfo(picture.pixels.dtype).max // 255
    return np.dstack([picture.pixels, picture.alpha.astype(picture.pixels.dtype) * depth])


def _photo_of(recipe: Recipe) -> Photo | None:
    """The photo of a recipe: the one on the desk, or from the store; ``None`` where it is gone."""
    if recipe.photo is None:
        return None
    if recipe.photo == state.desk().photo:
        return state.photo()
    try:
        return load(store.default().get(recipe.photo), "the photo")
    except BadInput:
        return None


def stage() -> None:
    """The chosen picture, large."""
    here = state.desk()
    if working.awaited():
        working.large()
        return
    if not here.results:
        st.info(
            "There is no picture yet. Choose a background and make one; it will be here, with its downloads.",
            icon=":material/image_search:",
        )
        return
    try:
        with st.spinner("Opening the picture …"):
            found = outcome(here.results[here.chosen])
    except BadInput as error:
        st.error(str(error), icon=":material/error:")
        return
    if found.before is not None:
        compare(found.before, found.after, key="compare")
        st.caption(":material/swipe: Drag the divider, or move it with the arrow keys.")
    else:
        with st.container(key="picture", horizontal_alignment="center"):
            st.image(found.after, alt="The picture", width="stretch")
    _candidates()


def _candidates() -> None:
    here = state.desk()
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


def _choose(at: int) -> None:
    state.desk().chosen = at


def _small(digest: str) -> bytes:
    return state.remember("small", digest, lambda: pictures.tile(load(store.default().get(digest))))


def panel() -> None:
    """What the picture is, and what can be done with it."""
    here = state.desk()
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
    _checks(found)
    _downloads(found)
    _next(found)
    with st.expander("How it was made", icon=":material/receipt_long:"):
        _about(found)


def _checks(found: Outcome) -> None:
    width, height = found.size
    lines = []
    if found.share is not None:
        if found.changed == 0:
            lines.append(
                f":green[:material/check_circle:] **The subject is untouched.** All {found.kept:,} of its pixels are "
                "exactly the photo's."
            )
        else:
            lines.append(f":red[:material/error:] **{found.changed:,} pixels of the subject differ** from the photo.")
        soft = 1 - found.share
        if soft >= 0.005:
            lines.append(
                f":green[:material/check_circle:] {found.share:.0%} of it is kept exactly; the other {soft:.0%} is its "
                "soft edge, blended into the new background."
            )
    elif found.recipe.photo is not None:
        lines.append(":gray[:material/info:] The photo is no longer on this machine, so nothing can be compared.")
    lines.append(f":green[:material/check_circle:] {width} × {height} pixels" + _as_large(found))
    for line in lines:
        st.markdown(line)
    for note in st.session_state.get("notes", {}).get(found.digest, ()):
        st.caption(note)


def _as_large(found: Outcome) -> str:
    return ", the photo's full size." if found.recipe.photo else "."


def _downloads(found: Outcome) -> None:
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
    stem = state.desk().photo_name.rsplit(".", 1)[0] or "picture"
    return f"{stem}-backdrop"


def _bytes(digest: str) -> bytes:
    return store.default().get(digest)


def _as(digest: str, kind: str) -> bytes:
    """The picture in another format, with its recipe."""
    data = store.default().get(digest)
    picture = load(data, "the result")
    return encode(_with_alpha(picture), kind, picture.icc, picture.exif, provenance.read(data, "the result"))


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
    wanted = recipe.model_copy(update={"backdrop": TransparentBackdrop(), "shadow": "none"})
    photo = load(read(recipe.photo), "the photo")
    (result,) = main.run(wanted, photo, read, selection=replay.selection_of(made, "the result", photo))
    return result.encode("PNG")


def _next(found: Outcome) -> None:
    with st.container(horizontal=True):
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
            help="Takes this picture as the next photo to work on.",
        )


def use_again(recipe: Recipe) -> None:
    """Put photo and controls to what a recipe says. A callback: controls are not drawn yet."""
    here = state.desk()
    if recipe.photo and recipe.photo != here.photo:
        try:
            load(store.default().get(recipe.photo), "the photo")
        except StudioError as error:
            st.session_state.message = str(error)
            return
        here.photo, here.photo_name = recipe.photo, ""  # a recipe does not say what its photo was called
    if recipe.task == "create":
        _set_generated("create", recipe)
        state.put("photo.way", "Describe")
        state.go("Photo")
        return
    selecting.load_from_recipe(recipe.mask)
    state.put("background.shadow", recipe.shadow == "contact")
    _set_backdrop(recipe)
    state.go("Background")


def _set_backdrop(recipe: Recipe) -> None:
    backdrop = recipe.backdrop
    if isinstance(backdrop, (DescribedBackdrop, GeneratedBackdrop)):
        state.put("background.mode", "Generated")
        _set_generated("background.generated", recipe)
        return
    state.put("background.mode", "Instant")
    state.put("background.kind", backdrop.kind)
    match backdrop:
        case ColourBackdrop():
            state.put("background.plain.colour", backdrop.colour)
        case SweepBackdrop():
            state.put("background.sweep.colour", backdrop.colour)
        case GradientBackdrop():
            state.put("background.gradient.count", len(backdrop.colours))
            for at, colour in enumerate(backdrop.colours):
                state.put(f"background.gradient.{at}", colour)
            state.put("background.gradient.shape", backdrop.shape)
            state.put("background.gradient.angle", round(backdrop.angle))
        case BlurBackdrop():
            state.put("background.blur.radius", backdrop.radius)
        case ImageBackdrop():
            state.desk().values["background.image.digest"] = backdrop.digest
            state.put("background.image.fit", backdrop.fit)
        case SceneBackdrop():
            scenes.take(backdrop, recipe.seed)


def _set_generated(prefix: str, recipe: Recipe) -> None:
    backdrop = recipe.backdrop
    if isinstance(backdrop, DescribedBackdrop):
        described.take(prefix, backdrop)
        state.put(f"{prefix}.seed", recipe.seed)
        state.put(f"{prefix}.seed_locked", True)
        return
    assert isinstance(backdrop, GeneratedBackdrop)
    for name in ("prompt", "negative_prompt", "model", "num_images_per_prompt", "mask_feather", "defocus"):
        state.put(f"{prefix}.{name}", getattr(backdrop, name))
    for name in ("num_inference_steps", "guidance_scale", "strength", "scheduler"):
        state.put(f"{prefix}.{backdrop.model}.{name}", getattr(backdrop, name))
    state.put(f"{prefix}.mask_grow", backdrop.mask_grow.value)
    state.put(f"{prefix}.seed", recipe.seed)
    state.put(f"{prefix}.seed_locked", True)
    own = backdrop.width is not None and backdrop.height is not None
    state.put(f"{prefix}.own_size", own)
    if own:
        state.put(f"{prefix}.{backdrop.model}.width", backdrop.width)
        state.put(f"{prefix}.{backdrop.model}.height", backdrop.height)


def edit_further(digest: str) -> None:
    """Take a result as the next photo. A callback."""
    name = f"{state.desk().photo_name.rsplit('.', 1)[0] or 'picture'}-edited.png"
    try:
        state.take_photo(store.default().get(digest), name)
    except StudioError as error:
        st.session_state.message = str(error)


def _about(found: Outcome) -> None:
    recipe = found.recipe
    backdrop = recipe.backdrop
    rows: dict[str, Any] = {}
    if isinstance(backdrop, GeneratedBackdrop):
        rows = {
            "Prompt": backdrop.prompt,
            "Negative prompt": backdrop.negative_prompt or "none",
            "Model": backdrop.model,
            "Seed": recipe.seed,
            "Steps": backdrop.num_inference_steps,
            "Guidance scale": f"{backdrop.guidance_scale:g}",
            "Strength": f"{backdrop.strength:g}",
            "Scheduler": backdrop.scheduler,
        }
    elif isinstance(backdrop, DescribedBackdrop):
        rows = {"Prompt": backdrop.prompt, "Negative prompt": backdrop.negative_prompt or "none", "Seed": recipe.seed}
        rows["Model"] = backdrop.facts()[1]
    else:
        rows = {"Background": backdrop.kind} | {
            name.capitalize(): value for name, value in backdrop.model_dump(exclude={"kind", "digest"}).items()
        }
    if recipe.task == "background":
        rows["Subject found by"] = ", ".join(_source(layer.source.name) for layer in recipe.mask.layers)
        rows["Touched up by hand"] = "yes" if recipe.mask.strokes else "no"
        rows["Shadow"] = recipe.shadow
    seconds = st.session_state.get("seconds", {}).get(found.digest)
    if seconds is not None:
        rows["Made in"] = f"{seconds:.1f} s"
    st.markdown("\n".join(f"- {name}: :gray[{plain(value)}]" for name, value in rows.items()))


def _source(name: str) -> str:
    """A mask source's title; its name where it is one of another Backdrop."""
    return masks.SOURCES[name].title if name in masks.SOURCES else name


def plain(value: Any) -> str:
    """A value as it is, not as Markdown."""
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]()#+!|~:$<>" else letter for letter in text)
