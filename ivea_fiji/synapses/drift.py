"""Drift: how far the image has moved since the first frames, and a source of frames that moves them back (ours)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.signal import medfilt

from ivea_fiji.movie.blocks import each_block
from ivea_fiji.movie.movie import FrameSource, Movie
from ivea_fiji.progress import Progress, Silent, heed

_SEGMENTS = 48
_FRAMES = 8
"""Frames averaged at each of the places in time from which the reference is made."""
_SIDE = 320
"""Longest side, px, at which images are compared; larger ones are averaged down."""
_FINE, _COARSE = 1.0, 6.0
"""Structures between these standard deviations (px) are compared: finer is noise, coarser is illumination."""
_CLEAR = 0.2
"""Correlation below which two averages do not show the same thing."""
_SURE = 6.0
"""Height of the correlation of a single frame, in standard deviations of all, below which it tells nothing."""
_SMALLEST = 16
_BRIGHTEST = 99.0
"""Percentile at which bright spots are cut off: a synapse that lights up must not count for more than those that
stay."""
_ROUNDS = 2
_CALM = 5
"""Frames over which the median is taken where nothing jumps."""
_JUMP_PX, _JUMP_SD = 0.3, 5.0
"""A frame jumps that lies so far, px and standard deviations, from the median of its neighbours."""
TELL_PX = 1.0
"""Drift from which the user is told."""
CORRECT_PX = 0.5
"""Drift from which frames are moved back unless the user decides."""
_STILL = 0.02
_BLOCK_PIXELS = 6_000_000


def estimate_drift(movie: Movie, progress: Progress | None = None, threads: int = 1) -> NDArray[np.float64]:
    """Return how far each frame lies from where the image lay in the first frames.

    Averages of 8 frames at up to 48 times of the movie are compared by cross-correlation, first with the earliest, then
    with the mean of all, moved back. Every frame is then compared with that mean. A stage that jumps, for a frame or
    for good, is followed at once; where nothing jumps the median of 5 frames counts, so that noise moves nothing.

    Parameters
    ----------
    movie
        Where to look.
    progress
        Asked whether to stop.
    threads
        Frames that are compared at a time; 0 for as many as there are processors.

    Returns
    -------
    ndarray
        dy and dx of every frame ``(t, 2)``, px; 0 where the images do not tell.
    """
    progress = progress or Silent()
    frames, height, width = movie.shape
    view = _View.of(height, width)
    if min(view.size) < _SMALLEST:
        return np.zeros((frames, 2))
    slow, reference = _slow_drift(movie, view, progress)
    if reference is None:
        return np.zeros((frames, 2))
    found = _drift_of_frames(movie, view, reference, progress, threads)
    known = np.flatnonzero(np.isfinite(found[:, 0]))
    if len(known) < max(frames // 2, _CALM):
        return view.factor * (slow - slow[0])
    at = np.arange(frames)
    filled = np.column_stack([np.interp(at, known, found[known, axis]) for axis in (0, 1)])
    return view.factor * _followed(filled)


def _followed(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where each frame lies: the median of its neighbours, or itself if it jumps."""
    half = _CALM // 2
    padded = np.pad(found, ((half, half), (0, 0)), mode="edge")
    calm = np.column_stack([medfilt(column, _CALM) for column in padded.T])[half:-half]
    away = np.hypot(*(found - calm).T)
    jumps = away > max(_JUMP_PX, _JUMP_SD * float(np.median(away)))
    way = np.where(jumps[:, None], found, calm)
    return way - np.median(way[:_FRAMES], axis=0)


