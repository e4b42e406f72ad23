"""Batch Process Folder: the random-burst module on all movies of a folder, for the command line and for Fiji."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ivea_fiji.batch import Analysis, BatchReport, FileReport, Outcome, find_movies, make_jobs, process
from ivea_fiji.commands.base import Command, ImageInput, Reply, Table
from ivea_fiji.commands.random import analyse, notes_of
from ivea_fiji.errors import ParameterError
from ivea_fiji.params.base import Params, field
from ivea_fiji.params.batch import BatchParams
from ivea_fiji.progress import Progress, Silent

_NEEDED = ("events", "traces", "summary", "rois", "run")


class Places(Params):
    """Where movies are and results go."""

    input_folder: str = field("", "Folder of movies", "Folder whose movies are analysed.", style="directory")
    output_folder: str = field(
        "",
        "Output folder",
        "Folder of the tables of all movies, in which every movie gets a folder of its own; empty takes a folder "
        "beside that of the movies, with '_ivea' behind its name.",
        style="directory",
    )


class BatchFolderParams(BatchParams, Places):
    """Batch processing as the menu offers it."""


class RandomBursts(Analysis):
    """The random-burst module as the analysis of a batch.

    Parameters
    ----------
    params
        Parameters of the module and which files are written.

    Raises
    ------
    IveaError
        For faults no movie can cure, such as an unknown model.
    """

    def __init__(self, params: BatchParams) -> None:
        from ivea_fiji.random_bursts import check_settings, describe_model

        self._params = params.of_module()
        self._model = describe_model(check_settings(self._params), self._params)
        self._files = {"overview": params.overview, "training_rois": params.training_rois}

    def earlier(self, movie: Path, folder: Path) -> Outcome | str:
        """Return what an earlier run found, or why the movie has to be analysed again."""
        from ivea_fiji.results.finished import finished_run

        kinds = [*_NEEDED, *(kind for kind, wanted in self._files.items() if wanted)]
        record = finished_run(folder, movie, self._params, self._model, kinds)
        if isinstance(record, str):
            return record
        events = record["counts"]["events"]
        return Outcome(events, record.get("seconds") or 0.0, _noteworthy(events, record["notes"]))

    def run(self, movie: Path, folder: Path, progress: Progress) -> Outcome:
        """Analyse a movie and write its results."""
        from ivea_fiji.results.writer import sweep

        result, _ = analyse(movie, folder, self._params, progress, **self._files)
        sweep(folder)
        events = len(result.events)
        return Outcome(events, sum(result.timings.values()), _noteworthy(events, notes_of(result)))

    def tables(self, movie: Path, folder: Path) -> Mapping[str, Path]:
        """Return the tables of a finished movie."""
        from ivea_fiji.results.writer import result_files

        return result_files(folder, movie.name)


def process_folder(
    folder: str | Path,
    out: str | Path = "",
    params: BatchParams | None = None,
    *,
    progress: Progress | None = None,
    told: Callable[[FileReport], None] | None = None,
    **changes: Any,
) -> BatchReport:
    """Find, classify and measure the events of all movies of a folder.

    Every movie gets a folder with the results `detect_random` and `write_result` give; all events together are in
    ``batch_events.csv``. A movie that cannot be analysed is listed in ``batch_files.csv`` and does not stop the
    others. Movies whose results are there, of the same pixels and settings, are not analysed again.

    Parameters
    ----------
    folder
        Where the movies are.
    out
        Where results go; by default a folder beside it, '<folder>_ivea'.
    params
        All parameters; the defaults if None.
    progress
        Told about every stage of every movie, and asked whether to stop.
    told
        Called with the report of every movie as it comes.
    **changes
        Single parameters to change, by name.

    Returns
    -------
    BatchReport
        What became of every movie, and where the tables are.

    Raises
    ------
    IveaError
        There is no movie, results cannot be written, or a parameter does not fit.
    Cancelled
        The progress asked to stop; what is finished stays.
    """
    from ivea_fiji.results.writer import check_writable

    params = BatchParams.make(**{**(params.model_dump() if params else {}), **changes})
    source = Path(folder).expanduser()
    target = Path(out).expanduser() if str(out) else beside(source)
    movies = find_movies(source, params.pattern, recursive=params.recursive, without=target)
    jobs = make_jobs(source, movies, target)
    check_writable(target)
    return process(jobs, target, RandomBursts(params), progress or Silent(), told)


def beside(folder: Path) -> Path:
    """Return where the results of a folder go unless told otherwise."""
    whole = folder.absolute()
    return whole.with_name(f"{whole.name or 'movies'}_ivea")


def _noteworthy(events: int, notes: list[str]) -> str:
    """Return the note that says why there is nothing; with events, the table says enough."""
    return "" if events or not notes else notes[-1]


def _run(params: BatchFolderParams, image: ImageInput | None, progress: Progress) -> Reply:
    if not params.input_folder:
        raise ParameterError("Name the folder of movies (input_folder).")
    chosen = BatchParams.make(**params.model_dump(include=set(BatchParams.model_fields)))
    report = process_folder(params.input_folder, params.output_folder, chosen, progress=progress)
    return Reply(
        message=report.sentence,
        notes=tuple(f"{failed.job.name}: {failed.sentence}" for failed in report.having("failed")),
        folder=str(report.folder),
        tables=tuple(Table(kind, f"batch {kind}", str(report.tables[kind])) for kind in ("files", "events", "summary")),
    )


COMMAND = Command(
    "batch_process_folder",
    "Batch Process Folder...",
    "Find, classify and measure single-vesicle events in all movies of a folder.",
    BatchFolderParams,
    run=_run,
    advanced_twin=True,
)
