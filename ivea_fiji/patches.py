"""Cut the surroundings of candidates out of a movie, over time, and make network input of them."""

from __future__ import annotations

from collections.abc import Iterator
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
SHIFT_BEFORE, SHIFT_AFTER = 5, 8
"""Frames by which the peak may lie before or after the frame of a candidate."""
_CORE = 2
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
    start = 0
    while start < len(frame):
        stop = min(start + most, int(np.searchsorted(frame, frame[start] + span, side="right")))
        low, high = max(frame[start] - window.before, 0), min(frame[stop - 1] + window.after + 1, frames)
        out = np.empty((stop - start, window.frames, side, side), np.float32)
        for at in range(int(low), int(high), chunk):
            block = movie.read(at, min(at + chunk, int(high)))
            for k in range(start, stop):
                _copy(block, at, frames, (frame[k], y[k], x[k]), window, out[k - start])
        for k in range(start, stop):
            _mark_outside(movie.shape, (frame[k], y[k], x[k]), window, out[k - start], outside)
        yield slice(start, stop), out
        start = stop


def _copy(
    block: NDArray, at: int, frames: int, place: tuple[int, int, int], window: Window, out: NDArray[np.float32]
) -> None:
    """Copy what a block of frames from `at` on holds of a window; outside the movie, its edge is repeated."""
    (t, y, x), r = place, window.radius
    n, height, width = block.shape
    tt = np.arange(t - window.before, t + window.after + 1).clip(0, frames - 1)
    i, j = np.searchsorted(tt, (at, at + n))
    if i == j:
        return
    if tt[j - 1] - tt[i] == j - 1 - i and r <= y < height - r and r <= x < width - r:
        out[i:j] = block[tt[i] - at : tt[j - 1] + 1 - at, y - r : y + r + 1, x - r : x + r + 1]
        return
    yy, xx = np.arange(y - r, y + r + 1), np.arange(x - r, x + r + 1)
    out[i:j] = block[np.ix_(tt[i:j] - at, yy.clip(0, height - 1), xx.clip(0, width - 1))]


def _mark_outside(
    shape: tuple[int, int, int], place: tuple[int, int, int], window: Window, out: NDArray[np.float32], outside: str
) -> None:
    """Put into a window what stands for pixels and frames that are not in the movie."""
    (t, y, x), r = place, window.radius
    frames, height, width = shape
    yy, xx = np.arange(y - r, y + r + 1), np.arange(x - r, x + r + 1)
    beyond = ((yy < 0) | (yy >= height))[:, None] | ((xx < 0) | (xx >= width))
    if outside == "nan":
        tt = np.arange(t - window.before, t + window.after + 1)
        out[(tt < 0) | (tt >= frames)] = np.nan
        out[:, beyond] = np.nan
    elif beyond.any():
        # Repeated edge pixels would be streaks; the middle of what is seen of the frame is no structure at all.
        out[:, beyond] = np.median(out[:, ~beyond], axis=1, keepdims=True)


def peak_shift(windows: NDArray[np.float32], before: int, direction: NDArray) -> NDArray[np.int64]:
    """Tell by how many frames the event's moment differs from its candidate's frame.

    Sequences are centred on the intensity peak (paper, Methods). A brightening is followed from its steepest rise to
    the first frame that reaches 90 % of the highest intensity soon after; starting from the rise keeps a vesicle that
    is bright beforehand from being taken for the peak. A dimming alone is moved to its steepest fall: the first frame
    without the vesicle.

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
    peak = (later & (here >= (foot + 0.9 * (top - foot))[:, None])).argmax(axis=1)
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


def to_patches(windows: NDArray[np.float32], first: NDArray, frames: int, size: int = SIZE) -> NDArray[np.float32]:
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

    Returns
    -------
    ndarray
        float32 ``(n, frames, size, size)``. A sequence without any contrast is 0.
    """
    n, _, side, _ = windows.shape
    rows = np.asarray(first)[:, None] + np.arange(frames)
    chosen = windows[np.arange(n)[:, None], rows]
    matrix = resize_matrix(side, size)
    wide = chosen.reshape(-1, side) @ matrix.T
    wide = wide.reshape(n * frames, side, size).transpose(0, 2, 1).reshape(-1, side) @ matrix.T
    out = wide.reshape(n, frames, size, size).transpose(0, 1, 3, 2)
    low, high = out.min(axis=(1, 2, 3), keepdims=True), out.max(axis=(1, 2, 3), keepdims=True)
    return np.ascontiguousarray((out - low) / np.maximum(high - low, 1e-6 * np.maximum(np.abs(high), 1)))
