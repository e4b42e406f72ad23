"""Drift: how far the image has moved since the first frame, and a source of frames that moves them back (ours)."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.signal import medfilt

from ivea_fiji.movie.movie import FrameSource, Movie
from ivea_fiji.progress import Progress, Silent, heed

_SEGMENTS = 48
_FRAMES = 8
"""Frames averaged at each of the places in time where drift is measured."""
_FINE, _COARSE = 1.0, 6.0
"""Structures between these standard deviations (px) are compared: finer is noise, coarser is illumination."""
_CLEAR = 0.2
"""Correlation below which two images do not show the same thing."""
_SMALLEST = 16
_BRIGHTEST = 99.0
"""Percentile at which bright spots are cut off: a synapse that lights up must not count for more than those that
stay."""
_ROUNDS = 2
TELL_PX = 1.0
"""Drift from which the user is told."""
_STILL = 0.02


def estimate_drift(movie: Movie, progress: Progress | None = None) -> NDArray[np.float64]:
    """Return how far the image lies from where it lay in the first frames.

    Averages of 8 frames at up to 48 times of the movie are compared by cross-correlation, first with the earliest, then
    with the mean of all, moved back; frames between are interpolated. Jitter from frame to frame is not seen.

    Returns
    -------
    ndarray
        dy and dx of every frame ``(t, 2)``, px; 0 where the images do not tell.
    """
    frames = movie.shape[0]
    span = min(_FRAMES, max(frames // 4, 1))
    starts = np.unique(np.linspace(0, frames - span, min(_SEGMENTS, max(frames // span, 2))).astype(int))
    images = []
    for start in starts:
        heed(progress or Silent())
        images.append(_structure(movie.read(int(start), int(start) + span)))
    shifts = np.zeros((len(images), 2))
    reference = images[0]
    for _ in range(_ROUNDS):
        shifts = np.array([_shift(reference, image) for image in images])
        if len(shifts) >= 5:
            known = np.isfinite(shifts[:, 0])
            shifts[known] = np.column_stack([medfilt(column, 5) for column in _padded(shifts[known]).T])[2:-2]
        moved = [_moved(image, s) for image, s in zip(images, np.nan_to_num(shifts), strict=True)]
        reference = np.mean(moved, axis=0, dtype=np.float32)
    known = np.flatnonzero(np.isfinite(shifts[:, 0]))
    if len(known) < 2:
        return np.zeros((frames, 2))
    shifts -= shifts[known[0]]
    at = np.arange(frames)
    middle = starts[known] + (span - 1) / 2
    return np.column_stack([np.interp(at, middle, shifts[known, axis]) for axis in (0, 1)])


def _padded(values: NDArray) -> NDArray:
    return np.pad(values, ((2, 2), (0, 0)), mode="edge")


def _structure(frames: NDArray) -> NDArray[np.float32]:
    mean = frames.mean(axis=0, dtype=np.float64).astype(np.float32)
    fine = cv2.GaussianBlur(mean, (0, 0), _FINE, borderType=cv2.BORDER_REFLECT_101)
    structure = fine - cv2.GaussianBlur(mean, (0, 0), _COARSE, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(np.minimum(structure, np.percentile(structure, _BRIGHTEST)), np.float32)


def _shift(reference: NDArray[np.float32], image: NDArray[np.float32]) -> tuple[float, float]:
    """Return dy and dx of `image` from `reference`, NaN if they have nothing in common."""
    height, width = image.shape
    if min(height, width) < _SMALLEST:
        return np.nan, np.nan
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    a, b = ((one - one.mean()) * window for one in (reference, image))
    alike = np.fft.irfft2(np.conj(np.fft.rfft2(a)) * np.fft.rfft2(b), s=image.shape)
    scale = float(np.sqrt((a**2).sum(dtype=float) * (b**2).sum(dtype=float)))
    reach = min(height, width) // 4
    near = np.roll(alike, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    y, x = np.unravel_index(near.argmax(), near.shape)
    if scale <= 0 or near[y, x] < _CLEAR * scale or not (0 < y < 2 * reach and 0 < x < 2 * reach):
        return np.nan, np.nan
    return y - reach + _top(near[y - 1 : y + 2, x]), x - reach + _top(near[y, x - 1 : x + 2])


def _top(values: NDArray) -> float:
    """Return where between three values, the middle one the highest, a parabola through them has its top."""
    low, middle, high = values
    bend = low - 2 * middle + high
    return float(0.5 * (low - high) / bend) if bend < 0 else 0.0


def _moved(image: NDArray[np.float32], shift: NDArray) -> NDArray[np.float32]:
    """Return the image moved back by `shift` (dy, dx)."""
    if np.abs(shift).max() < _STILL:
        return image
    matrix = np.array([[1, 0, -shift[1]], [0, 1, -shift[0]]], np.float64)
    size = image.shape[::-1]
    return np.asarray(cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


class SteadySource:
    """Frames of another source, each moved back by its drift; float32, pixels between others interpolated.

    Parameters
    ----------
    inner
        Frames that drift.
    shifts
        dy and dx of every frame ``(t, 2)``, px.
    """

    def __init__(self, inner: FrameSource, shifts: NDArray[np.float64]) -> None:
        self.inner = inner
        self._shifts = shifts
        self.shape = inner.shape
        self.dtype = np.dtype(np.float32)

    def read(self, start: int, stop: int) -> NDArray:
        """Return frames ``start`` to ``stop`` (not included)."""
        frames = self.inner.read(start, stop).astype(np.float32)
        for k, shift in enumerate(self._shifts[start:stop]):
            frames[k] = _moved(frames[k], shift)
        return frames


def steadied(movie: Movie, shifts: NDArray[np.float64]) -> Movie:
    """Return the movie with its drift taken out."""
    return replace(movie, source=SteadySource(movie.source, shifts))


def largest(shifts: NDArray[np.float64]) -> float:
    """Return the longest way from the first frame, px."""
    return float(np.hypot(*shifts.T).max())
