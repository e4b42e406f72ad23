"""Gaussian suppression: of several detections of one event, the strongest stays (Eq 10-11)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

MAX_SIGMA = 4.0
"""Widest cloud that suppresses, px: a width taken from a crowd of maxima is no cloud."""
_FLOOR = 0.05
"""Below this part of its height a Gaussian suppresses nothing worth a comparison."""
SAME_SITE_FRAMES = 3.0
"""Fewest frames between two events of one site."""
_SAME_SITE_PX = 5.0
"""Reports nearer than this in space are of one site: the rim of a wide cloud is; chosen on validation movies."""


def time_spread(sigma: NDArray, nu: float, asked: float = 0.0, frame_interval_s: float | None = None) -> NDArray:
    """Return tau of Eq 10 in frames: as asked, or ``nu sigma``.

    Parameters
    ----------
    sigma
        Spread of each cloud, px.
    nu
        Frames per px of cloud at 10 frames per second; the paper sets it to 10, ours is chosen on validation movies.
    asked
        tau given by the user, frames; 0 for none.
    frame_interval_s
        The cloud lasts as long whatever the frame rate: nu is multiplied by 0.1 s over the interval, within a factor of
        2, since kinetics that are much faster or slower are filmed at other rates. None leaves nu.
    """
    if asked > 0:
        return np.full(len(sigma), asked)
    rate = float(np.clip(0.1 / frame_interval_s, 0.5, 2.0)) if frame_interval_s else 1.0
    return nu * rate * np.minimum(sigma, MAX_SIGMA)


def suppress(
    frame: NDArray, y: NDArray, x: NDArray, weight: NDArray, sigma: NDArray, tau: NDArray, spread_radius: float,
    repeat_frames: float = SAME_SITE_FRAMES,
) -> NDArray[np.bool_]:
    """Mark the detections that repeat a stronger one.

    From the strongest down, detection `i` is a repeat of a kept detection `j` if
    ``w_i < w_j exp(-d^2 / (2 (sigma_j + SR)^2)) exp(-dt^2 / (2 tau_j^2))`` (Eq 10-11), or if both lie within 5 px and
    `repeat_frames`, which no two events do: the rise and the fall of a slow cloud are equally strong (ours).

    Parameters
    ----------
    frame, y, x
        Detections ``(n,)``.
    weight
        What is compared: the paper takes the mean change (Eq 1), we that times the probability.
    sigma
        Spread of each cloud, px.
    tau
        Spread in time, frames ``(n,)``.
    spread_radius
        SR, px.
    repeat_frames
        Time within which a site is taken to hold one event, frames.

    Returns
    -------
    ndarray
        True for a repeat ``(n,)``. The answer does not depend on the order of the input.
    """
    n = len(frame)
    repeat = np.zeros(n, bool)
    if n < 2:
        return repeat
    width = np.minimum(sigma, MAX_SIGMA) + spread_radius
    # Beyond this many widths the Gaussian is under the floor.
    reach = np.sqrt(-2 * np.log(_FLOOR))
    far_px, far_frames = max(reach * width.max(), _SAME_SITE_PX), max(reach * tau.max(), repeat_frames)
    tree = cKDTree(np.column_stack([y / far_px, x / far_px, frame / far_frames]))
    order = np.lexsort((x, y, frame, -weight))
    rank = np.empty(n, int)
    rank[order] = np.arange(n)
    for j in order:
        if repeat[j]:
            continue
        near = np.array(tree.query_ball_point(tree.data[j], np.sqrt(2.0)), int)
        near = near[(near != j) & ~repeat[near]]
        square = (y[near] - y[j]) ** 2 + (x[near] - x[j]) ** 2
        wait = frame[near] - frame[j]
        cover = np.exp(-square / (2 * width[j] ** 2)) * np.exp(-(wait**2) / (2 * max(tau[j], 1e-6) ** 2))
        cover[cover < _FLOOR] = 0
        same = (square <= _SAME_SITE_PX**2) & (np.abs(wait) <= repeat_frames)
        weaker = rank[near] > rank[j]
        repeat[near[weaker & (same | (weight[near] < weight[j] * cover))]] = True
    return repeat
