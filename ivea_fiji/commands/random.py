"""Detect Random Bursts: the random-burst module on one movie, for the command line and for Fiji."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ivea_fiji.commands.base import Command, ImageInput, Jump, Picture, Reply, Table
from ivea_fiji.commands.folders import result_folder
from ivea_fiji.errors import OutputError, ParameterError
from ivea_fiji.params.base import field
from ivea_fiji.params.output import OutputParams
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Progress

if TYPE_CHECKING:
    from ivea_fiji.events.model import Result
    from ivea_fiji.movie.image import Planes
    from ivea_fiji.results.writer import Written

_TABLES = ("events", "summary", "traces")


class DetectParams(OutputParams, RandomParams):
    """The random-burst module, and what becomes of its results in ImageJ."""

    channel: int = field(1, "Channel", "Channel to analyse, counted from 1; 0 takes the one that is shown.", ge=0)
    use_selection: bool = field(
        False, "Use selection as cell", "Take the selection drawn on the movie as the outline of the cell."
    )
    output_folder: str = field(
        "", "Output folder", "Folder of the result files; empty keeps them in a temporary folder.", style="directory"
    )
    show_overlay: bool = field(
        False, "Show overlay", "Draw the events on the movie, beside what its overlay already holds."
    )

    def of_module(self, image: ImageInput) -> RandomParams:
        """Return the parameters of the analysis of `image`."""
        values = self.model_dump(include=set(RandomParams.model_fields))
        values["channel"] = self.channel or image.channel
        if self.use_selection:
            if self.cell_mask:
                raise ParameterError("A cell mask was named and 'Use selection as cell' is on; choose one of them.")
            if not image.selection:
                raise ParameterError(
                    f"'{image.title}' has no selection; draw the cell on it, or turn 'Use selection as cell' off."
                )
            values["cell_mask"] = image.selection
        return RandomParams.make(**values)


def analyse(
    movie: Path | ImageInput,
    folder: Path,
    params: RandomParams,
    progress: Progress,
    *,
    overview: bool = True,
    training_rois: bool = False,
) -> tuple[Result, Written]:
    """Analyse one movie and write its results into `folder`.

    Parameters
    ----------
    movie
        A file or an image of ImageJ.
    folder
        Folder of this movie's results.
    params
        All parameters. A cell mask that is the selection of `movie` is kept in `folder`, so that the run can be
        repeated.
    progress
        Told about every stage, and asked whether to stop.
    overview, training_rois
        Whether these are written too.

    Raises
    ------
    IveaError
        One sentence that says what to do.
    Cancelled
        The progress asked to stop; nothing was written.
    """
    from ivea_fiji.random_bursts import detect_random
    from ivea_fiji.results.writer import write_result

    start = time.perf_counter()
    result = detect_random(movie, params, progress=progress)
    seconds = time.perf_counter() - start
    selection = isinstance(movie, ImageInput) and params.cell_mask == movie.selection and params.cell_mask
    if selection:
        result = replace(result, params=params.model_copy(update={"cell_mask": str(_kept(result, folder))}))
    files = write_result(result, folder, overview=overview, training_rois=training_rois, seconds=seconds)
    if selection:
        _copy(Path(selection), _kept(result, folder))
    return result, files


def number_of_events(result: Result) -> str:
    """Return how many events were found, in words."""
    number = len(result.events)
    return "no event" if number == 0 else "1 event" if number == 1 else f"{number} events"


def notes_of(result: Result) -> list[str]:
    """Return what the user should read, each sentence once."""
    return list(dict.fromkeys((*result.movie.notes, *result.notes)))


def _kept(result: Result, folder: Path) -> Path:
    """Return where the selection that was the cell mask lies beside the results."""
    from ivea_fiji.results.writer import file_stem

    return folder.absolute() / f"{file_stem(result.movie)}_cell.roi"


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise OutputError(
            f"The selection cannot be written to '{target}' ({error.strerror}); choose another folder."
        ) from error


def _plan(params: DetectParams, image: ImageInput) -> Planes | None:
    from ivea_fiji.movie.image import movie_planes
    from ivea_fiji.movie.open import is_on_disk

    module = params.of_module(image)
    planes = movie_planes(image, module)
    return None if is_on_disk(image, module) else planes


def _run(params: DetectParams, image: ImageInput | None, progress: Progress) -> Reply:
    if image is None:
        raise ParameterError("There is no image; open a movie first.")
    module = params.of_module(image)
    with result_folder(params.output_folder) as folder:
        result, files = analyse(
            image, folder, module, progress, overview=params.overview, training_rois=params.training_rois
        )
    name = result.movie.name
    return Reply(
        message=f"{name}: {number_of_events(result)} in {result.movie.shape[0]} frames.",
        notes=tuple(notes_of(result)),
        folder=str(folder),
        temporary=not params.output_folder,
        tables=tuple(Table(kind, f"{name} {kind}", str(files[kind])) for kind in _TABLES),
        rois=str(files["rois"]) if result.events else "",
        pictures=(Picture(f"{name} overview", str(files["overview"])),) if params.overview else (),
        jump=Jump("events", "frame", "x_px", "y_px", "event"),
    )


COMMAND = Command(
    "detect_random_bursts",
    "Detect Random Bursts...",
    "Find single-vesicle events anywhere in the cell, classify and measure them.",
    DetectParams,
    image="movie",
    run=_run,
    plan=_plan,
    advanced_twin=True,
)
