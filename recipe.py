"""What an edit is: a frozen, validated, serialisable value that every front end speaks.

A :class:`Recipe` names its inputs by content digest, never by path, so that it means the same on every machine. It
knows nothing of the mask sources: it carries a source's name and option values, and the source's own table validates
them (:mod:`masks`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NoReturn, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)

from errors import BadInput

MAX_SEED = 2**32 - 1
MAX_PICTURES = 8  # of one request
MAX_PROMPT = 2000  # characters; CLIP reads some 300 of them
MAX_RECIPE_BYTES = 1_000_000  # a recipe is some kilobytes; a longer one is not ours


def _colour(text: str) -> str:
    """Spell a colour as ``#rrggbb`` in lower case; ``#abc`` means ``#aabbcc``."""
    match = re.fullmatch(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a colour; write it as #rrggbb, for example #f5f0e8")
    digits = match.group(1).lower()
    return "#" + ("".join(d * 2 for d in digits) if len(digits) == 3 else digits)


class FrozenDict(dict[str, Any]):
    """A dictionary that cannot be changed; equal to a plain one of the same content."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("option values in a recipe cannot be changed; make a new recipe")

    __setitem__ = __delitem__ = __ior__ = update = setdefault = pop = popitem = clear = _refuse

    def __reduce__(self) -> Any:
        return FrozenDict, (dict(self),)


def _freeze(value: Any) -> Any:
    """Lists to tuples, dictionaries to frozen ones, all the way down: a recipe cannot be changed by accident."""
    if isinstance(value, Mapping):
        return FrozenDict({key: _freeze(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(_freeze(item) for item in value)
    return value


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of an input's bytes, in hexadecimal."""

Colour = Annotated[str, AfterValidator(_colour)]
"""An sRGB colour, ``#rrggbb``."""


def _by_8(side: int) -> int:
    if side % 8:
        raise ValueError(f"{side} is not a multiple of 8; take {side // 8 * 8} or {side // 8 * 8 + 8}")
    return side


Side = Annotated[int, Field(ge=64, le=2048), AfterValidator(_by_8)]
"""A working width or height in pixels."""

Values = Annotated[Mapping[str, JsonValue], AfterValidator(_freeze)]
"""Option values by name, as JSON; read-only."""


class Part(BaseModel):
    """Base of everything in a recipe: frozen, no unknown fields, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Length(Part):
    """A length in pixels of the photo (``px``) or relative to the subject (``%``).

    100 % is the side of a square with the subject's area, so that 5 % looks alike on a ring and on a lorry.
    """

    value: float = Field(default=0, ge=-10_000, le=10_000)
    unit: Literal["px", "%"] = "px"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``"12"``, ``"-3.5"``, ``"12px"`` or ``"5%"``; raise :class:`BadInput` on anything else."""
        match = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*(px|%)?\s*", text)
        if match is None:
            raise BadInput(f"{text!r} is not a length; write pixels as 12 or per cent of the subject as 5%.")
        try:
            return cls.model_validate({"value": float(match[1]), "unit": match[2] or "px"})
        except ValidationError as error:
            raise BadInput(f"{text!r} is too long a length; stay within 10000.") from error

    def pixels(self, subject_area: float) -> float:
        """The length in pixels for a subject of ``subject_area`` square pixels."""
        return self.value if self.unit == "px" else self.value / 100 * subject_area**0.5


class Source(Part):
    """How the subject is found: a mask source's name and its option values."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    values: Values = Field(default_factory=dict, validate_default=True)


class Layer(Part):
    """One step of a combined mask: what a source finds is added to, removed from or intersected with the rest."""

    op: Literal["add", "remove", "intersect"] = "add"
    source: Source


class MaskRecipe(Part):
    """How the selection is made and shaped. Steps run in the order of the fields."""

    layers: tuple[Layer, ...] = Field(default=(Layer(source=Source(name="auto")),), min_length=1, max_length=32)
    matting: bool = Field(
        False,
        description="Work the soft edge out anew from the photo's colours: finer hair and fur, some seconds slower.",
    )
    objects: Literal["all", "largest"] | tuple[tuple[float, float], ...] = Field(
        "all",
        description="Of several separate things keep all, the largest, or those at these points (x,y in pixels).",
    )
    invert: bool = Field(False, description="Select what was not selected.")
    fill_holes: bool = Field(False, description="Close holes inside the subject. Closes rings and handles too.")
    specks: float = Field(
        0, ge=0, le=100, description="Drop pieces smaller than this, in per cent of the largest piece."
    )
    grow: Length = Field(Length(), description="Grow the selection; negative shrinks it.")
    feather: float = Field(0, ge=0, le=1000, description="Soften the edge over this many pixels.")
    strokes: Digest | None = Field(None, description="Touch-ups by hand, drawn last: what is painted is what one gets.")

    @model_validator(mode="after")
    def _starts_with_something(self) -> Self:
        if self.layers[0].op != "add":
            raise ValueError("the first mask layer must add something; removing or intersecting needs a mask before it")
        return self


class ColourBackdrop(Part):
    """One plain colour."""

    kind: Literal["colour"] = "colour"
    colour: Colour = "#ffffff"


class GradientBackdrop(Part):
    """A smooth run through two or more colours, from top to bottom (angle 0), or from the middle outwards (radial)."""

    kind: Literal["gradient"] = "gradient"
    colours: tuple[Colour, ...] = Field(("#f6f7f9", "#b9c2cf"), min_length=2, max_length=8)
    shape: Literal["linear", "radial"] = "linear"
    angle: float = Field(0, ge=-360, le=360, description="Degrees clockwise from top-to-bottom; linear only.")


class SweepBackdrop(Part):
    """A studio sweep: seamless paper that curves from the floor into the wall, lit from above."""

    kind: Literal["sweep"] = "sweep"
    colour: Colour = "#dddddd"


class BlurBackdrop(Part):
    """The photo's own surroundings, out of focus; the subject is taken out first, so it leaves no ghost."""

    kind: Literal["blur"] = "blur"
    radius: float = Field(20, gt=0, le=200, description="Thousandths of the photo's longer side.")


class ImageBackdrop(Part):
    """Another picture, by digest, filling the frame (cover) or wholly visible (contain)."""

    kind: Literal["image"] = "image"
    digest: Digest
    fit: Literal["cover", "contain"] = "cover"


class TransparentBackdrop(Part):
    """No background: a cut-out with soft edges."""

    kind: Literal["transparent"] = "transparent"


class SceneBackdrop(Part):
    """A rendered scene: its name and option values, which the scene's own table validates (``imaging.scenes``)."""

    kind: Literal["scene"] = "scene"
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")] = "paper"
    values: Annotated[Mapping[str, bool | int | float | str], AfterValidator(_freeze)] = Field(
        default_factory=dict, validate_default=True
    )
    seed: int | None = Field(
        None, ge=0, le=MAX_SEED, description="Which of the many scenes of this kind; left out: the recipe's seed."
    )


class GeneratedBackdrop(Part):
    """A background, or a whole picture, that a diffusion model paints.

    Names are diffusers' own. Every value is settled: ``diffusion.settings.resolve_settings`` fills in what the model
    prefers.
    """

    kind: Literal["generated"] = "generated"
    model: Annotated[str, StringConstraints(pattern=r"^([a-z0-9][a-z0-9-]{0,39}|folder:[0-9a-f]{16})$")]
    prompt: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_PROMPT)]
    negative_prompt: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_PROMPT)] = Field(
        "", description="What should not be in the picture; has no effect at a guidance scale of 1 or less."
    )
    num_images_per_prompt: int = Field(1, ge=1, le=MAX_PICTURES, description="Pictures to choose from.")
    num_inference_steps: int = Field(ge=1, le=150, description="More steps take longer and show finer detail.")
    guidance_scale: float = Field(ge=0, le=30, description="How closely the picture follows the prompt.")
    strength: float = Field(
        1, gt=0, le=1, description="1 paints anew; less keeps more of the colours and shapes of the old background."
    )
    scheduler: Annotated[str, StringConstraints(pattern=r"^[a-z0-9+-]{1,30}$")] = Field(
        description="The sampling method."
    )
    width: Side | None = Field(None, description="Working width in pixels; best left to the model's native size.")
    height: Side | None = Field(None, description="Working height in pixels; best left to the model's native size.")
    mask_grow: Length = Field(
        Length(), description="Let the model paint this far into the subject's edge; negative keeps it off the edge."
    )
    mask_feather: float = Field(
        0, ge=0, le=1000, description="Round off the painted area's outline over this many pixels of the photo."
    )
    defocus: float = Field(
        0,
        ge=0,
        le=50,
        description="Soften the painted background as depth of field does: thousandths of the photo's longer side.",
    )

    @model_validator(mode="after")
    def _can_be_painted(self) -> Self:
        if not self.prompt:
            raise ValueError("the prompt is empty; describe what should be in the picture")
        if int(self.num_inference_steps * self.strength) < 1:
            raise ValueError(
                f"{self.num_inference_steps} steps at strength {self.strength:g} leave none to do; raise one of them"
            )
        return self


