"""The algebra of masks, the layers of a recipe, and the masks that people bring."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import disc, no_inputs, photo_of, picture
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import masks
from errors import BadInput, NothingFound
from imaging.encode import encode
from imaging.photo import digest_of
from masks import Selection, grammar, ops, overlay, preprocess
from recipe import Layer, Length, MaskRecipe, Source

any_mask = arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24)))
pairs = st.tuples(st.integers(1, 24), st.integers(1, 24)).flatmap(
    lambda shape: st.tuples(arrays(np.uint8, shape), arrays(np.uint8, shape))
)


@given(any_mask)
def test_inverting_twice_changes_nothing(mask: np.ndarray) -> None:
    assert (ops.invert(ops.invert(mask)) == mask).all()
    assert (masks.to_repaint(masks.Selection(mask)).values == 255 - mask).all()


@given(pairs)
def test_the_laws_of_sets(pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = pair
    assert (ops.union(a, b) == ops.union(b, a)).all()
    assert (ops.intersect(a, b) <= ops.union(a, b)).all()
    assert (ops.subtract(a, b) == ops.intersect(a, ops.invert(b))).all()
    assert (ops.invert(ops.union(a, b)) == ops.intersect(ops.invert(a), ops.invert(b))).all()


@given(pairs, st.integers(1, 4))
def test_closing_gaps_only_adds_and_keeps_the_laws(pair: tuple[np.ndarray, np.ndarray], gap: int) -> None:
    a, b = pair
    assert (ops.union(a, b, gap) >= ops.union(a, b)).all()
    assert (ops.union(a, b, gap) == ops.union(b, a, gap)).all()
    assert (ops.union(a, a, gap) == a).all(), "one edge seen twice is not moved"
    assert (ops.invert(ops.union(a, b, gap)) == ops.intersect(ops.invert(a), ops.invert(b), gap)).all()
    assert (ops.subtract(a, b, gap) == ops.intersect(a, ops.invert(b), gap)).all()


def test_two_networks_masks_of_one_thing_leave_no_seam_and_no_strip() -> None:
    left, right, whole = (np.zeros((60, 80), np.uint8) for _ in range(3))
    left[10:50, 10:38], right[10:50, 42:70], whole[10:50, 10:70] = 255, 255, 255
    assert (ops.union(left, right, 3) == whole).all(), "four pixels lay between them"
    assert not ops.union(left, right, 1)[:, 38:42].any(), "more than twice the gap is a gap"
    whole[20:22, 10:70] = 0  # a slit of the thing's own
    assert not ops.union(whole, right, 3)[20:22, 10:38].any()

    thing, found = np.zeros((60, 80), np.uint8), np.zeros((60, 80), np.uint8)
    thing[10:50, 10:70], found[12:48, 12:68] = 255, 255  # removed, where its edge is seen two pixels further in
    assert not ops.subtract(thing, found, 3).any()
    assert ops.subtract(thing, found).any()
    spoke = thing.copy()
    spoke[29:31, 10:70] = 0  # what lies behind a spoke is removed, the spoke is not
    assert (ops.subtract(thing, spoke, 3)[29:31, 14:66] == 255).all()


@given(any_mask, st.integers(0, 12))
def test_growing_only_adds_and_shrinking_only_takes(mask: np.ndarray, pixels: int) -> None:
    assert (ops.grow(mask, pixels) >= mask).all()
    assert (ops.grow(mask, -pixels) <= mask).all()
    assert (ops.grow(mask, -pixels) == ops.invert(ops.grow(ops.invert(mask), pixels))).all()


@given(any_mask, st.integers(0, 14), st.integers(0, 14))
def test_growing_more_selects_more(mask: np.ndarray, less: int, more: int) -> None:
    less, more = sorted((less, more))
    assert (ops.grow(mask, more) >= ops.grow(mask, less)).all()


def test_a_soft_edge_stays_soft_however_far_it_grows() -> None:
    ramp = np.tile(np.clip(np.arange(300) * 4 - 400, 0, 255).astype(np.uint8), (9, 1))
    for pixels in (8, 9, 60):
        moved = ops.grow(ramp, pixels)[4].astype(int)
        expected = np.append(ramp[4, pixels:], np.full(pixels, 255)).astype(int)
        assert np.abs(moved - expected).max() <= 4, pixels


def test_a_wide_feather_is_smooth_and_monotone() -> None:
    mask = np.zeros((60, 900), np.uint8)
    mask[:, 450:] = 255
    for pixels in (10, 40, 200, 1000):
        row = ops.feather(mask, pixels)[30].astype(int)
        assert (np.diff(row) >= 0).all()
        assert np.abs(row[440:460].mean() - 127.5) < 4


@pytest.mark.parametrize("pixels", [3, 8, 9, 20])
def test_growing_moves_the_edge_by_that_many_pixels(pixels: int) -> None:
    mask = np.zeros((101, 101), np.uint8)
    mask[50, 50] = 255
    reach = np.flatnonzero(ops.grow(mask, pixels)[50] >= 128)
    assert reach[0] == 50 - pixels
    assert reach[-1] == 50 + pixels


@given(any_mask, st.floats(0, 30))
def test_feathering_stays_within_the_values_there_are(mask: np.ndarray, pixels: float) -> None:
    soft = ops.feather(mask, pixels)
    assert soft.min() >= mask.min()
    assert soft.max() <= mask.max()


@given(any_mask)
def test_filling_holes_keeps_all_that_is_selected(mask: np.ndarray) -> None:
    assert (ops.fill_holes(mask) >= mask).all()
    assert (ops.fill_holes(ops.fill_holes(mask)) == ops.fill_holes(mask)).all()


def test_a_ring_is_closed_only_when_asked() -> None:
    ring = disc(80, 80, 30) - disc(80, 80, 15)
    photo = photo_of(picture(80, 80))
    given_mask = encode(ring, "PNG")
    layers = (Layer(source=Source(name="file", options={"mask": digest_of(given_mask)})),)
    open_ = masks.select(photo, MaskRecipe(layers=layers), lambda _: given_mask)
    closed = masks.select(photo, MaskRecipe(layers=layers, fill_holes=True), lambda _: given_mask)
    assert open_.values[40, 40] == 0
    assert closed.values[40, 40] == 255


def test_specks_go_with_their_soft_edges_and_the_subject_stays() -> None:
    mask = disc(100, 100, 30)
    mask[2:4, 2:4] = 200
    clean = ops.remove_specks(mask, 1)
    assert clean[:10, :10].max() == 0
    assert (clean[10:, 10:] == mask[10:, 10:]).all()


@given(any_mask)
def test_solidifying_keeps_a_true_soft_edge(mask: np.ndarray) -> None:
    solid = ops.solidify(mask)
    assert (solid[mask >= ops.CONFIDENT] == 255).all()
    assert (solid[mask < ops.CONFIDENT] == mask[mask < ops.CONFIDENT]).all()


def test_layers_are_combined_in_order() -> None:
    left, right = np.zeros((20, 20), np.uint8), np.zeros((20, 20), np.uint8)
    left[:, :12], right[:, 8:] = 255, 255
    files = {digest_of(data): data for data in (encode(left, "PNG"), encode(right, "PNG"))}
    first, second = (Source(name="file", options={"mask": digest}) for digest in files)
    photo = photo_of(picture(20, 20))

    def select(op: str) -> np.ndarray:
        layers = (Layer(source=first), Layer(op=op, source=second))  # type: ignore[arg-type]
        return masks.select(photo, MaskRecipe(layers=layers), files.__getitem__).values[0]

    assert np.flatnonzero(select("add")).tolist() == list(range(20))
    assert np.flatnonzero(select("remove")).tolist() == list(range(8))
    assert np.flatnonzero(select("intersect")).tolist() == list(range(8, 12))


def test_growing_by_per_cent_follows_the_subject() -> None:
    small = masks.shape(disc(200, 200, 10, 1), MaskRecipe(grow=Length(value=20, unit="%")))
    large = masks.shape(disc(200, 200, 40, 1), MaskRecipe(grow=Length(value=20, unit="%")))
    side = np.sqrt(np.pi) / 5  # 20 % of the side of a square with the disc's area, per pixel of radius
    assert np.sqrt((small >= 128).sum() / np.pi) == pytest.approx(10 * (1 + side), abs=1)
    assert np.sqrt((large >= 128).sum() / np.pi) == pytest.approx(40 * (1 + side), abs=1)


def test_a_mask_file_of_another_size_is_scaled_and_said() -> None:
    data = encode(disc(50, 40, 12), "PNG")
    photo = photo_of(picture(100, 80))
    source = Source(name="file", options={"mask": digest_of(data)})
    selection = masks.find(photo, source, lambda _: data)
    assert selection.values.shape == (80, 100)
    assert "scaled from 50 x 40" in selection.notes[0]
    with pytest.raises(BadInput, match="shapes differ"):
        masks.find(photo_of(picture(80, 80)), source, lambda _: data)


def test_a_masks_values_are_no_colours() -> None:
    """A grey profile, as Photoshop writes it, must not bend the alpha."""
    values = np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))
    data = encode(values, "PNG", icc=b"\0" * 16 + b"GRAY" + b"\0" * 200)
    found = masks.find(photo_of(picture()), Source(name="file", options={"mask": digest_of(data)}), lambda _: data)
    assert (found.values == ops.solidify(values)).all()


def test_empty_masks_are_never_silent() -> None:
    black = encode(np.zeros((48, 64), np.uint8), "PNG")
    photo = photo_of(picture())
    with pytest.raises(NothingFound, match="black throughout"):
        masks.find(photo, Source(name="file", options={"mask": digest_of(black)}), lambda _: black)
    with pytest.raises(BadInput, match="no transparency"):
        masks.find(photo, Source(name="alpha"), no_inputs)
    white = encode(np.full((48, 64), 255, np.uint8), "PNG")
    source = Source(name="file", options={"mask": digest_of(white)})
    with pytest.raises(NothingFound, match="Nothing is selected"):
        masks.select(photo, MaskRecipe(layers=(Layer(source=source),), invert=True), lambda _: white)


def test_the_selection_never_exceeds_the_photo() -> None:
    rgba = np.dstack([picture(), np.zeros((48, 64), np.uint8)])
    rgba[10:30, 10:30, 3] = 255
    white = encode(np.full((48, 64), 255, np.uint8), "PNG")
    layers = (Layer(source=Source(name="file", options={"mask": digest_of(white)})),)
    selection = masks.select(photo_of(rgba), MaskRecipe(layers=layers), lambda _: white)
    assert (selection.values == rgba[..., 3]).all()
    assert (masks.find(photo_of(rgba), Source(name="auto"), no_inputs).values == rgba[..., 3]).all()


@pytest.mark.parametrize("name", list(masks.SOURCES))
def test_every_source_explains_itself(name: str) -> None:
    source = masks.SOURCES[name]
    assert source.name == name
    assert source.title
    assert source.help.endswith(".")
    for field in source.Options.model_fields.values():
        assert field.description
    positional = source.Options.positional
    assert positional is None or positional in source.Options.model_fields


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("nonsense", "no mask source 'nonsense'"),
        ("alpha:x", "takes nothing after the colon"),
        ("rembg:nonsense", "model"),
        ("file", "mask"),
        ("", "no mask source ''"),
    ],
)
def test_what_is_no_source_is_said(text: str, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        grammar.parse(text, lambda path: pytest.fail(f"read {path}"))


def test_sources_are_read_as_written(tmp_path: object) -> None:
    assert grammar.parse("rembg:u2net", lambda _: "") == Source(name="rembg", options={"model": "u2net"})
    assert grammar.parse("rembg:model=u2net", lambda _: "") == Source(name="rembg", options={"model": "u2net"})
    digest = "0" * 64
    asked = []
    found = grammar.parse("file:/a;b=c/mask.png", lambda path: asked.append(str(path)) or digest)
    assert found == Source(name="file", options={"mask": digest})
    assert asked == ["/a;b=c/mask.png"]


def test_a_hesitant_piece_becomes_solid_and_one_below_one_half_goes() -> None:
    heat = np.zeros((90, 120), np.float32)
    heat[10:40, 10:50] = 1.0  # sure
    heat[10:40, 70:110] = 0.55  # hesitant, but meant
    heat[60:80, 30:60] = 0.45  # not believed
    values = preprocess.finish(photo_of(np.full((90, 120, 3), 90, np.uint8)), heat, 0.0)
    assert (values[12:38, 12:48] == 255).all()
    assert (values[12:38, 72:108] == 255).all()
    assert not values[50:].any()


@pytest.mark.parametrize("colour", [(160, 30, 30), (30, 90, 200), (20, 140, 60), (128, 128, 128), (240, 200, 30)])
def test_the_overlay_is_unlike_the_subject(colour: tuple[int, int, int]) -> None:
    rgb = np.full((60, 80, 3), 200, np.uint8)
    selection = Selection(np.zeros((60, 80), np.uint8))
    selection.values[20:40, 20:60] = 255
    rgb[20:40, 20:60] = colour
    chosen = overlay.overlay_colour(rgb, selection)
    away = overlay._lab(np.array([colour, chosen], np.uint8))
    assert np.linalg.norm(away[0] - away[1]) >= overlay.UNLIKE


def test_the_overlay_is_unlike_a_small_part_of_the_subject() -> None:
    rgb = np.full((60, 80, 3), 200, np.uint8)
    selection = Selection(np.zeros((60, 80), np.uint8))
    selection.values[20:40, 20:60] = 255
    rgb[20:40, 20:60] = 20
    assert overlay.overlay_colour(rgb, selection) == overlay.OVERLAY_COLOURS[0]
    rgb[20:40, 20:22] = overlay.OVERLAY_COLOURS[0]  # a twentieth: the forks of a black bicycle
    assert overlay.overlay_colour(rgb, selection) != overlay.OVERLAY_COLOURS[0]


def test_a_layer_that_changes_nothing_or_takes_everything_says_so() -> None:
    thing, everything = (encode(values, "PNG") for values in (disc(60, 60, 12), np.full((60, 60), 255, np.uint8)))
    files = {digest_of(data): data for data in (thing, everything)}
    photo = photo_of(picture(60, 60))

    def selected(op: str, mask: bytes) -> Selection:
        first, second = (Source(name="file", options={"mask": digest_of(data)}) for data in (thing, mask))
        layers = (Layer(source=first), Layer(op=op, source=second))  # type: ignore[arg-type]
        return masks.select(photo, MaskRecipe(layers=layers), files.__getitem__)

    assert selected("add", thing).notes[-1] == "The layer by A mask file adds nothing."
    with pytest.raises(NothingFound, match="a layer takes all of the subject away"):
        selected("remove", everything)


def _combined(monkeypatch: pytest.MonkeyPatch, *layers: tuple[str, np.ndarray, bool]) -> np.ndarray:
    """Layers of (what they do, a mask, whether it is a network's), combined."""
    names = ("rembg", "sam", "deeplab")
    found = {
        name: Selection(mask, ("net",) if network else ())
        for name, (_, mask, network) in zip(names, layers, strict=False)
    }
    monkeypatch.setattr(masks, "find", lambda photo, source, read: found[source.name])
    photo = photo_of(np.zeros((*layers[0][1].shape, 3), np.uint8))
    named = tuple(Layer(op=op, source=Source(name=name)) for name, (op, _, _) in zip(names, layers, strict=False))  # type: ignore[arg-type]
    return masks.combine(photo, named, no_inputs).values


def test_what_is_left_where_a_network_removes(monkeypatch: pytest.MonkeyPatch) -> None:
    thing, dot, removed = (np.zeros((512, 512), np.uint8) for _ in range(3))
    thing[100:400, 100:400], dot[10:20, 10:20], removed[100:400, 102:390] = 255, 255, 255
    left = _combined(monkeypatch, ("add", thing, True), ("remove", removed, True))
    assert not left[:, :102].any(), "a strip where both see one edge"
    assert (left[120:380, 392:400] == 255).all(), "more than a strip"
    both = _combined(monkeypatch, ("add", thing, True), ("add", dot, False), ("remove", np.roll(removed, 3, 1), True))
    assert (both[10:20, 10:20] == 255).all(), "small, but nothing was taken from it"
    everything = np.full_like(thing, 255)
    assert not _combined(monkeypatch, ("add", thing, True), ("remove", everything, True)).any()
    exact = _combined(monkeypatch, ("add", thing, True), ("remove", removed, False))
    assert (exact == ops.subtract(thing, removed)).all(), "a file or a drawing is taken at its word"


def test_refining_hair_leaves_the_firm_edges_of_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    truth, mask = disc(640, 640, 200, 1), disc(640, 640, 206, 1)
    share = truth[..., None] / 255
    photo = photo_of((share * (230, 60, 40) + (1 - share) * (30, 90, 200) + 0.5).astype(np.uint8))
    wanted = MaskRecipe(matting=True)
    firm, drawn = (
        masks.finish(photo, Selection(mask, settled=settled), wanted, no_inputs).values for settled in (True, False)
    )
    assert np.abs(firm.astype(int) - mask).max() <= 1
    assert np.abs(drawn.astype(int) - truth).mean() < 0.5 * np.abs(mask.astype(int) - truth).mean()
