"""What a generating model does to the subject's surroundings: it paints more of the subject, and shifts colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from conftest import ROOT, disc, picture
from PIL import Image

from imaging import checks, inpaint_io
from imaging.delta_e import ciede2000
from masks import expansion


@pytest.mark.usefixtures("u2netp")
def test_more_of_the_subject_around_it_is_measured() -> None:
    """A mug on a plain ground, then a larger one painted behind it, as diffusion models do."""
    photo = cv2.cvtColor(cv2.imread(str(ROOT / "samples" / "mug.jpg")), cv2.COLOR_BGR2RGB)
    alpha = cv2.imread(str(ROOT / "tests" / "data" / "masks" / "mug_alpha.png"), cv2.IMREAD_GRAYSCALE)
    photo = cv2.resize(photo, alpha.shape[::-1])
    ground = np.full_like(photo, 215)
    share = alpha[..., None] / 255
    plain = (photo * share + ground * (1 - share)).astype(np.uint8)
    larger = cv2.getRotationMatrix2D((alpha.shape[1] / 2, alpha.shape[0] / 2), 0, 1.25)
    behind = cv2.warpAffine(photo, larger, alpha.shape[::-1]), cv2.warpAffine(alpha, larger, alpha.shape[::-1])
    grown = behind[0] * (behind[1][..., None] / 255) + ground * (1 - behind[1][..., None] / 255)
    expanded = (photo * share + grown * (1 - share)).astype(np.uint8)
    before, after = expansion.measure(plain, alpha), expansion.measure(expanded, alpha)
    assert before is not None
    assert after is not None
    assert before < 0.08
    assert after > 0.25
    assert expansion.measure(np.full_like(photo, 128), alpha) is None  # not found again


def test_the_autoencoders_shift_is_cancelled_and_nothing_else() -> None:
    soft = cv2.GaussianBlur(picture(160, 120), (0, 0), 3)
    seen = cv2.normalize(soft, None, 30, 220, cv2.NORM_MINMAX)
    kept = disc(160, 120, 50, 1) >= 128
    mask = Image.fromarray(np.where(kept, np.uint8(0), np.uint8(255)))
    painted = np.where(kept[..., None], seen, seen[::-1, ::-1])
    gain, offset = np.array([0.95, 1.0, 1.04]), np.array([6.0, -4.0, 3.0])
    noise = np.random.default_rng(1).normal(0, 2, painted.shape)
    decoded = np.clip(painted * gain + offset + noise, 0, 255).astype(np.uint8)
    found, shift = inpaint_io.cancel_shift(Image.fromarray(decoded), Image.fromarray(seen), mask)
    off = np.asarray(found)[~kept].astype(float).mean(axis=0) - painted[~kept].mean(axis=0)
    assert np.abs(off).max() < 1
    assert 2 < shift < 12
    other = Image.fromarray(picture(160, 120, 7))  # the model repainted the subject: that is no shift
    assert inpaint_io.cancel_shift(other, Image.fromarray(seen), mask) == (other, 0.0)
    nothing_kept = Image.new("L", (160, 120), 255)
    assert inpaint_io.cancel_shift(other, Image.fromarray(seen), nothing_kept) == (other, 0.0)


def test_a_halo_is_measured_and_a_clean_edge_is_not() -> None:
    """A grey disc from before green, put before white: with its own colour in the edge, and with the old green."""
    alpha = disc(200, 160, 50, 12)
    share, white = alpha[..., None] / 255, np.full((160, 200, 3), 255, np.uint8)
    subject, green = np.full((160, 200, 3), 90, np.uint8), np.array([20, 220, 40])
    old = subject * share + green * (1 - share)
    clean = np.rint(subject * share + white * (1 - share)).astype(np.uint8)
    halo = np.rint(old * share + white * (1 - share)).astype(np.uint8)
    off = [checks.edge_delta_e(made, white, None, alpha, None) for made in (clean, halo)]
    assert off[0] is not None
    assert off[1] is not None
    assert off[0] < 1
    assert off[1] > checks.MOST_EDGE_DELTA_E
    assert checks.failed({"edge_delta_e": off[0]}, None, 1) == ()
    assert "halo" in checks.failed({"edge_delta_e": off[1]}, None, 1)[0]
    hard = np.where(alpha >= 128, np.uint8(255), np.uint8(0))
    assert checks.edge_delta_e(clean, white, None, hard, None) is None  # there is no soft edge


def test_ciede2000_is_the_librarys() -> None:
    from skimage.color import deltaE_ciede2000, rgb2lab

    rng = np.random.default_rng(3)
    first = rng.integers(0, 256, (3000, 3), np.uint8)
    second = np.clip(first + rng.integers(-40, 41, first.shape), 0, 255).astype(np.uint8)
    second[:500] = first[:500, :1]
    wanted = deltaE_ciede2000(rgb2lab(first[None] / 255), rgb2lab(second[None] / 255))[0]
    assert np.abs(ciede2000(first, second) - wanted).max() < 0.02
