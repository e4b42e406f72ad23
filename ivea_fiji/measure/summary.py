"""What a movie's events say together: counts, rates, and the middle and spread of every measurement."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.classes import FUSION, LATENT, NO_CLOUD
from ivea_fiji.events.model import Event
from ivea_fiji.movie.movie import Movie


class Row(NamedTuple):
    """One line of a summary."""

    quantity: str
    value: int | float | str
    """NaN where it is not known; tables leave it empty."""
    unit: str


class _Measure(NamedTuple):
    """A kinetic value in one unit."""

    name: str
    field: str
    unit: str
    factor: Callable[[Movie], float]
    of_loss: bool
    """Whether a fusion without cloud has it."""


def _one(_: Movie) -> float:
    return 1.0


def _frames(movie: Movie) -> float:
    return float(movie.frames_per_step)


def _seconds(movie: Movie) -> float:
    """Return the seconds of a frame as analysed, NaN if unknown."""
    return movie.frame_interval_s or math.nan


def _um(movie: Movie) -> float:
    return movie.pixel_size_um or math.nan


_MEASURES = (
    _Measure("baseline", "baseline", "counts", _one, True),
    _Measure("peak_df", "peak_df", "counts", _one, True),
    _Measure("peak_df_f0", "peak_df_f0", "", _one, True),
    _Measure("snr", "snr", "", _one, True),
    _Measure("rise_frames", "rise", "frames", _frames, False),
    _Measure("rise_s", "rise", "s", _seconds, False),
    _Measure("decay_tau_frames", "decay_tau", "frames", _frames, True),
    _Measure("decay_tau_s", "decay_tau", "s", _seconds, True),
    _Measure("half_life_frames", "half_life", "frames", _frames, True),
    _Measure("half_life_s", "half_life", "s", _seconds, True),
    _Measure("fwhm_t_frames", "fwhm_t", "frames", _frames, False),
    _Measure("fwhm_t_s", "fwhm_t", "s", _seconds, False),
    _Measure("fwhm_xy_px", "fwhm_xy", "px", _one, True),
    _Measure("fwhm_xy_um", "fwhm_xy", "um", _um, True),
    _Measure("area_counts_frames", "area", "counts x frames", _frames, False),
    _Measure("area_counts_s", "area", "counts x s", _seconds, False),
    _Measure("diffusion_px2_frame", "diffusion", "px2/frame", lambda m: 1 / _frames(m), False),
    _Measure("diffusion_um2_s", "diffusion", "um2/s", lambda m: _um(m) ** 2 / _seconds(m), False),
)


def summarise(events: Sequence[Event], movie: Movie, strange_share: float = math.nan) -> list[Row]:
    """Return the summary of one movie.

    The rows are the same for every movie, so that summaries can be put side by side; only further classes of a network
    add rows. What needs an unknown pixel size or frame interval is NaN. Frames are frames of the file, as in the
    tables. Measurements of fusions without cloud, where the signal is a loss, stand apart (``fusion_without_cloud_``).

    Parameters
    ----------
    events
        The reported events.
    movie
        Their movie. Rates per area refer to its mask, or to the whole image if there is none.
    strange_share
        Which part of what could be an event is unlike what the model has learned from; NaN if it cannot tell.
    """
    steps, height, width = movie.shape
    duration = movie.duration_s
    area = movie.cell_area_px * _um(movie) ** 2
    rows = [
        Row("movie", movie.name, ""),
        Row("frames", steps * movie.frames_per_step, "frames"),
        Row("height", height, "px"),
        Row("width", width, "px"),
        Row("pixel_size", _um(movie), "um"),
        Row("frame_interval", _seconds(movie) / movie.frames_per_step, "s"),
        Row("duration", duration, "s"),
        Row("area_is_of", movie.area_is_of, ""),
        Row("cell_area_px2", movie.cell_area_px, "px2"),
        Row("cell_area_um2", area, "um2"),
        Row("strange_share", strange_share, ""),
    ]
    rows += _counts(events, movie, duration, area)
    rows += _times(events, movie)
    losses = [e for e in events if e.class_id == NO_CLOUD.id]
    gains = [e for e in events if e.class_id != NO_CLOUD.id]
    for measure in _MEASURES:
        rows += _spread(measure.name, measure, gains, movie)
    for measure in _MEASURES:
        if measure.of_loss:
            rows += _spread(f"{NO_CLOUD.name}_{measure.name}", measure, losses, movie)
    return rows


def cumulative(events: Sequence[Event], movie: Movie) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return how many events there were up to each time, as the corners of a staircase.

    Returns
    -------
    time, count
        Arrays ``(n + 2,)``. Time runs from the first analysed frame, in seconds, or in frames of the file if the
        frame interval is unknown; it begins with 0 and ends with the end of the movie. From ``time[i]`` on there were
        ``count[i]`` events.
    """
    frames = np.sort(np.array([e.frame for e in events], float))
    corners = np.concatenate([[0.0], frames, [movie.shape[0]]])
    time = _from_start(corners, movie) if movie.frame_interval_s else corners * _frames(movie)
    return time, np.concatenate([np.arange(len(frames) + 1), [len(frames)]])


