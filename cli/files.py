"""Files that commands read and write: photos into the store, names for results, and nothing written over an input."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from errors import BadInput

if TYPE_CHECKING:
    from imaging.photo import Photo
    from jobs.store import Store


def take_photo(path: Path, source: str = "") -> tuple[Store, Photo]:
    """Read a photo and keep it in the store, so that its results can be replayed.

    Args:
        source: the mask source that will look at it; the network it usually takes is loaded meanwhile.
    """
    from imaging.photo import load, read_bytes
    from jobs import store
    from masks import salient

    data = read_bytes(path)
    with ThreadPoolExecutor(1) as beside:
        if source in ("auto", "rembg"):
            beside.submit(salient.warm_up)  # where it fails, the search itself says why
        loaded = load(data, path.name)
        kept = store.default()
        kept.put(data)
    return kept, loaded


def expanded(text: str | Path) -> Path:
    """A path with ``~`` filled in; raise :class:`BadInput` where that means nobody."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise BadInput(f"{text}: there is no such home folder; write the path out.") from None


def numbered(output: Path, pictures: int) -> list[Path]:
    """``OUT.png`` for one picture, ``OUT-1.png``, ``OUT-2.png`` and so on for several."""
    if pictures == 1:
        return [output]
    return [output.with_name(f"{output.stem}-{number}{output.suffix}") for number in range(1, pictures + 1)]


def keep_apart(source: Path | None, *outputs: Path | None) -> None:
    """Refuse to write over what is being read, or two things into one file, before any work is done."""
    wrong: str | None = None
    try:
        taken = [source.resolve()] if source else []
        for path in filter(None, outputs):
            place = path.resolve()
            if place in taken:
                wrong = f"{path} would be overwritten; choose another name"
            elif place.is_dir():
                wrong = f"{path} is a folder; add a file name"
            elif not place.parent.is_dir():
                wrong = f"there is no folder {path.parent}; make it first"
            taken.append(place)
    except (OSError, RuntimeError) as error:  # loops of links, names too long, folders not to be looked into
        wrong = f"the output cannot be written there ({error})"
    if wrong:
        raise typer.BadParameter(wrong, param_hint="--output")
