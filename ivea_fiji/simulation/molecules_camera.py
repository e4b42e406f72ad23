"""Cameras of movies of molecules: photons to counts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage

from ivea_fiji.progress import Progress, each

_HIGHEST = 65535


class Camera:
    """A camera with all its faults, drawn at random."""

    def __init__(self, rng: Generator, shape: tuple[int, int], counts: float) -> None:
        """Draw a camera that shows so many counts per photon."""
        self._rng, self.gain = rng, counts
        self.electron = bool(rng.random() < 0.4)
        self._offset = np.full(shape, rng.uniform(80, 500))
        self._row = rng.choice([0.0, rng.uniform(0.05, 0.6)], p=[0.7, 0.3])
        if self.electron:  # the register doubles the variance and makes read noise small
            self._scale = np.ones(shape)
            self._read = np.full(shape, rng.uniform(0.05, 0.4))
        else:
            self._scale = rng.normal(1, rng.uniform(0.002, 0.02), shape).clip(0.8, 1.2)
            self._read = rng.uniform(0.8, 2.5) * np.exp(rng.normal(0, rng.uniform(0.1, 0.35), shape))
            self._offset += counts * rng.normal(0, rng.uniform(0.1, 1.0), shape)
            self._offset += counts * rng.normal(0, rng.choice([0.0, 0.4]), (1, shape[1]))
        hot = rng.random(shape) < np.exp(rng.uniform(np.log(1e-6), np.log(5e-4)))
        self._offset += counts * hot * rng.exponential(rng.uniform(5, 80), shape)
        self._smooth = bool(rng.random() < 0.08)

    def told(self) -> dict[str, Any]:
        """Return what was drawn, for the record."""
        return {"camera": "EMCCD" if self.electron else "sCMOS", "counts_per_photon": self.gain,
                "row_noise_electrons": float(self._row), "smoothed": self._smooth}  # fmt: skip

    def record(
        self, light: NDArray[np.float32], extra: list[tuple[int, int, int, float]], progress: Progress | None
    ) -> NDArray[np.uint16]:
        """Return counts ``(t, y, x)`` of photons; `extra` has frames, rows, columns and electrons of stray hits."""
        rng, shape = self._rng, light.shape[1:]
        out = np.empty(light.shape, np.uint16)
        stray = np.zeros(light.shape[1:])
        for t in each(range(len(light)), progress, "recording frames"):
            seen = rng.poisson(light[t]).astype(np.float32)
            if self.electron:
                seen = rng.standard_gamma(seen, dtype=np.float32)
            stray[:] = 0
            for frame, y, x, electrons in extra:
                if frame == t:
                    stray[y, x] += electrons
            seen += self._read * rng.standard_normal(shape, np.float32) + stray
            seen += self._row * rng.standard_normal((shape[0], 1))
            counts = self._offset + self.gain * self._scale * seen
            if self._smooth:
                counts = ndimage.uniform_filter(counts, 3, mode="nearest") * 0.5 + counts * 0.5
            out[t] = np.clip(np.rint(counts), 0, _HIGHEST)
        return out


def stray_hits(
    rng: Generator, frames: int, shape: tuple[int, int], height: float
) -> tuple[list[tuple[int, int, int, float]], list[tuple[int, int, int]]]:
    """Draw cosmic hits, one frame each and 1-4 px long, and pixels that jump between two levels.

    Returns
    -------
    list
        Frame, row, column and electrons.
    list
        Frame, row and column of what begins or ends.
    """
    hits, rows = [], []
    area = shape[0] * shape[1] / 256**2 * frames / 200
    for _ in range(rng.poisson(np.exp(rng.uniform(np.log(0.2), np.log(20))) * area)):
        t, y, x = (int(rng.integers(n)) for n in (frames, *shape))
        step, bright = rng.integers(-1, 2, 2), height * rng.uniform(0.5, 10)
        for k in range(int(rng.integers(1, 5))):
            place = y + k * int(step[0]), x + k * int(step[1])
            if 0 <= place[0] < shape[0] and 0 <= place[1] < shape[1]:
                hits.append((t, *place, bright))
        rows.append((t, y, x))
    for _ in range(rng.poisson(rng.choice([0, 4]) * area)):
        y, x = (int(rng.integers(n)) for n in shape)
        turns = np.cumsum(rng.exponential(np.exp(rng.uniform(0, np.log(frames))), 40)).astype(int)
        bright = height * rng.uniform(0.3, 2)
        on = np.searchsorted(turns, np.arange(frames), side="right") % 2
        hits += [(int(t), y, x, bright) for t in np.flatnonzero(on)]
        rows += [(int(t) + 1, y, x) for t in np.flatnonzero(np.diff(on))]
    return hits, rows
