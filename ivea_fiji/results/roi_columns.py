"""Columns of the tables of measured ROIs; frames are those of the file, counted from 1."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivea_fiji.results.columns import Column, pixel_um, time_s

if TYPE_CHECKING:
    from ivea_fiji.measure.rois import RegionTraces
    from ivea_fiji.movie.movie import Movie
    from ivea_fiji.movie.regions import Region
    from ivea_fiji.roi_traces import RoiTraces


@dataclass(frozen=True)
class RoiRow:
    """One row of the table of ROIs: one region in one channel."""

    result: RoiTraces
    traces: RegionTraces
    index: int
    peak: int | None
    """Sample at which F - F0 is highest; None if it is not known anywhere."""
    mean: float
    """Mean of the raw trace."""
    peak_df: float
    peak_df_f0: float
    """F - F0 and dF/F0 at the peak, NaN if there is none."""

    @property
    def region(self) -> Region:
        """The region."""
        return self.result.regions[self.index]

    @property
    def movie(self) -> Movie:
        """The movie."""
        return self.result.movie

    @property
    def peak_frame(self) -> float:
        """Frame of the file at which F - F0 is highest, NaN if unknown."""
        if self.peak is None:
            return math.nan
        # Not by `RoiTraces.frames`, which is made anew of all ROIs each time.
        return self.movie.file_frame(int(self.result.start[self.index] + self.result.offset[self.peak]))


@dataclass(frozen=True)
class RoiBlock:
    """Rows of the traces of ROIs, one region and frame after the other: a list per column."""

    roi: list[int]
    name: list[str]
    channel: list[int]
    frame: list[int]
    t_s: list[float]
    offset: list[float]
    """Frames from the frame of the ROI, NaN if it is tied to none."""
    offset_s: list[float]
    values: dict[str, list[float]]
    """By quantity."""


def _values(name: str, description: str) -> Column:
    return Column(name, "" if name in ("df_f0", "normalised") else "counts", 6, description,
                  lambda b: b.values[name], significant=True)  # fmt: skip


def _frame(value: int) -> float:
    return value or math.nan


ROI_COLUMNS: tuple[Column, ...] = (
    Column("roi", "", None, "Number of the ROI in its list, from 1.", lambda r: r.region.number),
    Column("roi_name", "", None, "Name of the ROI.", lambda r: r.region.name),
    Column("channel", "", None, "Channel, from 1.", lambda r: r.traces.channel),
    Column("roi_frame", "", None, "Frame of the ROI, counted from 1; empty if it has none.",
           lambda r: _frame(r.region.frame)),
    Column("x_px", "px", 3, "Centre; the centre of the leftmost pixel is 0.", lambda r: r.region.centre[1]),
    Column("y_px", "px", 3, "Centre; the centre of the topmost pixel is 0.", lambda r: r.region.centre[0]),
    Column("area_px", "px", None, "Pixels that were measured.", lambda r: r.region.y.size),
    Column("area_um2", "um2", 4, "Their area.", lambda r: r.region.y.size * pixel_um(r.movie) ** 2),
    Column("mean", "counts", 6, "Mean of the raw trace.",
           lambda r: r.mean, significant=True),
    Column("f0", "counts", 6, "F0: baseline of the raw trace.", lambda r: r.traces.f0[r.index], significant=True),
    Column("baseline", "counts", 6, "Baseline of the trace less its background.",
           lambda r: r.traces.level[r.index], significant=True),
    Column("peak_df", "counts", 6, "Highest F - F0.",
           lambda r: r.peak_df, significant=True),
    Column("peak_df_f0", "", 6, "dF/F0 at that frame.",
           lambda r: r.peak_df_f0, significant=True),
    Column("peak_frame", "", None, "Frame of the highest F - F0, counted from 1.", lambda r: r.peak_frame),
    Column("peak_t_s", "s", 4, "Its time; the first frame of the file is 0.",
           lambda r: time_s(r.movie, r.peak_frame)),
)  # fmt: skip
"""Columns of ``<stem>_roi_table.csv``; `Column.get` takes a `RoiRow`."""

ROI_TRACE_COLUMNS: tuple[Column, ...] = (
    Column("roi", "", None, "Number of the ROI in its list, from 1.", lambda b: b.roi),
    Column("roi_name", "", None, "Name of the ROI.", lambda b: b.name),
    Column("channel", "", None, "Channel, from 1.", lambda b: b.channel),
    Column("frame", "", None, "Frame, counted from 1 as ImageJ shows it.", lambda b: b.frame),
    Column("t_s", "s", 4, "Time; the first frame of the file is 0.", lambda b: b.t_s),
    Column("offset_frames", "frames", None, "Frames from the frame of the ROI; empty if it has none.",
           lambda b: b.offset),
    Column("offset_s", "s", 5, "Time from the frame of the ROI.", lambda b: b.offset_s),
    _values("raw", "Mean intensity of the pixels of the ROI."),
    _values("background", "Median of the ring around it; empty if none was wanted."),
    _values("df", "F - F0: raw - background, less its baseline."),
    _values("df_f0", "dF/F0: df over the baseline of the raw trace."),
    _values("normalised", "raw - background, from 0 at its lowest to 1 at its highest."),
)  # fmt: skip
"""Columns of ``<stem>_roi_traces.csv``; `Column.get` takes a `RoiBlock`."""