@dataclass(frozen=True)
class _View:
    """How frames are made comparable: averaged down, structures of middle size, the border faded out."""

    factor: int
    size: tuple[int, int]
    """Height and width."""
    window: NDArray[np.float32]

    @classmethod
    def of(cls, height: int, width: int) -> _View:
        factor = -(-max(height, width) // _SIDE)
        size = height // factor, width // factor
        if min(size) < _SMALLEST:
            return cls(factor, size, np.zeros(size, np.float32))
        return cls(factor, size, np.asarray(cv2.createHanningWindow(size[::-1], cv2.CV_32F), np.float32))

    def structure(self, frame: NDArray) -> NDArray[np.float32]:
        image = np.ascontiguousarray(frame, np.float32)
        if self.factor > 1:
            image = np.asarray(cv2.resize(image, self.size[::-1], interpolation=cv2.INTER_AREA), np.float32)
        fine = cv2.GaussianBlur(image, (0, 0), _FINE, borderType=cv2.BORDER_REFLECT_101)
        coarse = cv2.GaussianBlur(image, (0, 0), _COARSE, borderType=cv2.BORDER_REFLECT_101)
        return np.asarray(fine - coarse, np.float32)

    def spectrum(self, structure: NDArray[np.float32]) -> NDArray[np.complex64]:
        faded = (structure - structure.mean()) * self.window
        return np.asarray(fft.rfft2(faded), np.complex64)

    def correlation(self, a: NDArray[np.complex64], b: NDArray[np.complex64]) -> NDArray[np.float32]:
        return np.asarray(fft.irfft2(np.conj(a) * b, s=self.size), np.float32)

    def top(self, alike: NDArray[np.float32]) -> tuple[float, float, float]:
        """Return the highest correlation within a quarter of the image, and dy and dx there; NaN at its border."""
        reach = min(self.size) // 4
        near = np.roll(alike, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
        y, x = np.unravel_index(near.argmax(), near.shape)
        if not (0 < y < 2 * reach and 0 < x < 2 * reach):
            return 0.0, np.nan, np.nan
        dy, dx = y - reach + _top(near[y - 1 : y + 2, x]), x - reach + _top(near[y, x - 1 : x + 2])
        return float(near[y, x]), dy, dx


def _slow_drift(
    movie: Movie, view: _View, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.float32] | None]:
    """Return the drift between averages of frames, for every frame ``(t, 2)``, and the mean of them, moved back."""
    frames = movie.shape[0]
    span = min(_FRAMES, max(frames // 4, 1))
    starts = np.unique(np.linspace(0, frames - span, min(_SEGMENTS, max(frames // span, 2))).astype(int))
    images = []
    for start in starts:
        heed(progress)
        mean = movie.read(int(start), int(start) + span).mean(axis=0, dtype=np.float64)
        structure = view.structure(mean)
        images.append(np.minimum(structure, np.percentile(structure, _BRIGHTEST)))
    shifts = np.zeros((len(images), 2))
    reference = images[0]
    for _ in range(_ROUNDS):
        shifts = np.array([_shift(view, reference, image) for image in images])
        if len(shifts) >= 5:
            known = np.isfinite(shifts[:, 0])
            shifts[known] = np.column_stack([medfilt(column, 5) for column in _padded(shifts[known]).T])[2:-2]
        moved = [_moved(image, s) for image, s in zip(images, np.nan_to_num(shifts), strict=True)]
        reference = np.asarray(np.mean(moved, axis=0, dtype=np.float32))
    known = np.flatnonzero(np.isfinite(shifts[:, 0]))
    if len(known) < 2:
        return np.zeros((frames, 2)), None
    at = np.arange(frames)
    middle = starts[known] + (span - 1) / 2
    return np.column_stack([np.interp(at, middle, shifts[known, axis]) for axis in (0, 1)]), reference


def _drift_of_frames(
    movie: Movie, view: _View, reference: NDArray[np.float32], progress: Progress, threads: int
) -> NDArray[np.float64]:
    """Return how far each frame lies from the reference ``(t, 2)``; NaN where it does not tell."""
    frames, height, width = movie.shape
    target, brightest = view.spectrum(reference), reference.max()
    size = int(np.clip(_BLOCK_PIXELS // (height * width), 1, 64))
    out = np.full((frames, 2), np.nan)

    def compare(start: int, stop: int) -> None:
        for t, frame in enumerate(movie.read(start, stop), start):
            alike = view.correlation(target, view.spectrum(np.minimum(view.structure(frame), brightest)))
            height, dy, dx = view.top(alike)
            if height > _SURE * float(alike.std()):
                out[t] = dy, dx

    for _ in each_block(frames, size, threads, compare):
        heed(progress)
    return out


def _padded(values: NDArray) -> NDArray:
    return np.pad(values, ((2, 2), (0, 0)), mode="edge")


def _shift(view: _View, reference: NDArray[np.float32], image: NDArray[np.float32]) -> tuple[float, float]:
    """Return dy and dx of `image` from `reference`, NaN if they have nothing in common."""
    a, b = ((one - one.mean()) * view.window for one in (reference, image))
    height, dy, dx = view.top(view.correlation(view.spectrum(reference), view.spectrum(image)))
    scale = float(np.sqrt((a**2).sum(dtype=float) * (b**2).sum(dtype=float)))
    return (dy, dx) if scale > 0 and height >= _CLEAR * scale else (np.nan, np.nan)


def _top(values: NDArray) -> float:
    """Return where between three values, the middle one the highest, a parabola through them has its top."""
    low, middle, high = (float(v) for v in values)
    bend = low - 2 * middle + high
    return 0.5 * (low - high) / bend if bend < 0 else 0.0


def _moved(image: NDArray[np.float32], shift: NDArray) -> NDArray[np.float32]:
    """Return the image moved back by `shift` (dy, dx), between pixels by linear interpolation."""
    if np.abs(shift).max() < _STILL:
        return image
    height, width = image.shape
    whole = np.floor(shift).astype(int)
    part = np.asarray(shift - whole, np.float32)
    edge = int(np.abs(whole).max()) + 1
    wide = cv2.copyMakeBorder(image, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    top, left = whole + edge
    cut = np.ascontiguousarray(wide[top : top + height + 1, left : left + width + 1])
    kernels = [np.array([1 - f, f], np.float32) for f in part]
    moved = cv2.sepFilter2D(cut, cv2.CV_32F, kernels[1], kernels[0], anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(moved[:height, :width], np.float32)


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


@dataclass(frozen=True)
class Steady:
    """A movie in which synapses stay where they are."""

    movie: Movie
    drift: NDArray[np.float64]
    """dy and dx of every frame in the file ``(t, 2)``, px."""
    corrected: bool
    """Whether the frames of `movie` were moved back."""

    def in_file(self, frame: NDArray, y: NDArray, x: NDArray) -> tuple[NDArray, NDArray]:
        """Return where the file shows places ``(n,)`` of `movie` in given frames."""
        if not self.corrected:
            return y, x
        dy, dx = self.drift[frame].T
        return y + dy, x + dx


def steady(movie: Movie, correct: str, progress: Progress | None = None, threads: int = 1) -> Steady:
    """Estimate the drift of a movie and take it out: 'yes', 'no', or 'auto' for drift that matters."""
    drift = estimate_drift(movie, progress, threads)
    if correct == "no" or (correct == "auto" and largest(drift) < CORRECT_PX):
        return Steady(movie, drift, corrected=False)
    return Steady(replace(movie, source=SteadySource(movie.source, drift)), drift, corrected=True)


def largest(shifts: NDArray[np.float64]) -> float:
    """Return the longest way from the first frame, px."""
    return float(np.hypot(*shifts.T).max())
