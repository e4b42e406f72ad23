"""Plain data: candidates, events, and the result of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from ivea_fiji.movie.movie import Movie
    from ivea_fiji.params.random import RandomParams


@dataclass(frozen=True)
class Candidates:
    """Places and times where something changed, one row each, sorted by frame.

    All arrays have shape ``(n,)``.
    """

    frame: NDArray[np.int32]
    """Frame of the intensity peak, from 0."""
    y: NDArray[np.float32]
    x: NDArray[np.float32]
    """Centre in px; the centre of the first pixel is 0."""
    strength: NDArray[np.float32]
    """Mean change within the search radius (Eq 1), in standard deviations of the noise."""
    peak: NDArray[np.float32]
    """Largest change at the maximum, in standard deviations of the noise."""
    sigma: NDArray[np.float32]
    """Standard deviation of the changed spot, px (FWHM / 2.355)."""
    direction: NDArray[np.int8]
    """+1 brightening (forward difference), -1 dimming (backward), 0 both."""

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, index: Any) -> Candidates:
        return Candidates(
            *(
                np.atleast_1d(getattr(self, name)[index])
                for name in ("frame", "y", "x", "strength", "peak", "sigma", "direction")
            )
        )

    def inside(self, mask: NDArray[np.bool_] | None) -> Candidates:
        """Return those whose place lies in `mask` ``(y, x)``; all without a mask."""
        if mask is None or not len(self):
            return self
        y = np.rint(self.y).astype(int).clip(0, mask.shape[0] - 1)
        x = np.rint(self.x).astype(int).clip(0, mask.shape[1] - 1)
        return self[mask[y, x]]

    @classmethod
    def empty(cls) -> Candidates:
        """Return a set without rows."""
        f = np.zeros(0, np.float32)
        return cls(np.zeros(0, np.int32), f, f, f, f, f, np.zeros(0, np.int8))


@dataclass(frozen=True)
class Kinetics:
    """What was measured of one event. A value that could not be measured is NaN, never a guess.

    Times are in frames, lengths in px, intensities in counts; tables convert them.
    """

    onset_frame: float = np.nan
    """Frame (from 0, of the movie) at which the rise crosses 10 %."""
    baseline: float = np.nan
    """Mean within the search radius before onset."""
    peak_df: float = np.nan
    """Peak above the baseline, local ring background subtracted."""
    peak_df_f0: float = np.nan
    """Peak above the baseline over the baseline (camera offset cannot be known and is not subtracted)."""
    snr: float = np.nan
    """peak_df over the standard deviation of the trace before onset."""
    rise: float = np.nan
    """10-90 % rise time, frames."""
    decay_tau: float = np.nan
    """Time constant of a single exponential fitted after the peak, frames."""
    decay_r2: float = np.nan
    """Coefficient of determination of that fit."""
    half_life: float = np.nan
    """Time from the peak to half of it, frames, straight from the trace."""
    fwhm_t: float = np.nan
    """Temporal full width at half maximum, frames."""
    fwhm_xy: float = np.nan
    """Spatial full width at half maximum at the peak, px, from a Gaussian fit."""
    area: float = np.nan
    """Area under the background-subtracted trace from onset until it is back, counts x frames."""
    diffusion: float = np.nan
    """Apparent diffusion coefficient from the widening of the cloud, px^2 per frame."""
    diffusion_r2: float = np.nan
    """Coefficient of determination of that line."""


@dataclass(frozen=True)
class Event:
    """One classified event."""

    event: int
    """Number of the event in its movie, from 1, in order of time."""
    class_id: int
    """0, 1, 2 are kinds of fusion; negative numbers are artefacts, as in the paper's label convention."""
    class_name: str
    probability: float
    """Calibrated probability of being a fusion event (the sum over the event classes)."""
    frame: int
    """Frame of the peak, from 0, of the movie as analysed."""
    y: float
    x: float
    strength: float
    """As `Candidates.strength`."""
    peak_z: float
    """As `Candidates.peak`."""
    sigma: float
    """As `Candidates.sigma`, px."""
    kinetics: Kinetics = field(default_factory=Kinetics)
    cut: str = ""
    """What of the event the movie does not show, empty if it shows all that the network looks at."""
    familiarity: float = np.nan
    """Which part of the candidates of new movies is at least as strange to the model; NaN if it cannot tell."""
    against: str = ""
    """What spoke most against an event: the name of a measure of the second look; empty if nothing did."""


@dataclass(frozen=True)
class Traces:
    """Intensity over time around each event.

    Attributes
    ----------
    offset
        Frames relative to the peak, shape ``(w,)``: ``-before ... after``.
    raw
        Mean within the search radius, counts, shape ``(n, w)``; NaN outside the movie.
    background
        Median of a ring around it, counts, shape ``(n, w)``.
    """

    offset: NDArray[np.int32]
    raw: NDArray[np.float32]
    background: NDArray[np.float32]


@dataclass(frozen=True)
class Rejected:
    """A candidate that is not reported, kept for training ROIs and for the 'how close did it come' sentence."""

    frame: int
    y: float
    x: float
    class_id: int
    probability: float
    """Probability of being a fusion."""
    reason: str
    """'artefact', 'below threshold', 'class not wanted', 'cut', 'repeat', or 'labelled': a person says it is none."""


@dataclass(frozen=True)
class Result:
    """Everything one run found out about one movie."""

    movie: Movie
    params: RandomParams
    events: tuple[Event, ...]
    traces: Traces
    rejected: tuple[Rejected, ...]
    model: dict[str, Any]
    """Name, version, sha256 of the weights, class list and decision threshold of the network used."""
    learned: dict[str, float]
    """Thresholds learned from the movie."""
    mean_image: NDArray[np.float32]
    """Mean over a sample of frames ``(y, x)``, for pictures."""
    patches: NDArray[np.float32]
    """Montage material ``(m, k, h, w)`` of the `m` <= 24 most probable events, counts; k frames around the peak."""
    patch_events: tuple[int, ...]
    """Event numbers of `patches`."""
    patch_offsets: tuple[int, ...]
    """Frames relative to the peak of the `k` tiles."""
    notes: tuple[str, ...] = ()
    """Sentences the user should read."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds per stage."""

    def to_dataframe(self) -> pd.DataFrame:
        """Return the event table as written to ``<stem>_events.csv``."""
        from ivea_fiji.results.tables import events_frame

        return events_frame(self)
