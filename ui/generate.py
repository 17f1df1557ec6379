"""Generated pictures: the words, the model and its settings, handed to the queue."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import streamlit as st

import backdrops
import fields
import models
import recipe
from backdrops.described import TAKES
from diffusion import expected
from diffusion.settings import defaults
from imaging import sentences
from imaging.photo import Photo
from imaging.sentences.presets import PRESETS
from jobs import queue
from masks import Selection
from recipe import Task
from ui import (
    actions,
    binding,
    controls,
    described,
    downloads,
    instant,
    look,
    pictures,
    places,
    placing,
    selecting,
    state,
    views,
    visitor,
    widgets,
)
from ui.working import duration
from ui.workspace import Step

IDEAS: dict[Task, Mapping[str, str]] = {
    "background": {
        "Marble table": "on a white marble table, soft window light, bright airy kitchen out of focus, product photo",
        "Forest": "on a mossy forest floor, morning sun through tall trees, shallow depth of field, photo",
        "Beach": "on a wide sandy beach at golden hour, gentle waves behind, warm low sun, photo",
        "City at night": "on a wet street at night, neon signs and bokeh lights behind, cinematic photo",
        "Studio": "in a photo studio, seamless beige paper, large softbox from the left, soft shadow, photo",
        "Mountains": "on a rocky ledge high in the mountains, clear morning air, distant peaks, photo",
        "Living room": "in a bright scandinavian living room, wooden floor, linen sofa out of focus, photo",
    },
    "create": {
        "Still life": "a bowl of lemons on a rough wooden table, window light, dark background, photo",
        "Landscape": "a quiet lake in the mountains at dawn, mist over the water, pine trees, photo",
        "Toy": "a small hand-made wooden toy car on a plain light table, studio light, product photo",
        "Animal": "a red fox sitting in tall grass, looking at the camera, evening sun, photo",
        "Lineart": "line art drawing of an old sailing ship, black ink on white paper, clean lines",
    },
}
"""Prompt presets for diffusion models; those of the rendered scenes stand beside their reader."""

MOST_SEED = recipe.MAX_SEED - recipe.MAX_PICTURES
SHOWN_FIRST = ("prompt", "model", "speed", "num_images_per_prompt")  # above "More settings", in an order of their own
OF_A_SPEED = ("num_inference_steps", "guidance_scale", "scheduler", "vae")
OF_A_MODEL = (
    "speed",
    "vae",
    "quantization",
    "num_inference_steps",
    "guidance_scale",
    "strength",
    "scheduler",
    "width",
    "height",
)
"""What each model prefers something of its own of."""
EXPECTED_FROM: Mapping[expected.Source, str] = {
    "pictures": "by the steps of earlier pictures",
    "bench": "by a measurement of this machine",
}


def panel(photo: Photo) -> None:
    """A background generated from words."""
    nothing = selecting.found(photo, selecting.recipe()).selection is None
    if _settings("background"):
        _main_button("background", "Generate the background", disabled=nothing)


def create_panel() -> None:
    """A whole picture generated from words."""
    st.caption("A picture is made from your words alone. You can then give it another background like any photo.")
    if _settings("create"):
        _main_button("create", "Generate the picture")


def stage(photo: Photo, selection: Selection) -> None:
    """Before anything is generated: what will be."""
    view = views.chosen()
    alt = f"{view}: {views.ABOUT[view]}"
    picture = placing.view(photo, selection, view)
    if placing.moving():
        placing.stage(photo, selection, picture, alt)
    else:
        pictures.show(picture, alt)
    views.control()
    views.describe(view)
    st.caption(":material/visibility: What is repainted will be generated from your words.")


def _main_button(task: Task, label: str, disabled: bool = False) -> None:
    actions.button(
        places.main_button,
        label,
        key="generate" if task == "background" else "create",
        act=lambda: _submit(task),
        says=instant.MAKING if _is_made_now(task) else "",
        help="One rendered scene is made at once. Several pictures and those of diffusion models go to the queue: the "
        "page stays usable meanwhile, and you can cancel at any time.",
        icon=":material/auto_awesome:",
        disabled=disabled,
    )


def _is_made_now(task: Task) -> bool:
    """Whether the picture takes a second or two and is made within the page: one rendered scene."""
    return _model_of(task) is None and state.draft(task).get("backdrop.num_images_per_prompt") == 1


def _submit(task: Task) -> Step:
    """Settle the recipe, and make its picture or hand it in; the step that shows it.

    Raises:
        StudioError: something is missing, or the queue does not take it.
    """
    if "a prompt" in state.draft(task).missing():
        raise actions.Missing("Say in a few words what should be there, or pick one of the ideas above.")
    if _model_of(task) is None and not described.can_draw(task):
        raise actions.Missing("Change the words first: they name no place that a rendered scene shows.")
    wanted = (selecting.draft() if task == "background" else state.draft("create")).freeze()
    backdrops.kind_of(wanted.backdrop).require(task)
    if _is_made_now(task):
        opens = instant.make_now(wanted)
        _reroll_unless_locked(task)
        return opens
    queue.ensure_worker()
    id = queue.submit(wanted, st.session_state.visitor, visitor.address())
    here = state.workspace()
    here.job = id
    here.jobs.append(id)
    here.results, here.chosen = [], 0
    _reroll_unless_locked(task)
    return "Result"


def _settings(task: Task) -> bool:
    """All controls of a generated picture; whether its model is here."""
    if f"{task}.model" not in state.workspace().view:
        _take_model(task, chosen_model(task))
    if not state.value(f"{task}.seed_rolled", False):
        state.workspace().view[f"{task}.seed_rolled"] = True
        _reroll(task)
    model = _model_of(task)
    if model is not None:
        queue.prepare()
    _ideas(task)
    controls.draw(binding.field("backdrop.prompt", task))
    _model(task)
    if model is None:
        described.chips(task)
    else:
        _speed(task, model)
        _seconds(task, model)
    count, seed = st.columns([1, 2])
    with count:
        controls.draw(binding.field("backdrop.num_images_per_prompt", task))
    with seed:
        _seed(task)
    _more(task, model)
    if task == "background":
        look.panel()
        placing.panel()
    for needed in _needed(task, model):
        if not models.is_installed(needed.id):
            downloads.offer(needed)
            return False
    return True


def _needed(task: Task, model: models.Denoiser | None) -> list[models.Model]:
    """The diffusion model, and what its settings use beside it."""
    if model is None:
        return []
    lora = models.speed_loras(model).get(str(state.draft(task).get("backdrop.speed")))
    vae = models.tiny_vae(model) if state.draft(task).get("backdrop.vae") == "tiny" else None
    return [each for each in (model, lora, vae) if each]


def _speed(task: Task, model: models.Denoiser) -> None:
    """Quality or few steps; what depends on it takes the values that suit it."""
    offered = ("quality", *models.speed_loras(model))
    if len(offered) == 1:
        return
    key = f"{task}.speed"
    setting = fields.setting(recipe.kind_of("generated"), "speed")

    def choose() -> None:
        own = dict.fromkeys(OF_A_SPEED)
        state.edit(state.draft(task).put_all("backdrop", {**own, "speed": st.session_state[key]}), setting.title)

    widgets.show(
        st.segmented_control,
        setting.title,
        key=key,
        value=state.draft(task).get("backdrop.speed") or "quality",
        options=offered,
        format_func=setting.option_label,
        required=True,
        on_change=choose,
        width="stretch",
        help=setting.help,
    )


def _seconds(task: Task, model: models.Denoiser) -> None:
    """What a picture will take at each speed, as far as this machine's speed is known."""
    setting = fields.setting(recipe.kind_of("generated"), "speed")
    draft = state.draft(task)
    chosen = {name: draft.get(f"backdrop.{name}") for name in expected.SETTINGS if name in model.takes}
    told, sources = [], set()
    for speed in ("quality", *models.speed_loras(model)):
        is_chosen = speed == (draft.get("backdrop.speed") or "quality")
        of_speed = {} if is_chosen else {n: v for n, v in defaults(model, speed).items() if n in OF_A_SPEED}
        found = expected.seconds(model, {**chosen, **of_speed}, with_photo=task == "background")
        if found:
            told.append(f"{setting.option_label(speed)} about {duration(found.seconds)}")
            sources.add(found.source)
    if told:
        basis = " and ".join(EXPECTED_FROM[source] for source in sorted(sources))
        st.caption(f":material/timer: A picture takes: {', '.join(told)} ({basis}).")


