"""What objects of widefield movies are made of: clouds of light on a stage, seen through exposures of a camera."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import lfilter

PARTS = 4
"""Parts into which a frame is divided, so that what moves or changes during an exposure is smeared."""


@dataclass(frozen=True)
class Thing:
    """One object."""

    name: str
    clouds: NDArray[np.float64]
    """Rows (frame, y px, x px, depth um, standard deviation px, light), sorted in no way."""
    classes: tuple[int, int]
    """Classes of artefact that its rises and its falls are."""
    released: tuple[int, ...] = ()
    """Frames in which it was drawn to fuse."""
    part: bool = False
    """True for a piece of something larger: what it does alone is no moment."""


@dataclass
class Stage:
    """Where and when everything happens; draws from one source of chance."""

    rng: Generator
    frames: int
    height: int
    width: int
    pixel_um: float
    interval_s: float
    unit: float
    """Light of a typical vesicle, photoelectrons in a frame."""
    exposed: int
    """Parts of `PARTS` in which the camera looks."""
    excitation: Callable[[NDArray], NDArray]
    """How bright light at a depth (um) is made."""
    fading: NDArray[np.float64]
    """Bleaching of everything ``(t,)``."""
    cell: NDArray[np.float32]
    """Where there are cells ``(y, x)``, 0 to 1."""

    def __post_init__(self) -> None:
        self.time = (np.arange(self.frames * PARTS) + 0.5) / PARTS
        """Middles of the parts of frames, frames."""

    def log(self, low: float, high: float) -> float:
        """Draw log-uniformly."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def chance(self, p: float) -> bool:
        """Return True with probability `p`."""
        return bool(self.rng.random() < p)

    def sign(self) -> int:
        """Return -1 or 1."""
        return 1 if self.chance(0.5) else -1

    def place(self) -> tuple[float, float]:
        """Draw a place, most often within a cell."""
        for _ in range(12):
            y, x = self.rng.uniform(0, self.height - 1), self.rng.uniform(0, self.width - 1)
            if self.rng.random() < self.cell[int(y), int(x)] + 0.03:
                break
        return float(y), float(x)

    def size(self) -> float:
        """Draw the standard deviation of a vesicle itself, px."""
        return self.log(0.02, 0.16) / self.pixel_um

    def strength(self) -> float:
        """Draw the light of a vesicle."""
        return self.unit * self.log(0.35, 2.6)

    def walk(self, step: float, n: int | None = None) -> NDArray[np.float64]:
        """Return a random walk ``(2, parts)`` from 0 with a standard deviation of `step` px a frame."""
        shape = (2, n or len(self.time))
        return np.cumsum(self.rng.normal(0, step / np.sqrt(PARTS), shape), axis=1)

    def tether(self, spread: float, memory: float = 5.0) -> NDArray[np.float64]:
        """Return a walk ``(2, parts)`` that is drawn back, with a standard deviation of `spread` px."""
        return np.stack([self.wander(spread, memory) for _ in range(2)])

    def wander(self, spread: float, memory: float) -> NDArray[np.float64]:
        """Return noise ``(parts,)`` with mean 0 that forgets within `memory` frames."""
        keep = np.exp(-1 / (PARTS * memory))
        noise = self.rng.normal(0, spread * np.sqrt(1 - keep**2), len(self.time))
        return lfilter([1.0], [1.0, -keep], noise, zi=[keep * self.rng.normal(0, spread)])[0]

    def window(self, start: float, end: float, rise: float = 0.0, fall: float = 0.0) -> NDArray[np.float64]:
        """Return 1 from `start` to `end` (frames), with ramps of `rise` before and `fall` frames after, else 0."""
        up = (self.time - start) / max(rise, 1e-6) + 1
        down = (end - self.time) / max(fall, 1e-6) + 1
        return np.clip(np.minimum(up, down), 0, 1)

    def expose(
        self,
        light: NDArray | float,
        y: NDArray | float,
        x: NDArray | float,
        z: NDArray | float = 0.0,
        sigma: NDArray | float = 0.0,
    ) -> NDArray[np.float64]:
        """Return what exposures see of one cloud, as rows of `Thing.clouds`.

        Parameters
        ----------
        light
            Light in every part of a frame ``(parts,)``, photoelectrons a frame; bleaching and depth not included.
        y, x, sigma
            Its middle and standard deviation, px.
        z
            Its depth, um.
        """
        shape = (self.frames, PARTS)
        given, y, x, z, sigma = (
            np.broadcast_to(np.asarray(v, float), self.time.shape).reshape(shape)[:, : self.exposed]
            for v in (light, y, x, z, sigma)
        )
        seen = given * self.excitation(z)
        total = seen.sum(1)
        t = np.flatnonzero(total > 1e-3 * self.unit)
        share = seen[t] / total[t, None]
        cy, cx, cz = ((share * v[t]).sum(1) for v in (y, x, z))
        smear = (share * ((y[t] - cy[:, None]) ** 2 + (x[t] - cx[:, None]) ** 2)).sum(1) / 2
        wide = np.sqrt((share * sigma[t] ** 2).sum(1) + smear)
        return np.column_stack([t, cy, cx, cz, wide, total[t] / self.exposed * self.fading[t]])
