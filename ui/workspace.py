"""The workspace: the recipes on the way, results and views of one visitor in one tab."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from jobs.database import brief
from recipe import Digest, Draft, OptionValues
from ui.pointer import Mark

Step = Literal["Photo", "Subject", "Background", "Result"]


UNWANTED = "people, text, watermark, logo, frame, blurry, deformed, low quality"
"""The negative prompt that a diffusion model begins with."""


def first_draft() -> Draft:
    kinds = {"generated": {"negative_prompt": UNWANTED}, "scene": {"seed": 0}}
    return Draft(backdrops=kinds)


def first_creation() -> Draft:
    return Draft(task="create", kind="described", backdrops={"generated": {"negative_prompt": UNWANTED}})


class Snapshot(BaseModel):
    """What undo brings back: all that a person sets, strokes and clicks among it; ``view`` in part.

    Attributes: as a :class:`Workspace`'s.
    """

    model_config = ConfigDict(frozen=True)
    background: Draft
    create: Draft
    marks: dict[str, tuple[Mark, ...]]
    set_aside: dict[str, OptionValues]
    view: dict[str, JsonValue]


class Change(BaseModel):
    """A step of undo.

    Attributes:
        title: what was changed, for people.
        key: of the control that changed it; empty where each change is a step.
        step: the panel in which it was changed.
        time: when, in seconds since 1970.
        before: what the page was before; in a list of undone changes, what it was after.
    """

    model_config = ConfigDict(frozen=True)
    title: str
    key: str
    step: Step
    time: float
    before: Snapshot


class Workspace(BaseModel):
    """What one visitor works on in one tab.

    Attributes:
        background: the recipe on the way: photo, mask, backdrop and all their settings.
        create: the recipe of a picture that is made from words alone.
        photo_names: what the visitor calls photos, by the beginning of their digests (:func:`jobs.database.brief`).
        step: the panel that is open.
        view: how the page is set, by the key of the control, such as which tool is held; nothing of a recipe.
        marks: what was clicked on in the photo, in the order of the clicks, by what the clicks are for.
        set_aside: option values of mask sources and models that are not chosen now, for when they are again, and the
            background that a ready size replaced.
        results: digests of the pictures shown as the result, best first.
        chosen: which of them is looked at.
        job: the queue's number of the generated pictures asked for last.
        jobs: those that are not finished yet.
        past: what can be undone, the last change at the end.
        future: what was undone, the last one at the end.
    """

    background: Draft = Field(default_factory=first_draft)
    create: Draft = Field(default_factory=first_creation)
    photo_names: dict[str, str] = Field(default_factory=dict)
    step: Step = "Photo"
    view: dict[str, JsonValue] = Field(default_factory=dict)
    marks: dict[str, tuple[Mark, ...]] = Field(default_factory=dict)
    set_aside: dict[str, OptionValues] = Field(default_factory=dict)
    results: list[Digest] = Field(default_factory=list)
    chosen: int = 0
    job: str | None = None
    jobs: list[str] = Field(default_factory=list)
    past: list[Change] = Field(default_factory=list)
    future: list[Change] = Field(default_factory=list)

    @property
    def photo(self) -> Digest | None:
        """The digest of the photo's bytes in the store."""
        return self.background.photo

    @property
    def photo_name(self) -> str:
        """What the visitor calls the photo; empty where nobody said."""
        return self.photo_names.get(brief(self.photo), "") if self.photo else ""

    @model_validator(mode="before")
    @classmethod
    def _read_earlier_versions(cls, data: Any) -> Any:
        """Take over the photo and its name from workspaces that kept only one name, or settings by controls' keys."""
        if not isinstance(data, dict):
            return data
        if "values" in data and "background" not in data:
            kept = {
                name: data[name] for name in ("photo_name", "step", "results", "chosen", "job", "jobs") if name in data
            }
            photo = data.get("photo")
            data = kept | {"background": first_draft().model_copy(update={"photo": photo})}
        else:
            photo = data["background"].get("photo") if isinstance(data.get("background"), dict) else None
        if isinstance(photo, str) and data.get("photo_name"):
            data = data | {"photo_names": {brief(photo): data["photo_name"]}}
        return data
