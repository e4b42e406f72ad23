"""How high a change must be to be a candidate: from the noise of the whole movie, or as the paper learns it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ivea_fiji.candidates.differences import blur, differences, match_brightness
from ivea_fiji.candidates.maxima import find_maxima
from ivea_fiji.candidates.wide import can_search_wide, reduced, wide_sigma
from ivea_fiji.movie.movie import Movie
from ivea_fiji.params.random import RandomParams

HEIGHT_Z = 4.2
"""Height of a candidate in noise SD: recall of visible events stays above 0.95 while noise gives few candidates."""
PROMINENCE_Z = 3.0
MEAN_Z = 2.0
FWHM_PX = 1.4
WIDE_HEIGHT_Z = 4.2
WIDE_MEAN_Z = 2.0
_PAIRS = 48
_QUANTILE = 0.35
"""Quantile of |dI| used as noise: active in up to 65 % of the frames, a place still shows its noise."""
_HALF_NORMAL = 0.45376
"""The same quantile of |N(0, 1)|."""
_LEARNING_FRAMES = 4


@dataclass(frozen=True)
class Thresholds:
    """What a local maximum of the difference image must exceed.

    Values are in units of `noise`: noise SD with the noise map, counts (noise = 1) when learned from first frames.
    """

    noise: NDArray[np.float32]
    """Standard deviation of the blurred difference ``(y, x)``, counts."""
    height: float
    prominence: float
    mean: float
    """Threshold of the mean within the search radius (Eq 2)."""
    fwhm: float
    """Threshold of the width, px (Eq 2)."""
    wide: Thresholds | None = None
    """Thresholds of the search for wide clouds, whose lengths are pixels of reduced frames; None without it."""


def learn_thresholds(movie: Movie, params: RandomParams) -> Thresholds:
    """Choose all thresholds from the movie itself."""
    theta = params.threshold_factor
    noise = noise_map(movie, params.lag, params.blur_sigma)
    if params.threshold == "noise_map":
        prominence = params.prominence or PROMINENCE_Z * theta
        wide = None
        if params.wide_search and can_search_wide(movie.shape):
            wide_noise = noise_map(movie, params.lag, wide_sigma(movie.pixel_size_um), reduced)
            wide = Thresholds(wide_noise, WIDE_HEIGHT_Z * theta, prominence, WIDE_MEAN_Z * theta, FWHM_PX)
        return Thresholds(noise, HEIGHT_Z * theta, prominence, MEAN_Z * theta, FWHM_PX, wide)
    prominence, mean, fwhm = _from_first_frames(movie, params)
    prominence = params.prominence or prominence
    return Thresholds(np.ones_like(noise), prominence, prominence, mean * theta, 0.8 * fwhm)


def noise_map(
    movie: Movie, lag: int, sigma: float, smooth: Callable[[NDArray, float], NDArray[np.float32]] = blur
) -> NDArray[np.float32]:
    """Measure the noise of the blurred difference at every place.

    A low quantile of the absolute difference over up to 48 pairs of frames spread over the movie, smoothed over 4 px.
    Needs no event-free frames. Ours.

    Parameters
    ----------
    movie
        Movie of at least 2 frames.
    lag
        Frames between the subtracted images.
    sigma
        Blur before frames are subtracted, px.
    smooth
        What blurs frames ``(t, y, x)``: `blur`, or `reduced` for the wide search.

    Returns
    -------
    ndarray
        Standard deviation, counts, float32 ``(y, x)``; always positive.
    """
    frames = movie.shape[0]
    # A step in the middle of a short movie must not be part of every pair.
    lag = min(lag, max(frames // 4, 1))
    starts = np.unique(np.linspace(0, frames - lag - 1, min(_PAIRS, frames - lag)).astype(int))
    size = []
    for s in starts:
        pair = smooth(np.stack([movie.read(s, s + 1)[0], movie.read(s + lag, s + lag + 1)[0]]), sigma)
        gain, offset = match_brightness(pair[0], pair[1])
        size.append(np.abs(pair[1] - gain * pair[0] - offset))
    stack = np.stack(size)
    k = int(_QUANTILE * (len(stack) - 1))
    sd = np.partition(stack, k, axis=0)[k] / _HALF_NORMAL
    sd = cv2.GaussianBlur(sd, (0, 0), 4.0, borderType=cv2.BORDER_REFLECT_101)
    return np.maximum(sd, _floor(sd, pair[1], np.issubdtype(movie.dtype, np.integer))).astype(np.float32)


def _floor(sd: NDArray[np.float32], image: NDArray[np.float32], whole_numbers: bool) -> float:
    """Keep the map above rounding noise and above a part of its own median (a dark, clipped corner has no noise)."""
    rounding = 0.1 if whole_numbers else 0.0
    return max(0.3 * float(np.median(sd)), rounding, 1e-4 * float(np.ptp(image)), 1e-12)


def _from_first_frames(movie: Movie, params: RandomParams) -> tuple[float, float, float]:
    """Learn prominence, mean and width from the first four difference images (paper, Methods; Eq 1)."""
    frames = min(movie.shape[0], params.lag + _LEARNING_FRAMES)
    changes = differences(blur(movie.read(0, frames), params.blur_sigma), params.lag)[-_LEARNING_FRAMES:]
    learned = [_learn_frame(change, params.search_radius) for change in changes]
    prominence, mean, fwhm = np.mean(learned, axis=0)
    return float(prominence), float(mean), float(fwhm)


def _learn_frame(change: NDArray[np.float32], radius: int) -> tuple[float, float, float]:
    """Raise the prominence until no maximum is left, or four rises in a row change nothing."""
    step = 0.25 * float(change.std()) or 1e-6
    prominence, counts = step, [-1]
    found = last = find_maxima(change, prominence, prominence, radius)
    while len(found.y) and not (len(counts) > 4 and len(set(counts[-4:])) == 1):
        last = found
        prominence += step
        found = find_maxima(change, prominence, prominence, radius)
        counts.append(len(found.y))
    if not len(last.y):
        return prominence, 0.0, 0.0
    return prominence, float(last.mean.mean()), float(last.fwhm.mean())
