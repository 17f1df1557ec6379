"""A painted background from end to end: masks, sizes, the subject untouched, seeds, replay, progress."""

import json
from unittest import mock

import numpy as np
import pytest
from conftest import photo_of, picture
from painting import invoke, mask_of, png, stored_photo, subject_of
from PIL import Image, ImageCms
from test_exactness import wide_gamut

import main
import models
import replay
from backdrops import GeneratedBackdrop
from diffusion import engine
from errors import BadInput, Cancelled, MissingWeights
from imaging import composite, foreground, inpaint_io, provenance
from imaging.encode import encode
from imaging.geometry import Size
from imaging.photo import load
from jobs import store
from masks import Selection, expansion
from recipe import NEW_LOOK, NEW_SHADOW, Length, MaskRecipe, Placement, Recipe
from ui import outcome

pytestmark = pytest.mark.xdist_group("torch")

QUICK = {"prompt": "a beach at dusk", "num_inference_steps": 3}


def recipe_for(photo, seed=5, shadow="none", model="sd15-inpaint", placement=Placement(), **given):
    backdrop = GeneratedBackdrop.of(model, **{**QUICK, **given})
    return Recipe(
        photo=photo.digest, mask=mask_of(*photo.size), backdrop=backdrop, seed=seed, shadow=shadow, placement=placement
    )


def run(recipe, photo, on_progress=None):
    return main.run(recipe, photo, store.default().get, on_progress)


@pytest.mark.parametrize("size", [(320, 200), (201, 333), (64, 64)])
@pytest.mark.parametrize("shadow", ["none", "contact"])
def test_the_subject_is_kept_to_the_pixel(here, size, shadow):
    photo = stored_photo(*size)
    (result,) = run(recipe_for(photo, shadow=shadow), photo)
    subject = subject_of(*size) == 255
    changed = int((result.pixels != photo.pixels).any(axis=2)[subject].sum())
    outside = subject_of(*size) == 0
    painted = float((result.pixels != photo.pixels).any(axis=2)[outside].mean())
    share = result.report["checks"]["protected_share"]
    print(f"{size}: {changed} subject pixels changed, protected share {share}, {painted:.1%} of the rest repainted")
    assert changed == result.report["checks"]["changed_subject_pixels"] == 0
    assert share > 0.5
    assert painted > 0.9
    assert result.pixels.shape == photo.pixels.shape


def test_before_compositing_the_pixels_are_diffusers_own(here):
    """What main does around the pipeline, done by hand around the same pipeline called directly."""
    import diffusers
    import torch

    photo = stored_photo(320, 200)
    recipe = recipe_for(photo, guidance_scale=4.0, negative_prompt="people", scheduler="ddim")
    (result,) = run(recipe, photo)
    assert result.report["working_size"] == [160, 104], "16:10 at the area of 128 x 128, in eights"

    alpha = result.selection.values
    edge = foreground.estimate(photo.pixels, alpha)
    on_grey = composite.over(photo.pixels, alpha, edge, np.full_like(photo.pixels, 128))
    import cv2

    seen = Image.fromarray(cv2.resize(on_grey, (160, 104), interpolation=cv2.INTER_AREA))
    repaint = cv2.resize(255 - alpha, (160, 104), interpolation=cv2.INTER_AREA) >= 128
    mask = Image.fromarray(repaint.astype(np.uint8) * 255)
    painter = engine.load("sd15-inpaint")
    pipe = diffusers.StableDiffusionInpaintPipeline.from_pretrained(
        models.require("sd15-inpaint"), dtype=getattr(torch, painter.device.dtype), safety_checker=None
    )
    pipe.scheduler = diffusers.DDIMScheduler.from_config(pipe.scheduler.config)
    pipe.set_progress_bar_config(disable=True)
    picture = pipe(
        prompt="a beach at dusk",
        image=seen,
        mask_image=mask,
        negative_prompt="people",
        num_inference_steps=3,
        guidance_scale=4.0,
        strength=1.0,
        width=160,
        height=104,
        generator=torch.Generator("cpu").manual_seed(5),
    ).images[0]
    plate = inpaint_io.to_background(picture, mask, photo)
    assert np.array_equal(result.pixels, composite.over(photo.pixels, alpha, edge, plate))


@pytest.mark.parametrize(
    ("given", "size"),
    [
        ({"width": 256}, [256, 160]),
        ({"height": 80}, [128, 80]),
        ({"width": 64, "height": 192}, [64, 192]),
    ],
)
def test_sizes_that_are_asked_for(here, given, size):
    photo = stored_photo(320, 200)
    (result,) = run(recipe_for(photo, **given), photo)
    assert result.report["working_size"] == size
    assert result.report["size"] == [320, 200]
    stretched = [note for note in result.report["notes"] if "stretched" in note]
    assert bool(stretched) == (size == [64, 192])


