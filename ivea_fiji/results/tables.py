r"""Tables of a result: as text for CSV files, and as pandas frames.

CSV files are the same byte for byte whenever the result is the same: decimal point, comma between cells, a fixed
number of digits, ``\\n`` at line ends, and an empty cell where a value is not known.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.results.columns import EVENT_COLUMNS, SUMMARY_COLUMNS, TRACE_COLUMNS, Column, Sample

if TYPE_CHECKING:
    import pandas as pd

    from ivea_fiji.events.model import Result

SummaryRow = tuple[str, int | float | str, str]
"""Quantity, value, unit."""

_LEVEL_FRAMES, _LEVEL_LEAST = 10, 3
"""Frames that make the level before an event, and how few will do."""


def events_frame(result: Result) -> pd.DataFrame:
    """Return the event table, one row per event, equal to what reading ``<stem>_events.csv`` gives.

    Values carry the digits of the file; NaN stands where a value is not known.
    """
    return frame_of(EVENT_COLUMNS, ((e, result.movie) for e in result.events))


def traces_frame(result: Result) -> pd.DataFrame:
    """Return the trace table, one row per event and frame, equal to what reading ``<stem>_traces.csv`` gives."""
    return frame_of(TRACE_COLUMNS, ((s,) for s in samples(result)))


def delta(result: Result) -> NDArray[np.float32]:
    """Return each event's trace less its background and its level before the onset, counts, shape ``(n, w)``.

    The level is the median of the last 10 frames before the onset, as in the measurements, so that the trace peaks
    at `Kinetics.peak_df`. Where the onset is not known, it is taken from the first half of the frames before the
    peak. With fewer than 3 such frames the row is NaN: there is nothing to compare with.
    """
    traces = result.traces
    net = np.asarray(traces.raw, np.float64) - traces.background
    out = np.full(net.shape, np.nan, np.float32)
    for i, event in enumerate(result.events):
        onset = event.kinetics.onset_frame - event.frame
        last = onset if np.isfinite(onset) else traces.offset[0] / 2
        before = net[i, traces.offset <= last]
        before = before[np.isfinite(before)][-_LEVEL_FRAMES:]
        if before.size >= _LEVEL_LEAST:
            out[i] = net[i] - np.median(before)
    return out


def samples(result: Result) -> Iterator[Sample]:
    """Yield the rows of the trace table; frames outside the movie are left out."""
    movie, traces = result.movie, result.traces
    offsets = traces.offset.tolist()
    blocks = zip(result.events, traces.raw.tolist(), traces.background.tolist(), delta(result).tolist(), strict=True)
    for event, raw, background, df in blocks:
        for i, offset in enumerate(offsets):
            if 0 <= event.frame + offset < movie.shape[0]:
                shown = offset * movie.frames_per_step
                frame = movie.file_frame(event.frame + offset)
                yield Sample(event.event, shown, frame, raw[i], background[i], df[i], movie)


def write_events(path: Path, result: Result) -> None:
    """Write ``<stem>_events.csv``; OSError passes through."""
    write_table(path, EVENT_COLUMNS, ((e, result.movie) for e in result.events))


def write_traces(path: Path, result: Result) -> None:
    """Write ``<stem>_traces.csv``; OSError passes through."""
    write_table(path, TRACE_COLUMNS, ((s,) for s in samples(result)))


def write_summary(path: Path, rows: Iterable[SummaryRow]) -> None:
    """Write ``<stem>_summary.csv``; OSError passes through."""
    write_table(path, SUMMARY_COLUMNS, ((r,) for r in rows))


def _cells(columns: Sequence[Column], row: tuple[Any, ...]) -> list[str]:
    return [c.text(c.get(*row)) for c in columns]


def write_table(path: Path, columns: Sequence[Column], rows: Iterable[tuple[Any, ...]]) -> None:
    """Write one table; each row holds what the columns' getters take. OSError passes through."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([c.name for c in columns])
        writer.writerows(_cells(columns, row) for row in rows)


def write_blocks(path: Path, columns: Sequence[Column], blocks: Iterable[tuple[Any, ...]]) -> None:
    """Write one table of numbers block by block; of each block the columns' getters return a value per row.

    OSError passes through.
    """
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(",".join(c.name for c in columns) + "\n")
        for block in blocks:
            rows = zip(*(c.texts(c.get(*block)) for c in columns), strict=True)
            file.writelines(",".join(row) + "\n" for row in rows)


def frame_of(columns: Sequence[Column], rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Return a table as pandas frame; each row holds what the columns' getters take."""
    import pandas as pd

    table = [_cells(columns, row) for row in rows]
    values = {c.name: [r[i] for r in table] for i, c in enumerate(columns)}
    return pd.DataFrame({c.name: _typed(c, values[c.name]) for c in columns})


def _typed(column: Column, cells: list[str]) -> Any:
    """Return the cells of one column with their type: text, whole numbers or float64."""
    if column.words or column.name.endswith("_name"):
        return np.array(cells, dtype=object)
    if column.digits is None:
        return np.array([int(c) for c in cells], dtype=np.int64)
    return np.array([float(c) if c else np.nan for c in cells], dtype=np.float64)
