"""What a recording shows of places and sizes of vesicles: where light goes that is drawn into it, and how wide."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

OPTICS_UM = (0.1, 0.18)
"""Standard deviation of a vesicle's spot."""
UNKNOWN_PX = (1.0, 2.0)
"""The same where the size of a pixel is unknown."""
SIGMA_PX = (0.7, 4.0)
"""Limits kept in any case."""
_TEXTURED = 0.75
"""Share of objects that are put where the cell is bright."""
_MARGIN_PX = 2
_SPOT_SD = 8.0
_FEWEST_SPOTS = 8
_BLUR_PX = 1.0
_MAD_TO_SD = 1.4826


def draw_sigma(rng: Generator, frames: NDArray, pixel_size_um: float | None) -> float:
    """Draw the width of the spots of a movie, px: by optics and scale, or as wide as the recording's own spots."""
    seen = spot_sigma(frames)
    if seen is not None and rng.random() < 0.5:
        value = seen * rng.uniform(0.85, 1.15)
    elif pixel_size_um:
        value = rng.uniform(*OPTICS_UM) / pixel_size_um
    else:
        value = rng.uniform(*UNKNOWN_PX)
    return float(np.clip(value, *SIGMA_PX))


def spot_sigma(frames: NDArray) -> float | None:
    """Return the median standard deviation of the spots of a recording, px; None if it shows fewer than 8.

    Spots are the clear maxima of the means of three frames at the beginning, the middle and the end, blurred by 1 px.
    The width is that of a Gaussian through each maximum and its neighbours, above the darkest fifth of 9 x 9 px, less
    the blur (ours).

    Parameters
    ----------
    frames
        Recording ``(t, y, x)``, counts.
    """
    found: list[float] = []
    for start in sorted({0, max((len(frames) - 3) // 2, 0), max(len(frames) - 3, 0)}):
        mean = frames[start : start + 3].astype(np.float32).mean(axis=0)
        image = cv2.GaussianBlur(mean, (0, 0), _BLUR_PX)
        above = image - cv2.GaussianBlur(mean, (0, 0), 4.0)
        noise = _MAD_TO_SD * float(np.median(np.abs(above - np.median(above))))
        top = (image == cv2.dilate(image, np.ones((7, 7), np.uint8))) & (above > _SPOT_SD * noise)
        top[:4] = top[-4:] = False
        top[:, :4] = top[:, -4:] = False
        for y, x in np.argwhere(top):
            square = image[y - 4 : y + 5, x - 4 : x + 5]
            value = np.log(np.maximum(square - np.quantile(square, 0.2), 1e-3 * (image[y, x] - square.min()) + 1e-9))
            bend = 4 * value[4, 4] - value[3, 4] - value[5, 4] - value[4, 3] - value[4, 5]
            found.append(2 / max(float(bend), 1e-6) - _BLUR_PX**2)
    if len(found) < _FEWEST_SPOTS:
        return None
    return float(np.clip(np.sqrt(max(float(np.median(found)), 0.0)), *SIGMA_PX))


class Places:
    """Draws places for objects, away from each other: three quarters where the cell is bright, the others anywhere.

    Parameters
    ----------
    rng
        Source of chance.
    mean
        Mean image of the recording ``(y, x)``.
    gap
        Distance that two objects keep, px, how far they go included.
    """

    def __init__(self, rng: Generator, mean: NDArray[np.float32], gap: float) -> None:
        self._rng, self._gap = rng, gap
        smooth = cv2.GaussianBlur(mean, (0, 0), 2.0)
        dark, bright = np.quantile(smooth, (0.2, 0.99))
        weight = np.clip(smooth - dark, 0, max(float(bright - dark), 0.0)).astype(np.float64)
        inside = np.zeros_like(weight)
        inside[_MARGIN_PX:-_MARGIN_PX, _MARGIN_PX:-_MARGIN_PX] = 1
        self._anywhere = _cumulated(inside)
        self._textured = _cumulated(weight * inside) if (weight * inside).any() else self._anywhere
        self._width = mean.shape[1]
        self._used: list[tuple[float, float, float]] = []

    def draw(self, reach: float) -> tuple[float, float] | None:
        """Draw a place ``(y, x)`` for an object that goes so many px away from it; None if there is none left."""
        for _ in range(60):
            share = self._textured if self._rng.random() < _TEXTURED else self._anywhere
            pixel = int(np.searchsorted(share, self._rng.random(), side="right"))
            y, x = np.array(divmod(pixel, self._width)) + self._rng.uniform(-0.5, 0.5, 2)
            if all(np.hypot(y - v, x - u) > self._gap + reach + r for v, u, r in self._used):
                self._used.append((y, x, reach))
                return float(y), float(x)
        return None


def _cumulated(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    total = np.cumsum(weight)
    return total / total[-1]
