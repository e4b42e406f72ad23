"""Where a simulated movie is drawn: Gaussian spots on a stack, with the truth kept beside them."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from ivea_fiji.simulation.truth import TrueEvent


def log_uniform(rng: Generator, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def add_spots(
    stack: NDArray[np.float32], frame: NDArray, y: ArrayLike, x: ArrayLike, sigma: ArrayLike, amplitude: ArrayLike,
    cut: float = 3.5,
) -> None:
    """Add Gaussian spots to a stack, in place (Eq 15).

    Parameters
    ----------
    stack
        ``(t, y, x)``.
    frame, y, x, sigma, amplitude
        One spot each; scalars are repeated. Spots outside the image are clipped.
    cut
        Radius at which a spot ends, in sigma.
    """
    _, height, width = stack.shape
    frame = np.atleast_1d(frame).astype(int)
    n = len(frame)
    columns = (np.broadcast_to(np.asarray(v, float), (n,)).tolist() for v in (y, x, sigma, amplitude))
    for f, cy, cx, s, a in zip(frame.tolist(), *columns, strict=True):
        reach = cut * s
        y0, y1 = max(int(cy - reach), 0), min(int(cy + reach) + 2, height)
        x0, x1 = max(int(cx - reach), 0), min(int(cx + reach) + 2, width)
        if y0 >= y1 or x0 >= x1 or a == 0:
            continue
        gy = np.exp(-0.5 * ((np.arange(y0, y1) - cy) / s) ** 2) * a
        gx = np.exp(-0.5 * ((np.arange(x0, x1) - cx) / s) ** 2)
        stack[f, y0:y1, x0:x1] += gy[:, None] * gx


class Canvas:
    """A noise-free movie being drawn.

    Attributes
    ----------
    spots
        What vesicles and events emit above the background, ``(t, y, x)``, photon units.
    mask
        Where cells are ``(y, x)``.
    """

    def __init__(self, rng: Generator, frames: int, mask: NDArray[np.bool_]) -> None:
        self.rng = rng
        self.spots = np.zeros((frames, *mask.shape), np.float32)
        self.mask = mask
        self.time = np.arange(frames)
        self.events: list[TrueEvent] = []
        self.artefacts: list[tuple[float, float, float, float]] = []
        self._inside = np.argwhere(mask)
        self._used: list[tuple[float, float, int]] = []

    @property
    def frames(self) -> int:
        """Length of the movie."""
        return len(self.time)

    def place(self) -> tuple[float, float]:
        """Draw a place within a cell."""
        y, x = self._inside[self.rng.integers(len(self._inside))]
        return float(y + self.rng.uniform(-0.5, 0.5)), float(x + self.rng.uniform(-0.5, 0.5))

    def moment(self, distance: float, wait: int) -> tuple[float, float, int]:
        """Draw a place and time away from earlier ones, so that the truth of each event is clear."""
        for _ in range(30):
            y, x = self.place()
            t = int(self.rng.integers(1, self.frames - 1))
            if all(np.hypot(y - v, x - u) > distance or abs(t - s) > wait for v, u, s in self._used):
                break
        self._used.append((y, x, t))
        return y, x, t

    def add(self, frame: ArrayLike, y: ArrayLike, x: ArrayLike, sigma: ArrayLike, amplitude: ArrayLike) -> None:
        """Draw spots; see `add_spots`."""
        add_spots(self.spots, np.asarray(frame), y, x, np.maximum(sigma, 0.35), amplitude)

    def note(self, class_id: int, frame: ArrayLike, y: ArrayLike, x: ArrayLike) -> None:
        """Write down that something that is not fusion goes on at these frames and places."""
        f, v, u = np.broadcast_arrays(*(np.atleast_1d(np.asarray(a, float)) for a in (frame, y, x)))
        rows = zip(f.tolist(), v.tolist(), u.tolist(), strict=True)
        self.artefacts.extend((float(class_id), a, b, c) for a, b, c in rows)


def walk(rng: Generator, n: int, how: str) -> NDArray[np.float64]:
    """Draw the way of a vesicle relative to its start.

    Parameters
    ----------
    rng
        Source of chance.
    n
        Frames.
    how
        'still', 'confined', 'brownian' or 'directed' (stop and go).

    Returns
    -------
    ndarray
        ``(n, 2)``: y and x in px.
    """
    if how == "directed":
        speed = rng.uniform(0.3, 3.0)
        angle = np.cumsum(rng.normal(0, 0.25, n)) + rng.uniform(0, 2 * np.pi)
        going = np.zeros(n)
        t = 0
        while t < n:
            stay = int(rng.exponential(25)) + 2
            going[t : t + stay] = rng.random() < 0.35
            t += stay
        steps = np.stack([np.sin(angle), np.cos(angle)], 1) * speed * going[:, None] + rng.normal(0, 0.1, (n, 2))
        return np.cumsum(steps, 0)
    if how == "confined":
        size, pull = rng.uniform(0.1, 0.8), rng.uniform(0.05, 0.4)
        way = np.zeros((n, 2))
        kicks = rng.normal(0, size * np.sqrt(2 * pull), (n, 2))
        for i in range(1, n):
            way[i] = way[i - 1] * (1 - pull) + kicks[i]
        return way
    step = rng.uniform(0, 0.06) if how == "still" else rng.uniform(0.08, 0.5)
    return np.cumsum(rng.normal(0, step, (n, 2)), 0)
