"""Tables of a batch: what became of every movie, and all events of all movies in one table."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ivea_fiji.results.columns import BATCH_COLUMNS, EVENT_COLUMNS, SUMMARY_COLUMNS, Column
from ivea_fiji.results.tables import write_table
from ivea_fiji.results.writer import write_whole

if TYPE_CHECKING:
    from ivea_fiji.batch import FileReport

FILES, FAULTS = "batch_files.csv", "batch_faults.txt"
POOLED: dict[str, tuple[Column, ...]] = {"events": EVENT_COLUMNS, "summary": SUMMARY_COLUMNS}
"""Tables of the movies that are pooled as ``batch_<kind>.csv``, the movie's name before each row."""


def write_pooled(
    folder: Path, files: Sequence[FileReport], finished: Sequence[tuple[str, Mapping[str, Path]]]
) -> dict[str, Path]:
    """Write the tables of a batch into `folder`: all of them, or none.

    Parameters
    ----------
    folder
        Made if missing.
    files
        What became of every movie.
    finished
        Name and tables of each movie whose tables are pooled. Rows are copied one after the other as they stand, so
        that memory does not grow with the number of movies.

    Returns
    -------
    dict
        Written files by kind: 'files', those of `POOLED`, and 'faults' if there was something unforeseen.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    makers: dict[str, Callable[[Path], None]] = {
        FILES: lambda path: write_table(path, BATCH_COLUMNS, ((report,) for report in files))
    }
    names = {"files": FILES}
    for kind in POOLED:
        names[kind] = f"batch_{kind}.csv"
        makers[names[kind]] = lambda path, kind=kind: _pool(path, kind, finished)  # type: ignore[misc]
    faults = "\n".join(f"{report.job.name}\n{report.details}" for report in files if report.details)
    if faults:
        names["faults"] = FAULTS
        makers[FAULTS] = lambda path: _write_text(path, faults)
    write_whole(folder, makers, stale=[] if faults else [FAULTS])
    return {kind: folder / name for kind, name in names.items()}


def same_columns(path: Path, kind: str) -> bool:
    """Return whether a table of a movie has today's columns."""
    with open(path, encoding="utf-8", newline="") as file:
        return next(csv.reader(file), []) == [column.name for column in POOLED[kind]]


def _pool(path: Path, kind: str, finished: Sequence[tuple[str, Mapping[str, Path]]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["movie", *(column.name for column in POOLED[kind])])
        for name, tables in finished:
            writer.writerows([name, *row] for row in _rows(tables[kind]))


def _rows(path: Path) -> Iterator[list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
