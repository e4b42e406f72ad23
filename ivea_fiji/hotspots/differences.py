"""Difference images of a sensor layer: what became brighter within a few frames, beyond what its layer did."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates.differences import blur
from ivea_fiji.hotspots.correction import Correction, correct
from ivea_fiji.hotspots.layers import Layers
from ivea_fiji.hotspots.threshold import eroded

_MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Differences:
    """How difference images are made.

    Attributes
    ----------
    layers
        Whose brightness is matched.
    how, theta
        As `correct` takes them.
    noise
        Noise of the differences ``(y, x)`` over that of the background, 1 where they are alike.
    """

    layers: Layers
    how: Correction
    theta: float
    noise: NDArray[np.float32]

    def __call__(self, now: NDArray[np.float32], earlier: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the difference of two blurred frames, corrected and eroded, in counts of the background."""
        return self.finish(correct(now, earlier, self.layers, self.how, self.theta) - earlier)

    def finish(self, change: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a corrected difference over the noise of its place, and eroded."""
        return eroded(change / self.noise)


def noise_of_layers(changes: NDArray[np.float32], layers: Layers) -> NDArray[np.float64]:
    """Return the standard deviation of corrected differences in each layer ``(k,)``, counts.

    Parameters
    ----------
    changes
        ``(n, y, x)``, differences of blurred frames.
    layers
        Groups of pixels.

    Notes
    -----
    1.4826 times the median absolute difference, of all frames together, so that events do not matter.
    """
    flat = changes.reshape(len(changes), -1)
    out = np.empty(layers.count)
    for k, sample in enumerate(layers.samples):
        values = flat[:, sample]
        out[k] = _MAD_TO_SD * np.median(np.abs(values - np.median(values)))
    return out


def noise_map(noise: NDArray[np.float64], layers: Layers, sigma: float) -> NDArray[np.float32]:
    """Return the noise of every place ``(y, x)`` over that of the background layer.

    Blurring adds up variances of neighbours, so that the variance is blurred as the frames were; layers without noise
    get that of the background.
    """
    base = noise[0] if noise[0] > 0 else float(noise.max())
    if base <= 0:
        return np.ones(layers.labels.shape, np.float32)
    relative = np.where(noise > 0, noise / base, 1.0)
    variance = layers.paint(relative**2)
    return np.sqrt(blur(variance[None], sigma)[0])


def darkest_strip(image: NDArray[np.float32], part: int = 12) -> tuple[slice, slice]:
    """Return the strip over the whole width, of 1/12 of the height but at least 8 rows, with the lowest mean."""
    rows = image.mean(axis=1, dtype=np.float64)
    height = min(max(len(rows) // part, 8), len(rows))
    sums = cv2.boxFilter(rows[:, None], cv2.CV_64F, (1, height), anchor=(0, 0), normalize=False,
                         borderType=cv2.BORDER_CONSTANT)[: len(rows) - height + 1, 0]  # fmt: skip
    top = int(sums.argmin())
    return slice(top, top + height), slice(0, image.shape[1])
