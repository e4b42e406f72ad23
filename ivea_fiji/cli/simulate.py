"""``ivea simulate``: make a movie whose events are known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ivea_fiji.cli.console import OUTPUT_GROUP, Talk
from ivea_fiji.cli.options import declared, options
from ivea_fiji.params.simulation import SimulationParams

SimulationOptions = options(SimulationParams)
"""Type of the options of this command."""


def simulate(
    *,
    out: Annotated[str, Parameter(group=OUTPUT_GROUP)],
    name: Annotated[str, Parameter(group=OUTPUT_GROUP)] = "simulated",
    params: SimulationOptions | None = None,  # type: ignore[valid-type]
    talk: Talk | None = None,
) -> None:
    """Simulate a movie and write it with its truth: TIFF, table and ROIs.

    Parameters
    ----------
    out
        Folder of the files.
    name
        How the files are called: '<name>.tif', '<name>_truth.csv', '<name>_truth_rois.zip'.
    """
    from ivea_fiji.simulation.simulate import simulate as make
    from ivea_fiji.simulation.writer import write_simulation

    talk = talk or Talk()
    chosen = declared(SimulationParams, params)
    with talk.progress() as bar:
        movie = make(chosen, progress=bar)
        files = write_simulation(movie, Path(out), name)
    talk.say(f"{len(movie.events)} true events in {movie.frames.shape[0]} frames")
    for path in files.values():
        talk.say(f"  {path}")
    talk.data({"events": len(movie.events), "files": files})
