"""Tables of hotspot areas: events, areas over time, traces, and what they say together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ivea_fiji.results.columns import pixel_um
from ivea_fiji.results.hotspot_columns import (
    HOTSPOT_AREA_COLUMNS,
    HOTSPOT_COLUMNS,
    HOTSPOT_TRACE_COLUMNS,
    AreaRow,
    TraceRow,
)
from ivea_fiji.results.tables import SummaryRow, frame_of, write_summary, write_table

if TYPE_CHECKING:
    import pandas as pd

    from ivea_fiji.hotspots.model import HotspotResult

_SPREAD = ("duration_frames", "duration_s", "largest_area_px", "largest_area_um2", "spread_px", "spread_um",
           "distance_px", "distance_um", "peak_df", "peak_df_f0", "snr")  # fmt: skip
"""Columns of the event table whose median and quartiles the summary tells."""


def hotspots_frame(result: HotspotResult) -> pd.DataFrame:
    """Return the event table, one row per event, equal to what reading ``<stem>_hotspot_events.csv`` gives."""
    return frame_of(HOTSPOT_COLUMNS, ((event, result.movie) for event in result.events))


def write_hotspots(path: Path, result: HotspotResult) -> None:
    """Write ``<stem>_hotspot_events.csv``; OSError passes through."""
    write_table(path, HOTSPOT_COLUMNS, ((event, result.movie) for event in result.events))


def write_areas(path: Path, result: HotspotResult) -> None:
    """Write ``<stem>_hotspot_areas.csv``, one row per event and frame; OSError passes through."""
    rows = (AreaRow(event, i, result.movie) for event in result.events for i in range(event.duration))
    write_table(path, HOTSPOT_AREA_COLUMNS, ((row,) for row in rows))


def write_hotspot_traces(path: Path, result: HotspotResult) -> None:
    """Write ``<stem>_hotspot_traces.csv``, one row per event and frame; OSError passes through."""
    rows = (TraceRow(event, i, result.movie) for event in result.events for i in range(len(event.trace.raw)))
    write_table(path, HOTSPOT_TRACE_COLUMNS, ((row,) for row in rows))


def write_hotspot_summary(path: Path, result: HotspotResult) -> None:
    """Write ``<stem>_hotspot_summary.csv``; OSError passes through."""
    write_summary(path, summarise_hotspots(result))


def summarise_hotspots(result: HotspotResult) -> Iterator[SummaryRow]:
    """Yield the summary of one movie; the rows are the same for every movie."""
    movie, events = result.movie, result.events
    frames = movie.shape[0] * movie.frames_per_step
    minutes = movie.duration_s / 60
    cell = movie.cell_area_px
    sites = Counter(event.site for event in events)
    yield "events", len(events), ""
    yield "complete_events", sum(event.complete for event in events), ""
    yield "sites", len(sites), ""
    yield "sites_active_again", sum(number > 1 for number in sites.values()), ""
    yield "most_events_at_a_site", max(sites.values(), default=0), ""
    yield "frames", frames, "frames"
    yield "duration_of_movie", minutes * 60, "s"
    yield "area", cell, "px"
    yield "area_um2", cell * pixel_um(movie) ** 2, "um2"
    yield "events_per_minute", len(events) / minutes, "1/min"
    yield "events_per_minute_and_100_um2", len(events) / minutes / (cell * pixel_um(movie) ** 2) * 100, "1/min"
    inside = result.activity[0] if movie.mask is None else np.where(movie.mask, result.activity[0], 0)
    yield "part_of_area_ever_active", float(np.count_nonzero(inside)) / cell, ""
    for column in HOTSPOT_COLUMNS:
        if column.name in _SPREAD:
            values = np.array([column.get(event, movie) for event in events], float)
            known = values[np.isfinite(values)]
            for part, name in ((0.5, "median"), (0.25, "quartile_1"), (0.75, "quartile_3")):
                value = float(np.quantile(known, part)) if known.size else math.nan
                yield f"{column.name}_{name}", value, column.unit
