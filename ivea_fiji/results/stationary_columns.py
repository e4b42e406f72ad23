"""Columns of the tables of stationary bursts; frames are those of the file, counted from 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ivea_fiji.results.columns import SUMMARY_COLUMNS, Column, Value, interval_s, pixel_um, span_s, time_s

if TYPE_CHECKING:
    from ivea_fiji.synapses.model import Site, StationaryResult, Stimulus, SynapticEvent


@dataclass(frozen=True)
class EventRow:
    """One row of the table of events."""

    event: SynapticEvent
    result: StationaryResult

    @property
    def frame(self) -> int:
        """Frame at which it is shown."""
        return self.result.movie.file_frame(self.event.frame)

    @property
    def onset(self) -> int:
        """First frame of the rise."""
        return self.result.movie.file_frame(self.event.onset)

    @property
    def y(self) -> float:
        """Row at which the file shows it, px."""
        return self.result.file_position(self.event)[0]

    @property
    def x(self) -> float:
        """Column at which the file shows it, px."""
        return self.result.file_position(self.event)[1]

    @property
    def latency(self) -> float:
        """Frames of the file from the start of its stimulus."""
        return self.event.latency * self.result.movie.frames_per_step

    @property
    def of_pool(self) -> float:
        """Peak over the total pool of the synapse."""
        pool = self.result.sites[self.event.site - 1].pool
        return self.event.kinetics.peak_df / pool if pool > 0 else math.nan


@dataclass(frozen=True)
class SiteRow:
    """One row of the table of synapses."""

    site: Site
    result: StationaryResult

    @property
    def events(self) -> list[SynapticEvent]:
        """Its activations: its events without NH4+."""
        every = (self.result.events[number - 1] for number in self.site.events)
        return [event for event in every if event.activation]

    @property
    def answered(self) -> int:
        """To how many stimuli it responded."""
        return len(self._numbers & {event.stimulus for event in self.events})

    @property
    def response(self) -> float:
        """To which part of the stimuli it responded; NaN without any."""
        return self.answered / len(self._numbers) if self._numbers else math.nan

    @property
    def _numbers(self) -> set[int]:
        return {stimulus.number for stimulus in self.result.stimuli if stimulus.kind == "stimulus"}

    def first(self) -> float:
        """Return the onset of its first activation, frame of the file; NaN if it has none."""
        return self.result.movie.file_frame(min(e.onset for e in self.events)) if self.events else math.nan

    def best(self, name: str) -> float:
        """Return the highest known value of its activations' kinetics."""
        known = [v for e in self.events if math.isfinite(v := getattr(e.kinetics, name))]
        return max(known) if known else math.nan

    def mean(self, name: str) -> float:
        """Return the mean of the known values of its activations' kinetics."""
        return mean([getattr(e.kinetics, name) for e in self.events])

    def latency(self) -> float:
        """Return the mean latency of its synchronous activations, frames of the file."""
        return mean([e.latency for e in self.events if e.stimulus]) * self.result.movie.frames_per_step


@dataclass(frozen=True)
class StimulusRow:
    """One row of the table of stimuli."""

    stimulus: Stimulus
    result: StationaryResult

    @property
    def events(self) -> list[SynapticEvent]:
        """The events that are synchronous with it."""
        return [event for event in self.result.events if event.stimulus == self.stimulus.number]

    @property
    def first(self) -> int:
        """First frame of the file."""
        return self.result.movie.file_frame(self.stimulus.start)

    @property
    def last(self) -> int:
        """Last frame of the file."""
        return self.result.movie.file_frame(self.stimulus.end)

    @property
    def frames(self) -> int:
        """How long it lasts, frames of the file."""
        return (self.stimulus.end - self.stimulus.start + 1) * self.result.movie.frames_per_step

    def sites(self) -> int:
        """Return how many synapses responded."""
        return len({event.site for event in self.events})

    def latencies(self) -> list[float]:
        """Return the latencies of its events, frames of the file."""
        return [event.latency * self.result.movie.frames_per_step for event in self.events]

    def latency_s(self) -> float:
        """Return the mean latency of its events, s."""
        movie = self.result.movie
        return mean([movie.span_s(event.onset - event.latency, event.onset) for event in self.events])

    def of_pool(self) -> float:
        """Return the mean peak over the total pool."""
        return mean([EventRow(event, self.result).of_pool for event in self.events])


