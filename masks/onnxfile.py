"""ONNX models put together node by node.

onnxruntime reads such a model in milliseconds, where the framework that a checkpoint was published for takes seconds to
import.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

IR_VERSION, OPERATORS = 8, 13
Attribute = int | str | tuple[int, ...]


class Network:
    """Grows node by node; values are known by name.

    Args:
        shape: of the only input, ``image``, float32.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy = helper, numpy_helper
        self._shape = shape
        self._nodes: list[Any] = []
        self._tensors: list[Any] = []

    def add(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """Apply an operator to values; the name of what comes out."""
        output = f"value{len(self._nodes)}"
        node = self._helper.make_node(operator, inputs, [output])
        node.attribute.extend(self._helper.make_attribute(name, value) for name, value in attributes.items())
        self._nodes.append(node)
        return output

    def constant(self, values: npt.NDArray[np.float32] | npt.NDArray[np.int64]) -> str:
        """A tensor of the model's own; its name."""
        name = f"tensor{len(self._tensors)}"
        self._tensors.append(self._numpy.from_array(np.ascontiguousarray(values), name))
        return name

    def save(self, output: str) -> bytes:
        """The model's file; ``output`` is the value it answers with."""
        from onnx import TensorProto

        describe = self._helper.make_tensor_value_info
        image = describe("image", TensorProto.FLOAT, self._shape)
        answer = describe(output, TensorProto.FLOAT, None)
        graph = self._helper.make_graph(self._nodes, "network", [image], [answer], self._tensors)
        operators = [self._helper.make_opsetid("", OPERATORS)]
        model = self._helper.make_model(graph, opset_imports=operators, ir_version=IR_VERSION)
        return bytes(model.SerializeToString())
