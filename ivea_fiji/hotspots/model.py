"""Plain data: one hotspot, and the result of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from ivea_fiji.movie.movie import Movie
    from ivea_fiji.params.hotspot import HotspotParams


@dataclass(frozen=True)
class Trace:
    """Intensity of an event over time.

    Attributes
    ----------
    first
        Frame of the first sample, from 0.
    raw
        Mean of the pixels of its footprint, counts ``(n,)``.
    background
        Median of the pixels around, counts ``(n,)``; NaN if there are too few.
    df
        Mean change against the frames before the event, layers and surroundings corrected, counts ``(n,)``.
    """

    first: int
    raw: NDArray[np.float32]
    background: NDArray[np.float32]
    df: NDArray[np.float32]


@dataclass(frozen=True)
class Areas:
    """The area of an event, frame by frame from its start to its end.

    Attributes
    ----------
    size
        Active pixels ``(n,)``.
    y, x
        Their centre, weighted by their relative change, px ``(n,)``; NaN in frames without active pixels.
    outlines
        Corners ``(m, 2)`` as x, y along the edges of the pixels, one array per frame, holes filled; empty without
        pixels.
    """

    size: NDArray[np.int64]
    y: NDArray[np.float64]
    x: NDArray[np.float64]
    outlines: tuple[NDArray[np.int32], ...]


@dataclass(frozen=True)
class Hotspot:
    """One event: a place that lit up and faded. Frames are counted from 0, lengths are in px, intensities in counts."""

    start: int
    """First frame in which the mean of the footprint is at least the mid intensity."""
    peak: int
    end: int
    """Last such frame after the peak."""
    complete: bool
    """Whether it faded within the movie and within the longest time that is tracked."""
    y: float
    x: float
    """Centre of the largest area."""
    strength: float
    """Largest change over the threshold of its frame."""
    baseline: float
    """Mean of the footprint before the start."""
    peak_df: float
    """Largest mean change of the footprint."""
    snr: float
    """peak_df over the standard deviation before the start; NaN with too few frames."""
    duration_error: float
    """By how many frames noise and drift may shift its end; NaN if unknown."""
    layer: int
    """Brightness layer, from 1, to which most of its footprint belongs."""
    largest: int
    """Index in `areas` of the largest area, the first of equals."""
    footprint: NDArray[np.int64]
    """Pixels that were ever active, positions in the flattened image, rising."""
    active_frames: NDArray[np.int32]
    """In how many frames, from start to end, each of them was."""
    areas: Areas
    trace: Trace
    faint: bool = False
    """Whether it was found in the mean of many pixels and frames only."""
    event: int = 0
    """Number of the event in its movie, from 1, in order of time."""
    site: int = 0
    """Number of its place, from 1: events at one place share it."""
    at_site: int = 0
    """Which event of its site it is, from 1."""

    @property
    def frame(self) -> int:
        """Frame of the largest area, in which its outline is shown."""
        return self.start + self.largest

    @property
    def duration(self) -> int:
        """Frames from `start` to `end`."""
        return self.end - self.start + 1

    @property
    def way(self) -> tuple[float, float]:
        """From the centre of the first active frames to that of the last, y and x, px; NaN with one such frame.

        Means over three frames at most: the centre of a faint area is uncertain.
        """
        seen = np.flatnonzero(self.areas.size)
        if len(seen) < 2:
            return np.nan, np.nan
        few = min(3, len(seen) // 2)
        y, x = self.areas.y[seen], self.areas.x[seen]
        return float(y[-few:].mean() - y[:few].mean()), float(x[-few:].mean() - x[:few].mean())

    @property
    def radii(self) -> tuple[float, float]:
        """Radius of a circle as large as the first area, and of one as large as the largest, px."""
        first = self.areas.size[np.flatnonzero(self.areas.size)[0]]
        return float(np.sqrt(first / np.pi)), float(np.sqrt(self.areas.size[self.largest] / np.pi))


@dataclass(frozen=True)
class HotspotResult:
    """Everything one run found out about one movie."""

    movie: Movie
    params: HotspotParams
    events: tuple[Hotspot, ...]
    learned: dict[str, float]
    """What was learned from the movie."""
    labels: NDArray[np.uint8]
    """Brightness layer of every pixel ``(y, x)``, from 0."""
    mean_image: NDArray[np.float32]
    """Mean over a sample of frames ``(y, x)``, for pictures."""
    activity: NDArray[np.float32]
    """Events whose area covered each pixel, and frames it was active, ``(2, y, x)``."""
    notes: tuple[str, ...] = ()
    """Sentences the user should read."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds per stage."""
    model: dict[str, Any] = field(default_factory=dict)
    """Empty: there is no network."""

    def to_dataframe(self) -> pd.DataFrame:
        """Return the event table as written to ``<stem>_hotspot_events.csv``."""
        from ivea_fiji.results.hotspot_tables import hotspots_frame

        return hotspots_frame(self)
