"""``ivea measure``: traces of ROIs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.cli.options import declared, options
from ivea_fiji.params.measure import MeasureParams

MeasureOptions = options(MeasureParams)
"""Type of the options of this command."""


def measure(
    movie: str,
    rois: str,
    /,
    *,
    out: Annotated[str, Parameter(group=OUTPUT_GROUP, show_default=False)] = "",
    params: MeasureOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Measure the intensity of ROIs over time: raw, F - F0, dF/F0 and normalised.

    Parameters
    ----------
    movie
        Movie file.
    rois
        ROIs saved by ImageJ, '.zip' or '.roi'.
    out
        Folder of the results; by default '<movie>_ivea' beside the movie.
    """
    from ivea_fiji.results.roi_writer import write_roi_traces
    from ivea_fiji.results.writer import check_writable, default_folder
    from ivea_fiji.roi_traces import measure_rois

    talk = talk or Talk()
    path = Path(movie)
    folder = Path(out) if out else default_folder(path)
    check_writable(folder)
    with talk.progress() as bar:
        result = measure_rois(path, rois, declared(MeasureParams, params), progress=bar)
        files = write_roi_traces(result, folder)
    for note in result.notes:
        talk.note(note)
    count, channels = len(result.regions), len(result.channels)
    told = f"{count} {'ROI' if count == 1 else 'ROIs'}" + (f" in {channels} channels" if channels > 1 else "")
    talk.say(f"{result.movie.name}: {told}, {len(result.offset)} frames, {result.seconds:.1f} s")
    talk.say(f"  results in {folder}")
    talk.data({"movie": str(path), "rois": count, "channels": [one.channel for one in result.channels],
               "f0_rule": result.f0_rule, "folder": str(folder), "files": files, "notes": list(result.notes),
               "seconds": result.seconds})  # fmt: skip