Backdrop = Annotated[
    ColourBackdrop
    | GradientBackdrop
    | SweepBackdrop
    | BlurBackdrop
    | ImageBackdrop
    | TransparentBackdrop
    | SceneBackdrop
    | GeneratedBackdrop,
    Field(discriminator="kind"),
]


class Recipe(Part):
    """One edit. Equal recipes on equal photos give equal pixels on the same machine.

    The task ``background`` gives a photo's subject a new background; ``create`` makes a picture from a prompt alone, so
    it has neither photo nor mask.
    """

    version: Literal[1] = 1
    task: Literal["background", "create"] = "background"
    photo: Digest | None = None
    mask: MaskRecipe = MaskRecipe()
    backdrop: Backdrop = ColourBackdrop()
    shadow: Literal["none", "contact"] = "none"
    seed: int = Field(
        0, ge=0, le=MAX_SEED, description="Of the first picture; picture i uses seed + i. Settled, never random."
    )

    @model_validator(mode="after")
    def _fits_its_task(self) -> Self:
        generated = self.backdrop if isinstance(self.backdrop, GeneratedBackdrop) else None
        if self.task == "background" and self.photo is None:
            raise ValueError("a background needs a photo")
        if self.task == "create":
            if generated is None:
                raise ValueError("to create a picture takes a prompt and a model")
            if self.photo or self.mask != MaskRecipe() or self.shadow != "none":
                raise ValueError("a picture created from a prompt has no photo, mask or shadow")
        if generated and self.seed + generated.num_images_per_prompt - 1 > MAX_SEED:
            raise ValueError(f"seed: the last picture's would exceed {MAX_SEED}; take a smaller one")
        return self

    def alone(self, picture: int) -> Self:
        """The recipe that makes picture ``picture``, counted from 0, of a request alone."""
        if not isinstance(self.backdrop, GeneratedBackdrop):
            return self
        backdrop = self.backdrop.model_copy(update={"num_images_per_prompt": 1})
        return self.model_copy(update={"backdrop": backdrop, "seed": self.seed + picture})

    def to_json(self) -> str:
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a recipe; raise :class:`BadInput` with what is wrong in one sentence."""
        if len(text) > MAX_RECIPE_BYTES:
            raise BadInput("The recipe is too long to be one of Backdrop's.")
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise BadInput(f"The recipe cannot be used: {explain(error)}.") from error


def explain(error: ValidationError) -> str:
    """The first thing pydantic found wrong, in one clause for people."""
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{where}: {message}" if where else message
