"""Augmented batches for training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.training.dataset import JITTER_FRAMES, JITTER_PX
from ivea_fiji.training.vectors import augmented_vectors, centred_vectors

_NOISE_SHARE = 0.25


def one_hot(label: NDArray[np.int64], class_ids: tuple[int, ...]) -> NDArray[np.float32]:
    """Return ``(n, classes)`` with a 1 at each label's column."""
    return (label[:, None] == np.array(class_ids)[None]).astype(np.float32)


def centred(x: NDArray[np.uint16], frames: int) -> NDArray[np.float32]:
    """Return stored sequences without jitter, ``(n, frames, 32, 32)``, or curves ``(n, 13, frames)``, scaled to 0-1."""
    if x.ndim == 3:
        return centred_vectors(x, frames)
    return _scaled(x[:, JITTER_FRAMES : JITTER_FRAMES + frames, JITTER_PX:-JITTER_PX, JITTER_PX:-JITTER_PX])


def augmented(x: NDArray[np.uint16], frames: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return stored sequences shifted in time and space, mirrored, turned and with noise added, scaled to 0-1.

    Parameters
    ----------
    x
        uint16 ``(n, 32, 34, 34)``, or curves of regions ``(n, 13, frames + 4)``.
    frames
        Frames of the network.
    rng
        Source of chance.
    """
    if x.ndim == 3:
        return augmented_vectors(x, frames, rng)
    n, side = len(x), x.shape[2] - 2 * JITTER_PX
    # Small shifts are more likely than large ones: the detector is mostly right.
    dt = rng.choice(np.arange(2 * JITTER_FRAMES + 1), n, p=[0.08, 0.2, 0.44, 0.2, 0.08])
    dy, dx = rng.choice(np.arange(2 * JITTER_PX + 1), (2, n), p=[0.25, 0.5, 0.25])
    turn, mirror = rng.integers(0, 4, n), rng.random(n) < 0.5
    out = np.empty((n, frames, side, side), np.float32)
    for k in range(n):
        cut = x[k, dt[k] : dt[k] + frames, dy[k] : dy[k] + side, dx[k] : dx[k] + side]
        cut = np.rot90(cut, turn[k], (1, 2))
        out[k] = cut[:, :, ::-1] if mirror[k] else cut
    noisy = np.flatnonzero(rng.random(n) < _NOISE_SHARE)
    if len(noisy):
        sd = out[noisy].std(axis=(1, 2, 3), keepdims=True) * rng.uniform(0.05, 0.5, (len(noisy), 1, 1, 1))
        out[noisy] += rng.standard_normal((len(noisy), *out.shape[1:]), dtype=np.float32) * sd.astype(np.float32)
    return _scaled(out)


def _scaled(x: NDArray) -> NDArray[np.float32]:
    x = x.astype(np.float32)
    low, high = x.min(axis=(1, 2, 3), keepdims=True), x.max(axis=(1, 2, 3), keepdims=True)
    return (x - low) / np.maximum(high - low, 1e-6)
