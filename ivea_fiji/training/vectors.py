"""Curves of 13 regions for training: stored with margins, shifted, turned and mirrored."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.synapses.regions import REGIONS, Sequence, region_vectors, scaled

JITTER_FRAMES = 2
"""Frames stored beyond each end, for shifts in time during training."""
_NOISE_SHARE = 0.25
_SHIFTS = [0.08, 0.2, 0.44, 0.2, 0.08]


def stored(before: int, after: int) -> Sequence:
    """Return what is stored of sequences with so many frames before and after the event."""
    before, after = before + JITTER_FRAMES, after + JITTER_FRAMES
    return Sequence(before, after, before + after + 1)


def store(means: NDArray[np.float32], first: NDArray, sequence: Sequence) -> NDArray[np.uint16]:
    """Return the curves that begin at frames `first`, each sample scaled to 0-65535, uint16 ``(n, 13, t)``."""
    return (region_vectors(means, first, sequence) * 65535).astype(np.uint16)


def joined(parts: Iterable[NDArray[np.uint16]], sequence: Sequence) -> NDArray[np.uint16]:
    """Put stored curves together, of which there may be none."""
    return np.concatenate([np.zeros((0, REGIONS, sequence.samples), np.uint16), *parts])


def centred_vectors(x: NDArray[np.uint16], samples: int) -> NDArray[np.float32]:
    """Return stored curves without their margins, ``(n, 13, samples)`` scaled to 0-1."""
    return scaled(x[:, :, JITTER_FRAMES : JITTER_FRAMES + samples].astype(np.float32))


def augmented_vectors(x: NDArray[np.uint16], samples: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return stored curves shifted in time, their places turned and mirrored, some with noise added, scaled to 0-1.

    Parameters
    ----------
    x
        uint16 ``(n, 13, samples + 4)``.
    samples
        Values of the network.
    rng
        Source of chance.
    """
    n = len(x)
    start = rng.choice(2 * JITTER_FRAMES + 1, n, p=_SHIFTS)
    at = start[:, None] + np.arange(samples)
    out = np.take_along_axis(x, at[:, None, :], axis=2).astype(np.float32)
    turn, mirror = rng.integers(0, 4, n), rng.random(n) < 0.5
    out = np.take_along_axis(out, _places()[turn, mirror.astype(int)][:, :, None], axis=1)
    noisy = np.flatnonzero(rng.random(n) < _NOISE_SHARE)
    sd = out[noisy].std(axis=(1, 2), keepdims=True) * rng.uniform(0.05, 0.4, (len(noisy), 1, 1))
    out[noisy] += rng.standard_normal((len(noisy), *out.shape[1:]), dtype=np.float32) * sd.astype(np.float32)
    return scaled(out)


def _places() -> NDArray[np.int64]:
    """Return which region takes the place of each one if the square is turned and mirrored, ``(4, 2, 13)``."""
    out = np.zeros((4, 2, REGIONS), np.int64)
    for turn in range(4):
        for mirror in range(2):
            quadrant = np.roll(np.arange(4), turn)
            if mirror:
                quadrant = quadrant[[1, 0, 3, 2]]
            out[turn, mirror, 1:] = np.concatenate([1 + 4 * ring + quadrant for ring in range(3)])
    return out
