"""Columns of the tables of hotspot areas."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ivea_fiji.results.columns import SUMMARY_COLUMNS, Column, pixel_um, time_s

if TYPE_CHECKING:
    from ivea_fiji.hotspots.model import Hotspot
    from ivea_fiji.movie.movie import Movie


def _frames(frames: int, m: Movie) -> int:
    return frames * m.frames_per_step


def _distance(e: Hotspot) -> float:
    return math.hypot(*e.way)


def _direction(e: Hotspot) -> float:
    """Return degrees, 0 to the right and 90 up, as ImageJ measures angles."""
    dy, dx = e.way
    return math.degrees(math.atan2(-dy, dx)) % 360 if math.hypot(dy, dx) > 0 else math.nan


def _speed(e: Hotspot, m: Movie) -> float:
    """Return px per frame of the file."""
    return _distance(e) / _frames(e.duration - 1, m) if e.duration > 1 else math.nan


def _speed_um(e: Hotspot, m: Movie) -> float:
    """Return um per second."""
    return _distance(e) * pixel_um(m) / m.span_s(e.start, e.end) if e.duration > 1 else math.nan


def _spread(e: Hotspot) -> float:
    first, largest = e.radii
    return largest - first


def _largest(e: Hotspot) -> int:
    return int(e.areas.size[e.largest])


HOTSPOT_COLUMNS: tuple[Column, ...] = (
    Column("event", "", None, "Number of the event in its movie, in order of time.", lambda e, m: e.event),
    Column("site", "", None, "Number of its place; events at one place share it.", lambda e, m: e.site),
    Column("at_site", "", None, "Which event of its site it is, from 1.", lambda e, m: e.at_site),
    Column("frame", "", None, "Frame of the largest area, counted from 1 as ImageJ shows it; its ROI lies there.",
           lambda e, m: m.file_frame(e.frame)),
    Column("t_s", "s", 4, "Time of it; the first frame of the file is 0.",
           lambda e, m: time_s(m, m.file_frame(e.frame))),
    Column("x_px", "px", 3, "Centre of the largest area; the centre of the leftmost pixel is 0.", lambda e, m: e.x),
    Column("y_px", "px", 3, "Centre of the largest area; the centre of the topmost pixel is 0.", lambda e, m: e.y),
    Column("x_um", "um", 4, "Centre of the largest area.", lambda e, m: e.x * pixel_um(m)),
    Column("y_um", "um", 4, "Centre of the largest area.", lambda e, m: e.y * pixel_um(m)),
    Column("start_frame", "", None, "First frame in which the mean of the footprint is at least the mid intensity.",
           lambda e, m: m.file_frame(e.start)),
    Column("peak_frame", "", None, "Frame of the highest mean.", lambda e, m: m.file_frame(e.peak)),
    Column("end_frame", "", None, "Last frame before the mean falls below the mid intensity.",
           lambda e, m: m.file_frame(e.end)),
    Column("start_t_s", "s", 4, "Time of the first frame.", lambda e, m: time_s(m, m.file_frame(e.start))),
    Column("end_t_s", "s", 4, "Time of the last frame.", lambda e, m: time_s(m, m.file_frame(e.end))),
    Column("duration_frames", "frames", None, "Frames from start to end, both counted.",
           lambda e, m: _frames(e.duration, m)),
    Column("duration_s", "s", 4, "Time of so many frames.", lambda e, m: m.span_s(e.start, e.end + 1)),
    Column("duration_error_frames", "frames", 2, "By how much noise and drift may shift its end: the standard "
           "deviation before the event over its fall per frame at the end; trust durations where it is 0.5 or less.",
           lambda e, m: e.duration_error * m.frames_per_step),
    Column("complete", "", None, "1 if it faded while it was tracked; 0 if it lasted to the end of the movie or longer "
           "than is tracked, so that the duration is a lower bound.", lambda e, m: int(e.complete)),
    Column("rise_frames", "frames", None, "Frames from start to peak.", lambda e, m: _frames(e.peak - e.start, m)),
    Column("rise_s", "s", 4, "Time from start to peak.", lambda e, m: m.span_s(e.start, e.peak)),
    Column("strength", "thresholds", 3, "Largest change over the threshold of its frame.", lambda e, m: e.strength),
    Column("baseline", "counts", 6, "Mean of the footprint before the event.", lambda e, m: e.baseline,
           significant=True),
    Column("peak_df", "counts", 6, "Largest mean change of the footprint.", lambda e, m: e.peak_df, significant=True),
    Column("peak_df_f0", "", 5, "peak_df over the baseline.",
           lambda e, m: e.peak_df / e.baseline if e.baseline > 0 else math.nan),
    Column("snr", "", 3, "peak_df over the standard deviation before the event.", lambda e, m: e.snr),
    Column("layer", "", None, "Brightness layer below it, 1 for the darkest.", lambda e, m: e.layer),
    Column("first_area_px", "px", None, "Pixels of its first area.",
           lambda e, m: int(e.areas.size[np.flatnonzero(e.areas.size)[0]])),
    Column("largest_area_px", "px", None, "Pixels of its largest area.", lambda e, m: _largest(e)),
    Column("largest_area_um2", "um2", 4, "Size of its largest area.", lambda e, m: _largest(e) * pixel_um(m) ** 2),
    Column("footprint_px", "px", None, "Pixels that were active at any time.", lambda e, m: len(e.footprint)),
    Column("footprint_um2", "um2", 4, "Size of them.", lambda e, m: len(e.footprint) * pixel_um(m) ** 2),
    Column("spread_px", "px", 3, "By how much the radius of a circle as large as its area grew, from the first to the "
           "largest.", lambda e, m: _spread(e)),
    Column("spread_um", "um", 4, "The same.", lambda e, m: _spread(e) * pixel_um(m)),
    Column("distance_px", "px", 3, "How far its centre went, from the first active frames to the last.",
           lambda e, m: _distance(e)),
    Column("distance_um", "um", 4, "The same.", lambda e, m: _distance(e) * pixel_um(m)),
    Column("direction_deg", "degrees", 1, "Where to: 0 is right, 90 is up.", lambda e, m: _direction(e)),
    Column("speed_px_frame", "px/frame", 4, "Distance over duration.", _speed),
    Column("speed_um_s", "um/s", 4, "Distance over duration.",
           lambda e, m: _speed_um(e, m)),
)  # fmt: skip
"""Columns of ``<stem>_hotspot_events.csv``; `Column.get` takes the event and its movie."""


@dataclass(frozen=True)
class AreaRow:
    """One row of the area table: one event in one frame, from its start to its end."""

    event: Hotspot
    index: int
    movie: Movie

    @property
    def frame(self) -> int:
        """Frame of the file, from 1."""
        return self.movie.file_frame(self.event.start + self.index)

    @property
    def size(self) -> int:
        """Active pixels."""
        return int(self.event.areas.size[self.index])


HOTSPOT_AREA_COLUMNS: tuple[Column, ...] = (
    Column("event", "", None, "Number of the event.", lambda r: r.event.event),
    Column("frame", "", None, "Frame, counted from 1 as ImageJ shows it.", lambda r: r.frame),
    Column("t_s", "s", 4, "Time; the first frame of the file is 0.", lambda r: time_s(r.movie, r.frame)),
    Column("from_start_frames", "frames", None, "Frames from the start of the event.",
           lambda r: _frames(r.index, r.movie)),
    Column("area_px", "px", None, "Active pixels, those in holes included.", lambda r: r.size),
    Column("area_um2", "um2", 4, "Their size.", lambda r: r.size * pixel_um(r.movie) ** 2),
    Column("x_px", "px", 3, "Centre, weighted by the change.", lambda r: float(r.event.areas.x[r.index])),
    Column("y_px", "px", 3, "Centre, weighted by the change.", lambda r: float(r.event.areas.y[r.index])),
    Column("x_um", "um", 4, "The same.", lambda r: float(r.event.areas.x[r.index]) * pixel_um(r.movie)),
    Column("y_um", "um", 4, "The same.", lambda r: float(r.event.areas.y[r.index]) * pixel_um(r.movie)),
)
"""Columns of ``<stem>_hotspot_areas.csv``; `Column.get` takes an `AreaRow`."""


@dataclass(frozen=True)
class TraceRow:
    """One row of the trace table: one event in one frame."""

    event: Hotspot
    index: int
    movie: Movie

    @property
    def frame(self) -> int:
        """Frame of the file, from 1."""
        return self.movie.file_frame(self.event.trace.first + self.index)

    @property
    def offset(self) -> int:
        """Frames of the file from the start of the event."""
        return _frames(self.event.trace.first + self.index - self.event.start, self.movie)


HOTSPOT_TRACE_COLUMNS: tuple[Column, ...] = (
    Column("event", "", None, "Number of the event.", lambda r: r.event.event),
    Column("offset_frames", "frames", None, "Frames from the start of the event.", lambda r: r.offset),
    Column("offset_s", "s", 5, "Time from the start of the event.",
           lambda r: r.movie.span_s(r.event.start, r.event.trace.first + r.index)),
    Column("frame", "", None, "Frame, counted from 1 as ImageJ shows it.", lambda r: r.frame),
    Column("t_s", "s", 4, "Time; the first frame of the file is 0.", lambda r: time_s(r.movie, r.frame)),
    Column("raw", "counts", 6, "Mean of the footprint.", lambda r: float(r.event.trace.raw[r.index]),
           significant=True),
    Column("background", "counts", 6, "Median of the pixels around it.",
           lambda r: float(r.event.trace.background[r.index]), significant=True),
    Column("df", "counts", 6, "Mean change of the footprint against the frames before, less what its layers and its "
           "surroundings did.", lambda r: float(r.event.trace.df[r.index]), significant=True),
    Column("df_f0", "", 5, "df over the baseline of the event.",
           lambda r: float(r.event.trace.df[r.index]) / r.event.baseline if r.event.baseline > 0 else math.nan),
)
"""Columns of ``<stem>_hotspot_traces.csv``; `Column.get` takes a `TraceRow`."""

HOTSPOT_TABLES: dict[str, tuple[Column, ...]] = {
    "events": HOTSPOT_COLUMNS,
    "areas": HOTSPOT_AREA_COLUMNS,
    "traces": HOTSPOT_TRACE_COLUMNS,
    "summary": SUMMARY_COLUMNS,
}
"""Columns of every table, by kind."""
