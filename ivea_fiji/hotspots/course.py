"""How an event runs in time: when it starts, peaks and ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MID = 0.5
"""Part of the way from the lowest to the highest intensity at which an event starts and ends (paper)."""

_LEAST_CHANGES = 5
_MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Course:
    """Samples of a trace at which an event starts, peaks and ends; `ended` is False if it is still on at the last."""

    start: int
    peak: int
    end: int
    ended: bool


def follow(trace: NDArray, first: int) -> Course:
    """Follow an event through a trace until it falls below the mid intensity (paper, Methods).

    Parameters
    ----------
    trace
        Mean change over a fixed area ``(n,)``; before the event it is 0 on average.
    first
        Sample in which the event was first seen.

    Returns
    -------
    Course
        The event is over in the first sample after `first` that lies below half of the highest so far, and began in
        the first of the samples in a row before the peak that are not below half of the highest of all.

    Notes
    -----
    Single samples are smoothed away by the median of three, so that one bad frame ends nothing. The lowest intensity
    of the paper's mid intensity is the level before the event, here 0.
    """
    smooth = median_of_three(np.asarray(trace, np.float64))
    last = len(smooth) - 1
    begin = max(min(first, last) - 1, 0)
    highest = np.maximum.accumulate(smooth[begin:])
    below = np.flatnonzero((smooth[begin:] < MID * highest) & (np.arange(begin, last + 1) > first))
    end = begin + int(below[0]) - 1 if below.size else last
    peak = begin + int(np.argmax(smooth[begin : end + 1]))
    earlier = np.flatnonzero(smooth[:peak] < MID * smooth[peak])
    start = int(earlier[-1]) + 1 if earlier.size else 0
    return Course(start, peak, max(end, peak), bool(below.size))


def abruptness(trace: NDArray, course: Course, lag: int) -> float:
    """Return how steeply an event rises against the unrest of its place.

    Parameters
    ----------
    trace
        As `follow` takes it, with frames before and after the event.
    course
        Where the event starts, peaks and ends.
    lag
        Frames between which a change is taken.

    Returns
    -------
    float
        Largest change within `lag` frames up to the peak, over the standard deviation (1.4826 times the median
        absolute deviation) of such changes before and after the event; NaN if there are too few of them to tell.

    Notes
    -----
    Ours. A place that drifts up and down reaches as high above its noise as an event does, but no faster than it
    always drifts.
    """
    trace = np.asarray(trace, np.float64)
    change = trace[lag:] - trace[:-lag]
    before = max(course.start - lag, 0)
    rest = np.concatenate([change[:before], change[course.end + 1 :]])
    rising = change[before : course.peak + 1]
    if len(rest) < _LEAST_CHANGES or not rising.size:
        return np.nan
    spread = _MAD_TO_SD * float(np.median(np.abs(rest - np.median(rest))))
    return float(rising.max()) / spread if spread > 0 else np.inf


def median_of_three(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the running median of three values; the first and the last stay as they are."""
    if len(values) < 3:
        return values
    out = values.copy()
    out[1:-1] = np.median(np.stack([values[:-2], values[1:-1], values[2:]]), axis=0)
    return out
