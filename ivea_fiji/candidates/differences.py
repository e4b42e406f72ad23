"""Difference images: what became brighter or darker within a few frames."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_COARSE = 4


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
    out = np.ascontiguousarray(frames, dtype=np.float32)
    if sigma <= 0:
        return out
    side = 2 * int(np.ceil(3 * sigma)) + 1
    return np.stack([cv2.GaussianBlur(f, (side, side), sigma, borderType=cv2.BORDER_REFLECT_101) for f in out])


def match_brightness(reference: NDArray[np.float32], image: NDArray[np.float32]) -> tuple[float, float]:
    """Find the gain and offset that carry `reference` over into `image` where nothing happens.

    Bleaching and lamp flicker scale a whole frame; subtracting an unscaled reference would leave a copy of every
    bright vesicle in the difference. The slope is the ratio of standard deviations, which noise of equal
    strength in both images does not bias (least squares would be), on images averaged over 4 x 4 px. Pixels in which
    something happened are left out in a second pass. This correction is ours.

    Returns
    -------
    gain, offset
        ``image ~ gain * reference + offset``.
    """
    size = (max(image.shape[1] // _COARSE, 1), max(image.shape[0] // _COARSE, 1))
    a = cv2.resize(reference, size, interpolation=cv2.INTER_AREA).ravel()
    b = cv2.resize(image, size, interpolation=cv2.INTER_AREA).ravel()
    gain, offset = _slope(a, b)
    rest = b - (gain * a + offset)
    middle = np.median(rest)
    spread = np.median(np.abs(rest - middle))
    quiet = np.abs(rest - middle) <= 5 * spread
    if spread > 0 and quiet.sum() >= 16:
        gain, offset = _slope(a[quiet], b[quiet])
    return gain, offset


def _slope(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[float, float]:
    mean_a, mean_b = float(a.mean()), float(b.mean())
    sd_a, sd_b = float(a.std()), float(b.std())
    gain = sd_b / sd_a if sd_a > 0 and sd_b > 0 else 1.0
    # Two noise images have any ratio near 1; only a clear change is believed to be the lamp.
    gain = float(np.clip(gain, 0.5, 2.0))
    return gain, mean_b - gain * mean_a


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
    for k, i in enumerate(range(first, len(blurred))):
        reference = blurred[max(i - lag, 0)]
        gain, offset = match_brightness(reference, blurred[i])
        np.multiply(reference, -gain, out=out[k])
        out[k] += blurred[i]
        out[k] -= offset
    return out