def _ideas(task: Task) -> None:
    ideas = PRESETS if _model_of(task) is None else IDEAS[task]
    key = f"{task}.idea"
    prompt = binding.field("backdrop.prompt", task)

    def take() -> None:
        if chosen := st.session_state[key]:
            prompt.write(ideas[chosen])

    widgets.show(
        st.pills,
        "Ideas",
        key=key,
        value=next((name for name, words in ideas.items() if words == prompt.read()), None),
        options=list(ideas),
        on_change=take,
        help="Fills in a description that you can change (prompt presets).",
    )


def chosen_model(task: Task) -> str:
    """The id of the model that was chosen last; else of a diffusion model that is here, else the rendered scenes."""
    kept = state.value(f"{task}.model")
    known = kept == sentences.MODEL or kept in models.denoisers(task)
    return str(kept) if known else models.installed_denoiser(task) or sentences.MODEL


def _model_of(task: Task) -> models.Denoiser | None:
    """The draft's diffusion model; ``None`` for the rendered scenes."""
    draft = state.draft(task)
    return None if draft.kind == "described" else models.denoiser(str(draft.get("backdrop.model")))


def choose_model(task: Task, id: str) -> None:
    """Let another model make the picture: the words stay, and its own settings are as they were left. In a callback."""
    with state.change("Model"):
        _take_model(task, id)


