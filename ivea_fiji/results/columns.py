"""Every column of the tables, declared once: name, unit, digits, meaning and where the value comes from.

Inside IVEA frames are counted from 0 and may stand for several frames of the file (temporal reduction). Tables speak
of the file: frames are counted from 1 as ImageJ shows them, and durations are in frames of the file.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ivea_fiji.events.model import Event
    from ivea_fiji.movie.movie import Movie

Value = int | float | str
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
EventGetter = Callable[["Event", "Movie"], Value]


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name
        Header of the column, with the unit at its end where it has one.
    unit
        Unit in words, empty where there is none.
    digits
        Digits after the point; None for whole numbers and text.
    description
        One sentence for the manual.
    get
        Takes what makes a row and returns the value; NaN means "not known" and leaves the cell empty.
    significant
        True if `digits` are significant digits, for values whose size cannot be foreseen (camera counts).
    words
        True for text; columns whose name ends in ``_name`` are text anyway.
    """

    name: str
    unit: str
    digits: int | None
    description: str
    get: Callable[..., Any]
    significant: bool = False
    words: bool = False

    def text(self, value: Value) -> str:
        """Return `value` as it stands in a file: decimal point, no exponent, empty if it is not finite."""
        if isinstance(value, str):
            # Spreadsheet programs run what begins like a formula; names of files may be anybody's.
            return f"'{value}" if value.startswith(_FORMULA) else value
        if not math.isfinite(value):
            return ""
        if self.digits is None or (self.significant and isinstance(value, int | np.integer)):
            return str(int(value))
        if self.significant:
            text = f"{value:.{self.digits}g}"
            if "e" in text:
                text = np.format_float_positional(float(text), trim="-")
        else:
            text = f"{value:.{self.digits}f}"
        return text[1:] if text.startswith("-") and not text.strip("-0.") else text

    def texts(self, values: Sequence[Value]) -> list[str]:
        """Return many values as `text` does one, floats quickly: there may be millions."""
        types = set(map(type, values))
        if self.digits is None and types == {int}:
            return list(map(str, values))
        if self.digits is None or types != {float}:
            return [self.text(value) for value in values]
        # One format for all takes half the time of one for each.
        form = f"%.{self.digits}{'g' if self.significant else 'f'}"
        joined = f",{form}" * len(values) % tuple(values) + ","
        texts, zero = joined[1:-1].split(","), form % -0.0
        if "e" not in joined and "n" not in joined and f",{zero}," not in joined:
            return texts
        # What is not finite, far from 1 or nearly 0 goes the long way.
        return [
            self.text(value) if "e" in text or "n" in text or text == zero else text
            for text, value in zip(texts, values, strict=True)
        ]


def time_s(movie: Movie, file_frame: float) -> float:
    """Return the time of a frame of the file (from 1; the first frame is 0 s), NaN if the interval is unknown."""
    if movie.times_s is None:
        return (file_frame - 1) * interval_s(movie)
    return movie.time_s((file_frame - movie.file_frame(0)) / movie.frames_per_step)


def span_s(movie: Movie, first: float, last: float) -> float:
    """Return the time from one frame of the file (from 1) to another, s, NaN if the interval is unknown."""
    if movie.times_s is None:
        return (last - first) * interval_s(movie)
    return time_s(movie, last) - time_s(movie, first)


def interval_s(movie: Movie) -> float:
    """Return the time between two frames of the file, s, or NaN."""
    return (movie.frame_interval_s or math.nan) / movie.frames_per_step


def pixel_um(movie: Movie) -> float:
    """Return the size of a pixel, um, or NaN."""
    return movie.pixel_size_um or math.nan


def _frame(e: Event, m: Movie) -> int:
    return m.file_frame(e.frame)


def _onset(e: Event, m: Movie) -> float:
    return m.file_frame(0) + e.kinetics.onset_frame * m.frames_per_step


def _duration(name: str) -> tuple[EventGetter, EventGetter]:
    """Return getters of a duration in frames of the file and in seconds."""

    def frames(e: Event, m: Movie) -> float:
        return getattr(e.kinetics, name) * m.frames_per_step

    def seconds(e: Event, m: Movie) -> float:
        return frames(e, m) * interval_s(m)

    return frames, seconds


def _kinetic(name: str) -> EventGetter:
    return lambda e, _: getattr(e.kinetics, name)


