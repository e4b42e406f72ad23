"""Many movies, one after the other: which files, what was done before, what failed, and all events in one table.

What is done to a movie is an `Analysis`; this module does not know what it finds.
"""

from __future__ import annotations

import errno
import logging
import os
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, Protocol

from ivea_fiji.errors import Cancelled, IveaError, MovieError, OutputError, ParameterError
from ivea_fiji.movie.formats import READERS
from ivea_fiji.movie.readers import TIFF_SUFFIXES
from ivea_fiji.movie.zarr import is_zarr
from ivea_fiji.progress import Progress, step
from ivea_fiji.results.pool import Pool, write_pooled
from ivea_fiji.results.writer import default_folder

log = logging.getLogger(__name__)

ENDINGS = (*TIFF_SUFFIXES, *READERS, ".zarr")
"""What the names of movies end in."""
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""Faults of a disk that meet the next movie as well."""


@dataclass(frozen=True)
class Job:
    """One movie of a batch.

    Attributes
    ----------
    name
        The movie as tables name it: its path from the folder of the batch, with ``/``.
    movie
        File, or folder of an OME-Zarr image.
    folder
        Where its results go.
    """

    name: str
    movie: Path
    folder: Path


@dataclass(frozen=True)
class Outcome:
    """What an analysis says of one movie.

    Attributes
    ----------
    events
        How many were found.
    seconds
        How long that took.
    sentence
        What the user should read, empty if there is nothing.
    """

    events: int
    seconds: float
    sentence: str = ""


class Analysis(Protocol):
    """What is done to each movie.

    Attributes
    ----------
    pool
        Which tables are put together.
    """

    @property
    def pool(self) -> Pool: ...  # noqa: D102

    def earlier(self, movie: Path, folder: Path) -> Outcome | str:
        """Return what an earlier run found, or why the movie has to be analysed again; empty if it never was."""

    def run(self, movie: Path, folder: Path, progress: Progress) -> Outcome:
        """Analyse a movie and write its results, whole or not at all."""

    def tables(self, movie: Path, folder: Path) -> Mapping[str, Path]:
        """Return the tables of a finished movie that are pooled, by kind."""


@dataclass(frozen=True)
class FileReport:
    """What became of one movie.

    Attributes
    ----------
    job
        The movie.
    status
        'done' now, 'kept' from an earlier run, 'failed', or 'waiting' when the batch was stopped before it.
    outcome
        What was found, None if nothing is known.
    sentence
        Why it failed, why it was done again, or what is noteworthy of its events.
    details
        Traceback of a fault nobody foresaw.
    """

    job: Job
    status: Literal["done", "kept", "failed", "waiting"]
    outcome: Outcome | None = None
    sentence: str = ""
    details: str = ""


@dataclass(frozen=True)
class BatchReport:
    """What became of all movies.

    Attributes
    ----------
    folder
        Where the tables of the batch and the folders of the movies are.
    files
        One report per movie.
    tables
        Written files by kind: 'files', the pooled tables such as 'events'; 'faults' if something unforeseen happened.
    """

    folder: Path
    files: tuple[FileReport, ...]
    tables: Mapping[str, Path] = field(default_factory=dict)

    def having(self, *status: str) -> list[FileReport]:
        """Return the movies of a status."""
        return [report for report in self.files if report.status in status]

    @property
    def events(self) -> int:
        """All events of the finished movies."""
        return sum(report.outcome.events for report in self.files if report.outcome)

    @property
    def sentence(self) -> str:
        """The batch in one sentence."""
        count = Counter(report.status for report in self.files)
        finished = count["done"] + count["kept"]
        parts = [f"{finished} of {len(self.files)} movies are finished"]
        parts += [f"{count['kept']} of them from an earlier run"] if count["kept"] else []
        parts += [f"{count['failed']} failed"] if count["failed"] else []
        parts += [f"{count['waiting']} are still to do"] if count["waiting"] else []
        return f"{', '.join(parts)}; {self.events} events in all."


def find_movies(
    folder: Path, pattern: str = "*", *, recursive: bool = False, without: Path | None = None
) -> list[Path]:
    """Return the movies of a folder, sorted by name.

    Parameters
    ----------
    folder
        Where to look.
    pattern
        Pattern of file names, or several separated by semicolons, whatever the case of the letters; ``*`` alone takes
        files with a movie's ending. Hidden files are left out.
    recursive
        Whether to look in folders within it.
    without
        Folder that is left out, for example that of the results.

    Raises
    ------
    MovieError
        If there is no such folder.
    ParameterError
        If it holds no movie of that name.
    """
    if not folder.is_dir():
        raise MovieError(f"There is no folder '{folder}'; check its name.")
    patterns = [part.strip().lower() for part in pattern.split(";") if part.strip()] or ["*"]
    found = sorted(
        (path for path in _walk(folder, recursive, without) if _wanted(path.name.lower(), patterns)),
        key=lambda path: path.relative_to(folder).as_posix(),
    )
    if not found:
        what = "no movie" if patterns == ["*"] else f"no file whose name fits '{pattern}'"
        deeper = "" if recursive else "; if the movies lie in folders within it, take subfolders too"
        raise ParameterError(f"'{folder}' holds {what}{deeper or '; check folder and pattern'}.")
    return found


def make_jobs(folder: Path, movies: Sequence[Path], out: Path) -> list[Job]:
    """Give each movie its result folder below `out`; two movies whose names differ by their ending get two."""
    places = [out / default_folder(movie.relative_to(folder)) for movie in movies]
    taken = Counter(str(place).lower() for place in places)  # disks of Windows and macOS do not know case
    jobs = []
    for movie, place in zip(movies, places, strict=True):
        if taken[str(place).lower()] > 1:
            place = place.with_name(f"{movie.name}_ivea")
        jobs.append(Job(movie.relative_to(folder).as_posix(), movie, place))
    return jobs


def process(
    jobs: Sequence[Job],
    out: Path,
    analysis: Analysis,
    progress: Progress,
    told: Callable[[FileReport], None] | None = None,
) -> BatchReport:
    """Analyse the movies one after the other and pool what was found.

    A movie that fails is listed and does not stop the others. A movie whose results are there is not analysed again.
    Tables of the batch are written at the end, also when it is stopped.

    Parameters
    ----------
    jobs
        The movies.
    out
        Folder of the tables.
    analysis
        What is done to each.
    progress
        Told about every stage of every movie, and asked whether to stop.
    told
        Called with every report as it comes.

    Raises
    ------
    Cancelled
        The progress asked to stop; finished movies stay, and their tables are written.
    OutputError
        Nothing more can be written.
    """
    reports: list[FileReport] = []
    try:
        for place, job in enumerate(jobs, 1):
            reports.append(_one(job, analysis, _Part(progress, f"{place} of {len(jobs)}, {job.name}")))
            if told is not None:
                told(reports[-1])
    except (Cancelled, OutputError) as stop:
        waiting = [FileReport(job, "waiting", sentence="Run the batch again to go on.") for job in jobs[len(reports) :]]
        report = BatchReport(out, (*reports, *waiting))
        with suppress(OutputError):  # of a full disk we hear already
            _write(report, analysis)
        if isinstance(stop, Cancelled):
            raise Cancelled(f"The batch was stopped: {report.sentence} Run it again to go on.") from stop
        raise
    return _write(BatchReport(out, tuple(reports)), analysis)


def _one(job: Job, analysis: Analysis, progress: Progress) -> FileReport:
    """Do one movie; raise only what ends the batch."""
    start = time.perf_counter()
    try:
        step(progress, "looking for earlier results", 0, 1)
        earlier = analysis.earlier(job.movie, job.folder)
        if isinstance(earlier, Outcome):
            return FileReport(job, "kept", earlier, earlier.sentence)
        outcome = analysis.run(job.movie, job.folder, progress)
    except Cancelled:
        raise
    except IveaError as error:
        if isinstance(error, OutputError) and isinstance(error.__cause__, OSError) and error.__cause__.errno in _DISK:
            raise
        return _failed(job, str(error))
    except MemoryError:
        return _failed(job, "There is not enough memory for this movie; close other programs or set the last frame.")
    except Exception as error:  # a fault of ours or of a library must not cost the other movies
        log.info("%s", job.movie, exc_info=True)
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        told = f"Something unforeseen went wrong ({what}); please report it with the file of faults."
        return _failed(job, told, traceback.format_exc())
    log.info("%s: %.2f s", job.name, time.perf_counter() - start)
    again = f"Done again: {earlier}" if earlier else ""
    return FileReport(job, "done", outcome, " ".join(part for part in (again, outcome.sentence) if part))


def _failed(job: Job, sentence: str, details: str = "") -> FileReport:
    return FileReport(job, "failed", sentence=" ".join(sentence.split()), details=details)


def _write(report: BatchReport, analysis: Analysis) -> BatchReport:
    finished = [report.job for report in report.having("done", "kept")]
    pooled = [(job.name, analysis.tables(job.movie, job.folder)) for job in finished]
    return replace(report, tables=write_pooled(report.folder, analysis.pool, report.files, pooled))


def _walk(folder: Path, recursive: bool, without: Path | None) -> Iterator[Path]:
    """Yield files and OME-Zarr images that are not hidden."""
    left_out = without.resolve() if without is not None else None
    for at, folders, files in os.walk(folder):
        inside = [Path(at, name) for name in sorted(folders) if not name.startswith(".")]
        images = [path for path in inside if is_zarr(path)]
        yield from images
        yield from (Path(at, name) for name in files if not name.startswith("."))
        deeper = [p.name for p in inside if p not in images and p.resolve() != left_out]
        folders[:] = deeper if recursive else []


def _wanted(name: str, patterns: Sequence[str]) -> bool:
    return any(name.endswith(ENDINGS) if pattern == "*" else fnmatchcase(name, pattern) for pattern in patterns)


class _Part:
    """The progress of one movie of a batch."""

    def __init__(self, inner: Progress, name: str) -> None:
        self._inner, self._name = inner, name

    def update(self, stage: str, done: int, total: int) -> None:
        """Report a stage with the movie's name."""
        self._inner.update(f"{self._name}: {stage}", done, total)

    def cancelled(self) -> bool:
        """Return True once the user has asked to stop."""
        return self._inner.cancelled()
