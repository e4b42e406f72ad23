"""Data sets in memory: samples, their classes, and where they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.datasets.layout import Layout


@dataclass(frozen=True)
class MovieInfo:
    """A movie that samples come from."""

    name: str
    pixel_size_um: float | None = None
    frame_interval_s: float | None = None
    fingerprint: str = ""
    """Of its size and first frame: the same movie is known again whatever its name. Empty if unknown."""


@dataclass(frozen=True)
class Rows:
    """What is known of samples beside their pixels, ``(n,)`` each."""

    label: NDArray[np.int64]
    """Class ids."""
    movie: NDArray[np.int64]
    """Number of the movie in `DatasetInfo.movies`, from 0."""
    frame: NDArray[np.int64]
    """Frame of the movie's file, from 0; -1 if unknown."""
    y: NDArray[np.float64]
    x: NDArray[np.float64]
    """Centre, px; NaN if unknown."""
    radius: NDArray[np.int64]
    """Vision radius with which the sample was cut, px."""
    label_frame: NDArray[np.int64]
    """Frame that the label named, from 0; -1 if unknown. `frame` is where the peak was found."""

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, rows: Any) -> Rows:
        return Rows(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class DatasetInfo:
    """Everything about a data set but its pixels."""

    path: Path
    layout: Layout
    class_ids: tuple[int, ...]
    """Class of each column of ``y_train``."""
    movies: tuple[MovieInfo, ...]
    rows: Rows
    attributes: dict[str, Any]
    """Attributes of the file as they stand there."""
    ours: bool
    """Whether IVEA wrote it: movies, places and margins are known."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def sentence(self) -> str:
        """The size of the data set, without a full stop: '5 samples of 1 movie'."""
        samples, movies = len(self.rows), len(self.movies)
        return f"{samples} sample{'s' * (samples != 1)} of {movies} movie{'s' * (movies != 1)}"

    @property
    def counts(self) -> dict[int, int]:
        """Samples of each class that has any, fusion first."""
        found = Counter(self.rows.label.tolist())
        return {k: found[k] for k in self.class_ids if found[k]}


@dataclass(frozen=True)
class Dataset:
    """Samples in memory, as training wants them.

    Attributes
    ----------
    x
        uint16 ``(n, frames + 4, size + 2, size + 2)``, each sequence scaled to 0-65535; frames and pixels beyond the
        sample are there for shifts (repeated from its edge if the file does not hold them).
    label
        Class ids ``(n,)``.
    movie
        Number of the movie each sample comes from ``(n,)``: splits go by movie.
    info
        Layout, classes, movies, places.
    """

    x: NDArray[np.uint16]
    label: NDArray[np.int64]
    movie: NDArray[np.int64]
    info: DatasetInfo

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, rows: Any) -> Dataset:
        """Return some of the samples, by row numbers or a mask."""
        rows = np.arange(len(self))[rows]
        return Dataset(self.x[rows], self.label[rows], self.movie[rows], replace(self.info, rows=self.info.rows[rows]))


def join_rows(parts: Sequence[Rows]) -> Rows:
    """Put rows together."""
    names = {"label": int, "movie": int, "frame": int, "y": float, "x": float, "radius": int,
             "label_frame": int}
    return Rows(*(np.concatenate([np.zeros(0, kind), *(getattr(p, name) for p in parts)]).astype(kind)
                  for name, kind in names.items()))
