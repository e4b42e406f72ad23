"""Cut the surroundings of candidates out of a movie, over time, and make network input of them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.movie.movie import Movie

SIZE = 32
"""Side of a network patch, px."""
MIN_RADIUS, MAX_RADIUS = 7, 16
_VISION_UM = 1.6
_UNKNOWN_SCALE_RADIUS = 12
_WINDOW_BYTES = 48_000_000
_BLOCK_BYTES = 96_000_000
_PIECES, _HELD = 3, 5
"""Parts in which a block of frames is read, and how many of them are held."""
SHIFT_BEFORE, SHIFT_AFTER = 5, 8
"""Frames by which the peak may lie before or after the frame of a candidate."""
_CORE = 2
_DIFFERENCE_TO_SD = 1.4826 / np.sqrt(2)
_FALL = 3
"""A dimming candidate stands in the middle of the frames that were subtracted; its fall is at most so far away."""


@dataclass(frozen=True)
class Window:
    """Extent of what is cut around a candidate."""

    before: int
    """Frames before."""
    after: int
    """Frames after."""
    radius: int
    """Half the side, px: the window is 2 radius + 1 wide."""

    @property
    def frames(self) -> int:
        """Frames in all."""
        return self.before + self.after + 1


def vision_radius(asked: int, pixel_size_um: float | None) -> int:
    """Return the radius of what the network sees, px: as asked, or 1.6 um within the paper's 7-16 px."""
    if asked:
        return asked
    if not pixel_size_um:
        return _UNKNOWN_SCALE_RADIUS
    return int(np.clip(round(_VISION_UM / pixel_size_um), MIN_RADIUS, MAX_RADIUS))


