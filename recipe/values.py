"""The values that recipes are made of: frozen parts, digests, colours, lengths, option values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, NoReturn, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    StringConstraints,
    ValidationError,
)

from errors import BadInput
from fields import Shown

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


def freeze(value: Any) -> Any:
    """Lists to tuples, dictionaries to frozen ones, all the way down: a recipe cannot be changed by accident."""
    if isinstance(value, Mapping):
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item) for item in value)
    return value


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of an input's bytes, in hexadecimal."""

Colour = Annotated[str, AfterValidator(_colour), Shown("colour")]
"""An sRGB colour, ``#rrggbb``."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""What a mask source, a scene or a task is called."""


def _by_8(side: int) -> int:
    if side % 8:
        raise ValueError(f"{side} is not a multiple of 8; take {side // 8 * 8} or {side // 8 * 8 + 8}")
    return side


Side = Annotated[int, Field(ge=64, le=2048), AfterValidator(_by_8)]
"""A working width or height in pixels."""


def thaw(value: Any) -> Any:
    """:func:`freeze` taken back: tuples as lists, frozen dictionaries as plain ones."""
    if isinstance(value, Mapping):
        return {key: thaw(item) for key, item in value.items()}
    return [thaw(item) for item in value] if isinstance(value, (list, tuple)) else value


OptionValues = Annotated[
    Mapping[str, JsonValue],
    BeforeValidator(thaw),
    AfterValidator(freeze),
    PlainSerializer(thaw, return_type=dict[str, Any]),
]
"""Option values by name, as JSON; read-only."""


class Part(BaseModel):
    """Base of everything in a recipe: frozen, no unknown fields, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class Length(Part):
    """A length in pixels of the photo (``px``) or relative to the subject (``%``).

    100 % is the side of a square with the subject's area, so that 5 % looks alike on a ring and on a lorry.
    """

    shown_as: ClassVar = "length"

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


def explain(error: ValidationError) -> str:
    """The first thing pydantic found wrong, in one clause for people."""
    first = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    message = first["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{where}: {message}" if where else message
