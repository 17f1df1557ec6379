"""The subject in a place and a size of its own: exact where that is possible, else resampled without a fringe."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import disc, no_inputs, photo_of, picture
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import main
import replay
from backdrops import ColourBackdrop
from errors import BadInput
from imaging.encode import encode
from imaging.foreground import Edge
from imaging.geometry import Box
from imaging.photo import load
from imaging.placement import place
from imaging.pose import dragged, frame_of, pose_of, reduced
from imaging.subject import Subject
from masks import Selection
from recipe import Draft, Placement, Recipe


@pytest.mark.parametrize(
    ("photo", "values", "frame"),
    [
        ((1200, 900), {}, (1200, 900)),
        ((1200, 900), {"shape": "1:1"}, (1200, 1200)),
        ((1200, 900), {"shape": "9:16"}, (1200, 2133)),
        ((900, 1200), {"shape": "16:9"}, (2133, 1200)),
        ((1200, 900), {"shape": "4:5", "output_width": 800}, (800, 1000)),
        ((1200, 900), {"shape": "16:9", "output_width": 1600, "output_height": 450}, (800, 450)),
        ((1200, 900), {"output_height": 450}, (600, 450)),
        ((1200, 900), {"shape": "own", "output_width": 500, "output_height": 700}, (500, 700)),
        ((9000, 6000), {"shape": "9:16"}, (6000, 10666)),  # as large as 64 megapixels allow
    ],
)
def test_the_frame(photo: tuple[int, int], values: dict, frame: tuple[int, int]) -> None:
    assert frame_of(photo, Placement(**values)) == frame


def test_a_frame_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKDROP_MAX_MEGAPIXELS", "2")
    with pytest.raises(BadInput, match="limit is 2 megapixels"):
        frame_of((1200, 900), Placement(shape="1:1", output_width=2000))


def _run(pixels: NDArray, alpha: NDArray, placement: Placement, icc: bytes | None = None) -> tuple[main.Result, Recipe]:
    photo = photo_of(pixels, icc)
    recipe = Recipe(photo=photo.digest, placement=placement, backdrop=ColourBackdrop(colour="#ffffff"))
    (result,) = main.run(recipe, photo, no_inputs, selection=Selection(alpha))
    return result, recipe


@settings(max_examples=40, deadline=None)
@given(
    st.integers(-40, 40),
    st.integers(-40, 40),
    st.booleans(),
    st.sampled_from([-180, -90, 0, 90, 180]),
    st.sampled_from(["photo", "1:1", "9:16"]),
    st.sampled_from([np.uint8, np.uint16]),
)
def test_by_whole_pixels_the_subject_stays_byte_for_byte(
    x: int, y: int, flip: bool, rotate: int, shape: str, depth: type
) -> None:
    """What is at 255 is some photo's pixel, at the very place that moving, mirroring and turning puts it."""
    pixels, alpha = picture(61, 48, depth=depth), np.zeros((48, 61), np.uint8)
    alpha[10:31, 20:47] = disc(27, 21, 9)
    placement = Placement(shape=shape, move_x=x, move_y=y, flip=flip, rotate=rotate)  # type: ignore[arg-type]
    subject = Subject.of(photo_of(pixels), alpha)
    pose = pose_of(alpha, placement)
    marked = np.dstack([pixels, alpha.astype(depth)])[pose.source.slices]
    turned = np.rot90(marked[:, ::-1] if flip else marked, -rotate // 90)
    left, top = round(pose.centre[0] - turned.shape[1] / 2), round(pose.centre[1] - turned.shape[0] / 2)
    canvas = np.zeros((pose.frame.height + 400, pose.frame.width + 400, 4), depth)
    canvas[200 + top : 200 + top + turned.shape[0], 200 + left : 200 + left + turned.shape[1]] = turned
    wanted = canvas[200 : 200 + pose.frame.height, 200 : 200 + pose.frame.width]
    try:
        placed = place(subject, placement)
    except BadInput:
        assert not (wanted[..., 3] >= 128).any()
        return
    assert not placed.resampled
    kept = placed.subject.alpha == 255
    assert (kept == (wanted[..., 3] == 255)).all()
    assert (placed.subject.photo.pixels[kept] == wanted[kept][:, :3]).all()


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("values", [{"scale": 0.4}, {"scale": 2.5}, {"rotate": 33}, {"scale": 0.5, "rotate": -50}])
def test_resampling_brings_in_no_other_colour_and_keeps_place_and_area(depth: type, values: dict) -> None:
    """A subject of one colour before another one: nothing of the old background shows, at any angle or scale."""
    full = np.iinfo(depth).max
    pixels, alpha = np.zeros((120, 160, 3), depth), disc(160, 120, 40, 4)
    colour = (np.array([0.8, 0.35, 0.1]) * full).astype(depth)
    share = alpha[..., None] / 255
    pixels[:] = np.rint(colour * share + np.array([0, full, full]) * (1 - share)).astype(depth)
    placement = Placement(shape="own", output_width=400, output_height=300, margin=30, align="centre", **values)
    edge = Edge.of(np.broadcast_to(colour, pixels.shape), alpha)  # as if its colours were known exactly
    placed = place(Subject(photo_of(pixels), alpha, edge), placement)
    assert placed.resampled
    shown = placed.subject.alpha
    assert np.abs(placed.subject.edge.colours.astype(int) - colour.astype(int)).max() <= 0.01 * full
    assert (np.abs(placed.subject.photo.pixels[shown == 255].astype(int) - colour.astype(int)) <= full // 255).all()
    area = alpha.sum(dtype=np.int64) * placed.pose.scale**2  # type: ignore[union-attr]
    assert shown.sum(dtype=np.int64) == pytest.approx(area, rel=0.02)
    y, x = np.nonzero(shown >= 128)
    assert (x.mean() + 0.5, y.mean() + 0.5) == pytest.approx((200, 150), abs=0.6)


def test_the_subject_comes_off_the_frame_and_the_report_says_so() -> None:
    alpha = disc(64, 48, 15)
    result, recipe = _run(picture(), alpha, Placement(scale=1.5, move_x=40))
    measured = result.report["checks"]
    assert measured["resampled"]
    assert measured["changed_subject_pixels"] == 0
    assert 0.1 < measured["cut_off_share"] < 0.6
    assert "resampled: scaled to 150%" in result.report["notes"][-2]
    assert result.report["notes"][-1] == f"{measured['cut_off_share']:.0%} of the subject lies outside the picture."
    data = result.encode("PNG")
    again = replay.replay(data, "result.png", load(encode(picture(), "PNG"), "test.png"), no_inputs)
    assert (again.pixels == result.pixels).all()
    assert again.recipe == recipe
    with pytest.raises(BadInput, match="Nothing of the subject"):
        _run(picture(), alpha, Placement(move_x=150))


def test_a_subject_that_the_photo_cuts_off_keeps_to_that_side() -> None:
    alpha = np.zeros((48, 64), np.uint8)
    alpha[20:, 20:40] = 255
    taller = Placement(shape="9:16")
    placed = place(Subject.of(photo_of(picture()), alpha), taller)
    assert Box.around(placed.subject.alpha) == Box(20, 86, 40, 114)
    assert placed.notes == ()
    lifted = place(Subject.of(photo_of(picture()), alpha), taller.model_copy(update={"move_y": -20}))
    assert "bottom end shows" in lifted.notes[0]


def test_a_preview_shows_the_same_place() -> None:
    alpha = disc(640, 480, 100)
    placement = Placement(shape="16:9", scale=1.3, move_x=-12, rotate=10)
    pose = pose_of(alpha, placement)
    small = pose_of(alpha, reduced(placement, (640, 480), 200))
    assert max(small.frame) == 200
    for axis in (0, 1):
        assert small.centre[axis] / small.frame[axis] == pytest.approx(pose.centre[axis] / pose.frame[axis], abs=0.006)


def test_a_draft_carries_the_placement_both_ways() -> None:
    draft = Draft().put("photo", "0" * 64).put("placement.scale", 0.5).put("placement.flip", True)
    recipe = draft.freeze()
    assert recipe.placement == Placement(scale=0.5, flip=True)
    assert Draft.from_recipe(Recipe.from_json(recipe.to_json())) == Draft.from_recipe(recipe)
    assert Draft.from_recipe(recipe).placement == recipe.placement
    with pytest.raises(BadInput, match="scale"):
        draft.put("placement.scale", 0)


def test_the_marketplace_preset(command, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:  # type: ignore[no-untyped-def]
    photo, mask, out = tmp_path / "photo.png", tmp_path / "mask.png", tmp_path / "out.jpg"
    photo.write_bytes(encode(picture(120, 90), "PNG"))
    mask.write_bytes(encode(disc(120, 90, 30, 0.5), "PNG"))
    flags = ["--mask", f"file:{mask}", "--preset", "marketplace", "--strict", "--json"]
    assert command("background", photo, "-o", out, *flags) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["size"] == [2000, 2000]
    assert report["checks"]["pure_white_share"] == 1
    box = Box.around((load(out.read_bytes(), "out.jpg").pixels < 250).any(axis=2).astype(np.uint8) * 255)
    assert box is not None
    assert max(box.width, box.height) == pytest.approx(1700, abs=40)  # 85 % of the frame, soft edge and all
    assert command("background", photo, "-o", tmp_path / "out.webp", *flags) == 2
    assert "PNG or JPEG" in capsys.readouterr().err
    moved = tmp_path / "moved.png"
    assert command("background", photo, "-o", moved, *flags, "--margin", "0", "--move-x", "60") == 1
    assert "outside the picture" in capsys.readouterr().err
    assert (tmp_path / "moved-failed.png").exists()
    recipe = replay.provenance.read((tmp_path / "moved-failed.png").read_bytes(), "moved").recipe
    assert Recipe.from_json(recipe).placement.margin == 0  # a given 0 counts


def test_where_the_subject_is_dragged_there_it_lies() -> None:
    alpha = disc(640, 480, 100)
    before = Placement(shape="16:9", scale=1.3, rotate=170, margin=20)
    after = dragged(alpha, before, (0.3, 0.6), grow=0.5, turn=20)
    assert (after.scale, after.rotate) == (0.65, -170)
    pose = pose_of(alpha, after)
    assert pose.centre[0] / pose.frame.width == pytest.approx(0.3, abs=0.001)
    assert pose.centre[1] / pose.frame.height == pytest.approx(0.6, abs=0.001)
    assert pose_of(alpha, dragged(alpha, Placement(), (0.3, 0.6))).exact  # moved only: still the photo's pixels


def test_what_is_turned_stays_as_large_where_a_margin_sets_its_size() -> None:
    alpha = np.zeros((480, 640), np.uint8)
    alpha[200:280, 100:540] = 255  # lying: turned, it is as tall as it was wide
    before = Placement(shape="16:9", margin=10)
    after = dragged(alpha, before, (0.5, 0.5), turn=80)
    assert pose_of(alpha, after).scale == pytest.approx(pose_of(alpha, before).scale, rel=0.002)
    assert pose_of(alpha, before.model_copy(update={"rotate": 80})).scale < 0.6 * pose_of(alpha, before).scale