def _counts(events: Sequence[Event], movie: Movie, duration: float, area: float) -> list[Row]:
    minutes = duration / 60
    names = [c.name for c in (FUSION, NO_CLOUD, LATENT)]
    names += sorted({e.class_name for e in events} - set(names))
    total = len(events)
    rows = [Row("events", total, "")]
    rows += [Row(f"events_{name}", sum(e.class_name == name for e in events), "") for name in names]
    rows += [
        Row("rate_per_frame", total / (movie.shape[0] * movie.frames_per_step), "1/frame"),
        Row("rate_per_min", _ratio(total, minutes), "1/min"),
        Row("rate_per_um2_per_min", _ratio(total, minutes * area), "1/(um2 min)"),
    ]
    for name in names:
        count = sum(e.class_name == name for e in events)
        rows.append(Row(f"rate_per_min_{name}", _ratio(count, minutes), "1/min"))
        rows.append(Row(f"rate_per_um2_per_min_{name}", _ratio(count, minutes * area), "1/(um2 min)"))
    return rows


def _times(events: Sequence[Event], movie: Movie) -> list[Row]:
    """Return when events came, from the first analysed frame, and how long the pauses between them were."""
    times = _from_start(np.sort([e.frame for e in events]).astype(float), movie)
    first, last = (times[0], times[-1]) if len(times) else (math.nan, math.nan)
    pause = float(np.median(np.diff(times))) if len(times) > 1 else math.nan
    return [
        Row("first_event", float(first), "s"),
        Row("last_event", float(last), "s"),
        Row("median_time_between_events", pause, "s"),
    ]


def _from_start(frames: NDArray[np.float64], movie: Movie) -> NDArray[np.float64]:
    """Return the times of frames from the first analysed one, s; NaN if they are not known."""
    return np.array([movie.span_s(0, frame) for frame in frames], float)


def _spread(name: str, measure: _Measure, events: Sequence[Event], movie: Movie) -> list[Row]:
    """Return number, mean, standard deviation and median of what could be measured."""
    values = np.array([getattr(e.kinetics, measure.field) for e in events], float) * measure.factor(movie)
    values = values[np.isfinite(values)]
    n = len(values)
    return [
        Row(f"{name}_n", n, "events"),
        Row(f"{name}_mean", float(values.mean()) if n else math.nan, measure.unit),
        Row(f"{name}_sd", float(values.std(ddof=1)) if n > 1 else math.nan, measure.unit),
        Row(f"{name}_median", float(np.median(values)) if n else math.nan, measure.unit),
    ]


def _ratio(count: int, whole: float) -> float:
    """Return NaN if the whole is unknown or nothing."""
    return count / whole if whole > 0 else math.nan
