"""Traces of regions of any shape: raw mean, local background, and what is made of them.

Everything here is ours. Arrays of traces are ``(n, w)``: regions by samples; NaN where the movie has no frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MIN_RING_PX = 8
"""Fewer pixels say nothing about the surroundings."""
MIN_F0_FRAMES = 3
"""Frames without which there is no baseline."""
LOWEST = 10.0
"""Percentile that 'lowest' takes."""

F0Rule = Literal["before", "first", "lowest"]


QUANTITIES = ("raw", "background", "df", "df_f0", "normalised")
"""What `RegionTraces.values` gives."""


@dataclass(frozen=True)
class RegionTraces:
    """Traces of all regions in one channel.

    Attributes
    ----------
    channel
        From 1.
    raw, background
        Means of the regions and medians of their rings, counts ``(n, w)``; `background` is None if none is subtracted.
    f0
        Baseline of the raw trace ``(n,)``, counts.
    level, low, high
        Baseline, lowest and highest value of the trace less its background ``(n,)``, counts.
    """

    channel: int
    raw: NDArray[np.float64]
    background: NDArray[np.float64] | None
    f0: NDArray[np.float64]
    level: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @classmethod
    def make(
        cls,
        channel: int,
        raw: NDArray[np.float64],
        background: NDArray[np.float64] | None,
        samples: NDArray[np.bool_],
        rule: F0Rule,
    ) -> RegionTraces:
        """Find the baselines of raw traces.

        Parameters
        ----------
        channel, raw, background
            As the attributes.
        samples
            Samples of the baseline (`f0_samples`).
        rule
            'lowest' takes the 10th percentile of the samples, the others their median; NaN with fewer than 3.
        """
        signal = raw if background is None else raw - background
        low, high = (which.reduce(signal, axis=1, initial=np.nan) for which in (np.fmin, np.fmax))
        return cls(channel, raw, background, _level(raw, samples, rule), _level(signal, samples, rule), low, high)

    @property
    def quantities(self) -> tuple[str, ...]:
        """What there is of `QUANTITIES`."""
        return tuple(name for name in QUANTITIES if name != "background" or self.background is not None)

    def values(self, quantity: str) -> NDArray[np.float64]:
        """Return one of `QUANTITIES` of all regions ``(n, w)``.

        ``df`` (F - F0) is the trace less its background and its own baseline, counts. ``df_f0`` is that over `f0`: the
        camera's offset cannot be known and is not subtracted; nor is the background, which may be as bright as the
        region. ``normalised`` runs from 0 where the trace less its background is lowest to 1 where it is highest. NaN
        without a baseline, where F0 is not above 0, and where nothing changes.
        """
        if quantity == "raw":
            return self.raw
        if quantity == "background":
            return np.full_like(self.raw, np.nan) if self.background is None else self.background
        signal = self.raw if self.background is None else self.raw - self.background
        if quantity == "normalised":
            span = np.where(self.high > self.low, self.high - self.low, np.nan)
            return np.asarray((signal - self.low[:, None]) / span[:, None])
        df = signal - self.level[:, None]
        return np.asarray(df if quantity == "df" else df / np.where(self.f0 > 0, self.f0, np.nan)[:, None])

    def row(self, quantity: str, index: int) -> NDArray[np.float64]:
        """Return one of `QUANTITIES` of one region ``(w,)``."""
        return self[index : index + 1].values(quantity)[0]

    def __getitem__(self, rows: slice) -> RegionTraces:
        background = None if self.background is None else self.background[rows]
        return RegionTraces(
            self.channel, self.raw[rows], background, self.f0[rows], self.level[rows], self.low[rows], self.high[rows]
        )


def ring_pixels(
    y: NDArray[np.intp], x: NDArray[np.intp], shape: tuple[int, int], gap: int, width: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pixels around a region: further from it than `gap`, and at most `gap` + `width`.

    Parameters
    ----------
    y, x
        Pixels of the region, each ``(p,)``.
    shape
        Height and width of the movie.
    gap, width
        Distances between pixel centres, px.

    Returns
    -------
    y, x
        Pixels of the ring inside the movie.
    """
    from scipy.ndimage import distance_transform_edt

    reach = gap + width
    top, left = max(0, int(y.min()) - reach), max(0, int(x.min()) - reach)
    bottom, right = min(shape[0], int(y.max()) + reach + 1), min(shape[1], int(x.max()) + reach + 1)
    outside = np.ones((bottom - top, right - left), np.bool_)
    outside[y - top, x - left] = False
    distance = distance_transform_edt(outside)
    rows, columns = np.nonzero((distance > gap) & (distance <= reach))
    return rows + top, columns + left


def region_means(frames: NDArray, y: NDArray[np.intp], x: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the mean of the known pixels of a region in each of the frames ``(t, h, w)``, counts ``(t,)``."""
    part = frames[:, y, x]
    if part.dtype.kind != "f" or np.isfinite(part).all():
        return np.asarray(part.mean(axis=1, dtype=np.float64))
    known = np.isfinite(part)
    count = known.sum(axis=1)
    total = part.sum(axis=1, where=known, dtype=np.float64)
    return np.asarray(np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0))


def ring_medians(frames: NDArray, y: NDArray[np.intp], x: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the median of a ring in each of the frames ``(t, h, w)``; NaN if fewer than 8 of its pixels are known."""
    if y.size < MIN_RING_PX:
        return np.full(len(frames), np.nan)
    part = frames[:, y, x]
    if part.dtype.kind != "f" or np.isfinite(part).all():
        return np.asarray(np.median(part, axis=1), np.float64)
    rows = [row[np.isfinite(row)] for row in part]
    return np.array([np.median(row) if row.size >= MIN_RING_PX else np.nan for row in rows], np.float64)


def f0_samples(known: NDArray[np.bool_], rule: F0Rule, offset: NDArray, first: int) -> NDArray[np.bool_]:
    """Return which samples make the baseline ``(n, w)``.

    Parameters
    ----------
    known
        Samples that lie in the movie ``(n, w)``.
    rule
        'before': the earlier half of the samples before the region's frame, since the later may belong to what
        happens there; 'first': the first samples of each trace; 'lowest': all.
    offset
        Frames of each sample from the region's frame ``(n, w)``; NaN for regions without.
    first
        How many samples 'first' takes.
    """
    if rule == "lowest":
        return known
    if rule == "first":
        return known & (np.cumsum(known, axis=1) <= first)
    before = known & (offset < 0)
    half = (before.sum(axis=1, keepdims=True) + 1) // 2
    return before & (np.cumsum(before, axis=1) <= half)


def _level(trace: NDArray, samples: NDArray[np.bool_], rule: F0Rule) -> NDArray[np.float64]:
    out = np.full(len(trace), np.nan)
    for row, values in enumerate(trace):
        some = values[samples[row] & np.isfinite(values)]
        if some.size >= MIN_F0_FRAMES:
            out[row] = np.percentile(some, LOWEST if rule == "lowest" else 50.0)
    return out
