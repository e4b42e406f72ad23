"""Frame range and temporal reduction, as sources that wrap another."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.movie import FrameSource, Movie

_SHORT = 4
"""Up to this step frames between are read too, in one go."""
PIECE = 64
"""Frames of the file read at once while they are reduced, so that memory does not grow with k."""


class RangeSource:
    """Frames `first` to `stop` (not included) of another source."""

    def __init__(self, inner: FrameSource, first: int, stop: int) -> None:
        self.inner = inner
        self._first = first
        self.shape = (stop - first, *inner.shape[1:])
        self.dtype = inner.dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included)."""
        return self.inner.read(self._first + start, self._first + stop)


class EverySource:
    """Every n-th frame of another source, from the first on."""

    def __init__(self, inner: FrameSource, step: int) -> None:
        self.inner = inner
        self._step = step
        self.shape = (-(-inner.shape[0] // step), *inner.shape[1:])
        self.dtype = inner.dtype

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included); those between are not read where that costs less."""
        if self._step <= _SHORT:
            return self.inner.read(start * self._step, (stop - 1) * self._step + 1)[:: self._step]
        return np.concatenate([self.inner.read(t * self._step, t * self._step + 1) for t in range(start, stop)])


class ReduceSource:
    """Every k frames combined into one; frames left over at the end are dropped.

    Parameters
    ----------
    inner
        Frames to combine.
    k
        How many make one.
    how
        'max' keeps the pixel type; 'mean' gives float32.
    """

    def __init__(self, inner: FrameSource, k: int, how: Literal["max", "mean"]) -> None:
        self.inner = inner
        self._k, self._how = k, how
        self.shape = (inner.shape[0] // k, *inner.shape[1:])
        self.dtype = inner.dtype if how == "max" else np.dtype(np.float32)

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included)."""
        out = np.empty((stop - start, *self.shape[1:]), self.dtype)
        group = max(1, PIECE // self._k)
        for first in range(start, stop, group):
            last = min(first + group, stop)
            out[first - start : last - start] = self._combine(first, last)
        return out

    def _combine(self, first: int, last: int) -> NDArray:
        if self._k <= PIECE:
            frames = self.inner.read(first * self._k, last * self._k)
            groups = frames.reshape(last - first, self._k, *self.shape[1:])
            return groups.max(axis=1) if self._how == "max" else groups.mean(axis=1, dtype=np.float64)
        return self._combine_long(first)[None]

    def _combine_long(self, index: int) -> NDArray:
        """Combine one group that is too long to be read at once."""
        begin, end = index * self._k, (index + 1) * self._k
        result: NDArray | None = None
        for start in range(begin, end, PIECE):
            frames = self.inner.read(start, min(start + PIECE, end))
            part = frames.max(axis=0) if self._how == "max" else frames.sum(axis=0, dtype=np.float64)
            if result is None:
                result = part
            else:
                result = np.maximum(result, part) if self._how == "max" else result + part
        assert result is not None
        return result if self._how == "max" else result / self._k


def frame_range(name: str, count: int, first_frame: int, last_frame: int) -> tuple[int, int]:
    """Return first and stop (from 0, not included) of a 1-based range that includes its end.

    Parameters
    ----------
    name
        The movie, for the message.
    count
        Frames there are.
    first_frame, last_frame
        As the user gives them; a `last_frame` of 0 means the end.
    """
    last = last_frame or count
    if first_frame > count:
        raise MovieError(f"The first frame is {first_frame}, but '{name}' has only {count} frames; choose less.")
    if last > count:
        raise MovieError(f"The last frame is {last}, but '{name}' has only {count} frames; choose {count} or less.")
    if last < first_frame:
        raise MovieError(f"The last frame ({last}) lies before the first ({first_frame}); swap them.")
    if last == first_frame:
        raise MovieError(f"First and last frame are both {last}; IVEA needs at least 2 frames.")
    return first_frame - 1, last


def cut(movie: Movie, first: int, stop: int) -> Movie:
    """Return frames `first` to `stop` (not included) of a movie."""
    if (first, stop) == (0, movie.shape[0]):
        return movie
    return replace(
        movie,
        source=RangeSource(movie.source, first, stop),
        first_frame=movie.first_frame + first * movie.frames_per_step,
        times_s=None if movie.times_s is None else movie.times_s[first:stop],
        bad=tuple(t - first for t in movie.bad if first <= t < stop),
    )


def skip(movie: Movie, step: int) -> Movie:
    """Return every `step`-th frame of a movie, from its first on; raise `MovieError` if fewer than 2 are left."""
    if step < 2:
        return movie
    if movie.shape[0] <= step:
        raise MovieError(
            f"Taking one of {step} frames leaves fewer than 2 of the {movie.shape[0]} frames of '{movie.name}'; take "
            f"one of {max(1, movie.shape[0] - 1)} or fewer (every_nth)."
        )
    return replace(
        movie,
        source=EverySource(movie.source, step),
        frame_interval_s=movie.frame_interval_s * step if movie.frame_interval_s else None,
        frames_per_step=movie.frames_per_step * step,
        every=movie.every * step,
        times_s=None if movie.times_s is None else movie.times_s[::step],
        bad=tuple(t // step for t in movie.bad if t % step == 0),
    )


def reduce(movie: Movie, k: int, how: Literal["max", "mean"]) -> Movie:
    """Return a movie whose frames are k of the movie's combined; raise `MovieError` if fewer than 2 are left."""
    if k == 1:
        return movie
    frames = movie.shape[0]
    if frames < 2 * k:
        raise MovieError(
            f"Reducing the {frames} frames of '{movie.name}' by {k} leaves fewer than 2; reduce by "
            f"{max(1, frames // 2)} or less."
        )
    rest = frames % k
    note = (f"The last {rest} frames were left out, because they do not fill a group of {k}.",) if rest else ()
    groups = Counter(t // k for t in movie.bad)
    return replace(
        movie,
        source=ReduceSource(movie.source, k, how),
        frame_interval_s=movie.frame_interval_s * k if movie.frame_interval_s else None,
        frames_per_step=movie.frames_per_step * k,
        times_s=None if movie.times_s is None else movie.times_s[(k - 1) // 2 :: k][: frames // k],
        bad=tuple(sorted(group for group, count in groups.items() if count == k)),
        notes=(*movie.notes, *note),
    )
