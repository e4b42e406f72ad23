"""Simulate Movie: a movie whose events are known, opened with its truth."""

from __future__ import annotations

from ivea_fiji.commands.base import Command, ImageInput, Jump, Reply, Table
from ivea_fiji.commands.folders import result_folder
from ivea_fiji.params.base import field
from ivea_fiji.params.simulation import SimulationParams
from ivea_fiji.progress import Progress


class SimulateParams(SimulationParams):
    """The simulation, and where its files go."""

    movie_name: str = field(
        "simulated", "Name", "What the files are called: '<name>.tif', '<name>_truth.csv', '<name>_truth_rois.zip'."
    )
    output_folder: str = field(
        "", "Output folder", "Folder of the files; empty keeps them in a temporary folder.", style="directory"
    )


def _run(params: SimulateParams, image: ImageInput | None, progress: Progress) -> Reply:
    from ivea_fiji.simulation.simulate import simulate
    from ivea_fiji.simulation.writer import write_simulation

    recipe = SimulationParams.make(**params.model_dump(include=set(SimulationParams.model_fields)))
    with result_folder(params.output_folder) as folder:
        movie = simulate(recipe, progress=progress)
        files = write_simulation(movie, folder, params.movie_name)
    return Reply(
        message=f"{params.movie_name}: {len(movie.events)} true events in {movie.frames.shape[0]} frames.",
        folder=str(folder),
        temporary=not params.output_folder,
        tables=(Table("truth", f"{params.movie_name} truth", str(files["truth"])),),
        rois=str(files["rois"]) if movie.events else "",
        movie=str(files["movie"]),
        jump=Jump("truth", "frame", "x_px", "y_px", "event"),
    )


COMMAND = Command(
    "simulate_movie", "Simulate Movie...", "Make a movie whose events are known, to try things out.", SimulateParams,
    run=_run,
)  # fmt: skip
