"""What the network of stationary bursts sees of a site: the mean intensity of 13 small regions over time.

The regions are those of the paper (Methods, "Feature extraction", Eq 4-7; Supplementary Fig. 13): one in the middle and
three rings of four, kept apart by a cross of pixels that belong to none (buffer zones), so that light that spreads,
moves or only gets brighter draws different curves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.movie.movie import Movie
from ivea_fiji.patches import Window, resize_matrix, stream_windows

REGIONS = 13
BEFORE, AFTER = 10, 30
"""Frames before and after an event in a sequence of stationary bursts (paper: T = 41)."""
RADIUS = 6
"""Half the side of the square for which the regions are defined, px; other squares are resized to it."""
SHIFT_BEFORE, SHIFT_AFTER = 6, 4
"""Frames by which the onset may lie before or after the frame of a candidate."""
_RINGS = (slice(1, 5), slice(5, 9), slice(9, 13))
_OUTER = slice(9, 13)
STEP = 3
"""Frames before and from the onset whose means are compared."""


def region_map() -> NDArray[np.int8]:
    """Return which region each pixel of the 13 x 13 px square belongs to: 1 to 13, 0 for the buffer zones.

    With the distance in steps ``L = |dx| + |dy|`` from the centre: region 1 is ``L <= 2``; what else lies on the two
    axes is buffer; of each quadrant (top left, top right, bottom right, bottom left) ``3 <= L <= 5`` is region 2-5,
    ``6 <= L <= 8`` region 6-9, except the two pixels of ``L = 8`` at the border, which with the rest are region 10-13.
    """
    d = np.arange(-RADIUS, RADIUS + 1)
    dy, dx = d[:, None], d[None, :]
    steps, far = np.abs(dy) + np.abs(dx), np.maximum(np.abs(dy), np.abs(dx))
    quadrant = np.where(dy < 0, np.where(dx < 0, 0, 1), np.where(dx > 0, 2, 3))
    ring = np.where(steps <= 5, 0, np.where((steps <= 8) & ~((steps == 8) & (far == RADIUS)), 1, 2))
    out = 2 + 4 * ring + quadrant
    out[np.broadcast_to((dy == 0) | (dx == 0), out.shape)] = 0
    out[steps <= 2] = 1
    return out.astype(np.int8)


@cache
def region_weights(radius: int) -> NDArray[np.float32]:
    """Return what each pixel of a square of half side `radius` counts in the mean of each region (Eq 5).

    Returns
    -------
    ndarray
        float32 ``(13, (2 radius + 1)^2)``; every row sums to 1. Squares other than 13 x 13 px are resized to it.
    """
    inside = region_map()[None] == np.arange(1, REGIONS + 1)[:, None, None]
    mean = inside / inside.sum(axis=(1, 2), keepdims=True)
    resize = resize_matrix(2 * radius + 1, 2 * RADIUS + 1)
    weights = np.einsum("rij,iy,jx->ryx", mean, resize, resize)
    return weights.reshape(REGIONS, -1).astype(np.float32)


def region_means(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean intensity of the 13 regions in every frame (Eq 5).

    Parameters
    ----------
    windows
        ``(n, t, h, h)`` with odd h, counts; NaN outside the movie.

    Returns
    -------
    ndarray
        float32 ``(n, 13, t)``, counts. Only pixels in the movie count; a region without any gets the mean of those of
        its ring that have some, or the middle; a frame outside the movie repeats the nearest one inside.
    """
    n, t, side, _ = windows.shape
    weights = region_weights(side // 2)
    flat = windows.reshape(n, t, side * side)
    with np.errstate(invalid="ignore"):
        out = flat @ weights.T
    # NaN and infinities anywhere in a window show in its sums.
    for k in np.flatnonzero(~np.isfinite(out).all(axis=(1, 2))):
        out[k] = _seen_means(flat[k], weights)
    return np.ascontiguousarray(out.transpose(0, 2, 1))


def _seen_means(pixels: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the means ``(t, 13)`` of the pixels ``(t, p)`` that are known."""
    known = np.isfinite(pixels)
    total = np.where(known, pixels, 0) @ weights.T
    share = known.astype(np.float32) @ weights.T
    means = np.where(share > 1e-6, total / np.maximum(share, 1e-6), np.nan)
    for ring in _RINGS:
        here = np.isfinite(means[:, ring])
        count = here.sum(axis=1)
        mean = np.where(here, means[:, ring], 0).sum(axis=1) / np.maximum(count, 1)
        stand_in = np.where(count > 0, mean, means[:, 0])
        means[:, ring] = np.where(here, means[:, ring], stand_in[:, None])
    good = np.flatnonzero(np.isfinite(means).all(axis=1))
    if not len(good):
        return np.zeros_like(means)
    at = np.arange(len(means))
    nearest = good[np.abs(at[:, None] - good[None]).argmin(axis=1)]
    return means[nearest]


def onset_shift(means: NDArray[np.float32], before: int) -> NDArray[np.int64]:
    """Tell by how many frames the onset of each event differs from its candidate's frame (ours).

    The onset is the first frame of the steepest rise of the middle above the outer ring: the largest difference between
    three frames and the three before them.

    Parameters
    ----------
    means
        ``(n, 13, t)``, counts, with at least `SHIFT_BEFORE` + 3 frames before and `SHIFT_AFTER` + 3 after the
        candidate.
    before
        Index of the candidate's frame.

    Returns
    -------
    ndarray
        ``(n,)`` frames, from -6 to 4.
    """
    core = means[:, 0] - means[:, _OUTER].mean(axis=1)
    total = np.concatenate([np.zeros((len(core), 1)), np.cumsum(core, axis=1, dtype=float)], axis=1)
    at = np.arange(before - SHIFT_BEFORE, before + SHIFT_AFTER + 1)
    rise = total[:, at + STEP] - 2 * total[:, at] + total[:, at - STEP]
    return rise.argmax(axis=1) - SHIFT_BEFORE


@dataclass(frozen=True)
class Sequence:
    """Which frames around an event make a sequence of `samples` values."""

    before: int
    """Frames before the event."""
    after: int
    """Frames after it."""
    samples: int
    """Values of the sequence; fewer than the frames where frames were added (Eq 6)."""

    @property
    def frames(self) -> int:
        """Frames in all."""
        return self.before + self.after + 1

    @classmethod
    def of(cls, before: int = BEFORE, after: int = AFTER, added_frames: int = 0) -> Sequence:
        """Return the sequence with `added_frames` more frames, which let a slow event be seen whole.

        Frames are added before and after in proportion (ours), so that the event stays where the network expects it.
        """
        samples = before + after + 1
        frames = samples + added_frames
        early = -(-before * frames // samples)
        return cls(early, frames - 1 - early, samples)


def mean_sampled(series: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    """Make fewer values of a series by the means of equal spans (Eq 6).

    The paper wants the number of frames to be a multiple of `samples`; where it is not, a frame between two spans
    counts in both, by its parts, so that all frames count alike (ours).

    Parameters
    ----------
    series
        ``(..., t)`` with t >= `samples`.
    samples
        Values wanted.
    """
    frames = series.shape[-1]
    if frames == samples:
        return series
    edges = np.arange(samples + 1) * (frames / samples)
    at = np.arange(frames)
    part = np.minimum(at + 1, edges[1:, None]) - np.maximum(at, edges[:-1, None])
    weights = (np.maximum(part, 0) * (samples / frames)).astype(np.float32)
    return series @ weights.T


def scaled(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale the curves of each event together to 0-1 ``(n, 13, t)``; without any contrast they are 0."""
    low, high = vectors.min(axis=(1, 2), keepdims=True), vectors.max(axis=(1, 2), keepdims=True)
    floor = 1e-6 * np.maximum(np.abs(high), 1)
    return ((vectors - low) / np.maximum(high - low, floor)).astype(np.float32)


def region_vectors(means: NDArray[np.float32], first: NDArray, sequence: Sequence) -> NDArray[np.float32]:
    """Make network input of region means: choose the frames, sample them, scale to 0-1.

    Parameters
    ----------
    means
        From `region_means`, ``(n, 13, t)``.
    first
        Index of the first frame of each sequence ``(n,)``.
    sequence
        Frames and values of a sequence.

    Returns
    -------
    ndarray
        float32 ``(n, 13, sequence.samples)``.
    """
    at = np.asarray(first)[:, None] + np.arange(sequence.frames)
    chosen = np.take_along_axis(means, at[:, None, :], axis=2)
    return scaled(mean_sampled(chosen, sequence.samples))


def stream_region_means(
    movie: Movie, frame: NDArray, y: NDArray, x: NDArray, window: Window
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield rows and region means ``(n, 13, window.frames)`` around places sorted by frame; see `stream_windows`."""
    for rows, windows in stream_windows(movie, frame, y, x, window, outside="nan"):
        yield rows, region_means(windows)


def stream_region_vectors(
    movie: Movie, frame: NDArray, y: NDArray, x: NDArray, *, before: int = BEFORE, after: int = AFTER,
    radius: int = RADIUS, added_frames: int = 0, align: bool = True,
) -> Iterator[tuple[slice, NDArray[np.int64], NDArray[np.float32]]]:
    """Make network input for many places of a movie, reading every part of it about once.

    Parameters
    ----------
    movie
        Where to look.
    frame, y, x
        Centres ``(n,)``, sorted by frame; places are rounded to whole pixels.
    before, after
        Frames of the network before and after the event.
    radius
        Half the side of the square that holds the regions, px.
    added_frames
        Frames by which the sequence is longer than the network sees (the paper's t_n).
    align
        Whether to move each event to its onset, see `onset_shift`; otherwise `frame` is the event.

    Yields
    ------
    rows, moved, vectors
        Slice of the input, frame of each event ``(n,)`` within the movie, and float32 ``(n, 13, before + after + 1)``
        scaled to 0-1. In movies shorter than a sequence, and at the ends of longer ones, the first and last frame are
        repeated.
    """
    sequence = Sequence.of(before, after, added_frames)
    early, late = (SHIFT_BEFORE + STEP, SHIFT_AFTER + STEP) if align else (0, 0)
    window = Window(sequence.before + early, sequence.after + late, radius)
    frame = np.asarray(frame, np.int64)
    for rows, means in stream_region_means(movie, frame, y, x, window):
        moved = frame[rows]
        if align:
            moved = (moved + onset_shift(means, window.before)).clip(0, movie.shape[0] - 1)
        first = window.before + (moved - frame[rows]) - sequence.before
        yield rows, moved, region_vectors(means, first, sequence)
