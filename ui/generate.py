"""Generated pictures: the words, the model and its settings, handed to the queue."""

from __future__ import annotations

import secrets
from typing import Any

import streamlit as st

import models
import recipe
from backdrops import DescribedBackdrop, GeneratedBackdrop
from diffusion.settings import SCHEDULERS
from errors import StudioError
from imaging import sentences
from imaging.photo import Photo
from imaging.sentences.presets import PRESETS
from jobs import queue
from recipe import Task
from ui import controls, described, downloads, selecting, state, visitor

SCENES = {
    "Marble table": "on a white marble table, soft window light, bright airy kitchen out of focus, product photo",
    "Forest": "on a mossy forest floor, morning sun through tall trees, shallow depth of field, photo",
    "Beach": "on a wide sandy beach at golden hour, gentle waves behind, warm low sun, photo",
    "City at night": "on a wet street at night, neon signs and bokeh lights behind, cinematic photo",
    "Studio": "in a photo studio, seamless beige paper, large softbox from the left, soft shadow, photo",
    "Mountains": "on a rocky ledge high in the mountains, clear morning air, distant peaks, photo",
    "Living room": "in a bright scandinavian living room, wooden floor, linen sofa out of focus, photo",
}
PICTURES = {
    "Still life": "a bowl of lemons on a rough wooden table, window light, dark background, photo",
    "Landscape": "a quiet lake in the mountains at dawn, mist over the water, pine trees, photo",
    "Toy": "a small hand-made wooden toy car on a plain light table, studio light, product photo",
    "Animal": "a red fox sitting in tall grass, looking at the camera, evening sun, photo",
    "Lineart": "line art drawing of an old sailing ship, black ink on white paper, clean lines",
}
UNWANTED = "people, text, watermark, logo, frame, blurry, deformed, low quality"
MOST_SEED = recipe.MAX_SEED - recipe.MAX_PICTURES


def panel(photo: Photo) -> None:
    """A background painted from words."""
    settings = _settings("background.generated", "background", SCENES)
    mask = selecting.recipe()
    nothing = selecting.found(photo, mask).selection is None
    if settings and _go("Generate the background", "generate", disabled=nothing):
        _submit("background.generated", settings, task="background", photo=photo.digest, mask=mask, shadow=_shadow())


def create_panel() -> None:
    """A whole picture painted from words."""
    st.caption("A picture is painted from your words alone. You can then give it another background like any photo.")
    settings = _settings("create", "create", PICTURES)
    if settings and _go("Paint the picture", "create"):
        _submit("create", settings, task="create")


def _shadow() -> Any:
    return "contact" if state.value("background.shadow", False) else "none"


def _go(label: str, key: str, disabled: bool = False) -> bool:
    return st.button(
        label,
        key=key,
        type="primary",
        icon=":material/auto_awesome:",
        width="stretch",
        disabled=disabled,
        help="Hands it to the queue. The page stays usable meanwhile, and you can cancel at any time.",
    )


def _submit(prefix: str, settings: dict[str, Any], **parts: Any) -> None:
    """Settle the recipe and hand it in, or say what is missing."""
    if not settings["prompt"].strip():
        st.warning("Say in a few words what should be there, or pick one of the ideas above.", icon=":material/edit:")
        return
    if not state.value(f"{prefix}.seed_locked", False):
        st.session_state[f"{prefix}.seed_next"] = secrets.randbelow(MOST_SEED)
    try:
        backdrop = _backdrop(settings, parts["task"])
        wanted = recipe.Recipe(backdrop=backdrop, seed=int(state.value(f"{prefix}.seed", 0)), **parts)
        queue.ensure_worker()
        id = queue.submit(wanted, st.session_state.visitor, visitor.address())
    except StudioError as error:
        st.error(str(error), icon=":material/error:")
        return
    except ValueError as error:
        st.error(f"The settings do not fit: {error}", icon=":material/error:")
        return
    here = state.desk()
    here.job = id
    here.jobs.append(id)
    here.results, here.chosen = [], 0
    state.go("Result")
    st.rerun()


def _backdrop(settings: dict[str, Any], task: Task) -> recipe.Backdrop:
    """What the controls ask for; raise :class:`StudioError` where it cannot be made here."""
    given = dict(settings)
    if given["model"] == sentences.MODEL:
        del given["model"]
        return DescribedBackdrop.of(task, **given)
    backdrop = GeneratedBackdrop.of(**given)
    backdrop.require(task)
    return backdrop


