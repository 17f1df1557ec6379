"""DeepLab's networks against the classes that transformers publishes them with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import photo_of, picture

import masks
from masks import loaded, mobilenet
from masks.onnxfile import Network
from recipe import Source

pytestmark = pytest.mark.xdist_group("torch")


def test_mobilenet_answers_as_transformers_does() -> None:
    """The same weights, the same picture: every probability equal but for rounding."""
    import onnxruntime
    import torch
    from transformers import MobileNetV2Config, MobileNetV2ForSemanticSegmentation

    torch.manual_seed(0)
    config = MobileNetV2Config(
        image_size=513, output_stride=8, layer_norm_eps=0.001, num_labels=21, semantic_loss_ignore_index=255
    )
    network = MobileNetV2ForSemanticSegmentation(config).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.3)
            torch.nn.init.normal_(module.running_mean, std=0.3)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    given = torch.rand(1, 3, 513, 513) * 2 - 1
    with torch.inference_mode():
        logits = torch.nn.functional.interpolate(network(given).logits, (513, 513), mode="bilinear", align_corners=True)
        expected = logits.softmax(dim=1).numpy()
    file = mobilenet.build({name: tensor.numpy() for name, tensor in network.state_dict().items()})
    (answer,) = onnxruntime.InferenceSession(file).run(None, {"image": given.numpy()})
    assert expected.max() - expected.min() > 0.1  # the weights do tell pixels apart
    np.testing.assert_allclose(answer, expected, atol=1e-3)


def test_large_numbers_are_written_whole() -> None:
    """Sizes of more than 127 and of more than 16,383 take two and three bytes in the file."""
    import onnxruntime

    net = Network((1, 200))
    table = np.arange(200 * 300, dtype=np.float32).reshape(200, 300)
    session = onnxruntime.InferenceSession(net.save(net.add("MatMul", "image", net.constant(table))))
    given = np.zeros((1, 200), np.float32)
    given[0, 199] = 1
    (answer,) = session.run(None, {"image": given})
    assert (answer == table[199:]).all()


@pytest.fixture
def tiny_mobilevit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small MobileViT DeepLab of the real class with random weights, as a folder of weights."""
    import torch
    from transformers import MobileViTConfig, MobileViTForSemanticSegmentation

    torch.manual_seed(0)
    config = MobileViTConfig(
        image_size=512,
        hidden_sizes=[16, 24, 32],
        neck_hidden_sizes=[8, 8, 16, 16, 24, 32, 64],
        num_attention_heads=2,
        num_labels=21,
        aspp_out_channels=16,
        initializer_range=0.3,
    )
    MobileViTForSemanticSegmentation(config).save_pretrained(tmp_path / "deeplab-mobilevit-small")
    monkeypatch.setenv("BACKDROP_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(loaded, "_models", loaded.empty())


def test_mobilevit_answers_by_category(tiny_mobilevit: None) -> None:
    """Random weights find nothing sensible; what counts is that the real class is asked and its shares add up."""
    from masks import semantic

    rgb = picture(90, 60)
    shares = semantic._predict("deeplab-mobilevit-small", rgb)
    assert shares.shape == (round(512 * 60 / 90), 512, 21)
    np.testing.assert_allclose(shares.sum(axis=-1), 1, atol=1e-4)
    assert not np.allclose(shares, semantic._predict("deeplab-mobilevit-small", cv2.flip(rgb, 0)))
    favourite = semantic.CATEGORIES[int(shares.mean(axis=(0, 1))[1:].argmax()) + 1]
    every = [name for name in semantic.CATEGORIES if name != "background"]
    source = Source(name="deeplab", options={"categories": every, "model": "deeplab-mobilevit-small"})
    found = masks.find(photo_of(rgb), source, lambda digest: b"")
    assert found.models == ("deeplab-mobilevit-small",)
    assert favourite in dict(found.found)
