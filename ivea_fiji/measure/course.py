"""What the trace of one event tells: its peak, rise, decay and duration, or the loss of a vesicle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.classes import NO_CLOUD
from ivea_fiji.events.model import Kinetics
from ivea_fiji.measure.baseline import (
    MAX_BASELINE,
    MIN_BASELINE,
    ONSET,
    Baseline,
    difference_noise,
    find_baseline,
    find_peak,
    median,
    stands_out,
)
from ivea_fiji.measure.decay import first_fall, fit_decay

PEAK_REACH = 5
"""Frames around the expected one within which the peak is looked for."""
SPREAD_FRAMES = 10
"""Frames after the peak over which a cloud's widening is followed."""
_RISES_AGAIN = (5.0, 0.3)  # noise SD, part of the peak


@dataclass(frozen=True)
class Course:
    """What the trace of one event tells, and which images tell the rest."""

    kinetics: Kinetics = field(default_factory=Kinetics)
    bright: tuple[int, ...] = ()
    """Frames of the window whose mean shows the spot; empty where there is none to measure."""
    dark: tuple[int, ...] = ()
    """Frames whose mean is taken off."""
    end: int = 0
    """Frame of the window at which a cloud is not followed any more."""


@dataclass(frozen=True)
class Clock:
    """When the frames of a window were taken ``(w,)``, in usual intervals; None if they are even."""

    time: NDArray | None = None

    def between(self, first: float, last: float) -> float:
        """Return the time from one frame of the window to another, which may lie between two; NaN if one is NaN."""
        if self.time is None or np.isnan(first) or np.isnan(last):
            return last - first
        at = np.interp([first, last], np.arange(len(self.time)), self.time)
        return float(at[1] - at[0])

    def part(self, first: int, stop: int) -> NDArray | None:
        """Return the times of frames ``first`` to ``stop`` (not included), None if they are even."""
        return None if self.time is None else self.time[first:stop]


def follow_trace(
    raw: NDArray, background: NDArray, expected: int, class_id: int, time: NDArray | None = None
) -> Course:
    """Measure the trace of one event; see `measure_events`.

    Parameters
    ----------
    raw, background
        Mean of the disc and median of the ring ``(w,)``, counts.
    expected
        Frame of the window at which the event is expected.
    class_id
        Its class.
    time
        When the frames of the window were taken ``(w,)``, in usual intervals; None if they are even.

    Returns
    -------
    Course
        With `onset_frame` in frames of the window, and durations in usual intervals.
    """
    trace = raw - background
    if not 0 <= expected < len(trace):
        return Course()
    largest = float(np.nanmax(np.abs(raw))) if np.isfinite(raw).any() else 0.0
    return (_loss if class_id == NO_CLOUD.id else _gain)(trace, raw, expected, largest, Clock(time))


def _gain(trace: NDArray, raw: NDArray, expected: int, largest: float, clock: Clock) -> Course:
    """Measure an event that brightens."""
    peak = find_peak(trace, expected, PEAK_REACH)
    if peak is None:
        return Course()
    baseline = find_baseline(trace, peak, float(trace[peak]))
    if baseline is None:
        noise = difference_noise(trace[peak:])
        end, _ = _decay_end(trace - np.nanmin(trace[peak:]), peak, noise, known_baseline=False)
        tau, r2 = fit_decay(trace[peak:end], clock.part(peak, end))
        return Course(Kinetics(decay_tau=tau, decay_r2=r2), (peak,), (), peak + 1)
    signal = trace - baseline.level
    height = float(signal[peak])
    sizes = _sizes(height, median(raw[baseline.frames]), baseline)
    if not stands_out(height, baseline, trace, largest):
        return Course(sizes)
    end, back = _decay_end(signal, peak, baseline.noise, known_baseline=True)
    rising = signal[peak::-1]
    onset, half, top = (peak - first_fall(rising, part * height) for part in (ONSET, 0.5, 0.9))
    half_life = first_fall(signal[peak : max(end, back + 1)], 0.5 * height)
    tau, r2 = fit_decay(signal[peak:end], clock.part(peak, end))
    kinetics = replace(
        sizes, onset_frame=onset, rise=clock.between(onset, top), decay_tau=tau, decay_r2=r2,
        half_life=clock.between(peak, peak + half_life), fwhm_t=clock.between(half, peak + half_life),
        area=_area(signal, onset, back, clock),
    )
    return Course(kinetics, (peak,), tuple(baseline.frames), min(end, peak + SPREAD_FRAMES + 1))


