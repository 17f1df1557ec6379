"""DeepLab v3 over MobileNetV2, built as an ONNX model from the weights that transformers publishes it with.

The same network as transformers' ``MobileNetV2ForSemanticSegmentation`` (Apache-2.0) at output stride 8, layer by layer
and to a few millionths, without the seconds that importing torch and transformers takes. Batch norms are folded into
their convolutions; the enlargement and the softmax after it are part of the model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from masks.onnxfile import Network

SIDE = 513  # pixels, both ways
OUTPUT_STRIDE = 8  # from here on convolutions are dilated instead of strided
STRIDES = (2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1)
BACKBONE_EPS, HEAD_EPS = 1e-3, 1e-5

Arrays = dict[str, npt.NDArray[Any]]


def build(tensors: Arrays) -> bytes:
    """The file of an ONNX model from a picture to how likely each pixel belongs to each class.

    Its input is ``image``, ``(1, 3, 513, 513)`` float32 RGB -1..1; its output ``(1, classes, 513, 513)``.

    Args:
        tensors: by the names that transformers gives them.
    """
    return _Builder(tensors).build()


class _Builder:
    def __init__(self, tensors: Arrays) -> None:
        self.tensors = tensors
        self.net = Network((1, 3, SIDE, SIDE))
        self.six = self.net.constant(np.zeros((), np.float32)), self.net.constant(np.full((), 6, np.float32))
        self.side = SIDE

    def build(self) -> bytes:
        net = self.net
        stem = "mobilenet_v2.conv_stem"
        value = self._relu6(self._convolve("image", f"{stem}.first_conv", stride=2))
        value = self._relu6(self._convolve(value, f"{stem}.conv_3x3"))
        value = self._convolve(value, f"{stem}.reduce_1x1")
        reached, dilation = 2, 1
        for layer, stride in enumerate(STRIDES):
            if reached == OUTPUT_STRIDE:
                value = self._block(value, f"mobilenet_v2.layer.{layer}", 1, dilation)
                dilation *= stride
            else:
                value = self._block(value, f"mobilenet_v2.layer.{layer}", stride, 1)
                reached *= stride
        head = "segmentation_head"
        pooled = self._convolve(net.add("GlobalAveragePool", value), f"{head}.conv_pool", eps=HEAD_EPS)
        channels = self.tensors[f"{head}.conv_pool.convolution.weight"].shape[0]
        shape = net.constant(np.array([1, channels, self.side, self.side], np.int64))
        pooled = net.add("Expand", net.add("Relu", pooled), shape)
        near = net.add("Relu", self._convolve(value, f"{head}.conv_aspp", eps=HEAD_EPS))
        value = self._convolve(net.add("Concat", pooled, near, axis=1), f"{head}.conv_projection", eps=HEAD_EPS)
        value = self._convolve(net.add("Relu", value), f"{head}.classifier")
        classes = self.tensors[f"{head}.classifier.convolution.weight"].shape[0]
        full = net.constant(np.array([1, classes, SIDE, SIDE], np.int64))
        # align_corners as TensorFlow resized when the network was trained: worth 0.016 mean IoU on people
        large = net.add("Resize", value, "", "", full, mode="linear", coordinate_transformation_mode="align_corners")
        return net.save(net.add("Softmax", large, axis=1))

    def _block(self, value: str, name: str, stride: int, dilation: int) -> str:
        """An inverted residual: expand, filter each channel, reduce."""
        wide = self._relu6(self._convolve(value, f"{name}.expand_1x1"))
        wide = self._relu6(self._convolve(wide, f"{name}.conv_3x3", stride=stride, dilation=dilation))
        narrow = self._convolve(wide, f"{name}.reduce_1x1")
        before = self.tensors[f"{name}.expand_1x1.convolution.weight"].shape[1]
        after = self.tensors[f"{name}.reduce_1x1.convolution.weight"].shape[0]
        return self.net.add("Add", value, narrow) if stride == 1 and before == after else narrow

    def _relu6(self, value: str) -> str:
        return self.net.add("Clip", value, *self.six)

    def _convolve(self, value: str, name: str, stride: int = 1, dilation: int = 1, eps: float = BACKBONE_EPS) -> str:
        """A convolution, padded as TensorFlow's "SAME", with the batch norm after it folded in."""
        weight, bias = self._folded(name, eps)
        kernel = weight.shape[2]
        missing = max(kernel - (self.side % stride or stride), 0)  # so many rows the last window lacks
        before, after = missing // 2 * dilation, (missing - missing // 2) * dilation
        if stride > 1:
            self.side = -(-self.side // stride)
        return self.net.add(
            "Conv",
            value,
            self.net.constant(weight),
            self.net.constant(bias),
            kernel_shape=(kernel, kernel),
            strides=(stride, stride),
            dilations=(dilation, dilation),
            pads=(before, before, after, after),
            group=weight.shape[0] if weight.shape[1] == 1 else 1,
        )

    def _folded(self, name: str, eps: float) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        weight = self.tensors[f"{name}.convolution.weight"]
        norm = f"{name}.normalization"
        if f"{norm}.weight" not in self.tensors:
            return weight, self.tensors[f"{name}.convolution.bias"]
        scale = self.tensors[f"{norm}.weight"] / np.sqrt(self.tensors[f"{norm}.running_var"] + np.float32(eps))
        bias = self.tensors[f"{norm}.bias"] - self.tensors[f"{norm}.running_mean"] * scale
        return weight * scale[:, None, None, None], bias
