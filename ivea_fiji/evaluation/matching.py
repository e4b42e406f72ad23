"""Which found event is which true one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ivea_fiji.evaluation.marks import Marks

_TINY = 1e-9  # keeps tolerances of zero usable


@dataclass(frozen=True)
class Counts:
    """Hits, false events and misses; what is no case is not counted as a fault.

    Without any found event nothing false was said (precision 1), without any true event nothing was missed (recall 1),
    and F1 is 1 only if both are empty.
    """

    hits: int = 0
    false: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.hits + other.hits, self.false + other.false, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """Share of the found events that are true (paper, Eq 12)."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else 1.0

    @property
    def recall(self) -> float:
        """Share of the true events that were found (paper, Eq 13)."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both (paper, Eq 14)."""
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else 1.0


@dataclass(frozen=True)
class Matching:
    """Rows of the found and of the true events that belong together, and those that are left."""

    found: NDArray[np.int64]
    truth: NDArray[np.int64]
    """Row numbers of the pairs, ``(hits,)`` each, in order of the true events."""
    distance: NDArray[np.float64]
    """Distance of each pair, px."""
    delay: NDArray[np.float64]
    """Frames from the true to the found event of each pair."""
    false: NDArray[np.int64]
    """Rows of found events that are no true one."""
    duplicate: NDArray[np.bool_]
    """For each of `false`: whether it lies at a true event that was already found."""
    missed: NDArray[np.int64]
    """Rows of true events that were not found."""
    ignored_truth: NDArray[np.int64]
    """Rows of true events too faint to count."""
    ignored_found: NDArray[np.int64]
    """Rows of found events that are one of those."""

    @property
    def counts(self) -> Counts:
        """Hits, false events and misses."""
        return Counts(len(self.found), len(self.false), len(self.missed))


def match_events(
    found: Marks,
    truth: Marks,
    *,
    max_distance_px: float = 5.0,
    max_frames: float = 6.0,
    slow: float = 1.5,
    max_slow_frames: float = 12.0,
    min_peak_z: float = 0.0,
) -> Matching:
    """Match found with true events one to one (ours).

    A pair is possible if it is at most `max_distance_px` apart and the found event lies in the true one's time window:
    from `max_frames` before its peak to `max_frames` after, the end moved later by ``slow * duration`` (at most
    `max_slow_frames`) because the peak of a slow event is hard to tell; the clouds of Eq 16, which gather as slowly as
    they fade, begin as much earlier. Among all ways to pair them, one with the most pairs is taken, and of these the
    one with the smallest sum of ``(distance / max_distance_px)^2 + (delay / window)^2``. Classes play no part.

    True events with a `peak_z` below `min_peak_z` are ignored: they are no miss, and a found event that is left over
    and matches one of them (again one to one) is not false. Unknown visibility counts as visible.

    Parameters
    ----------
    found, truth
        The events.
    max_distance_px, max_frames, slow, max_slow_frames, min_peak_z
        See above; declared for users in `EvaluationParams`.
    """
    faint = np.flatnonzero(truth.peak_z < min_peak_z)
    clear = np.setdiff1d(np.arange(len(truth)), faint)
    pairs = _possible(found, truth, max_distance_px, max_frames, np.minimum(slow * truth.duration, max_slow_frames))
    hits = _assign(pairs.among(clear), len(found), len(truth))
    left = np.setdiff1d(np.arange(len(found)), hits.found)
    ignored = _assign(pairs.among(faint).of_found(left), len(found), len(truth))
    false = np.setdiff1d(left, ignored.found)
    order = np.argsort(hits.truth)
    hit_found, hit_truth = hits.found[order], hits.truth[order]
    return Matching(
        found=hit_found,
        truth=hit_truth,
        distance=np.hypot(found.y[hit_found] - truth.y[hit_truth], found.x[hit_found] - truth.x[hit_truth]),
        delay=found.frame[hit_found] - truth.frame[hit_truth],
        false=false,
        duplicate=np.isin(false, pairs.among(clear).found),
        missed=np.setdiff1d(clear, hit_truth),
        ignored_truth=faint,
        ignored_found=np.sort(ignored.found),
    )


@dataclass(frozen=True)
class _Pairs:
    """Pairs of rows with what each costs, ``(k,)``."""

    found: NDArray[np.int64]
    truth: NDArray[np.int64]
    cost: NDArray[np.float64]

    def among(self, truth: NDArray[np.int64]) -> _Pairs:
        return self._where(np.isin(self.truth, truth))

    def of_found(self, found: NDArray[np.int64]) -> _Pairs:
        return self._where(np.isin(self.found, found))

    def _where(self, keep: NDArray[np.bool_]) -> _Pairs:
        return _Pairs(self.found[keep], self.truth[keep], self.cost[keep])


def _possible(found: Marks, truth: Marks, distance: float, frames: float, allowance: NDArray[np.float64]) -> _Pairs:
    """Return every pair within the tolerances. A box in (t, y, x) finds them, the exact rule keeps or drops them."""
    none = np.zeros(0, np.int64)
    if not len(found) or not len(truth):
        return _Pairs(none, none, np.zeros(0))
    longest = frames + float(allowance.max())
    scale = np.array([max(longest, _TINY), max(distance, _TINY), max(distance, _TINY)])
    boxes = [cKDTree(np.column_stack([m.frame, m.y, m.x]) / scale) for m in (found, truth)]
    near = boxes[0].query_ball_tree(boxes[1], r=1 + 1e-9, p=np.inf)
    f = np.repeat(np.arange(len(found)), [len(n) for n in near])
    t = np.array([k for n in near for k in n], np.int64)
    apart = np.hypot(found.y[f] - truth.y[t], found.x[f] - truth.x[t])
    delay = found.frame[f] - truth.frame[t]
    early = frames + np.where(truth.symmetric, allowance, 0)[t]
    window = np.where(delay < 0, early, frames + allowance[t])
    keep = (apart <= distance) & (np.abs(delay) <= window)
    cost = (apart / max(distance, _TINY)) ** 2 + (delay / np.maximum(window, _TINY)) ** 2
    return _Pairs(f[keep], t[keep], cost[keep])


def _assign(pairs: _Pairs, found: int, truth: int) -> _Pairs:
    """Return the most pairs in which no row stands twice, the cheapest of these.

    Pairs that share no row with each other fall into groups that are solved one by one.
    """
    if not len(pairs.found):
        return pairs
    links = coo_array((np.ones(len(pairs.found)), (pairs.found, found + pairs.truth)), shape=(found + truth,) * 2)
    _, group = connected_components(links, directed=False)
    group = group[pairs.found]
    order = np.argsort(group, kind="stable")
    chosen = [_cheapest(pairs, rows) for rows in np.split(order, np.flatnonzero(np.diff(group[order])) + 1)]
    return pairs._where(np.isin(np.arange(len(pairs.found)), np.concatenate(chosen)))


def _cheapest(pairs: _Pairs, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return those of `rows` that make up the best assignment of one group."""
    if len(rows) == 1:
        return rows
    found, f = np.unique(pairs.found[rows], return_inverse=True)
    truth, t = np.unique(pairs.truth[rows], return_inverse=True)
    # An impossible pair costs more than all possible ones together (each at most 2), so that none is given up for less.
    cost = np.full((len(found), len(truth)), 2.0 * min(len(found), len(truth)) + 1)
    index = np.full(cost.shape, -1)
    cost[f, t], index[f, t] = pairs.cost[rows], rows
    picked = index[linear_sum_assignment(cost)]
    return picked[picked >= 0]
