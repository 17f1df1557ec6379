"""Alpha matting: the edge in the colours, and fine strands where it is solved at a smaller size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from conftest import disc

from masks import closed_form


def test_matting_finds_the_edge_in_the_colours() -> None:
    truth = disc(160, 160, 50, 4)
    share = truth[..., None] / 255
    rgb = (share * (230, 60, 40) + (1 - share) * (30, 90, 200) + 0.5).astype(np.uint8)
    rough = disc(160, 160, 52, 12)
    solved, notes = closed_form.solve(rgb, rough)
    before, after = (float(np.abs(m.astype(int) - truth).mean()) for m in (rough, solved))
    print(f"error {before:.2f} before, {after:.2f} after matting")
    assert after < 0.3 * before
    assert notes == ()
    large = cv2.resize(rgb, (1600, 1600), interpolation=cv2.INTER_CUBIC)
    _, said = closed_form.solve(large, cv2.resize(rough, (1600, 1600)))
    assert "of the photo's size" in said[0]


def test_strands_stay_fine_where_a_large_photo_is_solved_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the way to full size is an edge of the photo's own, not of a coarse copy of it."""
    random, truth = np.random.default_rng(1), np.zeros((600, 800), np.float32)
    cv2.circle(truth, (400, 600), 330, 1, -1)
    for angle in np.linspace(np.pi, 2 * np.pi, 117):
        ends = [(int(400 + reach * np.cos(angle)), int(600 + reach * np.sin(angle))) for reach in (330, 365)]
        cv2.line(truth, *ends, 1, 1, cv2.LINE_AA)
    colours = (np.array(each) + random.normal(0, 6, (600, 800, 3)) for each in ((200, 150, 90), (60, 80, 110)))
    share = truth[..., None]
    fore, back = colours
    rgb = np.clip(share * fore + (1 - share) * back, 0, 255).astype(np.uint8)
    rough = (cv2.GaussianBlur(truth, (0, 0), 5) * 255).astype(np.uint8)
    monkeypatch.setattr(closed_form, "MAX_UNKNOWN", 8000)
    solved, notes = closed_form.solve(rgb, rough)
    off = float(np.abs(solved - 255 * truth)[closed_form.trimap(rough).unknown].mean())
    print(f"{notes[0]} Off by {off:.2f} of 255 in the edge; at most 6")
    assert off < 6
