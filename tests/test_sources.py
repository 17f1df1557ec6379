"""Every way to find a subject: the same contract for all, odd photos, words and clicks, real weights where they are."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import ROOT, SHARED, disc, need, no_inputs, photo_of, picture
from mask_helpers import find, needs, shared_photo
from PIL import Image

import masks
import models
from errors import BadInput, MissingWeights, NothingFound, StudioError
from imaging.encode import encode
from masks import clipseg, grammar, loaded, onnxfile, ops, salient
from masks.sam import SamOptions
from recipe import Layer, MaskRecipe, Source

NETWORKS = {
    "auto": {},
    "rembg": {},
    "deeplab": {"categories": ["dog", "person"]},
    "hair": {},
    "text": {"phrases": ["the dog"]},
    "sam": {"clicks": [[0, 0]]},
}
"""Sources that ask a network, with options that fit every photo."""
NEEDS = {
    "auto": ["u2netp"],
    "rembg": ["u2netp"],
    "deeplab": ["deeplab-mobilenet-v2"],
    "hair": ["hair-segmenter", "selfie-multiclass"],
    "text": ["deeplab-mobilenet-v2"],
    "sam": ["mobile-sam"],
}


def rgba(alpha: int) -> np.ndarray:
    return np.dstack([picture(), np.full((48, 64), alpha, np.uint8)])


ODD: dict[str, Callable[[], np.ndarray]] = {
    "1x1": lambda: picture(1, 1),
    "8x8": lambda: picture(8, 8),
    "1x4000": lambda: picture(1, 4000),
    "4000x1": lambda: picture(4000, 1),
    "grayscale": lambda: picture()[..., 0],
    "transparent": lambda: rgba(0),
    "black": lambda: np.zeros((48, 64, 3), np.uint8),
    "grey": lambda: np.full((48, 64, 3), 127, np.uint8),
    "16 bit": lambda: picture(depth=np.uint16),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", NETWORKS)
def test_odd_photos_get_an_answer_or_a_sentence(name: str, odd: str, no_fetching: None) -> None:
    needs(*NEEDS[name])
    photo = photo_of(ODD[odd]())
    mask = MaskRecipe(layers=(Layer(source=Source(name=name, options=NETWORKS[name])),))
    said = ""
    try:
        selection = masks.select(photo, mask, no_inputs)
    except StudioError as error:
        said = str(error)
    if said:
        assert said.endswith(".")
        assert "\n" not in said
        return
    assert selection.values.shape == photo.pixels.shape[:2]
    assert selection.values.any()
    assert selection.models or name in ("auto",)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_say_what_they_saw(name: str, no_fetching: None) -> None:
    needs(*NEEDS[name])
    photo = shared_photo("dog_on_bench.jpg" if name != "hair" else "person_sea_longhair.jpg")
    values = {"clicks": [[photo.size[0] / 2, photo.size[1] / 2]]} if name == "sam" else NETWORKS[name]
    selection = masks.find(photo, Source(name=name, options=values), no_inputs)
    assert selection.probability is not None
    assert selection.probability.ndim == 2
    assert 0 <= selection.probability.min() <= selection.probability.max() <= 1
    assert set(selection.models) <= set(models.MODELS)
    assert (selection.values == 255).mean() > 0.3 * (selection.values > 0).mean()  # a confident interior


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("deeplab:person,dog", {"categories": "person,dog"}),
        ("deeplab:potted plant", {"categories": "potted plant"}),
        ("hair:clothes", {"parts": "clothes"}),
        ("text:the backpack; a red hat;not=the strap", {"phrases": ["the backpack", "a red hat"], "not": "the strap"}),
        ("text:dog;threshold=0.3", {"phrases": "dog", "threshold": "0.3"}),
        ("sam:12,7", {"clicks": "12,7"}),
        ("sam:12,7;30,9;not=1,2", {"clicks": ["12,7", "30,9"], "not": "1,2"}),
        ("sam:box=1,2,30,40", {"box": "1,2,30,40"}),
        ("sam:5,5;size=part", {"clicks": "5,5", "size": "part"}),
    ],
)
def test_the_grammar(text: str, values: dict[str, Any]) -> None:
    source = grammar.parse(text, lambda path: "")
    assert source == Source(name=text.split(":")[0], options=values)
    masks.options_of(source)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("deeplab:unicorn", "categories"),
        ("hair:tail", "parts"),
        ("text:", "phrases"),
        ('text:""', "a phrase is missing"),
        ("sam", "click on the subject"),
        ("sam:here", "a click is written x,y"),
        ("sam:1,2,3", "a click is written x,y"),
        ("sam:box=9,9,1,1", "x0 < x1"),
        ("sam:nan,1", "finite number"),
    ],
)
def test_what_is_written_wrongly_is_said(text: str, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        grammar.parse(text, lambda path: "")


def test_clicks_survive_a_recipe() -> None:
    options = SamOptions.model_validate({"clicks": ["1,2"], "not": [[3, 4]], "box": "0,0,9,9"})
    again = SamOptions.model_validate_json(options.model_dump_json(by_alias=True))
    assert again == options
    assert again.excluded == ((3, 4),)
    assert SamOptions.model_validate({"clicks": ["1", "2"], "excluded": "3,4", "box": ["0", "0", "9", "9"]}) == again


def test_a_click_outside_is_said() -> None:
    needs("mobile-sam")
    with pytest.raises(BadInput, match="64,0 lies outside the photo, which is 64 x 48"):
        find(photo_of(picture()), "sam:64,0")


def test_what_is_not_there_is_said_with_what_is() -> None:
    needs("deeplab-mobilenet-v2")
    with pytest.raises(NothingFound, match=r"no sheep in this photo; found: dog \d+%"):
        find(shared_photo("dog_on_bench.jpg"), "deeplab:sheep")


def test_words_that_another_source_knows(no_fetching: None) -> None:
    needs("deeplab-mobilenet-v2")
    photo = shared_photo("dog_on_bench.jpg")
    by_words, by_name = find(photo, "text:The dog"), find(photo, "deeplab:dog")
    assert (by_words.values == by_name.values).all()
    assert "'The dog' by the source deeplab" in by_words.notes[-1]
    without = find(photo, "text:the dog;not=a cat")
    assert (without.values == by_name.values).all()


def test_words_that_nothing_here_knows(no_fetching: None) -> None:
    with pytest.raises(MissingWeights, match=r"'a dragon' by words needs CLIPSeg .*sam:x,y"):
        find(photo_of(picture()), "text:a dragon")


def test_every_known_word_is_valid() -> None:
    for name, values in clipseg.KNOWN_PHRASES.values():
        masks.options_of(Source(name=name, options=values))
    assert clipseg.find_known("her hair") == ("hair", {"parts": ["hair"]})
    assert clipseg.find_known("sofa") == ("deeplab", {"categories": ["sofa"]})
    assert clipseg.find_known("the red one") is None


def test_removing_what_is_not_there_changes_nothing_and_says_so() -> None:
    needs("deeplab-mobilenet-v2")
    photo = shared_photo("dog_on_bench.jpg")
    dog = Layer(source=Source(name="deeplab", options={"categories": "dog"}))
    cat = Layer(op="remove", source=Source(name="deeplab", options={"categories": "cat"}))
    alone, both = (masks.select(photo, MaskRecipe(layers=layers), no_inputs) for layers in ((dog,), (dog, cat)))
    assert (alone.values == both.values).all()
    assert "Nothing was removed: There is no cat" in both.notes[-1]


def test_a_question_is_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    needs("u2netp")
    photo = shared_photo("dog_on_bench.jpg")
    first = find(photo, "rembg")
    assert find(photo, "rembg") is first
    masks.forget()
    again = find(photo, "rembg")
    assert again is not first
    assert (again.values == first.values).all()


def test_the_embedding_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    needs("mobile-sam")
    from masks import sam

    made = []
    real = sam._MobileSam.embed
    monkeypatch.setattr(sam._MobileSam, "embed", lambda self, rgb: made.append(1) or real(self, rgb))
    monkeypatch.setattr(sam, "_embeddings", type(sam._embeddings)(sam.CACHED_PHOTOS))
    monkeypatch.setattr(loaded, "_models", loaded.empty())
    photo = shared_photo("dog_on_bench.jpg")
    sizes = {find(photo, f"sam:{x},250;size={size}").area for x in (300, 400) for size in ("whole", "detail")}
    assert made == [1]
    assert len(sizes) > 1


def test_clicks_add_and_remove() -> None:
    needs("mobile-sam")
    pixels = np.full((200, 300, 3), 90, np.uint8)
    cv2.circle(pixels, (80, 100), 40, (220, 40, 40), -1, cv2.LINE_AA)
    cv2.circle(pixels, (220, 100), 40, (40, 200, 60), -1, cv2.LINE_AA)
    photo = photo_of(pixels)
    one = find(photo, "sam:80,100;size=detail").values
    assert one[100, 80] == 255
    assert one[100, 220] == 0
    boxed = find(photo, "sam:box=175,55,265,145").values
    assert boxed[100, 220] == 255
    assert boxed[100, 80] == 0
    without = find(photo, "sam:80,100;not=220,100").values
    assert without[100, 220] == 0


def test_memory_stays_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKDROP_MODEL_MEMORY", "10")
    monkeypatch.setattr(loaded, "_models", loaded.empty())
    kept = [loaded.get(f"m{k}", 1_500_000, lambda k=k: k).run for k in range(5)]  # 3.75 MB each
    assert kept == [0, 1, 2, 3, 4]
    assert set(loaded._models) == {"m3", "m4"}
    assert loaded.get("m3", 1_500_000, lambda: pytest.fail("loaded twice")).run == 3
    assert "8 of 10 MB (m3, m4)" in loaded.report()


def test_loading_one_model_does_not_hold_up_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded, "_models", loaded.empty())
    loaded.get("quick", 10, lambda: "quick")
    begun, answered = threading.Event(), threading.Event()
    made = []

    def load() -> str:
        made.append(1)
        begun.set()
        assert answered.wait(30), "the quick one was held up"
        return "slow"

    threads = [threading.Thread(target=loaded.get, args=("slow", 10, load)) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    assert loaded.get("quick", 10, lambda: pytest.fail("loaded twice")).run == "quick"
    answered.set()
    for thread in threads:
        thread.join(30)
    assert made == [1], "two that want the same load it once"


def two_things() -> np.ndarray:
    mask = np.zeros((100, 200), np.uint8)
    mask[:, :100] = disc(100, 100, 30)
    mask[:, 100:] = disc(100, 100, 20)
    return mask


def test_objects_are_chosen() -> None:
    mask = two_things()
    assert (ops.keep_objects(mask, "all") == mask).all()
    largest = ops.keep_objects(mask, "largest")
    assert (largest[:, :100] == mask[:, :100]).all()
    assert not largest[:, 120:].any()
    small = ops.keep_objects(mask, ((150, 50),))
    assert (small[:, 110:] == mask[:, 110:]).all()
    assert not small[:, :90].any()
    assert (ops.keep_objects(mask, ((150, 50), (50, 50))) == mask).all()
    assert not ops.keep_objects(mask, ((100, 2),)).any()


def test_choosing_nothing_is_said() -> None:
    data = encode(two_things(), "PNG")
    from imaging.photo import digest_of

    source = Source(name="file", options={"mask": digest_of(data)})
    mask = MaskRecipe(layers=(Layer(source=source),), objects=((2, 2),))
    with pytest.raises(NothingFound, match="lies at the points chosen"):
        masks.select(photo_of(picture(200, 100)), mask, lambda _: data)


def test_layers_keep_their_order(command: Callable[..., int], tmp_path: Path) -> None:
    left, all_, right = np.zeros((20, 30), np.uint8), np.full((20, 30), 255, np.uint8), np.zeros((20, 30), np.uint8)
    left[:, :15], right[:, 15:] = 255, 255
    files = {}
    for name, mask in (("left", left), ("all", all_), ("right", right)):
        files[name] = tmp_path / f"{name}.png"
        files[name].write_bytes(encode(mask, "PNG"))
    photo = tmp_path / "photo.png"
    photo.write_bytes(encode(picture(30, 20), "PNG"))
    out = tmp_path / "mask.png"
    start = ("mask", photo, "-o", out, "--mask", f"file:{files['left']}")
    removed_last = ("--add", f"file:{files['all']}", f"--remove=file:{files['left']}")
    assert command(*start, *removed_last) == 0
    assert (cv2.imread(str(out), cv2.IMREAD_GRAYSCALE) == right).all()
    out.unlink()
    added_last = ("--remove", f"file:{files['left']}", "--add", f"file:{files['all']}")
    assert command(*start, *added_last) == 0
    assert (cv2.imread(str(out), cv2.IMREAD_GRAYSCALE) == 255).all()
    assert command(*start, "--objects", "nonsense") == 2


def test_the_report_names_what_was_found(
    command: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needs("deeplab-mobilenet-v2")
    photo = need(SHARED / "photos" / "dog_on_bench.jpg")
    out, heat = tmp_path / "mask.png", tmp_path / "heat.png"
    assert command("mask", photo, "-o", out, "--mask", "deeplab:dog", "--heat", heat, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["found"]["dog"] > 0.02
    assert cv2.imread(str(heat), cv2.IMREAD_GRAYSCALE).max() > 200


@pytest.mark.usefixtures("u2netp")
def test_our_run_of_u2net_answers_as_rembgs_own_session_does() -> None:
    import onnxruntime
    from rembg.sessions.u2netp import U2netpSession

    (path,) = models.fetch("u2netp")

    class Resolved(U2netpSession):  # type: ignore[misc]
        @classmethod
        def download_models(cls, *args: object, **kwargs: object) -> str:
            return str(path)

    image = Image.open(ROOT / "samples" / "mug.jpg").convert("RGB").resize((700, 460))
    (theirs,) = Resolved("u2netp", onnxruntime.SessionOptions()).predict(image)
    assert np.array_equal(np.asarray(salient._WithoutRembg("u2netp", path).predict(image)), np.asarray(theirs))


def test_our_run_of_isnet_answers_as_rembgs_own_session_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a small network of the same inputs and outputs."""
    monkeypatch.setenv("BACKDROP_RUNTIME", "pytorch")
    net = onnxfile.Network((1, 3, 1024, 1024))
    weights = np.random.default_rng(0).standard_normal((1, 3, 3, 3), dtype=np.float32)
    path = tmp_path / "isnet-general-use.onnx"
    path.write_bytes(net.save(net.add("Conv", "image", net.constant(weights))))
    image = Image.open(ROOT / "samples" / "mug.jpg").convert("RGB").resize((700, 460))
    ours, theirs = (run("isnet-general-use", path).predict(image) for run in (salient._WithoutRembg, salient._ByRembg))
    assert np.asarray(ours).std() > 1
    assert np.array_equal(np.asarray(ours), np.asarray(theirs))


def test_colours_decide_where_the_edge_of_a_coarse_mask_lies() -> None:
    from masks import colour_edge

    truth = disc(320, 240, 70, 3)
    truth[:40, 155:165] = 255  # a strand of 10 pixels, above the disc, that the mask knows nothing of
    share = truth[..., None] / 255
    noise = np.random.default_rng(1).normal(0, 4, (240, 320, 3))
    rgb = np.clip(share * (200, 120, 60) + (1 - share) * (60, 70, 80) + noise + 0.5, 0, 255).astype(np.uint8)
    rough = np.roll(disc(320, 240, 71, 8), 4, axis=1)
    settled = colour_edge.settle(rgb, rough)
    near = np.abs(disc(320, 240, 70, 3).astype(int) - 128) < 128
    before, after = (float(np.abs(mask.astype(int) - truth)[near].mean()) for mask in (rough, settled))
    print(f"error at the edge {before:.1f} before, {after:.1f} after")
    assert after < 0.5 * before
    assert not settled[:20].any(), "only a band around the outline is decided"
    assert (settled[100:140, 120:200] == 255).all()
    alike = np.full_like(rgb, 128)
    assert np.abs(colour_edge.settle(alike, rough).astype(int) - rough)[rough == 255].max() < 128
