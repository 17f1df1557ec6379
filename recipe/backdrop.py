"""What every kind of backdrop is in a recipe; a recipe names a kind, whose class is looked up when it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, SerializeAsAny, TypeAdapter, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from errors import BadInput
from fields import Setting, settings
from recipe.by_name import ByName
from recipe.values import Part, explain


class Backdrop(Part):
    """What comes behind the subject: base of every kind's class, whose fields are the kind's settings.

    Attributes:
        kind: its name in recipes and on the command line; a subclass fixes it.
        title, help, icon: for people; the icon is one of Material Symbols.
        order: its place among the others, for people.
        positional: the field that a plain argument fills in ``kind:argument,name=value``.
        example: how it is written on the command line.
        creates: it can be a picture of its own, without a photo.
    """

    title: ClassVar[str]
    help: ClassVar[str]
    icon: ClassVar[str] = "image"
    order: ClassVar[int] = 100
    positional: ClassVar[str | None] = None
    example: ClassVar[str] = ""
    creates: ClassVar[bool] = False

    kind: str

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        name = cls.model_fields["kind"].default
        if isinstance(name, str):
            _kinds.add(name, cls)

    @classmethod
    def resolve(cls, values: Mapping[str, Any]) -> Self:
        """A backdrop of these values, those filled in that a model or the like prefers.

        Raises:
            pydantic.ValidationError: they do not fit.
            BadInput: they ask for what does not exist.
        """
        return cls.model_validate(dict(values))

    @classmethod
    def parse(cls, argument: str) -> dict[str, Any]:
        """What people write after ``kind:`` as values of fields: ``name=value``, a choice by itself, the positional.

        Raises:
            BadInput: it fits no field.
        """
        values: dict[str, Any] = {}
        offered = {setting.name: setting for setting in settings(cls)}
        for item in (item.strip() for item in argument.split(",") if argument):
            name, equals, value = (part.strip() for part in item.partition("="))
            chosen = next((each.name for each in offered.values() if item in each.choices), None)
            if equals and name in offered and name not in values:
                values[name] = value
            elif chosen and chosen not in values:
                values[chosen] = item
            elif cls.positional and offered[cls.positional].kind == "colours":
                values[cls.positional] = (*values.get(cls.positional, ()), item)
            elif cls.positional and cls.positional not in values:
                values[cls.positional] = item
            else:
                raise BadInput(f"{item!r} is nothing that {cls.kind_name()} takes")
        return values

    @classmethod
    def kind_name(cls) -> str:
        """Its name in recipes and on the command line."""
        return str(cls.model_fields["kind"].default)

    @classmethod
    def defaults(cls, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """What fields without a value are, where that depends on other values: what a model prefers."""
        return {}

    @classmethod
    def settings_for(cls, values: Mapping[str, Any]) -> tuple[Setting, ...]:
        """The settings that have a meaning beside these values, in their order."""
        return settings(cls)

    @classmethod
    def asked(cls) -> tuple[Setting, ...]:
        """The fields without which there is no picture and for which nobody but a person has a value."""
        return tuple(setting for setting in settings(cls) if setting.required)

    @property
    def pictures(self) -> int:
        """How many pictures it gives."""
        return 1

    def for_image(self, index: int) -> Self:
        """The backdrop that gives picture ``index``, counted from 0, alone; the recipe's seed is moved on by it."""
        return self


_kinds = ByName[Backdrop]("backdrops")


def kinds() -> dict[str, type[Backdrop]]:
    """The class of every kind of backdrop by its name, in the order in which people see them."""
    return dict(sorted(_kinds.all().items(), key=lambda item: item[1].order))


def kind_of(name: object) -> type[Backdrop]:
    """The class of a kind; raise :class:`BadInput` where there is no such kind."""
    found = _kinds.get(name)
    if found is None:
        raise BadInput(f"There is no backdrop {name!r}; choose one of {', '.join(kinds())}.")
    return found


class _OfItsKind:
    """Validates a backdrop by the class of its kind."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_before_validator_function(_of_its_kind, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"oneOf": [TypeAdapter(kind).json_schema() for kind in kinds().values()]}


def _of_its_kind(value: object) -> object:
    if not isinstance(value, Mapping):
        return value
    try:
        return kind_of(value.get("kind")).model_validate(dict(value))
    except BadInput as error:
        raise PydanticCustomError("backdrop", "{what}", {"what": str(error)}) from None
    except ValidationError as error:
        raise PydanticCustomError("backdrop", "{what}", {"what": explain(error)}) from None


AnyBackdrop = Annotated[SerializeAsAny[Backdrop], _OfItsKind()]
"""A backdrop of whatever kind, as a field of a recipe."""
