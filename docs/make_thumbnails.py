"""Write the small pictures of the scenes, by which the page offers them: ``python -m docs.make_thumbnails``."""

from __future__ import annotations

from imaging.scenes import SCENES
from ui.scenes import THUMBNAILS, drawn


def main() -> None:
    THUMBNAILS.mkdir(exist_ok=True)
    for path in THUMBNAILS.glob("*.jpg"):
        path.unlink()
    for name in SCENES:
        (THUMBNAILS / f"{name}.jpg").write_bytes(drawn(name))


if __name__ == "__main__":
    main()
