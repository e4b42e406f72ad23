"""What of a network learns: the whole, or what lies behind a layer, fed with what the frozen part makes of samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.progress import Progress, step

Trainable = Literal["fresh", "all", "transformer", "head"]
"""'fresh': every weight and the statistics of the normalisation; 'all': every weight, the statistics stay; the others
leave everything before a layer as it is."""
_LAST_FROZEN = {"transformer": "positions", "head": "sequence"}
_BATCH = 64


@dataclass(frozen=True)
class Parts:
    """A network in two parts that share its weights.

    Attributes
    ----------
    frozen
        From sequences to features, float16 ``(n, ...)``; None if nothing is frozen.
    learning
        From features (or sequences) to probabilities; what is compiled and fitted.
    """

    frozen: Callable[[NDArray[np.float32]], NDArray[np.float16]] | None
    learning: keras.Model


def take_apart(model: keras.Model, trainable: Trainable) -> Parts:
    """Freeze what shall not learn, before anything is compiled.

    The frozen part is no part of the network that is fitted: neither an optimiser nor the running statistics of its
    normalisation can reach it. 'head' leaves the last two dense layers to learn, as the paper's refinement means to.
    """
    for layer in model.layers:
        layer.trainable = True
    if trainable == "fresh":
        return Parts(None, model)
    if trainable == "all":
        for layer in model.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False  # which also keeps it in inference mode
        return Parts(None, model)
    cut = model.get_layer(_LAST_FROZEN[trainable])
    frozen = keras.Model(model.inputs, cut.output)
    frozen.trainable = False
    return Parts(_runner(frozen), keras.Model(cut.output, model.output))


def _runner(frozen: keras.Model) -> Callable[[NDArray[np.float32]], NDArray[np.float16]]:
    import tensorflow as tf

    call = tf.function(lambda x: tf.cast(frozen(x, training=False), tf.float16), reduce_retracing=True)

    def run(x: NDArray[np.float32]) -> NDArray[np.float16]:
        parts = [call(x[k : k + _BATCH]).numpy() for k in range(0, len(x), _BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, *frozen.output_shape[1:]), np.float16)

    return run


def features_of(
    frozen: Callable[[NDArray[np.float32]], NDArray[np.float16]],
    make: Callable[[slice], NDArray[np.float32]], count: int, progress: Progress, stage: str,
) -> NDArray[Any]:
    """Return the features of `count` sequences, which `make` gives some at a time."""
    parts = []
    for start in range(0, count, 4 * _BATCH):
        rows = slice(start, min(start + 4 * _BATCH, count))
        parts.append(frozen(make(rows)))
        step(progress, stage, rows.stop, count)
    return np.concatenate(parts) if parts else frozen(make(slice(0, 0)))
