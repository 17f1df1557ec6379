"""What the page's tests share: the page itself, without a browser, and pictures to hand in."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from conftest import disc, picture
from streamlit.testing.v1 import AppTest

from imaging import provenance
from imaging.encode import encode
from jobs import queue, store
from recipe import Recipe

ROOT = Path(__file__).parents[1]
PATIENCE = 120  # seconds for a run of the page on a busy machine; the first mask compiles for a while


def cut_out(width: int = 320, height: int = 240, radius: float = 80) -> bytes:
    """A PNG with a subject that needs no model: a disc of noise, transparent around it."""
    return encode(np.dstack([picture(width, height), disc(width, height, radius)]), "PNG")


def opaque(width: int = 320, height: int = 240) -> bytes:
    """A PNG of noise."""
    return encode(picture(width, height), "PNG")


class Page:
    """The page in one browser: run it, find its controls by key, read what it says."""

    def __init__(self, visitor: str | None = None, tab: str | None = None) -> None:
        self.visitor = visitor or secrets.token_urlsafe(32)
        self.app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
        self.app.session_state["visitor"] = self.visitor
        self.app.session_state["visitor_known"] = True
        if tab:
            self.app.query_params["tab"] = tab
        self.run()

    def run(self) -> Page:
        self.app.run()
        assert not self.app.exception, [error.message for error in self.app.exception]
        return self

    def reload(self) -> Page:
        """The same browser, a new page."""
        return Page(self.visitor)

    def reload_tab(self) -> Page:
        """The same browser and the same tab, whose address names its workspace."""
        return Page(self.visitor, str(self.app.query_params["tab"]))

    def upload(self, data: bytes, name: str = "photo.png", at: int = 0) -> Page:
        self.app.file_uploader[at].upload(name, data)
        return self.run()

    def set(self, key: str, value: object) -> Page:
        """Set a control; one that is folded away is looked for under the headings first."""
        try:
            self.app.get_by_key(key)
        except KeyError:
            self.unfold()
        self.app.get_by_key(key).set_value(value)
        return self.run()

    def unfold(self) -> Page:
        """Open every heading that settings are folded away under."""
        for heading in self.app.expander:
            self.app.session_state[heading.key] = True
        return self.run()

    def click(self, key: str) -> Page:
        if key not in self.buttons():
            self.unfold()
        self.app.button(key=key).click()
        return self.run()

    def open(self, step: str) -> Page:
        return self.set("step", step)

    @property
    def step(self) -> str:
        return str(self.app.session_state["step"])

    @property
    def said(self) -> str:
        """All that is written on the page."""
        kinds = ("title", "header", "subheader", "markdown", "caption", "info", "warning", "error", "success")
        written = [element.value for kind in kinds for element in getattr(self.app, kind)]
        return "\n".join(written + [bar.proto.text for bar in self.app.get("progress")])

    def buttons(self) -> set[str]:
        return {element.key for element in self.app.button if element.key}


def made(page: Page) -> tuple[Recipe, str]:
    """The recipe and the digest of the picture that the page made last."""
    digest = page.app.session_state["workspace"].results[0]
    return Recipe.from_json(provenance.read(store.default().get(digest), "result").recipe), digest


def job_of(recipe: Recipe, **changes: object) -> queue.Job:
    """A job as the queue tells of it."""
    values: dict[str, object] = {
        "id": "job-1",
        "state": "running",
        "position": 0,
        "stage": "Painting the background",
        "step": 12,
        "steps": 25,
        "picture": 2,
        "pictures": 4,
        "seconds_left": 20.4,
        "preview": encode(picture(64, 48), "JPEG"),
        "results": (),
        "error": None,
        "attempts": 1,
        "recipe": recipe,
        "owner": "",
        "created": datetime.now(UTC),
    }
    return queue.Job(**(values | changes))  # type: ignore[arg-type]
