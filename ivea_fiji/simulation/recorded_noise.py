"""The camera of a recording, told from the recording itself: how its noise grows with the light."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ivea_fiji.simulation.visibility import BLUR_PX, LAG

_FRAME_PAIRS = 48
_FEWEST_PAIRS = 8
_VALUES = 60_000_000
"""Values kept at once of the differences of frames."""
_KERNEL = cv2.getGaussianKernel(9, BLUR_PX)
_BINS = 30
_SAMPLES = 400_000
_MAD_TO_SD = 1.4826
_LAPLACIAN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
"""Leaves white noise as strong as it is and little of anything as smooth as the optics make it."""
_TRIM = 3.0
_TRIMMED_SHARE = 0.97334
"""What is left of the variance of a normal distribution between -3 and 3 standard deviations."""
_SPREAD = 0.5
"""Levels of light that differ by less than this part of the noise do not tell how the noise grows."""
_SHOT_SHARE = 0.5


@dataclass(frozen=True)
class RecordedNoise:
    """Noise of a camera, counts: the variance at a level of light is ``gain * level + variance``."""

    gain: float
    """Counts per photoelectron, what the amplifier adds to the noise included; 0 of a recording without noise."""
    variance: float
    """Variance that a level of 0 counts would have: read noise, less what belongs to the camera's offset."""


def estimate_noise(frames: NDArray) -> RecordedNoise:
    """Estimate how the noise of a recording depends on its light.

    The differences of up to 48 pairs of neighbouring frames, high-pass filtered so that moving structures hardly count,
    are sorted by the local mean into 30 groups of equal size. The variance of each group is that of its differences
    below 3 standard deviations, and the slope of a line through the groups is the median of those between all pairs of
    them (Theil and Sen), weighted with the distance of the pair, since pixels that differ in their offset alone blur
    the levels. Where the light hardly varies, or the noise does not grow with it, half of the noise is taken
    to be shot noise of the light above the darkest pixel. All of it is ours.

    Parameters
    ----------
    frames
        Recording ``(t, y, x)``, counts.

    Returns
    -------
    RecordedNoise
        All 0 if nothing in the recording is noisy.
    """
    level, change = _samples(frames)
    order = np.argsort(level, kind="stable")
    groups = [g for g in np.array_split(order, _BINS) if len(g)]
    mean = np.array([level[g].mean() for g in groups])
    variance = np.array([_trimmed_variance(change[g]) / 2 for g in groups])
    typical = float(np.median(variance))
    if typical <= 0:
        return RecordedNoise(0.0, 0.0)
    i, j = np.triu_indices(len(groups), 1)
    apart = mean[j] - mean[i]
    told = apart > _SPREAD * np.sqrt(typical)
    gain = _weighted_median((variance[j] - variance[i])[told] / apart[told], apart[told])
    if gain <= 0:
        gain = _SHOT_SHARE * typical / max(float(np.median(mean) - frames.min()), np.sqrt(typical))
    return RecordedNoise(gain, float(np.median(variance - gain * mean)))


def temporal_sd(frames: NDArray) -> NDArray[np.float32]:
    """Return how much the recording changes at every place by itself ``(y, x)``, counts: noise, motion and flicker.

    The median absolute difference of frames 4 apart, blurred by 1 px as the detector does, averaged over the
    surroundings with a Gaussian of 4 px. It is scaled so that white noise comes out as the standard deviation of a
    pixel; structures that move, which the blur leaves as they are, count for more than that.

    Parameters
    ----------
    frames
        Recording ``(t, y, x)``, counts.
    """
    lag = min(LAG, len(frames) - 1)
    pairs = min(_FRAME_PAIRS, max(_FEWEST_PAIRS, _VALUES // frames[0].size), len(frames) - lag)
    starts = np.unique(np.linspace(0, len(frames) - 1 - lag, pairs).astype(int))
    changes = np.empty((len(starts), *frames.shape[1:]), np.float32)
    for change, t in zip(changes, starts, strict=True):
        difference = frames[t + lag].astype(np.float32) - frames[t].astype(np.float32)
        change[:] = np.abs(cv2.sepFilter2D(difference, -1, _KERNEL, _KERNEL))
    left = float((_KERNEL**2).sum())  # what the blur leaves of the standard deviation of white noise
    return cv2.GaussianBlur(np.median(changes, axis=0), (0, 0), 4.0) * (_MAD_TO_SD / np.sqrt(2) / left)


def expose(frames: NDArray, light: NDArray[np.float32], noise: RecordedNoise, rng: Generator) -> NDArray:
    """Add light to a recording as its camera would have recorded it.

    Parameters
    ----------
    frames
        Recording ``(t, y, x)``, counts; not changed.
    light
        Noise-free light to add ``(t, y, x)``, counts.
    noise
        Noise of the recording; the light brings the shot noise that belongs to it.
    rng
        Source of chance.

    Returns
    -------
    ndarray
        ``(t, y, x)`` of the recording's type; whole types are rounded, and saturated where they end.
    """
    out = frames.copy()
    whole = frames.dtype.kind in "iu"
    for frame, shown in zip(out, light, strict=True):
        lit = shown > 0
        if not lit.any():
            continue
        added = shown[lit].astype(np.float64)
        if noise.gain > 0:
            added = rng.poisson(added / noise.gain) * noise.gain
        total = frame[lit] + added
        if whole:
            info = np.iinfo(frames.dtype)
            total = np.clip(np.rint(total), info.min, info.max)
        frame[lit] = total.astype(frames.dtype)
    return out


def _trimmed_variance(change: NDArray[np.float32]) -> float:
    """Return the variance of values without outliers; unlike their median it is not bound to whole counts."""
    size = np.abs(change)
    sd = _MAD_TO_SD * float(np.median(size)) or float(size.std())
    for _ in range(4):
        kept = size[size <= _TRIM * sd]
        sd = float(np.sqrt(np.mean(kept.astype(np.float64) ** 2) / _TRIMMED_SHARE)) if len(kept) else 0.0
    return sd**2


def _weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the value below which half of the weight lies; 0 without any value."""
    if not len(values):
        return 0.0
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(share, share[-1] / 2)])


def _samples(frames: NDArray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return local means and filtered differences of neighbouring frames, of places spread over the recording."""
    starts = np.unique(np.linspace(0, len(frames) - 2, min(_FRAME_PAIRS, len(frames) - 1)).astype(int))
    stride = max(1, len(starts) * frames[0].size // _SAMPLES)
    # Whole types are clipped at their ends, where noise is cut off and says nothing.
    top = np.iinfo(frames.dtype).max if frames.dtype.kind in "iu" else np.inf
    levels, changes = [], []
    for t in starts:
        a, b = frames[t].astype(np.float32), frames[t + 1].astype(np.float32)
        change = cv2.filter2D(b - a, -1, _LAPLACIAN, borderType=cv2.BORDER_REFLECT_101)
        level = cv2.blur((a + b) / 2, (5, 5))
        usable = (np.maximum(a, b) < top).ravel()
        levels.append(level.ravel()[usable][t % stride :: stride])
        changes.append(change.ravel()[usable][t % stride :: stride])
    return np.concatenate(levels), np.concatenate(changes)
