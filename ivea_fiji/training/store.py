"""Samples on disk: written movie by movie, read only where they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.training.dataset import Samples

_DONE, _X = "done", "x.u16"
_TYPE = np.dtype("<u2")


class Pieces:
    """Arrays of sequences as one, of which only the rows that are asked for are read.

    Parameters
    ----------
    parts
        Arrays ``(n, ...)`` that differ in n alone.
    """

    def __init__(self, parts: Sequence[NDArray[np.uint16]]) -> None:
        self._parts = parts
        self._ends = np.cumsum([len(part) for part in parts])
        self.shape = (int(self._ends[-1]), *parts[0].shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice | NDArray) -> NDArray[np.uint16]:
        """Return the sequences of row numbers, a mask, or a slice."""
        index = np.arange(len(self))[rows]
        out = np.empty((len(index), *self.shape[1:]), np.uint16)
        piece = np.searchsorted(self._ends, index, side="right")
        for k, part in enumerate(self._parts):
            mine = piece == k
            if mine.any():
                out[mine] = part[index[mine] - (self._ends[k] - len(part))]
        return out


def in_one(parts: Sequence[Samples]) -> Samples:
    """Return samples of several stores as one, without reading them."""
    return Samples(
        Pieces([p.x for p in parts]),  # type: ignore[arg-type]
        np.concatenate([p.label for p in parts]), np.concatenate([p.movie for p in parts]),
    )  # fmt: skip


def is_stored(path: Path) -> bool:
    """Tell whether a folder has all of its samples."""
    return (path / _DONE).exists()


def write_samples(path: Path, parts: Iterable[Samples]) -> Samples:
    """Write samples to a folder as they come, and return them as `read_samples` does."""
    path.mkdir(parents=True, exist_ok=True)
    labels, movies, shape = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], (0,)
    with (path / _X).open("wb") as file:
        for part in parts:
            np.ascontiguousarray(part.x, _TYPE).tofile(file)
            labels.append(part.label)
            movies.append(part.movie)
            shape = part.x.shape[1:]
    np.save(path / "label.npy", np.concatenate(labels))
    np.save(path / "movie.npy", np.concatenate(movies))
    np.save(path / "shape.npy", np.array(shape))
    (path / _DONE).touch()
    return read_samples(path)


def read_samples(path: Path) -> Samples:
    """Return the samples of a folder; sequences are read from disk when they are needed."""
    label, movie, shape = (np.load(path / f"{name}.npy") for name in ("label", "movie", "shape"))
    whole = (len(label), *(int(n) for n in shape))
    x = np.memmap(path / _X, _TYPE, "r", shape=whole) if len(label) else np.zeros(whole, np.uint16)
    return Samples(x, label, movie)