@dataclass(frozen=True)
class EventWindow:
    """What the table of event windows tells of one event: a row for every frame, values ``(w,)``."""

    event: SynapticEvent
    offset: list[int]
    """Frames of the file from the onset."""
    frame: list[int]
    raw: list[float]
    background: list[float]
    df: list[float]
    df_f0: list[float]
    normalised: list[float]
    offset_s: list[float]
    """Seconds from the onset."""

    def every(self, value: int) -> list[int]:
        """Return a value for every row."""
        return [value] * len(self.frame)


def mean(values: list[float]) -> float:
    """Return the mean of the values that are known, NaN if none is."""
    known = [value for value in values if math.isfinite(value)]
    return sum(known) / len(known) if known else math.nan


def spread(values: list[float]) -> float:
    """Return the standard deviation of the values that are known, NaN if there are fewer than two."""
    known = [value for value in values if math.isfinite(value)]
    return float(np.std(known, ddof=1)) if len(known) > 1 else math.nan


def _kinetic(name: str) -> Callable[[EventRow], Value]:
    return lambda r: getattr(r.event.kinetics, name)


def _times(name: str, field: str, description: str) -> tuple[Column, Column]:
    """Return the columns of a duration in frames of the file and in seconds."""

    def frames(r: EventRow) -> float:
        return getattr(r.event.kinetics, field) * r.result.movie.frames_per_step

    return (
        Column(f"{name}_frames", "frames", 3, description, frames),
        Column(f"{name}_s", "s", 5, description, lambda r: frames(r) * interval_s(r.result.movie)),
    )


def _onset(r: EventRow) -> float:
    return r.result.movie.file_frame(0) + r.event.kinetics.onset_frame * r.result.movie.frames_per_step


STATIONARY_EVENT_COLUMNS: tuple[Column, ...] = (
    Column("event", "", None, "Number of the event in its movie, in order of time.", lambda r: r.event.event),
    Column("site", "", None, "Number of its synapse.", lambda r: r.event.site),
    Column("activation", "", None, "Which activation of its synapse it is, from 1; 0 for NH4+, which is none.",
           lambda r: r.event.activation),
    Column("class_id", "", None, "0 fusion, 3 short fusion, 4 stimulation, 5 NH4+.", lambda r: r.event.class_id),
    Column("class_name", "", None, "Name of the class.", lambda r: r.event.class_name),
    Column("probability", "", 4, "Calibrated probability that this is an activation.", lambda r: r.event.probability),
    Column("stimulus", "", None, "Number of the stimulus it is synchronous with; 0 if with none.",
           lambda r: r.event.stimulus),
    Column("latency_frames", "frames", 0, "From the start of that stimulus to the first frame of the rise.",
           lambda r: r.latency),
    Column("latency_s", "s", 4, "The same in seconds.", lambda r: span_s(r.result.movie, r.onset - r.latency, r.onset)),
    Column("frame", "", None, "Frame at which it is shown, counted from 1 as ImageJ shows it: that of the highest "
           "intensity within 30 frames of the first, or where a slow response is half way up.", lambda r: r.frame),
    Column("t_s", "s", 4, "Its time; the first frame of the file is 0.", lambda r: time_s(r.result.movie, r.frame)),
    Column("first_frame", "", None, "First frame of the rise, counted from 1.", lambda r: r.onset),
    Column("first_t_s", "s", 4, "Its time.", lambda r: time_s(r.result.movie, r.onset)),
    Column("peak_frame", "", None, "Frame of the highest intensity until it is over, counted from 1.",
           lambda r: r.result.movie.file_frame(r.event.peak_frame)),
    Column("x_px", "px", 3, "Centre as the file shows it in that frame; the centre of the leftmost pixel is 0.",
           lambda r: r.x),
    Column("y_px", "px", 3, "Centre as the file shows it in that frame; the centre of the topmost pixel is 0.",
           lambda r: r.y),
    Column("x_um", "um", 4, "The same in um.", lambda r: r.x * pixel_um(r.result.movie)),
    Column("y_um", "um", 4, "The same in um.", lambda r: r.y * pixel_um(r.result.movie)),
    Column("strength", "noise SD", 3, "Mean change of the brightening spot.", lambda r: r.event.strength),
    Column("peak_z", "noise SD", 3, "Largest change of the brightening spot.", lambda r: r.event.peak_z),
    Column("sigma_px", "px", 3, "Standard deviation of the spot.", lambda r: r.event.sigma),
    Column("onset_frame", "", 2, "Frame at which the trace of the synapse crosses 10 % of the rise, counted from 1.",
           _onset),
    Column("baseline", "counts", 6, "Raw intensity of the synapse before the onset.", _kinetic("baseline"),
           significant=True),
    Column("peak_df", "counts", 6, "Peak above the baseline, less the local background.", _kinetic("peak_df"),
           significant=True),
    Column("peak_df_f0", "", 5, "Peak above the baseline, over the baseline.", _kinetic("peak_df_f0")),
    Column("peak_of_pool", "", 5, "Peak above the baseline, over the total pool of the synapse (NH4+).",
           lambda r: r.of_pool),
    Column("snr", "", 3, "Peak over the standard deviation before the onset.", _kinetic("snr")),
    *_times("rise", "rise", "Rise from 10 to 90 %."),
    *_times("decay_tau", "decay_tau", "Time constant of the exponential decay."),
    Column("decay_r2", "", 4, "How well the exponential fits (R2).", _kinetic("decay_r2")),
    *_times("half_life", "half_life", "Time from the peak to half of it."),
    *_times("fwhm_t", "fwhm_t", "Full width of the trace at half its peak."),
    Column("area_counts_frames", "counts x frames", 6, "Area under the trace until it is back.",
           lambda r: r.event.kinetics.area * r.result.movie.frames_per_step, significant=True),
)  # fmt: skip
"""Columns of ``<stem>_stationary_events.csv``; `Column.get` takes an `EventRow`."""

