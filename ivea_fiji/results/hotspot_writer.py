"""Write everything one run found out about hotspot areas into the folder of its movie: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ivea_fiji.results import hotspot_tables as tables
from ivea_fiji.results.record import describe_result
from ivea_fiji.results.rois import Mark, write_rois
from ivea_fiji.results.writer import Written, write_run

if TYPE_CHECKING:
    from ivea_fiji.hotspots.model import Hotspot, HotspotResult

HOTSPOT_AREAS = "hotspot_areas"
"""Module of the run records."""
HOTSPOT_FILES = {
    "events": "_hotspot_events.csv",
    "areas": "_hotspot_areas.csv",
    "traces": "_hotspot_traces.csv",
    "summary": "_hotspot_summary.csv",
    "rois": "_hotspot_rois.zip",
    "outlines": "_hotspot_outlines.zip",
    "activity": "_hotspot_activity.tif",
    "heat_map": "_hotspot_heat_map.png",
    "overview": "_hotspot_overview.png",
    "run": "_hotspot_run.json",
}
"""Endings of the files of hotspot areas behind the movie's name, by kind."""


def write_hotspot_areas(
    result: HotspotResult,
    out_dir: Path | str,
    *,
    outlines: bool = True,
    heat_map: bool = True,
    overview: bool = True,
    seconds: float | None = None,
    input_sha256: str | None = None,
) -> Written:
    """Write tables, ROIs, activity, pictures and run record of `result` into `out_dir`.

    Files of the same name from an earlier run of the same movie are replaced; others are not touched.

    Parameters
    ----------
    result
        What a run found.
    out_dir
        Folder of this movie's results; made if missing.
    outlines
        Also write the outline of every event in every frame as ROIs.
    heat_map, overview
        Also draw these pictures.
    seconds
        Wall time of the run, for the record.
    input_sha256
        Hash of the movie's file, if known; computed otherwise.

    Returns
    -------
    dict
        The written files by kind, as in `HOTSPOT_FILES`.

    Raises
    ------
    OutputError
        If `out_dir` cannot be written, is full, is a file, or holds results of another movie of the same name.
    """
    axes = result.movie.file_axes
    makers: dict[str, Callable[[Path], None]] = {
        "events": partial(tables.write_hotspots, result=result),
        "areas": partial(tables.write_areas, result=result),
        "traces": partial(tables.write_hotspot_traces, result=result),
        "summary": partial(tables.write_hotspot_summary, result=result),
        "rois": lambda path: write_rois(path, largest_marks(result), axes),
        "activity": partial(write_activity, result=result),
    }
    if outlines:
        makers["outlines"] = lambda path: write_rois(path, outline_marks(result), axes)
    if heat_map or overview:
        from ivea_fiji.results.hotspot_picture import write_heat_map, write_hotspot_overview

        if heat_map:
            makers["heat_map"] = partial(write_heat_map, result=result)
        if overview:
            makers["overview"] = partial(write_hotspot_overview, result=result)
    more = {"learned": result.learned, "counts": {"sites": len({event.site for event in result.events})}}
    return write_run(
        Path(out_dir), result.movie, HOTSPOT_FILES, makers,
        lambda: describe_result(HOTSPOT_AREAS, result, more, seconds, input_sha256),
        stale=[kind for kind in ("outlines", "heat_map", "overview") if kind not in makers],
    )  # fmt: skip


def largest_marks(result: HotspotResult) -> list[Mark]:
    """Return the outline of each event at its largest, on that frame."""
    return [
        _mark(result, event, event.largest, f"{event.event}-event {{{event.event}}} | frame {_frame(result, event)}")
        for event in result.events
    ]


def outline_marks(result: HotspotResult) -> list[Mark]:
    """Return the outline of each event in each of its frames in which it is active."""
    return [
        _mark(result, event, i, f"{event.event}-event {{{event.event}}} | frame "
              f"{result.movie.file_frame(event.start + i)}")
        for event in result.events
        for i in np.flatnonzero(event.areas.size).tolist()
    ]  # fmt: skip


def write_activity(path: Path, result: HotspotResult) -> None:
    """Write the number of events and the active frames of every pixel as an ImageJ stack; OSError passes through."""
    import tifffile

    pixel = result.movie.pixel_size_um
    metadata = {"axes": "ZYX", "Labels": ["events", "active frames"], **({"unit": "um"} if pixel else {})}
    resolution = (1 / pixel, 1 / pixel) if pixel else None
    tifffile.imwrite(path, result.activity, imagej=True, metadata=metadata, resolution=resolution)


def _frame(result: HotspotResult, event: Hotspot) -> int:
    return result.movie.file_frame(event.frame)


def _mark(result: HotspotResult, event: Hotspot, index: int, name: str) -> Mark:
    outline = tuple((x, y) for x, y in event.areas.outlines[index].tolist())
    radius = float(np.sqrt(event.areas.size[index] / np.pi))
    return Mark(
        name, result.movie.file_frame(event.start + index), float(event.areas.y[index]), float(event.areas.x[index]),
        radius, event=event.event, outline=outline,
    )  # fmt: skip
