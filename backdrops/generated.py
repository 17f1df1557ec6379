"""A background, or a whole picture, that a diffusion model generates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from PIL import Image
from pydantic import Field, StringConstraints, ValidationError, model_validator

import models
from backdrops.base import BackdropKind, Background, OnProgress, Progress, ReadInput
from diffusion import engine, expected
from diffusion.settings import SCHEDULERS, resolve_settings
from diffusion.settings import defaults as settings_at
from errors import BadInput
from fields import Control, Setting, setting, settings
from imaging import guess_light, inpaint_io
from imaging.cast_shadow import Ground
from imaging.geometry import Size
from imaging.photo import Array
from imaging.subject import Subject
from masks import RepaintMask, Selection, ops, to_repaint
from recipe import MAX_PICTURES, MAX_PROMPT, Length, Side, Task, explain, task_of

SPEEDS = {
    "quality": "Quality",
    "fast": "Fast",
    "lcm": "Fast (LCM-LoRA)",
    "hyper": "Fast (Hyper-SD)",
}
NEUTRAL_STRENGTH = 0.95  # from here on the model is not shown the old background, which would only tint the new one
MAX_STRETCH = 1.1  # how far a working size's aspect may be from the photo's before it is worth a note


class GeneratedBackdrop(BackdropKind):
    """A background, or a whole picture, that a diffusion model generates.

    Names are diffusers' own. Every value is settled: ``diffusion.settings.resolve_settings`` fills in what the model
    prefers.
    """

    title: ClassVar = "Generated"
    help: ClassVar = "Generated from your words by a diffusion model."
    icon: ClassVar = "auto_awesome"
    order: ClassVar = 80

    kind: Literal["generated"] = "generated"
    model: Annotated[
        str,
        StringConstraints(pattern=r"^([a-z0-9][a-z0-9-]{0,39}|folder:[0-9a-f]{16})$"),
        Field(
            title="Model",
            description="What generates the picture: scenes (rendered here), a model that `models` lists, or a local "
            "diffusers folder.",
        ),
        Control(metavar="ID|FOLDER"),
    ]
    prompt: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=MAX_PROMPT),
        Field(title="Prompt", description="The place, the light and the kind of picture, in English."),
        Control(lines=3, metavar="TEXT", placeholder="on a wooden table in a sunny kitchen, soft light, photo"),
    ]
    negative_prompt: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=MAX_PROMPT),
        Field(
            title="Negative prompt",
            description="What should not be in the picture; has no effect at a guidance scale of 1 or less.",
        ),
        Control(lines=2, metavar="TEXT", advanced=True),
    ] = ""
    num_images_per_prompt: Annotated[
        int,
        Field(
            title="Pictures",
            description="How many to choose from; each takes as long as the first.",
            ge=1,
            le=MAX_PICTURES,
        ),
        Control(metavar="N"),
    ] = 1
    num_inference_steps: Annotated[
        int,
        Field(
            title="Steps",
            description="How often the model goes over the picture (sampling steps): more take longer and show finer "
            "detail; 20 to 30 are plenty for most.",
            ge=1,
            le=150,
        ),
        Control(slider=(1, 100), advanced=True, metavar="N"),
    ]
    guidance_scale: Annotated[
        float,
        Field(
            title="Guidance scale",
            description="How closely the picture follows the prompt (classifier-free guidance, CFG); 6 to 9 suits most "
            "models.",
            ge=0,
            le=30,
        ),
        Control(step=0.5, slider=(0, 15), advanced=True, metavar="F"),
    ]
    strength: Annotated[
        float,
        Field(
            title="Strength",
            description="How much of the old background is painted over (denoising strength): 1 makes it anew; less "
            "keeps more of its colours and shapes.",
            gt=0,
            le=1,
        ),
        Control(step=0.01, advanced=True, metavar="F"),
    ] = 1
    scheduler: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9+-]{1,30}$"),
        Field(title="Scheduler", description="The sampling method: how the picture is worked out of the noise."),
        Control(
            advanced=True,
            metavar="S",
            words={name: f"{scheduler.title}: {scheduler.help}" for name, scheduler in SCHEDULERS.items()},
        ),
    ]
    speed: Annotated[
        Literal["quality", "fast", "lcm", "hyper"],
        Field(
            title="Speed",
            description="Quality takes some 25 steps with guidance; fast takes 4 without, by a LoRA: LCM-LoRA (lcm) or "
            "Hyper-SD (hyper); fast uses the one that is installed.",
        ),
        Control(words=SPEEDS, advanced=True),
    ] = "quality"
    vae: Annotated[
        Literal["full", "tiny"],
        Field(
            title="VAE",
            description="What turns pixels into latents and back: the model's own (full), or a tiny one that takes a "
            "fraction of the time and is less exact in fine texture.",
        ),
        Control(words={"full": "Full", "tiny": "Tiny (TAESD)"}, advanced=True),
    ] = "full"
    quantization: Annotated[
        Literal["none", "int8"],
        Field(
            title="Quantization",
            description="int8 computes in 8 bits by OpenVINO: half the memory, and less time where the processor has "
            "instructions for it. The result says how far it is from the original.",
        ),
        Control(words={"none": "None", "int8": "8 bits (int8)"}, advanced=True),
    ] = "none"
    width: Annotated[
        Side | None,
        Field(title="Working width", description="In pixels; best left to the model's native size."),
        Control(step=8, unit="px", advanced=True, metavar="N"),
    ] = None
    height: Annotated[
        Side | None,
        Field(title="Working height", description="In pixels; best left to the model's native size."),
        Control(step=8, unit="px", advanced=True, metavar="N"),
    ] = None
    mask_grow: Annotated[
        Length,
        Field(
            title="Mask grow",
            description="Let the model repaint this far into the subject's edge; negative keeps it off the edge. The "
            "subject is put back on top in any case.",
        ),
        Control(step=0.5, advanced=True, metavar="N|N%"),
    ] = Length()
    mask_feather: Annotated[
        float,
        Field(
            title="Mask feather",
            description="Round off the repainted area's outline over this many pixels of the photo.",
            ge=0,
            le=1000,
        ),
        Control(step=1, slider=(0, 64), unit="px", advanced=True, metavar="N"),
    ] = 0
    defocus: Annotated[
        float,
        Field(
            title="Defocus",
            description="Soften the generated background as depth of field does: thousandths of the photo's longer "
            "side. The subject stays sharp.",
            ge=0,
            le=50,
        ),
        Control(step=0.5, slider=(0, 20), advanced=True, metavar="N"),
    ] = 0

    creates: ClassVar = True

    @classmethod
    def asked(cls) -> tuple[Setting, ...]:
        return (setting(cls, "prompt"),)  # of everything else the model prefers something

    @classmethod
    def defaults(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        return settings_at(models.denoiser(_model(values)), values.get("speed"))

    @classmethod
    def settings_for(cls, values: Mapping[str, Any]) -> tuple[Setting, ...]:
        takes = models.denoiser(_model(values)).takes
        return tuple(each for each in settings(cls) if each.name == "model" or each.name in takes)

    @classmethod
    def resolve(cls, values: Mapping[str, Any]) -> Self:
        """A backdrop of these values; those left out, or ``None``, as the model prefers them."""
        return cls.model_validate(resolve_settings(**values))

    @classmethod
    def of(cls, model: str | None, **given: Any) -> Self:
        """A backdrop of these settings; those left out, or ``None``, as the model prefers them.

        Raises:
            BadInput: no such model, a setting that it does not take, or a value out of range.
        """
        try:
            return cls.resolve({"model": model, **given})
        except ValidationError as error:
            raise BadInput(f"The settings do not fit: {explain(error)}.") from error

    @property
    def pictures(self) -> int:
        return self.num_images_per_prompt

    def for_image(self, index: int) -> Self:
        return self.model_copy(update={"num_images_per_prompt": 1})

    @model_validator(mode="after")
    def _has_work_to_do(self) -> Self:
        if not self.prompt:
            raise ValueError("the prompt is empty; describe what should be in the picture")
        if self.speed == "fast":
            raise ValueError("the speed fast is not settled; write lcm or hyper")
        if int(self.num_inference_steps * self.strength) < 1:
            raise ValueError(
                f"{self.num_inference_steps} steps at strength {self.strength:g} leave none to do; raise one of them"
            )
        return self

    def require(self, task: Task) -> None:
        super().require(task)
        models.require(self.model, "background" if task_of(task).has_subject else "create")
        for id in self._additions():
            models.require_file(id)

    def _additions(self) -> tuple[str, ...]:
        """Ids of what is used beside the model: the LoRA of its speed, the tiny VAE."""
        model = models.denoiser(self.model)
        lora = () if self.speed == "quality" else (models.speed_loras(model)[self.speed].id,)
        vae = models.tiny_vae(model) if self.vae == "tiny" else None
        return (*lora, *((vae.id,) if vae else ()))

    def images(self, subject: Subject, read: ReadInput, seed: int, report_progress: OnProgress) -> Iterator[Background]:
        loaded = self._engine(report_progress)
        size = subject.size.working(loaded.native_side, self.width, self.height)
        repaint = self.repaint_mask(Selection(subject.alpha)).values
        neutral = self.strength >= NEUTRAL_STRENGTH
        image, mask = inpaint_io.prepare_inputs(subject.photo, subject.alpha, subject.edge, repaint, size, neutral)
        if not np.asarray(mask).any():
            raise BadInput("The mask covers the whole photo, so there is no background to generate; shrink it.")
        notes = (*self._truncated(loaded), *_aspect_note(subject.size, size))
        for picture, facts in self._pictures(loaded, size, seed, image, mask, report_progress):
            picture, shift = inpaint_io.cancel_shift(picture, image, mask)
            pixels = inpaint_io.to_background(picture, mask, subject.photo, self.defocus)
            made = self._background(pixels, notes, loaded, facts | {"colour_shift": round(shift, 2)})
            yield replace(made, light=guess_light.from_picture(np.asarray(picture)), ground=Ground())

    def whole_images(self, seed: int, report_progress: OnProgress) -> Iterator[Background]:
        loaded = self._engine(report_progress)
        size = Size(1, 1).working(loaded.native_side, self.width, self.height)
        for picture, facts in self._pictures(loaded, size, seed, None, None, report_progress):
            yield self._background(np.asarray(picture), self._truncated(loaded), loaded, facts)

    def repaint_mask(self, selection: Selection) -> RepaintMask:
        """What the model repaints, at the photo's size; what is put back on top is the selection itself, another mask.

        Without growth and feather it is exactly what is not the subject: the usual ones of some 4 and 30 pixels eat
        into it, and the model then makes another outline. Feathering rounds the outline off, since the model is told
        of every pixel only whether to repaint it.
        """
        repaint = ops.grow(to_repaint(selection).values, self.mask_grow.pixels(selection.area))
        return RepaintMask(ops.feather(repaint, self.mask_feather))

    def _engine(self, report_progress: OnProgress) -> engine.Engine:
        def prepare(what: str, done: int, parts: int) -> None:
            report_progress(Progress(what, done, parts, pictures=self.pictures))

        report_progress(Progress("Loading the model", pictures=self.pictures))
        lora = None if self.speed == "quality" else models.speed_loras(models.denoiser(self.model))[self.speed].id
        return engine.load(self.model, engine.Variant(lora, self.quantization), prepare)

    def _pictures(
        self,
        loaded: engine.Engine,
        size: Size,
        seed: int,
        image: Image.Image | None,
        mask: Image.Image | None,
        report_progress: OnProgress,
    ) -> Iterator[tuple[Image.Image, dict[str, Any]]]:
        """The model's pictures with the steps done and the working size, one after the other.

        One after the other rather than as a batch: in a batch the pictures share the photo's noise, so none but the
        first would equal the picture made alone.
        """
        stage = "Generating the background" if image else "Generating the picture"
        for index in range(self.pictures):
            done = 0

            def after_step(step: int, steps: int, preview: Image.Image, picture: int = index + 1) -> None:
                nonlocal done
                done = step
                report_progress(Progress(stage, step, steps, picture, self.pictures, preview))

            report_progress(Progress(stage, picture=index + 1, pictures=self.pictures))
            request = engine.Request(
                prompt=self.prompt,
                negative_prompt=self.negative_prompt,
                num_inference_steps=self.num_inference_steps,
                guidance_scale=self.guidance_scale,
                strength=self.strength,
                scheduler=self.scheduler,
                size=size,
                seed=seed + index,
                image=image,
                mask=mask,
                vae=self.vae,
            )
            picture = loaded.generate(request, after_step)
            self._remember_speed(loaded, size)
            yield picture, {"working_size": list(size), "steps": done, "seconds_of": dict(loaded.seconds)}

    def _remember_speed(self, loaded: engine.Engine, size: Size) -> None:
        step = loaded.seconds.get("step")
        if step:
            guided = self.guidance_scale > 1
            expected.remember(models.denoiser(self.model), self.quantization, size, guided, step)

    def _background(
        self, pixels: Array, notes: tuple[str, ...], loaded: engine.Engine, facts: dict[str, Any]
    ) -> Background:
        facts = {"device": str(loaded.device), "device_reason": loaded.device.reason, "model": self.model, **facts}
        used = {self.model: loaded.revision} | {id: models.revision(id) for id in self._additions()}
        return Background(pixels, (*notes, *loaded.notes), models=used, facts=facts)

    def _truncated(self, loaded: engine.Engine) -> tuple[str, ...]:
        """A note for each text that is longer than the model reads."""
        notes = []
        for name, text in (("prompt", self.prompt), ("negative prompt", self.negative_prompt)):
            truncated = loaded.truncated_text(text)
            if truncated:
                notes.append(f"The {name} is longer than the model reads; it did not see “{truncated}”.")
        return tuple(notes)


def _model(values: Mapping[str, Any]) -> str:
    return str(values.get("model") or models.default_denoiser("background"))


def _aspect_note(photo: Size, size: Size) -> tuple[str, ...]:
    ratio = photo.width * size.height / (photo.height * size.width)
    if max(ratio, 1 / ratio) <= MAX_STRETCH:
        return ()
    return (f"{size.width} x {size.height} is not of the photo's shape, so the model saw the photo stretched.",)
