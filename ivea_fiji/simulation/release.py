"""What the fluorescence of a bouton does over time: spontaneous and evoked release, and NH4+."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.simulation.canvas import log_uniform


@dataclass(frozen=True)
class ReleaseRanges:
    """Limits between which release is drawn. Times in frames, amplitudes in units of the movie's typical event."""

    amplitude: tuple[float, float] = (0.3, 2.5)
    rise: tuple[float, float] = (0.2, 1.2)
    """Time constant of the rise of a fusion."""
    decay: tuple[float, float] = (9.0, 90.0)
    """Time constant with which the light of a fusion is lost (endocytosis, acidification)."""
    hold: tuple[int, int] = (0, 8)
    """Frames of a plateau before that."""
    short_hold: tuple[int, int] = (1, 3)
    """Frames that a short fusion lasts before it decays (paper: about 4 frames)."""
    short_decay: tuple[float, float] = (0.4, 1.3)
    evoked_rise: tuple[float, float] = (1.5, 7.0)
    """Time constant with which a response to a stimulus train saturates."""
    evoked_decay: tuple[float, float] = (10.0, 80.0)
    evoked_amplitude: tuple[float, float] = (0.5, 3.5)
    pool: tuple[float, float] = (1.0, 5.0)
    """Rise with NH4+, which shows all vesicles of a bouton."""
    ammonium_rise: tuple[float, float] = (2.0, 7.0)


@dataclass(frozen=True)
class Course:
    """How one event changes the light of its bouton."""

    values: NDArray[np.float64]
    """From its first frame on ``(n,)``, the peak about 1."""
    rising: float
    """Frames until it is high."""


def fusion(rng: Generator, r: ReleaseRanges, n: int) -> Course:
    """Draw a fusion: a step within a frame or two, perhaps a plateau, a slow decay."""
    age = np.arange(n)
    slow = rng.uniform(*r.rise)
    hold = int(rng.integers(r.hold[0], r.hold[1] + 1))
    values = np.exp(-np.maximum(age - hold, 0) / log_uniform(rng, *r.decay))
    values *= 1 - np.exp(-(age + rng.uniform(0.3, 1)) / slow)
    return Course(values, 1 + slow)


def short_fusion(rng: Generator, r: ReleaseRanges, n: int) -> Course:
    """Draw a fusion that is over within a few frames."""
    age = np.arange(n)
    hold = int(rng.integers(r.short_hold[0], r.short_hold[1] + 1))
    values = np.exp(-np.maximum(age - hold, 0) / rng.uniform(*r.short_decay))
    values[:1] *= rng.uniform(0.4, 1)
    return Course(values, 1.0)


def response(rng: Generator, r: ReleaseRanges, n: int, lasts: int) -> Course:
    """Draw the response to a train of `lasts` frames: it saturates while the train goes on, and decays after it."""
    age = np.arange(n)
    slow = log_uniform(rng, *r.evoked_rise)
    rise = 1 - np.exp(-(np.minimum(age, lasts) + 0.7) / slow)
    values = rise * np.exp(-np.maximum(age - lasts, 0) / log_uniform(rng, *r.evoked_decay))
    return Course(values / (1 - np.exp(-(lasts + 0.7) / slow)), min(2 * slow, lasts))


def ammonium(rng: Generator, r: ReleaseRanges, n: int, lasts: int) -> Course:
    """Draw NH4+: every vesicle becomes neutral and bright, and acid again when it is washed out."""
    age = np.arange(n)
    slow = log_uniform(rng, *r.ammonium_rise)
    values = 1 - np.exp(-(np.minimum(age, lasts) + 0.7) / slow)
    return Course(values * np.exp(-np.maximum(age - lasts, 0) / rng.uniform(2, 8)), 2 * slow)


def spaced(rng: Generator, first: int, last: int, count: int, gap: int, busy: NDArray[np.bool_]) -> list[int]:
    """Draw up to `count` frames within ``[first, last)``, at least `gap` apart and not in `busy` ones."""
    free = ~busy
    free[:first] = free[last:] = False
    out: list[int] = []
    for _ in range(count):
        left = np.flatnonzero(free)
        if not len(left):
            break
        t = int(rng.choice(left))
        out.append(t)
        free[max(t - gap, 0) : t + gap + 1] = False
    return sorted(out)