def _settings(prefix: str, task: Task, ideas: dict[str, str]) -> dict[str, Any] | None:
    """All controls of a generated picture; ``None`` where its model is not here."""
    if _chosen_model(prefix, task) == sentences.MODEL:
        ideas = dict(PRESETS)
    st.pills(
        "Ideas",
        list(ideas),
        key=f"{prefix}.idea",
        on_change=_take_idea,
        args=(prefix, ideas),
        help="Fills in a description that you can change (prompt presets).",
    )
    prompt = state.control(
        st.text_area,
        "What should be there",
        f"{prefix}.prompt",
        "",
        height=96,
        max_chars=recipe.MAX_PROMPT,
        placeholder="on a wooden table in a sunny kitchen, soft light, photo"
        if task == "background"
        else "a bowl of lemons on a wooden table, window light, photo",
        help="Describe the place, the light and the kind of picture in English (prompt).",
    )
    model = _model(prefix, task)
    negative = str(state.value(f"{prefix}.scenes.negative_prompt", ""))
    reading = described.chips(prefix, prompt, negative) if model is None else None
    count, seed = st.columns([1, 2])
    with count:
        number = state.control(
            st.number_input,
            "Pictures",
            f"{prefix}.num_images_per_prompt",
            1,
            min_value=1,
            max_value=recipe.MAX_PICTURES,
            help="How many to choose from; each takes as long as the first.",
        )
    with seed:
        _seed(prefix)
    chosen: dict[str, Any] = {"prompt": prompt, "num_images_per_prompt": int(number)}
    if model is None:
        chosen |= {"model": sentences.MODEL, "reading": reading} | described.settings(prefix, task)
    else:
        chosen |= {"model": model.id} | _more(prefix, model)
    if task == "background":
        controls.shadow()
    if model is not None and not models.is_installed(model.id):
        downloads.offer(model)
        return None
    return chosen


def _take_idea(prefix: str, ideas: dict[str, str]) -> None:
    chosen = st.session_state[f"{prefix}.idea"]
    if chosen:
        state.put(f"{prefix}.prompt", ideas[chosen])


def _default_model(task: Task) -> str:
    """A diffusion model that is here, else the rendered scenes."""
    return models.installed_denoiser(task) or sentences.MODEL


def _chosen_model(prefix: str, task: Task) -> str:
    return str(state.value(f"{prefix}.model", _default_model(task)))


def _model(prefix: str, task: Task) -> models.Denoiser | None:
    """The chosen diffusion model; ``None`` for the rendered scenes."""
    fitting = models.denoisers(task)
    id = state.control(
        st.selectbox,
        "Model",
        f"{prefix}.model",
        _default_model(task),
        options=[sentences.MODEL, *fitting],
        format_func=lambda id: fitting[id].title if id in fitting else described.TITLE,
        help="What makes the picture: the rendered scenes, or a diffusion model.",
    )
    if id == sentences.MODEL:
        return None
    model = fitting[id]
    st.caption(
        f"{model.help.capitalize()}. Made for {model.native_side} × {model.native_side} pixels. "
        f"Licence: [{model.licence}]({model.licence_url})."
    )
    return model


def _seed(prefix: str) -> None:
    key = f"{prefix}.seed"
    if (rolled := st.session_state.pop(f"{prefix}.seed_next", None)) is not None:
        state.put(key, rolled)
    state.desk().values.setdefault(key, secrets.randbelow(MOST_SEED))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        state.control(
            st.number_input,
            "Seed",
            key,
            0,
            min_value=0,
            max_value=MOST_SEED,
            step=1,
            help="The number that all chance comes from: the same seed and settings, the same picture.",
        )
        st.button(
            "",
            key=f"{prefix}.reroll",
            icon=":material/casino:",
            on_click=lambda: state.put(key, secrets.randbelow(MOST_SEED)),
            help="Roll another seed.",
        )
    state.control(
        st.toggle,
        "Keep this seed",
        f"{prefix}.seed_locked",
        False,
        help="On: the next picture uses the same seed again. Off: every picture gets a new one.",
    )


