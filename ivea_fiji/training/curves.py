"""Training samples of the LSTM: candidates of the real detectors in simulated movies, as curves of 13 regions."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates import find_candidates, learn_thresholds
from ivea_fiji.events.classes import NOISE
from ivea_fiji.movie.movie import Movie
from ivea_fiji.movie.sources import ArraySource
from ivea_fiji.params.random import RandomParams
from ivea_fiji.params.stationary import StationaryParams
from ivea_fiji.patches import (
    MAX_RADIUS,
    MIN_RADIUS,
    SHIFT_AFTER,
    SHIFT_BEFORE,
    Window,
    peak_shift,
    stream_windows,
    vision_radius,
)
from ivea_fiji.progress import Silent
from ivea_fiji.simulation.synapses import RANGES, SynapseMovie, simulate_synapses
from ivea_fiji.stationary_bursts import find_activations
from ivea_fiji.synapses import regions
from ivea_fiji.synapses.drift import steady
from ivea_fiji.synapses.regions import onset_shift, region_means, stream_region_means
from ivea_fiji.training import dataset
from ivea_fiji.training.dataset import Samples
from ivea_fiji.training.labels import AMBIGUOUS, label_candidates
from ivea_fiji.training.synapse_labels import label_synapses, shown_by_ammonium
from ivea_fiji.training.vectors import joined, store, stored

RANDOM_BEFORE, RANDOM_AFTER = 10, 10
"""Frames before and after the peak of random bursts (paper: T = 21)."""
FEW = 60
"""Artefacts of one class kept per movie; the rest would only repeat them."""
_KINDS = {"mixed": 0.5, "spontaneous": 0.12, "stimulated": 0.14, "ammonium": 0.12, "none": 0.12}
"""Share of training movies of each kind."""


def synapse_movie(seed: int) -> SynapseMovie:
    """Simulate the training movie of synapses of a seed."""
    rng = np.random.default_rng([seed, 7])
    kind = str(rng.choice(list(_KINDS), p=list(_KINDS.values())))
    return simulate_synapses(
        seed, frames=int(rng.integers(160, 300)), height=160, width=160, kind=kind, ranges=RANGES["training"]
    )


def synapse_samples(seed: int, few: int = FEW) -> Samples:
    """Return labelled samples of one training movie of synapses; of the artefacts of a class at most `few`."""
    cv2.setNumThreads(1)
    sim = synapse_movie(seed)
    rng = np.random.default_rng([seed, 11])
    params = StationaryParams(
        threshold_factor=float(rng.uniform(0.9, 1.2)), blur_sigma=float(rng.choice([1.0, 1.0, 0.7, 1.4])),
        lag=int(rng.choice([4, 4, 4, 3, 6])), threads=1,
    )  # fmt: skip
    movie = Movie(ArraySource(sim.frames), f"simulated {seed}")
    still = steady(movie, params.correct_drift)
    _, _, found = find_activations(still.movie, params, Silent())
    sequence = stored(regions.BEFORE, regions.AFTER)
    early, late = regions.SHIFT_BEFORE + regions.STEP, regions.SHIFT_AFTER + regions.STEP
    window = Window(sequence.before + early, sequence.after + late, regions.RADIUS)
    xs, shifts = [], [np.zeros(0, np.int64)]
    for _, means in stream_region_means(still.movie, found.frame, found.y, found.x, window):
        shift = onset_shift(means, window.before)
        xs.append(store(means, window.before + shift - sequence.before, sequence))
        shifts.append(shift)
    onset = (found.frame + np.concatenate(shifts)).clip(0, len(sim.frames) - 1)
    label = label_synapses(sim, onset, *still.in_file(onset, found.y, found.x))
    # Neurites that NH4+ shows look much like synapses that it shows, and are few beside noise.
    return _thinned(joined(xs, sequence), label, seed, rng, few, shown_by_ammonium(sim, onset) & (label != NOISE.id))


def random_samples(seed: int, few: int = FEW) -> Samples:
    """Return labelled samples of the random-burst training movie of a seed, found as `dataset.movie_samples` does."""
    cv2.setNumThreads(1)
    sim = dataset.training_movie(seed)
    rng = np.random.default_rng([seed, 11])
    params = RandomParams(
        threshold_factor=float(rng.uniform(0.9, 1.3)), blur_sigma=float(rng.choice([1.0, 1.0, 0.7, 1.4])),
        lag=int(rng.choice([4, 4, 4, 2, 3, 6])), threads=1,
    )  # fmt: skip
    movie = Movie(ArraySource(sim.frames), f"simulated {seed}", pixel_size_um=sim.pixel_size_um)
    found = find_candidates(movie, learn_thresholds(movie, params), params)
    middle = vision_radius(0, sim.pixel_size_um)
    radius = int(np.clip(round(middle * rng.uniform(0.8, 1.25)), MIN_RADIUS, MAX_RADIUS + 2))
    sequence = stored(RANDOM_BEFORE, RANDOM_AFTER)
    window = Window(sequence.before + SHIFT_BEFORE, sequence.after + SHIFT_AFTER, radius)
    xs, shifts = [], [np.zeros(0, np.int64)]
    for rows, cut in stream_windows(movie, found.frame, found.y, found.x, window):
        shift = peak_shift(cut, window.before, found.direction[rows])
        xs.append(store(region_means(cut), window.before + shift - sequence.before, sequence))
        shifts.append(shift)
    label = label_candidates(sim, found.frame + np.concatenate(shifts), found.y, found.x)
    return _thinned(joined(xs, sequence), label, seed, rng, few)


def _thinned(
    x: NDArray[np.uint16], label: NDArray[np.int64], seed: int, rng: np.random.Generator, few: int,
    wanted: NDArray[np.bool_] | None = None,
) -> Samples:
    """Return all events, what is `wanted`, and at most `few` other artefacts of a class."""
    if wanted is None:
        wanted = np.zeros(len(label), bool)
    keep = np.flatnonzero(label != AMBIGUOUS)
    wanted = wanted | (label >= 0)
    chosen = [keep[wanted[keep]]]
    for class_id in np.unique(label[keep]):
        chosen.append(rng.permutation(keep[(label[keep] == class_id) & ~wanted[keep]])[:few])
    taken = np.sort(np.concatenate(chosen))
    return Samples(x[taken], label[taken], np.full(len(taken), seed))
