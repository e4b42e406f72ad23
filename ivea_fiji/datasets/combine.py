"""Put data sets together, and write parts of one: whatever their size, some samples at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.datasets.model import DatasetInfo, MovieInfo, Rows
from ivea_fiji.datasets.reading import blocks, inspect_dataset
from ivea_fiji.datasets.split import Split, split_rows
from ivea_fiji.datasets.writing import DatasetWriter, writing
from ivea_fiji.errors import DatasetError, OutputError
from ivea_fiji.progress import Progress, Silent, step


@dataclass(frozen=True)
class Combined:
    """Data sets put together.

    Attributes
    ----------
    info
        The new file.
    repeated
        Samples that were in more than one file with the same class, and were taken once.
    contradicting
        Samples whose place had another class in an earlier file; they were left out.
    """

    info: DatasetInfo
    repeated: int
    contradicting: int

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        parts = [self.info.sentence]
        parts += [f"{self.repeated} were there more than once"] if self.repeated else []
        parts += [f"{self.contradicting} contradicted an earlier file and were left out"] if self.contradicting else []
        return "; ".join(parts) + "."


def combine(
    paths: Sequence[str | Path], out: str | Path, *, replace_existing: bool = False, progress: Progress | None = None
) -> Combined:
    """Put data sets into one file; they may be of ours or of the original program.

    The same movie in several files is known by its first frame, and the same sample by its movie and the frame and
    place of its label.

    Parameters
    ----------
    paths
        The files, the most trusted first.
    out
        The file to write.
    replace_existing
        Whether a file `out` that is there already is replaced; it may be one of `paths`.
    progress
        Told after every file, and asked whether to stop.

    Raises
    ------
    DatasetError
        If a file is damaged, or samples have different sizes.
    """
    if not paths:
        raise DatasetError("Name the data sets to put together.")
    infos = [inspect_dataset(path) for path in paths]
    for info in infos[1:]:
        if info.layout != infos[0].layout:
            raise DatasetError(
                f"'{info.path.name}' has samples of {info.layout}, '{infos[0].path.name}' of {infos[0].layout}; "
                "collect both with the same sizes."
            )
    progress = progress or Silent()
    movies: list[MovieInfo] = []
    seen: dict[tuple, int] = {}
    repeated = contradicting = 0
    with writing(Path(out).expanduser(), infos[0].layout, _radius(infos), replace_existing=replace_existing) as writer:
        for k, info in enumerate(infos):
            step(progress, f"adding {info.path.name}", k, len(infos))
            number = [_number_of(movie, movies) for movie in info.movies]
            rows = replace(info.rows, movie=np.array(number, int)[info.rows.movie])
            keep, twice, other = _new(rows, seen)
            repeated, contradicting = repeated + twice, contradicting + other
            copy_rows(writer, info, rows, keep)
        writer.finish(movies, [k for info in infos for k in info.class_ids])
    return Combined(inspect_dataset(out), repeated, contradicting)


def split_files(
    path: str | Path, out: str | Path, share: float = 0.25, seed: int = 1, *, replace_existing: bool = False
) -> tuple[Split, Path, Path]:
    """Write a data set as two files: ``<out>_train.h5`` and ``<out>_valid.h5``, no movie in both.

    Parameters
    ----------
    path
        The data set.
    out
        Beginning of the names of the new files.
    share
        Share of the samples that go into the second, between 0 and 1.
    seed
        Of the division.
    replace_existing
        Whether files that are there already are replaced.

    Raises
    ------
    DatasetError
        If there are fewer than two samples.
    """
    info = inspect_dataset(path)
    split = split_rows(info.rows, share, seed)
    stem = Path(out).expanduser()
    files = stem.with_name(f"{stem.name}_train.h5"), stem.with_name(f"{stem.name}_valid.h5")
    for file in files:
        if file.exists() and not replace_existing:
            raise OutputError(f"There is a file '{file}' already; choose another name, or replace it on purpose.")
    for file, chosen in zip(files, (split.train, split.held_out), strict=True):
        with writing(file, info.layout, _radius([info]), replace_existing=replace_existing) as writer:
            copy_rows(writer, info, info.rows, chosen)
            writer.finish(info.movies, info.class_ids)
    return split, *files


def copy_rows(writer: DatasetWriter, info: DatasetInfo, rows: Rows, chosen: NDArray) -> None:
    """Copy samples of a file; `rows` are those of the file, with movies numbered as in the new one."""
    for some, x, margins in blocks(info, chosen):
        writer.add(x, margins, rows[some])


def _number_of(movie: MovieInfo, movies: list[MovieInfo]) -> int:
    """Return the number of a movie in the new file, adding it if it is new."""
    for number, other in enumerate(movies):
        if movie.fingerprint and movie.fingerprint == other.fingerprint:
            return number
    movies.append(movie)
    return len(movies) - 1


def _new(rows: Rows, seen: dict[tuple, int]) -> tuple[NDArray, int, int]:
    """Return the rows that are not in `seen` yet, adding them; and how many repeat or contradict what is."""
    keep, twice, other = [], 0, 0
    for k in range(len(rows)):
        if rows.frame[k] < 0:  # files of the original do not tell places
            keep.append(k)
            continue
        place = (int(rows.movie[k]), int(rows.label_frame[k]), round(float(rows.y[k]), 1), round(float(rows.x[k]), 1))
        label = int(rows.label[k])
        if place not in seen:
            seen[place] = label
            keep.append(k)
        elif seen[place] == label:
            twice += 1
        else:
            other += 1
    return np.array(keep, int), twice, other


def _radius(infos: Sequence[DatasetInfo]) -> int:
    told = infos[0].attributes.get("patch_radius")
    return told if isinstance(told, int) else 0