def test_the_denoiser_does_not_eat_the_subject():
    alpha = subject_of(400, 300)
    selection = Selection(alpha)
    backdrop = GeneratedBackdrop.of("sd15-inpaint", **QUICK)
    repaint = backdrop.repaint_mask(selection).values
    eaten = int(((repaint >= 128) & (alpha >= 128)).sum())
    print(f"{eaten} of {(alpha >= 128).sum()} subject pixels would be painted over")
    assert eaten == 0
    assert (repaint[alpha < 128] >= 128).all()
    grown = backdrop.model_copy(update={"mask_grow": Length(value=6)}).repaint_mask(selection).values
    assert ((grown >= 128).sum() - (repaint >= 128).sum()) > 1000
    kept_off = backdrop.model_copy(update={"mask_grow": Length(value=-6)}).repaint_mask(selection).values
    assert (kept_off >= 128).sum() < (repaint >= 128).sum()


def test_feathering_rounds_the_outline_off():
    alpha = np.zeros((200, 200), np.uint8)
    alpha[50:150, 50:150] = 255
    alpha[20:50, 98:101] = 255  # a hair
    backdrop = GeneratedBackdrop.of("sd15-inpaint", **QUICK, mask_feather=20)
    repaint = backdrop.repaint_mask(Selection(alpha)).values
    assert (repaint[30, 95:105] >= 128).all(), "the hair is painted over; the composite puts it back"
    assert (repaint[100, 60:140] < 128).all()


def test_defocus_softens_the_background_and_leaves_the_subject(here):
    photo = stored_photo(320, 200)
    alpha = np.zeros((200, 320), np.uint8)
    alpha[60:160, 120:200] = 255
    noise = np.random.default_rng(0).integers(0, 256, (96, 160, 3), np.uint8)
    mask = np.where(np.asarray(Image.fromarray(alpha).resize((160, 96))) > 127, np.uint8(0), np.uint8(255))
    sharp, soft = (
        inpaint_io.to_background(Image.fromarray(noise), Image.fromarray(mask), photo, defocus).astype(float)
        for defocus in (0, 20)
    )
    assert soft[:, :100].std() < 0.4 * sharp[:, :100].std()
    assert abs(soft.mean() - sharp.mean()) < 3
    given = {"mask": MaskRecipe(), "backdrop": GeneratedBackdrop.of("sd15-inpaint", **QUICK, defocus=20)}
    (made,) = main.run(Recipe(photo=photo.digest, **given), photo, None, selection=Selection(alpha))
    assert (made.pixels[alpha == 255] == photo.pixels[alpha == 255]).all()


def test_every_setting_of_the_recipe_reaches_the_engine(here):
    photo = stored_photo(320, 200)
    given = {
        "prompt": "a wood",
        "negative_prompt": "people",
        "num_inference_steps": 4,
        "guidance_scale": 3.5,
        "strength": 0.75,
        "scheduler": "unipc",
        "width": 96,
        "height": 64,
    }
    with mock.patch.object(engine.DiffusersEngine, "generate", return_value=Image.new("RGB", (96, 64))) as generate:
        run(recipe_for(photo, seed=77, **given), photo)
    (request, _), _ = generate.call_args
    found = {name: getattr(request, name, None) for name in given} | {"seed": request.seed, "size": request.size}
    assert found == {**given, "width": None, "height": None, "seed": 77, "size": Size(96, 64)}
    assert request.image.size == request.mask.size == (96, 64)


def test_grow_and_feather_reach_the_model(here):
    photo = stored_photo(320, 200)
    seen = []
    real = engine.DiffusersEngine.generate

    def spy(self, request, on_step=None):
        seen.append(request)
        return real(self, request, on_step)

    with mock.patch.object(engine.DiffusersEngine, "generate", spy):
        for given in ({}, {"mask_grow": {"value": 10}}, {"mask_feather": 60}, {"strength": 0.5}):
            run(recipe_for(photo, **given), photo)
    plain, grown, feathered, weak = seen
    assert (np.asarray(grown.mask) > 0).sum() > (np.asarray(plain.mask) > 0).sum()
    assert not np.array_equal(np.asarray(feathered.mask), np.asarray(plain.mask))
    corner = (slice(0, 20), slice(0, 20))
    assert (np.asarray(plain.image)[corner] == inpaint_io.NEUTRAL).all(), "at full strength the old background is grey"
    assert np.asarray(weak.image)[corner].std() > 5, "below, the model starts from it"
    assert set(np.unique(np.asarray(plain.mask))) == {0, 255}


