"""Local maxima of a difference image, and what is measured at them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

_REACH = 8
"""How far, in px, the half-maximum is looked for and a stronger maximum contests a weaker one."""
_STEPS = np.arange(1, _REACH + 1)
_AXES = np.array([(0, 1), (0, -1), (1, 0), (-1, 0)])


@dataclass(frozen=True)
class Maxima:
    """Local maxima of one image, arrays ``(n,)``."""

    y: NDArray[np.int64]
    x: NDArray[np.int64]
    height: NDArray[np.float32]
    """Value at the maximum."""
    mean: NDArray[np.float32]
    """Mean of the square of side 2 r + 1 around it (Eq 1)."""
    fwhm: NDArray[np.float32]
    """Full width at half maximum, px, mean over the two axes."""


def find_maxima(image: NDArray[np.float32], height: float, prominence: float, radius: int) -> Maxima:
    """Find local maxima that are high enough and stand out.

    A maximum counts if its value exceeds `height` and if, on the straight way to any stronger maximum within 8 px,
    the image falls by more than `prominence`: ImageJ's prominence rule with straight ways.

    Parameters
    ----------
    image
        ``(y, x)``, in the units of `height` and `prominence`.
    height, prominence
        Smallest value and smallest drop.
    radius
        r of Eq 1, px.
    """
    top = cv2.dilate(image, np.ones((3, 3), np.uint8))
    y, x = np.nonzero((image >= top) & (image > height))
    if len(y):
        keep = _stands_out(image, y, x, prominence)
        y, x = y[keep], x[keep]
    if not len(y):
        none = np.zeros(0, np.float32)
        return Maxima(np.zeros(0, int), np.zeros(0, int), none, none, none)
    return Maxima(y, x, image[y, x], _box_mean(image, y, x, radius), _fwhm(image, y, x))


def _stands_out(image: NDArray[np.float32], y: NDArray, x: NDArray, prominence: float) -> NDArray[np.bool_]:
    value = image[y, x]
    keep = np.ones(len(y), bool)
    if len(y) < 2:
        return keep
    points = np.column_stack([y, x])
    pairs = cKDTree(points).query_pairs(_REACH, output_type="ndarray")
    if not len(pairs):
        return keep
    a, b = pairs.T
    # Equal neighbours (a plateau) are told apart by their order, so that one of them stays.
    weak, strong = np.where(value[a] < value[b], a, b), np.where(value[a] < value[b], b, a)
    f = np.linspace(0, 1, _REACH + 1)[None]
    py = np.rint(y[weak][:, None] * (1 - f) + y[strong][:, None] * f).astype(int)
    px = np.rint(x[weak][:, None] * (1 - f) + x[strong][:, None] * f).astype(int)
    drop = value[weak] - image[py, px].min(axis=1)
    keep[weak[drop < prominence]] = False
    return keep


def _box_mean(image: NDArray[np.float32], y: NDArray, x: NDArray, r: int) -> NDArray[np.float32]:
    h, w = image.shape
    d = np.arange(-r, r + 1)
    yy, xx = np.clip(y[:, None] + d, 0, h - 1), np.clip(x[:, None] + d, 0, w - 1)
    return image[yy[:, :, None], xx[:, None, :]].mean(axis=(1, 2))


def _fwhm(image: NDArray[np.float32], y: NDArray, x: NDArray) -> NDArray[np.float32]:
    h, w = image.shape
    peak = image[y, x]
    total = np.zeros(len(y), np.float32)
    for dy, dx in _AXES:
        yy, xx = y[:, None] + dy * _STEPS, x[:, None] + dx * _STEPS
        inside = (yy >= 0) & (yy < h) & (xx >= 0) & (xx < w)
        line = np.where(inside, image[yy.clip(0, h - 1), xx.clip(0, w - 1)], -np.inf)
        line = np.column_stack([peak, line])
        below = line < 0.5 * peak[:, None]
        first = np.where(below.any(axis=1), below.argmax(axis=1), _REACH + 1)
        row = np.arange(len(y))
        hi = line[row, first - 1]
        lo = line[row, first.clip(max=_REACH)]
        known = (first <= _REACH) & np.isfinite(lo)
        part = np.where(known, (hi - 0.5 * peak) / np.where(known, hi - lo, 1), 0.5)
        total += first - 1 + part
    return total / 2
