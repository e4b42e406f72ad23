"""One small interface to run a network, whatever runs it."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MissingDependencyError, ModelError
from ivea_fiji.networks.card import SECOND_STAGE, ModelCard, ModelFolder
from ivea_fiji.second_stage.stage import SecondStage

_BATCH = 32


class Classifier(Protocol):
    """Something that tells classes of patch sequences."""

    def predict(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities ``(n, classes)`` of sequences ``(n, frames, 32, 32)``."""


class OnnxClassifier:
    """A network run by ONNX Runtime: starts in a fraction of a second and is fastest on a plain processor."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        stat = path.stat()
        self._workers = threads or os.cpu_count() or 1
        self._session = _session(path, stat.st_size, stat.st_mtime_ns)
        self._input = self._session.get_inputs()[0].name

    def predict(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities ``(n, classes)``."""
        batches = [patches[k : k + _BATCH] for k in range(0, len(patches), _BATCH)]
        with ThreadPoolExecutor(self._workers) as pool:
            return np.concatenate(list(pool.map(lambda b: self._session.run(None, {self._input: b})[0], batches)))


@lru_cache(maxsize=2)
def _session(path: Path, size: int, modified: int) -> Any:
    """Load a file once: in a batch of small movies, loading would take as long as the rest."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Convolutions this small gain little from threads within; several batches at once use all of them.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class KerasClassifier:
    """A Keras model in memory, run by TensorFlow, as it was trained."""

    def __init__(self, model: Any) -> None:
        import tensorflow as tf

        self._call = tf.function(lambda x: model(x, training=False), reduce_retracing=True)

    def predict(self, patches: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return probabilities ``(n, classes)``."""
        parts = [self._call(patches[k : k + _BATCH]).numpy() for k in range(0, len(patches), _BATCH)]
        return np.concatenate(parts)


def _load_onnx(folder: ModelFolder, threads: int) -> Classifier:
    path = folder.checked(folder.card.onnx_file)
    try:
        return OnnxClassifier(path, threads)
    except Exception as error:  # the runtime raises many kinds
        raise ModelError(f"The network of '{folder.card.name}' cannot be loaded by ONNX Runtime.") from error


def _load_keras(folder: ModelFolder, threads: int) -> Classifier:
    try:
        import tensorflow  # noqa: F401
    except ImportError:
        raise MissingDependencyError(
            'Keras needs TensorFlow, which is not installed; run: pip install "ivea-fiji[train]"'
        ) from None
    from ivea_fiji.networks.build import build_network

    card = folder.card
    model, path = build_network(card), folder.checked(card.weights_file)
    try:
        model.load_weights(path)
    except Exception as error:  # Keras raises many kinds
        raise ModelError(f"The network of '{card.name}' cannot be loaded by Keras.") from error
    return KerasClassifier(model)


RUNTIMES: dict[str, Callable[[ModelFolder, int], Classifier]] = {"onnx": _load_onnx, "keras": _load_keras}
def needed_file(card: ModelCard, runtime: str) -> str:
    """Return the name of the file that a runtime loads."""
    return card.onnx_file if runtime == "onnx" else card.weights_file


def make_classifier(folder: ModelFolder, runtime: str = "onnx", threads: int = 0) -> Classifier:
    """Load a network into the runtime asked for."""
    return RUNTIMES[runtime](folder, threads)


def load_second_stage(folder: ModelFolder) -> SecondStage | None:
    """Return the second stage of a model, None if it has none.

    Raises
    ------
    ModelError
        If its file is missing or damaged, or was made for another version.
    """
    if SECOND_STAGE not in folder.card.files:
        return None
    path = folder.checked(SECOND_STAGE)
    try:
        return _second_stage(path, len(folder.card.classes), folder.card.files[SECOND_STAGE])
    except ValueError as error:
        raise ModelError(
            f"The second stage of the model '{folder.card.name}' is damaged or of another version; switch Second look "
            "off, or get the model again."
        ) from error


@lru_cache(maxsize=4)
def _second_stage(path: Path, classes: int, checksum: str) -> SecondStage:
    """Load a file once, as long as its checksum stays."""
    return SecondStage.load(path, classes)
