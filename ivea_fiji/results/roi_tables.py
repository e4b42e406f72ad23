"""Tables of measured ROIs: one row per ROI, one row per ROI and frame, and one column per ROI."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ivea_fiji.measure.rois import QUANTITIES
from ivea_fiji.results.columns import Column, interval_s, span_s, time_s
from ivea_fiji.results.roi_columns import ROI_COLUMNS, ROI_TRACE_COLUMNS, RoiBlock, RoiRow
from ivea_fiji.results.tables import write_blocks, write_table

if TYPE_CHECKING:
    from ivea_fiji.roi_traces import RoiTraces

_TOGETHER = 256
"""Regions whose rows are made at once."""
_NUMBER = Column("", "", 6, "", lambda value: value, significant=True)


def write_roi_table(path: Path, result: RoiTraces) -> None:
    """Write ``<stem>_roi_table.csv``; OSError passes through."""
    write_table(path, ROI_COLUMNS, ((row,) for row in roi_rows(result)))


def write_roi_traces_table(path: Path, result: RoiTraces) -> None:
    """Write ``<stem>_roi_traces.csv``, one row per ROI, channel and frame; OSError passes through."""
    write_blocks(path, ROI_TRACE_COLUMNS, ((block,) for block in roi_blocks(result)))


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
            writer.writerow([at, _TIME.text(time), *_NUMBER.texts(row)])


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
        df, df_f0 = traces.values("df"), traces.values("df_f0")
        known = np.isfinite(df)
        peaks = np.where(known, df, -np.inf).argmax(axis=1)
        counts = np.isfinite(traces.raw).sum(axis=1)
        means = np.divide(np.nansum(traces.raw, axis=1), counts, out=np.full(len(counts), np.nan), where=counts > 0)
        for index in range(len(result.regions)):
            peak = int(peaks[index]) if known[index].any() else None
            at = (math.nan, math.nan) if peak is None else (float(df[index, peak]), float(df_f0[index, peak]))
            yield RoiRow(result, traces, index, peak, float(means[index]), *at)


def roi_blocks(result: RoiTraces) -> Iterator[RoiBlock]:
    """Yield the rows of the traces, some regions at a time; frames outside the movie are left out."""
    movie = result.movie
    shown = [movie.file_frame(t) for t in range(movie.shape[0])]
    times = [time_s(movie, frame) for frame in shown]
    for traces in result.channels:
        for start in range(0, len(result.regions), _TOGETHER):
            rows = slice(start, start + _TOGETHER)
            regions, part = result.regions[rows], traces[rows]
            frames = result.start[rows, None] + result.offset
            inside = (frames >= 0) & (frames < movie.shape[0])
            count = inside.sum(axis=1).tolist()
            frame = [shown[t] for t in frames[inside].tolist()]
            tied = [region.frame for region, n in zip(regions, count, strict=True) for _ in range(n)]
            yield RoiBlock(
                [region.number for region, n in zip(regions, count, strict=True) for _ in range(n)],
                [name for region, n in zip(regions, count, strict=True) for name in (_cell(region.name),) * n],
                [traces.channel] * len(frame), frame, [times[t] for t in frames[inside].tolist()],
                [at - own if own else math.nan for at, own in zip(frame, tied, strict=True)],
                [span_s(movie, own, at) if own else math.nan for at, own in zip(frame, tied, strict=True)],
                {name: part.values(name)[inside].tolist() for name in QUANTITIES},
            )  # fmt: skip


def _cell(text: str) -> str:
    """Return a text as it stands in a table."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([text])
    return out.getvalue()
