"""Layers: groups of pixels of like brightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_BINS = 4096
_SAMPLE = 2048
"""Pixels of a layer that stand for all."""
_CROWDED = 0.25


@dataclass(frozen=True)
class Layers:
    """Pixels grouped by brightness.

    Attributes
    ----------
    labels
        Layer of every pixel ``(y, x)``, from 0, the background, to the brightest.
    centres
        Mean brightness of each layer, counts, rising ``(k,)``.
    samples
        Positions in the flattened image of up to `_SAMPLE` pixels of each layer, evenly spread over it.
    crowded
        Whether the pixels of each layer lie at one place, so that what they do may be an event ``(k,)``.
    """

    labels: NDArray[np.uint8]
    centres: NDArray[np.float64]
    samples: tuple[NDArray[np.intp], ...]
    crowded: tuple[bool, ...] = ()

    @property
    def count(self) -> int:
        """How many layers there are."""
        return len(self.centres)

    def paint(self, values: NDArray) -> NDArray[np.float32]:
        """Return an image ``(y, x)`` that shows one value per layer."""
        import cv2

        table = np.zeros(256, np.float32)
        table[: self.count] = values
        return np.asarray(cv2.LUT(self.labels, table), np.float32)


def find_layers(image: NDArray, count: int, seed: int) -> Layers:
    """Group the pixels of an image by k-means (paper, Methods, hotspot area detection).

    Parameters
    ----------
    image
        Brightness ``(y, x)``, counts; blurred with a Gaussian of 1 px in the paper.
    count
        Layers wanted; an image with fewer grey values has fewer.
    seed
        The same seed gives the same layers.

    Returns
    -------
    Layers
        Sorted by brightness, so that layer 0 is the background.

    Notes
    -----
    k-means of brightness alone cuts the grey values into intervals, so it is done on their histogram of 4096 bins,
    on one thread: sums in another order would give other last digits.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    values = np.asarray(image, np.float64).ravel()
    low, high = float(values.min()), float(values.max())
    weights, edges = np.histogram(values, _BINS, (low, high if high > low else low + 1))
    used = np.flatnonzero(weights)
    levels = (0.5 * (edges[:-1] + edges[1:]))[used]
    count = min(count, len(levels))
    with threadpool_limits(1):
        fit = KMeans(count, n_init=4, random_state=seed).fit(levels[:, None], sample_weight=weights[used])
    centres = np.sort(fit.cluster_centers_[:, 0])
    cuts = 0.5 * (centres[:-1] + centres[1:])
    labels = np.searchsorted(cuts, values).astype(np.uint8)
    places = [np.flatnonzero(labels == k) for k in range(count)]
    samples = tuple(p[np.linspace(0, len(p) - 1, min(len(p), _SAMPLE)).astype(np.intp)] for p in places)
    crowded = tuple(_crowded(sample, image.shape) for sample in samples)
    return Layers(labels.reshape(image.shape), centres, samples, crowded)


def _crowded(sample: NDArray[np.intp], shape: tuple[int, ...]) -> bool:
    """Tell whether pixels lie nearer to each other than `_CROWDED` of what pixels all over the image do."""
    y, x = np.divmod(sample, shape[1])
    return bool(y.var() + x.var() < _CROWDED**2 * (shape[0] ** 2 + shape[1] ** 2) / 12)
