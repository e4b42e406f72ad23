"""Local maxima of a difference image, and what is measured at them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

_REACH = 8
"""How far, in px, the half-maximum is looked for and a stronger maximum contests a weaker one."""
_STEPS = np.arange(1, _REACH + 1)
_AXES = ((0, 1), (0, -1), (1, 0), (-1, 0))
_NEIGHBOURS = (*_AXES, (1, 1), (1, -1), (-1, 1), (-1, -1))


@dataclass(frozen=True)
class Maxima:
    """Local maxima of one or more images, arrays ``(n,)`` sorted by image, row and column."""

    y: NDArray[np.int64]
    x: NDArray[np.int64]
    height: NDArray[np.float32]
    """Value at the maximum."""
    mean: NDArray[np.float32]
    """Mean of the square of side 2 r + 1 around it (Eq 1)."""
    fwhm: NDArray[np.float32]
    """Full width at half maximum, px, mean over the two axes."""
    image: NDArray[np.int64]
    """Which image it lies in, from 0."""


def find_maxima(images: NDArray[np.float32], height: float, prominence: float, radius: int) -> Maxima:
    """Find local maxima that are high enough and stand out.

    A maximum counts if its value exceeds `height` and if, on the straight way to any stronger maximum within 8 px,
    the image falls by more than `prominence`: ImageJ's prominence rule with straight ways.

    Parameters
    ----------
    images
        ``(y, x)`` or ``(t, y, x)``, in the units of `height` and `prominence`. Each image is looked at by itself;
        many at once take less time.
    height, prominence
        Smallest value and smallest drop.
    radius
        r of Eq 1, px.
    """
    stack = images if images.ndim == 3 else images[None]
    t, y, x = _local_maxima(stack, height)
    if len(t):
        keep = _stands_out(stack, t, y, x, prominence)
        t, y, x = t[keep], y[keep], x[keep]
    if not len(t):
        none, where = np.zeros(0, np.float32), np.zeros(0, int)
        return Maxima(where, where, none, none, none, where)
    return Maxima(y, x, stack[t, y, x], _box_mean(stack, t, y, x, radius), _fwhm(stack, t, y, x), t)


def between_pixels(stack: NDArray[np.float32], m: Maxima) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return rows and columns of maxima, within half a pixel: the tops of parabolas through their neighbours."""
    _, h, w = stack.shape
    top = stack[m.image, m.y, m.x]
    places = []
    for at, size, (dy, dx) in ((m.y, h, (1, 0)), (m.x, w, (0, 1))):
        low = stack[m.image, np.maximum(m.y - dy, 0), np.maximum(m.x - dx, 0)]
        high = stack[m.image, np.minimum(m.y + dy, h - 1), np.minimum(m.x + dx, w - 1)]
        bend = 2 * top - low - high
        inside = (at > 0) & (at < size - 1) & (bend > 0)
        shift = np.where(inside, 0.5 * (high - low) / np.where(inside, bend, 1), 0)
        places.append((at + shift.clip(-0.5, 0.5)).astype(np.float32))
    return places[0], places[1]


def _local_maxima(stack: NDArray[np.float32], height: float) -> tuple[NDArray, NDArray, NDArray]:
    """Return image, row and column of pixels above `height` that none of their 8 neighbours exceeds; few of a plateau.

    Few pixels are high, so only these are compared, with one neighbour after the other.
    """
    _, h, w = stack.shape
    t, rest = np.divmod(np.flatnonzero(stack > height), h * w)
    y, x = np.divmod(rest, w)
    value = stack[t, y, x]
    for dy, dx in _NEIGHBOURS:
        other = stack[t, (y + dy).clip(0, h - 1), (x + dx).clip(0, w - 1)]
        if (dy, dx) > (0, 0):
            top = value >= other
        else:  # of a plateau, which may be half the image, only where it begins: all pairs of it would fill the memory
            top = (value > other) | (y + dy < 0) | (x + dx < 0) | (x + dx >= w)
        t, y, x, value = t[top], y[top], x[top], value[top]
    return t, y, x


def _stands_out(stack: NDArray[np.float32], t: NDArray, y: NDArray, x: NDArray, prominence: float) -> NDArray[np.bool_]:
    value = stack[t, y, x]
    keep = np.ones(len(y), bool)
    if len(y) < 2:
        return keep
    # Images are laid out one below the other, too far apart for pairs across them.
    points = np.column_stack([y + t * (stack.shape[1] + 2 * _REACH), x])
    pairs = cKDTree(points).query_pairs(_REACH, output_type="ndarray")
    if not len(pairs):
        return keep
    a, b = pairs.T
    # Equal neighbours (a plateau) are told apart by their order, so that one of them stays.
    weak, strong = np.where(value[a] < value[b], a, b), np.where(value[a] < value[b], b, a)
    f = np.linspace(0, 1, _REACH + 1)[None]
    py = np.rint(y[weak][:, None] * (1 - f) + y[strong][:, None] * f).astype(int)
    px = np.rint(x[weak][:, None] * (1 - f) + x[strong][:, None] * f).astype(int)
    drop = value[weak] - stack[t[weak][:, None], py, px].min(axis=1)
    keep[weak[drop < prominence]] = False
    return keep


def _box_mean(stack: NDArray[np.float32], t: NDArray, y: NDArray, x: NDArray, r: int) -> NDArray[np.float32]:
    _, h, w = stack.shape
    d = np.arange(-r, r + 1)
    yy, xx = np.clip(y[:, None] + d, 0, h - 1), np.clip(x[:, None] + d, 0, w - 1)
    return stack[t[:, None, None], yy[:, :, None], xx[:, None, :]].mean(axis=(1, 2))


def _fwhm(stack: NDArray[np.float32], t: NDArray, y: NDArray, x: NDArray) -> NDArray[np.float32]:
    _, h, w = stack.shape
    peak = stack[t, y, x]
    total = np.zeros(len(y), np.float32)
    for dy, dx in _AXES:
        yy, xx = y[:, None] + dy * _STEPS, x[:, None] + dx * _STEPS
        inside = (yy >= 0) & (yy < h) & (xx >= 0) & (xx < w)
        line = np.where(inside, stack[t[:, None], yy.clip(0, h - 1), xx.clip(0, w - 1)], -np.inf)
        line = np.column_stack([peak, line])
        below = line < 0.5 * peak[:, None]
        first = np.where(below.any(axis=1), below.argmax(axis=1), _REACH + 1)
        row = np.arange(len(y))
        hi = line[row, first - 1]
        lo = line[row, first.clip(max=_REACH)]
        known = (first <= _REACH) & np.isfinite(lo)
        part = np.where(known, (hi - 0.5 * peak) / np.where(known, hi - lo, 1), 0.5)
        total += first - 1 + part
    return np.float32(0.5) * total
