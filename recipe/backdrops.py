"""The kinds of backdrop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from fields import Control, Setting, setting
from recipe.backdrop import Backdrop
from recipe.values import (
    MAX_PICTURES,
    MAX_PROMPT,
    MAX_SEED,
    Colour,
    Digest,
    Length,
    Name,
    Side,
    freeze,
)


class ColourBackdrop(Backdrop):
    """One plain colour."""

    title: ClassVar = "Colour"
    help: ClassVar = "One plain colour. White is what marketplaces ask for."
    icon: ClassVar = "format_color_fill"
    order: ClassVar = 10
    positional: ClassVar = "colour"
    example: ClassVar = "colour:#ffffff"

    kind: Literal["colour"] = "colour"
    colour: Annotated[Colour, Field(title="Colour", description="Any colour, as #rrggbb.")] = "#ffffff"


class GradientBackdrop(Backdrop):
    """A smooth run through two or more colours, from top to bottom (angle 0), or from the middle outwards (radial)."""

    title: ClassVar = "Gradient"
    help: ClassVar = "A smooth run from one colour to another."
    icon: ClassVar = "gradient"
    order: ClassVar = 20
    positional: ClassVar = "colours"
    example: ClassVar = "gradient:#eef,#99c[,radial|,angle=45]"

    kind: Literal["gradient"] = "gradient"
    colours: Annotated[
        tuple[Colour, ...],
        Field(title="Colours", description="The colours that it runs through.", min_length=2, max_length=8),
    ] = ("#f6f7f9", "#b9c2cf")
    shape: Annotated[
        Literal["linear", "radial"],
        Field(title="Shape", description="Straight across the picture, or in rings from the middle outwards."),
        Control(words={"linear": "Linear", "radial": "Radial"}),
    ] = "linear"
    angle: Annotated[
        float,
        Field(
            title="Angle",
            description="Degrees clockwise from top-to-bottom; of a linear gradient only.",
            ge=-360,
            le=360,
        ),
        Control(step=5, unit="°"),
    ] = 0


class SweepBackdrop(Backdrop):
    """A studio sweep: seamless paper that curves from the floor into the wall, lit from above."""

    title: ClassVar = "Studio sweep"
    help: ClassVar = "Seamless paper that curves from the floor into the wall, lit from above."
    icon: ClassVar = "filter_hdr"
    order: ClassVar = 30
    positional: ClassVar = "colour"
    example: ClassVar = "sweep:#ddd"

    kind: Literal["sweep"] = "sweep"
    colour: Annotated[Colour, Field(title="Colour", description="The paper's colour, as #rrggbb.")] = "#dddddd"


class BlurBackdrop(Backdrop):
    """The photo's own surroundings, out of focus; the subject is taken out first, so it leaves no ghost."""

    title: ClassVar = "Blur"
    help: ClassVar = "The photo's own surroundings, out of focus. The subject leaves no ghost in them."
    icon: ClassVar = "blur_on"
    order: ClassVar = 40
    positional: ClassVar = "radius"
    example: ClassVar = "blur:20"

    kind: Literal["blur"] = "blur"
    radius: Annotated[
        float,
        Field(title="Blur radius", description="Thousandths of the photo's longer side.", gt=0, le=200),
        Control(step=1, unit="‰"),
    ] = 20


class ImageBackdrop(Backdrop):
    """Another picture, by digest, filling the frame (cover) or wholly visible (contain)."""

    title: ClassVar = "Picture"
    help: ClassVar = "Another picture of yours behind the subject."
    icon: ClassVar = "image"
    order: ClassVar = 50
    positional: ClassVar = "digest"
    example: ClassVar = "image:FILE[,cover|contain]"

    kind: Literal["image"] = "image"
    digest: Annotated[
        Digest,
        Field(title="Picture", description="PNG, JPEG, WebP, TIFF, AVIF or HEIC. It is cut to the photo's shape."),
        Control(input="backdrop picture"),
    ]
    fit: Annotated[
        Literal["cover", "contain"],
        Field(title="Fit", description="Fill the frame and cut what sticks out, or show the whole picture."),
        Control(words={"cover": "Fill the frame", "contain": "Show all of it"}),
    ] = "cover"


