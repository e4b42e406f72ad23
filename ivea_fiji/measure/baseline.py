"""Where an event begins, and what was there before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.measure.decay import first_fall

ONSET = 0.1
"""Part of the change at which an event begins."""
MIN_SNR = 4.0
"""A change smaller than this many standard deviations of the trace's noise has no kinetics."""
MIN_BASELINE = 3
"""Frames before onset without which there is no baseline."""
MAX_BASELINE = 10
"""Frames before onset that make the baseline: more would let in what the vesicle did long before."""
_MAD_TO_SD = 1.4826
_QUIET = 1.5  # noise above the baseline that still is baseline, standard deviations
_PASSES = 6


@dataclass(frozen=True)
class Baseline:
    """The trace before an event."""

    frames: NDArray[np.int_]
    """Frames of the window it was taken from."""
    level: float
    """Median of the background-corrected trace there, counts."""
    noise: float
    """Standard deviation of that trace there, counts."""


def find_peak(trace: NDArray, expected: int, reach: int) -> int | None:
    """Return the highest local maximum within `reach` frames of `expected`, or None if nothing is known there.

    An end of the window can be a maximum, an end of the search range not: there the trace only climbs to something
    else. If there is no maximum, `expected` itself is taken.
    """
    low, high = max(0, expected - reach), min(len(trace) - 1, expected + reach)
    filled = np.where(np.isnan(trace), -np.inf, trace)
    left = np.concatenate([[-np.inf], filled[:-1]])
    right = np.concatenate([filled[1:], [-np.inf]])
    maximum = np.isfinite(filled) & (filled >= left) & (filled >= right)
    places = low + np.flatnonzero(maximum[low : high + 1])
    if len(places):
        return int(places[filled[places].argmax()])
    return expected if np.isfinite(filled[expected]) else None


def find_baseline(trace: NDArray, peak: int, top: float) -> Baseline | None:
    """Return what was before the rise to `top` at frame `peak`, or None if too little is known (ours).

    The frames up to 10 before half of the rise give a first level. With it the beginning of the rise is found, 10 % of
    it or 1.5 SD of the noise above the level, then the level again, until nothing changes: so a slow rise is not taken
    for baseline, and the noise does not eat the few frames before an early event.
    """
    known = np.flatnonzero(np.isfinite(trace[:peak]))
    if len(known) < MIN_BASELINE:
        return None
    back = trace[peak::-1]
    frames, level, share, quiet = known, float(np.sort(trace[known])[len(known) // 5]), 0.5, 0.0
    for _ in range(_PASSES):
        limit = level + min(max(share * (top - level), quiet), 0.5 * (top - level))
        fall = first_fall(back, limit)
        if np.isnan(fall):
            return None
        found = known[known <= peak - fall][-MAX_BASELINE:]
        if len(found) < MIN_BASELINE:
            return None
        if share == ONSET and np.array_equal(found, frames):
            break
        frames, share = found, ONSET
        level, quiet = median(trace[frames]), _QUIET * difference_noise(trace[frames])
    return Baseline(frames, median(trace[frames]), float(np.std(trace[frames], ddof=1)))


def difference_noise(values: NDArray) -> float:
    """Return the noise (SD) of a trace from the differences of successive frames, which a trend does not raise."""
    steps = np.diff(values[np.isfinite(values)])
    return float(_MAD_TO_SD * median(np.abs(steps)) / np.sqrt(2)) if len(steps) else np.nan


def median(values: NDArray) -> float:
    """Return the median of a few known values; `numpy.median` takes ten times as long for them."""
    ordered = np.sort(values)
    return float(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def stands_out(change: float, baseline: Baseline, trace: NDArray, largest: float) -> bool:
    """Return whether a change is more than noise and, for noise-free traces, more than rounding of `largest`.

    Three frames before an early event tell little of the noise, so that of the whole trace counts too.
    """
    return change > max(MIN_SNR * baseline.noise, MIN_SNR * difference_noise(trace), 1e-6 * largest)
