"""The LSTM network: 13 curves over time, one convolution, one LSTM (Keras)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from ivea_fiji.networks.card import LstmConfig


@keras.saving.register_keras_serializable("ivea_fiji")
class ChangeCurves(layers.Layer):
    """Show each curve beside what changed in it.

    From ``(b, regions, t)`` to ``(b, t, 2 regions)``: the curves, and their deviation from their mean over time in
    standard deviations of all of them. What happens at a dim synapse beside a bright one vanishes in a 0-1 scale but
    not in the deviations. Ours.
    """

    def call(self, x: Any) -> Any:
        """Return the curves with time first."""
        change = x - ops.mean(x, axis=2, keepdims=True)
        change = change / (ops.sqrt(ops.mean(ops.square(change), axis=(1, 2), keepdims=True)) + 1e-4)
        return ops.transpose(ops.concatenate([2 * x - 1, change], axis=1), (0, 2, 1))

    def compute_output_shape(self, shape: tuple) -> tuple:
        """Return the shape with time first."""
        return (shape[0], shape[2], 2 * shape[1])


def build_lstm(config: LstmConfig, classes: int) -> keras.Model:
    """Build an untrained LSTM.

    Parameters
    ----------
    config
        Sizes.
    classes
        Number of classes.

    Returns
    -------
    keras.Model
        From curves ``(b, regions, samples)`` scaled to 0-1 to probabilities ``(b, classes)``.

    Notes
    -----
    After the paper (Methods, "Multivariate LSTM neural network architecture"): a convolution over time with ReLU, an
    LSTM, batch normalisation, a dense layer with softmax (Eq 8). The numbers of filters and units are not in the paper;
    the deviations beside the curves and the dropout are ours.
    """
    x = inputs = layers.Input((config.regions, config.samples), name="curves")
    x = ChangeCurves(name="change_curves")(x)
    x = layers.Conv1D(config.filters, config.kernel, padding="same", activation="relu", name="near_samples")(x)
    # Written out step by step: few and equal steps, and a graph that every runtime knows.
    x = layers.LSTM(config.units, unroll=True, name="lstm")(x)
    x = layers.BatchNormalization(momentum=0.98, name="norm")(x)
    x = layers.Dropout(config.dropout, name="dropout")(x)
    outputs = layers.Dense(classes, activation="softmax", name="classes")(x)
    return keras.Model(inputs, outputs, name="lstm")