def test_the_models_idea_of_the_subject_leaves_no_halo():
    """The model's picture: the subject red, the background blue. No red may be left in the plate."""
    photo = load(png(np.zeros((400, 640, 3), np.uint8)))
    kept = subject_of(128, 80) >= 128
    picture = np.zeros((80, 128, 3), np.uint8)
    picture[..., 2] = 200
    picture[kept] = (220, 0, 0)
    mask = Image.fromarray(np.where(kept, np.uint8(0), np.uint8(255)))
    plate = inpaint_io.to_background(Image.fromarray(picture), mask, photo)
    print(f"reddest pixel of the plate: {plate[..., 0].max()}")
    assert plate[..., 0].max() <= 1
    assert plate[..., 2].min() >= 199


def test_the_plate_is_in_the_photos_own_space():
    from dataclasses import replace

    photo = load(png(np.zeros((100, 100, 3), np.uint8)))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    deep = replace(photo, pixels=np.zeros((100, 100, 3), np.uint16), icc=profile)
    picture = Image.new("RGB", (64, 64), (200, 100, 50))
    mask = Image.new("L", (64, 64), 255)
    plate = inpaint_io.to_background(picture, mask, deep)
    assert plate.dtype == np.uint16
    assert np.abs(plate[50, 50].astype(int) - np.array([200, 100, 50]) * 257).max() <= 2 * 257
    nothing = np.zeros((100, 100), np.uint8)
    seen, _ = inpaint_io.prepare_inputs(
        deep,
        nothing,
        foreground.Edge.of(deep.pixels, nothing),
        np.full((100, 100), 255, np.uint8),
        Size(64, 64),
        neutral=True,
    )
    assert np.abs(np.asarray(seen).astype(int) - 128).max() <= 1


def test_picture_i_is_the_picture_made_alone(here):
    photo = stored_photo(160, 100)
    together = run(recipe_for(photo, seed=5, num_images_per_prompt=3, scheduler="euler-a"), photo)
    assert [result.report["seed"] for result in together] == [5, 6, 7]
    assert len({result.pixels.tobytes() for result in together}) == 3
    for seed, result in zip((5, 6, 7), together, strict=True):
        (alone,) = run(recipe_for(photo, seed=seed, scheduler="euler-a"), photo)
        assert alone.recipe == result.recipe
        assert np.array_equal(alone.pixels, result.pixels)


def test_a_result_replays_from_its_file(here):
    photo = stored_photo(160, 100)
    result = run(recipe_for(photo, num_images_per_prompt=2), photo)[1]
    again = replay.replay(result.encode(), "result.png", None, store.default().get)
    assert np.array_equal(again.pixels, result.pixels)
    assert not again.report["notes"]


def test_a_replay_with_another_revision_says_so(here, monkeypatch):
    photo = stored_photo(160, 100)
    (result,) = run(recipe_for(photo), photo)
    data = result.encode()
    monkeypatch.setattr(engine.load("sd15-inpaint"), "revision", "folder:other")
    again = replay.replay(data, "result.png", None, store.default().get)
    assert any("folder:other" in note for note in again.report["notes"])


def test_the_report_says_how_it_was_made(here):
    photo = stored_photo(160, 100)
    (result,) = run(recipe_for(photo, seed=9), photo)
    report = json.loads(json.dumps(result.report))
    print(json.dumps(report, indent=1))
    assert report["seed"] == 9
    assert report["steps"] == 3
    assert report["models"]["sd15-inpaint"].startswith("folder:")
    assert {"torch", "diffusers", "transformers"} <= set(report["versions"])
    assert report["device"].split()[0] in ("cpu", "cuda", "mps")
    assert report["device_reason"].endswith(".")
    assert report["seconds"] > 0


def test_progress_comes_in_order(here):
    photo = stored_photo(160, 100)
    told = []
    run(recipe_for(photo, num_images_per_prompt=2), photo, told.append)
    assert [p.stage for p in told[:2]] == ["Finding the subject", "Loading the model"]
    steps = [(p.picture, p.step, p.steps) for p in told[2:]]
    assert steps == [(1, 0, 0), (1, 1, 3), (1, 2, 3), (1, 3, 3), (2, 0, 0), (2, 1, 3), (2, 2, 3), (2, 3, 3)]
    assert all(p.pictures == 2 for p in told[1:])
    assert all(p.preview is not None for p in told if p.step)


def test_cancel_through_the_core(here):
    photo = stored_photo(160, 100)
    seen = []

    def stop_at_4(progress):
        seen.append(progress.step)
        if progress.step == 4:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        run(recipe_for(photo, num_inference_steps=50), photo, stop_at_4)
    assert max(seen) == 4


