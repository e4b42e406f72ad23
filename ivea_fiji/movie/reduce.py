"""Frame range and temporal reduction, as sources that wrap another."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.errors import MovieError
from ivea_fiji.movie.movie import FrameSource

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
