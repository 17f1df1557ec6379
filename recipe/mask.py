"""How a subject's selection is made and shaped: sources in layers, then the steps that shape them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from fields import Control
from recipe.values import Digest, Length, Name, OptionValues, Part


class Source(Part):
    """How the subject is found: a mask source's name and its option values, which its own table validates (masks)."""

    name: Name
    options: OptionValues = Field(default_factory=dict, validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _read_old_name(cls, data: Any) -> Any:
        """Read ``options`` from ``values``, as recipes on disk called them at first."""
        if isinstance(data, Mapping) and "values" in data and "options" not in data:
            return {"options" if name == "values" else name: value for name, value in data.items()}
        return data


class Layer(Part):
    """One step of a combined mask: what a source finds is added to, removed from or intersected with the rest."""

    op: Annotated[
        Literal["add", "remove", "intersect"],
        Field(
            title="What it does",
            description="Add what it finds to the subject, remove it, or keep only what both find.",
        ),
        Control(words={"add": "Add", "remove": "Remove", "intersect": "Keep only what both find"}),
    ] = "add"
    source: Source


class MaskRecipe(Part):
    """How the selection is made and shaped. Steps run in the order of the fields."""

    layers: tuple[Layer, ...] = Field(default=(Layer(source=Source(name="auto")),), min_length=1, max_length=32)
    matting: Annotated[
        bool,
        Field(
            title="Refine hair and fur",
            description="Estimate the soft edge anew (alpha matting): by MODNet where it is here and sees the same "
            "subject, else from the photo's colours, some seconds slower.",
        ),
    ] = False
    objects: Annotated[
        Literal["all", "largest"] | tuple[tuple[float, float], ...],
        Field(
            title="Separate objects",
            description="Of several separate things keep all, the largest, or those at these points (x,y in pixels).",
        ),
        Control(words={"all": "Keep all", "largest": "Keep the largest"}, metavar="all|largest|X,Y;...", advanced=True),
    ] = "all"
    invert: Annotated[bool, Field(title="Invert", description="Select what was not selected.")] = False
    fill_holes: Annotated[
        bool,
        Field(title="Fill holes", description="Close holes inside the subject. Closes rings and handles too."),
    ] = False
    specks: Annotated[
        float,
        Field(
            title="Remove specks",
            description="Drop pieces smaller than this, in per cent of the largest piece.",
            ge=0,
            le=100,
        ),
        Control(step=0.5, unit="%", metavar="N"),
    ] = 0
    grow: Annotated[
        Length,
        Field(
            title="Grow or shrink",
            description="Grow the selection by pixels or per cent of the subject; negative shrinks it.",
        ),
        Control(metavar="N|N%"),
    ] = Length()
    feather: Annotated[
        float,
        Field(
            title="Feather",
            description="Soften the edge over this many pixels (Gaussian blur of the mask).",
            ge=0,
            le=1000,
        ),
        Control(step=0.5, slider=(0, 60), unit="px", metavar="N"),
    ] = 0
    strokes: Annotated[
        Digest | None,
        Field(title="Touch-ups", description="Touch-ups by hand, drawn last: what is painted is what one gets."),
        Control(input="touch-up", metavar="FILE.json"),
    ] = None

    @model_validator(mode="after")
    def _starts_with_something(self) -> Self:
        if self.layers[0].op != "add":
            raise ValueError("the first mask layer must add something; removing or intersecting needs a mask before it")
        return self
