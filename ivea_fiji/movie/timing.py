"""Times of frames: from the stamps a file has, else from the interval it states; pauses and uneven steps are told.

Ours. A stamp says when a frame was taken; an interval only what was asked for, so stamps win where a file has both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_DIFFERS = 0.03
"""Part by which stated interval and stamps differ that is worth a sentence."""
_LONG = 1.5
"""A step as many times as long as both its neighbours is a pause, or a frame was lost."""
_JITTER = 0.25
"""Part of a step by which frames may lie beside a straight line and still be even."""
_UNEVEN = 0.2
"""Part of the usual step over which steps spread that is worth a sentence."""
_NAMED = 3
_SHORTEST, _LONGEST = 1e-7, 86400.0
"""Intervals beyond are not believed, s."""


@dataclass(frozen=True)
class Timing:
    """When the frames of a file were taken.

    Attributes
    ----------
    interval_s
        The usual time from one frame to the next: of even frames the mean, else the median step; None if unknown.
    times_s
        Time of every frame from the first ``(t,)``, if they are not evenly spaced; else None.
    planned_s
        The interval that the file states beside its stamps; None if it states none.
    notes
        What the user should know.
    """

    interval_s: float | None = None
    times_s: NDArray[np.float64] | None = None
    planned_s: float | None = None
    notes: tuple[str, ...] = ()
    stamped: bool = False
    """Whether `interval_s` comes from stamps."""


UNKNOWN = Timing()


def timing(stamps_s: ArrayLike | None, planned_s: float | None) -> Timing:
    """Return what stamps and a stated interval say together.

    Parameters
    ----------
    stamps_s
        Time of every frame ``(t,)``, s, NaN where a frame has none; None if there are none at all.
    planned_s
        The interval that the file states, None if it states none.
    """
    stated = Timing(planned_s, None, planned_s)
    if stamps_s is None:
        return stated
    times = np.asarray(stamps_s, np.float64).ravel()
    known = np.flatnonzero(np.isfinite(times))
    if len(known) < 2 or times[known[-1]] <= times[known[0]]:
        return stated
    if (np.diff(times[known]) < 0).any():
        return Timing(planned_s, None, planned_s, ("The time stamps of the frames run backwards; they were not used.",))
    notes: list[str] = []
    if len(known) < len(times):
        lacking = len(times) - len(known)
        notes.append(f"{lacking} of {len(times)} frames have no time stamp; their times were filled in.")
    times = _filled(times, known)
    steps = np.diff(times)
    found, even = _usual(times, steps)
    if not _SHORTEST <= found <= _LONGEST:
        return stated
    if not even:
        notes += _unevenness(steps, found)
    if planned_s and abs(found / planned_s - 1) > _DIFFERS:
        notes.append(
            f"The file states {planned_s:.4g} s from frame to frame, but its time stamps say {found:.4g} s; the stamps "
            "were taken."
        )
    return Timing(found, None if even else times - times[0], planned_s, tuple(notes), True)


def pauses(steps: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which steps ``(t - 1,)`` are much longer than those before and after them."""
    around = np.concatenate([[0.0], steps, [0.0]])
    return (steps > _LONG * np.maximum(around[:-2], around[2:])) & (len(steps) > 1)


def observed(times: NDArray[np.float64], usual: float) -> float:
    """Return for how long frames were taken, s: the sum of their steps, a pause counting as one usual step."""
    steps = np.diff(times)
    return float(np.where(pauses(steps), usual, steps).sum()) + usual


def _filled(times: NDArray[np.float64], known: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return times with those that are missing on straight lines; before and after, the median step goes on."""
    at = np.arange(len(times))
    step = float(np.median(np.diff(times[known]) / np.diff(known)))
    out = np.interp(at, known, times[known])
    out += np.minimum(at - known[0], 0) * step + np.maximum(at - known[-1], 0) * step
    return out


def _usual(times: NDArray[np.float64], steps: NDArray[np.float64]) -> tuple[float, bool]:
    """Return the usual step, and whether all frames lie on a straight line.

    Clocks are rounded: of even frames the mean step is exact where the median is a whole number of milliseconds.
    """
    mean = float(times[-1] - times[0]) / len(steps)
    if (steps == 0).any():  # stamps in whole seconds, say: they tell how long all frames took, but not each
        return mean, True
    line = times[0] + mean * np.arange(len(times))
    if bool((np.abs(times - line) <= _JITTER * mean).all()) and not pauses(steps).any():
        return _rounded(mean), True
    return _rounded(float(np.median(steps))), False


def _rounded(value: float) -> float:
    """Return a step without what subtracting large times left in its last digits."""
    return float(f"{value:.9g}")


def _unevenness(steps: NDArray[np.float64], usual: float) -> list[str]:
    long = np.flatnonzero(pauses(steps))
    notes = []
    if long.size:
        worst = np.sort(long[np.argsort(-steps[long], kind="stable")][:_NAMED])
        told = _listed(f"{t + 1} and {t + 2} are {steps[t]:.4g} s apart" for t in worst)
        more = f" (and {len(long) - _NAMED} more)" if len(long) > _NAMED else ""
        notes.append(f"Pauses or lost frames: frames {told}{more}, others usually {usual:.4g} s.")
    rest = np.delete(steps, long)
    if rest.size:
        low, high = np.quantile(rest, [0.05, 0.95])
        if high - low > _UNEVEN * usual:
            notes.append(
                f"The frames are not evenly spaced ({low:.3g} to {high:.3g} s apart); times come from their stamps."
            )
    return notes


def _listed(parts: Iterable[str]) -> str:
    every = list(parts)
    return every[0] if len(every) == 1 else ", ".join(every[:-1]) + " and " + every[-1]
