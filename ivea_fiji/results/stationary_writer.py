"""Write what was found of stationary bursts into a folder: all files, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from ivea_fiji.results.record import describe_result
from ivea_fiji.results.rois import write_rois
from ivea_fiji.results.stationary_rois import activation_marks, labelling_marks, site_marks
from ivea_fiji.results.stationary_tables import (
    QUANTITIES,
    write_sites,
    write_stationary_events,
    write_stationary_summary,
    write_stimuli,
    write_whole_traces,
    write_windows,
)
from ivea_fiji.results.writer import Written, write_run
from ivea_fiji.synapses.model import StationaryResult

STATIONARY_BURSTS = "stationary_bursts"
"""Module of its run records."""
STATIONARY_FILES = {
    "events": "_stationary_events.csv",
    "sites": "_stationary_sites.csv",
    "stimuli": "_stationary_stimuli.csv",
    "traces": "_stationary_traces.csv",
    **{f"sites_{name}": f"_stationary_sites_{name}.csv" for name in QUANTITIES},
    "summary": "_stationary_summary.csv",
    "rois": "_stationary_rois.zip",
    "site_rois": "_stationary_site_rois.zip",
    "training_rois": "_stationary_training_rois.zip",
    "overview": "_stationary_overview.png",
    "run": "_stationary_run.json",
}
"""Endings of its files behind the movie's name, by kind."""


def write_stationary(
    result: StationaryResult,
    out_dir: Path | str,
    *,
    training_rois: bool = False,
    overview: bool = True,
    seconds: float | None = None,
    input_sha256: str | None = None,
) -> Written:
    """Write tables, traces, ROIs, run record and picture of `result` into `out_dir`, as `write_result` does.

    Parameters
    ----------
    result
        What a run found.
    out_dir
        Folder of this movie's results; made if missing.
    training_rois
        Also write events and rejected candidates as ``<stem>_stationary_training_rois.zip``.
    overview
        Also draw ``<stem>_stationary_overview.png``.
    seconds
        Wall time of the run, for the record.
    input_sha256
        Hash of the movie's file, if known; computed otherwise.

    Returns
    -------
    dict
        The written files by kind, of `STATIONARY_FILES`.

    Raises
    ------
    OutputError
        If `out_dir` cannot be written, is full, is a file, or holds results of another movie of the same name.
    """
    axes = result.movie.file_axes
    makers: dict[str, Callable[[Path], None]] = {
        "events": partial(write_stationary_events, result=result),
        "sites": partial(write_sites, result=result),
        "stimuli": partial(write_stimuli, result=result),
        "traces": partial(write_windows, result=result),
        **{f"sites_{name}": partial(write_whole_traces, result=result, quantity=name) for name in QUANTITIES},
        "summary": partial(write_stationary_summary, result=result),
        "rois": lambda path: write_rois(path, activation_marks(result), axes),
        "site_rois": lambda path: write_rois(path, site_marks(result), axes),
    }
    if training_rois:
        makers["training_rois"] = lambda path: write_rois(path, labelling_marks(result), axes)
    if overview:
        from ivea_fiji.results.stationary_overview import write_stationary_overview

        makers["overview"] = partial(write_stationary_overview, result=result)
    return write_run(
        Path(out_dir), result.movie, STATIONARY_FILES, makers,
        lambda: describe_result(STATIONARY_BURSTS, result, _told(result), seconds, input_sha256),
        stale=() if overview else ("overview",),
    )  # fmt: skip


def _told(result: StationaryResult) -> dict[str, Any]:
    """Return what the run record tells beside what all records do."""
    movie = result.movie
    stimuli = [
        {**asdict(s), "start": movie.file_frame(s.start), "end": movie.file_frame(s.end)} for s in result.stimuli
    ]
    return {
        "learned": {**result.learned, "normalised_to": result.normalised_to},
        "stimuli": stimuli,
        "counts": {
            "sites": len(result.sites),
            "synchronous": sum(event.stimulus > 0 for event in result.events),
            "events_per_class": dict(sorted(Counter(e.class_name for e in result.events).items())),
            "candidates": len(result.events) + len(result.rejected),
            "rejected_per_reason": dict(sorted(Counter(r.reason for r in result.rejected).items())),
        },
    }