SITE_COLUMNS: tuple[Column, ...] = (
    Column("site", "", None, "Number of the synapse, from top to bottom.", lambda r: r.site.site),
    Column("x_px", "px", 3, "Centre; the centre of the leftmost pixel is 0.", lambda r: r.site.x),
    Column("y_px", "px", 3, "Centre; the centre of the topmost pixel is 0.", lambda r: r.site.y),
    Column("x_um", "um", 4, "The same in um.", lambda r: r.site.x * pixel_um(r.result.movie)),
    Column("y_um", "um", 4, "The same in um.", lambda r: r.site.y * pixel_um(r.result.movie)),
    Column("activations", "", None, "How often it was active; NH4+ does not count.", lambda r: len(r.events)),
    Column("synchronous", "", None, "How many of them with a stimulus.", lambda r: r.site.synchronous),
    Column("spontaneous", "", None, "How many of them without.", lambda r: len(r.events) - r.site.synchronous),
    Column("first_frame", "", 0, "First frame of its first activation, counted from 1.", lambda r: r.first()),
    Column("answered", "", None, "To how many stimuli it responded.", lambda r: r.answered),
    Column("response_probability", "", 4, "To which part of the stimuli it responded.", lambda r: r.response),
    Column("mean_latency_frames", "frames", 3, "Mean latency of its synchronous activations.",
           lambda r: r.latency()),
    Column("f0", "counts", 6, "Resting level of the raw trace.", lambda r: r.site.f0, significant=True),
    Column("baseline", "counts", 6, "Resting level of the trace less its background.", lambda r: r.site.level,
           significant=True),
    Column("noise", "counts", 4, "Standard deviation of the trace less its background.", lambda r: r.site.noise,
           significant=True),
    Column("total_pool", "counts", 6, "Level with NH4+ above the resting level.", lambda r: r.site.pool,
           significant=True),
    Column("largest_peak_df", "counts", 6, "Highest peak of its activations.", lambda r: r.best("peak_df"),
           significant=True),
    Column("mean_peak_df_f0", "", 5, "Mean peak dF/F0 of its activations.", lambda r: r.mean("peak_df_f0")),
    Column("largest_peak_of_pool", "", 5, "Highest peak over the total pool.",
           lambda r: r.best("peak_df") / r.site.pool if r.site.pool > 0 else math.nan),
)  # fmt: skip
"""Columns of ``<stem>_stationary_sites.csv``; `Column.get` takes a `SiteRow`."""