class SceneBackdrop(Backdrop):
    """A rendered scene: its name and option values, which the scene's own table validates (``imaging.scenes``)."""

    title: ClassVar = "Scene"
    help: ClassVar = "A rendered scene: studio sets, tables, lights, land and sea, drawn in a second or two."
    icon: ClassVar = "landscape"
    order: ClassVar = 60
    positional: ClassVar = "name"
    example: ClassVar = "scene:NAME[,OPTION=VALUE...][,seed=N] (see `scenes`)"

    kind: Literal["scene"] = "scene"
    name: Annotated[Name, Field(title="Scene", description="Which scene is drawn.")] = "paper"
    values: Annotated[Mapping[str, bool | int | float | str], AfterValidator(freeze)] = Field(
        default_factory=dict, validate_default=True
    )
    seed: Annotated[
        int | None,
        Field(
            title="Arrangement",
            description="Which of the many scenes of this kind (seed); left out: the recipe's seed.",
            ge=0,
            le=MAX_SEED,
        ),
    ] = None


class TransparentBackdrop(Backdrop):
    """No background: a cut-out with soft edges."""

    title: ClassVar = "Transparent"
    help: ClassVar = "No background: a cut-out with soft edges."
    icon: ClassVar = "background_grid_small"
    order: ClassVar = 70
    example: ClassVar = "transparent"

    kind: Literal["transparent"] = "transparent"


class GeneratedBackdrop(Backdrop):
    """A background, or a whole picture, that a diffusion model generates.

    Names are diffusers' own. Every value is settled: ``diffusion.catalogue.settle`` fills in what the model prefers.
    """

    title: ClassVar = "Generated"
    help: ClassVar = "Generated from your words by a diffusion model."
    icon: ClassVar = "auto_awesome"
    order: ClassVar = 80
    creates: ClassVar = True

    kind: Literal["generated"] = "generated"
    model: Annotated[
        str,
        StringConstraints(pattern=r"^([a-z0-9][a-z0-9-]{0,39}|folder:[0-9a-f]{16})$"),
        Field(title="Model", description="Which diffusion model generates the picture."),
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
            description="More steps take longer and show finer detail; 20 to 30 are plenty for most.",
            ge=1,
            le=150,
        ),
        Control(advanced=True, metavar="N"),
    ]
    guidance_scale: Annotated[
        float,
        Field(
            title="Guidance scale",
            description="How closely the picture follows the prompt; 6 to 9 suits most models.",
            ge=0,
            le=30,
        ),
        Control(step=0.5, advanced=True, metavar="F"),
    ]
    strength: Annotated[
        float,
        Field(
            title="Strength",
            description="1 makes the background anew; less keeps more of the old one's colours and shapes.",
            gt=0,
            le=1,
        ),
        Control(step=0.01, advanced=True, metavar="F"),
    ] = 1
    scheduler: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9+-]{1,30}$"),
        Field(title="Scheduler", description="The sampling method: how the picture is worked out of the noise."),
        Control(advanced=True, metavar="S"),
    ]
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
        Control(step=1, unit="px", advanced=True, metavar="N"),
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
        Control(step=0.5, unit="‰", advanced=True, metavar="N"),
    ] = 0

    @classmethod
    def asked(cls) -> tuple[Setting, ...]:
        return (setting(cls, "prompt"),)  # everything else the model prefers something

    @property
    def pictures(self) -> int:
        return self.num_images_per_prompt

    def for_image(self, index: int) -> Self:
        return self.model_copy(update={"num_images_per_prompt": 1})

    @model_validator(mode="after")
    def _has_work_to_do(self) -> Self:
        if not self.prompt:
            raise ValueError("the prompt is empty; describe what should be in the picture")
        if int(self.num_inference_steps * self.strength) < 1:
            raise ValueError(
                f"{self.num_inference_steps} steps at strength {self.strength:g} leave none to do; raise one of them"
            )
        return self
