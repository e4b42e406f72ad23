"""Plain data of stationary bursts: stimuli, synapses, their events, and the result of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ivea_fiji.events.model import Kinetics, Rejected

if TYPE_CHECKING:
    from ivea_fiji.movie.movie import Movie
    from ivea_fiji.params.stationary import StationaryParams

Kind = Literal["stimulus", "ammonium"]


@dataclass(frozen=True)
class Stimulus:
    """A time during which synapses were stimulated, or had NH4+."""

    number: int
    """From 1, in order of time; stimuli and NH4+ are counted together."""
    kind: Kind
    start: int
    """First frame, from 0."""
    end: int
    """Last frame."""
    given: bool
    """Whether the user named it, or it was found."""


@dataclass(frozen=True)
class SynapticEvent:
    """One activation of one synapse."""

    event: int
    """Number from 1, in order of time."""
    site: int
    """Number of its synapse."""
    activation: int
    """Which activation of its synapse it is, from 1."""
    class_id: int
    class_name: str
    probability: float
    """Calibrated probability of being an event (the sum over the event classes)."""
    onset: int
    """First frame of the rise, from 0."""
    frame: int
    """Frame at which it is shown, from 0: that of the highest intensity within 30 frames of the onset, or where a slow
    response is half way up."""
    peak_frame: int
    """Frame of the highest intensity until it is over."""
    y: float
    x: float
    """Centre of its rise, px."""
    strength: float
    """As `Candidates.strength`."""
    peak_z: float
    """As `Candidates.peak`."""
    sigma: float
    """As `Candidates.sigma`, px."""
    stimulus: int = 0
    """Number of the stimulus it is synchronous with; 0 if with none."""
    latency: float = np.nan
    """Frames from the start of that stimulus to the onset."""
    kinetics: Kinetics = field(default_factory=Kinetics)


@dataclass(frozen=True)
class Site:
    """One synapse: a place that is active once or many times."""

    site: int
    """Number from 1, in order of rows and columns."""
    y: float
    x: float
    """Mean of its events, px, where the first frame shows it."""
    events: tuple[int, ...]
    """Numbers of its events."""
    synchronous: int
    """How many of them are synchronous with a stimulus other than NH4+."""
    f0: float
    """Resting level of the raw trace, counts."""
    level: float
    """Resting level of the trace less its background, counts."""
    noise: float
    """Standard deviation of the trace less its background, counts."""
    pool: float
    """Level with NH4+ above the resting level: the total pool, counts. NaN without NH4+."""


@dataclass(frozen=True)
class StationaryResult:
    """Everything one run found out about one movie.

    Attributes
    ----------
    movie, params
        As analysed.
    events, sites, stimuli
        In order of their numbers, which count from 1.
    raw, background
        Trace and local background of every site over the whole movie ``(sites, t)``, counts.
    rejected
        Candidates that are no event.
    model
        Name, version, sha256 of the weights, class list and threshold of the network.
    learned
        What was learned from the movie.
    drift
        dy and dx of every frame from the first ones ``(t, 2)``, px, as it was in the movie.
    corrected
        Whether frames were moved back by it.
    mean_image
        Mean of all frames ``(y, x)``.
    notes
        Sentences the user should read.
    timings
        Seconds per stage.
    """

    movie: Movie
    params: StationaryParams
    events: tuple[SynapticEvent, ...]
    sites: tuple[Site, ...]
    stimuli: tuple[Stimulus, ...]
    raw: NDArray[np.float32]
    background: NDArray[np.float32]
    rejected: tuple[Rejected, ...]
    model: dict[str, Any]
    learned: dict[str, float]
    drift: NDArray[np.float64]
    corrected: bool
    mean_image: NDArray[np.float32]
    notes: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def normalised_to(self) -> str:
        """What is 1 in normalised traces: 'total_pool' or 'peak'."""
        if self.params.normalise_to != "auto":
            return self.params.normalise_to
        return "total_pool" if any(s.kind == "ammonium" for s in self.stimuli) else "peak"

    def site_values(self, quantity: Literal["raw", "background", "net", "df_f0", "normalised"]) -> NDArray[np.float32]:
        """Return traces of all sites ``(sites, t)``.

        ``net`` is the trace less its background, counts; ``df_f0`` is that above its resting level, over the resting
        level of the raw trace (the camera's offset cannot be known and is not subtracted); ``normalised`` is 0 at the
        resting level and 1 at the level with NH4+ (the total pool) or at the highest value of the trace. NaN where
        that is not above the resting level.
        """
        if quantity in ("raw", "background"):
            return self.raw if quantity == "raw" else self.background
        net = self.raw - self.background
        if quantity == "net":
            return net
        column = {n: np.array([getattr(s, n) for s in self.sites]).reshape(-1, 1) for n in ("f0", "level", "pool")}
        df = net - column["level"]
        if quantity == "df_f0":
            whole = column["f0"]
        elif self.normalised_to == "total_pool":
            whole = column["pool"]
        else:
            whole = df.max(axis=1, keepdims=True) if df.size else df
        with np.errstate(invalid="ignore"):
            return np.asarray(df / np.where(whole > 0, whole, np.nan), np.float32)

    def file_position(self, event: SynapticEvent) -> tuple[float, float]:
        """Return y and x at which the file shows an event in its frame: with drift, where the synapse is then."""
        return self.in_file(event.frame, event.y, event.x)

    def in_file(self, frame: int, y: float, x: float) -> tuple[float, float]:
        """Return y and x at which the file shows in a frame what lies at `y` and `x` without drift."""
        dy, dx = self.drift[frame] if self.corrected else (0.0, 0.0)
        return y + float(dy), x + float(dx)
