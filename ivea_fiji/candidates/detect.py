"""Candidates of a whole movie, read in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates.differences import blur, differences
from ivea_fiji.candidates.linking import Peaks, link, merge_directions
from ivea_fiji.candidates.maxima import between_pixels, find_maxima
from ivea_fiji.candidates.thresholds import Thresholds
from ivea_fiji.candidates.wide import full_size, reduced, wide_sigma, with_wide
from ivea_fiji.errors import ParameterError
from ivea_fiji.events.model import Candidates
from ivea_fiji.movie.blocks import each_block
from ivea_fiji.movie.movie import Movie
from ivea_fiji.params.random import RandomParams
from ivea_fiji.progress import Progress, Silent, step

_BLOCK_PIXELS = 6_000_000
"""Pixels of one block of frames: bounds memory whatever the size of the movie."""
_ALWAYS = 4000
"""So many changes are always looked at."""
_MOST_MAXIMA, _MOST_CANDIDATES = 1 / 100, 1 / 400
"""Changes, before and after linking, per pixel and frame, above which a movie is refused: one in 20 x 20 px of every
frame. Noise alone gives a hundredth of that."""
_MEAN_RADIUS = 2
"""r of Eq 1, px."""


def find_candidates(
    movie: Movie, thresholds: Thresholds, params: RandomParams, progress: Progress | None = None
) -> Candidates:
    """Find every place and time where the movie changes more than its noise.

    Difference images in both directions, local maxima by prominence, gates of Eq 1-2, linking over R px and T frames,
    and one candidate per event out of its brightening and its dimming; the same again, more blurred, for wide clouds.

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
    rows: list[_Rows] = []
    for stop, found in _blocks(movie, thresholds, params):
        rows.append(found)
        _bearable(sum(len(r[0]) for r in rows), stop, movie, params, _MOST_MAXIMA)
        step(progress, "candidates", stop, movie.shape[0])
    narrow, wide = (np.concatenate([r[k] for r in rows]) if rows else _no_rows() for k in (0, 1))
    candidates = _merged(narrow, params)
    _bearable(len(candidates.inside(movie.mask)), movie.shape[0], movie, params, _MOST_CANDIDATES)
    if thresholds.wide is None:
        return candidates
    sigma = wide_sigma(movie.pixel_size_um)
    in_full = full_size(_merged(wide, params), movie.shape, thresholds.wide.noise.shape, sigma)
    return with_wide(candidates, in_full, params.lag)


def _bearable(count: int, frames: int, movie: Movie, params: RandomParams, most: float) -> None:
    """Refuse more changes than events could ever be: to look at all of them would take hours and mean nothing."""
    if count <= _ALWAYS or count <= most * frames * movie.shape[1] * movie.shape[2]:
        return
    raise ParameterError(
        f"In {frames} frames of '{movie.name}' {count} places change by more than the threshold, far more than events "
        f"can be; raise the threshold factor (threshold_factor, now {params.threshold_factor:g}), or leave out bad "
        "frames (bad_frames)."
    )


_Rows = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Maxima of the narrow and of the wide search: (sign, frame, y, x, height, mean, fwhm)."""


def _no_rows() -> NDArray[np.float32]:
    return np.zeros((0, 7), np.float32)


def _merged(table: NDArray[np.float32], params: RandomParams) -> Candidates:
    """Link maxima; the radius of the wide search is as many reduced px, since places are known less well."""
    bright, dim = (_linked(table[table[:, 0] == sign], params) for sign in (1, -1))
    return merge_directions(bright, dim, params.lag, params.search_radius)


def _blocks(movie: Movie, thresholds: Thresholds, params: RandomParams) -> Iterator[tuple[int, _Rows]]:
    """Yield the maxima of consecutive blocks, a few blocks being worked on at once."""
    frames, height, width = movie.shape
    size = int(np.clip(_BLOCK_PIXELS // (height * width), params.lag + 1, 64))
    make = partial(_block_maxima, movie, thresholds, params)
    for _, stop, rows in each_block(frames, size, params.threads, make):
        yield stop, rows


def _block_maxima(movie: Movie, t: Thresholds, params: RandomParams, start: int, stop: int) -> _Rows:
    """Return the maxima of frames ``start`` to ``stop`` of both searches."""
    before = max(start - params.lag, 0)
    frames = movie.read(before, stop)
    first = max(start - before, 1)
    narrow = _both_signs(blur(frames, params.blur_sigma), t, params.lag, first, before)
    if t.wide is None:
        return narrow, _no_rows()
    wide = reduced(frames, wide_sigma(movie.pixel_size_um))
    return narrow, _both_signs(wide, t.wide, params.lag, first, before, between=True)


def _both_signs(
    blurred: NDArray[np.float32], t: Thresholds, lag: int, first: int, before: int, between: bool = False
) -> NDArray[np.float32]:
    """Return what passes the gates of Eq 2 among the brightenings and dimmings of blurred frames."""
    changes = differences(blurred, lag, first)
    changes /= t.noise
    bright = _rows(1, changes, t, before + first, between)
    dim = _rows(-1, np.negative(changes, out=changes), t, before + first, between)
    return np.concatenate([bright, dim])


def _rows(sign: int, changes: NDArray[np.float32], t: Thresholds, first: int, between: bool) -> NDArray[np.float32]:
    """Return what passes the gates among the maxima of differences ``(t, y, x)`` multiplied by `sign`.

    Places are whole pixels, from which patches are cut; `between` pixels where these are too large for that.
    """
    m = find_maxima(changes, t.height, t.prominence, _MEAN_RADIUS)
    good = (m.mean > t.mean) & (m.fwhm > t.fwhm)
    y, x = between_pixels(changes, m) if between else (m.y, m.x)
    columns = (m.image + first, y, x, m.height, m.mean, m.fwhm)
    return np.column_stack([np.full(good.sum(), sign), *(c[good] for c in columns)]).astype(np.float32)


def _linked(rows: np.ndarray, params: RandomParams) -> Peaks:
    peaks = Peaks(rows[:, 1].astype(np.int32), *rows[:, 2:].T)
    keep = link(peaks, params.search_radius, params.link_frames)
    return Peaks(*(getattr(peaks, name)[keep] for name in ("frame", "y", "x", "height", "mean", "fwhm")))
