"""A file of ONNX -> its model without the weights: of a large tensor only the name, the type and the sizes are read.

The file may come from a stranger, and have gigabytes: it is mapped into memory, and what is left of it is parsed. Files
beside it, in which weights may be, are never opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from functools import cache
from mmap import ACCESS_READ, mmap
from typing import Any

from archcalc.core.errors import ArchcalcError, needed

WHAT = "a file of ONNX"
LARGEST = 128 << 20  # bytes without the weights
SMALL = 4096  # bytes of a message that is taken as it is
MOST_NODES = 100_000
DEEPEST = 20  # messages within messages, on the way to a tensor
INSIDE = {  # message of onnx.proto -> the number of a field -> the message in it, where a tensor may be
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph"},
    "tensor": {},
}
ELEMENTS = (4, 5, 6, 7, 9, 10, 11)  # the fields of a tensor with its elements
FIXED = {1: 8, 5: 4}  # the bytes of a number, by its wire type


class NotProtobuf(Exception):
    """The bytes are no message."""


def load(path: str) -> Any:
    """The model in a file, with its functions written out where they are called. Raises ArchcalcError."""
    onnx = needed("onnx", WHAT, "onnx")
    try:
        model = onnx.ModelProto.FromString(without_weights(mapped(path), "model"))
        if not model.graph.node:
            raise ArchcalcError("there is no network in it")
        if _size(model) > MOST_NODES:
            raise ArchcalcError(f"it has more than {MOST_NODES:,} operators")
        return _inlined(model)
    except OSError as error:
        raise ArchcalcError(f"{path}: {(error.strerror or str(error)).lower()}") from None
    except ArchcalcError as error:
        raise ArchcalcError(f"{path}: {error}") from None
    except Exception:  # the parser's own error, whose place differs between versions
        raise ArchcalcError(f"{path}: not a file of ONNX, or only a part of one") from None


def mapped(path: str) -> memoryview:
    """The bytes of a regular file, which are read as they are needed. Raises OSError, ArchcalcError."""
    with open(path, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or not status.st_size:
            raise ArchcalcError("not a file of ONNX")
        return memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))


def without_weights(data: memoryview, message: str, depth: int = 0) -> bytes:
    """A message of protobuf without the elements of large tensors. Raises NotProtobuf, ArchcalcError."""
    parts: list[memoryview | bytes] = []
    size = 0
    for field, start, body, end in _fields(data):
        inner, is_large = INSIDE[message].get(field), end - body > SMALL
        if is_large and message == "tensor" and field in ELEMENTS:
            continue
        if is_large and inner and depth < DEEPEST:
            rest = without_weights(data[body:end], inner, depth + 1)
            parts += [_varint_of(field << 3 | 2), _varint_of(len(rest)), rest]
        else:
            parts.append(data[start:end])
        size += len(parts[-1])
        if size > LARGEST:
            raise ArchcalcError(f"it is larger than {LARGEST >> 20} MiB without its weights")
    return b"".join(parts)


def _fields(data: memoryview) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a message: the number, and where it, its content and the next one start. Raises NotProtobuf."""
    start = 0
    while start < len(data):
        tag, body = _varint(data, start)
        kind, end = tag & 7, body
        if kind == 0:
            _, end = _varint(data, body)
        elif kind == 2:
            size, body = _varint(data, body)
            end = body + size
        elif kind in FIXED:
            end = body + FIXED[kind]
        else:
            raise NotProtobuf
        if end > len(data):
            raise NotProtobuf
        yield tag >> 3, start, body, end
        start = end


def _varint(data: memoryview, start: int) -> tuple[int, int]:
    """A number of protobuf, seven bits a byte, and where it ends. Raises NotProtobuf."""
    value = 0
    for place, byte in enumerate(data[start : start + 10]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, start + place + 1
    raise NotProtobuf


def _varint_of(value: int) -> bytes:
    found = []
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def _size(model: Any) -> int:
    """How many operators there are when the model's own functions are written out. Raises ArchcalcError."""
    bodies = {(function.domain, function.name): function.node for function in model.functions}

    @cache
    def size(key: tuple[str, str], depth: int) -> int:
        if depth > DEEPEST:
            raise ArchcalcError(f"its functions call each other more than {DEEPEST} deep, or in a circle")
        return nodes(bodies[key], depth + 1)

    def nodes(found: Any, depth: int) -> int:
        keys = [(node.domain, node.op_type) for node in found]
        return sum(size(key, depth) if key in bodies else 1 for key in keys)

    return nodes(model.graph.node, 0)


def _inlined(model: Any) -> Any:
    """The model without functions of its own."""
    if not model.functions:
        return model
    return needed("onnx.inliner", WHAT, "onnx").inline_local_functions(model)
