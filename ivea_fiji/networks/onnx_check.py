"""Look into an ONNX file before anything loads it: standard operators only, nothing outside the file, no loops.

Only the fields that matter are read, straight from the file's protocol buffer, so no other package is needed. Field
numbers are those of onnx.proto.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from ivea_fiji.errors import ModelError

STANDARD_DOMAINS = (b"", b"ai.onnx")
FORBIDDEN_OPS = frozenset((
    b"Loop", b"Scan", b"If", b"SequenceMap", b"Bernoulli", b"Multinomial", b"RandomNormal", b"RandomNormalLike",
    b"RandomUniform", b"RandomUniformLike",
))  # fmt: skip
"""What may never end, or answer differently every time; no network here needs it."""
_LARGEST = 1_000_000_000
_DEEPEST = 4
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

_MODEL_GRAPH, _MODEL_OPSET, _MODEL_TRAINING, _MODEL_FUNCTIONS = 7, 8, 20, 25
_OPSET_DOMAIN, _OPSET_VERSION = 1, 2
_GRAPH_NODE, _GRAPH_TENSORS, _GRAPH_SPARSE = 1, 5, 15
_NODE_OP, _NODE_ATTRIBUTE, _NODE_DOMAIN = 4, 5, 7
_ATTRIBUTE_TENSORS, _ATTRIBUTE_GRAPHS, _ATTRIBUTE_SPARSE = (5, 10), (6, 11), (22, 23)
_SPARSE_TENSORS = (1, 2)
_TENSOR_EXTERNAL, _TENSOR_LOCATION = 13, 14


class _Damaged(Exception):
    """The bytes are no protocol buffer."""


def check_onnx(path: Path) -> int:
    """Check an ONNX file and return the version of its operator set.

    Raises
    ------
    ModelError
        If it is damaged, refers to other files, or uses operators that are not standard or not allowed.
    """
    if path.stat().st_size > _LARGEST:
        raise ModelError(f"The network '{path.name}' is too large ({path.stat().st_size >> 20} MB).")
    try:
        data = path.read_bytes()
        version = _check_model(memoryview(data))
        again = _as_protobuf_reads(data)
        if again is not None and _check_model(memoryview(again)) != version:
            raise _Damaged
        return version
    except _Damaged as error:
        raise ModelError(f"The network '{path.name}' is damaged or no ONNX file; export the model again.") from error


def _as_protobuf_reads(data: bytes) -> bytes | None:
    """Return the network as the protocol buffers of the onnx package read and write it; None if that is not installed.

    What two readers understand differently could pass one and be run by the other.
    """
    if importlib.util.find_spec("onnx") is None:
        return None
    import onnx

    try:
        return bytes(onnx.load_model_from_string(data).SerializeToString())
    except Exception as error:  # its parser raises errors of its own kinds
        raise _Damaged from error


def _check_model(data: memoryview) -> int:
    version, graphs = 0, 0
    for number, value in _fields(data):
        if number == _MODEL_GRAPH:
            graphs += 1
            _check_graph(_bytes(value), 0)
        elif number == _MODEL_OPSET:
            domain = _last(_bytes(value), _OPSET_DOMAIN)
            told = [v for n, v in _fields(_bytes(value)) if n == _OPSET_VERSION]
            if domain in STANDARD_DOMAINS and told and isinstance(told[0], int):
                version = told[0]
        elif number in (_MODEL_FUNCTIONS, _MODEL_TRAINING):
            raise ModelError("The network defines operators of its own, which is not allowed; export it without them.")
    if graphs != 1:
        raise _Damaged
    return version


def _check_graph(data: memoryview, depth: int) -> None:
    if depth > _DEEPEST:
        raise ModelError("The network nests graphs too deeply.")
    for number, value in _fields(data):
        if number == _GRAPH_NODE:
            _check_node(_bytes(value), depth)
        elif number == _GRAPH_TENSORS:
            _check_tensor(_bytes(value))
        elif number == _GRAPH_SPARSE:
            _check_sparse(_bytes(value))


def _check_node(data: memoryview, depth: int) -> None:
    op, domain = _last(data, _NODE_OP), _last(data, _NODE_DOMAIN)
    if domain not in STANDARD_DOMAINS:
        raise ModelError(
            f"The network uses the operator '{_text(op)}' of '{_text(domain)}', and only standard ONNX operators are "
            "allowed."
        )
    if op in FORBIDDEN_OPS:
        raise ModelError(f"The network uses the operator '{_text(op)}', which is not allowed in a model.")
    for number, value in _fields(data):
        if number != _NODE_ATTRIBUTE:
            continue
        for part, inner in _fields(_bytes(value)):
            if part in _ATTRIBUTE_TENSORS:
                _check_tensor(_bytes(inner))
            elif part in _ATTRIBUTE_GRAPHS:
                _check_graph(_bytes(inner), depth + 1)
            elif part in _ATTRIBUTE_SPARSE:
                _check_sparse(_bytes(inner))


def _check_sparse(data: memoryview) -> None:
    for number, value in _fields(data):
        if number in _SPARSE_TENSORS:
            _check_tensor(_bytes(value))


def _check_tensor(data: memoryview) -> None:
    for number, value in _fields(data):
        if number == _TENSOR_EXTERNAL or (number == _TENSOR_LOCATION and value != 0):
            raise ModelError("The network keeps weights in other files, which is not allowed; save it as one file.")


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Yield the fields of a message: number, and bytes or whole number."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if key >= 1 << 32:  # protocol buffers drop the higher bits: another field than it seems
            raise _Damaged
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in (_FIXED64, _FIXED32):
            size = 8 if kind == _FIXED64 else 4
        else:
            raise _Damaged
        if number == 0 or at + size > len(data):
            raise _Damaged
        yield number, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for k in range(10):
        if at + k >= len(data):
            raise _Damaged
        value |= (data[at + k] & 0x7F) << (7 * k)
        if data[at + k] < 0x80:
            return value, at + k + 1
    raise _Damaged


def _bytes(value: memoryview | int) -> memoryview:
    if isinstance(value, int):
        raise _Damaged
    return value


def _last(data: memoryview, number: int) -> bytes:
    """Return the last value of a text field, as protocol buffers are read; empty if it is not there."""
    found = [bytes(_bytes(value)) for n, value in _fields(data) if n == number]
    return found[-1] if found else b""


def _text(value: bytes) -> str:
    return value[:60].decode(errors="replace")