def _diffusion_px2(e: Event, m: Movie) -> float:
    return e.kinetics.diffusion / m.frames_per_step


_RISE, _RISE_S = _duration("rise")
_TAU, _TAU_S = _duration("decay_tau")
_HALF, _HALF_S = _duration("half_life")
_WIDTH, _WIDTH_S = _duration("fwhm_t")
_AREA, _AREA_S = _duration("area")

EVENT_COLUMNS: tuple[Column, ...] = (
    Column("event", "", None, "Number of the event in its movie, in order of time.", lambda e, _: e.event),
    Column("class_id", "", None, "0, 1, 2 for the kinds of fusion.", lambda e, _: e.class_id),
    Column("class_name", "", None, "Name of the class.", lambda e, _: e.class_name),
    Column("probability", "", 4, "Calibrated probability that this is a fusion.", lambda e, _: e.probability),
    Column("frame", "", None, "Frame of the peak, counted from 1 as ImageJ shows it.", _frame),
    Column("t_s", "s", 4, "Time of the peak; the first frame of the file is 0.", lambda e, m: time_s(m, _frame(e, m))),
    Column("x_px", "px", 3, "Centre; the centre of the leftmost pixel is 0.", lambda e, _: e.x),
    Column("y_px", "px", 3, "Centre; the centre of the topmost pixel is 0.", lambda e, _: e.y),
    Column("x_um", "um", 4, "Centre; the centre of the leftmost pixel is 0.", lambda e, m: e.x * pixel_um(m)),
    Column("y_um", "um", 4, "Centre; the centre of the topmost pixel is 0.", lambda e, m: e.y * pixel_um(m)),
    Column("strength", "noise SD", 3, "Mean change within the search radius.", lambda e, _: e.strength),
    Column("peak_z", "noise SD", 3, "Largest change at the event's place.", lambda e, _: e.peak_z),
    Column("sigma_px", "px", 3, "Standard deviation of the changed spot.", lambda e, _: e.sigma),
    Column("sigma_um", "um", 4, "Standard deviation of the changed spot.", lambda e, m: e.sigma * pixel_um(m)),
    Column("onset_frame", "", 2, "Frame at which the rise crosses 10 %, counted from 1.", _onset),
    Column("onset_t_s", "s", 4, "Time at which the rise crosses 10 %.", lambda e, m: time_s(m, _onset(e, m))),
    Column("baseline", "counts", 6, "Intensity within the search radius before the onset.", _kinetic("baseline"),
           significant=True),
    Column("peak_df", "counts", 6, "Peak above the baseline, less the local ring background.", _kinetic("peak_df"),
           significant=True),
    Column("peak_df_f0", "", 5, "Peak above the baseline, over the baseline.", _kinetic("peak_df_f0")),
    Column("snr", "", 3, "Peak over the standard deviation before the onset.", _kinetic("snr")),
    Column("rise_frames", "frames", 3, "Rise from 10 to 90 %.", _RISE),
    Column("rise_s", "s", 5, "Rise from 10 to 90 %.", _RISE_S),
    Column("decay_tau_frames", "frames", 3, "Time constant of the exponential decay.", _TAU),
    Column("decay_tau_s", "s", 5, "Time constant of the exponential decay.", _TAU_S),
    Column("decay_r2", "", 4, "How well the exponential fits (R2).", _kinetic("decay_r2")),
    Column("half_life_frames", "frames", 3, "Time from the peak to half of it.", _HALF),
    Column("half_life_s", "s", 5, "Time from the peak to half of it.", _HALF_S),
    Column("fwhm_t_frames", "frames", 3, "Full width of the trace at half its peak.", _WIDTH),
    Column("fwhm_t_s", "s", 5, "Full width of the trace at half its peak.", _WIDTH_S),
    Column("fwhm_xy_px", "px", 3, "Full width of the spot at half maximum, at the peak.", _kinetic("fwhm_xy")),
    Column("fwhm_xy_um", "um", 4, "Full width of the spot at half maximum, at the peak.",
           lambda e, m: e.kinetics.fwhm_xy * pixel_um(m)),
    Column("area_counts_frames", "counts x frames", 6, "Area under the trace until it is back.", _AREA,
           significant=True),
    Column("area_counts_s", "counts x s", 6, "Area under the trace until it is back.", _AREA_S, significant=True),
    Column("diffusion_px2_frame", "px2/frame", 5, "Apparent diffusion coefficient of the cloud.", _diffusion_px2),
    Column("diffusion_um2_s", "um2/s", 6, "Apparent diffusion coefficient of the cloud.",
           lambda e, m: _diffusion_px2(e, m) * pixel_um(m) ** 2 / interval_s(m)),
    Column("diffusion_r2", "", 4, "How well a straight widening fits (R2).", _kinetic("diffusion_r2")),
    Column("complete", "", None, "Whether the movie shows all frames that the network looks at: 'yes' or 'no'.",
           lambda e, _: "no" if e.cut else "yes", words=True),
    Column("cut", "", None, "What of them it does not show, or 'nothing'.", lambda e, _: e.cut or "nothing",
           words=True),
    Column("familiarity", "", 3, "Which part of the candidates of movies that the model has not seen is at least as "
           "strange to it; below 0.05 look at the event yourself.", lambda e, _: e.familiarity),
    Column("against", "", None, "Which measure of the second look spoke most against an event (docs/method.md), or "
           "'nothing'.", lambda e, _: e.against or "nothing", words=True),
)
"""Columns of ``<stem>_events.csv``; `Column.get` takes the event and its movie."""


