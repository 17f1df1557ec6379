"""Looking at masks and results in a real browser, on a desk and on a phone."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browser import Server, sample, settled, step
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Locator
    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.xdist_group("browser")
SIZES = {"desk": (1400, 900), "phone": (390, 844)}
at_both_sizes = pytest.mark.parametrize("size", SIZES)


def _opened(tab: Tab, server: Server, size: str) -> None:
    """The studio with a sample in it."""
    width, height = SIZES[size]
    tab.set_viewport_size({"width": width, "height": height})
    sample(tab, server)


def _seen(picture: Locator) -> np.ndarray:
    """What is on the screen there, ``(H, W, 3)``."""
    return np.asarray(Image.open(io.BytesIO(picture.screenshot())).convert("RGB")).astype(int)


@at_both_sizes
def test_every_view_of_a_mask_is_one_click_away_also_before_a_background_is_generated(
    server: Server, tab: Tab, size: str
) -> None:
    _opened(tab, server, size)
    _views(tab)
    step(tab, "Background")
    tab.get_by_role("radio", name="Generated").click()
    settled(tab)
    assert tab.get_by_role("radio", name="Mask", exact=True).is_checked(), "as it was chosen"
    _views(tab)


def _views(tab: Tab) -> None:
    """Go through the views and look at each."""
    corner = {}
    for view in ("Overlay", "Hatching", "Cut-out", "Mask"):
        choice = tab.get_by_role("radio", name=view, exact=True)
        choice.click()
        settled(tab)
        assert choice.is_checked()
        picture = tab.locator(".st-key-stage .st-key-picture").get_by_role("img", name=view)
        pixels = _seen(picture)
        height, width = pixels.shape[:2]
        corner[view] = pixels[height // 20 : height // 8, width // 20 : width // 8]
    assert corner["Mask"].max() < 30, "black is repainted"
    assert 195 <= corner["Cut-out"].min() < 212 < 230 < corner["Cut-out"].max() <= 245, "a chequerboard in greys"
    assert corner["Hatching"].min() < 30 < 230 < corner["Hatching"].max(), "white and black lines"
    spread = corner["Overlay"].max(axis=2) - corner["Overlay"].min(axis=2)
    assert spread.mean() > 60, "coloured over"
