"""Candidates of a whole movie, read in blocks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates.differences import blur, differences
from ivea_fiji.candidates.linking import Peaks, link, merge_directions
from ivea_fiji.candidates.maxima import find_maxima
from ivea_fiji.candidates.thresholds import Thresholds
from ivea_fiji.events.model import Candidates
from ivea_fiji.movie.movie import Movie
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Progress, Silent, step

_BLOCK_PIXELS = 6_000_000
"""Pixels of one block of frames: bounds memory whatever the size of the movie."""
_MEAN_RADIUS = 2
"""r of Eq 1, px."""


def find_candidates(
    movie: Movie, thresholds: Thresholds, params: RandomParams, progress: Progress | None = None
) -> Candidates:
    """Find every place and time where the movie changes more than its noise.

    Difference images in both directions, local maxima by prominence, gates of Eq 1-2, linking over R px and T frames,
    and one candidate per event out of its brightening and its dimming.

    Parameters
    ----------
    movie
        Movie of at least 2 frames.
    thresholds
        From `learn_thresholds`.
    params
        Lag, blur, radius and linking time.
    progress
        Told after every block.

    Returns
    -------
    Candidates
        Sorted by frame. A candidate's frame is that of the difference maximum; `patches` moves it to the peak.
    """
    progress = progress or Silent()
    rows: list[np.ndarray] = []
    done = 0
    for stop, found in _blocks(movie, thresholds, params):
        rows.append(found)
        done = stop
        step(progress, "candidates", done, movie.shape[0])
    table = np.concatenate(rows) if rows else np.zeros((0, 7), np.float32)
    bright, dim = (_linked(table[table[:, 0] == sign], params) for sign in (1, -1))
    return merge_directions(bright, dim, params.lag, params.search_radius)


def _blocks(movie: Movie, thresholds: Thresholds, params: RandomParams) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the maxima of consecutive blocks, a few blocks being worked on at once."""
    frames, height, width = movie.shape
    size = int(np.clip(_BLOCK_PIXELS // (height * width), params.lag + 1, 64))
    workers = params.threads or os.cpu_count() or 1
    cv2.setNumThreads(1)
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[tuple[int, Future]] = deque()
        for start in range(0, frames, size):
            stop = min(start + size, frames)
            waiting.append((stop, pool.submit(_block_maxima, movie, thresholds, params, start, stop)))
            if len(waiting) > workers:
                stop, future = waiting.popleft()
                yield stop, future.result()
        while waiting:
            stop, future = waiting.popleft()
            yield stop, future.result()


def _block_maxima(movie: Movie, t: Thresholds, params: RandomParams, start: int, stop: int) -> np.ndarray:
    """Return maxima of frames ``start`` to ``stop`` as rows (sign, frame, y, x, height, mean, fwhm)."""
    before = max(start - params.lag, 0)
    blurred = blur(movie.read(before, stop), params.blur_sigma)
    first = max(start - before, 1)
    changes = differences(blurred, params.lag, first)
    changes /= t.noise
    bright = _rows(1, changes, t, before + first)
    dim = _rows(-1, np.negative(changes, out=changes), t, before + first)
    return np.concatenate([bright, dim])


def _rows(sign: int, changes: NDArray[np.float32], t: Thresholds, first: int) -> NDArray[np.float32]:
    """Return what passes the gates of Eq 2 among the maxima of differences ``(t, y, x)`` multiplied by `sign`."""
    m = find_maxima(changes, t.height, t.prominence, _MEAN_RADIUS)
    good = (m.mean > t.mean) & (m.fwhm > t.fwhm)
    columns = (m.image + first, m.y, m.x, m.height, m.mean, m.fwhm)
    return np.column_stack([np.full(good.sum(), sign), *(c[good] for c in columns)]).astype(np.float32)


def _linked(rows: np.ndarray, params: RandomParams) -> Peaks:
    peaks = Peaks(rows[:, 1].astype(np.int32), *rows[:, 2:].T)
    keep = link(peaks, params.search_radius, params.link_frames)
    return Peaks(*(getattr(peaks, name)[keep] for name in ("frame", "y", "x", "height", "mean", "fwhm")))
