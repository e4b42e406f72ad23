"""What each candidate of a simulated movie of synapses really is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.classes import AMMONIUM, FLUCTUATION, NOISE, STIMULATION
from ivea_fiji.simulation.synapse_scene import NH4
from ivea_fiji.simulation.synapses import SynapseMovie
from ivea_fiji.training.labels import AMBIGUOUS, MIN_PEAK_Z, artefact_labels

_SITE_PX = 3.5
_AROUND_PX = 7.0
_BESIDE_PX = 4.5
"""From here on a candidate is beside an event whose own candidate is at most 2 px off."""
_BEFORE, _AFTER = 5, 8
_SLOW_AFTER = 40
"""Frames in which the response to a train or to NH4+ may be found again while it rises."""


def label_synapses(sim: SynapseMovie, frame: NDArray, y: NDArray, x: NDArray) -> NDArray[np.int64]:
    """Label candidates with the truth of a movie of synapses.

    Each event gives its class to the candidate nearest in space and time. What else is found while it rises is
    ambiguous, unless it lies clearly beside an event that has a candidate in its middle: light that spills over is a
    fluctuation, and so is what NH4+ shows of neurites between the synapses.

    Parameters
    ----------
    sim
        The movie and its truth.
    frame, y, x
        Candidates ``(n,)``, moved to their onset.

    Returns
    -------
    ndarray
        Class ids ``(n,)``, or `AMBIGUOUS`.
    """
    label = artefact_labels(sim, frame, y, x)
    label[(label == NOISE.id) & shown_by_ammonium(sim, frame)] = FLUCTUATION.id
    best = _nearest(sim, frame, y, x)
    beside = np.zeros(len(frame), bool)
    unclear = np.zeros(len(frame), bool)
    for k, event in enumerate(sim.events):
        distance, wait = np.hypot(y - event.y, x - event.x), frame - event.frame
        slow = event.class_id in (STIMULATION.id, AMMONIUM.id)
        after = _SLOW_AFTER if slow else _AFTER
        rising = (distance <= _AROUND_PX) & (wait >= -_BEFORE) & (wait <= after)
        found = k in best and event.peak_z >= MIN_PEAK_Z
        spill = found and distance[best[k]] <= 2.0
        away = rising & (distance > _BESIDE_PX)
        beside |= away & spill
        unclear |= rising & ~(away & spill)
    label[beside] = FLUCTUATION.id
    label[unclear] = AMBIGUOUS
    for k, j in best.items():
        event = sim.events[k]
        label[j] = event.class_id if event.peak_z >= MIN_PEAK_Z else AMBIGUOUS
    return label


def shown_by_ammonium(sim: SynapseMovie, frame: NDArray) -> NDArray[np.bool_]:
    """Tell which candidates begin when NH4+ is added ``(n,)``."""
    out = np.zeros(len(frame), bool)
    for stimulus in sim.stimuli:
        if stimulus.kind == NH4:
            out |= (frame >= stimulus.first - _BEFORE) & (frame <= stimulus.first + _SLOW_AFTER)
    return out


def _nearest(sim: SynapseMovie, frame: NDArray, y: NDArray, x: NDArray) -> dict[int, int]:
    """Return which candidate is that of each event; one that is nearest to two belongs to the nearer."""
    best: dict[int, int] = {}
    claim: dict[int, tuple[float, int]] = {}
    for k, event in enumerate(sim.events):
        distance, wait = np.hypot(y - event.y, x - event.x), frame - event.frame
        fits = (distance <= _SITE_PX) & (wait >= -4) & (wait <= 6 + event.duration)
        if not fits.any():
            continue
        cost = np.where(fits, distance + 0.7 * np.abs(wait), np.inf)
        j = int(cost.argmin())
        if j in claim and claim[j][0] <= cost[j]:
            continue
        if j in claim:
            del best[claim[j][1]]
        best[k], claim[j] = j, (float(cost[j]), k)
    return best
