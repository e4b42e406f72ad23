"""Maxima of many frames become candidates: one per place and time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ivea_fiji.events.model import Candidates

_LIFE = 12
"""Longest life of a link, frames: otherwise a moving vesicle's link swallows later events at the same place."""


@dataclass(frozen=True)
class Peaks:
    """Maxima of one sign over all frames, arrays ``(n,)`` sorted by frame."""

    frame: NDArray[np.int32]
    y: NDArray[np.float32]
    x: NDArray[np.float32]
    height: NDArray[np.float32]
    mean: NDArray[np.float32]
    fwhm: NDArray[np.float32]


def link(peaks: Peaks, radius: float, gap: int) -> NDArray[np.int64]:
    """Join peaks of one site and keep the strongest of each.

    A peak joins the nearest link within `radius` px whose last peak is at most `gap` frames old and whose first is
    at most 12 frames old (paper: R = 3 px, T = 4 frames; the limit of 12 is ours).

    Returns
    -------
    ndarray
        Indices of the peaks that represent a candidate.
    """
    n = len(peaks.frame)
    if n == 0:
        return np.zeros(0, np.int64)
    starts = np.flatnonzero(np.r_[True, np.diff(peaks.frame) > 0])
    stops = np.r_[starts[1:], n]
    best: list[int] = []
    last: list[int] = []
    first: list[int] = []
    active: list[int] = []
    for a, b in zip(starts, stops, strict=True):
        now = int(peaks.frame[a])
        active = [k for k in active if now - last[k] <= gap and now - first[k] <= _LIFE]
        hit = np.full(b - a, -1)
        if active:
            sites = np.array([(peaks.y[best[k]], peaks.x[best[k]]) for k in active])
            here = np.column_stack([peaks.y[a:b], peaks.x[a:b]])
            if len(active) * (b - a) <= 4096:
                square = ((here[:, None] - sites[None]) ** 2).sum(-1)
                near = square.argmin(axis=1)
                distance = np.sqrt(square[np.arange(b - a), near])
            else:
                distance, near = cKDTree(sites).query(here)
            hit[distance <= radius] = near[distance <= radius]
        for i, k in zip(range(a, b), hit, strict=True):
            if k < 0:
                active.append(len(best))
                best.append(i)
                first.append(now)
                last.append(now)
            else:
                j = active[k]
                last[j] = now
                if peaks.mean[i] > peaks.mean[best[j]]:
                    best[j] = i
    return np.array(best, np.int64)


def _nearby(bright: Peaks, dim: Peaks, reach: float, lag: int) -> Iterable[list[int]]:
    """Return, for each dimming, the brightenings that may belong to it, and some more.

    A box in time and space finds them: places alone would have more neighbours the longer the movie is.
    """
    per_frame = reach / (1.5 * lag + 1)
    early, late = bright.frame * per_frame, (dim.frame - 1.5 * lag) * per_frame
    tree = cKDTree(np.column_stack([early, bright.y, bright.x]))
    found: Iterable[list[int]] = tree.query_ball_point(
        np.column_stack([late, dim.y, dim.x]), reach, p=np.inf, return_sorted=True
    )
    return found


def merge_directions(bright: Peaks, dim: Peaks, lag: int, radius: float) -> Candidates:
    """Make one candidate of a brightening and the dimming that follows it.

    A flash gives a forward maximum when it appears and a backward one when it is gone; both are one event. A dimming
    belongs to the nearest brightening within `radius` px (or the width of the spot, if that is larger) if the frame
    before the loss lies at most 2 `lag` frames after the brightest frame.

    Parameters
    ----------
    bright, dim
        Linked peaks of the forward and backward difference.
    lag
        Frames between the subtracted images.
    radius
        Search radius, px.
    """
    taken = np.zeros(len(dim.frame), bool)
    both = np.zeros(len(bright.frame), bool)
    strength, height, fwhm = bright.mean.copy(), bright.height.copy(), bright.fwhm.copy()
    if len(bright.frame) and len(dim.frame):
        reach = max(radius, 6.0)
        neighbours = _nearby(bright, dim, reach, lag)
        for d, near in enumerate(neighbours):
            if not near:
                continue
            k = np.array(near)
            wait = (dim.frame[d] - lag) - bright.frame[k]
            distance = np.hypot(bright.y[k] - dim.y[d], bright.x[k] - dim.x[d])
            near_enough = distance <= np.clip(bright.fwhm[k] / 2, radius, reach)
            close = near_enough & (wait >= -lag) & (wait <= 2 * lag)
            if close.any():
                j = k[close][distance[close].argmin()]
                taken[d] = both[j] = True
                strength[j] = max(strength[j], dim.mean[d])
                height[j] = max(height[j], dim.height[d])
    rest = ~taken
    direction = np.r_[np.where(both, 0, 1), np.full(rest.sum(), -1)].astype(np.int8)
    frame = np.r_[bright.frame, np.maximum(dim.frame[rest] - lag // 2, 0)].astype(np.int32)
    merged = Candidates(
        frame,
        np.r_[bright.y, dim.y[rest]].astype(np.float32),
        np.r_[bright.x, dim.x[rest]].astype(np.float32),
        np.r_[strength, dim.mean[rest]].astype(np.float32),
        np.r_[height, dim.height[rest]].astype(np.float32),
        (np.r_[fwhm, dim.fwhm[rest]] / 2.3548).astype(np.float32),
        direction,
    )
    return merged[np.lexsort((merged.x, merged.y, merged.frame))]
