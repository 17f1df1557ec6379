"""Write a small ONNX model: the few fields of the format that a plain feed-forward network needs.

onnxruntime reads such a file in milliseconds, where the framework that a checkpoint was published for takes seconds to
import. The ``onnx`` package would write it too; this is all of it that is used, and needs no import of its own.
Field numbers are those of ``onnx.proto`` (ONNX, Apache-2.0), IR version 8, operator set 13.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

IR_VERSION, OPERATORS = 8, 13
FLOAT, INT64 = 1, 7  # TensorProto.DataType
Attribute = int | str | tuple[int, ...]


class Network:
    """Grows node by node; values are known by name.

    Args:
        shape: of the only input, ``image``, float32.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._nodes: list[bytes] = []
        self._tensors: list[bytes] = []

    def add(self, operator: str, *inputs: str, **attributes: Attribute) -> str:
        """Apply an operator to values; the name of what comes out."""
        output = f"value{len(self._nodes)}"
        fields = [*(_text(1, name) for name in inputs), _text(2, output), _text(4, operator)]
        fields += [_bytes(5, _attribute(name, value)) for name, value in attributes.items()]
        self._nodes.append(b"".join(fields))
        return output

    def constant(self, values: npt.NDArray[Any]) -> str:
        """A tensor of the model's own, float32 or int64; its name."""
        name = f"tensor{len(self._tensors)}"
        kind = {np.dtype(np.float32): FLOAT, np.dtype(np.int64): INT64}[values.dtype]
        dims = b"".join(_int(1, size) for size in values.shape)
        raw = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
        self._tensors.append(dims + _int(2, kind) + _text(8, name) + _bytes(9, raw))
        return name

    def save(self, output: str) -> bytes:
        """The model's file; ``output`` is the value it answers with."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, "network")
        graph += b"".join(_bytes(5, tensor) for tensor in self._tensors)
        graph += _bytes(11, _value("image", self._shape)) + _bytes(12, _value(output, None))
        return _int(1, IR_VERSION) + _bytes(7, graph) + _bytes(8, _text(1, "") + _int(2, OPERATORS))


def _value(name: str, shape: tuple[int, ...] | None) -> bytes:
    tensor = _int(1, FLOAT)
    if shape is not None:
        tensor += _bytes(2, b"".join(_bytes(1, _int(1, size)) for size in shape))
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _int(3, value) + _int(20, 2)
    if isinstance(value, str):
        return _text(1, name) + _text(4, value) + _int(20, 3)
    return _text(1, name) + b"".join(_int(8, item) for item in value) + _int(20, 7)


def _int(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Protocol Buffers' base-128 number, not negative."""
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
