"""Batch: a module on all movies of a folder, for the command line and for Fiji."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from ivea_fiji.batch import Analysis, BatchReport, FileReport, Outcome, find_movies, make_jobs, process
from ivea_fiji.commands.base import Command, ImageInput, Reply, Table
from ivea_fiji.commands.detect import analyse, notes_of, part
from ivea_fiji.commands.module import Module
from ivea_fiji.commands.modules import find_module
from ivea_fiji.errors import ParameterError
from ivea_fiji.params.base import Params, combined, field
from ivea_fiji.params.batch import FileParams
from ivea_fiji.progress import Progress, Silent
from ivea_fiji.results.finished import finished_run
from ivea_fiji.results.lock import locked
from ivea_fiji.results.pool import Pool
from ivea_fiji.results.record import RANDOM_BURSTS
from ivea_fiji.results.writer import Written, check_writable, result_files, sweep


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


@cache
def batch_params(module: Module[Any, Any]) -> type[Params]:
    """Return the parameters of a batch of `module`: of the analysis, which files are taken and which are written."""
    if module.batch_params is not None:
        return module.batch_params
    return combined(
        f"Batch{module.params.__name__}", f"{module.title} in all movies of a folder.",
        module.output, module.params, FileParams,
    )  # fmt: skip


class ModuleAnalysis(Analysis):
    """A module as the analysis of a batch.

    Parameters
    ----------
    module
        How events are found.
    params
        An instance of `batch_params` of the module.

    Raises
    ------
    IveaError
        For faults no movie can cure, such as an unknown model.
    """

    def __init__(self, module: Module[Any, Any], params: Params) -> None:
        self._module = module
        self._params = part(params, module.params)
        self._output = part(params, module.output)
        self._model = module.check(self._params)

    @property
    def pool(self) -> Pool:
        """Which tables are put together."""
        return self._module.pool

    def earlier(self, movie: Path, folder: Path) -> Outcome | str:
        """Return what an earlier run found, or why the movie has to be analysed again."""
        files = self.tables(movie, folder)
        kinds = [*self._module.always, *(kind for kind, wanted in self._output.model_dump().items() if wanted)]
        record = finished_run(files, movie, self._params, self._model, kinds, self._module.columns)
        if isinstance(record, str):
            return record
        events = record["counts"]["events"]
        return Outcome(events, record.get("seconds") or 0.0, _noteworthy(events, record["notes"]))

    def run(self, movie: Path, folder: Path, progress: Progress) -> Outcome:
        """Analyse a movie and write its results."""
        result, _ = analyse(self._module, movie, folder, self._params, progress, self._output)
        sweep(folder)
        events = len(result.events)
        return Outcome(events, sum(result.timings.values()), _noteworthy(events, notes_of(result)))

    def tables(self, movie: Path, folder: Path) -> Written:
        """Return where the files of a finished movie lie, by kind."""
        return result_files(folder, movie.name, self._module.files)


def process_folder(
    folder: str | Path,
    out: str | Path = "",
    params: Params | None = None,
    *,
    module: str = RANDOM_BURSTS,
    progress: Progress | None = None,
    told: Callable[[FileReport], None] | None = None,
    **changes: Any,
) -> BatchReport:
    """Find, classify and measure the events of all movies of a folder.

    Every movie gets a folder with the results that the module gives for it alone (`detect_random` and `write_result`
    for random bursts); all events together are in ``batch_events.csv``. A movie that cannot be analysed is listed in
    ``batch_files.csv`` and does not stop the others. Movies whose results are there, of the same pixels and settings,
    are not analysed again.

    Parameters
    ----------
    folder
        Where the movies are.
    out
        Where results go; by default a folder beside it, '<folder>_ivea'.
    params
        All parameters (`BatchParams` for random bursts); the defaults if None.
    module
        How events are found: the name of a module, as in the run record.
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
    chosen = find_module(module)
    asked = batch_params(chosen).make(**{**(params.model_dump() if params else {}), **changes})
    files = part(asked, FileParams)
    source = Path(folder).expanduser()
    target = Path(out).expanduser() if str(out) else beside(source)
    movies = find_movies(source, files.pattern, recursive=files.recursive, without=target)
    jobs = make_jobs(source, movies, target)
    check_writable(target)
    with locked(target):
        return process(jobs, target, ModuleAnalysis(chosen, asked), progress or Silent(), told)


def beside(folder: Path) -> Path:
    """Return where the results of a folder go unless told otherwise."""
    whole = folder.absolute()
    return whole.with_name(f"{whole.name or 'movies'}_ivea")


def batch_command(module: Module[Any, Any]) -> Command:
    """Return the command of the menu that runs `module` on a folder of movies."""
    kinds = ("files", *module.pooled)

    def run(params: Any, image: ImageInput | None, progress: Progress) -> Reply:
        if not params.input_folder:
            raise ParameterError("Name the folder of movies (input_folder).")
        chosen = part(params, batch_params(module))
        report = process_folder(
            params.input_folder, params.output_folder, chosen, module=module.name, progress=progress
        )
        return Reply(
            message=report.sentence,
            notes=tuple(f"{failed.job.name}: {failed.sentence}" for failed in report.having("failed")),
            folder=str(report.folder),
            tables=tuple(Table(kind, _window(report.tables[kind]), str(report.tables[kind])) for kind in kinds),
        )

    name, title = module.batch_entry
    asked = combined(
        f"{batch_params(module).__name__}OfMenu", f"{module.title} in all movies of a folder, as the menu offers it.",
        batch_params(module), Places,
    )  # fmt: skip
    return Command(name, title, module.batch_help, asked, run=run, advanced_twin=True)


def _window(table: Path) -> str:
    return table.stem.replace("_", " ")


def _noteworthy(events: int, notes: list[str]) -> str:
    """Return the note that says why there is nothing; with events, the table says enough."""
    return "" if events or not notes else notes[-1]