STIMULUS_COLUMNS: tuple[Column, ...] = (
    Column("stimulus", "", None, "Number, in order of time.", lambda r: r.stimulus.number),
    Column("kind_name", "", None, "`stimulus` (electrical or agonist) or `ammonium` (NH4+).",
           lambda r: r.stimulus.kind),
    Column("source_name", "", None, "`given` by the user, or `found`.",
           lambda r: "given" if r.stimulus.given else "found"),
    Column("first_frame", "", None, "First frame, counted from 1.", lambda r: r.first),
    Column("last_frame", "", None, "Last frame, counted from 1.", lambda r: r.last),
    Column("first_t_s", "s", 4, "Time of the first frame.", lambda r: time_s(r.result.movie, r.first)),
    Column("lasts_s", "s", 4, "How long it lasts.",
           lambda r: r.result.movie.span_s(r.stimulus.start, r.stimulus.end + 1)),
    Column("events", "", None, "Events that are synchronous with it.", lambda r: len(r.events)),
    Column("sites", "", None, "Synapses that responded.", lambda r: r.sites()),
    Column("sites_share", "", 4, "Their share among all synapses.",
           lambda r: r.sites() / len(r.result.sites) if r.result.sites else math.nan),
    Column("mean_latency_frames", "frames", 3, "Mean latency of its events.", lambda r: mean(r.latencies())),
    Column("sd_latency_frames", "frames", 3, "Standard deviation of their latencies.",
           lambda r: spread(r.latencies())),
    Column("mean_latency_s", "s", 4, "Mean latency in seconds.",
           lambda r: r.latency_s()),
    Column("mean_peak_df", "counts", 6, "Mean peak above the baseline.",
           lambda r: mean([e.kinetics.peak_df for e in r.events]), significant=True),
    Column("mean_peak_df_f0", "", 5, "Mean peak dF/F0.", lambda r: mean([e.kinetics.peak_df_f0 for e in r.events])),
    Column("mean_peak_of_pool", "", 5, "Mean peak over the total pool.", lambda r: r.of_pool()),
)  # fmt: skip
"""Columns of ``<stem>_stationary_stimuli.csv``; `Column.get` takes a `StimulusRow`."""

WINDOW_COLUMNS: tuple[Column, ...] = (
    Column("event", "", None, "Number of the event.", lambda w: w.every(w.event.event)),
    Column("site", "", None, "Number of its synapse.", lambda w: w.every(w.event.site)),
    Column("stimulus", "", None, "Number of the stimulus it is synchronous with; 0 if with none.",
           lambda w: w.every(w.event.stimulus)),
    Column("offset_frames", "frames", None, "Frames of the file from the first frame of the rise.",
           lambda w: w.offset),
    Column("offset_s", "s", 5, "The same in seconds.", lambda w: w.offset_s),
    Column("frame", "", None, "Frame, counted from 1 as ImageJ shows it.", lambda w: w.frame),
    Column("raw", "counts", 6, "Mean intensity within the search radius.", lambda w: w.raw, significant=True),
    Column("background", "counts", 6, "Mean of a ring around it.", lambda w: w.background, significant=True),
    Column("df", "counts", 6, "raw - background, less its level before the rise.", lambda w: w.df,
           significant=True),
    Column("df_f0", "", 6, "raw - background less its resting level, over the resting level of raw.",
           lambda w: w.df_f0, significant=True),
    Column("normalised", "", 6, "0 at the resting level, 1 at the total pool (NH4+) or at the peak of the trace.",
           lambda w: w.normalised, significant=True),
)  # fmt: skip
"""Columns of ``<stem>_stationary_traces.csv``; `Column.get` takes an `EventWindow`."""

WHOLE_COLUMNS: tuple[Column, ...] = (
    Column("frame", "", None, "Frame, counted from 1 as ImageJ shows it.", lambda movie, t, row: movie.file_frame(t)),
    Column("t_s", "s", 4, "Time; the first frame of the file is 0.",
           lambda movie, t, row: time_s(movie, movie.file_frame(t))),
    Column("site_1", "", 6, "Of the first synapse: `raw` mean intensity, counts; `net` that less the local background, "
           "counts; `df_f0` net less its resting level, over the resting level of raw; `normalised` 0 at the resting "
           "level, 1 at the total pool (NH4+) or the peak of the trace. A column for every synapse.",
           lambda movie, t, row: row[0], significant=True),
)  # fmt: skip
"""Columns of ``<stem>_stationary_sites_<quantity>.csv``; `Column.get` takes the movie, a frame and its values."""

COLUMNS = {
    "events": STATIONARY_EVENT_COLUMNS,
    "sites": SITE_COLUMNS,
    "stimuli": STIMULUS_COLUMNS,
    "traces": WINDOW_COLUMNS,
    **{f"sites_{name}": WHOLE_COLUMNS for name in ("raw", "net", "df_f0", "normalised")},
    "summary": SUMMARY_COLUMNS,
}
"""Columns of the tables by kind."""