def stream_windows(
    movie: Movie, frame: NDArray, y: NDArray, x: NDArray, window: Window, *, outside: str = "fill"
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Cut a window around each of many places, reading every part of the movie about once.

    Parameters
    ----------
    movie
        Where to cut.
    frame, y, x
        Centres ``(n,)``, sorted by frame; places are rounded to whole pixels.
    window
        Frames and px around a centre.
    outside
        What stands outside the movie: with 'fill' the first and last frame are repeated and pixels beyond the border
        get the median of the window's frame; 'nan' leaves NaN.

    Yields
    ------
    rows, windows
        Slice of the input and float32 ``(n, window.frames, 2 r + 1, 2 r + 1)``, counts.
    """
    frames, height, width = movie.shape
    frame, y, x = np.asarray(frame, int), np.rint(y).astype(int), np.rint(x).astype(int)
    side = 2 * window.radius + 1
    most = max(1, _WINDOW_BYTES // (4 * window.frames * side * side))
    chunk = max(1, _BLOCK_BYTES // (movie.dtype.itemsize * height * width))
    # Frames of large movies come in chunks: a group is never shorter than its windows, or it would mostly read again.
    span = max(chunk - window.frames, window.frames)
    groups, start = [], 0
    while start < len(frame):
        stop = min(start + most, int(np.searchsorted(frame, frame[start] + span, side="right")))
        groups.append((start, stop))
        start = stop

    recent = _Recent(movie, max(chunk // _PIECES, 1))

    def cut(start: int, stop: int) -> NDArray[np.float32]:
        out = np.empty((stop - start, window.frames, side, side), np.float32)
        low, high = max(int(frame[start]) - window.before, 0), min(int(frame[stop - 1]) + window.after + 1, frames)
        for at, block in recent.read(low, high):
            for k in range(start, stop):
                _copy(block, at, (frame[k], y[k], x[k]), window, out[k - start])
        for k in range(start, stop):
            _fill_outside(movie.shape, (frame[k], y[k], x[k]), window, out[k - start], outside)
        return out

    # The next group is read while the network looks at this one.
    with ThreadPoolExecutor(1) as reader:
        ahead = reader.submit(cut, *groups[0]) if groups else None
        for k, (start, stop) in enumerate(groups):
            assert ahead is not None
            windows = ahead.result()
            ahead = reader.submit(cut, *groups[k + 1]) if k + 1 < len(groups) else None
            yield slice(start, stop), windows


class _Recent:
    """The pieces of a movie that were read last: successive groups of windows share most of their frames."""

    def __init__(self, movie: Movie, size: int) -> None:
        self._movie, self._size = movie, size
        self._held: dict[int, NDArray] = {}

    def read(self, low: int, high: int) -> Iterator[tuple[int, NDArray]]:
        """Yield the first frame of each piece that has some of frames `low` to `high` (not included), and the piece."""
        for k in range(low // self._size, -(-high // self._size)):
            start = k * self._size
            piece = self._held.pop(k, None)
            if piece is None:
                piece = self._movie.read(start, min(start + self._size, self._movie.shape[0]))
            self._held[k] = piece
            if len(self._held) > _HELD:
                del self._held[next(iter(self._held))]
            yield start, piece


def _seen(shape: tuple[int, ...], y: int, x: int, r: int) -> tuple[int, int, int, int]:
    """Return which rows and columns of the movie a window shows: first and end, first and end."""
    return max(y - r, 0), min(y + r + 1, shape[1]), max(x - r, 0), min(x + r + 1, shape[2])


def _copy(block: NDArray, at: int, place: tuple[int, int, int], window: Window, out: NDArray[np.float32]) -> None:
    """Copy what a block of frames from `at` on holds of a window."""
    (t, y, x), r = place, window.radius
    start = t - window.before
    low, high = max(start, at), min(start + window.frames, at + len(block))
    if low >= high:
        return
    top, bottom, left, right = _seen(block.shape, y, x, r)
    inside = out[:, top - y + r : bottom - y + r, left - x + r : right - x + r]
    inside[low - start : high - start] = block[low - at : high - at, top:bottom, left:right]


def _fill_outside(
    shape: tuple[int, int, int], place: tuple[int, int, int], window: Window, out: NDArray[np.float32], outside: str
) -> None:
    """Put into a window what stands for frames and pixels that are not in the movie."""
    (t, y, x), r = place, window.radius
    start = t - window.before
    first, last = max(-start, 0), min(window.frames, shape[0] - start)
    top, bottom, left, right = _seen(shape, y, x, r)
    top, bottom, left, right = top - y + r, bottom - y + r, left - x + r, right - x + r
    inside = out[:, top:bottom, left:right]
    if first > 0 or last < window.frames:
        inside[:first] = np.nan if outside == "nan" else inside[first]
        inside[last:] = np.nan if outside == "nan" else inside[last - 1]
    if inside.size < out.size:
        # Repeated edge pixels would be streaks; the middle of what is seen of the frame is no structure at all.
        filler = np.nan if outside == "nan" else _medians(inside)
        out[:, :top] = out[:, bottom:] = filler
        out[:, :, :left] = out[:, :, right:] = filler


def _medians(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median of each frame ``(t, 1, 1)``. Sorting few pixels is quicker than `np.median`."""
    pixels = np.sort(frames.reshape(len(frames), -1), axis=1)
    k = pixels.shape[1]
    return np.float32(0.5) * (pixels[:, (k - 1) // 2] + pixels[:, k // 2])[:, None, None]


def peak_shift(windows: NDArray[np.float32], before: int, direction: NDArray) -> NDArray[np.int64]:
    """Tell by how many frames the event's moment differs from its candidate's frame.

    Sequences are centred on the intensity peak (paper, Methods). A brightening is followed from its steepest rise to
    the first frame that reaches 90 % of the highest intensity soon after, or is within noise of it; starting from the
    rise keeps a vesicle that is bright beforehand from being taken for the peak. A dimming alone is moved to its
    steepest fall: the first frame without the vesicle.

    Parameters
    ----------
    windows
        ``(n, t, h, w)``, counts, with at least `SHIFT_BEFORE` + 2 frames before and `SHIFT_AFTER` + 1 after the
        candidate.
    before
        Index of the candidate's frame in the windows.
    direction
        As `Candidates.direction`.

    Returns
    -------
    ndarray
        ``(n,)`` frames, from -5 to 8.
    """
    c = windows.shape[2] // 2
    core = windows[:, :, c - _CORE : c + _CORE + 1, c - _CORE : c + _CORE + 1].mean(axis=(2, 3))
    low, high = before - SHIFT_BEFORE, before + SHIFT_AFTER + 1
    here, rank, rows = core[:, low:high], np.arange(high - low), np.arange(len(core))
    # A step counts most, a flash of one frame as well; noise of single frames is averaged.
    slope = here + 0.5 * core[:, low + 1 : high + 1] - core[:, low - 1 : high - 1] - 0.5 * core[:, low - 2 : high - 2]
    rise = slope[:, : SHIFT_BEFORE + 2].argmax(axis=1)
    foot = np.minimum(core[rows, low + rise - 1], core[rows, low + rise - 2])
    later = rank >= rise[:, None]
    top = np.where(later, here, -np.inf).max(axis=1)
    # The highest of several noisy frames of a plateau is no later peak: frames within the noise of it are as high.
    noise = np.median(np.abs(np.diff(core, axis=1)), axis=1) * _DIFFERENCE_TO_SD
    enough = np.maximum(np.minimum(foot + 0.9 * (top - foot), top - 3 * noise), foot + 0.5 * (top - foot))
    peak = (later & (here >= enough[:, None])).argmax(axis=1)
    fall = slope[:, SHIFT_BEFORE - _FALL : SHIFT_BEFORE + _FALL + 1].argmin(axis=1) + SHIFT_BEFORE - _FALL
    return np.where(np.asarray(direction) >= 0, peak, fall) - SHIFT_BEFORE


def resize_matrix(source: int, size: int = SIZE) -> NDArray[np.float32]:
    """Return the bilinear matrix ``(size, source)`` that resizes a line, pixel centres kept in place."""
    at = (np.arange(size) + 0.5) * source / size - 0.5
    at = at.clip(0, source - 1)
    low = np.floor(at).astype(int).clip(0, max(source - 2, 0))
    part = (at - low).astype(np.float32)
    out = np.zeros((size, source), np.float32)
    out[np.arange(size), low] = 1 - part
    out[np.arange(size), np.minimum(low + 1, source - 1)] += part
    return out


def to_patches(
    windows: NDArray[np.float32], first: NDArray, frames: int, size: int = SIZE, *, scaled: bool = True
) -> NDArray[np.float32]:
    """Make network input: choose the frames, resize to 32 x 32, scale every sequence to 0-1.

    Parameters
    ----------
    windows
        ``(n, t, h, h)``, counts.
    first
        Index of the first frame of each sequence ``(n,)``.
    frames
        Frames of a sequence.
    size
        Side of the patches.
    scaled
        Whether sequences are scaled to 0-1; without it they stay in counts, as data sets keep them.

    Returns
    -------
    ndarray
        float32 ``(n, frames, size, size)``. Scaled, a sequence without any contrast is 0.
    """
    n, _, side, _ = windows.shape
    matrix = resize_matrix(side, size)
    out = np.empty((n, frames, size, size), np.float32)
    # One sequence after the other: what is worked on stays in the processor's cache.
    for window, start, sequence in zip(windows, np.asarray(first), out, strict=True):
        wide = window[start : start + frames].reshape(-1, side) @ matrix.T
        np.matmul(matrix, wide.reshape(frames, side, size), out=sequence)
        if not scaled:
            continue
        low, high = sequence.min(), sequence.max()
        sequence -= low
        sequence /= np.maximum(high - low, 1e-6 * np.maximum(np.abs(high), 1))
    return out
