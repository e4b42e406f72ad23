"""Crossings of a level, and the single exponential."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_R2 = 0.5
"""Smallest coefficient of determination of a decay that is given."""
MIN_TAU = 0.3
"""Shortest time constant, frames: below, all but the first frame is background."""
MAX_TAU = 3.0
"""Longest time constant, as a multiple of the fitted length."""
_DOUBT = 2.0  # half and twice tau must fit worse
_DOUBT_Z2 = 4.0  # by this many residual variances (two standard errors)
_MIN_POINTS = 5
_COARSE, _FINE = 48, 17


def first_fall(values: NDArray, level: float) -> float:
    """Return after how many frames `values` first falls below `level`, between frames by a straight line.

    NaN if it never does, begins below, or is not known up to there.
    """
    below = values < level
    index = int(below.argmax()) if len(below) else 0
    if index == 0 or np.isnan(values[:index]).any():
        return np.nan
    above, under = float(values[index - 1]), float(values[index])
    return index - 1 + (above - level) / (above - under)


def fit_decay(values: NDArray, at: NDArray | None = None) -> tuple[float, float]:
    """Fit ``A exp(-t / tau) + c`` to successive frames by least squares (ours).

    For every tau the best A and c are known in closed form, so tau alone is searched, from coarse to fine; there is no
    start to choose and no local minimum to be caught in. c is free because a vesicle may leave less than it found.

    Parameters
    ----------
    values
        Trace from the peak on ``(k,)``; frames that are NaN are left out.
    at
        When the frames were taken ``(k,)``, in usual intervals; None if they are even.

    Returns
    -------
    tau, r2
        Time constant in frames and coefficient of determination. NaN with fewer than 5 frames, A not positive,
        R2 < 0.5, tau outside 0.3 frames to 3 times the fitted length, or if half or twice of tau fits about as well
        (its sum of squares is not larger by 4 residual variances), as it does where too little of the decay is seen.
    """
    known = np.isfinite(values)
    time = np.flatnonzero(known).astype(float) if at is None else at[known].astype(float)
    if len(time) < _MIN_POINTS:
        return np.nan, np.nan
    time -= time[0]
    centred = values[known].astype(float)
    centred = centred - centred.mean()
    total = float(centred @ centred)
    longest = MAX_TAU * time[-1]
    taus = _scale(MIN_TAU / 1.5, longest * 1.2, _COARSE)
    for points in (_FINE, _FINE, 0):
        explained = _explained(taus, time, centred)
        best = int(explained.argmax())
        if best in (0, len(taus) - 1) or explained[best] < MIN_R2 * total or total == 0:
            return np.nan, np.nan
        if points:
            taus = _scale(taus[best - 1], taus[best + 1], points)
    tau, r2 = float(taus[best]), float(explained[best]) / total
    variance = total * (1 - r2) / max(len(time) - 3, 1)
    other = _explained(np.array([tau / _DOUBT, tau * _DOUBT]), time, centred).max()
    if not MIN_TAU < tau <= longest or r2 * total - other < _DOUBT_Z2 * variance:
        return np.nan, np.nan
    return tau, min(r2, 1.0)


def _scale(low: float, high: float, points: int) -> NDArray:
    return np.exp(np.linspace(np.log(low), np.log(high), points))


def _explained(taus: NDArray, time: NDArray, centred: NDArray) -> NDArray:
    """Return the sum of squares that a falling exponential explains, for every tau."""
    e = np.exp(-time / taus[:, None])
    e -= e.mean(axis=1, keepdims=True)
    shared = np.maximum(e @ centred, 0)
    return shared**2 / np.einsum("ij,ij->i", e, e)

