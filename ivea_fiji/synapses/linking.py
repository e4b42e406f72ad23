"""Rises of many frames become candidates: one per place and time. Nothing is compared pair by pair."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ivea_fiji.events.model import Candidates
from ivea_fiji.synapses.candidates import Rises

_STRONG = 0.5
"""A link begins with its first rise that is this part of the strongest: what comes before may be noise."""
_ROUNDS = 8
_SMOOTH = 1.0
"""Standard deviation, px, by which places are blurred together: rises of a synapse scatter by about a pixel."""


def find_places(
    y: NDArray, x: NDArray, weight: NDArray, shape: tuple[int, int], radius: float
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Tell which points belong to one place (ours).

    The weights of all points are added up on the pixels of the image and blurred by 1 px; each maximum that is the
    highest within `radius` is a place, and every point belongs to the nearest place within `radius`. Points that are
    left over go round again. The time this takes grows with the number of points, however many share a place.

    Parameters
    ----------
    y, x, weight
        Points ``(n,)``; px and any positive unit.
    shape
        Height and width of the image.
    radius
        Points of one place are at most so far from its centre, px.

    Returns
    -------
    centre, place
        Centres ``(k, 2)``, the weighted mean of their points, in order of rows and columns; and the place of every
        point ``(n,)``.
    """
    y, x, weight = (np.asarray(values, np.float64) for values in (y, x, weight))
    place = np.full(len(y), -1, np.int64)
    count = 0
    for _ in range(_ROUNDS):
        left = np.flatnonzero(place < 0)
        if not len(left):
            break
        tops = _tops(y[left], x[left], weight[left], shape, radius)
        distance, nearest = cKDTree(tops).query(np.column_stack([y[left], x[left]]))
        near = distance <= radius
        place[left[near]] = nearest[near] + count
        count += len(tops)
    alone = np.flatnonzero(place < 0)
    place[alone] = count + np.arange(len(alone))
    _, place = np.unique(place, return_inverse=True)
    return _in_order(y, x, weight, place)


def _tops(y: NDArray, x: NDArray, weight: NDArray, shape: tuple[int, int], radius: float) -> NDArray[np.float64]:
    """Return the places where most weight is, none of them within `radius` of a heavier one."""
    rows, columns = (np.rint(v).astype(int).clip(0, n - 1) for v, n in zip((y, x), shape, strict=True))
    weights = np.zeros(shape, np.float64)
    np.add.at(weights, (rows, columns), weight)
    image = cv2.GaussianBlur(weights, (0, 0), _SMOOTH, borderType=cv2.BORDER_CONSTANT)
    side = 2 * max(int(radius), 1) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    highest = cv2.dilate(image, disc, borderType=cv2.BORDER_CONSTANT, borderValue=0.0)
    top = (image >= highest) & (image > 0)
    found = np.argwhere(top)
    if len(found) < 2:
        return found.astype(np.float64)
    # Of equal neighbours (a plateau) the first one stays.
    keep = np.ones(len(found), bool)
    for a, b in sorted(cKDTree(found).query_pairs(radius)):
        if keep[a]:
            keep[b] = False
    return found[keep].astype(np.float64)


def _in_order(
    y: NDArray, x: NDArray, weight: NDArray, place: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    total = np.bincount(place, weight)
    centre = np.column_stack([np.bincount(place, weight * v) / total for v in (y, x)])
    order = np.lexsort((centre[:, 1], centre[:, 0]))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return centre[order], rank[place]


def link_rises(rises: Rises, shape: tuple[int, int], radius: float, gap: int) -> Candidates:
    """Make one candidate of the rises of one place that follow each other.

    A synapse stays where it is, so rises are first put together by place and then split in time wherever nothing rises
    for more than `gap` frames. A candidate stands where its strongest rise is and begins with the first one at least
    half as strong.

    Parameters
    ----------
    rises
        From `find_rises`.
    shape
        Height and width of the image.
    radius
        Search radius, px.
    gap
        Frames.

    Returns
    -------
    Candidates
        Sorted by frame; `direction` is +1.
    """
    if not len(rises):
        return Candidates.empty()
    _, place = find_places(rises.y, rises.x, np.maximum(rises.mean, 1e-3), shape, radius)
    order = np.lexsort((rises.frame, place))
    frame, where = rises.frame[order], place[order]
    begins = np.r_[True, (np.diff(where) > 0) | (np.diff(frame) > gap)]
    link = np.cumsum(begins) - 1
    strength = rises.mean[order]
    starts = np.flatnonzero(begins)
    best = np.lexsort((-frame, strength, link))[np.r_[starts[1:], len(link)] - 1]
    strong = np.flatnonzero(strength >= _STRONG * strength[best][link])
    _, first = np.unique(link[strong], return_index=True)
    top = order[best]
    height = np.maximum.reduceat(rises.height[order], starts)
    found = Candidates(
        frame[strong[first]].astype(np.int32), rises.y[top], rises.x[top], strength[best], height,
        (rises.fwhm[top] / 2.3548).astype(np.float32), np.ones(len(top), np.int8),
    )  # fmt: skip
    return found[np.lexsort((found.x, found.y, found.frame))]