def _loss(trace: NDArray, raw: NDArray, expected: int, largest: float, clock: Clock) -> Course:
    """Measure a vesicle that is suddenly gone: the trace upside down rises and stays."""
    first = _largest_step(-trace, expected)
    if first is None:
        return Course()
    after = first + 1 + np.flatnonzero(np.isfinite(trace[first + 1 : first + 1 + MAX_BASELINE]))
    if len(after) < MIN_BASELINE:
        return Course()
    top = -median(trace[after])
    baseline = find_baseline(-trace, first, top)
    if baseline is None:
        return Course()
    loss = top - baseline.level
    sizes = _sizes(-loss, median(raw[baseline.frames]), baseline)
    if not stands_out(loss, baseline, trace, largest):
        return Course(sizes)
    gone = -trace - baseline.level
    low = first + int((gone[first:] >= 0.9 * loss).argmax())
    onset, half = (low - first_fall(gone[low::-1], part * loss) for part in (ONSET, 0.5))
    tau, r2 = np.nan, np.nan
    if np.isfinite(onset):
        begin = int(onset)
        left = loss - gone  # falls from the loss to 0
        end, _ = _decay_end(left, begin, baseline.noise, known_baseline=True)
        tau, r2 = fit_decay(left[begin:end], clock.part(begin, end))
    kinetics = replace(sizes, onset_frame=onset, half_life=clock.between(onset, half), decay_tau=tau, decay_r2=r2)
    return Course(kinetics, tuple(baseline.frames), tuple(after), 0)


def _sizes(change: float, level: float, baseline: Baseline) -> Kinetics:
    return Kinetics(
        baseline=level,
        peak_df=change,
        peak_df_f0=change / level if level > 0 else np.nan,
        snr=abs(change) / baseline.noise if baseline.noise > 0 else np.nan,
    )


def _largest_step(trace: NDArray, expected: int) -> int | None:
    """Return the frame around `expected` between whose neighbours (3 on each side) the trace steps up most."""
    best, where = -np.inf, None
    for i in range(max(1, expected - PEAK_REACH), min(len(trace), expected + PEAK_REACH + 1)):
        step = trace[i : i + 3].mean() - trace[max(0, i - 3) : i].mean()
        if step > best:
            best, where = step, i
    return where


def _decay_end(signal: NDArray, peak: int, noise: float, *, known_baseline: bool) -> tuple[int, int]:
    """Return the frame (not included) where the fit of a decay ends, and the one where the signal is back.

    Both are the end of what is known, or of the decay where the trace rises again, if it is not back before.
    """
    tail = signal[peak:]
    unknown = np.isnan(tail)
    tail = tail[: int(unknown.argmax()) if unknown.any() else len(tail)]
    length = _until_rise(tail, noise)
    low = tail < noise
    both = low[:-1] & low[1:]
    back = int(both.argmax()) if both.any() and known_baseline else length
    if back >= length:
        return peak + length, peak + length
    return peak + min(length, back + max(3, back // 2)), peak + back


def _until_rise(tail: NDArray, noise: float) -> int:
    """Return how many frames pass until the trace begins to rise again for good."""
    if len(tail) < 4 or not np.isfinite(noise):
        return len(tail)
    middle = np.sort(np.stack([tail[:-2], tail[1:-1], tail[2:]]), axis=0)[1]  # median of 3, noise-proof
    lowest = np.minimum.accumulate(middle)
    factor, part = _RISES_AGAIN
    high = tail[2:] > lowest + max(factor * noise, part * tail[0])
    again = high[:-1] & high[1:]
    if not again.any():
        return len(tail)
    return int(middle[: int(again.argmax()) + 1].argmin()) + 2


def _area(signal: NDArray, onset: float, back: int, clock: Clock) -> float:
    """Return the sum of the signal from onset until it is back, counts x frames."""
    if not np.isfinite(onset):
        return np.nan
    begin = int(np.ceil(onset))
    part = signal[begin:back]
    return float(part.sum() if clock.time is None else part @ np.gradient(clock.time)[begin:back])


