"""Intensity over time: the mean of a disc, and the median of a ring around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_TOGETHER = 32  # events whose pixels are copied at a time
_MIN_RING_PX = 8  # fewer say nothing about the surroundings


def ring_radii(search_radius: int) -> tuple[int, int]:
    """Return inner and outer radius (px) of the background ring (ours).

    The ring begins at twice the search radius, at least 3 px outside of the disc, where a cloud with a standard
    deviation of 2 px has fallen to 1 %, and is 3 px wide. A block has to reach as far as the outer radius.
    """
    inner = max(2 * search_radius, search_radius + 3)
    return inner, inner + 3


def measure_windows(
    block: NDArray[np.float32], dy: NDArray, dx: NDArray, search_radius: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the trace of every event and of its surroundings (ours).

    The disc consists of the pixels whose centre lies within the search radius of the pixel centre nearest to the
    event, so that all events are measured over equally many pixels (29 for 3 px). The ring (`ring_radii`) is taken
    as a median, which a neighbouring vesicle hardly moves.

    Parameters
    ----------
    block
        Pixels around the events ``(n, w, 2k+1, 2k+1)``, counts; NaN outside the movie and the image.
    dy, dx
        Where the event lies from the centre of the block's central pixel ``(n,)``, px.
    search_radius
        Radius of the disc, px.

    Returns
    -------
    raw, background
        Mean of the disc and median of the ring, counts, each ``(n, w)``. NaN where no pixel of the disc is known,
        or fewer than 8 of the ring.
    """
    raw = np.full(block.shape[:2], np.nan, np.float32)
    background = np.full(block.shape[:2], np.nan, np.float32)
    shifts = np.stack([np.rint(dy), np.rint(dx)], axis=1).astype(int).reshape(-1, 2)
    for shift in np.unique(shifts, axis=0):
        disc, ring = _masks(block.shape[-1], shift, search_radius)
        members = np.flatnonzero((shifts == shift).all(axis=1))
        for start in range(0, len(members), _TOGETHER):
            some = members[start : start + _TOGETHER]
            pixels = block[some]
            raw[some] = _mean(pixels[:, :, disc])
            background[some] = _median(pixels[:, :, ring])
    return raw, background


def disc_mask(side: int, shift: NDArray, radius: float) -> NDArray[np.bool_]:
    """Return the pixels of a block ``(side, side)`` within `radius` px of its central pixel moved by `shift` (y, x)."""
    return _squared_distance(side, shift) <= radius**2


def _masks(side: int, shift: NDArray, search_radius: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    inner, outer = ring_radii(search_radius)
    squared = _squared_distance(side, shift)
    return disc_mask(side, shift, search_radius), (squared >= inner**2) & (squared <= outer**2)


def _squared_distance(side: int, shift: NDArray) -> NDArray:
    place = np.arange(side) - side // 2
    return (place[:, None] - shift[0]) ** 2 + (place - shift[1]) ** 2


def _mean(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the mean over the last axis of what is known, NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=-1)
    total = values.sum(axis=-1, where=known, dtype=np.float64)
    return np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)


def _median(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median over the last axis of what is known (NaN is sorted to the end)."""
    ordered = np.sort(np.where(np.isinf(values), np.float32(np.nan), values), axis=-1)
    count = ordered.shape[-1] - np.isnan(ordered).sum(axis=-1)
    low = np.maximum((count - 1) // 2, 0)[..., None]
    high = np.minimum(count // 2, max(ordered.shape[-1] - 1, 0))[..., None]
    if ordered.shape[-1] == 0:
        return np.full(count.shape, np.nan, np.float32)
    middle = (np.take_along_axis(ordered, low, -1) + np.take_along_axis(ordered, high, -1))[..., 0] / 2
    return np.where(count >= _MIN_RING_PX, middle, np.float32(np.nan))