@dataclass(frozen=True)
class Sample:
    """One row of the trace table: one event at one frame."""

    event: int
    offset: int
    """Frames of the file from the peak."""
    frame: int
    """Frame of the file, from 1."""
    raw: float
    background: float
    df: float
    movie: Movie


TRACE_COLUMNS: tuple[Column, ...] = (
    Column("event", "", None, "Number of the event.", lambda s: s.event),
    Column("offset_frames", "frames", None, "Frames of the file from the peak.", lambda s: s.offset),
    Column("offset_s", "s", 5, "Time from the peak.", lambda s: span_s(s.movie, s.frame - s.offset, s.frame)),
    Column("frame", "", None, "Frame, counted from 1 as ImageJ shows it.", lambda s: s.frame),
    Column("t_s", "s", 4, "Time; the first frame of the file is 0.", lambda s: time_s(s.movie, s.frame)),
    Column("raw", "counts", 6, "Mean intensity within the search radius.", lambda s: s.raw, significant=True),
    Column("background", "counts", 6, "Median of a ring around it.", lambda s: s.background, significant=True),
    Column("df", "counts", 6, "raw - background, less its level before the onset.", lambda s: s.df, significant=True),
)
"""Columns of ``<stem>_traces.csv``; `Column.get` takes a `Sample`."""

SUMMARY_COLUMNS: tuple[Column, ...] = (
    Column("quantity", "", None, "What was counted or measured.", lambda row: row[0]),
    Column("value", "", 6, "Its value.", lambda row: row[1], significant=True),
    Column("unit", "", None, "Its unit.", lambda row: row[2]),
)
"""Columns of ``<stem>_summary.csv``; `Column.get` takes ``(quantity, value, unit)``."""

BATCH_COLUMNS: tuple[Column, ...] = (
    Column("movie", "", None, "The movie: its path from the folder of the batch.", lambda f: f.job.name),
    Column("status", "", None, "`done`, `kept` (finished by an earlier run), `failed` or `waiting` (the batch was "
           "stopped before it).", lambda f: f.status),
    Column("events", "", None, "Events found.", lambda f: f.outcome.events if f.outcome else math.nan),
    Column("seconds", "s", 2, "How long the analysis took.", lambda f: f.outcome.seconds if f.outcome else math.nan),
    Column("sentence", "", None, "Why it failed or was done again, or why there are no events.", lambda f: f.sentence),
    Column("folder", "", None, "Folder of its results.", lambda f: str(f.job.folder)),
)  # fmt: skip
"""Columns of ``batch_files.csv``; `Column.get` takes a `FileReport`."""


def markdown(tables: Mapping[str, Sequence[Column]]) -> str:
    """Return the dictionary of the columns of tables, by file name, as Markdown for the manual."""
    lines: list[str] = []
    for name, columns in tables.items():
        lines += [f"## `{name}`", "", "| column | unit | meaning |", "|---|---|---|"]
        lines += [f"| `{c.name}` | {c.unit} | {c.description} |" for c in columns]
        lines.append("")
    return "\n".join(lines)
