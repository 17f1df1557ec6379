"""The photo: upload, camera, samples, or a picture described in words."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from errors import BadInput
from imaging.decode import max_megapixels
from imaging.photo import MAX_BYTES, load, safe_name
from ui import actions, controls, generate, pasting, pictures, places, state
from ui.markdown import plain
from ui.workspace import Step

SAMPLES = Path(__file__).parent.parent / "samples"
THUMBNAILS = Path(__file__).parent / "thumbnails" / "samples"
OPENING = "Opening the photo …"


def welcome() -> None:
    """The page before there is a photo."""
    with st.container(key="welcome"):
        st.header("The same subject, in a new place", anchor=False)
        st.markdown(
            "Upload a photo, or try a sample. Its subject is found and kept, pixel for pixel; "
            "everything behind it becomes what you like."
        )
    _choices()


def change() -> None:
    """The same choices once there is a photo."""
    if state.workspace().photo:
        st.caption("Choose another photo. The one you have stays until then.")
    _choices()


def _choices() -> None:
    ways = {
        "Upload": ":material/upload: Upload",
        "Camera": ":material/photo_camera: Camera",
        "Describe": ":material/draw: Describe a picture",
    }
    way = state.control(
        st.segmented_control,
        "Where the photo comes from",
        "photo.way",
        "Upload",
        options=list(ways),
        format_func=ways.__getitem__,
        required=True,
        label_visibility="collapsed",
        help="A file, your camera, or a picture made from words.",
    )
    with st.container(width=820):
        {"Upload": _upload, "Camera": _camera, "Describe": _describe}[way]()
        pasting.show("upload.photo", None if way == "Upload" else lambda: state.put("photo.way", "Upload"))
    _samples()


def _upload() -> None:
    given = st.file_uploader(
        "A photo from this device",
        type=controls.PICTURES,
        key=f"upload.photo.{st.session_state.get('upload_number', 0)}",
        help=f"PNG, JPEG, WebP, TIFF, AVIF or HEIC; up to {MAX_BYTES // 1_000_000} MB and {max_megapixels():g} "
        "megapixels. It stays on this server.",
    )
    if given is not None:
        _take(given.getvalue(), safe_name(given.name))


def _camera() -> None:
    given = st.camera_input(
        "Take a photo",
        key="camera",
        help="Your browser asks for the camera first; nothing is recorded before you press.",
    )
    if given is not None:
        _take(given.getvalue(), "camera.jpg")


def _take(data: bytes, name: str) -> None:
    """Put it on the workspace, or say what is wrong with it."""
    try:
        with places.spinner(OPENING):
            state.take_photo(data, name)
    except BadInput as error:
        st.error(error.message, icon=":material/error:")
        return
    st.session_state.upload_number = st.session_state.get("upload_number", 0) + 1  # an empty uploader next time
    st.rerun()


def _samples() -> None:
    found = samples()
    if not found:
        return
    st.header("Or try a sample", anchor=False)
    grid = st.grid(min_column_width=170, gap="small", key="samples")
    for path in found:
        with grid.container(key=f"sample_{path.stem}"):
            st.image(_thumbnail(path), alt=f"Sample: {_title(path)}", width="stretch")
            actions.button(
                st.button,
                _title(path),
                key=f"sample.{path.name}",
                act=partial(_open_sample, path),
                says=OPENING,
                width="stretch",
                help="Open this picture in the studio.",
            )


def samples() -> list[Path]:
    """The pictures that somebody without a photo may try."""
    return sorted(path for path in SAMPLES.glob("*") if path.suffix.lower().lstrip(".") in controls.PICTURES)


def _open_sample(path: Path) -> Step:
    state.take_photo(path.read_bytes(), path.name)
    return "Subject"


def _title(path: Path) -> str:
    return path.stem.replace("_", " ").replace("-", " ").capitalize()


@st.cache_data(max_entries=64, show_spinner=False)
def _thumbnail(path: Path) -> bytes:
    """The same for everybody, so it may be shared between sessions. Drawn in advance: decoding takes a while."""
    ready = THUMBNAILS / f"{path.stem}.jpg"
    return ready.read_bytes() if ready.exists() else thumbnail(path)


def thumbnail(path: Path) -> bytes:
    """The small picture of a sample: JPEG. ``python -m docs.make_thumbnails`` writes those of all to files."""
    return pictures.tile(load(path.read_bytes(), path.name))


def _describe() -> None:
    generate.create_panel()


def card() -> None:
    """The photo on the workspace in one line."""
    photo = state.photo()
    width, height = photo.size
    with st.container(horizontal=True, vertical_alignment="center", key="photo_card", gap="small"):
        st.image(
            state.remember("tile", photo.digest, lambda: pictures.tile(photo, 96)),
            width=44,
            alt="The photo you are working on",
        )
        st.markdown(
            f"**{plain(state.workspace().photo_name) or 'Your photo'}**  \n:gray[:small[{width} × {height} pixels]]",
            width="content",
        )
