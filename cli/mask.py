"""The mask as flags say it: layers in the order written, then how it is shaped and touched up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer
from typer.core import TyperCommand

from cli.files import expanded, keep_apart
from cli.flags import FieldFlags, Given, made
from fields import settings
from recipe import Layer, MaskRecipe

if TYPE_CHECKING:
    from jobs.store import Store


MaskFlags = Annotated[Given, FieldFlags(tuple(each for each in settings(MaskRecipe) if each.name != "layers"))]


@dataclass(frozen=True)
class LayerFlags:
    """Further layers. :class:`CommandInOrder` puts its place among all flags before each: ``(place, source)``."""

    add: Annotated[
        Optional[list[str]],
        typer.Option(metavar="SOURCE", help="Add what another source finds. Layers are combined in the order written."),
    ] = None
    remove: Annotated[Optional[list[str]], typer.Option(metavar="SOURCE", help="Remove what another source finds.")] = (
        None
    )
    intersect: Annotated[
        Optional[list[str]], typer.Option(metavar="SOURCE", help="Keep only what another source finds, too.")
    ] = None

    def in_order(self) -> list[tuple[str, str]]:
        """(what to do, source) of every further layer, in the order written."""
        placed = [(*given, op) for op, values in vars(self).items() for given in values or ()]
        return [(op, source) for _, source, op in sorted(placed)]


class CommandInOrder(TyperCommand):
    """A command whose layers' flags carry their place: each flag's values are handed over apart, and order counts."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        rest = super().parse_args(ctx, args)
        for name in (each.name for each in fields(LayerFlags)):
            places = [place for place, parameter in enumerate(order) if parameter.name == name]
            ctx.params[name] = list(zip(places, ctx.params.get(name) or (), strict=True))
        return rest


def read_mask(source: str, layers: LayerFlags, shape: Given, store: Store, outputs: Sequence[Path]) -> MaskRecipe:
    """The mask recipe that flags describe; files among them go into the store.

    Args:
        source: of the first layer.
        layers: those after it.
        shape: the other fields of the mask that were given.
        store: where input files go.
        outputs: where results go; no input may be one of them.
    """
    from imaging.photo import read_bytes
    from masks import grammar

    def take_in(path: Path) -> str:
        path = expanded(path)
        keep_apart(path, *outputs)
        return store.put(read_bytes(path))

    values = dict(shape)
    if "strokes" in values:
        values["strokes"] = take_in(values["strokes"])
    if "objects" in values:
        values["objects"] = _objects(values["objects"])
    parts = [("add", source), *layers.in_order()]
    parsed = [Layer.model_validate({"op": op, "source": grammar.parse(text, take_in)}) for op, text in parts]
    return made(MaskRecipe, layers=parsed, **values)


def _objects(text: str) -> str | list[list[float]]:
    """Read ``all``, ``largest`` or points as ``x,y;x,y``."""
    if text in ("all", "largest"):
        return text
    try:
        points = [[float(number) for number in point.split(",")] for point in text.split(";")]
    except ValueError:
        points = []
    if not points or any(len(point) != 2 for point in points):
        raise typer.BadParameter(f"{text!r} is not all, largest or x,y;x,y in pixels", param_hint="--objects")
    return points
