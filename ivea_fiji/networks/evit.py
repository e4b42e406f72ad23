"""The eViT network: a shared convolutional encoder per frame, then a transformer over time (Keras)."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from ivea_fiji.networks.card import EvitConfig


@keras.saving.register_keras_serializable("ivea_fiji")
class ChangeChannels(layers.Layer):
    """Show the encoder each frame beside what changed in it.

    From ``(b, t, h, w)`` to frames folded into the batch, ``(b t, h, w, 4)``: the frame, its deviation from the mean
    over time in standard deviations of the whole sequence, and that deviation one frame earlier and later. A dim
    event beside a bright resting vesicle vanishes in a 0-1 scale but not in the deviations. Ours.
    """

    def call(self, x: Any) -> Any:
        """Return the channels."""
        _, _, h, w = x.shape
        change = x - ops.mean(x, axis=1, keepdims=True)
        change = change / (ops.sqrt(ops.mean(ops.square(change), axis=(1, 2, 3), keepdims=True)) + 1e-4)
        before = ops.concatenate([change[:, :1], change[:, :-1]], axis=1)
        after = ops.concatenate([change[:, 1:], change[:, -1:]], axis=1)
        return ops.reshape(ops.stack([2 * x - 1, change, before, after], axis=-1), (-1, h, w, 4))

    def compute_output_shape(self, shape: tuple) -> tuple:
        """Return the shape of the channels."""
        return (None, shape[2], shape[3], 4)


@keras.saving.register_keras_serializable("ivea_fiji")
class UnfoldTime(layers.Layer):
    """Take frames out of the batch again: ``(b t, ...)`` to ``(b, t, n)``."""

    def __init__(self, frames: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.frames = frames

    def call(self, x: Any) -> Any:
        """Return one row of features per frame."""
        features = 1
        for n in x.shape[1:]:
            features *= n
        return ops.reshape(x, (-1, self.frames, features))

    def compute_output_shape(self, shape: tuple) -> tuple:
        """Return ``(b, t, n)``."""
        features = 1
        for n in shape[1:]:
            features *= n
        return (None, self.frames, features)

    def get_config(self) -> dict:
        """Return what rebuilds the layer."""
        return {**super().get_config(), "frames": self.frames}


@keras.saving.register_keras_serializable("ivea_fiji")
class Positions(layers.Layer):
    """Add a learned embedding of the place in time."""

    def build(self, shape: tuple) -> None:
        """Make the embedding."""
        self.embedding = self.add_weight(shape=shape[1:], initializer="random_normal", name="embedding")

    def call(self, x: Any) -> Any:
        """Return `x` with its positions."""
        return x + self.embedding


def build_evit(config: EvitConfig, classes: int) -> keras.Model:
    """Build an untrained eViT.

    Parameters
    ----------
    config
        Sizes.
    classes
        Number of classes.

    Returns
    -------
    keras.Model
        From ``(b, frames, 32, 32)`` scaled to 0-1 to probabilities ``(b, classes)``.

    Notes
    -----
    After the paper (Methods, "Encoder-ViT network architecture"): shared encoder of convolutions with 16/32/64
    filters, 64 features per frame, learned positions, one transformer block with residual connections, GELU, softmax.
    Departures, each for speed or accuracy on a plain processor: two-dimensional convolutions with frames folded into
    the batch and neighbouring frames as channels instead of three-dimensional ones; strides instead of pooling; batch
    normalisation in the encoder, which costs nothing once folded into the convolutions; layer normalisation in the
    transformer; a convolution over time before it.
    """
    x = inputs = layers.Input((config.frames, config.size, config.size), name="patches")
    x = ChangeChannels(name="change_channels")(x)
    for k, (filters, kernel) in enumerate(zip(config.filters, config.kernels, strict=True)):
        x = layers.Conv2D(
            filters, kernel, strides=2, padding="same", use_bias=False, kernel_initializer="he_normal",
            name=f"encoder_{k}",
        )(x)  # fmt: skip
        x = layers.BatchNormalization(momentum=0.98, name=f"encoder_norm_{k}")(x)
        x = layers.ReLU(name=f"encoder_relu_{k}")(x)
    x = UnfoldTime(config.frames, name="unfold_time")(x)
    x = layers.Dense(config.features, activation=_gelu, name="frame_features")(x)
    near = layers.Conv1D(config.features, 5, padding="same", activation=_gelu, name="near_frames")(x)
    x = Positions(name="positions")(layers.Add(name="near_added")([x, near]))
    for k in range(config.blocks):
        x = _transformer(x, config, k)
    x = layers.LayerNormalization(epsilon=1e-5, name="norm_out")(x)
    x = layers.Flatten(name="sequence")(x)
    x = layers.Dropout(config.dropout, name="dropout")(x)
    x = layers.Dense(config.features, activation=_gelu, name="head")(x)
    outputs = layers.Dense(classes, activation="softmax", name="classes")(x)
    return keras.Model(inputs, outputs, name="evit")


def _transformer(x: Any, config: EvitConfig, k: int) -> Any:
    y = layers.LayerNormalization(epsilon=1e-5, name=f"norm_a_{k}")(x)
    y = layers.MultiHeadAttention(
        config.heads, config.features // config.heads, dropout=config.dropout, name=f"attention_{k}"
    )(y, y)
    x = layers.Add(name=f"attended_{k}")([x, y])
    y = layers.LayerNormalization(epsilon=1e-5, name=f"norm_b_{k}")(x)
    y = layers.Dense(2 * config.features, activation=_gelu, name=f"mlp_a_{k}")(y)
    y = layers.Dense(config.features, name=f"mlp_b_{k}")(y)
    return layers.Add(name=f"block_{k}")([x, y])


@keras.saving.register_keras_serializable("ivea_fiji")
def _gelu(x: Any) -> Any:
    # The exact GELU needs Erfc, which ONNX does not have; the tanh form differs by less than 1e-3.
    return keras.activations.gelu(x, approximate=True)
