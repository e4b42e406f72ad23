"""What each candidate of a simulated movie really is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ivea_fiji.simulation.truth import TrueEvent

AMBIGUOUS = -99
"""Label of candidates that teach nothing: too faint, or too near to an event to be called anything else."""
MIN_PEAK_Z = 4.0
_SITE_PX = 3.5
_NEAR_PX = 12.0
_ARTEFACT_PX = 4.0
_ARTEFACT_FRAMES = 4
_GLOBAL_FRAMES = 2
_TAIL_FRAMES = 26
_APART_PX = 3.5
"""From here on a candidate is beside an event whose own candidate is at most 2 px off."""
_REPEAT = -2


class Truth(Protocol):
    """What is true of a movie: simulated, or as a person labelled it."""

    @property
    def events(self) -> Sequence[TrueEvent]:
        """The events."""

    @property
    def artefacts(self) -> NDArray[np.float32]:
        """Rows ``(class id < 0, frame, y, x)``; a place of NaN stands for everywhere."""


def label_candidates(sim: Truth, frame: NDArray, y: NDArray, x: NDArray) -> NDArray[np.int64]:
    """Label candidates of the detector with the truth of the movie.

    Each event gives its class to the candidate nearest in space and time. Other candidates of it are ambiguous when
    they are as good, and artefacts when they are clearly beside it or in its tail: so the network learns to answer for
    centred events only, and one event is reported once.

    Parameters
    ----------
    sim
        The truth of the movie.
    frame, y, x
        Candidates ``(n,)``, moved to their peak.

    Returns
    -------
    ndarray
        Class ids ``(n,)``, or `AMBIGUOUS`.
    """
    label = artefact_labels(sim, frame, y, x)
    best: dict[int, int] = {}
    claim = np.full(len(frame), np.inf)
    for k, event in enumerate(sim.events):
        distance = np.hypot(y - event.y, x - event.x)
        wait = frame - event.frame
        slack = 0.5 * event.duration if event.kind == "eq16" else 0.0
        fits = (distance <= _SITE_PX) & (wait >= -4 - slack) & (wait <= 6 + slack)
        if not fits.any():
            continue
        cost = np.where(fits, distance + 0.7 * np.abs(wait), np.inf)
        j = int(cost.argmin())
        if cost[j] < claim[j]:
            best = {event: row for event, row in best.items() if row != j}
            best[k], claim[j] = j, cost[j]
    for k, event in enumerate(sim.events):
        distance = np.hypot(y - event.y, x - event.x)
        wait = frame - event.frame
        around = (distance <= _NEAR_PX) & (wait >= -8) & (wait <= _TAIL_FRAMES)
        found = k in best and event.peak_z >= MIN_PEAK_Z
        same = (distance <= 3.0) & (np.abs(wait) <= 4)
        centred = k in best and distance[best[k]] <= 2.0
        apart = distance > (_APART_PX if centred else 6.0)
        beside = around & (apart | (wait > 7 + event.duration / 2) | (wait < -6))
        label[(around & ~beside) | same] = AMBIGUOUS
        label[beside & (label != AMBIGUOUS) & (distance <= 6.0)] = _REPEAT if found else AMBIGUOUS
        if not found:
            label[around] = AMBIGUOUS
    for k, j in best.items():
        event = sim.events[k]
        label[j] = event.class_id if event.peak_z >= MIN_PEAK_Z else AMBIGUOUS
    return label


def artefact_labels(sim: Truth, frame: NDArray, y: NDArray, x: NDArray) -> NDArray[np.int64]:
    """Label candidates ``(n,)`` with the nearest artefact; what is near none is noise (-1)."""
    label = np.full(len(frame), -1, np.int64)
    rows = sim.artefacts
    everywhere = rows[np.isnan(rows[:, 2])]
    for class_id, t, *_ in everywhere:
        label[np.abs(frame - t) <= _GLOBAL_FRAMES] = int(class_id)
    local = rows[~np.isnan(rows[:, 2])]
    if len(local) and len(frame):
        # Distance in space and time as one: 4 px are as far as 4 frames.
        tree = cKDTree(np.column_stack([local[:, 1] / _ARTEFACT_FRAMES, local[:, 2:] / _ARTEFACT_PX]))
        far, near = tree.query(np.column_stack([frame / _ARTEFACT_FRAMES, y / _ARTEFACT_PX, x / _ARTEFACT_PX]))
        close = far <= 1.2
        label[close] = local[near[close], 0].astype(int)
    return label
