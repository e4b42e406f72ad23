"""Tables of a batch: what became of every movie, and all events of all movies in one table."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ivea_fiji.results.columns import BATCH_COLUMNS, Column
from ivea_fiji.results.tables import write_table
from ivea_fiji.results.writer import write_whole

if TYPE_CHECKING:
    from ivea_fiji.batch import FileReport


@dataclass(frozen=True)
class Pool:
    """Which tables of the movies of a batch are put together.

    Attributes
    ----------
    columns
        Columns of each kind of table; the movie's name comes before each row.
    prefix
        What the names of a batch's files begin with: ``<prefix>_files.csv``, ``<prefix>_<kind>.csv``.
    """

    columns: Mapping[str, Sequence[Column]]
    prefix: str = "batch"

    def name(self, kind: str) -> str:
        """Return the name of a file of the batch."""
        return f"{self.prefix}_{kind}.{'txt' if kind == 'faults' else 'csv'}"


def write_pooled(
    folder: Path, pool: Pool, files: Sequence[FileReport], finished: Sequence[tuple[str, Mapping[str, Path]]]
) -> dict[str, Path]:
    """Write the tables of a batch into `folder`: all of them, or none.

    Parameters
    ----------
    folder
        Made if missing.
    pool
        Which tables.
    files
        What became of every movie.
    finished
        Name and tables of each movie whose tables are pooled. Rows are copied one after the other as they stand, so
        that memory does not grow with the number of movies.

    Returns
    -------
    dict
        Written files by kind: 'files', those of `pool`, and 'faults' if there was something unforeseen.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    names = {kind: pool.name(kind) for kind in ("files", *pool.columns)}
    makers: dict[str, Callable[[Path], None]] = {
        names["files"]: lambda path: write_table(path, BATCH_COLUMNS, ((report,) for report in files))
    }
    for kind, columns in pool.columns.items():
        tables = [(name, paths[kind]) for name, paths in finished]
        makers[names[kind]] = partial(_pool, columns=columns, tables=tables)
    faults = "\n".join(f"{report.job.name}\n{report.details}" for report in files if report.details)
    if faults:
        names["faults"] = pool.name("faults")
        makers[names["faults"]] = lambda path: _write_text(path, faults)
    write_whole(folder, makers, stale=[] if faults else [pool.name("faults")])
    return {kind: folder / name for kind, name in names.items()}


def same_columns(path: Path, columns: Sequence[Column]) -> bool:
    """Return whether a table of a movie has today's columns."""
    with open(path, encoding="utf-8", newline="") as file:
        return next(csv.reader(file), []) == [column.name for column in columns]


def _pool(path: Path, columns: Sequence[Column], tables: Sequence[tuple[str, Path]]) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["movie", *(column.name for column in columns)])
        for name, table in tables:
            writer.writerows([name, *row] for row in _rows(table))


def _rows(path: Path) -> Iterator[list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
