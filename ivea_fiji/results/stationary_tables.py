"""Tables of stationary bursts: events, synapses, stimuli, event windows, whole traces, summary."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.results.stationary_columns import (
    SITE_COLUMNS,
    STATIONARY_EVENT_COLUMNS,
    STIMULUS_COLUMNS,
    WHOLE_COLUMNS,
    WINDOW_COLUMNS,
    EventRow,
    EventWindow,
    SiteRow,
    StimulusRow,
    mean,
)
from ivea_fiji.results.tables import SummaryRow, write_blocks, write_summary, write_table

if TYPE_CHECKING:
    import pandas as pd

    from ivea_fiji.synapses.model import StationaryResult

Quantity = Literal["raw", "net", "df_f0", "normalised"]
QUANTITIES: tuple[Quantity, ...] = ("raw", "net", "df_f0", "normalised")
"""Quantities of which the whole traces are written, a table each."""
_LEVEL_FRAMES = 10


def write_stationary_events(path: Path, result: StationaryResult) -> None:
    """Write ``<stem>_stationary_events.csv``; OSError passes through."""
    write_table(path, STATIONARY_EVENT_COLUMNS, ((EventRow(e, result),) for e in result.events))


def write_sites(path: Path, result: StationaryResult) -> None:
    """Write ``<stem>_stationary_sites.csv``; OSError passes through."""
    write_table(path, SITE_COLUMNS, ((SiteRow(s, result),) for s in result.sites))


def write_stimuli(path: Path, result: StationaryResult) -> None:
    """Write ``<stem>_stationary_stimuli.csv``; OSError passes through."""
    write_table(path, STIMULUS_COLUMNS, ((StimulusRow(s, result),) for s in result.stimuli))


def write_windows(path: Path, result: StationaryResult) -> None:
    """Write ``<stem>_stationary_traces.csv``, one row per event and frame; OSError passes through."""
    write_blocks(path, WINDOW_COLUMNS, ((window,) for window in event_windows(result)))


def write_stationary_summary(path: Path, result: StationaryResult) -> None:
    """Write ``<stem>_stationary_summary.csv``; OSError passes through."""
    write_summary(path, summary(result))


def write_whole_traces(path: Path, result: StationaryResult, quantity: Quantity) -> None:
    """Write one quantity of all synapses, a row per frame and a column per synapse; OSError passes through."""
    movie = result.movie
    values = result.site_values(quantity).T
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        *common, values_column = WHOLE_COLUMNS
        writer.writerow([*(c.name for c in common), *(f"site_{site.site}" for site in result.sites)])
        for t in range(movie.shape[0]):
            texts = values_column.texts(values[t].tolist())
            writer.writerow([*(c.text(c.get(movie, t, values[t])) for c in common), *texts])


def event_windows(result: StationaryResult) -> Iterator[EventWindow]:
    """Yield the traces of every event around its onset; frames outside the movie are left out."""
    movie, p = result.movie, result.params
    whole = {name: result.site_values(name) for name in ("raw", "background", "net", "df_f0", "normalised")}  # type: ignore[arg-type]
    for event in result.events:
        low, high = max(event.onset - p.window_before, 0), min(event.onset + p.window_after + 1, movie.shape[0])
        row = {name: values[event.site - 1, low:high].tolist() for name, values in whole.items()}
        level = _level(whole["net"][event.site - 1], event.onset)
        frames = range(low, high)
        yield EventWindow(
            event, [(t - event.onset) * movie.frames_per_step for t in frames], [movie.file_frame(t) for t in frames],
            row["raw"], row["background"], [value - level for value in row["net"]], row["df_f0"], row["normalised"],
            [movie.span_s(event.onset, t) for t in frames],
        )  # fmt: skip


def _level(net: NDArray[np.float32], onset: int) -> float:
    """Return the level of a trace before an onset; NaN if nothing is known of it."""
    before = net[max(onset - _LEVEL_FRAMES, 0) : onset]
    return float(np.median(before)) if len(before) else math.nan


def aligned(result: StationaryResult) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return offsets from the onset ``(w,)`` and the trace of every event less its level before ``(n, w)``, counts."""
    p, frames = result.params, result.movie.shape[0]
    offset = np.arange(-p.window_before, p.window_after + 1)
    net = result.site_values("net")
    out = np.full((len(result.events), len(offset)), np.nan, np.float32)
    for i, event in enumerate(result.events):
        at = event.onset + offset
        inside = (at >= 0) & (at < frames)
        out[i, inside] = net[event.site - 1, at[inside]] - _level(net[event.site - 1], event.onset)
    return offset, out


def summary(result: StationaryResult) -> list[SummaryRow]:
    """Return what the events of a movie say together."""
    movie, sites = result.movie, [SiteRow(site, result) for site in result.sites]
    events = [event for event in result.events if event.activation]
    seconds = movie.duration_s
    evoked = {s.number for s in result.stimuli if s.kind == "stimulus"}
    synchronous = [event for event in events if event.stimulus in evoked]
    alone = [event for event in events if event.stimulus not in evoked]
    active = [row for row in sites if row.events]
    rows: list[SummaryRow] = [
        ("frames", movie.shape[0] * movie.frames_per_step, "frames"),
        ("duration_s", seconds, "s"),
        ("sites", len(sites), ""),
        ("active_sites", len(active), ""),
        ("activations", len(events), ""),
        ("synchronous", len(synchronous), ""),
        ("spontaneous", len(alone), ""),
    ]
    names = Counter(event.class_name for event in result.events)
    rows += [(f"events_{name}", number, "") for name, number in sorted(names.items())]
    rows += [
        ("activations_per_active_site", len(events) / len(active) if active else math.nan, ""),
        ("spontaneous_per_site_per_min", _rate(len(alone), len(sites), seconds), "1/min"),
        ("stimuli", len(evoked), ""),
        ("ammonium", len(result.stimuli) - len(evoked), ""),
        ("mean_response_probability", mean([row.response for row in sites]), ""),
        ("mean_latency_s", mean([movie.span_s(e.onset - e.latency, e.onset) for e in synchronous]), "s"),
        ("mean_peak_df_synchronous", mean([e.kinetics.peak_df for e in synchronous]), "counts"),
        ("mean_peak_df_spontaneous", mean([e.kinetics.peak_df for e in alone]), "counts"),
        ("mean_peak_df_f0", mean([e.kinetics.peak_df_f0 for e in events]), ""),
        ("mean_total_pool", mean([site.pool for site in result.sites]), "counts"),
        ("largest_drift_px", result.learned["largest_drift_px"], "px"),
    ]
    return rows


def _rate(number: int, sites: int, seconds: float) -> float:
    return 60 * number / (sites * seconds) if sites and seconds > 0 else math.nan


def stationary_frame(result: StationaryResult) -> pd.DataFrame:
    """Return the table of events, equal to what reading ``<stem>_stationary_events.csv`` gives."""
    from ivea_fiji.results.tables import frame_of

    return frame_of(STATIONARY_EVENT_COLUMNS, ((EventRow(e, result),) for e in result.events))
