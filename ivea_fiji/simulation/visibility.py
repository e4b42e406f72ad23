"""How visible a simulated event is: its change over the noise, as a detector of differences meets it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.progress import Progress, each
from ivea_fiji.simulation.truth import TrueEvent

LAG = 4
"""Frames between the two images that are subtracted (the detector's default)."""
BLUR_PX = 1.0
"""Blur before the subtraction (the detector's default)."""
_KERNEL = 9  # of cv2.GaussianBlur at BLUR_PX: 4 standard deviations to each side
_PAD = _KERNEL // 2
_REACH_PX = 2  # the change is looked for in 5x5 px
_NOISE_SIGMA_PX = 4.0  # smoothing of the noise
_NOISE_REACH_PX = 12
_NOISE_PAIRS = 40
_MAD_TO_SD = 1.4826
_TOGETHER = 8  # frames averaged into one for what rises slowly
_LONGEST_REACH = 12  # frames; beyond that a slow event changes too little within LAG frames to matter


def peak_z(
    clean: NDArray, noisy: NDArray, y: float, x: float, frame: int, duration: float, *, gain: float = 1.0
) -> float:
    """Return the largest change an event makes, in standard deviations of the noise (ours).

    The change is the difference of the noise-free movie, blurred by 1 px, over 4 frames, its largest absolute value
    within 5x5 px from ``2 duration`` (at most 12 frames) before the peak to as long after it. The noise is that of the
    same difference of the noisy movie at that place: 1.4826 times the median absolute difference of 40 frame pairs
    spread over the movie, averaged over the surroundings with a Gaussian of 4 px.

    Parameters
    ----------
    clean
        Noise-free movie ``(t, y, x)``.
    noisy
        The same movie as recorded ``(t, y, x)``, counts.
    y, x
        Centre of the event, px.
    frame
        Frame of its peak, from 0.
    duration
        Its decay time, frames.
    gain
        Counts of `noisy` per unit of `clean`.

    Returns
    -------
    float
        NaN where it cannot be told: a movie of one frame, or one without any noise.
    """
    frames = len(clean)
    lag = min(LAG, frames - 1)
    if lag < 1:
        return float("nan")
    reach = int(np.ceil(np.clip(2 * duration, 1, _LONGEST_REACH)))
    starts = np.arange(max(0, frame - reach - lag), min(frames - lag, frame + reach + 1))
    change = np.abs(_differences(clean, y, x, starts, lag, _REACH_PX)).max() * gain
    noise = noise_sd(noisy, y, x)
    return float(change / noise) if noise > 0 else float("nan")


def noise_sd(noisy: NDArray, y: float, x: float) -> float:
    """Return the noise of the blurred 4-frame difference at a place, counts; see `peak_z`.

    Parameters
    ----------
    noisy
        Movie ``(t, y, x)`` of at least two frames.
    y, x
        The place, px.
    """
    lag = min(LAG, len(noisy) - 1)
    pairs = len(noisy) - lag
    starts = np.unique(np.linspace(0, pairs - 1, min(_NOISE_PAIRS, pairs)).round().astype(int))
    spread = np.median(np.abs(_differences(noisy, y, x, starts, lag, _NOISE_REACH_PX)), axis=0)
    row, column = _place(noisy.shape, y, x)
    rows = np.arange(spread.shape[0]) + max(0, row - _NOISE_REACH_PX) - row
    columns = np.arange(spread.shape[1]) + max(0, column - _NOISE_REACH_PX) - column
    weight = np.exp(-(rows[:, None] ** 2 + columns**2) / (2 * _NOISE_SIGMA_PX**2))
    return float(_MAD_TO_SD * (weight * spread).sum() / weight.sum())


def with_peak_z(
    events: Sequence[TrueEvent], clean: NDArray, noisy: NDArray, *, gain: float = 1.0, progress: Progress | None = None
) -> tuple[TrueEvent, ...]:
    """Return the events with `peak_z` filled in; arguments as there. `progress` is told, and asked whether to stop."""
    return tuple(
        replace(e, peak_z=peak_z(clean, noisy, e.y, e.x, e.frame, e.duration, gain=gain))
        for e in each(events, progress, "measuring events")
    )


def with_slow_z(
    events: Sequence[TrueEvent], clean: NDArray, noisy: NDArray, *, gain: float = 1.0
) -> tuple[TrueEvent, ...]:
    """Return the events with the higher `peak_z`: of single frames, or of averages of 8, which show a slow rise."""
    count = len(noisy) // _TOGETHER
    if count < 2:
        return tuple(events)
    light, counts = (
        m[: count * _TOGETHER].reshape(count, _TOGETHER, *m.shape[1:]).mean(axis=1, dtype=np.float32)
        for m in (clean, noisy)
    )
    out = []
    for e in events:
        # The rise begins in `frame`, and most of it lies within its duration.
        middle = min(int(e.frame + e.duration / 2) // _TOGETHER, count - 1)
        z = peak_z(light, counts, e.y, e.x, middle, max(e.duration / _TOGETHER, 1), gain=gain)
        out.append(replace(e, peak_z=float(np.fmax(z, e.peak_z))))
    return tuple(out)


def _place(shape: tuple[int, ...], y: float, x: float) -> tuple[int, int]:
    return int(np.clip(round(y), 0, shape[1] - 1)), int(np.clip(round(x), 0, shape[2] - 1))


def _differences(movie: NDArray, y: float, x: float, starts: NDArray, lag: int, reach: int) -> NDArray[np.float32]:
    """Return blurred differences ``(n, h, w)`` of a crop that reaches `reach` px around a place.

    Blurring is linear, so the difference is blurred rather than both images.
    """
    row, column = _place(movie.shape, y, x)
    wide = np.s_[max(0, row - reach - _PAD) : row + reach + _PAD + 1,
                 max(0, column - reach - _PAD) : column + reach + _PAD + 1]
    top, left = max(0, row - reach) - wide[0].start, max(0, column - reach) - wide[1].start
    height = min(movie.shape[1], row + reach + 1) - max(0, row - reach)
    width = min(movie.shape[2], column + reach + 1) - max(0, column - reach)
    out = np.empty((len(starts), height, width), np.float32)
    for k, start in enumerate(starts):
        change = movie[start + lag][wide].astype(np.float32) - movie[start][wide].astype(np.float32)
        blurred = cv2.GaussianBlur(change, (_KERNEL, _KERNEL), BLUR_PX, borderType=cv2.BORDER_REPLICATE)
        out[k] = blurred[top : top + height, left : left + width]
    return out
