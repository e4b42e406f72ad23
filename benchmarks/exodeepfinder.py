"""ExoDeepFinder's published network as a peer, run as favourably as possible.

The network is rebuilt from its published description: a 3-D U-Net that pools in x and y only, with 903,027 parameters.
Its weights are GPL-3.0 and not part of this project: `pip download --no-binary :all: --no-deps exodeepfinder` gets
a source distribution that holds them as ``examples/analyze/in/net_weights_FINAL.h5``.

Normalisation (1st to 99th percentile of every frame), the largest of three class scores, and mean shift of radius 5
over the voxels of exocytosis are the peer's. The tiling is not: where its own computes every voxel 4 to 27 times, here
whole frames run in blocks with 20 frames of overlap, more than the network sees. The score of an event is the size of
its cluster, by which the peer's own evaluation chooses.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.evaluation import Marks

PARAMETERS = 903_027
_EXOCYTOSIS = 2
_BLOCK, _OVERLAP = 60, 20
_BANDWIDTH = 5


class ExoDeepFinder:
    """Finds events with the published weights."""

    name = "ExoDeepFinder"
    thresholds: tuple[float, ...] = (0, 5, 10, 20, 30, 40, 50, 60)
    """Smallest sizes of a cluster to choose from, voxels; an ideal event has 63."""

    def __init__(self, weights: Path) -> None:
        import tensorflow as tf

        network = build_network()
        if network.count_params() != PARAMETERS:
            raise RuntimeError(f"The network has {network.count_params()} parameters instead of {PARAMETERS}.")
        network.load_weights(weights)
        self._predict = tf.function(lambda x: network(x, training=False), reduce_retracing=True)

    def find(self, movie: Path, frames: NDArray[np.uint16]) -> Marks:
        """Return the events of a movie ``(t, y, x)`` with the sizes of their clusters as probability."""
        from sklearn.cluster import MeanShift

        voxels = np.argwhere(self._labels(normalise(frames)) == _EXOCYTOSIS)
        if not len(voxels):
            return Marks.of([], [], [])
        cluster = MeanShift(bandwidth=_BANDWIDTH, bin_seeding=True).fit(voxels).labels_
        size = np.bincount(cluster)
        t, y, x = (np.bincount(cluster, voxels[:, axis]) / size for axis in range(3))
        return Marks.of(t, y, x, probability=size)

    def _labels(self, movie: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the class of every voxel. Sides are filled up to a multiple of 4, as the pooling needs."""
        frames, height, width = movie.shape
        padded = np.pad(movie, ((0, 0), (0, -height % 4), (0, -width % 4)), mode="edge")
        labels = np.empty(movie.shape, np.uint8)
        for start in range(0, frames, _BLOCK):
            stop, first = min(frames, start + _BLOCK), max(0, start - _OVERLAP)
            score = self._predict(padded[None, first : min(frames, stop + _OVERLAP), :, :, None]).numpy()[0]
            labels[start:stop] = score[start - first : stop - first, :height, :width].argmax(-1)
        return labels


def normalise(movie: NDArray) -> NDArray[np.float32]:
    """Return the movie with the 1st and 99th percentile of each frame at 0 and 1."""
    low, high = np.percentile(movie, (1, 99), axis=(1, 2), keepdims=True)
    return ((movie - low) / np.maximum(high - low, 1e-6)).astype(np.float32)


def build_network() -> Any:
    """Return the network for movies ``(n, t, y, x, 1)``, sides in x and y a multiple of 4."""
    from keras import Input, Model, layers

    def convolve(x: Any, *filters: int, size: int = 3) -> Any:
        for count in filters:
            x = layers.Conv3D(count, size, padding="same", activation="relu")(x)
        return x

    def half(x: Any) -> Any:
        return layers.MaxPooling3D((1, 2, 2))(x)

    def double(x: Any, filters: int) -> Any:
        return convolve(layers.UpSampling3D((1, 2, 2))(x), filters, size=2)

    movie = Input((None, None, None, 1))
    fine = convolve(movie, 32, 32)
    middle = convolve(half(fine), 48, 48)
    coarse = convolve(half(middle), 64, 64, 64, 64)
    up = convolve(layers.Concatenate()([double(coarse, 64), middle]), 48, 48)
    up = convolve(layers.Concatenate()([double(up, 48), fine]), 32, 32)
    return Model(movie, layers.Conv3D(3, 1, padding="same", activation="softmax")(up))
