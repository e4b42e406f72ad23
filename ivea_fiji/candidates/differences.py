"""Difference images: what became brighter or darker within a few frames."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_COARSE = 4
_QUIET = 5.0
"""Median deviations beyond which something happened in a pixel."""
_BRIGHT = 10.0
"""Median deviations from which a structure is not brighter than others."""
_BELIEVED = 0.5
"""Of the change of structures between two images a gain must leave less than this part of what an offset leaves."""
_ENOUGH = 4096
"""Pixels that tell a median well enough."""
_FEWEST = 16
"""Quiet pixels that are needed."""


def blur(frames: NDArray, sigma: float) -> NDArray[np.float32]:
    """Blur every frame with a Gaussian.

    Parameters
    ----------
    frames
        ``(t, y, x)``, counts, any pixel type.
    sigma
        Standard deviation in px; 0 for none.

    Returns
    -------
    ndarray
        float32 ``(t, y, x)``.
    """
    if sigma <= 0:
        return np.ascontiguousarray(frames, dtype=np.float32)
    side = 2 * int(np.ceil(3 * sigma)) + 1
    out = np.empty(frames.shape, np.float32)
    for frame, target in zip(frames, out, strict=True):
        counts = np.ascontiguousarray(frame, dtype=np.float32)
        cv2.GaussianBlur(counts, (side, side), sigma, dst=target, borderType=cv2.BORDER_REFLECT_101)
    return out


def match_brightness(reference: NDArray[np.float32], image: NDArray[np.float32]) -> tuple[float, float]:
    """Find the gain and offset that carry `reference` over into `image` where nothing happens.

    Bleaching and lamp flicker scale a whole frame; subtracting an unscaled reference would leave a copy of every
    bright vesicle in the difference. The slope is the ratio of standard deviations, which noise of equal
    strength in both images does not bias (least squares would be), on images averaged over 4 x 4 px. Pixels in which
    something happened are left out in a second pass. A gain is believed only if it explains most of how bright
    structures change: synapses that answer together are no lamp. This correction is ours.

    Returns
    -------
    gain, offset
        ``image ~ gain * reference + offset``.
    """
    return _match(_Coarse.of(reference), _Coarse.of(image))


@dataclass(frozen=True)
class _Coarse:
    """A frame averaged over 4 x 4 px, with its mean and standard deviation: every frame is compared twice."""

    pixels: NDArray[np.float32]
    mean: float
    sd: float

    @classmethod
    def of(cls, image: NDArray[np.float32]) -> _Coarse:
        size = (max(image.shape[1] // _COARSE, 1), max(image.shape[0] // _COARSE, 1))
        pixels = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return cls.known(np.asarray(pixels, np.float32).ravel())

    @classmethod
    def known(cls, pixels: NDArray[np.float32]) -> _Coarse:
        return cls(pixels, float(pixels.mean()), float(pixels.std()))


def _match(a: _Coarse, b: _Coarse) -> tuple[float, float]:
    gain, offset = _slope(a, b)
    quiet = _quiet(b.pixels - gain * a.pixels)
    if np.count_nonzero(quiet) >= _FEWEST:
        gain, offset = _slope(_Coarse.known(a.pixels[quiet]), _Coarse.known(b.pixels[quiet]))
    plain = b.pixels - a.pixels
    quiet = _quiet(plain)
    level = float(plain[quiet].mean()) if np.count_nonzero(quiet) >= _FEWEST else float(_median(plain))
    left = np.abs(plain - level)
    most = _QUIET * _median(left)
    weight = _structure(a.pixels)
    with_gain = weight @ np.minimum(np.abs(b.pixels - gain * a.pixels - offset), most)
    return (gain, offset) if with_gain < _BELIEVED * (weight @ np.minimum(left, most)) else (1.0, level)


def _quiet(rest: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return where nothing happened, of what is left between two images."""
    rest = np.abs(rest - _median(rest))
    spread = _median(rest)
    return rest <= _QUIET * spread if spread > 0 else np.zeros(len(rest), np.bool_)


def _structure(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much each pixel counts: the more the further it is from most."""
    away = np.abs(pixels - _median(pixels))
    return np.square(np.minimum(away, _BRIGHT * _median(away)))


def _median(values: NDArray[np.float32]) -> np.float32:
    """Return the median of a flat array, of evenly spaced ones if there are many; `np.median` prepares as long."""
    some = values[:: max(len(values) // _ENOUGH, 1)]
    k = len(some) // 2
    if len(some) % 2:
        return np.partition(some, k)[k]
    low, high = np.partition(some, (k - 1, k))[k - 1 : k + 1]
    return (low + high) / 2


def _slope(a: _Coarse, b: _Coarse) -> tuple[float, float]:
    gain = b.sd / a.sd if a.sd > 0 and b.sd > 0 else 1.0
    # Two noise images have any ratio near 1; only a clear change is believed to be the lamp.
    gain = float(np.clip(gain, 0.5, 2.0))
    return gain, b.mean - gain * a.mean


def differences(blurred: NDArray[np.float32], lag: int, first: int = 1) -> NDArray[np.float32]:
    """Subtract from every frame the one `lag` frames before it (forward difference, dI_F).

    The backward difference of the paper, dI_B, is its negative; the sign is kept instead of two clipped images.
    The first `lag` frames are compared with the first frame, so that early events are found.

    Parameters
    ----------
    blurred
        float32 ``(t, y, x)``.
    lag
        Frames between the two images (the paper's n).
    first
        First frame to compute, at least 1.

    Returns
    -------
    ndarray
        float32 ``(t - first, y, x)``; entry `i` belongs to frame ``first + i``.
    """
    out = np.empty((len(blurred) - first, *blurred.shape[1:]), np.float32)
    coarse = [_Coarse.of(frame) for frame in blurred]
    for k, i in enumerate(range(first, len(blurred))):
        j = max(i - lag, 0)
        gain, offset = _match(coarse[j], coarse[i])
        np.multiply(blurred[j], -gain, out=out[k])
        out[k] += blurred[i]
        out[k] -= offset
    return out
