"""The picture to click on: points on the subject, points beside it, boxes, and which of several things to keep."""

from __future__ import annotations

from typing import Any, NamedTuple

import streamlit as st

import masks
from imaging.photo import Photo
from ui import binding, places, pointer, selecting, state
from ui.pointer import Kind, Mark

KINDS: dict[Kind, str] = {
    "add": ":material/add: This",
    "remove": ":material/remove: Not this",
    "box": ":material/crop_free: Box",
}
KINDS_REMOVING: dict[Kind, str] = {
    "add": ":material/remove: Goes",
    "remove": ":material/add: Stays",
    "box": ":material/crop_free: Box",
}
ABOUT = {
    "add": "Click on what should be selected; click again where something is missing.",
    "remove": "Click on what should not be selected.",
    "box": "Drag a box around what should be selected; a new box replaces the one before.",
}
ABOUT_REMOVING = {
    "add": "Click on what should go; click again where more should go.",
    "remove": "Click on what should stay.",
    "box": "Drag a box around what should go; a new box replaces the one before.",
}
OBJECTS = "Click on the things to keep; what is not clicked on will be repainted."
MOST = 64  # clicks and boxes for one thing: as many as a source takes


class Target(NamedTuple):
    """What clicks are for: the place of a layer, or ``selecting.OBJECTS``; its name, and what a click may mean."""

    key: str
    title: str
    kinds: tuple[Kind, ...]


def targets() -> list[Target]:
    """Everything that waits for clicks now."""
    found = []
    for at, layer in enumerate(selecting.layers()):
        by_click = selecting.options_by_click(masks.SOURCES[layer.source.name].Options)
        if by_click:
            found.append(Target(str(at), selecting.title(at), tuple(kind for kind in KINDS if kind in by_click)))
    if objects_by_click():
        found.append(Target(selecting.OBJECTS, "Things to keep", ("add",)))
    return found


def objects_by_click() -> bool:
    """Whether those of several separate things are kept that are clicked on."""
    return not isinstance(state.draft().mask.objects, str) or bool(state.value("subject.objects_by_click", False))


def marks(target: Target) -> tuple[Mark, ...]:
    """What was clicked, in the order of the clicks as far as it is known."""
    kept = state.workspace().marks.get(target.key, ())
    values = _values(target)
    return kept if _as_values(target, kept) == values else _from_values(values)


def put_marks(target: Target, new: tuple[Mark, ...], title: str) -> None:
    """Change what was clicked, as one step of undo with that title."""
    values = _as_values(target, new)
    with state.change(title):
        state.workspace().marks[target.key] = new
        if target.key == selecting.OBJECTS:
            state.replace(state.draft().put("mask.objects", values.get("add") or "all"))
            return
        at = int(target.key)
        by_click = selecting.options_by_click(masks.SOURCES[selecting.layers()[at].source.name].Options)
        changes = {name: values.get(kind, ()) for kind, name in by_click.items()}
        state.replace(binding.put_layer_options(state.draft(), at, changes))


Values = dict[str, tuple[Any, ...]]  # places by what a click there means; of several boxes the last one counts


def _as_values(target: Target, marks: tuple[Mark, ...]) -> Values:
    values: Values = {}
    for mark in marks:
        if mark.kind == "box":
            values["box"] = tuple(mark.at)
        elif mark.kind in target.kinds:
            values[mark.kind] = (*values.get(mark.kind, ()), tuple(mark.at))
    return values


def _values(target: Target) -> Values:
    """What the draft has."""
    if target.key == selecting.OBJECTS:
        objects = state.draft().mask.objects
        return {} if isinstance(objects, str) else {"add": tuple(objects)}
    at = int(target.key)
    by_click = selecting.options_by_click(masks.SOURCES[selecting.layers()[at].source.name].Options)
    found = {kind: binding.layer_option(at, name).read() for kind, name in by_click.items()}
    return {kind: value for kind, value in found.items() if value}


