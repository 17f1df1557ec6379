"""Write the small pictures by which the page offers scenes and samples: ``python -m docs.make_thumbnails``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from imaging.scenes import SCENES
from ui import photo, scenes


def main() -> None:
    _write(scenes.THUMBNAILS, {name: scenes.drawn(name) for name in SCENES})
    _write(photo.THUMBNAILS, {path.stem: photo.thumbnail(path) for path in photo.samples()})


def _write(folder: Path, pictures: Mapping[str, bytes]) -> None:
    """Make these JPEGs the only ones in a folder, each under its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.jpg"):
        path.unlink()
    for name, jpeg in pictures.items():
        (folder / f"{name}.jpg").write_bytes(jpeg)


if __name__ == "__main__":
    main()
