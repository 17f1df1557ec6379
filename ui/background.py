"""The new background: instant ones, drawn as the controls move, or generated ones by the queue."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import streamlit as st

import backdrops
import main
import recipe
from errors import BadInput, StudioError
from imaging.clean_copy import clean_copy
from imaging.geometry import Size
from imaging.photo import Photo, load, safe_name
from jobs import history, store
from ui import controls, options, pictures, scenes, selecting, state

KINDS = {
    "colour": ":material/format_color_fill: Colour",
    "gradient": ":material/gradient: Gradient",
    "sweep": ":material/filter_hdr: Studio paper",
    "blur": ":material/blur_on: Blur",
    "image": ":material/image: Picture",
    "scene": ":material/landscape: Scene",
    "transparent": ":material/background_grid_small: Transparent",
}
ABOUT = {
    "colour": "One plain colour. White is what marketplaces ask for.",
    "gradient": "A smooth run from one colour to another.",
    "sweep": "Seamless paper that curves from the floor into the wall, lit from above (studio sweep).",
    "blur": "The photo's own surroundings, out of focus. The subject leaves no ghost in them.",
    "image": "Another picture of yours behind the subject.",
    "scene": "A rendered scene: studio sets, tables, lights, land and sea, drawn in a second or two.",
    "transparent": "No background: a cut-out with soft edges.",
}
COLOURS = {
    "White": "#ffffff",
    "Pearl": "#f1f0ec",
    "Sand": "#e3d5c0",
    "Blush": "#edcfc7",
    "Sage": "#b9c6b2",
    "Sky": "#b7d3e6",
    "Slate": "#5d6873",
    "Ink": "#1d1f24",
}
GRADIENTS = {
    "Studio grey": ("#f6f7f9", "#b9c2cf"),
    "Dawn": ("#fbe3d0", "#d98f8a", "#6c6a94"),
    "Sea": ("#dff3f1", "#5aa0ad"),
    "Meadow": ("#f4f3d6", "#93b57f"),
    "Dusk": ("#394264", "#14151f"),
}


def stage(photo: Photo) -> None:
    """What the picture will look like."""
    mask = selecting.recipe()
    answer = selecting.found(photo, mask)
    if answer.selection is None:
        st.image(shown(photo), alt="The photo")
        st.warning(
            f"{answer.problem} Without a subject there is nothing to put before a background.",
            icon=":material/search_off:",
        )
        return
    if generated():
        from ui import generate

        generate.stage(photo, answer)
        return
    backdrop = instant()
    if backdrop is None:
        st.image(shown(photo), alt="The photo")
        return
    wanted = recipe.Recipe(photo=photo.digest, mask=mask, backdrop=backdrop, shadow=_shadow())
    key = wanted.to_json()
    try:
        selection = answer.selection
        drawn = state.remember("preview", key, lambda: pictures.preview(wanted, photo, selection, store.default().get))
    except StudioError as error:
        st.image(shown(photo), alt="The photo")
        st.warning(str(error), icon=":material/warning:")
        return
    with st.container(key="picture", horizontal_alignment="center"):
        st.image(drawn, alt="The subject before its new background, drawn small", width="stretch")
    width, height = photo.size
    st.caption(
        f":material/visibility: A quick look, drawn small. The picture itself is made at {width} × {height} pixels, "
        "with every pixel of the subject as it was."
    )


def shown(photo: Photo) -> bytes:
    """The photo for the stage, made once."""
    return state.remember("shown", photo.digest, lambda: pictures.shown(photo))


def panel(photo: Photo) -> None:
    """Choose the background and make the picture."""
    modes = {"Instant": ":material/bolt: Instant", "Generated": ":material/auto_awesome: Generated"}
    mode = state.control(
        st.segmented_control,
        "Kind of background",
        "background.mode",
        "Instant",
        options=list(modes),
        format_func=modes.__getitem__,
        required=True,
        width="stretch",
        help="Instant: drawn at once, needs no model. Generated: from your words, drawn as a scene or painted by a "
        "diffusion model.",
    )
    if mode == "Generated":
        from ui import generate

        generate.panel(photo)
        return
    kind = state.control(
        st.pills,
        "Background",
        "background.kind",
        "colour",
        options=list(KINDS),
        format_func=KINDS.__getitem__,
        required=True,
        help="What comes behind the subject.",
    )
    st.caption(ABOUT[kind])
    _CONTROLS[kind]()
    _make(photo)


def generated() -> bool:
    """Whether the background is to be painted by a model."""
    return bool(state.value("background.mode", "Instant") == "Generated")


def _shadow() -> Any:
    return "contact" if state.value("background.shadow", False) else "none"


def _colour_controls(key: str, start: str) -> None:
    name, colour = f"{key}.name", f"{key}.colour"
    st.pills(
        "Ready colours",
        list(COLOURS),
        format_func=lambda name: f"{swatch(COLOURS[name])} {name}",
        key=name,
        on_change=_take_colour,
        args=(name, colour),
        wrap=True,
        help="Quiet colours that suit most subjects.",
    )
    state.control(st.color_picker, "Your own", colour, start, help="Any colour, as #rrggbb.")


def swatch(*colours: str) -> str:
    """A dot of a colour, or of a run of colours, as a picture within a label."""
    stops = "".join(
        f"<stop offset='{at / max(1, len(colours) - 1)}' stop-color='{colour}'/>" for at, colour in enumerate(colours)
    )
    drawing = (
        "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='20'><linearGradient id='g' x2='0' y2='1'>"
        f"{stops}</linearGradient><circle cx='10' cy='10' r='8.5' fill='url(#g)' stroke='#8886' /></svg>"
    )
    return f"![](data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()})"


def _take_colour(name: str, colour: str) -> None:
    chosen = st.session_state[name]
    if chosen:
        state.put(colour, COLOURS[chosen])


def _colour() -> None:
    _colour_controls("background.plain", "#ffffff")
    controls.shadow()


def _sweep() -> None:
    _colour_controls("background.sweep", "#dddddd")
    controls.shadow()


def _gradient() -> None:
    st.pills(
        "Ready gradients",
        list(GRADIENTS),
        format_func=lambda name: f"{swatch(*GRADIENTS[name])} {name}",
        key="background.gradient.name",
        on_change=_take_gradient,
        wrap=True,
        help="Runs of colours that suit most subjects.",
    )
    count = int(state.value("background.gradient.count", 2))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for at in range(count):
            start = (*GRADIENTS["Studio grey"], "#8896a8", "#5d6873")[at]
            state.control(
                st.color_picker,
                ("From", "To", "Third", "Fourth")[at] if count == 2 or at > 1 else ("First", "Second")[at],
                f"background.gradient.{at}",
                start,
                help="One of the colours that the background runs through.",
            )
        state.control(
            st.selectbox,
            "Colours",
            "background.gradient.count",
            2,
            options=[2, 3, 4],
            width=90,
            help="How many colours the background runs through.",
        )
    shapes = {"linear": "Straight", "radial": "From the middle"}
    state.control(
        st.segmented_control,
        "Shape",
        "background.gradient.shape",
        "linear",
        options=list(shapes),
        format_func=shapes.__getitem__,
        required=True,
        help="Straight across the picture (linear), or in rings from the middle outwards (radial).",
    )
    if state.value("background.gradient.shape") == "linear":
        state.control(
            st.slider,
            "Direction",
            "background.gradient.angle",
            0,
            min_value=-180,
            max_value=180,
            step=5,
            format="%d°",
            help="0° runs from top to bottom; more turns it clockwise (angle).",
        )
    controls.shadow()


def _take_gradient() -> None:
    chosen = st.session_state["background.gradient.name"]
    if chosen:
        state.put("background.gradient.count", len(GRADIENTS[chosen]))
        for at, colour in enumerate(GRADIENTS[chosen]):
            state.put(f"background.gradient.{at}", colour)


def _blur() -> None:
    state.control(
        st.slider,
        "How far out of focus",
        "background.blur.radius",
        20.0,
        min_value=1.0,
        max_value=100.0,
        step=1.0,
        help="Blur radius in thousandths of the photo's longer side.",
    )
    controls.shadow()


def _image() -> None:
    given = st.file_uploader(
        "A picture for the background",
        type=options.PICTURES,
        key="upload.background",
        help="PNG, JPEG, WebP, TIFF, AVIF or HEIC. It is cut to the photo's shape.",
    )
    if given is not None and st.session_state.get("background_file_id") != given.file_id:
        try:
            copy = clean_copy(load(given.getvalue(), safe_name(given.name)))
        except BadInput as error:
            st.error(str(error), icon=":material/error:")
        else:
            state.desk().values["background.image.digest"] = store.default().put(copy)
            st.session_state.background_file_id = given.file_id
            st.rerun()
    if _image_digest() is None:
        st.info("Hand in a picture, and it appears behind the subject.", icon=":material/image:")
        return
    fits = {"cover": "Fill the frame", "contain": "Show all of it"}
    state.control(
        st.segmented_control,
        "Fit",
        "background.image.fit",
        "cover",
        options=list(fits),
        format_func=fits.__getitem__,
        required=True,
        help="Fill the frame and cut what sticks out (cover), or show the whole picture (contain).",
    )
    controls.shadow()


def _framed(digest: str, size: tuple[int, int], fit: str) -> str:
    """The digest of what is seen of a picture behind a photo of that size: results carry that and no more.

    Made once; made again where the store has lost it since.
    """
    kept, key = store.default(), f"{digest} {size} {fit}"
    framed: str | None = st.session_state.get("framed", {}).get(key)
    if framed is None or not kept.has(framed):
        picture = load(kept.get(digest), "the background picture")
        framed = digest if picture.size == size else kept.put(clean_copy(picture, Size(*size), fit))
        st.session_state.framed = {key: framed}
    return framed


def _image_digest() -> str | None:
    digest = state.value("background.image.digest")
    return str(digest) if digest and store.default().has(str(digest)) else None


def _scene() -> None:
    scenes.controls()
    controls.shadow()


_CONTROLS: dict[str, Callable[[], None]] = {
    "colour": _colour,
    "gradient": _gradient,
    "sweep": _sweep,
    "blur": _blur,
    "image": _image,
    "scene": _scene,
    "transparent": controls.shadow,
}


def instant() -> recipe.Backdrop | None:
    """The instant background that the controls describe; ``None`` while a picture is still missing."""
    match state.value("background.kind", "colour"):
        case "gradient":
            count = int(state.value("background.gradient.count", 2))
            start = (*GRADIENTS["Studio grey"], "#8896a8", "#5d6873")
            return backdrops.GradientBackdrop(
                colours=tuple(state.value(f"background.gradient.{at}", start[at]) for at in range(count)),
                shape=state.value("background.gradient.shape", "linear"),
                angle=state.value("background.gradient.angle", 0),
            )
        case "sweep":
            return backdrops.SweepBackdrop(colour=state.value("background.sweep.colour", "#dddddd"))
        case "blur":
            return backdrops.BlurBackdrop(radius=state.value("background.blur.radius", 20.0))
        case "image":
            digest = _image_digest()
            fit = state.value("background.image.fit", "cover")
            return backdrops.ImageBackdrop(digest=_framed(digest, state.photo().size, fit), fit=fit) if digest else None
        case "scene":
            return scenes.backdrop()
        case "transparent":
            return backdrops.TransparentBackdrop()
        case _:
            return backdrops.ColourBackdrop(colour=state.value("background.plain.colour", "#ffffff"))


def _make(photo: Photo) -> None:
    mask = selecting.recipe()
    answer = selecting.found(photo, mask)
    backdrop = instant()
    width, height = photo.size
    if st.button(
        "Make the picture",
        key="make",
        type="primary",
        icon=":material/check:",
        width="stretch",
        disabled=answer.selection is None or backdrop is None,
        help=f"At the photo's full {width} × {height} pixels, ready to download.",
    ):
        assert backdrop is not None
        wanted = recipe.Recipe(photo=photo.digest, mask=mask, backdrop=backdrop, shadow=_shadow())
        try:
            with st.spinner("Making the picture at full size …", show_time=True):
                (result,) = main.run(wanted, photo, store.default().get, selection=answer.selection)
                digest = store.default().put(result.encode("PNG"))
        except StudioError as error:
            st.error(str(error), icon=":material/error:")
            return
        history.record(st.session_state.visitor, wanted, digest)
        here = state.desk()
        here.results, here.chosen = [digest], 0
        st.session_state.setdefault("seconds", {})[digest] = result.report["seconds"]
        st.session_state.setdefault("notes", {})[digest] = result.report["notes"]
        state.go("Result")
        st.rerun()
