"""What tests of mask sources share: a source as written, photos, and what needs which weights."""

from __future__ import annotations

import pytest
from conftest import SHARED, need, no_inputs

import masks
import models
from imaging.photo import Photo, load
from masks import grammar


def needs(*ids: str) -> None:
    for id in ids:
        if not models.is_installed(id):
            pytest.skip(f"needs the weights of {id}")


def find(photo: Photo, text: str) -> masks.Selection:
    return masks.find(photo, grammar.parse(text, lambda path: pytest.fail(f"read {path}")), no_inputs)


def shared_photo(name: str) -> Photo:
    path = need(SHARED / "photos" / name)
    return load(path.read_bytes(), name)
