"""The mask as flags say it: layers in the order written, then how it is shaped and touched up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from cli.files import expanded, keep_apart
from cli.flags import made, usage

if TYPE_CHECKING:
    from jobs.store import Store
    from recipe import MaskRecipe


@dataclass(frozen=True)
class MaskFlags:
    """The flags of a mask besides the source of its first layer, as they were given."""

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
    matting: Annotated[
        bool,
        typer.Option("--matting", help="Work the soft edge out anew from the photo's colours; some seconds slower."),
    ] = False
    objects: Annotated[
        str,
        typer.Option(metavar="all|largest|X,Y;...", help="Of separate things keep all, the largest, or those there."),
    ] = "all"
    grow: Annotated[
        str, typer.Option(metavar="N|N%", help="Grow the mask by pixels or per cent of the subject; negative shrinks.")
    ] = "0"
    feather: Annotated[
        float, typer.Option(min=0, max=1000, metavar="N", help="Soften the mask's edge over N pixels.")
    ] = 0
    invert: Annotated[bool, typer.Option("--invert", help="Select what was not selected.")] = False
    fill_holes: Annotated[
        bool, typer.Option("--fill-holes", help="Close holes in the mask; closes rings and handles too.")
    ] = False
    specks: Annotated[
        float, typer.Option(min=0, max=100, metavar="N", help="Drop pieces below N per cent of the largest piece.")
    ] = 0
    strokes: Annotated[
        Optional[Path],
        typer.Option("--strokes", metavar="FILE.json", help="Touch-ups by hand, as the canvas saves them."),
    ] = None

    def recipe(self, source: str, store: Store, outputs: Sequence[Path]) -> MaskRecipe:
        """The mask recipe that the flags describe; files among them go into the store.

        Args:
            source: of the first layer.
            store: where input files go.
            outputs: where results go; no input may be one of them.
        """
        from imaging.photo import read_bytes
        from masks import grammar
        from recipe import Layer, Length, MaskRecipe

        def take_in(path: Path) -> str:
            path = expanded(path)
            keep_apart(path, *outputs)
            return store.put(read_bytes(path))

        shape = {
            "matting": self.matting,
            "invert": self.invert,
            "fill_holes": self.fill_holes,
            "specks": self.specks,
            "feather": self.feather,
            "grow": usage("--grow", lambda: Length.parse(self.grow)),
            "strokes": take_in(self.strokes) if self.strokes else None,
            "objects": _objects(self.objects),
        }
        layers = [Layer(source=grammar.parse(source, take_in))]
        for op, text in self._layers():
            layers.append(Layer.model_validate({"op": op, "source": grammar.parse(text, take_in)}))
        return made(MaskRecipe, layers=layers, **shape)

    def _layers(self) -> list[tuple[str, str]]:
        """(what to do, source) of every further layer, in the order written."""
        written = []
        for op, values in (("add", self.add), ("remove", self.remove), ("intersect", self.intersect)):
            for value in values or ():
                place, _, text = value.partition(_PLACE)
                written.append((int(place), op, text))
        return [(op, text) for _, op, text in sorted(written)]


_LAYER_FLAGS = ("--add", "--remove", "--intersect")
_PLACE = "\x1f"  # between a layer's place and its source; no one can type it


def number_layers(arguments: list[str]) -> list[str]:
    """Write its place before every layer's source: Typer hands over each flag's values apart, and order counts."""
    numbered = list(arguments)
    for place, argument in enumerate(arguments):
        flag, equals, value = argument.partition("=")
        if flag in _LAYER_FLAGS and equals:
            numbered[place] = f"{flag}={place}{_PLACE}{value}"
        elif flag in _LAYER_FLAGS and place + 1 < len(arguments):
            numbered[place + 1] = f"{place}{_PLACE}{arguments[place + 1]}"
    return numbered


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
