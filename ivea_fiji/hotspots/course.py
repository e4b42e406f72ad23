"""How an event runs in time: when it starts, peaks and ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MID = 0.5
"""Part of the way from the lowest to the highest intensity at which an event starts and ends (paper)."""

POOLED = 5
"""Frames on either side, at most, from which the level of a slowly fading event is told."""
_POOLED_PART = 0.35
"""Of the frames from peak to end; for the level of the peak, of the shorter of rise and fall."""
_PEAK_SLACK = 3
"""Frames on either side of the highest sample among which the peak is looked for."""
_AGAIN_SD = 6.0
_AGAIN_PART = 0.25
_LEAST_CHANGES = 5
LEAST_FRAMES = 5
"""Frames that tell a standard deviation."""
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
        The event is over when it falls, after `first`, below half of the highest so far, and began in the first of the
        samples in a row before the peak that are not below half of the highest of all.

    Notes
    -----
    Single samples are smoothed away by the median of three, so that one bad frame ends nothing. The lowest intensity
    of the paper's mid intensity is the level before the event, here 0. An event that fades slowly hovers about the
    mid intensity for some frames and would end with the first dip of its noise: the levels at its peak and at its
    end are those of lines through up to `POOLED` frames on either side, fewer for short events (ours).
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
    if not below.size:
        return Course(start, peak, max(end, peak), ended=False)
    return _pooled(smooth, start, peak, max(end, peak))


def _pooled(smooth: NDArray[np.float64], start: int, peak: int, end: int) -> Course:
    """Return the course with the end that the levels of lines tell."""
    reach = min(_POOLED_PART * (end - peak), POOLED)
    if reach < 1:
        return Course(start, peak, end, ended=True)
    around = min(_POOLED_PART * (peak - start), reach)
    top = smooth[peak]
    if around >= 1:
        near = range(max(peak - _PEAK_SLACK, 0), min(peak + _PEAK_SLACK + 1, len(smooth)))
        top = max(line(smooth, at, around)[0] for at in near)
    falling = smooth[peak:]  # what rises before the peak says nothing of how it falls
    for at in range(1, len(falling)):
        if line(falling, at, reach)[0] < MID * top:
            return Course(start, peak, peak + at - 1, ended=True)
    return Course(start, peak, len(smooth) - 1, ended=False)


def line(values: NDArray[np.float64], at: float, reach: float) -> tuple[float, float]:
    """Return level and slope at `at` of a line through the values up to `reach` samples away, near ones weighing more.

    Weights are ``(1 - u^3)^3`` with the distance u over `reach` + 1, those of local regression (Cleveland 1979).
    """
    where = np.arange(max(int(np.ceil(at - reach)), 0), min(int(at + reach) + 1, len(values)))
    off = where - at
    weights = (1 - (np.abs(off) / (reach + 1)) ** 3) ** 3
    weights /= weights.sum()
    middle, mean = weights @ off, weights @ values[where]
    slope = (weights * (off - middle)) @ (values[where] - mean) / max(weights @ (off - middle) ** 2, 1e-12)
    return float(mean - slope * middle), float(slope)


def second_rise(trace: NDArray, course: Course, spread: float) -> int | None:
    """Return the first sample after an event at which its place has clearly brightened again, None if there is none.

    Parameters
    ----------
    trace
        As `follow` takes it.
    course
        When the event is on.
    spread
        Standard deviation of the trace before it; NaN if it is not known.

    Notes
    -----
    Ours. The place has to rise, from its lowest since the event, by `_AGAIN_SD` of these, by a quarter of the event,
    and to more than twice that lowest: light that has not fallen below half of both peaks between them is one event
    with two peaks.
    """
    if not course.ended or not spread > 0:
        return None
    peak = float(np.asarray(trace, np.float64)[course.peak])
    later = median_of_three(np.asarray(trace, np.float64))[course.end + 1 :]
    if not later.size:
        return None
    lowest = np.minimum.accumulate(later)
    rise = later - lowest
    clear = np.flatnonzero((rise >= max(_AGAIN_SD * spread, _AGAIN_PART * peak)) & (lowest < MID * later))
    return course.end + 1 + int(clear[0]) if clear.size else None


def duration_error(trace: NDArray, course: Course, before: slice) -> float:
    """Return by how many frames the unrest of its place may shift when an event ends.

    Parameters
    ----------
    trace
        As `follow` takes it.
    course
        Where the event starts, peaks and ends.
    before
        Frames before the event.

    Returns
    -------
    float
        Standard deviation before the event (noise of the camera and drift) over what the event falls by per frame at
        its end, frames; no more than the event lasts. NaN if it has not ended or if there are too few frames before.

    Notes
    -----
    Ours. Its start is steep and adds little.
    """
    rest = np.asarray(trace, np.float64)[before]
    if not course.ended or len(rest) < LEAST_FRAMES:
        return np.nan
    reach = min(max(_POOLED_PART * (course.end - course.peak), 1.5), POOLED)
    _, slope = line(np.asarray(trace, np.float64), course.end + 0.5, reach)
    lasting = float(course.end - course.start + 1)
    return min(float(rest.std(ddof=1)) / -slope, lasting) if slope < 0 else lasting


def abruptness(trace: NDArray, course: Course, lag: int, rest_end: int | None = None) -> float:
    """Return how steeply an event rises against the unrest of its place.

    Parameters
    ----------
    trace
        As `follow` takes it, with frames before and after the event.
    course
        Where the event starts, peaks and ends.
    lag
        Frames between which a change is taken.
    rest_end
        Sample from which, until the event, another event may be on; None if there is none.

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
    quiet = before if rest_end is None else min(before, max(rest_end - lag, 0))
    rest = np.concatenate([change[:quiet], change[course.end + 1 :]])
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
