"""Tables of measured ROIs: one row per ROI, one row per ROI and frame, and one column per ROI."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ivea_fiji.measure.rois import QUANTITIES
from ivea_fiji.results.columns import Column, interval_s, time_s
from ivea_fiji.results.roi_columns import ROI_COLUMNS, ROI_TRACE_COLUMNS, RoiRow, RoiSample
from ivea_fiji.results.tables import write_table

if TYPE_CHECKING:
    from ivea_fiji.roi_traces import RoiTraces

_NUMBER = Column("", "", 6, "", lambda value: value, significant=True)


def write_roi_table(path: Path, result: RoiTraces) -> None:
    """Write ``<stem>_roi_table.csv``; OSError passes through."""
    write_table(path, ROI_COLUMNS, ((row,) for row in roi_rows(result)))


def write_roi_traces_table(path: Path, result: RoiTraces) -> None:
    """Write ``<stem>_roi_traces.csv``, one row per ROI, channel and frame; OSError passes through."""
    write_table(path, ROI_TRACE_COLUMNS, ((sample,) for sample in roi_samples(result)))


def write_wide(path: Path, result: RoiTraces, quantity: str) -> None:
    """Write one quantity with a column per ROI and channel, as spreadsheets like it; OSError passes through.

    Rows are frames of the movie, or frames from the frame of each ROI if the ROIs were measured around theirs.
    """
    movie, around = result.movie, result.params.span == "around_frame"
    values = np.concatenate([traces.values(quantity) for traces in result.channels])
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*(("offset_frames", "offset_s") if around else ("frame", "t_s")), *wide_names(result)])
        for offset, row in zip(result.offset.tolist(), values.T.tolist(), strict=True):
            at = offset if around else movie.file_frame(offset)
            time = at * interval_s(movie) if around else time_s(movie, at)
            writer.writerow([at, _TIME.text(time), *map(_NUMBER.text, row)])


_TIME = Column("", "s", 5, "", lambda value: value)


def wide_names(result: RoiTraces) -> list[str]:
    """Return the headers of the columns: the ROI's name, its number where names repeat, the channel if several."""
    names = Counter(region.name for region in result.regions)
    plain = [
        region.name if names[region.name] == 1 else f"{region.name} ({region.number})" for region in result.regions
    ]
    if len(result.channels) == 1:
        return plain
    return [f"C{traces.channel} {name}" for traces in result.channels for name in plain]


def roi_rows(result: RoiTraces) -> Iterator[RoiRow]:
    """Yield the rows of the table of ROIs."""
    for traces in result.channels:
        for index in range(len(result.regions)):
            df = traces.row("df", index)
            known = np.isfinite(df)
            yield RoiRow(result, traces, index, int(np.where(known, df, -np.inf).argmax()) if known.any() else None)


def roi_samples(result: RoiTraces) -> Iterator[RoiSample]:
    """Yield the rows of the traces; frames outside the movie are left out."""
    movie = result.movie
    for traces in result.channels:
        for index, region in enumerate(result.regions):
            columns = [traces.row(quantity, index).tolist() for quantity in QUANTITIES]
            for frame, *values in zip(result.frames[index].tolist(), *columns, strict=True):
                if 0 <= frame < movie.shape[0]:
                    yield RoiSample(region, traces.channel, movie.file_frame(frame), movie, *values)
