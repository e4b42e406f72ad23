"""When the mean response of many synapses begins and ends (ours)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BEFORE = 20
"""Frames that tell the level before a stimulus."""
_STEP, _REACH = 3, 8
"""Frames that are compared to find the steepest rise, and how far from there it is followed."""
_HAIR = 0.25
"""A rise that begins this part of a frame after one is seen in it: exposures last."""
_ENDS = 32
_AS_GOOD = 0.1
_RISES, _FALLS = np.geomspace(0.7, 300, 10), np.geomspace(2, 1000, 10)
_FADES = np.array([1e9, 800.0])
"""Time constants of responses, frames."""
_AT_ONCE = 10
_SOON = 15
"""Frames within which what does not last is high, and what lasts is no longer falling."""


def find_start(course: NDArray[np.float64], first: int, last: int) -> int:
    """Return the first frame of the rise of a mean trace, whose members begin between frames `first` and `last`.

    The steepest rise (the largest difference between three frames and the three before them) is followed forward to
    where it is half of what it reaches within 8 frames, and back to where it is a fifth; a straight line through both
    meets the level before where the rise begins.
    """
    at = np.arange(max(first - _STEP, 1), min(last + _STEP, len(course) - 1) + 1)
    rise = [course[t : t + _STEP].mean() - course[max(t - _STEP, 0) : t].mean() for t in at]
    steepest = int(at[int(np.argmax(rise))])
    before = course[max(steepest - _BEFORE, 0) : max(steepest - _STEP, 1)]
    signal = course - np.median(before[-_BEFORE // 2 :])
    top = float(signal[steepest : steepest + _REACH].max())
    half = steepest + int((signal[steepest : steepest + _REACH] >= 0.5 * top).argmax())
    crossings = []
    for part in (0.5, 0.2):
        t = half
        while t > max(steepest - _REACH, 0) and signal[t - 1] > part * top:
            t -= 1
        low = signal[t - 1] if t > 0 else signal[t]
        crossings.append(t - (signal[t] - part * top) / (signal[t] - low) if signal[t] > low else float(t))
    begin = crossings[1] - (crossings[0] - crossings[1]) * 0.2 / (0.5 - 0.2)
    return int(np.clip(np.ceil(begin - _HAIR), 0, half))


def find_end(course: NDArray[np.float64], start: int, stop: int, *, lasting: bool) -> int:
    """Return the last frame of a stimulus that begins at `start`.

    What lasts is followed by its course: ``(1 - exp(-t / a)) exp(-t / c)`` as long as the stimulus lasts (c: what
    bleaching and fatigue take away) and ``exp(-t / b)`` after it, on an unknown level. The end for which this explains
    most of the mean trace up to frame `stop` is taken; for every end and pair of time constants the best height and
    level are known in closed form. What does not last (a shock, to which synapses respond as they do by themselves)
    ends where the mean trace first reaches 90 % of its height.
    """
    part = course[start : stop + 1] - np.median(course[max(start - _BEFORE, 0) : start] if start else course[:1])
    if len(part) < _STEP or part.max() <= 0:
        return start
    if not lasting:
        near = part[:_SOON]
        return start + int((near >= 0.9 * near.max()).argmax())
    part = part[: _over(part)]
    step = max(len(part) // _ENDS, 1)
    end = _best_end(part, np.arange(0, len(part), step))
    if step > 1:
        end = _best_end(part, np.arange(max(end - step, 0), min(end + step + 1, len(part))))
    return start + end


def _best_end(part: NDArray[np.float64], ends: NDArray[np.int64]) -> int:
    """Return which of `ends` explains a mean trace best.

    Of those that explain it about as well it is the last: a response often fades while the stimulus lasts, but does not
    last when the stimulus has ended.
    """
    left = float(((part - part.mean()) ** 2).sum()) - np.array([_explained(part, int(end)) for end in ends])
    return int(ends[left <= left.min() * (1 + _AS_GOOD)].max())


def wash_out(course: NDArray[np.float64], start: int, stop: int) -> int:
    """Return the last frame with NH4+ that begins at `start`: where the mean trace falls at once, or frame `stop`.

    The first frame in which it has fallen below half of its height, back to the last one with nine tenths of the level
    of the 20 frames before the fall.
    """
    part = course[start : stop + 1] - np.median(course[max(start - _BEFORE, 0) : start] if start else course[:1])
    smooth = _smooth(part)
    low = np.flatnonzero((smooth < 0.5 * smooth.max()) & (np.arange(len(part)) > smooth.argmax()))
    if not len(low):
        return stop
    fall = int(low[0])
    level = float(np.median(part[max(fall - _BEFORE - _SOON, 0) : max(fall - _SOON, 1)]))
    high = np.flatnonzero(part[:fall] >= 0.9 * level)
    return start + int(high[-1] if len(high) else fall)


def falls_at_once(course: NDArray[np.float64], start: int, stop: int) -> bool:
    """Return whether what begins at `start` ends as NH4+ does: within 10 frames to 30 %, or not before frame `stop`.

    Vesicles become acid again as soon as NH4+ is washed out; after a stimulus they have to be taken up first.
    """
    end = wash_out(course, start, stop)
    if end >= stop:
        return True
    part = course[end : stop + 1] - np.median(course[max(start - _BEFORE, 0) : start] if start else course[:1])
    return bool((part[: _AT_ONCE + 1] < 0.3 * part[0]).any())


def _smooth(part: NDArray[np.float64]) -> NDArray[np.float64]:
    side = min(2 * _STEP - 1, len(part))
    return np.convolve(np.pad(part, side // 2, mode="edge"), np.ones(side) / side, "valid")[: len(part)]


def _over(part: NDArray[np.float64]) -> int:
    """Return after how many frames a response is over for good: some frames after it has fallen to a quarter."""
    smooth = _smooth(part)
    peak = int(smooth.argmax())
    low = np.flatnonzero((smooth < 0.25 * smooth[peak]) & (np.arange(len(part)) > peak))
    return min(int(low[0]) + _BEFORE // 2, len(part)) if len(low) else len(part)


def _explained(part: NDArray[np.float64], end: int) -> float:
    """Return the sum of squares about the mean that the best response to a stimulus ending at `end` explains."""
    t = np.arange(len(part))
    during = np.minimum(t, end) + 1
    rise = (1 - np.exp(-during / _RISES[:, None])) * np.exp(-during / _FADES[:, None, None])
    fall = np.exp(-np.maximum(t - end, 0) / _FALLS[:, None])
    shapes = (rise[..., None, :] * fall).reshape(-1, len(t))
    shapes -= shapes.mean(axis=1, keepdims=True)
    shared = np.maximum(shapes @ (part - part.mean()), 0)
    return float((shared**2 / np.maximum(np.einsum("ij,ij->i", shapes, shapes), 1e-12)).max())