def _more(prefix: str, model: models.Denoiser) -> dict[str, Any]:
    """What most people need not touch. Only what the model takes is shown."""
    takes, start = model.takes, model.defaults
    chosen: dict[str, Any] = {}
    with st.expander("More settings", icon=":material/tune:"):
        if "negative_prompt" in takes:
            chosen["negative_prompt"] = state.control(
                st.text_area,
                "What should not be there",
                f"{prefix}.negative_prompt",
                UNWANTED,
                height=70,
                max_chars=recipe.MAX_PROMPT,
                help="Words for what to keep out (negative prompt). Has no effect at a guidance scale of 1 or less.",
            )
        chosen |= _sampling(prefix, model.id, takes, start)
        if "mask_grow" in takes:
            grow = state.control(
                st.slider,
                "Paint into the edge",
                f"{prefix}.mask_grow",
                0.0,
                min_value=-10.0,
                max_value=10.0,
                step=0.5,
                format="%g %%",
                help="How far the model may paint into the subject's edge, in per cent of its size; negative keeps it "
                "off the edge (mask growth). The subject is put back on top in any case.",
            )
            chosen["mask_grow"] = recipe.Length(value=grow, unit="%")
        if "mask_feather" in takes:
            chosen["mask_feather"] = state.control(
                st.slider,
                "Round off the painted area",
                f"{prefix}.mask_feather",
                0.0,
                min_value=0.0,
                max_value=64.0,
                step=1.0,
                format="%g px",
                help="Smooth the outline of what is painted over this many pixels of the photo (mask feather).",
            )
        if "defocus" in takes:
            chosen["defocus"] = state.control(
                st.slider,
                "Out of focus",
                f"{prefix}.defocus",
                0.0,
                min_value=0.0,
                max_value=20.0,
                step=0.5,
                format="%g ‰",
                help="Soften the painted background as a lens would (depth of field), in thousandths of the photo's "
                "longer side; the subject stays sharp.",
            )
        if "width" in takes:
            chosen |= _size(prefix, model)
    return chosen


def _sampling(prefix: str, id: str, takes: frozenset[str], start: Any) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if "num_inference_steps" in takes:
        chosen["num_inference_steps"] = state.control(
            st.slider,
            "Steps",
            f"{prefix}.{id}.num_inference_steps",
            start["num_inference_steps"],
            min_value=1,
            max_value=100,
            help="More steps take longer and show finer detail (num_inference_steps); 20 to 30 are plenty.",
        )
    if "guidance_scale" in takes:
        chosen["guidance_scale"] = state.control(
            st.slider,
            "Closeness to the words",
            f"{prefix}.{id}.guidance_scale",
            float(start["guidance_scale"]),
            min_value=0.0,
            max_value=20.0,
            step=0.5,
            help="How closely the picture follows the words (guidance scale); 6 to 9 suits most.",
        )
    if "strength" in takes:
        chosen["strength"] = state.control(
            st.slider,
            "Newness",
            f"{prefix}.{id}.strength",
            float(start["strength"]),
            min_value=0.05,
            max_value=1.0,
            step=0.01,
            help="1 paints the background anew; less keeps more of the old one's colours and shapes (strength).",
        )
    if "scheduler" in takes:
        chosen["scheduler"] = state.control(
            st.selectbox,
            "Sampling method",
            f"{prefix}.{id}.scheduler",
            start["scheduler"],
            options=list(SCHEDULERS),
            format_func=lambda name: f"{SCHEDULERS[name].title}: {SCHEDULERS[name].help}",
            help="How the picture is worked out from the noise (scheduler).",
        )
    return chosen


def _size(prefix: str, model: models.Denoiser) -> dict[str, Any]:
    own = state.control(
        st.toggle,
        "Choose the working size",
        f"{prefix}.own_size",
        False,
        help="Off: the photo's shape at the size that the model was made for, which is best for most.",
    )
    if not own:
        return {}
    native = model.native_side
    with st.container(horizontal=True):
        sides = {
            name: int(
                state.control(
                    st.number_input,
                    f"{name.capitalize()} (pixels)",
                    f"{prefix}.{model.id}.{name}",
                    native,
                    min_value=64,
                    max_value=2048,
                    step=8,
                    help="A multiple of 8. The result comes back at the photo's full size all the same.",
                )
            )
            for name in ("width", "height")
        }
    odd = [name for name, side in sides.items() if side % 8]
    if odd:
        st.warning(f"The {' and '.join(odd)} must be a multiple of 8, for example {sides[odd[0]] // 8 * 8}.")
    elif min(sides.values()) > native:
        st.caption(f":material/info: Beyond {native} pixels in both directions, the model tends to repeat things.")
    elif max(sides.values()) < native:
        st.caption(f":material/info: Below {native} pixels, the model loses detail.")
    else:
        st.caption(f":material/info: {native} × {native} is what the model was made for.")
    return sides


def stage(photo: Photo, answer: selecting.Found) -> None:
    """Before anything is painted: what will be."""
    mask = selecting.recipe()
    with st.container(key="picture", horizontal_alignment="center"):
        st.image(selecting.overlay(photo, mask), alt="The photo with red over what will be painted anew")
    st.caption(":material/visibility: What is red will be painted anew from your words.")