def test_create(here):
    recipe = Recipe(task="create", backdrop=GeneratedBackdrop.of("sd15", **QUICK, num_images_per_prompt=2), seed=3)
    first, second = run(recipe, None)
    assert first.pixels.shape == (128, 128, 3)
    assert not np.array_equal(first.pixels, second.pixels)
    assert second.report["seed"] == 4
    again = replay.replay(second.encode(), "second.png", None, store.default().get)
    assert np.array_equal(again.pixels, second.pixels)
    with pytest.raises(BadInput, match=r"x\.png is not what second\.png was made with; that takes no file\."):
        replay.replay(second.encode(), "second.png", None, store.default().get, files={"x.png": b"x"})
    (wide,) = run(
        Recipe(task="create", backdrop=GeneratedBackdrop.of("sd15", **QUICK, width=192, height=64), seed=3), None
    )
    assert wide.pixels.shape == (64, 192, 3)


def test_a_mask_over_everything_is_refused(here):
    photo = stored_photo(160, 100)
    recipe = recipe_for(photo)
    everything = store.default().put(png(np.full((100, 160), 255, np.uint8)))
    layer = recipe.mask.layers[0].model_copy(
        update={"source": recipe.mask.layers[0].source.model_copy(update={"options": {"mask": everything}})}
    )
    with pytest.raises(BadInput, match="covers the whole photo"):
        run(recipe.model_copy(update={"mask": MaskRecipe(layers=(layer,))}), photo)


def test_a_missing_model_is_said_before_the_mask_is_made(here):
    photo = stored_photo(160, 100)
    with mock.patch("masks.select", side_effect=AssertionError), pytest.raises(MissingWeights, match="models pull"):
        run(recipe_for(photo, model="sd2-inpaint"), photo)


def test_a_prompt_that_is_too_long_is_said(here):
    photo = stored_photo(160, 100)
    (result,) = run(recipe_for(photo, prompt="x" * 80), photo)
    assert any("longer than the model reads" in note for note in result.report["notes"])


def test_layers_of_a_generated_picture_make_it_again_outside_the_subject(here):
    from ui import exports

    photo = stored_photo(160, 100)
    (result,) = run(recipe_for(photo, placement=Placement(move_x=10)), photo)
    layers = exports.layers(store.default().put(result.encode("PNG")))
    outside = layers.mask == 0
    assert (layers.background[outside] == result.pixels[outside]).mean() > 0.9  # filled in near the subject
    kept = layers.mask == 255
    assert (layers.cut_out[kept][:, :3] == result.pixels[kept]).all()
    assert result.report["checks"]["resampled"] is False


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("profile", [False, True])
def test_in_every_depth_and_profile_a_new_edit_casts_a_shadow_and_keeps_the_subject(here, depth, profile):
    photo = photo_of(picture(160, 100, depth=depth), wide_gamut() if profile else None)
    alpha = subject_of(160, 100)
    recipe = recipe_for(photo, shadow=NEW_SHADOW).model_copy(update={"look": NEW_LOOK})
    (result,) = main.run(recipe, photo, store.default().get, selection=Selection(alpha))
    assert result.pixels.dtype == depth
    assert (result.pixels[alpha == 255] == photo.pixels[alpha == 255]).all()
    assert result.report["checks"]["changed_subject_pixels"] == 0
    assert result.icc == photo.icc
    assert result.layers().shadow.max() > 40


def test_best_of_puts_the_subject_that_grew_least_first(here, tmp_path, monkeypatch):
    grown = iter([0.3, None, 0.1])
    monkeypatch.setattr(expansion, "measure", lambda *_: next(grown))  # random weights paint no subjects
    photo, mask = tmp_path / "photo.png", tmp_path / "mask.png"
    photo.write_bytes(encode(np.full((100, 160, 3), (150, 110, 80), np.uint8), "PNG"))
    mask.write_bytes(encode(subject_of(160, 100), "PNG"))
    flags = ["--mask", f"file:{mask}", "--prompt", "a beach", "--model", "sd15-inpaint", "--num-inference-steps", "2"]
    flags += ["--seed", "5", "--best-of", "3"]
    assert invoke("background", photo, "-o", tmp_path / "out.png", *flags, "--strict").exit_code == 1
    made = [tmp_path / name for name in ("out-1.png", "out-2-failed.png", "out-3.png")]
    found = [provenance.read(path.read_bytes(), path.name) for path in made]
    assert [Recipe.from_json(each.recipe).seed for each in found] == [7, 5, 6]
    assert [each.environment["expansion"] for each in found] == [0.1, 0.3, None]
    digests = [store.default().put(path.read_bytes()) for path in reversed(made)]
    assert outcome.best_first(digests) == list(reversed(digests))
