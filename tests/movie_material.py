"""Small movies made by hand, for the tests of detection and patches."""

from __future__ import annotations

import numpy as np

from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource


def noise(frames: int = 40, height: int = 64, width: int = 64, *, level: float = 500, sd: float = 10, seed: int = 0):
    """Return white noise ``(t, y, x)``, float32."""
    out = np.random.default_rng(seed).normal(level, sd, (frames, height, width))
    return out.astype(np.float32)


def spot(shape: tuple[int, int], y: float, x: float, sigma: float = 1.5) -> np.ndarray:
    """Return a Gaussian of height 1."""
    yy, xx = np.mgrid[: shape[0], : shape[1]]
    return np.exp(-((yy - y) ** 2 + (xx - x) ** 2) / (2 * sigma**2)).astype(np.float32)


def flash(stack: np.ndarray, t: int, y: float, x: float, height: float = 200, sigma: float = 1.5, decay: float = 4):
    """Add a spot that appears at `t` and decays, in place."""
    shape = spot(stack.shape[1:], y, x, sigma) * height
    for k, frame in enumerate(stack[t:]):
        frame += shape * np.exp(-k / decay)


def step_up(stack: np.ndarray, t: int, y: float, x: float, height: float = 200, sigma: float = 1.5):
    """Add a spot that appears at `t` and stays, in place."""
    stack[t:] += spot(stack.shape[1:], y, x, sigma) * height


def step_down(stack: np.ndarray, t: int, y: float, x: float, height: float = 200, sigma: float = 1.5):
    """Add a spot that is there until `t` and then gone, in place."""
    stack[:t] += spot(stack.shape[1:], y, x, sigma) * height


def as_movie(stack: np.ndarray, **values) -> Movie:
    """Return the frames as a movie."""
    return Movie(ArraySource(stack), "made by hand", **values)
