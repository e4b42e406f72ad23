"""Analytic events for the tests of the measurements."""

from __future__ import annotations

import numpy as np


class Blank:
    """A movie of which only the shape matters."""

    dtype = np.dtype(np.uint16)

    def __init__(self, shape: tuple[int, int, int]) -> None:
        self.shape = shape

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return frames of zeros."""
        return np.zeros((stop - start, *self.shape[1:]), self.dtype)


K = 9
"""Half side of the blocks: the outer radius of the ring at a search radius of 3 px."""
BEFORE, AFTER = 20, 100


def cloud(
    height: np.ndarray, variance: np.ndarray | float, *, dy: float = 0.0, dx: float = 0.0, level: float = 200.0,
    noise: float = 0.0, seed: int = 0, k: int = K,
) -> np.ndarray:  # fmt: skip
    """Return a block ``(w, 2k+1, 2k+1)`` with a Gaussian of given height and variance in every frame."""
    place = np.arange(2 * k + 1) - k
    squared = (place[:, None] - dy) ** 2 + (place - dx) ** 2
    variance = np.broadcast_to(variance, np.shape(height))
    block = level + np.asarray(height)[:, None, None] * np.exp(-squared / (2 * variance[:, None, None]))
    block = block + noise * np.random.default_rng(seed).standard_normal(block.shape)
    return block.astype(np.float32)


def time(before: int = BEFORE, after: int = AFTER) -> np.ndarray:
    """Return frames from the peak."""
    return np.arange(-before, after + 1)


def decay(amplitude: float, tau: float, before: int = BEFORE, after: int = AFTER) -> np.ndarray:
    """Return a course that jumps to `amplitude` at frame 0 and decays."""
    t = time(before, after)
    return np.where(t >= 0, amplitude * np.exp(-np.maximum(t, 0) / tau), 0.0)


def spreading(amplitude: float, sigma0: float, diffusion: float, tau: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
    """Return height and variance of a cloud that keeps (or with `tau` loses) its content while it spreads."""
    variance = sigma0**2 + 2 * diffusion * np.maximum(time(), 0)
    return decay(amplitude, tau) * sigma0**2 / variance, variance