def _take_model(task: Task, id: str) -> None:
    draft, here = state.draft(task), state.workspace()
    words = {name: draft.settings.get(name) for name in ("prompt", "num_images_per_prompt")}
    words = words if recipe.kind_of(draft.kind).creates else {}
    here.view[f"{task}.model"] = id
    if id == sentences.MODEL:
        draft = draft.put("backdrop.kind", "described")
    else:
        draft = draft.put("backdrop.kind", "generated")
        before, aside = draft.settings.get("model"), here.set_aside
        if before != id:
            aside[f"model.{before}"] = {name: draft.settings[name] for name in OF_A_MODEL if name in draft.settings}
            takes = models.denoiser(id).takes
            own = {name: None for name in draft.settings if name in OF_A_MODEL or name not in takes}
            draft = draft.put_all("backdrop", {**own, "model": id, **aside.get(f"model.{id}", {})})
    changes = {name: value for name, value in words.items() if value is not None and value != draft.settings.get(name)}
    forgotten = {"readings": None} if "prompt" in changes and "readings" in draft.settings else {}
    state.replace(draft.put_all("backdrop", {**changes, **forgotten}))


def _model(task: Task) -> None:
    fitting, key = models.denoisers(task), f"{task}.model"
    widgets.show(
        st.selectbox,
        "Model",
        key=key,
        value=chosen_model(task),
        options=[sentences.MODEL, *fitting],
        format_func=lambda id: fitting[id].title if id in fitting else described.TITLE,
        on_change=lambda: choose_model(task, st.session_state[key]),
        help="What makes the picture: the rendered scenes, or a diffusion model.",
    )
    if model := _model_of(task):
        st.caption(
            f"{model.help.capitalize()}. Made for {model.native_side} × {model.native_side} pixels. "
            f"Licence: [{model.licence}]({model.licence_url})."
        )


def _roll_seed(task: Task) -> None:
    """Another seed, as somebody asked. A callback."""
    with state.change("Seed"):
        _reroll(task)


def _reroll(task: Task) -> None:
    """Another seed; of itself nothing that one would undo."""
    setattr(state.workspace(), task, state.draft(task).put("seed", secrets.randbelow(MOST_SEED)))


def _reroll_unless_locked(task: Task) -> None:
    if not state.value(f"{task}.seed_locked", False):
        _reroll(task)


def _seed(task: Task) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        controls.draw(binding.field("seed", task))
        st.button(
            "Roll",
            key=f"{task}.reroll",
            icon=":material/casino:",
            on_click=_roll_seed,
            args=(task,),
            help="Roll another seed.",
        )
    state.control(
        st.toggle,
        "Keep this seed",
        f"{task}.seed_locked",
        False,
        help="On: the next picture uses the same seed again. Off: every picture gets a new one.",
    )


def _more(task: Task, model: models.Denoiser | None) -> None:
    """What most people need not touch. Only what the model takes is shown."""
    takes = TAKES[task] if model is None else model.takes
    shown = [
        bound
        for bound in binding.backdrop_fields(task)
        if bound.setting.name not in SHOWN_FIRST and bound.setting.name in takes
    ]
    controls.draw_all(shown, f"{task}.more")
    if model is not None:
        _size_hint(task, model.native_side)


def _size_hint(task: Task, native: int) -> None:
    sides = [state.draft(task).get(f"backdrop.{name}") for name in ("width", "height")]
    if None in sides:
        return
    if min(sides) > native:
        st.caption(f":material/info: Beyond {native} pixels in both directions, the model tends to repeat things.")
    elif max(sides) < native:
        st.caption(f":material/info: Below {native} pixels, the model loses detail.")
