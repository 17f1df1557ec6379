"""The recipe itself: one edit, complete and settled."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from errors import BadInput
from fields import Control
from recipe.backdrop import AnyBackdrop, kind_of
from recipe.look import Look, Shadow
from recipe.mask import MaskRecipe
from recipe.placement import Placement
from recipe.task import Task, task_of
from recipe.values import MAX_RECIPE_BYTES, MAX_SEED, Digest, OptionValues, Part, explain

Seed = Annotated[
    int,
    Field(
        title="Seed",
        description="The number that all chance comes from: the same seed and settings, the same picture. Picture i "
        "of several uses seed + i.",
        ge=0,
        le=MAX_SEED,
    ),
    Control(step=1, metavar="N"),
]


class Recipe(Part):
    """One edit. Equal recipes on equal photos give equal pixels on the same machine.

    The task ``background`` gives a photo's subject a new background; ``create`` makes a picture from a prompt alone, so
    it has neither photo nor mask. ``options`` are a task's own settings, as its class has them. The seed is settled
    when the recipe is made; a recipe never says "random".
    """

    version: Literal[1] = 1
    task: Task = "background"
    photo: Digest | None = None
    mask: MaskRecipe = MaskRecipe()
    placement: Placement = Placement()
    backdrop: AnyBackdrop = Field(default_factory=lambda: kind_of("colour").resolve({}))
    shadow: Shadow = "none"
    look: Look = Look()
    seed: Seed = 0
    options: OptionValues = Field(default_factory=dict, validate_default=True)

    @model_validator(mode="after")
    def _fits_its_task(self) -> Self:
        task = task_of(self.task)
        try:
            task.Options.model_validate(self.options)
        except ValidationError as error:
            raise ValueError(explain(error)) from None
        if task.has_subject:
            if self.photo is None:
                raise ValueError(f"a {self.task} needs a photo")
        else:
            if not self.backdrop.creates:
                raise ValueError("to create a picture takes a prompt and a model")
            parts = self.photo, self.mask, self.shadow, self.look, self.placement
            if parts != (None, MaskRecipe(), "none", Look(), Placement()):
                raise ValueError("a picture created from a prompt has no photo, mask, shadow or placement")
        if self.seed + self.backdrop.pictures - 1 > MAX_SEED:
            raise ValueError(f"seed: the last picture's would exceed {MAX_SEED}; take a smaller one")
        return self

    def for_image(self, index: int) -> Self:
        """The recipe that makes picture ``index``, counted from 0, of a request alone."""
        return self.model_copy(update={"backdrop": self.backdrop.for_image(index), "seed": self.seed + index})

    def to_json(self) -> str:
        """One line of JSON that :meth:`from_json` reads back."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a recipe of this or an older version; raise :class:`BadInput` with what is wrong in one sentence."""
        if len(text) > MAX_RECIPE_BYTES:
            raise BadInput("The recipe is too long to be one of Backdrop's.")
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise BadInput(f"The recipe cannot be used: {explain(error)}.") from error