def _from_values(values: Values) -> tuple[Mark, ...]:
    points = [Mark(kind=kind, at=at) for kind in ("add", "remove") for at in values.get(kind, ())]
    return (*points, Mark(kind="box", at=values["box"])) if "box" in values else tuple(points)


def aim(key: str) -> None:
    """Let the next clicks be for this. A callback."""
    state.put("clicks.for", key)


def tools(target: Target, offered: list[Target]) -> Kind:
    """What the next click means, and clear."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="click_tools"):
        kind: Kind = target.kinds[0]
        if len(offered) > 1:
            titles = {one.key: one.title for one in offered}
            with st.container(width=170):
                state.control(
                    st.selectbox,
                    "Clicks are for",
                    "clicks.for",
                    target.key,
                    options=list(titles),
                    format_func=titles.__getitem__,
                    help="Several things wait for clicks; choose which of them you click for.",
                )
        if len(target.kinds) > 1:
            kind = state.control(
                st.segmented_control,
                "A click means",
                "clicks.kind",
                kind,
                options=list(target.kinds),
                format_func=(KINDS_REMOVING if _removes(target) else KINDS).__getitem__,
                required=True,
                help="Click on what is meant, click on what is not meant, or drag a box around it.",
            )
        clicked = marks(target)
        st.button(
            "Clear",
            key="clear_clicks",
            icon=":material/delete:",
            type="tertiary",
            disabled=not clicked,
            on_click=put_marks,
            args=(target, (), "Clear the clicks"),
            help="Take back all clicks and boxes.",
        )
    if len(clicked) >= MOST:
        st.caption(f"{MOST} clicks are the most; take some back to go on.")
    else:
        st.caption(_about(target, kind))
    return kind


def _about(target: Target, kind: Kind) -> str:
    """What the next click does."""
    if target.key == selecting.OBJECTS:
        return OBJECTS
    return (ABOUT_REMOVING if _removes(target) else ABOUT)[kind]


def words(at: int) -> tuple[str, str]:
    """What the two kinds of click are called for a layer: on what is meant, and on what is not."""
    kinds = KINDS_REMOVING if selecting.layers()[at].op == "remove" else KINDS
    this, not_this = (kinds[kind].partition(": ")[2] for kind in ("add", "remove"))
    return this, not_this


def _removes(target: Target) -> bool:
    """Whether what is clicked on goes from the selection."""
    return target.key != selecting.OBJECTS and selecting.layers()[int(target.key)].op == "remove"


def chosen(offered: list[Target]) -> Target:
    """The target that clicks are for now."""
    wanted = state.value("clicks.for")
    return next((target for target in offered if target.key == wanted), offered[0])


def stage(photo: Photo, picture: bytes, alt: str) -> None:
    """Tools above, the picture to click on below; each click is answered at once."""
    places.work_on_stage("clicks")
    offered = targets()
    target = chosen(offered)
    kind = tools(target, offered)
    pointer.show(
        picture,
        marks(target),
        photo.size,
        kind,
        _taken(target),
        key=_key(target),
        alt=alt,
        removes=_removes(target),
    )


def take(photo: Photo) -> None:
    """Take over what was clicked since the last run. Before anything is drawn, so that one run shows it everywhere."""
    for target in targets():
        answer = (st.session_state.get(_key(target)) or {}).get("sent")
        new, taken = pointer.parse_marks(answer, photo.size, target.kinds, _taken(target))
        if taken != _taken(target):
            for mark in new[: MOST - len(marks(target))]:  # each a step of undo of its own
                put_marks(target, (*marks(target), mark), "Box" if mark.kind == "box" else "Click")
            st.session_state.setdefault("clicks_taken", {})[target.key] = taken


def _key(target: Target) -> str:
    return f"pointer.{target.key}"


def _taken(target: Target) -> tuple[str, int]:
    taken: tuple[str, int] = st.session_state.get("clicks_taken", {}).get(target.key, ("", 0))
    return taken
