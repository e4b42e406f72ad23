"""Models of the original program: ``model_config.json`` beside a TensorFlow SavedModel, converted to ONNX.

A SavedModel is a program of TensorFlow's operators, some of which read and write files. Its graph is therefore read
and compared with a list of operators that networks consist of before TensorFlow is asked to load it.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from ivea_fiji.errors import MissingDependencyError, ModelError
from ivea_fiji.events.classes import BY_ID
from ivea_fiji.events.suppression import SAME_SITE_FRAMES
from ivea_fiji.networks.card import CARD, ONNX, SAMPLE, ClassEntry, GraphConfig, ModelCard, sha256

CONFIG = "model_config.json"
GRAPH = "saved_model.pb"
_SIGNATURE = "serving_default"
_KEYS = ("num_fusion", "num_classes", "timeseries", "more_frames")
_MOST_BYTES = 500_000_000
_SAMPLES = 4
_ADVICE = "ask its author for the whole folder"
OPERATORS = frozenset("""
Abs Add AddN AddV2 All Any ArgMax Assert AssignVariableOp AvgPool AvgPool3D BatchMatMul BatchMatMulV2 BatchMatMulV3
BiasAdd BroadcastTo Cast Concat ConcatV2 Const Conv2D Conv3D DepthwiseConv2dNative DisableCopyOnRead Div DivNoNan
Einsum Elu Equal Erf Erfc Exp ExpandDims Fill Floor FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3
Gather GatherNd GatherV2 Greater GreaterEqual Identity IdentityN LeakyRelu Less LessEqual Log Log1p LogSoftmax
LogicalAnd LogicalNot LogicalOr MatMul Max MaxPool MaxPool3D Maximum Mean Min Minimum Mul Neg NoOp NotEqual OneHot Pack
Pad PadV2 PartitionedCall Placeholder PlaceholderWithDefault Pow Prod Range Rank ReadVariableOp RealDiv Reciprocal Relu
Relu6 Reshape ResourceGather Rsqrt Select SelectV2 Selu Shape Sigmoid Sign Size Slice Snapshot Softmax Softplus Split
SplitV Sqrt Square SquaredDifference Squeeze StatefulPartitionedCall StopGradient StridedSlice Sub Sum Tanh Tile
Transpose Unpack VarHandleOp VarIsInitializedOp Where ZerosLike
""".split())
"""What networks consist of; none of it touches files."""
_CHECKPOINT = frozenset(
    "MergeV2Checkpoints RestoreV2 SaveV2 ShardedFilename StaticRegexFullMatch StringJoin".split()
)
"""What weights are saved and restored with; TensorFlow writes it beside the network and does not run it here."""
_OBJECTS = frozenset(("user_object", "function", "variable", "bare_concrete_function", "constant", "captured_tensor"))


def is_original(folder: Path) -> bool:
    """Tell whether a folder holds a model of the original program."""
    return (folder / CONFIG).is_file()


def convert(source: Path, folder: Path, name: str) -> None:
    """Convert a model of the original program into a model folder.

    Parameters
    ----------
    source
        Folder with ``model_config.json``, ``saved_model.pb`` and ``variables``.
    folder
        The new model folder; made.
    name
        What the model is to be called.

    Raises
    ------
    ModelError
        If it is damaged, has operators that networks do not need, or does not fit its description.
    MissingDependencyError
        If TensorFlow or tf2onnx is not installed.
    """
    told = _read_config(source)
    check_graph(source)
    tf, tf2onnx = _tools()
    frames = told["timeseries"] + told["more_frames"]
    try:
        network, size = _network(tf, source, frames)
        shape = (_SAMPLES, frames, size, size)
        rng = np.random.default_rng(0)
        patches = rng.integers(0, 256, shape, dtype=np.uint8)
        answer = np.asarray(network(tf.constant(patches.astype(np.float32) / 255)))
        if answer.shape != (_SAMPLES, told["num_classes"]):
            raise ModelError(
                f"The network answers with the shape {answer.shape[1:]}, but {CONFIG} speaks of {told['num_classes']} "
                f"classes; {_ADVICE}."
            )
        folder.mkdir()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tf2onnx.convert.from_function(network, network.input_signature, output_path=str(folder / ONNX))
    except ModelError:
        raise
    except Exception as error:  # TensorFlow and the converter raise many kinds
        what = " ".join(str(error).split())[:200]
        raise ModelError(f"The SavedModel cannot be loaded or converted ({type(error).__name__}: {what}).") from error
    np.savez_compressed(folder / SAMPLE, patches=patches, probabilities=answer.astype(np.float32))
    card = _card(name, told, size, {file: sha256(folder / file) for file in (ONNX, SAMPLE)})
    (folder / CARD).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")


def check_graph(source: Path) -> None:
    """Refuse a SavedModel whose graph holds anything but what networks consist of.

    Raises
    ------
    ModelError
        Naming the operator.
    """
    path = source / GRAPH
    if not path.is_file():
        raise ModelError(f"The model lacks its file {GRAPH}; {_ADVICE}.")
    size = sum(file.stat().st_size for file in source.rglob("*") if file.is_file())
    if size > _MOST_BYTES or any(file.is_symlink() for file in source.rglob("*")):
        raise ModelError("The SavedModel is far too large or holds links; it was not imported.")
    _tools()
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString(path.read_bytes())
    except DecodeError as error:
        raise ModelError(f"{GRAPH} is damaged; {_ADVICE}.") from error
    if not saved.meta_graphs:
        raise ModelError(f"{GRAPH} holds no network; {_ADVICE}.")
    for meta in saved.meta_graphs:
        _check_meta(meta)


def _check_meta(meta: Any) -> None:
    """Compare every operator with what is allowed where it stands."""
    if not meta.HasField("object_graph_def") or meta.asset_file_def:
        raise ModelError("The SavedModel is of TensorFlow 1 or has files beside it; it was not imported.")
    functions = {f.signature.name: {node.op for node in f.node_def} for f in meta.graph_def.library.function}
    files = {name for name, ops in functions.items() if ops & _CHECKPOINT}
    for nodes in functions.values():
        _refuse(nodes - OPERATORS - _CHECKPOINT - functions.keys())
    _refuse({node.op for node in meta.graph_def.node} - OPERATORS - _CHECKPOINT - functions.keys())
    # Saving and restoring must not be part of what a network does.
    called = {name for f in meta.graph_def.library.function for node in f.node_def for name in _called(node)}
    _refuse((called | set(meta.object_graph_def.concrete_functions)) & files)
    _refuse({node.WhichOneof("kind") or "" for node in meta.object_graph_def.nodes} - _OBJECTS - {""})


def _called(node: Any) -> list[str]:
    """Return the functions a node names."""
    inside = [value.func.name for value in node.attr.values() if value.func.name]
    return [node.op, *inside, *(f.name for value in node.attr.values() for f in value.list.func)]


def _refuse(strange: set[str]) -> None:
    if strange:
        raise ModelError(
            f"The SavedModel uses '{min(strange)[:80]}', which no network of IVEA needs; it was not imported."
        )


def _network(tf: Any, source: Path, frames: int) -> tuple[Any, int]:
    """Return the network as a function of sequences ``(n, frames, side, side)``, and the side."""
    loaded = tf.saved_model.load(str(source))
    if _SIGNATURE not in loaded.signatures:
        raise ModelError(f"The SavedModel has no signature '{_SIGNATURE}'; {_ADVICE}.")
    signature = loaded.signatures[_SIGNATURE]
    inputs = signature.structured_input_signature[1]
    if len(inputs) != 1 or len(signature.structured_outputs) != 1:
        raise ModelError(f"The network has {len(inputs)} inputs, and IVEA gives it one; {_ADVICE}.")
    (key, spec), = inputs.items()
    shape = spec.shape.as_list()
    channel = len(shape) == 5 and shape[4] == 1
    if len(shape) != 4 + channel or shape[1] != frames or shape[2] != shape[3] or not shape[2]:
        raise ModelError(
            f"The network wants input of the shape {shape}, but {CONFIG} speaks of {frames} frames of square patches."
        )

    @tf.function(input_signature=[tf.TensorSpec((None, *shape[1:4]), tf.float32, name="patches")])
    def network(patches: Any) -> Any:
        given = tf.expand_dims(patches, -1) if channel else patches
        return next(iter(signature(**{key: given}).values()))

    network.kept = loaded  # its variables live as long as it does
    return network, int(shape[2])


def _read_config(source: Path) -> dict[str, Any]:
    try:
        told = json.loads((source / CONFIG).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{CONFIG} is damaged; {_ADVICE}.") from error
    if not isinstance(told, dict):
        raise ModelError(f"{CONFIG} is damaged; {_ADVICE}.")
    for key in _KEYS:
        if isinstance(told.get(key), bool) or not isinstance(told.get(key), int) or not 0 <= told[key] <= 1000:
            raise ModelError(f"{CONFIG} lacks a usable '{key}'; {_ADVICE}.")
    if not 1 <= told["num_fusion"] < told["num_classes"] or told["timeseries"] < 2:
        raise ModelError(f"{CONFIG} contradicts itself; {_ADVICE}.")
    return told


def _card(name: str, told: dict[str, Any], size: int, files: dict[str, str]) -> ModelCard:
    frames, before = told["timeseries"] + told["more_frames"], told["timeseries"] // 2
    ids = [*range(told["num_fusion"]), *(-k for k in range(1, told["num_classes"] - told["num_fusion"] + 1))]
    own = str(told.get("model_name") or "a model of the original program")[:100]
    radius = told.get("patch_radius")
    advice = f" It was trained with a vision radius of {radius} px." if isinstance(radius, int) else ""
    return ModelCard(
        name=name, version="1", title=own,
        description=f"Converted from the original program's SavedModel; its probabilities are not calibrated.{advice}",
        architecture="graph", config=GraphConfig(frames=frames, size=size, converted_from="SavedModel"), before=before,
        after=frames - before - 1, classes=tuple(_entry(k) for k in ids), threshold=0.5, nu=10.0, spread_radius=1.0,
        repeat_frames=SAME_SITE_FRAMES, event_share=0.0,
        training={"program": "original IVEA", "patch_radius": radius, "model_type": str(told.get("model_type", ""))},
        metrics={}, files=files, licence="see its author",
    )  # fmt: skip


def _entry(class_id: int) -> ClassEntry:
    known = BY_ID.get(class_id)
    if known is not None:
        return ClassEntry(id=class_id, name=known.name, title=known.title)
    name = f"class_{class_id}" if class_id >= 0 else f"artefact_{-class_id}"
    return ClassEntry(id=class_id, name=name, title=name.replace("_", " "))


def _tools() -> tuple[Any, Any]:
    try:
        import tensorflow as tf
        import tf2onnx
    except ImportError:
        raise MissingDependencyError(
            "Models of the original program are converted with TensorFlow, which is not installed; run: "
            'pip install "ivea-fiji[train]"'
        ) from None
    return tf, tf2onnx
