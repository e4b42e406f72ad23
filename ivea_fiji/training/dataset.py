"""Training samples: candidates of the real detector in simulated movies, labelled by their truth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates import find_candidates, learn_thresholds
from ivea_fiji.events.model import Candidates
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.params.random import RandomParams
from ivea_fiji.patches import (
    MAX_RADIUS,
    MIN_RADIUS,
    SHIFT_AFTER,
    SHIFT_BEFORE,
    Window,
    peak_shift,
    stream_windows,
    to_patches,
    vision_radius,
)
from ivea_fiji.simulation.canvas import log_uniform
from ivea_fiji.simulation.physics import RANGES, simulate_physics
from ivea_fiji.simulation.truth import SimulatedMovie
from ivea_fiji.training.labels import AMBIGUOUS, label_candidates

BEFORE, AFTER = 13, 14
"""Frames before and after the peak of the longest sequence (28 frames)."""
JITTER_FRAMES = 2
"""Frames stored beyond each end, for shifts in time during training."""
JITTER_PX = 1
"""Patch pixels stored beyond each side, for shifts in space during training."""
STORED_FRAMES = BEFORE + AFTER + 1 + 2 * JITTER_FRAMES
STORED_SIZE = 32 + 2 * JITTER_PX
_KINDS = {
    "mixed": 0.54, "ph_sensitive": 0.05, "ph_insensitive": 0.17, "latent": 0.11, "without_cloud": 0.05, "none": 0.08,
}  # fmt: skip
"""Share of training movies of each kind."""
FEW = 19
"""Artefacts of one class kept per movie; the rest would only repeat them."""


@dataclass(frozen=True)
class Samples:
    """Sequences with labels.

    Attributes
    ----------
    x
        uint16 ``(n, 32, 34, 34)``, each sequence scaled to 0-65535.
    label
        Class ids ``(n,)``.
    movie
        Seed of the movie each sample comes from ``(n,)``: splits go by movie.
    """

    x: NDArray[np.uint16]
    label: NDArray[np.int64]
    movie: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: NDArray) -> Samples:
        """Return some of them, by a mask or row numbers."""
        return Samples(self.x[rows], self.label[rows], self.movie[rows])


def training_movie(seed: int, ranges: str = "training") -> SimulatedMovie:
    """Simulate the training movie of a seed; small, with many events, so that a movie gives many samples."""
    rng = np.random.default_rng([seed, 7])
    kind = rng.choice(list(_KINDS), p=list(_KINDS.values()))
    events = round(log_uniform(rng, 16, 80))
    return simulate_physics(
        seed, frames=int(rng.integers(90, 200)), height=192, width=192, kind=str(kind), events=events,
        ranges=RANGES[ranges],
    )  # fmt: skip


def movie_samples(seed: int, few: int = FEW) -> Samples:
    """Return the labelled samples of one training movie; of the artefacts of a class at most `few`."""
    cv2.setNumThreads(1)
    sim = training_movie(seed)
    rng = np.random.default_rng([seed, 11])
    factor = float(rng.uniform(0.9, 1.3))
    blur = float(rng.choice([1.0, 1.0, 0.7, 1.4]))
    lag = int(rng.choice([4, 4, 4, 2, 3, 6]))
    params = RandomParams(threshold_factor=factor, blur_sigma=blur, lag=lag, threads=1)
    movie = Movie(ArraySource(sim.frames), f"simulated {seed}", pixel_size_um=sim.pixel_size_um)
    found = find_candidates(movie, learn_thresholds(movie, params), params)
    middle = vision_radius(0, sim.pixel_size_um)
    radius = int(np.clip(round(middle * rng.uniform(0.8, 1.25)), MIN_RADIUS, MAX_RADIUS + 2))
    return cut_samples(sim, movie, found, radius, seed, rng, few)


def cut_samples(
    sim: SimulatedMovie, movie: Movie, found: Candidates, radius: int, seed: int, rng: np.random.Generator,
    few: int = FEW,
) -> Samples:
    """Cut candidates, label them, and thin out frequent artefacts."""
    if not len(found):
        return empty_samples()
    x, shift = cut_sequences(movie, found, radius)
    label = label_candidates(sim, found.frame + shift, found.y, found.x)
    keep = np.flatnonzero(label != AMBIGUOUS)
    chosen = [
        rng.permutation(group)[: len(group) if class_id >= 0 else few]
        for class_id in np.unique(label[keep])
        for group in [keep[label[keep] == class_id]]
    ]
    taken = np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, int)
    return Samples(x[taken], label[taken], np.full(len(taken), seed))


def cut_sequences(movie: Movie, found: Candidates, radius: int) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Cut candidates as detection does, with margins for shifts.

    Parameters
    ----------
    movie
        Where to cut.
    found
        Candidates, sorted by frame.
    radius
        Vision radius, px.

    Returns
    -------
    x, shift
        Sequences as `Samples.x`, and the frames by which each was moved to its peak ``(n,)``.
    """
    margin = round(radius * JITTER_PX / 16)
    window = Window(BEFORE + JITTER_FRAMES + SHIFT_BEFORE, AFTER + JITTER_FRAMES + SHIFT_AFTER, radius + margin)
    xs, shifts = [empty_samples().x], [np.zeros(0, np.int64)]
    for rows, cut in stream_windows(movie, found.frame, found.y, found.x, window):
        shift = peak_shift(cut, window.before, found.direction[rows])
        first = window.before + shift - BEFORE - JITTER_FRAMES
        xs.append((to_patches(cut, first, STORED_FRAMES, STORED_SIZE) * 65535).astype(np.uint16))
        shifts.append(shift)
    return np.concatenate(xs), np.concatenate(shifts)


def empty_samples() -> Samples:
    """Return no samples."""
    return Samples(
        np.zeros((0, STORED_FRAMES, STORED_SIZE, STORED_SIZE), np.uint16), np.zeros(0, np.int64), np.zeros(0, np.int64)
    )


def join(parts: list[Samples]) -> Samples:
    """Put samples together."""
    parts = parts or [empty_samples()]
    return Samples(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("x", "label", "movie")))
