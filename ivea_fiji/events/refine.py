"""Move an event from its pixel to its centre of mass."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_RADIUS = 3
_BEFORE = (7, 3)
"""Frames before the peak that show the place without the event."""
_LARGEST = 2.0


def centre_of_mass(windows: NDArray[np.float32], peak: int, class_id: NDArray) -> NDArray[np.float64]:
    """Find the centre of what changed, relative to the middle of the window.

    The image before the event is subtracted from that of the event (the other way round for fusion without cloud, where
    the vesicle is what is gone); the centre of mass of what lies above the middle of its values within 3 px is taken.

    Parameters
    ----------
    windows
        ``(n, t, h, h)``, counts; NaN outside the movie.
    peak
        Index of the peak in the windows.
    class_id
        ``(n,)``.

    Returns
    -------
    ndarray
        ``(n, 2)``: dy and dx, px, at most 2 each; 0 where nothing stands out.
    """
    c = windows.shape[2] // 2
    near = windows[:, :, c - _RADIUS : c + _RADIUS + 1, c - _RADIUS : c + _RADIUS + 1]
    known = np.asarray(np.isfinite(near).any(axis=(2, 3)))
    first, last = known.argmax(axis=1)[:, None], known.shape[1] - 1 - known[:, ::-1].argmax(axis=1)[:, None]
    # Early events have fewer frames before them, late ones fewer after: the nearest one there is stands in.
    before = _mean(near, np.arange(peak - _BEFORE[0], peak - _BEFORE[1])[None].clip(first, last))
    event = _mean(near, np.arange(peak, peak + 2)[None].clip(first, last))
    vanished = np.reshape(np.equal(class_id, 1), (-1, 1, 1))
    nothing_before = (first >= peak)[:, :, None]
    change = np.where(vanished, before - event, np.where(nothing_before, event, event - before))
    grid = np.arange(-_RADIUS, _RADIUS + 1)
    inside = (grid[:, None] ** 2 + grid**2 <= (_RADIUS + 0.5) ** 2) & np.isfinite(change)
    low = np.nanmedian(change, axis=(1, 2), keepdims=True)
    mass = np.where(inside, np.maximum(change - low, 0), 0)
    total = mass.sum(axis=(1, 2))
    safe = np.where(total > 0, total, 1)
    dy = (mass.sum(axis=2) * grid).sum(axis=1) / safe
    dx = (mass.sum(axis=1) * grid).sum(axis=1) / safe
    return np.column_stack([dy, dx]).clip(-_LARGEST, _LARGEST) * (total > 0)[:, None]


def _mean(windows: NDArray[np.float32], frames: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the mean image ``(n, h, w)`` over each window's frames ``(n, k)``."""
    return windows[np.arange(len(windows))[:, None], frames].mean(axis=1)
